/* SPDX-License-Identifier: MIT */
/* config.json of a CLIP text encoder, as transformers reads it. */
#ifndef PWI_MODELS_CLIP_CONFIG_H
#define PWI_MODELS_CLIP_CONFIG_H

#include <padwise/model.h>

#include "base/context.h"

#define PWI_CONFIG_BYTES_MAX ((size_t)1 << 20)

/* 0 (or -1 for eos_id): the file does not say, and transformers' default applies. */
typedef struct pwi_clip_config {
    bool is_present;
    int64_t hidden_size, num_hidden_layers, num_attention_heads, intermediate_size,
        projection_dim, vocab_size, max_position_embeddings;
    int64_t eos_token_id;
    double layer_norm_eps;
    pw_activation hidden_act; /* PW_ACTIVATION_DEFAULT: not said */
} pwi_clip_config;

/* Read `folder`/config.json; absent is PW_OK with is_present false. In a CLIPConfig (both
 * towers) text_config's values win. PW_ERR_UNSUPPORTED for an activation that no CLIP has, by
 * name. */
pw_status pwi_clip_config_read(pwi_clip_config *config, const pw_context *ctx,
                               const char *folder, pw_error *err);

#endif
