/* SPDX-License-Identifier: MIT */
/* How numbers enter products of integers and of bf16, sixteen at a time. */
#include <math.h>

#include "kernels/levels.h"
#include "kernels/x86/vector_avx512.h"

static inline __mmask16 not_numbers(__m512 x)
{
    return _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
}

static float max_abs_avx512(const float *x, size_t n)
{
    __m512 largest = _mm512_setzero_ps();
    unsigned n_nans = 0;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        const __m512 v = _mm512_loadu_ps(x + i);

        largest = _mm512_max_ps(largest, _mm512_abs_ps(v));
        n_nans |= not_numbers(v);
    }
    if (i < n) {
        const __m512 v = load_part(x + i, n - i);

        largest = _mm512_max_ps(largest, _mm512_abs_ps(v));
        n_nans |= not_numbers(v);
    }
    return n_nans != 0 ? NAN : max_lanes(largest);
}

static inline __m256i integers(__m512 x, __m512 scale, __m512 limit)
{
    const __m512 value = _mm512_mul_ps(x, scale);
    const __m512 least = _mm512_sub_ps(_mm512_setzero_ps(), limit);
    const __m512 clamped = _mm512_max_ps(_mm512_min_ps(value, limit), least);
    const __mmask16 is_number = (__mmask16)~not_numbers(value);

    return _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(_mm512_maskz_mov_ps(is_number, clamped)));
}

static void quantize_avx512(int16_t *out, const float *x, size_t n, float scale, int32_t limit)
{
    const __m512 scales = _mm512_set1_ps(scale), limits = _mm512_set1_ps((float)limit);
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        _mm256_storeu_si256((__m256i *)(void *)(out + i),
                            integers(_mm512_loadu_ps(x + i), scales, limits));
    if (i < n)
        _mm256_mask_storeu_epi16(out + i, first_lanes(n - i),
                                 integers(load_part(x + i, n - i), scales, limits));
}

/* Half of the last place and the bit above it are added: ties go to even. */
static inline __m256i halves(__m512 x)
{
    const __m512i bits = _mm512_castps_si512(x);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i up = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF)));
    const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
    const __m512i rounded = _mm512_mask_blend_epi32(not_numbers(x), up, quiet);

    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16));
}

static void narrow_bf16_avx512(uint16_t *out, const float *x, size_t n)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        _mm256_storeu_si256((__m256i *)(void *)(out + i), halves(_mm512_loadu_ps(x + i)));
    if (i < n)
        _mm256_mask_storeu_epi16(out + i, first_lanes(n - i), halves(load_part(x + i, n - i)));
}

void PWI_FILL(avx512_integers)(pwi_kernels *kernels)
{
    kernels->max_abs = max_abs_avx512;
    kernels->quantize = quantize_avx512;
    kernels->narrow_bf16 = narrow_bf16_avx512;
}
