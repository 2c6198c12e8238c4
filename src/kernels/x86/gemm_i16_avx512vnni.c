/* SPDX-License-Identifier: MIT */
/* The product of 16-bit integers with AVX512-VNNI: gemm_i16_avx512.c's integers and bits. */
#define DOT(sums, a, b) _mm512_dpwssd_epi32(sums, a, b)
#include "kernels/x86/gemm_i16_avx512.inc"

void PWI_FILL(avx512vnni_gemm_i16)(pwi_kernels *kernels)
{
    pwi_products_put(kernels, PW_PRECISION_MEDIUM, &product_i16);
}
