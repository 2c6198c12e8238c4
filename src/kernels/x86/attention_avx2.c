/* SPDX-License-Identifier: MIT */
/* Attention of one head: scores of eight keys at once, softmax in f32 with its sum in double,
 * then the weighted sum of the values, in runs like gemm's.
 *
 * Bits: a row's result depends on its query and its visible keys in their order alone. */
#include <math.h>

#include "kernels/levels.h"
#include "kernels/x86/math_avx2.h"

/* Values summed in one chain. */
#define RUN 64

/* Columns of the result that are summed at once: eight registers. */
#define VECTORS 8

/* The eight sums of the lanes of a[0] ... a[7], as one vector. */
static inline __m256 sum_each(const __m256 a[8])
{
    const __m256 a01 = _mm256_hadd_ps(a[0], a[1]), a23 = _mm256_hadd_ps(a[2], a[3]);
    const __m256 a45 = _mm256_hadd_ps(a[4], a[5]), a67 = _mm256_hadd_ps(a[6], a[7]);
    const __m256 low = _mm256_hadd_ps(a01, a23), high = _mm256_hadd_ps(a45, a67);

    return _mm256_add_ps(_mm256_permute2f128_ps(low, high, 0x20),
                         _mm256_permute2f128_ps(low, high, 0x31));
}

/* q k^T of one query and eight keys. */
static inline __m256 scores_of_eight(const float *q, const float *const k[8], size_t head_dim)
{
    __m256 sums[8];

    for (size_t i = 0; i < 8; i++)
        sums[i] = _mm256_setzero_ps();
    for (size_t dim = 0; dim < head_dim; dim += LANES) {
        const size_t n = head_dim - dim;
        const __m256 query = load_part(q + dim, n);

        for (size_t i = 0; i < 8; i++)
            sums[i] = _mm256_fmadd_ps(query, load_part(k[i] + dim, n), sums[i]);
    }
    return sum_each(sums);
}

/* scores[i] = q k_i^T scale, minus infinity behind the last; returns the largest. */
static float score(const pwi_attention_args *args, const float *q, const uint32_t *keys,
                   size_t n_keys)
{
    const __m256 none = _mm256_set1_ps(-INFINITY), scale = _mm256_set1_ps(args->scale);
    __m256 max = none;

    for (size_t first = 0; first < n_keys; first += LANES) {
        const size_t n = n_keys - first;
        const float *k[LANES];
        __m256 scores;

        for (size_t i = 0; i < LANES; i++)
            k[i] = args->k + keys[first + (i < n ? i : 0)] * args->stride;
        scores = _mm256_mul_ps(scores_of_eight(q, k, args->head_dim), scale);
        if (n < LANES)
            scores = _mm256_blendv_ps(none, scores, _mm256_castsi256_ps(first_lanes(n)));
        _mm256_storeu_ps(args->scores + first, scores);
        max = _mm256_max_ps(max, scores);
    }
    return max_lanes(max);
}

/* scores = exp(scores - max); returns their sum. */
static double exponentiate(float *scores, size_t n_keys, float max)
{
    const __m256 max8 = _mm256_set1_ps(max);
    __m256d sum = _mm256_setzero_pd();

    for (size_t i = 0; i < n_keys; i += LANES) {
        const __m256 e = exp_lanes(_mm256_sub_ps(_mm256_loadu_ps(scores + i), max8));

        _mm256_storeu_ps(scores + i, e);
        sum = _mm256_add_pd(sum, _mm256_add_pd(low_doubles(e), high_doubles(e)));
    }
    return sum_lanes(sum);
}

/* out[0 .. n) = sum of weights times those columns of the values, over `sum`; n_vectors is a
 * constant at each call, 8 of n_vectors * LANES columns or n of one vector's. */
static inline void weigh(const pwi_attention_args *args, float *out, const uint32_t *keys,
                         size_t n_keys, __m256 sum, size_t dim, size_t n_vectors, size_t n)
{
    __m256 totals[VECTORS];

    for (size_t i = 0; i < n_vectors; i++)
        totals[i] = _mm256_setzero_ps();
    for (size_t first = 0; first < n_keys; first += RUN) {
        const size_t end = n_keys - first < RUN ? n_keys : first + RUN;
        __m256 run[VECTORS];

        for (size_t i = 0; i < n_vectors; i++)
            run[i] = _mm256_setzero_ps();
        for (size_t key = first; key < end; key++) {
            const float *v = args->v + keys[key] * args->stride + dim;
            const __m256 weight = _mm256_broadcast_ss(args->scores + key);

            for (size_t i = 0; i < n_vectors; i++)
                run[i] = _mm256_fmadd_ps(weight, load_part(v + i * LANES, n), run[i]);
        }
        for (size_t i = 0; i < n_vectors; i++)
            totals[i] = _mm256_add_ps(totals[i], run[i]);
    }
    for (size_t i = 0; i < n_vectors; i++)
        store_part(out + dim + i * LANES, _mm256_div_ps(totals[i], sum), n);
}

static void attend(const pwi_attention_args *args, float *out, uint32_t query,
                   const uint32_t *keys, size_t n_keys)
{
    const size_t head_dim = args->head_dim, step = VECTORS * LANES;
    const float max = score(args, args->q + query * args->stride, keys, n_keys);
    const __m256 sum = _mm256_set1_ps((float)exponentiate(args->scores, n_keys, max));
    size_t dim = 0;

    for (; dim + step <= head_dim; dim += step)
        weigh(args, out, keys, n_keys, sum, dim, VECTORS, LANES);
    for (; dim < head_dim; dim += LANES)
        weigh(args, out, keys, n_keys, sum, dim, 1, head_dim - dim);
}

static void attention_avx2(const pwi_attention_args *args)
{
    for (size_t i = 0; i < args->n_queries; i++) {
        float *out = args->out + i * args->out_stride;
        const uint32_t *query = args->queries + i;

        if (args->n_visible[i] == 0)
            attend(args, out, *query, query, 1);
        else
            attend(args, out, *query, args->keys, args->n_visible[i]);
    }
}

void pwi_kernels_avx2_attention(pwi_kernels *kernels)
{
    kernels->attention = attention_avx2;
}
