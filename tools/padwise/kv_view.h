/* SPDX-License-Identifier: MIT */
/* `padwise kv`, shared by its files: a U-Net, an input's rows, and what is measured of each
 * layer. */
#ifndef TOOL_KV_VIEW_H
#define TOOL_KV_VIEW_H

#include "pads.h"

#include <padwise/kv.h>

#define KV_COPIES_MAX 16 /* numbers of copies in one run */

/* A layer with its numbers; all in the run's pool. */
struct kv_layer {
    const pw_kv_layer *info;
    double *k_norm, *v_norm, *k_cos_eos; /* [n_rows] */
    size_t n_queries;                    /* 0: --queries has none for this layer */
    double *mass;                        /* [n_heads, n_rows] */
    double *entropy;                     /* [n_heads] */
    double *copies;                      /* [n_heads, n_counts] */
};

/* Random queries go by the keys of the rows that they are drawn for. Where rows are compared
 * that differ in more than pads, those of the first are kept for the others. */
enum kv_draws {
    KV_DRAW = 0,
    KV_DRAW_AND_KEEP,
    KV_KEPT
};

struct kv_run {
    struct pads pads;
    const char *path, *plot; /* --unet, --plot */
    pw_kv *kv;
    size_t n_layers, inner_max;
    pw_file *queries; /* of --queries, NULL: they are drawn */
    size_t n_queries; /* that are drawn */
    size_t counts[KV_COPIES_MAX], n_counts;
    int64_t copied_row; /* --copy-row, -1: EOS */
    float *k, *v, *q;   /* scratch of one layer */
    size_t n_q;         /* floats in q */
    enum kv_draws draws;
    float **kept_q; /* [n_layers], with KV_DRAW_AND_KEEP */

    /* Of one input. */
    const struct pads_input *input;
    struct kv_layer *layers; /* [n_layers], with room for n_rows_max rows */
    size_t n_rows_max;
    bool has_copies;
    size_t i_copied;
    uint8_t *kept; /* [n_rows] */
};

/* kv_start.c: --unet, its heads, and queries; then the files are opened. */
int kv_read_options(struct kv_run *run, pw_kv_options *options);
int kv_open(struct kv_run *run, const pw_kv_options *options);
void kv_close(struct kv_run *run);

/* kv_queries.c: the queries of layer i; *n is 0 where --queries has none for it. */
int kv_queries_open(struct kv_run *run);
int kv_queries(struct kv_run *run, size_t i, const float **q, size_t *n);

/* kv_measure.c: all layers over the rows of run->input. What was measured of another input is
 * written over. */
int kv_measure(struct kv_run *run);

/* Over the rows of a role: the mean of values [n_rows]; NaN without such rows. */
double kv_role_mean(const struct kv_run *run, pw_row_role role, const double *values);

/* The mass of all rows of a role, of one head, or with head SIZE_MAX the mean over heads. */
double kv_role_mass(const struct kv_run *run, const struct kv_layer *layer, pw_row_role role,
                    size_t head);
double kv_row_mass(const struct kv_run *run, const struct kv_layer *layer, size_t row);
double kv_entropy(const struct kv_layer *layer);
double kv_copies_mass(const struct kv_run *run, const struct kv_layer *layer, size_t i_count);

/* A mean over the layers that have queries. */
struct kv_spread {
    double mean, least, most;
    size_t n;
};

/* NaN is left out. */
void kv_spread_add(struct kv_spread *spread, double value);
struct kv_spread kv_row_spread(const struct kv_run *run, size_t row);
struct kv_spread kv_pad_mass(const struct kv_run *run);
struct kv_spread kv_copies_spread(const struct kv_run *run, size_t i_count);

/* "a.json: "down.1.0.2": a layer's name without the words that all have; in the pool. */
const char *kv_short_name(struct app *app, const char *name);

/* kv_show.c, kv_json.c, kv_plot.c */
int kv_print(struct kv_run *run);
int kv_print_json(struct kv_run *run);
int kv_draw(struct kv_run *run);

#endif
