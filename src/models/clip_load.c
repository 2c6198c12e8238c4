/* SPDX-License-Identifier: MIT */
/* Loading a tower: one tensor at a time through one buffer, so that memory stays the file's own
 * size. */
#include "models/clip_load.h"

#include <inttypes.h>
#include <string.h>

#include "base/threads.h"

struct loader {
    pw_context *ctx;
    const pwi_product *product;
    const pwi_weights *weights;
    char *buffer; /* the tensor that was read last */
    size_t buffer_size;
    size_t i_loaded; /* SIZE_MAX: none */
    pw_error *err;
};

/* The tensor's bytes; a fused one is bound three times in a row and read once. */
static pw_status read_tensor(struct loader *loader, size_t i_tensor)
{
    const pw_tensor *tensor = pwi_weights_tensor(loader->weights, i_tensor);

    if (loader->i_loaded == i_tensor)
        return PW_OK;
    loader->i_loaded = SIZE_MAX;
    if (tensor->size_bytes > loader->buffer_size) {
        pwi_free_simd(&loader->ctx->allocator, loader->buffer, loader->buffer_size);
        loader->buffer_size = 0;
        loader->buffer = pwi_alloc_simd(&loader->ctx->allocator, tensor->size_bytes);
        if (loader->buffer == NULL)
            return pwi_fail_memory(loader->err);
        loader->buffer_size = tensor->size_bytes;
    }
    PWI_TRY(pwi_weights_read(loader->weights, i_tensor, loader->buffer, loader->buffer_size,
                             loader->err));
    loader->i_loaded = i_tensor;
    return PW_OK;
}

static pw_status load_table(struct loader *loader, const pwi_binding *binding)
{
    const pw_tensor *tensor = pwi_weights_tensor(loader->weights, binding->i_tensor);
    pwi_table *table = binding->target;

    table->data = pwi_alloc_simd(&loader->ctx->allocator, tensor->size_bytes);
    if (table->data == NULL)
        return pwi_fail_memory(loader->err);
    table->size_bytes = tensor->size_bytes;
    table->dtype = tensor->dtype;
    table->n_rows = binding->n_rows;
    table->width = binding->n_columns;
    table->row_bytes = binding->n_columns * pw_dtype_bits(tensor->dtype) / 8;
    return pwi_weights_read(loader->weights, binding->i_tensor, table->data, table->size_bytes,
                            loader->err);
}

static pw_status load_vector(struct loader *loader, const pwi_binding *binding)
{
    const pw_dtype dtype = pwi_weights_tensor(loader->weights, binding->i_tensor)->dtype;
    const size_t item = pw_dtype_bits(dtype) / 8;
    float **target = binding->target;
    pw_tensor slice = {.dtype = dtype, .rank = 1, .shape = {(int64_t)binding->n_rows}};

    *target = PWI_ARRAY(&loader->ctx->allocator, float, binding->n_rows);
    if (*target == NULL)
        return pwi_fail_memory(loader->err);
    PWI_TRY(read_tensor(loader, binding->i_tensor));
    slice.data = loader->buffer + binding->first_row * item;
    slice.size_bytes = binding->n_rows * item;
    return pw_tensor_to_f32(&slice, *target, binding->n_rows, loader->err);
}

/* The scalar beside a scaled fp8 matrix: real weight = stored * scale. */
static pw_status read_scale(struct loader *loader, const pwi_binding *binding, float *scale)
{
    pw_tensor tensor;
    char bytes[8];

    *scale = 1.0f;
    if (binding->i_scale < 0)
        return PW_OK;
    tensor = *pwi_weights_tensor(loader->weights, (size_t)binding->i_scale);
    tensor.data = bytes;
    PWI_TRY(pwi_weights_read(loader->weights, (size_t)binding->i_scale, bytes, sizeof(bytes),
                             loader->err));
    return pw_tensor_to_f32(&tensor, scale, 1, loader->err);
}

#define PACK_ROWS 64 /* rows a task; a multiple of every level's panel */

struct packing {
    pwi_packed *packed;
    const pwi_kernels *kernels;
    const char *rows;
    size_t row_bytes;
    pw_dtype dtype;
};

static void pack_piece(void *argument, size_t i_piece)
{
    const struct packing *packing = argument;
    const size_t first = i_piece * PACK_ROWS, left = packing->packed->n - first;

    pwi_pack_rows(packing->packed, packing->kernels, first, left < PACK_ROWS ? left : PACK_ROWS,
                  packing->rows + first * packing->row_bytes, packing->dtype);
}

