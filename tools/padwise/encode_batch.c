/* SPDX-License-Identifier: MIT */
/* Prompts as they come in, their texts settled; and all those of one file. */
#include <string.h>

#include "encode.h"
#include "interrupt.h"
#include "talk.h"

void batch_free(struct batch *batch)
{
    pool_free(&batch->pool);
    *batch = (struct batch){0};
}

static void settle(pw_text *text, pw_text common)
{
    if (text->bytes == NULL)
        *text = common;
}

/* A file may have texts for encoders that the recipe has not. */
static void warn_of_seconds(struct encode *encode, const struct prompt_item *item)
{
    const pw_prompt_texts *prompt = &item->prompt;
    const size_t n = encode->places.n;
    const bool has_second = prompt->prompt_2.bytes != NULL || prompt->negative_2.bytes != NULL,
               has_third = prompt->prompt_3.bytes != NULL || prompt->negative_3.bytes != NULL;

    if (encode->warned_second || !((has_second && n < 2) || (has_third && n < 3)))
        return;
    encode->warned_second = true;
    warn(encode->app, item->where, "recipe %s has %s: %s and their negatives are not used",
         encode->plan.options.recipe, n == 1 ? "one encoder" : "two encoders",
         n == 1 ? "prompt_2, prompt_3" : "prompt_3");
}

/* The texts of a prompt: its own, else those of -n and its kin, else none. */
static void settle_texts(struct encode *encode, struct prompt_item *item)
{
    pw_prompt_texts *prompt = &item->prompt;
    const pw_prompt_texts *common = &encode->plan.texts;

    settle(&prompt->negative, common->negative);
    settle(&prompt->prompt_2, common->prompt_2);
    settle(&prompt->prompt_3, common->prompt_3);
    settle(&prompt->negative_2, common->negative_2);
    settle(&prompt->negative_3, common->negative_3);
    warn_of_seconds(encode, item);
    if (encode->plan.options.no_negative)
        prompt->negative = prompt->negative_2 = prompt->negative_3 = (pw_text){NULL, 0};
}

int encode_next(struct encode *encode, struct pool *pool, struct prompt_item *item)
{
    TRY(prompts_next(&encode->prompts, pool, item, &encode->is_more));
    if (encode->is_more)
        settle_texts(encode, item);
    return interrupted() ? fail_interrupted(encode->app) : DONE;
}

static int add(struct encode *encode, struct batch *batch, const struct prompt_item *item)
{
    pw_bulk_item *items =
        pool_grow(&batch->pool, batch->items, batch->n, &batch->capacity, sizeof(*items));

    if (items == NULL)
        return fail_memory(encode->app);
    batch->items = items;
    items[batch->n++] = (pw_bulk_item){item->prompt, item->id, item->where};
    return DONE;
}

int batch_read(struct encode *encode, struct batch *batch)
{
    *batch = (struct batch){0};
    for (;;) {
        struct prompt_item item;

        TRY(encode_next(encode, &batch->pool, &item));
        if (!encode->is_more)
            return DONE;
        TRY(add(encode, batch, &item));
    }
}
