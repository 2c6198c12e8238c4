/* SPDX-License-Identifier: MIT */
/* Pictures of attention: the heads of a layer, or each layer with its heads averaged. */
#include "attn.h"
#include "plot_out.h"
#include "talk.h"

int attn_mean_map(const struct attn *attn, size_t i_layer, const float **out)
{
    const size_t n = attn->inside.n_tokens * attn->inside.n_tokens;
    float *mean = pool_array(&attn->inside.app->pool, n, sizeof(*mean));

    *out = mean;
    if (mean == NULL)
        return fail_memory(attn->inside.app);
    for (size_t i = 0; i < n; i++) {
        double sum = 0.0;

        for (size_t i_head = 0; i_head < attn->n_heads; i_head++)
            sum += (double)attn_map(attn, i_layer, i_head)[i];
        mean[i] = (float)(sum / (double)attn->n_heads);
    }
    return DONE;
}

static int make_map(const struct attn *attn, size_t i, pw_attention_map *map)
{
    struct pool *pool = &attn->inside.app->pool;
    const int layer = (int)attn->first_layer;

    if (attn->n_layers == 1) {
        map->title = pool_format(pool, "layer %d, head %zu", layer, attn->first_head + i);
        map->values = attn_map(attn, 0, i);
    } else {
        TRY(attn_mean_map(attn, i, &map->values));
        map->title =
            attn->n_heads == 1
                ? pool_format(pool, "layer %d, head %zu", layer + (int)i, attn->first_head)
                : pool_format(pool, "layer %d, mean of heads", layer + (int)i);
    }
    return map->title == NULL ? fail_memory(attn->inside.app) : DONE;
}

int attn_draw(struct attn *attn)
{
    struct app *app = attn->inside.app;
    const size_t n_maps = attn->n_layers == 1 ? attn->n_heads : attn->n_layers;
    pw_attention_map *maps = pool_array(&app->pool, n_maps, sizeof(*maps));
    pw_figure_options options;
    pw_attention attention;
    pw_figure *figure;
    pw_error err;
    int status;

    if (maps == NULL)
        return fail_memory(app);
    for (size_t i = 0; i < n_maps; i++)
        TRY(make_map(attn, i, &maps[i]));
    pw_figure_options_init(&options);
    options.title = attn->inside.prompt.size > 0 ? attn->inside.prompt.bytes : "(empty prompt)";
    pw_attention_init(&attention);
    attention.maps = maps;
    attention.n_maps = n_maps;
    attention.n_queries = attention.n_keys = attn->inside.n_tokens;
    attention.queries = attention.keys = attn->inside.labels;
    if (pw_plot_attention(&figure, app->ctx, &attention, &options, &err) != PW_OK)
        return fail_with(app, &err);
    status = plot_write(app, figure, attn->plot);
    pw_figure_free(figure);
    return status;
}
