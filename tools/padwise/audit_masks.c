/* SPDX-License-Identifier: MIT */
/* Claims about lengths, masks, zeros and the empty prompt: each is asked of the encoder. */
#include <math.h>
#include <string.h>

#include "audit_run.h"
#include "interrupt.h"
#include "talk.h"

/* Lengths that are padded to begin here, where the prompts are as short. */
#define LENGTH_LEAST 16

/* ---- Padding, with the mask of Hugging Face. */

/* Rows and pooled vectors beside those at full length. */
struct kept {
    size_t n_lengths, n_rows, n_rows_kept, n_pooled, n_pooled_kept;
    double l2_max;
    double *is_kept; /* [texts]: 1 while the text keeps every bit */
};

/* Rows up to EOS of text i, which stands at `at` in the scratch batch. */
static void compare_text(const struct audit *audit, size_t i, size_t at, struct kept *kept)
{
    const struct audit_encoder *own = &audit->of_own;
    const size_t width = own->scan.width;
    bool is_pooled;

    for (size_t row = 0; row < audit_n_real(audit, i); row++) {
        pw_pair pair;

        pw_row_compare(&pair, audit_row(audit, &own->scratch, at, row),
                       audit_row(audit, &own->base, i, row), width);
        kept->n_rows++;
        kept->n_rows_kept += pair.is_bitwise;
        kept->l2_max = fmax(kept->l2_max, pair.l2);
        if (!pair.is_bitwise)
            kept->is_kept[i] = 0.0;
    }
    is_pooled = memcmp(own->scratch.pooled + at * width, own->base.pooled + i * width,
                       width * sizeof(float)) == 0;
    kept->n_pooled++;
    kept->n_pooled_kept += is_pooled;
    if (!is_pooled)
        kept->is_kept[i] = 0.0;
}

/* All texts that fit the length, as one batch. */
static int encode_length(struct audit *audit, size_t n_tokens, struct kept *kept)
{
    size_t n, at = 0;

    TRY(audit_variant(audit, n_tokens, PW_MASK_HF, -1, &n));
    for (size_t i = 0; i < audit->of_own.n; i++)
        if (audit_n_real(audit, i) <= n_tokens)
            compare_text(audit, i, at++, kept);
    kept->n_lengths += n > 0;
    return interrupted() ? fail_interrupted(audit->pads.app) : DONE;
}

/* A text by itself, with no pads at all. */
static int encode_alone(struct audit *audit, size_t i, struct kept *kept)
{
    struct audit_encoder *own = &audit->of_own;

    own->scratch.n = 1;
    own->scratch.n_tokens = audit_n_real(audit, i);
    scan_put(&own->scan, &own->scratch, 0, &own->texts[i], PW_MASK_HF);
    TRY(scan_run(&own->scan, &own->scratch));
    compare_text(audit, i, 0, kept);
    return DONE;
}

static size_t first_length(const struct audit *audit)
{
    return audit->of_own.n_tokens < LENGTH_LEAST ? audit->of_own.n_tokens : LENGTH_LEAST;
}

static int run_lengths(struct audit *audit, struct kept *kept)
{
    struct audit_encoder *own = &audit->of_own;
    struct progress *progress = &audit->pads.app->progress;
    size_t n_lengths;

    TRY(audit_encode(audit));
    n_lengths = own->n_tokens - first_length(audit) + 1;
    kept->is_kept = pool_array(&audit->pads.app->pool, own->n + 1, sizeof(double));
    if (kept->is_kept == NULL)
        return fail_memory(audit->pads.app);
    for (size_t i = 0; i < own->n; i++)
        kept->is_kept[i] = 1.0;
    progress_start(progress, "padding", "lengths");
    for (size_t i = 0; i < n_lengths; i++) {
        progress_update(progress, i, (double)i / (double)n_lengths);
        TRY(encode_length(audit, first_length(audit) + i, kept));
    }
    progress_stop(progress);
    for (size_t i = 0; i < own->n; i++)
        TRY(encode_alone(audit, i, kept));
    return DONE;
}

int audit_padding_neutral(struct audit *audit, const struct claim *claim,
                          struct finding *finding)
{
    struct kept kept = {0};

