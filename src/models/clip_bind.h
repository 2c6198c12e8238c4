/* SPDX-License-Identifier: MIT */
/* Binding: which tensor of a file becomes which weight of a tower, with every shape checked,
 * before a byte of data is read. */
#ifndef PWI_MODELS_CLIP_BIND_H
#define PWI_MODELS_CLIP_BIND_H

#include "models/clip_text.h"
#include "models/layouts.h"
#include "models/weights.h"

typedef enum pwi_binding_kind {
    PWI_BIND_TABLE,             /* target: pwi_table * */
    PWI_BIND_TABLE_IN_FILE,     /* the same; its rows stay where they are */
    PWI_BIND_VECTOR,            /* target: float ** */
    PWI_BIND_MATRIX,            /* target: pwi_packed * */
    PWI_BIND_MATRIX_TRANSPOSED, /* the same, the file holds its transpose */
} pwi_binding_kind;

typedef struct pwi_binding {
    pwi_binding_kind kind;
    size_t i_tensor;
    size_t first_row, n_rows, n_columns; /* of the tensor; of a vector n_columns = 1 */
    int64_t i_scale;                     /* scaled fp8: the tensor with the scale; -1: none */
    void *target;
    bool is_careful; /* a matrix for pwi_clip_text.careful */
} pwi_binding;

typedef struct pwi_bindings {
    const pw_allocator *allocator;
    pwi_binding *items;
    size_t n, capacity;
    uint64_t n_parameters, size_bytes;
} pwi_bindings;

/* Sizes of the tower at a layout, from the tensors' shapes alone: width, n_layers, mlp,
 * n_vocab, n_positions, projection_width. *found false: the file has no tower there. */
pw_status pwi_clip_measure(const pwi_weights *weights, const pwi_layout *layout,
                           pwi_clip_text *clip, bool *found, pw_error *err);

/* Bind the weights of the measured tower: all of them where clip->blocks is allocated (zeroed).
 * NULL: those that a tower needs whose blocks are read one after the other as they run. */
pw_status pwi_clip_bind(const pwi_weights *weights, const pwi_layout *layout,
                        pwi_clip_text *clip, pwi_bindings *bindings, pw_error *err);

/* Bind the weights of block i_layer to `block` (zeroed), whatever was bound before. Allocates
 * nothing where the bindings had as many once. */
pw_status pwi_clip_bind_block(const pwi_weights *weights, const pwi_layout *layout,
                              const pwi_clip_text *clip, size_t i_layer, pwi_clip_block *block,
                              pwi_bindings *bindings, pw_error *err);
void pwi_bindings_free(pwi_bindings *bindings);

#endif
