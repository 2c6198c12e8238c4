/* SPDX-License-Identifier: MIT */
/* Reading the exchange JSON, field by field: lists of numbers become tensors, held until the
 * file is closed; all other fields become metadata with their JSON text as value. The file is
 * streamed; only its numbers and its other fields are ever in memory. */
#include <string.h>

#include "base/error.h"
#include "formats/exchange.h"
#include "formats/json_state.h"
#include "formats/tensor_set.h"

#define SUB_WINDOW_MAX ((uint64_t)65536)

/* pw_file.own: the tensors in the order of the entries. */
struct exchange {
    pwi_exchange_array *arrays;
    size_t n_arrays, capacity;
};

/* A field that speaks of tensors: its text, and its place for messages. */
struct claim {
    const char *text; /* NULL: the file has none */
    pw_error place;
};

struct reading {
    pw_file *file;
    struct exchange *exchange;
    pwi_json json;
    pwi_buf key, value;
    pw_error irregular; /* of the first list that is no tensor */
    struct claim shape, shapes;
};

static const pw_allocator *allocator_of(const struct reading *reading)
{
    return &reading->file->ctx->allocator;
}

/* Room for one more array; it is counted, so that closing the file frees it whatever happens.
 */
static pwi_exchange_array *new_array(struct reading *reading)
{
    struct exchange *exchange = reading->exchange;

    if (exchange->n_arrays == exchange->capacity) {
        const size_t capacity = exchange->capacity == 0 ? 4 : exchange->capacity * 2;
        pwi_exchange_array *grown =
            pwi_grow_array(allocator_of(reading), exchange->arrays, exchange->capacity,
                           capacity, sizeof(*grown));

        if (grown == NULL)
            return NULL;
        exchange->arrays = grown;
        exchange->capacity = capacity;
    }
    exchange->arrays[exchange->n_arrays] =
        (pwi_exchange_array){.allocator = allocator_of(reading)};
    return &exchange->arrays[exchange->n_arrays++];
}

static void drop_array(struct reading *reading)
{
    pwi_exchange_array_free(&reading->exchange->arrays[--reading->exchange->n_arrays]);
}

static pw_status add_tensor(struct reading *reading, const pwi_exchange_array *array,
                            uint64_t begin, pw_error *err)
{
    pw_tensor tensor = {.dtype = array->f64 != NULL ? PW_F64 : PW_F32, .rank = array->rank};

    if (reading->key.size == 0)
        return pwi_fail_at(err, PW_ERR_FIELD, begin, "a list of numbers has an empty name");
    if (reading->key.size > PW_NAME_MAX)
        return pwi_fail_at(err, PW_ERR_LIMIT, begin,
                           "the name of a list of numbers has %zu bytes, over the limit of %d",
                           reading->key.size, PW_NAME_MAX);
    for (int32_t i = 0; i < array->rank; i++)
        tensor.shape[i] = array->shape[i];
    tensor.size_bytes = array->n * (array->f64 != NULL ? sizeof(double) : sizeof(float));
    return pwi_file_add_entry(reading->file, reading->key.data, reading->key.size, &tensor, 0,
                              begin, err);
}

/* The gathered text as metadata under the current key. */
static pw_status add_field(struct reading *reading, const pw_error *place, pw_error *err)
{
    pw_file *file = reading->file;
    struct claim *claim = NULL;

    if (reading->value.failed)
        return pwi_fail_memory(err);
    PWI_TRY(pwi_file_add_metadata(file, reading->key.data, reading->key.size,
                                  reading->value.data, reading->value.size, err));
    if (strcmp(reading->key.data, "shape") == 0)
        claim = &reading->shape;
    else if (strcmp(reading->key.data, "shapes") == 0)
        claim = &reading->shapes;
    if (claim != NULL)
        *claim = (struct claim){file->metadata[file->n_metadata - 1].value, *place};
    return PW_OK;
}

static pw_error place_here(const struct reading *reading)
{
    pw_error place = {.offset = reading->json.offset};

    pwi_json_source_place(&reading->json.state->source, reading->json.offset, &place);
    return place;
}

