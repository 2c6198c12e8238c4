/* SPDX-License-Identifier: MIT */
/* Opening the U-Net, and what of it is asked for: `kv`, and `ablate --unet`. */
#include "kv_view.h"
#include "talk.h"

#define QUERIES 64 /* that are drawn where nothing is said */

int kv_read_options(struct kv_run *run, pw_kv_options *options)
{
    struct app *app = run->pads.app;
    int64_t n_queries = QUERIES, n_heads = 0, head_width = 0;

    run->path = option_text(app, OPTION_UNET);
    if (option_given(app, OPTION_HEADS) && option_given(app, OPTION_HEAD_DIM))
        return fail_usage(app, "--heads and --head-dim say the same: give one of them");
    TRY(option_integer(app, OPTION_N_QUERIES, 1, PW_KV_QUERIES_MAX, &n_queries));
    TRY(option_integer(app, OPTION_HEADS, 1, PW_LAB_WIDTH_MAX, &n_heads));
    TRY(option_integer(app, OPTION_HEAD_DIM, 1, PW_LAB_WIDTH_MAX, &head_width));
    TRY(option_seed(app, &run->pads.seed));
    run->n_queries = (size_t)n_queries;
    pw_kv_options_init(options);
    options->strict = option_given(app, OPTION_STRICT);
    options->n_heads = (size_t)n_heads;
    options->head_width = (size_t)head_width;
    return DONE;
}

int kv_open(struct kv_run *run, const pw_kv_options *options)
{
    struct app *app = run->pads.app;
    pw_error err;

    if (pw_kv_open(&run->kv, app->ctx, run->path, options, &err) != PW_OK)
        return fail_with(app, &err);
    run->n_layers = pw_kv_n_layers(run->kv);
    for (size_t i = 0; i < run->n_layers; i++) {
        const size_t inner = pw_kv_layer_at(run->kv, i)->inner;

        run->inner_max = inner > run->inner_max ? inner : run->inner_max;
    }
    return kv_queries_open(run);
}

void kv_close(struct kv_run *run)
{
    pw_kv_free(run->kv);
    pw_file_free(run->queries);
}
