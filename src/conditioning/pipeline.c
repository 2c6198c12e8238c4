/* SPDX-License-Identifier: MIT */
/* What a diffusers folder says of its pipeline: model_index.json, and of each text encoder's
 * config.json what a recipe depends on. Weights and tokenizers are not looked at. */
#include <string.h>

#include "base/buf.h"
#include "conditioning/recipe.h"
#include "formats/json.h"

#define INDEX_BYTES_MAX ((size_t)1 << 20)

/* A text encoder's entry in model_index.json, and its configuration. */
struct slot {
    bool is_there, has_projection, uses_attention_mask;
    pw_activation activation;
};

struct pipeline {
    const pw_context *ctx;
    const char *folder;
    pw_pipeline_info *info;
    struct slot slots[PW_RECIPE_ENCODERS_MAX]; /* by pwi_encoder_folder */
};

/* Reads a value or member of the document that `user` stands for. */
typedef pw_status (*read_fn)(void *user, pwi_json *json, pw_error *err);

/* The members of the object whose OBJECT_BEGIN was just read; `read` takes each at its key. */
static pw_status read_members(pwi_json *json, read_fn read, void *user, pw_error *err)
{
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        PWI_TRY(read(user, json, err));
    }
}

static pw_status read_document(pwi_json *json, read_fn read, void *user, pw_error *err)
{
    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "the file", err));
    PWI_TRY(read_members(json, read, user, err));
    return pwi_json_expect(json, PWI_JSON_END, "what follows the object", err);
}

static pw_status read_bytes(const pw_context *ctx, const char *path, read_fn read, void *user,
                            pw_error *err)
{
    char *bytes;
    size_t size;
    pwi_json json;
    pw_status status;

    PWI_TRY(pwi_read_whole(&ctx->allocator, path, INDEX_BYTES_MAX, &bytes, &size, err));
    status = pwi_json_open_memory(&json, &ctx->allocator, bytes, size, NULL, err);
    if (status == PW_OK) {
        status = read_document(&json, read, user, err);
        pwi_json_close(&json);
    }
    pwi_free_array(&ctx->allocator, bytes, size + 1, 1);
    return status;
}

/* FOLDER/SUB/NAME, or FOLDER/NAME. */
static pw_status read_file(const struct pipeline *pipeline, const char *sub, const char *name,
                           read_fn read, void *user, pw_error *err)
{
    pwi_buf path;
    pw_status status;

    pwi_buf_init(&path, &pipeline->ctx->allocator);
    pwi_buf_format(&path, "%s/%s%s%s", pipeline->folder, sub, sub[0] == '\0' ? "" : "/", name);
    status = path.failed ? pwi_fail_memory(err)
                         : pwi_where(err, path.data,
                                     read_bytes(pipeline->ctx, path.data, read, user, err));
    pwi_buf_free(&path);
    return status;
}

/* true, false, or null for what is not said. */
static pw_status read_choice(pwi_json *json, const char *what, pw_choice *out, pw_error *err)
{
    PWI_TRY(pwi_json_next(json, err));
    if (json->event == PWI_JSON_TRUE)
        *out = PW_CHOICE_YES;
    else if (json->event == PWI_JSON_FALSE)
        *out = PW_CHOICE_NO;
    else if (json->event != PWI_JSON_NULL)
        return pwi_fail_at(err, PW_ERR_FIELD, json->offset,
                           "\"%s\" must be true or false, not %s", what,
                           pwi_json_event_name(json->event));
    return PW_OK;
}

/* ---- model_index.json ------------------------------------------------------------------- */

