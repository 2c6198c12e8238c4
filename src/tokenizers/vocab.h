/* SPDX-License-Identifier: MIT */
/* Building a tokenizer: tokens, merges, then the special tokens and the mode. The readers of
 * files (and the training of vocabularies) come through here, so every rule about what a
 * vocabulary may hold stands here once. */
#ifndef PWI_TOKENIZERS_VOCAB_H
#define PWI_TOKENIZERS_VOCAB_H

#include "tokenizers/specials.h"
#include "tokenizers/tokenizer.h"

/* Merges in OpenAI's file behind its first line; the file goes on with what was not used. */
#define PWI_OPENAI_MERGES 48894

/* An empty tokenizer; *out is NULL on failure. Free with pw_tokenizer_free. */
pw_status pwi_tokenizer_new(pw_tokenizer **out, pw_context *ctx, pw_error *err);

/* Room for about n tokens, at most PW_VOCAB_MAX: a guess from a file's size. */
pw_status pwi_vocab_reserve(pw_tokenizer *tokenizer, size_t n, pw_error *err);

/* Add a token. PW_ERR_LIMIT over PW_VOCAB_MAX or PW_TOKEN_BYTES_MAX; PW_ERR_DUPLICATE when the
 * id or the text is taken. */
pw_status pwi_vocab_add(pw_tokenizer *tokenizer, const char *text, size_t size, int64_t id,
                        pw_error *err);

/* The same with a text that already is in the tokenizer's arena. */
pw_status pwi_vocab_add_kept(pw_tokenizer *tokenizer, const char *text, size_t size, int64_t id,
                             pw_error *err);

/* The same with the place of the text's id in tokenizer->by_text. */
pw_status pwi_vocab_add_found(pw_tokenizer *tokenizer, const char *text, size_t size,
                              int64_t id, uint32_t *by_text, pw_error *err);

/* The id of a text, or -1. */
int32_t pwi_vocab_find(const pw_tokenizer *tokenizer, const char *text, size_t size);

/* Ids 0..511 as vocabularies without a list of tokens have them: the byte symbols, then the
 * same with "</w>". */
pw_status pwi_vocab_add_bytes(pw_tokenizer *tokenizer, pw_error *err);

/* Merges in the order of their ranks, on their way into a tokenizer. */
typedef struct pwi_merging {
    pw_tokenizer *tokenizer;
    bool derive;     /* products are new and get the next ids (encoders.md 1.1) */
    size_t n;        /* merges so far */
    int32_t product; /* of the last one; -1: none yet */
} pwi_merging;

/* Room for about n merges, at most PW_VOCAB_MAX: a guess from a file's size. */
pw_status pwi_merging_init(pwi_merging *merging, pw_tokenizer *tokenizer, bool derive, size_t n,
                           pw_error *err);

/* "left right". The parts must be in the vocabulary, and so must be the product, unless
 * products are new. */
pw_status pwi_merging_add(pwi_merging *merging, const char *text, size_t size, pw_error *err);

/* The same for lines with LF or CRLF between them, of which at most n_max are read. */
pw_status pwi_vocab_add_merges(pw_tokenizer *tokenizer, const char *lines, size_t size,
                               bool derive, size_t n_max, pw_error *err);

/* Leave out what is no merge in a merges.txt: its first line, if that says "#version" (no merge
 * of single bytes can), and line ends at the end. */
void pwi_merges_trim(const char **lines, size_t *size);

/* The end of building: byte tables, special and added tokens, mode. `options` may be NULL. */
pw_status pwi_tokenizer_finish(pw_tokenizer *tokenizer, const pwi_specials *specials,
                               const pw_tokenizer_options *options, pw_error *err);

/* All of it from the text of a merges.txt: byte symbols, merges, then start and end token as
 * the last ids. `specials` NULL: "<|startoftext|>" and "<|endoftext|>", pads are the end token.
 */
pw_status pwi_tokenizer_from_merges(pw_tokenizer **out, pw_context *ctx, const char *lines,
                                    size_t size, size_t n_max, const pwi_specials *specials,
                                    const pw_tokenizer_options *options, pw_error *err);

#endif
