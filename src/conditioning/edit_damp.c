/* SPDX-License-Identifier: MIT */
/* Damping singular values (SuppressEOT, Li et al. 2024, section 3: s becomes s exp(-s)):
 * M = U S V^T becomes U exp(-S) (S V^T). Nothing is divided by a singular value, so those that
 * are zero do no harm. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/svd.h"
#include "conditioning/edit.h"

/* A matrix with no more rows than columns, and its parts. */
struct damping {
    double *scaled; /* [n, dim]: M, then S V^T */
    double *left;   /* [n, n]: the columns of U */
    double *sigma;  /* [n] */
    size_t n, dim;
};

/* U exp(-S) (S V^T) into out [n, dim]. */
static void rebuild(const struct damping *damping, double *out)
{
    const size_t n = damping->n, dim = damping->dim;

    memset(out, 0, n * dim * sizeof(*out));
    for (size_t k = 0; k < n; k++) {
        const double *row = damping->scaled + k * dim;
        const double factor = exp(-damping->sigma[k]);

        for (size_t r = 0; r < n; r++) {
            const double share = factor * damping->left[k * n + r];

            for (size_t i = 0; i < dim; i++)
                out[r * dim + i] += share * row[i];
        }
    }
}

static void transpose(double *out, const double *in, size_t n_rows, size_t dim)
{
    for (size_t r = 0; r < n_rows; r++)
        for (size_t i = 0; i < dim; i++)
            out[i * n_rows + r] = in[r * dim + i];
}

/* M or, where it has more rows than columns, its transpose, which has the same values. */
static pw_status damp_all(const pw_context *ctx, const struct damping *damping, double *rows,
                          size_t n_rows, size_t dim, pw_error *err)
{
    const bool is_tall = n_rows > dim;

    if (is_tall)
        transpose(damping->scaled, rows, n_rows, dim);
    else
        memcpy(damping->scaled, rows, n_rows * dim * sizeof(*rows));
    PWI_TRY(pwi_svd(damping->scaled, damping->left, damping->sigma, damping->n, damping->dim,
                    ctx, "damping", err));
    rebuild(damping, rows);
    if (is_tall) {
        memcpy(damping->scaled, rows, n_rows * dim * sizeof(*rows));
        transpose(rows, damping->scaled, dim, n_rows);
    }
    return PW_OK;
}

pw_status pwi_damp(pw_context *ctx, double *rows, size_t n_rows, size_t dim, pw_error *err)
{
    const pw_allocator *allocator = &ctx->allocator;
    struct damping damping = {.n = n_rows < dim ? n_rows : dim,
                              .dim = n_rows < dim ? dim : n_rows};
    pw_status status;

    if (damping.n > PW_EDIT_DAMP_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "edit: damp takes at most %d rows or columns, not %zu",
                        PW_EDIT_DAMP_MAX, damping.n);
    damping.scaled = PWI_ARRAY(allocator, double, n_rows *dim);
    damping.left = PWI_ARRAY(allocator, double, damping.n *damping.n);
    damping.sigma = PWI_ARRAY(allocator, double, damping.n);
    if (damping.scaled == NULL || damping.left == NULL || damping.sigma == NULL)
        status = pwi_fail_memory(err);
    else
        status = damp_all(ctx, &damping, rows, n_rows, dim, err);
    pwi_free_array(allocator, damping.scaled, n_rows * dim, sizeof(double));
    pwi_free_array(allocator, damping.left, damping.n * damping.n, sizeof(double));
    pwi_free_array(allocator, damping.sigma, damping.n, sizeof(double));
    return status;
}
