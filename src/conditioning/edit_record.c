/* SPDX-License-Identifier: MIT */
/* Edits in files: the manifest's "edits", and the exchange form's own fields. */
#include <stdio.h>
#include <string.h>

#include <padwise/conditioning.h>
#include <padwise/version.h>

#include "base/error.h"
#include "conditioning/edit.h"
#include "formats/json.h"

/* ---- Walking over an object's members. */

struct member_reader {
    pwi_json json;
    pwi_buf *rest; /* members that are not "edits", as "\"key\":value" */
    pwi_buf *edits;
    size_t n_rest;
};

/* Copy the value behind the KEY that was just read: its first event is the next one. */
static pw_status copy_value(pwi_json *json, pwi_buf *out, pw_error *err)
{
    size_t depth = json->depth;
    bool is_first = true;

    do {
        PWI_TRY(pwi_json_next(json, err));
        const bool closes =
            json->event == PWI_JSON_ARRAY_END || json->event == PWI_JSON_OBJECT_END;

        if (!is_first && !closes)
            pwi_buf_byte(out, ',');
        is_first = json->event == PWI_JSON_ARRAY_BEGIN ||
                   json->event == PWI_JSON_OBJECT_BEGIN || json->event == PWI_JSON_KEY;
        switch (json->event) {
        case PWI_JSON_STRING:
        case PWI_JSON_KEY:
            pwi_json_put_string(out, json->text, json->size);
            pwi_buf_text(out, json->event == PWI_JSON_KEY ? ":" : "");
            break;
        case PWI_JSON_NUMBER:
            pwi_buf_append(out, json->text, json->size);
            break;
        case PWI_JSON_NULL:
            pwi_buf_text(out, "null");
            break;
        case PWI_JSON_FALSE:
            pwi_buf_text(out, "false");
            break;
        case PWI_JSON_TRUE:
            pwi_buf_text(out, "true");
            break;
        default:
            pwi_buf_byte(out, json->event == PWI_JSON_ARRAY_BEGIN  ? '['
                              : json->event == PWI_JSON_ARRAY_END  ? ']'
                              : json->event == PWI_JSON_OBJECT_END ? '}'
                                                                   : '{');
        }
    } while (json->depth > depth);
    return out->failed ? pwi_fail_memory(err) : PW_OK;
}

static pw_status read_members(struct member_reader *reader, pw_error *err)
{
    pwi_json *json = &reader->json;

    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "the manifest", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        if (pwi_json_is(json, "edits")) {
            PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, "the manifest's edits", err));
            pwi_buf_append(reader->edits, json->text, json->size);
            continue;
        }
        pwi_buf_text(reader->rest, reader->n_rest++ > 0 ? "," : "");
        pwi_json_put_string(reader->rest, json->text, json->size);
        pwi_buf_byte(reader->rest, ':');
        PWI_TRY(copy_value(json, reader->rest, err));
    }
}

/* The manifest taken apart; both buffers stay empty where there is none. */
static pw_status read_manifest(pw_context *ctx, const pw_tensor_set *set, pwi_buf *rest,
                               pwi_buf *edits, pw_error *err)
{
    const char *text = pw_tensor_set_metadata(set, PW_MANIFEST_KEY);
    struct member_reader reader = {.rest = rest, .edits = edits};
    pw_status status;

    if (text == NULL)
        return PW_OK;
    PWI_TRY(pwi_json_open_memory(&reader.json, &ctx->allocator, text, strlen(text), NULL, err));
    status = read_members(&reader, err);
    pwi_json_close(&reader.json);
    if (status == PW_OK && (rest->failed || edits->failed))
        return pwi_fail_memory(err);
    return pwi_where(err, "the manifest", status);
}

/* ---- The exchange form. */

struct claim {
    char manipulation[16];
    char cutoff_type[8];
    double scale_factor;
    uint64_t cutoff_tokens, keep_start, keep_end;
    bool has_factor, has_tokens, has_range;
};

