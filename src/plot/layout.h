/* SPDX-License-Identifier: MIT */
/* Where everything stands on paper: computed from the figure and from the sizes of its texts,
 * before anything is drawn. */
#ifndef PWI_PLOT_LAYOUT_H
#define PWI_PLOT_LAYOUT_H

#include "plot/canvas.h"
#include "plot/legend.h"
#include "plot/scale.h"

#define PWI_MARGIN     14.0
#define PWI_TICK_SIZE  10.0 /* letters beside ticks */
#define PWI_LABEL_SIZE 11.0 /* axis labels, legend */
#define PWI_TICK       4.0  /* a tick's length */

/* The sample in front of a legend's text, and the gap behind it. */
#define PWI_LEGEND_SAMPLE 22.0
#define PWI_LEGEND_GAP    16.0
#define PWI_LEGEND_ROW    17.0

/* How one axis is written. */
struct pwi_axis_layout {
    bool has_texts;   /* at the ticks; inner panels share those of the outer ones */
    bool has_label;   /* beside the axis */
    double size;      /* of the letters */
    size_t every;     /* labels of cells: every so-manieth is written */
    bool is_vertical; /* labels under the x axis */
    double extent;    /* room that the texts take, away from the axis */
    size_t n_wanted;  /* ticks, where there are no labels */
};

struct pwi_panel_layout {
    const struct pwi_panel *panel;
    struct pwi_rect plot;
    double title_height;
    struct pwi_axis_layout x, y;
    double label_room; /* of axis labels beyond the plot, both sides together */
    double x_min, x_max, y_min, y_max;
};

struct pwi_layout {
    double width, height;
    double title_top, footer_top, note_top;
    struct pwi_legend legend;
    bool has_bar;
    struct pwi_rect bar; /* of colours */
    struct pwi_ticks bar_ticks;
    pw_color_scale colors;
    char note[PWI_NOTE_SIZE];
    size_t n_columns, n_rows, n_panels;
    struct pwi_panel_layout panels[PW_PLOT_PANELS_MAX];
};

/* width > 0; height 0: what is needed. PW_ERR_ARGUMENT where the figure does not fit. */
pw_status pwi_layout_make(struct pwi_layout *layout, const pw_figure *figure,
                          pwi_letters *letters, double width, double height, pw_error *err);

/* How the parts of a picture that is `width` wide are written. */
struct pwi_text_style pwi_style_title(double width);
struct pwi_text_style pwi_style_panel_title(double width);
struct pwi_text_style pwi_style_label(double width);
struct pwi_text_style pwi_style_tick(void);
struct pwi_text_style pwi_style_note(double width);
struct pwi_text_style pwi_style_footer(double width);

/* The ticks of a panel's axes. */
void pwi_panel_ticks_x(const struct pwi_panel_layout *panel, struct pwi_ticks *ticks);
void pwi_panel_ticks_y(const struct pwi_panel_layout *panel, struct pwi_ticks *ticks);

/* Label i of an axis, "" beyond the last. */
const char *pwi_axis_text(const pw_axis *axis, size_t i);

#endif
