/* SPDX-License-Identifier: MIT */
/* The search for a model's tokenizer. The order is cli.md's. */
#include <stdlib.h>
#include <string.h>

#include "find.h"
#include "hub.h"
#include "paths.h"
#include "talk.h"

#define OPENAI_FILE "bpe_simple_vocab_16e6.txt.gz"

/* Repositories whose snapshot, or a folder in it, carries CLIP's vocabulary. */
static const char *const hub_names[][2] = {
    {"openai/clip-vit-large-patch14", ""},
    {"openai/clip-vit-base-patch32", ""},
    {"openai/clip-vit-base-patch16", ""},
    {"laion/CLIP-ViT-H-14-laion2B-s32B-b79K", ""},
    {"laion/CLIP-ViT-bigG-14-laion2B-39B-b160k", ""},
    {"stable-diffusion-v1-5/stable-diffusion-v1-5", "tokenizer"},
    {"runwayml/stable-diffusion-v1-5", "tokenizer"},
    {"CompVis/stable-diffusion-v1-4", "tokenizer"},
    {"stabilityai/stable-diffusion-xl-base-1.0", "tokenizer"},
    {"stabilityai/stable-diffusion-2-1", "tokenizer"},
};

/* A folder or file is a candidate if it has one of a tokenizer's files. */
static int offer(struct app *app, struct candidates *candidates, const char *path,
                 const char *place, bool is_bound)
{
    static const char *const files[] = {"tokenizer.json", "merges.txt"};
    struct candidate *items;
    bool is_there;

    if (path == NULL)
        return fail_memory(app);
    is_there = path_is_file(path) &&
               (path_ends(path, "tokenizer.json") || path_ends(path, "merges.txt") ||
                path_ends(path, ".txt.gz") || path_ends(path, ".whl"));
    for (size_t i = 0; !is_there && i < sizeof(files) / sizeof(*files); i++)
        is_there = path_holds(path, files[i]);
    if (!is_there && path_holds(path, OPENAI_FILE)) {
        path = path_join(&app->pool, path, OPENAI_FILE);
        is_there = true;
    }
    if (!is_there)
        return DONE;
    items = pool_grow(&app->pool, candidates->items, candidates->n, &candidates->capacity,
                      sizeof(*items));
    if (items == NULL || path == NULL)
        return fail_memory(app);
    candidates->items = items;
    items[candidates->n++] = (struct candidate){path, place, is_bound};
    return DONE;
}

static int offer_in(struct app *app, struct candidates *candidates, const char *folder,
                    const char *name, const char *place, bool is_bound)
{
    return offer(app, candidates, path_join(&app->pool, folder, name), place, is_bound);
}

/* diffusers: text_encoder_2 has its tokenizer in ../tokenizer_2. */
static int offer_sibling(struct app *app, struct candidates *candidates, const char *folder)
{
    const char *parent = path_parent(&app->pool, folder);
    const char *name = path_name(folder);
    const bool is_encoder = strncmp(name, "text_encoder", 12) == 0;
    char *sibling = pool_format(&app->pool, "tokenizer%s", is_encoder ? name + 12 : "");

    if (parent == NULL || sibling == NULL)
        return fail_memory(app);
    return offer_in(app, candidates, parent, sibling, "beside the model", is_encoder);
}

/* A ComfyUI tree keeps CLIP's vocabulary in comfy/sd1_tokenizer. */
static int offer_comfy(struct app *app, struct candidates *candidates, const char *folder)
{
    const char *above = folder;

    while (above != NULL && above[0] == '/') {
        TRY(offer_in(app, candidates, above, "comfy/sd1_tokenizer", "the ComfyUI tree above",
                     false));
        if (above[1] == '\0')
            break;
        above = path_parent(&app->pool, above);
    }
    return above == NULL ? fail_memory(app) : DONE;
}

int candidates_near(struct app *app, struct candidates *candidates, const char *model_path)
{
    const bool is_folder = path_is_folder(model_path);
    const char *folder = is_folder ? model_path : path_parent(&app->pool, model_path);

    folder = folder == NULL ? NULL : path_real(&app->pool, folder);
    if (folder == NULL)
        return fail_memory(app);
    TRY(offer(app, candidates, folder, is_folder ? "the model's folder" : "beside the file",
              is_folder));
    TRY(offer_in(app, candidates, folder, "tokenizer", "beside the model", is_folder));
    return is_folder ? offer_sibling(app, candidates, folder) : DONE;
}

