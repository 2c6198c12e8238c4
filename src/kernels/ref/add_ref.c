/* SPDX-License-Identifier: MIT */
/* Elementwise sum. */
#include "kernels/levels.h"

static void add_ref(float *out, const float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] + b[i];
}

void pwi_kernels_ref_add(pwi_kernels *kernels)
{
    kernels->add = add_ref;
}
