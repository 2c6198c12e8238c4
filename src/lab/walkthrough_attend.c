/* SPDX-License-Identifier: MIT */
/* The walkthrough's attention: softmax(Q K^T / sqrt(D) + mask) V with Q = K = V = embeddings,
 * in f64, once for each mask. Weights are taken over the visible keys alone: adding -1e9 and
 * hoping that it is less than every score is what makes hidden keys visible where scores are
 * large. */
#include <math.h>
#include <string.h>

#include "lab/lab_rows.h"
#include "lab/walkthrough.h"

static pw_status check_embeddings(const pw_walkthrough_numbers *numbers, pw_error *err)
{
    const size_t n = numbers->n_sentences * numbers->n_tokens * numbers->width;

    for (size_t i = 0; i < n; i++) {
        const size_t row = i / numbers->width;

        if (!isfinite(numbers->embeddings[i]))
            return PWI_FAIL(err, PW_ERR_ARGUMENT,
                            "value %zu of position %zu of sentence %zu is %s: nothing can be "
                            "computed with it",
                            i % numbers->width, row % numbers->n_tokens,
                            row / numbers->n_tokens,
                            isnan(numbers->embeddings[i]) ? "NaN" : "infinite");
    }
    return PW_OK;
}

/* The scores of one query, over all keys of its sentence. */
static pw_status score_row(const pw_walkthrough_numbers *numbers, size_t row, double *scores,
                           pw_error *err)
{
    const size_t n_tokens = numbers->n_tokens, width = numbers->width;
    const double *keys = numbers->embeddings + row / n_tokens * n_tokens * width;

    for (size_t key = 0; key < n_tokens; key++) {
        scores[key] =
            pwi_dot_f64(numbers->embeddings + row * width, keys + key * width, width) /
            sqrt((double)width);
        if (!isfinite(scores[key]))
            return PWI_FAIL(err, PW_ERR_ARGUMENT,
                            "the score of query %zu and key %zu of sentence %zu is too large "
                            "for a double: the embeddings are too large",
                            row % n_tokens, key, row / n_tokens);
    }
    return PW_OK;
}

static pw_status score(pw_walkthrough *walkthrough, pw_error *err)
{
    pw_walkthrough_numbers *numbers = &walkthrough->numbers;
    const size_t n_rows = numbers->n_sentences * numbers->n_tokens;
    double *scores =
        pwi_walkthrough_take(walkthrough, n_rows * numbers->n_tokens, sizeof(*scores));

    if (scores == NULL)
        return pwi_fail_memory(err);
    for (size_t row = 0; row < n_rows; row++) {
        PWI_TRY(pwi_progress(walkthrough->ctx, "scoring", row, n_rows, err));
        PWI_TRY(score_row(numbers, row, scores + row * numbers->n_tokens, err));
    }
    numbers->scores = scores;
    return PW_OK;
}

static bool is_visible(const pw_walkthrough_numbers *numbers, pw_walkthrough_mask mask,
                       size_t row, size_t key)
{
    const size_t n_tokens = numbers->n_tokens;
    const bool is_real = numbers->mask[row / n_tokens * n_tokens + key];
    const bool is_past = key <= row % n_tokens;

    return (is_real || mask == PW_WALKTHROUGH_UNMASKED || mask == PW_WALKTHROUGH_CAUSAL) &&
           (is_past || mask == PW_WALKTHROUGH_UNMASKED || mask == PW_WALKTHROUGH_PADDING);
}

/* Softmax over the visible keys of a row; returns the sum of the weights. */
static double soften(double *weights, const double *scores, const uint8_t *visible, size_t n)
{
    double highest = -INFINITY, sum = 0.0, row_sum = 0.0;

    for (size_t key = 0; key < n; key++)
        if (visible[key] && scores[key] > highest)
            highest = scores[key];
    for (size_t key = 0; key < n; key++) {
        weights[key] = visible[key] ? exp(scores[key] - highest) : 0.0;
        sum += weights[key];
    }
    for (size_t key = 0; key < n; key++) {
        weights[key] /= sum;
        row_sum += weights[key];
    }
    return row_sum;
}

static void mix(double *context, const double *weights, const double *values, size_t n_tokens,
                size_t width)
{
    memset(context, 0, width * sizeof(*context));
    for (size_t key = 0; key < n_tokens; key++) {
        /* What has no weight is left out, so that a hidden row cannot be seen even as 0 * x. */
        if (weights[key] == 0.0)
            continue;
        for (size_t i = 0; i < width; i++)
            context[i] += weights[key] * values[key * width + i];
    }
}

/* The arrays of a pass while they are filled. */
struct pass {
    uint8_t *visible, *is_blind;
    double *masked_scores, *weights, *row_sums, *context;
};

