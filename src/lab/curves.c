/* SPDX-License-Identifier: MIT */
/* Curves by position, and where their level changes. */
#include <math.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/error.h"
#include "lab/lab_rows.h"

static double cosine_to(const float *a, const float *b, double bb, size_t width)
{
    if (b == NULL)
        return NAN;
    return pwi_cosine(pwi_dot_f32(a, b, width), pwi_dot_f32(a, a, width), bb);
}

void pw_rows_curves(double *norm, double *cos_bos, double *cos_eos, double *cos_before,
                    const pw_rows *rows)
{
    const size_t width = rows->width;
    const float *bos = pwi_rows_first(rows, PW_ROW_BOS);
    const float *eos = pwi_rows_first(rows, PW_ROW_EOS);
    const double bos_square = bos == NULL ? NAN : pwi_dot_f32(bos, bos, width);
    const double eos_square = eos == NULL ? NAN : pwi_dot_f32(eos, eos, width);

    for (size_t i = 0; i < rows->n_rows; i++) {
        const float *row = rows->values + i * width;
        const float *before = i == 0 ? NULL : row - width;

        if (norm != NULL)
            norm[i] = sqrt(pwi_dot_f32(row, row, width));
        if (cos_bos != NULL)
            cos_bos[i] = cosine_to(row, bos, bos_square, width);
        if (cos_eos != NULL)
            cos_eos[i] = cosine_to(row, eos, eos_square, width);
        if (cos_before != NULL)
            cos_before[i] = cosine_to(
                row, before, before == NULL ? NAN : pwi_dot_f32(before, before, width), width);
    }
}

/* Optimal partitioning: least[j] is the cost of the best cut of the first j values, last[j]
 * where its last stretch begins. */
struct partition {
    size_t n_curves, n;
    double *sums, *squares; /* [n_curves, n + 1]: of the first values of each curve */
    double *least;          /* [n + 1] */
    size_t *last;           /* [n + 1] */
};

static void add_up(struct partition *p, const double *const *curves)
{
    for (size_t c = 0; c < p->n_curves; c++) {
        double *sums = p->sums + c * (p->n + 1), *squares = p->squares + c * (p->n + 1);
        double mean = 0.0;

        /* About the curve's mean, so that differences of squares lose nothing. */
        for (size_t i = 0; i < p->n; i++)
            mean += curves[c][i] / (double)p->n;
        sums[0] = squares[0] = 0.0;
        for (size_t i = 0; i < p->n; i++) {
            const double value = curves[c][i] - mean;

            sums[i + 1] = sums[i] + value;
            squares[i + 1] = squares[i] + value * value;
        }
    }
}

/* The squared deviations of the values i..j-1 from their mean, over all curves. */
static double cost(const struct partition *p, size_t i, size_t j)
{
    double squares = 0.0;

    for (size_t c = 0; c < p->n_curves; c++) {
        const size_t at = c * (p->n + 1);
        const double sum = p->sums[at + j] - p->sums[at + i];

        squares += p->squares[at + j] - p->squares[at + i] - sum * sum / (double)(j - i);
    }
    return squares;
}

static void find_best(struct partition *p, double penalty)
{
    p->least[0] = -penalty;
    for (size_t j = 1; j <= p->n; j++) {
        p->least[j] = INFINITY;
        for (size_t i = 0; i < j; i++) {
            const double total = p->least[i] + penalty + cost(p, i, j);

            if (total < p->least[j]) {
                p->least[j] = total;
                p->last[j] = i;
            }
        }
    }
}

static size_t read_starts(const struct partition *p, size_t *starts)
{
    size_t n = 0;

    for (size_t j = p->last[p->n]; j > 0; j = p->last[j])
        n++;
    for (size_t j = p->last[p->n], i = n; j > 0; j = p->last[j])
        starts[--i] = j;
    return n;
}

pw_status pw_change_points(size_t *starts, size_t *n_starts, pw_context *ctx,
                           const double *const *curves, size_t n_curves, size_t n,
                           double least_spread, pw_error *err)
{
    struct partition p = {.n_curves = n_curves, .n = n};
    const size_t n_doubles = (2 * n_curves + 1) * (n + 1);
    double total;

    *n_starts = 0;
    if (n > PW_LAB_ROWS_MAX || n_curves > PW_LAB_CURVES_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "%zu curves of %zu points are over the limit of %d of %d", n_curves, n,
                        PW_LAB_CURVES_MAX, PW_LAB_ROWS_MAX);
    if (n < 2)
        return PW_OK;
    p.sums = pwi_alloc_array(&ctx->allocator, n_doubles, sizeof(*p.sums));
    p.last = pwi_alloc_array(&ctx->allocator, n + 1, sizeof(*p.last));
    if (p.sums != NULL && p.last != NULL) {
        p.squares = p.sums + n_curves * (n + 1);
        p.least = p.squares + n_curves * (n + 1);
        add_up(&p, curves);
        total = cost(&p, 0, n);
        if (total > least_spread * least_spread * (double)n * (double)n_curves) {
            find_best(&p, PW_CHANGE_SHARE * total);
            *n_starts = read_starts(&p, starts);
        }
    }
    pwi_free_array(&ctx->allocator, p.last, n + 1, sizeof(*p.last));
    pwi_free_array(&ctx->allocator, p.sums, n_doubles, sizeof(*p.sums));
    return p.sums == NULL || p.last == NULL ? pwi_fail_memory(err) : PW_OK;
}
