/* SPDX-License-Identifier: MIT */
/* Reading config.json: a flat table of keys, looked for at the top and in text_config. */
#include "models/clip_config.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "formats/json.h"

static const struct {
    const char *key;
    size_t offset;
} integer_keys[] = {
    {"hidden_size", offsetof(pwi_clip_config, hidden_size)},
    {"num_hidden_layers", offsetof(pwi_clip_config, num_hidden_layers)},
    {"num_attention_heads", offsetof(pwi_clip_config, num_attention_heads)},
    {"intermediate_size", offsetof(pwi_clip_config, intermediate_size)},
    {"projection_dim", offsetof(pwi_clip_config, projection_dim)},
    {"vocab_size", offsetof(pwi_clip_config, vocab_size)},
    {"max_position_embeddings", offsetof(pwi_clip_config, max_position_embeddings)},
    {"eos_token_id", offsetof(pwi_clip_config, eos_token_id)},
};

static pw_status read_activation(pwi_clip_config *config, pwi_json *json, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, "\"hidden_act\"", err));
    if (pwi_json_is(json, "quick_gelu"))
        config->hidden_act = PW_ACTIVATION_QUICK_GELU;
    else if (pwi_json_is(json, "gelu"))
        config->hidden_act = PW_ACTIVATION_GELU;
    else
        return pwi_fail_at(
            err, PW_ERR_UNSUPPORTED, json->offset,
            "\"hidden_act\" is %s; a CLIP text encoder has \"quick_gelu\" or \"gelu\"",
            pwi_quote(quoted, json->text, json->size));
    return PW_OK;
}

/* The value of one key. A null counts as not said. */
static pw_status read_key(pwi_clip_config *config, pwi_json *json, pw_error *err)
{
    for (size_t i = 0; i < sizeof(integer_keys) / sizeof(*integer_keys); i++) {
        if (!pwi_json_is(json, integer_keys[i].key))
            continue;
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_NULL)
            return PW_OK;
        return pwi_json_i64(json, integer_keys[i].key,
                            (int64_t *)(void *)((char *)config + integer_keys[i].offset), err);
    }
    if (pwi_json_is(json, "hidden_act"))
        return read_activation(config, json, err);
    if (pwi_json_is(json, "layer_norm_eps")) {
        PWI_TRY(pwi_json_next(json, err));
        return pwi_json_f64(json, "layer_norm_eps", &config->layer_norm_eps, err);
    }
    return pwi_json_skip(json, err);
}

/* text_config of a CLIPConfig: the same keys, one floor down. */
static pw_status read_text_config(pwi_clip_config *text, pwi_json *json, pw_error *err)
{
    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_OBJECT_BEGIN)
        return pwi_json_skip(json, err);
    text->is_present = true;
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        PWI_TRY(read_key(text, json, err));
    }
}

/* The object whose OBJECT_BEGIN was just read. */
static pw_status read_config(pwi_clip_config *config, pwi_clip_config *text, pwi_json *json,
                             pw_error *err)
{
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        if (pwi_json_is(json, "text_config"))
            PWI_TRY(read_text_config(text, json, err));
        else
            PWI_TRY(read_key(config, json, err));
    }
}

static pw_status parse(pwi_clip_config *config, const pw_context *ctx, const char *bytes,
                       size_t size, pw_error *err)
{
    pwi_clip_config text = {.eos_token_id = -1};
    pwi_json json;
    pw_status status;

    PWI_TRY(pwi_json_open_memory(&json, &ctx->allocator, bytes, size, NULL, err));
    status = pwi_json_expect(&json, PWI_JSON_OBJECT_BEGIN, "the configuration", err);
    if (status == PW_OK)
        status = read_config(config, &text, &json, err);
    if (status == PW_OK)
        status = pwi_json_expect(&json, PWI_JSON_END, "what follows the configuration", err);
    pwi_json_close(&json);
    if (status == PW_OK && text.is_present) {
        if (text.projection_dim == 0)
            text.projection_dim = config->projection_dim;
        *config = text;
    }
    return status;
}

pw_status pwi_clip_config_read(pwi_clip_config *config, const pw_context *ctx,
                               const char *folder, pw_error *err)
{
    char *bytes;
    size_t size;
    pwi_buf path;
    pw_status status;

    *config = (pwi_clip_config){.eos_token_id = -1};
    pwi_buf_init(&path, &ctx->allocator);
    pwi_buf_format(&path, "%s/config.json", folder);
    if (path.failed) {
        pwi_buf_free(&path);
        return pwi_fail_memory(err);
    }
    status =
        pwi_read_whole(&ctx->allocator, path.data, PWI_CONFIG_BYTES_MAX, &bytes, &size, err);
    if (status == PW_OK) {
        status = pwi_where(err, path.data, parse(config, ctx, bytes, size, err));
        config->is_present = true;
        pwi_free_array(&ctx->allocator, bytes, size + 1, 1);
    } else if (status == PW_ERR_NOT_FOUND) {
        status = PW_OK;
    }
    pwi_buf_free(&path);
    return status;
}
