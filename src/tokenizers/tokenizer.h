/* SPDX-License-Identifier: MIT */
/* What a tokenizer is inside: a vocabulary with merges, added tokens that are cut out of text,
 * and a mode (a row of modes.c). Immutable once open. */
#ifndef PWI_TOKENIZERS_TOKENIZER_H
#define PWI_TOKENIZERS_TOKENIZER_H

#include <padwise/tokenizer.h>

#include "base/arena.h"
#include "base/context.h"
#include "base/hash.h"
#include "tokenizers/bpe.h"
#include "tokenizers/modes.h"
#include "tokenizers/token_matcher.h"
#include "tokenizers/word_table.h"

/* Text of one id as the vocabulary writes it ("beaver</w>", byte symbols). */
typedef struct pwi_vocab_text {
    const char *text; /* NULL: a hole */
    uint32_t size;
    bool is_added;   /* its text stands for itself: no byte symbols, no "</w>" */
    bool is_special; /* left out by decode */
    bool is_extra;   /* an added token that the vocabulary itself does not have */
} pwi_vocab_text;

/* What a byte of a text is (byte_classes.c). */
typedef enum pwi_byte_class {
    PWI_BYTE_SPACE,
    PWI_BYTE_LETTER,
    PWI_BYTE_NUMBER,
    PWI_BYTE_OTHER, /* of the word pattern */
    PWI_BYTE_STOP   /* not ASCII, or cleaning or an added token may do something with it */
} pwi_byte_class;

struct pw_tokenizer {
    pw_context *ctx;
    pwi_arena arena;
    pw_tokenizer_mode mode; /* never DEFAULT */
    pwi_mode_row row;       /* with what the file says about literals */
    bool has_literals;      /* it says that its word pattern begins with start and end token */
    bool pad_bang, is_builtin;
    pwi_vocab_text *texts; /* [n_vocab] */
    int32_t n_vocab, texts_capacity;
    pwi_map by_text;           /* vocabulary text -> id */
    int32_t byte_ids[256];     /* symbol of a byte inside a word */
    int32_t byte_end_ids[256]; /* symbol of a word's last byte ("!</w>") */
    pwi_merges merges;
    pwi_added_token *added; /* [n_added], bos and eos among them */
    size_t n_added, added_capacity;
    pwi_matcher raw_matcher, cleaned_matcher; /* of `added`, by the mode's rule */
    pwi_word_table words;                     /* those that are one token */
    uint8_t classes[256];                     /* pwi_byte_class of each byte */
    bool is_local; /* what stands between white space is encoded as if alone */
    int32_t bos_id, eos_id, pad_id, unk_id;
    int32_t max_length;
};

#endif
