/* SPDX-License-Identifier: MIT */
/* Damping singular values (SuppressEOT, Li et al. 2024, section 3: s becomes s exp(-s)), by a
 * one-sided Jacobi method (Hestenes 1958; Demmel, Veselic 1992): rotations J make the rows of
 * J M orthogonal; their norms are the singular values, and M becomes J^T diag(exp(-s)) J M.
 * Nothing is divided by a singular value, so those that are zero do no harm. The order of the
 * rotations is fixed: the same rows give the same bits. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "conditioning/edit.h"

#define SWEEPS_MAX 60

struct jacobi {
    double *rows;      /* J M, [n, dim] */
    double *rotations; /* J, [n, n] */
    size_t n, dim;
    double orthogonal; /* the cosine of two rows that counts as 0: what f64 keeps of a dot
                          product of dim terms */
};

static double dot(const double *a, const double *b, size_t n)
{
    double sums[4] = {0.0, 0.0, 0.0, 0.0};
    size_t i = 0;

    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++)
            sums[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        sums[0] += a[i] * b[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static void rotate(double *a, double *b, size_t n, double cosine, double sine)
{
    for (size_t i = 0; i < n; i++) {
        const double x = a[i], y = b[i];

        a[i] = cosine * x - sine * y;
        b[i] = sine * x + cosine * y;
    }
}

/* Make two rows orthogonal; false if they were. */
static bool rotate_pair(struct jacobi *jacobi, size_t p, size_t q)
{
    double *a = jacobi->rows + p * jacobi->dim, *b = jacobi->rows + q * jacobi->dim;
    const double aa = dot(a, a, jacobi->dim), bb = dot(b, b, jacobi->dim);
    const double ab = dot(a, b, jacobi->dim);
    double zeta, tangent, cosine;

    if (fabs(ab) <= jacobi->orthogonal * sqrt(aa) * sqrt(bb))
        return false;
    zeta = (bb - aa) / (2.0 * ab);
    tangent = copysign(1.0, zeta) / (fabs(zeta) + hypot(1.0, zeta));
    cosine = 1.0 / sqrt(1.0 + tangent * tangent);
    rotate(a, b, jacobi->dim, cosine, cosine * tangent);
    rotate(jacobi->rotations + p * jacobi->n, jacobi->rotations + q * jacobi->n, jacobi->n,
           cosine, cosine * tangent);
    return true;
}

static pw_status orthogonalize(pw_context *ctx, struct jacobi *jacobi, pw_error *err)
{
    bool is_rotated = true;

    for (size_t sweep = 0; is_rotated && sweep < SWEEPS_MAX; sweep++) {
        is_rotated = false;
        for (size_t p = 0; p + 1 < jacobi->n; p++) {
            PWI_TRY(pwi_progress(ctx, "damping", sweep * jacobi->n + p, SWEEPS_MAX * jacobi->n,
                                 err));
            for (size_t q = p + 1; q < jacobi->n; q++)
                is_rotated = rotate_pair(jacobi, p, q) || is_rotated;
        }
    }
    return PW_OK;
}

/* J^T diag(exp(-s)) (J M) into out [n, dim]. */
static void rebuild(struct jacobi *jacobi, double *out)
{
    const size_t n = jacobi->n, dim = jacobi->dim;

    memset(out, 0, n * dim * sizeof(*out));
    for (size_t k = 0; k < n; k++) {
        double *row = jacobi->rows + k * dim;
        const double factor = exp(-sqrt(dot(row, row, dim)));

        for (size_t i = 0; i < dim; i++)
            row[i] *= factor;
        for (size_t r = 0; r < n; r++)
            for (size_t i = 0; i < dim; i++)
                out[r * dim + i] += jacobi->rotations[k * n + r] * row[i];
    }
}

static void transpose(double *out, const double *in, size_t n_rows, size_t dim)
{
    for (size_t r = 0; r < n_rows; r++)
        for (size_t i = 0; i < dim; i++)
            out[i * n_rows + r] = in[r * dim + i];
}

/* M or, where it has more rows than columns, its transpose, which has the same values. */
static pw_status damp_all(pw_context *ctx, struct jacobi *jacobi, double *rows, size_t n_rows,
                          size_t dim, pw_error *err)
{
    const bool is_tall = n_rows > dim;

    if (is_tall)
        transpose(jacobi->rows, rows, n_rows, dim);
    else
        memcpy(jacobi->rows, rows, n_rows * dim * sizeof(*rows));
    for (size_t i = 0; i < jacobi->n; i++)
        jacobi->rotations[i * jacobi->n + i] = 1.0;
    PWI_TRY(orthogonalize(ctx, jacobi, err));
    rebuild(jacobi, rows);
    if (is_tall) {
        memcpy(jacobi->rows, rows, n_rows * dim * sizeof(*rows));
        transpose(rows, jacobi->rows, dim, n_rows);
    }
    return PW_OK;
}

pw_status pwi_damp(pw_context *ctx, double *rows, size_t n_rows, size_t dim, pw_error *err)
{
    const pw_allocator *allocator = &ctx->allocator;
    struct jacobi jacobi = {.n = n_rows < dim ? n_rows : dim,
                            .dim = n_rows < dim ? dim : n_rows};
    pw_status status = PW_OK;

    jacobi.orthogonal = sqrt((double)jacobi.dim) * DBL_EPSILON;
    if (jacobi.n > PW_EDIT_DAMP_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "edit: damp takes at most %d rows or columns, not %zu",
                        PW_EDIT_DAMP_MAX, jacobi.n);
    if (!isfinite(dot(rows, rows, n_rows * dim)))
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "edit: damp needs finite numbers whose squares are finite, too");
    jacobi.rows = PWI_ARRAY(allocator, double, n_rows *dim);
    jacobi.rotations = pwi_alloc_zeroed(allocator, jacobi.n * jacobi.n, sizeof(double));
    if (jacobi.rows == NULL || jacobi.rotations == NULL)
        status = pwi_fail_memory(err);
    else
        status = damp_all(ctx, &jacobi, rows, n_rows, dim, err);
    pwi_free_array(allocator, jacobi.rows, n_rows * dim, sizeof(double));
    pwi_free_array(allocator, jacobi.rotations, jacobi.n * jacobi.n, sizeof(double));
    return status;
}
