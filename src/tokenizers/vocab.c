/* SPDX-License-Identifier: MIT */
/* Tokens of a tokenizer in the making, and a whole one from merges alone. */
#include "tokenizers/vocab.h"

#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"
#include "tokenizers/byte_symbols.h"

pw_status pwi_tokenizer_new(pw_tokenizer **out, pw_context *ctx, pw_error *err)
{
    pw_tokenizer *tokenizer = PWI_NEW(&ctx->allocator, pw_tokenizer);

    *out = tokenizer;
    if (tokenizer == NULL)
        return pwi_fail_memory(err);
    tokenizer->ctx = pwi_context_keep(ctx);
    pwi_arena_init(&tokenizer->arena, &ctx->allocator);
    pwi_map_init(&tokenizer->by_text, &ctx->allocator);
    pwi_merges_init(&tokenizer->merges, &ctx->allocator);
    pwi_word_table_init(&tokenizer->words, &ctx->allocator);
    pwi_matcher_init(&tokenizer->raw_matcher, &ctx->allocator);
    pwi_matcher_init(&tokenizer->cleaned_matcher, &ctx->allocator);
    tokenizer->bos_id = tokenizer->eos_id = tokenizer->pad_id = tokenizer->unk_id = -1;
    return PW_OK;
}

void pw_tokenizer_free(pw_tokenizer *tokenizer)
{
    pw_context *ctx;

    if (tokenizer == NULL)
        return;
    ctx = tokenizer->ctx;
    pwi_matcher_free(&tokenizer->raw_matcher);
    pwi_matcher_free(&tokenizer->cleaned_matcher);
    pwi_free_array(&ctx->allocator, tokenizer->added, tokenizer->added_capacity,
                   sizeof(*tokenizer->added));
    pwi_word_table_free(&tokenizer->words);
    pwi_merges_free(&tokenizer->merges);
    pwi_map_free(&tokenizer->by_text);
    pwi_free_array(&ctx->allocator, tokenizer->texts, (size_t)tokenizer->texts_capacity,
                   sizeof(*tokenizer->texts));
    pwi_arena_free(&tokenizer->arena);
    PWI_DELETE(&ctx->allocator, tokenizer);
    pw_context_free(ctx);
}

/* Room for an id; new places are holes. Ids come in any order, and one that is far out costs at
 * most PW_VOCAB_MAX places. */
static bool reserve_texts(pw_tokenizer *tokenizer, int32_t id)
{
    int32_t capacity = tokenizer->texts_capacity == 0 ? 1024 : tokenizer->texts_capacity;
    pwi_vocab_text *texts;

    if (id < tokenizer->texts_capacity)
        return true;
    while (capacity <= id)
        capacity *= 2;
    texts = pwi_grow_array(&tokenizer->ctx->allocator, tokenizer->texts,
                           (size_t)tokenizer->texts_capacity, (size_t)capacity, sizeof(*texts));
    if (texts == NULL)
        return false;
    memset(texts + tokenizer->texts_capacity, 0,
           (size_t)(capacity - tokenizer->texts_capacity) * sizeof(*texts));
    tokenizer->texts = texts;
    tokenizer->texts_capacity = capacity;
    return true;
}

pw_status pwi_vocab_reserve(pw_tokenizer *tokenizer, size_t n, pw_error *err)
{
    if (n > PW_VOCAB_MAX)
        n = PW_VOCAB_MAX;
    if (n == 0)
        return PW_OK;
    return reserve_texts(tokenizer, (int32_t)n - 1) && pwi_map_reserve(&tokenizer->by_text, n)
               ? PW_OK
               : pwi_fail_memory(err);
}

static pw_status check_token(const char *text, size_t size, int64_t id, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    if (size == 0)
        return PWI_FAIL(err, PW_ERR_FIELD, "the vocabulary has an empty token, id %" PRId64,
                        id);
    if (size > PW_TOKEN_BYTES_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "token %s has %zu bytes; a token may have %d",
                        pwi_quote(quoted, text, size), size, PW_TOKEN_BYTES_MAX);
    if (memchr(text, '\0', size) != NULL)
        return PWI_FAIL(err, PW_ERR_FIELD, "token %s holds a NUL",
                        pwi_quote(quoted, text, size));
    if (id < 0)
        return PWI_FAIL(err, PW_ERR_FIELD, "token %s has the negative id %" PRId64,
                        pwi_quote(quoted, text, size), id);
    if (id >= PW_VOCAB_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "token %s has the id %" PRId64 "; the largest is %d",
                        pwi_quote(quoted, text, size), id, PW_VOCAB_MAX - 1);
    return PW_OK;
}

