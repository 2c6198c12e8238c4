/* SPDX-License-Identifier: MIT */
/* What the numbers of a figure span, and the note on those that no range holds. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plot/label.h"
#include "plot/scale.h"

/* Beyond these a span overflows or has no step: such values are drawn at the edge, or as 0. */
#define HUGE_VALUE 1e300
#define TINY_VALUE 1e-290

#define MISSING_NAME_MAX 32 /* characters */

struct extent {
    double min, max;
    bool is_log;
};

static void include(struct extent *extent, double value)
{
    if (!isfinite(value) || (extent->is_log && value <= 0))
        return;
    value = fmin(fmax(value, -HUGE_VALUE), HUGE_VALUE);
    if (fabs(value) < TINY_VALUE)
        value = extent->is_log ? TINY_VALUE : 0;
    extent->min = fmin(extent->min, value);
    extent->max = fmax(extent->max, value);
}

static void include_curve_y(struct extent *extent, const pw_curve *curve)
{
    for (size_t i = 0; i < curve->n; i++) {
        include(extent, curve->y[i]);
        if (curve->low != NULL) {
            include(extent, curve->low[i]);
            include(extent, curve->high[i]);
        }
    }
}

static void include_mark_y(struct extent *extent, const struct pwi_mark *mark)
{
    if (mark->kind == PWI_MARK_CURVE)
        include_curve_y(extent, &mark->curve);
    if (mark->kind == PWI_MARK_RULE && mark->rule.is_horizontal)
        include(extent, mark->rule.at);
    if (mark->kind == PWI_MARK_BARS) {
        include(extent, 0);
        for (size_t i = 0; i < mark->bars.n; i++)
            include(extent, mark->bars.heights[i]);
    }
}

static void include_mark_x(struct extent *extent, const struct pwi_mark *mark)
{
    if (mark->kind == PWI_MARK_CURVE && mark->curve.x != NULL)
        for (size_t i = 0; i < mark->curve.n; i++)
            include(extent, mark->curve.x[i]);
    if (mark->kind == PWI_MARK_CURVE && mark->curve.x == NULL) {
        include(extent, extent->is_log ? 1 : 0);
        include(extent, (double)(mark->curve.n - 1));
    }
}

static void axis_range(const struct pwi_panel *panel, const pw_axis *axis,
                       void (*include_mark)(struct extent *, const struct pwi_mark *),
                       double *min, double *max, bool rounds)
{
    struct extent extent = {HUGE_VAL, -HUGE_VAL, axis->scale == PW_SCALE_LOG};

    if (axis->min != 0 || axis->max != 0) {
        *min = axis->min;
        *max = axis->max;
        return;
    }
    for (const struct pwi_mark *mark = panel->first; mark != NULL; mark = mark->next)
        include_mark(&extent, mark);
    if (!(extent.min <= extent.max))
        extent = (struct extent){extent.is_log ? 0.1 : 0, 1, extent.is_log};
    *min = extent.min;
    *max = extent.max;
    if (rounds || extent.min == extent.max)
        pwi_nice_range(axis->scale, min, max, 7);
}

void pwi_panel_range_x(const struct pwi_panel *panel, double *min, double *max)
{
    const size_t n = pwi_panel_n_x(panel);

    *min = -0.5;
    *max = (double)n - 0.5;
    if (n == 0)
        axis_range(panel, &panel->x, include_mark_x, min, max, panel->x.scale == PW_SCALE_LOG);
}

bool pwi_panel_x_is_whole(const struct pwi_panel *panel)
{
    for (const struct pwi_mark *mark = panel->first; mark != NULL; mark = mark->next)
        for (size_t i = 0; mark->kind == PWI_MARK_CURVE && i < mark->curve.n; i++)
            if (mark->curve.x != NULL && mark->curve.x[i] != floor(mark->curve.x[i]))
                return false;
    return true;
}

void pwi_panel_range_y(const struct pwi_panel *panel, double *min, double *max)
{
    const size_t n = pwi_panel_n_y(panel);

    *min = -0.5;
    *max = (double)n - 0.5;
    if (n == 0)
        axis_range(panel, &panel->y, include_mark_y, min, max, true);
}

static double largest_value(const pw_figure *figure)
{
    double largest = 0;

    for (const struct pwi_panel *panel = figure->first; panel != NULL; panel = panel->next) {
        const struct pwi_mark *mark = pwi_panel_mark(panel, PWI_MARK_MATRIX);
        const size_t n = mark != NULL ? mark->matrix.n_x * mark->matrix.n_y : 0;

        for (size_t i = 0; i < n; i++)
            if (isfinite(mark->matrix.values[i]))
                largest = fmax(largest, (double)mark->matrix.values[i]);
    }
    return largest > 0 ? largest : 1;
}

