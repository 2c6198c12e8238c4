/* SPDX-License-Identifier: MIT */
/* Random weights for a tower of given sizes: `padwise init`, and the built-in model until it is
 * trained. */
#ifndef PWI_MODELS_INIT_H
#define PWI_MODELS_INIT_H

#include <padwise/model.h>

typedef struct pwi_init_kind {
    const char *name;
    int32_t width, n_layers, n_heads, mlp, projection;
    pw_activation activation;
} pwi_init_kind;

extern const pwi_init_kind pwi_init_builtin;

#define PWI_INIT_POSITIONS 77

/* Every tensor of the tower under Hugging Face's names, drawn from `seed` (base/rng.h), rounded
 * to `dtype`. */
pw_status pwi_init_tensors(pw_tensor_set **out, pw_context *ctx, const pwi_init_kind *kind,
                           int32_t n_vocab, uint64_t seed, pw_dtype dtype, pw_error *err);

#endif
