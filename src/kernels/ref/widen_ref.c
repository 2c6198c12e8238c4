/* SPDX-License-Identifier: MIT */
/* Widening to f32, element by element, by the definitions of formats/dtype.h. */
#include "kernels/ref/widen_ref.h"

#include <string.h>

#include "formats/dtype.h"
#include "kernels/levels.h"

static float element(const unsigned char *bytes, pw_dtype dtype)
{
    uint16_t half;
    float value;

    switch (dtype) {
    case PW_F32:
        memcpy(&value, bytes, 4);
        return value;
    case PW_F16:
        memcpy(&half, bytes, 2);
        return pwi_f16_to_f32(half);
    case PW_BF16:
        memcpy(&half, bytes, 2);
        return pwi_bf16_to_f32(half);
    case PW_F8_E4M3:
        return pwi_e4m3_to_f32(*bytes);
    default:
        PW_ASSERT(dtype == PW_F8_E5M2);
        return pwi_e5m2_to_f32(*bytes);
    }
}

void pwi_widen_ref(float *out, const void *in, pw_dtype dtype, size_t n, float scale)
{
    const size_t size = pw_dtype_bits(dtype) / 8;
    const unsigned char *bytes = in;

    for (size_t i = 0; i < n; i++)
        out[i] = element(bytes + i * size, dtype) * scale;
}

void pwi_kernels_ref_widen(pwi_kernels *kernels)
{
    kernels->widen = pwi_widen_ref;
}
