/* SPDX-License-Identifier: MIT */
/* The product of 16-bit integers with AVX2 alone: `medium` and below. */
#define DOT(sums, a, b) _mm256_add_epi32(sums, _mm256_madd_epi16(a, b))
#include "kernels/x86/gemm_i16_avx2.inc"

void pwi_kernels_avx2_gemm_i16(pwi_kernels *kernels)
{
    pwi_products_put(kernels, PW_PRECISION_MEDIUM, &product_i16);
}
