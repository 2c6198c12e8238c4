/* SPDX-License-Identifier: MIT */
/* Bars, curves with bands, and rules on paper. */
#include <math.h>

#include "plot/draw.h"

#define CURVE_WIDTH  1.6
#define RULE_WIDTH   1.5
#define BAND_OPACITY 0.18

/* Far outside the plot a line is a line all the same, and cairo's fixed point does not
 * overflow. */
static double bounded(double place)
{
    return fmin(fmax(place, -20000), 20000);
}

/* A grey cross on the axis in the place of a bar. */
static void cross_missing(pwi_canvas *canvas, double x, double y, double cell)
{
    const double r = fmin(0.35 * cell, 4);
    const struct pwi_point down[2] = {{x - r, y - 2 * r - 1}, {x + r, y - 1}};
    const struct pwi_point up[2] = {{x - r, y - 1}, {x + r, y - 2 * r - 1}};

    pwi_canvas_line(canvas, down, 2, 1.2, PWI_MISSING, 0);
    pwi_canvas_line(canvas, up, 2, 1.2, PWI_MISSING, 0);
}

static void draw_bars(pwi_canvas *canvas, const struct pwi_panel_layout *panel,
                      const pw_bars *bars)
{
    const struct pwi_span x = pwi_panel_span_x(panel), y = pwi_panel_span_y(panel);
    const double cell = panel->plot.width / (double)bars->n;
    const double gap = cell >= 4 ? fmin(0.18 * cell, 6) : 0;
    const double zero = panel->panel->y.scale == PW_SCALE_LOG
                            ? panel->plot.y + panel->plot.height
                            : bounded(pwi_span_at(&y, 0));

    for (size_t i = 0; i < bars->n; i++) {
        const double top = bounded(pwi_span_at(&y, bars->heights[i]));
        struct pwi_rect bar = {pwi_span_at(&x, (double)i) - cell / 2 + gap / 2, top, cell - gap,
                               zero - top};

        if (!isfinite(pwi_span_at(&y, bars->heights[i]))) {
            cross_missing(canvas, pwi_span_at(&x, (double)i), zero, cell);
            continue;
        }
        if (top > zero) {
            bar.y = zero;
            bar.height = top - zero;
        }
        pwi_canvas_fill(canvas, bar, pwi_role_color(bars->roles[i]));
    }
}

/* The place of a value at point i on paper; false where it has none. */
static bool place(const struct pwi_panel_layout *panel, const pw_curve *curve, size_t i,
                  double value, struct pwi_point *out)
{
    const struct pwi_span x = pwi_panel_span_x(panel), y = pwi_panel_span_y(panel);

    out->x = pwi_span_at(&x, curve->x != NULL ? curve->x[i] : (double)i);
    out->y = pwi_span_at(&y, value);
    if (!isfinite(out->x) || !isfinite(out->y))
        return false;
    out->x = bounded(out->x);
    out->y = bounded(out->y);
    return true;
}

/* A band's edge; what a logarithmic scale does not have lies at its foot. */
static bool place_edge(const struct pwi_panel_layout *panel, const pw_curve *curve, size_t i,
                       double value, struct pwi_point *out)
{
    const bool is_below = panel->panel->y.scale == PW_SCALE_LOG && value <= 0;

    return place(panel, curve, i, is_below ? panel->y_min : value, out);
}

static void draw_point(pwi_canvas *canvas, struct pwi_point at, pwi_color color)
{
    const struct pwi_rect dot = {at.x - CURVE_WIDTH, at.y - CURVE_WIDTH, 2 * CURVE_WIDTH,
                                 2 * CURVE_WIDTH};

    pwi_canvas_fill(canvas, dot, color);
}

/* Runs of points without a gap; a run of one is a dot. points: [n]. */
static void draw_curve(pwi_canvas *canvas, const struct pwi_panel_layout *panel,
                       const struct pwi_mark *mark, struct pwi_point *points)
{
    const pw_curve *curve = &mark->curve;
    const pwi_color color = pwi_series_color(mark->i_series);
    size_t n = 0;

    for (size_t i = 0; i <= curve->n; i++) {
        if (i < curve->n && place(panel, curve, i, curve->y[i], &points[n])) {
            n++;
            continue;
        }
        if (n == 1)
            draw_point(canvas, points[0], color);
        else if (n > 1)
            pwi_canvas_line(canvas, points, n, CURVE_WIDTH, color, mark->i_series);
        n = 0;
    }
}