/* A metadata entry as a string of at most size - 1 bytes; *found tells whether it is one. */
static pw_status read_text(pw_context *ctx, const pw_tensor_set *set, const char *key,
                           char *out, size_t size, bool *found, pw_error *err)
{
    const char *text = pw_tensor_set_metadata(set, key);
    pwi_json json;
    pw_status status;

    *found = false;
    if (text == NULL || text[0] == '\0')
        return PW_OK;
    PWI_TRY(pwi_json_open_memory(&json, &ctx->allocator, text, strlen(text), NULL, err));
    status = pwi_json_next(&json, err);
    if (status == PW_OK && json.event == PWI_JSON_STRING && json.size < size) {
        memcpy(out, json.text, json.size + 1);
        *found = true;
    }
    pwi_json_close(&json);
    return status == PW_ERR_NO_MEMORY ? status : PW_OK;
}

static pw_status read_range(pwi_json *json, struct claim *claim, pw_error *err)
{
    bool has_start = false, has_end = false;

    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "zero_range", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            break;
        if (pwi_json_is(json, "keep_start")) {
            PWI_TRY(pwi_json_next(json, err));
            PWI_TRY(pwi_json_u64(json, "keep_start", &claim->keep_start, err));
            has_start = true;
        } else if (pwi_json_is(json, "keep_end")) {
            PWI_TRY(pwi_json_next(json, err));
            PWI_TRY(pwi_json_u64(json, "keep_end", &claim->keep_end, err));
            has_end = true;
        } else {
            PWI_TRY(pwi_json_skip(json, err));
        }
    }
    claim->has_range = has_start && has_end;
    return PW_OK;
}

static pw_status read_factor(pwi_json *json, struct claim *claim, pw_error *err)
{
    PWI_TRY(pwi_json_next(json, err));
    PWI_TRY(pwi_json_f64(json, "scale_factor", &claim->scale_factor, err));
    claim->has_factor = true;
    return PW_OK;
}

static pw_status read_tokens(pwi_json *json, struct claim *claim, pw_error *err)
{
    PWI_TRY(pwi_json_next(json, err));
    PWI_TRY(pwi_json_u64(json, "cutoff_tokens", &claim->cutoff_tokens, err));
    claim->has_tokens = true;
    return PW_OK;
}

static pw_status read_claim(pw_context *ctx, const pw_tensor_set *set, struct claim *claim,
                            pw_error *err)
{
    static const struct {
        const char *key;
        pw_status (*read)(pwi_json *json, struct claim *claim, pw_error *err);
    } fields[] = {{"scale_factor", read_factor},
                  {"cutoff_tokens", read_tokens},
                  {"zero_range", read_range}};

    bool found;

    PWI_TRY(read_text(ctx, set, "cutoff_type", claim->cutoff_type, sizeof(claim->cutoff_type),
                      &found, err));
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        const char *text = pw_tensor_set_metadata(set, fields[i].key);
        pwi_json json;
        pw_status status;

        if (text == NULL)
            continue;
        PWI_TRY(pwi_json_open_memory(&json, &ctx->allocator, text, strlen(text), NULL, err));
        status = fields[i].read(&json, claim, err);
        pwi_json_close(&json);
        PWI_TRY(pwi_where(err, fields[i].key, status));
    }
    return PW_OK;
}

static size_t rows_of_embedding(const pw_tensor_set *set)
{
    const pw_tensor *tensor = pw_tensor_set_find(set, "embedding");

    return tensor == NULL || tensor->rank < 2 ? 0 : (size_t)tensor->shape[tensor->rank - 2];
}

/* Which rows were zeroed: the first or the last cutoff_tokens; kept is [keep_start, keep_end).
 */
static pw_status put_zero_range(const struct claim *claim, size_t n_rows, pwi_buf *out,
                                pw_error *err)
{
    const bool is_first = strcmp(claim->cutoff_type, "first") == 0;
    const uint64_t n = claim->cutoff_tokens;

    if ((!is_first && strcmp(claim->cutoff_type, "last") != 0) || !claim->has_tokens)
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "manipulation is \"Zero Range\", and cutoff_type (\"first\", \"last\") "
                        "and cutoff_tokens do not both say which rows");
    if (n_rows == 0 || n > n_rows)
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "cutoff_tokens is %llu and the embedding has %zu rows",
                        (unsigned long long)n, n_rows);
    if (claim->has_range && (claim->keep_start != (is_first ? n : 0) ||
                             claim->keep_end != (is_first ? n_rows : n_rows - n)))
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "zero_range keeps %llu..%llu, and cutoff_type with cutoff_tokens says "
                        "otherwise",
                        (unsigned long long)claim->keep_start,
                        (unsigned long long)claim->keep_end);
    pwi_buf_format(out, "%s %llu of all: zero", claim->cutoff_type, (unsigned long long)n);
    return PW_OK;
}

