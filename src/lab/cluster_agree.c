/* SPDX-License-Identifier: MIT */
/* How far two ways of parting the same items into groups agree: the adjusted Rand index and
 * normalized mutual information, with the bootstrap's interval. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/context.h"
#include "base/error.h"
#include "base/rng.h"
#include "lab/lab_scan.h"

/* A contingency table with its margins, of items that count once or several times. */
struct table {
    const size_t *a, *b; /* [n] */
    size_t n, n_a, n_b;
    uint64_t *cells;        /* [n_a, n_b] */
    uint64_t *in_a, *in_b;  /* [n_a], [n_b] */
    uint64_t *times;        /* [n]: how often each item counts */
    double *ari, *nmi;      /* [PW_BOOTSTRAP_DRAWS] */
    uint64_t total, copies; /* sums of times and of their squares */
};

static void fill(struct table *table)
{
    memset(table->cells, 0,
           (table->n_a * table->n_b + table->n_a + table->n_b) * sizeof(uint64_t));
    table->total = table->copies = 0;
    for (size_t i = 0; i < table->n; i++) {
        const uint64_t times = table->times[i];

        table->cells[table->a[i] * table->n_b + table->b[i]] += times;
        table->in_a[table->a[i]] += times;
        table->in_b[table->b[i]] += times;
        table->total += times;
        table->copies += times * times;
    }
}

/* Ordered pairs of different items in one cell: an item and its own copy are no pair. */
static double count_pairs(const struct table *table, const uint64_t *counts, size_t n)
{
    uint64_t squares = 0;

    for (size_t i = 0; i < n; i++)
        squares += counts[i] * counts[i];
    return (double)(squares - table->copies);
}

/* Hubert and Arabie's index from pairs that are together in both, in a alone, in b alone and in
 * neither (Warrens 2008). NaN where there is no pair. */
static double rand_index(const struct table *table)
{
    const double all = (double)(table->total * table->total - table->copies);
    const double both = count_pairs(table, table->cells, table->n_a * table->n_b);
    const double only_a = count_pairs(table, table->in_a, table->n_a) - both;
    const double only_b = count_pairs(table, table->in_b, table->n_b) - both;
    const double neither = all - both - only_a - only_b;

    if (all == 0.0)
        return NAN;
    if (only_a == 0.0 && only_b == 0.0)
        return 1.0;
    return 2.0 * (both * neither - only_a * only_b) /
           ((both + only_a) * (only_a + neither) + (both + only_b) * (only_b + neither));
}

static size_t count_used(const uint64_t *counts, size_t n)
{
    size_t n_used = 0;

    for (size_t i = 0; i < n; i++)
        n_used += counts[i] > 0;
    return n_used;
}

/* Each group of one is one of the other. */
static bool is_same(const struct table *table)
{
    const size_t n_cells = count_used(table->cells, table->n_a * table->n_b);

    return n_cells == count_used(table->in_a, table->n_a) &&
           n_cells == count_used(table->in_b, table->n_b);
}

static double entropy(const uint64_t *counts, size_t n, uint64_t total)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++) {
        const double share = (double)counts[i] / (double)total;

        sum -= counts[i] == 0 ? 0.0 : share * log(share);
    }
    return sum;
}

/* Mutual information over the mean of the two entropies. */
static double mutual_information(const struct table *table)
{
    const double h_a = entropy(table->in_a, table->n_a, table->total);
    const double h_b = entropy(table->in_b, table->n_b, table->total);
    const double h_ab = entropy(table->cells, table->n_a * table->n_b, table->total);

    /* Sums of logarithms leave a rounding where the answer is 1, or 0. */
    return is_same(table) ? 1.0 : fmax(0.0, 2.0 * (h_a + h_b - h_ab) / (h_a + h_b));
}

/* ---- The bootstrap. */

