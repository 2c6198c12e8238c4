/* SPDX-License-Identifier: MIT */
/* The cross-attention projections of a file, as kv_open.c finds them and kv_project.c reads
 * them. */
#ifndef PWI_LAB_KV_H
#define PWI_LAB_KV_H

#ifndef PADWISE_EXPERIMENTAL
#define PADWISE_EXPERIMENTAL
#endif
#include <padwise/kv.h>

/* A layer and where its matrices stand in the file. */
typedef struct pwi_kv_place {
    size_t i_k, i_v;  /* tensors */
    const char *stem; /* their name before "to_k.weight", not terminated; the file's */
    size_t stem_size;
    pw_kv_layer layer;
} pwi_kv_place;

struct pw_kv {
    pw_context *ctx;
    pw_file *file;
    pwi_kv_place *places; /* [n_places_max], n of them found */
    size_t n, n_places_max;
    uint32_t *order; /* [n_places_max]: places in the order of the blocks */
    char *names;     /* names_size bytes: terminated, one behind the other */
    size_t names_size;
    bool is_ldm;
};

#endif
