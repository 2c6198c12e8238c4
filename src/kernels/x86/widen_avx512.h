/* SPDX-License-Identifier: MIT */
/* Widening with AVX-512, for gemm's panels and the widen kernel. */
#ifndef PWI_KERNELS_X86_WIDEN_AVX512_H
#define PWI_KERNELS_X86_WIDEN_AVX512_H

#include "kernels/levels.h"

#define pwi_widen_avx512 PWI_FILL(widen_avx512)

/* out[i] = in[i] * scale; in: n elements of F32, F16, BF16, F8_E4M3 or F8_E5M2, any alignment;
 * nothing beyond them is read. */
void pwi_widen_avx512(float *out, const void *in, pw_dtype dtype, size_t n, float scale);

#endif
