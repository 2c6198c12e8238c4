/* SPDX-License-Identifier: MIT */
/* What a U-Net's keys make of a prompt and of what is left of it: the share of softmax that a
 * word's rows get, and which rows get it when the word is gone. All are asked the same queries;
 * the layers are measured as `kv` does. */
#include <math.h>
#include <string.h>

#include "ablate.h"
#include "plot_out.h"
#include "talk.h"

static bool is_on(const struct ablate *ablate)
{
    return ablate->kv.path != NULL;
}

int ablate_kv_read_options(struct ablate *ablate, pw_kv_options *options)
{
    static const enum option_id others[] = {OPTION_HEADS, OPTION_HEAD_DIM, OPTION_QUERIES,
                                            OPTION_N_QUERIES};
    struct app *app = ablate->pads.app;

    if (option_given(app, OPTION_UNET)) {
        ablate->kv.copied_row = -1;
        return kv_read_options(&ablate->kv, options);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (option_given(app, others[i]))
            return fail_usage(app, "--%s is said of a U-Net: name it with --unet FILE",
                              option_table[others[i]].name);
    return DONE;
}

int ablate_kv_open(struct ablate *ablate, const pw_kv_options *options)
{
    return is_on(ablate) ? kv_open(&ablate->kv, options) : DONE;
}

/* ---- Measures. */

/* Sequence i of the batch through all layers, into its part of the shares. */
static int measure_shares(struct ablate *ablate, const struct scan_text *text, size_t i,
                          pw_row_role *roles)
{
    ablate->input = (struct pads_input){.name = text->name, .n_real = ablate_n_real(text)};
    pw_row_roles_fill(roles, ablate->n_tokens, ablate->input.n_real);
    ablate->input.rows = scan_rows(&ablate->encoder, &ablate->batch, i, roles);
    ablate->kv.input = &ablate->input;
    ablate->kv.draws = i == 0 ? KV_DRAW_AND_KEEP : KV_KEPT;
    TRY(kv_measure(&ablate->kv));
    for (size_t r = 0; r < ablate->n_tokens; r++)
        ablate->shares[i * ablate->n_tokens + r] = kv_row_spread(&ablate->kv, r).mean;
    return DONE;
}

/* What the layers that were just measured give to rows from..to-1. */
static struct kv_spread share_of(const struct ablate *ablate, size_t from, size_t to)
{
    struct kv_spread share = {.n = 0};

    for (size_t i = 0; i < ablate->kv.n_layers; i++) {
        double sum = 0.0;

        for (size_t r = from; r < to; r++)
            sum += kv_row_mass(&ablate->kv, &ablate->kv.layers[i], r);
        if (from < to)
            kv_spread_add(&share, sum);
    }
    return share;
}

/* Whether a row of the prompt is one of the word's. */
static bool is_own(const struct ablate *ablate, size_t i_word, size_t n_real, size_t row)
{
    return row < n_real && !ablate->is_there[i_word * n_real + row];
}

static void find_takers(struct ablate *ablate, const struct scan_text *text, size_t i,
                        const pw_row_role *roles, const pw_row_role *rest_roles)
{
    const double *before = ablate->shares;
    const double *after = ablate->shares + (1 + i) * ablate->n_tokens;
    struct ablation *word = &ablate->words[i];

    memset(word->to, 0, sizeof(word->to));
    for (size_t r = 0; r < ablate->n_tokens; r++) {
        word->to[rest_roles[r]] += after[r];
        if (!is_own(ablate, i, ablate_n_real(text), r))
            word->to[roles[r]] -= before[r];
    }
}

int ablate_kv_measure(struct ablate *ablate, const struct scan_text *text)
{
    struct pool *pool = &ablate->scratch;
    const size_t n = ablate->n_tokens, n_real = ablate_n_real(text);
    pw_row_role *roles;

    if (!is_on(ablate))
        return DONE;
    roles = pool_array(pool, 2 * n, sizeof(*roles));
    ablate->shares = pool_array(pool, 1 + ablate->n_words, n * sizeof(*ablate->shares));
    if (roles == NULL || ablate->shares == NULL)
        return fail_memory(ablate->pads.app);
    TRY(measure_shares(ablate, text, 0, roles));
    for (size_t i = 0; i < ablate->n_words; i++)
        ablate->words[i].share =
            share_of(ablate, ablate->words[i].n_before, n_real - ablate->words[i].n_behind);
    for (size_t i = 0; i < ablate->n_words; i++) {
        TRY(measure_shares(ablate, &ablate->words[i].text, 1 + i, roles + n));
        find_takers(ablate, text, i, roles, roles + n);
    }
    return DONE;
}

/* ---- Tables. */

static const pw_row_role takers[] = {PW_ROW_BOS, PW_ROW_WORD, PW_ROW_EOS, PW_ROW_PAD};
#define N_TAKERS (sizeof(takers) / sizeof(*takers))

static void put_queries(const struct ablate *ablate, struct builder *out)
{
    const struct kv_run *kv = &ablate->kv;

    builder_format(out, "%zu layer%s, ", kv->n_layers, kv->n_layers == 1 ? "" : "s");
    if (kv->queries == NULL)
        builder_format(out, "%zu random queries, seed %llu", kv->n_queries,
                       (unsigned long long)kv->pads.seed);
    else
        builder_text(out, "queries of a file");
}

void ablate_kv_print(struct ablate *ablate)
{
    static const struct column titles[] = {
        {"without", false}, {"share", true},    {"least layer", true}, {"most", true},
        {"to BOS", true},   {"to words", true}, {"to EOS", true},      {"to pads", true}};
    struct builder *out = &ablate->pads.out;
    struct app *app = ablate->pads.app;
    struct grid *grid = &ablate->grid;

    if (!is_on(ablate))
        return;
    builder_text(out, "softmax over the keys of a U-Net (");
    put_queries(ablate, out);
    builder_text(out, ")\n");
    grid_start(grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t i = 0; i < ablate->n_words; i++) {
        const struct ablation *word = &ablate->words[i];

        grid_text(grid, word->word, strlen(word->word));
        grid_number(grid, 5, word->share.mean);
        grid_number(grid, 5, word->share.least);
        grid_number(grid, 5, word->share.most);
        for (size_t k = 0; k < N_TAKERS; k++)
            grid_cell(grid, "%+.5f", word->to[takers[k]]);
    }
    grid_print(grid, out, app->width_out, app->color_out);
    scan_note(
        &ablate->pads,
        "share: what the word's rows get of softmax, mean over layers, heads and "
        "queries; to: how much more the others get when it is gone; together they get its "
        "share, and a pad follows behind for each of its tokens.");
}

/* ---- JSON. */

void ablate_kv_put_unet(struct ablate *ablate)
{
    const struct kv_run *kv = &ablate->kv;
    struct json *json = &ablate->pads.json;

    if (!is_on(ablate))
        return;
    json_key(json, "unet");
    json_open(json, '{');
    json_member_text(json, "path", kv->path);
    json_member_text(json, "naming", pw_kv_naming(kv->kv));
    json_member_int(json, "n_layers", (int64_t)kv->n_layers);
    json_member_text(json, "queries", kv->queries == NULL ? "random" : "file");
    if (kv->queries == NULL) {
        json_member_int(json, "n_queries", (int64_t)kv->n_queries);
        json_key(json, "seed");
        json_uint(json, kv->pads.seed);
    }
    json_close(json, '}');
}

/* Rows that are no pads: their shares, and those of the same tokens without the word. */
static void put_rows(struct ablate *ablate, const struct scan_text *text, size_t i)
{
    const size_t n_real = ablate_n_real(text);
    const size_t n_gone = n_real - ablate_n_real(&ablate->words[i].text);
    const double *without = ablate->shares + (1 + i) * ablate->n_tokens;
    struct json *json = &ablate->pads.json;

    json_key(json, "rows");
    json_open(json, '[');
    for (size_t r = 0; r < n_real; r++) {
        const size_t moved = r < ablate->words[i].n_before ? r : r - n_gone;

        json_open(json, '{');
        json_member_int(json, "position", (int64_t)r);
        json_member_real(json, "share", ablate->shares[r]);
        json_member_real(json, "share_without",
                         is_own(ablate, i, n_real, r) ? NAN : without[moved]);
        json_close(json, '}');
    }
    json_close(json, ']');
}

void ablate_kv_put_word(struct ablate *ablate, const struct scan_text *text, size_t i)
{
    const struct ablation *word = &ablate->words[i];
    struct json *json = &ablate->pads.json;

    if (!is_on(ablate))
        return;
    json_key(json, "kv");
    json_open(json, '{');
    json_member_real(json, "share", word->share.mean);
    json_member_real(json, "share_least", word->share.least);
    json_member_real(json, "share_most", word->share.most);
    json_key(json, "to");
    json_open(json, '{');
    for (size_t k = 0; k < N_TAKERS; k++)
        json_member_real(json, pw_row_role_name(takers[k]), word->to[takers[k]]);
    json_close(json, '}');
    put_rows(ablate, text, i);
    json_close(json, '}');
}

/* ---- The conclusion. */

void ablate_kv_say(struct ablate *ablate, struct builder *text)
{
    const struct ablation *most = ablate->words, *least = ablate->words;
    struct kv_spread pads = {.n = 0};

    if (!is_on(ablate))
        return;
    for (size_t i = 0; i < ablate->n_words; i++) {
        const struct ablation *word = &ablate->words[i];

        most = word->share.mean > most->share.mean ? word : most;
        least = word->share.mean < least->share.mean ? word : least;
        kv_spread_add(&pads, word->to[PW_ROW_PAD]);
    }
    builder_format(text, "Of softmax \"%s\" gets most (%.2f %%)", most->word,
                   100.0 * most->share.mean);
    if (ablate->n_words > 1)
        builder_format(text, " and \"%s\" least (%.2f %%)", least->word,
                       100.0 * least->share.mean);
    builder_format(text, "; without a word the share of the pads changes by %+.2f %%",
                   100.0 * pads.mean);
    if (pads.n > 1)
        builder_format(text, " (mean of %zu, from %+.2f to %+.2f)", pads.n, 100.0 * pads.least,
                       100.0 * pads.most);
    builder_text(text, ". ");
    if (ablate->kv.queries == NULL)
        builder_text(text, "Random queries show what keys allow, not where an image looks. ");
}

/* ---- The picture. */

int ablate_kv_draw(struct ablate *ablate, pw_figure *figure, const char *const *words)
{
    struct pool *pool = &ablate->scratch;
    double *heights;
    pw_plot_role *roles;
    pw_panel_options panel;
    pw_bars bars;
    pw_error err;

    if (!is_on(ablate))
        return DONE;
    heights = pool_array(pool, ablate->n_words, sizeof(*heights));
    roles = pool_array(pool, ablate->n_words, sizeof(*roles));
    if (heights == NULL || roles == NULL)
        return fail_memory(ablate->pads.app);
    for (size_t i = 0; i < ablate->n_words; i++) {
        heights[i] = ablate->words[i].share.mean;
        roles[i] = PW_PLOT_WORD;
    }
    bars = (pw_bars){.heights = heights, .roles = roles, .n = ablate->n_words};
    pw_panel_options_init(&panel);
    panel.title =
        ablate->kv.queries == NULL ? "share of softmax, random queries" : "share of softmax";
    panel.x = (pw_axis){.label = "word", .labels = words, .n_labels = ablate->n_words};
    panel.y.label = "mean of layers";
    if (pw_figure_add_panel(figure, &panel, &err) != PW_OK ||
        pw_figure_add_bars(figure, &bars, &err) != PW_OK)
        return fail_with(ablate->pads.app, &err);
    return DONE;
}
