/* SPDX-License-Identifier: MIT */
/* The small form of a figure for a terminal: its words as lines, its panels one below the
 * other. */
#include "plot/terminal.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "plot/legend.h"
#include "plot/picture.h"

const char *pwi_text_role(pw_plot_role role)
{
    static const char *const letters[PW_PLOT_N_ROLES] = {"b", "w", "e", "p", "?"};

    return (unsigned)role < PW_PLOT_N_ROLES ? letters[role] : "?";
}

const char *pwi_text_series(size_t i_series)
{
    static const char *const letters[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i",
                                          "j", "k", "l", "m", "n", "o", "p", "q", "r",
                                          "s", "t", "u", "v", "w", "x", "y", "z"};

    return letters[i_series % (sizeof(letters) / sizeof(*letters))];
}

const char *pwi_text_shade(const pw_color_scale *scale, double value)
{
    static const char *const above[] = {" ", "\xE2\x96\x91", "\xE2\x96\x92", "\xE2\x96\x93",
                                        "\xE2\x96\x88"};
    static const char *const below[] = {" ", "\xC2\xB7", "-", "=", "\xE2\x89\xA1"};
    double part;

    if (!isfinite(value))
        return "?";
    if (scale->map == PW_MAP_SEQUENTIAL)
        part = (value - scale->min) / (scale->max - scale->min);
    else
        part = 2 * (value - scale->min) / (scale->max - scale->min) - 1;
    part = fmin(fmax(part, -1), 1);
    return part >= 0 ? above[(int)(part * 4 + 0.5)] : below[(int)(-part * 4 + 0.5)];
}

/* What is dark on white paper drowns on black: halfway to grey it shows on both. */
pwi_color pwi_text_color(pwi_color color)
{
    const unsigned light = 2u * color.red + 5u * color.green + color.blue;

    if (light > 8 * 88)
        return color;
    return (pwi_color){(unsigned char)((color.red + 144) / 2),
                       (unsigned char)((color.green + 144) / 2),
                       (unsigned char)((color.blue + 144) / 2)};
}

/* Bytes of a text's first line: up to the last blank that n_columns hold, or as many characters
 * as they hold. */
static size_t first_line(const char *text, size_t n_columns)
{
    const size_t size = strlen(text);
    size_t columns = 0, blank = 0, at = 0;

    while (at < size && columns <= n_columns) {
        char character[8] = {0};
        uint32_t code;
        const size_t n = pwi_utf8_decode(text + at, size - at, &code);

        memcpy(character, text + at, n);
        columns += pwi_text_columns(character);
        if (columns <= n_columns + 1 && text[at] == ' ')
            blank = at;
        at += n;
    }
    return columns <= n_columns ? size : blank;
}

/* A text in lines of its words, at most n_lines of them; the rest is cut. */
static pw_status write_lines(const char *text, size_t n_columns, size_t n_lines, pwi_buf *out,
                             const pw_allocator *allocator, pw_error *err)
{
    pwi_text_grid grid;

    if (*text == '\0')
        return PW_OK;
    for (size_t i = 1; i < n_lines; i++) {
        const size_t split = first_line(text, n_columns);

        if (split == 0 || text[split] == '\0')
            break;
        pwi_buf_append(out, text, split);
        pwi_buf_byte(out, '\n');
        text += split + 1;
    }
    if (!pwi_grid_open(&grid, allocator, n_columns, 1))
        return pwi_fail_memory(err);
    pwi_grid_text(&grid, 0, 0, text, n_columns, NULL);
    pwi_grid_write(&grid, PW_TEXT_PLAIN, out);
    pwi_grid_close(&grid);
    return PW_OK;
}

/* A title's size: two lines. */
static pw_status write_words(const char *text, size_t n_columns, pwi_buf *out,
                             const pw_allocator *allocator, pw_error *err)
{
    return write_lines(text, n_columns, 2, out, allocator, err);
}

