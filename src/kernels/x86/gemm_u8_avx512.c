/* SPDX-License-Identifier: MIT */
/* The product of 8-bit integers without VNNI: bytes widened to 16 bits, so that no sum of two
 * products saturates as vpmaddubsw's does. */
#include "kernels/x86/isa_avx512.h"

/* sums + four products of u8 and s8 in each lane: the even bytes', then the odd ones'. */
static inline __m512i dot_bytes(__m512i sums, __m512i x, __m512i w)
{
    const __m512i x_even = _mm512_and_si512(x, _mm512_set1_epi16(0xFF));
    const __m512i w_even = _mm512_srai_epi16(_mm512_slli_epi16(w, 8), 8);
    const __m512i even = _mm512_madd_epi16(x_even, w_even);
    const __m512i odd = _mm512_madd_epi16(_mm512_srli_epi16(x, 8), _mm512_srai_epi16(w, 8));

    return _mm512_add_epi32(sums, _mm512_add_epi32(even, odd));
}

#define DOT(sums, x, w) dot_bytes(sums, x, w)
#include "kernels/x86/gemm_u8_avx512.inc"

void PWI_FILL(avx512_gemm_u8)(pwi_kernels *kernels)
{
    pwi_products_put(kernels, PW_PRECISION_INT8, &product_u8);
}
