/* SPDX-License-Identifier: MIT */
/* Means with their spread and a bootstrap interval. Items are drawn with replacement; of pairs
 * the items are drawn, and a pair counts as often as both of its items came together. */
#include <math.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/error.h"
#include "base/rng.h"
#include "lab/lab_rows.h"

static void sift(double *values, size_t root, size_t n)
{
    for (;;) {
        size_t child = 2 * root + 1;
        const double value = values[root];

        if (child >= n)
            return;
        if (child + 1 < n && values[child + 1] > values[child])
            child++;
        if (value >= values[child])
            return;
        values[root] = values[child];
        values[child] = value;
        root = child;
    }
}

/* A heap sort: libc's qsort may allocate behind the allocator's back. */
static void sort(double *values, size_t n)
{
    for (size_t i = n / 2; i > 0; i--)
        sift(values, i - 1, n);
    for (size_t i = n; i > 1; i--) {
        const double greatest = values[0];

        values[0] = values[i - 1];
        values[i - 1] = greatest;
        sift(values, 0, i - 1);
    }
}

void pwi_interval(double *low, double *high, double *draws, size_t n_draws)
{
    if (n_draws == 0)
        return;
    sort(draws, n_draws);
    *low = draws[(size_t)floor(0.025 * (double)(n_draws - 1))];
    *high = draws[(size_t)ceil(0.975 * (double)(n_draws - 1))];
}

static void add_value(pw_estimate *out, double value, double *sum)
{
    out->min = out->n_values == 0 || value < out->min ? value : out->min;
    out->max = out->n_values == 0 || value > out->max ? value : out->max;
    out->n_values++;
    *sum += value;
}

/* The item that draw i of a run takes. */
static size_t draw(uint64_t key, uint64_t i, size_t n)
{
    return (size_t)((pwi_random_bits(key, i) >> 32) * n >> 32);
}

static const pw_estimate nothing = {0, 0, NAN, NAN, NAN, NAN, NAN};

pw_status pw_estimate_mean(pw_estimate *out, pw_context *ctx, const double *values, size_t n,
                           uint64_t seed, pw_error *err)
{
    const uint64_t key = pwi_random_key(seed, "bootstrap of values");
    double sum = 0.0, *kept, *means;
    const size_t n_space = n + PW_BOOTSTRAP_DRAWS;

    *out = nothing;
    if (n > UINT32_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "%zu values are too many for a bootstrap", n);
    kept = pwi_alloc_array(&ctx->allocator, n_space, sizeof(*kept));
    if (kept == NULL)
        return pwi_fail_memory(err);
    means = kept + n;
    for (size_t i = 0; i < n; i++) {
        if (isnan(values[i]))
            continue;
        kept[out->n_values] = values[i];
        add_value(out, values[i], &sum);
    }
    out->n_items = out->n_values;
    out->mean = out->n_values == 0 ? NAN : sum / (double)out->n_values;
    for (size_t d = 0; out->n_items >= PWI_ESTIMATE_ITEMS_MIN && d < PW_BOOTSTRAP_DRAWS; d++) {
        means[d] = 0.0;
        for (size_t i = 0; i < out->n_items; i++)
            means[d] += kept[draw(key, (uint64_t)d * out->n_items + i, out->n_items)];
        means[d] /= (double)out->n_items;
    }
    pwi_interval(&out->low, &out->high, means,
                 out->n_items >= PWI_ESTIMATE_ITEMS_MIN ? PW_BOOTSTRAP_DRAWS : 0);
    pwi_free_array(&ctx->allocator, kept, n_space, sizeof(*kept));
    return PW_OK;
}

/* The mean over the pairs of items drawn; NaN if no pair of different items was. */
static double mean_of_draw(const double *matrix, size_t n, const uint32_t *counts)
{
    double sum = 0.0, weight = 0.0;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; counts[i] > 0 && j < n; j++) {
            const double w = (double)counts[i] * counts[j];

            if (counts[j] == 0 || isnan(matrix[i * n + j]))
                continue;
            sum += w * matrix[i * n + j];
            weight += w;
        }
    }
    return sum / weight;
}

static size_t draw_pairs(double *means, const double *matrix, size_t n, uint32_t *counts,
                         uint64_t seed)
{
    const uint64_t key = pwi_random_key(seed, "bootstrap of pairs");
    size_t n_means = 0;

    for (size_t d = 0; d < PW_BOOTSTRAP_DRAWS; d++) {
        double mean;

        for (size_t i = 0; i < n; i++)
            counts[i] = 0;
        for (size_t i = 0; i < n; i++)
            counts[draw(key, (uint64_t)d * n + i, n)]++;
        mean = mean_of_draw(matrix, n, counts);
        if (!isnan(mean))
            means[n_means++] = mean;
    }
    return n_means;
}

/* Items that have a value with another. */
static size_t count_items(const double *matrix, size_t n)
{
    size_t n_items = 0;

    for (size_t i = 0; i < n; i++) {
        size_t j = 0;

        while (j < n && (j == i || isnan(matrix[i < j ? i * n + j : j * n + i])))
            j++;
        n_items += j < n;
    }
    return n_items;
}

pw_status pw_estimate_pairs(pw_estimate *out, pw_context *ctx, const double *matrix, size_t n,
                            uint64_t seed, pw_error *err)
{
    double sum = 0.0, *means;
    uint32_t *counts;

    *out = nothing;
    if (n > PW_LAB_INPUTS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "%zu items are over the limit of %d", n,
                        PW_LAB_INPUTS_MAX);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            if (!isnan(matrix[i * n + j]))
                add_value(out, matrix[i * n + j], &sum);
    out->n_items = count_items(matrix, n);
    out->mean = out->n_values == 0 ? NAN : sum / (double)out->n_values;
    if (out->n_items < PWI_ESTIMATE_ITEMS_MIN)
        return PW_OK;
    means = pwi_alloc_array(&ctx->allocator, PW_BOOTSTRAP_DRAWS, sizeof(*means));
    counts = pwi_alloc_array(&ctx->allocator, n, sizeof(*counts));
    if (means != NULL && counts != NULL)
        pwi_interval(&out->low, &out->high, means, draw_pairs(means, matrix, n, counts, seed));
    pwi_free_array(&ctx->allocator, counts, n, sizeof(*counts));
    pwi_free_array(&ctx->allocator, means, PW_BOOTSTRAP_DRAWS, sizeof(*means));
    return means == NULL || counts == NULL ? pwi_fail_memory(err) : PW_OK;
}
