/* SPDX-License-Identifier: MIT */
/* Rows of activations to sixteen bits, run by run: rows_i16_avx2.c's scales and integers, twice
 * as many lanes at a time. */
#include "kernels/x86/rows_i16_avx512.h"

#include <float.h>
#include <math.h>

#include "kernels/x86/vector_avx512.h"

static inline __m512i magnitude_bits(__m512 x)
{
    return _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7FFFFFFF));
}

/* What a run's scale hangs on. Magnitudes are compared as integers, whose order puts NaN behind
 * infinity, so that a maximum keeps it. */
struct measure {
    __m512i largest;
    __m512 sum;
};

static inline struct measure measured(struct measure m, __m512 x)
{
    const __m512i bits = magnitude_bits(x);

    return (struct measure){_mm512_max_epi32(m.largest, bits),
                            _mm512_add_ps(m.sum, _mm512_castsi512_ps(bits))};
}

/* The halves of a vector hold what the two sums of rows_i16_avx2.c do. */
static inline float sum_lanes_f32(__m512 x)
{
    const __m256 eights =
        _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
    __m128 sum = _mm_add_ps(_mm256_castps256_ps128(eights), _mm256_extractf128_ps(eights, 1));

    sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}

static inline float largest_magnitude(__m512i bits)
{
    const __m512 x = _mm512_castsi512_ps(bits);
    const __m256i eights = _mm256_max_epi32(_mm256_castps_si256(_mm512_castps512_ps256(x)),
                                            _mm256_castps_si256(_mm512_extractf32x8_ps(x, 1)));
    __m128i m =
        _mm_max_epi32(_mm256_castsi256_si128(eights), _mm256_extracti128_si256(eights, 1));

    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4E));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0xB1));
    return _mm_cvtss_f32(_mm_castsi128_ps(m));
}

static float run_scale(const float *x, size_t n)
{
    struct measure m = {_mm512_setzero_si512(), _mm512_setzero_ps()};
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        m = measured(m, _mm512_loadu_ps(x + i));
    if (i < n)
        m = measured(m, load_part(x + i, n - i));
    return pwi_i16_scale_of(largest_magnitude(m.largest), sum_lanes_f32(m.sum), n);
}

/* x * factor to the nearest integer, ties to even, at most I16_LIMIT in magnitude; NaN to 0. */
static inline __m512i nearest(__m512 x, __m512 factor)
{
    const __m512 bound = _mm512_set1_ps(I16_LIMIT), least = _mm512_set1_ps(-I16_LIMIT);
    const __m512 value = _mm512_mul_ps(x, factor);
    const __mmask16 is_number = _mm512_cmp_ps_mask(value, value, _CMP_ORD_Q);
    const __m512 limited = _mm512_max_ps(least, _mm512_min_ps(bound, value));

    return _mm512_cvtps_epi32(_mm512_maskz_mov_ps(is_number, limited));
}

/* Thirty-two i32 that fit, to i16, in order. */
static inline __m512i narrowed(__m512i low, __m512i high)
{
    const __m512i order =
        _mm512_set_epi32(15, 14, 11, 10, 7, 6, 3, 2, 13, 12, 9, 8, 5, 4, 1, 0);

    return _mm512_permutexvar_epi32(order, _mm512_packs_epi32(low, high));
}

/* Whole lines are written: zeros behind the last column. */
static void quantize_run(int16_t *out, const float *x, size_t n, float scale)
{
    const __m512 factor = _mm512_set1_ps(pwi_inverse_scale(scale));
    size_t i = 0;

    for (; i + 2 * LANES <= n; i += 2 * LANES)
        _mm512_storeu_si512(out + i, narrowed(nearest(_mm512_loadu_ps(x + i), factor),
                                              nearest(_mm512_loadu_ps(x + i + LANES), factor)));
    if (i < n) {
        const __m512 low = load_part(x + i, n - i);
        const __m512 high =
            n - i > LANES ? load_part(x + i + LANES, n - i - LANES) : _mm512_setzero_ps();

        _mm512_storeu_si512(out + i, narrowed(nearest(low, factor), nearest(high, factor)));
    }
}

void pwi_i16_prepare_run_avx512(void *input, size_t k, size_t first, const float *x, size_t n)
{
    float *scales = (float *)(void *)((char *)input + pwi_i16_scales_offset(k));
    const float scale = run_scale(x, n);

    scales[first / PWI_K_RUN] = scale;
    quantize_run((int16_t *)input + first, x, n, scale);
}

void pwi_i16_prepare_avx512(void *input, const float *x, size_t k)
{
    for (size_t first = 0; first < k; first += PWI_K_RUN)
        pwi_i16_prepare_run_avx512(input, k, first, x + first,
                                   k - first < PWI_K_RUN ? k - first : PWI_K_RUN);
}