static pw_status take_class_name(pw_pipeline_info *info, const pwi_json *json, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    if (json->event != PWI_JSON_STRING || json->size >= sizeof(info->class_name) ||
        memchr(json->text, '\0', json->size) != NULL)
        return pwi_fail_at(err, PW_ERR_FIELD, json->offset,
                           "\"_class_name\" must name a class in at most %zu bytes, not %s",
                           sizeof(info->class_name) - 1,
                           json->event == PWI_JSON_STRING
                               ? pwi_quote(quoted, json->text, json->size)
                               : pwi_json_event_name(json->event));
    memcpy(info->class_name, json->text, json->size + 1);
    return PW_OK;
}

/* "StableDiffusionPipeline"; for a pipeline that has its code beside it, [module, class]. */
static pw_status read_class_name(pw_pipeline_info *info, pwi_json *json, pw_error *err)
{
    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_ARRAY_BEGIN)
        return take_class_name(info, json, err);
    PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, "the module of \"_class_name\"", err));
    PWI_TRY(pwi_json_next(json, err));
    PWI_TRY(take_class_name(info, json, err));
    return pwi_json_expect(json, PWI_JSON_ARRAY_END, "what follows the class name", err);
}

static bool ends_with(const char *text, size_t size, const char *ending)
{
    const size_t n = strlen(ending);

    return size >= n && memcmp(text + size - n, ending, n) == 0;
}

/* A string or null, of the pair that names a part of the pipeline. */
static pw_status next_of_pair(pwi_json *json, const char *folder, pw_error *err)
{
    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_STRING && json->event != PWI_JSON_NULL)
        return pwi_fail_at(err, PW_ERR_FIELD, json->offset,
                           "\"%s\" must be [library, class] or [null, null]; it holds %s",
                           folder, pwi_json_event_name(json->event));
    return PW_OK;
}

static pw_status read_slot(struct slot *slot, const char *folder, pwi_json *json, pw_error *err)
{
    PWI_TRY(pwi_json_next(json, err));
    if (json->event == PWI_JSON_NULL)
        return PW_OK;
    if (json->event != PWI_JSON_ARRAY_BEGIN)
        return pwi_fail_at(err, PW_ERR_FIELD, json->offset,
                           "\"%s\" must be [library, class] or [null, null], not %s", folder,
                           pwi_json_event_name(json->event));
    PWI_TRY(next_of_pair(json, folder, err));
    PWI_TRY(next_of_pair(json, folder, err));
    slot->is_there = json->event == PWI_JSON_STRING;
    slot->has_projection =
        slot->is_there && ends_with(json->text, json->size, "WithProjection");
    return pwi_json_expect(json, PWI_JSON_ARRAY_END, "what follows library and class", err);
}

static pw_status read_index_member(void *user, pwi_json *json, pw_error *err)
{
    struct pipeline *pipeline = user;

    if (pwi_json_is(json, "_class_name"))
        return read_class_name(pipeline->info, json, err);
    if (pwi_json_is(json, "force_zeros_for_empty_prompt"))
        return read_choice(json, "force_zeros_for_empty_prompt", &pipeline->info->force_zeros,
                           err);
    for (size_t i = 0; pwi_encoder_folder(i) != NULL; i++)
        if (pwi_json_is(json, pwi_encoder_folder(i)))
            return read_slot(&pipeline->slots[i], pwi_encoder_folder(i), json, err);
    return pwi_json_skip(json, err);
}

/* ---- config.json of a text encoder ------------------------------------------------------ */

/* Activations that tell no recipe from another are other encoders' business. */
static pw_status read_activation(struct slot *slot, pwi_json *json, pw_error *err)
{
    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_STRING)
        return pwi_json_skip(json, err);
    slot->activation = pwi_json_is(json, "quick_gelu") ? PW_ACTIVATION_QUICK_GELU
                       : pwi_json_is(json, "gelu")     ? PW_ACTIVATION_GELU
                                                       : PW_ACTIVATION_DEFAULT;
    return PW_OK;
}

