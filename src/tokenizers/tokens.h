/* SPDX-License-Identifier: MIT */
/* The growing list of tokens that encoding fills. */
#ifndef PWI_TOKENIZERS_TOKENS_H
#define PWI_TOKENIZERS_TOKENS_H

#include <padwise/tokenizer.h>

#include "base/context.h"

/* An empty list that keeps its context. */
void pwi_tokens_init(pw_tokens *tokens, pw_context *ctx);

/* Room for `capacity` tokens in all. On failure the list stays as it is. */
pw_status pwi_tokens_reserve(pw_tokens *tokens, size_t capacity, pw_error *err);

/* Fill an empty list with the tokens of another one, and no more room than they need. */
pw_status pwi_tokens_copy(pw_tokens *to, const pw_tokens *from, pw_error *err);

#endif
