/* SPDX-License-Identifier: MIT */
/* Measuring the layers of `padwise kv`, and the means that tables show. */
#include <math.h>
#include <string.h>

#include "kv_view.h"
#include "talk.h"

static int take_arrays(struct kv_run *run, struct kv_layer *layer)
{
    struct pool *pool = &run->pads.app->pool;
    const size_t n_rows = run->input->rows.n_rows, n_heads = layer->info->n_heads;

    if (n_heads == 0)
        return fail(run->pads.app, PW_ERR_ARGUMENT, run->path,
                    "does not say how many heads layer %s has (%zu numbers are no multiple of "
                    "%d): give --heads N or --head-dim N",
                    layer->info->name, layer->info->inner, PW_KV_HEAD_WIDTH);
    layer->k_norm = pool_array(pool, n_rows, sizeof(double));
    layer->v_norm = pool_array(pool, n_rows, sizeof(double));
    layer->k_cos_eos = pool_array(pool, n_rows, sizeof(double));
    layer->mass = pool_array(pool, n_rows, n_heads * sizeof(double));
    layer->entropy = pool_array(pool, n_heads, sizeof(double));
    layer->copies = pool_array(pool, n_heads * KV_COPIES_MAX, sizeof(double));
    return layer->k_norm == NULL || layer->v_norm == NULL || layer->k_cos_eos == NULL ||
                   layer->mass == NULL || layer->entropy == NULL || layer->copies == NULL
               ? fail_memory(run->pads.app)
               : DONE;
}

static int attend(struct kv_run *run, size_t i)
{
    struct app *app = run->pads.app;
    struct kv_layer *layer = &run->layers[i];
    pw_kv_attention attention;
    pw_error err;

    pw_kv_attention_init(&attention);
    TRY(kv_queries(run, i, &attention.q, &layer->n_queries));
    if (layer->n_queries == 0)
        return DONE;
    attention.k = run->k;
    attention.n_rows = run->input->rows.n_rows;
    attention.n_queries = layer->n_queries;
    attention.inner = layer->info->inner;
    attention.n_heads = layer->info->n_heads;
    attention.mass = layer->mass;
    attention.entropy = layer->entropy;
    if (run->has_copies) {
        attention.kept = run->kept;
        attention.i_copied = run->i_copied;
        attention.counts = run->counts;
        attention.n_counts = run->n_counts;
        attention.copies = layer->copies;
    }
    return pw_kv_attend(&attention, app->ctx, &err) == PW_OK ? DONE : fail_with(app, &err);
}

static int measure_layer(struct kv_run *run, size_t i)
{
    struct app *app = run->pads.app;
    struct kv_layer *layer = &run->layers[i];
    const pw_rows *rows = &run->input->rows;
    pw_error err;

    if (pw_kv_project(run->kv, i, rows, run->k, run->v, &err) != PW_OK)
        return fail_with(app, &err);
    pw_kv_measure(layer->k_norm, layer->k_cos_eos, run->k, layer->info->inner, rows);
    pw_kv_measure(layer->v_norm, NULL, run->v, layer->info->inner, rows);
    return attend(run, i);
}

/* The row that is copied, and those that stand beside it: all that are no pads. */
static int choose_copied(struct kv_run *run)
{
    struct app *app = run->pads.app;
    const pw_rows *rows = &run->input->rows;

    run->has_copies = true;
    if (run->copied_row >= 0) {
        if ((uint64_t)run->copied_row >= rows->n_rows)
            return fail(app, PW_ERR_ARGUMENT, run->input->name,
                        "has rows 0 to %zu, and none of number %lld", rows->n_rows - 1,
                        (long long)run->copied_row);
        run->i_copied = (size_t)run->copied_row;
    } else {
        run->i_copied = 0;
        while (run->i_copied < rows->n_rows && rows->roles[run->i_copied] != PW_ROW_EOS)
            run->i_copied++;
        run->has_copies = run->i_copied < rows->n_rows;
    }
    for (size_t i = 0; i < rows->n_rows; i++)
        run->kept[i] = rows->roles[i] != PW_ROW_PAD && i != run->i_copied;
    return DONE;
}

/* Inputs of one length share what the first of them took. */
static int take_room(struct kv_run *run)
{
    struct pool *pool = &run->pads.app->pool;
    const size_t n_rows = run->input->rows.n_rows;

    if (n_rows <= run->n_rows_max)
        return DONE;
    run->k = pool_array(pool, n_rows, run->inner_max * sizeof(*run->k));
    run->v = pool_array(pool, n_rows, run->inner_max * sizeof(*run->v));
    run->kept = pool_array(pool, n_rows, sizeof(*run->kept));
    run->layers = pool_array(pool, run->n_layers, sizeof(*run->layers));
    if (run->k == NULL || run->v == NULL || run->kept == NULL || run->layers == NULL)
        return fail_memory(run->pads.app);
    for (size_t i = 0; i < run->n_layers; i++) {
        run->layers[i].info = pw_kv_layer_at(run->kv, i);
        TRY(take_arrays(run, &run->layers[i]));
    }
    run->n_rows_max = n_rows;
    return DONE;
}

