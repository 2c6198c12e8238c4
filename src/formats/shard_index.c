/* SPDX-License-Identifier: MIT */
/* Sharded safetensors: model.safetensors.index.json, which says in which file beside it each
 * tensor lies, and those files. The index may be hostile: a shard's name is a plain file name,
 * and what the index says must be what the shards hold. */
#include <string.h>

#include "formats/json.h"
#include "formats/tensor_set.h"

#define INDEX_BYTES_MAX PW_SAFETENSORS_HEADER_MAX
#define FILE_NAME_MAX   255u

/* A tensor as the index lists it. */
struct listed {
    const char *name;
    uint32_t i_shard;
};

/* An index that is being read; names are in the file's arena. */
struct index {
    pw_file *file;
    pwi_json json;
    struct listed *listed;
    size_t n_listed, listed_capacity;
    pwi_map shard_numbers;
    const char *shards[PW_FILE_SHARDS_MAX];
    size_t n_shards;
    bool has_weight_map;
};

/* Shards lie beside the index. Anything but a plain name could point elsewhere, on this system
 * or on another. */
static bool is_plain_name(const char *name, size_t size)
{
    static const char ending[] = ".safetensors";
    const size_t n = sizeof(ending) - 1;

    return size > n && size <= FILE_NAME_MAX && memcmp(name + size - n, ending, n) == 0 &&
           memchr(name, '/', size) == NULL && memchr(name, '\\', size) == NULL &&
           memchr(name, '\0', size) == NULL;
}

/* The number of the shard that the current STRING names. */
static pw_status shard_number(struct index *index, uint32_t *number, pw_error *err)
{
    const pwi_json *json = &index->json;
    char quoted[PWI_QUOTE_SIZE];
    const char *name;
    bool added;

    if (!is_plain_name(json->text, json->size))
        return pwi_fail_at(err, PW_ERR_INDEX, json->offset,
                           "the index names a shard %s; it must be the plain name of a "
                           ".safetensors file in the index's own folder",
                           pwi_quote(quoted, json->text, json->size));
    *number = pwi_map_find(&index->shard_numbers, json->text, json->size);
    if (*number != PWI_MAP_NONE)
        return PW_OK;
    if (index->n_shards == PW_FILE_SHARDS_MAX)
        return pwi_fail_at(err, PW_ERR_LIMIT, json->offset,
                           "the index names more than %d shards, padwise's limit",
                           PW_FILE_SHARDS_MAX);
    *number = (uint32_t)index->n_shards;
    name = pwi_arena_string(&index->file->arena, json->text, json->size);
    if (name == NULL || !pwi_map_add(&index->shard_numbers, name, json->size, *number, &added))
        return pwi_fail_memory(err);
    index->shards[index->n_shards++] = name;
    return PW_OK;
}

static pw_status add_listed(struct index *index, const char *name, pw_error *err)
{
    const pw_allocator *allocator = &index->file->ctx->allocator;

    if (index->n_listed == PW_FILE_TENSORS_MAX)
        return pwi_fail_at(err, PW_ERR_LIMIT, index->json.offset,
                           "the index lists more than %d tensors, padwise's limit",
                           PW_FILE_TENSORS_MAX);
    if (index->n_listed == index->listed_capacity) {
        const size_t capacity = index->listed_capacity == 0 ? 64 : index->listed_capacity * 2;
        struct listed *grown = pwi_grow_array(allocator, index->listed, index->listed_capacity,
                                              capacity, sizeof(*grown));

        if (grown == NULL)
            return pwi_fail_memory(err);
        index->listed = grown;
        index->listed_capacity = capacity;
    }
    index->listed[index->n_listed++] = (struct listed){name, 0};
    return PW_OK;
}

/* The current KEY of weight_map, and its value. */
static pw_status read_listed(struct index *index, pw_error *err)
{
    pwi_json *json = &index->json;
    char quoted[PWI_QUOTE_SIZE];
    const char *name;

    if (json->size > PW_NAME_MAX || memchr(json->text, '\0', json->size) != NULL)
        return pwi_fail_at(
            err, PW_ERR_INDEX, json->offset,
            "the index lists a tensor %s, whose name is over %d bytes or holds a "
            "NUL",
            pwi_quote(quoted, json->text, json->size), PW_NAME_MAX);
    name = pwi_arena_string(&index->file->arena, json->text, json->size);
    if (name == NULL)
        return pwi_fail_memory(err);
    PWI_TRY(add_listed(index, name, err));
    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_STRING)
        return pwi_fail_at(err, PW_ERR_INDEX, json->offset,
                           "the shard of tensor %s must be a file name, not %s",
                           pwi_quote(quoted, name, strlen(name)),
                           pwi_json_event_name(json->event));
    return shard_number(index, &index->listed[index->n_listed - 1].i_shard, err);
}

