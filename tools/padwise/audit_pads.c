/* SPDX-License-Identifier: MIT */
/* Claims about the rows of the inputs: no encoder is asked. */
#include <math.h>
#include <string.h>

#include "audit_run.h"
#include "talk.h"

/* The row that the notebook's claim was read from. */
#define NOTEBOOK_ROW 50

static const char *share_name(const struct pads *pads)
{
    return pads->n_prompts == pads->n ? "share of prompts" : "share of inputs";
}

/* ---- One position, several prompts. */

/* Cosines of the inputs that have a pad at a position, NaN for the others. */
struct position {
    double *cosine; /* [n, n] */
    size_t n_pads;
    double mean; /* over the pairs; NaN without one */
};

static int measure_at(struct audit *audit, size_t at, struct position *position)
{
    const struct pads *pads = &audit->pads;
    const pw_place place = {.kind = PW_PLACE_POSITION, .position = at};
    const size_t n = pads->n;
    size_t n_pairs = 0;
    double sum = 0.0;
    pw_error err;

    if (pw_inputs_compare(position->cosine, NULL, pads->app->ctx, pads->rows, n, &place,
                          &err) != PW_OK)
        return fail_with(pads->app, &err);
    position->n_pads = 0;
    for (size_t i = 0; i < n; i++) {
        const pw_rows *rows = &pads->rows[i];
        const bool has_pad = at < rows->n_rows && rows->roles[at] == PW_ROW_PAD;

        position->n_pads += has_pad;
        for (size_t j = 0; !has_pad && j < n; j++)
            position->cosine[i * n + j] = position->cosine[j * n + i] = NAN;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            if (isnan(position->cosine[i * n + j]))
                continue;
            sum += position->cosine[i * n + j];
            n_pairs++;
        }
    }
    position->mean = n_pairs == 0 ? NAN : sum / (double)n_pairs;
    return DONE;
}

static int estimate_at(struct audit *audit, size_t at, pw_estimate *out)
{
    const struct pads *pads = &audit->pads;
    struct position position = {pool_array(&pads->app->pool, pads->n, pads->n * sizeof(double)),
                                0, NAN};

    if (position.cosine == NULL)
        return fail_memory(pads->app);
    TRY(measure_at(audit, at, &position));
    return pads_estimate_pairs(pads, out, position.cosine, pads->n);
}

/* Where the mean over pairs is least, and where greatest, of the positions at which enough
 * inputs have pads for an interval (of two inputs: at which both have). */
struct extremes {
    double least, greatest; /* NaN: no pair has a cosine */
    size_t least_at, greatest_at, n_positions;
};

static int find_extremes(struct audit *audit, struct extremes *out)
{
    const struct pads *pads = &audit->pads;
    const size_t enough = pads->n < PW_VERDICT_PROMPTS_MIN ? pads->n : PW_VERDICT_PROMPTS_MIN;
    struct position position = {pool_array(&pads->app->pool, pads->n, pads->n * sizeof(double)),
                                0, NAN};

    *out = (struct extremes){.least = NAN, .greatest = NAN};
    if (position.cosine == NULL)
        return fail_memory(pads->app);
    for (size_t at = 0;; at++) {
        bool is_row = false;

        for (size_t i = 0; i < pads->n; i++)
            is_row = is_row || at < pads->rows[i].n_rows;
        if (!is_row)
            return DONE;
        TRY(measure_at(audit, at, &position));
        if (position.n_pads < enough)
            continue;
        out->n_positions++;
        if (isnan(out->least) || position.mean < out->least) {
            out->least = position.mean;
            out->least_at = at;
        }
        if (isnan(out->greatest) || position.mean > out->greatest) {
            out->greatest = position.mean;
            out->greatest_at = at;
        }
    }
}

/* Inputs that have a pad at the position. */
static size_t n_at(const struct audit *audit, size_t at)
{
    size_t n = 0;

    for (size_t i = 0; i < audit->pads.n; i++) {
        const pw_rows *rows = &audit->pads.rows[i];

        n += at < rows->n_rows && rows->roles[at] == PW_ROW_PAD;
    }
    return n;
}

