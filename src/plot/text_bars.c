/* SPDX-License-Identifier: MIT */
/* Bars in a terminal: eighth blocks, coloured by role; a letter below each says the role where
 * there are no colours. */
#include <math.h>

#include "plot/terminal.h"

#define GUTTER  8
#define N_LINES 10
#define BAR_MAX 3 /* columns */

/* Bars of one column of the terminal: more than one where they are many. */
struct column {
    double height; /* mean of those that are finite; NaN: none */
    pw_plot_role role;
};

static struct column column_of(const pw_bars *bars, size_t first, size_t end)
{
    struct column column = {NAN, bars->roles[first]};
    double sum = 0;
    size_t n = 0;

    for (size_t i = first; i < end; i++) {
        if (!isfinite(bars->heights[i]))
            continue;
        sum += bars->heights[i];
        n++;
    }
    if (n > 0)
        column.height = sum / (double)n;
    return column;
}

static void put_bar(pwi_text_grid *grid, size_t at, size_t width, struct column column,
                    const struct pwi_span *span)
{
    static const char *const blocks[9] = {"",
                                          "\xE2\x96\x81",
                                          "\xE2\x96\x82",
                                          "\xE2\x96\x83",
                                          "\xE2\x96\x84",
                                          "\xE2\x96\x85",
                                          "\xE2\x96\x86",
                                          "\xE2\x96\x87",
                                          "\xE2\x96\x88"};
    const pwi_color color = pwi_text_color(pwi_role_color(column.role)), missing = PWI_MISSING;
    const double place = pwi_span_at(span, column.height);
    const double eighths = fmin(fmax(round(place), 0), 8.0 * N_LINES);

    for (size_t i = 0; i < width && !isfinite(place); i++)
        pwi_grid_put(grid, at + i, N_LINES - 1, "?", &missing, NULL);
    for (size_t line = 0; line < N_LINES && isfinite(place); line++) {
        const double part = fmin(fmax(eighths - 8.0 * (double)(N_LINES - 1 - line), 0), 8);

        for (size_t i = 0; i < width && part > 0; i++)
            pwi_grid_put(grid, at + i, line, blocks[(size_t)part], &color, NULL);
    }
}

static void put_bars(pwi_text_grid *grid, const struct pwi_text_panel *panel,
                     const pw_bars *bars, size_t n_columns, size_t width)
{
    struct pwi_span span = {panel->panel->y.scale, 0, 0, 0, 8.0 * N_LINES};
    const size_t n = bars->n < n_columns ? bars->n : n_columns;
    /* A blank between bars that are wide enough. */
    const size_t drawn = width > 1 ? width - 1 : 1;

    pwi_panel_range_y(panel->panel, &span.min, &span.max);
    for (size_t i = 0; i < n; i++) {
        const struct column column =
            column_of(bars, i * bars->n / n, (i * bars->n + bars->n) / n);

        put_bar(grid, GUTTER + i * width, drawn, column, &span);
        if (panel->colors == PW_TEXT_PLAIN)
            pwi_grid_put(grid, GUTTER + i * width, N_LINES, pwi_text_role(column.role), NULL,
                         NULL);
    }
}

pw_status pwi_text_bars(const struct pwi_text_panel *panel, pwi_buf *out, pw_error *err)
{
    const pw_bars *bars = &pwi_panel_mark(panel->panel, PWI_MARK_BARS)->bars;
    const size_t room = panel->n_columns - GUTTER;
    const size_t width = bars->n >= room            ? 1
                         : room / bars->n < BAR_MAX ? room / bars->n
                                                    : BAR_MAX;
    const size_t n_columns = bars->n < room ? bars->n * width : room;
    /* Letters of roles take the first line below. */
    const size_t n_lines = N_LINES + (panel->colors == PW_TEXT_PLAIN ? 1 : 0);
    pwi_text_grid grid;

    if (!pwi_grid_open(&grid, &panel->figure->ctx->allocator, panel->n_columns, n_lines + 2))
        return pwi_fail_memory(err);
    pwi_text_axes(&grid, panel, GUTTER, n_columns, N_LINES, n_lines);
    put_bars(&grid, panel, bars, n_columns, width);
    pwi_grid_write(&grid, panel->colors, out);
    pwi_grid_close(&grid);
    return PW_OK;
}
