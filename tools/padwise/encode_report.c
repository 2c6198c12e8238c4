/* SPDX-License-Identifier: MIT */
/* What `padwise encode` says of its files: tensors, JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "json_out.h"
#include "prompt_line.h"
#include "talk.h"
#include "tensor_view.h"

int report_tensors(struct encode *encode, const pw_tensor_set *set)
{
    struct app *app = encode->app;
    struct builder out = {0};
    int status;

    if (!app_talks(app) || (encode->n_files > 0 && encode->show.n_printed > PROMPTS_SHOWN))
        return DONE;
    status = tensor_table(app, &out, set, app->width_err, app->color_err);
    builder_text(&out, "\n");
    talk(app, &out);
    builder_free(&out);
    return status;
}

static void put_text_member(struct json *json, const char *key, pw_text text)
{
    json_key(json, key);
    if (text.bytes == NULL)
        json_null(json);
    else
        json_bytes(json, text.bytes, text.size);
}

static void put_tensor(struct json *json, const char *name, const pw_tensor *tensor,
                       pw_dtype float_dtype)
{
    const bool is_float = is_float_dtype(tensor->dtype);

    json_open(json, '{');
    json_member_text(json, "name", name);
    json_member_text(json, "dtype", pw_dtype_name(is_float ? float_dtype : tensor->dtype));
    json_member_shape(json, "shape", tensor);
    json_close(json, '}');
}

/* Of a set as it was written, or of a file that was kept. */
static void put_tensors(struct json *json, const struct encode *encode,
                        const pw_tensor_set *set, const pw_file *file)
{
    const size_t n = set != NULL ? pw_tensor_set_n(set) : pw_file_n_tensors(file);

    json_key(json, "tensors");
    json_open(json, '[');
    for (size_t i = 0; i < n; i++)
        put_tensor(json,
                   set != NULL ? pw_tensor_set_name(set, i) : pw_file_tensor_name(file, i),
                   set != NULL ? pw_tensor_set_tensor(set, i) : pw_file_tensor(file, i),
                   encode->plan.save.float_dtype);
    json_close(json, ']');
}

/* The ids of a prompt's chunks, one after the other, as the manifest has them. */
static void put_ids(struct json *json, pw_text chunks)
{
    static const char before[] = "\"ids\":[";
    bool is_first = true;

    json_key(json, "ids");
    json_open(json, '[');
    for (const char *at = chunks.bytes; at != NULL && (at = strstr(at, before)) != NULL;) {
        const char *begin = at + strlen(before);
        const size_t size = strcspn(begin, "]");

        if (!is_first && size > 0)
            builder_text(&json->text, ",");
        builder_add(&json->text, begin, size);
        is_first = is_first && size == 0;
        at = begin + size;
    }
    json_close(json, ']');
}

static int64_t sum_of(pw_text chunks, const char *key)
{
    int64_t sum = 0;

    for (const char *at = chunks.bytes; at != NULL && (at = strstr(at, key)) != NULL;) {
        at += strlen(key);
        sum += strtoll(at, NULL, 10);
    }
    return sum;
}

static void put_choices(struct json *json, const struct encode *encode)
{
    const struct encoder *first = &encode->encoders[0];
    const size_t i_flavour = (size_t)encode->places.flavour;
    const char *dialect = encode->plan.options.dialect;

    json_member_text(json, "model", first->info.name);
    json_member_bool(json, "builtin", first->info.is_builtin);
    json_member_text(json, "recipe", encode->plan.options.recipe);
    json_member_text(json, "flavour", pw_flavour_name(i_flavour));
    json_member_text(json, "dialect",
                     dialect != NULL ? dialect : pw_flavour_dialect(i_flavour));
    json_member_text(json, "precision", pw_precision_name(first->info.precision));
    json_member_text(json, "level", pw_level_name(first->info.level));
    json_member_text(json, "tokenizer_mode",
                     pw_tokenizer_mode_name(first->tokenizer.info.mode));
}

static void put_prompt(struct json *json, const struct encode *encode, const pw_bulk_item *item,
                       bool has_negative, const struct prompt_line *line)
{
    put_text_member(json, "prompt", item->prompt.prompt);
    if (has_negative)
        put_text_member(json, "negative", item->prompt.negative);
    if (item->id != NULL)
        json_member_text(json, "id", item->id);
    json_member_int(json, "n_tokens", sum_of(line->chunks, "\"n_tokens\":"));
    json_member_int(json, "n_cut", line->n_cut);
    put_ids(json, line->chunks);
    put_choices(json, encode);
}

/* What is said of the prompts of a file, as its manifest records them. */
struct record {
    const pw_bulk_item *items;
    const struct prompt_line *lines;
    size_t n;
    bool has_negative;
    const pw_tensor_set *set;
    const pw_file *file; /* where set is NULL */
    const char *path;
    double seconds;
};

static int put_lines(struct encode *encode, const struct record *record)
{
    struct json json = {0};
    bool stop = false;
    int status = DONE;

    for (size_t i = 0; i < record->n && status == DONE && !stop; i++) {
        json_open(&json, '{');
        put_prompt(&json, encode, &record->items[i], record->has_negative, &record->lines[i]);
        json_member_text(&json, "output", record->path);
        json_member_int(&json, "row", (int64_t)i);
        put_tensors(&json, encode, record->set, record->file);
        json_member_real(&json, "seconds", floor(record->seconds * 1e6 + 0.5) / 1e6);
        json_close(&json, '}');
        status = json_print(encode->app, &json, &stop);
    }
    builder_free(&json.text);
    if (status == DONE && stop)
        status = fail(encode->app, PW_ERR_IO, "standard output", "cannot write to it: %s",
                      strerror(encode->app->write_error));
    return status;
}

static int put_record(struct encode *encode, struct record *record)
{
    const char *manifest = record->set != NULL
                               ? pw_tensor_set_metadata(record->set, PW_MANIFEST_KEY)
                               : pw_file_metadata(record->file, PW_MANIFEST_KEY);
    struct pool pool = {0};
    struct prompt_line *lines = NULL;
    size_t n = 0;
    int status = DONE;

    if (manifest != NULL &&
        !prompt_lines_of_manifest(&lines, &n, &pool, manifest, strlen(manifest)))
        status = fail_memory(encode->app);
    else if (n < record->n)
        status = fail(encode->app, PW_ERR_FORMAT, record->path,
                      "its manifest does not list its prompts");
    record->lines = lines;
    for (size_t i = 0; i < record->n; i++)
        record->has_negative =
            record->has_negative || record->items[i].prompt.negative.bytes != NULL;
    if (status == DONE && lines != NULL)
        status = put_lines(encode, record);
    pool_free(&pool);
    return status;
}

int report_json(struct encode *encode, const pw_bulk_item *items, size_t n,
                const pw_tensor_set *set, const char *path, double seconds)
{
    struct record record = {
        .items = items, .n = n, .set = set, .path = path, .seconds = seconds};
    pw_file *file = NULL;
    pw_error err;
    int status;

    if (!encode->app->json)
        return DONE;
    if (set == NULL && pw_file_open(&file, encode->app->ctx, path, NULL, &err) != PW_OK)
        return fail_with(encode->app, &err);
    record.file = file;
    status = put_record(encode, &record);
    pw_file_free(file);
    return status;
}
