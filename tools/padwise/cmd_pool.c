/* SPDX-License-Identifier: MIT */
/* padwise pool-compare: the cosines between prompts under each pooling, what a wrong one does
 * to them, and to clusters. */
#include <math.h>
#include <string.h>

#include "plot_figures.h"
#include "plot_out.h"
#include "scan_clusters.h"
#include "talk.h"

/* What a pooling is measured against: its right twin. PW_N_POOLINGS: none. */
static const pw_pooling against[PW_N_POOLINGS] = {
    [PW_POOLING_EOS] = PW_N_POOLINGS,
    [PW_POOLING_LAST] = PW_POOLING_EOS,
    [PW_POOLING_MASKED] = PW_POOLING_EOS,
    [PW_POOLING_UNMASKED] = PW_POOLING_MASKED,
};

struct pools {
    struct pads pads;
    double *cosine[PW_N_POOLINGS]; /* [n, n] */
    pw_estimate means[PW_N_POOLINGS], shifts[PW_N_POOLINGS];
    size_t n_moved[PW_N_POOLINGS];
    struct clusters clusters;
    struct grid grid;
};

static int measure(struct pools *pools, pw_pooling i)
{
    struct pads *pads = &pools->pads;
    pw_context *ctx = pads->app->ctx;
    const size_t n = pads->n;
    pw_error err;

    pools->cosine[i] = pool_array(&pads->app->pool, n, n * sizeof(double));
    if (pools->cosine[i] == NULL)
        return fail_memory(pads->app);
    if (pw_inputs_pool(pools->cosine[i], ctx, pads->rows, n, i, &err) != PW_OK ||
        pw_estimate_pairs(&pools->means[i], ctx, pools->cosine[i], n, pads->seed, &err) !=
            PW_OK)
        return fail_with(pads->app, &err);
    pads_judge_interval(pads, &pools->means[i], n);
    if (against[i] != PW_N_POOLINGS &&
        pw_pools_shift(&pools->shifts[i], &pools->n_moved[i], ctx, pools->cosine[i],
                       pools->cosine[against[i]], n, pads->seed, &err) != PW_OK)
        return fail_with(pads->app, &err);
    pads_judge_interval(pads, &pools->shifts[i], n);
    return DONE;
}

/* ---- Output. */

static void put_pairs(struct json *json, const double *cosine, size_t n)
{
    json_key(json, "pairs");
    json_open(json, '[');
    for (size_t a = 0; a < n; a++) {
        for (size_t b = a + 1; b < n; b++) {
            json_open(json, '{');
            json_member_int(json, "a", (int64_t)a);
            json_member_int(json, "b", (int64_t)b);
            json_member_real(json, "cosine", cosine[a * n + b]);
            json_close(json, '}');
        }
    }
    json_close(json, ']');
}

static void put_json(struct pools *pools)
{
    struct pads *pads = &pools->pads;
    struct json *json = &pads->json;

    json_open(json, '{');
    json_member_int(json, "n", (int64_t)pads->n);
    pads_put_inputs(pads, NULL);
    json_key(json, "pools");
    json_open(json, '[');
    for (pw_pooling i = PW_POOLING_EOS; i < PW_N_POOLINGS; i++) {
        json_open(json, '{');
        json_member_text(json, "pool", pw_pooling_name(i));
        pads_put_estimate(json, "cosine", &pools->means[i]);
        if (against[i] != PW_N_POOLINGS) {
            json_member_text(json, "from", pw_pooling_name(against[i]));
            pads_put_estimate(json, "shift", &pools->shifts[i]);
            json_member_int(json, "n_nearest_moved", (int64_t)pools->n_moved[i]);
        }
        put_pairs(json, pools->cosine[i], pads->n);
        json_close(json, '}');
    }
    json_close(json, ']');
    clusters_put_json(json, pads, &pools->clusters);
}

static void put_table(struct pools *pools)
{
    static const struct column titles[] = {
        {"pooling", false}, {"cosine", true},   {"95 % interval", true}, {"from", false},
        {"shift", true},    {"interval", true}, {"moved", true}};
    struct pads *pads = &pools->pads;
    struct grid *grid = &pools->grid;

    grid_start(grid, titles, sizeof(titles) / sizeof(*titles));
    for (pw_pooling i = PW_POOLING_EOS; i < PW_N_POOLINGS; i++) {
        grid_cell(grid, "%s", pw_pooling_name(i));
        grid_number(grid, 3, pools->means[i].mean);
        pads_interval(grid, &pools->means[i]);
        if (against[i] == PW_N_POOLINGS) {
            for (int k = 0; k < 4; k++)
                grid_cell(grid, "-");
            continue;
        }
        grid_cell(grid, "%s", pw_pooling_name(against[i]));
        grid_cell(grid, "%+.3f", pools->shifts[i].mean);
        pads_interval(grid, &pools->shifts[i]);
        grid_cell(grid, "%zu", pools->n_moved[i]);
    }
    grid_print(grid, &pads->out, pads->app->width_out, pads->app->color_out);
    scan_note(pads,
              "cosine: mean over pairs of prompts; shift: this cosine minus the one it is "
              "counted from; moved: prompts whose nearest other one is another; intervals "
              "by drawing prompts.");
    clusters_put_tables(pads, &pools->clusters, grid);
}

