/* SPDX-License-Identifier: MIT */
/* The picture of `padwise kv`: softmax shares by layer and position, norms of keys, copies. */
#include <math.h>

#include "kv_view.h"
#include "plot_out.h"
#include "talk.h"

/* How often a row gets an equal share: log2 of its share times the rows, NaN without queries.
 */
static double excess(const struct kv_run *run, size_t i_layer, size_t row)
{
    return log2(kv_row_mass(run, &run->layers[i_layer], row) * (double)run->input->rows.n_rows);
}

/* The greatest finite one of all, for colours with equal shares in their middle. */
static double greatest_excess(const struct kv_run *run)
{
    double greatest = 0.0;

    for (size_t i = 0; i < run->n_layers; i++)
        for (size_t row = 0; row < run->input->rows.n_rows; row++) {
            const double value = fabs(excess(run, i, row));

            greatest = isfinite(value) && value > greatest ? value : greatest;
        }
    return greatest > 0.0 ? greatest : 1.0;
}

static int make_figure(struct kv_run *run, pw_figure **figure)
{
    struct app *app = run->pads.app;
    const double range = greatest_excess(run);
    const pw_color_scale colors = {.map = PW_MAP_DIVERGING,
                                   .min = -range,
                                   .max = range,
                                   .label = "log2 of share over 1/rows"};
    pw_figure_options options;
    pw_error err;

    pw_figure_options_init(&options);
    options.title =
        run->input->prompt.bytes != NULL
            ? pool_copy(&app->pool, run->input->prompt.bytes, run->input->prompt.size)
            : run->input->name;
    options.description = "What a U-Net's cross-attention sees of each row of a conditioning.";
    options.footer = run->input->credit == NULL
                         ? NULL
                         : pool_format(&app->pool, "Data: %s", run->input->credit);
    options.n_columns = 1;
    if (options.title == NULL)
        return fail_memory(app);
    if (pw_figure_create(figure, app->ctx, &options, &colors, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

static pw_status add_pads_rule(const struct kv_run *run, pw_figure *figure, pw_error *err)
{
    const pw_rows *rows = &run->input->rows;
    pw_rule rule = {.name = "pads start"};
    size_t i = 0;

    while (i < rows->n_rows && rows->roles[i] != PW_ROW_PAD)
        i++;
    if (i == rows->n_rows)
        return PW_OK;
    rule.at = (double)i - 0.5;
    return pw_figure_add_rule(figure, &rule, err);
}

static int add_mass(struct kv_run *run, pw_figure *figure)
{
    struct app *app = run->pads.app;
    const size_t n_rows = run->input->rows.n_rows;
    float *values = pool_array(&app->pool, run->n_layers, n_rows * sizeof(*values));
    const char **names = pool_array(&app->pool, run->n_layers, sizeof(*names));
    pw_matrix matrix = {.n_x = n_rows, .n_y = run->n_layers, .x_stride = 1, .y_stride = n_rows};
    pw_panel_options panel;
    pw_error err;

    if (values == NULL || names == NULL)
        return fail_memory(app);
    for (size_t i = 0; i < run->n_layers; i++) {
        names[i] = kv_short_name(app, run->layers[i].info->name);
        for (size_t row = 0; row < n_rows; row++)
            values[i * n_rows + row] = (float)excess(run, i, row);
    }
    matrix.values = values;
    pw_panel_options_init(&panel);
    panel.title = run->queries == NULL ? "softmax share by layer, random queries"
                                       : "softmax share by layer";
    panel.x.label = "position";
    panel.y.labels = names;
    panel.y.n_labels = run->n_layers;
    if (pw_figure_add_panel(figure, &panel, &err) != PW_OK ||
        pw_figure_add_matrix(figure, &matrix, &err) != PW_OK ||
        add_pads_rule(run, figure, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

/* Each layer's norms over its mean, then the mean of the layers: layers differ in scale. */
static void mean_norms(const struct kv_run *run, double *heights)
{
    const size_t n_rows = run->input->rows.n_rows;

    for (size_t i = 0; i < run->n_layers; i++) {
        const double *norm = run->layers[i].k_norm;
        double sum = 0.0;

        for (size_t row = 0; row < n_rows; row++)
            sum += norm[row];
        for (size_t row = 0; row < n_rows && sum > 0.0; row++)
            heights[row] += norm[row] * (double)n_rows / sum / (double)run->n_layers;
    }
}

static int add_norms(struct kv_run *run, pw_figure *figure)
{
    struct app *app = run->pads.app;
    const pw_rows *rows = &run->input->rows;
    double *heights = pool_array(&app->pool, rows->n_rows, sizeof(*heights));
    pw_plot_role *roles = pool_array(&app->pool, rows->n_rows, sizeof(*roles));
    const pw_bars bars = {.heights = heights, .roles = roles, .n = rows->n_rows};
    pw_panel_options panel;
    pw_error err;

    if (heights == NULL || roles == NULL)
        return fail_memory(app);
    mean_norms(run, heights);
    for (size_t i = 0; i < rows->n_rows; i++)
        roles[i] = plot_role(rows->roles[i]);
    pw_panel_options_init(&panel);
    panel.title = "norm of keys, over each layer's mean";
    panel.x.label = "position";
    panel.y.label = "mean of layers";
    if (pw_figure_add_panel(figure, &panel, &err) != PW_OK ||
        pw_figure_add_bars(figure, &bars, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

static int add_copies(struct kv_run *run, pw_figure *figure)
{
    struct app *app = run->pads.app;
    double x[KV_COPIES_MAX], y[KV_COPIES_MAX], low[KV_COPIES_MAX], high[KV_COPIES_MAX];
    const pw_curve curve = {.name = "mean, least and most layer",
                            .x = x,
                            .y = y,
                            .low = low,
                            .high = high,
                            .n = run->n_counts};
    pw_panel_options panel;
    pw_error err;

    if (!run->has_copies)
        return DONE;
    for (size_t i = 0; i < run->n_counts; i++) {
        const struct kv_spread spread = kv_copies_spread(run, i);

        x[i] = (double)run->counts[i];
        y[i] = spread.mean;
        low[i] = spread.least;
        high[i] = spread.most;
    }
    pw_panel_options_init(&panel);
    panel.title = pool_format(&app->pool, "share of n copies of row %zu", run->i_copied);
    panel.x.label = "copies";
    panel.y.label = "share";
    if (pw_figure_add_panel(figure, &panel, &err) != PW_OK ||
        pw_figure_add_curve(figure, &curve, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

static int add_panels(struct kv_run *run, pw_figure *figure)
{
    TRY(add_mass(run, figure));
    TRY(add_norms(run, figure));
    return add_copies(run, figure);
}

int kv_draw(struct kv_run *run)
{
    pw_figure *figure = NULL;
    int status;

    TRY(make_figure(run, &figure));
    status = add_panels(run, figure);
    if (status == DONE)
        status = plot_write(run->pads.app, figure, run->plot);
    pw_figure_free(figure);
    return status;
}
