/* SPDX-License-Identifier: MIT */
/* The encoders of a recipe: which recipe it is, and the path of each of its encoders, from -m
 * or PADWISE_MODEL. */
#include <stdlib.h>
#include <string.h>

#include "find.h"
#include "paths.h"
#include "talk.h"

/* What -m gave: paths with a name, and at most one without. */
struct given_models {
    struct model_place *named;
    size_t n_named;
    struct model_place bare; /* path NULL: none */
    bool holds_several;      /* bare is a file with encoders of several names */
};

static int add_given(struct app *app, struct given_models *models, const char *text)
{
    struct model_place place;

    const char *name, *path;

    TRY(find_name(app, text, &name, &path));
    if (name == NULL && models->bare.path != NULL)
        return fail_usage(app,
                          "-m is given twice without a name: -m NAME=PATH says which encoder "
                          "%s is",
                          path);
    for (size_t i = 0; name != NULL && i < models->n_named; i++)
        if (strcmp(models->named[i].which, name) == 0)
            return fail_usage(app, "-m %s= is given twice", name);
    TRY(find_place(app, text, &place));
    if (name == NULL)
        models->bare = place;
    else
        models->named[models->n_named++] = place;
    return DONE;
}

static int read_given(struct app *app, struct given_models *models)
{
    const struct given *given = &app->arguments.given[OPTION_MODEL];
    const char *variable = getenv("PADWISE_MODEL");

    *models = (struct given_models){0};
    models->named = pool_array(&app->pool, given->n + 1, sizeof(*models->named));
    if (models->named == NULL)
        return fail_memory(app);
    for (size_t i = 0; i < given->n; i++)
        TRY(add_given(app, models, given->texts[i]));
    if (given->n == 0 && variable != NULL && variable[0] != '\0')
        return add_given(app, models, variable);
    return DONE;
}

/* The recipe that a checkpoint's layout names, or -1, and whether it holds several encoders. */
static int look_at_file(struct app *app, struct given_models *models, int32_t *recipe)
{
    pw_model_options options;
    pw_model_scan *scan;
    pw_error err;

    *recipe = -1;
    pw_model_options_init(&options);
    options.strict = option_given(app, OPTION_STRICT);
    options.skips_fingerprint = true;
    if (pw_model_scan_open(&scan, app->ctx, models->bare.path, &options, &err) != PW_OK)
        return fail_with(app, &err);
    models->holds_several = pw_model_scan_n(scan) > 1;
    *recipe = pw_recipe_of_layout(pw_model_scan_info(scan, 0)->layout);
    pw_model_scan_free(scan);
    return DONE;
}

static int look_at_pipeline(struct app *app, const struct given_models *models,
                            struct encoder_places *places)
{
    pw_error err;

