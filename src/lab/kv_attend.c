/* SPDX-License-Identifier: MIT */
/* Queries over a layer's keys: how softmax shares each of them out over the rows, and what
 * copies of a row do to it (Vaswani et al. 2017, eq. 1). */
#include <math.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/context.h"
#include "base/error.h"
#include "base/rng.h"
#include "base/threads.h"
#include "lab/kv.h"
#include "lab/lab_rows.h"

/* ---- Random queries. */

/* Rows whose keys set the scale: those that are no pads. */
static bool sets_scale(const pw_rows *rows, size_t i)
{
    return rows->roles[i] != PW_ROW_PAD;
}

static double head_scale(const float *k, const pw_rows *rows, size_t inner, size_t first,
                         size_t n)
{
    double squares = 0.0;
    size_t count = 0;

    for (size_t i = 0; i < rows->n_rows; i++) {
        const float *part = k + i * inner + first;

        if (!sets_scale(rows, i))
            continue;
        squares += pwi_dot_f32(part, part, n);
        count += n;
    }
    return count == 0 ? 0.0 : sqrt(squares / (double)count);
}

void pw_kv_draw_queries(float *q, size_t n_queries, const pw_kv_layer *layer, const float *k,
                        const pw_rows *rows, uint64_t seed)
{
    const uint64_t key = pwi_random_key(seed, layer->name);
    const size_t n_heads = layer->n_heads > 0 ? layer->n_heads : 1;
    const size_t width = layer->inner / n_heads;

    for (size_t h = 0; h < n_heads; h++) {
        const double scale = head_scale(k, rows, layer->inner, h * width, width);

        for (size_t i = 0; i < n_queries; i++)
            for (size_t j = 0; j < width; j++) {
                const size_t at = i * layer->inner + h * width + j;

                q[at] = (float)(scale * (double)pwi_random_normal(key, at));
            }
    }
}

/* ---- One head. */

struct run {
    const pw_kv_attention *attention;
    double *scratch; /* [n_heads, n_rows] */
};

/* Scores of one query; returns the greatest, which softmax subtracts. */
static double score(const pw_kv_attention *a, size_t head, size_t i_query, double *scores)
{
    const size_t width = a->inner / a->n_heads;
    const float *q = a->q + i_query * a->inner + head * width;
    double greatest = -INFINITY;

    for (size_t i = 0; i < a->n_rows; i++) {
        scores[i] =
            pwi_dot_f32(q, a->k + i * a->inner + head * width, width) / sqrt((double)width);
        greatest = scores[i] > greatest ? scores[i] : greatest;
    }
    return greatest;
}

static void add_mass(const pw_kv_attention *a, size_t head, const double *scores,
                     double greatest)
{
    double sum = 0.0, entropy = 0.0;

    for (size_t i = 0; i < a->n_rows; i++)
        sum += exp(scores[i] - greatest);
    for (size_t i = 0; i < a->n_rows; i++) {
        const double log_share = scores[i] - greatest - log(sum), share = exp(log_share);

        entropy -= share > 0.0 ? share * log_share : 0.0;
        if (a->mass != NULL)
            a->mass[head * a->n_rows + i] += share / (double)a->n_queries;
    }
    if (a->entropy != NULL)
        a->entropy[head] += entropy / (double)a->n_queries;
}

/* n e / (n e + the others), from the odds e / the others. */
static void add_copies(const pw_kv_attention *a, size_t head, const double *scores)
{
    double others = 0.0, greatest_kept = -INFINITY, odds;

    if (a->n_counts == 0 || a->copies == NULL)
        return;
    for (size_t i = 0; i < a->n_rows; i++)
        if (a->kept[i] && scores[i] > greatest_kept)
            greatest_kept = scores[i];
    for (size_t i = 0; i < a->n_rows; i++)
        others += a->kept[i] ? exp(scores[i] - greatest_kept) : 0.0;
    odds = others > 0.0 ? exp(scores[a->i_copied] - greatest_kept) / others : INFINITY;
    for (size_t c = 0; c < a->n_counts; c++) {
        const double n_odds = a->counts[c] == 0 ? 0.0 : (double)a->counts[c] * odds;
        const double mass = isinf(n_odds) ? 1.0 : n_odds / (1.0 + n_odds);

        a->copies[head * a->n_counts + c] += mass / (double)a->n_queries;
    }
}

static void attend_head(void *argument, size_t head)
{
    const struct run *run = argument;
    const pw_kv_attention *a = run->attention;
    double *scores = run->scratch + head * a->n_rows;

    for (size_t i = 0; i < a->n_rows && a->mass != NULL; i++)
        a->mass[head * a->n_rows + i] = 0.0;
    if (a->entropy != NULL)
        a->entropy[head] = 0.0;
    for (size_t i = 0; i < a->n_counts && a->copies != NULL; i++)
        a->copies[head * a->n_counts + i] = 0.0;
    for (size_t i = 0; i < a->n_queries; i++) {
        const double greatest = score(a, head, i, scores);

        add_mass(a, head, scores, greatest);
        add_copies(a, head, scores);
    }
}

/* ---- All heads. */

static pw_status check_copies(const pw_kv_attention *a, pw_error *err)
{
    if (a->n_counts == 0)
        return PW_OK;
    if (a->i_copied >= a->n_rows)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "there are %zu rows, and none of number %zu",
                        a->n_rows, a->i_copied);
    if (a->kept == NULL || a->counts == NULL)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "copies need the rows that stand beside them");
    if (a->kept[a->i_copied])
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "row %zu is copied and cannot stand beside its copies", a->i_copied);
    for (size_t c = 0; c < a->n_counts; c++)
        if (a->counts[c] > PW_KV_COPIES_MAX)
            return PWI_FAIL(err, PW_ERR_LIMIT, "%zu copies are over the limit of %d",
                            a->counts[c], PW_KV_COPIES_MAX);
    return PW_OK;
}

static pw_status check(const pw_kv_attention *a, pw_error *err)
{
    if (a->n_rows == 0 || a->n_queries == 0 || a->inner == 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "there are no rows or no queries");
    if (a->n_heads == 0 || a->inner % a->n_heads != 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "keys of %zu numbers cannot be cut into %zu heads: say how many heads "
                        "the layer has",
                        a->inner, a->n_heads);
    if (a->n_rows > PW_LAB_ROWS_MAX || a->n_queries > PW_KV_QUERIES_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "%zu rows and %zu queries are over the limits of %d and %d", a->n_rows,
                        a->n_queries, PW_LAB_ROWS_MAX, PW_KV_QUERIES_MAX);
    return check_copies(a, err);
}

pw_status pw_kv_attend(const pw_kv_attention *attention, pw_context *ctx, pw_error *err)
{
    struct run run = {.attention = attention};
    size_t n;

    PWI_TRY(check(attention, err));
    if (!pwi_mul_size(attention->n_heads, attention->n_rows, &n))
        return pwi_fail_memory(err);
    run.scratch = pwi_alloc_array(&ctx->allocator, n, sizeof(*run.scratch));
    if (run.scratch == NULL)
        return pwi_fail_memory(err);
    pwi_parallel(ctx, attend_head, &run, attention->n_heads);
    pwi_free_array(&ctx->allocator, run.scratch, n, sizeof(*run.scratch));
    return PW_OK;
}
