/* SPDX-License-Identifier: MIT */
/* Tensor sets: named tensors that own their memory, and text metadata. Names, keys and values
 * live in one arena; a replaced value stays there until the set is freed. */
#include "formats/tensor_set.h"

#include <string.h>

#include "base/checked.h"
#include "formats/dtype.h"

struct set_entry {
    const char *name;
    pw_tensor tensor; /* data: pwi_alloc_simd(size_bytes) */
};

struct pw_tensor_set {
    pw_context *ctx;
    pwi_arena arena;
    struct set_entry *entries;
    size_t n_entries, entries_capacity;
    pwi_metadata *metadata;
    size_t n_metadata, metadata_capacity;
    pwi_map by_name, by_key;
};

pw_status pw_tensor_set_create(pw_tensor_set **out, pw_context *ctx, pw_error *err)
{
    pw_tensor_set *set = PWI_NEW(&ctx->allocator, pw_tensor_set);

    *out = set;
    if (set == NULL)
        return pwi_fail_memory(err);
    set->ctx = pwi_context_keep(ctx);
    pwi_arena_init(&set->arena, &ctx->allocator);
    pwi_map_init(&set->by_name, &ctx->allocator);
    pwi_map_init(&set->by_key, &ctx->allocator);
    return PW_OK;
}

void pw_tensor_set_free(pw_tensor_set *set)
{
    pw_context *ctx;

    if (set == NULL)
        return;
    ctx = set->ctx;
    for (size_t i = 0; i < set->n_entries; i++)
        pwi_free_simd(&ctx->allocator, set->entries[i].tensor.data,
                      set->entries[i].tensor.size_bytes);
    pwi_free_array(&ctx->allocator, set->entries, set->entries_capacity, sizeof(*set->entries));
    pwi_free_array(&ctx->allocator, set->metadata, set->metadata_capacity,
                   sizeof(*set->metadata));
    pwi_map_free(&set->by_name);
    pwi_map_free(&set->by_key);
    pwi_arena_free(&set->arena);
    PWI_DELETE(&ctx->allocator, set);
    pw_context_free(ctx);
}

/* Check dtype, rank and shape, and make the tensor without its data. */
static pw_status shaped(pw_tensor *tensor, const char *name, pw_dtype dtype, int32_t rank,
                        const int64_t *shape, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];
    const size_t size = strlen(name);
    uint64_t n_elements = 0, bytes = 0;

    if ((unsigned)dtype >= PW_N_DTYPES)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "tensor %s: %d is no dtype",
                        pwi_quote(quoted, name, size), (int)dtype);
    if (rank < 0 || rank > PW_RANK_MAX)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "tensor %s: rank %d is not in 0..%d",
                        pwi_quote(quoted, name, size), (int)rank, PW_RANK_MAX);
    *tensor = (pw_tensor){.dtype = dtype, .rank = rank};
    for (int32_t i = 0; i < rank; i++) {
        if (shape[i] < 0)
            return PWI_FAIL(err, PW_ERR_ARGUMENT, "tensor %s: dimension %d is %lld",
                            pwi_quote(quoted, name, size), (int)i, (long long)shape[i]);
        tensor->shape[i] = shape[i];
    }
    if (!pwi_shape_elements(shape, rank, &n_elements) ||
        !pwi_dtype_size(dtype, n_elements, &bytes))
        return PWI_FAIL(err, PW_ERR_OVERFLOW,
                        "tensor %s: its shape gives more bytes than 64 bits can count, or no "
                        "whole number of bytes",
                        pwi_quote(quoted, name, size));
    tensor->size_bytes = (size_t)bytes;
    return PW_OK;
}

static bool make_room(pw_tensor_set *set)
{
    const size_t capacity = set->entries_capacity == 0 ? 16 : set->entries_capacity * 2;
    struct set_entry *grown;

    if (set->n_entries < set->entries_capacity)
        return true;
    grown = pwi_grow_array(&set->ctx->allocator, set->entries, set->entries_capacity, capacity,
                           sizeof(*grown));
    if (grown == NULL)
        return false;
    set->entries = grown;
    set->entries_capacity = capacity;
    return true;
}

/* The memory comes last: whatever failed before it leaves at most an unused name in the
 * arena. */
