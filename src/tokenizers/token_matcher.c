/* SPDX-License-Identifier: MIT */
/* The automaton: a trie of reversed tokens with failure links (Aho, Corasick 1975), its edges
 * in one hash table. What a match takes along or what voids it (white space, word neighbours)
 * is decided afterwards, from left to right, as Hugging Face's tokenizers do. */
#include "tokenizers/token_matcher.h"

#include <string.h>
#include <utf8proc.h>

#define ROOT          0u
#define N_EDGES_FIRST 64
#define NO_TOKEN      UINT32_MAX

struct pwi_matcher_node {
    uint32_t code;                      /* of the edge that leads here */
    uint32_t first_child, next_sibling; /* ROOT: none */
    uint32_t fail;                      /* the longest proper suffix that is a node */
    uint32_t i_token; /* the longest token that ends (read backwards) here; NO_TOKEN: none */
    uint32_t n_chars; /* of that token */
};

struct pwi_matcher_edge {
    uint32_t from, code;
    uint32_t to; /* ROOT: a free slot */
};

void pwi_matcher_init(pwi_matcher *matcher, const pw_allocator *allocator)
{
    *matcher = (pwi_matcher){.allocator = allocator, .key = pwi_hash_key_random()};
    matcher->key.k1 |= 1;
}

void pwi_matcher_free(pwi_matcher *matcher)
{
    pwi_free_array(matcher->allocator, matcher->nodes, matcher->nodes_capacity,
                   sizeof(*matcher->nodes));
    pwi_free_array(matcher->allocator, matcher->edges, matcher->n_edges,
                   sizeof(*matcher->edges));
    pwi_matcher_init(matcher, matcher->allocator);
}

static struct pwi_matcher_edge *edge_slot(const pwi_matcher *matcher, uint32_t from,
                                          uint32_t code)
{
    const uint64_t pair = (uint64_t)from << 32 | code;
    size_t at = (((pair ^ matcher->key.k0) * matcher->key.k1) >> 32) & (matcher->n_edges - 1);

    while (matcher->edges[at].to != ROOT &&
           (matcher->edges[at].from != from || matcher->edges[at].code != code))
        at = (at + 1) & (matcher->n_edges - 1);
    return &matcher->edges[at];
}

/* The node behind an edge; ROOT if there is none. */
static uint32_t follow(const pwi_matcher *matcher, uint32_t from, uint32_t code)
{
    return matcher->n_edges == 0 ? ROOT : edge_slot(matcher, from, code)->to;
}

static bool grow_edges(pwi_matcher *matcher)
{
    pwi_matcher larger = *matcher;

    larger.n_edges = matcher->n_edges == 0 ? N_EDGES_FIRST : matcher->n_edges * 2;
    larger.edges = pwi_alloc_zeroed(matcher->allocator, larger.n_edges, sizeof(*larger.edges));
    if (larger.edges == NULL)
        return false;
    for (size_t i = 0; i < matcher->n_edges; i++) {
        const struct pwi_matcher_edge *edge = &matcher->edges[i];

        if (edge->to != ROOT)
            *edge_slot(&larger, edge->from, edge->code) = *edge;
    }
    pwi_free_array(matcher->allocator, matcher->edges, matcher->n_edges,
                   sizeof(*matcher->edges));
    *matcher = larger;
    return true;
}

static bool grow_nodes(pwi_matcher *matcher)
{
    const size_t capacity = matcher->nodes_capacity == 0 ? 64 : matcher->nodes_capacity * 2;
    struct pwi_matcher_node *nodes = pwi_grow_array(
        matcher->allocator, matcher->nodes, matcher->nodes_capacity, capacity, sizeof(*nodes));

    if (nodes == NULL)
        return false;
    matcher->nodes = nodes;
    matcher->nodes_capacity = capacity;
    return true;
}

