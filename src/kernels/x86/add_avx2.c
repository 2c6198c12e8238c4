/* SPDX-License-Identifier: MIT */
/* Elementwise sum. */
#include "kernels/levels.h"
#include "kernels/x86/vector_avx2.h"

static inline void add_part(float *out, const float *a, const float *b, size_t n)
{
    store_part(out, _mm256_add_ps(load_part(a, n), load_part(b, n)), n);
}

static void add_avx2(float *out, const float *a, const float *b, size_t n)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        add_part(out + i, a + i, b + i, LANES);
    if (i < n)
        add_part(out + i, a + i, b + i, n - i);
}

void pwi_kernels_avx2_add(pwi_kernels *kernels)
{
    kernels->add = add_avx2;
}
