/* SPDX-License-Identifier: MIT */
/* Whether pads at one position are alike across inputs, and the sentence that says so. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/error.h"
#include "lab/lab_rows.h"

/* Sums over positions, by pair; and what is known of every comparison. */
struct gathering {
    const pw_rows *inputs;
    size_t n;
    double *sums;   /* [n, n], then means */
    size_t *counts; /* [n, n] */
    pw_pads_across *out;
};

static void note_extremes(pw_pads_across *out, double cosine, size_t position)
{
    if (isnan(out->least) || cosine < out->least) {
        out->least = cosine;
        out->least_at = position;
    }
    if (isnan(out->greatest) || cosine > out->greatest) {
        out->greatest = cosine;
        out->greatest_at = position;
    }
}

static void note_mean(pw_pads_across *out, double mean, size_t position)
{
    if (isnan(out->mean_least) || mean < out->mean_least) {
        out->mean_least = mean;
        out->mean_least_at = position;
    }
    if (isnan(out->mean_greatest) || mean > out->mean_greatest) {
        out->mean_greatest = mean;
        out->mean_greatest_at = position;
    }
}

static bool has_pad(const pw_rows *input, size_t position)
{
    return position < input->n_rows && input->roles[position] == PW_ROW_PAD;
}

/* All pairs of inputs that have a pad at the position. */
static void compare_position(struct gathering *g, size_t position)
{
    double sum = 0.0;
    size_t n_pairs = 0;

    for (size_t i = 0; i < g->n; i++) {
        for (size_t j = i + 1; has_pad(&g->inputs[i], position) && j < g->n; j++) {
            const size_t at = position * g->inputs[i].width, cell = i * g->n + j;
            pw_pair pair;

            if (!has_pad(&g->inputs[j], position))
                continue;
            pw_row_compare(&pair, g->inputs[i].values + at, g->inputs[j].values + at,
                           g->inputs[i].width);
            g->out->n_compared++;
            g->out->n_bitwise += pair.is_bitwise;
            if (isnan(pair.cosine))
                continue;
            note_extremes(g->out, pair.cosine, position);
            g->sums[cell] += pair.cosine;
            g->counts[cell]++;
            sum += pair.cosine;
            n_pairs++;
        }
    }
    if (n_pairs > 0)
        note_mean(g->out, sum / (double)n_pairs, position);
}

static void count_tokens(pw_pads_across *out, const pw_rows *inputs, size_t n_inputs)
{
    for (size_t i = 0; i < n_inputs; i++) {
        const size_t n = inputs[i].n_rows - pw_rows_choose(&inputs[i], PW_ROW_PAD, NULL);

        out->tokens_min = i == 0 || n < out->tokens_min ? n : out->tokens_min;
        out->tokens_max = n > out->tokens_max ? n : out->tokens_max;
    }
}

static bool has_one_bos(const pw_rows *inputs, size_t n_inputs)
{
    const float *first = pwi_rows_first(&inputs[0], PW_ROW_BOS);

    for (size_t i = 0; i < n_inputs; i++) {
        const float *bos = pwi_rows_first(&inputs[i], PW_ROW_BOS);

        if (first == NULL || bos == NULL ||
            memcmp(first, bos, inputs[0].width * sizeof(*bos)) != 0)
            return false;
    }
    return true;
}

static void compare_all(struct gathering *g)
{
    size_t n_rows = 0;

    for (size_t i = 0; i < g->n; i++)
        n_rows = g->inputs[i].n_rows > n_rows ? g->inputs[i].n_rows : n_rows;
    for (size_t position = 0; position < n_rows; position++) {
        const size_t n_before = g->out->n_compared;

        compare_position(g, position);
        g->out->n_positions += g->out->n_compared > n_before;
    }
    for (size_t i = 0; i < g->n * g->n; i++)
        g->sums[i] = g->counts[i] == 0 ? NAN : g->sums[i] / (double)g->counts[i];
}