/* ---- Legend ---- */

static const char *legend_sample(const struct pwi_legend_item *item, pw_text_colors colors)
{
    if (item->kind == PWI_LEGEND_RULE)
        return item->is_horizontal ? "\xE2\x94\x80" : "\xE2\x94\x82";
    if (colors != PW_TEXT_PLAIN)
        return "\xE2\x96\xA0";
    return item->kind == PWI_LEGEND_ROLE ? pwi_text_role(item->role)
                                         : pwi_text_series(item->i_series);
}

static pwi_color legend_color(const struct pwi_legend_item *item)
{
    switch (item->kind) {
    case PWI_LEGEND_ROLE:
        return pwi_role_color(item->role);
    case PWI_LEGEND_SERIES:
        return pwi_series_color(item->i_series);
    default:
        return PWI_RULE;
    }
}

static pw_status write_legend_line(const struct pwi_legend *legend, size_t first, size_t *end,
                                   const struct pwi_text_panel *panel, pwi_buf *out,
                                   pw_error *err)
{
    pwi_text_grid grid;
    size_t column = 0, i = first;

    if (!pwi_grid_open(&grid, &panel->figure->ctx->allocator, panel->n_columns, 1))
        return pwi_fail_memory(err);
    for (; i < legend->n; i++) {
        const struct pwi_legend_item *item = &legend->item[i];
        const size_t width = 2 + pwi_text_columns(item->text);
        const pwi_color color = pwi_text_color(legend_color(item));

        if (i > first && column + width > panel->n_columns)
            break;
        pwi_grid_put(&grid, column, 0, legend_sample(item, panel->colors), &color, NULL);
        pwi_grid_text(&grid, column + 2, 0, item->text, panel->n_columns - column - 2, NULL);
        column += width + 2;
        if (column + 4 > panel->n_columns) {
            i++;
            break;
        }
    }
    *end = i;
    pwi_grid_write(&grid, panel->colors, out);
    pwi_grid_close(&grid);
    return PW_OK;
}

static pw_status write_legend(const struct pwi_text_panel *panel, pwi_buf *out, pw_error *err)
{
    struct pwi_legend legend;
    size_t i = 0;

    pwi_legend_collect(&legend, panel->figure);
    while (i < legend.n)
        PWI_TRY(write_legend_line(&legend, i, &i, panel, out, err));
    return PW_OK;
}

/* ---- Colour bar ---- */

#define BAR_STEPS 17

static pw_status write_bar(const struct pwi_text_panel *panel, pwi_buf *out, pw_error *err)
{
    const pw_color_scale *scale = panel->color_scale;
    char low[PWI_NUMBER_SIZE], high[PWI_NUMBER_SIZE];
    pwi_text_grid grid;
    size_t column;

    if (!pwi_grid_open(&grid, &panel->figure->ctx->allocator, panel->n_columns, 1))
        return pwi_fail_memory(err);
    column = pwi_text_columns(pwi_short_number(low, scale->min)) + 1;
    pwi_grid_text(&grid, 0, 0, low, column, NULL);
    for (size_t i = 0; i < BAR_STEPS; i++) {
        const double value =
            scale->min + (scale->max - scale->min) * (double)i / (BAR_STEPS - 1);
        const pwi_color color = pwi_color_of(scale, value);
        const bool is_plain = panel->colors == PW_TEXT_PLAIN;

        pwi_grid_put(&grid, column++, 0, is_plain ? pwi_text_shade(scale, value) : " ", NULL,
                     &color);
    }
    pwi_short_number(high, scale->max);
    pwi_grid_text(&grid, column + 1, 0, high, PWI_NUMBER_SIZE, NULL);
    column += 2 + pwi_text_columns(high);
    if (column < panel->n_columns)
        pwi_grid_text(&grid, column, 0, scale->label, panel->n_columns - column, NULL);
    pwi_grid_write(&grid, panel->colors, out);
    pwi_grid_close(&grid);
    return PW_OK;
}

