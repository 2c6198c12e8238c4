/* SPDX-License-Identifier: MIT */
/* Reading bound weights into memory: tables as they are, vectors widened to f32, matrices
 * packed for the level. */
#ifndef PWI_MODELS_CLIP_LOAD_H
#define PWI_MODELS_CLIP_LOAD_H

#include "models/clip_bind.h"

/* Fill clip->blocks and all weights from where they are. On failure the caller frees with
 * pwi_clip_text_free. With progress. */
pw_status pwi_clip_load(pw_context *ctx, const pwi_weights *weights, const pwi_layout *layout,
                        pwi_clip_text *clip, pw_error *err);

#endif
