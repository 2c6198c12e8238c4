/* SPDX-License-Identifier: MIT */
/* The lexicographic order of a batch's sequences, and how much each shares with the one before
 * it: all that a trie of equal prefixes is built from. A token is its id and its mask's bit. */
#ifndef PWI_MODELS_PREFIX_ORDER_H
#define PWI_MODELS_PREFIX_ORDER_H

#include "base/alloc.h"
#include "base/error.h"

/* Sequences of one stride; how many of its tokens count is said elsewhere. */
typedef struct pwi_sequences {
    const int32_t *ids;  /* [n, n_tokens] */
    const uint8_t *mask; /* [n, n_tokens], NULL: all 1 */
    size_t n_tokens;
} pwi_sequences;

typedef struct pwi_order {
    size_t n, capacity;
    uint32_t *lengths;   /* [capacity] by sequence: its tokens that count */
    uint32_t *sequences; /* [n] in order; a prefix stands before what it begins */
    uint32_t *shared;    /* [n] leading tokens that are those of the one before; first: 0 */
    uint32_t *other_sequences, *other_shared; /* where a pass of the sort writes */
} pwi_order;

pw_status pwi_order_create(pwi_order *order, const pw_allocator *allocator, size_t capacity,
                           pw_error *err);
void pwi_order_free(pwi_order *order, const pw_allocator *allocator);

/* Sort n sequences, at most capacity, whose lengths are set. O(n log n) steps and as many
 * comparisons of tokens as there are tokens, no recursion. */
void pwi_order_sort(pwi_order *order, const pwi_sequences *sequences, size_t n);

#endif
