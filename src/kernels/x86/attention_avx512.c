/* SPDX-License-Identifier: MIT */
/* Attention of one head, as two small products: queries times keys that were turned so that a
 * vector holds one column of sixteen keys, then weights times values. Between them softmax, its
 * sum in double.
 *
 * Bits: a row's result depends on its query and its visible keys in their order alone: every
 * score is one chain over the head's columns, every result chains over runs of PWI_K_RUN keys.
 * A key that a row does not see, but another row of its tile, enters with weight 0, which
 * changes no finite sum; where a value is not finite, each row goes alone. */
#include <math.h>
#include <string.h>

#include "kernels/levels.h"
#include "kernels/x86/math_avx512.h"
#include "kernels/x86/tile_avx512.h"

/* Weights of a group of queries, on the stack (36 KiB), and how many queries that may be. */
#define WEIGHTS_MAX 9216
#define GROUP_MAX   84

/* Columns of a head that are turned at once. */
#define TURNED 128

/* Queries that are worked through together and what they see: the first n_visible[i] of keys.
 */
struct group {
    const pwi_attention_args *args;
    size_t n_queries;
    uint32_t queries[GROUP_MAX];
    size_t first; /* number of the first of them: where results go */
    size_t n_visible[GROUP_MAX], n_keys_max;
    const uint32_t *keys;
    float *weights; /* [n_queries, stride] */
    size_t stride;
};

static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Sixteen rows of sixteen to sixteen columns: pairs, fours, then whole quarters change places.
 */