static int say_notebook_row(struct audit *audit, struct finding *finding)
{
    pw_estimate estimate = {0};

    TRY(estimate_at(audit, NOTEBOOK_ROW, &estimate));
    if (estimate.n_values == 0)
        return DONE;
    builder_format(&finding->measured, "; at row %d, where the notebook looked, %.3f",
                   NOTEBOOK_ROW, estimate.mean);
    finding_number(finding, "mean_at_50", estimate.mean);
    return DONE;
}

static void say_pairs(struct finding *finding, const struct extremes *extremes,
                      const pw_pads_across *across)
{
    builder_text(&finding->measured, "; ");
    finding_count(&finding->measured, across->n_bitwise, across->n_compared);
    builder_text(&finding->measured, " pairs of pads are equal in every bit");
    builder_format(&finding->n, "; %zu pair%s at %zu position%s", across->n_pairs,
                   across->n_pairs == 1 ? "" : "s", extremes->n_positions,
                   extremes->n_positions == 1 ? "" : "s");
    finding_number(finding, "bitwise_pairs", (double)across->n_bitwise);
    finding_number(finding, "pairs_compared", (double)across->n_compared);
    finding_number(finding, "least_mean", extremes->least);
    finding_number(finding, "least_mean_at", (double)extremes->least_at);
    finding_number(finding, "greatest_mean", extremes->greatest);
    finding_number(finding, "greatest_mean_at", (double)extremes->greatest_at);
}

/* Cosines decide; pads of zeros have none, and are equal or not. */
static void judge_pads(const struct claim *claim, struct finding *finding,
                       const pw_pads_across *across)
{
    if (isnan(across->cosine.mean) || across->n_bitwise == across->n_compared)
        finding_judge_all(claim, finding, across->n_bitwise, across->n_compared,
                          "pairs of pads are equal in every bit");
    else
        finding_judge_mean(claim, finding);
}

/* *is_known: there is a position where two inputs have pads. */
static int compare_pads(struct audit *audit, const struct claim *claim, struct finding *finding,
                        pw_pads_across *across, bool *is_known)
{
    struct pads *pads = &audit->pads;
    pw_error err;
    const pw_status status =
        pw_pads_compare(across, pads->app->ctx, pads->rows, pads->n, pads->seed, &err);

    *is_known = status == PW_OK;
    if (status == PW_ERR_NOT_FOUND)
        finding_lacks(claim, finding, "there is no position where two inputs have pads",
                      "SHORTER INPUTS");
    else if (status != PW_OK)
        return fail_with(pads->app, &err);
    return DONE;
}

int audit_same_position(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    struct extremes extremes;
    pw_pads_across across;
    bool is_known;

    finding_of_inputs(audit, finding);
    TRY(compare_pads(audit, claim, finding, &across, &is_known));
    if (!is_known)
        return DONE;
    TRY(find_extremes(audit, &extremes));
    if (extremes.n_positions == 0) {
        finding_lacks(claim, finding, "there is no position where three inputs have pads",
                      "SHORTER INPUTS");
        return DONE;
    }
    if (isnan(extremes.least)) {
        builder_text(&finding->measured, "pads of zeros have no direction");
    } else {
        builder_format(&finding->measured,
                       "mean cosine between %s: %.3f at row %zu, the least, to %.3f at row "
                       "%zu",
                       pads_noun(&audit->pads), extremes.least, extremes.least_at,
                       extremes.greatest, extremes.greatest_at);
        TRY(say_notebook_row(audit, finding));
        TRY(estimate_at(audit, extremes.least_at, &finding->estimate));
        finding->estimate_of =
            pool_format(&audit->pads.app->pool, "mean cosine at row %zu, %zu pairs of %zu %s",
                        extremes.least_at, finding->estimate.n_values,
                        n_at(audit, extremes.least_at), pads_noun(&audit->pads));
    }
    say_pairs(finding, &extremes, &across);
    judge_pads(claim, finding, &across);
    return DONE;
}

/* ---- One prompt, several positions. */

