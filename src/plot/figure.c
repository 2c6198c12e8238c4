/* SPDX-License-Identifier: MIT */
/* Figures and their panels: made, checked, freed. */
#include "plot/figure.h"

#include <math.h>
#include <string.h>

#include "plot/label.h"

static pw_status check_range(double min, double max, const char *what, pw_error *err)
{
    const double size = fmax(fabs(min), fabs(max));

    /* Narrower than a billionth of its place, a range has no ticks that differ in print. */
    if ((min == 0 && max == 0) || (size <= 1e300 && max - min > 1e-9 * size))
        return PW_OK;
    return PWI_FAIL(
        err, PW_ERR_ARGUMENT,
        "the range of %s is %g to %g: give two numbers, the smaller first and apart, "
        "or 0 and 0 for one that fits",
        what, min, max);
}

/* The options that the caller's struct has; the defaults of all others. */
static pw_figure_options read_options(const pw_figure_options *given)
{
    pw_figure_options options;

    pw_figure_options_init(&options);
    if (given != NULL)
        memcpy(&options, given,
               given->struct_size < sizeof(options) ? given->struct_size : sizeof(options));
    return options;
}

static pw_status set_texts(pw_figure *figure, const pw_figure_options *options,
                           const pw_color_scale *colors, pw_error *err)
{
    const pw_color_scale plain = {PW_MAP_DIVERGING, 0, 0, NULL};

    figure->colors = colors != NULL ? *colors : plain;
    figure->n_columns = options->n_columns;
    if (options->n_columns < 0 || options->n_columns > PW_PLOT_PANELS_MAX)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "%d panels side by side: 0 to %d are possible",
                        (int)options->n_columns, PW_PLOT_PANELS_MAX);
    PWI_TRY(check_range(figure->colors.min, figure->colors.max, "the colours", err));
    PWI_TRY(pwi_label_copy(&figure->arena, options->title, &figure->title, err));
    PWI_TRY(pwi_label_copy(&figure->arena, options->description, &figure->description, err));
    PWI_TRY(pwi_label_copy(&figure->arena, options->footer, &figure->footer, err));
    PWI_TRY(pwi_label_copy(&figure->arena,
                           options->missing != NULL ? options->missing : "missing",
                           &figure->missing, err));
    return pwi_label_copy(&figure->arena, figure->colors.label, &figure->colors.label, err);
}

pw_status pw_figure_create(pw_figure **out, pw_context *ctx, const pw_figure_options *options,
                           const pw_color_scale *colors, pw_error *err)
{
    const pw_figure_options given = read_options(options);
    pw_figure *figure;
    pw_status status;

    *out = NULL;
    figure = PWI_NEW(&ctx->allocator, pw_figure);
    if (figure == NULL)
        return pwi_fail_memory(err);
    figure->ctx = pwi_context_keep(ctx);
    pwi_arena_init(&figure->arena, &ctx->allocator);
    status = set_texts(figure, &given, colors, err);
    if (status != PW_OK) {
        pw_figure_free(figure);
        return status;
    }
    *out = figure;
    return PW_OK;
}

void pw_figure_free(pw_figure *figure)
{
    pw_context *ctx;

    if (figure == NULL)
        return;
    ctx = figure->ctx;
    pwi_arena_free(&figure->arena);
    PWI_DELETE(&ctx->allocator, figure);
    pw_context_free(ctx);
}

static pw_status copy_axis(pwi_arena *arena, pw_axis *axis, const pw_axis *from,
                           const char *which, pw_error *err)
{
    const char **labels;

    *axis = *from;
    axis->labels = NULL;
    PWI_TRY(check_range(from->min, from->max, which, err));
    if (from->scale == PW_SCALE_LOG && from->max != 0 && from->min <= 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "%s is logarithmic and cannot begin at %g: begin above 0", which,
                        from->min);
    PWI_TRY(pwi_label_copy(arena, from->label, &axis->label, err));
    if (from->labels == NULL || from->n_labels == 0)
        return PW_OK;
    if (from->n_labels > PW_PLOT_LABELS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "%s has %zu labels, more than %d", which,
                        from->n_labels, PW_PLOT_LABELS_MAX);
    labels = pwi_arena_alloc(arena, from->n_labels * sizeof(*labels));
    if (labels == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < from->n_labels; i++)
        PWI_TRY(pwi_label_copy(arena, from->labels[i], &labels[i], err));
    axis->labels = labels;
    return PW_OK;
}

pw_status pw_figure_add_panel(pw_figure *figure, const pw_panel_options *options, pw_error *err)
{
    pw_panel_options none;
    struct pwi_panel *panel;

    pw_panel_options_init(&none);
    options = options != NULL ? options : &none;
    if (figure->n_panels >= PW_PLOT_PANELS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "a figure has at most %d panels: draw several",
                        PW_PLOT_PANELS_MAX);
    if (!(options->height >= 0 && options->height <= PW_PLOT_WIDTH_MAX))
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "a panel cannot be %g units high: 0 to %g",
                        options->height, PW_PLOT_WIDTH_MAX);
    panel = pwi_arena_alloc(&figure->arena, sizeof(*panel));
    if (panel == NULL)
        return pwi_fail_memory(err);
    *panel = (struct pwi_panel){.is_square = options->is_square, .height = options->height};
    PWI_TRY(pwi_label_copy(&figure->arena, options->title, &panel->title, err));
    PWI_TRY(copy_axis(&figure->arena, &panel->x, &options->x, "the x axis", err));
    PWI_TRY(copy_axis(&figure->arena, &panel->y, &options->y, "the y axis", err));
    if (figure->last != NULL)
        figure->last->next = panel;
    else
        figure->first = panel;
    figure->last = panel;
    figure->n_panels++;
    return PW_OK;
}

const struct pwi_mark *pwi_panel_mark(const struct pwi_panel *panel, enum pwi_mark_kind kind)
{
    for (const struct pwi_mark *mark = panel->first; mark != NULL; mark = mark->next)
        if (mark->kind == kind)
            return mark;
    return NULL;
}

size_t pwi_panel_n_x(const struct pwi_panel *panel)
{
    const struct pwi_mark *matrix = pwi_panel_mark(panel, PWI_MARK_MATRIX);
    const struct pwi_mark *bars = pwi_panel_mark(panel, PWI_MARK_BARS);

    if (matrix != NULL)
        return matrix->matrix.n_x;
    return bars != NULL ? bars->bars.n : 0;
}

size_t pwi_panel_n_y(const struct pwi_panel *panel)
{
    const struct pwi_mark *matrix = pwi_panel_mark(panel, PWI_MARK_MATRIX);

    return matrix != NULL ? matrix->matrix.n_y : 0;
}

bool pwi_figure_has(const pw_figure *figure, enum pwi_mark_kind kind)
{
    for (const struct pwi_panel *panel = figure->first; panel != NULL; panel = panel->next)
        if (pwi_panel_mark(panel, kind) != NULL)
            return true;
    return false;
}
