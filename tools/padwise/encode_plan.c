/* SPDX-License-Identifier: MIT */
/* The choices of `padwise encode`: its options, over those of the manifest of --like. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "encode.h"
#include "paths.h"
#include "reading.h"
#include "save_choice.h"
#include "talk.h"

static bool any_given(const struct app *app, const enum option_id *options, size_t n,
                      enum option_id *which)
{
    for (size_t i = 0; i < n; i++) {
        *which = options[i];
        if (option_given(app, options[i]))
            return true;
    }
    return false;
}

/* What the recipe has no place for: said before a model is opened. A pipeline that takes second
 * texts may have no encoder for them (SDXL's refiner): that is warned of where they are used.
 */
int plan_check(struct app *app, const char *recipe, size_t n_encoders)
{
    static const enum option_id seconds[] = {OPTION_PROMPT_2, OPTION_PROMPT_3,
                                             OPTION_NEGATIVE_2, OPTION_NEGATIVE_3},
                                layers[] = {OPTION_HIDDEN, OPTION_HIDDEN_NORM};

    const bool is_raw = strcmp(recipe, pw_recipe_name(0)) == 0;
    enum option_id which;

    if (is_raw && option_given(app, OPTION_CLIP_SKIP))
        return fail_usage(app, "recipe raw skips nothing: name the layers with --hidden (-2 is "
                               "the last but one), --hidden-norm for the final norm");
    if (!is_raw && any_given(app, layers, 2, &which))
        return fail_usage(app,
                          "--%s: recipe %s has the layers that its pipeline takes; -r raw has "
                          "all, --clip-skip skips the last",
                          option_table[which].name, recipe);
    if (is_raw && any_given(app, seconds, 4, &which))
        return fail_usage(app, "--%s: recipe %s has one encoder", option_table[which].name,
                          recipe);
    if (n_encoders > 1 && option_given(app, OPTION_ACTIVATION))
        return fail_usage(app,
                          "--activation: recipe %s has %zu encoders, whose activations differ; "
                          "put a config.json beside each",
                          recipe, n_encoders);
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

/* --format, else the ending of -o; a name without an ending is safetensors. */
static int read_format(struct app *app, struct plan *plan)
{
    const char *name = plan->output == NULL ? "" : path_name(plan->output);
    const char *ending = strrchr(name, '.');
    int32_t found = save_format(app);

    if (found < 0)
        found = ending != NULL && ending != name ? pw_format_from_path(plan->output)
                                                 : PW_FORMAT_SAFETENSORS;
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

static int parse_like(struct app *app, struct plan *plan, const char *path, pw_file *file)
{
    const char *json = pw_file_metadata(file, PW_MANIFEST_KEY);
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
    plan->model.precision = plan->like_info.precision;
    plan->takes_like_tokenizer = true;
    if (plan->like_info.has_negative)
        plan->texts.negative = plan->like_info.negative;
    return use_level(app, path, plan->like_info.level);
}

/* The text of an option, for prompts that have none of their own. */
static void read_text(const struct app *app, enum option_id id, pw_text *text)
{
    const char *given = option_text(app, id);

    if (given != NULL)
        *text = (pw_text){given, strlen(given)};
}

static int read_texts(struct app *app, struct plan *plan)
{
    pw_prompt_texts *texts = &plan->texts;

    if (option_given(app, OPTION_NEGATIVE) && option_given(app, OPTION_NO_NEGATIVE))
        return fail_usage(app, "--negative and --no-negative together");
    read_text(app, OPTION_NEGATIVE, &texts->negative);
    read_text(app, OPTION_PROMPT_2, &texts->prompt_2);
    read_text(app, OPTION_PROMPT_3, &texts->prompt_3);
    read_text(app, OPTION_NEGATIVE_2, &texts->negative_2);
    read_text(app, OPTION_NEGATIVE_3, &texts->negative_3);
    if (option_given(app, OPTION_NEGATIVE))
        plan->options.no_negative = false; /* of --like */
    if (option_given(app, OPTION_NO_NEGATIVE))
        plan->options.no_negative = true;
    if (plan->options.no_negative)
        texts->negative = texts->negative_2 = texts->negative_3 = (pw_text){NULL, 0};
    return DONE;
}

static int read_recipe(struct app *app, struct plan *plan)
{
    const char *recipe = option_text(app, OPTION_RECIPE),
               *flavour = option_text(app, OPTION_FLAVOUR);

    if (recipe != NULL) {
        plan->takes_like_tokenizer =
            plan->takes_like_tokenizer && strcmp(recipe, plan->like_info.recipe) == 0;
        plan->options.recipe = recipe;
    }
    if (flavour != NULL) {
        plan->options.flavour = flavour;
        plan->options.dialect = NULL; /* of --like: it goes with its flavour */
        plan->takes_like_tokenizer = false;
    }
    return DONE;
}

static int read_layer(struct app *app, struct plan *plan)
{
    int64_t skip = plan->options.clip_skip;

    TRY(option_integer(app, OPTION_CLIP_SKIP, -PW_MODEL_LAYERS_MAX, PW_MODEL_LAYERS_MAX,
                       &skip));
    plan->options.clip_skip = (int32_t)skip;
    return DONE;
}

/* How prompts are read, chunked and weighed. */
static int read_dialect(struct app *app, struct plan *plan)
{
    int32_t dialect;

    if (option_given(app, OPTION_DIALECT)) {
        TRY(reading_read_dialect(app, &dialect));
        plan->options.dialect = pw_dialect_name((size_t)dialect);
    }
    return reading_read_options(app, &plan->options.prompt, &plan->options.plan);
}

/* --mask; without it the recipe's. */
static int read_mask(struct app *app, struct plan *plan)
{
    const char *text = option_text(app, OPTION_MASK);

    if (text == NULL)
        return DONE;
    plan->options.mask = pw_mask_rule_from_name(text);
    return plan->options.mask < 0 ? fail_usage(app, "--mask %s is not in this version", text)
                                  : DONE;
}

int plan_read(struct app *app, struct plan *plan)
{
    int64_t pad_id;

    *plan = (struct plan){0};
    pw_conditioning_options_init(&plan->options);
    pw_save_options_init(&plan->save);
    pw_model_options_init(&plan->model);
    TRY(read_output(app, plan));
    TRY(read_format(app, plan));
    TRY(read_like(app, plan));
    plan->save.float_dtype = save_dtype(app, plan->save.float_dtype);
    TRY(read_hidden(app, plan));
    TRY(read_only(app, plan));
    TRY(settle_npy(app, plan));
    TRY(read_texts(app, plan));
    TRY(read_recipe(app, plan));
    TRY(read_layer(app, plan));
    TRY(read_dialect(app, plan));
    pad_id = plan->options.pad_id;
    TRY(option_integer(app, OPTION_PAD_ID, 0, PW_VOCAB_MAX - 1, &pad_id));
    plan->options.pad_id = (int32_t)pad_id;
    TRY(tokens_read_length(app, &plan->options.length, &plan->options.n_length));
    TRY(read_mask(app, plan));
    return app_model_options(app, &plan->model);
}

/* The recipe's, unless --like or an option says otherwise. What --like knows is the first
 * encoder's: what was the recipe's own there is so for the others. */
int plan_tokenizer(struct app *app, const struct plan *plan,
                   const struct encoder_places *places, size_t i, pw_tokenizer_options *options)
{
    const pw_manifest_info *like = &plan->like_info;
    const pw_recipe_encoder *encoder = &places->encoders[i], *first = &places->encoders[0];
    const pw_pad_bang bang = like->pad_bang ? PW_PAD_BANG_ON : PW_PAD_BANG_OFF;

    pw_tokenizer_options_init(options);
    options->mode = encoder->tokenizer_mode;
    options->pad_bang = encoder->pad_bang;
    if (plan->takes_like_tokenizer && (i == 0 || like->tokenizer_mode != first->tokenizer_mode))
        options->mode = like->tokenizer_mode;
    if (plan->takes_like_tokenizer && (i == 0 || bang != first->pad_bang))
        options->pad_bang = bang;
    return tokens_read_options(app, options);
}

/* --activation and --like speak of one encoder; others have what their files say. */
pw_model_options plan_model(const struct app *app, const struct plan *plan, size_t i)
{
    pw_model_options options = plan->model;

    if (plan->like != NULL && i == 0 && !option_given(app, OPTION_ACTIVATION))
        options.activation = plan->like_info.activation;
    return options;
}

void plan_free(struct plan *plan)
{
    pw_manifest_free(plan->like);
}
