/* SPDX-License-Identifier: MIT */
/* Writing the exchange JSON: which tensors and fields of a set go into it, in the order that
 * people expect. Numbers and brackets are exchange_numbers.c's. */
#include <string.h>

#include "base/error.h"
#include "formats/exchange.h"
#include "formats/exchange_numbers.h"

#define FLUSH_SIZE ((size_t)1 << 16)

/* One level for the object around. */
#define FIELD_DEPTH_MAX (PW_JSON_DEPTH_MAX - 1)

/* The manifest of a conditioning file (conditioning.h). */
#define MANIFEST_KEY "padwise"

struct writing {
    const pw_tensor_set *set;
    pw_context *ctx;
    pwi_output *output;
    const pw_save_options *options;
    pwi_buf text; /* not yet in the output */
    bool is_empty;
    /* A conditioning set's tensor of one prompt, which goes out as the embedding [T, D], and
     * nothing else of the set's tensors does. NULL: all go, under their own names. */
    const char *main_name;
    pw_tensor main;
};

static const pw_tensor *find_tensor(const struct writing *writing, const char *name)
{
    if (writing->main_name == NULL)
        return pw_tensor_set_find(writing->set, name);
    return strcmp(name, "embedding") == 0 ? &writing->main : NULL;
}

static pw_status flush(struct writing *writing, size_t size_max, pw_error *err)
{
    if (writing->text.failed)
        return pwi_fail_memory(err);
    if (writing->text.size <= size_max)
        return PW_OK;
    PWI_TRY(pwi_output_write(writing->output, writing->text.data, writing->text.size, err));
    pwi_buf_clear(&writing->text);
    return PW_OK;
}

static void put_key(struct writing *writing, const char *key)
{
    pwi_buf_text(&writing->text, writing->is_empty ? "{" : ", ");
    writing->is_empty = false;
    pwi_json_put_string(&writing->text, key, strlen(key));
    pwi_buf_text(&writing->text, ": ");
}

/* Append the value if all of it is one JSON value; else nothing, with *is_json false. */
static pw_status put_json(struct writing *writing, const char *value, bool *is_json,
                          pw_error *err)
{
    const pwi_json_limits limits = {.depth_max = FIELD_DEPTH_MAX};
    const size_t begin = writing->text.size;
    pwi_json json;
    pw_status status;

    *is_json = false;
    if (value[0] == '\0')
        return PW_OK;
    PWI_TRY(pwi_json_open_memory(&json, &writing->ctx->allocator, value, strlen(value), &limits,
                                 err));
    status = pwi_json_next(&json, err);
    if (status == PW_OK)
        status = pwi_exchange_copy_value(&json, &writing->text, err);
    if (status == PW_OK)
        status = pwi_json_next(&json, err);
    pwi_json_close(&json);
    *is_json = status == PW_OK;
    if (status == PW_ERR_NO_MEMORY)
        return status;
    if (!*is_json)
        writing->text.size = begin;
    return PW_OK;
}

/* A field's value: JSON as it is; other text, which formats of plain text have, as a string. */
static pw_status put_value(struct writing *writing, const char *value, pw_error *err)
{
    bool is_json;

    PWI_TRY(put_json(writing, value, &is_json, err));
    if (!is_json)
        pwi_json_put_string(&writing->text, value, strlen(value));
    return flush(writing, FLUSH_SIZE, err);
}

static pw_status put_field(struct writing *writing, const char *key, pw_error *err)
{
    const char *value = pw_tensor_set_metadata(writing->set, key);

    if (value == NULL)
        return PW_OK;
    put_key(writing, key);
    return put_value(writing, value, err);
}

static pw_status put_tensor(struct writing *writing, const char *name, const pw_tensor *tensor,
                            pw_error *err)
{
    pwi_exchange_numbers numbers;

    PWI_TRY(
        pwi_exchange_numbers_open(&numbers, writing->ctx, name, tensor, writing->options, err));
    put_key(writing, name);
    while (pwi_exchange_numbers_left(&numbers)) {
        pw_status status = pwi_exchange_numbers_put(&numbers, &writing->text, err);

        if (status == PW_OK)
            status = flush(writing, FLUSH_SIZE, err);
        if (status != PW_OK) {
            pwi_exchange_numbers_close(&numbers);
            return status;
        }
    }
    pwi_exchange_numbers_close(&numbers);
    return PW_OK;
}

