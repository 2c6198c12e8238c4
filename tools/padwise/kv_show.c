/* SPDX-License-Identifier: MIT */
/* The tables of `padwise kv`. */
#include <math.h>
#include <string.h>

#include "kv_view.h"
#include "show.h"
#include "talk.h"

/* Roles that have columns of their own. */
static const pw_row_role roles[] = {PW_ROW_BOS, PW_ROW_WORD, PW_ROW_EOS, PW_ROW_PAD};
#define N_ROLES (sizeof(roles) / sizeof(*roles))

/* "8 heads each", "5 to 20 heads". */
static void put_heads(struct kv_run *run)
{
    size_t least = SIZE_MAX, most = 0;

    for (size_t i = 0; i < run->n_layers; i++) {
        const size_t n = run->layers[i].info->n_heads;

        least = n < least ? n : least;
        most = n > most ? n : most;
    }
    if (least == most)
        builder_format(&run->pads.out, "%zu head%s each\n", most, most == 1 ? "" : "s");
    else
        builder_format(&run->pads.out, "%zu to %zu heads\n", least, most);
}

static void put_title(struct kv_run *run)
{
    struct builder *out = &run->pads.out;

    if (run->input == run->pads.inputs) {
        show_text(out, run->path, strlen(run->path), SHOW_ALL);
        builder_format(out, "\ncross-attention layers: %zu (%s names), rows of %zu, ",
                       run->n_layers, pw_kv_naming(run->kv), pw_kv_layer_at(run->kv, 0)->width);
        put_heads(run);
    }
    pads_title(&run->pads, run->input);
}

static void put_name(const struct kv_run *run, struct grid *grid, const struct kv_layer *layer)
{
    const char *name = kv_short_name(run->pads.app, layer->info->name);

    grid_text(grid, name, strlen(name));
}

/* What a role has of values by row; a single column for rows whose roles are not known. */
static void put_means(const struct kv_run *run, struct grid *grid, const double *values)
{
    if (run->input->n_real == 0) {
        grid_number(grid, 2, kv_role_mean(run, PW_ROW_UNKNOWN, values));
        return;
    }
    for (size_t i = 0; i < N_ROLES; i++)
        grid_number(grid, 2, kv_role_mean(run, roles[i], values));
}

static void put_norms(struct kv_run *run)
{
    static const struct column by_role[] = {{"layer", false}, {"K bos", true}, {"word", true},
                                            {"eos", true},    {"pad", true},   {"V bos", true},
                                            {"word", true},   {"eos", true},   {"pad", true}};
    static const struct column unknown[] = {{"layer", false}, {"K", true}, {"V", true}};
    const bool is_known = run->input->n_real > 0;
    struct app *app = run->pads.app;
    struct grid grid;

    builder_text(&run->pads.out, "\nNorms of keys and values: means over rows\n");
    grid_start(&grid, is_known ? by_role : unknown, is_known ? 9 : 3);
    for (size_t i = 0; i < run->n_layers; i++) {
        put_name(run, &grid, &run->layers[i]);
        put_means(run, &grid, run->layers[i].k_norm);
        put_means(run, &grid, run->layers[i].v_norm);
    }
    grid_print(&grid, &run->pads.out, app->width_out, app->color_out);
}

static void put_queries(struct kv_run *run)
{
    struct builder *out = &run->pads.out;

    if (run->queries == NULL)
        builder_format(out,
                       "\nShares of softmax: means over heads and %zu random queries (seed "
                       "%llu)\n",
                       run->n_queries, (unsigned long long)run->pads.seed);
    else
        builder_text(out, "\nShares of softmax: means over heads and the queries given\n");
}