static pw_status keep_field(struct reading *reading, pw_error *err)
{
    const pw_error place = place_here(reading);

    pwi_buf_clear(&reading->value);
    PWI_TRY(pwi_exchange_copy_value(&reading->json, &reading->value, err));
    return add_field(reading, &place, err);
}

/* A list that turned out to be no tensor after some of it was read: once more from the file,
 * this time as text. */
static pw_status keep_list(struct reading *reading, uint64_t begin, uint64_t end, pw_error *err)
{
    const uint64_t size = end - begin;
    const pwi_json_limits limits = {
        .window_bytes = (size_t)(size < SUB_WINDOW_MAX ? size : SUB_WINDOW_MAX)};
    const pw_error place = {.offset = begin};
    pwi_json json;
    pw_status status;

    pwi_buf_clear(&reading->value);
    PWI_TRY(pwi_json_open_file(&json, allocator_of(reading), &reading->file->parts[0].input,
                               begin, size, &limits, err));
    status = pwi_json_next(&json, err);
    if (status == PW_OK)
        status = pwi_exchange_copy_value(&json, &reading->value, err);
    pwi_json_close(&json);
    return status == PW_OK ? add_field(reading, &place, err) : status;
}

static bool is_short_list(const pwi_exchange_array *array)
{
    return array->rank == 1 && array->n <= PWI_EXCHANGE_SHORT_LIST_MAX && array->is_whole;
}

static pw_status read_list(struct reading *reading, pw_error *err)
{
    const uint64_t begin = reading->json.offset;
    const size_t depth = reading->json.depth;
    const bool must_be_tensor = pwi_exchange_name_of(reading->key.data) != PWI_EXCHANGE_N_NAMES;
    pwi_exchange_array *array = new_array(reading);
    char quoted[PWI_QUOTE_SIZE];
    pw_error irregular;

    if (array == NULL)
        return pwi_fail_memory(err);
    PWI_TRY(pwi_exchange_array_read(array, allocator_of(reading), &reading->json,
                                    pwi_quote(quoted, reading->key.data, reading->key.size),
                                    &irregular, err));
    if (irregular.status == PW_OK && (must_be_tensor || !is_short_list(array)))
        return add_tensor(reading, array, begin, err);
    drop_array(reading);
    if (must_be_tensor) {
        if (err != NULL)
            *err = irregular;
        return irregular.status;
    }
    if (reading->irregular.status == PW_OK)
        reading->irregular = irregular;
    while (reading->json.depth >= depth)
        PWI_TRY(pwi_json_next(&reading->json, err));
    return keep_list(reading, begin, reading->json.offset + 1, err);
}

static pw_status read_field(struct reading *reading, pw_error *err)
{
    pwi_json *json = &reading->json;

    pwi_buf_clear(&reading->key);
    pwi_buf_append(&reading->key, json->text, json->size);
    if (reading->key.failed)
        return pwi_fail_memory(err);
    if (memchr(json->text, '\0', json->size) != NULL)
        return pwi_fail_at(err, PW_ERR_FIELD, json->offset, "a field's name holds a NUL");
    PWI_TRY(pwi_json_next(json, err));
    if (json->event == PWI_JSON_ARRAY_BEGIN && strcmp(reading->key.data, "shape") != 0)
        return read_list(reading, err);
    return keep_field(reading, err);
}

static pw_status read_fields(struct reading *reading, pw_error *err)
{
    pwi_json *json = &reading->json;

    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "the exchange JSON", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return pwi_json_next(json, err);
        PWI_TRY(read_field(reading, err));
    }
}

static const pw_tensor *find_tensor(const struct reading *reading, const char *name)
{
    const pw_file *file = reading->file;

    for (size_t i = 0; i < file->n_entries; i++)
        if (strcmp(file->entries[i].name, name) == 0)
            return &file->entries[i].tensor;
    return NULL;
}

/* An error about a claim, with the claim's place in the file. */
static pw_status at_claim(const struct claim *claim, pw_status status, pw_error *err)
{
    if (status != PW_OK && err != NULL) {
        err->line = claim->place.line;
        err->column = claim->place.column;
        err->offset = claim->place.offset;
    }
    return status;
}

