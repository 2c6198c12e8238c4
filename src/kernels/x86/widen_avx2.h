/* SPDX-License-Identifier: MIT */
/* Widening with AVX2 and F16C, for gemm's panels and the widen kernel. */
#ifndef PWI_KERNELS_X86_WIDEN_AVX2_H
#define PWI_KERNELS_X86_WIDEN_AVX2_H

#include <padwise/tensor.h>

/* out[i] = in[i] * scale; in: n elements of F32, F16, BF16, F8_E4M3 or F8_E5M2, any alignment;
 * nothing beyond them is read. */
void pwi_widen_avx2(float *out, const void *in, pw_dtype dtype, size_t n, float scale);

#endif
