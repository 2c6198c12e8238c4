/* SPDX-License-Identifier: MIT */
/* Figures of rows by position, for `plot` and `report`: what is drawn of one input, and of
 * several beside each other. How a figure looks is the library's (<padwise/plot.h>). */
#ifndef TOOL_PLOT_FIGURES_H
#define TOOL_PLOT_FIGURES_H

#include "pads.h"
#include "plot_out.h"

/* What all kinds need. Inputs have rows of one width. */
struct plot_set {
    struct app *app;
    const struct pads_input *inputs;
    size_t n;
    const char **labels; /* [n], from plot_labels */
    const char *title;   /* NULL: the kind's own */
    const char *footer;  /* credits; NULL: none are due */
    double range;        /* heat maps: colours from -range to range; 0: the kind's own */
};

/* Names for people, in the pool: the prompt where it is known, else the file; with the file
 * behind it where prompts are alike. */
int plot_labels(struct app *app, const struct pads_input *inputs, size_t n,
                const char ***labels);

/* The credits that are due for the inputs, each once, in the pool; NULL: none. */
int plot_credits(struct app *app, const struct pads_input *inputs, size_t n,
                 const char **footer);

/* Each makes a figure that the caller frees. */
int plot_heat(const struct plot_set *set, pw_figure **out);
int plot_difference(const struct plot_set *set, pw_figure **out); /* first - other */
int plot_norms(const struct plot_set *set, pw_figure **out);
int plot_curves(const struct plot_set *set, pw_figure **out);
int plot_similarity(const struct plot_set *set, pw_figure **out);

/* plot_lab.c: the picture of the inputs of a command, where --plot asks for one. */
int plot_inputs(struct pads *pads,
                int (*draw)(const struct plot_set *set, void *argument, pw_figure **out),
                void *argument);

/* plot_across.c: two inputs or more. */
int plot_across(const struct plot_set *set, bool is_by_fifth, pw_figure **out);

/* Of the kinds alone: a figure with the set's title and footer, given away whole or freed, and
 * the line before an input's first pad. */
int plot_create(const struct plot_set *set, const char *title, const char *description,
                const pw_color_scale *colors, int32_t n_columns, pw_figure **out);
int plot_finish(const struct plot_set *set, pw_status status, const pw_error *err,
                pw_figure **out);
pw_status plot_pads_rule(pw_figure *figure, const struct pads_input *input, bool is_horizontal,
                         pw_error *err);

/* plot_attention.c: a tensor of attention weights in a file. */
int plot_attention(struct app *app, const char *path, const char *title, pw_figure **out);

#endif
