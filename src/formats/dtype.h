/* SPDX-License-Identifier: MIT */
/* Elements of every dtype to f32 and f64 and back, round to nearest even: the plain C
 * definitions that the public calls use and that the widening kernels are checked against. */
#ifndef PWI_FORMATS_DTYPE_H
#define PWI_FORMATS_DTYPE_H

#include <padwise/tensor.h>

float pwi_f16_to_f32(uint16_t bits);
float pwi_bf16_to_f32(uint16_t bits);
float pwi_e4m3_to_f32(
    uint8_t bits); /* e4m3fn: bias 7, no infinity, 0x7F and 0xFF NaN, largest 448 */
float pwi_e5m2_to_f32(uint8_t bits);

uint16_t pwi_f32_to_f16(float value);
uint16_t pwi_f32_to_bf16(float value);
uint8_t pwi_f32_to_e4m3(float value); /* over 448 (after rounding): NaN, as PyTorch */
uint8_t pwi_f32_to_e5m2(float value);

/* F32, F64 and the dtypes above: what pw_f32_to_dtype accepts. */
bool pwi_dtype_is_float(pw_dtype dtype);

/* n elements of a computable dtype, at any address, widened. */
void pwi_widen_to_f64(pw_dtype dtype, const void *in, size_t n, double *out);

/* n doubles rounded once, to nearest even, to a float dtype. */
void pwi_f64_to_dtype(pw_dtype dtype, void *out, const double *in, size_t n);

/* Bytes of n elements; false if they do not fill whole bytes or do not fit size_t. */
bool pwi_dtype_size(pw_dtype dtype, uint64_t n_elements, uint64_t *bytes);

/* Product of a shape; false if a dimension is negative, or if the product of the dimensions
 * that are not 0 (and so some stride) does not fit 64 bits. */
bool pwi_shape_elements(const int64_t *shape, int32_t rank, uint64_t *n_elements);

#endif
