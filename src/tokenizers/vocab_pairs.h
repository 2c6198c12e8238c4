/* SPDX-License-Identifier: MIT */
/* Pair counts of a vocabulary in training: which two symbols stand side by side most often, and
 * what changes when they become one. Each merge touches only the places where its pair stands,
 * so training costs about what the text's different words hold, not words times merges. */
#ifndef PWI_TOKENIZERS_VOCAB_PAIRS_H
#define PWI_TOKENIZERS_VOCAB_PAIRS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"

/* A symbol in a word, linked to its neighbours and to the other places of the pair that it
 * begins. */
typedef struct pwi_site {
    int32_t id;
    uint32_t word; /* whose count the pair gets */
    uint32_t previous, next;
    uint32_t same_previous, same_next;
} pwi_site;

typedef struct pwi_pairs {
    const pw_allocator *allocator;
    pwi_arena arena;
    pwi_site *sites;
    size_t n_sites, sites_capacity;
    uint64_t *word_counts;
    size_t n_words, words_capacity;
    pwi_map by_ids;
    struct pwi_pair **pairs;
    size_t n_pairs, pairs_capacity;
    uint32_t *heap;  /* pairs by count; each pair is in it at most once */
    size_t n_queued; /* pairs that were put into the heap so far */
    size_t n_heap, heap_capacity;
} pwi_pairs;

void pwi_pairs_init(pwi_pairs *pairs, const pw_allocator *allocator);
void pwi_pairs_free(pwi_pairs *pairs);

/* Add a word of n symbols that occurs `count` times. All words come before the first merge.
 * PW_ERR_LIMIT over 2^32 - 1 symbols. */
pw_status pwi_pairs_add_word(pwi_pairs *pairs, const int32_t *ids, size_t n, uint64_t count,
                             pw_error *err);

/* The most frequent pair, among equals the one with the smaller ids; -1 and -1 if there is none
 * left. */
pw_status pwi_pairs_best(pwi_pairs *pairs, int32_t *left, int32_t *right, pw_error *err);

/* Make the pair that pwi_pairs_best just gave one symbol wherever it stands, left to right. */
pw_status pwi_pairs_merge_best(pwi_pairs *pairs, int32_t product, pw_error *err);

/* Or leave it as it is for good. */
void pwi_pairs_drop_best(pwi_pairs *pairs);

#endif
