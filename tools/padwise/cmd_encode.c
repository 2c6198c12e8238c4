/* SPDX-License-Identifier: MIT */
/* padwise encode: prompts to conditioning files. */
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "paths.h"
#include "show.h"
#include "talk.h"

static int open_model(struct encode *encode)
{
    struct app *app = encode->app;
    const struct model_place *place = &encode->place;
    const pw_model_options *options = &encode->plan.model;
    pw_status status;
    pw_error err;

    if (place->path == NULL)
        status = pw_model_open_builtin(&encode->model, app->ctx, options, &err);
    else
        status =
            pw_model_open(&encode->model, app->ctx, place->path, place->which, options, &err);
    progress_stop(&app->progress);
    if (status != PW_OK)
        return fail_with(app, &err);
    pw_model_get_info(encode->model, &encode->model_info);
    return DONE;
}

/* --like knows the model's fingerprint, not its path. */
static int check_like(struct encode *encode)
{
    const pw_manifest_info *like = &encode->plan.like_info;
    const char *path = option_text(encode->app, OPTION_LIKE);

    if (encode->plan.like == NULL)
        return DONE;
    if (encode->model_info.is_builtin && !like->is_builtin)
        return fail_usage(encode->app, "%s was made with %s: give its path with -m", path,
                          like->model_name);
    if (like->is_builtin != encode->model_info.is_builtin ||
        strcmp(like->model_fingerprint, encode->model_info.fingerprint) != 0)
        warn(encode->app, path, "was made with another model (%s, fingerprint %.16s...)",
             like->model_name, like->model_fingerprint);
    return DONE;
}

static void introduce(const struct encode *encode)
{
    const pw_model_info *info = &encode->model_info;
    struct app *app = encode->app;

    if (info->is_builtin)
        note(app,
             "the built-in model is untrained: its numbers mean nothing (-m names another)");
    if (info->activation_is_guess)
        note(app,
             "activation %s is a guess by the width: no config.json says it; "
             "--activation does",
             pw_activation_name(info->activation));
    if (encode->tokenizer.path != NULL && strcmp(encode->tokenizer.place, "--tokenizer") != 0 &&
        strcmp(encode->tokenizer.place, "the model's folder") != 0)
        note(app, "tokenizer: %s (%s)", encode->tokenizer.path, encode->tokenizer.place);
}

static int open_all(struct encode *encode)
{
    struct app *app = encode->app;

    TRY(find_model(app, &encode->place));
    TRY(prompts_open(app, &encode->prompts));
    encode->is_more = true;
    if (encode->plan.shape != ONE_FILE)
        TRY(path_make_folder(app, encode->plan.output));
    TRY(open_model(encode));
    TRY(check_like(encode));
    TRY(find_tokenizer(app, &encode->place, encode->model_info.n_vocab, &encode->plan.tokenizer,
                       true, &encode->tokenizer));
    introduce(encode);
    return DONE;
}

static int compute(struct encode *encode, const struct batch *batch, pw_tensor_set **set)
{
    const pw_encoder encoder = {encode->place.which, encode->model,
                                encode->tokenizer.tokenizer};
    pw_prompt_texts *prompts = malloc(batch->n * sizeof(*prompts));
    pw_status status;
    pw_error err;

    if (prompts == NULL)
        return fail_memory(encode->app);
    for (size_t i = 0; i < batch->n; i++)
        prompts[i] = batch->items[i].prompt;
    status = pw_conditioning_encode(set, encode->app->ctx, &encoder, 1, prompts, batch->n,
                                    &encode->plan.options, &err);
    free(prompts);
    return status == PW_OK ? DONE : fail_with(encode->app, &err);
}

static void say_written(struct encode *encode, size_t n_prompts, const char *path,
                        bool was_there, double seconds)
{
    const pw_model_info *info = &encode->model_info;
    const int32_t n_threads = pw_context_n_threads(encode->app->ctx);

    note(encode->app, "%zu prompt%s in %.2f s: level %s, precision %s, %d thread%s", n_prompts,
         n_prompts == 1 ? "" : "s", seconds, pw_level_name(info->level),
         pw_precision_name(info->precision), (int)n_threads, n_threads == 1 ? "" : "s");
    note(encode->app, "%s %s", was_there ? "replaced" : "wrote",
         strcmp(path, "-") == 0 ? "standard output" : path);
}

static int write_set(struct encode *encode, const struct batch *batch, const pw_tensor_set *set,
                     const char *path, double started)
{
    struct app *app = encode->app;
    const bool was_there = path_exists(path);
    double seconds;
    pw_error err;

    TRY(report_tokens(encode, batch, batch->n));
    TRY(report_tensors(encode, set));
    if (pw_tensor_set_save(set, app->ctx, path, &encode->plan.save, &err) != PW_OK)
        return fail_with(app, &err);
    progress_stop(&app->progress);
    seconds = progress_clock() - started;
    TRY(report_json(encode, batch, set, path, seconds));
    say_written(encode, batch->n, path, was_there, seconds);
    return DONE;
}

static int encode_batch(struct encode *encode, const struct batch *batch)
{
    const double started = progress_clock();
    pw_tensor_set *set = NULL;
    const char *path = NULL;
    int status;

    if (batch->n == 0)
        return fail(encode->app, PW_ERR_ARGUMENT, encode->prompts.path, "holds no prompt");
    TRY(output_path(encode, batch, &path)); /* a bad name shows before the work */
    TRY(compute(encode, batch, &set));
    status = write_set(encode, batch, set, path, started);
    pw_tensor_set_free(set);
    return status;
}

static int encode_file(struct encode *encode)
{
    struct batch batch;
    int status;

    if (encode->ranks.n > 1)
        return fail_usage(encode->app, "%d processes cannot write one file: -o DIR/",
                          (int)encode->ranks.n);
    status = batch_read(encode, &batch);
    if (status == DONE)
        status = encode_batch(encode, &batch);
    batch_free(&batch);
    return status;
}

static int run(struct encode *encode)
{
    struct app *app = encode->app;

    TRY(ranks_start(app, &encode->ranks));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(plan_read(app, &encode->plan));
    TRY(open_all(encode));
    return encode->plan.shape == ONE_FILE ? encode_file(encode) : encode_folder(encode);
}

int run_encode(struct app *app)
{
    struct encode encode = {.app = app};
    const int status = ranks_agree(app, &encode.ranks, run(&encode));

    output_free(&encode);
    prompts_close(&encode.prompts);
    pw_tokenizer_free(encode.tokenizer.tokenizer);
    pw_model_free(encode.model);
    plan_free(&encode.plan);
    ranks_stop(&encode.ranks);
    return status;
}
