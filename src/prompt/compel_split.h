/* SPDX-License-Identifier: MIT */
/* Where Compel cuts a prompt that is longer than the encoder's window. */
#ifndef PWI_PROMPT_COMPEL_SPLIT_H
#define PWI_PROMPT_COMPEL_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each looks for its own place first, then for those of the ones below it. */
typedef enum pwi_compel_split_mode {
    PWI_COMPEL_SENTENCES, /* after the last "." of the window; the default since 2.1.1 */
    PWI_COMPEL_PHRASES,   /* after the last of . , ; : */
    PWI_COMPEL_WORDS,     /* after the last token that ends a word; the default of 2.1.0 */
    PWI_COMPEL_BRUTAL     /* at the window's end; the only one up to 2.0.3 */
} pwi_compel_split_mode;

/* The text of token i, "cat</w>" with its word's end, as in the vocabulary. */
typedef const char *(*pwi_compel_token_text)(void *ctx, size_t i, size_t *size);

/* How many of the tokens from `begin` on are the next chunk: at most `window` of them (75 for
 * CLIP), at least one where there is one. n: tokens in all. */
size_t pwi_compel_next_chunk(pwi_compel_split_mode mode, pwi_compel_token_text text, void *ctx,
                             size_t begin, size_t n, size_t window);

#endif
