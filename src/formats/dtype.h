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

/* Bytes of n elements; false if they do not fill whole bytes or do not fit size_t. */
bool pwi_dtype_size(pw_dtype dtype, uint64_t n_elements, uint64_t *bytes);

/* Product of a shape, and every stride, in 64 bits. PW_ERR_OVERFLOW. */
bool pwi_shape_elements(const int64_t *shape, int32_t rank, uint64_t *n_elements);

#endif
