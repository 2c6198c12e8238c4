/* SPDX-License-Identifier: MIT */
/* Claims about the pooled vector: what reaches it, and which row it is. */
#include <math.h>
#include <string.h>

#include "audit_run.h"
#include "talk.h"

/* ---- The row of EOS under edits of the pads of the rows themselves. */

/* What the workshop did to pads. */
static const char *const pad_edits[] = {"pads: zero", "pads: add 0.1",
                                        "pads: add noise 0.1 seed 42"};

#define N_EDITS (sizeof(pad_edits) / sizeof(*pad_edits))

/* Counts over inputs and edits; kept[i] stays 1 where input i's EOS row keeps its bits. */
struct edited {
    size_t n, n_kept, n_last; /* cases; EOS rows that keep their bits, last rows that do not */
    double *kept;
};

static size_t position_of(const pw_rows *rows, pw_row_role role)
{
    for (size_t i = 0; i < rows->n_rows; i++)
        if (rows->roles[i] == role)
            return i;
    return rows->n_rows;
}

static bool is_same(const float *a, const float *b, size_t width)
{
    return memcmp(a, b, width * sizeof(*a)) == 0;
}

static int edit_input(struct audit *audit, size_t i, const pw_edits *edits, float *values,
                      struct edited *edited)
{
    const pw_rows *rows = &audit->pads.rows[i];
    const size_t n = rows->n_rows * rows->width, last = n - rows->width,
                 eos = position_of(rows, PW_ROW_EOS) * rows->width;
    pw_tensor tensor = {.dtype = PW_F32,
                        .rank = 2,
                        .shape = {(int64_t)rows->n_rows, (int64_t)rows->width},
                        .data = values,
                        .size_bytes = n * sizeof(*values)};
    pw_error err;

    memcpy(values, rows->values, n * sizeof(*values));
    if (pw_edits_apply(edits, audit->pads.app->ctx, &tensor, rows->roles, NULL, NULL, &err) !=
        PW_OK)
        return fail_with(audit->pads.app, &err);
    edited->n++;
    if (is_same(values + eos, rows->values + eos, rows->width))
        edited->n_kept++;
    else
        edited->kept[i] = 0.0;
    edited->n_last += !is_same(values + last, rows->values + last, rows->width);
    return DONE;
}

static int edit_inputs(struct audit *audit, const char *text, float *values,
                       struct edited *edited)
{
    struct app *app = audit->pads.app;
    pw_edits *edits;
    pw_error err;
    int status = DONE;

    if (pw_edits_parse(&edits, app->ctx, text, strlen(text), &err) != PW_OK)
        return fail_with(app, &err);
    for (size_t i = 0; i < audit->pads.n && status == DONE; i++)
        status = edit_input(audit, i, edits, values, edited);
    pw_edits_free(edits);
    return status;
}

static int edit_rows(struct audit *audit, struct edited *edited)
{
    const struct pads *pads = &audit->pads;
    size_t n_rows = 0;
    float *values;

    for (size_t i = 0; i < pads->n; i++)
        n_rows = pads->rows[i].n_rows > n_rows ? pads->rows[i].n_rows : n_rows;
    values = pool_array(&pads->app->pool, n_rows, pads->rows[0].width * sizeof(*values));
    edited->kept = pool_array(&pads->app->pool, pads->n, sizeof(*edited->kept));
    if (values == NULL || edited->kept == NULL)
        return fail_memory(pads->app);
    for (size_t i = 0; i < pads->n; i++)
        edited->kept[i] = 1.0;
    for (size_t i = 0; i < N_EDITS; i++)
        TRY(edit_inputs(audit, pad_edits[i], values, edited));
    return DONE;
}

/* ---- The pooled vector under other pads, encoded anew. */

static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* Any ids in the pads' places; the mask is that of no pads, so that they are seen. */
static int encode_random(struct audit *audit)
{
    struct audit_encoder *own = &audit->of_own;
    struct scan_batch *batch = &own->scratch;
    const uint64_t n_vocab = (uint64_t)own->scan.encode.encoders[0].info.n_vocab;

    batch->n = own->n;
    batch->n_tokens = own->n_tokens;
    for (size_t i = 0; i < own->n; i++) {
        scan_put(&own->scan, batch, i, &own->texts[i], PW_MASK_NONE);
        for (size_t k = audit_n_real(audit, i); k < batch->n_tokens; k++)
            batch->ids[i * batch->n_tokens + k] =
                (int32_t)(mix(audit->pads.seed + i * batch->n_tokens + k) % n_vocab);
    }
    return scan_run(&own->scan, batch);
}

static void compare_pooled(struct audit *audit, struct edited *edited)
{
    const struct audit_encoder *own = &audit->of_own;
    const size_t width = own->scan.width;

    for (size_t i = 0; i < own->n; i++) {
        const bool same =
            is_same(own->scratch.pooled + i * width, own->base.pooled + i * width, width);

        edited->n++;
        edited->n_kept += same;
        if (!same)
            edited->kept[i] = 0.0;
    }
}

