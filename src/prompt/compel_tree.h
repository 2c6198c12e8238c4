/* SPDX-License-Identifier: MIT */
/* What the grammar has read so far: items in lists, and for each bracket what was found there.
 * Ordered choice tries the same bracket more than once; it is read once. All of it lies in an
 * arena of its own, and goes when the prompt is read. */
#ifndef PWI_PROMPT_COMPEL_TREE_H
#define PWI_PROMPT_COMPEL_TREE_H

#include "prompt/compel.h"
#include "prompt/compel_lexer.h"
#include "prompt/compel_text.h"

/* Items, groups and swaps are named by index; 0 is none. */
typedef enum pwi_compel_kind {
    PWI_COMPEL_TEXT,  /* bytes [begin, end) */
    PWI_COMPEL_GROUP, /* what stands in a pair of brackets or quotes */
    PWI_COMPEL_SWAP,  /* a group or a text, and the group that replaces it */
    PWI_COMPEL_LORA   /* [begin, end) is the name */
} pwi_compel_kind;

typedef struct pwi_compel_item {
    pwi_compel_kind kind;
    uint32_t next, begin, end;
    uint32_t group; /* of GROUP; of SWAP where the target is not a text */
    uint32_t swap;  /* of SWAP */
    double weight;
} pwi_compel_item;

typedef struct pwi_compel_group {
    uint32_t first, last, end; /* items; offset after the closing bracket */
    uint32_t swap;             /* where the brackets are those of .swap() */
} pwi_compel_group;

/* The numbers of .swap(), in the order of pwi_compel_swap_keys. */
#define PWI_COMPEL_N_SWAP_KEYS 5
extern const char *const pwi_compel_swap_keys[PWI_COMPEL_N_SWAP_KEYS];

enum {
    PWI_COMPEL_S_START,
    PWI_COMPEL_S_END,
    PWI_COMPEL_T_START,
    PWI_COMPEL_T_END,
    PWI_COMPEL_SHAPE_FREEDOM
};

typedef struct pwi_compel_swap_call {
    uint32_t edited; /* the group */
    double numbers[PWI_COMPEL_N_SWAP_KEYS];
    uint32_t begin[PWI_COMPEL_N_SWAP_KEYS];    /* of the option */
    uint32_t word_end[PWI_COMPEL_N_SWAP_KEYS]; /* 0 where it is a number, as it must be */
    bool is_given[PWI_COMPEL_N_SWAP_KEYS];
} pwi_compel_swap_call;

/* What was found at a bracket or quote: 0 not tried, PWI_COMPEL_FAILED, or a group. A bracket
 * may be read inside of quotes and across them, as a group and as .swap's. */
#define PWI_COMPEL_FAILED UINT32_MAX

typedef struct pwi_compel_mark {
    uint32_t group[2], swap[2]; /* [is inside of quotes] */
} pwi_compel_mark;

struct pwi_compel_frame;

typedef struct pwi_compel_parser {
    pwi_arena arena;
    pwi_compel_text text;
    pwi_compel_mark *marks;
    uint32_t *mark_of; /* [text.size] of the brackets and quotes */
    pwi_compel_item *items;
    pwi_compel_group *groups;
    pwi_compel_swap_call *swaps;
    struct pwi_compel_frame *frames;
    pwi_compel_option *options; /* of the call that was read last */
    size_t n_items, n_groups, n_swaps, n_frames, n_options;
    size_t items_capacity, groups_capacity, swaps_capacity, frames_capacity, options_capacity;
    pwi_compel_error error;
} pwi_compel_parser;

pw_status pwi_compel_parser_init(pwi_compel_parser *parser, const char *prompt, size_t size,
                                 const pw_allocator *allocator, pw_error *err);
void pwi_compel_parser_free(pwi_compel_parser *parser);

/* Room for one more of n in an array of the parser's arena. */
pw_status pwi_compel_grow(pwi_compel_parser *parser, void *array, size_t n, size_t *capacity,
                          size_t item_size, pw_error *err);

/* The mark of the bracket or quote at an offset. */
pwi_compel_mark *pwi_compel_mark_at(const pwi_compel_parser *parser, uint32_t at);

/* An item at the end of a list; *first and *last are the list's. */
pw_status pwi_compel_append(pwi_compel_parser *parser, uint32_t *first, uint32_t *last,
                            const pwi_compel_item *item, pw_error *err);

pw_status pwi_compel_add_group(pwi_compel_parser *parser, const pwi_compel_group *group,
                               uint32_t *index, pw_error *err);
pw_status pwi_compel_add_swap(pwi_compel_parser *parser, const pwi_compel_swap_call *swap,
                              uint32_t *index, pw_error *err);

/* Fail at a byte of the text, as the original does by `error`; the message names no offset. */
pw_status pwi_compel_fail(pwi_compel_parser *parser, pwi_compel_error error, uint32_t at,
                          pw_error *err, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
