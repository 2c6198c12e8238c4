/* SPDX-License-Identifier: MIT */
/* Axes on paper: grid, frame, ticks and their texts. */
#include <math.h>

#include "plot/draw.h"

#define TICK_WIDTH 0.8
#define MINOR_TICK 2.2

struct pwi_span pwi_panel_span_x(const struct pwi_panel_layout *panel)
{
    return (struct pwi_span){panel->panel->x.scale, panel->x_min, panel->x_max, panel->plot.x,
                             panel->plot.x + panel->plot.width};
}

/* Numbers rise; the rows of a matrix run down. */
struct pwi_span pwi_panel_span_y(const struct pwi_panel_layout *panel)
{
    const double top = panel->plot.y, bottom = panel->plot.y + panel->plot.height;
    const bool runs_down = pwi_panel_n_y(panel->panel) > 0;

    return (struct pwi_span){panel->panel->y.scale, panel->y_min, panel->y_max,
                             runs_down ? top : bottom, runs_down ? bottom : top};
}

static void line(pwi_canvas *canvas, double x0, double y0, double x1, double y1, double width,
                 pwi_color color)
{
    const struct pwi_point points[2] = {{x0, y0}, {x1, y1}};

    pwi_canvas_line(canvas, points, 2, width, color, 0);
}

/* Under bars and curves: a line at each tick of y, for reading values. */
void pwi_draw_grid(pwi_canvas *canvas, const struct pwi_panel_layout *panel)
{
    const struct pwi_span span = pwi_panel_span_y(panel);
    struct pwi_ticks ticks;

    if (pwi_panel_n_y(panel->panel) > 0)
        return;
    pwi_panel_ticks_y(panel, &ticks);
    for (size_t i = 0; i < ticks.n; i++) {
        const double y = pwi_span_at(&span, ticks.tick[i].at);

        if (!ticks.tick[i].is_minor)
            line(canvas, panel->plot.x, y, panel->plot.x + panel->plot.width, y, 0.8, PWI_GRID);
    }
}

static void draw_x_tick(pwi_canvas *canvas, const struct pwi_panel_layout *panel, double x,
                        bool is_minor, const char *text)
{
    const double bottom = panel->plot.y + panel->plot.height;

    line(canvas, x, bottom, x, bottom + (is_minor ? MINOR_TICK : PWI_TICK), TICK_WIDTH,
         PWI_INK);
    if (panel->x.has_texts) {
        const struct pwi_text_style style = pwi_style_tick();

        pwi_canvas_text(canvas, &style, text, x, bottom + PWI_TICK + 1.5, 0.5, 0);
    }
}

static void draw_x_labels(pwi_canvas *canvas, const struct pwi_panel_layout *panel)
{
    const struct pwi_span span = pwi_panel_span_x(panel);
    const double bottom = panel->plot.y + panel->plot.height;
    struct pwi_text_style style = pwi_style_tick();
    const size_t n = pwi_panel_n_x(panel->panel);

    style.size = panel->x.size;
    style.is_vertical = panel->x.is_vertical;
    style.width_max = style.is_vertical ? panel->x.extent + 1 : panel->plot.width / (double)n;
    for (size_t i = 0; i < n; i += panel->x.every) {
        const double x = pwi_span_at(&span, (double)i);

        line(canvas, x, bottom, x, bottom + PWI_TICK - 1, TICK_WIDTH, PWI_INK);
        if (panel->x.has_texts)
            pwi_canvas_text(canvas, &style, pwi_axis_text(&panel->panel->x, i), x,
                            bottom + PWI_TICK + 1.5, 0.5, 0);
    }
}

static void draw_x(pwi_canvas *canvas, const struct pwi_panel_layout *panel)
{
    const struct pwi_span span = pwi_panel_span_x(panel);
    struct pwi_ticks ticks;

    if (panel->panel->x.n_labels > 0 && pwi_panel_n_x(panel->panel) > 0) {
        draw_x_labels(canvas, panel);
        return;
    }
    pwi_panel_ticks_x(panel, &ticks);
    for (size_t i = 0; i < ticks.n; i++)
        draw_x_tick(canvas, panel, pwi_span_at(&span, ticks.tick[i].at), ticks.tick[i].is_minor,
                    ticks.tick[i].text);
}

static void draw_y_labels(pwi_canvas *canvas, const struct pwi_panel_layout *panel)
{
    const struct pwi_span span = pwi_panel_span_y(panel);
    const double left = panel->plot.x;
    struct pwi_text_style style = pwi_style_tick();

    style.size = panel->y.size;
    style.width_max = panel->y.extent + 1;
    for (size_t i = 0; i < pwi_panel_n_y(panel->panel); i += panel->y.every) {
        const double y = pwi_span_at(&span, (double)i);

        line(canvas, left - PWI_TICK + 1, y, left, y, TICK_WIDTH, PWI_INK);
        if (panel->y.has_texts)
            pwi_canvas_text(canvas, &style, pwi_axis_text(&panel->panel->y, i),
                            left - PWI_TICK - 2, y, 1, 0.5);
    }
}

static void draw_y(pwi_canvas *canvas, const struct pwi_panel_layout *panel)
{
    const struct pwi_span span = pwi_panel_span_y(panel);
    const struct pwi_text_style style = pwi_style_tick();
    const double left = panel->plot.x;
    struct pwi_ticks ticks;

    if (panel->panel->y.n_labels > 0 && pwi_panel_n_y(panel->panel) > 0) {
        draw_y_labels(canvas, panel);
        return;
    }
    pwi_panel_ticks_y(panel, &ticks);
    for (size_t i = 0; i < ticks.n; i++) {
        const double y = pwi_span_at(&span, ticks.tick[i].at);

        line(canvas, left - (ticks.tick[i].is_minor ? MINOR_TICK : PWI_TICK), y, left, y,
             TICK_WIDTH, PWI_INK);
        if (panel->y.has_texts)
            pwi_canvas_text(canvas, &style, ticks.tick[i].text, left - PWI_TICK - 2, y, 1, 0.5);
    }
}

static void draw_axis_labels(pwi_canvas *canvas, const struct pwi_panel_layout *panel)
{
    const struct pwi_rect *plot = &panel->plot;
    struct pwi_text_style style = pwi_style_label(plot->width + panel->label_room);

    if (panel->x.has_label)
        pwi_canvas_text(canvas, &style, panel->panel->x.label, plot->x + plot->width / 2,
                        plot->y + plot->height + PWI_TICK + 3 + panel->x.extent, 0.5, 0);
    if (!panel->y.has_label)
        return;
    style = pwi_style_label(plot->height + panel->label_room);
    style.is_vertical = true;
    pwi_canvas_text(canvas, &style, panel->panel->y.label,
                    plot->x - PWI_TICK - 7 - panel->y.extent, plot->y + plot->height / 2, 1,
                    0.5);
}

void pwi_draw_axes(pwi_canvas *canvas, const struct pwi_panel_layout *panel)
{
    const struct pwi_rect *plot = &panel->plot;

    if (pwi_panel_n_y(panel->panel) > 0) {
        pwi_canvas_frame(canvas, *plot, TICK_WIDTH, PWI_INK);
    } else {
        line(canvas, plot->x, plot->y, plot->x, plot->y + plot->height, TICK_WIDTH, PWI_INK);
        line(canvas, plot->x, plot->y + plot->height, plot->x + plot->width,
             plot->y + plot->height, TICK_WIDTH, PWI_INK);
    }
    draw_x(canvas, panel);
    draw_y(canvas, panel);
    draw_axis_labels(canvas, panel);
}
