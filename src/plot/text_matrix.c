/* SPDX-License-Identifier: MIT */
/* Matrices in a terminal: numbers on coloured cells where they fit, else half blocks (two
 * pixels a character), or shades where there are no colours. */
#include <math.h>

#include "plot/cells.h"
#include "plot/terminal.h"

#define LABEL_MAX   18 /* columns for the names of rows */
#define LINES_MAX   24 /* of a map without names */
#define ROWS_MAX    64 /* of a table or a map with names */
#define NUMBER_CELL 6  /* columns of a number with a blank */
#define CELL_MAX    6

struct plan {
    const pw_matrix *matrix;
    size_t gutter, n_columns, n_lines; /* of the plot */
    size_t cell;                       /* columns of a matrix column; 0: less than one */
    size_t n_below;                    /* lines under the plot */
    bool is_table, has_labels, has_rule;
};

static size_t label_columns(const pw_axis *axis, size_t n)
{
    size_t widest = 0;

    for (size_t i = 0; i < n && i < axis->n_labels; i++) {
        const size_t columns = pwi_text_columns(axis->labels[i]);

        widest = columns > widest ? columns : widest;
    }
    return widest < LABEL_MAX ? widest : LABEL_MAX;
}

static size_t digits_of(size_t n)
{
    size_t digits = 1;

    for (; n >= 10; n /= 10)
        digits++;
    return digits;
}

/* Whether the columns are wide enough for the first letters of their names. */
static bool names_columns(const struct pwi_text_panel *panel, const struct plan *plan)
{
    return panel->panel->x.n_labels > 0 && plan->cell >= 4;
}

static struct plan make_plan(const struct pwi_text_panel *panel)
{
    const pw_matrix *matrix = &pwi_panel_mark(panel->panel, PWI_MARK_MATRIX)->matrix;
    struct plan plan = {.matrix = matrix};
    size_t room;

    plan.has_labels = panel->panel->y.n_labels > 0 && matrix->n_y <= ROWS_MAX;
    plan.gutter = 1 + (plan.has_labels ? label_columns(&panel->panel->y, matrix->n_y)
                                       : digits_of(matrix->n_y - 1));
    /* Narrow terminals keep at least half for the picture. */
    plan.gutter = plan.gutter > panel->n_columns / 2 ? panel->n_columns / 2 : plan.gutter;
    room = panel->n_columns - plan.gutter;
    plan.is_table =
        matrix->shows_numbers && matrix->n_y <= ROWS_MAX && matrix->n_x * NUMBER_CELL <= room;
    plan.cell = plan.is_table ? NUMBER_CELL : room / matrix->n_x;
    if (!plan.is_table && plan.cell > (panel->panel->is_square ? 2u : CELL_MAX))
        plan.cell = panel->panel->is_square ? 2 : CELL_MAX;
    plan.n_columns = plan.cell > 0 ? plan.cell * matrix->n_x : room;
    plan.n_lines =
        plan.is_table || plan.has_labels || matrix->n_y <= LINES_MAX ? matrix->n_y : LINES_MAX;
    plan.n_below = (names_columns(panel, &plan) || panel->panel->x.n_labels == 0 ? 1u : 0u) +
                   (panel->panel->x.label[0] != '\0' ? 1u : 0u);
    plan.has_rule = pwi_panel_mark(panel->panel, PWI_MARK_RULE) != NULL;
    return plan;
}

static void put_table(pwi_text_grid *grid, const struct pwi_text_panel *panel,
                      const struct plan *plan, size_t top)
{
    const pw_matrix *matrix = plan->matrix;
    const pwi_color light = PWI_PAPER, dark = PWI_INK;

    for (size_t y = 0; y < matrix->n_y; y++)
        for (size_t x = 0; x < matrix->n_x; x++) {
            const double value =
                (double)matrix->values[x * matrix->x_stride + y * matrix->y_stride];
            const pwi_color color = pwi_color_of(panel->color_scale, value);
            const size_t column = plan->gutter + x * NUMBER_CELL;
            char text[PWI_NUMBER_SIZE];

            for (size_t i = 0; i < NUMBER_CELL; i++)
                pwi_grid_put(grid, column + i, top + y, "", NULL, &color);
            pwi_grid_text_right(grid, column, top + y,
                                fabs(value) < 100 || !isfinite(value)
                                    ? pwi_number_text(text, value, 2)
                                    : pwi_short_number(text, value),
                                NUMBER_CELL - 1, pwi_color_is_dark(color) ? &light : &dark);
        }
}

/* Without colours: a shade a character. */
static void put_shades(pwi_text_grid *grid, const struct pwi_text_panel *panel,
                       const struct plan *plan, size_t top)
{
    for (size_t y = 0; y < plan->n_lines; y++)
        for (size_t x = 0; x < plan->n_columns; x++)
            pwi_grid_put(grid, plan->gutter + x, top + y,
                         pwi_text_shade(panel->color_scale,
                                        pwi_cells_value(plan->matrix, panel->color_scale, x,
                                                        plan->n_columns, y, plan->n_lines)),
                         NULL, NULL);
}

