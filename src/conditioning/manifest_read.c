/* SPDX-License-Identifier: MIT */
/* Reading a manifest back, for `encode --like`: a table of keys, unknown ones skipped (a later
 * version may have written them). */
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "conditioning/manifest.h"
#include "formats/json.h"

#define LIST_MAX 4096 /* hidden layers or tensor names in one manifest */

struct pw_manifest {
    pw_context *ctx;
    pwi_arena arena;
    pw_manifest_info info;
    int32_t *layers; /* [LIST_MAX], in the arena */
    const char **only;
};

static pw_status keep_text(pw_manifest *manifest, const pwi_json *json, const char **out,
                           pw_error *err)
{
    *out = pwi_arena_string(&manifest->arena, json->text, json->size);
    return *out == NULL ? pwi_fail_memory(err) : PW_OK;
}

static pw_status read_text(pw_manifest *manifest, pwi_json *json, const char *what,
                           const char **out, pw_error *err)
{
    PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, what, err));
    return keep_text(manifest, json, out, err);
}

/* A text that names one of a set of values. */
static pw_status read_name(pwi_json *json, const char *what, int32_t (*from_name)(const char *),
                           int32_t *out, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, what, err));
    *out = from_name(json->text);
    if (*out < 0)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "the manifest's %s is %s, which this version does not know", what,
                        pwi_quote(quoted, json->text, json->size));
    return PW_OK;
}

static pw_status read_bool(pwi_json *json, const char *what, bool *out, pw_error *err)
{
    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_TRUE && json->event != PWI_JSON_FALSE)
        return PWI_FAIL(err, PW_ERR_FIELD, "the manifest's %s must be true or false", what);
    *out = json->event == PWI_JSON_TRUE;
    return PW_OK;
}

static pw_status read_i32(pwi_json *json, const char *what, int32_t *out, pw_error *err)
{
    int64_t value;

    PWI_TRY(pwi_json_i64(json, what, &value, err));
    if (value < INT32_MIN || value > INT32_MAX)
        return PWI_FAIL(err, PW_ERR_FIELD, "the manifest's %s does not fit 32 bits", what);
    *out = (int32_t)value;
    return PW_OK;
}

static pw_status read_length(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    pw_conditioning_options *options = &manifest->info.options;
    uint64_t n;

    PWI_TRY(pwi_json_next(json, err));
    if (json->event == PWI_JSON_NUMBER) {
        PWI_TRY(pwi_json_u64(json, "length", &n, err));
        options->length = PW_LENGTH_FIXED;
        options->n_length = n > PW_MODEL_POSITIONS_MAX ? PW_MODEL_POSITIONS_MAX : (size_t)n;
        return PW_OK;
    }
    for (int rule = PW_LENGTH_MODEL; json->event == PWI_JSON_STRING && rule < PW_LENGTH_FIXED;
         rule++)
        if (pwi_json_is(json, pwi_length_rule_name((pw_length_rule)rule))) {
            options->length = (pw_length_rule)rule;
            return PW_OK;
        }
    return PWI_FAIL(
        err, PW_ERR_FIELD,
        "the manifest's length must be a number, \"model\", \"longest\" or \"none\"");
}

static pw_status too_many(const char *what, pw_error *err)
{
    return PWI_FAIL(err, PW_ERR_LIMIT, "the manifest's list %s has more than %d entries", what,
                    LIST_MAX);
}

/* "all" or [layers]. */
static pw_status read_hidden(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    pw_conditioning_options *options = &manifest->info.options;

    PWI_TRY(pwi_json_next(json, err));
    options->all_hidden_states = json->event == PWI_JSON_STRING && pwi_json_is(json, "all");
    if (options->all_hidden_states)
        return PW_OK;
    if (json->event != PWI_JSON_ARRAY_BEGIN)
        return PWI_FAIL(err, PW_ERR_FIELD, "the manifest's hidden must be \"all\" or a list");
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_ARRAY_END)
            break;
        if (options->n_hidden_states == LIST_MAX)
            return too_many("hidden", err);
        PWI_TRY(read_i32(json, "hidden", &manifest->layers[options->n_hidden_states++], err));
    }
    options->hidden_states = manifest->layers;
    return PW_OK;
}

static pw_status read_only(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    pw_conditioning_options *options = &manifest->info.options;

    PWI_TRY(pwi_json_expect(json, PWI_JSON_ARRAY_BEGIN, "only", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_ARRAY_END)
            break;
        if (json->event != PWI_JSON_STRING)
            return PWI_FAIL(err, PW_ERR_FIELD, "the manifest's only must be a list of names");
        if (options->n_only == LIST_MAX)
            return too_many("only", err);
        PWI_TRY(keep_text(manifest, json, &manifest->only[options->n_only++], err));
    }
    options->only = manifest->only;
    return PW_OK;
}

