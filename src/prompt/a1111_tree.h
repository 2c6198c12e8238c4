/* SPDX-License-Identifier: MIT */
/* A parse for a person to look at: what `--explain` draws. The schedule's tree is over the
 * prompt; each text that comes out of it has an attention tree. */
#ifndef PWI_PROMPT_A1111_TREE_H
#define PWI_PROMPT_A1111_TREE_H

#include "prompt/a1111_attention.h"

typedef enum pwi_tree_kind {
    PWI_TREE_TEXT,
    PWI_TREE_BREAK,
    PWI_TREE_GROUP,     /* value: its factor */
    PWI_TREE_RANGE,     /* value: its number, as written */
    PWI_TREE_BEFORE,    /* of a RANGE; its first child */
    PWI_TREE_AFTER,     /* of a RANGE */
    PWI_TREE_ALTERNATE, /* value: how many options */
    PWI_TREE_OPTION     /* value: from 1 */
} pwi_tree_kind;

#define PWI_TREE_ROOT UINT32_MAX

typedef struct pwi_tree_node {
    pwi_tree_kind kind;
    uint32_t begin, end; /* bytes of the prompt */
    uint32_t parent;     /* an earlier node, or PWI_TREE_ROOT */
    double value;        /* TEXT, BREAK: weight (1 in a schedule's tree) */
} pwi_tree_node;

typedef struct pwi_tree {
    pwi_tree_node *nodes; /* parents before children, in the order of the text */
    size_t n;
} pwi_tree;

/* In the arena. Groups of different brackets may overlap: a node's end can be behind its
 * parent's. Errors as of pwi_attention_read. */
pw_status pwi_tree_of_attention(pwi_tree *tree, pwi_arena *arena, const pwi_prompt_text *text,
                                const pwi_attention_rules *rules, pw_error *err);

/* PW_ERR_NO_MEMORY. */
pw_status pwi_tree_of_schedule(pwi_tree *tree, pwi_arena *arena, const pwi_prompt_text *text,
                               pw_error *err);

#endif
