/* SPDX-License-Identifier: MIT */
/* pw_file: opening a path with the row of its format, and what callers ask of an open file. The
 * table of rows stands here; each format's reader and writer is behind its row, whole sets are
 * moved by load_save.c. */
#include <string.h>
#include <sys/stat.h>

#include "formats/tensor_set.h"

/* pwi_format_sharded stands before json: its ending is the longer one. */
static const pwi_format_row *const rows[] = {&pwi_format_safetensors, &pwi_format_sharded,
                                             &pwi_format_npy, &pwi_format_npz,
                                             &pwi_format_json};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

const pwi_format_row *pwi_format_row_of(int32_t format)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        if ((int32_t)rows[i]->format == format)
            return rows[i];
    }
    return NULL;
}

const char *pw_format_name(pw_format format)
{
    const pwi_format_row *row = pwi_format_row_of((int32_t)format);

    return row == NULL ? "?" : row->name;
}

int32_t pw_format_from_path(const char *path)
{
    const size_t size = strlen(path);

    for (size_t i = 0; i < N_ROWS; i++) {
        const size_t n = strlen(rows[i]->ending);

        if (size > n && strcmp(path + size - n, rows[i]->ending) == 0)
            return (int32_t)rows[i]->format;
    }
    return -1;
}

static pw_status limit_reached(const char *what, int32_t limit, pw_error *err)
{
    return PWI_FAIL(err, PW_ERR_LIMIT, "the file holds more than %d %s, padwise's limit",
                    (int)limit, what);
}

pw_status pwi_file_add_entry(pw_file *file, const char *name, size_t name_size,
                             const pw_tensor *tensor, uint32_t i_part, uint64_t begin,
                             pw_error *err)
{
    const char *copy;

    if (file->n_entries == PW_FILE_TENSORS_MAX)
        return limit_reached("tensors", PW_FILE_TENSORS_MAX, err);
    if (file->n_entries == file->entries_capacity) {
        const size_t capacity = file->entries_capacity == 0 ? 64 : file->entries_capacity * 2;
        pwi_file_entry *grown =
            pwi_grow_array(&file->ctx->allocator, file->entries, file->entries_capacity,
                           capacity, sizeof(*grown));

        if (grown == NULL)
            return pwi_fail_memory(err);
        file->entries = grown;
        file->entries_capacity = capacity;
    }
    copy = pwi_arena_string(&file->arena, name, name_size);
    if (copy == NULL)
        return pwi_fail_memory(err);
    file->entries[file->n_entries++] = (pwi_file_entry){copy, *tensor, i_part, begin};
    return PW_OK;
}

pw_status pwi_file_add_metadata(pw_file *file, const char *key, size_t key_size,
                                const char *value, size_t value_size, pw_error *err)
{
    pwi_metadata pair;

    if (file->n_metadata == PW_FILE_METADATA_MAX)
        return limit_reached("metadata entries", PW_FILE_METADATA_MAX, err);
    if (file->n_metadata == file->metadata_capacity) {
        const size_t capacity = file->metadata_capacity == 0 ? 8 : file->metadata_capacity * 2;
        pwi_metadata *grown = pwi_grow_array(&file->ctx->allocator, file->metadata,
                                             file->metadata_capacity, capacity, sizeof(*grown));

        if (grown == NULL)
            return pwi_fail_memory(err);
        file->metadata = grown;
        file->metadata_capacity = capacity;
    }
    pair.key = pwi_arena_string(&file->arena, key, key_size);
    pair.value = pwi_arena_string(&file->arena, value, value_size);
    if (pair.key == NULL || pair.value == NULL)
        return pwi_fail_memory(err);
    file->metadata[file->n_metadata++] = pair;
    return PW_OK;
}

