/* SPDX-License-Identifier: MIT */
/* Where a tower's weights come from: an open file, or a set in memory (the built-in model,
 * drawn from a seed). */
#ifndef PWI_MODELS_WEIGHTS_H
#define PWI_MODELS_WEIGHTS_H

#include <padwise/file.h>

/* One of the two is set. */
typedef struct pwi_weights {
    const pw_file *file;
    const pw_tensor_set *set;
} pwi_weights;

/* Path for messages. */
const char *pwi_weights_where(const pwi_weights *weights);

/* Index of the tensor of that name, or -1. */
int64_t pwi_weights_find(const pwi_weights *weights, const char *name);

/* Dtype and shape; data is not to be used. */
const pw_tensor *pwi_weights_tensor(const pwi_weights *weights, size_t i);

/* The tensor's bytes, as pw_file_read. */
pw_status pwi_weights_read(const pwi_weights *weights, size_t i, void *out, size_t capacity,
                           pw_error *err);

/* Bytes [offset, offset + size) of tensor i, which has them. A file is safetensors, whole or in
 * shards. Threads: any. */
pw_status pwi_weights_read_range(const pwi_weights *weights, size_t i, size_t offset, void *out,
                                 size_t size, pw_error *err);

/* PW_ERR_MISMATCH if a file of them was written to since it was opened. */
pw_status pwi_weights_check(const pwi_weights *weights, pw_error *err);

#endif
