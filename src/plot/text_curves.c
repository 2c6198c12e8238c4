/* SPDX-License-Identifier: MIT */
/* Curves in a terminal: braille dots (2 x 4 a character) in the curve's colour, or its letter
 * where there are no colours. Bands are left to the larger pictures. */
#include <math.h>

#include "base/utf8.h"
#include "plot/terminal.h"

#define GUTTER  9
#define N_LINES 14

/* Dots across and down a character. */
#define DOTS_X 2
#define DOTS_Y 4

struct canvas {
    pwi_text_grid *grid;
    const struct pwi_text_panel *panel;
    struct pwi_span x, y; /* to dots */
    size_t n_columns;
};

/* The bit of a braille pattern for a dot of its 2 x 4. */
static uint32_t dot_bit(size_t x, size_t y)
{
    static const uint32_t bits[DOTS_Y][DOTS_X] = {
        {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

    return bits[y][x];
}

static void put_dot(const struct canvas *canvas, double x, double y, size_t i_series)
{
    const pwi_color color = pwi_text_color(pwi_series_color(i_series));
    const size_t column = (size_t)x / DOTS_X, line = (size_t)y / DOTS_Y;
    struct pwi_text_cell *cell;
    uint32_t code = 0;
    char bytes[8] = {0};

    if (column >= canvas->n_columns || line >= N_LINES)
        return;
    if (canvas->panel->colors == PW_TEXT_PLAIN) {
        pwi_grid_put(canvas->grid, GUTTER + column, line, pwi_text_series(i_series), NULL,
                     NULL);
        return;
    }
    cell = &canvas->grid->cells[line * canvas->grid->n_columns + GUTTER + column];
    if (pwi_utf8_decode(cell->bytes, PWI_CELL_BYTES, &code) != 3 || code < 0x2800 ||
        code > 0x28FF)
        code = 0x2800;
    code |= dot_bit((size_t)x % DOTS_X, (size_t)y % DOTS_Y);
    (void)pwi_utf8_encode(code, bytes);
    pwi_grid_put(canvas->grid, GUTTER + column, line, bytes, &color, NULL);
}

/* The dots of a straight line: one for each step of its longer side. What lies outside is cut
 * first: a line to infinity has no more steps than the panel dots. */
static void put_line(const struct canvas *canvas, double x0, double y0, double x1, double y1,
                     size_t i_series)
{
    const double x_max = (double)(canvas->n_columns * DOTS_X), y_max = N_LINES * DOTS_Y;
    const double n = fmin(fmax(fabs(x1 - x0), fabs(y1 - y0)), 2 * (x_max + y_max));

    for (size_t i = 0; i <= (size_t)n; i++) {
        const double part = n > 0 ? (double)i / n : 0;
        const double x = x0 + part * (x1 - x0), y = y0 + part * (y1 - y0);

        if (x >= 0 && x < x_max && y >= 0 && y < y_max)
            put_dot(canvas, x, y, i_series);
    }
}

static void put_curve(const struct canvas *canvas, const struct pwi_mark *mark)
{
    const pw_curve *curve = &mark->curve;
    double x_last = NAN, y_last = NAN;

    for (size_t i = 0; i < curve->n; i++) {
        const double x = pwi_span_at(&canvas->x, curve->x != NULL ? curve->x[i] : (double)i);
        const double y = pwi_span_at(&canvas->y, curve->y[i]);

        if (isfinite(x) && isfinite(y) && isfinite(x_last) && isfinite(y_last))
            put_line(canvas, x_last, y_last, x, y, mark->i_series);
        else if (isfinite(x) && isfinite(y))
            put_line(canvas, x, y, x, y, mark->i_series);
        x_last = x;
        y_last = y;
    }
}

static void put_rule(const struct canvas *canvas, const pw_rule *rule)
{
    const pwi_color color = PWI_RULE;
    const double at = rule->is_horizontal ? pwi_span_at(&canvas->y, rule->at) / DOTS_Y
                                          : pwi_span_at(&canvas->x, rule->at) / DOTS_X;
    const size_t n = rule->is_horizontal ? canvas->n_columns : N_LINES;

    if (!(at >= 0 && at < (double)(rule->is_horizontal ? N_LINES : canvas->n_columns)))
        return;
    for (size_t i = 0; i < n; i++) {
        const size_t column = rule->is_horizontal ? i : (size_t)at;
        const size_t line = rule->is_horizontal ? (size_t)at : i;

        pwi_grid_put(canvas->grid, GUTTER + column, line,
                     rule->is_horizontal ? "\xE2\x94\x80" : "\xE2\x94\x82", &color, NULL);
    }
}

static void put_marks(const struct canvas *canvas)
{
    for (const struct pwi_mark *mark = canvas->panel->panel->first; mark != NULL;
         mark = mark->next)
        if (mark->kind == PWI_MARK_RULE)
            put_rule(canvas, &mark->rule);
    for (const struct pwi_mark *mark = canvas->panel->panel->first; mark != NULL;
         mark = mark->next)
        if (mark->kind == PWI_MARK_CURVE)
            put_curve(canvas, mark);
}

pw_status pwi_text_curves(const struct pwi_text_panel *panel, pwi_buf *out, pw_error *err)
{
    pwi_text_grid grid;
    struct canvas canvas = {.grid = &grid, .panel = panel};
    /* Room behind the plot for the last number of the x axis. */
    const size_t n_columns = panel->n_columns - GUTTER - 2;

    canvas.n_columns = n_columns;
    canvas.x =
        (struct pwi_span){panel->panel->x.scale, 0, 0, 0, (double)(n_columns * DOTS_X) - 1};
    canvas.y = (struct pwi_span){panel->panel->y.scale, 0, 0, N_LINES * DOTS_Y - 1, 0};
    pwi_panel_range_x(panel->panel, &canvas.x.min, &canvas.x.max);
    pwi_panel_range_y(panel->panel, &canvas.y.min, &canvas.y.max);
    if (!pwi_grid_open(&grid, &panel->figure->ctx->allocator, panel->n_columns, N_LINES + 2))
        return pwi_fail_memory(err);
    pwi_text_axes(&grid, panel, GUTTER, n_columns, N_LINES, N_LINES);
    put_marks(&canvas);
    pwi_grid_write(&grid, panel->colors, out);
    pwi_grid_close(&grid);
    return PW_OK;
}