static pw_status add(pw_tensor_set *set, const char *name, pw_tensor *tensor, bool is_zeroed,
                     pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];
    const size_t size = strlen(name);
    bool added = false;
    char *copy;

    if (pwi_map_find(&set->by_name, name, size) != PWI_MAP_NONE)
        return PWI_FAIL(err, PW_ERR_DUPLICATE, "there is a tensor %s already",
                        pwi_quote(quoted, name, size));
    if (set->n_entries >= PWI_MAP_NONE - 1)
        return PWI_FAIL(err, PW_ERR_LIMIT, "a set holds at most %u tensors", PWI_MAP_NONE - 1);
    copy = pwi_arena_string(&set->arena, name, size);
    if (copy == NULL || !make_room(set))
        return pwi_fail_memory(err);
    tensor->data = pwi_alloc_simd(&set->ctx->allocator, tensor->size_bytes);
    if (tensor->data == NULL)
        return PWI_FAIL(err, PW_ERR_NO_MEMORY, "tensor %s: %zu bytes could not be allocated",
                        pwi_quote(quoted, name, size), tensor->size_bytes);
    if (is_zeroed)
        memset(tensor->data, 0, tensor->size_bytes);
    if (!pwi_map_add(&set->by_name, copy, size, (uint32_t)set->n_entries, &added)) {
        pwi_free_simd(&set->ctx->allocator, tensor->data, tensor->size_bytes);
        return pwi_fail_memory(err);
    }
    set->entries[set->n_entries++] = (struct set_entry){copy, *tensor};
    return PW_OK;
}

static pw_status add_shaped(pw_tensor_set *set, const char *name, pw_dtype dtype, int32_t rank,
                            const int64_t *shape, bool is_zeroed, void **data, pw_error *err)
{
    pw_tensor tensor = {.rank = 0};

    PWI_TRY(shaped(&tensor, name, dtype, rank, shape, err));
    PWI_TRY(add(set, name, &tensor, is_zeroed, err));
    *data = tensor.data;
    return PW_OK;
}

pw_status pwi_tensor_set_add_unset(pw_tensor_set *set, const char *name, pw_dtype dtype,
                                   int32_t rank, const int64_t *shape, void **data,
                                   pw_error *err)
{
    return add_shaped(set, name, dtype, rank, shape, false, data, err);
}

pw_status pw_tensor_set_add(pw_tensor_set *set, const char *name, pw_dtype dtype, int32_t rank,
                            const int64_t *shape, void **data, pw_error *err)
{
    const size_t size = strlen(name);

    if (size == 0 || size > PW_NAME_MAX)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "a tensor's name has 1 to %d bytes, not %zu",
                        PW_NAME_MAX, size);
    return add_shaped(set, name, dtype, rank, shape, true, data, err);
}

size_t pw_tensor_set_n(const pw_tensor_set *set)
{
    return set->n_entries;
}

const char *pw_tensor_set_name(const pw_tensor_set *set, size_t i)
{
    return i < set->n_entries ? set->entries[i].name : NULL;
}

const pw_tensor *pw_tensor_set_tensor(const pw_tensor_set *set, size_t i)
{
    return i < set->n_entries ? &set->entries[i].tensor : NULL;
}

const pw_tensor *pw_tensor_set_find(const pw_tensor_set *set, const char *name)
{
    const uint32_t i = pwi_map_find(&set->by_name, name, strlen(name));

    return i == PWI_MAP_NONE ? NULL : &set->entries[i].tensor;
}

static pw_status add_metadata(pw_tensor_set *set, const char *key, const char *value,
                              pw_error *err)
{
    const char *copy = pwi_arena_string(&set->arena, key, strlen(key));
    bool added = false;

    if (copy == NULL)
        return pwi_fail_memory(err);
    if (set->n_metadata == set->metadata_capacity) {
        const size_t capacity = set->metadata_capacity == 0 ? 8 : set->metadata_capacity * 2;
        pwi_metadata *grown = pwi_grow_array(&set->ctx->allocator, set->metadata,
                                             set->metadata_capacity, capacity, sizeof(*grown));

        if (grown == NULL)
            return pwi_fail_memory(err);
        set->metadata = grown;
        set->metadata_capacity = capacity;
    }
    if (!pwi_map_add(&set->by_key, copy, strlen(copy), (uint32_t)set->n_metadata, &added))
        return pwi_fail_memory(err);
    set->metadata[set->n_metadata++] = (pwi_metadata){copy, value};
    return PW_OK;
}

pw_status pw_tensor_set_put_metadata(pw_tensor_set *set, const char *key, const char *value,
                                     pw_error *err)
{
    const uint32_t i = pwi_map_find(&set->by_key, key, strlen(key));
    const char *copy = pwi_arena_string(&set->arena, value, strlen(value));

    if (copy == NULL)
        return pwi_fail_memory(err);
    if (i == PWI_MAP_NONE)
        return add_metadata(set, key, copy, err);
    set->metadata[i].value = copy;
    return PW_OK;
}

size_t pw_tensor_set_n_metadata(const pw_tensor_set *set)
{
    return set->n_metadata;
}

const char *pw_tensor_set_metadata_key(const pw_tensor_set *set, size_t i)
{
    return i < set->n_metadata ? set->metadata[i].key : NULL;
}

const char *pw_tensor_set_metadata_value(const pw_tensor_set *set, size_t i)
{
    return i < set->n_metadata ? set->metadata[i].value : NULL;
}

const char *pw_tensor_set_metadata(const pw_tensor_set *set, const char *key)
{
    const uint32_t i = pwi_map_find(&set->by_key, key, strlen(key));

    return i == PWI_MAP_NONE ? NULL : set->metadata[i].value;
}
