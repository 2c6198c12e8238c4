/* SPDX-License-Identifier: MIT */
/* padwise encode: prompts to conditioning files. */
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "paths.h"
#include "talk.h"

static int open_all(struct encode *encode)
{
    struct app *app = encode->app;

    TRY(prompts_open(app, &encode->prompts));
    encode->is_more = true;
    if (encode->plan.shape != ONE_FILE)
        TRY(path_make_folder(app, encode->plan.output));
    return encode_open(encode);
}

/* The library knows a prompt by its number in the call, its user by its line in a file. */
static void name_prompt(const struct batch *batch, pw_error *err)
{
    static const char *const labels[] = {"", "the negative of "};
    char where[sizeof(err->where)];

    for (size_t i = 0; i < batch->n; i++)
        for (size_t side = 0; side < 2; side++) {
            snprintf(where, sizeof(where), "%sprompt %zu", labels[side], i + 1);
            if (strcmp(where, err->where) != 0)
                continue;
            snprintf(err->where, sizeof(err->where), "%s%s", labels[side],
                     batch->items[i].where);
            return;
        }
}

static int compute(struct encode *encode, const struct batch *batch, pw_tensor_set **set)
{
    pw_prompt_texts *prompts = malloc(batch->n * sizeof(*prompts));
    pw_status status;
    pw_error err;

    if (prompts == NULL)
        return fail_memory(encode->app);
    for (size_t i = 0; i < batch->n; i++)
        prompts[i] = batch->items[i].prompt;
    show_call(encode, batch->items, batch->n);
    status = pw_conditioning_encode(set, encode->app->ctx, encode->given, encode->places.n,
                                    prompts, batch->n, &encode->plan.options, &err);
    free(prompts);
    if (encode->show.status != DONE)
        return encode->show.status;
    if (status == PW_OK)
        return DONE;
    name_prompt(batch, &err);
    return fail_with(encode->app, &err);
}

static void say_written(struct encode *encode, size_t n_prompts, const char *path,
                        bool was_there, double seconds)
{
    const pw_model_info *info = &encode->encoders[0].info;
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

    show_print(encode, set, batch->n);
    TRY(report_tensors(encode, set));
    if (pw_tensor_set_save(set, app->ctx, path, &encode->plan.save, &err) != PW_OK)
        return fail_with(app, &err);
    progress_stop(&app->progress);
    seconds = progress_clock() - started;
    TRY(report_json(encode, batch->items, batch->n, set, path, seconds));
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
    status = encode_edit(encode, set);
    if (status == DONE)
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
    TRY(encode_check_edits(encode));
    TRY(open_all(encode));
    return encode->plan.shape == ONE_FILE ? encode_file(encode) : encode_folder(encode);
}

int run_encode(struct app *app)
{
    struct encode encode = {.app = app};
    const int status = ranks_agree(app, &encode.ranks, run(&encode));

    output_free(&encode);
    prompts_close(&encode.prompts);
    show_free(&encode);
    encode_close(&encode);
    plan_free(&encode.plan);
    ranks_stop(&encode.ranks);
    return status;
}