static void put_mass(struct kv_run *run)
{
    static const struct column columns[] = {
        {"layer", false}, {"heads", true}, {"bos", true},     {"words", true},
        {"eos", true},    {"pads", true},  {"entropy", true}, {"cos K pad,eos", true}};
    struct app *app = run->pads.app;
    struct grid grid;

    put_queries(run);
    grid_start(&grid, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < run->n_layers; i++) {
        const struct kv_layer *layer = &run->layers[i];

        put_name(run, &grid, layer);
        grid_cell(&grid, "%zu", layer->info->n_heads);
        for (size_t r = 0; r < N_ROLES; r++)
            grid_number(&grid, 4, kv_role_mass(run, layer, roles[r], SIZE_MAX));
        grid_number(&grid, 3, kv_entropy(layer));
        grid_number(&grid, 3, kv_role_mean(run, PW_ROW_PAD, layer->k_cos_eos));
    }
    grid_print(&grid, &run->pads.out, app->width_out, app->color_out);
}

/* Rows that get most, where roles say nothing. */
static void put_rows(struct kv_run *run)
{
    static const struct column columns[] = {
        {"row", true}, {"share", true}, {"least", true}, {"most", true}};
    struct app *app = run->pads.app;
    struct grid grid;

    put_queries(run);
    grid_start(&grid, columns, sizeof(columns) / sizeof(*columns));
    for (size_t row = 0; row < run->input->rows.n_rows; row++) {
        const struct kv_spread spread = kv_row_spread(run, row);

        grid_cell(&grid, "%zu", row);
        grid_number(&grid, 4, spread.mean);
        grid_number(&grid, 4, spread.least);
        grid_number(&grid, 4, spread.most);
    }
    grid_print(&grid, &run->pads.out, app->width_out, app->color_out);
}

static void put_copies(struct kv_run *run)
{
    static const struct column columns[] = {
        {"copies", true}, {"share", true}, {"least layer", true}, {"most", true}};
    struct app *app = run->pads.app;
    struct builder text = {0};
    struct grid grid;
    pw_row_role role;

    if (!run->has_copies)
        return;
    role = run->input->rows.roles[run->i_copied];
    builder_text(&run->pads.out, "\n");
    builder_format(&text, "Copies of row %zu", run->i_copied);
    if (role != PW_ROW_UNKNOWN)
        builder_format(&text, " (%s)", pw_row_role_name(role));
    builder_format(&text,
                   " beside the %s: share of all copies together. For each query n copies "
                   "multiply the odds by n.",
                   run->input->n_real == 0 ? "other rows" : "other rows that are no pads");
    if (text.failed)
        run->pads.out.failed = true;
    else
        pads_paragraph(&run->pads, text.bytes);
    builder_free(&text);
    grid_start(&grid, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < run->n_counts; i++) {
        const struct kv_spread spread = kv_copies_spread(run, i);

        grid_cell(&grid, "%zu", run->counts[i]);
        grid_number(&grid, 4, spread.mean);
        grid_number(&grid, 4, spread.least);
        grid_number(&grid, 4, spread.most);
    }
    grid_print(&grid, &run->pads.out, app->width_out, app->color_out);
}

static void put_conclusion(struct kv_run *run)
{
    const size_t n_rows = run->input->rows.n_rows, n_pads = n_rows - run->input->n_real;
    const struct kv_spread pads = kv_pad_mass(run);
    struct builder text = {0};

    builder_text(&run->pads.out, "\n");
    if (run->input->n_real > 0 && n_pads > 0 && pads.n > 0)
        builder_format(&text,
                       "Pads are %.1f %% of the rows and get %.1f %% of softmax (mean of %zu "
                       "layers, %.1f to %.1f %%). ",
                       100.0 * (double)n_pads / (double)n_rows, 100.0 * pads.mean, pads.n,
                       100.0 * pads.least, 100.0 * pads.most);
    if (run->queries == NULL)
        builder_text(
            &text, "Random queries show what the keys allow, not where an image looks: its own "
                   "queries depend on picture and time step (--queries takes some).");
    if (text.failed)
        run->pads.out.failed = true;
    else if (text.size > 0)
        pads_paragraph(&run->pads, text.bytes);
    builder_free(&text);
}

int kv_print(struct kv_run *run)
{
    put_title(run);
    put_norms(run);
    if (run->input->n_real > 0)
        put_mass(run);
    else
        put_rows(run);
    put_copies(run);
    put_conclusion(run);
    return pads_print(&run->pads);
}
