/* SPDX-License-Identifier: MIT */
/* Byte pair merging over ids: a table of ranked pairs, and the merge loop over one word in O(n
 * log n). */
#ifndef PWI_TOKENIZERS_BPE_H
#define PWI_TOKENIZERS_BPE_H

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"

#define PWI_NO_RANK UINT32_MAX

/* Pair of ids -> rank and id of the product. */
typedef struct pwi_merges {
    const pw_allocator *allocator;
    pwi_hash_key key; /* so that a file cannot be made to collide */
    struct pwi_merge_slot *slots;
    size_t n_used, n_slots; /* n_slots is 0 or a power of two */
} pwi_merges;

void pwi_merges_init(pwi_merges *merges, const pw_allocator *allocator);
void pwi_merges_free(pwi_merges *merges);

/* Room for n pairs in all; false when memory is out. */
bool pwi_merges_reserve(pwi_merges *merges, size_t n);

/* false when memory is out. *added false: the pair was there (its old rank stays). */
bool pwi_merges_add(pwi_merges *merges, int32_t left, int32_t right, uint32_t rank,
                    int32_t product, bool *added);

/* The product of a pair and its rank, or -1 and PWI_NO_RANK. */
int32_t pwi_merges_find(const pwi_merges *merges, int32_t left, int32_t right, uint32_t *rank);

/* The two ids of a merge. */
typedef struct pwi_merge_parts {
    int32_t left, right;
} pwi_merge_parts;

/* All merges by rank into parts[n_used]; the ranks are 0 .. n_used - 1. */
void pwi_merges_list(const pwi_merges *merges, pwi_merge_parts *parts);

/* One symbol of a word while it is merged: its id and how many bytes of the word it covers. */
typedef struct pwi_symbol {
    int32_t id;
    uint32_t size;
} pwi_symbol;

/* Scratch that grows once and serves every word. */
typedef struct pwi_bpe_scratch {
    const pw_allocator *allocator;
    struct pwi_bpe_node *nodes; /* [capacity] */
    uint64_t *heap;             /* [2 * capacity] */
    size_t capacity;            /* symbols */
} pwi_bpe_scratch;

void pwi_bpe_scratch_init(pwi_bpe_scratch *scratch, const pw_allocator *allocator);
void pwi_bpe_scratch_free(pwi_bpe_scratch *scratch);

/* Merge the n symbols of one word in place, lowest rank first, leftmost first among equals; *n
 * becomes the count that is left. */
pw_status pwi_bpe_merge(const pwi_merges *merges, pwi_bpe_scratch *scratch, pwi_symbol *symbols,
                        size_t *n, pw_error *err);

#endif
