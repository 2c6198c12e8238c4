/* SPDX-License-Identifier: MIT */
/* LayerNorm, the definition, in double (Ba, Kiros, Hinton 2016). */
#include <math.h>

#include "kernels/levels.h"

static void normalize_row(float *out, const float *x, const float *gain, const float *bias,
                          size_t dim, double epsilon)
{
    double sum = 0.0, sum_squares = 0.0;

    for (size_t i = 0; i < dim; i++)
        sum += (double)x[i];
    const double mean = sum / (double)dim;
    for (size_t i = 0; i < dim; i++)
        sum_squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    const double scale = 1.0 / sqrt(sum_squares / (double)dim + epsilon);
    for (size_t i = 0; i < dim; i++)
        out[i] = (float)(((double)x[i] - mean) * scale * (double)gain[i] + (double)bias[i]);
}

static void layer_norm_ref(float *out, size_t out_stride, const float *x, size_t x_stride,
                           const float *gain, const float *bias, size_t n_rows, size_t dim,
                           float epsilon)
{
    for (size_t row = 0; row < n_rows; row++, x += x_stride, out += out_stride)
        normalize_row(out, x, gain, bias, dim, (double)epsilon);
}

void pwi_kernels_ref_layer_norm(pwi_kernels *kernels)
{
    kernels->layer_norm = layer_norm_ref;
}
