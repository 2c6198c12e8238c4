/* SPDX-License-Identifier: MIT */
/* Tokens of a prompt as the command shows them: brought to length, what was cut remembered. */
#ifndef TOOL_TOKEN_VIEW_H
#define TOOL_TOKEN_VIEW_H

#include <padwise/edit.h>

#include "app.h"
#include "json_out.h"

struct tokenized {
    pw_tokens tokens;
    size_t n_full;               /* tokens before anything was cut */
    uint64_t cut_begin, cut_end; /* bytes of the text that were cut off; equal: none */
};

/* Start, content and end, nothing cut. where: names the prompt in errors. */
int tokens_make(struct app *app, const pw_tokenizer *tokenizer, pw_text text, const char *where,
                struct tokenized *out);

/* Cut and pad to `length`. */
int tokens_to_length(struct app *app, struct tokenized *tokenized, size_t length,
                     int32_t pad_id);
void tokens_free(struct tokenized *tokenized);

/* --length. rule stays as it is without the option. */
int tokens_read_length(struct app *app, pw_length_rule *rule, size_t *n_fixed);

/* --mask */
int tokens_read_mask(struct app *app, pw_mask_rule *mask);

/* --tokenizer-mode, --pad-bang */
int tokens_read_options(struct app *app, pw_tokenizer_options *options);

/* The id that pads get: --pad-id, else the tokenizer's, else its end token. */
int32_t tokens_pad_id(int32_t given, const pw_tokenizer_info *info);

/* Warn of what was cut off, by its text. */
void tokens_warn_cut(struct app *app, const struct tokenized *tokenized, pw_text text,
                     const char *where);

/* What a table of tokens shows besides position, id, mask and text. */
enum token_columns {
    TOKEN_WEIGHTS,
    TOKEN_BYTES,
    TOKEN_WEIGHTS_BYTES /* of plans only */
};

/* The table of a text without weights: pads share a row. */

int tokens_table(struct app *app, struct builder *out, const pw_tokenizer *tokenizer,
                 const pw_tokens *tokens, const uint8_t *mask, enum token_columns columns,
                 size_t width, bool color);

/* Text of an id as in the vocabulary, in the pool; NULL when there is no memory. */
const char *tokens_text(struct pool *pool, const pw_tokenizer *tokenizer, int32_t id);

/* What a picture calls a row: "[start]", "beaver", "[end]", "[pad]"; as tokens_text. */
const char *tokens_label(struct pool *pool, const pw_tokenizer *tokenizer, int32_t id,
                         pw_row_role role);

#endif
