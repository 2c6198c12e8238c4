/* SPDX-License-Identifier: MIT */
/* What each byte of a text is to encode_ascii.c, and common words that are one token: worked
 * out once, when a tokenizer is made, from its mode, vocabulary and added tokens. */
#ifndef PWI_TOKENIZERS_BYTE_CLASSES_H
#define PWI_TOKENIZERS_BYTE_CLASSES_H

#include "tokenizers/tokenizer.h"

/* The classes of the mode: before any added token is known. */
void pwi_byte_classes_fill(pw_tokenizer *tokenizer);

/* Have texts that may hold this added token taken character by character. `cleaned` is the
 * token's text as the matcher sees it. */
void pwi_byte_classes_avoid(pw_tokenizer *tokenizer, const pwi_added_token *token,
                            const pwi_text *cleaned);

/* Fill the table of common words that are one token. After the bytes' ids are known. */
pw_status pwi_words_fill(pw_tokenizer *tokenizer, pw_error *err);

#endif
