/* SPDX-License-Identifier: MIT */
/* The scratch of one thread, and how a word becomes symbols. */
#include "tokenizers/encoder.h"

#include <string.h>

/* Longer than most prompts are in tokens, so that the arrays rarely grow. */
#define N_TOKENS_FIRST  128
#define N_SYMBOLS_FIRST 256

void pwi_encoder_init(pwi_encoder *encoder, const pw_tokenizer *tokenizer)
{
    const pw_allocator *allocator = &tokenizer->ctx->allocator;

    memset(encoder, 0, sizeof(*encoder));
    encoder->tokenizer = tokenizer;
    encoder->allocator = allocator;
    pwi_text_init(&encoder->raw, allocator);
    pwi_text_init(&encoder->texts[0], allocator);
    pwi_text_init(&encoder->texts[1], allocator);
    pwi_matches_init(&encoder->raw_cuts, allocator);
    pwi_matches_init(&encoder->late_cuts, allocator);
    pwi_bpe_scratch_init(&encoder->scratch, allocator);
}

void pwi_encoder_free(pwi_encoder *encoder)
{
    pwi_bpe_scratch_free(&encoder->scratch);
    pwi_matches_free(&encoder->late_cuts);
    pwi_matches_free(&encoder->raw_cuts);
    pwi_text_free(&encoder->texts[1]);
    pwi_text_free(&encoder->texts[0]);
    pwi_text_free(&encoder->raw);
    pwi_free_array(encoder->allocator, encoder->symbols, encoder->symbols_capacity,
                   sizeof(*encoder->symbols));
    pwi_free_array(encoder->allocator, encoder->cache, PWI_WORD_CACHE, sizeof(*encoder->cache));
}

pw_status pwi_encoder_add_cache(pwi_encoder *encoder, pw_error *err)
{
    PW_ASSERT(encoder->cache == NULL);
    encoder->cache =
        pwi_alloc_zeroed(encoder->allocator, PWI_WORD_CACHE, sizeof(*encoder->cache));
    return encoder->cache == NULL ? pwi_fail_memory(err) : PW_OK;
}

pw_status pwi_encoder_grow(pwi_encoder *encoder)
{
    const size_t capacity = encoder->out->capacity;

    return pwi_tokens_reserve(encoder->out, capacity == 0 ? N_TOKENS_FIRST : capacity * 2,
                              encoder->err);
}

pw_status pwi_encoder_reserve_symbols(pwi_encoder *encoder, size_t n)
{
    size_t capacity =
        encoder->symbols_capacity == 0 ? N_SYMBOLS_FIRST : encoder->symbols_capacity;

    if (n <= encoder->symbols_capacity)
        return PW_OK;
    while (capacity < n)
        capacity += capacity / 2;
    pwi_free_array(encoder->allocator, encoder->symbols, encoder->symbols_capacity,
                   sizeof(*encoder->symbols));
    encoder->symbols = PWI_ARRAY(encoder->allocator, pwi_symbol, capacity);
    encoder->symbols_capacity = encoder->symbols == NULL ? 0 : capacity;
    return encoder->symbols == NULL ? pwi_fail_memory(encoder->err) : PW_OK;
}

/* One symbol a byte, the last one the word's end. */
static pw_status merge(pwi_encoder *encoder, pwi_word_key word, size_t *n)
{
    const pw_tokenizer *tokenizer = encoder->tokenizer;

    *n = word.size;
    for (size_t i = 0; i + 1 < word.size; i++)
        encoder->few[i] = (pwi_symbol){tokenizer->byte_ids[pwi_word_byte(word, i)], 1};
    encoder->few[word.size - 1] =
        (pwi_symbol){tokenizer->byte_end_ids[pwi_word_byte(word, word.size - 1)], 1};
    return pwi_bpe_merge(&tokenizer->merges, &encoder->scratch, encoder->few, n, encoder->err);
}

static void keep(pwi_word_entry *entry, pwi_word_key word, const pwi_symbol *symbols, size_t n)
{
    if (n > PWI_WORD_PARTS)
        return;
    entry->low = word.low;
    entry->high = word.high;
    entry->size = (uint8_t)word.size;
    entry->n = (uint8_t)n;
    for (size_t i = 0; i < n; i++) {
        entry->ids[i] = symbols[i].id;
        entry->sizes[i] = (uint8_t)symbols[i].size;
    }
}

static bool is_of(const pwi_word_entry *entry, pwi_word_key word)
{
    return entry->low == word.low && entry->high == word.high && entry->size == word.size;
}

pw_status pwi_encoder_merge_word(pwi_encoder *encoder, pwi_word_key word,
                                 const pwi_symbol **symbols, size_t *n)
{
    pwi_word_entry *entry;

    *symbols = encoder->few;
    if (encoder->cache == NULL)
        return merge(encoder, word, n);
    entry =
        &encoder
             ->cache[pwi_word_hash(encoder->tokenizer->words.key, word, PWI_WORD_CACHE_BITS)];
    if (is_of(entry, word)) {
        *n = entry->n;
        for (size_t i = 0; i < entry->n; i++)
            encoder->few[i] = (pwi_symbol){entry->ids[i], entry->sizes[i]};
        return PW_OK;
    }
    PWI_TRY(merge(encoder, word, n));
    keep(entry, word, encoder->few, *n);
    return PW_OK;
}
