/* SPDX-License-Identifier: MIT */
/* Writing the manifest. */
#include <string.h>

#include <padwise/version.h>

#include "conditioning/manifest.h"
#include "formats/json.h"

static void put_key(pwi_buf *buf, const char *key)
{
    if (buf->size > 0 && buf->data[buf->size - 1] != '{')
        pwi_buf_byte(buf, ',');
    pwi_buf_format(buf, "\"%s\":", key);
}

static void put_text(pwi_buf *buf, const char *key, const char *text)
{
    put_key(buf, key);
    pwi_json_put_string(buf, text, strlen(text));
}

static void put_bool(pwi_buf *buf, const char *key, bool value)
{
    put_key(buf, key);
    pwi_buf_text(buf, value ? "true" : "false");
}

static void put_integer(pwi_buf *buf, const char *key, int64_t value)
{
    put_key(buf, key);
    pwi_json_put_i64(buf, value);
}

const char *pwi_length_rule_name(pw_length_rule rule)
{
    static const char *const names[] = {"model", "longest", "none"};

    return rule == PW_LENGTH_FIXED ? NULL : names[rule];
}

static void put_length(pwi_buf *buf, const pw_conditioning_options *options)
{
    const char *name = pwi_length_rule_name(options->length);

    if (name != NULL)
        put_text(buf, "length", name);
    else
        put_integer(buf, "length", (int64_t)options->n_length);
}

/* One chunk: the ids as the encoder got them, their weights (all 1 in a plain prompt), and how
 * many are no pads. */
static void put_chunk(pwi_buf *buf, const pw_tokens *tokens)
{
    put_key(buf, "chunks");
    pwi_buf_text(buf, "[{\"ids\":[");
    for (size_t i = 0; i < tokens->n_tokens; i++)
        pwi_buf_format(buf, "%s%d", i > 0 ? "," : "", (int)tokens->ids[i]);
    pwi_buf_text(buf, "],\"weights\":[");
    for (size_t i = 0; i < tokens->n_tokens; i++)
        pwi_buf_text(buf, i > 0 ? ",1" : "1");
    pwi_buf_format(buf, "],\"n_tokens\":%zu}]", tokens->n_real);
}

static void put_optional_text(pwi_buf *buf, const char *key, pw_text text)
{
    put_key(buf, key);
    if (text.bytes == NULL)
        pwi_buf_text(buf, "null");
    else
        pwi_json_put_string(buf, text.bytes, text.size);
}

static void put_prompt(pwi_buf *buf, const pwi_manifest_source *source, size_t i)
{
    const pw_tokens *tokens = &source->side->tokens[i];

    pwi_buf_byte(buf, '{');
    put_optional_text(buf, "prompt", source->prompts[i].prompt);
    put_optional_text(buf, "negative", source->prompts[i].negative);
    put_chunk(buf, tokens);
    put_integer(buf, "n_cut", (int64_t)tokens->n_cut);
    if (source->negative != NULL)
        put_integer(buf, "negative_n_cut", (int64_t)source->negative->tokens[i].n_cut);
    pwi_buf_byte(buf, '}');
}

/* What of the recipe's tensors was asked for. */
static void put_selection(pwi_buf *buf, const pw_conditioning_options *options)
{
    if (options->all_hidden_states) {
        put_text(buf, "hidden", "all");
    } else if (options->n_hidden_states > 0) {
        put_key(buf, "hidden");
        for (size_t i = 0; i < options->n_hidden_states; i++)
            pwi_buf_format(buf, "%s%d", i > 0 ? "," : "[", (int)options->hidden_states[i]);
        pwi_buf_byte(buf, ']');
    }
    if (options->hidden_norm)
        put_bool(buf, "hidden_norm", true);
    if (options->n_only > 0) {
        put_key(buf, "only");
        for (size_t i = 0; i < options->n_only; i++) {
            pwi_buf_byte(buf, i > 0 ? ',' : '[');
            pwi_json_put_string(buf, options->only[i], strlen(options->only[i]));
        }
        pwi_buf_byte(buf, ']');
    }
}

void pwi_manifest_write(pwi_buf *buf, const pwi_manifest_source *source)
{
    const pw_model_info *model = source->model;

    pwi_buf_byte(buf, '{');
    put_text(buf, "version", pw_version());
    put_key(buf, "model");
    pwi_buf_byte(buf, '{');
    put_text(buf, "name", model->name);
    put_text(buf, "fingerprint", model->fingerprint);
    pwi_buf_byte(buf, '}');
    put_bool(buf, "builtin", model->is_builtin);
    if (model->is_builtin)
        put_text(buf, "note", "the built-in model is untrained: its numbers mean nothing");
    put_text(buf, "recipe", source->recipe);
    put_text(buf, "flavour", "diffusers");
    put_text(buf, "dialect", "plain");
    put_text(buf, "tokenizer_mode", pw_tokenizer_mode_name(source->tokenizer->mode));
    put_bool(buf, "pad_bang", source->tokenizer->pad_bang);
    put_text(buf, "activation", pw_activation_name(model->activation));
    put_text(buf, "pool", pw_pool_rule_name(model->pool));
    put_text(buf, "mask", pw_mask_rule_name(source->options->mask));
    put_length(buf, source->options);
    put_integer(buf, "pad_id", source->pad_id);
    put_text(buf, "precision", pw_precision_name(model->precision));
    put_text(buf, "level", pw_level_name(model->level));
    put_selection(buf, source->options);
    put_key(buf, "prompts");
    for (size_t i = 0; i < source->side->n_prompts; i++) {
        pwi_buf_byte(buf, i > 0 ? ',' : '[');
        put_prompt(buf, source, i);
    }
    pwi_buf_byte(buf, ']');
    put_text(buf, "edits", "");
    pwi_buf_byte(buf, '}');
}
