/* SPDX-License-Identifier: MIT */
/* The reference widening, for the reference product. */
#ifndef PWI_KERNELS_REF_WIDEN_REF_H
#define PWI_KERNELS_REF_WIDEN_REF_H

#include <padwise/tensor.h>

/* out[i] = in[i] * scale; in: n elements of F32, F16, BF16, F8_E4M3 or F8_E5M2, any alignment.
 */
void pwi_widen_ref(float *out, const void *in, pw_dtype dtype, size_t n, float scale);

#endif
