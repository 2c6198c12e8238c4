/* SPDX-License-Identifier: MIT */
/* Tokenizing one side and bringing it to one length. */
#include "conditioning/side.h"

#include <string.h>

/* The texts as the tokenizer takes them. */
struct texts {
    const char **bytes; /* [n_prompts] */
    size_t *sizes;      /* [n_prompts] */
};

static pw_status
tokenize(pwi_side *side, const pw_tokenizer *tokenizer, const struct texts *texts,
         pw_text (*text_of)(const void *user, size_t i), const void *user, pw_error *err)
{
    if (side->tokens == NULL || texts->bytes == NULL || texts->sizes == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < side->n_prompts; i++) {
        const pw_text text = text_of(user, i);

        texts->bytes[i] = text.bytes;
        texts->sizes[i] = text.bytes == NULL ? 0 : text.size;
    }
    return pw_tokenizer_encode_batch(tokenizer, texts->bytes, texts->sizes, side->n_prompts,
                                     side->tokens, err);
}

pw_status pwi_side_tokenize(pwi_side *side, pw_context *ctx, const pw_tokenizer *tokenizer,
                            size_t n_prompts, pw_text (*text_of)(const void *user, size_t i),
                            const void *user, pw_error *err)
{
    const struct texts texts = {PWI_ARRAY(&ctx->allocator, const char *, n_prompts),
                                PWI_ARRAY(&ctx->allocator, size_t, n_prompts)};
    pw_status status;

    memset(side, 0, sizeof(*side));
    side->ctx = ctx;
    side->tokens = pwi_alloc_zeroed(&ctx->allocator, n_prompts, sizeof(*side->tokens));
    side->n_prompts = n_prompts;
    status = tokenize(side, tokenizer, &texts, text_of, user, err);
    pwi_free_array(&ctx->allocator, texts.bytes, n_prompts, sizeof(*texts.bytes));
    pwi_free_array(&ctx->allocator, texts.sizes, n_prompts, sizeof(*texts.sizes));
    return status;
}

size_t pwi_side_longest(const pwi_side *side)
{
    size_t longest = 2;

    for (size_t i = 0; i < side->n_prompts; i++)
        if (side->tokens[i].n_tokens > longest)
            longest = side->tokens[i].n_tokens;
    return longest;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The length of every sequence of the side. */
static size_t length_of(const pwi_length *length, size_t longest, const pwi_side *side)
{
    switch (length->rule) {
    case PW_LENGTH_FIXED:
        return length->n_fixed;
    case PW_LENGTH_LONGEST:
        return least(longest, length->n_positions);
    case PW_LENGTH_NONE:
        return least(side->n_prompts > 0 ? side->tokens[0].n_tokens : 2, length->n_positions);
    case PW_LENGTH_MODEL:
        break;
    }
    return length->n_positions;
}

static pw_status check_equal(const pwi_side *side, const pwi_length *length, pw_error *err)
{
    for (size_t i = 1; length->rule == PW_LENGTH_NONE && i < side->n_prompts; i++)
        if (least(side->tokens[i].n_tokens, length->n_positions) != side->n_tokens)
            return PWI_FAIL(err, PW_ERR_ARGUMENT,
                            "without padding, prompts of one file must be equally long: prompt "
                            "1 has %zu tokens, prompt %zu "
                            "has %zu; write a file for each, or pad to the longest",
                            side->n_tokens, i + 1, side->tokens[i].n_tokens);
    return PW_OK;
}

pw_status pwi_side_normalize(pwi_side *side, const pwi_length *length, size_t longest,
                             pw_mask_rule rule, pw_error *err)
{
    const pw_allocator *allocator = &side->ctx->allocator;

    side->n_tokens = length_of(length, longest, side);
    PWI_TRY(check_equal(side, length, err));
    side->ids = PWI_ARRAY(allocator, int32_t, side->n_prompts * side->n_tokens);
    side->mask = PWI_ARRAY(allocator, uint8_t, side->n_prompts * side->n_tokens);
    if (side->ids == NULL || side->mask == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < side->n_prompts; i++) {
        pw_tokens *tokens = &side->tokens[i];

        PWI_TRY(pw_tokens_normalize(tokens, side->n_tokens, length->pad_id, err));
        memcpy(side->ids + i * side->n_tokens, tokens->ids,
               side->n_tokens * sizeof(*tokens->ids));
        pw_tokens_mask(tokens, rule, length->pad_id, side->mask + i * side->n_tokens);
    }
    return PW_OK;
}

void pwi_side_free(pwi_side *side)
{
    const pw_allocator *allocator;

    if (side->ctx == NULL)
        return;
    allocator = &side->ctx->allocator;
    for (size_t i = 0; i < side->n_prompts && side->tokens != NULL; i++)
        pw_tokens_free(&side->tokens[i]);
    pwi_free_array(allocator, side->tokens, side->n_prompts, sizeof(*side->tokens));
    pwi_free_array(allocator, side->ids, side->n_prompts * side->n_tokens, sizeof(*side->ids));
    pwi_free_array(allocator, side->mask, side->n_prompts * side->n_tokens,
                   sizeof(*side->mask));
    memset(side, 0, sizeof(*side));
}
