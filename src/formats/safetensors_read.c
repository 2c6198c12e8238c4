/* SPDX-License-Identifier: MIT */
/* The header of a safetensors file, hostile until proven otherwise: its length, how it begins,
 * and its JSON, streamed and never held as a whole. Whether the tensors fill the data is
 * safetensors_layout.c's. Default and --strict rules: docs/formats.md. */
#include "formats/tensor_set.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/utf8.h"
#include "formats/json.h"

/* Of one string: the manifest of a shard with tens of thousands of prompts is one. Read and
 * kept it takes three times its size, within what pw_file_open promises (file.h). */
#define STRING_BYTES_MAX ((size_t)32 << 20)

#define LENGTH_BYTES 8u

/* A header that is being read. */
struct header {
    pw_file *file;
    const pwi_file_part *part;
    uint32_t i_part;
    uint64_t size; /* of the JSON */
    pwi_json json;
    size_t first_entry;
    bool warned_field;
    size_t name_size;
    char name[PW_NAME_MAX + 1]; /* of the tensor that is being read */
};

/* What an entry must have. */
struct fields {
    bool has_dtype, has_shape, has_offsets;
    pw_tensor tensor;
    uint64_t begin, end;
};

/* Put which tensor it is about before the text of an error. */
static pw_status in_tensor(const struct header *header, pw_status status, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE], prefix[PWI_QUOTE_SIZE + 16];
    size_t n;

    if (status == PW_OK || err == NULL)
        return status;
    snprintf(prefix, sizeof(prefix),
             "tensor %s: ", pwi_quote(quoted, header->name, header->name_size));
    n = strlen(prefix);
    memmove(err->text + n, err->text, sizeof(err->text) - n);
    memcpy(err->text, prefix, n);
    err->text[sizeof(err->text) - 1] = '\0';
    return status;
}

/* PW_ERR_FIELD (or another status) at the current event. */
static pw_status wrong_event(const pwi_json *json, pw_status status, const char *what,
                             const char *wanted, pw_error *err)
{
    return pwi_fail_at(err, status, json->offset, "%s must be %s, not %s", what, wanted,
                       pwi_json_event_name(json->event));
}

static pw_status read_dtype(struct header *header, struct fields *fields, pw_error *err)
{
    pwi_json *json = &header->json;
    char quoted[PWI_QUOTE_SIZE];
    int32_t dtype;

    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_STRING)
        return wrong_event(json, PW_ERR_DTYPE, "dtype", "a name in quotes", err);
    dtype = pw_dtype_from_name(json->text, json->size);
    if (dtype < 0)
        return pwi_fail_at(err, PW_ERR_DTYPE, json->offset,
                           "the safetensors format has no dtype %s",
                           pwi_quote(quoted, json->text, json->size));
    fields->tensor.dtype = (pw_dtype)dtype;
    fields->has_dtype = true;
    return PW_OK;
}

static pw_status begin_array(pwi_json *json, const char *what, pw_error *err)
{
    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_ARRAY_BEGIN)
        return wrong_event(json, PW_ERR_FIELD, what, "an array of numbers", err);
    return pwi_json_next(json, err);
}

static pw_status read_shape(struct header *header, struct fields *fields, pw_error *err)
{
    pwi_json *json = &header->json;
    pw_tensor *tensor = &fields->tensor;
    uint64_t dimension;

    PWI_TRY(begin_array(json, "shape", err));
    while (json->event != PWI_JSON_ARRAY_END) {
        if (tensor->rank == PW_RANK_MAX)
            return pwi_fail_at(err, PW_ERR_LIMIT, json->offset,
                               "the shape has more than %d dimensions, padwise's limit",
                               PW_RANK_MAX);
        PWI_TRY(pwi_json_u64(json, "a dimension of the shape", &dimension, err));
        if (dimension > INT64_MAX)
            return pwi_fail_at(err, PW_ERR_OVERFLOW, json->offset,
                               "a dimension of %" PRIu64 " is over 2^63 - 1", dimension);
        tensor->shape[tensor->rank++] = (int64_t)dimension;
        PWI_TRY(pwi_json_next(json, err));
    }
    fields->has_shape = true;
    return PW_OK;
}

