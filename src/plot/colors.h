/* SPDX-License-Identifier: MIT */
/* Colours: the two maps (color_map_table.c), roles, series, and the few that frame a picture.
 */
#ifndef PWI_PLOT_COLORS_H
#define PWI_PLOT_COLORS_H

#include <padwise/plot.h>

typedef struct pwi_color {
    unsigned char red, green, blue;
} pwi_color;

/* Odd, so that the diverging map has an entry for its middle. */
#define PWI_MAP_SIZE 257

extern const unsigned char pwi_map_diverging[PWI_MAP_SIZE][3];
extern const unsigned char pwi_map_sequential[PWI_MAP_SIZE][3];

#define PWI_INK     ((pwi_color){0x22, 0x22, 0x22}) /* text and axes */
#define PWI_FAINT   ((pwi_color){0x5A, 0x5A, 0x5A}) /* notes and footer */
#define PWI_GRID    ((pwi_color){0xE2, 0xE2, 0xE2})
#define PWI_PAPER   ((pwi_color){0xFF, 0xFF, 0xFF})
#define PWI_RULE    ((pwi_color){0x00, 0x8A, 0x2E}) /* where pads start */
#define PWI_MISSING ((pwi_color){0x8E, 0x8E, 0x8E}) /* no entry of either map is this grey */

/* The colour of a value; values beyond the range take its ends, those that are not finite
 * PWI_MISSING. */
pwi_color pwi_color_of(const pw_color_scale *scale, double value);

pwi_color pwi_role_color(pw_plot_role role);

/* Of the i-th curve; repeats after PWI_N_SERIES, with other dashes. */
#define PWI_N_SERIES 7
pwi_color pwi_series_color(size_t i_series);

/* Whether white letters read better on it than black ones. */
bool pwi_color_is_dark(pwi_color color);

#endif
