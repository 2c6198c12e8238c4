/* SPDX-License-Identifier: MIT */
/* The word pattern's alternatives, in their order. */
#include "tokenizers/word_pattern.h"

#include <string.h>

#define LONG_S        0x17F /* folds to "s" */
#define YPOGEGRAMMENI 0x345 /* a combining iota below; its capital is the letter U+0399 */

static bool matches_char(const pwi_mode_row *row, uint32_t code, char wanted)
{
    return code == (uint32_t)wanted || (code == LONG_S && wanted == 's' && row->ignores_case);
}

/* How many characters at i match an ASCII text: all of them, or 0. */
static size_t match_text(const pwi_mode_row *row, const pwi_char *chars, size_t n, size_t i,
                         const char *text)
{
    const size_t size = strlen(text);

    if (size > n - i)
        return 0;
    for (size_t k = 0; k < size; k++)
        if (!matches_char(row, chars[i + k].code, text[k]))
            return 0;
    return size;
}

/* A literal that matched with U+017F in it is one word, but not the token. */
static pwi_literal literal_of(const pwi_char *chars, size_t size, pwi_literal literal)
{
    for (size_t k = 0; k < size; k++)
        if (chars[k].code == LONG_S)
            return PWI_LITERAL_NONE;
    return literal;
}

static size_t match_literal(const pwi_mode_row *row, const pwi_char *chars, size_t n, size_t i,
                            pwi_literal *literal)
{
    size_t size = match_text(row, chars, n, i, row->bos_literal);

    *literal = PWI_LITERAL_BOS;
    if (size == 0) {
        size = match_text(row, chars, n, i, row->eos_literal);
        *literal = PWI_LITERAL_EOS;
    }
    *literal = size == 0 ? PWI_LITERAL_NONE : literal_of(chars + i, size, *literal);
    return size;
}

static size_t match_contraction(const pwi_mode_row *row, const pwi_char *chars, size_t n,
                                size_t i)
{
    static const char *const contractions[] = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
    size_t size = 0;

    for (size_t k = 0; k < sizeof(contractions) / sizeof(*contractions) && size == 0; k++)
        size = match_text(row, chars, n, i, contractions[k]);
    return size;
}

static bool is_letter(const pwi_mode_row *row, uint32_t code)
{
    return pwi_has_property(code, row->letter);
}

/* Neither white space nor letter nor number. */
static bool is_other(const pwi_mode_row *row, uint32_t code)
{
    return (pwi_properties(code) &
            (uint32_t)(PWI_SPACE | (int)row->letter | (int)row->number)) == 0 &&
           !(code == YPOGEGRAMMENI && row->ignores_case);
}

static size_t run_end(const pwi_mode_row *row, const pwi_char *chars, size_t n, size_t i,
                      bool (*belongs)(const pwi_mode_row *row, uint32_t code))
{
    while (i < n && belongs(row, chars[i].code))
        i++;
    return i;
}

/* Where the piece at i ends; i itself where no alternative matches. */
static size_t piece_end(const pwi_mode_row *row, const pwi_char *chars, size_t n, size_t i,
                        pwi_literal *literal)
{
    const uint32_t code = chars[i].code;
    size_t size = 0;

    *literal = PWI_LITERAL_NONE;
    if (code == '<' && row->bos_literal != NULL)
        size = match_literal(row, chars, n, i, literal);
    else if (code == '\'')
        size = match_contraction(row, chars, n, i);
    if (size > 0)
        return i + size;
    if (is_letter(row, code))
        return run_end(row, chars, n, i, is_letter);
    if (pwi_has_property(code, row->number))
        return i + 1;
    return run_end(row, chars, n, i, is_other);
}

bool pwi_piece_next(const pwi_mode_row *row, const pwi_char *chars, size_t n, size_t *at,
                    pwi_piece *piece)
{
    for (size_t i = *at; i < n; i++) {
        piece->first = i;
        piece->last = piece_end(row, chars, n, i, &piece->literal);
        if (piece->last > i) {
            *at = piece->last;
            return true;
        }
    }
    *at = n;
    return false;
}
