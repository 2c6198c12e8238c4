/* SPDX-License-Identifier: MIT */
/* Rows of activations to eight bits, run by run. */
#include "kernels/x86/rows_u8_avx512.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "kernels/x86/vector_avx512.h"

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
    __m512 least, largest, spoiled;
};

static inline struct range widened(struct range range, __m512 x)
{
    return (struct range){
        _mm512_min_ps(range.least, x),
        _mm512_max_ps(range.largest, x),
        _mm512_fmadd_ps(x, _mm512_setzero_ps(), range.spoiled),
    };
}

static inline struct range joined(struct range a, struct range b)
{
    return (struct range){
        _mm512_min_ps(a.least, b.least),
        _mm512_max_ps(a.largest, b.largest),
        _mm512_add_ps(a.spoiled, b.spoiled),
    };
}

/* NaN for a run that is not finite, or wider than floats: all its products are NaN then. */
static struct meaning meaning_of(struct range range)
{
    const float largest = max_lanes(range.largest);
    const float least = -max_lanes(_mm512_sub_ps(_mm512_setzero_ps(), range.least));
    const float width = largest - least;
    const bool is_spoiled = _mm512_cmp_ps_mask(range.spoiled, range.spoiled, _CMP_UNORD_Q) != 0;

    if (is_spoiled || !(width <= FLT_MAX))
        return (struct meaning){NAN, NAN};
    return (struct meaning){width / 255, least};
}

/* n > 0 values. The tail is filled up with the run's first value, which changes no extreme. */
static struct meaning measure(const float *x, size_t n)
{
    const __m512 first = _mm512_set1_ps(x[0]);
    struct range even = {first, first, _mm512_setzero_ps()}, odd = even;
    size_t i = 0;

    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        even = widened(even, _mm512_loadu_ps(x + i));
        odd = widened(odd, _mm512_loadu_ps(x + i + LANES));
    }
    for (; i < n; i += LANES)
        even = widened(
            even, _mm512_mask_blend_ps(first_lanes(n - i), first, load_part(x + i, n - i)));
    return meaning_of(joined(even, odd));
}

/* (x - low) / scale to the nearest of 0 .. 255; NaN to 0. */
static inline __m512i steps(__m512 x, __m512 low, __m512 factor)
{
    const __m512 value = _mm512_mul_ps(_mm512_sub_ps(x, low), factor);

    return _mm512_cvtps_epi32(
        _mm512_max_ps(_mm512_min_ps(value, _mm512_set1_ps(255.0f)), _mm512_setzero_ps()));
}

/* Sixty-four i32 of 0 .. 255 to bytes, in order: packing goes by quarters of a vector. */
static inline __m512i bytes_of(__m512i a, __m512i b, __m512i c, __m512i d)
{
    const __m512i order =
        _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);

    return _mm512_permutexvar_epi32(
        order, _mm512_packus_epi16(_mm512_packus_epi32(a, b), _mm512_packus_epi32(c, d)));
}

/* Whole lines are written; what stands behind the last column meets zeros of W. */
static void quantize_run(uint8_t *out, const float *x, size_t n, struct meaning meaning)
{
    const __m512 low = _mm512_set1_ps(meaning.low);
    const __m512 factor = _mm512_set1_ps(pwi_inverse_scale(meaning.scale));
    size_t i = 0;

    for (; i + 4 * LANES <= n; i += 4 * LANES)
        _mm512_storeu_si512(out + i,
                            bytes_of(steps(_mm512_loadu_ps(x + i), low, factor),
                                     steps(_mm512_loadu_ps(x + i + LANES), low, factor),
                                     steps(_mm512_loadu_ps(x + i + 2 * LANES), low, factor),
                                     steps(_mm512_loadu_ps(x + i + 3 * LANES), low, factor)));
    if (i < n) {
        _Alignas(64) float rest[4 * LANES] = {0.0f};

        memcpy(rest, x + i, (n - i) * sizeof(*x));
        _mm512_storeu_si512(out + i,
                            bytes_of(steps(_mm512_load_ps(rest), low, factor),
                                     steps(_mm512_load_ps(rest + LANES), low, factor),
                                     steps(_mm512_load_ps(rest + 2 * LANES), low, factor),
                                     steps(_mm512_load_ps(rest + 3 * LANES), low, factor)));
    }
}

void pwi_u8_prepare_run(void *input, size_t k, size_t first, const float *x, size_t n)
{
    struct meaning *meanings =
        (struct meaning *)(void *)((char *)input + pwi_u8_scales_offset(k));
    const struct meaning meaning = measure(x, n);

    meanings[first / PWI_K_RUN] = meaning;
    quantize_run((uint8_t *)input + first, x, n, meaning);
}

void pwi_u8_prepare(void *input, const float *x, size_t k)
{
    for (size_t first = 0; first < k; first += PWI_K_RUN)
        pwi_u8_prepare_run(input, k, first, x + first,
                           k - first < PWI_K_RUN ? k - first : PWI_K_RUN);
}
