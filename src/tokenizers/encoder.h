/* SPDX-License-Identifier: MIT */
/* Encoding by one thread: scratch that grows once and serves every text. There are two ways
 * through. The definition goes character by character, each with its source, through the
 * mode's steps, the word pattern and the merges (encode_text.c). Most of a prompt is ASCII that
 * cleaning only lower-cases: there bytes are enough, and words are looked up (encode_ascii.c).
 * Both give the same ids and offsets; t_two_ways compares them. */
#ifndef PWI_TOKENIZERS_ENCODER_H
#define PWI_TOKENIZERS_ENCODER_H

#include "tokenizers/tokenizer.h"
#include "tokenizers/tokens.h"
#include "tokenizers/word_table.h"

typedef struct pwi_encoder {
    const pw_tokenizer *tokenizer;
    const pw_allocator *allocator;
    bool by_definition; /* all of a text character by character, every word merged */
    pw_tokens *out;
    pw_error *err;
    pwi_text raw, texts[2];          /* the steps write to both in turn */
    pwi_matches raw_cuts, late_cuts; /* added tokens */
    pwi_symbol few[PWI_WORD_BYTES];  /* of one word */
    pwi_symbol *symbols;             /* of one word that is longer */
    size_t symbols_capacity;
    pwi_bpe_scratch scratch;
    pwi_word_entry *cache;         /* [PWI_WORD_CACHE], or NULL */
    uint64_t last_begin, last_end; /* of the last token with bytes */
} pwi_encoder;

void pwi_encoder_init(pwi_encoder *encoder, const pw_tokenizer *tokenizer);
void pwi_encoder_free(pwi_encoder *encoder);

/* Give it a cache, which pays where many texts follow. */
pw_status pwi_encoder_add_cache(pwi_encoder *encoder, pw_error *err);

/* The tokens of one text in place of what `out` held. */
pw_status pwi_encoder_run(pwi_encoder *encoder, const char *text, size_t size, pw_tokens *out,
                          pw_error *err);

/* Room for one more token. */
pw_status pwi_encoder_grow(pwi_encoder *encoder);

static inline pw_status pwi_encoder_put(pwi_encoder *encoder, int32_t id, uint64_t begin,
                                        uint64_t end)
{
    pw_tokens *out = encoder->out;

    if (out->n_tokens == out->capacity)
        PWI_TRY(pwi_encoder_grow(encoder));
    out->ids[out->n_tokens] = id;
    out->begin[out->n_tokens] = begin;
    out->end[out->n_tokens++] = end;
    return PW_OK;
}

/* Room for the symbols of a longer word, in encoder->symbols. */
pw_status pwi_encoder_reserve_symbols(pwi_encoder *encoder, size_t n);

/* The symbols of a word that the table does not have, in *symbols until the next word: from the
 * cache, or merged. */
pw_status pwi_encoder_merge_word(pwi_encoder *encoder, pwi_word_key word,
                                 const pwi_symbol **symbols, size_t *n);

/* Bytes first .. last - 1 of a text, with nothing but white space beside them, in the way of
 * the definition. Offsets are those of the text. */
pw_status pwi_encode_characters(pwi_encoder *encoder, const char *text, size_t first,
                                size_t last);

/* A text whose ASCII goes by bytes, and the rest as above. */
pw_status pwi_encode_bytes(pwi_encoder *encoder, const char *text, size_t size);

#endif
