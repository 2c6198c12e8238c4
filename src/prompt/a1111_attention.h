/* SPDX-License-Identifier: MIT */
/* The attention grammar of AUTOMATIC1111 and of those who took it over (prompt-weighting.md
 * 1.4, 5.1-5.3): round brackets weigh up, square ones down, `(text:1.2)` by a number. A row of
 * rules says how they differ. */
#ifndef PWI_PROMPT_A1111_ATTENTION_H
#define PWI_PROMPT_A1111_ATTENTION_H

#include "prompt/a1111_text.h"
#include "prompt/segments.h"

typedef enum pwi_break_rule {
    PWI_BREAK_IS_TEXT,    /* five letters */
    PWI_BREAK_IS_WORD,    /* a segment of its own that is encoded, with weight -1 */
    PWI_BREAK_ENDS_CHUNK, /* where its weight is still -1; else as a word */
} pwi_break_rule;

typedef struct pwi_attention_rules {
    const char *name;
    bool blanks_around_number; /* `(text: 1.2 )` */
    pwi_break_rule break_rule;
} pwi_attention_rules;

/* The row of "a1111", "forge", "lpw", "lpw-xl" or "sd-embed"; NULL if there is none. */
const pwi_attention_rules *pwi_attention_rules_find(const char *name);

#define PWI_ATTENTION_UP   1.1
#define PWI_ATTENTION_DOWN (1 / 1.1)

/* Weights are multiplied one group at a time, since the last bit depends on the order, and this
 * often at most: a tenth of a second. Real prompts need some dozens. */
#define PWI_ATTENTION_PRODUCTS_MAX 100000000u

#define PWI_NO_GROUP UINT32_MAX

/* A pair of brackets, or one that is never closed. Round and square ones do not know each
 * other: `([a)b]` is two groups that overlap. */
typedef struct pwi_attention_group {
    uint32_t begin, end; /* bytes of the text, with brackets and number; to its end if never
                            closed */
    uint32_t first_entry;
    uint32_t parent; /* innermost group open at `begin`, or PWI_NO_GROUP */
    uint32_t below;  /* of the same kind: the stack */
    bool is_square, is_closed;
    double factor;
} pwi_attention_group;

typedef struct pwi_attention_entry {
    uint32_t begin, end; /* bytes of the text */
    uint32_t group;      /* innermost group open here, or PWI_NO_GROUP */
    bool is_break;
    double weight;
} pwi_attention_entry;

/* A text's parse, before neighbours are merged. */
typedef struct pwi_attention {
    const pw_allocator *allocator;
    pwi_attention_entry *entries;
    size_t n, capacity;
    pwi_attention_group *groups; /* in the order of their begins */
    size_t n_groups, groups_capacity;
    uint32_t open_round, open_square; /* innermost, or PWI_NO_GROUP */
    uint64_t n_products;
} pwi_attention;

/* PW_ERR_ARGUMENT with the byte of the prompt where a weight is no number (the original raises
 * ValueError), PW_ERR_LIMIT, PW_ERR_NO_MEMORY. Free it in any case. */
pw_status pwi_attention_read(pwi_attention *attention, const pwi_prompt_text *text,
                             const pwi_attention_rules *rules, const pw_allocator *allocator,
                             pw_error *err);
void pwi_attention_free(pwi_attention *attention);

/* The text's segments, at least one, behind those that are there; neighbours of equal weight
 * are one. They point into `text` where they can, else into the segments' arena. */
pw_status pwi_attention_parse(pwi_segments *segments, const pwi_prompt_text *text,
                              const pwi_attention_rules *rules, pw_error *err);

/* Inside: what the parser asks of a1111_weights.c. */
pw_status pwi_attention_multiply(pwi_attention *attention, size_t first_entry, double factor,
                                 pw_error *err);
pw_status pwi_attention_multiply_unclosed(pwi_attention *attention, pw_error *err);

#endif
