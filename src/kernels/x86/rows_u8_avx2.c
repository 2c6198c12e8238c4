/* SPDX-License-Identifier: MIT */
/* Rows of activations to eight bits, run by run. */
#include "kernels/x86/rows_u8_avx2.h"

#include <float.h>
#include <math.h>

#include "kernels/x86/integers_avx2.h"

static size_t whole_lines(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

size_t pwi_u8_scales_offset(size_t k)
{
    return whole_lines(k);
}

size_t pwi_u8_input_bytes(size_t k)
{
    const size_t n_runs = (k + PWI_K_RUN - 1) / PWI_K_RUN;

    return pwi_u8_scales_offset(k) + whole_lines(n_runs * 2 * sizeof(float));
}

/* What a run's integers mean. */
struct meaning {
    float scale, low;
};

/* The least and the largest of a run; `spoiled` becomes NaN by NaN and infinities, which the
 * others may lose. */
struct range {
    __m256 least, largest, spoiled;
};

static inline void widen_range(struct range *range, __m256 x)
{
    range->least = _mm256_min_ps(range->least, x);
    range->largest = _mm256_max_ps(range->largest, x);
    range->spoiled = _mm256_fmadd_ps(x, _mm256_setzero_ps(), range->spoiled);
}

/* NaN for a run that is not finite, or wider than floats: all its products are NaN then. */
static struct meaning meaning_of(const struct range *range)
{
    const float largest = max_lanes(range->largest);
    const float least = -max_lanes(_mm256_sub_ps(_mm256_setzero_ps(), range->least));
    const float width = largest - least;
    const bool is_spoiled =
        _mm256_movemask_ps(_mm256_cmp_ps(range->spoiled, range->spoiled, _CMP_UNORD_Q)) != 0;

    if (is_spoiled || !(width <= FLT_MAX))
        return (struct meaning){NAN, NAN};
    return (struct meaning){width / 255, least};
}

/* n > 0 values. The tail is filled up with the run's first value, which changes no extreme. */
static struct meaning measure(const float *x, size_t n)
{
    const __m256 first = _mm256_set1_ps(x[0]);
    struct range range = {first, first, _mm256_setzero_ps()};
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        widen_range(&range, _mm256_loadu_ps(x + i));
    if (i < n) {
        const __m256 is_there = _mm256_castsi256_ps(first_lanes(n - i));

        widen_range(&range, _mm256_blendv_ps(first, load_part(x + i, n - i), is_there));
    }
    return meaning_of(&range);
}

/* (x - low) / scale to the nearest of 0 .. 255; NaN to 0. */
static inline __m256i steps(__m256 x, __m256 low, __m256 factor)
{
    const __m256 value = _mm256_mul_ps(_mm256_sub_ps(x, low), factor);

    return _mm256_cvtps_epi32(
        _mm256_max_ps(_mm256_min_ps(value, _mm256_set1_ps(255.0f)), _mm256_setzero_ps()));
}

/* Thirty-two i32 of 0 .. 255 to bytes, in order. */
static inline __m256i bytes_of(const __m256i four[4])
{
    const __m256i pairs = _mm256_packus_epi32(four[0], four[1]);
    const __m256i pairs2 = _mm256_packus_epi32(four[2], four[3]);

    return _mm256_permutevar8x32_epi32(_mm256_packus_epi16(pairs, pairs2),
                                       _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

/* Whole lines are written; what stands behind the last column meets zeros of W. */
static void quantize_run(uint8_t *out, const float *x, size_t n, const struct meaning *meaning)
{
    const __m256 low = _mm256_set1_ps(meaning->low);
    const __m256 factor = _mm256_set1_ps(pwi_inverse_scale(meaning->scale));
    __m256i four[4];
    size_t i = 0;

    for (; i + 4 * LANES <= n; i += 4 * LANES) {
        for (size_t j = 0; j < 4; j++)
            four[j] = steps(_mm256_loadu_ps(x + i + j * LANES), low, factor);
        _mm256_store_si256((__m256i *)(void *)(out + i), bytes_of(four));
    }
    for (; i % 64 != 0 || i < n; i += 4 * LANES) {
        for (size_t j = 0; j < 4; j++) {
            const size_t at = i + j * LANES;

            four[j] =
                at < n ? steps(load_part(x + at, n - at), low, factor) : _mm256_setzero_si256();
        }
        _mm256_store_si256((__m256i *)(void *)(out + i), bytes_of(four));
    }
}

void pwi_u8_prepare(void *input, const float *x, size_t k)
{
    uint8_t *integers = input;
    struct meaning *meanings =
        (struct meaning *)(void *)((char *)input + pwi_u8_scales_offset(k));

    for (size_t first = 0; first < k; first += PWI_K_RUN, meanings++) {
        const size_t n = k - first < PWI_K_RUN ? k - first : PWI_K_RUN;

        *meanings = measure(x + first, n);
        quantize_run(integers + first, x + first, n, meanings);
    }
}
