/* SPDX-License-Identifier: MIT */
/* Rows of activations as the u8 product takes them (docs/precision.md): in runs of PWI_K_RUN
 * columns, each with the smallest value `low` and the scale that makes the largest 255: real =
 * low + integer * scale. So activations that lie on one side of zero, as behind gelu, lose no
 * half of the range, and a run with an outlier costs the other runs nothing. */
#ifndef PWI_KERNELS_X86_ROWS_U8_AVX512_H
#define PWI_KERNELS_X86_ROWS_U8_AVX512_H

#include "kernels/levels.h"

#define pwi_u8_input_bytes   PWI_FILL(u8_input_bytes)
#define pwi_u8_scales_offset PWI_FILL(u8_scales_offset)
#define pwi_u8_prepare       PWI_FILL(u8_prepare)
#define pwi_u8_prepare_run   PWI_FILL(u8_prepare_run)

/* A prepared row: u8 [k rounded up to 64], then {scale, low} f32 [runs of PWI_K_RUN]; whole
 * cache lines. */
size_t pwi_u8_input_bytes(size_t k);
size_t pwi_u8_scales_offset(size_t k);
void pwi_u8_prepare(void *input, const float *x, size_t k);
void pwi_u8_prepare_run(void *input, size_t k, size_t first, const float *x, size_t n);

#endif