static pw_status read_config_member(void *user, pwi_json *json, pw_error *err)
{
    struct slot *slot = user;
    pw_choice uses = slot->uses_attention_mask ? PW_CHOICE_YES : PW_CHOICE_NO;

    if (pwi_json_is(json, "hidden_act"))
        return read_activation(slot, json, err);
    if (!pwi_json_is(json, "use_attention_mask"))
        return pwi_json_skip(json, err);
    PWI_TRY(read_choice(json, "use_attention_mask", &uses, err));
    slot->uses_attention_mask = uses == PW_CHOICE_YES;
    return PW_OK;
}

/* A configuration of both towers has the text encoder's in text_config. */
static pw_status read_top_member(void *user, pwi_json *json, pw_error *err)
{
    if (!pwi_json_is(json, "text_config"))
        return read_config_member(user, json, err);
    PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_OBJECT_BEGIN)
        return pwi_json_skip(json, err);
    return read_members(json, read_config_member, user, err);
}

/* Without a file nothing is said; in a file that names no activation it is transformers' own
 * default. */
static pw_status read_config(const struct pipeline *pipeline, struct slot *slot,
                             const char *folder, pw_error *err)
{
    pw_status status;

    slot->activation = PW_ACTIVATION_QUICK_GELU;
    status = read_file(pipeline, folder, "config.json", read_top_member, slot, err);
    if (status != PW_ERR_NOT_FOUND)
        return status;
    slot->activation = PW_ACTIVATION_DEFAULT;
    return PW_OK;
}

static pw_status read_configs(struct pipeline *pipeline, pw_error *err)
{
    for (size_t i = 0; pwi_encoder_folder(i) != NULL; i++)
        if (pipeline->slots[i].is_there)
            PWI_TRY(read_config(pipeline, &pipeline->slots[i], pwi_encoder_folder(i), err));
    return PW_OK;
}

/* ---- The recipe ------------------------------------------------------------------------- */

static int32_t find_recipe(const struct pipeline *pipeline)
{
    pw_activation first = PW_ACTIVATION_DEFAULT;
    unsigned folders = 0;

    for (size_t i = 0; pwi_encoder_folder(i) != NULL; i++) {
        if (pipeline->slots[i].is_there && folders == 0)
            first = pipeline->slots[i].activation;
        folders |= pipeline->slots[i].is_there ? 1u << i : 0;
    }
    for (size_t i = 0; pw_recipe_name(i) != NULL; i++)
        if (pwi_recipe_is_of(i, pipeline->info->class_name, first, folders))
            return (int32_t)i;
    return -1;
}

/* The encoders of the recipe, which need not begin with the first folder. */
static void take_encoders(const struct pipeline *pipeline)
{
    pw_pipeline_info *info = pipeline->info;
    pw_recipe_encoder encoder;

    for (size_t i = 0; info->recipe >= 0 && i < PW_RECIPE_ENCODERS_MAX &&
                       pw_recipe_encoder_at((size_t)info->recipe, 0, i, &encoder);
         i++)
        for (size_t k = 0; pwi_encoder_folder(k) != NULL; k++) {
            if (strcmp(pwi_encoder_folder(k), encoder.folder) != 0)
                continue;
            info->has_projection[i] = pipeline->slots[k].has_projection;
            info->uses_attention_mask[i] = pipeline->slots[k].uses_attention_mask &&
                                           pwi_recipe_heeds_mask_flag((size_t)info->recipe);
        }
}

pw_status pw_pipeline_read(pw_pipeline_info *out, pw_context *ctx, const char *folder,
                           pw_error *err)
{
    pw_pipeline_info info = {.struct_size = sizeof(info), .recipe = -1};
    struct pipeline pipeline = {.ctx = ctx, .folder = folder, .info = &info};

    *out = info;
    PWI_TRY(read_file(&pipeline, "", "model_index.json", read_index_member, &pipeline, err));
    PWI_TRY(read_configs(&pipeline, err));
    info.recipe = find_recipe(&pipeline);
    take_encoders(&pipeline);
    *out = info;
    return PW_OK;
}
