/* SPDX-License-Identifier: MIT */
/* How numbers enter products of integers and of bf16, sixteen at a time. */
#include "kernels/levels.h"
#include "kernels/x86/integers_avx2.h"

static float max_abs_avx2(const float *x, size_t n)
{
    __m256i largest = _mm256_setzero_si256();
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        largest = _mm256_max_epi32(largest, magnitude_bits(_mm256_loadu_ps(x + i)));
    if (i < n)
        largest = _mm256_max_epi32(largest, magnitude_bits(load_part(x + i, n - i)));
    return largest_magnitude(largest);
}

static void quantize_avx2(int16_t *out, const float *x, size_t n, float scale, int32_t limit)
{
    const __m256 factor = _mm256_set1_ps(scale), bound = _mm256_set1_ps((float)limit);
    size_t i = 0;

    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        const __m256 low = _mm256_loadu_ps(x + i), high = _mm256_loadu_ps(x + i + LANES);

        _mm256_storeu_si256(
            (__m256i *)(void *)(out + i),
            narrowed(nearest(low, factor, bound), nearest(high, factor, bound)));
    }
    for (; i < n; i += LANES) {
        const __m256i part = nearest(load_part(x + i, n - i), factor, bound);
        int16_t tail[2 * LANES];

        _mm256_storeu_si256((__m256i *)(void *)tail, narrowed(part, part));
        memcpy(out + i, tail, (n - i < LANES ? n - i : LANES) * sizeof(*out));
    }
}

/* Ties to even by the carry of half a place less one, plus the last bit kept. */
static inline __m256i bf16_lanes(__m256 x)
{
    const __m256i bits = _mm256_castps_si256(x), upper = _mm256_srli_epi32(bits, 16);
    const __m256i odd = _mm256_and_si256(upper, _mm256_set1_epi32(1));
    const __m256i carry = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF));
    const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, carry), 16);
    const __m256i quiet = _mm256_or_si256(upper, _mm256_set1_epi32(0x40));
    const __m256i is_nan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));

    return _mm256_blendv_epi8(rounded, quiet, is_nan);
}

static void narrow_bf16_avx2(uint16_t *out, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += LANES) {
        const __m256i wide = bf16_lanes(load_part(x + i, n - i));
        const __m128i halves =
            _mm_packus_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
        uint16_t eight[LANES];

        _mm_storeu_si128((__m128i *)(void *)eight, halves);
        memcpy(out + i, eight, (n - i < LANES ? n - i : LANES) * sizeof(*out));
    }
}

void pwi_kernels_avx2_integers(pwi_kernels *kernels)
{
    kernels->max_abs = max_abs_avx2;
    kernels->quantize = quantize_avx2;
    kernels->narrow_bf16 = narrow_bf16_avx2;
}
