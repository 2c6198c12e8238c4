/* SPDX-License-Identifier: MIT */
/* The choices of `padwise encode`: its options, over those of the manifest of --like. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "encode.h"
#include "paths.h"
#include "talk.h"

/* Options that cli.md has for recipes of a later version. */
static int refuse_foreign(struct app *app)
{
    static const enum option_id seconds[] = {OPTION_PROMPT_2, OPTION_PROMPT_3,
                                             OPTION_NEGATIVE_2, OPTION_NEGATIVE_3};

    if (option_given(app, OPTION_CLIP_SKIP))
        return fail_usage(app, "recipe raw skips nothing: name the layers with --hidden (-2 is "
                               "the last but one), --hidden-norm for the final norm");
    for (size_t i = 0; i < sizeof(seconds) / sizeof(*seconds); i++) {
        if (option_given(app, seconds[i]))
            return fail_usage(app, "--%s: recipe raw has one encoder",
                              option_table[seconds[i]].name);
    }
    if (option_given(app, OPTION_NEGATIVE) && option_given(app, OPTION_NO_NEGATIVE))
        return fail_usage(app, "--negative and --no-negative together");
    return DONE;
}

/* "0,6,-1" */
static int read_layers(struct app *app, struct plan *plan, const char *text)
{
    int32_t *layers = pool_array(&app->pool, strlen(text) + 1, sizeof(*layers));
    size_t n = 0;

    if (layers == NULL)
        return fail_memory(app);
    for (const char *word = text;; word++) {
        const size_t size = strcspn(word, ",");
        int64_t layer;

        if (!parse_integer(word, size, &layer) || layer < -PW_MODEL_LAYERS_MAX - 1 ||
            layer > PW_MODEL_LAYERS_MAX)
            return fail_usage(app, "--hidden \"%s\" is neither all nor a list of layers", text);
        layers[n++] = (int32_t)layer;
        word += size;
        if (*word == '\0')
            break;
    }
    plan->options.hidden_states = layers;
    plan->options.n_hidden_states = n;
    plan->options.all_hidden_states = false;
    return DONE;
}

static int read_hidden(struct app *app, struct plan *plan)
{
    const char *text = option_text(app, OPTION_HIDDEN);

    plan->options.hidden_norm =
        plan->options.hidden_norm || option_given(app, OPTION_HIDDEN_NORM);
    if (text == NULL)
        return DONE;
    if (strcmp(text, "all") != 0)
        return read_layers(app, plan, text);
    plan->options.all_hidden_states = true;
    plan->options.n_hidden_states = 0;
    return DONE;
}

/* "last_hidden_state,pooler_output" */
static int read_only(struct app *app, struct plan *plan)
{
    const char *text = option_text(app, OPTION_ONLY);
    const char **names;
    char *copy;
    size_t n = 0;

    if (text == NULL)
        return DONE;
    copy = pool_copy(&app->pool, text, strlen(text));
    names = pool_array(&app->pool, strlen(text) + 1, sizeof(*names));
    if (copy == NULL || names == NULL)
        return fail_memory(app);
    for (char *word = copy;; word++) {
        const size_t size = strcspn(word, ",");
        const bool is_last = word[size] == '\0';

        if (size == 0)
            return fail_usage(app, "--only \"%s\" has an empty name", text);
        names[n++] = word;
        word += size;
        *word = '\0';
        if (is_last)
            break;
    }
    plan->options.only = names;
    plan->options.n_only = n;
    return DONE;
}

static int read_dtype(struct app *app, struct plan *plan)
{
    const char *text = option_text(app, OPTION_DTYPE);

    if (text != NULL)
        plan->save.float_dtype = strcmp(text, "f16") == 0    ? PW_F16
                                 : strcmp(text, "bf16") == 0 ? PW_BF16
                                                             : PW_F32;
    return DONE;
}

