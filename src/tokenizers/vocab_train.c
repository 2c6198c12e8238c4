/* SPDX-License-Identifier: MIT */
/* Training a vocabulary in CLIP's form (byte pair encoding: Sennrich, Haddow, Birch 2016): the
 * words of the text as byte symbols, then the most frequent pair of neighbours becomes a
 * symbol, again and again. What comes out are the lines of a merges.txt, which the reader of
 * such files makes into a tokenizer. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "tokenizers/byte_symbols.h"
#include "tokenizers/vocab.h"
#include "tokenizers/vocab_pairs.h"
#include "tokenizers/vocab_words.h"

#define N_BYTE_TOKENS     512 /* byte symbols, and the same at the end of a word */
#define N_SPECIAL_TOKENS  2
#define PROGRESS_INTERVAL 256 /* merges; each takes well under a millisecond */

/* The text of a symbol as vocabularies write it. */
struct symbol {
    const char *text;
    size_t size;
};

struct training {
    const pw_context *ctx;
    pwi_arena arena; /* the symbols' texts */
    struct symbol *symbols;
    size_t n_symbols, n_symbols_max;
    int32_t byte_ids[256];
    pwi_pairs pairs;
    pwi_buf lines;
};

static bool add_symbol(struct training *training, const char *left, size_t left_size,
                       const char *right, size_t right_size)
{
    char *text = pwi_arena_alloc(&training->arena, left_size + right_size);

    if (text == NULL)
        return false;
    memcpy(text, left, left_size);
    memcpy(text + left_size, right, right_size);
    training->symbols[training->n_symbols++] = (struct symbol){text, left_size + right_size};
    return true;
}

static bool add_byte_symbols(struct training *training, const char *ending, size_t ending_size)
{
    for (unsigned i = 0; i < 256; i++) {
        const uint8_t byte = pwi_byte_in_order(i);
        char bytes[4];
        const size_t size = pwi_utf8_encode(pwi_byte_symbol(byte), bytes);

        training->byte_ids[byte] = (int32_t)i;
        if (!add_symbol(training, bytes, size, ending, ending_size))
            return false;
    }
    return true;
}

static pw_status start(struct training *training, const pw_context *ctx, size_t n_merges,
                       pw_error *err)
{
    training->ctx = ctx;
    pwi_arena_init(&training->arena, &ctx->allocator);
    pwi_pairs_init(&training->pairs, &ctx->allocator);
    pwi_buf_init(&training->lines, &ctx->allocator);
    training->n_symbols_max = N_BYTE_TOKENS + n_merges;
    training->symbols = PWI_ARRAY(&ctx->allocator, struct symbol, training->n_symbols_max);
    if (training->symbols == NULL || !add_byte_symbols(training, "", 0) ||
        !add_byte_symbols(training, PWI_WORD_END, PWI_WORD_END_SIZE))
        return pwi_fail_memory(err);
    return PW_OK;
}

static void finish(struct training *training)
{
    const pw_allocator *allocator = &training->ctx->allocator;

    pwi_free_array(allocator, training->symbols, training->n_symbols_max,
                   sizeof(*training->symbols));
    pwi_arena_free(&training->arena);
    pwi_pairs_free(&training->pairs);
    pwi_buf_free(&training->lines);
}

static pw_status count_words(pwi_words *words, const pw_context *ctx, const char *const *texts,
                             const size_t *sizes, size_t n_texts, pw_error *err)
{
    for (size_t i = 0; i < n_texts; i++) {
        pw_status status = pwi_progress(ctx, "counting words", i, n_texts, err);

        if (status == PW_OK)
            status = pwi_words_count(words, texts[i], sizes[i], err);
        if (status != PW_OK) {
            char where[32];

            snprintf(where, sizeof(where), "text %zu", i + 1);
            return pwi_where(err, where, status);
        }
    }
    return PW_OK;
}

static pw_status add_word(struct training *training, const pwi_word *word, int32_t *ids,
                          pw_error *err)
{
    for (size_t i = 0; i < word->size; i++)
        ids[i] = training->byte_ids[(uint8_t)word->bytes[i]];
    ids[word->size - 1] += N_BYTE_TOKENS / 2;
    return pwi_pairs_add_word(&training->pairs, ids, word->size, word->count, err);
}