static pw_status read_offsets(struct header *header, struct fields *fields, pw_error *err)
{
    pwi_json *json = &header->json;
    uint64_t offsets[2];
    size_t n = 0;

    PWI_TRY(begin_array(json, "data_offsets", err));
    while (json->event != PWI_JSON_ARRAY_END && n < 2) {
        PWI_TRY(pwi_json_u64(json, "a data offset", &offsets[n++], err));
        PWI_TRY(pwi_json_next(json, err));
    }
    if (n < 2 || json->event != PWI_JSON_ARRAY_END)
        return pwi_fail_at(err, PW_ERR_FIELD, json->offset,
                           "data_offsets must hold two numbers, begin and end");
    if (offsets[0] > offsets[1])
        return pwi_fail_at(err, PW_ERR_OFFSET, json->offset,
                           "data_offsets begin at %" PRIu64 " and end before that, at %" PRIu64,
                           offsets[0], offsets[1]);
    fields->begin = offsets[0];
    fields->end = offsets[1];
    fields->has_offsets = true;
    return PW_OK;
}

/* The JSON reader remembers the keys of open objects, so their number is bounded here. */
pw_status pwi_skip_unknown(pwi_json *json, pw_error *err)
{
    const size_t depth = json->depth;
    size_t n_keys = 0;

    do {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_KEY && ++n_keys > PW_FILE_METADATA_MAX)
            return pwi_fail_at(err, PW_ERR_LIMIT, json->offset,
                               "an unknown field holds more than %d keys",
                               PW_FILE_METADATA_MAX);
    } while (json->depth > depth);
    return PW_OK;
}

/* A field that the format does not know. Its value is read first: a fault in it is the graver
 * one. */
static pw_status read_unknown(struct header *header, pw_error *err)
{
    char field[PWI_QUOTE_SIZE], quoted[PWI_QUOTE_SIZE];
    pwi_json *json = &header->json;
    const uint64_t offset = json->offset;

    pwi_quote(field, json->text, json->size);
    PWI_TRY(pwi_skip_unknown(json, err));
    if (header->file->strict)
        return pwi_fail_at(err, PW_ERR_FIELD, offset,
                           "has a field %s, which the specification does not know", field);
    if (!header->warned_field)
        pwi_warn(header->file->ctx, header->part->path,
                 "tensor %s has a field %s, which the format does not know; fields like it are "
                 "ignored",
                 pwi_quote(quoted, header->name, header->name_size), field);
    header->warned_field = true;
    return PW_OK;
}

static pw_status read_field(struct header *header, struct fields *fields, pw_error *err)
{
    if (pwi_json_is(&header->json, "dtype"))
        return read_dtype(header, fields, err);
    if (pwi_json_is(&header->json, "shape"))
        return read_shape(header, fields, err);
    if (pwi_json_is(&header->json, "data_offsets"))
        return read_offsets(header, fields, err);
    return read_unknown(header, err);
}

static pw_status read_fields(struct header *header, struct fields *fields, pw_error *err)
{
    pwi_json *json = &header->json;

    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_OBJECT_BEGIN)
        return wrong_event(json, PW_ERR_FIELD, "an entry", "an object", err);
    PWI_TRY(pwi_json_next(json, err));
    while (json->event != PWI_JSON_OBJECT_END) {
        PWI_TRY(read_field(header, fields, err));
        PWI_TRY(pwi_json_next(json, err));
    }
    if (!fields->has_dtype || !fields->has_shape || !fields->has_offsets)
        return pwi_fail_at(err, PW_ERR_FIELD, json->offset, "has no %s",
                           !fields->has_dtype   ? "dtype"
                           : !fields->has_shape ? "shape"
                                                : "data_offsets");
    return PW_OK;
}

