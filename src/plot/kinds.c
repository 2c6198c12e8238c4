/* SPDX-License-Identifier: MIT */
/* The kinds: whole figures from one description each, made of panels and marks as a caller
 * could make them. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/checked.h"
#include "plot/figure.h"

/* A kind gives the figure away only when it is whole. */
static pw_status finish(pw_status status, pw_figure *figure, pw_figure **out)
{
    if (status == PW_OK)
        *out = figure;
    else
        pw_figure_free(figure);
    return status;
}

static pw_status nothing_to_draw(const char *what, pw_error *err)
{
    return PWI_FAIL(err, PW_ERR_ARGUMENT, "there is nothing to draw: %s", what);
}

static pw_status add_pads_rule(pw_figure *figure, int64_t pads_start, pw_error *err)
{
    char name[64];
    const pw_rule rule = {false, (double)pads_start - 0.5, name};

    snprintf(name, sizeof(name), "pads from %" PRId64, pads_start);
    return pads_start >= 0 ? pw_figure_add_rule(figure, &rule, err) : PW_OK;
}

/* ---- Heat maps ---- */

static pw_status add_heat_panel(pw_figure *figure, const pw_heat_maps *maps, const char *title,
                                const float *values, pw_error *err)
{
    /* Rows of the file run along x. */
    const pw_matrix matrix = {values, maps->n_rows, maps->n_columns, maps->n_columns, 1, false};
    pw_panel_options panel;

    pw_panel_options_init(&panel);
    panel.title = title;
    panel.x.label = "position";
    panel.y.label = "dimension";
    PWI_TRY(pw_figure_add_panel(figure, &panel, err));
    PWI_TRY(pw_figure_add_matrix(figure, &matrix, err));
    return add_pads_rule(figure, maps->pads_start, err);
}

static pw_status add_difference(pw_figure *figure, const pw_heat_maps *maps, size_t i,
                                pw_error *err)
{
    const size_t n = maps->n_rows * maps->n_columns;
    const float *first = maps->maps[0].values, *other = maps->maps[i].values;
    float *values = pwi_arena_alloc(&figure->arena, n * sizeof(*values));
    const char *a = maps->maps[0].title, *b = maps->maps[i].title;
    pwi_buf title;
    pw_status status;

    if (values == NULL)
        return pwi_fail_memory(err);
    for (size_t k = 0; k < n; k++)
        values[k] = first[k] - other[k];
    pwi_buf_init(&title, figure->arena.allocator);
    pwi_buf_text(&title, a != NULL ? a : "first");
    pwi_buf_text(&title, " \xE2\x88\x92 ");
    pwi_buf_text(&title, b != NULL ? b : "second");
    status = title.failed ? pwi_fail_memory(err)
                          : add_heat_panel(figure, maps, title.data, values, err);
    pwi_buf_free(&title);
    return status;
}

static pw_status add_heat_panels(pw_figure *figure, const pw_heat_maps *maps, pw_error *err)
{
    for (size_t i = 0; i < maps->n_maps; i++)
        PWI_TRY(add_heat_panel(figure, maps, maps->maps[i].title, maps->maps[i].values, err));
    for (size_t i = 1; maps->shows_differences && i < maps->n_maps; i++)
        PWI_TRY(add_difference(figure, maps, i, err));
    return PW_OK;
}

static pw_status check_heat_maps(const pw_heat_maps *maps, pw_error *err)
{
    size_t n;

    if (maps->maps == NULL || maps->n_maps == 0 || maps->n_rows == 0 || maps->n_columns == 0)
        return nothing_to_draw("a heat map needs rows and columns", err);
    for (size_t i = 0; i < maps->n_maps; i++)
        if (maps->maps[i].values == NULL)
            return nothing_to_draw("a heat map has no values", err);
    if (maps->n_maps > PW_PLOT_PANELS_MAX || !pwi_mul_size(maps->n_rows, maps->n_columns, &n) ||
        n > PW_PLOT_CELLS_MAX)
        return PWI_FAIL(
            err, PW_ERR_LIMIT, "%zu heat maps of %zu x %zu values: at most %d of %zu values",
            maps->n_maps, maps->n_rows, maps->n_columns, PW_PLOT_PANELS_MAX, PW_PLOT_CELLS_MAX);
    if (!(maps->range >= 0 && isfinite(maps->range)))
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "colours cannot span %g: give a positive range",
                        maps->range);
    return PW_OK;
}

pw_status pw_plot_heat_maps(pw_figure **out, pw_context *ctx, const pw_heat_maps *maps,
                            const pw_figure_options *options, pw_error *err)
{
    pw_color_scale colors = {PW_MAP_DIVERGING, 0, 0, "value"};
    pw_figure *figure;

    *out = NULL;
    PWI_TRY(check_heat_maps(maps, err));
    colors.max = maps->range > 0     ? maps->range
                 : maps->n_maps == 1 ? PW_PLOT_HEAT_RANGE
                                     : PW_PLOT_HEAT_RANGE_PANEL;
    colors.min = -colors.max;
    PWI_TRY(pw_figure_create(&figure, ctx, options, &colors, err));
    return finish(add_heat_panels(figure, maps, err), figure, out);
}

/* ---- Bars ---- */