int kv_measure(struct kv_run *run)
{
    struct app *app = run->pads.app;
    bool is_asked = false;

    TRY(take_room(run));
    TRY(choose_copied(run));
    progress_start(&app->progress, "projecting", "layers");
    for (size_t i = 0; i < run->n_layers; i++) {
        progress_update(&app->progress, i, (double)i / (double)run->n_layers);
        TRY(measure_layer(run, i));
        is_asked = is_asked || run->layers[i].n_queries > 0;
    }
    progress_stop(&app->progress);
    if (!is_asked)
        return fail(app, PW_ERR_MISMATCH, pw_file_path(run->queries),
                    "holds no queries for these layers: a tensor [queries, inner] by a layer's "
                    "name, or a single one of a layer's width (%zu is the widest)",
                    run->inner_max);
    return DONE;
}

/* ---- Means. */

double kv_role_mean(const struct kv_run *run, pw_row_role role, const double *values)
{
    const pw_rows *rows = &run->input->rows;
    double sum = 0.0;
    size_t n = 0;

    for (size_t i = 0; i < rows->n_rows; i++)
        if (rows->roles[i] == role) {
            sum += values[i];
            n++;
        }
    return sum / (double)n;
}

double kv_row_mass(const struct kv_run *run, const struct kv_layer *layer, size_t row)
{
    double sum = 0.0;

    if (layer->n_queries == 0)
        return NAN;
    for (size_t head = 0; head < layer->info->n_heads; head++)
        sum += layer->mass[head * run->input->rows.n_rows + row];
    return sum / (double)layer->info->n_heads;
}

double kv_role_mass(const struct kv_run *run, const struct kv_layer *layer, pw_row_role role,
                    size_t head)
{
    const pw_rows *rows = &run->input->rows;
    double sum = 0.0;
    size_t n = 0;

    for (size_t i = 0; i < rows->n_rows; i++)
        if (rows->roles[i] == role) {
            sum += head == SIZE_MAX ? kv_row_mass(run, layer, i)
                                    : layer->mass[head * rows->n_rows + i];
            n++;
        }
    return n == 0 || layer->n_queries == 0 ? NAN : sum;
}

static double mean(const double *values, size_t n, size_t stride)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        sum += values[i * stride];
    return sum / (double)n;
}

double kv_entropy(const struct kv_layer *layer)
{
    return layer->n_queries == 0 ? NAN : mean(layer->entropy, layer->info->n_heads, 1);
}

double kv_copies_mass(const struct kv_run *run, const struct kv_layer *layer, size_t i_count)
{
    return layer->n_queries == 0 || !run->has_copies
               ? NAN
               : mean(layer->copies + i_count, layer->info->n_heads, run->n_counts);
}

void kv_spread_add(struct kv_spread *spread, double value)
{
    if (isnan(value))
        return;
    spread->least = spread->n == 0 || value < spread->least ? value : spread->least;
    spread->most = spread->n == 0 || value > spread->most ? value : spread->most;
    spread->mean += (value - spread->mean) / (double)++spread->n;
}

struct kv_spread kv_row_spread(const struct kv_run *run, size_t row)
{
    struct kv_spread spread = {.n = 0};

    for (size_t i = 0; i < run->n_layers; i++)
        kv_spread_add(&spread, kv_row_mass(run, &run->layers[i], row));
    return spread;
}

struct kv_spread kv_pad_mass(const struct kv_run *run)
{
    struct kv_spread spread = {.n = 0};

    for (size_t i = 0; i < run->n_layers; i++)
        kv_spread_add(&spread, kv_role_mass(run, &run->layers[i], PW_ROW_PAD, SIZE_MAX));
    return spread;
}

struct kv_spread kv_copies_spread(const struct kv_run *run, size_t i_count)
{
    struct kv_spread spread = {.n = 0};

    for (size_t i = 0; i < run->n_layers; i++)
        kv_spread_add(&spread, kv_copies_mass(run, &run->layers[i], i_count));
    return spread;
}

/* ---- Names. */

const char *kv_short_name(struct app *app, const char *name)
{
    static const char *const dull[] = {"_blocks", "_block", ".attentions", ".transformer",
                                       ".attn2"};
    char *copy = pool_copy(&app->pool, name, strlen(name));

    for (size_t k = 0; copy != NULL && k < sizeof(dull) / sizeof(*dull); k++) {
        const size_t size = strlen(dull[k]);
        char *found;

        while ((found = strstr(copy, dull[k])) != NULL)
            memmove(found, found + size, strlen(found + size) + 1);
    }
    return copy == NULL ? name : copy;
}
