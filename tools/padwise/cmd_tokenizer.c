/* SPDX-License-Identifier: MIT */
/* padwise tokenizer: keep a copy of a vocabulary, list those that are found. */
#include <string.h>

#include "app.h"
#include "find.h"
#include "grid.h"
#include "json_out.h"
#include "paths.h"
#include "talk.h"

/* The name of the copy: the last part of the path that says anything. */
static char *name_of(struct app *app, const char *path)
{
    static const char *const endings[] = {".whl", ".txt.gz", ".json", ".txt"};
    struct pool *pool = &app->pool;
    const bool is_folder = path_is_folder(path);
    const char *real = is_folder ? path_real(pool, path) : pool_copy(pool, path, strlen(path));
    char *name;

    if (real == NULL)
        return NULL;
    /* ".../sdxl/tokenizer" and ".../sdxl/merges.txt" are of "sdxl". */
    if (strncmp(path_name(real), "tokenizer", 9) == 0 ||
        strcmp(path_name(real), "merges.txt") == 0 ||
        strcmp(path_name(real), "vocab.json") == 0)
        real = path_parent(pool, real);
    real = real == NULL || is_folder ? real : path_real(pool, real);
    if (real == NULL)
        return NULL;
    name = pool_copy(pool, path_name(real), strlen(path_name(real)));
    for (size_t i = 0; name != NULL && i < sizeof(endings) / sizeof(*endings); i++) {
        if (path_ends(name, endings[i]) && strlen(name) > strlen(endings[i]))
            name[strlen(name) - strlen(endings[i])] = '\0';
    }
    return name == NULL || name[0] != '\0' ? name : pool_copy(pool, "tokenizer", 9);
}

static int check_name(struct app *app, const char *name)
{
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL || strlen(name) > 200)
        return fail_usage(app, "\"%s\" cannot be the name of a tokenizer", name);
    return DONE;
}

static int report_added(struct app *app, const pw_tokenizer *tokenizer, const char *folder,
                        bool was_there)
{
    struct json json = {0};
    pw_tokenizer_info info;
    bool stop;
    int status;

    pw_tokenizer_get_info(tokenizer, &info);
    note(app, "%s %s: %s, %d entries", was_there ? "replaced" : "kept", folder, info.kind,
         (int)info.n_vocab);
    if (!app->json)
        return DONE;
    json_open(&json, '{');
    json_member_text(&json, "path", folder);
    json_member_text(&json, "kind", info.kind);
    json_member_int(&json, "n_vocab", info.n_vocab);
    json_close(&json, '}');
    status = json_print(app, &json, &stop);
    builder_free(&json.text);
    return status;
}

static int add(struct app *app)
{
    const struct arguments *arguments = &app->arguments;
    const char *path, *name, *folder;
    char *kept;
    pw_tokenizer *tokenizer = NULL;
    pw_tokenizer_options options;
    bool was_there;
    int status;
    pw_error err;

    pw_tokenizer_options_init(&options);
    if (arguments->n_words < 2 || arguments->n_words > 3)
        return fail_usage(app, "say: padwise tokenizer add PATH [NAME]");
    TRY(kept_folder(app, &kept));
    if (kept == NULL)
        return fail(app, PW_ERR_NOT_FOUND, "",
                    "neither XDG_DATA_HOME nor HOME is set: there is "
                    "no place to keep it");
    TRY(find_path(app, arguments->words[1], &path));
    name = arguments->n_words == 3 ? arguments->words[2] : name_of(app, path);
    folder = name == NULL ? NULL : path_join(&app->pool, kept, name);
    if (folder == NULL)
        return fail_memory(app);
    TRY(check_name(app, name));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    if (pw_tokenizer_open(&tokenizer, app->ctx, path, &options, &err) != PW_OK)
        return fail_with(app, &err);
    was_there = path_exists(folder);
    status = path_make_folder(app, folder);
    if (status == DONE && pw_tokenizer_save(tokenizer, folder, &err) != PW_OK)
        status = fail_with(app, &err);
    if (status == DONE)
        status = report_added(app, tokenizer, folder, was_there);
    pw_tokenizer_free(tokenizer);
    return status;
}

