/* SPDX-License-Identifier: MIT */
/* The lecture's claims about weights and its mask, asked of the dialects and of a tokenizer. */
#include <math.h>
#include <string.h>

#include "audit_run.h"
#include "reading.h"
#include "talk.h"

/* ---- Weights that dialects read. */

/* A word in the brackets of somebody's syntax. */
struct sample {
    const char *text, *word;
};

static const pw_chunk *chunk_of(const struct reading *reading)
{
    const pw_plan_output *output = pw_plan_output_at(reading->plan, 0);

    return output == NULL || output->n_chunks == 0 ? NULL : &output->chunks[0];
}

/* The weight of the token that begins with the word; NaN where the dialect refuses the text or
 * gives it no token of its own. */
static double weight_in(const struct reading *reading, const struct sample *sample)
{
    const uint64_t begin = (uint64_t)(strstr(sample->text, sample->word) - sample->text);
    const pw_chunk *chunk = chunk_of(reading);

    for (size_t i = 0; chunk != NULL && i < chunk->n_tokens; i++)
        if (chunk->begin[i] == begin)
            return chunk->weights[i];
    return NAN;
}

static pw_status read_in(struct audit *audit, size_t dialect, const struct sample *sample,
                         struct reading *reading, pw_error *err)
{
    const pw_text text = {sample->text, strlen(sample->text)};
    pw_prompt_options options;
    pw_prompt_encoder encoder;

    pw_prompt_options_init(&options);
    options.dialect = (int32_t)dialect;
    pw_prompt_encoder_init(&encoder, audit->of_own.scan.tokenizer);
    return reading_make(reading, audit->pads.app->ctx, text, &options, &encoder, NULL, err);
}

static int read_weight(struct audit *audit, size_t dialect, const struct sample *sample,
                       double *weight)
{
    struct reading reading;
    pw_error err;
    const pw_status status = read_in(audit, dialect, sample, &reading, &err);

    *weight = NAN;
    if (status == PW_ERR_NO_MEMORY)
        return fail_with(audit->pads.app, &err);
    if (status == PW_OK)
        *weight = weight_in(&reading, sample);
    reading_free(&reading);
    return DONE;
}

/* Readings of samples by all dialects, as far as they are weights. */
struct readings {
    size_t n_texts, n, n_dialects, n_adv; /* dialects that read one of them as a weight */
    size_t n_hold;
    double least, greatest;
    double *weight, *share; /* [n_texts]: mean weight; share of its readings that hold */
    struct builder names;
};

static void add_reading(struct readings *readings, double weight, bool holds)
{
    readings->n++;
    readings->n_hold += holds;
    readings->least = fmin(readings->least, weight);
    readings->greatest = fmax(readings->greatest, weight);
}

static void add_dialect(struct readings *readings, const char *name)
{
    readings->n_dialects++;
    if (strncmp(name, "adv:", 4) == 0)
        readings->n_adv++;
    else
        builder_format(&readings->names, "%s%s", readings->names.size == 0 ? "" : ", ", name);
}

static int read_all(struct audit *audit, const struct sample *samples,
                    bool (*holds)(double weight, double limit), double limit,
                    struct readings *readings)
{
    struct pool *pool = &audit->pads.app->pool;
    size_t *counts = pool_array(pool, readings->n_texts, sizeof(*counts));

    readings->least = readings->greatest = NAN;
    readings->weight = pool_array(pool, readings->n_texts, sizeof(double));
    readings->share = pool_array(pool, readings->n_texts, sizeof(double));
    if (counts == NULL || readings->weight == NULL || readings->share == NULL)
        return fail_memory(audit->pads.app);
    for (size_t dialect = 0; pw_dialect_name(dialect) != NULL; dialect++) {
        const size_t n_before = readings->n;

        for (size_t i = 0; i < readings->n_texts; i++) {
            double weight;

            TRY(read_weight(audit, dialect, &samples[i], &weight));
            if (isnan(weight) || weight == 1.0)
                continue;
            add_reading(readings, weight, holds(weight, limit));
            readings->weight[i] += weight;
            readings->share[i] += holds(weight, limit);
            counts[i]++;
        }
        if (readings->n > n_before)
            add_dialect(readings, pw_dialect_name(dialect));
    }
    for (size_t i = 0; i < readings->n_texts; i++) {
        readings->weight[i] /= (double)counts[i];
        readings->share[i] /= (double)counts[i];
    }
    return DONE;
}

