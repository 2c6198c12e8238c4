/* SPDX-License-Identifier: MIT */
/* One vector of each input, and their pairs. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/context.h"
#include "base/error.h"
#include "lab/lab_rows.h"

/* Which of the pads a place takes: [*begin, *end) of n, counted from the first. */
static void take_part(const pw_place *place, size_t n, size_t *begin, size_t *end)
{
    *begin = 0;
    *end = n;
    if (place->first > 0 && place->first < n)
        *end = place->first;
    if (place->n_parts > 0) {
        *begin = n * place->part / place->n_parts;
        *end = n * (place->part + 1) / place->n_parts;
    }
}

/* The mean of the rows of a role, or of all: numbers begin..end of them. */
static bool mean_of(double *out, const pw_rows *rows, const pw_row_role *role, size_t begin,
                    size_t end)
{
    size_t i_of_role = 0, n = 0;

    if (begin >= end)
        return false;
    memset(out, 0, rows->width * sizeof(*out));
    for (size_t i = 0; i < rows->n_rows; i++) {
        const float *row = rows->values + i * rows->width;

        if (role != NULL && rows->roles[i] != *role)
            continue;
        if (i_of_role >= begin && i_of_role < end) {
            for (size_t k = 0; k < rows->width; k++)
                out[k] += row[k];
            n++;
        }
        i_of_role++;
    }
    for (size_t k = 0; k < rows->width; k++)
        out[k] /= (double)n;
    return n > 0;
}

bool pw_rows_vector(double *out, const pw_rows *rows, const pw_place *place)
{
    static const pw_row_role role_of[] = {[PW_PLACE_BOS] = PW_ROW_BOS,
                                          [PW_PLACE_EOS] = PW_ROW_EOS,
                                          [PW_PLACE_WORDS] = PW_ROW_WORD,
                                          [PW_PLACE_PADS] = PW_ROW_PAD};
    const pw_row_role *role = place->kind == PW_PLACE_POSITION || place->kind == PW_PLACE_ALL
                                  ? NULL
                                  : &role_of[place->kind];
    size_t begin = 0, end = role == NULL ? rows->n_rows : pw_rows_choose(rows, *role, NULL);

    if (place->kind == PW_PLACE_POSITION) {
        begin = place->position;
        end = begin < rows->n_rows ? begin + 1 : begin;
    } else if (place->kind == PW_PLACE_PADS) {
        take_part(place, end, &begin, &end);
    } else if (place->kind != PW_PLACE_WORDS && place->kind != PW_PLACE_ALL && end > 1) {
        end = 1; /* the first BOS or EOS */
    }
    return mean_of(out, rows, role, begin, end);
}

static double distance(const double *a, const double *b, size_t width)
{
    double sum = 0.0;

    for (size_t i = 0; i < width; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

void pw_vectors_compare(double *cosine, double *l2, const double *vectors, size_t n,
                        size_t width)
{
    for (size_t i = 0; i < n; i++) {
        const double *a = vectors + i * width;
        const double aa = pwi_dot_f64(a, a, width);

        for (size_t j = i; j < n; j++) {
            const double *b = vectors + j * width;

            if (cosine != NULL)
                cosine[i * n + j] = cosine[j * n + i] =
                    pwi_cosine(pwi_dot_f64(a, b, width), aa, pwi_dot_f64(b, b, width));
            if (l2 != NULL)
                l2[i * n + j] = l2[j * n + i] = distance(a, b, width);
        }
    }
}

pw_status pwi_inputs_check(const pw_rows *inputs, size_t n_inputs, pw_error *err)
{
    if (n_inputs > PW_LAB_INPUTS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "%zu inputs are over the limit of %d", n_inputs,
                        PW_LAB_INPUTS_MAX);
    for (size_t i = 0; i < n_inputs; i++) {
        PWI_TRY(pwi_rows_check_size(&inputs[i], err));
        if (inputs[i].width != inputs[0].width)
            return PWI_FAIL(err, PW_ERR_MISMATCH,
                            "input 0 has rows of %zu numbers and input %zu rows of %zu: they "
                            "come from different encoders and cannot be compared",
                            inputs[0].width, i, inputs[i].width);
    }
    return PW_OK;
}

pw_status pw_inputs_compare(double *cosine, double *l2, pw_context *ctx, const pw_rows *inputs,
                            size_t n_inputs, const pw_place *place, pw_error *err)
{
    const size_t width = n_inputs == 0 ? 0 : inputs[0].width;
    double *vectors;
    size_t n_values;

    PWI_TRY(pwi_inputs_check(inputs, n_inputs, err));
    if (!pwi_mul_size(n_inputs, width, &n_values))
        return PWI_FAIL(err, PW_ERR_LIMIT, "%zu inputs are too many", n_inputs);
    vectors = pwi_alloc_array(&ctx->allocator, n_values, sizeof(*vectors));
    if (vectors == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < n_inputs; i++)
        if (!pw_rows_vector(vectors + i * width, &inputs[i], place))
            vectors[i * width] = NAN; /* makes every number of this input NaN */
    for (size_t i = 0; i < n_inputs; i++)
        for (size_t k = 1; isnan(vectors[i * width]) && k < width; k++)
            vectors[i * width + k] = 0.0;
    pw_vectors_compare(cosine, l2, vectors, n_inputs, width);
    pwi_free_array(&ctx->allocator, vectors, n_values, sizeof(*vectors));
    return PW_OK;
}