/* A folder that is a tokenizer, or whose folders and files are. */
static int offer_shelf(struct app *app, struct candidates *candidates, const char *shelf,
                       const char *place)
{
    struct listing listing;

    TRY(offer(app, candidates, shelf, place, false));
    if (!path_list(&app->pool, shelf, &listing))
        return fail_memory(app);
    for (size_t i = 0; i < listing.n; i++) {
        const char *name = listing.names[i];

        if (strcmp(name, "merges.txt") != 0 && strcmp(name, "tokenizer.json") != 0 &&
            strcmp(name, OPENAI_FILE) != 0) /* of the shelf itself */
            TRY(offer_in(app, candidates, shelf, name, place, false));
    }
    return DONE;
}

static int offer_variable(struct app *app, struct candidates *candidates)
{
    const char *rest = getenv("PADWISE_TOKENIZERS");

    while (rest != NULL && rest[0] != '\0') {
        const size_t n = strcspn(rest, ":");
        const char *shelf = pool_copy(&app->pool, rest, n);

        if (shelf == NULL)
            return fail_memory(app);
        if (n > 0)
            TRY(offer_shelf(app, candidates, shelf, "PADWISE_TOKENIZERS"));
        rest += n + (rest[n] == ':');
    }
    return DONE;
}

static int offer_hub(struct app *app, struct candidates *candidates)
{
    for (size_t i = 0; i < sizeof(hub_names) / sizeof(*hub_names); i++) {
        char *snapshot;

        if (!hub_snapshot(&app->pool, hub_names[i][0], &snapshot))
            return fail_memory(app);
        if (snapshot != NULL)
            TRY(offer_in(app, candidates, snapshot, hub_names[i][1], "the Hugging Face cache",
                         false));
    }
    return DONE;
}

/* lib/python3.11/site-packages/open_clip below a prefix, for every Python there. */
static int offer_python(struct app *app, struct candidates *candidates, const char *lib)
{
    static const char *const packages[] = {"site-packages/open_clip",
                                           "dist-packages/open_clip"};
    struct listing listing;

    if (lib == NULL)
        return fail_memory(app);
    if (!path_list(&app->pool, lib, &listing))
        return fail_memory(app);
    for (size_t i = 0; i < listing.n; i++) {
        const char *python = path_join(&app->pool, lib, listing.names[i]);

        if (python == NULL)
            return fail_memory(app);
        if (strncmp(listing.names[i], "python3", 7) != 0)
            continue;
        for (size_t p = 0; p < sizeof(packages) / sizeof(*packages); p++)
            TRY(offer_in(app, candidates, python, packages[p], "an installed open_clip",
                         false));
    }
    return DONE;
}

static int offer_open_clip(struct app *app, struct candidates *candidates)
{
    const char *environment = getenv("VIRTUAL_ENV"), *home = getenv("HOME");

    if (environment != NULL && environment[0] != '\0')
        TRY(offer_python(app, candidates, path_join(&app->pool, environment, "lib")));
    if (home != NULL && home[0] != '\0')
        TRY(offer_python(app, candidates, path_join(&app->pool, home, ".local/lib")));
    TRY(offer_python(app, candidates, "/usr/local/lib"));
    return offer_python(app, candidates, "/usr/lib");
}

int kept_folder(struct app *app, char **folder)
{
    if (!path_of_user(&app->pool, "XDG_DATA_HOME", ".local/share", folder))
        return fail_memory(app);
    if (*folder != NULL)
        *folder = path_join(&app->pool, *folder, "padwise/tokenizers");
    else
        return DONE;
    return *folder == NULL ? fail_memory(app) : DONE;
}

/* PADWISE_TOKENIZERS and the kept ones come before the cache; the ComfyUI tree after it. */
static int collect_kept(struct app *app, struct candidates *candidates, const char *near)
{
    char *kept;

    TRY(kept_folder(app, &kept));
    TRY(offer_variable(app, candidates));
    if (kept != NULL)
        TRY(offer_shelf(app, candidates, kept, "padwise tokenizer add"));
    TRY(offer_hub(app, candidates));
    if (near != NULL) {
        const char *folder = path_is_folder(near) ? near : path_parent(&app->pool, near);

        folder = folder == NULL ? NULL : path_real(&app->pool, folder);
        if (folder == NULL)
            return fail_memory(app);
        TRY(offer_comfy(app, candidates, folder));
    }
    return offer_open_clip(app, candidates);
}

