/* SPDX-License-Identifier: MIT */
/* Activations, the definitions. Minus infinity gives NaN, as in PyTorch: -inf times 0. */
#include "kernels/ref/activation_ref.h"

#include <math.h>

#include "kernels/levels.h"

#define SQRT_HALF 0.70710678118654752440

double pwi_quick_gelu_ref(double x)
{
    return x / (1.0 + exp(-1.702 * x));
}

double pwi_gelu_ref(double x)
{
    return x * (0.5 * erfc(-x * SQRT_HALF));
}

static void quick_gelu_ref(float *out, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (float)pwi_quick_gelu_ref((double)x[i]);
}

static void gelu_ref(float *out, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (float)pwi_gelu_ref((double)x[i]);
}

void pwi_kernels_ref_activation(pwi_kernels *kernels)
{
    kernels->quick_gelu = quick_gelu_ref;
    kernels->gelu = gelu_ref;
}
