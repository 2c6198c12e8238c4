/* SPDX-License-Identifier: MIT */
/* Encoding what edits name: prompts by the recipe, and sequences of pads alone. */
#include <stdlib.h>
#include <string.h>

#include "edit_lab.h"
#include "reading.h"
#include "talk.h"
#include "token_view.h"

static int read_mask(struct app *app, pw_conditioning_options *options)
{
    const char *text = option_text(app, OPTION_MASK);

    if (text == NULL)
        return DONE;
    options->mask = pw_mask_rule_from_name(text);
    return options->mask < 0 ? fail_usage(app, "--mask %s is not in this version", text) : DONE;
}

static int read_dialect(struct app *app, pw_conditioning_options *options)
{
    int32_t dialect;

    if (!option_given(app, OPTION_DIALECT))
        return DONE;
    TRY(reading_read_dialect(app, &dialect));
    options->dialect = pw_dialect_name((size_t)dialect);
    return DONE;
}

static int read_numbers(struct app *app, pw_conditioning_options *options)
{
    int64_t pad_id = options->pad_id, skip = options->clip_skip;

    TRY(option_integer(app, OPTION_PAD_ID, 0, PW_VOCAB_MAX - 1, &pad_id));
    TRY(option_integer(app, OPTION_CLIP_SKIP, -PW_MODEL_LAYERS_MAX, PW_MODEL_LAYERS_MAX,
                       &skip));
    options->pad_id = (int32_t)pad_id;
    options->clip_skip = (int32_t)skip;
    return DONE;
}

static void take_texts(struct app *app, struct plan *plan)
{
    const char *recipe = option_text(app, OPTION_RECIPE);
    const char *flavour = option_text(app, OPTION_FLAVOUR);
    const char *negative = option_text(app, OPTION_NEGATIVE);

    if (recipe != NULL)
        plan->options.recipe = recipe;
    if (flavour != NULL) {
        plan->options.flavour = flavour;
        plan->options.dialect = NULL; /* of the manifest: it goes with its flavour */
    }
    if (negative != NULL)
        plan->texts.negative = (pw_text){negative, strlen(negative)};
}

/* A manifest that holds edits alone says nothing of an encoder. */
static int take_manifest(struct edit_encoder *encoder, const char *text)
{
    struct plan *plan = &encoder->encode.plan;
    pw_manifest_info info;
    pw_error err;

    if (text == NULL)
        return DONE;
    if (pw_manifest_parse(&encoder->manifest, encoder->app->ctx, text, strlen(text), &err) !=
        PW_OK)
        return fail_with(encoder->app, &err);
    pw_manifest_get_info(encoder->manifest, &info);
    if (info.model_name[0] == '\0')
        return DONE;
    plan->options = info.options;
    plan->options.no_negative = true;
    plan->options.n_only = 0;
    return DONE;
}

int edit_encoder_start(struct app *app, struct edit_encoder *encoder, const char *manifest)
{
    struct plan *plan = &encoder->encode.plan;

    encoder->app = app;
    encoder->encode.app = app;
    pw_conditioning_options_init(&plan->options);
    pw_save_options_init(&plan->save);
    pw_model_options_init(&plan->model);
    TRY(take_manifest(encoder, manifest));
    take_texts(app, plan);
    TRY(read_dialect(app, &plan->options));
    TRY(read_numbers(app, &plan->options));
    TRY(tokens_read_length(app, &plan->options.length, &plan->options.n_length));
    TRY(read_mask(app, &plan->options));
    return app_model_options(app, &plan->model);
}

static int open_once(struct edit_encoder *encoder)
{
    if (encoder->is_open)
        return DONE;
    encoder->is_open = true;
    TRY(encode_open(&encoder->encode));
    encoder->encode.plan.options.on_plan = NULL;
    return DONE;
}

int edit_encoder_encode(struct edit_encoder *encoder, pw_text prompt, pw_tensor_set **out)
{
    struct encode *encode = &encoder->encode;
    pw_prompt_texts texts;
    pw_error err;

    TRY(open_once(encoder));
    texts = encode->plan.texts;
    texts.prompt = prompt;
    if (pw_conditioning_encode(out, encoder->app->ctx, encode->given, encode->places.n, &texts,
                               1, &encode->plan.options, &err) != PW_OK)
        return fail_with(encoder->app, &err);
    return DONE;
}

/* Which layer a pipeline takes is its recipe's; raw has the encoder's own last one. */
static int check_clean(const struct edit_encoder *encoder)
{
    const struct encode *encode = &encoder->encode;

    if (encode->places.n == 1 && encode->places.recipe == 0)
        return DONE;
    return fail(encoder->app, PW_ERR_UNSUPPORTED, "",
                "clean is for recipe raw, whose rows are the encoder's own; for recipe %s take "
                "clean-empty, or rows from a file",
                encode->plan.options.recipe);
}

static int run_clean(struct edit_encoder *encoder, const int32_t *ids, size_t n_rows,
                     pw_tensor_set *set)
{
    const struct encoder *first = &encoder->encode.encoders[0];
    const int64_t shape[3] = {1, (int64_t)n_rows, first->info.width};
    const pw_batch batch = {.ids = ids, .n_prompts = 1, .n_tokens = n_rows};
    pw_output output = {.kind = PW_OUTPUT_LAST_HIDDEN_STATE,
                        .capacity = n_rows * (size_t)first->info.width};
    pw_session *session;
    void *data;
    pw_status status;
    pw_error err;

    if (pw_tensor_set_add(set, "last_hidden_state", PW_F32, 3, shape, &data, &err) != PW_OK ||
        pw_session_create(&session, first->model, 0, &err) != PW_OK)
        return fail_with(encoder->app, &err);
    output.data = data;
    status = pw_model_encode(session, &batch, &output, 1, &err);
    pw_session_free(session);
    return status == PW_OK ? DONE : fail_with(encoder->app, &err);
}

int edit_encoder_clean(struct edit_encoder *encoder, size_t n_rows, pw_tensor_set **out)
{
    struct app *app = encoder->app;
    int32_t *ids;
    pw_error err;

    TRY(open_once(encoder));
    TRY(check_clean(encoder));
    ids = pool_array(&app->pool, n_rows + 1, sizeof(*ids));
    if (ids == NULL)
        return fail_memory(app);
    for (size_t i = 0; i < n_rows; i++)
        ids[i] = tokens_pad_id(encoder->encode.plan.options.pad_id,
                               &encoder->encode.encoders[0].tokenizer.info);
    if (pw_tensor_set_create(out, app->ctx, &err) != PW_OK)
        return fail_with(app, &err);
    return run_clean(encoder, ids, n_rows, *out);
}

void edit_encoder_close(struct edit_encoder *encoder)
{
    if (encoder->is_open)
        encode_close(&encoder->encode);
    pw_manifest_free(encoder->manifest);
}