static void draw(struct table *table, uint64_t key, size_t i_draw)
{
    memset(table->times, 0, table->n * sizeof(*table->times));
    for (size_t i = 0; i < table->n; i++) {
        const uint64_t bits = pwi_random_bits(key, (uint64_t)i_draw * table->n + i);

        table->times[(size_t)((bits >> 32) * table->n >> 32)]++;
    }
    fill(table);
}

/* Move the draws so that their mean is the value: drawn with replacement, items are fewer
 * different ones, and mutual information of few items is greater by chance. */
static void centre(double *draws, size_t n, double value)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        sum += draws[i];
    for (size_t i = 0; i < n; i++)
        draws[i] = fmin(1.0, fmax(0.0, draws[i] + (value - sum / (double)n)));
}

static void set_intervals(struct table *table, pw_agreement *out, uint64_t seed)
{
    const uint64_t key = pwi_random_key(seed, "bootstrap of groups");
    size_t n_ari = 0;

    for (size_t d = 0; d < PW_BOOTSTRAP_DRAWS; d++) {
        draw(table, key, d);
        table->nmi[d] = mutual_information(table);
        table->ari[n_ari] = rand_index(table);
        n_ari += isnan(table->ari[n_ari]) ? 0 : 1;
    }
    centre(table->nmi, PW_BOOTSTRAP_DRAWS, out->nmi.value);
    pwi_interval(&out->ari.low, &out->ari.high, table->ari, n_ari);
    pwi_interval(&out->nmi.low, &out->nmi.high, table->nmi, PW_BOOTSTRAP_DRAWS);
}

static void measure(struct table *table, pw_agreement *out, uint64_t seed)
{
    for (size_t i = 0; i < table->n; i++)
        table->times[i] = 1;
    fill(table);
    out->ari.value = rand_index(table);
    out->nmi.value = mutual_information(table);
    if (table->n >= PWI_ESTIMATE_ITEMS_MIN)
        set_intervals(table, out, seed);
}

static size_t greatest(const size_t *labels, size_t n)
{
    size_t most = 0;

    for (size_t i = 0; i < n; i++)
        most = labels[i] > most ? labels[i] : most;
    return most;
}

pw_status pw_labels_agree(pw_agreement *out, pw_context *ctx, const size_t *a, const size_t *b,
                          size_t n, uint64_t seed, pw_error *err)
{
    const pw_allocator *allocator = &ctx->allocator;
    struct table table = {.a = a, .b = b, .n = n};
    size_t n_counts;

    *out = (pw_agreement){n, {NAN, NAN, NAN}, {NAN, NAN, NAN}};
    if (n > PW_LAB_INPUTS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "%zu items are over the limit of %d", n,
                        PW_LAB_INPUTS_MAX);
    if (n == 0)
        return PW_OK;
    if (greatest(a, n) >= n || greatest(b, n) >= n)
        return PWI_FAIL(
            err, PW_ERR_ARGUMENT,
            "a label is over the number of items: %zu items have at most %zu groups", n, n);
    table.n_a = greatest(a, n) + 1;
    table.n_b = greatest(b, n) + 1;
    n_counts = table.n_a * table.n_b + table.n_a + table.n_b + n;
    table.cells = PWI_ARRAY(allocator, uint64_t, n_counts);
    table.ari = PWI_ARRAY(allocator, double, 2 * PW_BOOTSTRAP_DRAWS);
    if (table.cells != NULL && table.ari != NULL) {
        table.in_a = table.cells + table.n_a * table.n_b;
        table.in_b = table.in_a + table.n_a;
        table.times = table.in_b + table.n_b;
        table.nmi = table.ari + PW_BOOTSTRAP_DRAWS;
        measure(&table, out, seed);
    }
    pwi_free_array(allocator, table.ari, 2 * PW_BOOTSTRAP_DRAWS, sizeof(*table.ari));
    pwi_free_array(allocator, table.cells, n_counts, sizeof(*table.cells));
    return table.in_a == NULL ? pwi_fail_memory(err) : PW_OK;
}
