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

/* What a thread met first. */
struct pwi_load_failure {
    size_t i_piece;
    pw_status status;
    pw_error err;
};

static const pw_tensor *tensor_of(const pwi_loader *loader, const pwi_binding *binding)
{
    return pwi_weights_tensor(loader->weights, binding->i_tensor);
}

static size_t row_bytes(const pwi_loader *loader, const pwi_binding *binding)
{
    return binding->n_columns * (pw_dtype_bits(tensor_of(loader, binding)->dtype) / 8);
}

static pw_status make_table(pwi_loader *loader, const pwi_binding *binding,
                            const pw_allocator *allocator)
{
    const pw_tensor *tensor = tensor_of(loader, binding);
    pwi_table *table = binding->target;

    table->dtype = tensor->dtype;
    table->n_rows = binding->n_rows;
    table->width = binding->n_columns;
    table->row_bytes = row_bytes(loader, binding);
    table->i_tensor = binding->i_tensor;
    if (binding->kind == PWI_BIND_TABLE_IN_FILE)
        return PW_OK;
    table->data = pwi_alloc_simd(allocator, tensor->size_bytes);
    if (table->data == NULL)
        return pwi_fail_memory(loader->err);
    table->size_bytes = tensor->size_bytes;
    return PW_OK;
}

static pw_status make_vector(pwi_loader *loader, const pwi_binding *binding,
                             const pw_allocator *allocator)
{
    float **target = binding->target;

    *target = PWI_ARRAY(allocator, float, binding->n_rows);
    return *target == NULL ? pwi_fail_memory(loader->err) : PW_OK;
}

/* The scalar beside a scaled fp8 matrix: real weight = stored * scale. */
static pw_status read_scale(pwi_loader *loader, const pwi_binding *binding, float *scale)
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

static size_t matrix_rows(const pwi_binding *binding)
{
    return binding->kind == PWI_BIND_MATRIX_TRANSPOSED ? binding->n_columns : binding->n_rows;
}

static size_t matrix_columns(const pwi_binding *binding)
{
    return binding->kind == PWI_BIND_MATRIX_TRANSPOSED ? binding->n_rows : binding->n_columns;
}

static const pwi_product *product_of(const pwi_loader *loader, const pwi_binding *binding)
{
    return binding->is_careful ? loader->careful : loader->product;
}

static pw_status make_matrix(pwi_loader *loader, const pwi_binding *binding,
                             const pw_allocator *allocator)
{
    float scale;

    PWI_TRY(read_scale(loader, binding, &scale));
    return pwi_pack(binding->target, allocator, product_of(loader, binding),
                    tensor_of(loader, binding)->dtype, matrix_rows(binding),
                    matrix_columns(binding), scale, loader->err);
}

pw_status pwi_loader_make_room(pwi_loader *loader, const pw_allocator *allocator, pw_error *err)
{
    loader->err = err;
    for (size_t i = 0; i < loader->bindings.n; i++) {
        const pwi_binding *binding = &loader->bindings.items[i];

        switch (binding->kind) {
        case PWI_BIND_TABLE:
        case PWI_BIND_TABLE_IN_FILE:
            PWI_TRY(make_table(loader, binding, allocator));
            break;
        case PWI_BIND_VECTOR:
            PWI_TRY(make_vector(loader, binding, allocator));
            break;
        case PWI_BIND_MATRIX:
        case PWI_BIND_MATRIX_TRANSPOSED:
            PWI_TRY(make_matrix(loader, binding, allocator));
            break;
        }
    }
    return PW_OK;
}

/* Adds to *total, in whole cache lines; false: too many. */
static bool add_lines(size_t *total, size_t count, size_t size)
{
    size_t bytes;

    if (!pwi_mul_size(count, size, &bytes) || bytes > SIZE_MAX - 64)
        return false;
    return pwi_add_size(*total, (bytes + 63) / 64 * 64, total);
}

static bool add_room(const pwi_loader *loader, const pwi_binding *binding, size_t *bytes)
{
    pwi_packed packed;

    if (binding->kind == PWI_BIND_VECTOR)
        return add_lines(bytes, binding->n_rows, sizeof(float));
    if (binding->kind == PWI_BIND_TABLE_IN_FILE)
        return true;
    if (binding->kind == PWI_BIND_TABLE)
        return add_lines(bytes, tensor_of(loader, binding)->size_bytes, 1);
    return pwi_pack_plan(&packed, product_of(loader, binding),
                         tensor_of(loader, binding)->dtype, matrix_rows(binding),
                         matrix_columns(binding), 1.0f, NULL) == PW_OK &&
           add_lines(bytes, packed.size_bytes, 1) &&
           add_lines(bytes, pwi_packed_scales(&packed), sizeof(float));
}

