/* SPDX-License-Identifier: MIT */
/* Elementwise sum. */
#include "kernels/levels.h"
#include "kernels/x86/vector_avx2.h"

static void add_avx2(float *out, const float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i += LANES)
        store_part(out + i, _mm256_add_ps(load_part(a + i, n - i), load_part(b + i, n - i)),
                   n - i);
}

void pwi_kernels_avx2_add(pwi_kernels *kernels)
{
    kernels->add = add_avx2;
}