/* A new node behind `from`; false when memory is out. */
static bool add_node(pwi_matcher *matcher, uint32_t from, uint32_t code, uint32_t *to)
{
    if ((matcher->n_nodes == matcher->nodes_capacity && !grow_nodes(matcher)) ||
        (matcher->n_nodes * 2 >= matcher->n_edges && !grow_edges(matcher)))
        return false;
    *to = (uint32_t)matcher->n_nodes++;
    matcher->nodes[*to] = (struct pwi_matcher_node){
        .code = code, .next_sibling = matcher->nodes[from].first_child, .i_token = NO_TOKEN};
    matcher->nodes[from].first_child = *to;
    *edge_slot(matcher, from, code) = (struct pwi_matcher_edge){from, code, *to};
    return true;
}

static bool add_root(pwi_matcher *matcher)
{
    if (!grow_nodes(matcher))
        return false;
    matcher->nodes[ROOT] = (struct pwi_matcher_node){.i_token = NO_TOKEN};
    matcher->n_nodes = 1;
    return true;
}

pw_status pwi_matcher_add(pwi_matcher *matcher, const pwi_char *chars, size_t n,
                          uint32_t i_token, pw_error *err)
{
    uint32_t at = ROOT;

    PW_ASSERT(n > 0 && n < UINT32_MAX);
    if (matcher->n_nodes == 0 && !add_root(matcher))
        return pwi_fail_memory(err);
    matcher->may_end[chars[n - 1].code & 0xFF] = true;
    for (size_t i = n; i-- > 0;) {
        uint32_t next = follow(matcher, at, chars[i].code);

        if (next == ROOT && !add_node(matcher, at, chars[i].code, &next))
            return pwi_fail_memory(err);
        at = next;
    }
    if (matcher->nodes[at].i_token == NO_TOKEN) {
        matcher->nodes[at].i_token = i_token;
        matcher->nodes[at].n_chars = (uint32_t)n;
    }
    return PW_OK;
}

/* A child's failure link: the parent's, followed until one has an edge with the same
 * character. A node without a token of its own inherits the shorter one found there. */
static void link_child(pwi_matcher *matcher, uint32_t parent, uint32_t child)
{
    struct pwi_matcher_node *nodes = matcher->nodes;
    uint32_t fail = nodes[parent].fail, to = ROOT;

    while (parent != ROOT && to == ROOT) {
        to = follow(matcher, fail, nodes[child].code);
        if (fail == ROOT)
            break;
        fail = nodes[fail].fail;
    }
    nodes[child].fail = to;
    if (nodes[child].i_token == NO_TOKEN) {
        nodes[child].i_token = nodes[to].i_token;
        nodes[child].n_chars = nodes[to].n_chars;
    }
}

pw_status pwi_matcher_finish(pwi_matcher *matcher, pw_error *err)
{
    uint32_t *queue;
    size_t n_done = 0, n_queued = 1;

    if (matcher->n_nodes == 0)
        return PW_OK;
    queue = PWI_ARRAY(matcher->allocator, uint32_t, matcher->n_nodes);
    if (queue == NULL)
        return pwi_fail_memory(err);
    queue[0] = ROOT;
    while (n_done < n_queued) {
        const uint32_t parent = queue[n_done++];

        for (uint32_t child = matcher->nodes[parent].first_child; child != ROOT;
             child = matcher->nodes[child].next_sibling) {
            link_child(matcher, parent, child);
            queue[n_queued++] = child;
        }
    }
    pwi_free_array(matcher->allocator, queue, matcher->n_nodes, sizeof(*queue));
    return PW_OK;
}

void pwi_matches_init(pwi_matches *matches, const pw_allocator *allocator)
{
    *matches = (pwi_matches){.allocator = allocator};
}

void pwi_matches_free(pwi_matches *matches)
{
    pwi_free_array(matches->allocator, matches->items, matches->capacity,
                   sizeof(*matches->items));
    pwi_matches_init(matches, matches->allocator);
}

