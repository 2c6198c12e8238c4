/* SPDX-License-Identifier: MIT */
/* AUTOMATIC1111's passes over a prompt before its schedules are read (prompt-weighting.md 1.1,
 * 1.2): comments, extra networks, AND. */
#ifndef PWI_PROMPT_A1111_PASSES_H
#define PWI_PROMPT_A1111_PASSES_H

#include "prompt/a1111_text.h"

/* Without `#` comments: a line of its own goes with both its line ends, and a newline takes its
 * place; elsewhere it goes to the end of the line. */
pw_status pwi_a1111_strip_comments(pwi_prompt_text *out, pwi_arena *arena,
                                   const pwi_prompt_text *text, pw_error *err);

/* `<name:argument:...>`, as it stood in the text. */
typedef struct pwi_a1111_network {
    pwi_prompt_text name;
    pwi_prompt_text *arguments; /* may be empty texts */
    size_t n_arguments;         /* at least 1 */
} pwi_a1111_network;

typedef struct pwi_a1111_networks {
    pwi_a1111_network *items; /* in the order of the text */
    size_t n;
} pwi_a1111_networks;

/* The text without extra networks, and those. All is in the arena or in `text`. */
pw_status pwi_a1111_take_networks(pwi_prompt_text *out, pwi_a1111_networks *networks,
                                  pwi_arena *arena, const pwi_prompt_text *text, pw_error *err);

/* A part of a composition, `text:weight`. */
typedef struct pwi_a1111_part {
    pwi_prompt_text text; /* white space in front is kept */
    double weight;
    uint32_t number_begin, number_end; /* bytes of the prompt, with the colon; equal if the
                                          weight is not written */
} pwi_a1111_part;

typedef struct pwi_a1111_parts {
    pwi_a1111_part *items;
    size_t n; /* at least 1 */
} pwi_a1111_parts;

/* Split at AND. A number at the very end of a part is its weight, with or without an AND. */
pw_status pwi_a1111_split_and(pwi_a1111_parts *parts, pwi_arena *arena,
                              const pwi_prompt_text *text, pw_error *err);

#endif