static pw_status read_model(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "model", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        if (pwi_json_is(json, "name"))
            PWI_TRY(read_text(manifest, json, "model.name", &manifest->info.model_name, err));
        else if (pwi_json_is(json, "fingerprint"))
            PWI_TRY(read_text(manifest, json, "model.fingerprint",
                              &manifest->info.model_fingerprint, err));
        else
            PWI_TRY(pwi_json_skip(json, err));
    }
}

/* Of one prompt only its negative is taken. */
static pw_status read_negative(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    pw_text *negative = &manifest->info.negative;

    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_STRING)
        return json->event == PWI_JSON_NULL
                   ? PW_OK
                   : PWI_FAIL(err, PW_ERR_FIELD, "a negative must be text or null");
    if (manifest->info.has_negative)
        return PW_OK;
    manifest->info.has_negative = true;
    negative->size = json->size;
    return keep_text(manifest, json, &negative->bytes, err);
}

static pw_status read_prompts(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    PWI_TRY(pwi_json_expect(json, PWI_JSON_ARRAY_BEGIN, "prompts", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_ARRAY_END)
            return PW_OK;
        if (json->event == PWI_JSON_OBJECT_END)
            continue;
        if (json->event == PWI_JSON_KEY && pwi_json_is(json, "negative"))
            PWI_TRY(read_negative(manifest, json, err));
        else if (json->event != PWI_JSON_OBJECT_BEGIN)
            PWI_TRY(pwi_json_skip(json, err));
    }
}

/* Choices that are written by name; enumerations are ints in C11's every ABI that we build for.
 */
_Static_assert(sizeof(pw_level) == sizeof(int32_t), "an enumeration is stored as 32 bits");

/* What ComfyUI masks is its recipe's own rule. */
static int32_t mask_from_name(const char *name)
{
    return strcmp(name, "comfyui") == 0 ? -1 : pw_mask_rule_from_name(name);
}

static const struct {
    const char *key;
    int32_t (*from_name)(const char *name);
    size_t offset; /* in pw_manifest_info */
} named_choices[] = {
    {"tokenizer_mode", pw_tokenizer_mode_from_name, offsetof(pw_manifest_info, tokenizer_mode)},
    {"activation", pw_activation_from_name, offsetof(pw_manifest_info, activation)},
    {"precision", pw_precision_from_name, offsetof(pw_manifest_info, precision)},
    {"level", pw_level_from_name, offsetof(pw_manifest_info, level)},
    {"mask", mask_from_name, offsetof(pw_manifest_info, options.mask)},
    {"emphasis", pw_emphasis_from_name, offsetof(pw_manifest_info, options.prompt.emphasis)},
};

static pw_status read_recipe(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    PWI_TRY(read_text(manifest, json, "recipe", &manifest->info.recipe, err));
    manifest->info.options.recipe = manifest->info.recipe;
    manifest->info.names_recipe = true;
    return PW_OK;
}

static pw_status read_flavour(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    PWI_TRY(read_text(manifest, json, "flavour", &manifest->info.flavour, err));
    manifest->info.options.flavour = manifest->info.flavour;
    return PW_OK;
}

static pw_status read_dialect(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    PWI_TRY(read_text(manifest, json, "dialect", &manifest->info.dialect, err));
    manifest->info.options.dialect = manifest->info.dialect;
    return PW_OK;
}

static pw_status read_pooled(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    return read_text(manifest, json, "pooled", &manifest->info.options.pooled, err);
}

static pw_status read_builtin(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    return read_bool(json, "builtin", &manifest->info.is_builtin, err);
}

static pw_status read_pad_bang(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    return read_bool(json, "pad_bang", &manifest->info.pad_bang, err);
}

static pw_status read_hidden_norm(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    return read_bool(json, "hidden_norm", &manifest->info.options.hidden_norm, err);
}

static pw_status read_no_negative(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    return read_bool(json, "no_negative", &manifest->info.options.no_negative, err);
}

static pw_status read_force_zeros(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    bool is_forced = false;

    PWI_TRY(read_bool(json, "force_zeros", &is_forced, err));
    manifest->info.options.force_zeros = is_forced ? PW_CHOICE_YES : PW_CHOICE_NO;
    return PW_OK;
}

