/* SPDX-License-Identifier: MIT */
/* Pictures of `pads` and `sweep`. */
#include "plot_lab.h"

#include <string.h>

#include "plot_figures.h"
#include "talk.h"

/* ---- pads. */

/* --positions, else the pads. */
static int choose_rows(struct pads *pads, size_t i, size_t **chosen, size_t *n)
{
    const pw_rows *rows = &pads->inputs[i].rows;

    TRY(pads_positions(pads, rows->n_rows, chosen, n));
    if (*chosen != NULL)
        return DONE;
    *chosen = pool_array(&pads->app->pool, rows->n_rows, sizeof(**chosen));
    if (*chosen == NULL)
        return fail_memory(pads->app);
    *n = pw_rows_choose(rows, PW_ROW_PAD, *chosen);
    return DONE;
}

static int singular_values(struct pads *pads, size_t i, pw_curve *curve)
{
    size_t *chosen, n;
    double *sigma;
    pw_rank rank;
    pw_error err;

    TRY(choose_rows(pads, i, &chosen, &n));
    sigma = pool_array(&pads->app->pool, n, sizeof(*sigma));
    if (sigma == NULL)
        return fail_memory(pads->app);
    if (pw_rows_svd(&rank, sigma, pads->app->ctx, &pads->inputs[i].rows, chosen, n, &err) !=
        PW_OK)
        return fail_with(pads->app, &err);
    curve->y = sigma;
    curve->n = rank.n_values;
    return DONE;
}

static int draw_svd(const struct plot_set *set, struct pads *pads, pw_figure **out)
{
    pw_curve *curves = pool_array(&pads->app->pool, pads->n, sizeof(*curves));
    pw_panel_options panel;
    pw_status status;
    pw_error err;

    if (curves == NULL)
        return fail_memory(pads->app);
    for (size_t i = 0; i < pads->n; i++) {
        TRY(singular_values(pads, i, &curves[i]));
        curves[i].name = set->labels[i];
    }
    TRY(plot_create(set, "Singular values of the pads",
                    "Curves on a logarithmic axis: the singular values of each input's pads, "
                    "greatest first.",
                    NULL, 0, out));
    pw_panel_options_init(&panel);
    panel.x.label = "number of the singular value, from 0";
    panel.y.label = "singular value";
    panel.y.scale = PW_SCALE_LOG;
    status = pw_figure_add_panel(*out, &panel, &err);
    for (size_t i = 0; i < pads->n && status == PW_OK; i++)
        status = pw_figure_add_curve(*out, &curves[i], &err);
    return plot_finish(set, status, &err, out);
}

struct measured {
    struct pads *pads;
    const char *measure;
};

static int draw_pads(const struct plot_set *set, void *argument, pw_figure **out)
{
    const struct measured *of = argument;

    if (strcmp(of->measure, "regime") == 0)
        return plot_curves(set, out);
    if (strcmp(of->measure, "svd") == 0)
        return draw_svd(set, of->pads, out);
    if (strcmp(of->measure, "signature") == 0)
        return plot_across(set, true, out);
    if (strcmp(of->measure, "probe") == 0)
        return plot_similarity(set, out);
    return set->n == 1 ? plot_norms(set, out) : plot_across(set, false, out);
}

int plot_pads(struct pads *pads, const char *measure)
{
    struct measured measured = {pads, measure};

    return plot_inputs(pads, draw_pads, &measured);
}

int plot_inputs(struct pads *pads,
                int (*draw)(const struct plot_set *set, void *argument, pw_figure **out),
                void *argument)
{
    struct app *app = pads->app;
    const char *path = option_text(app, OPTION_PLOT);
    struct plot_set set = {.app = app, .inputs = pads->inputs, .n = pads->n};
    pw_figure *figure = NULL;
    int status;

    if (path == NULL)
        return DONE;
    TRY(plot_labels(app, set.inputs, set.n, &set.labels));
    TRY(plot_credits(app, set.inputs, set.n, &set.footer));
    status = draw(&set, argument, &figure);
    if (status == DONE)
        status = plot_write(app, figure, path);
    pw_figure_free(figure);
    return status;
}

/* ---- sweep. */

int plot_sweep(struct app *app, const struct plot_sweep *sweep)
{
    const char *path = option_text(app, OPTION_PLOT);
    const pw_curve curves[] = {{"all rows", sweep->x, sweep->l2, NULL, NULL, sweep->n},
                               {"pads", sweep->x, sweep->l2_pads, NULL, NULL, sweep->n}};
    pw_curves kind;
    pw_figure_options options;
    pw_figure *figure;
    pw_error err;
    int status;

    if (path == NULL)
        return DONE;
    pw_curves_init(&kind);
    kind.curves = curves;
    kind.n_curves = sweep->l2_pads == NULL ? 1 : 2;
    kind.x_label = "x";
    kind.y_label = "L2 distance to the unedited";
    pw_figure_options_init(&options);
    options.title = sweep->title;
    options.description = "Curves: the L2 distance of the edited rows to the unedited ones, of "
                          "all rows and of the pads, by the value that ran.";
    if (sweep->credit != NULL)
        options.footer = pool_format(&app->pool, "Data: %s", sweep->credit);
    if (pw_plot_curves(&figure, app->ctx, &kind, &options, &err) != PW_OK)
        return fail_with(app, &err);
    status = plot_write(app, figure, path);
    pw_figure_free(figure);
    return status;
}