pw_status pwi_loader_room(const pwi_loader *loader, size_t *bytes, pw_error *err)
{
    *bytes = 0;
    for (size_t i = 0; i < loader->bindings.n; i++)
        if (!add_room(loader, &loader->bindings.items[i], bytes))
            return PWI_FAIL(err, PW_ERR_OVERFLOW, "a block of the encoder is too large");
    return PW_OK;
}

static pw_status add_piece(pwi_loader *loader, pwi_load_piece piece)
{
    const size_t capacity = loader->capacity == 0 ? 1024 : 2 * loader->capacity;
    pwi_load_piece *grown;

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
static size_t piece_rows(const pwi_loader *loader, const pwi_binding *binding)
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
static bool buffer_bytes(const pwi_loader *loader, const pwi_binding *binding, size_t rows,
                         size_t *bytes)
{
    const size_t item = pw_dtype_bits(tensor_of(loader, binding)->dtype) / 8;
    const size_t whole = tensor_of(loader, binding)->size_bytes;

    if (binding->kind == PWI_BIND_MATRIX_TRANSPOSED)
        return pwi_add_size(whole, binding->n_rows * item, bytes);
    *bytes = binding->kind == PWI_BIND_TABLE ? 0 : rows * row_bytes(loader, binding);
    return true;
}

static pw_status cut(pwi_loader *loader, const pwi_binding *binding)
{
    const size_t step = piece_rows(loader, binding);
    const size_t rows = step < binding->n_rows ? step : binding->n_rows;
    size_t bytes;

    if (!buffer_bytes(loader, binding, rows, &bytes) || bytes > SIZE_MAX - 64)
        return PWI_FAIL(loader->err, PW_ERR_OVERFLOW, "a weight is too large");
    bytes = (bytes + 63) / 64 * 64;
    loader->piece_size = bytes > loader->piece_size ? bytes : loader->piece_size;
    for (size_t first = 0; first < binding->n_rows; first += step) {
        const size_t left = binding->n_rows - first;

        PWI_TRY(add_piece(loader, (pwi_load_piece){binding, first, left < step ? left : step}));
    }
    return PW_OK;
}

pw_status pwi_loader_cut(pwi_loader *loader, pw_error *err)
{
    loader->err = err;
    loader->n_pieces = 0;
    for (size_t i = 0; i < loader->bindings.n; i++)
        if (loader->bindings.items[i].kind != PWI_BIND_TABLE_IN_FILE)
            PWI_TRY(cut(loader, &loader->bindings.items[i]));
    return PW_OK;
}

static pw_status read_rows(const pwi_loader *loader, const pwi_load_piece *piece, void *out,
                           pw_error *err)
{
    const size_t bytes = row_bytes(loader, piece->binding);

    return pwi_weights_read_range(loader->weights, piece->binding->i_tensor,
                                  (piece->binding->first_row + piece->first) * bytes, out,
                                  piece->n * bytes, err);
}

static pw_status load_table(const pwi_loader *loader, const pwi_load_piece *piece,
                            pw_error *err)
{
    const pwi_table *table = piece->binding->target;

    return read_rows(loader, piece, (char *)table->data + piece->first * table->row_bytes, err);
}

static pw_status load_vector(const pwi_loader *loader, const pwi_load_piece *piece,
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

static pw_status load_matrix(const pwi_loader *loader, const pwi_load_piece *piece,
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
static pw_status load_transposed(const pwi_loader *loader, const pwi_load_piece *piece,
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

static pw_status load_piece(const pwi_loader *loader, const pwi_load_piece *piece, char *buffer,
                            pw_error *err)
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
    case PWI_BIND_TABLE_IN_FILE:
        break; /* has no pieces */
    }
    return PW_ERR_ARGUMENT;
}

/* Pieces until none is left, or one fails. */
static void worker(void *argument, size_t i_thread)
{
    pwi_loader *loader = argument;
    struct pwi_load_failure *failure = &loader->failures[i_thread];
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
static pw_status first_failure(const pwi_loader *loader)
{
    const struct pwi_load_failure *first = NULL;

    for (int32_t i = 0; i < loader->ctx->n_threads; i++) {
        const struct pwi_load_failure *failure = &loader->failures[i];

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
static uint64_t next_batch(pwi_loader *loader)
{
    uint64_t bytes = 0, n_parameters = 0;

    atomic_store_explicit(&loader->next_piece, loader->end, memory_order_relaxed);
    while (loader->end < loader->n_pieces && bytes < BATCH_BYTES) {
        const pwi_load_piece *piece = &loader->pieces[loader->end++];

        bytes += piece->n * row_bytes(loader, piece->binding);
        n_parameters += (uint64_t)piece->n * piece->binding->n_columns;
    }
    return n_parameters;
}

pw_status pwi_loader_make_buffers(pwi_loader *loader, pw_error *err)
{
    const pw_allocator *allocator = &loader->ctx->allocator;
    const size_t n_threads = (size_t)loader->ctx->n_threads;

    loader->failures = pwi_alloc_zeroed(allocator, n_threads, sizeof(*loader->failures));
    loader->buffers = loader->piece_size > SIZE_MAX / n_threads
                          ? NULL
                          : pwi_alloc_simd(allocator, loader->piece_size * n_threads);
    loader->buffer_size = loader->piece_size;
    return loader->failures == NULL || loader->buffers == NULL ? pwi_fail_memory(err) : PW_OK;
}

pw_status pwi_loader_read(pwi_loader *loader, bool tells_progress, pw_error *err)
{
    const size_t n_threads = (size_t)loader->ctx->n_threads;
    const uint64_t n_parameters = loader->bindings.n_parameters;
    uint64_t done = 0;

    loader->err = err;
    loader->end = 0;
    memset(loader->failures, 0, n_threads * sizeof(*loader->failures));
    if (tells_progress)
        PWI_TRY(pwi_progress(loader->ctx, "reading", 0, n_parameters, err));
    while (loader->end < loader->n_pieces) {
        done += next_batch(loader);
        pwi_parallel(loader->ctx, worker, loader, n_threads);
        PWI_TRY(first_failure(loader));
        if (tells_progress)
            PWI_TRY(pwi_progress(loader->ctx, "reading", done, n_parameters, err));
    }
    return PW_OK;
}

void pwi_loader_init(pwi_loader *loader, pw_context *ctx, const pwi_weights *weights,
                     const pwi_clip_text *clip)
{
    memset(loader, 0, sizeof(*loader));
    atomic_init(&loader->next_piece, 0);
    loader->ctx = ctx;
    loader->weights = weights;
    loader->product = clip->product;
    loader->careful = clip->careful;
    loader->bindings.allocator = &ctx->allocator;
}

void pwi_loader_free(pwi_loader *loader)
{
    const pw_allocator *allocator = &loader->ctx->allocator;
    const size_t n_threads = (size_t)loader->ctx->n_threads;

    if (loader->buffers != NULL)
        pwi_free_simd(allocator, loader->buffers, loader->buffer_size * n_threads);
    pwi_free_array(allocator, loader->failures, n_threads, sizeof(*loader->failures));
    pwi_free_array(allocator, loader->pieces, loader->capacity, sizeof(*loader->pieces));
    pwi_bindings_free(&loader->bindings);
}

static pw_status load_bound(pwi_loader *loader, pw_error *err)
{
    PWI_TRY(pwi_loader_cut(loader, err));
    PWI_TRY(pwi_loader_make_room(loader, &loader->ctx->allocator, err));
    PWI_TRY(pwi_loader_make_buffers(loader, err));
    return pwi_loader_read(loader, true, err);
}

pw_status pwi_clip_load(pw_context *ctx, const pwi_weights *weights, const pwi_layout *layout,
                        pw_weights_mode mode, pwi_clip_text *clip, pw_error *err)
{
    pwi_loader loader;
    pw_status status;

    if (mode == PW_WEIGHTS_RESIDENT) {
        clip->blocks = pwi_alloc_zeroed(&ctx->allocator, clip->n_layers, sizeof(*clip->blocks));
        if (clip->blocks == NULL)
            return pwi_fail_memory(err);
    }
    pwi_loader_init(&loader, ctx, weights, clip);
    status = pwi_clip_bind(weights, layout, clip, &loader.bindings, err);
    if (status == PW_OK)
        status = load_bound(&loader, err);
    pwi_loader_free(&loader);
    return status;
}