/* With colours: the upper half block has one colour, what is behind it the other. */
static void put_blocks(pwi_text_grid *grid, const struct pwi_text_panel *panel,
                       const struct plan *plan, size_t top)
{
    const size_t n_y = 2 * plan->n_lines;

    for (size_t y = 0; y < plan->n_lines; y++)
        for (size_t x = 0; x < plan->n_columns; x++) {
            const pwi_color upper = pwi_color_of(
                panel->color_scale, pwi_cells_value(plan->matrix, panel->color_scale, x,
                                                    plan->n_columns, 2 * y, n_y));
            const pwi_color lower = pwi_color_of(
                panel->color_scale, pwi_cells_value(plan->matrix, panel->color_scale, x,
                                                    plan->n_columns, 2 * y + 1, n_y));

            pwi_grid_put(grid, plan->gutter + x, top + y, "\xE2\x96\x80", &upper, &lower);
        }
}

static void put_y_texts(pwi_text_grid *grid, const struct pwi_text_panel *panel,
                        const struct plan *plan, size_t top)
{
    struct pwi_ticks ticks;

    if (plan->has_labels) {
        for (size_t y = 0; y < plan->n_lines && y < panel->panel->y.n_labels; y++)
            pwi_grid_text_right(grid, 0, top + y, panel->panel->y.labels[y], plan->gutter - 1,
                                NULL);
        return;
    }
    pwi_ticks_cells(&ticks, plan->matrix->n_y, plan->n_lines / 3 + 1);
    for (size_t i = 0; i < ticks.n; i++)
        pwi_grid_text_right(grid, 0,
                            top + (size_t)(ticks.tick[i].at * (double)plan->n_lines /
                                           (double)plan->matrix->n_y),
                            ticks.tick[i].text, plan->gutter - 1, NULL);
}

static void put_x_texts(pwi_text_grid *grid, const struct pwi_text_panel *panel,
                        const struct plan *plan, size_t line)
{
    const pw_axis *axis = &panel->panel->x;
    struct pwi_ticks ticks;

    if (names_columns(panel, plan)) {
        for (size_t x = 0; x < plan->matrix->n_x && x < axis->n_labels; x++)
            pwi_grid_text_right(grid, plan->gutter + x * plan->cell, line, axis->labels[x],
                                plan->cell - 1, NULL);
    } else if (axis->n_labels == 0) {
        pwi_ticks_cells(&ticks, plan->matrix->n_x, plan->n_columns / 8 + 1);
        for (size_t i = 0; i < ticks.n; i++)
            pwi_grid_text(grid,
                          plan->gutter + (size_t)(ticks.tick[i].at * (double)plan->n_columns /
                                                  (double)plan->matrix->n_x),
                          line, ticks.tick[i].text, 6, NULL);
    }
    if (axis->label[0] != '\0')
        pwi_grid_text(grid, plan->gutter, line + plan->n_below - 1, axis->label,
                      plan->n_columns, NULL);
}

/* Rules stand above the map, over the first column behind them: a line would hide one. */
static void put_rules(pwi_text_grid *grid, const struct pwi_text_panel *panel,
                      const struct plan *plan)
{
    const pwi_color color = PWI_RULE;

    for (const struct pwi_mark *mark = panel->panel->first; mark != NULL; mark = mark->next) {
        const double at =
            (mark->rule.at + 0.5) * (double)plan->n_columns / (double)plan->matrix->n_x;

        if (mark->kind == PWI_MARK_RULE && !mark->rule.is_horizontal && at >= 0 &&
            at < (double)plan->n_columns)
            pwi_grid_put(grid, plan->gutter + (size_t)at, 0, "\xE2\x94\x82", &color, NULL);
    }
}

pw_status pwi_text_matrix(const struct pwi_text_panel *panel, pwi_buf *out, pw_error *err)
{
    const struct plan plan = make_plan(panel);
    const size_t top = plan.has_rule ? 1 : 0;
    pwi_text_grid grid;

    if (!pwi_grid_open(&grid, &panel->figure->ctx->allocator, panel->n_columns,
                       top + plan.n_lines + plan.n_below))
        return pwi_fail_memory(err);
    if (plan.has_rule)
        put_rules(&grid, panel, &plan);
    if (plan.is_table)
        put_table(&grid, panel, &plan, top);
    else if (panel->colors == PW_TEXT_PLAIN)
        put_shades(&grid, panel, &plan, top);
    else
        put_blocks(&grid, panel, &plan, top);
    put_y_texts(&grid, panel, &plan, top);
    put_x_texts(&grid, panel, &plan, top + plan.n_lines);
    pwi_grid_write(&grid, panel->colors, out);
    pwi_grid_close(&grid);
    return PW_OK;
}
