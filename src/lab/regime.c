/* SPDX-License-Identifier: MIT */
/* Regimes of the pads: stretches that resemble EOS or BOS; the coordinates that dominate them.
 */
#include <math.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/error.h"
#include "lab/lab_rows.h"

/* A stretch resembles a row from this mean cosine on. */
#define LIKE 0.8

/* Cosines that spread less than this are of one level. */
#define SPREAD_MIN 0.02

const char *pw_regime_kind_name(pw_regime_kind kind)
{
    static const char *const names[PW_N_REGIME_KINDS] = {"EOS-like", "BOS-like", "mixed"};

    return (unsigned)kind < PW_N_REGIME_KINDS ? names[kind] : "?";
}

struct curves {
    double *norm, *cos_bos, *cos_eos; /* [n_rows] */
};

static double mean(const double *values, size_t begin, size_t end)
{
    double sum = 0.0;

    for (size_t i = begin; i < end; i++)
        sum += values[i];
    return sum / (double)(end - begin);
}

static void describe(pw_regime *regime, const struct curves *curves, double all_squares)
{
    const size_t begin = regime->begin, end = regime->end;

    regime->norm = mean(curves->norm, begin, end);
    regime->cos_bos = mean(curves->cos_bos, begin, end);
    regime->cos_eos = mean(curves->cos_eos, begin, end);
    regime->energy = 0.0;
    for (size_t i = begin; i < end; i++)
        regime->energy += curves->norm[i] * curves->norm[i] / all_squares;
    regime->kind = PW_REGIME_MIXED;
    if (regime->cos_eos >= LIKE && regime->cos_eos > regime->cos_bos)
        regime->kind = PW_REGIME_EOS_LIKE;
    if (regime->cos_bos >= LIKE && regime->cos_bos > regime->cos_eos)
        regime->kind = PW_REGIME_BOS_LIKE;
}

static pw_status cut(pw_regime *out, size_t *n, pw_context *ctx, const pw_rows *rows,
                     const struct curves *curves, size_t begin, size_t end, size_t *starts,
                     pw_error *err)
{
    const double *const both[] = {curves->cos_bos + begin, curves->cos_eos + begin};
    double all_squares = 0.0;
    size_t n_starts;

    for (size_t i = begin; i < end; i++)
        if (!isfinite(both[0][i - begin]) || !isfinite(both[1][i - begin]))
            return PWI_FAIL(err, PW_ERR_NOT_FOUND,
                            "row %zu has no cosine to BOS and EOS: a row of zeros has no "
                            "direction, and pads of zeros have no regimes",
                            i);
    PWI_TRY(pw_change_points(starts, &n_starts, ctx, both, 2, end - begin, SPREAD_MIN, err));
    for (size_t i = 0; i < rows->n_rows; i++)
        all_squares += curves->norm[i] * curves->norm[i];
    *n = n_starts + 1 < PW_REGIMES_MAX ? n_starts + 1 : PW_REGIMES_MAX;
    for (size_t i = 0; i < *n; i++) {
        out[i].begin = begin + (i == 0 ? 0 : starts[i - 1]);
        out[i].end = i < n_starts ? begin + starts[i] : end;
        describe(&out[i], curves, all_squares);
    }
    return PW_OK;
}

pw_status pw_rows_regimes(pw_regime *out, size_t *n, pw_context *ctx, const pw_rows *rows,
                          pw_error *err)
{
    struct curves curves;
    size_t begin = 0, end, *starts;
    double *space;
    pw_status status;

    *n = 0;
    PWI_TRY(pwi_rows_check_size(rows, err));
    while (begin < rows->n_rows && rows->roles[begin] != PW_ROW_PAD)
        begin++;
    for (end = begin; end < rows->n_rows && rows->roles[end] == PW_ROW_PAD;)
        end++;
    if (begin == end || pwi_rows_first(rows, PW_ROW_BOS) == NULL ||
        pwi_rows_first(rows, PW_ROW_EOS) == NULL)
        return PWI_FAIL(err, PW_ERR_NOT_FOUND,
                        "there are no pads, or no BOS and EOS to hold them against");
    space = pwi_alloc_array(&ctx->allocator, 3 * rows->n_rows, sizeof(*space));
    starts = pwi_alloc_array(&ctx->allocator, rows->n_rows, sizeof(*starts));
    if (space == NULL || starts == NULL) {
        status = pwi_fail_memory(err);
    } else {
        curves = (struct curves){space, space + rows->n_rows, space + 2 * rows->n_rows};
        pw_rows_curves(curves.norm, curves.cos_bos, curves.cos_eos, NULL, rows);
        status = cut(out, n, ctx, rows, &curves, begin, end, starts, err);
    }
    pwi_free_array(&ctx->allocator, starts, rows->n_rows, sizeof(*starts));
    pwi_free_array(&ctx->allocator, space, 3 * rows->n_rows, sizeof(*space));
    return status;
}

/* squares and sums: f64 [width] each, over the chosen rows. */
static double add_up(double *squares, double *sums, const pw_rows *rows, const size_t *chosen,
                     size_t n_chosen)
{
    double total = 0.0;

    for (size_t i = 0; i < 2 * rows->width; i++)
        squares[i] = 0.0; /* sums lie behind */
    for (size_t k = 0; k < n_chosen; k++) {
        const float *row = rows->values + chosen[k] * rows->width;

        for (size_t i = 0; i < rows->width; i++) {
            squares[i] += (double)row[i] * row[i];
            sums[i] += row[i];
            total += (double)row[i] * row[i];
        }
    }
    return total;
}

pw_status pw_rows_coordinates(pw_coordinate *out, size_t n_out, pw_context *ctx,
                              const pw_rows *rows, const size_t *chosen, size_t n_chosen,
                              pw_error *err)
{
    const float *bos = pwi_rows_first(rows, PW_ROW_BOS);
    const float *eos = pwi_rows_first(rows, PW_ROW_EOS);
    double *squares, *sums, total;

    PWI_TRY(pwi_rows_check_size(rows, err));
    if (n_out > rows->width || n_chosen == 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "%zu coordinates of %zu rows of %zu numbers",
                        n_out, n_chosen, rows->width);
    squares = pwi_alloc_array(&ctx->allocator, 2 * rows->width, sizeof(*squares));
    if (squares == NULL)
        return pwi_fail_memory(err);
    sums = squares + rows->width;
    total = add_up(squares, sums, rows, chosen, n_chosen);
    for (size_t k = 0; k < n_out; k++) {
        size_t i = 0;

        for (size_t j = 1; j < rows->width; j++)
            i = squares[j] > squares[i] ? j : i;
        out[k] = (pw_coordinate){.index = i,
                                 .share = total > 0.0 ? squares[i] / total : 0.0,
                                 .mean = sums[i] / (double)n_chosen,
                                 .bos = bos == NULL ? NAN : bos[i],
                                 .eos = eos == NULL ? NAN : eos[i]};
        squares[i] = -1.0; /* taken */
    }
    pwi_free_array(&ctx->allocator, squares, 2 * rows->width, sizeof(*squares));
    return PW_OK;
}
