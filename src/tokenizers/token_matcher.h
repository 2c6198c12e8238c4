/* SPDX-License-Identifier: MIT */
/* Finds added tokens in a text: leftmost first, the longest of those that begin there, none
 * overlapping, in time that depends on the text's length alone. */
#ifndef PWI_TOKENIZERS_TOKEN_MATCHER_H
#define PWI_TOKENIZERS_TOKEN_MATCHER_H

#include "base/error.h"
#include "base/hash.h"
#include "text/text.h"

/* A token that is matched in the text as it stands. */
typedef struct pwi_added_token {
    int32_t id;
    const char *text; /* in the arena */
    size_t size;
    bool is_special;    /* left out by decode */
    bool is_normalized; /* matched after NFC and lower-casing (hf-fast), else before */
    bool is_lstrip, is_rstrip, is_single_word;
} pwi_added_token;

/* An Aho-Corasick automaton over the tokens read backwards. It goes over the text from its end
 * to its start, and so knows at each character the longest token that begins there. */
typedef struct pwi_matcher {
    const pw_allocator *allocator;
    pwi_hash_key key;
    struct pwi_matcher_node *nodes; /* node 0: nothing matched */
    struct pwi_matcher_edge *edges;
    size_t n_nodes, nodes_capacity;
    size_t n_edges;    /* slots: 0 or a power of two */
    bool may_end[256]; /* by a character's low byte: some token has it last */
} pwi_matcher;

/* Characters first .. last - 1 of the text, with the white space that the token's flags take
 * along. */
typedef struct pwi_match {
    uint32_t first, last;
    uint32_t i_token;
} pwi_match;

typedef struct pwi_matches {
    const pw_allocator *allocator;
    pwi_match *items;
    size_t n, capacity;
} pwi_matches;

void pwi_matcher_init(pwi_matcher *matcher, const pw_allocator *allocator);
void pwi_matcher_free(pwi_matcher *matcher);

/* Add a token by its characters, n > 0. Of two with the same characters the first counts. */
pw_status pwi_matcher_add(pwi_matcher *matcher, const pwi_char *chars, size_t n,
                          uint32_t i_token, pw_error *err);

/* After the last one. */
pw_status pwi_matcher_finish(pwi_matcher *matcher, pw_error *err);

void pwi_matches_init(pwi_matches *matches, const pw_allocator *allocator);
void pwi_matches_free(pwi_matches *matches);

/* All matches in n characters, from left to right. `tokens` are those that i_token counts. */
pw_status pwi_matcher_find(const pwi_matcher *matcher, const pwi_added_token *tokens,
                           const pwi_char *chars, size_t n, pwi_matches *out, pw_error *err);

#endif
