/* SPDX-License-Identifier: MIT */
/* Weightings computed: first everything that is named is looked at, so that a wrong map writes
 * nothing; then row by row in f64. */
#include <padwise/prompt.h>

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "base/context.h"

struct apply {
    const pw_allocator *allocator;
    const pw_weighting *weightings;
    size_t n_weightings;
    const pw_encoding *encodings;
    size_t n_encodings, dim, n_parts, n_rows_max;
    const pw_row_map **map_of_row; /* [n_rows_max] of the term at hand */
    double *before, *after;        /* [n_parts] sums by scope */
    double *row;                   /* [dim] */
    pw_error *err;
};

/* ---- Is everything there? */

static pw_status check_encoding(const struct apply *apply, size_t i, const char *what)
{
    if (i >= apply->n_encodings || apply->encodings[i].rows == NULL)
        return PWI_FAIL(apply->err, PW_ERR_ARGUMENT, "%s %zu was not given (%zu encodings)",
                        what, i, apply->n_encodings);
    return PW_OK;
}

static pw_status check_map(const struct apply *apply, const pw_row_map *map,
                           const pw_encoding *encoding)
{
    const size_t n_rows = encoding->n_rows;

    if ((int)map->kind < 0 || map->kind > PW_MAP_AFFINE)
        return PWI_FAIL(apply->err, PW_ERR_ARGUMENT, "there is no map of kind %d",
                        (int)map->kind);
    if (map->kind == PW_MAP_LERP) {
        PWI_TRY(check_encoding(apply, map->i_reference, "the reference encoding"));
        if (map->reference_row != PW_SAME_ROW &&
            map->reference_row >= apply->encodings[map->i_reference].n_rows)
            return PWI_FAIL(apply->err, PW_ERR_ARGUMENT,
                            "a map refers to row %zu of encoding %zu, which has %zu",
                            map->reference_row, map->i_reference,
                            apply->encodings[map->i_reference].n_rows);
    }
    for (size_t i = 0; i < map->n_rows; i++) {
        if (map->rows[i] >= n_rows)
            return PWI_FAIL(apply->err, PW_ERR_ARGUMENT,
                            "a map names row %" PRIu32 " of an encoding of %zu rows",
                            map->rows[i], n_rows);
        if (map->kind == PW_MAP_LERP && map->reference_row == PW_SAME_ROW &&
            map->rows[i] >= apply->encodings[map->i_reference].n_rows)
            return PWI_FAIL(apply->err, PW_ERR_ARGUMENT,
                            "a map names row %" PRIu32 ", its reference has only %zu",
                            map->rows[i], apply->encodings[map->i_reference].n_rows);
    }
    return PW_OK;
}

/* Which map each row of the encoding is in; two maps with one row are an error. */
static pw_status spread_maps(const struct apply *apply, const pw_weighting_term *term)
{
    const size_t n_rows = apply->encodings[term->i_encoding].n_rows;

    memset(apply->map_of_row, 0, n_rows * sizeof(*apply->map_of_row));
    for (size_t i = 0; i < term->n_maps; i++) {
        const pw_row_map *map = &term->maps[i];

        for (size_t k = 0; k < map->n_rows; k++) {
            if (apply->map_of_row[map->rows[k]] != NULL)
                return PWI_FAIL(apply->err, PW_ERR_ARGUMENT,
                                "row %" PRIu32 " is named twice: the sets of rows of maps must "
                                "be disjoint",
                                map->rows[k]);
            apply->map_of_row[map->rows[k]] = map;
        }
    }
    return PW_OK;
}

static pw_status check_term(const struct apply *apply, const pw_weighting_part *part,
                            const pw_weighting_term *term)
{
    const pw_encoding *encoding = &apply->encodings[term->i_encoding];

    PWI_TRY(check_encoding(apply, term->i_encoding, "the encoding"));
    if (part->first_row > encoding->n_rows || part->n_rows > encoding->n_rows - part->first_row)
        return PWI_FAIL(apply->err, PW_ERR_ARGUMENT,
                        "a part takes rows %zu to %zu of an encoding of %zu", part->first_row,
                        part->first_row + part->n_rows, encoding->n_rows);
    for (size_t i = 0; i < term->n_maps; i++)
        PWI_TRY(check_map(apply, &term->maps[i], encoding));
    return spread_maps(apply, term);
}