/* The field "manipulation" in the grammar; nothing where it is absent or another's. */
static pw_status put_exchange_edits(pw_context *ctx, const pw_tensor_set *set, pwi_buf *out,
                                    pw_error *err)
{
    struct claim claim = {.manipulation = ""};
    bool found;

    PWI_TRY(read_text(ctx, set, "manipulation", claim.manipulation, sizeof(claim.manipulation),
                      &found, err));
    if (!found)
        return PW_OK;
    if (strcmp(claim.manipulation, "Invert") == 0) {
        pwi_buf_text(out, "all: invert");
        return PW_OK;
    }
    if (strcmp(claim.manipulation, "Scale") != 0 &&
        strcmp(claim.manipulation, "Zero Range") != 0)
        return PW_OK;
    PWI_TRY(read_claim(ctx, set, &claim, err));
    if (strcmp(claim.manipulation, "Zero Range") == 0)
        return put_zero_range(&claim, rows_of_embedding(set), out, err);
    if (claim.has_factor) { /* older files do not say by how much */
        pwi_buf_text(out, "all: scale ");
        pwi_edit_put_number(out, claim.scale_factor);
    }
    return PW_OK;
}

/* ---- Reading and writing down. */

/* What was done to the set so far: the manifest knows the whole chain. */
static pw_status put_history(pw_context *ctx, const pw_tensor_set *set, pwi_buf *rest,
                             pwi_buf *edits, pw_error *err)
{
    PWI_TRY(read_manifest(ctx, set, rest, edits, err));
    if (edits->size == 0)
        PWI_TRY(put_exchange_edits(ctx, set, edits, err));
    return edits->failed ? pwi_fail_memory(err) : PW_OK;
}

pw_status pw_edits_of_set(pw_edits **out, pw_context *ctx, const pw_tensor_set *set,
                          pw_error *err)
{
    pwi_buf rest, edits;
    pw_status status;

    *out = NULL;
    pwi_buf_init(&rest, &ctx->allocator);
    pwi_buf_init(&edits, &ctx->allocator);
    status = put_history(ctx, set, &rest, &edits, err);
    if (status == PW_OK && edits.size > 0)
        status = pw_edits_parse(out, ctx, edits.data, edits.size, err);
    pwi_buf_free(&edits);
    pwi_buf_free(&rest);
    return status;
}

static pw_status record(const pw_edits *edits, pw_context *ctx, pw_tensor_set *set,
                        pwi_buf *manifest, pwi_buf *history, pw_error *err)
{
    pwi_buf_byte(manifest, '{');
    PWI_TRY(put_history(ctx, set, manifest, history, err));
    if (manifest->size == 1)
        pwi_buf_format(manifest, "\"version\":\"%s\"", pw_version());
    if (history->size > 0)
        pwi_buf_text(history, "; ");
    pwi_buf_text(history, edits->text.data);
    pwi_buf_text(manifest, ",\"edits\":");
    if (!history->failed)
        pwi_json_put_string(manifest, history->data, history->size);
    pwi_buf_byte(manifest, '}');
    if (manifest->failed || history->failed)
        return pwi_fail_memory(err);
    return pw_tensor_set_put_metadata(set, PW_MANIFEST_KEY, manifest->data, err);
}

pw_status pw_edits_record(const pw_edits *edits, pw_context *ctx, pw_tensor_set *set,
                          pw_error *err)
{
    pwi_buf manifest, history;
    pw_status status;

    pwi_buf_init(&manifest, &ctx->allocator);
    pwi_buf_init(&history, &ctx->allocator);
    status = record(edits, ctx, set, &manifest, &history, err);
    pwi_buf_free(&history);
    pwi_buf_free(&manifest);
    return status;
}

