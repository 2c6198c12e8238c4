/* SPDX-License-Identifier: MIT */
/* A figure as it is stored: panels in a list, each with axes and marks in a list, all in one
 * arena. Texts are clean (label.h). Who draws reads this and changes nothing. */
#ifndef PWI_PLOT_FIGURE_H
#define PWI_PLOT_FIGURE_H

#include <padwise/plot.h>

#include "base/arena.h"
#include "base/context.h"

enum pwi_mark_kind {
    PWI_MARK_MATRIX,
    PWI_MARK_BARS,
    PWI_MARK_CURVE,
    PWI_MARK_RULE
};

struct pwi_mark {
    struct pwi_mark *next;
    enum pwi_mark_kind kind;
    pw_matrix matrix;
    pw_bars bars;
    pw_curve curve;
    pw_rule rule;
    size_t i_series; /* of a curve: the place of its name in the figure, or, without one, its
                        own in the panel */
};

struct pwi_panel {
    struct pwi_panel *next;
    const char *title; /* "" where there is none, as all texts here */
    pw_axis x, y;
    bool is_square;
    double height;
    struct pwi_mark *first, *last;
    size_t n_marks, n_curves;
};

struct pw_figure {
    pw_context *ctx;
    pwi_arena arena;
    const char *title, *description, *footer;
    const char *missing; /* what values that are not finite are called */
    int32_t n_columns;
    pw_color_scale colors;
    struct pwi_panel *first, *last;
    size_t n_panels;
    size_t n_names; /* of curves */
};

/* The mark of a kind in a panel, or NULL. */
const struct pwi_mark *pwi_panel_mark(const struct pwi_panel *panel, enum pwi_mark_kind kind);

/* The cells along an axis of a panel: columns or rows of its matrix, or its bars; 0: the axis
 * is of numbers. */
size_t pwi_panel_n_x(const struct pwi_panel *panel);
size_t pwi_panel_n_y(const struct pwi_panel *panel);

bool pwi_figure_has(const pw_figure *figure, enum pwi_mark_kind kind);

/* What the figure's numbers did to the picture. */
struct pwi_figure_counts {
    uint64_t n_values, n_missing;
    uint64_t n_clipped; /* matrix values beyond the colours' range */
    double largest;     /* the finite matrix value farthest from the range's middle */
};

void pwi_figure_count(const pw_figure *figure, const pw_color_scale *colors,
                      struct pwi_figure_counts *counts);

/* The colour scale with its defaults filled in: finite, min < max. */
pw_color_scale pwi_figure_colors(const pw_figure *figure);

/* The note on missing and clipped values, "" where there is nothing to say; the default of
 * nothing to colour has none. mark: how missing cells look, "grey". */
#define PWI_NOTE_SIZE 320
void pwi_figure_note(const pw_figure *figure, const char *mark, char note[PWI_NOTE_SIZE]);

#endif
