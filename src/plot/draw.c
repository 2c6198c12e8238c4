/* SPDX-License-Identifier: MIT */
/* The whole figure: title, legend, panels, colour bar, note, footer. */
#include "plot/draw.h"

#include <math.h>

static void line(pwi_canvas *canvas, double x0, double y0, double x1, double y1, double width,
                 pwi_color color, size_t i_dashes)
{
    const struct pwi_point points[2] = {{x0, y0}, {x1, y1}};

    pwi_canvas_line(canvas, points, 2, width, color, i_dashes);
}

static void draw_sample(pwi_canvas *canvas, const struct pwi_legend_item *item)
{
    const double middle = item->y + PWI_LEGEND_ROW / 2, right = item->x + PWI_LEGEND_SAMPLE - 5;
    const struct pwi_rect box = {item->x + 6, middle - 5, 11, 10};

    if (item->kind == PWI_LEGEND_ROLE)
        pwi_canvas_fill(canvas, box, pwi_role_color(item->role));
    else if (item->kind == PWI_LEGEND_SERIES)
        line(canvas, item->x, middle, right, middle, 2, pwi_series_color(item->i_series),
             item->i_series);
    else if (item->is_horizontal)
        line(canvas, item->x, middle, right, middle, 1.5, PWI_RULE, 0);
    else
        line(canvas, right - 6, middle - 7, right - 6, middle + 7, 1.5, PWI_RULE, 0);
}

static void draw_legend(pwi_canvas *canvas, const struct pwi_layout *layout)
{
    const struct pwi_text_style style =
        pwi_style_label(layout->width - 2 * PWI_MARGIN - PWI_LEGEND_SAMPLE);

    for (size_t i = 0; i < layout->legend.n; i++) {
        const struct pwi_legend_item *item = &layout->legend.item[i];

        draw_sample(canvas, item);
        pwi_canvas_text(canvas, &style, item->text, item->x + PWI_LEGEND_SAMPLE,
                        item->y + PWI_LEGEND_ROW / 2, 0, 0.5);
    }
}

/* Colours of the bar where it is pixels, and where it is a gradient: between stops at fiftieths
 * of a range the maps differ from a straight line by no more than t_colors allows. */
#define N_BAR_STEPS 128
#define N_BAR_STOPS 51

static void draw_bar_gradient(pwi_canvas *canvas, const struct pwi_layout *layout)
{
    const pw_color_scale *colors = &layout->colors;
    pwi_color stops[N_BAR_STOPS];

    for (size_t i = 0; i < N_BAR_STOPS; i++)
        stops[i] = pwi_color_of(colors, colors->max - (double)i / (N_BAR_STOPS - 1) *
                                                          (colors->max - colors->min));
    pwi_canvas_gradient(canvas, layout->bar, stops, N_BAR_STOPS);
}

static pw_status draw_bar_colors(pwi_canvas *canvas, pw_context *ctx,
                                 const struct pwi_layout *layout, pw_error *err)
{
    const pw_color_scale *colors = &layout->colors;
    float steps[N_BAR_STEPS];
    const pw_matrix matrix = {steps, 1, N_BAR_STEPS, 1, 1, false};

    if (pwi_canvas_scale(canvas) == 0) {
        draw_bar_gradient(canvas, layout);
        return PW_OK;
    }
    for (size_t i = 0; i < N_BAR_STEPS; i++)
        steps[i] = (float)(colors->max -
                           ((double)i + 0.5) / N_BAR_STEPS * (colors->max - colors->min));
    return pwi_draw_cells(canvas, ctx, layout->bar, &matrix, colors, err);
}

static pw_status draw_bar(pwi_canvas *canvas, pw_context *ctx, const struct pwi_layout *layout,
                          pwi_letters *letters, pw_error *err)
{
    const struct pwi_rect *bar = &layout->bar;
    const struct pwi_span span = {PW_SCALE_LINEAR, layout->colors.min, layout->colors.max,
                                  bar->y + bar->height, bar->y};
    const double right = bar->x + bar->width;
    struct pwi_text_style style = pwi_style_tick();
    double widest = 0;

    PWI_TRY(draw_bar_colors(canvas, ctx, layout, err));
    pwi_canvas_frame(canvas, *bar, 0.8, PWI_INK);
    for (size_t i = 0; i < layout->bar_ticks.n; i++) {
        const struct pwi_tick *tick = &layout->bar_ticks.tick[i];
        const double y = pwi_span_at(&span, tick->at);
        double width, height;

        line(canvas, right, y, right + PWI_TICK, y, 0.8, PWI_INK, 0);
        pwi_letters_measure(letters, &style, tick->text, &width, &height);
        widest = fmax(widest, width);
    }
    /* Right-aligned: minus signs hang out to the left, digits stand under digits. */
    for (size_t i = 0; i < layout->bar_ticks.n; i++)
        pwi_canvas_text(canvas, &style, layout->bar_ticks.tick[i].text,
                        right + PWI_TICK + 2 + widest,
                        pwi_span_at(&span, layout->bar_ticks.tick[i].at), 1, 0.5);
    style = pwi_style_label(fmax(bar->height, 60));
    style.is_vertical = true;
    pwi_canvas_text(canvas, &style, layout->colors.label, right + PWI_TICK + 6 + widest,
                    bar->y + bar->height / 2, 0, 0.5);
    return PW_OK;
}

static pw_status draw_panel(pwi_canvas *canvas, pw_context *ctx,
                            const struct pwi_panel_layout *panel, const pw_color_scale *colors,
                            pwi_letters *letters, pw_error *err)
{
    const struct pwi_mark *matrix = pwi_panel_mark(panel->panel, PWI_MARK_MATRIX);
    const struct pwi_text_style style = pwi_style_panel_title(panel->plot.width);

    pwi_canvas_text(canvas, &style, panel->panel->title, panel->plot.x + panel->plot.width / 2,
                    panel->plot.y - 3, 0.5, 1);
    if (matrix != NULL)
        PWI_TRY(pwi_draw_cells(canvas, ctx, panel->plot, &matrix->matrix, colors, err));
    else
        pwi_draw_grid(canvas, panel);
    if (matrix != NULL && matrix->matrix.shows_numbers)
        pwi_draw_numbers(canvas, letters, panel->plot, &matrix->matrix, colors);
    PWI_TRY(pwi_draw_marks(canvas, ctx, panel, err));
    pwi_draw_axes(canvas, panel);
    return PW_OK;
}

pw_status pwi_draw_figure(pwi_canvas *canvas, const pw_figure *figure,
                          const struct pwi_layout *layout, pwi_letters *letters, pw_error *err)
{
    const struct pwi_text_style title = pwi_style_title(layout->width);
    const struct pwi_text_style note = pwi_style_note(layout->width);
    const struct pwi_text_style footer = pwi_style_footer(layout->width);

    pwi_canvas_text(canvas, &title, figure->title, PWI_MARGIN, layout->title_top, 0, 0);
    draw_legend(canvas, layout);
    for (size_t i = 0; i < layout->n_panels; i++)
        PWI_TRY(
            draw_panel(canvas, figure->ctx, &layout->panels[i], &layout->colors, letters, err));
    if (layout->has_bar)
        PWI_TRY(draw_bar(canvas, figure->ctx, layout, letters, err));
    pwi_canvas_text(canvas, &note, layout->note, PWI_MARGIN, layout->note_top, 0, 0);
    pwi_canvas_text(canvas, &footer, figure->footer, PWI_MARGIN, layout->footer_top, 0, 0);
    return PW_OK;
}
