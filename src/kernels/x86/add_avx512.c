/* SPDX-License-Identifier: MIT */
/* Elementwise sum. */
#include "kernels/levels.h"
#include "kernels/x86/vector_avx512.h"

static void add_avx512(float *out, const float *a, const float *b, size_t n)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        _mm512_storeu_ps(out + i,
                         _mm512_add_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i)));
    if (i < n)
        store_part(out + i, _mm512_add_ps(load_part(a + i, n - i), load_part(b + i, n - i)),
                   n - i);
}

void PWI_FILL(avx512_add)(pwi_kernels *kernels)
{
    kernels->add = add_avx512;
}
