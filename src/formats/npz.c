/* SPDX-License-Identifier: MIT */
/* The npz row of the format table: a zip archive of npy members, NAME.npy a tensor. Metadata
 * stands in a member "padwise.json", an object of strings, which numpy.load leaves alone. Other
 * members are left alone here too, with a warning. */
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "formats/archive.h"
#include "formats/json.h"
#include "formats/npy.h"
#include "formats/tensor_set.h"

#define ENDING            ".npy"
#define ENDING_SIZE       4u
#define METADATA_NAME     "padwise.json"
#define METADATA_SIZE_MAX ((uint64_t)64 << 20)

struct array {
    size_t i_member;
    pwi_npy npy;
};

struct npz {
    const pw_allocator *allocator;
    pwi_zip zip;
    struct array *arrays; /* in the file's arena; one an entry, in their order */
    size_t n_arrays;
};

/* What pwi_npy_source's read is handed. */
struct member_of {
    const struct npz *npz;
    size_t i_member;
};

static pw_status read_member(const void *user, uint64_t offset, void *out, size_t size,
                             pw_error *err)
{
    const struct member_of *member = user;

    return pwi_zip_read(&member->npz->zip, member->npz->allocator, member->i_member, offset,
                        out, size, err);
}

static pwi_npy_source source_of(const struct member_of *member)
{
    return (pwi_npy_source){read_member, member,
                            member->npz->zip.members[member->i_member].size};
}

static bool is_array(const pwi_zip_member *member)
{
    return member->name_size >= ENDING_SIZE &&
           memcmp(member->name + member->name_size - ENDING_SIZE, ENDING, ENDING_SIZE) == 0;
}

static pw_status add_array(pw_file *file, struct npz *npz, size_t i_member, pw_error *err)
{
    const pwi_zip_member *member = &npz->zip.members[i_member];
    const struct member_of reading = {npz, i_member};
    const pwi_npy_source source = source_of(&reading);
    struct array *array = &npz->arrays[npz->n_arrays++];
    char quoted[PWI_QUOTE_SIZE];
    pw_status status;

    if (pwi_utf8_valid_prefix(member->name, member->name_size) != member->name_size)
        return PWI_FAIL(err, PW_ERR_UTF8, "the member name %s is not valid UTF-8",
                        pwi_quote(quoted, member->name, member->name_size));
    array->i_member = i_member;
    status = pwi_npy_open(&array->npy, npz->allocator, &source, err);
    if (status != PW_OK)
        return pwi_zip_about(&npz->zip, i_member, status, err);
    return pwi_file_add_entry(file, member->name, member->name_size - ENDING_SIZE,
                              &array->npy.tensor, 0, member->header, err);
}

/* {"key": "value", ...} into the file's metadata. */
static pw_status parse_metadata(pw_file *file, pwi_json *json, pwi_buf *key, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "the metadata", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return pwi_json_next(json, err);
        pwi_buf_clear(key);
        pwi_buf_append(key, json->text, json->size);
        if (key->failed)
            return pwi_fail_memory(err);
        pwi_quote(quoted, key->data, key->size);
        PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, quoted, err));
        if (memchr(key->data, '\0', key->size) != NULL ||
            memchr(json->text, '\0', json->size) != NULL)
            return PWI_FAIL(err, PW_ERR_FIELD, "the metadata entry %s holds a NUL", quoted);
        PWI_TRY(pwi_file_add_metadata(file, key->data, key->size, json->text, json->size, err));
    }
}

