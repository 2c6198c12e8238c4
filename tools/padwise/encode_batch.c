/* SPDX-License-Identifier: MIT */
/* The prompts of one call: read, tokenized once for what is shown and warned of. */
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
    pw_prompt *prompt = &item->prompt;

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

static int read_one(struct encode *encode, struct batch *batch)
{
    struct prompt_item item;

    TRY(prompts_next(&encode->prompts, &batch->pool, &item, &encode->is_more));
    if (!encode->is_more)
        return DONE;
    TRY(grow(encode->app, batch));
    settle_negative(encode, &item);
    batch->has_negative = batch->has_negative || item.prompt.negative.bytes != NULL;
    batch->items[batch->n] = item;
    batch->tokens[batch->n] = (struct tokenized){0};
    batch->negative_tokens[batch->n] = (struct tokenized){0};
    batch->n++;
    return interrupted() ? fail_interrupted(encode->app) : DONE;
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
        const struct prompt_item *item = &batch->items[i];
        const pw_text texts[2] = {item->prompt.prompt, item->prompt.negative};

        if (encode->plan.options.length == PW_LENGTH_NONE &&
            length_of(encode, batch, both[0]->n_full) !=
                length_of(encode, batch, batch->tokens[0].n_full))
            return too_different(encode, batch, i);
        for (size_t side = 0; side < (batch->has_negative ? 2u : 1u); side++) {
            TRY(tokens_to_length(encode->app, both[side],
                                 length_of(encode, batch, both[side]->n_full), pad_id));
            tokens_warn_cut(encode->app, both[side], texts[side], item->where);
        }
    }
    return DONE;
}

int batch_read(struct encode *encode, struct batch *batch, size_t n_max)
{
    *batch = (struct batch){0};
    while (encode->is_more && batch->n < n_max)
        TRY(read_one(encode, batch));
    TRY(tokenize(encode, batch));
    return bring_to_length(encode, batch);
}