pw_status pwi_file_read_range(const pw_file *file, size_t i, uint64_t offset, void *out,
                              size_t size, pw_error *err)
{
    const pwi_file_entry *entry = &file->entries[i];
    const pwi_file_part *part = &file->parts[entry->i_part];

    PW_ASSERT(file->row->read == pwi_file_read_part &&
              offset + size <= entry->tensor.size_bytes);
    return pwi_where(err, part->path,
                     pwi_input_read(&part->input, entry->begin + offset, out, size, err));
}

pw_status pwi_file_read_part(const pw_file *file, size_t i, void *out, pw_error *err)
{
    return pwi_file_read_range(file, i, 0, out, file->entries[i].tensor.size_bytes, err);
}

static const pwi_format_row *row_of_kind(pwi_file_kind kind)
{
    switch (kind) {
    case PWI_KIND_NPY:
        return &pwi_format_npy;
    case PWI_KIND_ZIP:
        return &pwi_format_npz;
    case PWI_KIND_INDEX:
        return &pwi_format_sharded;
    case PWI_KIND_JSON:
        return &pwi_format_json;
    default:
        return &pwi_format_safetensors; /* whose reader says best what is wrong */
    }
}

static pw_status choose_row(pw_file *file, int32_t expected, pw_error *err)
{
    pwi_file_kind kind;

    if (expected >= 0) {
        file->row = pwi_format_row_of(expected);
        return file->row != NULL
                   ? PW_OK
                   : PWI_FAIL(err, PW_ERR_ARGUMENT, "%d is no format", (int)expected);
    }
    PWI_TRY(pwi_file_kind_read(&file->parts[0].input, &kind, err));
    file->row = row_of_kind(kind);
    if (file->row == &pwi_format_safetensors && kind != PWI_KIND_SAFETENSORS)
        return pwi_file_refuse_kind(kind, err);
    return PW_OK;
}

