/* SPDX-License-Identifier: MIT */
/* One-sided Jacobi. It is slower than bidiagonalisation and more exact: small singular values
 * keep their relative precision (Demmel and Veselic 1992), and equal ones do no harm. */
#include "base/svd.h"

#include <float.h>
#include <math.h>

#define SWEEPS_MAX 100

struct matrix {
    double *rows; /* [n, width] */
    double *left; /* [n, n] or NULL */
    size_t n, width;
    double orthogonal; /* the cosine of two rows that counts as 0: what f64 keeps of a sum of
                          `width` products */
    double least;      /* the length of a row that is rounding */
};

/* Four sums need not wait for each other, and their order is fixed. */
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

/* (a, b) becomes (c a - s b, s a + c b). */
static void rotate(double *a, double *b, size_t n, double c, double s)
{
    for (size_t i = 0; i < n; i++) {
        const double x = a[i], y = b[i];

        a[i] = c * x - s * y;
        b[i] = s * x + c * y;
    }
}

static void swap(double *a, double *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double x = a[i];

        a[i] = b[i];
        b[i] = x;
    }
}

/* Make rows p and q orthogonal; false if they were. */
static bool turn(const struct matrix *m, size_t p, size_t q)
{
    double *a = m->rows + p * m->width, *b = m->rows + q * m->width;
    const double aa = dot(a, a, m->width), bb = dot(b, b, m->width), ab = dot(a, b, m->width);
    const double length_a = sqrt(aa), length_b = sqrt(bb);
    double zeta, t, c;

    if (length_a <= m->least || length_b <= m->least ||
        fabs(ab) <= m->orthogonal * length_a * length_b)
        return false;
    zeta = (bb - aa) / (2.0 * ab);
    t = (zeta < 0.0 ? -1.0 : 1.0) / (fabs(zeta) + hypot(1.0, zeta));
    c = 1.0 / sqrt(1.0 + t * t);
    rotate(a, b, m->width, c, c * t);
    if (m->left != NULL)
        rotate(m->left + p * m->n, m->left + q * m->n, m->n, c, c * t);
    return true;
}

static pw_status turn_all(const struct matrix *m, const pw_context *ctx, const char *stage,
                          pw_error *err)
{
    for (size_t i = 0; i < SWEEPS_MAX; i++) {
        bool was_turned = false;

        for (size_t p = 0; p + 1 < m->n; p++) {
            if (ctx != NULL)
                PWI_TRY(pwi_progress(ctx, stage, i * m->n + p, SWEEPS_MAX * m->n, err));
            for (size_t q = p + 1; q < m->n; q++)
                was_turned = turn(m, p, q) || was_turned;
        }
        if (!was_turned)
            return PW_OK;
    }
    return PWI_FAIL(err, PW_ERR_ARGUMENT,
                    "%s: no singular values of the %zu x %zu numbers came out in %d sweeps",
                    stage, m->n, m->width, SWEEPS_MAX);
}

static void order(const struct matrix *m, double *sigma)
{
    for (size_t k = 0; k < m->n; k++)
        sigma[k] = sqrt(dot(m->rows + k * m->width, m->rows + k * m->width, m->width));
    for (size_t k = 0; k < m->n; k++) {
        size_t greatest = k;

        for (size_t i = k + 1; i < m->n; i++)
            greatest = sigma[i] > sigma[greatest] ? i : greatest;
        if (greatest == k)
            continue;
        swap(sigma + k, sigma + greatest, 1);
        swap(m->rows + k * m->width, m->rows + greatest * m->width, m->width);
        if (m->left != NULL)
            swap(m->left + k * m->n, m->left + greatest * m->n, m->n);
    }
}

pw_status pwi_svd(double *rows, double *left, double *sigma, size_t n, size_t width,
                  const pw_context *ctx, const char *stage, pw_error *err)
{
    const double length = sqrt(dot(rows, rows, n * width));
    struct matrix m = {.rows = rows, .left = left, .n = n, .width = width};

    if (!isfinite(length))
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "%s: singular values are for finite numbers whose squares are finite, "
                        "too",
                        stage);
    m.orthogonal = DBL_EPSILON * sqrt((double)width);
    m.least = m.orthogonal * length;
    for (size_t i = 0; left != NULL && i < n * n; i++)
        left[i] = i % (n + 1) == 0 ? 1.0 : 0.0;
    PWI_TRY(turn_all(&m, ctx, stage, err));
    order(&m, sigma);
    return PW_OK;
}
