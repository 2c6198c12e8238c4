/* SPDX-License-Identifier: MIT */
/* One side of a conditioning, the prompts or their negatives: texts tokenized, brought to one
 * length, masked. */
#ifndef PWI_CONDITIONING_SIDE_H
#define PWI_CONDITIONING_SIDE_H

#include <padwise/conditioning.h>

#include "base/context.h"

/* How sequences are brought to length, settled from options, model and tokenizer. */
typedef struct pwi_length {
    pw_length_rule rule;
    size_t n_positions, n_fixed;
    int32_t pad_id;
} pwi_length;

typedef struct pwi_side {
    pw_context *ctx;
    pw_tokens *tokens; /* [n_prompts] */
    size_t n_prompts, n_tokens;
    int32_t *ids;  /* [n_prompts, n_tokens] */
    uint8_t *mask; /* [n_prompts, n_tokens] as the encoder gets it */
} pwi_side;

/* Tokenize n texts; text i is text_of(user, i). */
pw_status pwi_side_tokenize(pwi_side *side, pw_context *ctx, const pw_tokenizer *tokenizer,
                            size_t n_prompts, pw_text (*text_of)(const void *user, size_t i),
                            const void *user, pw_error *err);

/* The longest sequence, bos and eos included, before it is cut or padded. */
size_t pwi_side_longest(const pwi_side *side);

/* Cut and pad to one length, fill ids and mask. `longest`: of the whole call, for
 * PW_LENGTH_LONGEST. */
pw_status pwi_side_normalize(pwi_side *side, const pwi_length *length, size_t longest,
                             pw_mask_rule rule, pw_error *err);
void pwi_side_free(pwi_side *side);

#endif