/* Runs of band: there along high, back along low. points: [2 n]. */
static void draw_band(pwi_canvas *canvas, const struct pwi_panel_layout *panel,
                      const struct pwi_mark *mark, struct pwi_point *points)
{
    const pw_curve *curve = &mark->curve;
    size_t n = 0;

    for (size_t i = 0; i <= curve->n; i++) {
        struct pwi_point high, low;

        if (i < curve->n && place_edge(panel, curve, i, curve->high[i], &high) &&
            place_edge(panel, curve, i, curve->low[i], &low)) {
            points[n] = high;
            points[2 * curve->n - 1 - n] = low;
            n++;
            continue;
        }
        for (size_t k = 0; k < n; k++)
            points[n + k] = points[2 * curve->n - n + k];
        if (n > 1)
            pwi_canvas_polygon(canvas, points, 2 * n, pwi_series_color(mark->i_series),
                               BAND_OPACITY);
        n = 0;
    }
}

static void draw_rule(pwi_canvas *canvas, const struct pwi_panel_layout *panel,
                      const pw_rule *rule)
{
    const struct pwi_span span =
        rule->is_horizontal ? pwi_panel_span_y(panel) : pwi_panel_span_x(panel);
    const double at = bounded(pwi_span_at(&span, rule->at));
    const struct pwi_rect *plot = &panel->plot;
    struct pwi_point points[2] = {{at, plot->y}, {at, plot->y + plot->height}};

    if (!isfinite(pwi_span_at(&span, rule->at)))
        return;
    if (rule->is_horizontal) {
        points[0] = (struct pwi_point){plot->x, at};
        points[1] = (struct pwi_point){plot->x + plot->width, at};
    }
    /* White on both sides keeps the line apart from dark cells. */
    if (pwi_panel_n_y(panel->panel) > 0)
        pwi_canvas_line(canvas, points, 2, RULE_WIDTH + 1.6, PWI_PAPER, 0);
    pwi_canvas_line(canvas, points, 2, RULE_WIDTH, PWI_RULE, 0);
}

static size_t longest_curve(const struct pwi_panel *panel)
{
    size_t n = 0;

    for (const struct pwi_mark *mark = panel->first; mark != NULL; mark = mark->next)
        if (mark->kind == PWI_MARK_CURVE && mark->curve.n > n)
            n = mark->curve.n;
    return n;
}

static void draw_all(pwi_canvas *canvas, const struct pwi_panel_layout *panel,
                     struct pwi_point *points)
{
    const struct pwi_mark *first = panel->panel->first;

    for (const struct pwi_mark *mark = first; mark != NULL; mark = mark->next)
        if (mark->kind == PWI_MARK_CURVE && mark->curve.low != NULL)
            draw_band(canvas, panel, mark, points);
    for (const struct pwi_mark *mark = first; mark != NULL; mark = mark->next) {
        if (mark->kind == PWI_MARK_BARS)
            draw_bars(canvas, panel, &mark->bars);
        if (mark->kind == PWI_MARK_CURVE)
            draw_curve(canvas, panel, mark, points);
    }
    for (const struct pwi_mark *mark = first; mark != NULL; mark = mark->next)
        if (mark->kind == PWI_MARK_RULE)
            draw_rule(canvas, panel, &mark->rule);
}

pw_status pwi_draw_marks(pwi_canvas *canvas, pw_context *ctx,
                         const struct pwi_panel_layout *panel, pw_error *err)
{
    const size_t n = 2 * longest_curve(panel->panel);
    struct pwi_point *points = PWI_ARRAY(&ctx->allocator, struct pwi_point, n);
    /* Half a line more: a curve along the edge is as thick as elsewhere. */
    const double room = pwi_panel_n_x(panel->panel) > 0 ? 0 : CURVE_WIDTH / 2;
    const struct pwi_rect clip = {panel->plot.x, panel->plot.y - room, panel->plot.width + room,
                                  panel->plot.height + 2 * room};

    if (points == NULL)
        return pwi_fail_memory(err);
    pwi_canvas_clip(canvas, &clip);
    draw_all(canvas, panel, points);
    pwi_canvas_clip(canvas, NULL);
    pwi_free_array(&ctx->allocator, points, n, sizeof(*points));
    return PW_OK;
}
