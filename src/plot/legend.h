/* SPDX-License-Identifier: MIT */
/* The legend: what colours, dashes and lines stand for, each once. */
#ifndef PWI_PLOT_LEGEND_H
#define PWI_PLOT_LEGEND_H

#include "plot/figure.h"

enum pwi_legend_kind {
    PWI_LEGEND_ROLE,
    PWI_LEGEND_SERIES,
    PWI_LEGEND_RULE
};

struct pwi_legend_item {
    enum pwi_legend_kind kind;
    const char *text;
    pw_plot_role role;
    size_t i_series;
    bool is_horizontal;
    double x, y; /* set by the layout: left, top */
};

#define PWI_LEGEND_MAX 96

struct pwi_legend {
    size_t n;
    struct pwi_legend_item item[PWI_LEGEND_MAX];
};

/* In the order roles, curves, rules; what does not fit is left out. */
void pwi_legend_collect(struct pwi_legend *legend, const pw_figure *figure);

#endif
