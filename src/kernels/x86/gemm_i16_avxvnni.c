/* SPDX-License-Identifier: MIT */
/* The product of 16-bit integers with AVX-VNNI: gemm_i16_avx2.c's integers and bits. */
#define DOT(sums, a, b) _mm256_dpwssd_avx_epi32(sums, a, b)
#include "kernels/x86/gemm_i16_avx2.inc"

void pwi_kernels_avxvnni_gemm_i16(pwi_kernels *kernels)
{
    pwi_products_put(kernels, PW_PRECISION_MEDIUM, &product_i16);
}
