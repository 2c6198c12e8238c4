/* SPDX-License-Identifier: MIT */
/* Numbers as sums of bf16 terms, for the files of the amx level alone. A term is the bf16
 * nearest to what the terms before left (ties away from zero), so three hold 24 bits: every
 * normal f32 exactly, as long as no term lies under 2^-126, where tiles count it as zero.
 *
 * Large numbers: a term of x that would round to infinity is cut off instead, and the next ones
 * take the rest; infinities and NaN are their own first term, zeros follow. Terms of w are not
 * looked at that closely: the sums tell (gemm_bf16_amx.c). */
#ifndef PWI_KERNELS_X86_SPLIT_AMX_H
#define PWI_KERNELS_X86_SPLIT_AMX_H

#include <string.h>

#include "formats/dtype.h"
#include "kernels/x86/vector_avx512.h"
#include "kernels/x86/widen_avx512.h"

#define SPLIT_TERMS_MAX 3

/* The upper halves of 16 + 16 lanes in their order. */
static inline __m512i upper_halves(__m512i first, __m512i second)
{
    const __m512i odd =
        _mm512_set_epi16(63, 61, 59, 57, 55, 53, 51, 49, 47, 45, 43, 41, 39, 37, 35, 33, 31, 29,
                         27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);

    return _mm512_permutex2var_epi16(first, odd, second);
}

/* Bits whose upper half is x rounded to bf16. */
static inline __m512i rounded(__m512 x)
{
    return _mm512_add_epi32(_mm512_castps_si512(x), _mm512_set1_epi32(0x8000));
}

/* The number that the upper half of bits is. */
static inline __m512 upper_half(__m512i bits)
{
    return _mm512_castsi512_ps(_mm512_and_si512(bits, _mm512_set1_epi32(-65536)));
}

/* 32 finite numbers under 0x1.ffp127 into n_terms planes; other ones into terms whose sum is
 * not finite. */
static inline void split_32(char *planes, size_t plane_bytes, size_t n_terms, __m512 first,
                            __m512 second)
{
    for (size_t i = 0; i < n_terms; i++, planes += plane_bytes) {
        const __m512i term_first = rounded(first), term_second = rounded(second);

        _mm512_storeu_si512((void *)planes, upper_halves(term_first, term_second));
        first = _mm512_sub_ps(first, upper_half(term_first));
        second = _mm512_sub_ps(second, upper_half(term_second));
    }
}

/* n weights of any file's dtype, a multiple of 32 and at most SPLIT_WEIGHTS_MAX, into planes:
 * exactly one term for eight bits, two for F16. */
#define SPLIT_WEIGHTS_MAX 1024

static inline void split_weights(char *planes, size_t plane_bytes, size_t n_terms,
                                 const char *weights, pw_dtype dtype, size_t n)
{
    float wide[SPLIT_WEIGHTS_MAX];
    const float *in = (const float *)(const void *)weights;

    if (dtype != PW_F32) {
        pwi_widen_avx512(wide, weights, dtype, n, 1.0f);
        in = wide;
    }
    for (size_t i = 0; i < n; i += 2 * LANES) {
        const __m512 first = _mm512_loadu_ps(in + i), second = _mm512_loadu_ps(in + i + LANES);

        if (n_terms == 3)
            split_32(planes + 2 * i, plane_bytes, 3, first, second);
        else if (n_terms == 2)
            split_32(planes + 2 * i, plane_bytes, 2, first, second);
        else
            split_32(planes + 2 * i, plane_bytes, 1, first, second);
    }
}

/* A weight of the file at p. */
static inline float weight_at(const char *p, pw_dtype dtype)
{
    uint16_t half;
    float value;

    if (dtype == PW_F8_E4M3)
        return pwi_e4m3_to_f32((uint8_t)*p);
    if (dtype == PW_F8_E5M2)
        return pwi_e5m2_to_f32((uint8_t)*p);
    if (dtype == PW_F32) {
        memcpy(&value, p, sizeof(value));
        return value;
    }
    memcpy(&half, p, sizeof(half));
    return dtype == PW_F16 ? pwi_f16_to_f32(half) : pwi_bf16_to_f32(half);
}

