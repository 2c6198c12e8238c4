/* SPDX-License-Identifier: MIT */
/* The walkthrough's picture: a row of maps a sentence, its weights under the padding mask and,
 * beside it, under causal x padding. A hidden key is grey and crossed out: its weight is
 * exactly 0, which a small weight is not. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "plot_out.h"
#include "talk.h"
#include "walkthrough_view.h"

#define SENTENCES_DRAWN 4 /* two maps each: a page of paper holds no more */

static const struct {
    pw_walkthrough_mask mask;
    const char *name;
} beside[] = {{PW_WALKTHROUGH_PADDING, "padding mask"},
              {PW_WALKTHROUGH_CAUSAL_PADDING, "causal x padding"}};

#define N_BESIDE (sizeof(beside) / sizeof(*beside))

/* The weights of a sentence [T,T], NaN where the key is hidden. A query that no key is visible
 * to sees itself all the same. */
static const float *weights_of(const struct walk *walk, const pw_walkthrough_pass *pass,
                               size_t i_sentence)
{
    const size_t n = walk->numbers.n_tokens * walk->numbers.n_tokens;
    float *values = pool_array(&walk->app->pool, n, sizeof(*values));

    for (size_t i = 0; values != NULL && i < n; i++) {
        const size_t at = i_sentence * n + i;
        const bool is_hidden = !pass->visible[at] && pass->weights[at] == 0.0;

        values[i] = is_hidden ? NAN : (float)pass->weights[at];
    }
    return values;
}

static int add_map(const struct walk *walk, pw_figure *figure, size_t i_sentence, size_t i_mask)
{
    const pw_walkthrough_pass *pass = &walk->numbers.passes[beside[i_mask].mask];
    const size_t n = walk->numbers.n_tokens;
    const int64_t *shape = pass->mask_shape;
    const pw_matrix matrix = {weights_of(walk, pass, i_sentence), n, n, 1, n, true};
    pw_panel_options panel;
    pw_error err;

    pw_panel_options_init(&panel);
    panel.title = pool_format(
        &walk->app->pool, "sentence %zu, %s [%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "]",
        i_sentence, beside[i_mask].name, shape[0], shape[1], shape[2], shape[3]);
    panel.is_square = true;
    panel.x.label = "key";
    panel.y.label = "query";
    panel.x.labels = panel.y.labels = walk->labels + i_sentence * n;
    panel.x.n_labels = panel.y.n_labels = n;
    if (matrix.values == NULL || panel.title == NULL)
        return fail_memory(walk->app);
    if (pw_figure_add_panel(figure, &panel, &err) != PW_OK ||
        pw_figure_add_matrix(figure, &matrix, &err) != PW_OK)
        return fail_with(walk->app, &err);
    return DONE;
}

static int add_maps(const struct walk *walk, pw_figure *figure)
{
    const size_t n = walk_n_shown(walk, SENTENCES_DRAWN);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < N_BESIDE; k++)
            TRY(add_map(walk, figure, i, k));
    if (n < walk->numbers.n_sentences)
        note(walk->app, "the first %zu of %zu sentences are drawn", n,
             walk->numbers.n_sentences);
    return DONE;
}

static int create(const struct walk *walk, pw_figure **out)
{
    static const pw_color_scale colors = {PW_MAP_SEQUENTIAL, 0, 1, "attention weight"};
    pw_figure_options options;
    pw_error err;

    pw_figure_options_init(&options);
    options.title = "Attention under the padding mask, and causal x padding beside it";
    options.description =
        "Attention weights of each sentence: queries down, keys along, every row sums to 1. On "
        "the left under the padding mask, on the right under the causal and the padding mask. "
        "Grey cells are hidden keys, whose weight is exactly 0.";
    options.footer = pool_format(&walk->app->pool,
                                 "Hidden keys have a weight of exactly 0. One head with "
                                 "Q = K = V = the embeddings of %s.",
                                 walk->source);
    options.n_columns = N_BESIDE;
    options.missing = "hidden";
    if (options.footer == NULL)
        return fail_memory(walk->app);
    if (pw_figure_create(out, walk->app->ctx, &options, &colors, &err) != PW_OK)
        return fail_with(walk->app, &err);
    return DONE;
}

int walk_draw(const struct walk *walk, const char *path)
{
    pw_figure *figure = NULL;
    int status;

    TRY(create(walk, &figure));
    status = add_maps(walk, figure);
    if (status == DONE)
        status = plot_write(walk->app, figure, path);
    pw_figure_free(figure);
    return status;
}