/* --format, else the ending of -o; a name without an ending is safetensors. */
static int read_format(struct app *app, struct plan *plan)
{
    const char *text = option_text(app, OPTION_FORMAT);
    const char *name = plan->output == NULL ? "" : path_name(plan->output);
    const char *ending = strrchr(name, '.');
    int32_t found = PW_FORMAT_SAFETENSORS;

    if (text != NULL)
        found = strcmp(text, "npz") == 0    ? PW_FORMAT_NPZ
                : strcmp(text, "npy") == 0  ? PW_FORMAT_NPY
                : strcmp(text, "json") == 0 ? PW_FORMAT_JSON
                                            : PW_FORMAT_SAFETENSORS;
    else if (ending != NULL && ending != name)
        found = pw_format_from_path(plan->output);
    if (found < 0 || found == PW_FORMAT_SHARDED)
        return fail_usage(app,
                          "-o \"%s\": no format is known by this name's ending; use "
                          ".safetensors, .npz, .npy or .json, or say --format",
                          plan->output);
    plan->save.format = (pw_format)found;
    plan->save.only_tensor = option_text(app, OPTION_TENSOR);
    if (plan->save.only_tensor != NULL && plan->save.format != PW_FORMAT_NPY)
        return fail_usage(app, "--tensor is for npy files; --only picks tensors of others");
    return DONE;
}

/* npy holds one tensor: nothing else needs to be computed. */
static int settle_npy(struct app *app, struct plan *plan)
{
    const char **names;

    if (plan->save.format != PW_FORMAT_NPY)
        return DONE;
    if (plan->save.only_tensor == NULL && plan->options.n_only != 1)
        return fail_usage(app, "an npy file holds one tensor: name it, for example --tensor "
                               "last_hidden_state");
    if (plan->options.n_only != 0 || plan->save.only_tensor == NULL)
        return DONE;
    names = pool_array(&app->pool, 1, sizeof(*names));
    if (names == NULL)
        return fail_memory(app);
    names[0] = plan->save.only_tensor;
    plan->options.only = names;
    plan->options.n_only = 1;
    return DONE;
}

static int read_output(struct app *app, struct plan *plan)
{
    int64_t shard_size = 0;

    plan->output = option_text(app, OPTION_OUTPUT);
    if (plan->output != NULL && plan->output[0] == '\0')
        return fail_usage(app, "-o needs a name");
    if (plan->output != NULL && path_ends(plan->output, "/"))
        plan->shape = FILE_EACH;
    TRY(option_integer(app, OPTION_SHARD_SIZE, 1, INT32_MAX, &shard_size));
    if (shard_size > 0) {
        if (plan->shape != FILE_EACH)
            return fail_usage(app, "--shard-size needs a folder: -o DIR/ (with the slash)");
        plan->shape = SHARDS;
        plan->shard_size = (size_t)shard_size;
    }
    plan->replaces = option_given(app, OPTION_FORCE);
    if (plan->replaces && plan->shape != SHARDS)
        return fail_usage(app, "--force replaces shards of another run: it goes with "
                               "--shard-size");
    if (plan->output == NULL || strcmp(plan->output, "-") != 0)
        return DONE;
    if (app->json)
        return fail_usage(app, "-o - and --json would both write to standard output");
    if (isatty(STDOUT_FILENO) == 1)
        return fail_usage(app, "-o - would write binary data to the terminal; redirect it");
    return DONE;
}

/* The dtype of the file of --like is that of its first floating-point tensor. */
static pw_dtype dtype_of(const pw_file *file)
{
    for (size_t i = 0; i < pw_file_n_tensors(file); i++) {
        const pw_dtype dtype = pw_file_tensor(file, i)->dtype;

        if (dtype == PW_F32 || dtype == PW_F16 || dtype == PW_BF16)
            return dtype;
    }
    return PW_F32;
}

static const char *manifest_of(const pw_file *file)
{
    for (size_t i = 0; i < pw_file_n_metadata(file); i++) {
        if (strcmp(pw_file_metadata_key(file, i), PW_MANIFEST_KEY) == 0)
            return pw_file_metadata_value(file, i);
    }
    return NULL;
}

