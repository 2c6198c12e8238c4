/* SPDX-License-Identifier: MIT */
/* What a model is inside: a tower's weights and what is told of it. Sessions keep it alive. */
#ifndef PWI_MODELS_MODEL_H
#define PWI_MODELS_MODEL_H

#include "base/arena.h"
#include "models/clip_text.h"
#include "models/layouts.h"
#include "models/weights.h"

struct pw_model {
    pw_context *ctx;
    atomic_size_t n_references;
    pwi_arena arena; /* strings of info */
    pwi_clip_text clip;
    pw_model_info info;
    pw_file *file;            /* of streamed weights, else NULL */
    pwi_weights weights;      /* that file */
    const pwi_layout *layout; /* of the tower in it */
};

/* A model without weights: sizes from `clip`, info copied. */
pw_status pwi_model_new(pw_model **out, pw_context *ctx, const pwi_clip_text *clip,
                        const pw_model_info *info, pw_error *err);
pw_model *pwi_model_keep(pw_model *model);

#endif