/* The tensors that the forms know, in their order, then the others in the set's. */
static pw_status put_tensors(struct writing *writing, pw_error *err)
{
    for (int i = 0; i < PWI_EXCHANGE_N_NAMES; i++) {
        const pw_tensor *tensor = find_tensor(writing, pwi_exchange_names[i]);

        if (tensor != NULL)
            PWI_TRY(put_tensor(writing, pwi_exchange_names[i], tensor, err));
    }
    for (size_t i = 0; writing->main_name == NULL && i < pw_tensor_set_n(writing->set); i++) {
        const char *name = pw_tensor_set_name(writing->set, i);

        if (pwi_exchange_name_of(name) == PWI_EXCHANGE_N_NAMES)
            PWI_TRY(put_tensor(writing, name, pw_tensor_set_tensor(writing->set, i), err));
    }
    return PW_OK;
}

/* Walk to the string prompts[0].prompt of a manifest; false if it is not there. */
static bool find_prompt(pwi_json *json)
{
    static const char *const path[] = {"prompts", "prompt"};

    for (size_t i = 0; i < 2; i++) {
        if (pwi_json_next(json, NULL) != PW_OK)
            return false;
        if (i == 1 &&
            (json->event != PWI_JSON_ARRAY_BEGIN || pwi_json_next(json, NULL) != PW_OK))
            return false;
        if (json->event != PWI_JSON_OBJECT_BEGIN)
            return false;
        for (;;) {
            if (pwi_json_next(json, NULL) != PW_OK || json->event != PWI_JSON_KEY)
                return false;
            if (pwi_json_is(json, path[i]))
                break;
            if (pwi_json_skip(json, NULL) != PW_OK)
                return false;
        }
    }
    return pwi_json_next(json, NULL) == PW_OK && json->event == PWI_JSON_STRING;
}

/* The prompt: the field, or what the manifest says. */
static pw_status put_prompt(struct writing *writing, pw_error *err)
{
    const char *manifest = pw_tensor_set_metadata(writing->set, MANIFEST_KEY);
    pwi_json json;

    if (manifest == NULL || pw_tensor_set_metadata(writing->set, "prompt") != NULL)
        return put_field(writing, "prompt", err);
    PWI_TRY(pwi_json_open_memory(&json, &writing->ctx->allocator, manifest, strlen(manifest),
                                 NULL, err));
    if (find_prompt(&json)) {
        put_key(writing, "prompt");
        pwi_json_put_string(&writing->text, json.text, json.size);
    }
    pwi_json_close(&json);
    return PW_OK;
}

/* "shape" is always there for an embedding. What a field says is kept if it is still true. */
static pw_status put_shape(struct writing *writing, pw_error *err)
{
    const char *stated = pw_tensor_set_metadata(writing->set, "shape");
    const pw_tensor *embedding = find_tensor(writing, "embedding");
    const pw_tensor *tensor = embedding;
    pw_status status = PW_ERR_MISMATCH;

    if (tensor == NULL && stated != NULL && pw_tensor_set_n(writing->set) == 1)
        tensor = pw_tensor_set_tensor(writing->set, 0);
    if (stated != NULL)
        status = pwi_exchange_check_shape(&writing->ctx->allocator, stated, tensor, err);
    if (status == PW_ERR_NO_MEMORY)
        return status;
    if (tensor == NULL || status == PW_OK)
        return put_field(writing, "shape", err);
    put_key(writing, "shape");
    pwi_exchange_put_shape(&writing->text, tensor->rank, tensor->shape);
    return PW_OK;
}

static pw_status put_shapes(struct writing *writing, pw_error *err)
{
    const char *stated = pw_tensor_set_metadata(writing->set, "shapes");
    const pw_tensor *tensors[PWI_EXCHANGE_N_NAMES];
    bool is_first = true;
    pw_status status;

    if (stated == NULL)
        return PW_OK;
    for (int i = 0; i < PWI_EXCHANGE_N_NAMES; i++)
        tensors[i] = find_tensor(writing, pwi_exchange_names[i]);
    status = pwi_exchange_check_shapes(&writing->ctx->allocator, stated, tensors, err);
    if (status == PW_ERR_NO_MEMORY)
        return status;
    if (status == PW_OK)
        return put_field(writing, "shapes", err);
    put_key(writing, "shapes");
    for (int i = 0; i < PWI_EXCHANGE_N_NAMES; i++) {
        if (tensors[i] == NULL)
            continue;
        pwi_buf_text(&writing->text, is_first ? "{" : ", ");
        is_first = false;
        pwi_buf_format(&writing->text, "\"%s\": ", pwi_exchange_names[i]);
        pwi_exchange_put_shape(&writing->text, tensors[i]->rank, tensors[i]->shape);
    }
    pwi_buf_text(&writing->text, is_first ? "{}" : "}");
    return PW_OK;
}

