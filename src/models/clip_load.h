/* SPDX-License-Identifier: MIT */
/* Reading bound weights into memory: tables as they are, vectors widened to f32, matrices
 * packed for the level. A whole tower at once, or block after block with one loader. */
#ifndef PWI_MODELS_CLIP_LOAD_H
#define PWI_MODELS_CLIP_LOAD_H

#include "models/clip_bind.h"

/* Rows of one binding; which rows of the tensor: binding->first_row further on. */
typedef struct pwi_load_piece {
    const pwi_binding *binding;
    size_t first, n;
} pwi_load_piece;

struct pwi_load_failure;

/* Reads what is bound, on all threads. What it needs for that is kept for the next bindings. */
typedef struct pwi_loader {
    pw_context *ctx;
    const pwi_weights *weights;
    const pwi_product *product, *careful;
    pwi_bindings bindings; /* the caller binds, then cuts */
    pwi_load_piece *pieces;
    size_t n_pieces, capacity;
    size_t piece_size; /* the largest piece of all that were cut */
    char *buffers;     /* [n_threads, buffer_size] */
    size_t buffer_size;
    struct pwi_load_failure *failures; /* [n_threads] */
    atomic_size_t next_piece;
    size_t end; /* of the pieces that are loaded now */
    pw_error *err;
} pwi_loader;

/* `weights` outlives the loader. */
void pwi_loader_init(pwi_loader *loader, pw_context *ctx, const pwi_weights *weights,
                     const pwi_clip_text *clip);
void pwi_loader_free(pwi_loader *loader);

/* Cut what is bound into pieces. Allocates nothing where there were as many before. */
pw_status pwi_loader_cut(pwi_loader *loader, pw_error *err);

/* Bytes that make_room takes, each part rounded up to whole cache lines. */
pw_status pwi_loader_room(const pwi_loader *loader, size_t *bytes, pw_error *err);

/* Memory for what is bound, from an allocator that outlives it. */
pw_status pwi_loader_make_room(pwi_loader *loader, const pw_allocator *allocator,
                               pw_error *err);

/* Memory to read with, enough for everything that was cut. */
pw_status pwi_loader_make_buffers(pwi_loader *loader, pw_error *err);

/* Read it. */
pw_status pwi_loader_read(pwi_loader *loader, bool tells_progress, pw_error *err);

/* Bind, make room and read: the whole tower, with its blocks; or, where they are streamed, the
 * rest of it. On failure the caller frees with pwi_clip_text_free. With progress. */
pw_status pwi_clip_load(pw_context *ctx, const pwi_weights *weights, const pwi_layout *layout,
                        pw_weights_mode mode, pwi_clip_text *clip, pw_error *err);

#endif
