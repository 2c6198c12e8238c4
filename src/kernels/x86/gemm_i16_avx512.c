/* SPDX-License-Identifier: MIT */
/* The product of 16-bit integers without VNNI: `medium` and below. */
#define DOT(sums, a, b) _mm512_add_epi32(sums, _mm512_madd_epi16(a, b))
#include "kernels/x86/gemm_i16_avx512.inc"

void PWI_FILL(avx512_gemm_i16)(pwi_kernels *kernels)
{
    pwi_products_put(kernels, PW_PRECISION_MEDIUM, &product_i16);
}