static pw_status read_weight_map(struct index *index, pw_error *err)
{
    pwi_json *json = &index->json;

    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_OBJECT_BEGIN)
        return pwi_fail_at(
            err, PW_ERR_INDEX, json->offset,
            "weight_map must be an object of tensor names and file names, not %s",
            pwi_json_event_name(json->event));
    PWI_TRY(pwi_json_next(json, err));
    while (json->event != PWI_JSON_OBJECT_END) {
        PWI_TRY(read_listed(index, err));
        PWI_TRY(pwi_json_next(json, err));
    }
    index->has_weight_map = true;
    return PW_OK;
}

static pw_status read_index(struct index *index, pw_error *err)
{
    pwi_json *json = &index->json;

    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_OBJECT_BEGIN)
        return pwi_fail_at(err, PW_ERR_INDEX, json->offset,
                           "a shard index must be a JSON object, not %s",
                           pwi_json_event_name(json->event));
    PWI_TRY(pwi_json_next(json, err));
    while (json->event != PWI_JSON_OBJECT_END) {
        if (pwi_json_is(json, "weight_map"))
            PWI_TRY(read_weight_map(index, err));
        else
            PWI_TRY(pwi_skip_unknown(json, err));
        PWI_TRY(pwi_json_next(json, err));
    }
    PWI_TRY(pwi_json_next(json, err));
    if (!index->has_weight_map || index->n_listed == 0)
        return PWI_FAIL(err, PW_ERR_INDEX,
                        "the shard index has no weight_map, or an empty one");
    return PW_OK;
}

static bool is_named_before(const void *context, uint32_t a, uint32_t b)
{
    const char *const *names = context;

    return strcmp(names[a], names[b]) < 0;
}

/* Number the shards by name, so that nothing depends on the order in the index. */
static void sort_shards(struct index *index)
{
    uint32_t order[PW_FILE_SHARDS_MAX], place[PW_FILE_SHARDS_MAX];
    const char *sorted[PW_FILE_SHARDS_MAX];

    for (uint32_t i = 0; i < index->n_shards; i++)
        order[i] = i;
    pwi_sort(order, index->n_shards, is_named_before, index->shards);
    for (uint32_t i = 0; i < index->n_shards; i++) {
        place[order[i]] = i;
        sorted[i] = index->shards[order[i]];
    }
    memcpy(index->shards, sorted, index->n_shards * sizeof(*sorted));
    for (size_t i = 0; i < index->n_listed; i++)
        index->listed[i].i_shard = place[index->listed[i].i_shard];
}

/* The index was the file's only part; its shards take its place. */
static pw_status make_parts(struct index *index, pw_error *err)
{
    pw_file *file = index->file;
    const char *slash = strrchr(file->path, '/');
    const char *folder = slash == NULL ? ""
                                       : pwi_arena_string(&file->arena, file->path,
                                                          (size_t)(slash - file->path) + 1);
    pwi_file_part *parts =
        pwi_arena_alloc(&file->arena, index->n_shards * sizeof(pwi_file_part));

    if (folder == NULL || parts == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < index->n_shards; i++) {
        const char *path = pwi_path_joined(&file->arena, folder, index->shards[i]);

        if (path == NULL)
            return pwi_fail_memory(err);
        parts[i] = (pwi_file_part){path, PWI_INPUT_CLOSED, 0};
    }
    pwi_input_close(&file->parts[0].input);
    file->parts = parts;
    file->n_parts = index->n_shards;
    return PW_OK;
}

static pw_status open_shards(struct index *index, pw_error *err)
{
    pw_file *file = index->file;
    char quoted[PWI_QUOTE_SIZE];

    for (uint32_t i = 0; i < file->n_parts; i++) {
        pw_status status = pwi_input_open(&file->parts[i].input, file->parts[i].path, err);

        if (status == PW_ERR_NOT_FOUND)
            return PWI_FAIL(err, PW_ERR_INDEX,
                            "the index names the shard %s, which is not beside it; download it",
                            pwi_quote(quoted, index->shards[i], strlen(index->shards[i])));
        PWI_TRY(status);
        PWI_TRY(pwi_safetensors_open_part(file, i, err));
    }
    return PW_OK;
}

/* All tensors of all shards by name, to the numbers of their entries. */
static pw_status find_all(const struct index *index, pwi_map *found, pw_error *err)
{
    const pw_file *file = index->file;
    char quoted[PWI_QUOTE_SIZE], one[PWI_QUOTE_SIZE], other[PWI_QUOTE_SIZE];
    bool added;

    for (uint32_t i = 0; i < file->n_entries; i++) {
        const pwi_file_entry *entry = &file->entries[i];
        const size_t size = strlen(entry->name);
        const pwi_file_entry *first;
        const char *shard;

        if (!pwi_map_add(found, entry->name, size, i, &added))
            return pwi_fail_memory(err);
        if (added)
            continue;
        first = &file->entries[pwi_map_find(found, entry->name, size)];
        shard = index->shards[first->i_part];
        return PWI_FAIL(err, PW_ERR_INDEX, "the tensor %s is in two shards, %s and %s",
                        pwi_quote(quoted, entry->name, size),
                        pwi_quote(one, shard, strlen(shard)),
                        pwi_quote(other, index->shards[entry->i_part],
                                  strlen(index->shards[entry->i_part])));
    }
    return PW_OK;
}

