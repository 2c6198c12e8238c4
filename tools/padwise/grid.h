/* SPDX-License-Identifier: MIT */
/* Tables for people: cells are collected, then written in columns that fit the terminal. */
#ifndef TOOL_GRID_H
#define TOOL_GRID_H

#include "pool.h"

#define GRID_COLUMNS_MAX 10

struct column {
    const char *title;
    bool is_right; /* numbers: aligned to the right, never cut */
};

struct grid {
    const struct column *columns;
    size_t n_columns;
    struct pool pool;
    const char **cells; /* [n_rows, n_columns] */
    bool *dim;          /* [n_rows] */
    size_t n_cells, capacity, n_rows, dim_capacity;
    bool failed;
};

void grid_start(struct grid *grid, const struct column *columns, size_t n_columns);

/* Cells are added in order; a row is full when it has all its columns. */
void grid_cell(struct grid *grid, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "-" where it is NaN. */
void grid_number(struct grid *grid, int n_decimals, double value);

/* Text of strangers: escaped. */
void grid_text(struct grid *grid, const char *bytes, size_t size);

/* Text that was built for the cell; a builder that failed fails the table. */
void grid_built(struct grid *grid, const struct builder *text);

/* The row that was begun last is shown dimmed (pads, tokens without text). */
void grid_dim(struct grid *grid);

/* Write title and rows, at most `width` columns wide: the widest texts are cut. Frees. */
void grid_print(struct grid *grid, struct builder *out, size_t width, bool color);

#endif
