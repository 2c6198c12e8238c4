/* SPDX-License-Identifier: MIT */
/* How numbers enter products of integers and of bf16. */
#include <math.h>

#include "formats/dtype.h"
#include "kernels/levels.h"

static float max_abs_ref(const float *x, size_t n)
{
    float largest = 0.0f;

    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]))
            return x[i];
        largest = fabsf(x[i]) > largest ? fabsf(x[i]) : largest;
    }
    return largest;
}

static void quantize_ref(int16_t *out, const float *x, size_t n, float scale, int32_t limit)
{
    for (size_t i = 0; i < n; i++) {
        const float value = x[i] * scale, bound = (float)limit;
        const float clamped = value > bound ? bound : value < -bound ? -bound : value;

        out[i] = isnan(clamped) ? 0 : (int16_t)nearbyintf(clamped);
    }
}

static void narrow_bf16_ref(uint16_t *out, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = pwi_f32_to_bf16(x[i]);
}

void pwi_kernels_ref_integers(pwi_kernels *kernels)
{
    kernels->max_abs = max_abs_ref;
    kernels->quantize = quantize_ref;
    kernels->narrow_bf16 = narrow_bf16_ref;
}
