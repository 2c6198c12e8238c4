/* SPDX-License-Identifier: MIT */
/* The model that is measured. Speed does not depend on what the weights are, so a random CLIP-L
 * does where no model is given. */
#include "bench.h"
#include "save_choice.h"
#include "talk.h"

#define KIND    "clip-l"
#define N_VOCAB 49408

/* CLIP's own vocabulary where this machine has it, else the built-in one: the random model gets
 * as many embeddings as it has entries. */
static int open_vocabulary(struct bench *bench, pw_tokenizer **tokenizer)
{
    struct app *app = bench->app;
    struct candidates candidates = {0};
    pw_tokenizer_options options;
    pw_tokenizer_info info;
    pw_error err;

    *tokenizer = NULL;
    pw_tokenizer_options_init(&options);
    TRY(candidates_kept(app, &candidates));
    for (size_t i = 0; i < candidates.n; i++) {
        if (pw_tokenizer_open(tokenizer, app->ctx, candidates.items[i].path, &options, &err) !=
            PW_OK)
            continue;
        pw_tokenizer_get_info(*tokenizer, &info);
        if (info.n_vocab == N_VOCAB)
            return DONE;
        pw_tokenizer_free(*tokenizer);
        *tokenizer = NULL;
    }
    if (pw_tokenizer_open_builtin(tokenizer, app->ctx, &options, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

/* --tokenizer goes into the random model, too. */
static int choose_vocabulary(struct bench *bench, pw_tokenizer **tokenizer)
{
    const struct model_place none = {0};
    struct found_tokenizer found;
    pw_tokenizer_options options;

    if (!option_given(bench->app, OPTION_TOKENIZER))
        return open_vocabulary(bench, tokenizer);
    pw_tokenizer_options_init(&options);
    TRY(find_tokenizer(bench->app, &none, 0, &options, true, &found));
    *tokenizer = found.tokenizer;
    return DONE;
}

static int make_random(struct bench *bench)
{
    struct app *app = bench->app;
    pw_tokenizer *tokenizer;
    pw_tokenizer_info info;
    pw_status status;
    pw_error err;

    TRY(choose_vocabulary(bench, &tokenizer));
    pw_tokenizer_get_info(tokenizer, &info);
    status = pw_model_init_files(app->ctx, KIND, bench->seed, save_dtype(app, PW_F32),
                                 tokenizer, bench->folder, &err);
    progress_stop(&app->progress);
    pw_tokenizer_free(tokenizer);
    if (status != PW_OK)
        return fail_with(app, &err);
    note(app, "no -m: a random %s (%s, %d entries) in %s, removed at the end", KIND,
         pw_dtype_name(save_dtype(app, PW_F32)), (int)info.n_vocab, bench->folder);
    bench->place = (struct model_place){.path = bench->folder, .given = bench->folder};
    return DONE;
}

int bench_model_prepare(struct bench *bench)
{
    if (bench->place.path != NULL)
        return DONE;
    TRY(find_model(bench->app, &bench->place));
    if (bench->place.path != NULL)
        return DONE;
    TRY(bench_folder_make(bench->app, &bench->folder));
    return make_random(bench);
}

int bench_model_open(struct bench *bench, pw_precision precision, pw_weights_mode weights,
                     pw_model **model)
{
    pw_model_options options;
    pw_error err;

    *model = NULL;
    TRY(bench_model_prepare(bench));
    pw_model_options_init(&options);
    TRY(app_model_options(bench->app, &options));
    options.precision = precision;
    options.weights = weights;
    if (pw_model_open(model, bench->app->ctx, bench->place.path, bench->place.which, &options,
                      &err) != PW_OK)
        return fail_with(bench->app, &err);
    progress_stop(&bench->app->progress);
    return DONE;
}

/* The model's own; CLIP's or the built-in one where there is no model yet: tokens do not wait
 * for weights. */
int bench_tokenizer_open(struct bench *bench)
{
    struct found_tokenizer *text = &bench->text;
    pw_tokenizer_options options;

    if (text->tokenizer != NULL)
        return DONE;
    if (bench->place.path == NULL)
        TRY(find_model(bench->app, &bench->place));
    if (bench->place.path == NULL) {
        TRY(choose_vocabulary(bench, &text->tokenizer));
        pw_tokenizer_get_info(text->tokenizer, &text->info);
        return DONE;
    }
    pw_tokenizer_options_init(&options);
    return find_tokenizer(bench->app, &bench->place, 0, &options, true, text);
}

void bench_model_remove(struct bench *bench)
{
    pw_tokenizer_free(bench->text.tokenizer);
    bench->text = (struct found_tokenizer){0};
    if (bench->folder != NULL)
        bench_folder_remove(bench->folder);
    bench->folder = NULL;
}

/* The matrices of the blocks; a lone prompt touches few rows of the embeddings. */
double bench_model_stream(const pw_model_info *info)
{
    const double width = info->width, mlp = info->mlp;
    const double size = pw_dtype_bits(info->dtype) / 8.0;

    return info->n_layers * (4 * width * width + 2 * width * mlp) * size;
}
