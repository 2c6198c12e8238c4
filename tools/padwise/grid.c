/* SPDX-License-Identifier: MIT */
/* Tables. */
#include "grid.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "paint.h"
#include "show.h"

#define GAP        2
#define TEXT_LEAST 8

void grid_start(struct grid *grid, const struct column *columns, size_t n_columns)
{
    *grid = (struct grid){.columns = columns, .n_columns = n_columns};
}

static void add(struct grid *grid, const char *cell)
{
    const char **cells;

    grid->failed = grid->failed || cell == NULL;
    if (grid->failed)
        return;
    cells = pool_grow(&grid->pool, grid->cells, grid->n_cells, &grid->capacity, sizeof(*cells));
    if (cells == NULL) {
        grid->failed = true;
        return;
    }
    grid->cells = cells;
    if (grid->n_cells % grid->n_columns == 0) {
        bool *dim =
            pool_grow(&grid->pool, grid->dim, grid->n_rows, &grid->dim_capacity, sizeof(*dim));

        if (dim == NULL) {
            grid->failed = true;
            return;
        }
        grid->dim = dim;
        dim[grid->n_rows++] = false;
    }
    cells[grid->n_cells++] = cell;
}

void grid_cell(struct grid *grid, const char *format, ...)
{
    char text[256];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    add(grid, pool_copy(&grid->pool, text, strlen(text)));
}

void grid_text(struct grid *grid, const char *bytes, size_t size)
{
    struct builder text = {0};

    show_text(&text, bytes, size, SHOW_ALL);
    add(grid, text.failed ? NULL : pool_copy(&grid->pool, text.bytes, text.size));
    builder_free(&text);
}

void grid_built(struct grid *grid, const struct builder *text)
{
    if (text->failed)
        grid->failed = true;
    else
        grid_text(grid, text->size == 0 ? "" : text->bytes, text->size);
}

void grid_number(struct grid *grid, int n_decimals, double value)
{
    if (isnan(value))
        grid_cell(grid, "-");
    else
        grid_cell(grid, "%.*f", n_decimals, value);
}

void grid_dim(struct grid *grid)
{
    if (!grid->failed && grid->n_rows > 0)
        grid->dim[grid->n_rows - 1] = true;
}

static size_t cell_width(const char *cell)
{
    return show_width(cell, strlen(cell));
}

/* Widths of the columns; then the widest text gives way until the line fits. */
static void measure(const struct grid *grid, size_t *widths, size_t width)
{
    size_t total = GAP * (grid->n_columns - 1);

    for (size_t c = 0; c < grid->n_columns; c++) {
        widths[c] = cell_width(grid->columns[c].title);
        for (size_t r = 0; r < grid->n_rows; r++) {
            const size_t w = cell_width(grid->cells[r * grid->n_columns + c]);

            widths[c] = w > widths[c] ? w : widths[c];
        }
        total += widths[c];
    }
    while (total > width) {
        size_t widest = SIZE_MAX;

        for (size_t c = 0; c < grid->n_columns; c++) {
            if (!grid->columns[c].is_right && widths[c] > TEXT_LEAST &&
                (widest == SIZE_MAX || widths[c] > widths[widest]))
                widest = c;
        }
        if (widest == SIZE_MAX)
            return;
        widths[widest]--;
        total--;
    }
}

static void put_row(const struct grid *grid, struct builder *out, const char *const *cells,
                    const size_t *widths)
{
    for (size_t c = 0; c < grid->n_columns; c++) {
        const bool is_last = c + 1 == grid->n_columns;
        const size_t w = cell_width(cells[c]);
        const size_t blank = w < widths[c] ? widths[c] - w : 0;

        if (grid->columns[c].is_right)
            builder_fill(out, ' ', blank);
        show_text(out, cells[c], strlen(cells[c]), widths[c]);
        if (!grid->columns[c].is_right && !is_last)
            builder_fill(out, ' ', blank);
        if (!is_last)
            builder_fill(out, ' ', GAP);
    }
}

void grid_print(struct grid *grid, struct builder *out, size_t width, bool color)
{
    const char *titles[GRID_COLUMNS_MAX];
    size_t widths[GRID_COLUMNS_MAX];

    if (grid->failed) {
        out->failed = true;
        pool_free(&grid->pool);
        return;
    }
    grid->n_rows = grid->n_cells / grid->n_columns;
    for (size_t c = 0; c < grid->n_columns; c++)
        titles[c] = grid->columns[c].title;
    measure(grid, widths, width);
    for (size_t r = 0; r <= grid->n_rows; r++) {
        const bool is_title = r == 0;
        const bool is_painted = color && (is_title || grid->dim[r - 1]);

        if (is_painted)
            builder_text(out, is_title ? PAINT_BOLD : PAINT_DIM);
        put_row(grid, out, is_title ? titles : grid->cells + (r - 1) * grid->n_columns, widths);
        if (is_painted)
            builder_text(out, PAINT_NONE);
        builder_text(out, "\n");
    }
    pool_free(&grid->pool);
    *grid = (struct grid){0};
}
