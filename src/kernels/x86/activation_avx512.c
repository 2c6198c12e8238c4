/* SPDX-License-Identifier: MIT */
/* The activations over arrays; the arithmetic is math_avx512.h's, as in gemm's epilogues. */
#include "kernels/levels.h"
#include "kernels/x86/math_avx512.h"

static void quick_gelu_avx512(float *out, const float *x, size_t n)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        _mm512_storeu_ps(out + i, quick_gelu_lanes(_mm512_loadu_ps(x + i)));
    if (i < n)
        store_part(out + i, quick_gelu_lanes(load_part(x + i, n - i)), n - i);
}

static void gelu_avx512(float *out, const float *x, size_t n)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        _mm512_storeu_ps(out + i, gelu_lanes(_mm512_loadu_ps(x + i)));
    if (i < n)
        store_part(out + i, gelu_lanes(load_part(x + i, n - i)), n - i);
}

void PWI_FILL(avx512_activation)(pwi_kernels *kernels)
{
    kernels->quick_gelu = quick_gelu_avx512;
    kernels->gelu = gelu_avx512;
}