static pw_status check_part(const struct apply *apply, const pw_weighting_part *part)
{
    if (part->n_terms == 0 || part->divisor == 0.0)
        return PWI_FAIL(apply->err, PW_ERR_ARGUMENT, "a part has %s",
                        part->n_terms == 0 ? "no terms" : "the divisor 0");
    if (part->i_scope != PW_NO_SCOPE && (part->i_scope >= apply->n_parts || part->n_terms != 1))
        return PWI_FAIL(apply->err, PW_ERR_ARGUMENT,
                        "a part whose mean is restored needs one term and a scope below %zu",
                        apply->n_parts);
    for (size_t i = 0; i < part->n_terms; i++)
        PWI_TRY(check_term(apply, part, &part->terms[i]));
    return PW_OK;
}

/* ---- Row by row. */

static void copy_row(const struct apply *apply, const float *z, double *out)
{
    for (size_t d = 0; d < apply->dim; d++)
        out[d] = (double)z[d];
}

static void map_affine(const struct apply *apply, const pw_row_map *map, const float *z,
                       double *out)
{
    for (size_t d = 0; d < apply->dim; d++) {
        double value = 0.0;

        if (map->matrix == NULL)
            value = map->factor * (double)z[d];
        for (size_t k = 0; map->matrix != NULL && k < apply->dim; k++)
            value += map->matrix[d * apply->dim + k] * (double)z[k];
        out[d] = value + (map->shift != NULL ? map->shift[d] : 0.0);
    }
}

static void map_row(const struct apply *apply, const pw_row_map *map, const float *z,
                    size_t row, double *out)
{
    const float *e;

    switch (map->kind) {
    case PW_MAP_SCALE:
        for (size_t d = 0; d < apply->dim; d++)
            out[d] = (double)z[d] * map->factor;
        break;
    case PW_MAP_LERP:
        e = apply->encodings[map->i_reference].rows +
            (map->reference_row == PW_SAME_ROW ? row : map->reference_row) * apply->dim;
        for (size_t d = 0; d < apply->dim; d++)
            out[d] = (double)e[d] + ((double)z[d] - (double)e[d]) * map->factor;
        break;
    case PW_MAP_AFFINE:
        map_affine(apply, map, z, out);
        break;
    }
}

/* Add a term's rows to sums [n_rows, dim]. */
static void add_term(const struct apply *apply, const pw_weighting_part *part,
                     const pw_weighting_term *term, double *sums)
{
    const pw_encoding *encoding = &apply->encodings[term->i_encoding];

    (void)spread_maps(apply, term);
    for (size_t i = 0; i < part->n_rows; i++, sums += apply->dim) {
        const size_t row = part->first_row + i;
        const pw_row_map *map = apply->map_of_row[row];
        const float *z = encoding->rows + row * apply->dim;

        if (map == NULL && term->only_mapped)
            continue;
        if (map == NULL)
            copy_row(apply, z, apply->row);
        else
            map_row(apply, map, z, row, apply->row);
        for (size_t d = 0; d < apply->dim; d++)
            sums[d] += term->coefficient * apply->row[d];
    }
}

/* What the maps did to the sum of a part's elements. */
static void add_to_scope(const struct apply *apply, const pw_weighting_part *part)
{
    const pw_weighting_term *term = &part->terms[0];
    double before = 0.0, after = 0.0;

    (void)spread_maps(apply, term);
    for (size_t i = 0; i < part->n_rows; i++) {
        const size_t row = part->first_row + i;
        const float *z = apply->encodings[term->i_encoding].rows + row * apply->dim;
        const pw_row_map *map = apply->map_of_row[row];

        if (map == NULL)
            copy_row(apply, z, apply->row);
        else
            map_row(apply, map, z, row, apply->row);
        for (size_t d = 0; d < apply->dim; d++) {
            before += (double)z[d];
            after += apply->row[d];
        }
    }
    apply->before[part->i_scope] += before;
    apply->after[part->i_scope] += after;
}

static double ratio_of(const struct apply *apply, const pw_weighting_part *part)
{
    if (part->i_scope == PW_NO_SCOPE ||
        apply->before[part->i_scope] == apply->after[part->i_scope])
        return 1.0;
    return apply->before[part->i_scope] / apply->after[part->i_scope];
}

