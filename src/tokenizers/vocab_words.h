/* SPDX-License-Identifier: MIT */
/* The different words of a text, with how often each occurs: what a vocabulary is trained on.
 */
#ifndef PWI_TOKENIZERS_VOCAB_WORDS_H
#define PWI_TOKENIZERS_VOCAB_WORDS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"

typedef struct pwi_word {
    const char *bytes;
    uint32_t size;
    uint64_t count;
} pwi_word;

typedef struct pwi_words {
    const pw_allocator *allocator;
    pwi_arena arena;
    pwi_map by_bytes;
    pwi_word *words; /* in the order of their first occurrence */
    size_t n, capacity;
} pwi_words;

void pwi_words_init(pwi_words *words, const pw_allocator *allocator);
void pwi_words_free(pwi_words *words);

/* Count the words of a text as the mode hf-fast would see them: NFC, white space, lower case,
 * CLIP's word pattern. PW_ERR_UTF8 with the offset; PW_ERR_LIMIT. */
pw_status pwi_words_count(pwi_words *words, const char *text, size_t size, pw_error *err);

#endif