static bool put_match(pwi_matches *matches, size_t first, size_t n_chars, uint32_t i_token)
{
    if (matches->n == matches->capacity) {
        const size_t capacity = matches->capacity == 0 ? 16 : matches->capacity * 2;
        pwi_match *items = pwi_grow_array(matches->allocator, matches->items, matches->capacity,
                                          capacity, sizeof(*items));

        if (items == NULL)
            return false;
        matches->items = items;
        matches->capacity = capacity;
    }
    matches->items[matches->n++] =
        (pwi_match){(uint32_t)first, (uint32_t)(first + n_chars), i_token};
    return true;
}

/* The longest token at each character where one begins, from the text's end to its start. */
static pw_status find_all(const pwi_matcher *matcher, const pwi_char *chars, size_t n,
                          pwi_matches *out, pw_error *err)
{
    uint32_t at = ROOT;

    for (size_t i = n; i-- > 0;) {
        const uint32_t code = chars[i].code;
        uint32_t to;

        if (at == ROOT && !matcher->may_end[code & 0xFF])
            continue;
        while ((to = follow(matcher, at, code)) == ROOT && at != ROOT)
            at = matcher->nodes[at].fail;
        at = to;
        if (matcher->nodes[at].i_token != NO_TOKEN &&
            !put_match(out, i, matcher->nodes[at].n_chars, matcher->nodes[at].i_token))
            return pwi_fail_memory(err);
    }
    return PW_OK;
}

/* \w of Rust's regular expressions: alphabetic (circled letters too), marks, decimal digits,
 * connecting punctuation and the two joiners. */
static bool is_word(uint32_t code)
{
    switch (utf8proc_category((utf8proc_int32_t)code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
        return true;
    default:
        return (code >= 0x24B6 && code <= 0x24E9) || (code >= 0x1F130 && code <= 0x1F149) ||
               (code >= 0x1F150 && code <= 0x1F169) || (code >= 0x1F170 && code <= 0x1F189) ||
               code == 0x200C || code == 0x200D;
    }
}

static bool is_alone(const pwi_match *match, const pwi_char *chars, size_t n)
{
    return (match->first == 0 || !is_word(chars[match->first - 1].code)) &&
           (match->last == n || !is_word(chars[match->last].code));
}

/* The match with the white space that it takes along; `done` is where the last one ended. */
static pwi_match stretch(pwi_match match, const pwi_added_token *token, const pwi_char *chars,
                         size_t n, uint32_t done)
{
    while (token->is_lstrip && match.first > done && pwi_is_space(chars[match.first - 1].code))
        match.first--;
    while (token->is_rstrip && match.last < n && pwi_is_space(chars[match.last].code))
        match.last++;
    return match;
}

static void reverse(pwi_matches *matches)
{
    for (size_t i = 0; i < matches->n / 2; i++) {
        const pwi_match other = matches->items[matches->n - 1 - i];

        matches->items[matches->n - 1 - i] = matches->items[i];
        matches->items[i] = other;
    }
}

pw_status pwi_matcher_find(const pwi_matcher *matcher, const pwi_added_token *tokens,
                           const pwi_char *chars, size_t n, pwi_matches *out, pw_error *err)
{
    uint32_t searched = 0, done = 0;
    size_t n_kept = 0;

    PW_ASSERT(n < UINT32_MAX);
    out->n = 0;
    if (matcher->n_nodes == 0)
        return PW_OK;
    PWI_TRY(find_all(matcher, chars, n, out, err));
    reverse(out);
    for (size_t i = 0; i < out->n; i++) {
        const pwi_match match = out->items[i];
        const pwi_added_token *token = &tokens[match.i_token];

        if (match.first < searched)
            continue;
        /* A match that its neighbours void still hides what begins inside it. */
        searched = match.last;
        if (token->is_single_word && !is_alone(&match, chars, n))
            continue;
        out->items[n_kept] = stretch(match, token, chars, n, done);
        done = out->items[n_kept++].last;
    }
    out->n = n_kept;
    return PW_OK;
}
