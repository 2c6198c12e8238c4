/* SPDX-License-Identifier: MIT */
/* padwise tokenize: ids, their text and the bytes that each stands for; in a dialect, weights
 * and chunks as well (tokenize_dialect.c). */
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "json_out.h"
#include "paint.h"
#include "plan_view.h"
#include "prompts.h"
#include "show.h"
#include "talk.h"
#include "token_view.h"
#include "tokenize_dialect.h"

struct tokenize {
    struct app *app;
    struct vocabulary vocabulary;
    struct prompts prompts;
    pw_length_rule rule;
    size_t n_fixed;
    pw_mask_rule mask;
    int32_t pad_id;
    size_t longest;   /* of all prompts, for --length longest */
    bool is_read;     /* in a dialect, for its warnings and its tree; */
    bool is_weighted; /* one that is not plain: planned and shown with weights */
    pw_prompt_options reading;
    pw_plan_options planning;
    pw_prompt_encoder encoder;
    struct json json;
    bool stop; /* nobody reads any more */
};

static int read_dialect(struct tokenize *tokenize)
{
    struct app *app = tokenize->app;
    const char *length = option_text(app, OPTION_LENGTH);

    pw_prompt_options_init(&tokenize->reading);
    pw_plan_options_init(&tokenize->planning);
    TRY(reading_read_dialect(app, &tokenize->reading.dialect));
    TRY(reading_read_options(app, &tokenize->reading, &tokenize->planning));
    tokenize->is_weighted = tokenize->reading.dialect != pw_dialect_find("plain");
    tokenize->is_read = tokenize->is_weighted || option_given(app, OPTION_DIALECT) ||
                        option_given(app, OPTION_EXPLAIN);
    if (tokenize->is_weighted && length != NULL &&
        (tokenize->rule == PW_LENGTH_NONE || tokenize->rule == PW_LENGTH_LONGEST))
        return fail_usage(app,
                          "--length %s is for the dialect plain: %s makes chunks of the "
                          "model's length, or of --length N",
                          length, pw_dialect_name((size_t)tokenize->reading.dialect));
    return DONE;
}

static int read_options(struct tokenize *tokenize)
{
    int64_t pad_id = -1;

    tokenize->rule = PW_LENGTH_NONE;
    TRY(tokens_read_length(tokenize->app, &tokenize->rule, &tokenize->n_fixed));
    TRY(tokens_read_mask(tokenize->app, &tokenize->mask));
    TRY(option_integer(tokenize->app, OPTION_PAD_ID, 0, PW_VOCAB_MAX - 1, &pad_id));
    tokenize->pad_id = (int32_t)pad_id;
    return read_dialect(tokenize);
}

/* The length that the prompt is brought to; 0: it stays as it is. */
static size_t length_of(const struct tokenize *tokenize)
{
    switch (tokenize->rule) {
    case PW_LENGTH_MODEL:
        return tokenize->vocabulary.n_positions;
    case PW_LENGTH_FIXED:
        return tokenize->n_fixed;
    case PW_LENGTH_LONGEST:
        return tokenize->longest < tokenize->vocabulary.n_positions
                   ? tokenize->longest
                   : tokenize->vocabulary.n_positions;
    default:
        return 0;
    }
}

static void put_integers(struct json *json, const char *key, const pw_tokens *tokens,
                         const uint8_t *mask)
{
    json_key(json, key);
    json_open(json, '[');
    for (size_t i = 0; i < tokens->n_tokens; i++)
        json_int(json, mask == NULL ? tokens->ids[i] : mask[i]);
    json_close(json, ']');
}

static void put_offsets(struct json *json, const pw_tokens *tokens)
{
    json_key(json, "offsets");
    json_open(json, '[');
    for (size_t i = 0; i < tokens->n_tokens; i++) {
        if (tokens->begin[i] == PW_NO_OFFSET) {
            json_null(json);
            continue;
        }
        json_open(json, '[');
        json_uint(json, tokens->begin[i]);
        json_uint(json, tokens->end[i]);
        json_close(json, ']');
    }
    json_close(json, ']');
}

static int put_texts(struct tokenize *tokenize, const pw_tokens *tokens)
{
    struct json *json = &tokenize->json;
    struct pool pool = {0};
    bool ok = true;

    json_key(json, "tokens");
    json_open(json, '[');
    for (size_t i = 0; i < tokens->n_tokens && ok; i++) {
        const char *text =
            tokens_text(&pool, tokenize->vocabulary.found.tokenizer, tokens->ids[i]);

        ok = text != NULL;
        json_text(json, text);
    }
    json_close(json, ']');
    pool_free(&pool);
    return ok ? DONE : fail_memory(tokenize->app);
}