static pw_status put_max_length(struct writing *writing, pw_error *err)
{
    if (writing->main_name == NULL ||
        pw_tensor_set_metadata(writing->set, "max_length") != NULL)
        return put_field(writing, "max_length", err);
    put_key(writing, "max_length");
    pwi_json_put_i64(&writing->text, writing->main.shape[0]);
    return PW_OK;
}

/* Fields with a place of their own; and safetensors' "format": "pt", which says nothing here
 * (a field of that name from JSON has quotes in its value). */
static bool is_placed(const char *key, const char *value)
{
    static const char *const keys[] = {"prompt", "shape", "shapes", "max_length", "prompt_set"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return strcmp(key, "format") == 0 && strcmp(value, "pt") == 0;
}

static pw_status put_other_fields(struct writing *writing, pw_error *err)
{
    for (size_t i = 0; i < pw_tensor_set_n_metadata(writing->set); i++) {
        const char *key = pw_tensor_set_metadata_key(writing->set, i);

        if (!is_placed(key, pw_tensor_set_metadata_value(writing->set, i)))
            PWI_TRY(put_field(writing, key, err));
    }
    return PW_OK;
}

static pw_status put_all(struct writing *writing, pw_error *err)
{
    PWI_TRY(put_prompt(writing, err));
    PWI_TRY(put_tensors(writing, err));
    PWI_TRY(put_shape(writing, err));
    PWI_TRY(put_shapes(writing, err));
    PWI_TRY(put_max_length(writing, err));
    PWI_TRY(put_field(writing, "prompt_set", err));
    PWI_TRY(put_other_fields(writing, err));
    pwi_buf_text(&writing->text, "}");
    return flush(writing, 0, err);
}

/* What `padwise encode` makes (it has a manifest) holds no "embedding": find the tensor that is
 * it. */
static pw_status choose_main(struct writing *writing, pw_error *err)
{
    static const char *const names[] = {"last_hidden_state", "prompt_embeds"};
    const pw_tensor *tensor = NULL;
    size_t i;

    if (pw_tensor_set_metadata(writing->set, MANIFEST_KEY) == NULL)
        return PW_OK;
    for (i = 0; i < PWI_EXCHANGE_N_NAMES; i++)
        if (pw_tensor_set_find(writing->set, pwi_exchange_names[i]) != NULL)
            return PW_OK;
    for (i = 0; i < 2 && tensor == NULL; i++)
        tensor = pw_tensor_set_find(writing->set, names[i]);
    if (tensor == NULL || tensor->rank != 3)
        return PW_OK;
    if (tensor->shape[0] != 1)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "the exchange JSON holds one prompt and there are %lld: write a file a "
                        "prompt (-o DIR/), or safetensors or npz",
                        (long long)tensor->shape[0]);
    writing->main_name = names[i - 1];
    writing->main = *tensor;
    writing->main.rank = 2;
    memmove(writing->main.shape, tensor->shape + 1, 2 * sizeof(tensor->shape[0]));
    if (pw_tensor_set_n(writing->set) > 1)
        pwi_warn(writing->ctx, "json",
                 "%s is written as \"embedding\"; the other tensors (%zu) have no place in the "
                 "exchange JSON: safetensors and npz keep them",
                 writing->main_name, pw_tensor_set_n(writing->set) - 1);
    return PW_OK;
}

/* One object cannot hold two fields of one name. */
static pw_status check_names(const struct writing *writing, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    if (pw_tensor_set_n(writing->set) == 0)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "the exchange JSON holds at least one tensor; there is none");
    for (size_t i = 0; i < pw_tensor_set_n_metadata(writing->set); i++) {
        const char *key = pw_tensor_set_metadata_key(writing->set, i);

        if (find_tensor(writing, key) != NULL)
            return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                            "a tensor and a metadata entry are both named %s, which the "
                            "exchange JSON cannot hold: write safetensors or npz",
                            pwi_quote(quoted, key, strlen(key)));
    }
    return PW_OK;
}

pw_status pwi_exchange_save(const pw_tensor_set *set, pw_context *ctx, pwi_output *output,
                            const pw_save_options *options, pw_error *err)
{
    struct writing writing = {
        .set = set, .ctx = ctx, .output = output, .options = options, .is_empty = true};
    pw_status status;

    pwi_buf_init(&writing.text, &ctx->allocator);
    PWI_TRY(choose_main(&writing, err));
    PWI_TRY(check_names(&writing, err));
    status = put_all(&writing, err);
    pwi_buf_free(&writing.text);
    return status;
}
