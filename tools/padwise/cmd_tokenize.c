/* SPDX-License-Identifier: MIT */
/* padwise tokenize: ids, their text and the bytes that each stands for. */
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "find.h"
#include "json_out.h"
#include "paint.h"
#include "prompts.h"
#include "show.h"
#include "talk.h"
#include "token_view.h"

struct tokenize {
    struct app *app;
    struct found_tokenizer found;
    struct prompts prompts;
    pw_length_rule rule;
    size_t n_fixed, n_positions;
    pw_mask_rule mask;
    int32_t pad_id;
    size_t longest; /* of all prompts, for --length longest */
    struct json json;
    bool stop; /* nobody reads any more */
};

/* Rows of the model's position and embedding tables, where -m names a model. */
static int look_at_model(struct tokenize *tokenize, const struct model_place *place,
                         int32_t *n_vocab)
{
    pw_model_options options;
    pw_model_scan *scan;
    pw_error err;

    *n_vocab = 0;
    pw_model_options_init(&options);
    TRY(app_model_options(tokenize->app, &options));
    if (place->path == NULL)
        return DONE;
    if (pw_model_scan_open(&scan, tokenize->app->ctx, place->path, &options, &err) != PW_OK)
        return err.status == PW_ERR_NOT_FOUND ? DONE : fail_with(tokenize->app, &err);
    for (size_t i = 0; i < pw_model_scan_n(scan); i++) {
        const pw_model_info *info = pw_model_scan_info(scan, i);

        if (place->which == NULL || strcmp(place->which, info->name) == 0) {
            *n_vocab = info->n_vocab;
            tokenize->n_positions = (size_t)info->n_positions;
            break;
        }
    }
    pw_model_scan_free(scan);
    return DONE;
}

static int open_tokenizer(struct tokenize *tokenize)
{
    struct app *app = tokenize->app;
    struct model_place place = {0};
    pw_tokenizer_options options;
    int32_t n_vocab = 0;

    pw_tokenizer_options_init(&options);
    TRY(tokens_read_options(app, &options));
    if (!option_given(app, OPTION_TOKENIZER) || option_given(app, OPTION_MODEL)) {
        TRY(find_model(app, &place));
        TRY(look_at_model(tokenize, &place, &n_vocab));
    }
    TRY(find_tokenizer(app, &place, n_vocab, &options, true, &tokenize->found));
    if (tokenize->found.path == NULL)
        note(app, "the built-in vocabulary; -m or --tokenizer names another");
    else if (!option_given(app, OPTION_TOKENIZER))
        note(app, "tokenizer: %s (%s)", tokenize->found.path, tokenize->found.place);
    if (tokenize->n_positions == 0)
        tokenize->n_positions = (size_t)tokenize->found.info.max_length;
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
    return DONE;
}

/* The length that the prompt is brought to; 0: it stays as it is. */
static size_t length_of(const struct tokenize *tokenize)
{
    switch (tokenize->rule) {
    case PW_LENGTH_MODEL:
        return tokenize->n_positions;
    case PW_LENGTH_FIXED:
        return tokenize->n_fixed;
    case PW_LENGTH_LONGEST:
        return tokenize->longest < tokenize->n_positions ? tokenize->longest
                                                         : tokenize->n_positions;
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
        const char *text = tokens_text(&pool, tokenize->found.tokenizer, tokens->ids[i]);

        ok = text != NULL;
        json_text(json, text);
    }
    json_close(json, ']');
    pool_free(&pool);
    return ok ? DONE : fail_memory(tokenize->app);
}

static int print_json(struct tokenize *tokenize, const struct prompt_item *item,
                      const pw_tokens *tokens, const uint8_t *mask)
{
    struct json *json = &tokenize->json;

    json_open(json, '{');
    json_key(json, "prompt");
    json_bytes(json, item->prompt.prompt.bytes, item->prompt.prompt.size);
    if (item->id != NULL)
        json_member_text(json, "id", item->id);
    json_member_text(json, "tokenizer", tokenize->found.info.kind);
    json_member_text(json, "mode", pw_tokenizer_mode_name(tokenize->found.info.mode));
    put_integers(json, "ids", tokens, NULL);
    put_integers(json, "mask", tokens, mask);
    TRY(put_texts(tokenize, tokens));
    put_offsets(json, tokens);
    json_member_int(json, "n_tokens", (int64_t)tokens->n_real);
    json_member_int(json, "n_cut", (int64_t)tokens->n_cut);
    json_close(json, '}');
    return json_print(tokenize->app, json, &tokenize->stop);
}

static int print_table(struct tokenize *tokenize, const struct prompt_item *item,
                       const pw_tokens *tokens, const uint8_t *mask)
{
    struct app *app = tokenize->app;
    struct builder *out = &tokenize->json.text;

    if (item->number > 0)
        builder_text(out, "\n");
    if (app->color_out)
        builder_text(out, PAINT_BOLD);
    show_quoted(out, item->prompt.prompt.bytes, item->prompt.prompt.size, app->width_out);
    if (app->color_out)
        builder_text(out, PAINT_NONE);
    builder_text(out, "\n");
    TRY(tokens_table(app, out, tokenize->found.tokenizer, tokens, mask, TOKEN_BYTES,
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
                       struct tokenized *tokenized)
{
    struct app *app = tokenize->app;
    const size_t length = length_of(tokenize);
    const int32_t pad_id = tokens_pad_id(tokenize->pad_id, &tokenize->found.info);
    uint8_t *mask;
    int status;

    if (length != 0)
        TRY(tokens_to_length(app, tokenized, length, pad_id));
    tokens_warn_cut(app, tokenized, item->prompt.prompt, item->where);
    mask = malloc(tokenized->tokens.n_tokens + 1);
    if (mask == NULL)
        return fail_memory(app);
    pw_tokens_mask(&tokenized->tokens, tokenize->mask, pad_id, mask);
    status = app->json ? print_json(tokenize, item, &tokenized->tokens, mask)
                       : print_table(tokenize, item, &tokenized->tokens, mask);
    free(mask);
    return status;
}

/* One prompt: measured in the first pass of --length longest, else shown. */
static int do_prompt(struct tokenize *tokenize, const struct prompt_item *item, bool is_shown)
{
    struct tokenized tokenized;
    int status = tokens_make(tokenize->app, tokenize->found.tokenizer, item->prompt.prompt,
                             item->where, &tokenized);

    if (status == DONE && is_shown)
        status = show_tokens(tokenize, item, &tokenized);
    if (status == DONE && !is_shown && tokenized.n_full > tokenize->longest)
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
            status = do_prompt(tokenize, &item, true);
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
        TRY(do_prompt(tokenize, &items[i], false));
    for (size_t i = 0; i < n && !tokenize->stop; i++)
        TRY(do_prompt(tokenize, &items[i], true));
    return DONE;
}

static int run(struct tokenize *tokenize)
{
    struct app *app = tokenize->app;
    struct pool pool = {0};
    int status;

    TRY(read_options(tokenize));
    TRY(prompts_open(app, &tokenize->prompts));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(open_tokenizer(tokenize));
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
    pw_tokenizer_free(tokenize.found.tokenizer);
    return status;
}
