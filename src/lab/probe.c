/* SPDX-License-Identifier: MIT */
/* What can be told from a vector: its nearest neighbour, and a label by a linear classifier. */
#include <math.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/error.h"
#include "lab/lab_rows.h"

/* Added to the diagonal of products that are scaled to a mean square of 1: small beside them,
 * large beside rounding. */
#define RIDGE 1e-3

void pw_vectors_nearest(size_t *nearest, const double *cosine, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        nearest[i] = n;
        for (size_t j = 0; j < n; j++) {
            if (j == i || isnan(cosine[i * n + j]))
                continue;
            if (nearest[i] == n || cosine[i * n + j] > cosine[i * n + nearest[i]])
                nearest[i] = j;
        }
    }
}

/* Products of the vectors, scaled, with a constant 1 for the classifier's own constant and the
 * ridge on the diagonal: the matrix that ridge regression inverts. */
static void fill_products(double *products, const double *vectors, size_t n, size_t width)
{
    double trace = 0.0;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = i; j < n; j++) {
            double sum = 0.0;

            for (size_t k = 0; k < width; k++)
                sum += vectors[i * width + k] * vectors[j * width + k];
            products[i * n + j] = products[j * n + i] = sum;
        }
        trace += products[i * n + i];
    }
    for (size_t i = 0; i < n * n; i++)
        products[i] = (trace > 0.0 ? products[i] * (double)n / trace : 0.0) + 1.0;
    for (size_t i = 0; i < n; i++)
        products[i * n + i] += RIDGE;
}

/* The inverse of a symmetric positive definite matrix, in place (Gauss and Jordan; such a
 * matrix needs no pivots). */
static void invert(double *matrix, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const double pivot = 1.0 / matrix[k * n + k];

        matrix[k * n + k] = 1.0;
        for (size_t j = 0; j < n; j++)
            matrix[k * n + j] *= pivot;
        for (size_t i = 0; i < n; i++) {
            const double factor = matrix[i * n + k];

            if (i == k)
                continue;
            matrix[i * n + k] = 0.0;
            for (size_t j = 0; j < n; j++)
                matrix[i * n + j] -= factor * matrix[k * n + j];
        }
    }
}

/* What a classifier fitted without item i says of it for one label: y_i - alpha_i / G_ii. */
static double judge(const double *inverse, size_t n, size_t i, const size_t *labels,
                    size_t label)
{
    double alpha = 0.0;

    for (size_t j = 0; j < n; j++)
        alpha += inverse[i * n + j] * (labels[j] == label ? 1.0 : -1.0);
    return (labels[i] == label ? 1.0 : -1.0) - alpha / inverse[i * n + i];
}

pw_status pw_vectors_linear_probe(double *right, pw_context *ctx, const double *vectors,
                                  size_t n, size_t width, const size_t *labels, size_t n_labels,
                                  pw_error *err)
{
    double *matrix;

    if (n > PW_LAB_INPUTS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "%zu items are over the limit of %d", n,
                        PW_LAB_INPUTS_MAX);
    matrix = pwi_alloc_array(&ctx->allocator, n * n, sizeof(*matrix));
    if (matrix == NULL)
        return pwi_fail_memory(err);
    fill_products(matrix, vectors, n, width);
    invert(matrix, n);
    for (size_t i = 0; i < n; i++) {
        double best = -INFINITY;
        size_t found = n_labels;

        for (size_t label = 0; label < n_labels; label++) {
            const double score = judge(matrix, n, i, labels, label);

            if (score > best) {
                best = score;
                found = label;
            }
        }
        right[i] = found == labels[i] ? 1.0 : 0.0;
    }
    pwi_free_array(&ctx->allocator, matrix, n * n, sizeof(*matrix));
    return PW_OK;
}
