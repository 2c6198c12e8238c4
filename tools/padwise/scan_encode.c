/* SPDX-License-Identifier: MIT */
/* Texts through one encoder, variant beside variant: what the scans change (masks, lengths,
 * words) is below what a conditioning's options reach, so they give ids to a session. */
#include <stdlib.h>
#include <string.h>

#include "progress.h"
#include "scan.h"
#include "talk.h"

int scan_open(struct scan_encoder *encoder, struct app *app, bool is_repeated)
{
    struct encode *encode = &encoder->encode;
    struct plan *plan = &encode->plan;
    const struct encoder *first = &encode->encoders[0];
    int64_t pad_id = -1;
    pw_error err;

    encoder->app = encode->app = app;
    encoder->pool = &app->pool;
    encode->keeps_weights = is_repeated;
    pw_conditioning_options_init(&plan->options);
    pw_model_options_init(&plan->model);
    plan->options.recipe = pw_recipe_name(0);
    TRY(option_integer(app, OPTION_PAD_ID, 0, PW_VOCAB_MAX - 1, &pad_id));
    TRY(app_model_options(app, &plan->model));
    TRY(encode_open(encode));
    encoder->tokenizer = first->tokenizer.tokenizer;
    encoder->pad_id = tokens_pad_id((int32_t)pad_id, &first->tokenizer.info);
    encoder->n_positions = (size_t)first->info.n_positions;
    encoder->width = (size_t)first->info.width;
    if (pw_session_create(&encoder->session, first->model, 0, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

void scan_close(struct scan_encoder *encoder)
{
    pw_session_free(encoder->session);
    encode_close(&encoder->encode);
}

int scan_length(struct scan_encoder *encoder, size_t *n_tokens)
{
    pw_length_rule rule = PW_LENGTH_MODEL;

    *n_tokens = 0;
    TRY(tokens_read_length(encoder->app, &rule, n_tokens));
    if (rule == PW_LENGTH_MODEL)
        *n_tokens = encoder->n_positions;
    else if (rule != PW_LENGTH_FIXED)
        return fail_usage(encoder->app, "--length %s leaves no pads to look at: give a number",
                          option_text(encoder->app, OPTION_LENGTH));
    if (*n_tokens > encoder->n_positions)
        return fail(encoder->app, PW_ERR_ARGUMENT, "",
                    "--length %zu is over the %zu positions of the encoder", *n_tokens,
                    encoder->n_positions);
    return DONE;
}

int scan_tokenize(struct scan_encoder *encoder, struct scan_text *text)
{
    return tokens_make(encoder->app, encoder->tokenizer, text->text, text->where,
                       &text->tokens);
}

static int add_text(struct scan_encoder *encoder, const struct prompt_item *item,
                    struct scan_text *text)
{
    text->text = item->prompt.prompt;
    text->where = item->where;
    text->name = pool_copy(&encoder->app->pool, text->text.bytes, text->text.size);
    return text->name == NULL ? fail_memory(encoder->app) : scan_tokenize(encoder, text);
}

static int read_all(struct scan_encoder *encoder, struct prompts *prompts,
                    struct scan_text **texts, size_t *n)
{
    struct pool *pool = &encoder->app->pool;
    size_t capacity = 0;

    for (;;) {
        struct prompt_item item;
        struct scan_text *grown;
        bool more;

        TRY(prompts_next(prompts, pool, &item, &more));
        if (!more)
            break;
        grown = pool_grow(pool, *texts, *n, &capacity, sizeof(*grown));
        if (grown == NULL)
            return fail_memory(encoder->app);
        *texts = grown;
        grown[*n] = (struct scan_text){.name = ""};
        TRY(add_text(encoder, &item, &grown[(*n)++]));
    }
    return *n > 0 ? DONE
                  : fail(encoder->app, PW_ERR_ARGUMENT, "", "there is no prompt: give one");
}

int scan_read(struct scan_encoder *encoder, struct scan_text **texts, size_t *n)
{
    struct prompts prompts;
    int status;

    *texts = NULL;
    *n = 0;
    status = prompts_open(encoder->app, &prompts);
    if (status == DONE)
        status = read_all(encoder, &prompts, texts, n);
    prompts_close(&prompts);
    return status;
}

void scan_free(struct scan_text *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        tokens_free(&texts[i].tokens);
}

int scan_need_pads(const struct scan_encoder *encoder, const struct scan_text *text,
                   size_t n_tokens)
{
    const size_t n_real = text->tokens.tokens.n_tokens;

    if (n_real < n_tokens)
        return DONE;
    return fail(encoder->app, PW_ERR_NOT_FOUND, text->where,
                "has no pads: its %zu tokens fill all %zu rows; give a shorter prompt", n_real,
                n_tokens);
}

int scan_start(struct scan_encoder *encoder, struct scan_batch *batch, size_t n,
               size_t n_tokens)
{
    struct pool *pool = encoder->pool;

    *batch = (struct scan_batch){.n = n, .n_tokens = n_tokens};
    batch->ids = pool_array(pool, n, n_tokens * sizeof(*batch->ids));
    batch->mask = pool_array(pool, n, n_tokens * sizeof(*batch->mask));
    batch->rows = pool_array(pool, n, n_tokens * encoder->width * sizeof(*batch->rows));
    batch->pooled = pool_array(pool, n, encoder->width * sizeof(*batch->pooled));
    return batch->ids == NULL || batch->mask == NULL || batch->rows == NULL ||
                   batch->pooled == NULL
               ? fail_memory(encoder->app)
               : DONE;
}

void scan_put(const struct scan_encoder *encoder, struct scan_batch *batch, size_t i,
              const struct scan_text *text, pw_mask_rule mask)
{
    const pw_tokens *tokens = &text->tokens.tokens;
    int32_t *ids = batch->ids + i * batch->n_tokens;
    pw_tokens padded = *tokens;

    for (size_t k = 0; k < batch->n_tokens; k++)
        ids[k] = k < tokens->n_tokens ? tokens->ids[k] : encoder->pad_id;
    padded.ids = ids;
    padded.n_tokens = batch->n_tokens;
    padded.n_real = tokens->n_tokens;
    pw_tokens_mask(&padded, mask, encoder->pad_id, batch->mask + i * batch->n_tokens);
}

int scan_run(struct scan_encoder *encoder, struct scan_batch *batch)
{
    struct app *app = encoder->app;
    const pw_batch given = {.ids = batch->ids,
                            .mask = batch->mask,
                            .n_prompts = batch->n,
                            .n_tokens = batch->n_tokens};
    const size_t n = batch->n * encoder->width;
    const pw_output outputs[] = {
        {.kind = PW_OUTPUT_LAST_HIDDEN_STATE,
         .data = batch->rows,
         .capacity = n * batch->n_tokens},
        {.kind = PW_OUTPUT_POOLED, .data = batch->pooled, .capacity = n}};
    pw_status status;
    pw_error err;

    status = pw_model_encode(encoder->session, &given, outputs, 2, &err);
    if (!app->progress.is_outer) /* else the command counts its calls */
        progress_stop(&app->progress);
    for (size_t i = 0; status == PW_OK && i < batch->n; i++) {
        const pw_rows rows = scan_rows(encoder, batch, i, NULL);

        status = pw_rows_check(&rows, &err);
    }
    return status == PW_OK ? DONE : fail_with(app, &err);
}

pw_rows scan_rows(const struct scan_encoder *encoder, const struct scan_batch *batch, size_t i,
                  const pw_row_role *roles)
{
    const pw_rows rows = {batch->rows + i * batch->n_tokens * encoder->width, roles,
                          batch->n_tokens, encoder->width};

    return rows;
}