    if (pw_pipeline_read(&places->pipeline, app->ctx, models->bare.path, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

static int no_recipe(struct app *app, const struct given_models *models,
                     const pw_pipeline_info *pipeline)
{
    if (pipeline->class_name[0] == '\0')
        return fail(app, PW_ERR_UNSUPPORTED, models->bare.given,
                    "its model_index.json names no pipeline; -r says what to compute (-r raw: "
                    "an encoder's own outputs)");
    return fail(app, PW_ERR_UNSUPPORTED, models->bare.given,
                "is a %s, which has no recipe here; -r computes what another recipe would "
                "(-r raw -m %s/text_encoder: an encoder's own outputs)",
                pipeline->class_name, models->bare.given);
}

/* What -r says, else what the path is. */
static int settle_recipe(struct app *app, const char *name, struct given_models *models,
                         struct encoder_places *places)
{
    const struct model_place *bare = &models->bare;
    const bool is_folder = bare->path != NULL && is_pipeline(bare->path);
    int32_t found = 0; /* raw */

    if (is_folder) {
        TRY(look_at_pipeline(app, models, places));
        found = places->pipeline.recipe;
    } else if (bare->path != NULL && path_is_file(bare->path)) {
        TRY(look_at_file(app, models, &found));
        found = found < 0 ? 0 : found;
    }
    if (name != NULL)
        found = pw_recipe_find(name);
    else if (found == 0 && models->n_named + (bare->path != NULL) > 1)
        return fail_usage(app, "several encoders are given with -m: -r says for which recipe");
    if (found < 0)
        return name != NULL ? fail_usage(app, "there is no recipe %s", name)
                            : no_recipe(app, models, &places->pipeline);
    places->is_by_path = name == NULL && found > 0;
    places->recipe = found;
    return DONE;
}

static int settle_encoders(struct app *app, const char *flavour, struct encoder_places *places)
{
    places->flavour = flavour == NULL ? 0 : pw_flavour_find(flavour);
    if (places->flavour < 0)
        return fail_usage(app, "there is no flavour %s", flavour);
    while (places->n < PW_RECIPE_ENCODERS_MAX &&
           pw_recipe_encoder_at((size_t)places->recipe, (size_t)places->flavour, places->n,
                                &places->encoders[places->n]))
        places->n++;
    if (places->n == 0)
        return fail_usage(app, "recipe %s does not exist in flavour %s",
                          pw_recipe_name((size_t)places->recipe),
                          pw_flavour_name((size_t)places->flavour));
    return DONE;
}

static int missing(struct app *app, const struct given_models *models,
                   const struct encoder_places *places, size_t i)
{
    const pw_recipe_encoder *encoder = &places->encoders[i];
    const char *recipe = pw_recipe_name((size_t)places->recipe);

    if (models->bare.path == NULL)
        return fail_usage(app,
                          "recipe %s needs the encoder %s, and no -m gives it: -m DIR (a "
                          "diffusers folder), -m FILE (a checkpoint), or -m %s=PATH",
                          recipe, encoder->name, encoder->name);
    return fail(app, PW_ERR_NOT_FOUND, models->bare.given,
                "holds no %s%s%s, which recipe %s needs; give it with -m %s=PATH",
                encoder->name, is_pipeline(models->bare.path) ? " in " : "",
                is_pipeline(models->bare.path) ? encoder->folder : "", recipe, encoder->name);
}

/* An encoder's own folder of a pipeline. */
static int enter(struct app *app, const pw_recipe_encoder *encoder, struct model_place *place)
{
    place->path = path_join(&app->pool, place->path, encoder->folder);
    place->which = NULL;
    return place->path == NULL ? fail_memory(app) : DONE;
}

/* Encoders in folders of their own, as a pipeline has them, with model_index.json or without.
 */
static bool has_folder(const char *path, const char *folder)
{
    return path_is_folder(path) && path_holds(path, folder);
}

/* A recipe of several encoders, all of which the folder has; -1: none. */
static int32_t recipe_of_folders(const char *path)
{
    for (size_t recipe = 0; pw_recipe_name(recipe) != NULL; recipe++) {
        pw_recipe_encoder encoder;
        size_t n = 0;

        while (pw_recipe_encoder_at(recipe, 0, n, &encoder) && has_folder(path, encoder.folder))
            n++;
        if (n > 1 && !pw_recipe_encoder_at(recipe, 0, n, &encoder))
            return (int32_t)recipe;
    }
    return -1;
}

/* One encoder is wanted of several. */
static int fail_several(struct app *app, const struct encoder_places *places,
                        const struct model_place *place)
{
    const bool is_whole = is_pipeline(place->path);
    const int32_t recipe = is_whole ? places->pipeline.recipe : recipe_of_folders(place->path);

    return fail(app, PW_ERR_NOT_FOUND, place->given,
                "%s with several text encoders, and recipe raw takes one: name its folder, -m "
                "%s/text_encoder%s%s",
                is_whole ? "a diffusers pipeline" : "a folder", place->given,
                recipe > 0 ? "; or take all of them by their recipe, -r " : "",
                recipe > 0 ? pw_recipe_name((size_t)recipe) : "");
}

/* recipe raw takes the one encoder there is. */
static int place_raw(struct app *app, const struct given_models *models,
                     const struct encoder_places *places, struct model_place *place)
{
    *place = models->n_named > 0 ? models->named[0] : models->bare;
    if (models->n_named + (models->bare.path != NULL) > 1)
        return fail_usage(app, "recipe raw takes one encoder, but -m is given %zu times",
                          models->n_named + (models->bare.path != NULL));
    if (place->path == NULL)
        return DONE;
    if (has_folder(place->path, "text_encoder") && has_folder(place->path, "text_encoder_2"))
        return fail_several(app, places, place);
    if (!is_pipeline(place->path))
        return DONE;
    if (!path_holds(place->path, places->encoders[0].folder))
        return fail(app, PW_ERR_NOT_FOUND, place->given,
                    "a diffusers pipeline without a text_encoder folder");
    return enter(app, &places->encoders[0], place);
}

/* In a path without a name: a pipeline's folder has them in folders, a checkpoint under names;
 * a lone encoder is what a recipe of one needs, whatever its sizes. */
static int place_bare(struct app *app, const struct given_models *models,
                      const struct encoder_places *places, size_t i, struct model_place *place)
{
    const pw_recipe_encoder *encoder = &places->encoders[i];

    *place = models->bare;
    if (place->path == NULL)
        return places->n == 1 ? DONE : missing(app, models, places, i);
    if (has_folder(place->path, encoder->folder))
        return enter(app, encoder, place);
    if (is_pipeline(place->path))
        return missing(app, models, places, i);
    if (places->n > 1 && !models->holds_several)
        return missing(app, models, places, i);
    place->which = models->holds_several ? encoder->name : NULL;
    return DONE;
}

static int place_encoder(struct app *app, const struct given_models *models,
                         struct encoder_places *places, size_t i)
{
    const pw_recipe_encoder *encoder = &places->encoders[i];
    struct model_place *place = &places->models[i];

    if (encoder->name[0] == '\0')
        return place_raw(app, models, places, place);
    for (size_t k = 0; k < models->n_named; k++) {
        if (strcmp(models->named[k].which, encoder->name) != 0)
            continue;
        *place = models->named[k];
        place->role = encoder->name;
        return is_pipeline(place->path) || has_folder(place->path, encoder->folder)
                   ? enter(app, encoder, place)
                   : DONE;
    }
    TRY(place_bare(app, models, places, i, place));
    place->role = encoder->name;
    return DONE;
}

/* A name that the recipe has not is a slip of the pen. */
static int check_name(struct app *app, const struct encoder_places *places, const char *option,
                      const char *name, size_t size)
{
    struct builder names = {0};
    int status;

    for (size_t i = 0; i < places->n; i++) {
        const char *known = places->encoders[i].name;

        if (known[0] == '\0' || (strlen(known) == size && strncmp(known, name, size) == 0)) {
            builder_free(&names);
            return DONE;
        }
        builder_format(&names, "%s%s", i == 0 ? "" : " and ", known);
    }
    status = fail_usage(app, "%s %.*s=: recipe %s has no such encoder; it has %s", option,
                        (int)size, name, pw_recipe_name((size_t)places->recipe),
                        names.failed ? "others" : names.bytes);
    builder_free(&names);
    return status;
}

static int check_names(struct app *app, const struct given_models *models,
                       const struct encoder_places *places)
{
    const struct given *tokenizers = &app->arguments.given[OPTION_TOKENIZER];

    for (size_t i = 0; i < models->n_named; i++)
        TRY(check_name(app, places, "-m", models->named[i].which,
                       strlen(models->named[i].which)));
    for (size_t i = 0; i < tokenizers->n; i++) {
        const char *text = tokenizers->texts[i];
        const size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

        if (n > 0 && text[n] == '=' && !path_exists(text))
            TRY(check_name(app, places, "--tokenizer", text, n));
    }
    return DONE;
}

int find_encoders(struct app *app, const char *recipe, const char *flavour,
                  struct encoder_places *places)
{
    struct given_models models;

    *places = (struct encoder_places){0};
    TRY(read_given(app, &models));
    TRY(settle_recipe(app, recipe, &models, places));
    TRY(settle_encoders(app, flavour, places));
    TRY(check_names(app, &models, places));
    for (size_t i = 0; i < places->n; i++)
        TRY(place_encoder(app, &models, places, i));
    return DONE;
}
