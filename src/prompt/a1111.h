/* SPDX-License-Identifier: MIT */
/* AUTOMATIC1111's text passes in their order (prompt-weighting.md 1.1): a prompt in, its
 * conditions out, each a row of texts by step. Attention is read from those texts
 * (a1111_attention.h); padded and chunked they are elsewhere. */
#ifndef PWI_PROMPT_A1111_H
#define PWI_PROMPT_A1111_H

#include "prompt/a1111_passes.h"
#include "prompt/a1111_schedule.h"

typedef struct pwi_a1111_options {
    bool is_negative;   /* extra networks and AND are text then */
    bool keep_comments; /* `#` is text */
    pwi_schedule_options schedule;
} pwi_a1111_options;

typedef struct pwi_a1111_condition {
    pwi_a1111_part part;
    pwi_schedule schedule;
} pwi_a1111_condition;

typedef struct pwi_a1111_prompt {
    pwi_prompt_text text; /* without comments and networks, before AND */
    pwi_a1111_networks networks;
    pwi_a1111_condition *conditions; /* parts of AND; at least one */
    size_t n;
} pwi_a1111_prompt;

/* All is in the arena or points into the prompt. */
pw_status pwi_a1111_read(pwi_a1111_prompt *out, pwi_arena *arena, const char *prompt,
                         size_t size, const pwi_a1111_options *options, pw_error *err);

/* The old emphasis option works on tokens: what a vocabulary entry that holds brackets
 * multiplies the running weight with; such a token emits nothing. False for every other entry.
 */
bool pwi_a1111_old_emphasis(const char *entry, size_t size, double *multiplier);

#endif
