/* SPDX-License-Identifier: MIT */
/* What a product multiplies in truth: rows and weights after the rounding that its precision
 * stands for, rebuilt from the rules in docs/precision.md. */
#ifndef PWI_TESTS_CHECK_OPERANDS_H
#define PWI_TESTS_CHECK_OPERANDS_H

#include "checkkern.h"

/* Rows of x and of W, in double. */
struct operands {
    double *x, *w;        /* [m, k], [n, k] */
    double *x_magnitudes; /* [m, k] of the terms that make up an element of x */
};

/* x [m, k], row i at x + i * stride, and prepared (NULL: it enters as it is): row i at prepared
 * + i * row_bytes. weights: what the file says, [n, k] in f32. */
struct operands operands_new(struct check *check, const struct matrix *x, const char *prepared,
                             size_t row_bytes, const float *weights, size_t n);

/* The first n_x elements of x and n_w of w to the nearest bf16. */
void operands_narrow(struct operands *operands, size_t n_x, size_t n_w);
void operands_free(struct operands *operands);

#endif
