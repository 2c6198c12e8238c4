/* SPDX-License-Identifier: MIT */
/* What a tokenizer is inside: a vocabulary with merges, added tokens that are cut out of text,
 * and a mode (a row of modes.c). */
#ifndef PWI_TOKENIZERS_TOKENIZER_H
#define PWI_TOKENIZERS_TOKENIZER_H

#include <padwise/tokenizer.h>

#include "base/arena.h"
#include "base/context.h"
#include "base/hash.h"
#include "tokenizers/bpe.h"

/* A token that is matched in the text as it stands. */
typedef struct pwi_added_token {
    int32_t id;
    const char *text; /* in the arena */
    size_t size;
    bool is_special;    /* left out by decode */
    bool is_normalized; /* matched after NFC and lower-casing (hf-fast), else before */
    bool is_lstrip, is_rstrip, is_single_word;
} pwi_added_token;

/* Text of one id as the vocabulary writes it ("beaver</w>", byte symbols). */
typedef struct pwi_vocab_text {
    const char *text; /* NULL: a hole */
    uint32_t size;
} pwi_vocab_text;

struct pw_tokenizer {
    pw_context *ctx;
    pwi_arena arena;
    pw_tokenizer_mode mode; /* never DEFAULT */
    bool pad_bang, is_builtin;
    pwi_vocab_text *texts; /* [n_vocab], in the arena */
    int32_t n_vocab;
    pwi_map by_text;           /* vocabulary text -> id */
    int32_t byte_ids[256];     /* symbol of a byte inside a word */
    int32_t byte_end_ids[256]; /* symbol of a word's last byte ("!</w>") */
    pwi_merges merges;
    const char **merge_lines; /* [n_merges] "left right", for saving; in the arena */
    size_t n_merges;
    pwi_added_token *added; /* in the arena, bos and eos among them */
    size_t n_added;
    int32_t bos_id, eos_id, pad_id, unk_id;
    int32_t max_length;
};

#endif