/* The current KEY becomes the name of the tensor. */
static pw_status take_name(struct header *header, pw_error *err)
{
    const pwi_json *json = &header->json;
    char quoted[PWI_QUOTE_SIZE];

    if (json->size > PW_NAME_MAX)
        return pwi_fail_at(err, PW_ERR_LIMIT, json->offset,
                           "the tensor name %s has %zu bytes, padwise's limit is %d",
                           pwi_quote(quoted, json->text, json->size), json->size, PW_NAME_MAX);
    if (memchr(json->text, '\0', json->size) != NULL)
        return pwi_fail_at(err, PW_ERR_FIELD, json->offset, "the tensor name %s holds a NUL",
                           pwi_quote(quoted, json->text, json->size));
    memcpy(header->name, json->text, json->size);
    header->name[json->size] = '\0';
    header->name_size = json->size;
    return PW_OK;
}

/* Until the layout is checked, begin counts from the start of the data and size_bytes is what
 * the offsets say. */
static pw_status read_tensor(struct header *header, pw_error *err)
{
    pw_file *file = header->file;
    struct fields fields = {.has_dtype = false};

    PWI_TRY(take_name(header, err));
    PWI_TRY(in_tensor(header, read_fields(header, &fields, err), err));
    if (file->n_entries == PW_FILE_TENSORS_MAX)
        return pwi_safetensors_too_many(file, header->first_entry, err);
    fields.tensor.size_bytes = (size_t)(fields.end - fields.begin);
    return pwi_file_add_entry(file, header->name, header->name_size, &fields.tensor,
                              header->i_part, fields.begin, err);
}

/* One key of __metadata__ and its value. The key is copied before the value is read over it. */
static pw_status read_metadata_pair(struct header *header, pwi_buf *key, pw_error *err)
{
    pwi_json *json = &header->json;

    pwi_buf_clear(key);
    pwi_buf_append(key, json->text, json->size);
    if (key->failed)
        return pwi_fail_memory(err);
    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_STRING)
        return wrong_event(json, PW_ERR_FIELD, "a value of __metadata__", "a string", err);
    if (memchr(json->text, '\0', json->size) != NULL ||
        (key->size > 0 && memchr(key->data, '\0', key->size) != NULL))
        return pwi_fail_at(err, PW_ERR_FIELD, json->offset,
                           "a key or value of __metadata__ holds a NUL");
    if (header->i_part > 0) /* shards repeat it; the first one speaks for all */
        return PW_OK;
    return pwi_file_add_metadata(header->file, key->size > 0 ? key->data : "", key->size,
                                 json->text, json->size, err);
}

static pw_status read_metadata_pairs(struct header *header, pwi_buf *key, pw_error *err)
{
    pwi_json *json = &header->json;

    PWI_TRY(pwi_json_next(json, err));
    while (json->event != PWI_JSON_OBJECT_END) {
        PWI_TRY(read_metadata_pair(header, key, err));
        PWI_TRY(pwi_json_next(json, err));
    }
    return PW_OK;
}

static pw_status read_metadata(struct header *header, pw_error *err)
{
    pwi_json *json = &header->json;
    pwi_buf key;
    pw_status status;

    PWI_TRY(pwi_json_next(json, err));
    if (json->event == PWI_JSON_NULL && !header->file->strict)
        return PW_OK; /* as the reference: absent */
    if (json->event != PWI_JSON_OBJECT_BEGIN)
        return wrong_event(json, PW_ERR_FIELD, "__metadata__", "an object of strings", err);
    pwi_buf_init(&key, json->allocator);
    status = read_metadata_pairs(header, &key, err);
    pwi_buf_free(&key);
    return status;
}

/* Whether all of the header from `offset` on is the byte 0x20, the only padding that the
 * specification names. */