    TRY(run_lengths(audit, &kept));
    finding_of_texts(audit, finding);
    TRY(finding_estimate(audit, finding, kept.is_kept, audit->of_own.n,
                         "share of prompts that keep every bit"));
    builder_format(&finding->measured,
                   "padded to %zu lengths, %zu to %zu, and alone without pads: ",
                   kept.n_lengths, first_length(audit), audit->of_own.n_tokens);
    finding_count(&finding->measured, kept.n_rows_kept, kept.n_rows);
    builder_text(&finding->measured, " rows up to EOS and ");
    finding_count(&finding->measured, kept.n_pooled_kept, kept.n_pooled);
    builder_format(&finding->measured,
                   " pooled vectors keep every bit (greatest distance, L2: %.3g)", kept.l2_max);
    finding_number(finding, "rows_kept", (double)kept.n_rows_kept);
    finding_number(finding, "rows", (double)kept.n_rows);
    finding_number(finding, "pooled_kept", (double)kept.n_pooled_kept);
    finding_number(finding, "pooled", (double)kept.n_pooled);
    finding_number(finding, "l2_max", kept.l2_max);
    finding_judge_all(claim, finding, kept.n_rows_kept + kept.n_pooled_kept,
                      kept.n_rows + kept.n_pooled, "rows and pooled vectors keep every bit");
    return DONE;
}

/* ---- What recipe sd15 does. */

static int encode_sd15(struct audit *audit, int32_t mask, pw_tensor_set **set)
{
    const struct audit_encoder *own = &audit->of_own;
    const struct encode *encode = &own->scan.encode;
    const pw_pipeline_info *pipeline = &encode->places.pipeline;
    struct app *app = audit->pads.app;
    pw_prompt_texts *texts = pool_array(&app->pool, own->n, sizeof(*texts));
    pw_conditioning_options options;
    pw_encoder encoder = encode->given[0];
    pw_error err;

    if (texts == NULL)
        return fail_memory(app);
    for (size_t i = 0; i < own->n; i++)
        texts[i].prompt = own->texts[i].text;
    pw_conditioning_options_init(&options);
    options.recipe = "sd15";
    options.no_negative = true;
    /* diffusers heeds use_attention_mask of the text encoder's config.json. */
    options.mask =
        mask < 0 && pipeline->class_name[0] != '\0' && pipeline->uses_attention_mask[0]
            ? PW_MASK_HF
            : mask;
    encoder.name = "clip_l";
    if (pw_conditioning_encode(set, app->ctx, &encoder, 1, texts, own->n, &options, &err) !=
        PW_OK)
        return fail_with(app, &err);
    return DONE;
}

/* The recipe as it is, masked, unmasked. */
struct sd15 {
    pw_tensor_set *sets[3];
    size_t n, n_masked, n_unmasked; /* rows of pads, and those with the bits of either */
    double *masked;                 /* [texts]: share of its pads that have the masked bits */
};

static const float *sd15_rows(const struct sd15 *sd15, size_t i, const pw_tensor **tensor)
{
    *tensor = pw_tensor_set_find(sd15->sets[i], "prompt_embeds");
    return (*tensor)->data;
}

static void compare_sd15(const struct audit *audit, struct sd15 *sd15)
{
    const pw_tensor *tensor;
    const float *own = sd15_rows(sd15, 0, &tensor), *masked = sd15_rows(sd15, 1, &tensor),
                *unmasked = sd15_rows(sd15, 2, &tensor);
    const size_t n_rows = (size_t)tensor->shape[1], width = (size_t)tensor->shape[2];

    for (size_t i = 0; i < audit->of_own.n; i++) {
        const size_t n_before = sd15->n_masked;

        for (size_t row = audit_n_real(audit, i); row < n_rows; row++) {
            const size_t at = (i * n_rows + row) * width;

            sd15->n++;
            sd15->n_masked += memcmp(own + at, masked + at, width * sizeof(*own)) == 0;
            sd15->n_unmasked += memcmp(own + at, unmasked + at, width * sizeof(*own)) == 0;
        }
        sd15->masked[i] =
            (double)(sd15->n_masked - n_before) / (double)(n_rows - audit_n_real(audit, i));
    }
}

static int run_sd15(struct audit *audit, struct sd15 *sd15)
{
    static const int32_t masks[] = {-1, PW_MASK_HF, PW_MASK_NONE};
    int status = audit_open(audit);

    sd15->masked = pool_array(&audit->pads.app->pool, audit->of_own.n + 1, sizeof(double));
    if (sd15->masked == NULL)
        return fail_memory(audit->pads.app);
    for (size_t i = 0; i < 3 && status == DONE; i++)
        status = encode_sd15(audit, masks[i], &sd15->sets[i]);
    if (status == DONE)
        compare_sd15(audit, sd15);
    for (size_t i = 0; i < 3; i++)
        pw_tensor_set_free(sd15->sets[i]);
    return status;
}

