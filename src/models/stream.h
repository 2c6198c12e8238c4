/* SPDX-License-Identifier: MIT */
/* Streamed weights: a session's one block of memory into which each block of the tower is read
 * and packed before it runs, and rows of the token table that are read where they are used. */
#ifndef PWI_MODELS_STREAM_H
#define PWI_MODELS_STREAM_H

#include "models/clip_load.h"

struct pw_model;

typedef struct pwi_stream {
    const pw_allocator *owner; /* of the slot */
    const pwi_weights *weights;
    const pwi_layout *layout;
    const pwi_clip_text *clip;
    pwi_loader loader;
    pwi_clip_block block; /* its weights are in the slot */
    char *slot;
    size_t slot_size, slot_used;
    pw_allocator allocator; /* hands the slot out, piece by piece */
} pwi_stream;

/* Room for the largest block of a streamed model, and all that reading takes: nothing is
 * allocated later. */
pw_status pwi_stream_create(pwi_stream **out, struct pw_model *model, pw_error *err);
void pwi_stream_free(pwi_stream *stream);

/* Read block i_layer over the one before. PW_ERR_IO, PW_ERR_TRUNCATED; PW_ERR_MISMATCH: the
 * file was written to since the model was opened. */
pw_status pwi_stream_block(pwi_stream *stream, size_t i_layer, const pwi_clip_block **block,
                           pw_error *err);

/* Read n rows of the token table in the file's dtype, row i to out + i * out_stride bytes. Ids
 * behind the table are passed over. Errors as above. */
pw_status pwi_stream_tokens(const pwi_stream *stream, const uint32_t *ids, size_t n, void *out,
                            size_t out_stride, pw_error *err);

#endif