static int finish_readings(struct audit *audit, struct finding *finding,
                           const struct readings *readings, const double *values,
                           const char *of)
{
    TRY(finding_estimate(audit, finding, values, readings->n_texts, of));
    finding->n_prompts = readings->n_texts;
    builder_format(&finding->n, "%zu texts, read by %zu dialects", readings->n_texts,
                   readings->n_dialects);
    finding_number(finding, "readings", (double)readings->n);
    finding_number(finding, "readings_that_hold", (double)readings->n_hold);
    finding_number(finding, "least", readings->least);
    finding_number(finding, "greatest", readings->greatest);
    return DONE;
}

static bool is_nine_tenths(double weight, double limit)
{
    return fabs(weight - 0.9) <= limit;
}

int audit_brackets(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    static const struct sample samples[] = {{"a [fox] at night", "fox"},
                                            {"[red car] on a road", "red"},
                                            {"an old house, [sea]", "sea"}};
    static const struct sample sign = {"a fox- at night", "fox"};
    struct readings readings = {.n_texts = sizeof(samples) / sizeof(*samples)};
    double weight;
    int status;

    TRY(audit_open(audit));
    status = read_all(audit, samples, is_nine_tenths, claim->limit, &readings);
    if (status == DONE && readings.n > 0)
        builder_format(&finding->measured,
                       "[x] is a weight of %.4f to %.4f (1/1.1 is 0.9091) in %s",
                       readings.least, readings.greatest, readings.names.bytes);
    builder_free(&readings.names);
    TRY(status);
    TRY(read_weight(audit, (size_t)pw_dialect_find("compel"), &sign, &weight));
    builder_format(&finding->measured, "; Compel's x- is %.4f", weight);
    TRY(finish_readings(audit, finding, &readings, readings.weight, "mean weight"));
    finding_number(finding, "compel_minus", weight);
    finding_judge_all(claim, finding, readings.n_hold, readings.n, "readings are 0.9");
    return DONE;
}

static bool is_above_one(double weight, double limit)
{
    (void)limit;
    return weight > 1.0;
}

int audit_above_one(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    static const struct sample samples[] = {
        {"a (fox:0.5) at night", "fox"}, {"a [fox] at night", "fox"},
        {"a fox- at night", "fox"},      {"a (fox)0.5 at night", "fox"},
        {"a (fox:0) at night", "fox"},   {"a (fox:1.3) at night", "fox"}};
    struct readings readings = {.n_texts = sizeof(samples) / sizeof(*samples)};
    int status;

    TRY(audit_open(audit));
    status = read_all(audit, samples, is_above_one, claim->limit, &readings);
    if (status == DONE && readings.n > 0)
        builder_format(
            &finding->measured,
            "weights from %.4g to %.4g are read by %s and %zu of ADV's dialects; %zu "
            "of %zu readings are below 1",
            readings.least, readings.greatest,
            readings.names.bytes == NULL ? "none" : readings.names.bytes, readings.n_adv,
            readings.n - readings.n_hold, readings.n);
    builder_free(&readings.names);
    TRY(status);
    TRY(finish_readings(audit, finding, &readings, readings.share,
                        "share of a text's readings above 1"));
    finding_judge_all(claim, finding, readings.n_hold, readings.n, "readings are above 1");
    return DONE;
}

/* ---- What Compel's weights do. */

