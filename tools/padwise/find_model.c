/* SPDX-License-Identifier: MIT */
/* The model of -m: a path, a hub name, or the built-in one. */
#include <stdlib.h>
#include <string.h>

#include "find.h"
#include "hub.h"
#include "paths.h"
#include "talk.h"

bool is_pipeline(const char *path)
{
    return path_is_folder(path) && path_holds(path, "model_index.json");
}

int find_path(struct app *app, const char *given, const char **path)
{
    char *found;

    *path = given;
    if (path_exists(given))
        return DONE;
    if (!hub_is_name(given))
        return fail(app, PW_ERR_NOT_FOUND, given, "no such file or folder");
    if (!hub_snapshot(&app->pool, given, &found))
        return fail_memory(app);
    if (found != NULL) {
        *path = found;
        return DONE;
    }
    if (!hub_cache(&app->pool, &found))
        return fail_memory(app);
    return fail(app, PW_ERR_NOT_FOUND, given,
                "no such folder, and not in the Hugging Face cache (%s); fetch it with: "
                "huggingface-cli download %s",
                found == NULL ? "no home is known" : found, given);
}

/* A name of lower-case letters, digits and _, unless a file is called so. */
int find_name(struct app *app, const char *text, const char **which, const char **rest)
{
    const size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

    *which = NULL;
    *rest = text;
    if (n == 0 || text[n] != '=' || path_exists(text))
        return DONE;
    *which = pool_copy(&app->pool, text, n);
    *rest = text + n + 1;
    return *which == NULL ? fail_memory(app) : DONE;
}

/* A pipeline folder with one text encoder is that encoder's folder. */
static int enter_pipeline(struct app *app, struct model_place *place)
{
    if (!path_holds(place->path, "text_encoder"))
        return fail(app, PW_ERR_NOT_FOUND, place->given,
                    "a diffusers pipeline without a text_encoder folder");
    if (path_holds(place->path, "text_encoder_2"))
        return fail(app, PW_ERR_NOT_FOUND, place->given,
                    "a diffusers pipeline with several text encoders: name the folder of one, "
                    "-m %s/text_encoder",
                    place->given);
    place->path = path_join(&app->pool, place->path, "text_encoder");
    return place->path == NULL ? fail_memory(app) : DONE;
}

int find_place(struct app *app, const char *text, struct model_place *place)
{
    *place = (struct model_place){0};
    TRY(find_name(app, text, &place->which, &place->given));
    return find_path(app, place->given, &place->path);
}

int find_model(struct app *app, struct model_place *place)
{
    const struct given *given = &app->arguments.given[OPTION_MODEL];
    const char *text = given->n > 0 ? given->texts[given->n - 1] : getenv("PADWISE_MODEL");

    *place = (struct model_place){0};
    if (given->n > 1)
        return fail_usage(app, "this takes one encoder, but -m is given %zu times", given->n);
    if (text == NULL || (given->n == 0 && text[0] == '\0'))
        return DONE;
    TRY(find_place(app, text, place));
    return is_pipeline(place->path) ? enter_pipeline(app, place) : DONE;
}