/* Rows zeroed from the first on, or to the last: how many, and which of the two. */
static bool is_zero_range(const pw_edit *edit, size_t n_rows, bool *is_first, size_t *n)
{
    const pw_edit_rows *rows = &edit->rows;

    if (edit->operation != PW_EDIT_ZERO)
        return false;
    *is_first =
        rows->kind == PW_EDIT_ROWS_RANGE ? rows->first == 0 : rows->part != PW_EDIT_LAST;
    if (rows->kind == PW_EDIT_ROWS_RANGE) {
        *n = rows->last - rows->first + 1;
        return rows->first == 0 || rows->last + 1 == n_rows;
    }
    *n = rows->part == PW_EDIT_WHOLE ? n_rows : rows->n;
    return rows->kind == PW_EDIT_ROWS_ALL && rows->part != PW_EDIT_NEAREST;
}

static pw_status put_zero_fields(pw_tensor_set *set, bool is_first, size_t n, size_t n_rows,
                                 pw_error *err)
{
    char number[32], range[96];

    snprintf(number, sizeof(number), "%zu", n);
    snprintf(range, sizeof(range), "{\"keep_start\": %zu, \"keep_end\": %zu}",
             is_first ? n : (size_t)0, is_first ? n_rows : n_rows - n);
    PWI_TRY(pw_tensor_set_put_metadata(set, "manipulation", "\"Zero Range\"", err));
    PWI_TRY(pw_tensor_set_put_metadata(set, "cutoff_type", is_first ? "\"first\"" : "\"last\"",
                                       err));
    PWI_TRY(pw_tensor_set_put_metadata(set, "cutoff_tokens", number, err));
    return pw_tensor_set_put_metadata(set, "zero_range", range, err);
}

static pw_status put_factor(pw_context *ctx, pw_tensor_set *set, double factor, pw_error *err)
{
    pwi_buf text;
    pw_status status;

    PWI_TRY(pw_tensor_set_put_metadata(set, "manipulation", "\"Scale\"", err));
    pwi_buf_init(&text, &ctx->allocator);
    pwi_json_put_f64(&text, factor);
    status = text.failed ? pwi_fail_memory(err)
                         : pw_tensor_set_put_metadata(set, "scale_factor", text.data, err);
    pwi_buf_free(&text);
    return status;
}

static pw_status put_base(pw_context *ctx, pw_tensor_set *set, const char *name, pw_error *err)
{
    pwi_buf text;
    pw_status status;

    if (name == NULL)
        return PW_OK;
    pwi_buf_init(&text, &ctx->allocator);
    pwi_json_put_string(&text, name, strlen(name));
    status = text.failed ? pwi_fail_memory(err)
                         : pw_tensor_set_put_metadata(set, "original_base", text.data, err);
    pwi_buf_free(&text);
    return status;
}

pw_status pw_edits_put_exchange(const pw_edits *edits, pw_context *ctx, pw_tensor_set *set,
                                size_t n_rows, const char *original_base, pw_error *err)
{
    const pw_edit *edit = edits->n == 1 ? &edits->items[0] : NULL;
    const bool is_all =
        edit != NULL && edit->rows.kind == PW_EDIT_ROWS_ALL && edit->rows.part == PW_EDIT_WHOLE;
    bool is_first = false;
    size_t n = 0;

    if (is_all && edit->operation == PW_EDIT_SCALE)
        PWI_TRY(put_factor(ctx, set, edit->x, err));
    else if (is_all && edit->operation == PW_EDIT_INVERT)
        PWI_TRY(pw_tensor_set_put_metadata(set, "manipulation", "\"Invert\"", err));
    else if (edit != NULL && is_zero_range(edit, n_rows, &is_first, &n) && n <= n_rows)
        PWI_TRY(put_zero_fields(set, is_first, n, n_rows, err));
    else
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "the exchange form's own fields know \"all: scale X\", \"all: invert\" "
                        "and zeros from the first row on or to the last; the manifest holds "
                        "any edit");
    return put_base(ctx, set, original_base, err);
}