static pw_status add_words(struct training *training, const pwi_words *words, pw_error *err)
{
    const pw_allocator *allocator = &training->ctx->allocator;
    size_t size_max = 0;
    int32_t *ids;
    pw_status status = PW_OK;

    for (size_t i = 0; i < words->n; i++)
        if (words->words[i].size > size_max)
            size_max = words->words[i].size;
    ids = PWI_ARRAY(allocator, int32_t, size_max);
    if (ids == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < words->n && status == PW_OK; i++)
        status = add_word(training, &words->words[i], ids, err);
    pwi_free_array(allocator, ids, size_max, sizeof(*ids));
    return status;
}

/* The words of the texts are in training->pairs afterwards, and not needed as words any more.
 */
static pw_status read_texts(struct training *training, const char *const *texts,
                            const size_t *sizes, size_t n_texts, pw_error *err)
{
    pwi_words words;
    pw_status status;

    pwi_words_init(&words, &training->ctx->allocator);
    status = count_words(&words, training->ctx, texts, sizes, n_texts, err);
    if (status == PW_OK)
        status = add_words(training, &words, err);
    pwi_words_free(&words);
    return status;
}

/* Make the pair that is best now a symbol, unless its text would be over the limit for tokens:
 * then the pair stays two symbols for good. */
static pw_status merge(struct training *training, int32_t left, int32_t right, pw_error *err)
{
    const struct symbol *a = &training->symbols[left], *b = &training->symbols[right];
    const int32_t product = (int32_t)training->n_symbols;

    if (a->size + b->size > PW_TOKEN_BYTES_MAX) {
        pwi_pairs_drop_best(&training->pairs);
        return PW_OK;
    }
    pwi_buf_append(&training->lines, a->text, a->size);
    pwi_buf_byte(&training->lines, ' ');
    pwi_buf_append(&training->lines, b->text, b->size);
    pwi_buf_byte(&training->lines, '\n');
    if (training->lines.failed || !add_symbol(training, a->text, a->size, b->text, b->size))
        return pwi_fail_memory(err);
    return pwi_pairs_merge_best(&training->pairs, product, err);
}

static pw_status merge_all(struct training *training, size_t n_merges, pw_error *err)
{
    while (training->n_symbols < training->n_symbols_max) {
        const size_t n_done = training->n_symbols - N_BYTE_TOKENS;
        int32_t left, right;

        if (n_done % PROGRESS_INTERVAL == 0)
            PWI_TRY(pwi_progress(training->ctx, "merging", n_done, n_merges, err));
        PWI_TRY(pwi_pairs_best(&training->pairs, &left, &right, err));
        if (left < 0)
            return PWI_FAIL(
                err, PW_ERR_ARGUMENT,
                "the text holds only %zu pairs to merge, not %zu: give more text or "
                "ask for fewer merges",
                n_done, n_merges);
        PWI_TRY(merge(training, left, right, err));
    }
    return PW_OK;
}

pw_status pw_tokenizer_train(pw_tokenizer **out, pw_context *ctx, const char *const *texts,
                             const size_t *sizes, size_t n_texts, int32_t n_merges,
                             pw_error *err)
{
    struct training training = {0};
    pw_status status;

    *out = NULL;
    if (n_merges < 0 || n_merges > PW_VOCAB_MAX - N_BYTE_TOKENS - N_SPECIAL_TOKENS)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "the number of merges must be from 0 to %d, not %" PRId32,
                        PW_VOCAB_MAX - N_BYTE_TOKENS - N_SPECIAL_TOKENS, n_merges);
    status = start(&training, ctx, (size_t)n_merges, err);
    if (status == PW_OK)
        status = read_texts(&training, texts, sizes, n_texts, err);
    if (status == PW_OK)
        status = merge_all(&training, (size_t)n_merges, err);
    if (status == PW_OK)
        status = pwi_tokenizer_from_merges(out, ctx, training.lines.data, training.lines.size,
                                           (size_t)n_merges, NULL, NULL, err);
    finish(&training);
    return status;
}