static pw_status add_role_bars(pw_figure *figure, const pw_role_bars *bars, pw_error *err)
{
    const pw_bars mark = {bars->heights, bars->roles, bars->n};
    pw_panel_options panel;

    pw_panel_options_init(&panel);
    panel.x.label = bars->labels != NULL ? "" : "position";
    panel.x.labels = bars->labels;
    panel.x.n_labels = bars->labels != NULL ? bars->n : 0;
    panel.y.label = bars->y_label != NULL ? bars->y_label : "L2 norm";
    PWI_TRY(pw_figure_add_panel(figure, &panel, err));
    return pw_figure_add_bars(figure, &mark, err);
}

pw_status pw_plot_role_bars(pw_figure **out, pw_context *ctx, const pw_role_bars *bars,
                            const pw_figure_options *options, pw_error *err)
{
    pw_figure *figure;

    *out = NULL;
    PWI_TRY(pw_figure_create(&figure, ctx, options, NULL, err));
    return finish(add_role_bars(figure, bars, err), figure, out);
}

/* ---- Similarity ---- */

static pw_status add_similarity(pw_figure *figure, const pw_similarity *similarity,
                                pw_error *err)
{
    const pw_matrix matrix = {similarity->values, similarity->n, similarity->n, 1,
                              similarity->n,      true};
    pw_panel_options panel;

    pw_panel_options_init(&panel);
    panel.is_square = true;
    panel.x.label = panel.y.label = similarity->axis_label;
    panel.x.labels = panel.y.labels = similarity->labels;
    panel.x.n_labels = panel.y.n_labels = similarity->labels != NULL ? similarity->n : 0;
    PWI_TRY(pw_figure_add_panel(figure, &panel, err));
    return pw_figure_add_matrix(figure, &matrix, err);
}

pw_status pw_plot_similarity(pw_figure **out, pw_context *ctx, const pw_similarity *similarity,
                             const pw_figure_options *options, pw_error *err)
{
    const pw_color_scale cosines = {PW_MAP_DIVERGING, -1, 1, "cosine"};
    pw_figure *figure;

    *out = NULL;
    PWI_TRY(pw_figure_create(&figure, ctx, options,
                             similarity->colors != NULL ? similarity->colors : &cosines, err));
    return finish(add_similarity(figure, similarity, err), figure, out);
}

/* ---- Curves ---- */

static pw_status add_curves(pw_figure *figure, const pw_curves *curves, pw_error *err)
{
    pw_panel_options panel;

    pw_panel_options_init(&panel);
    panel.x.label = curves->x_label;
    panel.y.label = curves->y_label;
    panel.y.scale = curves->y_scale;
    panel.y.min = curves->y_min;
    panel.y.max = curves->y_max;
    PWI_TRY(pw_figure_add_panel(figure, &panel, err));
    for (size_t i = 0; i < curves->n_curves; i++)
        PWI_TRY(pw_figure_add_curve(figure, &curves->curves[i], err));
    return add_pads_rule(figure, curves->pads_start, err);
}

pw_status pw_plot_curves(pw_figure **out, pw_context *ctx, const pw_curves *curves,
                         const pw_figure_options *options, pw_error *err)
{
    pw_figure *figure;

    *out = NULL;
    if (curves->curves == NULL || curves->n_curves == 0)
        return nothing_to_draw("there are no curves", err);
    PWI_TRY(pw_figure_create(&figure, ctx, options, NULL, err));
    return finish(add_curves(figure, curves, err), figure, out);
}

/* ---- Attention ---- */

static pw_status add_attention_map(pw_figure *figure, const pw_attention *attention, size_t i,
                                   pw_error *err)
{
    const pw_matrix matrix = {attention->maps[i].values, attention->n_keys,
                              attention->n_queries,      1,
                              attention->n_keys,         false};
    pw_panel_options panel;

    pw_panel_options_init(&panel);
    panel.is_square = true;
    panel.title = attention->maps[i].title;
    panel.x.label = "key";
    panel.y.label = "query";
    panel.x.labels = attention->keys;
    panel.x.n_labels = attention->keys != NULL ? attention->n_keys : 0;
    panel.y.labels = attention->queries;
    panel.y.n_labels = attention->queries != NULL ? attention->n_queries : 0;
    PWI_TRY(pw_figure_add_panel(figure, &panel, err));
    return pw_figure_add_matrix(figure, &matrix, err);
}

static pw_status add_attention_maps(pw_figure *figure, const pw_attention *attention,
                                    pw_error *err)
{
    for (size_t i = 0; i < attention->n_maps; i++)
        PWI_TRY(add_attention_map(figure, attention, i, err));
    return PW_OK;
}

pw_status pw_plot_attention(pw_figure **out, pw_context *ctx, const pw_attention *attention,
                            const pw_figure_options *options, pw_error *err)
{
    const pw_color_scale colors = {PW_MAP_SEQUENTIAL, 0, attention->max, "attention weight"};
    pw_figure *figure;

    *out = NULL;
    if (attention->maps == NULL || attention->n_maps == 0)
        return nothing_to_draw("there are no attention maps", err);
    PWI_TRY(pw_figure_create(&figure, ctx, options, &colors, err));
    return finish(add_attention_maps(figure, attention, err), figure, out);
}