pw_color_scale pwi_figure_colors(const pw_figure *figure)
{
    pw_color_scale colors = figure->colors;

    if (colors.min != 0 || colors.max != 0)
        return colors;
    colors.min = colors.map == PW_MAP_DIVERGING ? -1 : 0;
    colors.max = colors.map == PW_MAP_DIVERGING ? 1 : largest_value(figure);
    return colors;
}

static void count_cells(const pw_matrix *matrix, const pw_color_scale *colors,
                        struct pwi_figure_counts *counts)
{
    const size_t n = matrix->n_x * matrix->n_y;
    const double middle = (colors->min + colors->max) / 2;

    counts->n_values += n;
    for (size_t i = 0; i < n; i++) {
        const double value = (double)matrix->values[i];

        if (!isfinite(value)) {
            counts->n_missing++;
            continue;
        }
        /* A float's worth of slack: 0.1f is not beyond 0.1. */
        if (value < colors->min - 1e-6 * fabs(colors->min) ||
            value > colors->max + 1e-6 * fabs(colors->max))
            counts->n_clipped++;
        if (fabs(value - middle) > fabs(counts->largest - middle))
            counts->largest = value;
    }
}

static void count_missing(const double *values, size_t n, bool is_log,
                          struct pwi_figure_counts *counts)
{
    counts->n_values += n;
    for (size_t i = 0; i < n; i++)
        counts->n_missing += !isfinite(values[i]) || (is_log && values[i] <= 0);
}

void pwi_figure_count(const pw_figure *figure, const pw_color_scale *colors,
                      struct pwi_figure_counts *counts)
{
    *counts = (struct pwi_figure_counts){.largest = (colors->min + colors->max) / 2};
    for (const struct pwi_panel *panel = figure->first; panel != NULL; panel = panel->next)
        for (const struct pwi_mark *mark = panel->first; mark != NULL; mark = mark->next) {
            const bool is_log = panel->y.scale == PW_SCALE_LOG;

            if (mark->kind == PWI_MARK_MATRIX)
                count_cells(&mark->matrix, colors, counts);
            if (mark->kind == PWI_MARK_BARS)
                count_missing(mark->bars.heights, mark->bars.n, is_log, counts);
            if (mark->kind == PWI_MARK_CURVE)
                count_missing(mark->curve.y, mark->curve.n, is_log, counts);
        }
}

static void range_text(char text[2 * PWI_NUMBER_SIZE + 8], const pw_color_scale *colors)
{
    char low[PWI_NUMBER_SIZE], high[PWI_NUMBER_SIZE];

    pwi_short_number(low, colors->min);
    pwi_short_number(high, colors->max);
    if (colors->min == -colors->max)
        snprintf(text, 2 * PWI_NUMBER_SIZE + 8, "\xC2\xB1%s", high);
    else
        snprintf(text, 2 * PWI_NUMBER_SIZE + 8, "%s to %s", low, high);
}

void pwi_figure_note(const pw_figure *figure, const char *mark, char note[PWI_NOTE_SIZE])
{
    const pw_color_scale colors = pwi_figure_colors(figure);
    char n[PWI_NUMBER_SIZE], of[PWI_NUMBER_SIZE], far[PWI_NUMBER_SIZE];
    char range[2 * PWI_NUMBER_SIZE + 8];
    struct pwi_figure_counts counts;
    size_t used = 0;

    pwi_figure_count(figure, &colors, &counts);
    note[0] = '\0';
    pwi_count_text(of, counts.n_values);
    if (counts.n_clipped > 0) {
        range_text(range, &colors);
        used =
            (size_t)snprintf(note, PWI_NOTE_SIZE,
                             "%s of %s values beyond %s take the end colours (farthest: %s).",
                             pwi_count_text(n, counts.n_clipped), of, range,
                             pwi_short_number(far, counts.largest));
    }
    if (counts.n_missing == 0)
        return;
    used += (size_t)snprintf(note + used, PWI_NOTE_SIZE - used, "%s%s of %s values %.*s",
                             used > 0 ? " " : "", pwi_count_text(n, counts.n_missing), of,
                             (int)pwi_label_prefix(figure->missing, MISSING_NAME_MAX),
                             figure->missing);
    if (pwi_figure_has(figure, PWI_MARK_MATRIX))
        used += (size_t)snprintf(note + used, PWI_NOTE_SIZE - used, " (%s)", mark);
    snprintf(note + used, PWI_NOTE_SIZE - used, ".");
}
