/* SPDX-License-Identifier: MIT */
/* Counting words. A text is cleaned piece by piece, cut behind line feeds: white space ends
 * every word and composes with nothing, so pieces give the same words as the whole, and memory
 * stays that of a piece. */
#include "tokenizers/vocab_words.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "tokenizers/word_pattern.h"

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

/* What cleaning needs, kept from piece to piece: a text and the next one take turns. */
struct cleaning {
    const pwi_mode_row *row;
    pwi_text texts[2];
    pwi_buf word;
};

static bool count_cleaned(pwi_words *words, struct cleaning *cleaning, const pwi_text *text)
{
    pwi_piece piece;
    size_t at = 0;
    char bytes[4];

    while (pwi_piece_next(cleaning->row, text->chars, text->n, &at, &piece)) {
        pwi_buf_clear(&cleaning->word);
        for (size_t i = piece.first; i < piece.last; i++)
            pwi_buf_append(&cleaning->word, bytes, pwi_utf8_encode(text->chars[i].code, bytes));
        if (cleaning->word.failed ||
            !words_add(words, cleaning->word.data, cleaning->word.size))
            return false;
    }
    return true;
}

static pw_status count_piece(pwi_words *words, struct cleaning *cleaning, const char *bytes,
                             size_t size, pw_error *err)
{
    pwi_text *text = &cleaning->texts[0], *next = &cleaning->texts[1];

    PWI_TRY(pwi_text_decode(text, bytes, size, 0, err));
    for (size_t i = 0; i < PWI_STEPS_MAX && cleaning->row->steps[i] != NULL; i++) {
        pwi_text *cleaned = next;

        cleaning->row->steps[i](cleaned, text);
        next = text;
        text = cleaned;
    }
    if (text->failed || !count_cleaned(words, cleaning, text))
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
    struct cleaning cleaning = {.row = pwi_mode_find(PW_TOKENIZER_HF_FAST)};
    pw_status status = PW_OK;

    pwi_text_init(&cleaning.texts[0], words->allocator);
    pwi_text_init(&cleaning.texts[1], words->allocator);
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
    pwi_text_free(&cleaning.texts[0]);
    pwi_text_free(&cleaning.texts[1]);
    pwi_buf_free(&cleaning.word);
    return status;
}
