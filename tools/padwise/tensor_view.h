/* SPDX-License-Identifier: MIT */
/* Tensors in numbers: what stands in them, without showing them. */
#ifndef TOOL_TENSOR_VIEW_H
#define TOOL_TENSOR_VIEW_H

#include "app.h"

struct tensor_stats {
    double mean, std, min, max, norm; /* std: divisor n */
    uint64_t n_not_finite;
};

bool is_float_dtype(pw_dtype dtype);

/* In double, over all elements. */
int tensor_measure(struct app *app, const pw_tensor *tensor, struct tensor_stats *stats);

/* The table of a set: name, shape, and for floats mean, std, min, max, norm. */
int tensor_table(struct app *app, struct builder *out, const pw_tensor_set *set, size_t width,
                 bool color);

#endif