/* "shape" speaks of the embedding, or of the only tensor. */
static pw_status check_shape(const struct reading *reading,
                             const pw_tensor *const tensors[PWI_EXCHANGE_N_NAMES],
                             pw_error *err)
{
    const pw_file *file = reading->file;
    const pw_tensor *tensor = tensors[PWI_EXCHANGE_EMBEDDING];

    if (tensor == NULL && file->n_entries == 1)
        tensor = &file->entries[0].tensor;
    if (reading->shape.text == NULL)
        return PW_OK;
    return at_claim(
        &reading->shape,
        pwi_exchange_check_shape(allocator_of(reading), reading->shape.text, tensor, err), err);
}

static pw_status check_shapes(const struct reading *reading,
                              const pw_tensor *const tensors[PWI_EXCHANGE_N_NAMES],
                              pw_error *err)
{
    if (reading->shapes.text == NULL)
        return PW_OK;
    return at_claim(
        &reading->shapes,
        pwi_exchange_check_shapes(allocator_of(reading), reading->shapes.text, tensors, err),
        err);
}

static pw_status check_claims(const struct reading *reading, pw_error *err)
{
    const pw_tensor *tensors[PWI_EXCHANGE_N_NAMES];

    for (int i = 0; i < PWI_EXCHANGE_N_NAMES; i++)
        tensors[i] = find_tensor(reading, pwi_exchange_names[i]);
    if (reading->file->n_entries > 0) {
        PWI_TRY(check_shape(reading, tensors, err));
        return check_shapes(reading, tensors, err);
    }
    if (reading->irregular.status == PW_OK)
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "is JSON but no exchange file: it has no field with a list of numbers, "
                        "such as \"embedding\"");
    if (err != NULL)
        *err = reading->irregular;
    return reading->irregular.status;
}

static pw_status open_exchange(pw_file *file, pw_error *err)
{
    const pw_allocator *allocator = &file->ctx->allocator;
    const pwi_input *input = &file->parts[0].input;
    struct reading reading = {.file = file};
    pw_status status;

    reading.exchange = pwi_arena_alloc(&file->arena, sizeof(*reading.exchange));
    if (reading.exchange == NULL)
        return pwi_fail_memory(err);
    *reading.exchange = (struct exchange){.arrays = NULL};
    file->own = reading.exchange;
    PWI_TRY(pwi_file_expect_kind(file, PWI_KIND_JSON, "exchange JSON file", err));
    PWI_TRY(pwi_json_open_file(&reading.json, allocator, input, 0, input->size, NULL, err));
    pwi_buf_init(&reading.key, allocator);
    pwi_buf_init(&reading.value, allocator);
    status = read_fields(&reading, err);
    if (status == PW_OK)
        status = check_claims(&reading, err);
    pwi_buf_free(&reading.value);
    pwi_buf_free(&reading.key);
    pwi_json_close(&reading.json);
    return status;
}

static pw_status read_exchange(const pw_file *file, size_t i, void *out, pw_error *err)
{
    const struct exchange *exchange = file->own;
    const pwi_exchange_array *array = &exchange->arrays[i];
    const void *values = array->f64 != NULL ? (const void *)array->f64 : array->f32;

    (void)err;
    memcpy(out, values, file->entries[i].tensor.size_bytes);
    return PW_OK;
}

static void close_exchange(pw_file *file)
{
    struct exchange *exchange = file->own;

    if (exchange == NULL)
        return;
    for (size_t i = 0; i < exchange->n_arrays; i++)
        pwi_exchange_array_free(&exchange->arrays[i]);
    pwi_free_array(&file->ctx->allocator, exchange->arrays, exchange->capacity,
                   sizeof(*exchange->arrays));
    file->own = NULL;
}

const pwi_format_row pwi_format_json = {
    .format = PW_FORMAT_JSON,
    .name = "json",
    .ending = ".json",
    .open = open_exchange,
    .read = read_exchange,
    .close = close_exchange,
    .save = pwi_exchange_save,
};
