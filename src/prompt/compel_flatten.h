/* SPDX-License-Identifier: MIT */
/* From the tree of a prompt to its fragments: weights multiplied, neighbours joined, escapes
 * undone. */
#ifndef PWI_PROMPT_COMPEL_FLATTEN_H
#define PWI_PROMPT_COMPEL_FLATTEN_H

#include "prompt/compel_tree.h"

/* The fragments of one item, in segments->arena; loras found on the way go to *out (its arena
 * is the parser's until pwi_compel_keep_loras). */
typedef struct pwi_compel_flatten {
    pwi_compel_parser *parser;
    struct pwi_compel_list *lists; /* still to do, a stack */
    struct pwi_compel_place *places;
    struct pwi_compel_piece *run; /* neighbours of one weight */
    pwi_compel_lora *loras;
    size_t n_lists, n_places, n_run, n_loras;
    size_t lists_capacity, places_capacity, run_capacity, loras_capacity;
} pwi_compel_flatten;

/* PW_ERR_DEPTH over PWI_COMPEL_SWAP_DEPTH_MAX, PW_ERR_FORMAT, PW_ERR_NO_MEMORY. */
pw_status pwi_compel_flatten_item(pwi_compel_flatten *flatten, const pwi_compel_item *item,
                                  pwi_segments *segments, pw_error *err);

pw_status pwi_compel_add_lora(pwi_compel_flatten *flatten, const pwi_compel_item *item,
                              pw_error *err);

/* The loras found, in the order of the prompt, in this arena. */
pw_status pwi_compel_keep_loras(const pwi_compel_flatten *flatten, pwi_compel *out,
                                pwi_arena *arena, pw_error *err);

#endif
