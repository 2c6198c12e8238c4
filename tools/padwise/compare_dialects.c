/* SPDX-License-Identifier: MIT */
/* Reading one prompt in several dialects, and whether they agree. */
#include "compare_dialects.h"

#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "plan_json.h"
#include "talk.h"
#include "token_view.h"

static int add_dialect(struct dialect_comparison *comparison, const char *name, size_t size)
{
    struct app *app = comparison->app;
    const char *copy = pool_copy(&comparison->pool, name, size);
    struct side *sides = pool_grow(&comparison->pool, comparison->sides, comparison->n,
                                   &comparison->capacity, sizeof(*sides));

    if (copy == NULL || sides == NULL)
        return fail_memory(app);
    comparison->sides = sides;
    if (pw_dialect_find(copy) < 0)
        return fail_usage(
            app,
            "--dialects: there is no dialect \"%s\"; all are plain, lecture, "
            "a1111, comfyui, compel, lpw, lpw-xl, sd-embed, adv:none+comfy and so "
            "on",
            copy);
    for (size_t i = 0; i < comparison->n; i++) {
        if (strcmp(sides[i].name, copy) == 0)
            return fail_usage(app, "--dialects names %s twice", copy);
    }
    sides[comparison->n++] = (struct side){.name = copy};
    return DONE;
}

static int read_dialects(struct dialect_comparison *comparison)
{
    const char *list = option_text(comparison->app, OPTION_DIALECTS);

    if (strcmp(list, "all") == 0) {
        for (size_t i = 0; pw_dialect_name(i) != NULL; i++)
            TRY(add_dialect(comparison, pw_dialect_name(i), strlen(pw_dialect_name(i))));
        return DONE;
    }
    for (const char *at = list;;) {
        const size_t size = strcspn(at, ",");

        TRY(add_dialect(comparison, at, size));
        if (at[size] == '\0')
            break;
        at += size + 1;
    }
    if (comparison->n < 2)
        return fail_usage(comparison->app, "--dialects takes two dialects or more: a1111,%s",
                          strcmp(list, "comfyui") == 0 ? "compel" : "comfyui");
    return DONE;
}

static int read_side(struct dialect_comparison *comparison, struct side *side,
                     pw_prompt_options *prompt, const pw_prompt_encoder *encoder,
                     const pw_plan_options *plan)
{
    struct app *app = comparison->app;
    pw_status status;

    prompt->dialect = pw_dialect_find(side->name);
    side->err.status = PW_OK;
    status = reading_make(&side->reading, app->ctx, comparison->prompt, prompt, encoder, plan,
                          &side->err);
    if (status == PW_ERR_NO_MEMORY || status == PW_ERR_CANCELLED)
        return fail_with(app, &side->err);
    if (status == PW_OK && !weighted_runs_of(&side->runs, &comparison->pool, &side->reading,
                                             comparison->prompt.size))
        return fail_memory(app);
    return interrupted() ? fail_interrupted(app) : DONE;
}

static int read_all(struct dialect_comparison *comparison)
{
    struct app *app = comparison->app;
    const struct found_tokenizer *found = &comparison->vocabulary.found;
    pw_prompt_encoder encoder;
    pw_prompt_options prompt;
    pw_plan_options plan;

    pw_prompt_options_init(&prompt);
    pw_plan_options_init(&plan);
    TRY(reading_read_options(app, &prompt, &plan));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(vocabulary_open(app, &comparison->vocabulary));
    pw_prompt_encoder_init(&encoder, found->tokenizer);
    encoder.pad_id = tokens_pad_id(-1, &found->info);
    encoder.length_max = comparison->vocabulary.n_positions;
    encoder.mask = PW_SEQUENCE_MASK_HF;
    for (size_t i = 0; i < comparison->n; i++)
        TRY(read_side(comparison, &comparison->sides[i], &prompt, &encoder, &plan));
    return DONE;
}

static bool is_same_side(const struct side *a, const struct side *b)
{
    if (a->err.status != PW_OK || b->err.status != PW_OK)
        return a->err.status == b->err.status && strcmp(a->err.text, b->err.text) == 0;
    return is_same_reading(&a->reading, &b->reading);
}

static void group(struct dialect_comparison *comparison)
{
    comparison->is_equal = true;
    for (size_t i = 0; i < comparison->n; i++) {
        struct side *side = &comparison->sides[i];

        side->i_group = 0;
        while (side->i_group < i &&
               !(comparison->sides[side->i_group].i_group == side->i_group &&
                 is_same_side(&comparison->sides[side->i_group], side)))
            side->i_group++;
        comparison->is_equal =
            comparison->is_equal && side->i_group == 0 && side->err.status == PW_OK;
    }
}

static bool put_json(const struct dialect_comparison *comparison, struct json *json)
{
    bool ok = true;

    json_open(json, '{');
    json_key(json, "prompt");
    json_bytes(json, comparison->prompt.bytes, comparison->prompt.size);
    json_key(json, "dialects");
    json_open(json, '[');
    for (size_t i = 0; i < comparison->n; i++) {
        const struct side *side = &comparison->sides[i];

        json_open(json, '{');
        json_member_text(json, "dialect", side->name);
        if (side->err.status != PW_OK)
            json_member_text(json, "error", side->err.text);
        else
            ok = plan_json(json, &side->reading) && ok;
        json_close(json, '}');
    }
    json_close(json, ']');
    json_member_bool(json, "equal", comparison->is_equal);
    json_close(json, '}');
    return ok;
}

static int show(struct dialect_comparison *comparison)
{
    struct app *app = comparison->app;
    struct json json = {0};
    bool stop;
    int status = DONE;

    if (!app->json)
        status = comparison_table(comparison, &json.text);
    else if (!put_json(comparison, &json))
        status = fail_memory(app);
    if (status == DONE)
        status = app->json ? json_print(app, &json, &stop) : app_print(app, &json.text, &stop);
    builder_free(&json.text);
    return status;
}

static int run(struct dialect_comparison *comparison)
{
    struct app *app = comparison->app;

    if (app->arguments.n_words != 1)
        return fail_usage(app, "compare --dialects takes one prompt, %zu given",
                          app->arguments.n_words);
    if (option_given(app, OPTION_RTOL))
        return fail_usage(app, "--rtol is for files; dialects agree or they do not");
    comparison->prompt.bytes = app->arguments.words[0];
    comparison->prompt.size = strlen(comparison->prompt.bytes);
    TRY(read_dialects(comparison));
    TRY(read_all(comparison));
    group(comparison);
    TRY(app_open_output(app));
    TRY(show(comparison));
    app->is_result = true;
    return comparison->is_equal ? DONE : FAILED;
}

int compare_dialects(struct app *app)
{
    struct dialect_comparison comparison = {.app = app};
    const int status = run(&comparison);

    for (size_t i = 0; i < comparison.n; i++)
        reading_free(&comparison.sides[i].reading);
    pool_free(&comparison.pool);
    pw_tokenizer_free(comparison.vocabulary.found.tokenizer);
    return status;
}
