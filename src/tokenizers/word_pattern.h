/* SPDX-License-Identifier: MIT */
/* CLIP's word pattern (encoders.md 1.2), by hand: start and end literals, contractions, runs of
 * letters, single numbers, runs of everything else; white space is dropped. */
#ifndef PWI_TOKENIZERS_WORD_PATTERN_H
#define PWI_TOKENIZERS_WORD_PATTERN_H

#include "tokenizers/modes.h"

/* The pattern as tokenizer.json writes it, and what some files have in front of it. */
#define PWI_WORD_REGEX     "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"
#define PWI_LITERALS_REGEX "<\\|startoftext\\|>|<\\|endoftext\\|>|"

typedef enum pwi_literal {
    PWI_LITERAL_NONE,
    PWI_LITERAL_BOS,
    PWI_LITERAL_EOS
} pwi_literal;

/* Characters first .. last - 1. */
typedef struct pwi_piece {
    size_t first, last;
    pwi_literal literal;
} pwi_piece;

/* The next piece at or behind *at, which is set behind the piece; false at the end of the
 * text. */
bool pwi_piece_next(const pwi_mode_row *row, const pwi_char *chars, size_t n, size_t *at,
                    pwi_piece *piece);

#endif
