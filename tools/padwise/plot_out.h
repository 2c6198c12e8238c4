/* SPDX-License-Identifier: MIT */
/* Pictures of a command: --plot FILE and -o FILE, or the terminal. */
#ifndef TOOL_PLOT_OUT_H
#define TOOL_PLOT_OUT_H

#include <padwise/edit.h>
#include <padwise/plot.h>

#include "app.h"

/* Before the work: refuse a name whose ending is none of .svg .png .pdf .txt, and a target that
 * cannot be written. "-" is standard output, which --json has for itself. NULL is fine. */
int plot_check(struct app *app, const char *path);

/* The figure by the path's ending, written whole or not at all. "-" draws the small form on
 * standard output, as wide as the terminal, in colours where they are wanted. */
int plot_write(struct app *app, pw_figure *figure, const char *path);

/* A row's role as pictures call it. */
pw_plot_role plot_role(pw_row_role role);

#endif