static pw_status check_padding(const struct header *header, uint64_t offset, pw_error *err)
{
    char window[4096];

    while (offset < header->size) {
        const uint64_t left = header->size - offset;
        const size_t n = left < sizeof(window) ? (size_t)left : sizeof(window);

        PWI_TRY(pwi_input_read(&header->part->input, LENGTH_BYTES + offset, window, n, err));
        for (size_t i = 0; i < n; i++) {
            if (window[i] != ' ')
                return pwi_fail_at(err, PW_ERR_JSON, offset + i,
                                   "only spaces may follow the header's JSON, not byte 0x%02x",
                                   (unsigned)(unsigned char)window[i]);
        }
        offset += n;
    }
    return PW_OK;
}

static pw_status read_json(struct header *header, pw_error *err)
{
    pwi_json *json = &header->json;
    uint64_t end;

    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "the header", err));
    PWI_TRY(pwi_json_next(json, err));
    while (json->event != PWI_JSON_OBJECT_END) {
        if (pwi_json_is(json, "__metadata__"))
            PWI_TRY(read_metadata(header, err));
        else
            PWI_TRY(read_tensor(header, err));
        PWI_TRY(pwi_json_next(json, err));
    }
    end = json->offset + 1;
    PWI_TRY(pwi_json_next(json, err));
    return header->file->strict ? check_padding(header, end, err) : PW_OK;
}

/* The offset of the first byte of the header that is no JSON white space, or its size. */
static pw_status find_start(const struct header *header, uint64_t *start, pw_error *err)
{
    char window[4096];

    for (*start = 0; *start < header->size;) {
        const uint64_t left = header->size - *start;
        const size_t n = left < sizeof(window) ? (size_t)left : sizeof(window);
        size_t i = 0;

        PWI_TRY(pwi_input_read(&header->part->input, LENGTH_BYTES + *start, window, n, err));
        while (i < n && strchr(" \t\n\r", window[i]) != NULL && window[i] != '\0')
            i++;
        *start += i;
        if (i < n)
            break;
    }
    return PW_OK;
}

/* A brace and another ASCII character, each in two bytes, of either order. */
static bool is_utf16(const char *bytes, size_t n)
{
    return n == 4 && ((bytes[0] == '{' && bytes[1] == '\0' && bytes[3] == '\0') ||
                      (bytes[0] == '\0' && bytes[1] == '{' && bytes[2] == '\0'));
}

/* The header begins at `start` with something else than a brace. */
static pw_status wrong_start(const struct header *header, uint64_t start, const char *bytes,
                             size_t n, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];
    pwi_file_kind kind;
    uint32_t code;

    PWI_TRY(pwi_file_kind_read(&header->part->input, &kind, err));
    PWI_TRY(pwi_file_refuse_kind(kind, err));
    if (pwi_utf8_decode(bytes, n, &code) == 0)
        return pwi_fail_at(err, PW_ERR_UTF8, start,
                           "the header begins with byte 0x%02x, which is not valid UTF-8",
                           (unsigned)(unsigned char)bytes[0]);
    return pwi_fail_at(err, PW_ERR_HEADER_START, start,
                       "the header must begin with '{', not %s: it is no safetensors file, or "
                       "was damaged",
                       pwi_quote(quoted, bytes, pwi_utf8_decode(bytes, n, &code)));
}

static pw_status check_start(const struct header *header, pw_error *err)
{
    uint64_t start;
    char bytes[4] = {0};
    size_t n;

    PWI_TRY(find_start(header, &start, err));
    if (start == header->size)
        return pwi_fail_at(err, PW_ERR_JSON, 0,
                           "the header is empty: it must hold '{}' at least");
    n = header->size - start < sizeof(bytes) ? (size_t)(header->size - start) : sizeof(bytes);
    PWI_TRY(pwi_input_read(&header->part->input, LENGTH_BYTES + start, bytes, n, err));
    if (is_utf16(bytes, n))
        return pwi_fail_at(err, PW_ERR_UTF8, start, "the header is UTF-16, and must be UTF-8");
    if (bytes[0] != '{')
        return wrong_start(header, start, bytes, n, err);
    if (start > 0 && header->file->strict)
        return pwi_fail_at(err, PW_ERR_HEADER_START, 0,
                           "the header begins with white space; the specification wants '{'");
    if (start > 0)
        pwi_warn(header->file->ctx, header->part->path,
                 "the header begins with white space, which the specification forbids");
    return PW_OK;
}

