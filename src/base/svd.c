/* SPDX-License-Identifier: MIT */
/* One-sided Jacobi. It is slower than bidiagonalisation and more exact: small singular values
 * keep their relative precision, and equal ones do no harm. */
#include "base/svd.h"

#include <float.h>
#include <math.h>

#define SWEEPS_MAX 100

/* Rows of `width` numbers whose cosine is below epsilon(width) are orthogonal as far as f64 can
 * tell: the sum of their products is rounded that much. */
static double epsilon(size_t width)
{
    return DBL_EPSILON * sqrt((double)width);
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
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

/* Make rows p and q orthogonal; false if they were. Lengths below `least` are rounding. */
static bool turn(double *rows, double *left, size_t n, size_t width, size_t p, size_t q,
                 double least)
{
    double *a = rows + p * width, *b = rows + q * width;
    const double aa = dot(a, a, width), bb = dot(b, b, width), ab = dot(a, b, width);
    double zeta, t, c;

    if (aa <= least * least || bb <= least * least ||
        fabs(ab) <= epsilon(width) * sqrt(aa * bb))
        return false;
    zeta = (bb - aa) / (2.0 * ab);
    t = (zeta < 0.0 ? -1.0 : 1.0) / (fabs(zeta) + hypot(1.0, zeta));
    c = 1.0 / hypot(1.0, t);
    rotate(a, b, width, c, c * t);
    if (left != NULL)
        rotate(left + p * n, left + q * n, n, c, c * t);
    return true;
}

static void order(double *rows, double *left, double *sigma, size_t n, size_t width)
{
    for (size_t k = 0; k < n; k++)
        sigma[k] = sqrt(dot(rows + k * width, rows + k * width, width));
    for (size_t k = 0; k < n; k++) {
        size_t greatest = k;

        for (size_t i = k + 1; i < n; i++)
            greatest = sigma[i] > sigma[greatest] ? i : greatest;
        if (greatest == k)
            continue;
        swap(sigma + k, sigma + greatest, 1);
        swap(rows + k * width, rows + greatest * width, width);
        if (left != NULL)
            swap(left + k * n, left + greatest * n, n);
    }
}

bool pwi_svd(double *rows, double *left, double *sigma, size_t n, size_t width)
{
    const double least = epsilon(width) * sqrt(dot(rows, rows, n * width));
    bool was_turned = true;

    for (size_t i = 0; left != NULL && i < n * n; i++)
        left[i] = i % (n + 1) == 0 ? 1.0 : 0.0;
    for (int i = 0; i < SWEEPS_MAX && was_turned; i++) {
        was_turned = false;
        for (size_t p = 0; p + 1 < n; p++)
            for (size_t q = p + 1; q < n; q++)
                was_turned = turn(rows, left, n, width, p, q, least) || was_turned;
    }
    order(rows, left, sigma, n, width);
    return !was_turned;
}
