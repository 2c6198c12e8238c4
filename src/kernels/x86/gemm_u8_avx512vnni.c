/* SPDX-License-Identifier: MIT */
/* The product of 8-bit integers with AVX512-VNNI: gemm_u8_avx512.c's integers and bits. */
#define DOT(sums, x, w) _mm512_dpbusd_epi32(sums, x, w)
#include "kernels/x86/gemm_u8_avx512.inc"

void PWI_FILL(avx512vnni_gemm_u8)(pwi_kernels *kernels)
{
    pwi_products_put(kernels, PW_PRECISION_INT8, &product_u8);
}
