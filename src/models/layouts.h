/* SPDX-License-Identifier: MIT */
/* How weight files name a CLIP text tower: naming schemes, and layouts (where in which file a
 * tower stands). Both are tables; nothing else in the tree knows a tensor name. Source:
 * encoders.md 5.1-5.2; docs/models/layouts.md. */
#ifndef PWI_MODELS_LAYOUTS_H
#define PWI_MODELS_LAYOUTS_H

#include <stddef.h>
#include <stdint.h>

/* Names within a tower. A name that ends in "." is completed with "weight" and "bias"; block
 * names stand behind `block` with the layer's number, "%zu". NULL: this scheme has no such
 * tensor. */
typedef struct pwi_naming {
    const char *token_embedding, *position_embedding; /* [V, D], [P, D] */
    const char *final_norm;
    const char *block;
    const char *norm1, *norm2;
    const char *q, *k, *v; /* [D, D] each, or NULL and */
    const char
        *qkv; /* fused rows of q, k, v: [3D, D]; completed with "weight" and "bias" too */
    const char *out, *fc1, *fc2;
} pwi_naming;

typedef struct pwi_layout {
    const char *name;
    const char *encoder; /* "clip_l"; NULL: named by its sizes */
    const char *prefix;
    const pwi_naming *naming;
    int32_t width;                     /* only towers of this width; 0: any */
    const char *projection;            /* full name of [P, D]; NULL: none */
    const char *projection_transposed; /* full name of [D, P], used as x @ P; NULL: none */
} pwi_layout;

extern const pwi_layout pwi_layouts[];
extern const size_t pwi_n_layouts;

/* "clip_l", "clip_h", "clip_g", "clip_b32" by width and depth, else "clip". */
const char *pwi_encoder_name(int32_t width, int32_t n_layers);

#endif
