/* SPDX-License-Identifier: MIT */
/* `padwise lens`, shared by its files: hidden states by layer, and the steps between them. */
#ifndef TOOL_LENS_H
#define TOOL_LENS_H

#include "inside.h"

/* Means over the rows of each role; NaN where no row has it. */
struct lens_layer {
    double norm[INSIDE_ROLES];
    double cosine[INSIDE_ROLES]; /* to the same row behind the last block */
};

/* One step's output. */
struct lens_step {
    const char *name;
    int32_t layer; /* 0: before the first block; -1: behind the last */
    size_t n_rows, width;
    double mean, std; /* of all its numbers, divisor their count */
};

struct lens {
    struct inside inside;
    const char *plot; /* --plot, or NULL */
    bool is_normed;   /* --final-norm */
    bool is_all;      /* every layer, else `layer` and its rows */
    int32_t layer;
    float *states;             /* [n_layers + 1, T, D] */
    float *last, *pooled;      /* [T, D], [D] of the trace */
    float *embeds;             /* [P] of the trace; NULL: the model has no projection */
    struct lens_layer *layers; /* [n_layers + 1] */
    struct lens_step *steps;   /* [n_steps] of --trace */
    size_t n_steps, steps_capacity;
    bool failed; /* no memory for a step */
};

/* Row t of a layer, [D]; cosines are to the last layer's. */
const float *lens_row(const struct lens *lens, int32_t layer, size_t t);
double lens_norm(const struct lens *lens, const float *row);
double lens_cosine(const struct lens *lens, const float *a, const float *b);

/* lens_trace.c: take the steps of the pass, and those behind it from its outputs. */
void lens_take_step(void *user, const pw_trace *trace);
int lens_take_outputs(struct lens *lens);

/* lens_show.c, lens_plot.c */
int lens_print(struct lens *lens);
int lens_print_json(struct lens *lens);
int lens_draw(struct lens *lens);

#endif