static void put_prompt(struct tokenize *tokenize, const struct prompt_item *item)
{
    struct json *json = &tokenize->json;

    json_open(json, '{');
    json_key(json, "prompt");
    json_bytes(json, item->prompt.prompt.bytes, item->prompt.prompt.size);
    if (item->id != NULL)
        json_member_text(json, "id", item->id);
    json_member_text(json, "tokenizer", tokenize->vocabulary.found.info.kind);
    json_member_text(json, "mode",
                     pw_tokenizer_mode_name(tokenize->vocabulary.found.info.mode));
}

static int print_json(struct tokenize *tokenize, const struct prompt_item *item,
                      const pw_tokens *tokens, const uint8_t *mask)
{
    struct json *json = &tokenize->json;

    put_prompt(tokenize, item);
    put_integers(json, "ids", tokens, NULL);
    put_integers(json, "mask", tokens, mask);
    TRY(put_texts(tokenize, tokens));
    put_offsets(json, tokens);
    json_member_int(json, "n_tokens", (int64_t)tokens->n_real);
    json_member_int(json, "n_cut", (int64_t)tokens->n_cut);
    json_close(json, '}');
    return json_print(tokenize->app, json, &tokenize->stop);
}

/* The prompt, or with --explain how it is read. */
static int put_title(struct tokenize *tokenize, const struct prompt_item *item,
                     const struct reading *reading)
{
    struct app *app = tokenize->app;
    struct builder *out = &tokenize->json.text;

    if (item->number > 0)
        builder_text(out, "\n");
    if (option_given(app, OPTION_EXPLAIN))
        return plan_explain(app, out, reading->prompt, app->width_out, app->color_out);
    if (app->color_out)
        builder_text(out, PAINT_BOLD);
    show_quoted(out, item->prompt.prompt.bytes, item->prompt.prompt.size, app->width_out);
    if (app->color_out)
        builder_text(out, PAINT_NONE);
    builder_text(out, "\n");
    return DONE;
}

static int print_table(struct tokenize *tokenize, const pw_tokens *tokens, const uint8_t *mask)
{
    struct app *app = tokenize->app;
    struct builder *out = &tokenize->json.text;

    TRY(tokens_table(app, out, tokenize->vocabulary.found.tokenizer, tokens, mask, TOKEN_BYTES,
                     app->width_out, app->color_out));
    builder_format(out, "%zu token%s", tokens->n_real, tokens->n_real == 1 ? "" : "s");
    if (tokens->n_tokens > tokens->n_real)
        builder_format(out, ", %zu pad%s", tokens->n_tokens - tokens->n_real,
                       tokens->n_tokens - tokens->n_real == 1 ? "" : "s");
    if (tokens->n_cut > 0)
        builder_format(out, ", %zu cut off", tokens->n_cut);
    builder_text(out, "\n");
    return app_print(app, out, &tokenize->stop);
}

static int show_tokens(struct tokenize *tokenize, const struct prompt_item *item,
                       const struct reading *reading, struct tokenized *tokenized)
{
    struct app *app = tokenize->app;
    const size_t length = length_of(tokenize);
    const int32_t pad_id = tokens_pad_id(tokenize->pad_id, &tokenize->vocabulary.found.info);
    uint8_t *mask;
    int status;

    if (length != 0)
        TRY(tokens_to_length(app, tokenized, length, pad_id));
    tokens_warn_cut(app, tokenized, item->prompt.prompt, item->where);
    mask = malloc(tokenized->tokens.n_tokens + 1);
    if (mask == NULL)
        return fail_memory(app);
    pw_tokens_mask(&tokenized->tokens, tokenize->mask, pad_id, mask);
    if (app->json) {
        status = print_json(tokenize, item, &tokenized->tokens, mask);
    } else {
        status = put_title(tokenize, item, reading);
        if (status == DONE)
            status = print_table(tokenize, &tokenized->tokens, mask);
    }
    free(mask);
    return status;
}

/* Show a prompt without weights. */
static int show_plain(struct tokenize *tokenize, const struct prompt_item *item,
                      const struct reading *reading)
{
    struct tokenized tokenized;
    int status = tokens_make(tokenize->app, tokenize->vocabulary.found.tokenizer,
                             item->prompt.prompt, item->where, &tokenized);

    if (status == DONE)
        status = show_tokens(tokenize, item, reading, &tokenized);
    tokens_free(&tokenized);
    return status;
}

static int show_planned(struct tokenize *tokenize, const struct prompt_item *item,
                        const struct reading *reading)
{
    struct app *app = tokenize->app;

    planned_warn_cut(app, reading, item->where);
    if (app->json) {
        put_prompt(tokenize, item);
        json_member_text(&tokenize->json, "dialect",
                         pw_dialect_name((size_t)tokenize->reading.dialect));
        TRY(planned_json(app, &tokenize->json, &tokenize->vocabulary, reading));
        json_close(&tokenize->json, '}');
        return json_print(app, &tokenize->json, &tokenize->stop);
    }
    TRY(put_title(tokenize, item, reading));
    TRY(planned_tables(app, &tokenize->json.text, &tokenize->vocabulary, reading));
    return app_print(app, &tokenize->json.text, &tokenize->stop);
}