/* The least cosine between two of the input's pads; NaN below two. */
static int least_cosine(struct audit *audit, const pw_rows *rows, double *least)
{
    size_t *pads = pool_array(&audit->pads.app->pool, rows->n_rows, sizeof(*pads));
    size_t n;

    *least = NAN;
    if (pads == NULL)
        return fail_memory(audit->pads.app);
    n = pw_rows_choose(rows, PW_ROW_PAD, pads);
    for (size_t a = 0; a < n; a++) {
        for (size_t b = a + 1; b < n; b++) {
            pw_pair pair;

            pw_row_compare(&pair, rows->values + pads[a] * rows->width,
                           rows->values + pads[b] * rows->width, rows->width);
            *least = isnan(*least) || pair.cosine < *least ? pair.cosine : *least;
        }
    }
    return DONE;
}

int audit_one_prompt(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    const struct pads *pads = &audit->pads;
    double *least = pool_array(&pads->app->pool, pads->n, sizeof(*least));

    if (least == NULL)
        return fail_memory(pads->app);
    for (size_t i = 0; i < pads->n; i++)
        TRY(least_cosine(audit, &pads->rows[i], &least[i]));
    finding_of_inputs(audit, finding);
    TRY(finding_estimate_inputs(audit, finding, least, "mean of the least cosines"));
    if (finding->estimate.n_values == 0) {
        finding_lacks(claim, finding, "no input has two pads with a direction",
                      "SHORTER INPUTS");
        return DONE;
    }
    builder_text(&finding->measured,
                 "the least cosine between two pads of one prompt, on average: ");
    finding_spread(finding, 3, 1.0, "");
    finding_number(finding, "mean", finding->estimate.mean);
    finding_number(finding, "least", finding->estimate.min);
    finding_number(finding, "greatest", finding->estimate.max);
    finding_judge_mean(claim, finding);
    return DONE;
}

/* ---- Whether pads tell their prompt. */

/* found[i]: 1 where input i's mean of pads has the greatest cosine to its own EOS row. */
static int find_own(struct audit *audit, double *found)
{
    const struct pads *pads = &audit->pads;
    struct pool *pool = &pads->app->pool;
    const size_t n = pads->n, width = pads->rows[0].width;
    const pw_place of_pads = {.kind = PW_PLACE_PADS}, of_eos = {.kind = PW_PLACE_EOS};
    double *vectors = pool_array(pool, 2 * n * width, sizeof(*vectors));
    double *cosine = pool_array(pool, 4 * n * n, sizeof(*cosine));

    if (vectors == NULL || cosine == NULL)
        return fail_memory(pads->app);
    for (size_t i = 0; i < n; i++)
        if (!pw_rows_vector(vectors + i * width, &pads->rows[i], &of_pads) ||
            !pw_rows_vector(vectors + (n + i) * width, &pads->rows[i], &of_eos))
            return fail(pads->app, PW_ERR_NOT_FOUND, pads->inputs[i].name,
                        "has no EOS row or no pads");
    pw_vectors_compare(cosine, NULL, vectors, 2 * n, width);
    for (size_t i = 0; i < n; i++) {
        const double *to_eos = cosine + i * 2 * n + n;

        found[i] = isnan(to_eos[i]) || pads->n_prompts == 1 ? NAN : 1.0;
        for (size_t j = 0; j < n; j++)
            if (pads->prompt_of[j] != pads->prompt_of[i] && to_eos[j] >= to_eos[i])
                found[i] = 0.0;
    }
    return DONE;
}

/* More often than chance is information; as often as chance is none that was seen, which is
 * not the same as none. */
static void judge_noise(const struct claim *claim, struct finding *finding, double chance,
                        const pw_pads_across *across)
{
    const pw_estimate *share = &finding->estimate;

    if (across->n_bitwise == across->n_compared) {
        finding_judge_all(claim, finding, across->n_bitwise, across->n_compared,
                          "pairs of pads are equal in every bit");
        return;
    }
    if (share->low > chance) {
        finding->verdict = PW_VERDICT_FALSE;
        builder_format(&finding->reason, "the interval begins at %.2f, above chance (%.2f)",
                       share->low, chance);
    } else if (finding->n_prompts < PW_VERDICT_PROMPTS_MIN) {
        finding_judge_all(claim, finding, 0, 0, "");
    } else if (isnan(share->low)) {
        finding_judge_mean(claim, finding);
    } else {
        finding_lacks(claim, finding, "not told apart from chance with these prompts",
                      "MORE INPUTS");
    }
}