static void put_candidate(struct grid *grid, const struct candidate *candidate,
                          const pw_tokenizer *tokenizer, const pw_error *err)
{
    pw_tokenizer_info info = {0};

    if (tokenizer != NULL)
        pw_tokenizer_get_info(tokenizer, &info);
    grid_text(grid, candidate->place, strlen(candidate->place));
    if (tokenizer != NULL) {
        grid_cell(grid, "%s", info.kind);
        grid_cell(grid, "%d", (int)info.n_vocab);
        grid_cell(grid, "%d", (int)info.pad_id);
    } else {
        grid_cell(grid, "%s", pw_status_name(err->status) + strlen("PW_ERR_"));
        grid_cell(grid, "-");
        grid_cell(grid, "-");
    }
    grid_text(grid, candidate->path, strlen(candidate->path));
}

static void put_json(struct json *json, const struct candidate *candidate,
                     const pw_tokenizer *tokenizer, const pw_error *err)
{
    pw_tokenizer_info info = {0};

    json_open(json, '{');
    json_member_text(json, "path", candidate->path);
    json_member_text(json, "place", candidate->place);
    if (tokenizer != NULL) {
        pw_tokenizer_get_info(tokenizer, &info);
        json_member_text(json, "kind", info.kind);
        json_member_int(json, "n_vocab", info.n_vocab);
        json_member_int(json, "pad_id", info.pad_id);
    } else {
        json_member_text(json, "refused", pw_status_name(err->status));
        json_member_text(json, "message", err->text);
    }
    json_close(json, '}');
}

static int list_one(struct app *app, struct grid *grid, const struct candidate *candidate,
                    bool *stop)
{
    struct json json = {0};
    pw_tokenizer *tokenizer = NULL;
    pw_tokenizer_options options;
    int status = DONE;
    pw_error err = {0};

    pw_tokenizer_options_init(&options);
    if (pw_tokenizer_open(&tokenizer, app->ctx, candidate->path, &options, &err) != PW_OK &&
        (err.status == PW_ERR_NO_MEMORY || err.status == PW_ERR_CANCELLED))
        return fail_with(app, &err);
    if (app->json) {
        put_json(&json, candidate, tokenizer, &err);
        status = json_print(app, &json, stop);
        builder_free(&json.text);
    } else {
        put_candidate(grid, candidate, tokenizer, &err);
    }
    pw_tokenizer_free(tokenizer);
    return status;
}

static int list(struct app *app)
{
    static const struct column titles[] = {
        {"place", false}, {"kind", false}, {"entries", true}, {"pad", true}, {"path", false}};
    struct candidates candidates = {0};
    struct builder out = {0};
    struct grid grid;
    bool stop = false;
    int status = DONE;

    if (app->arguments.n_words != 1)
        return fail_usage(app, "list takes no argument");
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(candidates_kept(app, &candidates));
    grid_start(&grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t i = 0; i < candidates.n && status == DONE && !stop; i++)
        status = list_one(app, &grid, &candidates.items[i], &stop);
    progress_stop(&app->progress);
    if (status == DONE && !app->json && candidates.n > 0) {
        grid_print(&grid, &out, app->width_out, app->color_out);
        status = app_print(app, &out, &stop);
    }
    pool_free(&grid.pool);
    builder_free(&out);
    if (status == DONE && candidates.n == 0)
        note(app, "none is kept; keep one with: padwise tokenizer add PATH");
    return status;
}

int run_tokenizer(struct app *app)
{
    const struct arguments *arguments = &app->arguments;
    const char *verb = arguments->n_words == 0 ? "" : arguments->words[0];

    if (strcmp(verb, "add") == 0)
        return add(app);
    if (strcmp(verb, "list") == 0)
        return list(app);
    return fail_usage(app, "say: padwise tokenizer add PATH, or padwise tokenizer list");
}
