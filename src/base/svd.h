/* SPDX-License-Identifier: MIT */
/* Singular values of a small dense matrix, in f64. */
#ifndef PWI_BASE_SVD_H
#define PWI_BASE_SVD_H

#include "base/context.h"

/* A = U S V^T by one-sided Jacobi rotations (Hestenes 1958): rows of A are turned in pairs
 * until all are orthogonal. The same input gives the same bits on every machine. The time goes
 * with n * n * width: of a matrix with more rows than columns the transpose is cheaper.
 *  @param rows   f64 [n, width]: A; on return row k is the k-th singular value times its right
 *                vector.
 *  @param left   f64 [n, n], or NULL: on return row k is the k-th left singular vector, so that
 *                A[i] = sum over k of left[k][i] * rows[k].
 *  @param sigma  f64 [n]: singular values, greatest first; beyond the rank they are 0 or of the
 *                size of rounding.
 *  @param ctx    is told of progress; NULL: nobody is.
 *  @param stage  what is being done, for progress and errors: "damping".
 *  @return PW_OK; PW_ERR_ARGUMENT (a number, or the sum of squares, is not finite; or the rows
 *          were not orthogonal after many sweeps, which finite values do not bring about);
 *          PW_ERR_CANCELLED. `rows` and `left` hold nothing of use after a failure. */
pw_status pwi_svd(double *rows, double *left, double *sigma, size_t n, size_t width,
                  const pw_context *ctx, const char *stage, pw_error *err);

#endif