/* ---- The figure ---- */

void pwi_text_axes(pwi_text_grid *grid, const struct pwi_text_panel *panel, size_t gutter,
                   size_t n_plot_columns, size_t n_plot_lines, size_t x_line)
{
    struct pwi_span x = {panel->panel->x.scale, 0, 0, 0, (double)n_plot_columns};
    struct pwi_span y = {panel->panel->y.scale, 0, 0, (double)n_plot_lines, 0};
    struct pwi_ticks ticks;

    pwi_panel_range_x(panel->panel, &x.min, &x.max);
    pwi_panel_range_y(panel->panel, &y.min, &y.max);
    pwi_ticks_make(&ticks, y.scale, y.min, y.max, n_plot_lines / 3 + 1);
    for (size_t i = 0; i < ticks.n; i++) {
        const double at = fmin(pwi_span_at(&y, ticks.tick[i].at), (double)n_plot_lines - 1);

        if (!ticks.tick[i].is_minor)
            pwi_grid_text_right(grid, 0, (size_t)at, ticks.tick[i].text, gutter - 1, NULL);
    }
    if (pwi_panel_n_x(panel->panel) > 0)
        pwi_ticks_cells(&ticks, pwi_panel_n_x(panel->panel), n_plot_columns / 8 + 1);
    else
        pwi_ticks_make(&ticks, x.scale, x.min, x.max, n_plot_columns / 8 + 1);
    for (size_t i = 0; i < ticks.n; i++) {
        const double at = pwi_span_at(&x, ticks.tick[i].at);

        if (!ticks.tick[i].is_minor && at >= 0 && at <= (double)n_plot_columns)
            pwi_grid_text(grid, gutter + (size_t)fmin(at, (double)n_plot_columns - 1), x_line,
                          ticks.tick[i].text, PWI_NUMBER_SIZE, NULL);
    }
    pwi_grid_text(grid, gutter, x_line + 1, panel->panel->x.label, n_plot_columns, NULL);
}

static pw_status write_panel(const struct pwi_text_panel *panel, pwi_buf *out, pw_error *err)
{
    PWI_TRY(write_words(panel->panel->title, panel->n_columns, out,
                        &panel->figure->ctx->allocator, err));
    if (pwi_panel_mark(panel->panel, PWI_MARK_MATRIX) != NULL)
        return pwi_text_matrix(panel, out, err);
    if (pwi_panel_mark(panel->panel, PWI_MARK_BARS) != NULL)
        return pwi_text_bars(panel, out, err);
    return pwi_text_curves(panel, out, err);
}

pw_status pwi_picture_write_text(const pw_figure *figure, const pw_picture_options *options,
                                 pwi_buf *bytes, pw_error *err)
{
    const pw_color_scale colors = pwi_figure_colors(figure);
    const size_t n_columns = (size_t)options->n_columns;
    struct pwi_text_panel panel = {figure, NULL, &colors, n_columns, options->colors};
    char note[PWI_NOTE_SIZE];

    PWI_TRY(write_words(figure->title, n_columns, bytes, &figure->ctx->allocator, err));
    PWI_TRY(write_legend(&panel, bytes, err));
    for (panel.panel = figure->first; panel.panel != NULL; panel.panel = panel.panel->next)
        PWI_TRY(write_panel(&panel, bytes, err));
    if (pwi_figure_has(figure, PWI_MARK_MATRIX))
        PWI_TRY(write_bar(&panel, bytes, err));
    pwi_figure_note(figure, options->colors == PW_TEXT_PLAIN ? "?" : "grey", note);
    PWI_TRY(write_words(note, n_columns, bytes, &figure->ctx->allocator, err));
    /* Whose data it is must not be cut off. */
    return write_lines(figure->footer, n_columns, SIZE_MAX, bytes, &figure->ctx->allocator,
                       err);
}
