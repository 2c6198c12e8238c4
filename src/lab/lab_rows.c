/* SPDX-License-Identifier: MIT */
/* Rows and their roles; numbers of single rows, pairs and groups. */
#include "lab/lab_rows.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

pw_status pwi_rows_check_size(const pw_rows *rows, pw_error *err)
{
    if (rows->n_rows == 0 || rows->width == 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "there are no numbers: %zu rows of %zu",
                        rows->n_rows, rows->width);
    if (rows->n_rows > PW_LAB_ROWS_MAX || rows->width > PW_LAB_WIDTH_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "%zu rows of %zu numbers are over the limit of %d rows of %d",
                        rows->n_rows, rows->width, PW_LAB_ROWS_MAX, PW_LAB_WIDTH_MAX);
    return PW_OK;
}

pw_status pw_rows_check(const pw_rows *rows, pw_error *err)
{
    PWI_TRY(pwi_rows_check_size(rows, err));
    for (size_t i = 0; i < rows->n_rows * rows->width; i++)
        if (!isfinite(rows->values[i]))
            return PWI_FAIL(err, PW_ERR_FORMAT,
                            "number %zu of row %zu is %s: nothing can be measured with it; the "
                            "file was damaged or its encoder overflowed",
                            i % rows->width, i / rows->width,
                            isnan(rows->values[i]) ? "NaN" : "infinite");
    return PW_OK;
}

size_t pw_rows_choose(const pw_rows *rows, pw_row_role role, size_t *chosen)
{
    size_t n = 0;

    for (size_t i = 0; i < rows->n_rows; i++) {
        if (rows->roles[i] != role)
            continue;
        if (chosen != NULL)
            chosen[n] = i;
        n++;
    }
    return n;
}

const float *pwi_rows_first(const pw_rows *rows, pw_row_role role)
{
    for (size_t i = 0; i < rows->n_rows; i++)
        if (rows->roles[i] == role)
            return rows->values + i * rows->width;
    return NULL;
}

double pwi_dot_f32(const float *a, const float *b, size_t width)
{
    double sum = 0.0;

    for (size_t i = 0; i < width; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

double pwi_dot_f64(const double *a, const double *b, size_t width)
{
    double sum = 0.0;

    for (size_t i = 0; i < width; i++)
        sum += a[i] * b[i];
    return sum;
}

void pw_row_measure(pw_row_stats *out, const float *row, size_t width)
{
    double sum = 0.0, squares = 0.0;

    *out = (pw_row_stats){.min = row[0], .max = row[0]};
    for (size_t i = 0; i < width; i++) {
        sum += row[i];
        out->min = row[i] < out->min ? row[i] : out->min;
        out->max = row[i] > out->max ? row[i] : out->max;
    }
    out->mean = sum / (double)width;
    for (size_t i = 0; i < width; i++) {
        const double from_mean = row[i] - out->mean;

        squares += from_mean * from_mean;
    }
    out->std = sqrt(squares / (double)width);
    out->l2 = sqrt(pwi_dot_f32(row, row, width));
}

double pwi_cosine(double ab, double aa, double bb)
{
    /* sqrt(aa) * sqrt(bb) may be off by a bit where a and b are equal; sqrt(aa * bb) is not. */
    const double cosine = ab / sqrt(aa * bb);

    return cosine > 1.0 ? 1.0 : cosine < -1.0 ? -1.0 : cosine;
}

void pw_row_compare(pw_pair *out, const float *a, const float *b, size_t width)
{
    double squares = 0.0;

    for (size_t i = 0; i < width; i++) {
        const double difference = (double)a[i] - (double)b[i];

        squares += difference * difference;
    }
    out->l2 = sqrt(squares);
    out->is_bitwise = memcmp(a, b, width * sizeof(*a)) == 0;
    out->cosine = pwi_cosine(pwi_dot_f32(a, b, width), pwi_dot_f32(a, a, width),
                             pwi_dot_f32(b, b, width));
}

void pw_rows_group(pw_group *out, const pw_rows *rows, pw_row_role role)
{
    double norms = 0.0, squares = 0.0, all_squares = 0.0;

    *out = (pw_group){.norm_min = NAN, .norm_max = NAN};
    for (size_t i = 0; i < rows->n_rows; i++) {
        const float *row = rows->values + i * rows->width;
        const double square = pwi_dot_f32(row, row, rows->width), norm = sqrt(square);

        all_squares += square;
        if (rows->roles[i] != role)
            continue;
        squares += square;
        norms += norm;
        out->norm_min = out->n == 0 || norm < out->norm_min ? norm : out->norm_min;
        out->norm_max = out->n == 0 || norm > out->norm_max ? norm : out->norm_max;
        out->n++;
    }
    out->norm_mean = norms / (double)out->n;
    out->energy = all_squares > 0.0 ? squares / all_squares : 0.0;
}
