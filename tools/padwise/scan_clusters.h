/* SPDX-License-Identifier: MIT */
/* The clusters of `pool-compare`: what k-means makes of the prompts under each pooling, how far
 * that is the labels, and what more pads do to it. */
#ifndef TOOL_SCAN_CLUSTERS_H
#define TOOL_SCAN_CLUSTERS_H

#include "pads_labels.h"
#include "scan.h"

/* What k-means found, and how far it is what was looked for. */
struct partition {
    bool is_there;  /* every prompt has such a vector */
    size_t *labels; /* [n inputs] */
    pw_kmeans kmeans;
    pw_agreement agreement;
};

/* The mean over the first n_rows of each prompt, pads among them. */
struct cluster_step {
    size_t n_rows;
    double share; /* of the rows that are pads */
    struct partition partition;
};

#define CLUSTER_STEPS_MAX 9

struct clusters {
    size_t n; /* of clusters; 0: neither --labels nor --clusters asked for some */
    struct labels labels;
    const size_t *wanted;    /* [n inputs]: the labels, or what the masked mean gives */
    const char *wanted_name; /* "the labels" */
    struct partition pools[PW_N_POOLINGS];
    struct cluster_step steps[CLUSTER_STEPS_MAX];
    size_t n_steps;
};

/* --labels and --clusters; refuses numbers that leave nothing to find. */
int clusters_read(struct pads *pads, struct clusters *clusters);
int clusters_measure(struct pads *pads, struct clusters *clusters);

/* Each does nothing where no clusters were asked for. */
void clusters_put_json(struct json *json, const struct pads *pads,
                       const struct clusters *clusters);
void clusters_put_tables(struct pads *pads, const struct clusters *clusters, struct grid *grid);
void clusters_say(struct builder *text, const struct clusters *clusters);

/* Two panels of a figure: both indexes by the share of pads. */
int clusters_draw(struct app *app, pw_figure *figure, const struct clusters *clusters);

#endif