static void judge_sd15(const struct claim *claim, struct finding *finding,
                       const struct sd15 *sd15)
{
    const pw_verdict is_masked = pw_judge_all(sd15->n_masked, sd15->n, finding->n_prompts),
                     is_unmasked = pw_judge_all(sd15->n_unmasked, sd15->n, finding->n_prompts);

    if (is_masked == PW_VERDICT_OPEN) {
        finding_judge_all(claim, finding, sd15->n_masked, sd15->n, "pads have the masked bits");
        return;
    }
    if (is_masked == is_unmasked) {
        builder_text(&finding->reason, is_masked == PW_VERDICT_TRUE
                                           ? "a mask makes no difference to this encoder's pads"
                                           : "they are neither");
        return;
    }
    finding->verdict = is_masked;
    finding_count(&finding->reason,
                  is_masked == PW_VERDICT_TRUE ? sd15->n_masked : sd15->n_unmasked, sd15->n);
    builder_format(&finding->reason, " pads have the %s bits",
                   is_masked == PW_VERDICT_TRUE ? "masked" : "unmasked");
}

int audit_sd_masks(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    struct sd15 sd15 = {.n = 0};

    TRY(run_sd15(audit, &sd15));
    finding_of_texts(audit, finding);
    TRY(finding_estimate(audit, finding, sd15.masked, audit->of_own.n,
                         "share of pads with the masked bits"));
    builder_text(&finding->measured,
                 "recipe sd15, which follows diffusers' pipeline, on this encoder: ");
    finding_count(&finding->measured, sd15.n_unmasked, sd15.n);
    builder_text(&finding->measured, " pads have the bits that no mask gives, ");
    finding_count(&finding->measured, sd15.n_masked, sd15.n);
    builder_text(&finding->measured, " those of a mask");
    finding_number(finding, "unmasked", (double)sd15.n_unmasked);
    finding_number(finding, "masked", (double)sd15.n_masked);
    finding_number(finding, "pads", (double)sd15.n);
    judge_sd15(claim, finding, &sd15);
    return DONE;
}

/* ---- What a mask changes. */

/* |a - b| / |b| over rows that stand one after the other. */
static double distance(const float *a, const float *b, size_t n)
{
    double difference = 0.0, size = 0.0;

    for (size_t i = 0; i < n; i++) {
        const double d = (double)a[i] - (b == NULL ? 0.0 : b[i]);

        difference += d * d;
        size += b == NULL ? 0.0 : (double)b[i] * b[i];
    }
    return b == NULL ? sqrt(difference) : sqrt(difference / size);
}

int audit_mask_improves(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    const struct audit_encoder *own = &audit->of_own;
    size_t n, n_real_kept = 0, n_real = 0;
    double *far;

    if (!audit->encodes) {
        finding_near(claim, finding, "-m DIR PROMPT PROMPT PROMPT");
        return DONE;
    }
    TRY(audit_encode(audit));
    far = pool_array(&audit->pads.app->pool, own->n + 1, sizeof(*far));
    if (far == NULL)
        return fail_memory(audit->pads.app);
    TRY(audit_variant(audit, 0, PW_MASK_NONE, -1, &n));
    for (size_t i = 0; i < n; i++) {
        const size_t n_words = audit_n_real(audit, i), width = own->scan.width;

        for (size_t row = 0; row < n_words; row++)
            n_real_kept +=
                memcmp(audit_row(audit, &own->scratch, i, row),
                       audit_row(audit, &own->base, i, row), width * sizeof(float)) == 0;
        n_real += n_words;
        far[i] = distance(audit_row(audit, &own->scratch, i, n_words),
                          audit_row(audit, &own->base, i, n_words),
                          (own->n_tokens - n_words) * width);
    }
    finding_of_texts(audit, finding);
    TRY(finding_estimate(audit, finding, far, n, "mean relative distance of the pads"));
    builder_text(&finding->measured, "nothing about pictures. With and without the mask ");
    finding_count(&finding->measured, n_real_kept, n_real);
    builder_text(
        &finding->measured,
        " rows up to EOS have the same bits; pads move, as a share of their norm, by ");
    finding_spread(finding, 3, 1.0, "");
    finding_number(finding, "real_rows_kept", (double)n_real_kept);
    finding_number(finding, "pads_distance", finding->estimate.mean);
    return DONE;
}

