/* SPDX-License-Identifier: MIT */
/* Queries of `padwise kv`: drawn, or those of a file. */
#include <math.h>
#include <string.h>

#include "kv_view.h"
#include "talk.h"

int kv_queries_open(struct kv_run *run)
{
    struct app *app = run->pads.app;
    const char *path = option_text(app, OPTION_QUERIES);
    const pw_file_options options = app_file_options(app);
    pw_error err;

    if (path == NULL)
        return DONE;
    if (pw_file_open(&run->queries, app->ctx, path, &options, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

static bool names_layer(const struct kv_run *run, const char *name)
{
    for (size_t i = 0; i < run->n_layers; i++)
        if (strcmp(pw_kv_layer_at(run->kv, i)->name, name) == 0)
            return true;
    return false;
}

/* The tensor of the layer's name, else the file's only tensor where its width is the layer's
 * and it is not another layer's. */
static int64_t find_tensor(const struct kv_run *run, const pw_kv_layer *layer)
{
    const int64_t i = pw_file_find(run->queries, layer->name);
    const pw_tensor *only;

    if (i >= 0 || pw_file_n_tensors(run->queries) != 1 ||
        names_layer(run, pw_file_tensor_name(run->queries, 0)))
        return i;
    only = pw_file_tensor(run->queries, 0);
    return only->rank == 2 && (uint64_t)only->shape[1] != layer->inner ? -1 : 0;
}

static int check_tensor(struct kv_run *run, const pw_kv_layer *layer, const pw_tensor *tensor)
{
    struct app *app = run->pads.app;
    const char *path = pw_file_path(run->queries);

    if (tensor->rank != 2 || (uint64_t)tensor->shape[1] != layer->inner ||
        tensor->shape[0] == 0)
        return fail(app, PW_ERR_MISMATCH, path,
                    "queries of layer %s must be [queries, %zu], all heads side by side",
                    layer->name, layer->inner);
    if (tensor->shape[0] > PW_KV_QUERIES_MAX)
        return fail(app, PW_ERR_LIMIT, path, "%lld queries are over the limit of %d",
                    (long long)tensor->shape[0], PW_KV_QUERIES_MAX);
    if (!pw_dtype_is_computable(tensor->dtype))
        return fail(app, PW_ERR_UNSUPPORTED, path,
                    "queries have dtype %s, which has no values to compute with",
                    pw_dtype_name(tensor->dtype));
    return DONE;
}

static int make_room(struct kv_run *run, size_t n)
{
    if (n <= run->n_q)
        return DONE;
    run->q = pool_array(&run->pads.app->pool, n, sizeof(*run->q));
    run->n_q = n;
    return run->q == NULL ? fail_memory(run->pads.app) : DONE;
}

static int read_tensor(struct kv_run *run, size_t i, size_t n)
{
    struct app *app = run->pads.app;
    pw_tensor tensor = *pw_file_tensor(run->queries, i);
    pw_error err;

    tensor.data = pool_array(&app->pool, tensor.size_bytes, 1);
    if (tensor.data == NULL)
        return fail_memory(app);
    if (pw_file_read(run->queries, i, tensor.data, tensor.size_bytes, &err) != PW_OK ||
        pw_tensor_to_f32(&tensor, run->q, n, &err) != PW_OK)
        return fail_with(app, &err);
    for (size_t k = 0; k < n; k++)
        if (!isfinite(run->q[k]))
            return fail(app, PW_ERR_FORMAT, pw_file_path(run->queries),
                        "query %zu holds a number that is not finite",
                        k / (size_t)tensor.shape[1]);
    return DONE;
}

static int read_queries(struct kv_run *run, const pw_kv_layer *layer, size_t *n)
{
    const int64_t i = find_tensor(run, layer);
    const pw_tensor *tensor;

    *n = 0;
    if (i < 0)
        return DONE;
    tensor = pw_file_tensor(run->queries, (size_t)i);
    TRY(check_tensor(run, layer, tensor));
    TRY(make_room(run, (size_t)tensor->shape[0] * layer->inner));
    TRY(read_tensor(run, (size_t)i, (size_t)tensor->shape[0] * layer->inner));
    *n = (size_t)tensor->shape[0];
    return DONE;
}

static int draw(struct kv_run *run, size_t i, const float **q)
{
    const pw_kv_layer *layer = pw_kv_layer_at(run->kv, i);

    TRY(make_room(run, run->n_queries * run->inner_max));
    pw_kv_draw_queries(run->q, run->n_queries, layer, run->k, &run->input->rows,
                       run->pads.seed);
    *q = run->q;
    return DONE;
}

/* What was drawn for layer i. */
static int keep(struct kv_run *run, size_t i)
{
    const size_t size = run->n_queries * pw_kv_layer_at(run->kv, i)->inner * sizeof(*run->q);
    struct pool *pool = &run->pads.app->pool;

    if (run->kept_q == NULL)
        run->kept_q = pool_array(pool, run->n_layers, sizeof(*run->kept_q));
    if (run->kept_q != NULL && run->kept_q[i] == NULL)
        run->kept_q[i] = pool_take(pool, size);
    if (run->kept_q == NULL || run->kept_q[i] == NULL)
        return fail_memory(run->pads.app);
    memcpy(run->kept_q[i], run->q, size);
    return DONE;
}

int kv_queries(struct kv_run *run, size_t i, const float **q, size_t *n)
{
    *n = run->n_queries;
    if (run->queries != NULL) {
        TRY(read_queries(run, pw_kv_layer_at(run->kv, i), n));
        *q = run->q;
        return DONE;
    }
    if (run->draws == KV_KEPT) {
        *q = run->kept_q[i];
        return DONE;
    }
    TRY(draw(run, i, q));
    return run->draws == KV_DRAW_AND_KEEP ? keep(run, i) : DONE;
}
