/* SPDX-License-Identifier: MIT */
/* Masked attention over a trie: a group of queries on one path sees the visible keys of that
 * path, so one list of row numbers serves all of them, whatever branches off between.
 *
 * Threads: groups x heads x queries stand on one axis, as long as their cost, and the axis is
 * cut into equal units, inside a head too: one prompt and many heads, or many short branches
 * behind one long path, keep every thread busy. A cut costs time, not bits. */
#include "models/attend.h"

#include "base/threads.h"

/* Multiplications below which the pool stays asleep, as for products (kernels/gemm.c). */
#define MIN_PARALLEL 100000

/* Units per thread: enough that one slow thread does not hold up the rest. */
#define UNITS_PER_THREAD 4

/* A cut inside a head falls behind a multiple of so many queries: kernels take groups of 4 to
 * 12 at a time. */
#define CUT_QUERIES 12

struct work {
    const pwi_attention *attention;
    size_t n_units;
    atomic_size_t next_unit;
};

/* A place on the axis. */
struct place {
    size_t i_group, i_head, query;
};

/* The last group that begins at or before cost `at` of one head; behind the end: n_groups. */
static size_t group_at(const pwi_queries *queries, uint64_t at)
{
    size_t low = 0, high = queries->n_groups;

    if (at >= queries->costs[queries->n])
        return queries->n_groups;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;

        if (queries->costs[queries->groups[middle]] <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static struct place place_of(const pwi_attention *attention, uint64_t x)
{
    const pwi_queries *queries = attention->queries;
    const size_t n_heads = attention->n_heads, i_group = group_at(queries, x / n_heads);
    struct place place = {i_group, 0, queries->groups[i_group]};
    size_t first, end;
    uint64_t head_cost, rest;

    if (i_group == queries->n_groups)
        return place;
    first = queries->groups[i_group];
    end = queries->groups[i_group + 1];
    head_cost = queries->costs[end] - queries->costs[first];
    rest = x - queries->costs[first] * n_heads;
    place.i_head = (size_t)(rest / head_cost);
    rest %= head_cost;
    while (place.query < end && queries->costs[place.query] - queries->costs[first] < rest)
        place.query += CUT_QUERIES;
    place.query = place.query < end ? place.query : end;
    return place;
}

/* The visible keys on the path of the group's last query, in order; n_visible says of each row
 * where it stands. */
static void list_keys(const pwi_attention *attention, size_t i_group, uint32_t *keys)
{
    const pwi_rows *rows = attention->rows;
    const pwi_queries *queries = attention->queries;
    uint32_t row = queries->rows[queries->groups[i_group + 1] - 1];

    for (; row != PWI_NO_ROW; row = rows->parents[row])
        if (pwi_row_is_key(rows, row))
            keys[rows->n_visible[row] - 1] = row;
}

static void attend(const pwi_attention *attention, size_t i_head, size_t first, size_t n,
                   const uint32_t *keys, const uint32_t *n_visible, float *scores)
{
    const size_t column = i_head * attention->head_dim;
    const pwi_attention_args args = {
        .out = attention->out + first * attention->out_stride + column,
        .out_stride = attention->out_stride,
        .q = attention->q + column,
        .k = attention->k + column,
        .v = attention->v + column,
        .stride = attention->stride,
        .head_dim = attention->head_dim,
        .scale = attention->scale,
        .queries = attention->rows->numbers + first,
        .n_queries = n,
        .keys = keys,
        .n_visible = n_visible,
        .scores = scores,
    };

    pwi_context_kernels(attention->ctx)->attention(&args);
}

/* Queries first .. end - 1 of one group. Those that see nothing stand first on their path; each
 * is its own only key. */
static void attend_queries(const pwi_attention *attention, size_t i_head, size_t first,
                           size_t end, const uint32_t *keys, float *scores)
{
    static const uint32_t itself = 1;
    const pwi_queries *queries = attention->queries;

    for (; first < end && queries->n_visible[first] == 0; first++)
        attend(attention, i_head, first, 1, queries->rows + first, &itself, scores);
    if (first < end)
        attend(attention, i_head, first, end - first, keys, queries->n_visible + first, scores);
}

static void run_unit(const pwi_attention *attention, struct place place, struct place end,
                     uint32_t *keys, float *scores)
{
    const uint32_t *groups = attention->queries->groups;
    size_t listed = SIZE_MAX;

    while (place.i_group < end.i_group ||
           (place.i_group == end.i_group && place.i_head <= end.i_head)) {
        const bool is_last = place.i_group == end.i_group && place.i_head == end.i_head;

        if (is_last && place.query >= end.query)
            return;
        if (listed != place.i_group)
            list_keys(attention, place.i_group, keys);
        listed = place.i_group;
        attend_queries(attention, place.i_head, place.query,
                       is_last ? end.query : groups[place.i_group + 1], keys, scores);
        if (++place.i_head == attention->n_heads) {
            place.i_group++;
            place.i_head = 0;
        }
        place.query = groups[place.i_group];
    }
}

static void worker(void *argument, size_t i_worker)
{
    struct work *work = argument;
    const pwi_attention *attention = work->attention;
    const pwi_queries *queries = attention->queries;
    const uint64_t total = queries->costs[queries->n] * attention->n_heads, n = work->n_units;
    uint32_t *keys = attention->keys + i_worker * attention->keys_stride;
    float *scores = attention->scores + i_worker * attention->scores_stride;
    uint64_t unit;

    while ((unit = atomic_fetch_add_explicit(&work->next_unit, 1, memory_order_relaxed)) < n)
        run_unit(attention, place_of(attention, total / n * unit + total % n * unit / n),
                 place_of(attention, total / n * (unit + 1) + total % n * (unit + 1) / n), keys,
                 scores);
}

void pwi_attend(const pwi_attention *attention)
{
    const size_t n_threads = (size_t)attention->ctx->n_threads;
    const uint64_t n_products =
        attention->queries->n_pairs * 2 * attention->head_dim * attention->n_heads;
    const bool is_alone = n_threads == 1 || n_products < MIN_PARALLEL;
    struct work work = {attention, is_alone ? 1 : UNITS_PER_THREAD * n_threads, 0};

    if (is_alone)
        worker(&work, 0);
    else
        pwi_parallel(attention->ctx, worker, &work, n_threads);
}
