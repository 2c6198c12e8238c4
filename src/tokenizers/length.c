/* SPDX-License-Identifier: MIT */
/* Lists of tokens: memory, the length rule (encoders.md 1.7; LengthNormalization in Vogel 2025)
 * and the masks that go with it. */
#include <string.h>

#include "base/alloc.h"
#include "tokenizers/tokens.h"

void pwi_tokens_init(pw_tokens *tokens, pw_context *ctx)
{
    *tokens = (pw_tokens){.ctx = pwi_context_keep(ctx)};
}

/* Ids and offsets lie in one piece of memory, the widest first. */
#define TOKEN_SIZE (2 * sizeof(uint64_t) + sizeof(int32_t))

void pw_tokens_free(pw_tokens *tokens)
{
    if (tokens == NULL || tokens->ctx == NULL)
        return;
    pwi_free_array(&tokens->ctx->allocator, tokens->begin, tokens->capacity, TOKEN_SIZE);
    pw_context_free(tokens->ctx);
    *tokens = (pw_tokens){.ids = NULL};
}

static void copy(pw_tokens *to, const pw_tokens *from)
{
    memcpy(to->ids, from->ids, from->n_tokens * sizeof(*to->ids));
    memcpy(to->begin, from->begin, from->n_tokens * sizeof(*to->begin));
    memcpy(to->end, from->end, from->n_tokens * sizeof(*to->end));
}

pw_status pwi_tokens_reserve(pw_tokens *tokens, size_t capacity, pw_error *err)
{
    const pw_allocator *allocator = &tokens->ctx->allocator;
    pw_tokens larger = *tokens;

    if (capacity <= tokens->capacity)
        return PW_OK;
    larger.capacity = capacity;
    larger.begin = pwi_alloc_array(allocator, capacity, TOKEN_SIZE);
    if (larger.begin == NULL)
        return pwi_fail_memory(err);
    larger.end = larger.begin + capacity;
    larger.ids = (int32_t *)(void *)(larger.end + capacity);
    if (tokens->n_tokens > 0)
        copy(&larger, tokens);
    pwi_free_array(allocator, tokens->begin, tokens->capacity, TOKEN_SIZE);
    *tokens = larger;
    return PW_OK;
}

pw_status pwi_tokens_copy(pw_tokens *to, const pw_tokens *from, pw_error *err)
{
    PW_ASSERT(to->n_tokens == 0);
    PWI_TRY(pwi_tokens_reserve(to, from->n_tokens, err));
    copy(to, from);
    to->n_tokens = from->n_tokens;
    to->n_real = from->n_real;
    to->n_cut = from->n_cut;
    return PW_OK;
}

pw_status pw_tokens_normalize(pw_tokens *tokens, size_t length, int32_t pad_id, pw_error *err)
{
    const size_t n_real = tokens->n_real;

    if (length < 2)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "a length of %zu has no room for the start and the end token", length);
    if (length > (size_t)PW_TEXT_BYTES_MAX + 2)
        return PWI_FAIL(err, PW_ERR_LIMIT, "a length of %zu is more than any text has tokens",
                        length);
    if (n_real < 2 || tokens->ctx == NULL)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "the tokens do not hold start and end");
    PWI_TRY(pwi_tokens_reserve(tokens, length, err));
    if (n_real > length) {
        tokens->ids[length - 1] = tokens->ids[n_real - 1];
        tokens->begin[length - 1] = tokens->begin[n_real - 1];
        tokens->end[length - 1] = tokens->end[n_real - 1];
        tokens->n_cut += n_real - length;
        tokens->n_real = length;
    }
    for (size_t i = tokens->n_real; i < length; i++) {
        tokens->ids[i] = pad_id;
        tokens->begin[i] = tokens->end[i] = PW_NO_OFFSET;
    }
    tokens->n_tokens = length;
    return PW_OK;
}

static const char *const mask_names[PW_N_MASK_RULES] = {
    [PW_MASK_HF] = "hf",
    [PW_MASK_NONE] = "none",
    [PW_MASK_LECTURE] = "lecture",
};

const char *pw_mask_rule_name(pw_mask_rule rule)
{
    return (unsigned)rule < PW_N_MASK_RULES ? mask_names[rule] : "?";
}

int32_t pw_mask_rule_from_name(const char *name)
{
    for (int32_t i = 0; name != NULL && i < PW_N_MASK_RULES; i++)
        if (strcmp(mask_names[i], name) == 0)
            return i;
    return -1;
}

void pw_tokens_mask(const pw_tokens *tokens, pw_mask_rule rule, int32_t pad_id, uint8_t *mask)
{
    for (size_t i = 0; i < tokens->n_tokens; i++)
        switch (rule) {
        case PW_MASK_NONE:
            mask[i] = 1;
            break;
        case PW_MASK_LECTURE:
            mask[i] = tokens->ids[i] != pad_id;
            break;
        default:
            mask[i] = i < tokens->n_real;
            break;
        }
}
