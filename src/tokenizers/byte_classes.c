/* SPDX-License-Identifier: MIT */
/* Classes of bytes, and the common words that are one token. */
#include "tokenizers/byte_classes.h"

#include <string.h>

#include "base/utf8.h"
#include "tokenizers/byte_symbols.h"

#define N_ASCII 0x80

static bool is_touched(const pwi_mode_row *row, uint32_t code)
{
    const bool is_control = code < 0x20 || code == 0x7F;
    const bool is_line = code == '\t' || code == '\n' || code == '\r';

    return (row->touches_controls && is_control && !is_line) ||
           (row->touches_entities && code == '&');
}

static pwi_byte_class class_of(const pwi_mode_row *row, uint32_t code)
{
    const uint32_t properties = pwi_properties(code);

    if (code >= N_ASCII || is_touched(row, code))
        return PWI_BYTE_STOP;
    if (properties & PWI_SPACE)
        return PWI_BYTE_SPACE;
    if (properties & (uint32_t)row->letter)
        return PWI_BYTE_LETTER;
    return properties & (uint32_t)row->number ? PWI_BYTE_NUMBER : PWI_BYTE_OTHER;
}

void pwi_byte_classes_fill(pw_tokenizer *tokenizer)
{
    const pwi_mode_row *row = &tokenizer->row;

    for (uint32_t code = 0; code < 256; code++)
        tokenizer->classes[code] = (uint8_t)class_of(row, code);
    if (row->bos_literal != NULL) {
        tokenizer->classes[(uint8_t)row->bos_literal[0]] = PWI_BYTE_STOP;
        tokenizer->classes[(uint8_t)row->eos_literal[0]] = PWI_BYTE_STOP;
    }
    tokenizer->is_local = row->is_local;
}

/* A token with white space in it, or that takes white space along, is not inside one stretch
 * between white space; one of letters and digits may begin at any of them. */
static void avoid_all(pw_tokenizer *tokenizer)
{
    memset(tokenizer->classes, PWI_BYTE_STOP, sizeof(tokenizer->classes));
    tokenizer->is_local = false;
}

static bool holds_space(const pwi_text *text)
{
    for (size_t i = 0; i < text->n; i++)
        if (pwi_is_space_python(text->chars[i].code))
            return true;
    return false;
}

/* A character without which the token is not there, and that is no part of ordinary words;
 * `none` if it has no such character. */
static uint32_t mark_of(const pw_tokenizer *tokenizer, const pwi_text *cleaned, uint32_t none)
{
    for (size_t i = 0; i < cleaned->n; i++) {
        const uint32_t code = cleaned->chars[i].code;

        if (code >= N_ASCII || tokenizer->classes[code] == PWI_BYTE_OTHER ||
            tokenizer->classes[code] == PWI_BYTE_STOP)
            return code;
    }
    return none;
}

void pwi_byte_classes_avoid(pw_tokenizer *tokenizer, const pwi_added_token *token,
                            const pwi_text *cleaned)
{
    const uint32_t none = UINT32_MAX;
    const uint32_t mark = mark_of(tokenizer, cleaned, none);

    if (mark == none || token->is_lstrip || token->is_rstrip || holds_space(cleaned))
        avoid_all(tokenizer);
    else if (mark < N_ASCII)
        tokenizer->classes[mark] = PWI_BYTE_STOP;
}

/* The bytes of a word from its text in the vocabulary, at most `capacity`; 0 if it is none, or
 * longer. */
static size_t word_of(const pwi_vocab_text *token, char *word, size_t capacity)
{
    size_t n = 0, end, size;
    uint32_t code;

    if (token->text == NULL || token->size <= PWI_WORD_END_SIZE)
        return 0;
    end = token->size - PWI_WORD_END_SIZE;
    if (memcmp(token->text + end, PWI_WORD_END, PWI_WORD_END_SIZE) != 0)
        return 0;
    for (size_t i = 0; i < end; i += size) {
        int byte;

        code = (unsigned char)token->text[i];
        size = code < 0x80 ? 1 : pwi_utf8_decode(token->text + i, end - i, &code);
        byte = size == 0 ? -1 : pwi_symbol_byte(code);
        if (byte < 0 || n == capacity)
            return 0;
        word[n++] = (char)byte;
    }
    return n;
}

/* Only merging knows whether a word becomes the token of its text: another merge of lower rank
 * may tear it apart. */
static pw_status add_word(pw_tokenizer *tokenizer, const char *word, size_t size,
                          pwi_bpe_scratch *scratch, pw_error *err)
{
    pwi_symbol symbols[PWI_WORD_BYTES];
    size_t n = size;

    for (size_t i = 0; i < size; i++)
        symbols[i] = (pwi_symbol){tokenizer->byte_ids[(uint8_t)word[i]], 1};
    symbols[size - 1].id = tokenizer->byte_end_ids[(uint8_t)word[size - 1]];
    PWI_TRY(pwi_bpe_merge(&tokenizer->merges, scratch, symbols, &n, err));
    if (n == 1 &&
        !pwi_word_table_add(&tokenizer->words, pwi_word_key_of(word, size), symbols[0].id))
        return pwi_fail_memory(err);
    return PW_OK;
}

pw_status pwi_words_fill(pw_tokenizer *tokenizer, pw_error *err)
{
    char word[PWI_WORD_BYTES];
    const size_t n_words = (size_t)tokenizer->n_vocab; /* at most */
    pwi_bpe_scratch scratch;                           /* stays empty: these words are short */
    pw_status status = PW_OK;

    if (!pwi_word_table_reserve(&tokenizer->words,
                                n_words < PWI_WORDS_MAX ? n_words : PWI_WORDS_MAX))
        return pwi_fail_memory(err);
    pwi_bpe_scratch_init(&scratch, &tokenizer->ctx->allocator);
    for (int32_t id = 0;
         id < tokenizer->n_vocab && tokenizer->words.n_used < PWI_WORDS_MAX && status == PW_OK;
         id++) {
        const size_t size = word_of(&tokenizer->texts[id], word, sizeof(word));

        if (size > 0)
            status = add_word(tokenizer, word, size, &scratch, err);
    }
    pwi_bpe_scratch_free(&scratch);
    return status;
}
