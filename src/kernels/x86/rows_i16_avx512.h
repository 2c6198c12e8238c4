/* SPDX-License-Identifier: MIT */
/* Rows of activations as the i16 product takes them (rows_i16_avx2.h), made with AVX-512. */
#ifndef PWI_KERNELS_X86_ROWS_I16_AVX512_H
#define PWI_KERNELS_X86_ROWS_I16_AVX512_H

#include "kernels/levels.h"
#include "kernels/x86/rows_i16_avx2.h"

#define pwi_i16_prepare_avx512     PWI_FILL(i16_prepare_avx512)
#define pwi_i16_prepare_run_avx512 PWI_FILL(i16_prepare_run_avx512)

void pwi_i16_prepare_avx512(void *input, const float *x, size_t k);
void pwi_i16_prepare_run_avx512(void *input, size_t k, size_t first, const float *x, size_t n);

#endif
