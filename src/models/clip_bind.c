/* SPDX-License-Identifier: MIT */
/* Measuring a tower by its tensors' shapes, and binding them. */
#include "models/clip_bind.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAME_SIZE 256 /* longer than any name that the tables can make */

struct binder {
    const pwi_weights *weights;
    const pwi_layout *layout;
    pwi_bindings *bindings;
    pw_error *err;
    char name[NAME_SIZE];
    bool is_careful; /* of the matrices that are bound now */
};

/* prefix + [block n] + part + suffix into binder->name. */
static void make_name(struct binder *b, size_t i_layer, const char *part, const char *suffix,
                      bool in_block)
{
    char block[64] = "";

    if (in_block) {
        const char *number = strstr(b->layout->naming->block, "%zu");

        snprintf(block, sizeof(block), "%.*s%zu%s", (int)(number - b->layout->naming->block),
                 b->layout->naming->block, i_layer, number + 3);
    }
    snprintf(b->name, sizeof(b->name), "%s%s%s%s", b->layout->prefix, block, part, suffix);
}

static pw_status missing(const struct binder *b)
{
    return pwi_where(
        b->err, pwi_weights_where(b->weights),
        PWI_FAIL(b->err, PW_ERR_FORMAT,
                 "tensor \"%s\" is missing: the file does not hold the whole text encoder",
                 b->name));
}

static pw_status wrong_shape(const struct binder *b, const pw_tensor *tensor,
                             const char *expected)
{
    char shape[128] = "";
    size_t used = 0;

    for (int32_t i = 0; i < tensor->rank && used + 24 < sizeof(shape); i++)
        used += (size_t)snprintf(shape + used, sizeof(shape) - used, "%s%" PRId64,
                                 i > 0 ? ", " : "", tensor->shape[i]);
    return pwi_where(b->err, pwi_weights_where(b->weights),
                     PWI_FAIL(b->err, PW_ERR_FORMAT,
                              "tensor \"%s\" has shape [%s], but the encoder needs %s", b->name,
                              shape, expected));
}

static bool is_weight_dtype(pw_dtype dtype)
{
    return dtype == PW_F32 || dtype == PW_F16 || dtype == PW_BF16 || dtype == PW_F8_E4M3 ||
           dtype == PW_F8_E5M2;
}

/* The tensor binder->name: there, of a float dtype, and [n_rows, n_columns] (or [n_rows] for a
 * vector). */
static pw_status find_shaped(struct binder *b, size_t n_rows, size_t n_columns, bool is_vector,
                             size_t *i_tensor)
{
    const int64_t i = pwi_weights_find(b->weights, b->name);
    const pw_tensor *tensor;
    char expected[64];

    if (i < 0)
        return missing(b);
    tensor = pwi_weights_tensor(b->weights, (size_t)i);
    if (!is_weight_dtype(tensor->dtype))
        return pwi_where(b->err, pwi_weights_where(b->weights),
                         PWI_FAIL(b->err, PW_ERR_UNSUPPORTED,
                                  "tensor \"%s\" is %s; weights are read as F32, F16, BF16, "
                                  "F8_E4M3 or F8_E5M2: convert it",
                                  b->name, pw_dtype_name(tensor->dtype)));
    if (is_vector ? tensor->rank == 1 && (size_t)tensor->shape[0] == n_rows
                  : tensor->rank == 2 && (size_t)tensor->shape[0] == n_rows &&
                        (size_t)tensor->shape[1] == n_columns) {
        *i_tensor = (size_t)i;
        return PW_OK;
    }
    if (is_vector)
        snprintf(expected, sizeof(expected), "[%zu]", n_rows);
    else
        snprintf(expected, sizeof(expected), "[%zu, %zu]", n_rows, n_columns);
    return wrong_shape(b, tensor, expected);
}

static pw_status add(struct binder *b, pwi_binding binding)
{
    pwi_bindings *list = b->bindings;
    const pw_tensor *tensor = pwi_weights_tensor(b->weights, binding.i_tensor);
    const uint64_t n = (uint64_t)binding.n_rows * binding.n_columns;

    if (list->n == list->capacity) {
        const size_t capacity = list->capacity < 64 ? 64 : list->capacity * 2;
        pwi_binding *items = pwi_grow_array(list->allocator, list->items, list->capacity,
                                            capacity, sizeof(*items));

        if (items == NULL)
            return pwi_fail_memory(b->err);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->n++] = binding;
    list->n_parameters += n;
    list->size_bytes += n * pw_dtype_bits(tensor->dtype) / 8;
    return PW_OK;
}

static pw_status bind_table(struct binder *b, const char *part, pwi_binding_kind kind,
                            pwi_table *table, size_t n_rows, size_t width)
{
    pwi_binding binding = {kind, 0, 0, n_rows, width, -1, table, false};

    make_name(b, 0, part, "", false);
    PWI_TRY(find_shaped(b, n_rows, width, false, &binding.i_tensor));
    return add(b, binding);
}

