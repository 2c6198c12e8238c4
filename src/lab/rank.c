/* SPDX-License-Identifier: MIT */
/* How many directions a block of rows has. */
#include <math.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/context.h"
#include "base/error.h"
#include "base/svd.h"
#include "lab/lab_rows.h"

/* Directions that hold a share of the energy. */
static size_t rank_of(const double *sigma, size_t n, double total, double share)
{
    double sum = 0.0;

    for (size_t k = 0; k < n; k++) {
        sum += sigma[k] * sigma[k];
        if (sum >= share * total)
            return k + 1;
    }
    return n;
}

static double effective(const double *sigma, size_t n, double total)
{
    double entropy = 0.0;

    for (size_t k = 0; k < n; k++) {
        const double share = sigma[k] * sigma[k] / total;

        entropy -= share > 0.0 ? share * log(share) : 0.0;
    }
    return exp(entropy);
}

/* The share of the chosen rows in the plane that BOS and EOS span: along EOS, and along what of
 * BOS is at a right angle to it. NaN where there is no such plane. */
static double plane_share(const pw_rows *rows, const size_t *chosen, size_t n_chosen,
                          double total)
{
    const size_t width = rows->width;
    const float *bos = pwi_rows_first(rows, PW_ROW_BOS);
    const float *eos = pwi_rows_first(rows, PW_ROW_EOS);
    double ee, be, rest, sum = 0.0;

    if (bos == NULL || eos == NULL)
        return NAN;
    ee = pwi_dot_f32(eos, eos, width);
    be = pwi_dot_f32(bos, eos, width);
    rest = pwi_dot_f32(bos, bos, width) - be * be / ee;
    if (!(rest > 0.0))
        return NAN;
    for (size_t k = 0; k < n_chosen; k++) {
        const float *row = rows->values + chosen[k] * width;
        const double along = pwi_dot_f32(row, eos, width);
        const double across = pwi_dot_f32(row, bos, width) - along * be / ee;

        sum += along * along / ee + across * across / rest;
    }
    return sum / total;
}

static pw_status measure(pw_rank *out, double *sigma, const pw_rows *rows, double *block,
                         const size_t *chosen, size_t n_chosen, pw_error *err)
{
    double total = 0.0;

    for (size_t k = 0; k < n_chosen; k++)
        for (size_t i = 0; i < rows->width; i++) {
            const double value = rows->values[chosen[k] * rows->width + i];

            block[k * rows->width + i] = value;
            total += value * value;
        }
    if (total == 0.0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "all %zu rows are zeros: they have no directions",
                        n_chosen);
    PWI_TRY(pwi_svd(block, NULL, sigma, n_chosen, rows->width, NULL, "rank", err));
    out->n_rows = n_chosen;
    out->n_values = n_chosen < rows->width ? n_chosen : rows->width;
    for (size_t k = out->n_values; k < n_chosen; k++)
        sigma[k] = 0.0;
    out->rank_90 = rank_of(sigma, out->n_values, total, 0.90);
    out->rank_99 = rank_of(sigma, out->n_values, total, 0.99);
    out->effective = effective(sigma, out->n_values, total);
    out->plane = plane_share(rows, chosen, n_chosen, total);
    return PW_OK;
}

pw_status pw_rows_svd(pw_rank *out, double *sigma, pw_context *ctx, const pw_rows *rows,
                      const size_t *chosen, size_t n_chosen, pw_error *err)
{
    double *block;
    size_t n_values;
    pw_status status;

    *out = (pw_rank){0};
    PWI_TRY(pwi_rows_check_size(rows, err));
    if (n_chosen == 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "no rows are chosen");
    if (!pwi_mul_size(n_chosen, rows->width, &n_values))
        return PWI_FAIL(err, PW_ERR_LIMIT, "%zu rows are too many", n_chosen);
    block = pwi_alloc_array(&ctx->allocator, n_values, sizeof(*block));
    if (block == NULL)
        return pwi_fail_memory(err);
    status = measure(out, sigma, rows, block, chosen, n_chosen, err);
    pwi_free_array(&ctx->allocator, block, n_values, sizeof(*block));
    return status;
}