/* Other ids, any ids, no mask: each batch by itself, so that nothing is shared. */
static int encode_edits(struct audit *audit, struct edited *edited)
{
    struct audit_encoder *own = &audit->of_own;
    size_t n;

    TRY(audit_encode(audit));
    edited->kept = pool_array(&audit->pads.app->pool, own->n + 1, sizeof(*edited->kept));
    if (edited->kept == NULL)
        return fail_memory(audit->pads.app);
    for (size_t i = 0; i < own->n; i++)
        edited->kept[i] = 1.0;
    if (own->n == 0)
        return DONE;
    TRY(audit_variant(audit, 0, PW_MASK_NONE, -1, &n));
    compare_pooled(audit, edited);
    TRY(audit_variant(audit, 0, PW_MASK_HF, own->scan.pad_id == 0 ? 1 : 0, &n));
    compare_pooled(audit, edited);
    TRY(encode_random(audit));
    compare_pooled(audit, edited);
    return DONE;
}

int audit_flux(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    struct edited rows = {0}, ids = {0};

    TRY(edit_rows(audit, &rows));
    finding_of_inputs(audit, finding);
    builder_text(&finding->measured,
                 "rows of pads zeroed, +0.1, with noise: the EOS row keeps every bit in ");
    finding_count(&finding->measured, rows.n_kept, rows.n);
    builder_format(&finding->measured, " cases; the last row changes in ");
    finding_count(&finding->measured, rows.n_last, rows.n);
    finding_number(finding, "eos_row_kept", (double)rows.n_kept);
    finding_number(finding, "last_row_changed", (double)rows.n_last);
    if (audit->encodes) {
        TRY(encode_edits(audit, &ids));
        builder_text(&finding->measured,
                     ". Before the encoder (no mask, another pad id, any ids): the pooled "
                     "vector keeps every bit in ");
        finding_count(&finding->measured, ids.n_kept, ids.n);
        finding_number(finding, "pooled_kept", (double)ids.n_kept);
    }
    finding_number(finding, "cases", (double)(rows.n + ids.n));
    TRY(ids.n > 0 ? finding_estimate(audit, finding, ids.kept, audit->of_own.n,
                                     "share of prompts that keep every bit")
                  : finding_estimate_inputs(audit, finding, rows.kept,
                                            audit->pads.n_prompts == audit->pads.n
                                                ? "share of prompts that keep every bit"
                                                : "share of inputs that keep every bit"));
    finding_judge_all(claim, finding, rows.n_kept + ids.n_kept, rows.n + ids.n,
                      "edited cases keep every bit of what Flux gets");
    finding->verdict = pw_verdict_not(finding->verdict);
    return DONE;
}

/* ---- Which row it is. */

/* Of the inputs: how like the EOS row the last row is, and the row before it. */
static int compare_last(struct audit *audit, struct finding *finding)
{
    const struct pads *pads = &audit->pads;
    double *last = pool_array(&pads->app->pool, 2 * pads->n, sizeof(*last));
    double *before = last + pads->n;
    double least = NAN, greatest = NAN;

    if (last == NULL)
        return fail_memory(pads->app);
    for (size_t i = 0; i < pads->n; i++) {
        const pw_rows *rows = &pads->rows[i];
        const float *eos = rows->values + position_of(rows, PW_ROW_EOS) * rows->width,
                    *end = rows->values + (rows->n_rows - 1) * rows->width;
        pw_pair pair;

        pw_row_compare(&pair, eos, end, rows->width);
        last[i] = pair.cosine;
        pw_row_compare(&pair, eos, end - rows->width, rows->width);
        before[i] = pair.cosine;
        least = fmin(least, before[i]);
        greatest = fmax(greatest, before[i]);
    }
    TRY(finding_estimate_inputs(audit, finding, last, "mean cosine of EOS and last row"));
    builder_text(&finding->measured, "cosine of the EOS row and the last row: ");
    finding->n_prompts = pads->n_prompts;
    finding_spread(finding, 3, 1.0, "");
    if (!isnan(least))
        builder_format(&finding->measured, "; and the row before the last: %.3f to %.3f", least,
                       greatest);
    finding_number(finding, "cosine_eos_last", finding->estimate.mean);
    finding_number(finding, "cosine_eos_before_last_min", least);
    finding_number(finding, "cosine_eos_before_last_max", greatest);
    return DONE;
}

int audit_pooled_last(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    const struct audit_encoder *own = &audit->of_own;
    size_t n_eos = 0, n_last = 0;

    finding_of_inputs(audit, finding);
    TRY(compare_last(audit, finding));
    if (!audit->encodes) {
        finding_lacks_encoder(claim, finding);
        return DONE;
    }
    TRY(audit_encode(audit));
    builder_clear(&finding->n);
    finding_of_texts(audit, finding);
    for (size_t i = 0; i < own->n; i++) {
        const float *pooled = own->base.pooled + i * own->scan.width;

        n_eos += is_same(pooled, audit_row(audit, &own->base, i, audit_n_real(audit, i) - 1),
                         own->scan.width);
        n_last += is_same(pooled, audit_row(audit, &own->base, i, own->n_tokens - 1),
                          own->scan.width);
    }
    builder_text(&finding->measured, ". The pooled vector has the bits of the EOS row in ");
    finding_count(&finding->measured, n_eos, own->n);
    builder_text(&finding->measured, " prompts, of the last row in ");
    finding_count(&finding->measured, n_last, own->n);
    finding_number(finding, "pooled_is_eos", (double)n_eos);
    finding_number(finding, "pooled_is_last", (double)n_last);
    finding_judge_all(claim, finding, n_last, own->n, "pooled vectors are the last row");
    return DONE;
}