static int show_prompt(struct tokenize *tokenize, const struct prompt_item *item)
{
    struct app *app = tokenize->app;
    struct reading reading = {0};
    pw_error err;
    int status;

    if (tokenize->is_read &&
        reading_make(&reading, app->ctx, item->prompt.prompt, &tokenize->reading,
                     tokenize->is_weighted ? &tokenize->encoder : NULL, &tokenize->planning,
                     &err) != PW_OK) {
        snprintf(err.where, sizeof(err.where), "%s", item->where);
        return fail_with(app, &err);
    }
    plan_warnings(app, reading.prompt, reading.plan, item->where);
    status = tokenize->is_weighted ? show_planned(tokenize, item, &reading)
                                   : show_plain(tokenize, item, &reading);
    reading_free(&reading);
    return status;
}

/* The first pass of --length longest. */
static int measure(struct tokenize *tokenize, const struct prompt_item *item)
{
    struct tokenized tokenized;
    const int status = tokens_make(tokenize->app, tokenize->vocabulary.found.tokenizer,
                                   item->prompt.prompt, item->where, &tokenized);

    if (status == DONE && tokenized.n_full > tokenize->longest)
        tokenize->longest = tokenized.n_full;
    tokens_free(&tokenized);
    return status;
}

/* Prompts as they come: memory is that of one. */
static int stream(struct tokenize *tokenize)
{
    struct progress *progress = &tokenize->app->progress;
    bool more = true;

    progress_start(progress, "tokenizing", "prompts");
    while (more && !tokenize->stop) {
        struct pool pool = {0};
        struct prompt_item item;
        int status = prompts_next(&tokenize->prompts, &pool, &item, &more);

        if (status == DONE && more)
            status = show_prompt(tokenize, &item);
        pool_free(&pool);
        TRY(status);
        if (tokenize->app->out != stdout || tokenize->prompts.path != NULL)
            progress_update(progress, tokenize->prompts.n_given,
                            prompts_fraction(&tokenize->prompts));
    }
    return DONE;
}

/* --length longest: all prompts are kept until the longest is known. */
static int collect(struct tokenize *tokenize, struct pool *pool)
{
    struct prompt_item *items = NULL;
    size_t n = 0, capacity = 0;
    bool more = true;

    while (more) {
        struct prompt_item item;

        TRY(prompts_next(&tokenize->prompts, pool, &item, &more));
        items = pool_grow(pool, items, n, &capacity, sizeof(*items));
        if (items == NULL)
            return fail_memory(tokenize->app);
        if (more)
            items[n++] = item;
    }
    for (size_t i = 0; i < n; i++)
        TRY(measure(tokenize, &items[i]));
    for (size_t i = 0; i < n && !tokenize->stop; i++)
        TRY(show_prompt(tokenize, &items[i]));
    return DONE;
}

static void init_encoder(struct tokenize *tokenize)
{
    static const pw_sequence_mask masks[PW_N_MASK_RULES] = {
        [PW_MASK_HF] = PW_SEQUENCE_MASK_HF,
        [PW_MASK_NONE] = PW_SEQUENCE_MASK_NONE,
        [PW_MASK_LECTURE] = PW_SEQUENCE_MASK_LECTURE};
    const struct vocabulary *vocabulary = &tokenize->vocabulary;

    pw_prompt_encoder_init(&tokenize->encoder, vocabulary->found.tokenizer);
    tokenize->encoder.pad_id = tokens_pad_id(tokenize->pad_id, &vocabulary->found.info);
    tokenize->encoder.mask = masks[tokenize->mask];
    tokenize->encoder.length_max =
        tokenize->rule == PW_LENGTH_FIXED ? tokenize->n_fixed : vocabulary->n_positions;
}

static int run(struct tokenize *tokenize)
{
    struct app *app = tokenize->app;
    struct pool pool = {0};
    int status;

    TRY(read_options(tokenize));
    TRY(prompts_open(app, &tokenize->prompts));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(vocabulary_open(app, &tokenize->vocabulary));
    init_encoder(tokenize);
    TRY(app_open_output(app));
    if (tokenize->rule != PW_LENGTH_LONGEST)
        return stream(tokenize);
    status = collect(tokenize, &pool);
    pool_free(&pool);
    return status;
}

int run_tokenize(struct app *app)
{
    struct tokenize tokenize = {.app = app};
    const int status = run(&tokenize);

    progress_stop(&app->progress);
    builder_free(&tokenize.json.text);
    prompts_close(&tokenize.prompts);
    pw_tokenizer_free(tokenize.vocabulary.found.tokenizer);
    return status;
}
