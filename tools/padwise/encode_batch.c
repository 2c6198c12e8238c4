/* SPDX-License-Identifier: MIT */
/* Prompts that are shown or written to one file: tokenized once for what is said of them. */
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "interrupt.h"
#include "talk.h"

void batch_free(struct batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        tokens_free(&batch->tokens[i]);
        tokens_free(&batch->negative_tokens[i]);
    }
    pool_free(&batch->pool);
    *batch = (struct batch){0};
}

/* Room for one more prompt. */
static int grow(struct app *app, struct batch *batch)
{
    size_t capacity = batch->capacity;
    struct prompt_item *items;
    struct tokenized *tokens, *negative;

    if (batch->n < batch->capacity)
        return DONE;
    items = pool_grow(&batch->pool, batch->items, batch->n, &capacity, sizeof(*items));
    capacity = batch->capacity;
    tokens = pool_grow(&batch->pool, batch->tokens, batch->n, &capacity, sizeof(*tokens));
    capacity = batch->capacity;
    negative =
        pool_grow(&batch->pool, batch->negative_tokens, batch->n, &capacity, sizeof(*negative));
    if (items == NULL || tokens == NULL || negative == NULL)
        return fail_memory(app);
    batch->items = items;
    batch->tokens = tokens;
    batch->negative_tokens = negative;
    batch->capacity = capacity;
    return DONE;
}

/* The negative of a prompt: its own, else that of -n, else none. */
static void settle_negative(struct encode *encode, struct prompt_item *item)
{
    pw_prompt_texts *prompt = &item->prompt;

    if (encode->plan.no_negative)
        prompt->negative = (pw_text){NULL, 0};
    else if (prompt->negative.bytes == NULL)
        prompt->negative = encode->plan.negative;
    if ((prompt->prompt_2.bytes != NULL || prompt->prompt_3.bytes != NULL ||
         prompt->negative_2.bytes != NULL || prompt->negative_3.bytes != NULL) &&
        !encode->warned_second) {
        warn(encode->app, item->where,
             "recipe raw has one encoder: prompt_2, prompt_3 and their negatives are not used");
        encode->warned_second = true;
    }
}

int encode_next(struct encode *encode, struct pool *pool, struct prompt_item *item)
{
    TRY(prompts_next(&encode->prompts, pool, item, &encode->is_more));
    if (encode->is_more)
        settle_negative(encode, item);
    return interrupted() ? fail_interrupted(encode->app) : DONE;
}

static int add(struct encode *encode, struct batch *batch, const struct prompt_item *item)
{
    TRY(grow(encode->app, batch));
    batch->has_negative = batch->has_negative || item->prompt.negative.bytes != NULL;
    batch->items[batch->n] = *item;
    batch->tokens[batch->n] = (struct tokenized){0};
    batch->negative_tokens[batch->n] = (struct tokenized){0};
    batch->n++;
    return DONE;
}

static int tokenize(struct encode *encode, struct batch *batch)
{
    const pw_tokenizer *tokenizer = encode->tokenizer.tokenizer;

    for (size_t i = 0; i < batch->n; i++) {
        const struct prompt_item *item = &batch->items[i];
        const size_t *n_full = &batch->tokens[i].n_full;

        TRY(tokens_make(encode->app, tokenizer, item->prompt.prompt, item->where,
                        &batch->tokens[i]));
        batch->n_tokens = *n_full > batch->n_tokens ? *n_full : batch->n_tokens;
        if (!batch->has_negative)
            continue;
        n_full = &batch->negative_tokens[i].n_full;
        TRY(tokens_make(encode->app, tokenizer, item->prompt.negative, item->where,
                        &batch->negative_tokens[i]));
        batch->n_tokens = *n_full > batch->n_tokens ? *n_full : batch->n_tokens;
    }
    return DONE;
}

static int too_different(struct encode *encode, const struct batch *batch, size_t i)
{
    return fail(encode->app, PW_ERR_ARGUMENT, batch->items[i].where,
                "has %zu tokens and the first prompt %zu: without padding they cannot share a "
                "file; write a file each (-o DIR/), or pad (--length longest)",
                batch->tokens[i].n_full, batch->tokens[0].n_full);
}

/* The length of a sequence by --length; the library uses the same rule. */
static size_t length_of(const struct encode *encode, const struct batch *batch, size_t n_full)
{
    const pw_conditioning_options *options = &encode->plan.options;
    const size_t n_positions = (size_t)encode->model_info.n_positions;
    size_t length = n_positions;

    if (options->length == PW_LENGTH_FIXED)
        return options->n_length;
    if (options->length == PW_LENGTH_LONGEST)
        length = batch->n_tokens;
    else if (options->length == PW_LENGTH_NONE)
        length = n_full;
    return length < n_positions ? length : n_positions;
}

static int bring_to_length(struct encode *encode, struct batch *batch)
{
    const int32_t pad_id = tokens_pad_id(encode->plan.options.pad_id, &encode->tokenizer.info);

    for (size_t i = 0; i < batch->n; i++) {
        struct tokenized *both[2] = {&batch->tokens[i], &batch->negative_tokens[i]};

        if (encode->plan.options.length == PW_LENGTH_NONE &&
            length_of(encode, batch, both[0]->n_full) !=
                length_of(encode, batch, batch->tokens[0].n_full))
            return too_different(encode, batch, i);
        for (size_t side = 0; side < (batch->has_negative ? 2u : 1u); side++)
            TRY(tokens_to_length(encode->app, both[side],
                                 length_of(encode, batch, both[side]->n_full), pad_id));
    }
    return DONE;
}

void batch_warn_cut(struct encode *encode, const struct batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        const struct prompt_item *item = &batch->items[i];

        tokens_warn_cut(encode->app, &batch->tokens[i], item->prompt.prompt, item->where);
        if (batch->has_negative)
            tokens_warn_cut(encode->app, &batch->negative_tokens[i], item->prompt.negative,
                            item->where);
    }
}

int batch_read(struct encode *encode, struct batch *batch)
{
    *batch = (struct batch){0};
    for (;;) {
        struct prompt_item item;

        TRY(encode_next(encode, &batch->pool, &item));
        if (!encode->is_more)
            break;
        TRY(add(encode, batch, &item));
    }
    TRY(tokenize(encode, batch));
    TRY(bring_to_length(encode, batch));
    batch_warn_cut(encode, batch);
    return DONE;
}

int batch_of_items(struct encode *encode, struct batch *batch, const pw_bulk_item *items,
                   size_t n, uint64_t first)
{
    *batch = (struct batch){0};
    for (size_t i = 0; i < n; i++) {
        const struct prompt_item item = {items[i].prompt, items[i].id, first + i,
                                         items[i].where};

        TRY(add(encode, batch, &item));
    }
    TRY(tokenize(encode, batch));
    return bring_to_length(encode, batch);
}