/* `length` elements of the vector binder->name, from element `first` of `total`. */
static pw_status bind_vector(struct binder *b, float **target, size_t first, size_t length,
                             size_t total)
{
    pwi_binding binding = {PWI_BIND_VECTOR, 0, first, length, 1, -1, target, false};

    PWI_TRY(find_shaped(b, total, 1, true, &binding.i_tensor));
    return add(b, binding);
}

/* Scaled fp8 keeps a scalar beside a matrix: "x.weight" and "x.scale_weight". */
static int64_t find_scale(struct binder *b)
{
    char name[NAME_SIZE + 8];
    const size_t length = strlen(b->name);
    int64_t i;

    if (length < 6 || strcmp(b->name + length - 6, "weight") != 0)
        return -1;
    snprintf(name, sizeof(name), "%.*sscale_weight", (int)(length - 6), b->name);
    i = pwi_weights_find(b->weights, name);
    return i >= 0 && pw_tensor_n_elements(pwi_weights_tensor(b->weights, (size_t)i)) == 1 ? i
                                                                                          : -1;
}

static pw_status bind_matrix(struct binder *b, pwi_packed *target, size_t first, size_t n_rows,
                             size_t total, size_t k)
{
    pwi_binding binding = {PWI_BIND_MATRIX, 0, first, n_rows, k, -1, target, false};

    PWI_TRY(find_shaped(b, total, k, false, &binding.i_tensor));
    binding.i_scale = find_scale(b);
    binding.is_careful = b->is_careful;
    return add(b, binding);
}

static pw_status bind_norm(struct binder *b, size_t i_layer, const char *part, bool in_block,
                           pwi_norm *norm, size_t width)
{
    make_name(b, i_layer, part, "weight", in_block);
    PWI_TRY(bind_vector(b, &norm->gain, 0, width, width));
    make_name(b, i_layer, part, "bias", in_block);
    return bind_vector(b, &norm->bias, 0, width, width);
}

/* Rows first ... first + n - 1 of a linear layer of `total` rows. */
static pw_status bind_linear(struct binder *b, size_t i_layer, const char *part,
                             pwi_linear *linear, size_t first, size_t n, size_t total, size_t k)
{
    make_name(b, i_layer, part, "weight", true);
    PWI_TRY(bind_matrix(b, &linear->weight, first, n, total, k));
    make_name(b, i_layer, part, "bias", true);
    return bind_vector(b, &linear->bias, first, n, total);
}

static pw_status bind_qkv(struct binder *b, size_t i, pwi_clip_block *block, size_t width)
{
    const pwi_naming *names = b->layout->naming;
    const char *parts[3] = {names->q, names->k, names->v};
    pwi_linear *linears[3] = {&block->q, &block->k, &block->v};

    for (size_t j = 0; j < 3; j++) {
        b->is_careful = linears[j] == &block->v;
        if (names->qkv != NULL)
            PWI_TRY(
                bind_linear(b, i, names->qkv, linears[j], j * width, width, 3 * width, width));
        else
            PWI_TRY(bind_linear(b, i, parts[j], linears[j], 0, width, width, width));
    }
    return PW_OK;
}

static pw_status bind_block(struct binder *b, size_t i, pwi_clip_block *block, size_t width,
                            size_t mlp)
{
    const pwi_naming *names = b->layout->naming;

    PWI_TRY(bind_norm(b, i, names->norm1, true, &block->norm1, width));
    PWI_TRY(bind_qkv(b, i, block, width));
    b->is_careful = true;
    PWI_TRY(bind_linear(b, i, names->out, &block->out, 0, width, width, width));
    b->is_careful = false;
    PWI_TRY(bind_norm(b, i, names->norm2, true, &block->norm2, width));
    PWI_TRY(bind_linear(b, i, names->fc1, &block->fc1, 0, mlp, mlp, width));
    return bind_linear(b, i, names->fc2, &block->fc2, 0, width, width, mlp);
}

static pw_status bind_projection(struct binder *b, pwi_clip_text *clip)
{
    pwi_packed *target = &clip->projection.weight;
    pwi_binding binding = {PWI_BIND_MATRIX_TRANSPOSED, 0,  0,      clip->width,
                           clip->projection_width,     -1, target, false};

    if (clip->projection_width == 0)
        return PW_OK;
    snprintf(b->name, sizeof(b->name), "%s", b->layout->projection);
    if (pwi_weights_find(b->weights, b->name) >= 0)
        return bind_matrix(b, target, 0, clip->projection_width, clip->projection_width,
                           clip->width);
    snprintf(b->name, sizeof(b->name), "%s", b->layout->projection_transposed);
    PWI_TRY(find_shaped(b, clip->width, clip->projection_width, false, &binding.i_tensor));
    return add(b, binding);
}

