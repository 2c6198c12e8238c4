/* SPDX-License-Identifier: MIT */
/* ADV_CLIP_emb's chunks are ComfyUI's; its weights are normalised over all of them: by the
 * length of a piece, by their mean, to a greatest of 1. A "word" of its is a piece of text with
 * one weight, number 0 is start, end and pads. */
#include <math.h>
#include <string.h>

#include "prompt/dialect.h"

/* The weights of a layout, chunk after chunk, and which of them are of words. */
struct row_weights {
    double *values;    /* [n] */
    uint32_t *words;   /* [n] */
    size_t n, n_words; /* n_words: the greatest number */
};

static pw_status gather(pwi_plan_build *build, const pwi_layout *layout,
                        struct row_weights *all, pw_error *err)
{
    size_t at = 0;

    *all = (struct row_weights){.n_words = layout->pieces.n};
    for (size_t i = 0; i < layout->chunks.n; i++)
        all->n += layout->chunks.items[i].n_tokens;
    all->values = pwi_arena_alloc(build->arena, (all->n + 1) * sizeof(*all->values));
    all->words = pwi_arena_alloc(build->arena, (all->n + 1) * sizeof(*all->words));
    if (all->values == NULL || all->words == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < layout->chunks.n; i++) {
        pw_chunk *chunk = &layout->chunks.items[i];

        memcpy(all->values + at, chunk->weights, chunk->n_tokens * sizeof(*all->values));
        memcpy(all->words + at, chunk->fragments, chunk->n_tokens * sizeof(*all->words));
        chunk->weights = all->values + at;
        at += chunk->n_tokens;
    }
    return PW_OK;
}

static pw_status divide_by_length(pwi_plan_build *build, const struct row_weights *all,
                                  pw_error *err)
{
    size_t *lengths = pwi_arena_alloc(build->arena, (all->n_words + 1) * sizeof(*lengths));

    if (lengths == NULL)
        return pwi_fail_memory(err);
    memset(lengths, 0, (all->n_words + 1) * sizeof(*lengths));
    for (size_t i = 0; i < all->n; i++)
        lengths[all->words[i]]++;
    for (size_t i = 0; i < all->n; i++) {
        const double apart = all->values[i] - 1.0;

        if (all->words[i] != 0 && apart != 0.0)
            all->values[i] = 1.0 + copysign(1.0, apart) *
                                       sqrt(apart * apart / (double)lengths[all->words[i]]);
    }
    return PW_OK;
}

/* Up to 128 values as numpy adds them: eight sums side by side. */
static double sum_block(const double *values, size_t n)
{
    double sums[8], sum = -0.0;
    size_t i = 8;

    if (n < 8) {
        for (i = 0; i < n; i++)
            sum += values[i];
        return sum;
    }
    memcpy(sums, values, sizeof(sums));
    for (; i + 8 <= n; i += 8) {
        for (size_t k = 0; k < 8; k++)
            sums[k] += values[i + k];
    }
    sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
          ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    for (; i < n; i++)
        sum += values[i];
    return sum;
}

/* A half of the values that waits for the other. */
struct half {
    const double *values;
    size_t n;
    double left;
    bool has_left;
};

/* The sum as numpy.mean rounds it: blocks of 128 in halves of halves. Halves are at most as
 * many as a size has bits. */
static double sum_as_numpy(const double *values, size_t n)
{
    struct half stack[sizeof(size_t) * 8 + 1];
    size_t depth = 0;
    double sum;

    for (;;) {
        while (n > 128) {
            const size_t n_left = n / 2 - n / 2 % 8;

            stack[depth++] = (struct half){values + n_left, n - n_left, 0.0, false};
            n = n_left;
        }
        sum = sum_block(values, n);
        while (depth > 0 && stack[depth - 1].has_left)
            sum = stack[--depth].left + sum;
        if (depth == 0)
            return sum;
        stack[depth - 1].left = sum;
        stack[depth - 1].has_left = true;
        values = stack[depth - 1].values;
        n = stack[depth - 1].n;
    }
}

static pw_status shift_mean(pwi_plan_build *build, const struct row_weights *all, pw_error *err)
{
    double *words = pwi_arena_alloc(build->arena, (all->n + 1) * sizeof(*words));
    size_t n = 0;
    double shift;

    if (words == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < all->n; i++) {
        if (all->words[i] != 0)
            words[n++] = all->values[i];
    }
    if (n == 0)
        return PW_OK;
    shift = 1.0 - sum_as_numpy(words, n) / (double)n;
    for (size_t i = 0; i < all->n; i++) {
        if (all->words[i] != 0)
            all->values[i] += shift;
    }
    return PW_OK;
}

/* The greatest weight, start and end and pads among them, becomes the smaller of it and 1. */
static void scale_to_greatest(const struct row_weights *all)
{
    double greatest = 0.0, limit;

    for (size_t i = 0; i < all->n; i++) {
        if (all->values[i] > greatest)
            greatest = all->values[i];
    }
    limit = greatest < 1.0 ? greatest : 1.0;
    for (size_t i = 0; i < all->n; i++)
        all->values[i] = all->words[i] == 0 ? limit : all->values[i] / greatest * limit;
}

pw_status pwi_chunk_adv(pwi_plan_build *build, pwi_layout *layout, pw_error *err)
{
    struct row_weights all;

    PWI_TRY(pwi_chunk_comfyui(build, layout, err));
    PWI_TRY(gather(build, layout, &all, err));
    if ((build->dialect->adv & PWI_ADV_LENGTH) != 0)
        PWI_TRY(divide_by_length(build, &all, err));
    if ((build->dialect->adv & PWI_ADV_MEAN) != 0)
        PWI_TRY(shift_mean(build, &all, err));
    if ((build->dialect->adv & PWI_ADV_SCALE) != 0)
        scale_to_greatest(&all);
    return PW_OK;
}
