/* SPDX-License-Identifier: MIT */
/* Attention weights from a file: [Q, K], [H, Q, K] or [B, H, Q, K], under --tensor, or the
 * first tensor whose name begins with "attention" and that has such a shape. */
#include <string.h>

#include "paths.h"
#include "plot_figures.h"
#include "talk.h"

#define MAPS_MAX 12 /* heads side by side that can still be read */

static bool is_attention(const pw_file *file, size_t i)
{
    const pw_tensor *tensor = pw_file_tensor(file, i);

    return strncmp(pw_file_tensor_name(file, i), "attention", 9) == 0 && tensor->rank >= 2 &&
           tensor->rank <= 4 && strcmp(pw_file_tensor_name(file, i), "attention_mask") != 0;
}

static int choose(struct app *app, const pw_file *file, size_t *i)
{
    const char *asked = option_text(app, OPTION_TENSOR);
    const int64_t found = asked == NULL ? -1 : pw_file_find(file, asked);

    if (found >= 0) {
        *i = (size_t)found;
        return DONE;
    }
    if (asked != NULL)
        return fail(app, PW_ERR_NOT_FOUND, pw_file_path(file),
                    "holds no tensor \"%s\"; padwise info shows what it holds", asked);
    for (*i = 0; *i < pw_file_n_tensors(file); ++*i)
        if (is_attention(file, *i))
            return DONE;
    return fail(app, PW_ERR_NOT_FOUND, pw_file_path(file),
                "holds no attention weights (a tensor [heads, queries, keys] named attention): "
                "name another with --tensor");
}

static int check_shape(struct app *app, const pw_file *file, const pw_tensor *tensor)
{
    uint64_t n = 1;

    if (tensor->rank < 2 || tensor->rank > 4)
        return fail(app, PW_ERR_MISMATCH, pw_file_path(file),
                    "the tensor has %d dimensions: attention weights have two (queries, keys), "
                    "three with heads in front, or four with a batch",
                    (int)tensor->rank);
    for (int32_t i = 0; i < tensor->rank; i++) {
        if (tensor->shape[i] == 0)
            return fail(app, PW_ERR_MISMATCH, pw_file_path(file),
                        "the tensor is empty: there is nothing to draw");
        n *= (uint64_t)tensor->shape[i]; /* the file's own size bounds it */
    }
    if (!pw_dtype_is_computable(tensor->dtype) || n > PW_PLOT_CELLS_MAX)
        return fail(app, PW_ERR_LIMIT, pw_file_path(file),
                    "the tensor holds %llu values of dtype %s: at most %zu floats can be drawn",
                    (unsigned long long)n, pw_dtype_name(tensor->dtype), PW_PLOT_CELLS_MAX);
    return DONE;
}

static int read_values(struct app *app, const pw_file *file, size_t i, float **out)
{
    pw_tensor tensor = *pw_file_tensor(file, i);
    const size_t n = tensor.size_bytes / (pw_dtype_bits(tensor.dtype) / 8);
    pw_error err;

    tensor.data = pool_take(&app->pool, tensor.size_bytes);
    *out = pool_array(&app->pool, n, sizeof(**out));
    if (tensor.data == NULL || *out == NULL)
        return fail_memory(app);
    if (pw_file_read(file, i, tensor.data, tensor.size_bytes, &err) != PW_OK ||
        pw_tensor_to_f32(&tensor, *out, n, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

static int name_maps(struct app *app, const pw_tensor *tensor, const float *values,
                     pw_attention *attention, pw_attention_map *maps)
{
    for (size_t i = 0; i < attention->n_maps; i++) {
        maps[i].values = values + i * attention->n_queries * attention->n_keys;
        if (tensor->rank > 2 && tensor->shape[tensor->rank - 3] > 1)
            maps[i].title = pool_format(&app->pool, "head %zu", i);
    }
    attention->maps = maps;
    return DONE;
}

static int draw(struct app *app, const pw_file *file, const char *title, pw_figure **out)
{
    pw_attention attention;
    pw_attention_map maps[MAPS_MAX] = {{0}};
    pw_figure_options options;
    const pw_tensor *tensor;
    float *values;
    size_t i = 0, n_heads;
    pw_error err;

    TRY(choose(app, file, &i));
    tensor = pw_file_tensor(file, i);
    TRY(check_shape(app, file, tensor));
    TRY(read_values(app, file, i, &values));
    n_heads = tensor->rank == 2 ? 1 : (size_t)tensor->shape[tensor->rank - 3];
    pw_attention_init(&attention);
    attention.n_maps = n_heads > MAPS_MAX ? MAPS_MAX : n_heads;
    attention.n_queries = (size_t)tensor->shape[tensor->rank - 2];
    attention.n_keys = (size_t)tensor->shape[tensor->rank - 1];
    TRY(option_real(app, OPTION_RANGE, &attention.max));
    TRY(name_maps(app, tensor, values, &attention, maps));
    if (n_heads > MAPS_MAX)
        note(app, "the first %d of %zu heads are drawn", MAPS_MAX, n_heads);
    pw_figure_options_init(&options);
    options.title = title != NULL ? title : pw_file_tensor_name(file, i);
    options.description = "Attention weights: queries down, keys along, one panel a head.";
    options.footer = option_text(app, OPTION_CREDIT);
    return pw_plot_attention(out, app->ctx, &attention, &options, &err) == PW_OK
               ? DONE
               : fail_with(app, &err);
}

int plot_attention(struct app *app, const char *path, const char *title, pw_figure **out)
{
    const pw_file_options options = app_file_options(app);
    pw_file *file;
    pw_error err;
    int status;

    if (pw_file_open(&file, app->ctx, path, &options, &err) != PW_OK)
        return fail_with(app, &err);
    status = draw(app, file, title, out);
    pw_file_free(file);
    return status;
}
