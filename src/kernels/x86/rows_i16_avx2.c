/* SPDX-License-Identifier: MIT */
/* Rows of activations to sixteen bits, run by run. */
#include "kernels/x86/rows_i16_avx2.h"

#include <float.h>
#include <math.h>

#include "kernels/x86/integers_avx2.h"
#include "kernels/x86/widen_avx2.h"

static size_t whole_lines(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

size_t pwi_i16_scales_offset(size_t k)
{
    return whole_lines(k * sizeof(int16_t));
}

size_t pwi_i16_input_bytes(size_t k)
{
    const size_t n_runs = (k + PWI_K_RUN - 1) / PWI_K_RUN;

    return pwi_i16_scales_offset(k) + whole_lines(n_runs * sizeof(float));
}

static inline float sum_floats(__m256 x)
{
    __m128 sum = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));

    sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}

float pwi_i16_scale_of(float largest, float sum, size_t n)
{
    const float by_sum = sum / I16_SUM_MAX, by_count = largest * ((float)n / I16_SUM_MAX);
    const float by_limit = largest / I16_LIMIT, least = by_sum < by_count ? by_sum : by_count;

    if (!(largest <= FLT_MAX))
        return NAN;
    return by_limit > least ? by_limit : least;
}

static float run_scale(const float *x, size_t n)
{
    __m256i largest = _mm256_setzero_si256();
    __m256 sum = _mm256_setzero_ps(), sum2 = _mm256_setzero_ps();
    size_t i = 0;

    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        const __m256i low = magnitude_bits(_mm256_loadu_ps(x + i));
        const __m256i high = magnitude_bits(_mm256_loadu_ps(x + i + LANES));

        largest = _mm256_max_epi32(largest, _mm256_max_epi32(low, high));
        sum = _mm256_add_ps(sum, _mm256_castsi256_ps(low));
        sum2 = _mm256_add_ps(sum2, _mm256_castsi256_ps(high));
    }
    for (; i < n; i += LANES) {
        const __m256i part = magnitude_bits(load_part(x + i, n - i));

        largest = _mm256_max_epi32(largest, part);
        sum = _mm256_add_ps(sum, _mm256_castsi256_ps(part));
    }
    return pwi_i16_scale_of(largest_magnitude(largest), sum_floats(_mm256_add_ps(sum, sum2)),
                            n);
}

/* Whole lines are written: zeros behind the last column. */
static void quantize_run(int16_t *out, const float *x, size_t n, float scale)
{
    const __m256 factor = _mm256_set1_ps(pwi_inverse_scale(scale));
    const __m256 bound = _mm256_set1_ps(I16_LIMIT), zero = _mm256_setzero_ps();
    size_t i = 0;

    for (; i + 2 * LANES <= n; i += 2 * LANES)
        _mm256_store_si256((__m256i *)(void *)(out + i),
                           narrowed(nearest(_mm256_loadu_ps(x + i), factor, bound),
                                    nearest(_mm256_loadu_ps(x + i + LANES), factor, bound)));
    for (; i % 32 != 0 || i < n; i += 2 * LANES) {
        const __m256 low = i < n ? load_part(x + i, n - i) : zero;
        const __m256 high = i + LANES < n ? load_part(x + i + LANES, n - i - LANES) : zero;

        _mm256_store_si256((__m256i *)(void *)(out + i),
                           narrowed(nearest(low, factor, bound), nearest(high, factor, bound)));
    }
}

void pwi_i16_prepare_run(void *input, size_t k, size_t first, const float *x, size_t n)
{
    float *scales = (float *)(void *)((char *)input + pwi_i16_scales_offset(k));
    const float scale = run_scale(x, n);

    scales[first / PWI_K_RUN] = scale;
    quantize_run((int16_t *)input + first, x, n, scale);
}

void pwi_i16_prepare(void *input, const float *x, size_t k)
{
    for (size_t first = 0; first < k; first += PWI_K_RUN)
        pwi_i16_prepare_run(input, k, first, x + first,
                            k - first < PWI_K_RUN ? k - first : PWI_K_RUN);
}

/* n floats, their inverse scales and integers: one pair of columns of a panel. */
static inline void quantize_pair(int16_t *out, const float *wide, const float *inverses,
                                 size_t n)
{
    const __m256 bound = _mm256_set1_ps(I16_WEIGHT_LIMIT);

    for (size_t i = 0; i < n; i += 2 * LANES) {
        const __m256i low =
            nearest(_mm256_load_ps(wide + i), _mm256_load_ps(inverses + i), bound);
        const __m256i high = nearest(_mm256_load_ps(wide + i + LANES),
                                     _mm256_load_ps(inverses + i + LANES), bound);

        _mm256_storeu_si256((__m256i *)(void *)(out + i), narrowed(low, high));
    }
}

/* Pairs that are widened in one go. */
#define N_WIDE 8

void pwi_i16_quantize_panel(int16_t *out, const pwi_packed *w, size_t panel, const void *packed,
                            size_t n_pairs)
{
    const size_t n = 2 * w->product->nr, size = pw_dtype_bits(w->dtype) / 8;
    _Alignas(32) float wide[N_WIDE * 2 * PWI_NR_MAX], inverses[2 * PWI_NR_MAX];
    const char *in = packed;

    for (size_t i = 0; i < n; i++)
        inverses[i] = pwi_inverse_scale(w->row_scales[panel * n / 2 + i / 2]);
    for (size_t pair = 0; pair < n_pairs; pair += N_WIDE, in += N_WIDE * n * size) {
        const size_t n_here = n_pairs - pair < N_WIDE ? n_pairs - pair : N_WIDE;

        pwi_widen_avx2(wide, in, w->dtype, n_here * n, w->scale);
        for (size_t i = 0; i < n_here; i++, out += n)
            quantize_pair(out, wide + i * n, inverses, n);
    }
}
