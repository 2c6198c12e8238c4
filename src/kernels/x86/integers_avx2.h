/* SPDX-License-Identifier: MIT */
/* Floats to integers on eight lanes, for the files of the avx2 level alone. */
#ifndef PWI_KERNELS_X86_INTEGERS_AVX2_H
#define PWI_KERNELS_X86_INTEGERS_AVX2_H

#include "kernels/x86/vector_avx2.h"

/* Magnitudes in an order of integers that puts NaN behind infinity, so that a maximum keeps it.
 */
static inline __m256i magnitude_bits(__m256 x)
{
    return _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(0x7FFFFFFF));
}

/* The largest of the lanes, as the float it is. */
static inline float largest_magnitude(__m256i bits)
{
    __m128i m = _mm_max_epi32(_mm256_castsi256_si128(bits), _mm256_extracti128_si256(bits, 1));

    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4E));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0xB1));
    return _mm_cvtss_f32(_mm_castsi128_ps(m));
}

/* x * factor to the nearest integer, ties to even, at most `bound` in magnitude; NaN to 0. */
static inline __m256i nearest(__m256 x, __m256 factor, __m256 bound)
{
    const __m256 value = _mm256_mul_ps(x, factor);
    const __m256 is_number = _mm256_cmp_ps(value, value, _CMP_ORD_Q);
    const __m256 least = _mm256_sub_ps(_mm256_setzero_ps(), bound);
    const __m256 limited = _mm256_max_ps(least, _mm256_min_ps(bound, value));

    return _mm256_cvtps_epi32(_mm256_and_ps(limited, is_number));
}

/* Sixteen i32 that fit, to i16, in order. */
static inline __m256i narrowed(__m256i low, __m256i high)
{
    return _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xD8);
}

#endif