static pw_status read_header(struct header *header, pw_error *err)
{
    const pwi_json_limits limits = {.string_bytes_max = STRING_BYTES_MAX};
    pw_status status;

    PWI_TRY(check_start(header, err));
    PWI_TRY(pwi_json_open_file(&header->json, &header->file->ctx->allocator,
                               &header->part->input, LENGTH_BYTES, header->size, &limits, err));
    status = read_json(header, err);
    pwi_json_close(&header->json);
    return status;
}

/* A foreign file's first bytes make a nonsensical length: say what it is instead. */
static pw_status wrong_length(const struct header *header, pw_error *err)
{
    const uint64_t file_size = header->part->input.size;
    pwi_file_kind kind;

    PWI_TRY(pwi_file_kind_read(&header->part->input, &kind, err));
    PWI_TRY(pwi_file_refuse_kind(kind, err));
    if (header->size > PW_SAFETENSORS_HEADER_MAX)
        return pwi_fail_at(err, PW_ERR_HEADER_SIZE, 0,
                           "header says %" PRIu64 " bytes, but at most %u are allowed: this is "
                           "no safetensors file, or it was damaged; fetch it again",
                           header->size, PW_SAFETENSORS_HEADER_MAX);
    return pwi_fail_at(err, PW_ERR_TRUNCATED, file_size,
                       "header says %" PRIu64 " bytes but the file has %" PRIu64
                       ": the download is incomplete; fetch it again",
                       header->size, file_size);
}

static pw_status read_length(struct header *header, pw_error *err)
{
    const pwi_input *input = &header->part->input;
    unsigned char bytes[LENGTH_BYTES];

    if (input->size < LENGTH_BYTES)
        return pwi_fail_at(err, PW_ERR_TRUNCATED, input->size,
                           "the file has %" PRIu64 " bytes, and a safetensors file at least 8: "
                           "the download is incomplete; fetch it again",
                           input->size);
    PWI_TRY(pwi_input_read(input, 0, bytes, sizeof(bytes), err));
    for (int i = 7; i >= 0; i--)
        header->size = header->size << 8 | bytes[i];
    if (header->size > PW_SAFETENSORS_HEADER_MAX || header->size > input->size - LENGTH_BYTES)
        return wrong_length(header, err);
    return PW_OK;
}

/* Positions in the header become positions in the file, which has no lines. A file that shrank
 * was noticed by who reads files, at a position in it. */
static pw_status in_file(pw_status status, pw_error *err)
{
    if (status == PW_OK || err == NULL)
        return status;
    if (err->offset != PW_NO_OFFSET && status != PW_ERR_TRUNCATED)
        err->offset += LENGTH_BYTES;
    err->line = err->column = 0;
    return status;
}

pw_status pwi_safetensors_open_part(pw_file *file, uint32_t i_part, pw_error *err)
{
    pwi_file_part *part = &file->parts[i_part];
    struct header header = {
        .file = file, .part = part, .i_part = i_part, .first_entry = file->n_entries};

    PWI_TRY(pwi_where(err, part->path, read_length(&header, err)));
    PWI_TRY(pwi_where(err, part->path, in_file(read_header(&header, err), err)));
    part->header_size = LENGTH_BYTES + header.size;
    return pwi_where(err, part->path,
                     pwi_safetensors_layout(file, i_part, header.first_entry, err));
}

static pw_status open_safetensors(pw_file *file, pw_error *err)
{
    return pwi_safetensors_open_part(file, 0, err);
}

const pwi_format_row pwi_format_safetensors = {
    .format = PW_FORMAT_SAFETENSORS,
    .name = "safetensors",
    .ending = ".safetensors",
    .open = open_safetensors,
    .read = pwi_file_read_part,
    .save = pwi_safetensors_save,
};
