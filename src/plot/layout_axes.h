/* SPDX-License-Identifier: MIT */
/* Between layout.c and layout_axes.c. */
#ifndef PWI_PLOT_LAYOUT_AXES_H
#define PWI_PLOT_LAYOUT_AXES_H

#include "plot/layout.h"

/* All panels' ranges, which of them write their axes, and the room left of them. */
void pwi_axes_share(struct pwi_layout *layout, const pw_figure *figure, pwi_letters *letters);

/* The x axis of a panel whose plot has its width. */
void pwi_axis_x_layout(struct pwi_panel_layout *panel, pwi_letters *letters);

/* The y axis of a panel whose plot has its height, in a picture that is `width` wide. false: it
 * takes more room than was left of the plot. */
bool pwi_axis_y_fit(struct pwi_panel_layout *panel, pwi_letters *letters, double width);

#endif
