/* SPDX-License-Identifier: MIT */
/* Counting words. A text is cleaned piece by piece, cut behind line feeds: white space ends
 * every word and composes with nothing, so pieces give the same words as the whole, and memory
 * stays that of a piece. */
#include "tokenizers/vocab_words.h"

#include <string.h>

#include <padwise/tokenizer.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "text/text.h"

#define PIECE_SIZE ((size_t)1 << 18)

void pwi_words_init(pwi_words *words, const pw_allocator *allocator)
{
    *words = (pwi_words){.allocator = allocator};
    pwi_arena_init(&words->arena, allocator);
    pwi_map_init(&words->by_bytes, allocator);
}

void pwi_words_free(pwi_words *words)
{
    pwi_free_array(words->allocator, words->words, words->capacity, sizeof(*words->words));
    pwi_map_free(&words->by_bytes);
    pwi_arena_free(&words->arena);
}

static bool words_reserve(pwi_words *words)
{
    const size_t capacity = words->capacity == 0 ? 1024 : words->capacity * 2;
    pwi_word *grown;

    if (words->n < words->capacity)
        return true;
    if (words->n >= PWI_MAP_NONE - 1)
        return false;
    grown = pwi_grow_array(words->allocator, words->words, words->capacity, capacity,
                           sizeof(*words->words));
    if (grown == NULL)
        return false;
    words->words = grown;
    words->capacity = capacity;
    return true;
}

/* One more of this word; false when memory is out. */
static bool words_add(pwi_words *words, const char *bytes, size_t size)
{
    const uint32_t found = pwi_map_find(&words->by_bytes, bytes, size);
    const char *copy;
    bool added;

    if (found != PWI_MAP_NONE) {
        words->words[found].count++;
        return true;
    }
    copy = pwi_arena_string(&words->arena, bytes, size);
    if (copy == NULL || !words_reserve(words) ||
        !pwi_map_add(&words->by_bytes, copy, size, (uint32_t)words->n, &added))
        return false;
    words->words[words->n++] = (pwi_word){copy, (uint32_t)size, 1};
    return true;
}

/* How many characters from i on make an English contraction ('s 't 're 've 'm 'll 'd), or 0. */
static size_t contraction(const pwi_text *text, size_t i)
{
    static const char *const endings[] = {"s", "t", "re", "ve", "m", "ll", "d"};

    if (text->chars[i].code != '\'')
        return 0;
    for (size_t e = 0; e < sizeof(endings) / sizeof(*endings); e++) {
        const size_t size = strlen(endings[e]);
        size_t n_equal = 0;

        while (n_equal < size && i + 1 + n_equal < text->n &&
               text->chars[i + 1 + n_equal].code == (uint32_t)endings[e][n_equal])
            n_equal++;
        if (n_equal == size)
            return 1 + size;
    }
    return 0;
}

static bool is_other(uint32_t code)
{
    return !pwi_is_letter(code) && !pwi_is_number(code) && !pwi_is_space(code);
}

/* Where the word that begins at i ends: CLIP's pattern, encoders.md 1.2. */
static size_t word_end(const pwi_text *text, size_t i)
{
    const size_t n_contraction = contraction(text, i);
    bool (*belongs)(uint32_t code) =
        pwi_is_letter(text->chars[i].code) ? pwi_is_letter : is_other;

    if (n_contraction > 0)
        return i + n_contraction;
    if (pwi_is_number(text->chars[i].code))
        return i + 1;
    while (i < text->n && belongs(text->chars[i].code))
        i++;
    return i;
}

static bool count_cleaned(pwi_words *words, const pwi_text *text, pwi_buf *word)
{
    bool good = true;

    for (size_t i = 0; i < text->n && good;) {
        const size_t end = word_end(text, i);
        char bytes[4];

        if (pwi_is_space(text->chars[i].code)) {
            i++;
            continue;
        }
        pwi_buf_clear(word);
        for (; i < end; i++)
            pwi_buf_append(word, bytes, pwi_utf8_encode(text->chars[i].code, bytes));
        good = !word->failed && words_add(words, word->data, word->size);
    }
    return good;
}

/* The three texts that cleaning goes through, kept from piece to piece. */
struct cleaning {
    pwi_text a, b;
    pwi_buf word;
};

static pw_status count_piece(pwi_words *words, struct cleaning *cleaning, const char *bytes,
                             size_t size, pw_error *err)
{
    PWI_TRY(pwi_text_decode(&cleaning->a, bytes, size, 0, err));
    pwi_text_nfc(&cleaning->b, &cleaning->a);
    pwi_text_lower_rust(&cleaning->a, &cleaning->b);
    if (cleaning->a.failed || cleaning->b.failed ||
        !count_cleaned(words, &cleaning->a, &cleaning->word))
        return pwi_fail_memory(err);
    return PW_OK;
}

/* Behind the first line feed after PIECE_SIZE bytes, or the end. */
static size_t piece_size(const char *bytes, size_t size)
{
    const char *end =
        size <= PIECE_SIZE ? NULL : memchr(bytes + PIECE_SIZE, '\n', size - PIECE_SIZE);

    return end == NULL ? size : (size_t)(end - bytes) + 1;
}

pw_status pwi_words_count(pwi_words *words, const char *text, size_t size, pw_error *err)
{
    struct cleaning cleaning;
    pw_status status = PW_OK;

    pwi_text_init(&cleaning.a, words->allocator);
    pwi_text_init(&cleaning.b, words->allocator);
    pwi_buf_init(&cleaning.word, words->allocator);
    for (size_t begin = 0; begin < size && status == PW_OK;) {
        const size_t n = piece_size(text + begin, size - begin);

        if (n > PW_TEXT_BYTES_MAX) {
            status = pwi_fail_at(err, PW_ERR_LIMIT, begin,
                                 "a line of %zu bytes is over the limit of %u: break it", n,
                                 PW_TEXT_BYTES_MAX);
            break;
        }
        status = count_piece(words, &cleaning, text + begin, n, err);
        if (status != PW_OK && err != NULL && err->offset != PW_NO_OFFSET)
            err->offset += begin;
        begin += n;
    }
    pwi_text_free(&cleaning.a);
    pwi_text_free(&cleaning.b);
    pwi_buf_free(&cleaning.word);
    return status;
}
