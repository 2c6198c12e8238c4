/* SPDX-License-Identifier: MIT */
/* --plot of the commands whose picture is made of what they have in hand already. */
#ifndef TOOL_PLOT_LAB_H
#define TOOL_PLOT_LAB_H

#include "pads.h"

/* The picture of a measure of `pads`, where --plot asks for one. */
int plot_pads(struct pads *pads, const char *measure);

/* Distances by the value that ran. */
struct plot_sweep {
    const double *x, *l2;  /* [n] */
    const double *l2_pads; /* NULL: it is not known which rows are pads */
    size_t n;
    const char *title, *credit;
};

int plot_sweep(struct app *app, const struct plot_sweep *sweep);

#endif