int candidates_kept(struct app *app, struct candidates *candidates)
{
    return collect_kept(app, candidates, NULL);
}

/* The path of "NAME=PATH" if the name is this role's or no role is known; of "PATH" always. */
static const char *path_for(const char *text, const char *role, bool *is_named)
{
    const size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

    *is_named = text[n] == '=' && n > 0 && !path_exists(text);
    if (!*is_named)
        return text;
    return role == NULL || (strlen(role) == n && strncmp(text, role, n) == 0) ? text + n + 1
                                                                              : NULL;
}

/* --tokenizer [NAME=]PATH: the last one with the encoder's name, else the last one without. */
static const char *given_for(const struct app *app, const char *role)
{
    const struct given *given = &app->arguments.given[OPTION_TOKENIZER];
    const char *found = NULL;
    bool is_found_named = false;

    for (size_t i = 0; i < given->n; i++) {
        bool is_named;
        const char *path = path_for(given->texts[i], role, &is_named);

        if (path == NULL || (is_found_named && !is_named && role != NULL))
            continue;
        found = path;
        is_found_named = is_named;
    }
    return found;
}

static int open_given(struct app *app, const char *given, const pw_tokenizer_options *options,
                      struct found_tokenizer *found)
{
    pw_error err;

    TRY(find_path(app, given, &found->path));
    found->place = "--tokenizer";
    if (pw_tokenizer_open(&found->tokenizer, app->ctx, found->path, options, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

static int open_builtin(struct app *app, const pw_tokenizer_options *options,
                        struct found_tokenizer *found)
{
    pw_error err;

    found->place = "built-in";
    if (pw_tokenizer_open_builtin(&found->tokenizer, app->ctx, options, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

/* Open candidates in order until one fits. */
static int open_first(struct app *app, const struct candidates *candidates, int32_t n_vocab,
                      const pw_tokenizer_options *options, struct found_tokenizer *found)
{
    pw_tokenizer_info info;
    pw_error err;

    for (size_t i = 0; i < candidates->n && found->tokenizer == NULL; i++) {
        const struct candidate *candidate = &candidates->items[i];
        pw_tokenizer *tokenizer = NULL;

        if (pw_tokenizer_open(&tokenizer, app->ctx, candidate->path, options, &err) != PW_OK) {
            if (candidate->is_bound || err.status == PW_ERR_NO_MEMORY ||
                err.status == PW_ERR_CANCELLED)
                return fail_with(app, &err);
            continue;
        }
        pw_tokenizer_get_info(tokenizer, &info);
        if (!candidate->is_bound && n_vocab != 0 && info.n_vocab != n_vocab) {
            pw_tokenizer_free(tokenizer);
            continue;
        }
        found->tokenizer = tokenizer;
        found->path = candidate->path;
        found->place = candidate->place;
    }
    return DONE;
}

static int not_found(struct app *app, const struct model_place *model, int32_t n_vocab)
{
    return fail(app, PW_ERR_NOT_FOUND, model->given,
                "no tokenizer with %d entries for it was found; give --tokenizer PATH, or keep "
                "one for all models with: padwise tokenizer add PATH (a folder with "
                "tokenizer.json or merges.txt, OpenAI's " OPENAI_FILE ", or open_clip's wheel)",
                (int)n_vocab);
}

int find_tokenizer(struct app *app, const struct model_place *model, int32_t n_vocab,
                   const pw_tokenizer_options *options, bool must,
                   struct found_tokenizer *found)
{
    const char *given = given_for(app, model->role);
    struct candidates candidates = {0};

    *found = (struct found_tokenizer){0};
    if (given != NULL) {
        TRY(open_given(app, given, options, found));
    } else if (model->path == NULL) {
        TRY(open_builtin(app, options, found));
    } else {
        TRY(candidates_near(app, &candidates, model->path));
        TRY(collect_kept(app, &candidates, model->path));
        TRY(open_first(app, &candidates, n_vocab, options, found));
    }
    if (found->tokenizer != NULL)
        pw_tokenizer_get_info(found->tokenizer, &found->info);
    else if (must)
        return not_found(app, model, n_vocab);
    return DONE;
}
