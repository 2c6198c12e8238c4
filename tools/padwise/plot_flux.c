/* SPDX-License-Identifier: MIT */
/* --plot of `flux-check`: how far each row is from the one that Flux takes, so that one sees
 * what it would be given by an index that is off. */
#include <stdio.h>
#include <string.h>

#include "flux_view.h"
#include "plot_figures.h"
#include "talk.h"

/* Of one panel, beside the rules. */
#define CURVES_MAX 48

int flux_plot_check(struct app *app, const char *output)
{
    const char *path = option_text(app, OPTION_PLOT);

    if (path != NULL && output != NULL && strcmp(path, "-") == 0 && strcmp(output, "-") == 0)
        return fail_usage(app, "-o - and --plot - would both write to standard output");
    return plot_check(app, path);
}

int flux_plot_can(struct flux *flux)
{
    struct app *app = flux->pads.app;

    if (option_text(app, OPTION_PLOT) == NULL)
        return DONE;
    if (flux->n > CURVES_MAX)
        return fail(app, PW_ERR_LIMIT, "",
                    "--plot draws a curve an input, %d at most, and %zu are given", CURVES_MAX,
                    flux->n);
    for (size_t i = 0; i < flux->n; i++)
        if (!flux->inputs[i].has_eos)
            return fail(app, PW_ERR_NOT_FOUND, flux->inputs[i].rows->name,
                        "does not say where EOS stands, and --plot draws cosines to its row: "
                        "give --n-real N or --tokenizer PATH");
    return DONE;
}

static int cosines(struct flux *flux, const struct flux_input *input, pw_curve *curve)
{
    const float *taken = flux_row(input, input->i_eos);
    double *y;

    curve->n = input->rows->rows.n_rows;
    curve->y = y = pool_array(&flux->pads.app->pool, curve->n, sizeof(*y));
    if (y == NULL)
        return fail_memory(flux->pads.app);
    for (size_t i = 0; i < curve->n; i++)
        y[i] = flux_compare(taken, flux_row(input, i), 1).cosine;
    return DONE;
}

/* One rule for all inputs of which the row is taken, or is the last. */
static pw_status add_rules(const struct flux *flux, bool is_last, pw_figure *figure,
                           pw_error *err)
{
    pw_status status = PW_OK;

    for (size_t i = 0; i < flux->n && status == PW_OK; i++) {
        const struct flux_input *input = &flux->inputs[i];
        const size_t row = is_last ? input->i_last : input->i_eos;
        char name[64];
        const pw_rule rule = {false, (double)row, name};
        bool is_drawn = false;

        for (size_t k = 0; k < i; k++)
            is_drawn =
                is_drawn || row == (is_last ? flux->inputs[k].i_last : flux->inputs[k].i_eos);
        if (is_drawn)
            continue;
        snprintf(name, sizeof(name), is_last ? "row %zu: the last" : "row %zu (EOS): taken",
                 row);
        status = pw_figure_add_rule(figure, &rule, err);
    }
    return status;
}

/* An axis as long as that leaves room beside the last row's line. */
static size_t n_rows_max(const struct flux *flux)
{
    size_t n = 0;

    for (size_t i = 0; i < flux->n; i++)
        n = flux->inputs[i].i_last >= n ? flux->inputs[i].i_last + 1 : n;
    return n;
}

static int draw(const struct plot_set *set, void *argument, pw_figure **out)
{
    struct flux *flux = argument;
    pw_curve *curves = pool_array(&flux->pads.app->pool, flux->n, sizeof(*curves));
    pw_panel_options panel;
    pw_status status;
    pw_error err;

    if (curves == NULL)
        return fail_memory(flux->pads.app);
    for (size_t i = 0; i < flux->n; i++) {
        TRY(cosines(flux, &flux->inputs[i], &curves[i]));
        curves[i].name = flux->n == 1 ? NULL : set->labels[i];
    }
    TRY(plot_create(set, "Each row beside the one that Flux takes",
                    "Curves: the cosine of the row at each position to the row of the first "
                    "EOS, which Flux takes as its pooled vector. Lines stand at that row and "
                    "at the last one.",
                    NULL, 1, out));
    pw_panel_options_init(&panel);
    panel.title = flux->n == 1 ? set->labels[0] : NULL;
    panel.x.label = "position";
    panel.x.min = -0.5;
    panel.x.max = (double)n_rows_max(flux) - 0.5;
    panel.y.label = "cosine to the row that Flux takes";
    panel.y.min = -1.0;
    panel.y.max = 1.0;
    status = pw_figure_add_panel(*out, &panel, &err);
    for (size_t i = 0; i < flux->n && status == PW_OK; i++)
        status = pw_figure_add_curve(*out, &curves[i], &err);
    if (status == PW_OK)
        status = add_rules(flux, false, *out, &err);
    if (status == PW_OK)
        status = add_rules(flux, true, *out, &err);
    return plot_finish(set, status, &err, out);
}

int flux_plot(struct flux *flux)
{
    return plot_inputs(&flux->pads, draw, flux);
}