static pw_status read_metadata(pw_file *file, const struct npz *npz, size_t i_member,
                               pw_error *err)
{
    const uint64_t size = npz->zip.members[i_member].size;
    pwi_json json = {.state = NULL};
    pwi_buf text, key;
    pw_status status;

    if (size > METADATA_SIZE_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "the metadata (" METADATA_NAME ") has %llu bytes, over the limit of "
                        "%llu",
                        (unsigned long long)size, (unsigned long long)METADATA_SIZE_MAX);
    pwi_buf_init(&text, npz->allocator);
    pwi_buf_init(&key, npz->allocator);
    if (!pwi_buf_reserve(&text, (size_t)size)) {
        status = pwi_fail_memory(err);
        goto done;
    }
    PWI_TRY_OR(
        status,
        pwi_zip_read(&npz->zip, npz->allocator, i_member, 0, text.data, (size_t)size, err),
        done);
    status = pwi_json_open_memory(&json, npz->allocator, text.data, (size_t)size, NULL, err);
    if (status == PW_OK)
        status = parse_metadata(file, &json, &key, err);
done:
    pwi_json_close(&json);
    pwi_buf_free(&key);
    pwi_buf_free(&text);
    return pwi_zip_about(&npz->zip, i_member, status, err);
}

static bool is_before(const void *context, uint32_t a, uint32_t b)
{
    const pwi_zip_member *members = context;

    return members[a].header < members[b].header;
}

/* A zip of other things: perhaps a PyTorch checkpoint whose pickle is not the first member. */
static pw_status no_npz(const struct npz *npz, pw_error *err)
{
    for (size_t i = 0; i < npz->zip.n_members; i++) {
        const char *name = strrchr(npz->zip.members[i].name, '/');

        if (name != NULL && strcmp(name, "/data.pkl") == 0)
            return pwi_file_refuse_kind(PWI_KIND_ZIP_PICKLE, err);
    }
    return PWI_FAIL(err, PW_ERR_FOREIGN,
                    "is a zip archive, but no npz: it holds no .npy arrays");
}

/* Members in the order of their bytes, whatever the directory's is. An entry's begin is its
 * member's local header, which says that order. */
static pw_status read_members(pw_file *file, struct npz *npz, uint32_t *order, pw_error *err)
{
    const pwi_zip_member *first_other = NULL;
    char quoted[PWI_QUOTE_SIZE];
    size_t n_others = 0;

    for (uint32_t i = 0; i < npz->zip.n_members; i++)
        order[i] = i;
    pwi_sort(order, npz->zip.n_members, is_before, npz->zip.members);
    for (size_t i = 0; i < npz->zip.n_members; i++) {
        const pwi_zip_member *member = &npz->zip.members[order[i]];

        if (is_array(member)) {
            PWI_TRY(add_array(file, npz, order[i], err));
        } else if (strcmp(member->name, METADATA_NAME) == 0) {
            PWI_TRY(read_metadata(file, npz, order[i], err));
        } else if (n_others++ == 0) {
            first_other = member;
        }
    }
    if (n_others > 0 && npz->n_arrays == 0)
        return no_npz(npz, err);
    if (n_others > 0)
        pwi_warn(file->ctx, file->path,
                 "%zu members that are no npy arrays are ignored, the first is %s", n_others,
                 pwi_quote(quoted, first_other->name, first_other->name_size));
    return PW_OK;
}

static void close_npz(pw_file *file)
{
    struct npz *npz = file->own;

    if (npz != NULL)
        pwi_zip_close(&npz->zip);
    file->own = NULL;
}

static pw_status open_npz(pw_file *file, pw_error *err)
{
    struct npz *npz = pwi_arena_alloc(&file->arena, sizeof(*npz));
    size_t n_members;
    uint32_t *order;

    if (npz == NULL)
        return pwi_fail_memory(err);
    PWI_TRY(pwi_file_expect_kind(file, PWI_KIND_ZIP, "npz file (a zip archive)", err));
    *npz = (struct npz){.allocator = &file->ctx->allocator};
    PWI_TRY(pwi_zip_open_input(&npz->zip, npz->allocator, &file->parts[0].input, err));
    file->own = npz;
    n_members = npz->zip.n_members;
    npz->arrays = pwi_arena_alloc(&file->arena, n_members * sizeof(*npz->arrays));
    order = pwi_arena_alloc(&file->arena, n_members * sizeof(*order));
    if (npz->arrays == NULL || order == NULL)
        return pwi_fail_memory(err);
    return read_members(file, npz, order, err);
}