static void say_shift(struct builder *text, const struct pools *pools, pw_pooling i)
{
    const pw_estimate *shift = &pools->shifts[i];

    if (shift->n_values == 0) {
        builder_format(text, "There are no cosines by %s", pw_pooling_name(i));
        return;
    }
    builder_format(text, "Against %s, %s %s the cosine between prompts by %.3f",
                   pw_pooling_name(against[i]), pw_pooling_name(i),
                   shift->mean < 0.0   ? "lowers"
                   : shift->mean > 0.0 ? "raises"
                                       : "changes",
                   fabs(shift->mean));
    if (isnan(shift->low))
        builder_format(text, " (no interval %s)",
                       pools->pads.n_prompts < pools->pads.n ? "of inputs that share prompts"
                                                             : "below three prompts");
    else
        builder_format(text, " (95 %% interval %+.3f to %+.3f%s)", shift->low, shift->high,
                       shift->low <= 0.0 && shift->high >= 0.0 ? ": not told apart from none"
                                                               : "");
}

static void conclude(struct pools *pools)
{
    struct pads *pads = &pools->pads;
    struct builder text = {0};
    const size_t n_pairs = pads->n * (pads->n - 1) / 2;

    say_shift(&text, pools, PW_POOLING_UNMASKED);
    builder_text(&text, ". ");
    say_shift(&text, pools, PW_POOLING_LAST);
    builder_text(&text, ". ");
    clusters_say(&text, &pools->clusters);
    builder_text(&text, "n = ");
    pads_say_prompts(pads, &text, pads->n);
    builder_format(&text, ", %zu pair%s.", n_pairs, n_pairs == 1 ? "" : "s");
    scan_conclude(pads, &text);
    builder_free(&text);
}

static int add_panel(pw_figure *figure, const struct pools *pools, pw_pooling i, float *values,
                     pw_error *err)
{
    const size_t n = pools->pads.n;
    const pw_matrix matrix = {values, n, n, 1, n, true};
    pw_panel_options options;

    pw_panel_options_init(&options);
    options.title = pw_pooling_name(i);
    options.x.label = options.y.label = "prompt";
    options.is_square = true;
    for (size_t k = 0; k < n * n; k++)
        values[k] = (float)pools->cosine[i][k];
    if (pw_figure_add_panel(figure, &options, err) != PW_OK ||
        pw_figure_add_matrix(figure, &matrix, err) != PW_OK)
        return FAILED;
    return DONE;
}

static int draw(struct pools *pools)
{
    struct app *app = pools->pads.app;
    const pw_color_scale colors = {PW_MAP_DIVERGING, 0, 0, "cosine"};
    const char *path = option_text(app, OPTION_PLOT);
    float *values = pool_array(&app->pool, pools->pads.n, pools->pads.n * sizeof(*values));
    pw_figure_options options;
    pw_figure *figure;
    pw_error err;
    int status = DONE;

    if (path == NULL)
        return DONE;
    if (values == NULL)
        return fail_memory(app);
    pw_figure_options_init(&options);
    TRY(plot_credits(app, pools->pads.inputs, pools->pads.n, &options.footer));
    options.title = "cosine between prompts by pooling";
    options.n_columns = 2;
    if (pw_figure_create(&figure, app->ctx, &options, &colors, &err) != PW_OK)
        return fail_with(app, &err);
    for (pw_pooling i = PW_POOLING_EOS; i < PW_N_POOLINGS && status == DONE; i++)
        status = add_panel(figure, pools, i, values, &err);
    status =
        status == DONE ? clusters_draw(app, figure, &pools->clusters) : fail_with(app, &err);
    if (status == DONE)
        status = plot_write(app, figure, path);
    pw_figure_free(figure);
    return status;
}

static int print(struct pools *pools)
{
    struct pads *pads = &pools->pads;

    if (pads->app->json)
        put_json(pools);
    else
        put_table(pools);
    conclude(pools);
    if (pads->app->json) {
        json_close(&pads->json, '}');
        return pads_print_json(pads);
    }
    pads_credits(pads);
    return pads_print(pads);
}

static int run(struct pools *pools)
{
    struct pads *pads = &pools->pads;
    struct app *app = pads->app;

    TRY(plot_check(app, option_text(app, OPTION_PLOT)));
    TRY(option_seed(app, &pads->seed));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(pads_read(pads, app->arguments.words, app->arguments.n_words));
    TRY(pads_need_inputs(pads, 2, "cosines between prompts take two, and an interval three"));
    TRY(pads_need_pads(pads));
    TRY(clusters_read(pads, &pools->clusters));
    TRY(app_open_output(app));
    for (pw_pooling i = PW_POOLING_EOS; i < PW_N_POOLINGS; i++)
        TRY(measure(pools, i));
    TRY(clusters_measure(pads, &pools->clusters));
    TRY(print(pools));
    return draw(pools);
}

int run_pool_compare(struct app *app)
{
    struct pools pools = {.pads = {.app = app}};
    const int status = run(&pools);

    progress_stop(&app->progress);
    roles_close(&pools.pads.roles);
    pool_free(&pools.grid.pool);
    builder_free(&pools.pads.json.text);
    builder_free(&pools.pads.out);
    return status;
}
