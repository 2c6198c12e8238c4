/* SPDX-License-Identifier: MIT */
/* Readers of the files that vocabularies come in. Each fills a tokenizer that is being built;
 * pwi_tokenizer_finish comes afterwards. Errors carry the path. */
#ifndef PWI_TOKENIZERS_VOCAB_FILES_H
#define PWI_TOKENIZERS_VOCAB_FILES_H

#include "tokenizers/vocab.h"

/* The largest files there are hold a million tokens in about 60 MB. */
#define PWI_VOCAB_JSON_MAX (128u << 20)
#define PWI_VOCAB_TEXT_MAX (64u << 20)

/* tokenizer.json of a CLIP tokenizer: vocabulary, merges, added tokens and the ends. */
pw_status pwi_tokenizer_json_read(pw_tokenizer *tokenizer, pwi_specials *specials,
                                  const char *path, pw_error *err);

/* vocab.json: token -> id. */
pw_status pwi_vocab_json_read(pw_tokenizer *tokenizer, const char *path, pw_error *err);

/* The entries of an object whose OBJECT_BEGIN was just read: token -> id. */
pw_status pwi_vocab_object_read(pw_tokenizer *tokenizer, pwi_json *json, pw_error *err);

/* OpenAI's bpe_simple_vocab_16e6.txt.gz, or a wheel that carries it, as text appended to
 * `out`. */
pw_status pwi_wheel_read(const pw_allocator *allocator, const char *path, pwi_buf *out,
                         pw_error *err);

#endif