/* The first term's bits in the upper half, for any number; *rest is what it leaves. A number
 * too small for bf16 becomes the smallest of its sign: to tiles both are zero, and beside an
 * infinite weight it is not. */
static inline __m512i first_term(__m512 x, __m512 *rest)
{
    const __m512i bits = _mm512_castps_si512(x), infinity = _mm512_set1_epi32(0x7F800000);
    const __m512i magnitude = _mm512_and_si512(bits, _mm512_set1_epi32(0x7FFFFFFF));
    const __m512i sign = _mm512_xor_si512(bits, magnitude);
    const __mmask16 is_large =
        _mm512_cmpgt_epi32_mask(magnitude, _mm512_set1_epi32(0x7F7F7FFF));
    const __mmask16 is_finite = _mm512_cmpgt_epi32_mask(infinity, magnitude);
    const __mmask16 is_nan = _mm512_cmpgt_epi32_mask(magnitude, infinity);
    const __mmask16 is_tiny = _mm512_cmpgt_epi32_mask(_mm512_set1_epi32(0x8000), magnitude);
    const __mmask16 is_zero = _mm512_cmpeq_epi32_mask(magnitude, _mm512_setzero_si512());
    const __mmask16 keeps = (__mmask16)(is_finite & ~is_tiny);
    __m512i term = _mm512_mask_blend_epi32(is_large, rounded(x), bits);

    term = _mm512_mask_blend_epi32(is_nan, term,
                                   _mm512_or_si512(bits, _mm512_set1_epi32(0x400000)));
    term = _mm512_mask_blend_epi32((__mmask16)(is_tiny & ~is_zero), term,
                                   _mm512_or_si512(sign, _mm512_set1_epi32(0x10000)));
    *rest = _mm512_maskz_mov_ps(keeps, _mm512_sub_ps(x, upper_half(term)));
    return term;
}

/* x [k] into n_terms planes of k_padded columns, zeros behind. */
static inline void split_row(char *planes, const float *x, size_t k, size_t k_padded,
                             size_t n_terms)
{
    for (size_t i = 0; i < k_padded; i += 2 * LANES, planes += 4 * LANES) {
        const size_t n = k - i, n_second = n > LANES ? n - LANES : 0;
        __m512 rest_first, rest_second;
        const __m512i first = first_term(load_part(x + i, n), &rest_first);
        const __m512i second = first_term(load_part(x + i + LANES, n_second), &rest_second);

        _mm512_storeu_si512((void *)planes, upper_halves(first, second));
        split_32(planes + 2 * k_padded, 2 * k_padded, n_terms - 1, rest_first, rest_second);
    }
}

/* Element i of a row that split_row made: terms are added from the least on, exactly. */
static inline float joined(const char *planes, size_t k_padded, size_t n_terms, size_t i)
{
    float sum = 0.0f;

    for (size_t term = n_terms; term-- > 0;)
        sum += weight_at(planes + 2 * (term * k_padded + i), PW_BF16);
    return sum;
}

/* x [k] to the nearest bf16 (ties to even), zeros behind up to k_padded. */
static inline void narrow_row(char *row, const float *x, size_t k, size_t k_padded)
{
    const __m512i half = _mm512_set1_epi32(0x7FFF), one = _mm512_set1_epi32(1);

    for (size_t i = 0; i < k_padded; i += 2 * LANES) {
        __m512i up[2];

        for (size_t j = 0; j < 2; j++) {
            const size_t done = i + j * LANES;
            const __m512 v = load_part(x + done, done < k ? k - done : 0);
            const __m512i bits = _mm512_castps_si512(v);
            const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), one);
            const __mmask16 is_nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);

            up[j] = _mm512_add_epi32(bits, _mm512_add_epi32(odd, half));
            up[j] = _mm512_mask_blend_epi32(is_nan, up[j],
                                            _mm512_or_si512(bits, _mm512_set1_epi32(0x400000)));
        }
        _mm512_storeu_si512((void *)(row + 2 * i), upper_halves(up[0], up[1]));
    }
}

#endif