/* Each tensor of the index is where the index says. */
static pw_status check_listed(const struct index *index, const pwi_map *found, pw_error *err)
{
    const pw_file *file = index->file;
    char quoted[PWI_QUOTE_SIZE], shard[PWI_QUOTE_SIZE];

    for (size_t i = 0; i < index->n_listed; i++) {
        const struct listed *listed = &index->listed[i];
        const size_t size = strlen(listed->name);
        const uint32_t i_entry = pwi_map_find(found, listed->name, size);
        const char *expected = index->shards[listed->i_shard];

        if (i_entry == PWI_MAP_NONE || file->entries[i_entry].i_part != listed->i_shard)
            return PWI_FAIL(err, PW_ERR_INDEX,
                            "the index says that tensor %s is in shard %s, which does not hold "
                            "it; index and shards are of different downloads",
                            pwi_quote(quoted, listed->name, size),
                            pwi_quote(shard, expected, strlen(expected)));
    }
    return PW_OK;
}

/* Tensors that no index lists are read all the same, as others do; strictly they are a
 * contradiction. */
static pw_status check_unlisted(const struct index *index, pw_error *err)
{
    const pw_file *file = index->file;
    const pwi_file_entry *first = NULL;
    char quoted[PWI_QUOTE_SIZE];
    pwi_map listed;
    pw_status status = PW_OK;
    bool added;

    if (file->n_entries == index->n_listed)
        return PW_OK; /* every listed one was found, and none twice */
    pwi_map_init(&listed, &file->ctx->allocator);
    for (size_t i = 0; i < index->n_listed && status == PW_OK; i++) {
        const char *name = index->listed[i].name;

        if (!pwi_map_add(&listed, name, strlen(name), 0, &added))
            status = pwi_fail_memory(err);
    }
    for (size_t i = 0; i < file->n_entries && first == NULL; i++) {
        const char *name = file->entries[i].name;

        if (pwi_map_find(&listed, name, strlen(name)) == PWI_MAP_NONE)
            first = &file->entries[i];
    }
    pwi_map_free(&listed);
    PWI_TRY(status);
    PW_ASSERT(first != NULL); /* all that are listed were found, so there are more entries */
    pwi_quote(quoted, first->name, strlen(first->name));
    if (file->strict)
        return PWI_FAIL(err, PW_ERR_INDEX,
                        "%zu tensors of the shards are not in the index, the first is %s",
                        file->n_entries - index->n_listed, quoted);
    pwi_warn(file->ctx, file->path,
             "%zu tensors of the shards are not in the index, the first is %s; they are read "
             "all the same",
             file->n_entries - index->n_listed, quoted);
    return PW_OK;
}

static pw_status check_shards(const struct index *index, pw_error *err)
{
    pwi_map found;
    pw_status status;

    pwi_map_init(&found, &index->file->ctx->allocator);
    status = find_all(index, &found, err);
    if (status == PW_OK)
        status = check_listed(index, &found, err);
    pwi_map_free(&found);
    return status == PW_OK ? check_unlisted(index, err) : status;
}

static pw_status parse_index(struct index *index, pw_error *err)
{
    const pw_file *file = index->file;
    const pwi_input *input = &file->parts[0].input;
    pw_status status;

    if (input->size > INDEX_BYTES_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "is over the limit of %u bytes for a shard index",
                        INDEX_BYTES_MAX);
    PWI_TRY(pwi_json_open_file(&index->json, &file->ctx->allocator, input, 0, input->size, NULL,
                               err));
    status = read_index(index, err);
    pwi_json_close(&index->json);
    return status;
}

static pw_status open_sharded(pw_file *file, pw_error *err)
{
    struct index index = {.file = file};
    pw_status status;

    pwi_map_init(&index.shard_numbers, &file->ctx->allocator);
    status = parse_index(&index, err);
    if (status == PW_OK) {
        sort_shards(&index);
        status = make_parts(&index, err);
    }
    if (status == PW_OK)
        status = open_shards(&index, err);
    if (status == PW_OK)
        status = check_shards(&index, err);
    pwi_map_free(&index.shard_numbers);
    pwi_free_array(&file->ctx->allocator, index.listed, index.listed_capacity,
                   sizeof(*index.listed));
    return status;
}

const pwi_format_row pwi_format_sharded = {
    .format = PW_FORMAT_SHARDED,
    .name = "sharded safetensors",
    .ending = ".safetensors.index.json",
    .open = open_sharded,
    .read = pwi_file_read_part,
};