/* One term as it is: rows in no map keep their bits. */
static void write_single(const struct apply *apply, const pw_weighting_part *part, float *out)
{
    const pw_weighting_term *term = &part->terms[0];

    (void)spread_maps(apply, term);
    for (size_t i = 0; i < part->n_rows; i++, out += apply->dim) {
        const size_t row = part->first_row + i;
        const float *z = apply->encodings[term->i_encoding].rows + row * apply->dim;

        if (apply->map_of_row[row] == NULL) {
            memcpy(out, z, apply->dim * sizeof(*out));
            continue;
        }
        map_row(apply, apply->map_of_row[row], z, row, apply->row);
        for (size_t d = 0; d < apply->dim; d++)
            out[d] = (float)apply->row[d];
    }
}

/* The sum of the terms, a window of rows at a time would need all maps again: the sums of a
 * part are held whole. */
static pw_status write_sum(const struct apply *apply, const pw_weighting_part *part,
                           double ratio, float *out)
{
    const size_t n = part->n_rows * apply->dim;
    double *sums = pwi_alloc_zeroed(apply->allocator, n, sizeof(*sums));

    if (sums == NULL)
        return pwi_fail_memory(apply->err);
    for (size_t i = 0; i < part->n_terms; i++)
        add_term(apply, part, &part->terms[i], sums);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(sums[i] / part->divisor * ratio);
    pwi_free_array(apply->allocator, sums, n, sizeof(*sums));
    return PW_OK;
}

static pw_status write_part(const struct apply *apply, const pw_weighting_part *part,
                            float *out)
{
    const pw_weighting_term *term = &part->terms[0];
    const double ratio = ratio_of(apply, part);

    if (part->n_terms == 1 && term->coefficient == 1.0 && part->divisor == 1.0 &&
        ratio == 1.0 && !term->only_mapped) {
        write_single(apply, part, out);
        return PW_OK;
    }
    return write_sum(apply, part, ratio, out);
}

static pw_status run(struct apply *apply, float *const *out)
{
    for (size_t i = 0; i < apply->n_weightings; i++) {
        for (size_t k = 0; k < apply->weightings[i].n_parts; k++)
            PWI_TRY(check_part(apply, &apply->weightings[i].parts[k]));
    }
    for (size_t i = 0; i < apply->n_weightings; i++) {
        for (size_t k = 0; k < apply->weightings[i].n_parts; k++) {
            if (apply->weightings[i].parts[k].i_scope != PW_NO_SCOPE)
                add_to_scope(apply, &apply->weightings[i].parts[k]);
        }
    }
    for (size_t i = 0; i < apply->n_weightings; i++) {
        float *rows = out[i];

        for (size_t k = 0; rows != NULL && k < apply->weightings[i].n_parts; k++) {
            PWI_TRY(write_part(apply, &apply->weightings[i].parts[k], rows));
            rows += apply->weightings[i].parts[k].n_rows * apply->dim;
        }
    }
    return PW_OK;
}

pw_status pw_weighting_apply(pw_context *ctx, const pw_weighting *weightings,
                             size_t n_weightings, const pw_encoding *encodings,
                             size_t n_encodings, size_t dim, float *const *out, pw_error *err)
{
    const pw_allocator *allocator = &ctx->allocator;
    struct apply apply = {allocator, weightings, n_weightings, encodings, n_encodings, dim, 0,
                          0,         NULL,       NULL,         NULL,      NULL,        err};
    pw_status status;

    for (size_t i = 0; i < n_weightings; i++)
        apply.n_parts += weightings[i].n_parts;
    for (size_t i = 0; i < n_encodings; i++) {
        if (encodings[i].n_rows > apply.n_rows_max)
            apply.n_rows_max = encodings[i].n_rows;
    }
    apply.map_of_row = pwi_alloc_array(allocator, apply.n_rows_max, sizeof(*apply.map_of_row));
    apply.before = pwi_alloc_zeroed(allocator, apply.n_parts, sizeof(double));
    apply.after = pwi_alloc_zeroed(allocator, apply.n_parts, sizeof(double));
    apply.row = PWI_ARRAY(allocator, double, dim);
    if (apply.map_of_row == NULL || apply.before == NULL || apply.after == NULL ||
        apply.row == NULL)
        status = pwi_fail_memory(err);
    else
        status = run(&apply, out);
    if (apply.map_of_row != NULL)
        pwi_free_array(allocator, apply.map_of_row, apply.n_rows_max,
                       sizeof(*apply.map_of_row));
    if (apply.before != NULL)
        pwi_free_array(allocator, apply.before, apply.n_parts, sizeof(double));
    if (apply.after != NULL)
        pwi_free_array(allocator, apply.after, apply.n_parts, sizeof(double));
    if (apply.row != NULL)
        pwi_free_array(allocator, apply.row, dim, sizeof(double));
    return status;
}
