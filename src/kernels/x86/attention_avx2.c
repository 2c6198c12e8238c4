/* SPDX-License-Identifier: MIT */
/* Attention of one head, six queries at a time: scores by dot products of three queries and four
 * keys, softmax with its sum in double, then the tile of gemm over the keys that all six see and
 * single rows over the rest.
 *
 * Bits: a row's result depends on its query and its visible keys in their order alone; the
 * grouping decides only which instructions compute it. Keys are summed in runs of PWI_K_RUN. */
#include <math.h>

#include "kernels/levels.h"
#include "kernels/x86/math_avx2.h"
#include "kernels/x86/tile_avx2.h"

#define GROUP TILE_ROWS

/* Keys up to which six rows of weights are kept on the stack (12 KiB); beyond, queries go one by
 * one through the caller's scratch. */
#define STACK_KEYS 512

/* Up to six queries and what they see: the first n_visible[i] of keys. */
struct group {
    const pwi_attention_args *args;
    size_t n_queries;
    const float *q[GROUP]; /* behind n_queries: the last one again */
    float *out[GROUP];
    size_t n_visible[GROUP];
    const uint32_t *keys;
    float *weights; /* [n_queries, weights_stride] */
    size_t weights_stride;
};

/* ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)) of each of four vectors. */
static inline __m128 sum_each(__m256 a, __m256 b, __m256 c, __m256 d)
{
    const __m256 sums = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));

    return _mm_add_ps(_mm256_castps256_ps128(sums), _mm256_extractf128_ps(sums, 1));
}

#define DOT_BEGIN(i)                                                                           \
    __m256 sum##i##0 = _mm256_setzero_ps(), sum##i##1 = _mm256_setzero_ps();                   \
    __m256 sum##i##2 = _mm256_setzero_ps(), sum##i##3 = _mm256_setzero_ps();

#define DOT_STEP(i)                                                                            \
    {                                                                                          \
        const __m256 query = load_part(q[i] + dim, n);                                         \
                                                                                               \
        sum##i##0 = _mm256_fmadd_ps(query, key0, sum##i##0);                                   \
        sum##i##1 = _mm256_fmadd_ps(query, key1, sum##i##1);                                   \
        sum##i##2 = _mm256_fmadd_ps(query, key2, sum##i##2);                                   \
        sum##i##3 = _mm256_fmadd_ps(query, key3, sum##i##3);                                   \
    }

#define DOT_END(i)                                                                             \
    _mm_storeu_ps(scores + (i)*stride,                                                         \
                  _mm_mul_ps(sum_each(sum##i##0, sum##i##1, sum##i##2, sum##i##3), scale));

/* Columns dim .. dim + n - 1 of three queries and four keys; n is LANES at all but the last. */
#define DOT_COLUMNS                                                                            \
    {                                                                                          \
        const __m256 key0 = load_part(k[0] + dim, n), key1 = load_part(k[1] + dim, n);         \
        const __m256 key2 = load_part(k[2] + dim, n), key3 = load_part(k[3] + dim, n);         \
                                                                                               \
        DOT_STEP(0) DOT_STEP(1) DOT_STEP(2)                                                    \
    }

/* scores[i * stride + j] = q_i k_j scale for three queries and four keys. */
static void scores_3x4(float *scores, size_t stride, const float *const q[3],
                       const float *const k[4], size_t head_dim, __m128 scale)
{
    size_t dim = 0;
    DOT_BEGIN(0) DOT_BEGIN(1) DOT_BEGIN(2)

    for (; dim + LANES <= head_dim; dim += LANES) {
        const size_t n = LANES;

        DOT_COLUMNS
    }
    if (dim < head_dim) {
        const size_t n = head_dim - dim;

        DOT_COLUMNS
    }
    DOT_END(0) DOT_END(1) DOT_END(2)
}

/* Scores of the group's queries and the keys that any of them sees. Those that a query does not
 * see are replaced later. */
static void score(const struct group *group, size_t n_keys)
{
    const pwi_attention_args *args = group->args;
    const __m128 scale = _mm_set1_ps(args->scale);
    float scores[GROUP][4];

    for (size_t first = 0; first < n_keys; first += 4) {
        const size_t n = n_keys - first < 4 ? n_keys - first : 4;
        const float *k[4];

        for (size_t j = 0; j < 4; j++)
            k[j] = args->k + group->keys[first + (j < n ? j : 0)] * args->stride;
        scores_3x4(scores[0], 4, group->q, k, args->head_dim, scale);
        if (group->n_queries > 3)
            scores_3x4(scores[3], 4, group->q + 3, k, args->head_dim, scale);
        for (size_t i = 0; i < group->n_queries; i++)
            memcpy(group->weights + i * group->weights_stride + first, scores[i],
                   n * sizeof(float));
    }
}

/* scores = exp(scores - max) over the visible keys; returns the sum. */
static float exponentiate(float *scores, size_t n_keys)
{
    const __m256 none = _mm256_set1_ps(-INFINITY);
    __m256 max = none;
    __m256d sum = _mm256_setzero_pd();

    for (size_t i = 0; i < n_keys; i += LANES)
        max = _mm256_max_ps(max, load_part_or(scores + i, n_keys - i, none));
    max = _mm256_set1_ps(max_lanes(max));
    for (size_t i = 0; i < n_keys; i += LANES) {
        const __m256 x = load_part_or(scores + i, n_keys - i, none);
        const __m256 e = exp_lanes(_mm256_sub_ps(x, max));

        store_part(scores + i, e, n_keys - i);
        sum = _mm256_add_pd(sum, _mm256_add_pd(low_doubles(e), high_doubles(e)));
    }
    return (float)sum_lanes(sum);
}

/* totals [rows, 16] += weights x [rows, n_k] times 16 columns of the values of those keys. */
#define WEIGH(n_rows)                                                                          \
    static void weigh_##n_rows(float *totals, const float *x, size_t x_stride,                 \
                               const float *values, size_t stride, const uint32_t *keys,       \
                               size_t n_k)                                                     \
    {                                                                                          \
        ROWS_##n_rows(TILE_BEGIN, 0);                                                          \
                                                                                               \
        for (size_t i_k = 0; i_k < n_k; i_k++)                                                 \
            TILE_STEP(ROWS_##n_rows, values + keys[i_k] * stride, 0);                          \
        ROWS_##n_rows(TILE_TOTAL, 0);                                                          \
    }

WEIGH(1)
WEIGH(2)
WEIGH(3)
WEIGH(4)
WEIGH(5)
WEIGH(6)

typedef void weigh_fn(float *totals, const float *x, size_t x_stride, const float *values,
                      size_t stride, const uint32_t *keys, size_t n_k);

static weigh_fn *const weigh_rows[GROUP + 1] = {NULL,    weigh_1, weigh_2, weigh_3,
                                                weigh_4, weigh_5, weigh_6};
