/* SPDX-License-Identifier: MIT */
/* --labels: what the inputs of a probe are instances of. */
#ifndef TOOL_PADS_LABELS_H
#define TOOL_PADS_LABELS_H

#include "pads.h"

struct labels {
    size_t *of_input;   /* [n inputs] of 0..n-1; NULL: not given */
    const char **names; /* [n] */
    size_t n;
    double chance; /* the share of the most frequent label */
};

/* "bird,bird,text": one an input, in their order; or a file with a label a line. */
int pads_read_labels(struct pads *pads, struct labels *labels);

#endif