/* ---- The empty prompt. */

/* Its rows, under the mask hf, at full length; by itself. */
static int encode_empty(struct audit *audit, struct scan_batch *batch, struct scan_text *text)
{
    struct scan_encoder *scan = &audit->of_own.scan;

    *text = (struct scan_text){.text = {"", 0}, .name = "", .where = "the empty prompt"};
    TRY(scan_tokenize(scan, text));
    TRY(scan_start(scan, batch, 1, audit->of_own.n_tokens));
    scan_put(scan, batch, 0, text, PW_MASK_HF);
    return scan_run(scan, batch);
}

int audit_zeros(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    const struct audit_encoder *own = &audit->of_own;
    struct scan_batch empty;
    struct scan_text text = {.name = NULL};
    double *ratio, norm;
    size_t size;
    int status;

    if (!audit->encodes) {
        finding_near(claim, finding, "-m DIR PROMPT PROMPT PROMPT");
        return DONE;
    }
    TRY(audit_encode(audit));
    ratio = pool_array(&audit->pads.app->pool, own->n + 1, sizeof(*ratio));
    if (ratio == NULL)
        return fail_memory(audit->pads.app);
    status = encode_empty(audit, &empty, &text);
    tokens_free(&text.tokens);
    TRY(status);
    size = own->n_tokens * own->scan.width;
    norm = distance(empty.rows, NULL, size);
    for (size_t i = 0; i < own->n; i++)
        ratio[i] = 1.0 / distance(own->base.rows + i * size, empty.rows, size);
    finding_of_texts(audit, finding);
    TRY(finding_estimate(audit, finding, ratio, own->n, "mean of that ratio"));
    builder_format(&finding->measured,
                   "nothing about pictures. L2 from zeros to the encoded \"\": %.4g; over that "
                   "from a prompt to it: ",
                   norm);
    finding_spread(finding, 2, 1.0, "");
    finding_number(finding, "ratio", finding->estimate.mean);
    finding_number(finding, "l2_zeros_empty", norm);
    return DONE;
}

static size_t count_zero_rows(const struct audit *audit, const struct scan_batch *batch)
{
    const size_t width = audit->of_own.scan.width;
    size_t n = 0;

    for (size_t row = 0; row < batch->n_tokens; row++) {
        const float *values = audit_row(audit, batch, 0, row);
        size_t k = 0;

        while (k < width && values[k] == 0.0F)
            k++;
        n += k == width;
    }
    return n;
}

int audit_empty(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    const struct audit_encoder *own = &audit->of_own;
    struct scan_batch empty;
    struct scan_text text = {.name = NULL};
    double *ratio;
    size_t size, n_zeros, n_real;
    int status;

    TRY(audit_encode(audit));
    ratio = pool_array(&audit->pads.app->pool, own->n + 1, sizeof(*ratio));
    if (ratio == NULL)
        return fail_memory(audit->pads.app);
    status = encode_empty(audit, &empty, &text);
    n_real = text.tokens.tokens.n_tokens;
    tokens_free(&text.tokens);
    TRY(status);
    size = own->n_tokens * own->scan.width;
    n_zeros = count_zero_rows(audit, &empty);
    for (size_t i = 0; i < own->n; i++)
        ratio[i] =
            distance(empty.rows, NULL, size) / distance(own->base.rows + i * size, NULL, size);
    finding_of_texts(audit, finding);
    TRY(finding_estimate(audit, finding, ratio, own->n, "mean of that ratio"));
    builder_format(&finding->measured,
                   "\"\" becomes %zu tokens, BOS and EOS, and %zu pads; %zu of %zu rows are "
                   "zeros; the norm of all, over that of a prompt's rows: ",
                   n_real, own->n_tokens - n_real, n_zeros, own->n_tokens);
    finding_spread(finding, 3, 1.0, "");
    finding_number(finding, "zero_rows", (double)n_zeros);
    finding_number(finding, "tokens", (double)n_real);
    finding_number(finding, "norm_ratio", finding->estimate.mean);
    finding_judge_all(claim, finding, n_zeros, own->n_tokens, "rows of \"\" are zeros");
    return DONE;
}
