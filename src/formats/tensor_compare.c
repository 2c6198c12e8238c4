/* SPDX-License-Identifier: MIT */
/* What differs between two tensors, in f64, in one pass and in constant memory: blocks of both
 * are widened side by side, sums of a row live across its blocks. */
#include <math.h>
#include <string.h>

#include "base/context.h"
#include "formats/dtype.h"

#define BLOCK 512

/* Sums over one row, and over all of them. */
struct sums {
    double a_squares, b_squares, product; /* of the row */
    bool differs;                         /* some value of the row does */
    double difference_squares, reference_squares;
    double max_abs;
};

static bool same_shape(const pw_tensor *a, const pw_tensor *b)
{
    if (a->rank != b->rank)
        return false;
    for (int32_t i = 0; i < a->rank; i++) {
        if (a->shape[i] != b->shape[i])
            return false;
    }
    return true;
}

/* NaN once, NaN for good: fmax and fmin would drop it. */
static double larger(double x, double y)
{
    return isnan(x) || isnan(y) ? NAN : x > y ? x : y;
}

static double smaller(double x, double y)
{
    return isnan(x) || isnan(y) ? NAN : x < y ? x : y;
}

/* Equal values (infinities too) and two NaN do not differ; two NaN are left out of the sums. */
static void add_pair(struct sums *sums, double a, double b)
{
    const double difference = a == b ? 0.0 : fabs(a - b);

    if (isnan(a) && isnan(b))
        return;
    sums->a_squares += a * a;
    sums->b_squares += b * b;
    sums->product += a * b;
    sums->difference_squares += difference * difference;
    sums->max_abs = larger(sums->max_abs, difference);
    sums->differs = sums->differs || a != b;
}

static double row_cosine(const struct sums *sums)
{
    double cosine;

    if (!sums->differs)
        return 1.0;
    if (sums->a_squares == 0.0 || sums->b_squares == 0.0)
        return 0.0; /* a row of zeros is equal to another one only */
    cosine = sums->product / (sqrt(sums->a_squares) * sqrt(sums->b_squares));
    return cosine > 1.0 ? 1.0 : cosine; /* rounding; NaN stays */
}

static void begin_row(struct sums *sums)
{
    sums->a_squares = sums->b_squares = sums->product = 0.0;
    sums->differs = false;
}

static void end_row(struct sums *sums, pw_difference *out, int64_t row)
{
    out->cos_min = smaller(out->cos_min, row_cosine(sums));
    if (sums->differs && out->first_row < 0)
        out->first_row = row;
    sums->reference_squares += sums->b_squares;
}

static void compare_row(struct sums *sums, const pw_tensor *a, const pw_tensor *b, size_t start,
                        size_t n_row)
{
    const size_t a_size = pw_dtype_bits(a->dtype) / 8, b_size = pw_dtype_bits(b->dtype) / 8;
    double a_block[BLOCK], b_block[BLOCK];

    for (size_t i = start; i < start + n_row; i += BLOCK) {
        const size_t n = start + n_row - i < BLOCK ? start + n_row - i : BLOCK;

        pwi_widen_to_f64(a->dtype, (const char *)a->data + i * a_size, n, a_block);
        pwi_widen_to_f64(b->dtype, (const char *)b->data + i * b_size, n, b_block);
        for (size_t k = 0; k < n; k++)
            add_pair(sums, a_block[k], b_block[k]);
    }
}

static void compare_rows(pw_difference *out, const pw_tensor *a, const pw_tensor *b)
{
    const int64_t n = pw_tensor_n_elements(a);
    const int64_t n_row = a->rank == 0 ? 1 : a->shape[a->rank - 1];
    struct sums sums = {.max_abs = 0.0};

    for (int64_t i = 0; i < n; i += n_row) {
        begin_row(&sums);
        compare_row(&sums, a, b, (size_t)i, (size_t)n_row);
        end_row(&sums, out, i / n_row);
    }
    out->max_abs = sums.max_abs;
    if (sums.difference_squares == 0.0)
        out->rel_l2 = 0.0;
    else
        out->rel_l2 = sqrt(sums.difference_squares) / sqrt(sums.reference_squares);
}

pw_status pw_tensor_compare(pw_difference *out, pw_context *ctx, const pw_tensor *a,
                            const pw_tensor *b, pw_error *err)
{
    (void)ctx;
    *out = (pw_difference){false, false, NAN, NAN, NAN, -1};
    if (!same_shape(a, b))
        return PW_OK;
    out->same_shape = true;
    out->bitwise = a->dtype == b->dtype && a->size_bytes == b->size_bytes &&
                   (a->size_bytes == 0 || memcmp(a->data, b->data, a->size_bytes) == 0);
    if (out->bitwise) {
        out->max_abs = out->rel_l2 = 0.0;
        out->cos_min = 1.0;
        return PW_OK;
    }
    if (!pw_dtype_is_computable(a->dtype) || !pw_dtype_is_computable(b->dtype))
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "tensors of dtype %s and %s can be compared byte by byte only; they "
                        "are not equal",
                        pw_dtype_name(a->dtype), pw_dtype_name(b->dtype));
    out->cos_min = 1.0;
    compare_rows(out, a, b);
    return PW_OK;
}
