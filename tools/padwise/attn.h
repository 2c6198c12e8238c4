/* SPDX-License-Identifier: MIT */
/* `padwise attn`, shared by its files: the weights that were asked for, and what they sum to.
 */
#ifndef TOOL_ATTN_H
#define TOOL_ATTN_H

#include "inside.h"

#define ATTN_SINKS 3

/* Where attention goes: means over queries, shares of 1. */
struct attn_mass {
    double mass[INSIDE_ROLES]; /* on keys of each role */
    double entropy;            /* nats */

    struct {
        size_t position;
        double weight;
    } sinks[ATTN_SINKS]; /* the keys that get most */

    size_t n_sinks;
};

struct attn {
    struct inside inside;
    const char *plot;           /* --plot, or NULL */
    int32_t first_layer;        /* from 1 */
    size_t n_layers;            /* that are shown */
    size_t first_head, n_heads; /* that are shown */
    size_t n_heads_all;         /* of a layer */
    float *weights;             /* [n_layers, n_heads_all, T, T] */
    double *received;           /* [T] scratch */
};

/* Weights [T, T] of a head that is shown: the i-th layer, the i-th head. */
const float *attn_map(const struct attn *attn, size_t i_layer, size_t i_head);

/* attn_measure.c. One head, every query. */
void attn_measure(const struct attn *attn, const float *map, struct attn_mass *out);

/* The mean of a layer's heads. */
void attn_measure_layer(const struct attn *attn, size_t i_layer, struct attn_mass *out);

/* All that is shown, of the queries of one role; false: no row has it. */
bool attn_measure_queries(const struct attn *attn, size_t i_role, struct attn_mass *out);

/* attn_show.c */
int attn_print(struct attn *attn);
int attn_print_json(struct attn *attn);

/* attn_plot.c. The mean of a layer's heads [T, T], in the pool; and the picture of --plot. */
int attn_mean_map(const struct attn *attn, size_t i_layer, const float **out);
int attn_draw(struct attn *attn);

#endif