/* A folder is looked into unless the caller wants a file of some format. */
static pw_status settle_path(pw_file *file, const char *path, int32_t expected, pw_error *err)
{
    struct stat info;

    if (expected < 0 && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return pwi_file_in_folder(&file->arena, path, &file->path, err);
    file->path = pwi_arena_string(&file->arena, path, strlen(path));
    return file->path != NULL ? PW_OK : pwi_fail_memory(err);
}

static pw_status index_names(pw_file *file, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    for (size_t i = 0; i < file->n_entries; i++) {
        const char *name = file->entries[i].name;
        bool added = false;

        if (!pwi_map_add(&file->by_name, name, strlen(name), (uint32_t)i, &added))
            return pwi_fail_memory(err);
        if (!added)
            return PWI_FAIL(err, PW_ERR_DUPLICATE, "the file holds two tensors %s",
                            pwi_quote(quoted, name, strlen(name)));
    }
    return PW_OK;
}

static pw_status open_first_part(pw_file *file, pw_error *err)
{
    pwi_file_part *part = pwi_arena_alloc(&file->arena, sizeof(*part));

    if (part == NULL)
        return pwi_fail_memory(err);
    *part = (pwi_file_part){file->path, PWI_INPUT_CLOSED, 0};
    file->parts = part;
    file->n_parts = 1;
    return pwi_input_open(&part->input, part->path, err);
}

static pw_status open_file(pw_file *file, const char *path, int32_t expected, pw_error *err)
{
    PWI_TRY(settle_path(file, path, expected, err));
    PWI_TRY(open_first_part(file, err));
    PWI_TRY(choose_row(file, expected, err));
    file->format = file->row->format;
    PWI_TRY(file->row->open(file, err));
    return index_names(file, err);
}

pw_status pw_file_open(pw_file **out, pw_context *ctx, const char *path,
                       const pw_file_options *given, pw_error *err)
{
    pw_file_options options;
    pw_file *file = PWI_NEW(&ctx->allocator, pw_file);
    pw_status status;

    *out = NULL;
    if (file == NULL)
        return pwi_fail_memory(err);
    pw_file_options_init(&options);
    if (given != NULL) /* a caller built against older headers gives less */
        memcpy(&options, given,
               given->struct_size < sizeof(options) ? given->struct_size : sizeof(options));
    file->ctx = pwi_context_keep(ctx);
    file->strict = options.strict;
    pwi_arena_init(&file->arena, &ctx->allocator);
    pwi_map_init(&file->by_name, &ctx->allocator);
    status = open_file(file, path, options.expected_format, err);
    if (status != PW_OK) {
        pwi_where(err, file->path != NULL ? file->path : path, status);
        pw_file_free(file);
        return status;
    }
    *out = file;
    return PW_OK;
}

void pw_file_free(pw_file *file)
{
    pw_context *ctx;

    if (file == NULL)
        return;
    ctx = file->ctx;
    if (file->row != NULL && file->row->close != NULL)
        file->row->close(file);
    for (size_t i = 0; i < file->n_parts; i++)
        pwi_input_close(&file->parts[i].input);
    pwi_free_array(&ctx->allocator, file->entries, file->entries_capacity,
                   sizeof(*file->entries));
    pwi_free_array(&ctx->allocator, file->metadata, file->metadata_capacity,
                   sizeof(*file->metadata));
    pwi_map_free(&file->by_name);
    pwi_arena_free(&file->arena);
    PWI_DELETE(&ctx->allocator, file);
    pw_context_free(ctx);
}

pw_format pw_file_format(const pw_file *file)
{
    return file->format;
}

const char *pw_file_path(const pw_file *file)
{
    return file->path;
}

uint64_t pw_file_size(const pw_file *file)
{
    uint64_t size = 0;

    for (size_t i = 0; i < file->n_parts; i++)
        size += file->parts[i].input.size;
    return size;
}

size_t pw_file_n_tensors(const pw_file *file)
{
    return file->n_entries;
}

const char *pw_file_tensor_name(const pw_file *file, size_t i)
{
    return i < file->n_entries ? file->entries[i].name : NULL;
}

const pw_tensor *pw_file_tensor(const pw_file *file, size_t i)
{
    return i < file->n_entries ? &file->entries[i].tensor : NULL;
}

int64_t pw_file_find(const pw_file *file, const char *name)
{
    const uint32_t i = pwi_map_find(&file->by_name, name, strlen(name));

    return i == PWI_MAP_NONE ? -1 : (int64_t)i;
}

pw_status pw_file_read(const pw_file *file, size_t i, void *out, size_t capacity, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];
    const pwi_file_entry *entry = &file->entries[i];

    if (i >= file->n_entries)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "there is no tensor %zu: the file holds %zu", i,
                        file->n_entries);
    if (capacity < entry->tensor.size_bytes)
        return PWI_FAIL(err, PW_ERR_CAPACITY, "tensor %s has %zu bytes, the buffer %zu",
                        pwi_quote(quoted, entry->name, strlen(entry->name)),
                        entry->tensor.size_bytes, capacity);
    if (entry->tensor.size_bytes == 0)
        return PW_OK;
    return pwi_where(err, file->path, file->row->read(file, i, out, err));
}

size_t pw_file_n_metadata(const pw_file *file)
{
    return file->n_metadata;
}

const char *pw_file_metadata_key(const pw_file *file, size_t i)
{
    return i < file->n_metadata ? file->metadata[i].key : NULL;
}

const char *pw_file_metadata_value(const pw_file *file, size_t i)
{
    return i < file->n_metadata ? file->metadata[i].value : NULL;
}

pw_status pw_file_copy_metadata(const pw_file *file, pw_tensor_set *set, pw_error *err)
{
    for (size_t i = 0; i < file->n_metadata; i++)
        PWI_TRY(pw_tensor_set_put_metadata(set, file->metadata[i].key, file->metadata[i].value,
                                           err));
    return PW_OK;
}

const char *pw_file_metadata(const pw_file *file, const char *key)
{
    for (size_t i = 0; i < file->n_metadata; i++)
        if (strcmp(file->metadata[i].key, key) == 0)
            return file->metadata[i].value;
    return NULL;
}
