/* SPDX-License-Identifier: MIT */
/* Loading a tower: room for everything first, then pieces of a few rows, read and packed by all
 * threads while they are in cache, so that memory is what the tower takes and little more. */
#include "models/clip_load.h"

#include <string.h>

#include "base/checked.h"
#include "base/threads.h"

/* Rows of a matrix that are read and packed in one go. */
#define PIECE_ROWS 64

/* Bytes of a table that are read in one go. */
#define PIECE_BYTES (1u << 20)

/* Progress is told, and Ctrl-C heard, after about so many bytes. */
#define BATCH_BYTES (64u << 20)

/* Rows of one binding; which rows of the tensor: binding->first_row further on. */
struct piece {
    const pwi_binding *binding;
    size_t first, n;
};

/* What a thread met first. */
struct failure {
    size_t i_piece; /* SIZE_MAX: nothing */
    pw_status status;
    pw_error err;
};

struct loader {
    pw_context *ctx;
    const pwi_product *product, *careful;
    const pwi_weights *weights;
    struct piece *pieces;
    size_t n_pieces, capacity;
    char *buffers; /* [n_threads, buffer_size] */
    size_t buffer_size;
    struct failure *failures; /* [n_threads] */
    atomic_size_t next_piece;
    size_t end; /* of the pieces that are loaded now */
    pw_error *err;
};

static const pw_tensor *tensor_of(const struct loader *loader, const pwi_binding *binding)
{
    return pwi_weights_tensor(loader->weights, binding->i_tensor);
}

static size_t row_bytes(const struct loader *loader, const pwi_binding *binding)
{
    return binding->n_columns * (pw_dtype_bits(tensor_of(loader, binding)->dtype) / 8);
}

static pw_status make_table(struct loader *loader, const pwi_binding *binding)
{
    const pw_tensor *tensor = tensor_of(loader, binding);
    pwi_table *table = binding->target;

    table->data = pwi_alloc_simd(&loader->ctx->allocator, tensor->size_bytes);
    if (table->data == NULL)
        return pwi_fail_memory(loader->err);
    table->size_bytes = tensor->size_bytes;
    table->dtype = tensor->dtype;
    table->n_rows = binding->n_rows;
    table->width = binding->n_columns;
    table->row_bytes = row_bytes(loader, binding);
    return PW_OK;
}