static pw_status read_npz(const pw_file *file, size_t i, void *out, pw_error *err)
{
    const struct npz *npz = file->own;
    const struct member_of member = {npz, npz->arrays[i].i_member};
    const pwi_npy_source source = source_of(&member);
    const pw_status status =
        pwi_npy_read(&npz->arrays[i].npy, npz->allocator, &source, out, err);

    return pwi_zip_about(&npz->zip, member.i_member, status, err);
}

static pw_status save_tensor(pwi_zip_writer *writer, pw_context *ctx, const char *name,
                             const pw_tensor *tensor, const pw_save_options *options,
                             pw_error *err)
{
    pwi_npy_image image;
    pwi_buf header, member_name;
    pw_status status;

    PWI_TRY(pwi_npy_image_make(&image, ctx, name, tensor, options, err));
    pwi_buf_init(&header, &ctx->allocator);
    pwi_buf_init(&member_name, &ctx->allocator);
    pwi_npy_put_header(&header, image.dtype, tensor->rank, tensor->shape);
    pwi_buf_format(&member_name, "%s" ENDING, name);
    if (header.failed || member_name.failed)
        status = pwi_fail_memory(err);
    else
        status = pwi_zip_writer_add(writer, member_name.data, header.data, header.size,
                                    image.bytes, image.size, err);
    pwi_buf_free(&member_name);
    pwi_buf_free(&header);
    pwi_npy_image_free(&image, ctx);
    return status;
}

static pw_status save_metadata(pwi_zip_writer *writer, pw_context *ctx,
                               const pw_tensor_set *set, pw_error *err)
{
    const size_t n_metadata = pw_tensor_set_n_metadata(set);
    pwi_buf text;
    pw_status status;

    if (n_metadata == 0)
        return PW_OK;
    pwi_buf_init(&text, &ctx->allocator);
    for (size_t i = 0; i < n_metadata; i++) {
        const char *key = pw_tensor_set_metadata_key(set, i);
        const char *value = pw_tensor_set_metadata_value(set, i);

        pwi_buf_text(&text, i == 0 ? "{" : ",\n ");
        pwi_json_put_string(&text, key, strlen(key));
        pwi_buf_text(&text, ": ");
        pwi_json_put_string(&text, value, strlen(value));
    }
    pwi_buf_text(&text, "}\n");
    if (text.failed)
        status = pwi_fail_memory(err);
    else
        status = pwi_zip_writer_add(writer, METADATA_NAME, text.data, text.size, NULL, 0, err);
    pwi_buf_free(&text);
    return status;
}

static pw_status save_npz(const pw_tensor_set *set, pw_context *ctx, pwi_output *output,
                          const pw_save_options *options, pw_error *err)
{
    const size_t n_tensors = pw_tensor_set_n(set);
    pwi_zip_writer writer;
    pw_status status = PW_OK;

    if (n_tensors > PW_FILE_TENSORS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "an npz file holds at most %d tensors, not %zu",
                        PW_FILE_TENSORS_MAX, n_tensors);
    pwi_zip_writer_init(&writer, &ctx->allocator, output);
    for (size_t i = 0; i < n_tensors && status == PW_OK; i++)
        status = save_tensor(&writer, ctx, pw_tensor_set_name(set, i),
                             pw_tensor_set_tensor(set, i), options, err);
    if (status == PW_OK)
        status = save_metadata(&writer, ctx, set, err);
    if (status == PW_OK)
        status = pwi_zip_writer_finish(&writer, err);
    pwi_zip_writer_free(&writer);
    return status;
}

const pwi_format_row pwi_format_npz = {
    .format = PW_FORMAT_NPZ,
    .name = "npz",
    .ending = ".npz",
    .open = open_npz,
    .read = read_npz,
    .close = close_npz,
    .save = save_npz,
};
