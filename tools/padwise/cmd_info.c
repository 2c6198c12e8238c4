/* SPDX-License-Identifier: MIT */
/* padwise info: finds out what a file or folder is. info_print.c says it. */
#include <string.h>

#include "info.h"
#include "paths.h"
#include "talk.h"

static const char *const pipeline_folders[] = {"text_encoder", "text_encoder_2",
                                               "text_encoder_3"};

static int scan(struct info *info, const char *path)
{
    struct app *app = info->app;
    pw_model_options options;
    pw_model_scan *opened;
    pw_error err;

    pw_model_options_init(&options);
    TRY(app_model_options(app, &options));
    if (info->n_scans >= ENCODERS_MAX)
        return DONE;
    if (pw_model_scan_open(&opened, app->ctx, path, &options, &err) != PW_OK)
        return err.status == PW_ERR_NOT_FOUND || err.status == PW_ERR_UNSUPPORTED
                   ? DONE
                   : fail_with(app, &err);
    info->scans[info->n_scans++] = opened;
    for (size_t i = 0; i < pw_model_scan_n(opened) && info->n_encoders < ENCODERS_MAX; i++)
        info->encoders[info->n_encoders++] = pw_model_scan_info(opened, i);
    return DONE;
}

static void settle_recipe(struct info *info, int32_t recipe)
{
    if (recipe >= 0)
        info->recipe = pw_recipe_name((size_t)recipe);
}

/* A diffusers folder: the encoders are in folders of their own. */
static int look_at_pipeline(struct info *info)
{
    pw_error err;

    if (pw_pipeline_read(&info->pipeline, info->app->ctx, info->path, &err) != PW_OK)
        return fail_with(info->app, &err);
    settle_recipe(info, info->pipeline.recipe);
    for (size_t i = 0; i < sizeof(pipeline_folders) / sizeof(*pipeline_folders); i++) {
        const char *folder = path_join(&info->app->pool, info->path, pipeline_folders[i]);

        if (folder == NULL)
            return fail_memory(info->app);
        if (!path_is_folder(folder))
            continue;
        if (info->encoder_folder == NULL)
            info->encoder_folder = folder;
        TRY(scan(info, folder));
    }
    info->kind = "checkpoint";
    info->layout = "diffusers";
    return DONE;
}

/* What padwise, diffusers and the exchange form call the rows of a prompt. */
static bool has_rows(const pw_file *file)
{
    static const char *const names[] = {"embedding", "last_hidden_state", "prompt_embeds",
                                        "clip_l_sequence"};

    for (size_t i = 0; i < pw_file_n_tensors(file); i++)
        for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
            if (strcmp(pw_file_tensor_name(file, i), names[k]) == 0)
                return true;
    return false;
}

/* Of the manifest: what other fields say of edits is shown among the metadata. */
static int read_edits(struct info *info)
{
    struct app *app = info->app;
    pw_tensor_set *set;
    pw_error err;
    int status = DONE;

    if (pw_tensor_set_create(&set, app->ctx, &err) != PW_OK)
        return fail_with(app, &err);
    if (pw_tensor_set_put_metadata(set, PW_MANIFEST_KEY, info->manifest_text, &err) != PW_OK ||
        pw_edits_of_set(&info->edits, app->ctx, set, &err) != PW_OK) {
        if (err.status == PW_ERR_NO_MEMORY)
            status = fail_with(app, &err);
        else
            warn(app, info->given, "its manifest's edits cannot be read: %s", err.text);
    }
    pw_tensor_set_free(set);
    return status;
}

static int look_at_manifest(struct info *info)
{
    pw_error err;

    info->layout = "padwise";
    if (pw_manifest_parse(&info->manifest, info->app->ctx, info->manifest_text,
                          strlen(info->manifest_text), &err) != PW_OK) {
        if (err.where[0] == '\0')
            snprintf(err.where, sizeof(err.where), "%s", info->given);
        return fail_with(info->app, &err);
    }
    pw_manifest_get_info(info->manifest, &info->manifest_info);
    if (info->manifest_info.names_recipe)
        info->recipe = info->manifest_info.recipe;
    return read_edits(info);
}

static int find_its_tokenizer(struct info *info)
{
    const struct model_place place = {
        .path = info->encoder_folder != NULL ? info->encoder_folder : info->path,
        .given = info->given};
    pw_tokenizer_options options;

    pw_tokenizer_options_init(&options);
    return find_tokenizer(info->app, &place, info->encoders[0]->n_vocab, &options, false,
                          &info->tokenizer);
}

static int look_at_file(struct info *info)
{
    struct app *app = info->app;
    const pw_file_options options = app_file_options(app);
    pw_error err;

    if (pw_file_open(&info->file, app->ctx, info->path, &options, &err) != PW_OK)
        return fail_with(app, &err);
    info->layout = pw_format_name(pw_file_format(info->file));
    info->manifest_text = pw_file_metadata(info->file, PW_MANIFEST_KEY);
    info->kind =
        info->manifest_text != NULL || has_rows(info->file) ? "conditioning" : "checkpoint";
    if (pw_file_fingerprint(info->file, false, info->fingerprint, &err) != PW_OK)
        return fail_with(app, &err);
    if (option_given(app, OPTION_DIGEST) &&
        pw_file_fingerprint(info->file, true, info->digest, &err) != PW_OK)
        return fail_with(app, &err);
    if (info->manifest_text != NULL)
        return look_at_manifest(info);
    if (pw_file_format(info->file) != PW_FORMAT_SAFETENSORS &&
        pw_file_format(info->file) != PW_FORMAT_SHARDED)
        return DONE;
    TRY(scan(info, info->path));
    if (info->n_encoders == 0)
        return DONE;
    info->layout = info->encoders[0]->layout;
    if (info->n_encoders == 1) {
        info->kind = info->encoders[0]->kind;
        info->recipe = pw_recipe_name(0);
    }
    settle_recipe(info, pw_recipe_of_layout(info->layout));
    return DONE;
}

static int look(struct info *info)
{
    TRY(find_path(info->app, info->given, &info->path));
    TRY(is_pipeline(info->path) ? look_at_pipeline(info) : look_at_file(info));
    return info->n_encoders == 0 ? DONE : find_its_tokenizer(info);
}

static void info_free(struct info *info)
{
    for (size_t i = 0; i < info->n_scans; i++)
        pw_model_scan_free(info->scans[i]);
    pw_tokenizer_free(info->tokenizer.tokenizer);
    pw_edits_free(info->edits);
    pw_manifest_free(info->manifest);
    pw_file_free(info->file);
}

static int do_path(struct app *app, const char *path, bool *is_first, bool *stop)
{
    struct info info = {.app = app, .given = path};
    int status = look(&info);

    progress_stop(&app->progress);
    if (status == DONE && !app->json && !*is_first)
        fputs("\n", app->out);
    if (status == DONE) {
        *is_first = false;
        status = app->json ? info_print_json(&info, stop) : info_print_text(&info, stop);
    }
    info_free(&info);
    return status;
}

int run_info(struct app *app)
{
    const struct arguments *arguments = &app->arguments;
    bool stop = false, is_first = true;
    int worst = DONE;

    if (arguments->n_words == 0)
        return fail_usage(app, "name a file or folder");
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(app_open_output(app));
    /* One bad file does not hide the others. */
    for (size_t i = 0; i < arguments->n_words && !stop; i++) {
        const int status = do_path(app, arguments->words[i], &is_first, &stop);

        worst = status == DONE ? worst : status;
        if (status == INTERRUPTED)
            break;
    }
    return worst;
}
