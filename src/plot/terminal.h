/* SPDX-License-Identifier: MIT */
/* Between terminal.c and the files that draw panels of characters. */
#ifndef PWI_PLOT_TERMINAL_H
#define PWI_PLOT_TERMINAL_H

#include "plot/scale.h"
#include "plot/text_grid.h"

/* One panel on its way to the terminal. */
struct pwi_text_panel {
    const pw_figure *figure;
    const struct pwi_panel *panel;
    const pw_color_scale *color_scale;
    size_t n_columns;
    pw_text_colors colors;
};

/* Each appends its lines; PW_ERR_NO_MEMORY. */
pw_status pwi_text_matrix(const struct pwi_text_panel *panel, pwi_buf *out, pw_error *err);
pw_status pwi_text_bars(const struct pwi_text_panel *panel, pwi_buf *out, pw_error *err);
pw_status pwi_text_curves(const struct pwi_text_panel *panel, pwi_buf *out, pw_error *err);

/* A cell of a matrix as a character without colours: shades above the middle of the range,
 * strokes below. */
const char *pwi_text_shade(const pw_color_scale *scale, double value);

/* A colour of letters and bars as dark and as light terminals show it. */
pwi_color pwi_text_color(pwi_color color);

/* The role of a bar, and the mark of a curve, as one letter. */
const char *pwi_text_role(pw_plot_role role);
const char *pwi_text_series(size_t i_series);

/* The texts of a panel's axes, its plot at the top: those of y in `gutter` columns to the left
 * of it, those of x in two lines from x_line on. */
void pwi_text_axes(pwi_text_grid *grid, const struct pwi_text_panel *panel, size_t gutter,
                   size_t n_plot_columns, size_t n_plot_lines, size_t x_line);

#endif