pw_status pwi_clip_bind(const pwi_weights *weights, const pwi_layout *layout,
                        pwi_clip_text *clip, pwi_bindings *bindings, pw_error *err)
{
    struct binder b = {.weights = weights, .layout = layout, .bindings = bindings, .err = err};

    PWI_TRY(bind_table(&b, layout->naming->token_embedding,
                       clip->blocks != NULL ? PWI_BIND_TABLE : PWI_BIND_TABLE_IN_FILE,
                       &clip->token_embedding, clip->n_vocab, clip->width));
    PWI_TRY(bind_table(&b, layout->naming->position_embedding, PWI_BIND_TABLE,
                       &clip->position_embedding, clip->n_positions, clip->width));
    for (size_t i = 0; clip->blocks != NULL && i < clip->n_layers; i++)
        PWI_TRY(bind_block(&b, i, &clip->blocks[i], clip->width, clip->mlp));
    PWI_TRY(
        bind_norm(&b, 0, layout->naming->final_norm, false, &clip->final_norm, clip->width));
    return bind_projection(&b, clip);
}

pw_status pwi_clip_bind_block(const pwi_weights *weights, const pwi_layout *layout,
                              const pwi_clip_text *clip, size_t i_layer, pwi_clip_block *block,
                              pwi_bindings *bindings, pw_error *err)
{
    struct binder b = {.weights = weights, .layout = layout, .bindings = bindings, .err = err};

    bindings->n = 0;
    bindings->n_parameters = bindings->size_bytes = 0;
    return bind_block(&b, i_layer, block, clip->width, clip->mlp);
}

void pwi_bindings_free(pwi_bindings *bindings)
{
    pwi_free_array(bindings->allocator, bindings->items, bindings->capacity,
                   sizeof(*bindings->items));
    bindings->items = NULL;
    bindings->n = bindings->capacity = 0;
}

/* Both dimensions of a matrix by name; false if it is not there. */
static bool matrix_shape(const struct binder *b, int64_t *n_rows, int64_t *n_columns)
{
    const int64_t i = pwi_weights_find(b->weights, b->name);
    const pw_tensor *tensor = i < 0 ? NULL : pwi_weights_tensor(b->weights, (size_t)i);

    if (tensor == NULL || tensor->rank != 2)
        return false;
    *n_rows = tensor->shape[0];
    *n_columns = tensor->shape[1];
    return true;
}

static pw_status limit(const struct binder *b, const char *what, int64_t value, int64_t max)
{
    if (value >= 1 && value <= max)
        return PW_OK;
    return pwi_where(b->err, pwi_weights_where(b->weights),
                     PWI_FAIL(b->err, PW_ERR_LIMIT,
                              "the text encoder's %s is %" PRId64
                              "; padwise reads 1 to %" PRId64,
                              what, value, max));
}

static size_t count_layers(struct binder *b)
{
    size_t n = 0;

    for (; n < PW_MODEL_LAYERS_MAX; n++) {
        make_name(b, n, b->layout->naming->norm1, "weight", true);
        if (pwi_weights_find(b->weights, b->name) < 0)
            break;
    }
    return n;
}

static size_t projection_width(struct binder *b)
{
    int64_t n_rows = 0, n_columns = 0;

    snprintf(b->name, sizeof(b->name), "%s", b->layout->projection);
    if (matrix_shape(b, &n_rows, &n_columns))
        return (size_t)n_rows;
    snprintf(b->name, sizeof(b->name), "%s", b->layout->projection_transposed);
    return matrix_shape(b, &n_rows, &n_columns) ? (size_t)n_columns : 0;
}

pw_status pwi_clip_measure(const pwi_weights *weights, const pwi_layout *layout,
                           pwi_clip_text *clip, bool *found, pw_error *err)
{
    struct binder b = {.weights = weights, .layout = layout, .err = err};
    int64_t n_vocab = 0, width = 0, n_positions = 0, mlp = 0, ignored = 0;

    make_name(&b, 0, layout->naming->token_embedding, "", false);
    *found =
        matrix_shape(&b, &n_vocab, &width) && (layout->width == 0 || layout->width == width);
    if (!*found)
        return PW_OK;
    make_name(&b, 0, layout->naming->position_embedding, "", false);
    if (!matrix_shape(&b, &n_positions, &ignored))
        return missing(&b);
    clip->n_layers = count_layers(&b);
    make_name(&b, 0, layout->naming->fc1, "weight", true);
    if (!matrix_shape(&b, &mlp, &ignored))
        return missing(&b);
    PWI_TRY(limit(&b, "vocabulary", n_vocab, PW_VOCAB_MAX));
    PWI_TRY(limit(&b, "width", width, PW_MODEL_WIDTH_MAX));
    PWI_TRY(limit(&b, "number of positions", n_positions, PW_MODEL_POSITIONS_MAX));
    PWI_TRY(limit(&b, "MLP width", mlp, PW_MODEL_WIDTH_MAX));
    PWI_TRY(limit(&b, "number of layers", (int64_t)clip->n_layers, PW_MODEL_LAYERS_MAX));
    clip->width = (size_t)width;
    clip->mlp = (size_t)mlp;
    clip->n_vocab = (size_t)n_vocab;
    clip->n_positions = (size_t)n_positions;
    clip->projection_width = projection_width(&b);
    return PW_OK;
}
