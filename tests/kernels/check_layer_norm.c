/* SPDX-License-Identifier: MIT */
/* layer_norm: SUM. Statistics are summed in double at every level, so the bound is that of the
 * last three operations, whatever the row's length or offset. */
#include "checkkern.h"

#define EPSILON 1e-5f

/* What a row should be, and the sum of magnitudes that its last rounding is measured by. */
static void compare_row(struct check *check, const float *out, const float *x,
                        const float *gain, const float *bias, size_t row, size_t dim)
{
    long double sum = 0, squares = 0;

    for (size_t i = 0; i < dim; i++)
        sum += (long double)x[i];
    const long double mean = sum / (long double)dim;
    for (size_t i = 0; i < dim; i++)
        squares += ((long double)x[i] - mean) * ((long double)x[i] - mean);
    const long double scale = 1 / sqrtl(squares / (long double)dim + (long double)EPSILON);

    for (size_t i = 0; i < dim; i++) {
        const double z = (double)(((long double)x[i] - mean) * scale * (long double)gain[i]);
        const double bound = 2 * CHECK_ROUNDOFF * (fabs(z) + fabs((double)bias[i])) +
                             1e-12 * (double)(fabsl(mean) * scale) + 0x1p-149;

        check_near(check, out[i], z + (double)bias[i], bound, "row, column", row, i);
    }
}

struct arrays {
    struct matrix x, out, gain, bias;
};

static struct arrays arrays_new(struct check *check, size_t n_rows, size_t dim, size_t padding,
                                enum guard_side side)
{
    struct arrays a = {
        matrix_new(n_rows, dim, dim + padding, side),
        matrix_new(n_rows, dim, dim + 2 * padding, side),
        matrix_new(1, dim, dim, side),
        matrix_new(1, dim, dim, side),
    };

    matrix_fill(check, &a.x, 2.0f);
    matrix_fill(check, &a.gain, 1.0f);
    matrix_fill(check, &a.bias, 0.5f);
    return a;
}

static void arrays_free(struct arrays *a)
{
    matrix_free(&a->x);
    matrix_free(&a->out);
    matrix_free(&a->gain);
    matrix_free(&a->bias);
}

static void run(struct check *check, const struct arrays *a)
{
    check->kernels->layer_norm(a->out.data, a->out.stride, a->x.data, a->x.stride, a->gain.data,
                               a->bias.data, a->x.n_rows, a->x.n_columns, EPSILON);
}

static void compare_all(struct check *check, const struct arrays *a)
{
    for (size_t row = 0; row < a->x.n_rows; row++)
        compare_row(check, a->out.data + row * a->out.stride, a->x.data + row * a->x.stride,
                    a->gain.data, a->bias.data, row, a->x.n_columns);
    matrix_check_padding(check, &a->out, "out");
}

static void sizes(struct check *check)
{
    static const size_t dims[] = {1,  2,  5,  7,   8,   9,   15,  16,   17,
                                  31, 32, 40, 192, 768, 769, 775, 1280, 2048};
    static const size_t rows[] = {0, 1, 2, 5};

    for (size_t d = 0; d < COUNT(dims); d++)
        for (size_t r = 0; r < COUNT(rows); r++)
            for (size_t padding = 0; padding < 6; padding += 5) {
                const enum guard_side side = padding == 0 ? GUARD_START : GUARD_END;
                struct arrays a = arrays_new(check, rows[r], dims[d], padding, side);

                run(check, &a);
                compare_all(check, &a);
                arrays_free(&a);
            }
}

/* Rows of one value, rows far from zero, tiny rows, denormals, huge rows. */
static void hostile_rows(struct check *check)
{
    static const struct {
        float offset, scale;
    } kinds[] = {{3.0f, 0.0f},   {0.0f, 0.0f},  {1e4f, 1.0f},   {-1e6f, 0.5f}, {0.0f, 1e-30f},
                 {0.0f, 1e-42f}, {0.0f, 1e18f}, {1e30f, 1e29f}, {-7.5f, 1e-6f}};

    static const size_t dims[] = {5, 8, 40, 768};

    for (size_t d = 0; d < COUNT(dims); d++) {
        struct arrays a = arrays_new(check, COUNT(kinds), dims[d], 3, GUARD_END);

        for (size_t row = 0; row < COUNT(kinds); row++)
            for (size_t i = 0; i < dims[d]; i++)
                a.x.data[row * a.x.stride + i] =
                    kinds[row].offset + kinds[row].scale * check_normal(check);
        run(check, &a);
        compare_all(check, &a);
        arrays_free(&a);
    }
}

/* A NaN or an infinity spoils its own row, all of it, and no other. */
static void nan_stays_in_its_row(struct check *check)
{
    static const size_t dims[] = {5, 8, 17, 40, 768};

    for (size_t d = 0; d < COUNT(dims); d++)
        for (size_t column = 0; column < dims[d]; column += 1 + dims[d] / 6) {
            struct arrays a = arrays_new(check, 5, dims[d], 1, GUARD_END);

            a.x.data[a.x.stride + column] = NAN;
            a.x.data[3 * a.x.stride + column] = INFINITY;
            run(check, &a);
            compare_all(check, &a);
            arrays_free(&a);
        }
}

static void rows_alone_and_in_place(struct check *check)
{
    static const size_t dims[] = {7, 40, 768};

    for (size_t d = 0; d < COUNT(dims); d++) {
        struct arrays a = arrays_new(check, 9, dims[d], 4, GUARD_END);
        struct matrix alone = matrix_new(1, dims[d], dims[d], GUARD_START);

        run(check, &a);
        for (size_t row = 0; row < 9; row++) {
            float *x = a.x.data + row * a.x.stride;
            const float *out = a.out.data + row * a.out.stride;

            check->kernels->layer_norm(alone.data, dims[d], x, 1, a.gain.data, a.bias.data, 1,
                                       dims[d], EPSILON);
            if (memcmp(alone.data, out, dims[d] * sizeof(float)) != 0)
                check_fail(check, "row %zu alone has other bits", row);
            check->kernels->layer_norm(x, dims[d], x, dims[d], a.gain.data, a.bias.data, 1,
                                       dims[d], EPSILON);
            if (memcmp(x, out, dims[d] * sizeof(float)) != 0)
                check_fail(check, "row %zu in place has other bits", row);
        }
        matrix_free(&alone);
        arrays_free(&a);
    }
}

const struct check_test check_layer_norm_tests[] = {
    {"layer_norm", "sizes and strides", sizes},
    {"layer_norm", "hostile rows", hostile_rows},
    {"layer_norm", "NaN stays in its row", nan_stays_in_its_row},
    {"layer_norm", "same bits alone and in place", rows_alone_and_in_place},
    {NULL, NULL, NULL},
};