static bool take_pass(pw_walkthrough *walkthrough, struct pass *pass)
{
    const pw_walkthrough_numbers *numbers = &walkthrough->numbers;
    const size_t n_rows = numbers->n_sentences * numbers->n_tokens;
    const size_t n_pairs = n_rows * numbers->n_tokens;

    pass->visible = pwi_walkthrough_take(walkthrough, n_pairs, 1);
    pass->is_blind = pwi_walkthrough_take(walkthrough, n_rows, 1);
    pass->masked_scores = pwi_walkthrough_take(walkthrough, n_pairs, sizeof(double));
    pass->weights = pwi_walkthrough_take(walkthrough, n_pairs, sizeof(double));
    pass->row_sums = pwi_walkthrough_take(walkthrough, n_rows, sizeof(double));
    pass->context = pwi_walkthrough_take(walkthrough, n_rows * numbers->width, sizeof(double));
    return pass->visible != NULL && pass->is_blind != NULL && pass->masked_scores != NULL &&
           pass->weights != NULL && pass->row_sums != NULL && pass->context != NULL;
}

/* One query under one mask. */
static void attend_row(const pw_walkthrough_numbers *numbers, pw_walkthrough_mask mask,
                       const struct pass *pass, size_t row)
{
    const size_t n_tokens = numbers->n_tokens, first = row * n_tokens;
    const size_t sentence = row / n_tokens * n_tokens;
    const double *scores = numbers->scores + first;
    uint8_t *visible = pass->visible + first;
    double *weights = pass->weights + first;
    bool is_blind = true;

    for (size_t key = 0; key < n_tokens; key++) {
        visible[key] = is_visible(numbers, mask, row, key);
        is_blind = is_blind && !visible[key];
        pass->masked_scores[first + key] =
            visible[key] ? scores[key] : PW_WALKTHROUGH_HIDDEN_SCORE;
    }
    pass->is_blind[row] = is_blind;
    if (is_blind) {
        memset(weights, 0, n_tokens * sizeof(*weights));
        weights[row - sentence] = pass->row_sums[row] = 1.0;
    } else {
        pass->row_sums[row] = soften(weights, scores, visible, n_tokens);
    }
    mix(pass->context + row * numbers->width, weights,
        numbers->embeddings + sentence * numbers->width, n_tokens, numbers->width);
}

static void shape_mask(const pw_walkthrough_numbers *numbers, pw_walkthrough_mask mask,
                       int64_t shape[4])
{
    const bool by_sentence =
        mask == PW_WALKTHROUGH_PADDING || mask == PW_WALKTHROUGH_CAUSAL_PADDING;
    const bool by_query =
        mask == PW_WALKTHROUGH_CAUSAL || mask == PW_WALKTHROUGH_CAUSAL_PADDING;

    shape[0] = by_sentence ? (int64_t)numbers->n_sentences : 1;
    shape[1] = 1;
    shape[2] = by_query ? (int64_t)numbers->n_tokens : 1;
    shape[3] = by_sentence || by_query ? (int64_t)numbers->n_tokens : 1;
}

static pw_status attend(pw_walkthrough *walkthrough, pw_walkthrough_mask mask, pw_error *err)
{
    pw_walkthrough_numbers *numbers = &walkthrough->numbers;
    const size_t n_rows = numbers->n_sentences * numbers->n_tokens;
    pw_walkthrough_pass *result = &numbers->passes[mask];
    struct pass pass;

    if (!take_pass(walkthrough, &pass))
        return pwi_fail_memory(err);
    *result = (pw_walkthrough_pass){.visible = pass.visible,
                                    .masked_scores = pass.masked_scores,
                                    .weights = pass.weights,
                                    .row_sums = pass.row_sums,
                                    .context = pass.context,
                                    .is_blind = pass.is_blind};
    shape_mask(numbers, mask, result->mask_shape);
    for (size_t row = 0; row < n_rows; row++) {
        PWI_TRY(pwi_progress(walkthrough->ctx, "attending", (size_t)mask * n_rows + row,
                             PW_WALKTHROUGH_N_MASKS * n_rows, err));
        attend_row(numbers, mask, &pass, row);
        result->n_blind += pass.is_blind[row];
    }
    return PW_OK;
}

pw_status pwi_walkthrough_attend(pw_walkthrough *walkthrough, pw_error *err)
{
    PWI_TRY(check_embeddings(&walkthrough->numbers, err));
    PWI_TRY(score(walkthrough, err));
    for (int mask = 0; mask < PW_WALKTHROUGH_N_MASKS; mask++)
        PWI_TRY(attend(walkthrough, (pw_walkthrough_mask)mask, err));
    return PW_OK;
}