static pw_status load_matrix(struct loader *loader, const pwi_binding *binding)
{
    const pw_dtype dtype = pwi_weights_tensor(loader->weights, binding->i_tensor)->dtype;
    const size_t row_bytes = binding->n_columns * pw_dtype_bits(dtype) / 8;
    pwi_packed *packed = binding->target;
    float scale = 1.0f;

    PWI_TRY(read_scale(loader, binding, &scale));
    PWI_TRY(pwi_pack(packed, &loader->ctx->allocator, loader->product, dtype, binding->n_rows,
                     binding->n_columns, scale, loader->err));
    PWI_TRY(read_tensor(loader, binding->i_tensor));
    pwi_parallel(loader->ctx, pack_piece,
                 &(struct packing){packed, pwi_context_kernels(loader->ctx),
                                   loader->buffer + binding->first_row * row_bytes, row_bytes,
                                   dtype},
                 (binding->n_rows + PACK_ROWS - 1) / PACK_ROWS);
    return PW_OK;
}

/* Column j of [n_rows, n_columns] items of `item` bytes. */
static void copy_column(char *out, const char *matrix, size_t n_rows, size_t n_columns,
                        size_t item, size_t j)
{
    for (size_t i = 0; i < n_rows; i++)
        memcpy(out + i * item, matrix + (i * n_columns + j) * item, item);
}

/* open_clip keeps text_projection as [D, P], used as x @ P: our rows are its columns. */
static pw_status load_transposed(struct loader *loader, const pwi_binding *binding)
{
    const pw_allocator *allocator = &loader->ctx->allocator;
    const pw_dtype dtype = pwi_weights_tensor(loader->weights, binding->i_tensor)->dtype;
    const size_t item = pw_dtype_bits(dtype) / 8;
    pwi_packed *packed = binding->target;
    char *row;

    PWI_TRY(pwi_pack(packed, allocator, loader->product, dtype, binding->n_columns,
                     binding->n_rows, 1.0f, loader->err));
    PWI_TRY(read_tensor(loader, binding->i_tensor));
    PW_ASSERT(loader->buffer != NULL);
    row = pwi_alloc_array(allocator, binding->n_rows, item);
    if (row == NULL)
        return pwi_fail_memory(loader->err);
    for (size_t j = 0; j < binding->n_columns; j++) {
        copy_column(row, loader->buffer, binding->n_rows, binding->n_columns, item, j);
        pwi_pack_rows(packed, pwi_context_kernels(loader->ctx), j, 1, row, dtype);
    }
    pwi_free_array(allocator, row, binding->n_rows, item);
    return PW_OK;
}

static pw_status load_one(struct loader *loader, const pwi_binding *binding)
{
    switch (binding->kind) {
    case PWI_BIND_TABLE:
        return load_table(loader, binding);
    case PWI_BIND_VECTOR:
        return load_vector(loader, binding);
    case PWI_BIND_MATRIX:
        return load_matrix(loader, binding);
    case PWI_BIND_MATRIX_TRANSPOSED:
        return load_transposed(loader, binding);
    }
    return PW_ERR_ARGUMENT;
}

static pw_status load_all(struct loader *loader, const pwi_bindings *bindings)
{
    uint64_t done = 0;

    for (size_t i = 0; i < bindings->n; i++) {
        const pwi_binding *binding = &bindings->items[i];

        PWI_TRY(load_one(loader, binding));
        done += (uint64_t)binding->n_rows * binding->n_columns;
        PWI_TRY(
            pwi_progress(loader->ctx, "reading", done, bindings->n_parameters, loader->err));
    }
    return PW_OK;
}

pw_status pwi_clip_load(pw_context *ctx, const pwi_weights *weights, const pwi_layout *layout,
                        pwi_clip_text *clip, pw_error *err)
{
    struct loader loader = {ctx, clip->product, weights, NULL, 0, SIZE_MAX, err};
    pwi_bindings bindings = {.allocator = &ctx->allocator};
    pw_status status;

    clip->blocks = pwi_alloc_zeroed(&ctx->allocator, clip->n_layers, sizeof(*clip->blocks));
    if (clip->blocks == NULL)
        return pwi_fail_memory(err);
    status = pwi_clip_bind(weights, layout, clip, &bindings, err);
    if (status == PW_OK)
        status = load_all(&loader, &bindings);
    pwi_free_simd(&ctx->allocator, loader.buffer, loader.buffer_size);
    pwi_bindings_free(&bindings);
    return status;
}