static void turn(float *out, const __m512 rows[LANES])
{
    __m512 a[LANES], b[LANES];

    for (size_t i = 0; i < LANES; i += 2) {
        a[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
        a[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
    }
    for (size_t i = 0; i < LANES; i += 4)
        for (size_t j = 0; j < 2; j++) {
            const __m512d low = _mm512_castps_pd(a[i + j]);
            const __m512d high = _mm512_castps_pd(a[i + j + 2]);

            b[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
            b[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
        }
    for (size_t i = 0; i < LANES; i += 8)
        for (size_t j = 0; j < 4; j++) {
            a[i + j] = _mm512_shuffle_f32x4(b[i + j], b[i + j + 4], 0x88);
            a[i + j + 4] = _mm512_shuffle_f32x4(b[i + j], b[i + j + 4], 0xDD);
        }
    for (size_t j = 0; j < 8; j++) {
        b[j] = _mm512_shuffle_f32x4(a[j], a[j + 8], 0x88);
        b[j + 8] = _mm512_shuffle_f32x4(a[j], a[j + 8], 0xDD);
    }
    for (size_t i = 0; i < LANES; i++)
        _mm512_storeu_ps(out + i * LANES, b[i]);
}

/* turned [n, 16] = columns dim .. dim + n - 1 of up to sixteen keys; the last key again where
 * there are fewer. */
static void turn_keys(float *turned, const pwi_attention_args *args, const uint32_t *keys,
                      size_t n_keys, size_t dim, size_t n)
{
    const float *rows[LANES];

    for (size_t i = 0; i < LANES; i++)
        rows[i] = args->k + keys[smaller(i, n_keys - 1)] * args->stride + dim;
    for (size_t column = 0; column < n; column += LANES) {
        __m512 part[LANES];

        for (size_t i = 0; i < LANES; i++)
            part[i] = load_part(rows[i] + column, n - column);
        turn(turned + column * LANES, part);
    }
}

#define SCORE_BEGIN(i, step)                                                                   \
    __m512 sum##i = goes_on ? _mm512_loadu_ps(scores + (i)*scores_stride) : _mm512_setzero_ps();
#define SCORE_MULTIPLY(i, step) sum##i = _mm512_fmadd_ps(TILE_VALUE(i, step), column, sum##i);
#define SCORE_END(i, step)      _mm512_storeu_ps(scores + (i)*scores_stride, sum##i);

/* scores [rows, 16] = x [rows, n] times turned [n, 16], or more of the same sums. stride: bytes
 * from row to row of x. */
#define SCORE(n_rows)                                                                          \
    static void score_##n_rows(float *scores, size_t scores_stride, const float *x,            \
                               size_t stride, const float *turned, size_t n, bool goes_on)     \
    {                                                                                          \
        TILE_POINTERS(n_rows, x, stride);                                                      \
        ROWS_##n_rows(SCORE_BEGIN, 0);                                                         \
                                                                                               \
        for (; n > 0; n--, turned += LANES) {                                                  \
            const __m512 column = _mm512_loadu_ps(turned);                                     \
                                                                                               \
            ROWS_##n_rows(SCORE_MULTIPLY, 0);                                                  \
            TILE_ADVANCE(4);                                                                   \
            TILE_HIDE(stride);                                                                 \
        }                                                                                      \
        ROWS_##n_rows(SCORE_END, 0);                                                           \
    }

EACH_HEIGHT(SCORE)

typedef void score_fn(float *scores, size_t scores_stride, const float *x, size_t stride,
                      const float *turned, size_t n, bool goes_on);

static score_fn *const score_rows[TILE_ROWS + 1] = TILE_TABLE(score);

/* The most keys that one of the queries first .. first + n - 1 sees. */
static size_t most_visible(const struct group *group, size_t first, size_t n)
{
    size_t most = 0;

    for (size_t i = first; i < first + n; i++)
        most = larger(most, group->n_visible[i]);
    return most;
}

/* Rows of a tile: where they lie one behind the other, else copied. */
struct rows {
    const float *x;
    size_t stride;
};

static struct rows tile_queries(const struct group *group, float *copies, size_t first,
                                size_t n_rows, size_t dim, size_t n)
{
    const pwi_attention_args *args = group->args;
    const uint32_t *queries = group->queries + first;
    const float *q = args->q + queries[0] * args->stride + dim;
    size_t i = 1;

    while (i < n_rows && queries[i] == queries[0] + i)
        i++;
    if (i == n_rows)
        return (struct rows){q, args->stride * sizeof(float)};
    for (i = 0; i < n_rows; i++)
        memcpy(copies + i * TURNED, args->q + queries[i] * args->stride + dim,
               n * sizeof(float));
    return (struct rows){copies, TURNED * sizeof(float)};
}

/* Scores, before scaling, of sixteen keys from first_key on. Those that a query does not see
 * are left out later. */
static void score_keys(const struct group *group, size_t first_key)
{
    _Alignas(64) float turned[TURNED * LANES];
    float copies[TILE_ROWS * TURNED];
    const pwi_attention_args *args = group->args;
    size_t height;

    for (size_t dim = 0; dim < args->head_dim; dim += TURNED) {
        const size_t n = smaller(TURNED, args->head_dim - dim);

        turn_keys(turned, args, group->keys + first_key, group->n_keys_max - first_key, dim, n);
        for (size_t i = 0; i < group->n_queries; i += height) {
            struct rows rows;

            height = smaller(TILE_ROWS, group->n_queries - i);
            if (first_key >= most_visible(group, i, height))
                continue;
            rows = tile_queries(group, copies, i, height, dim, n);
            score_rows[height](group->weights + i * group->stride + first_key, group->stride,
                               rows.x, rows.stride, turned, n, dim > 0);
        }
    }
}

/* scores = exp(scores scale - max) over the visible keys, zeros behind them up to n_zeroed, a
 * multiple of sixteen; returns 1 / sum. */
static float exponentiate(float *scores, float scale, size_t n_keys, size_t n_zeroed)
{
    const __m512 scales = _mm512_set1_ps(scale), lowest = _mm512_set1_ps(-INFINITY);
    __m512 max = lowest;
    __m512d sum = _mm512_setzero_pd();
    size_t i = 0;

    for (; i < n_keys; i += LANES) {
        const __m512 score = _mm512_mul_ps(_mm512_loadu_ps(scores + i), scales);
        const __m512 seen = _mm512_mask_blend_ps(first_lanes(n_keys - i), lowest, score);

        _mm512_storeu_ps(scores + i, seen);
        max = _mm512_max_ps(max, seen);
    }
    max = _mm512_set1_ps(max_lanes(max));
    for (i = 0; i < n_keys; i += LANES) {
        const __m512 e = exp_of_negative(_mm512_sub_ps(_mm512_loadu_ps(scores + i), max));

        _mm512_storeu_ps(scores + i, e);
        sum = _mm512_add_pd(sum, _mm512_add_pd(low_doubles(e), high_doubles(e)));
    }
    for (; i < n_zeroed; i += LANES)
        _mm512_storeu_ps(scores + i, _mm512_setzero_ps());
    return (float)(1.0 / sum_lanes(sum));
}

/* 0 is added, not left out: it turns -0 into 0. */
#define WEIGH_TOTAL(i, step)                                                                   \
    {                                                                                          \
        float *to = totals + (i)*TILE_COLUMNS;                                                 \
        const __m512 before_left = goes_on ? _mm512_loadu_ps(to) : zero;                       \
        const __m512 before_right = goes_on ? _mm512_loadu_ps(to + LANES) : zero;              \
                                                                                               \
        _mm512_storeu_ps(to, _mm512_add_ps(before_left, left##i));                             \
        _mm512_storeu_ps(to + LANES, _mm512_add_ps(before_right, right##i));                   \
    }

/* totals [rows, 32] = (goes_on ? totals : 0) + weights x [rows, n_k] times 32 columns of the
 * values of those keys, of which masks tell what is there. */
#define WEIGH(n_rows)                                                                          \
    static void weigh_##n_rows(float *totals, const float *x, size_t stride,                   \
                               const float *values, size_t values_stride,                      \
                               const uint32_t *keys, size_t n_k, const __mmask16 masks[2],     \
                               bool goes_on)                                                   \
    {                                                                                          \
        const __mmask16 mask_left = masks[0], mask_right = masks[1];                           \
        const __m512 zero = _mm512_setzero_ps();                                               \
        TILE_POINTERS(n_rows, x, stride);                                                      \
        ROWS_##n_rows(TILE_BEGIN, 0);                                                          \
                                                                                               \
        for (size_t i_k = 0; i_k < n_k; i_k++) {                                               \
            const float *const v = values + keys[i_k] * values_stride;                         \
            const __m512 w_left = _mm512_maskz_loadu_ps(mask_left, v);                         \
            const __m512 w_right = _mm512_maskz_loadu_ps(mask_right, v + LANES);               \
                                                                                               \
            ROWS_##n_rows(TILE_MULTIPLY, 0);                                                   \
            TILE_ADVANCE(4);                                                                   \
            TILE_HIDE(stride);                                                                 \
        }                                                                                      \
        ROWS_##n_rows(WEIGH_TOTAL, 0);                                                         \
    }

EACH_HEIGHT(WEIGH)

typedef void weigh_fn(float *totals, const float *x, size_t stride, const float *values,
                      size_t values_stride, const uint32_t *keys, size_t n_k,
                      const __mmask16 masks[2], bool goes_on);

static weigh_fn *const weigh_rows[TILE_ROWS + 1] = TILE_TABLE(weigh);

/* Results of the queries first .. first + n - 1, whose tile goes over n_keys keys. */
static void weigh(const struct group *group, const float *inverses, size_t first, size_t n,
                  size_t n_keys)
{
    const pwi_attention_args *args = group->args;

    for (size_t dim = 0; dim < args->head_dim; dim += TILE_COLUMNS) {
        _Alignas(64) float totals[TILE_ROWS * TILE_COLUMNS];
        const size_t left = args->head_dim - dim;
        const __mmask16 masks[2] = {first_lanes(left),
                                    first_lanes(left > LANES ? left - LANES : 0)};

        for (size_t key = 0; key < n_keys; key += PWI_K_RUN)
            weigh_rows[n](totals, group->weights + first * group->stride + key,
                          group->stride * sizeof(float), args->v + dim, args->stride,
                          group->keys + key, smaller(PWI_K_RUN, n_keys - key), masks, key > 0);
        for (size_t i = 0; i < n; i++) {
            float *out = args->out + (group->first + first + i) * args->out_stride + dim;
            const float *row = totals + i * TILE_COLUMNS;
            const __m512 inverse = _mm512_set1_ps(inverses[first + i]);

            _mm512_mask_storeu_ps(out, masks[0], _mm512_mul_ps(_mm512_loadu_ps(row), inverse));
            if (masks[1] != 0)
                _mm512_mask_storeu_ps(out + LANES, masks[1],
                                      _mm512_mul_ps(_mm512_loadu_ps(row + LANES), inverse));
        }
    }
}

/* Whether the values of keys first .. end - 1 are all finite: x - x is then 0, else NaN. */
static bool are_finite(const struct group *group, size_t first, size_t end)
{
    const size_t head_dim = group->args->head_dim;
    __m512 found = _mm512_setzero_ps();

    for (size_t key = first; key < end; key++) {
        const float *v = group->args->v + group->keys[key] * group->args->stride;
        size_t dim = 0;

        for (; dim + LANES <= head_dim; dim += LANES) {
            const __m512 x = _mm512_loadu_ps(v + dim);

            found = _mm512_or_ps(found, _mm512_sub_ps(x, x));
        }
        if (dim < head_dim) {
            const __m512 x = load_part(v + dim, head_dim - dim);

            found = _mm512_or_ps(found, _mm512_sub_ps(x, x));
        }
    }
    return _mm512_cmp_ps_mask(found, found, _CMP_UNORD_Q) == 0;
}

/* Tile by tile; one by one where a weight of 0 would not hide a value. */
static void attend_tiles(const struct group *group, const float *inverses)
{
    size_t height;

    for (size_t i = 0; i < group->n_queries; i += height) {
        size_t fewest = group->n_visible[i], most;

        height = tile_height(group->n_queries - i);
        most = most_visible(group, i, height);
        for (size_t j = i; j < i + height; j++)
            fewest = smaller(fewest, group->n_visible[j]);
        if (are_finite(group, fewest, most))
            weigh(group, inverses, i, height, most);
        else
            for (size_t j = i; j < i + height; j++)
                weigh(group, inverses, j, 1, group->n_visible[j]);
    }
}

static void attend(struct group *group)
{
    float inverses[GROUP_MAX];

    group->n_keys_max = most_visible(group, 0, group->n_queries);
    for (size_t key = 0; key < group->n_keys_max; key += LANES)
        score_keys(group, key);
    for (size_t i = 0; i < group->n_queries; i++)
        inverses[i] = exponentiate(group->weights + i * group->stride, group->args->scale,
                                   group->n_visible[i], group->n_keys_max);
    attend_tiles(group, inverses);
}

static size_t whole_vectors(size_t n)
{
    return (n + LANES - 1) / LANES * LANES;
}

/* Whether query i and those before it fit one group on the stack: n of them and at most n_keys
 * keys. */
static bool fits(size_t n, size_t n_keys)
{
    return n <= GROUP_MAX && n * whole_vectors(n_keys) <= WEIGHTS_MAX;
}

/* Query i joins the group. */
static void join(struct group *group, size_t i)
{
    const pwi_attention_args *args = group->args;
    const size_t place = group->n_queries++;

    group->queries[place] = args->queries[i];
    group->n_visible[place] = larger(args->n_visible[i], 1);
}

/* Queries from i on, as many as fit, into the group; returns how many keys they see. */
static size_t gather(struct group *group, size_t i)
{
    const pwi_attention_args *args = group->args;
    size_t n_keys = 0;

    while (i < args->n_queries && args->n_visible[i] > 0 &&
           fits(group->n_queries + 1, larger(n_keys, args->n_visible[i]))) {
        n_keys = larger(n_keys, args->n_visible[i]);
        join(group, i++);
    }
    return n_keys;
}

static void attention_avx512(const pwi_attention_args *args)
{
    _Alignas(64) float weights[WEIGHTS_MAX];
    size_t i = 0;

    while (i < args->n_queries) {
        struct group group;

        group.args = args;
        group.n_queries = 0;
        group.first = i;
        group.keys = args->keys;
        group.weights = weights;
        group.stride = whole_vectors(gather(&group, i));
        if (group.n_queries == 0) { /* sees itself alone, or more keys than the stack holds */
            if (args->n_visible[i] == 0)
                group.keys = args->queries + i;
            else
                group.weights = args->scores;
            group.stride = whole_vectors(larger(args->n_visible[i], 1));
            join(&group, i);
        }
        attend(&group);
        i += group.n_queries;
    }
}

void PWI_FILL(avx512_attention)(pwi_kernels *kernels)
{
    kernels->attention = attention_avx512;
}
