/* SPDX-License-Identifier: MIT */
/* Opening what a recipe needs: its encoders, a tokenizer for each, embeddings; and what a
 * pipeline's folder says of its numbers. */
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "talk.h"

/* So many prompts fit a window or two: the file is read about once with streamed weights, too,
 * and memory for all of them is saved. */
#define STREAMED_PROMPTS_MAX 16

static void choose_weights(struct encode *encode)
{
    if (!encode->keeps_weights && encode->prompts.path == NULL &&
        encode->app->arguments.n_words <= STREAMED_PROMPTS_MAX)
        encode->plan.model.weights = PW_WEIGHTS_STREAMED;
}

/* What the folder says counts where diffusers' numbers are asked for: the user interfaces read
 * no model_index.json. */
static void heed_pipeline(struct encode *encode)
{
    const struct encoder_places *places = &encode->places;
    const pw_pipeline_info *pipeline = &places->pipeline;
    pw_conditioning_options *options = &encode->plan.options;

    if (pipeline->class_name[0] == '\0' || places->flavour != 0 || places->recipe == 0)
        return;
    if (options->force_zeros == PW_CHOICE_DEFAULT)
        options->force_zeros = pipeline->force_zeros;
    if (pipeline->recipe != places->recipe)
        return; /* the rest is by encoder of the folder's own recipe */
    for (size_t i = 0; i < places->n; i++) {
        if (options->mask < 0 && pipeline->uses_attention_mask[i])
            options->mask = PW_MASK_HF;
        if (options->pooled == NULL && places->n > 1 && pipeline->has_projection[i])
            options->pooled = places->encoders[i].name;
    }
}

/* --like knows the first model's fingerprint, not its path. */
static int check_like(struct encode *encode)
{
    const pw_manifest_info *like = &encode->plan.like_info;
    const pw_model_info *model = &encode->encoders[0].info;
    const char *path = option_text(encode->app, OPTION_LIKE);

    if (encode->plan.like == NULL)
        return DONE;
    if (model->is_builtin && !like->is_builtin)
        return fail_usage(encode->app, "%s was made with %s: give its path with -m", path,
                          like->model_name);
    if (like->is_builtin != model->is_builtin ||
        strcmp(like->model_fingerprint, model->fingerprint) != 0)
        warn(encode->app, path, "was made with another model (%s, fingerprint %.16s...)",
             like->model_name, like->model_fingerprint);
    return DONE;
}

static int open_model(struct encode *encode, size_t i)
{
    const pw_model_options options = plan_model(encode->app, &encode->plan, i);

    TRY(encoder_open_model(encode->app, &encode->places.models[i], &options,
                           &encode->encoders[i]));
    return i == 0 ? check_like(encode) : DONE;
}

static int open_tokenizer(struct encode *encode, size_t i)
{
    struct encoder *encoder = &encode->encoders[i];
    pw_tokenizer_options options;

    TRY(plan_tokenizer(encode->app, &encode->plan, &encode->places, i, &options));
    return find_tokenizer(encode->app, &encode->places.models[i], encoder->info.n_vocab,
                          &options, true, &encoder->tokenizer);
}

/* Named by the caller, or the model's own: nothing that somebody has to be told. */
static bool is_expected(const struct encode *encode, const struct found_tokenizer *tokenizer)
{
    return tokenizer->path == NULL || strcmp(tokenizer->place, "--tokenizer") == 0 ||
           strcmp(tokenizer->place, "the model's folder") == 0 ||
           (encode->places.pipeline.class_name[0] != '\0' &&
            strcmp(tokenizer->place, "beside the model") == 0);
}

static void introduce(const struct encode *encode, size_t i)
{
    const struct encoder *encoder = &encode->encoders[i];
    const struct found_tokenizer *tokenizer = &encoder->tokenizer;
    const char *role = encode->places.models[i].role;
    struct app *app = encode->app;

    if (encoder->info.is_builtin)
        note(app,
             "the built-in model is untrained: its numbers mean nothing (-m names another)");
    if (encoder->info.activation_is_guess)
        note(app,
             "%s%sactivation %s is a guess by the width: no config.json says it; "
             "--activation does",
             role == NULL ? "" : role, role == NULL ? "" : ": ",
             pw_activation_name(encoder->info.activation));
    if (is_expected(encode, tokenizer))
        return;
    for (size_t k = 0; k < i; k++)
        if (encode->encoders[k].tokenizer.path != NULL &&
            strcmp(encode->encoders[k].tokenizer.path, tokenizer->path) == 0)
            return;
    note(app, "tokenizer: %s (%s)", tokenizer->path, tokenizer->place);
}

/* ---- Textual inversion. */

static int32_t dialect_of(const struct encode *encode)
{
    const char *name = encode->plan.options.dialect;

    return pw_dialect_find(name != NULL ? name
                                        : pw_flavour_dialect((size_t)encode->places.flavour));
}

static int open_embeddings(struct encode *encode)
{
    const struct given *folders = &encode->app->arguments.given[OPTION_EMBEDDING_DIR];
    const struct encoder_places *places = &encode->places;
    pw_embedding_encoder encoders[PW_RECIPE_ENCODERS_MAX];
    pw_error err;

    if (folders->n == 0)
        return DONE;
    for (size_t i = 0; i < places->n; i++) {
        const char *role = places->models[i].role;

        encoders[i].name = role != NULL ? role : encode->encoders[i].info.name;
        encoders[i].width = (size_t)encode->encoders[i].info.width;
    }
    if (pw_embeddings_open(&encode->embeddings, encode->app->ctx, folders->texts, folders->n,
                           dialect_of(encode), encoders, places->n, &err) != PW_OK)
        return fail_with(encode->app, &err);
    encode->plan.options.embeddings = encode->embeddings;
    if (pw_embeddings_path(encode->embeddings, 0) == NULL)
        note(encode->app,
             "no embedding has a name: the folders hold none, or dialect %s knows none",
             pw_dialect_name((size_t)dialect_of(encode)));
    return DONE;
}

int encode_open(struct encode *encode)
{
    pw_conditioning_options *options = &encode->plan.options;
    struct encoder_places *places = &encode->places;

    TRY(find_encoders(encode->app, options->recipe, options->flavour, places));
    options->recipe = pw_recipe_name((size_t)places->recipe);
    TRY(plan_check(encode->app, options->recipe, places->n));
    heed_pipeline(encode);
    choose_weights(encode);
    for (size_t i = 0; i < places->n; i++)
        TRY(open_model(encode, i));
    for (size_t i = 0; i < places->n; i++) {
        struct encoder *encoder = &encode->encoders[i];
        const char *role = places->models[i].role;

        TRY(open_tokenizer(encode, i));
        introduce(encode, i);
        encode->given[i] = (pw_encoder){
            .name = role, .model = encoder->model, .tokenizer = encoder->tokenizer.tokenizer};
    }
    if (places->is_by_path)
        note(encode->app, "recipe %s, flavour %s", options->recipe,
             pw_flavour_name((size_t)places->flavour));
    options->on_plan = show_plan;
    options->user = encode;
    return open_embeddings(encode);
}

void encode_close(struct encode *encode)
{
    pw_embeddings_free(encode->embeddings);
    for (size_t i = 0; i < PW_RECIPE_ENCODERS_MAX; i++)
        encoder_close(&encode->encoders[i]);
}
