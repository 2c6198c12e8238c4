/* SPDX-License-Identifier: MIT */
/* Rows of activations as the i16 products of all x86 levels take them, and the arithmetic that
 * they share (docs/precision.md).
 *
 * Weights are integers of at most I16_WEIGHT_LIMIT, one scale a row of W. A row of activations
 * is cut into runs of PWI_K_RUN columns, each with a scale of its own: the smallest for which
 * no integer exceeds I16_LIMIT and their magnitudes add up to I16_SUM_MAX at most, or one half
 * a column more by rounding. So the sum of a run's products stays under 2^31 whatever the
 * weights, and a run with one huge value among small ones keeps 15 bits for it. */
#ifndef PWI_KERNELS_X86_ROWS_I16_AVX2_H
#define PWI_KERNELS_X86_ROWS_I16_AVX2_H

#include "kernels/kernels.h"

#define I16_WEIGHT_LIMIT 8191
#define I16_LIMIT        32767
#define I16_SUM_MAX      262000 /* (I16_SUM_MAX + PWI_K_RUN / 2) I16_WEIGHT_LIMIT < 2^31 */

/* A prepared row: i16 [k rounded up to 32], then f32 [runs of PWI_K_RUN]: real = integer *
 * scale; whole cache lines. */
size_t pwi_i16_input_bytes(size_t k);
size_t pwi_i16_scales_offset(size_t k);
void pwi_i16_prepare(void *input, const float *x, size_t k);
void pwi_i16_prepare_run(void *input, size_t k, size_t first, const float *x, size_t n);

/* The scale of a run of n columns by the largest and the sum of its magnitudes. NaN for a run
 * with NaN or an infinity: all its products are NaN then. A sum that overflows is replaced by
 * the bound n * largest. */
float pwi_i16_scale_of(float largest, float sum, size_t n);

/* Pairs of columns of a panel that is packed in the file's fp8, as the integers that a panel
 * packed as I16 would hold. packed: [n_pairs, nr, 2]; panel: which one. */
void pwi_i16_quantize_panel(int16_t *out, const pwi_packed *w, size_t panel, const void *packed,
                            size_t n_pairs);

#endif