static const struct {
    const char *key;
    size_t offset; /* in pw_manifest_info, of an int32_t */
} numbers[] = {
    {"pad_id", offsetof(pw_manifest_info, options.pad_id)},
    {"clip_skip", offsetof(pw_manifest_info, options.clip_skip)},
    {"steps", offsetof(pw_manifest_info, options.prompt.steps)},
    {"hires_steps", offsetof(pw_manifest_info, options.prompt.hires_steps)},
    {"backtrack", offsetof(pw_manifest_info, options.plan.comma_backtrack)},
};

static pw_status read_number(pw_manifest *manifest, pwi_json *json, size_t i, pw_error *err)
{
    int32_t value = 0;

    PWI_TRY(pwi_json_next(json, err));
    PWI_TRY(read_i32(json, numbers[i].key, &value, err));
    memcpy((char *)&manifest->info + numbers[i].offset, &value, sizeof(value));
    return PW_OK;
}

static const struct {
    const char *key;
    pw_status (*read)(pw_manifest *manifest, pwi_json *json, pw_error *err);
} keys[] = {
    {"model", read_model},
    {"builtin", read_builtin},
    {"recipe", read_recipe},
    {"flavour", read_flavour},
    {"dialect", read_dialect},
    {"pad_bang", read_pad_bang},
    {"length", read_length},
    {"pooled", read_pooled},
    {"no_negative", read_no_negative},
    {"force_zeros", read_force_zeros},
    {"hidden", read_hidden},
    {"hidden_norm", read_hidden_norm},
    {"only", read_only},
    {"prompts", read_prompts},
};

static pw_status read_member(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    for (size_t i = 0; i < sizeof(named_choices) / sizeof(*named_choices); i++) {
        int32_t value = 0;

        if (!pwi_json_is(json, named_choices[i].key))
            continue;
        PWI_TRY(read_name(json, named_choices[i].key, named_choices[i].from_name, &value, err));
        memcpy((char *)&manifest->info + named_choices[i].offset, &value, sizeof(value));
        return PW_OK;
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        if (pwi_json_is(json, numbers[i].key))
            return read_number(manifest, json, i, err);
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (pwi_json_is(json, keys[i].key))
            return keys[i].read(manifest, json, err);
    return pwi_json_skip(json, err);
}

static pw_status read_manifest(pw_manifest *manifest, pwi_json *json, pw_error *err)
{
    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "the manifest", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            break;
        PWI_TRY(read_member(manifest, json, err));
    }
    return pwi_json_expect(json, PWI_JSON_END, "what follows the manifest", err);
}

static pw_status parse(pw_manifest *manifest, const char *bytes, size_t size, pw_error *err)
{
    pwi_json json;
    pw_status status;

    manifest->layers = pwi_arena_alloc(&manifest->arena, LIST_MAX * sizeof(*manifest->layers));
    manifest->only = pwi_arena_alloc(&manifest->arena, LIST_MAX * sizeof(*manifest->only));
    if (manifest->layers == NULL || manifest->only == NULL)
        return pwi_fail_memory(err);
    PWI_TRY(pwi_json_open_memory(&json, &manifest->ctx->allocator, bytes, size, NULL, err));
    status = read_manifest(manifest, &json, err);
    pwi_json_close(&json);
    return status;
}

pw_status pw_manifest_parse(pw_manifest **out, pw_context *ctx, const char *json, size_t size,
                            pw_error *err)
{
    pw_manifest *manifest = PWI_NEW(&ctx->allocator, pw_manifest);
    pw_status status;

    *out = NULL;
    if (manifest == NULL)
        return pwi_fail_memory(err);
    manifest->ctx = pwi_context_keep(ctx);
    pwi_arena_init(&manifest->arena, &manifest->ctx->allocator);
    pw_conditioning_options_init(&manifest->info.options);
    manifest->info.model_name = manifest->info.model_fingerprint = "";
    manifest->info.recipe = "raw";
    manifest->info.flavour = "diffusers";
    manifest->info.dialect = "plain";
    manifest->info.level = PW_LEVEL_HIGHEST;
    status = parse(manifest, json, size, err);
    if (status != PW_OK)
        pw_manifest_free(manifest);
    else
        *out = manifest;
    return status;
}

void pw_manifest_free(pw_manifest *manifest)
{
    pw_context *ctx = manifest == NULL ? NULL : manifest->ctx;

    if (manifest == NULL)
        return;
    pwi_arena_free(&manifest->arena);
    PWI_DELETE(&ctx->allocator, manifest);
    pw_context_free(ctx);
}

void pw_manifest_get_info(const pw_manifest *manifest, pw_manifest_info *info)
{
    *info = manifest->info;
}