static const struct weighted {
    const char *text, *plain;
} weighted[] = {
    {"a (red fox)1.3 in the snow", "a red fox in the snow"},
    {"a cat++ on a chair", "a cat on a chair"},
    {"an old (house)1.5 by the sea", "an old house by the sea"},
};

/* What the rounding of f32 may leave of a row's norm. */
#define ROUNDING 1e-6

#define N_WEIGHTED (sizeof(weighted) / sizeof(*weighted))

static int encode_in(struct audit *audit, const char *dialect, bool is_plain,
                     pw_tensor_set **set)
{
    static const char *const only[] = {"last_hidden_state"};
    struct app *app = audit->pads.app;
    pw_prompt_texts texts[N_WEIGHTED + 1] = {0};
    pw_conditioning_options options;
    pw_error err;

    for (size_t i = 0; i < N_WEIGHTED; i++) {
        const char *text = is_plain ? weighted[i].plain : weighted[i].text;

        texts[i].prompt = (pw_text){text, strlen(text)};
    }
    texts[N_WEIGHTED].prompt = (pw_text){"", 0};
    pw_conditioning_options_init(&options);
    options.dialect = dialect;
    options.no_negative = true;
    options.only = only;
    options.n_only = 1;
    if (pw_conditioning_encode(set, app->ctx, audit->of_own.scan.encode.given, 1, texts,
                               N_WEIGHTED + 1, &options, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

static const float *rows_of(const pw_tensor_set *set, size_t i)
{
    const pw_tensor *tensor = pw_tensor_set_find(set, "last_hidden_state");

    return (const float *)tensor->data +
           i * (size_t)tensor->shape[1] * (size_t)tensor->shape[2];
}

/* Weighted rows beside the formulas. */
struct formulas {
    double limit;
    size_t n, n_scaled;
    double by_text[N_WEIGHTED]; /* the mean of what scaling leaves */
    double scale_max, lerp_max, lecture_max;
};

/* A row of a weight. sets: [compel, lecture, plain], of which the last prompt is "". */
static void compare_row(const struct audit *audit, pw_tensor_set *const sets[3], size_t i,
                        size_t row, double weight, struct formulas *formulas)
{
    const size_t width = audit->of_own.scan.width;
    const float *compel = rows_of(sets[0], i) + row * width,
                *lecture = rows_of(sets[1], i) + row * width,
                *plain = rows_of(sets[2], i) + row * width,
                *empty = rows_of(sets[2], N_WEIGHTED) + row * width;
    const double scale = pw_row_unexplained(compel, plain, NULL, weight, width),
                 lerp = pw_row_unexplained(compel, plain, empty, weight, width),
                 own = pw_row_unexplained(lecture, plain, NULL, weight, width);

    formulas->n++;
    formulas->n_scaled += scale <= formulas->limit;
    formulas->by_text[i] += scale;
    formulas->scale_max = fmax(formulas->scale_max, scale);
    formulas->lerp_max = fmax(formulas->lerp_max, lerp);
    formulas->lecture_max = fmax(formulas->lecture_max, own);
}

/* All rows that Compel gives a weight in text i. */
static int compare_text(struct audit *audit, pw_tensor_set *const sets[3], size_t i,
                        struct formulas *formulas)
{
    const struct sample sample = {weighted[i].text, NULL};
    const size_t n_before = formulas->n;
    struct reading reading;
    const pw_chunk *chunk;
    pw_error err;

    if (read_in(audit, (size_t)pw_dialect_find("compel"), &sample, &reading, &err) != PW_OK)
        return fail_with(audit->pads.app, &err);
    chunk = chunk_of(&reading);
    for (size_t row = 0; chunk != NULL && row < chunk->n_tokens; row++)
        if (chunk->weights[row] != 1.0)
            compare_row(audit, sets, i, row, chunk->weights[row], formulas);
    reading_free(&reading);
    formulas->by_text[i] /= (double)(formulas->n - n_before);
    return DONE;
}

static int compare_formulas(struct audit *audit, struct formulas *formulas)
{
    static const char *const dialects[] = {"compel", "lecture", "plain"};
    pw_tensor_set *sets[3] = {NULL};
    int status = DONE;

    for (size_t i = 0; i < 3 && status == DONE; i++)
        status = encode_in(audit, dialects[i], i == 2, &sets[i]);
    for (size_t i = 0; i < N_WEIGHTED && status == DONE; i++)
        status = compare_text(audit, sets, i, formulas);
    for (size_t i = 0; i < 3; i++)
        pw_tensor_set_free(sets[i]);
    return status;
}

/* Roundings differ between machines, and which they are says nothing. */
static void say_rest(struct builder *out, double rest)
{
    if (rest < ROUNDING)
        builder_format(out, "less than %g", ROUNDING);
    else
        builder_format(out, "up to %.3f", rest);
}

int audit_compel(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    struct formulas formulas = {.limit = claim->limit};

    TRY(audit_open(audit));
    TRY(compare_formulas(audit, &formulas));
    finding->n_prompts = N_WEIGHTED;
    builder_format(&finding->n, "%zu texts, %zu weighted rows", N_WEIGHTED, formulas.n);
    TRY(finding_estimate(audit, finding, formulas.by_text, N_WEIGHTED,
                         "share of a row's norm that scaling leaves"));
    builder_format(&finding->measured,
                   "row times weight leaves %.3f of a weighted row's norm unexplained, up to "
                   "%.3f; e + (z - e) w, e the empty prompt's row, ",
                   finding->estimate.mean, formulas.scale_max);
    say_rest(&finding->measured, formulas.lerp_max);
    builder_text(&finding->measured, ". In dialect lecture row times weight leaves ");
    say_rest(&finding->measured, formulas.lecture_max);
    finding_number(finding, "scale_unexplained", finding->estimate.mean);
    finding_number(finding, "scale_unexplained_max", formulas.scale_max);
    finding_number(finding, "lerp_unexplained_max", formulas.lerp_max);
    finding_number(finding, "lecture_unexplained_max", formulas.lecture_max);
    finding_judge_all(claim, finding, formulas.n_scaled, formulas.n,
                      "weighted rows are scaled");
    return DONE;
}

/* ---- MaskPAD. */

int audit_maskpad(struct audit *audit, const struct claim *claim, struct finding *finding)
{
    const struct audit_encoder *own = &audit->of_own;
    size_t n, n_visible = 0;
    double *is_visible, far = 0.0;

    TRY(audit_encode(audit));
    is_visible = pool_array(&audit->pads.app->pool, own->n + 1, sizeof(*is_visible));
    if (is_visible == NULL)
        return fail_memory(audit->pads.app);
    TRY(audit_variant(audit, 0, PW_MASK_LECTURE, -1, &n));
    for (size_t i = 0; i < n; i++) {
        const size_t eos = audit_n_real(audit, i) - 1;
        pw_pair pair;

        is_visible[i] = own->scratch.mask[i * own->n_tokens + eos];
        n_visible += own->scratch.mask[i * own->n_tokens + eos];
        pw_row_compare(&pair, audit_row(audit, &own->scratch, i, eos),
                       audit_row(audit, &own->base, i, eos), own->scan.width);
        far = fmax(far, pair.l2);
    }
    finding_of_texts(audit, finding);
    TRY(finding_estimate(audit, finding, is_visible, n, "share of prompts"));
    builder_format(&finding->measured, "with pad id %d and EOS id %d EOS stays visible in ",
                   (int)own->scan.pad_id,
                   (int)own->scan.encode.encoders[0].tokenizer.info.eos_id);
    finding_count(&finding->measured, n_visible, n);
    builder_format(&finding->measured,
                   " prompts; its row differs from that of the mask by "
                   "length by up to %.3g (L2)",
                   far);
    finding_number(finding, "visible", (double)n_visible);
    finding_number(finding, "eos_l2_max", far);
    finding_judge_all(claim, finding, n_visible, n, "prompts keep EOS visible");
    return DONE;
}