int audit_noise(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    const struct pads *pads = &audit->pads;
    const double chance = 1.0 / (double)pads->n_prompts;
    double *found = pool_array(&pads->app->pool, pads->n, sizeof(*found));
    pw_pads_across across;
    bool is_known;

    if (found == NULL)
        return fail_memory(pads->app);
    finding_of_inputs(audit, finding);
    TRY(compare_pads(audit, claim, finding, &across, &is_known));
    if (!is_known)
        return DONE;
    TRY(find_own(audit, found));
    TRY(finding_estimate_inputs(audit, finding, found, share_name(pads)));
    if (pads->n_prompts == 1)
        builder_text(&finding->measured, "there is no other prompt to tell this one from");
    else if (finding->estimate.n_values == 0)
        builder_text(&finding->measured, "pads of zeros are near to no row");
    else
        builder_format(&finding->measured,
                       "the mean of the pads is nearest to its own prompt's EOS row in %.0f %% "
                       "of %s (chance: %.0f %%)",
                       100 * finding->estimate.mean, pads_noun(pads), 100 * chance);
    finding_number(finding, "found_own", finding->estimate.mean);
    finding_number(finding, "chance", chance);
    judge_noise(claim, finding, chance, &across);
    return DONE;
}

int audit_placeholders(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    const struct pads *pads = &audit->pads;
    double *share = pool_array(&pads->app->pool, pads->n, sizeof(*share));

    (void)claim;
    if (share == NULL)
        return fail_memory(pads->app);
    for (size_t i = 0; i < pads->n; i++) {
        pw_group group;

        pw_rows_group(&group, &pads->rows[i], PW_ROW_PAD);
        share[i] = group.energy;
    }
    finding_of_inputs(audit, finding);
    TRY(finding_estimate_inputs(audit, finding, share, "share of the squared norm"));
    builder_text(
        &finding->measured,
        "nothing about pictures. Share of the squared norm of all rows that pads hold: ");
    finding_spread(finding, 1, 100.0, " %");
    finding_number(finding, "share_of_squared_norm", finding->estimate.mean);
    return DONE;
}

/* ---- BOS. */

static const float *bos_of(const pw_rows *rows)
{
    for (size_t i = 0; i < rows->n_rows; i++)
        if (rows->roles[i] == PW_ROW_BOS)
            return rows->values + i * rows->width;
    return NULL;
}

int audit_bos(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    const struct pads *pads = &audit->pads;
    double *is_same = pool_array(&pads->app->pool, pads->n, sizeof(*is_same));
    const float *first = bos_of(&pads->rows[0]);
    double l2_max = 0.0;
    size_t n_same = 0;

    if (is_same == NULL)
        return fail_memory(pads->app);
    for (size_t i = 0; i < pads->n; i++) {
        pw_pair pair;

        pw_row_compare(&pair, first, bos_of(&pads->rows[i]), pads->rows[i].width);
        is_same[i] = pair.is_bitwise;
        n_same += pair.is_bitwise;
        l2_max = pair.l2 > l2_max ? pair.l2 : l2_max;
    }
    finding_of_inputs(audit, finding);
    TRY(finding_estimate_inputs(audit, finding, is_same, share_name(pads)));
    builder_text(&finding->measured, "the BOS row has the bits of the first prompt's in ");
    finding_count(&finding->measured, n_same, pads->n);
    builder_format(&finding->measured, " %s; the greatest distance (L2) is %.3g",
                   pads_noun(pads), l2_max);
    finding_number(finding, "same_bits", (double)n_same);
    finding_number(finding, "l2_max", l2_max);
    finding_judge_all(claim, finding, n_same, pads->n, "BOS rows are equal in every bit");
    finding->verdict = pw_verdict_not(finding->verdict);
    return DONE;
}
