/* SPDX-License-Identifier: MIT */
/* Statistics of tensors. */
#include "tensor_view.h"

#include <math.h>
#include <string.h>

#include "grid.h"
#include "show.h"
#include "talk.h"

#define CHUNK 4096

bool is_float_dtype(pw_dtype dtype)
{
    return dtype == PW_F32 || dtype == PW_F16 || dtype == PW_BF16 || dtype == PW_F64 ||
           dtype == PW_F8_E4M3 || dtype == PW_F8_E5M2;
}

/* n elements from the i-th on, as doubles. */
static int read_chunk(struct app *app, const pw_tensor *tensor, size_t i, size_t n, double *out)
{
    const size_t element = pw_dtype_bits(tensor->dtype) / 8;
    pw_tensor part = {.dtype = tensor->dtype, .rank = 1};
    pw_error err;

    part.shape[0] = (int64_t)n;
    part.data = (char *)tensor->data + i * element;
    part.size_bytes = n * element;
    return pw_tensor_to_f64(&part, out, n, &err) == PW_OK ? DONE : fail_with(app, &err);
}

/* Two passes: the second around the mean, where a sum of squares would lose it. */
int tensor_measure(struct app *app, const pw_tensor *tensor, struct tensor_stats *stats)
{
    const size_t n = (size_t)pw_tensor_n_elements(tensor);
    double chunk[CHUNK], sum = 0, squares = 0, spread = 0;

    *stats = (struct tensor_stats){.min = INFINITY, .max = -INFINITY};
    for (size_t i = 0; i < n; i += CHUNK) {
        const size_t take = n - i < CHUNK ? n - i : CHUNK;

        TRY(read_chunk(app, tensor, i, take, chunk));
        for (size_t k = 0; k < take; k++) {
            sum += chunk[k];
            squares += chunk[k] * chunk[k];
            stats->min = chunk[k] < stats->min ? chunk[k] : stats->min;
            stats->max = chunk[k] > stats->max ? chunk[k] : stats->max;
            stats->n_not_finite += isfinite(chunk[k]) ? 0 : 1;
        }
    }
    stats->mean = n == 0 ? 0 : sum / (double)n;
    stats->norm = sqrt(squares);
    for (size_t i = 0; i < n; i += CHUNK) {
        const size_t take = n - i < CHUNK ? n - i : CHUNK;

        TRY(read_chunk(app, tensor, i, take, chunk));
        for (size_t k = 0; k < take; k++)
            spread += (chunk[k] - stats->mean) * (chunk[k] - stats->mean);
    }
    stats->std = n == 0 ? 0 : sqrt(spread / (double)n);
    return DONE;
}

static int put_tensor(struct app *app, struct grid *grid, const char *name,
                      const pw_tensor *tensor)
{
    struct builder shape = {0};
    struct tensor_stats stats;

    show_shape(&shape, tensor->shape, tensor->rank);
    grid_text(grid, name, strlen(name));
    grid_built(grid, &shape);
    builder_free(&shape);
    if (!is_float_dtype(tensor->dtype) || pw_tensor_n_elements(tensor) == 0) {
        for (int i = 0; i < 5; i++)
            grid_cell(grid, "-");
        grid_dim(grid);
        return DONE;
    }
    TRY(tensor_measure(app, tensor, &stats));
    grid_cell(grid, "%.4f", stats.mean);
    grid_cell(grid, "%.4f", stats.std);
    grid_cell(grid, "%.3f", stats.min);
    grid_cell(grid, "%.3f", stats.max);
    grid_cell(grid, "%.5g", stats.norm);
    if (stats.n_not_finite > 0)
        warn(app, name, "%llu values are not finite", (unsigned long long)stats.n_not_finite);
    return DONE;
}

int tensor_table(struct app *app, struct builder *out, const pw_tensor_set *set, size_t width,
                 bool color)
{
    static const struct column titles[] = {{"tensor", false}, {"shape", false}, {"mean", true},
                                           {"std", true},     {"min", true},    {"max", true},
                                           {"norm", true}};
    struct grid grid;

    grid_start(&grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t i = 0; i < pw_tensor_set_n(set); i++) {
        const int status =
            put_tensor(app, &grid, pw_tensor_set_name(set, i), pw_tensor_set_tensor(set, i));

        if (status != DONE) {
            pool_free(&grid.pool);
            return status;
        }
    }
    grid_print(&grid, out, width, color);
    return out->failed ? fail_memory(app) : DONE;
}