static pw_status make_vector(struct loader *loader, const pwi_binding *binding)
{
    float **target = binding->target;

    *target = PWI_ARRAY(&loader->ctx->allocator, float, binding->n_rows);
    return *target == NULL ? pwi_fail_memory(loader->err) : PW_OK;
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

static pw_status make_matrix(struct loader *loader, const pwi_binding *binding)
{
    const bool is_transposed = binding->kind == PWI_BIND_MATRIX_TRANSPOSED;
    float scale;

    PWI_TRY(read_scale(loader, binding, &scale));
    return pwi_pack(binding->target, &loader->ctx->allocator,
                    binding->is_careful ? loader->careful : loader->product,
                    tensor_of(loader, binding)->dtype,
                    is_transposed ? binding->n_columns : binding->n_rows,
                    is_transposed ? binding->n_rows : binding->n_columns, scale, loader->err);
}

static pw_status make_room(struct loader *loader, const pwi_binding *binding)
{
    switch (binding->kind) {
    case PWI_BIND_TABLE:
        return make_table(loader, binding);
    case PWI_BIND_VECTOR:
        return make_vector(loader, binding);
    default:
        return make_matrix(loader, binding);
    }
}

static pw_status add_piece(struct loader *loader, struct piece piece)
{
    const size_t capacity = loader->capacity == 0 ? 1024 : 2 * loader->capacity;
    struct piece *grown;

    if (loader->n_pieces == loader->capacity) {
        grown = pwi_grow_array(&loader->ctx->allocator, loader->pieces, loader->capacity,
                               capacity, sizeof(*grown));
        if (grown == NULL)
            return pwi_fail_memory(loader->err);
        loader->pieces = grown;
        loader->capacity = capacity;
    }
    loader->pieces[loader->n_pieces++] = piece;
    return PW_OK;
}

/* Rows of a piece. What is transposed is one piece. */
static size_t piece_rows(const struct loader *loader, const pwi_binding *binding)
{
    const size_t bytes = row_bytes(loader, binding);

    if (binding->kind == PWI_BIND_MATRIX_TRANSPOSED || binding->kind == PWI_BIND_VECTOR)
        return binding->n_rows;
    if (binding->kind == PWI_BIND_MATRIX)
        return PIECE_ROWS;
    return bytes < PIECE_BYTES ? PIECE_BYTES / bytes : 1;
}

/* Bytes that a piece takes in a thread's buffer: a table goes to its place at once; a
 * transposed matrix takes a row more. */
static bool buffer_bytes(const struct loader *loader, const pwi_binding *binding, size_t rows,
                         size_t *bytes)
{
    const size_t item = pw_dtype_bits(tensor_of(loader, binding)->dtype) / 8;
    const size_t whole = tensor_of(loader, binding)->size_bytes;

    if (binding->kind == PWI_BIND_MATRIX_TRANSPOSED)
        return pwi_add_size(whole, binding->n_rows * item, bytes);
    *bytes = binding->kind == PWI_BIND_TABLE ? 0 : rows * row_bytes(loader, binding);
    return true;
}

static pw_status cut(struct loader *loader, const pwi_binding *binding)
{
    const size_t step = piece_rows(loader, binding);
    const size_t rows = step < binding->n_rows ? step : binding->n_rows;
    size_t bytes;

    if (!buffer_bytes(loader, binding, rows, &bytes) || bytes > SIZE_MAX - 64)
        return PWI_FAIL(loader->err, PW_ERR_OVERFLOW, "a weight is too large");
    bytes = (bytes + 63) / 64 * 64;
    loader->buffer_size = bytes > loader->buffer_size ? bytes : loader->buffer_size;
    for (size_t first = 0; first < binding->n_rows; first += step) {
        const size_t left = binding->n_rows - first;

        PWI_TRY(add_piece(loader, (struct piece){binding, first, left < step ? left : step}));
    }
    return PW_OK;
}

static pw_status read_rows(const struct loader *loader, const struct piece *piece, void *out,
                           pw_error *err)
{
    const size_t bytes = row_bytes(loader, piece->binding);

    return pwi_weights_read_range(loader->weights, piece->binding->i_tensor,
                                  (piece->binding->first_row + piece->first) * bytes, out,
                                  piece->n * bytes, err);
}

static pw_status load_table(const struct loader *loader, const struct piece *piece,
                            pw_error *err)
{
    const pwi_table *table = piece->binding->target;

    return read_rows(loader, piece, (char *)table->data + piece->first * table->row_bytes, err);
}

static pw_status load_vector(const struct loader *loader, const struct piece *piece,
                             char *buffer, pw_error *err)
{
    const pw_dtype dtype = tensor_of(loader, piece->binding)->dtype;
    const pw_tensor slice = {.dtype = dtype,
                             .rank = 1,
                             .shape = {(int64_t)piece->n},
                             .data = buffer,
                             .size_bytes = piece->n * pw_dtype_bits(dtype) / 8};

    PWI_TRY(read_rows(loader, piece, buffer, err));
    return pw_tensor_to_f32(&slice, *(float **)piece->binding->target, piece->n, err);
}

static pw_status load_matrix(const struct loader *loader, const struct piece *piece,
                             char *buffer, pw_error *err)
{
    PWI_TRY(read_rows(loader, piece, buffer, err));
    pwi_pack_rows(piece->binding->target, pwi_context_kernels(loader->ctx), piece->first,
                  piece->n, buffer, tensor_of(loader, piece->binding)->dtype);
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
static pw_status load_transposed(const struct loader *loader, const struct piece *piece,
                                 char *buffer, pw_error *err)
{
    const pwi_binding *binding = piece->binding;
    const pw_tensor *tensor = tensor_of(loader, binding);
    char *row = buffer + tensor->size_bytes;

    PWI_TRY(
        pwi_weights_read(loader->weights, binding->i_tensor, buffer, loader->buffer_size, err));
    for (size_t j = 0; j < binding->n_columns; j++) {
        copy_column(row, buffer, binding->n_rows, binding->n_columns,
                    pw_dtype_bits(tensor->dtype) / 8, j);
        pwi_pack_rows(binding->target, pwi_context_kernels(loader->ctx), j, 1, row,
                      tensor->dtype);
    }
    return PW_OK;
}

static pw_status load_piece(const struct loader *loader, const struct piece *piece,
                            char *buffer, pw_error *err)
{
    switch (piece->binding->kind) {
    case PWI_BIND_TABLE:
        return load_table(loader, piece, err);
    case PWI_BIND_VECTOR:
        return load_vector(loader, piece, buffer, err);
    case PWI_BIND_MATRIX:
        return load_matrix(loader, piece, buffer, err);
    case PWI_BIND_MATRIX_TRANSPOSED:
        return load_transposed(loader, piece, buffer, err);
    }
    return PW_ERR_ARGUMENT;
}

/* Pieces until none is left, or one fails. */
static void worker(void *argument, size_t i_thread)
{
    struct loader *loader = argument;
    struct failure *failure = &loader->failures[i_thread];
    char *buffer = loader->buffers + i_thread * loader->buffer_size;
    size_t i;

    while (failure->status == PW_OK &&
           (i = atomic_fetch_add_explicit(&loader->next_piece, 1, memory_order_relaxed)) <
               loader->end) {
        failure->i_piece = i;
        failure->status = load_piece(loader, &loader->pieces[i], buffer, &failure->err);
    }
}

/* The failure of the earliest piece, whichever thread met it. */
static pw_status first_failure(const struct loader *loader)
{
    const struct failure *first = NULL;

    for (int32_t i = 0; i < loader->ctx->n_threads; i++) {
        const struct failure *failure = &loader->failures[i];

        if (failure->status != PW_OK && (first == NULL || failure->i_piece < first->i_piece))
            first = failure;
    }
    if (first == NULL)
        return PW_OK;
    if (loader->err != NULL)
        *loader->err = first->err;
    return first->status;
}

/* The next pieces, some BATCH_BYTES of them. */
static uint64_t next_batch(struct loader *loader)
{
    uint64_t bytes = 0, n_parameters = 0;

    atomic_store_explicit(&loader->next_piece, loader->end, memory_order_relaxed);
    while (loader->end < loader->n_pieces && bytes < BATCH_BYTES) {
        const struct piece *piece = &loader->pieces[loader->end++];

        bytes += piece->n * row_bytes(loader, piece->binding);
        n_parameters += (uint64_t)piece->n * piece->binding->n_columns;
    }
    return n_parameters;
}

static pw_status load_pieces(struct loader *loader, uint64_t n_parameters)
{
    const size_t n_threads = (size_t)loader->ctx->n_threads;
    uint64_t done = 0;

    PWI_TRY(pwi_progress(loader->ctx, "reading", 0, n_parameters, loader->err));
    while (loader->end < loader->n_pieces) {
        done += next_batch(loader);
        pwi_parallel(loader->ctx, worker, loader, n_threads);
        PWI_TRY(first_failure(loader));
        PWI_TRY(pwi_progress(loader->ctx, "reading", done, n_parameters, loader->err));
    }
    return PW_OK;
}

static pw_status load_all(struct loader *loader, const pwi_bindings *bindings)
{
    const pw_allocator *allocator = &loader->ctx->allocator;
    const size_t n_threads = (size_t)loader->ctx->n_threads;

    for (size_t i = 0; i < bindings->n; i++) {
        PWI_TRY(make_room(loader, &bindings->items[i]));
        PWI_TRY(cut(loader, &bindings->items[i]));
    }
    loader->failures = pwi_alloc_zeroed(allocator, n_threads, sizeof(*loader->failures));
    loader->buffers = loader->buffer_size > SIZE_MAX / n_threads
                          ? NULL
                          : pwi_alloc_simd(allocator, loader->buffer_size * n_threads);
    if (loader->failures == NULL || loader->buffers == NULL)
        return pwi_fail_memory(loader->err);
    return load_pieces(loader, bindings->n_parameters);
}

static void loader_free(struct loader *loader)
{
    const pw_allocator *allocator = &loader->ctx->allocator;
    const size_t n_threads = (size_t)loader->ctx->n_threads;

    if (loader->buffers != NULL)
        pwi_free_simd(allocator, loader->buffers, loader->buffer_size * n_threads);
    pwi_free_array(allocator, loader->failures, n_threads, sizeof(*loader->failures));
    pwi_free_array(allocator, loader->pieces, loader->capacity, sizeof(*loader->pieces));
}

pw_status pwi_clip_load(pw_context *ctx, const pwi_weights *weights, const pwi_layout *layout,
                        pwi_clip_text *clip, pw_error *err)
{
    struct loader loader = {.ctx = ctx,
                            .product = clip->product,
                            .careful = clip->careful,
                            .weights = weights,
                            .err = err};
    pwi_bindings bindings = {.allocator = &ctx->allocator};
    pw_status status;

    clip->blocks = pwi_alloc_zeroed(&ctx->allocator, clip->n_layers, sizeof(*clip->blocks));
    if (clip->blocks == NULL)
        return pwi_fail_memory(err);
    status = pwi_clip_bind(weights, layout, clip, &bindings, err);
    if (status == PW_OK)
        status = load_all(&loader, &bindings);
    loader_free(&loader);
    pwi_bindings_free(&bindings);
    return status;
}
