/* SPDX-License-Identifier: MIT */
/* A terminal's cells: characters with colours, written out as UTF-8 lines with escapes. */
#ifndef PWI_PLOT_TEXT_GRID_H
#define PWI_PLOT_TEXT_GRID_H

#include "base/buf.h"
#include "plot/colors.h"

#define PWI_CELL_BYTES 16

struct pwi_text_cell {
    char bytes[PWI_CELL_BYTES]; /* a character and its marks, terminated; "" is a blank */
    bool is_hidden;             /* the second half of a wide character */
    bool has_front, has_back;
    pwi_color front, back;
};

typedef struct pwi_text_grid {
    const pw_allocator *allocator;
    struct pwi_text_cell *cells; /* [n_lines, n_columns] */
    size_t n_columns, n_lines;
} pwi_text_grid;

/* All blank; false when memory is out. */
bool pwi_grid_open(pwi_text_grid *grid, const pw_allocator *allocator, size_t n_columns,
                   size_t n_lines);
void pwi_grid_close(pwi_text_grid *grid);

/* One character of one column. Places beyond the grid are ignored; NULL colours leave what is
 * there. */
void pwi_grid_put(pwi_text_grid *grid, size_t column, size_t line, const char *character,
                  const pwi_color *front, const pwi_color *back);

/* A text from `column` on, cut with an ellipsis at `width` columns; clean UTF-8. */
void pwi_grid_text(pwi_text_grid *grid, size_t column, size_t line, const char *text,
                   size_t width, const pwi_color *front);

/* The same, ending before column + width. */
void pwi_grid_text_right(pwi_text_grid *grid, size_t column, size_t line, const char *text,
                         size_t width, const pwi_color *front);

/* Columns that a text takes. */
size_t pwi_text_columns(const char *text);

/* The lines, without blanks at their ends. */
void pwi_grid_write(const pwi_text_grid *grid, pw_text_colors colors, pwi_buf *out);

#endif
