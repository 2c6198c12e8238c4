/* SPDX-License-Identifier: MIT */
/* A matrix as pixels. */
#ifndef PWI_PLOT_CELLS_H
#define PWI_PLOT_CELLS_H

#include "plot/colors.h"

/* The value of a pixel of the matrix drawn n_x by n_y: where several cells fall on it, the mean
 * of those that are finite, each within the colours' range first (one huge value must not paint
 * its neighbours); NaN if none is. In a diverging map values of both signs would cancel to the
 * middle colour: there it is the root mean square of the distances from the middle, on the side
 * of their sum. */
double pwi_cells_value(const pw_matrix *matrix, const pw_color_scale *colors, size_t x,
                       size_t n_x, size_t y, size_t n_y);

/* All pixels: [n_y, n_x]. */
void pwi_cells_pixels(const pw_matrix *matrix, const pw_color_scale *colors, pwi_color *pixels,
                      size_t n_x, size_t n_y);

/* Pixels along an axis of n cells that is `size` units long, in a picture without pixels of its
 * own: a whole number a cell, enough that edges stay sharp when a viewer smooths. */
size_t pwi_cells_resolution(size_t n, double size);

#endif