pw_status pw_pads_compare(pw_pads_across *out, pw_context *ctx, const pw_rows *inputs,
                          size_t n_inputs, uint64_t seed, pw_error *err)
{
    struct gathering g = {.inputs = inputs, .n = n_inputs, .out = out};
    pw_status status = PW_OK;

    *out = (pw_pads_across){.n_inputs = n_inputs,
                            .n_pairs = n_inputs * (n_inputs - (n_inputs > 0)) / 2,
                            .least = NAN,
                            .greatest = NAN,
                            .mean_least = NAN,
                            .mean_greatest = NAN};
    if (n_inputs < 2)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "there is one prompt: what prompts have in common takes two, and an "
                        "interval three");
    PWI_TRY(pwi_inputs_check(inputs, n_inputs, err));
    count_tokens(out, inputs, n_inputs);
    out->bos_is_bitwise = has_one_bos(inputs, n_inputs);
    g.sums = pwi_alloc_zeroed(&ctx->allocator, n_inputs * n_inputs, sizeof(*g.sums));
    g.counts = pwi_alloc_zeroed(&ctx->allocator, n_inputs * n_inputs, sizeof(*g.counts));
    if (g.sums == NULL || g.counts == NULL) {
        status = pwi_fail_memory(err);
    } else {
        compare_all(&g);
        status = pw_estimate_pairs(&out->cosine, ctx, g.sums, n_inputs, seed, err);
    }
    pwi_free_array(&ctx->allocator, g.counts, n_inputs * n_inputs, sizeof(*g.counts));
    pwi_free_array(&ctx->allocator, g.sums, n_inputs * n_inputs, sizeof(*g.sums));
    if (status == PW_OK && out->n_positions == 0)
        return PWI_FAIL(err, PW_ERR_NOT_FOUND,
                        "there is no position where two prompts have a pad");
    return status;
}

/* ---- The sentence. */

/* Cosines from here on are called alike; below the second, not. */
#define ALIKE     0.95
#define NOT_ALIKE 0.8

struct sentence {
    char *out;
    size_t capacity, size;
};

static void say(struct sentence *sentence, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct sentence *sentence, const char *format, ...)
{
    const bool fits = sentence->size < sentence->capacity;
    va_list list;
    int n;

    va_start(list, format);
    n = vsnprintf(fits ? sentence->out + sentence->size : NULL,
                  fits ? sentence->capacity - sentence->size : 0, format, list);
    va_end(list);
    sentence->size += n < 0 ? 0 : (size_t)n;
}

/* Some inputs are variants of one prompt. */
static bool is_shared(const pw_pads_across *across, size_t n_prompts)
{
    return n_prompts < across->n_inputs;
}

static const char *verdict(const pw_pads_across *across, size_t n_prompts)
{
    if (isnan(across->cosine.mean))
        return "Pads of zeros have no direction that could be compared";
    if (across->n_bitwise == across->n_compared)
        return "Pads at the same position are identical in every bit";
    if (across->least >= ALIKE)
        return is_shared(across, n_prompts)
                   ? "Pads at the same position are alike in all inputs, though not identical"
                   : "Pads at the same position are alike in all prompts, though not identical";
    if (across->mean_greatest < NOT_ALIKE)
        return is_shared(across, n_prompts)
                   ? "Pads at the same position differ between inputs"
                   : "Pads at the same position differ between prompts";
    if (across->mean_least < NOT_ALIKE && across->mean_greatest >= ALIKE)
        return "Pads at the same position are alike at some positions and not at others";
    return "Pads at the same position are similar to a degree that depends on the position";
}

static void say_inputs(struct sentence *sentence, const pw_pads_across *across,
                       size_t n_prompts)
{
    if (!is_shared(across, n_prompts))
        say(sentence, "%zu prompts", across->n_inputs);
    else if (n_prompts == 1)
        say(sentence, "%zu variants of one prompt", across->n_inputs);
    else
        say(sentence, "%zu inputs of %zu prompts", across->n_inputs, n_prompts);
}

size_t pw_pads_conclude(char *out, size_t capacity, const pw_pads_across *across,
                        size_t n_prompts)
{
    struct sentence sentence = {out, out == NULL ? 0 : capacity, 0};

    say(&sentence, "%s: ", verdict(across, n_prompts));
    if (!isnan(across->cosine.mean)) {
        say(&sentence, "mean cosine %.3f", across->cosine.mean);
        if (is_shared(across, n_prompts))
            say(&sentence, " (no interval over prompts)");
        else if (isnan(across->cosine.low))
            say(&sentence, " (%s: no interval)",
                across->n_pairs == 1 ? "a single pair" : "too few pairs");
        else
            say(&sentence, " (95 %% interval %.3f to %.3f)", across->cosine.low,
                across->cosine.high);
        say(&sentence, ", from %.3f at position %zu to %.3f at position %zu; ", across->least,
            across->least_at, across->greatest, across->greatest_at);
    }
    say_inputs(&sentence, across, n_prompts);
    say(&sentence, " of %zu", across->tokens_min);
    if (across->tokens_max > across->tokens_min)
        say(&sentence, " to %zu", across->tokens_max);
    say(&sentence, " tokens, %zu position%s, %zu of %zu pairs of pads equal in every bit.",
        across->n_positions, across->n_positions == 1 ? "" : "s", across->n_bitwise,
        across->n_compared);
    if (across->bos_is_bitwise)
        say(&sentence, " BOS is identical in every bit.");
    return sentence.size;
}