static int parse_like(struct app *app, struct plan *plan, const char *path, pw_file *file)
{
    const char *json = manifest_of(file);
    pw_error err;

    if (json == NULL)
        return fail(app, PW_ERR_NOT_FOUND, path,
                    "holds no manifest: it is no conditioning file of padwise");
    if (pw_manifest_parse(&plan->like, app->ctx, json, strlen(json), &err) != PW_OK) {
        if (err.where[0] == '\0')
            snprintf(err.where, sizeof(err.where), "%s", path);
        return fail_with(app, &err);
    }
    pw_manifest_get_info(plan->like, &plan->like_info);
    plan->save.float_dtype = dtype_of(file);
    return DONE;
}

/* A lower level than this machine's gives the file's bits again; a higher one cannot. */
static int use_level(struct app *app, const char *path, pw_level level)
{
    const char *variable = getenv("PADWISE_CPU");

    if (option_given(app, OPTION_CPU) || (variable != NULL && variable[0] != '\0') ||
        pw_context_level(app->ctx) == level)
        return DONE;
    if (pw_context_level(app->ctx) > level)
        return app_open_context(app, level);
    warn(app, path,
         "was computed at level %s; this machine computes at %s, so the last bits "
         "differ",
         pw_level_name(level), pw_level_name(pw_context_level(app->ctx)));
    return DONE;
}

static int read_like(struct app *app, struct plan *plan)
{
    const char *path = option_text(app, OPTION_LIKE);
    const pw_file_options options = app_file_options(app);
    pw_file *file;
    pw_error err;
    int status;

    if (path == NULL)
        return DONE;
    if (pw_file_open(&file, app->ctx, path, &options, &err) != PW_OK)
        return fail_with(app, &err);
    status = parse_like(app, plan, path, file);
    pw_file_free(file);
    TRY(status);
    plan->options = plan->like_info.options;
    plan->tokenizer.mode = plan->like_info.tokenizer_mode;
    plan->tokenizer.pad_bang = plan->like_info.pad_bang ? PW_PAD_BANG_ON : PW_PAD_BANG_OFF;
    plan->model.activation = plan->like_info.activation;
    plan->model.precision = plan->like_info.precision;
    if (plan->like_info.has_negative)
        plan->negative = plan->like_info.negative;
    return use_level(app, path, plan->like_info.level);
}

static int read_negative(struct app *app, struct plan *plan)
{
    const char *text = option_text(app, OPTION_NEGATIVE);

    plan->no_negative = option_given(app, OPTION_NO_NEGATIVE);
    if (plan->no_negative)
        plan->negative = (pw_text){NULL, 0};
    else if (text != NULL)
        plan->negative = (pw_text){text, strlen(text)};
    return DONE;
}

int plan_read(struct app *app, struct plan *plan)
{
    int64_t pad_id;

    *plan = (struct plan){0};
    pw_conditioning_options_init(&plan->options);
    pw_save_options_init(&plan->save);
    pw_tokenizer_options_init(&plan->tokenizer);
    pw_model_options_init(&plan->model);
    TRY(refuse_foreign(app));
    TRY(read_output(app, plan));
    TRY(read_format(app, plan));
    TRY(read_like(app, plan));
    TRY(read_dtype(app, plan));
    TRY(read_hidden(app, plan));
    TRY(read_only(app, plan));
    TRY(settle_npy(app, plan));
    TRY(read_negative(app, plan));
    if (option_given(app, OPTION_RECIPE))
        plan->options.recipe = option_text(app, OPTION_RECIPE);
    pad_id = plan->options.pad_id;
    TRY(option_integer(app, OPTION_PAD_ID, 0, PW_VOCAB_MAX - 1, &pad_id));
    plan->options.pad_id = (int32_t)pad_id;
    TRY(tokens_read_length(app, &plan->options.length, &plan->options.n_length));
    TRY(tokens_read_mask(app, &plan->options.mask));
    TRY(tokens_read_options(app, &plan->tokenizer));
    return app_model_options(app, &plan->model);
}

void plan_free(struct plan *plan)
{
    pw_manifest_free(plan->like);
}
