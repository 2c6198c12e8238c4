/* SPDX-License-Identifier: MIT */
/* Drawing a laid-out figure. */
#ifndef PWI_PLOT_DRAW_H
#define PWI_PLOT_DRAW_H

#include "plot/layout.h"

/* The whole figure. PW_ERR_NO_MEMORY; other failures stick to the canvas. */
pw_status pwi_draw_figure(pwi_canvas *canvas, const pw_figure *figure,
                          const struct pwi_layout *layout, pwi_letters *letters, pw_error *err);

/* A matrix over rect: painted pixel by pixel where the picture has pixels or the cells are
 * many, else cell by cell. */
pw_status pwi_draw_cells(pwi_canvas *canvas, pw_context *ctx, struct pwi_rect rect,
                         const pw_matrix *matrix, const pw_color_scale *colors, pw_error *err);

/* The numbers of a matrix, white on dark cells, where they fit. */
void pwi_draw_numbers(pwi_canvas *canvas, pwi_letters *letters, struct pwi_rect rect,
                      const pw_matrix *matrix, const pw_color_scale *colors);

/* The frame, ticks and texts of a panel's axes; grid lines first. */
void pwi_draw_grid(pwi_canvas *canvas, const struct pwi_panel_layout *panel);
void pwi_draw_axes(pwi_canvas *canvas, const struct pwi_panel_layout *panel);

/* Bars, curves (bands first), rules. */
pw_status pwi_draw_marks(pwi_canvas *canvas, pw_context *ctx,
                         const struct pwi_panel_layout *panel, pw_error *err);

/* Values to places of a panel's plot. */
struct pwi_span pwi_panel_span_x(const struct pwi_panel_layout *panel);
struct pwi_span pwi_panel_span_y(const struct pwi_panel_layout *panel);

#endif
