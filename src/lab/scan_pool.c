/* SPDX-License-Identifier: MIT */
/* Poolings of a prompt's rows, and what each does to the cosines between prompts. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/context.h"
#include "base/error.h"
#include "lab/lab_scan.h"

const char *pw_pooling_name(pw_pooling pooling)
{
    static const char *const names[PW_N_POOLINGS] = {"eos", "last row", "mean masked",
                                                     "mean unmasked"};

    return (unsigned)pooling < PW_N_POOLINGS ? names[pooling] : "?";
}

static void widen(double *out, const float *row, size_t width)
{
    for (size_t i = 0; i < width; i++)
        out[i] = row[i];
}

/* The mean of all rows, or of those that are known to be no pads. */
static bool mean(double *out, const pw_rows *rows, bool is_masked)
{
    size_t n = 0;

    for (size_t i = 0; is_masked && i < rows->n_rows; i++)
        if (rows->roles[i] == PW_ROW_UNKNOWN)
            return false;
    for (size_t i = 0; i < rows->n_rows; i++)
        n += !is_masked || rows->roles[i] != PW_ROW_PAD;
    if (n == 0)
        return false;
    memset(out, 0, rows->width * sizeof(*out));
    for (size_t i = 0; i < rows->n_rows; i++) {
        const float *row = rows->values + i * rows->width;

        if (is_masked && rows->roles[i] == PW_ROW_PAD)
            continue;
        for (size_t k = 0; k < rows->width; k++)
            out[k] += row[k];
    }
    for (size_t k = 0; k < rows->width; k++)
        out[k] /= (double)n;
    return true;
}

bool pw_rows_pool(double *out, const pw_rows *rows, pw_pooling pooling)
{
    const float *row = NULL;

    if (rows->n_rows == 0 || (unsigned)pooling >= PW_N_POOLINGS)
        return false;
    if (pooling == PW_POOLING_MASKED || pooling == PW_POOLING_UNMASKED)
        return mean(out, rows, pooling == PW_POOLING_MASKED);
    row = pooling == PW_POOLING_EOS ? pwi_rows_first(rows, PW_ROW_EOS)
                                    : rows->values + (rows->n_rows - 1) * rows->width;
    if (row == NULL)
        return false;
    widen(out, row, rows->width);
    return true;
}

/* An input without such a vector gets zeros: its cosines are NaN. */
static void pool_all(double *vectors, const pw_rows *inputs, size_t n_inputs,
                     pw_pooling pooling)
{
    const size_t width = inputs[0].width;

    for (size_t i = 0; i < n_inputs; i++)
        if (!pw_rows_pool(vectors + i * width, &inputs[i], pooling))
            memset(vectors + i * width, 0, width * sizeof(*vectors));
}

pw_status pw_inputs_pool(double *cosine, pw_context *ctx, const pw_rows *inputs,
                         size_t n_inputs, pw_pooling pooling, pw_error *err)
{
    size_t n_values;
    double *vectors;

    if (n_inputs == 0)
        return PW_OK;
    PWI_TRY(pwi_inputs_check(inputs, n_inputs, err));
    if (!pwi_mul_size(n_inputs, inputs[0].width, &n_values))
        return pwi_fail_memory(err);
    vectors = PWI_ARRAY(&ctx->allocator, double, n_values);
    if (vectors == NULL)
        return pwi_fail_memory(err);
    pool_all(vectors, inputs, n_inputs, pooling);
    pw_vectors_compare(cosine, NULL, vectors, n_inputs, inputs[0].width);
    pwi_free_array(&ctx->allocator, vectors, n_values, sizeof(*vectors));
    return PW_OK;
}

static size_t count_moved(const size_t *a, const size_t *b, size_t n)
{
    size_t n_moved = 0;

    for (size_t i = 0; i < n; i++)
        n_moved += a[i] != b[i];
    return n_moved;
}

pw_status pw_pools_shift(pw_estimate *out, size_t *n_moved, pw_context *ctx,
                         const double *cosine, const double *from, size_t n, uint64_t seed,
                         pw_error *err)
{
    const pw_allocator *allocator = &ctx->allocator;
    pw_status status;
    double *shift;
    size_t *nearest;

    if (n > PW_LAB_INPUTS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "%zu inputs are over the limit of %d", n,
                        PW_LAB_INPUTS_MAX);
    shift = PWI_ARRAY(allocator, double, n *n);
    nearest = PWI_ARRAY(allocator, size_t, 2 * n);
    if (shift == NULL || nearest == NULL) {
        status = pwi_fail_memory(err);
    } else {
        for (size_t i = 0; i < n * n; i++)
            shift[i] = cosine[i] - from[i];
        status = pw_estimate_pairs(out, ctx, shift, n, seed, err);
        pw_vectors_nearest(nearest, cosine, n);
        pw_vectors_nearest(nearest + n, from, n);
        if (n_moved != NULL)
            *n_moved = count_moved(nearest, nearest + n, n);
    }
    pwi_free_array(allocator, nearest, 2 * n, sizeof(*nearest));
    pwi_free_array(allocator, shift, n * n, sizeof(*shift));
    return status;
}
