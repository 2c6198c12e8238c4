/* SPDX-License-Identifier: MIT */
/* padwise attn: the weights of attention of any layer and head, and where they go. */
#include <string.h>

#include "attn.h"
#include "plot_out.h"
#include "talk.h"

/* --layer, --head */
static int choose(struct attn *attn)
{
    struct app *app = attn->inside.app;
    const int64_t n_heads = attn->inside.info.n_heads;
    int64_t head = -1;
    int32_t layer = 1;
    bool is_all;

    TRY(inside_layer(&attn->inside, 1, &layer, &is_all));
    TRY(option_integer(app, OPTION_HEAD, 0, n_heads - 1, &head));
    attn->first_layer = is_all ? 1 : layer;
    attn->n_layers = is_all ? (size_t)attn->inside.info.n_layers : 1;
    attn->n_heads_all = (size_t)n_heads;
    attn->first_head = head < 0 ? 0 : (size_t)head;
    attn->n_heads = head < 0 ? attn->n_heads_all : 1;
    return DONE;
}

static int encode(struct attn *attn)
{
    struct app *app = attn->inside.app;
    const size_t n = attn->inside.n_tokens, size = attn->n_heads_all * n * n;
    pw_output *outputs = pool_array(&app->pool, attn->n_layers, sizeof(*outputs));
    float *weights =
        pool_array(&app->pool, attn->n_layers * attn->n_heads_all, n * n * sizeof(*weights));

    attn->received = pool_array(&app->pool, n, sizeof(*attn->received));
    if (outputs == NULL || weights == NULL || attn->received == NULL)
        return fail_memory(app);
    attn->weights = weights;
    for (size_t i = 0; i < attn->n_layers; i++)
        outputs[i] = (pw_output){.kind = PW_OUTPUT_ATTENTION,
                                 .layer = attn->first_layer + (int32_t)i,
                                 .data = weights + i * size,
                                 .capacity = size};
    return inside_encode(&attn->inside, outputs, attn->n_layers);
}

static int run(struct attn *attn)
{
    struct app *app = attn->inside.app;

    attn->plot = option_text(app, OPTION_PLOT);
    if (option_given(app, OPTION_MATRIX) && !app->json)
        return fail_usage(app, "--matrix goes with --json (--plot draws the weights)");
    TRY(plot_check(app, attn->plot));
    TRY(inside_open(&attn->inside));
    TRY(choose(attn));
    TRY(encode(attn));
    TRY(app_open_output(app));
    TRY(app->json ? attn_print_json(attn) : attn_print(attn));
    return attn->plot == NULL ? DONE : attn_draw(attn);
}

int run_attn(struct app *app)
{
    struct attn attn = {
        .inside = {.app = app,
                   .instead = "padwise plot attention FILE draws weights that a file holds"}};
    const int status = run(&attn);

    progress_stop(&app->progress);
    inside_close(&attn.inside);
    return status;
}