/* The checks are done, and there is a place for the id. */
static pw_status put_token(pw_tokenizer *tokenizer, const char *text, size_t size, int32_t id,
                           uint32_t *by_text, pw_error *err)
{
    pwi_vocab_text *place = &tokenizer->texts[id];
    char quoted[PWI_QUOTE_SIZE], other[PWI_QUOTE_SIZE];

    if (place->text != NULL)
        return PWI_FAIL(err, PW_ERR_DUPLICATE, "tokens %s and %s both have the id %" PRId32,
                        pwi_quote(other, place->text, place->size),
                        pwi_quote(quoted, text, size), id);
    if (*by_text != PWI_MAP_NONE)
        return PWI_FAIL(err, PW_ERR_DUPLICATE,
                        "token %s is in the vocabulary twice, as %" PRIu32 " and %" PRId32,
                        pwi_quote(quoted, text, size), *by_text, id);
    *by_text = (uint32_t)id;
    place->text = text;
    place->size = (uint32_t)size;
    if (id >= tokenizer->n_vocab)
        tokenizer->n_vocab = id + 1;
    return PW_OK;
}

pw_status pwi_vocab_add(pw_tokenizer *tokenizer, const char *text, size_t size, int64_t id,
                        pw_error *err)
{
    const char *kept;

    PWI_TRY(check_token(text, size, id, err));
    kept = pwi_arena_string(&tokenizer->arena, text, size);
    return kept == NULL ? pwi_fail_memory(err)
                        : pwi_vocab_add_kept(tokenizer, kept, size, id, err);
}

pw_status pwi_vocab_add_kept(pw_tokenizer *tokenizer, const char *text, size_t size, int64_t id,
                             pw_error *err)
{
    uint32_t *by_text = pwi_map_value(&tokenizer->by_text, text, size);

    return by_text == NULL ? pwi_fail_memory(err)
                           : pwi_vocab_add_found(tokenizer, text, size, id, by_text, err);
}

pw_status pwi_vocab_add_found(pw_tokenizer *tokenizer, const char *text, size_t size,
                              int64_t id, uint32_t *by_text, pw_error *err)
{
    PWI_TRY(check_token(text, size, id, err));
    if (!reserve_texts(tokenizer, (int32_t)id))
        return pwi_fail_memory(err);
    return put_token(tokenizer, text, size, (int32_t)id, by_text, err);
}

int32_t pwi_vocab_find(const pw_tokenizer *tokenizer, const char *text, size_t size)
{
    const uint32_t id = pwi_map_find(&tokenizer->by_text, text, size);

    return id == PWI_MAP_NONE ? -1 : (int32_t)id;
}

pw_status pwi_vocab_add_bytes(pw_tokenizer *tokenizer, pw_error *err)
{
    for (unsigned i = 0; i < 256; i++) {
        char text[4 + PWI_WORD_END_SIZE];
        const size_t size = pwi_utf8_encode(pwi_byte_symbol(pwi_byte_in_order(i)), text);

        memcpy(text + size, PWI_WORD_END, PWI_WORD_END_SIZE);
        PWI_TRY(pwi_vocab_add(tokenizer, text, size, i, err));
        PWI_TRY(pwi_vocab_add(tokenizer, text, size + PWI_WORD_END_SIZE, 256 + i, err));
    }
    return PW_OK;
}

/* Start and end token as the last ids, where merges.txt stands alone. */
static pw_status add_last(pw_tokenizer *tokenizer, const pwi_specials *specials, pw_error *err)
{
    for (int role = PWI_ROLE_BOS; role <= PWI_ROLE_EOS; role++) {
        const pwi_role_token named = pwi_specials_role(specials, (pwi_role)role);

        if (pwi_vocab_find(tokenizer, named.token.text, named.token.size) < 0)
            PWI_TRY(pwi_vocab_add(tokenizer, named.token.text, named.token.size,
                                  tokenizer->n_vocab, err));
    }
    return PW_OK;
}

static pw_status build(pw_tokenizer *tokenizer, const char *lines, size_t size, size_t n_max,
                       const pwi_specials *specials, const pw_tokenizer_options *options,
                       pw_error *err)
{
    pwi_merges_trim(&lines, &size);
    PWI_TRY(pwi_vocab_add_bytes(tokenizer, err));
    PWI_TRY(pwi_vocab_add_merges(tokenizer, lines, size, true, n_max, err));
    PWI_TRY(add_last(tokenizer, specials, err));
    return pwi_tokenizer_finish(tokenizer, specials, options, err);
}

pw_status pwi_tokenizer_from_merges(pw_tokenizer **out, pw_context *ctx, const char *lines,
                                    size_t size, size_t n_max, const pwi_specials *specials,
                                    const pw_tokenizer_options *options, pw_error *err)
{
    pwi_specials none;
    pw_status status;

    pwi_specials_init(&none, &ctx->allocator);
    status = pwi_tokenizer_new(out, ctx, err);
    if (status == PW_OK)
        status =
            build(*out, lines, size, n_max, specials != NULL ? specials : &none, options, err);
    if (status != PW_OK) {
        pw_tokenizer_free(*out);
        *out = NULL;
    }
    pwi_specials_free(&none);
    return status;
}
