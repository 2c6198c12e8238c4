/* SPDX-License-Identifier: MIT */
/* Pair counts, kept up to date merge by merge. A pair's places form a list through the sites
 * themselves; pairs wait in a heap under the count that they had when they were put there.
 * Counts of old pairs only fall (what grows is pairs with the new symbol, which are new too),
 * so a pair whose count fell is put back when it comes to the top. */
#include "tokenizers/vocab_pairs.h"

#define NONE UINT32_MAX

struct pwi_pair {
    int32_t ids[2]; /* the key of by_ids */
    uint32_t first, last;
    uint64_t count, queued; /* queued: the count it has in the heap */
};

void pwi_pairs_init(pwi_pairs *pairs, const pw_allocator *allocator)
{
    *pairs = (pwi_pairs){.allocator = allocator};
    pwi_arena_init(&pairs->arena, allocator);
    pwi_map_init(&pairs->by_ids, allocator);
}

void pwi_pairs_free(pwi_pairs *pairs)
{
    const pw_allocator *allocator = pairs->allocator;

    pwi_free_array(allocator, pairs->sites, pairs->sites_capacity, sizeof(*pairs->sites));
    pwi_free_array(allocator, pairs->word_counts, pairs->words_capacity,
                   sizeof(*pairs->word_counts));
    pwi_free_array(allocator, pairs->pairs, pairs->pairs_capacity, sizeof(struct pwi_pair *));
    pwi_free_array(allocator, pairs->heap, pairs->heap_capacity, sizeof(*pairs->heap));
    pwi_map_free(&pairs->by_ids);
    pwi_arena_free(&pairs->arena);
}

/* Whether a comes before b: more often, then smaller ids. Counts as they are in the heap. */
static bool comes_first(const struct pwi_pair *a, const struct pwi_pair *b)
{
    if (a->queued != b->queued)
        return a->queued > b->queued;
    if (a->ids[0] != b->ids[0])
        return a->ids[0] < b->ids[0];
    return a->ids[1] < b->ids[1];
}

static void heap_swap(pwi_pairs *pairs, size_t a, size_t b)
{
    const uint32_t kept = pairs->heap[a];

    pairs->heap[a] = pairs->heap[b];
    pairs->heap[b] = kept;
}

static bool heap_in_order(const pwi_pairs *pairs, size_t parent, size_t child)
{
    return comes_first(pairs->pairs[pairs->heap[parent]], pairs->pairs[pairs->heap[child]]);
}

static void heap_push(pwi_pairs *pairs, uint32_t i_pair)
{
    size_t at = pairs->n_heap++;

    pairs->pairs[i_pair]->queued = pairs->pairs[i_pair]->count;
    pairs->heap[at] = i_pair;
    for (; at > 0 && heap_in_order(pairs, at, (at - 1) / 2); at = (at - 1) / 2)
        heap_swap(pairs, at, (at - 1) / 2);
}

static void heap_sift_down(pwi_pairs *pairs)
{
    size_t at = 0, child = 1;

    while (child < pairs->n_heap) {
        if (child + 1 < pairs->n_heap && heap_in_order(pairs, child + 1, child))
            child++;
        if (heap_in_order(pairs, at, child))
            return;
        heap_swap(pairs, at, child);
        at = child;
        child = 2 * at + 1;
    }
}

static void heap_pop(pwi_pairs *pairs)
{
    pairs->heap[0] = pairs->heap[--pairs->n_heap];
    heap_sift_down(pairs);
}

static bool reserve_pair(pwi_pairs *pairs)
{
    const size_t capacity = pairs->pairs_capacity == 0 ? 1024 : pairs->pairs_capacity * 2;
    struct pwi_pair **grown;

    if (pairs->n_pairs < pairs->pairs_capacity)
        return true;
    if (pairs->n_pairs >= PWI_MAP_NONE - 1)
        return false;
    grown = pwi_grow_array(pairs->allocator, pairs->pairs, pairs->pairs_capacity, capacity,
                           sizeof(struct pwi_pair *));
    if (grown == NULL)
        return false;
    pairs->pairs = grown;
    pairs->pairs_capacity = capacity;
    return true;
}

/* The pair of two ids, made if it is new; NULL when memory is out. */
static struct pwi_pair *pair_of(pwi_pairs *pairs, int32_t left, int32_t right)
{
    const int32_t ids[2] = {left, right};
    const uint32_t found = pwi_map_find(&pairs->by_ids, (const char *)ids, sizeof(ids));
    struct pwi_pair *pair;
    bool added;

    if (found != PWI_MAP_NONE)
        return pairs->pairs[found];
    pair = pwi_arena_alloc(&pairs->arena, sizeof(*pair));
    if (pair == NULL || !reserve_pair(pairs))
        return NULL;
    *pair = (struct pwi_pair){{left, right}, NONE, NONE, 0, 0};
    if (!pwi_map_add(&pairs->by_ids, (const char *)pair->ids, sizeof(pair->ids),
                     (uint32_t)pairs->n_pairs, &added))
        return NULL;
    pairs->pairs[pairs->n_pairs++] = pair;
    return pair;
}

/* The site begins a pair with its next one: list and count it. False when memory is out. */
static bool pair_enter(pwi_pairs *pairs, uint32_t at)
{
    pwi_site *site = &pairs->sites[at];
    struct pwi_pair *pair = pair_of(pairs, site->id, pairs->sites[site->next].id);

    if (pair == NULL)
        return false;
    site->same_previous = pair->last;
    site->same_next = NONE;
    if (pair->last == NONE)
        pair->first = at;
    else
        pairs->sites[pair->last].same_next = at;
    pair->last = at;
    pair->count += pairs->word_counts[site->word];
    return true;
}

/* The opposite. The pair is there: it was entered. */
static void pair_leave(pwi_pairs *pairs, uint32_t at)
{
    const pwi_site *site = &pairs->sites[at];
    const int32_t ids[2] = {site->id, pairs->sites[site->next].id};
    struct pwi_pair *pair =
        pairs->pairs[pwi_map_find(&pairs->by_ids, (const char *)ids, sizeof(ids))];

    if (site->same_previous == NONE)
        pair->first = site->same_next;
    else
        pairs->sites[site->same_previous].same_next = site->same_next;
    if (site->same_next == NONE)
        pair->last = site->same_previous;
    else
        pairs->sites[site->same_next].same_previous = site->same_previous;
    pair->count -= pairs->word_counts[site->word];
}

static bool reserve_word(pwi_pairs *pairs, size_t n_symbols)
{
    if (pairs->n_words == pairs->words_capacity) {
        const size_t capacity = pairs->n_words == 0 ? 1024 : pairs->n_words * 2;
        uint64_t *grown = pwi_grow_array(pairs->allocator, pairs->word_counts, pairs->n_words,
                                         capacity, sizeof(*pairs->word_counts));

        if (grown == NULL)
            return false;
        pairs->word_counts = grown;
        pairs->words_capacity = capacity;
    }
    if (n_symbols > pairs->sites_capacity - pairs->n_sites) {
        const size_t capacity = (pairs->sites_capacity + n_symbols) * 2;
        pwi_site *grown = pwi_grow_array(pairs->allocator, pairs->sites, pairs->sites_capacity,
                                         capacity, sizeof(*pairs->sites));

        if (grown == NULL)
            return false;
        pairs->sites = grown;
        pairs->sites_capacity = capacity;
    }
    return true;
}

pw_status pwi_pairs_add_word(pwi_pairs *pairs, const int32_t *ids, size_t n, uint64_t count,
                             pw_error *err)
{
    const size_t begin = pairs->n_sites;

    if (n >= NONE - begin)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "the different words of the text hold over %u bytes: train on less",
                        NONE - 1);
    if (!reserve_word(pairs, n))
        return pwi_fail_memory(err);
    pairs->word_counts[pairs->n_words] = count;
    for (size_t i = 0; i < n; i++) {
        pairs->sites[begin + i] = (pwi_site){ids[i],
                                             (uint32_t)pairs->n_words,
                                             i == 0 ? NONE : (uint32_t)(begin + i - 1),
                                             i + 1 == n ? NONE : (uint32_t)(begin + i + 1),
                                             NONE,
                                             NONE};
    }
    pairs->n_sites += n;
    pairs->n_words++;
    for (size_t i = 0; i + 1 < n; i++)
        if (!pair_enter(pairs, (uint32_t)(begin + i)))
            return pwi_fail_memory(err);
    return PW_OK;
}

/* Put the pairs that came since the last time into the heap. */
static bool queue_new_pairs(pwi_pairs *pairs)
{
    if (pairs->heap_capacity < pairs->n_pairs) {
        uint32_t *grown = pwi_grow_array(pairs->allocator, pairs->heap, pairs->heap_capacity,
                                         pairs->pairs_capacity, sizeof(*pairs->heap));

        if (grown == NULL)
            return false;
        pairs->heap = grown;
        pairs->heap_capacity = pairs->pairs_capacity;
    }
    while (pairs->n_queued < pairs->n_pairs)
        heap_push(pairs, (uint32_t)pairs->n_queued++);
    return true;
}

pw_status pwi_pairs_best(pwi_pairs *pairs, int32_t *left, int32_t *right, pw_error *err)
{
    *left = *right = -1;
    if (!queue_new_pairs(pairs))
        return pwi_fail_memory(err);
    while (pairs->n_heap > 0) {
        struct pwi_pair *pair = pairs->pairs[pairs->heap[0]];

        if (pair->count == 0) {
            heap_pop(pairs);
        } else if (pair->count != pair->queued) {
            pair->queued = pair->count;
            heap_sift_down(pairs);
        } else {
            *left = pair->ids[0];
            *right = pair->ids[1];
            return PW_OK;
        }
    }
    return PW_OK;
}

/* The site and its next become one symbol; the pairs on both sides change. */
static bool merge_site(pwi_pairs *pairs, uint32_t at, int32_t product)
{
    pwi_site *site = &pairs->sites[at];
    const uint32_t gone = site->next, before = site->previous, after = pairs->sites[gone].next;

    if (before != NONE)
        pair_leave(pairs, before);
    pair_leave(pairs, at);
    if (after != NONE) {
        pair_leave(pairs, gone);
        pairs->sites[after].previous = at;
    }
    site->id = product;
    site->next = after;
    return (before == NONE || pair_enter(pairs, before)) &&
           (after == NONE || pair_enter(pairs, at));
}

pw_status pwi_pairs_merge_best(pwi_pairs *pairs, int32_t product, pw_error *err)
{
    struct pwi_pair *pair;

    PW_ASSERT(pairs->n_heap > 0);
    pair = pairs->pairs[pairs->heap[0]];
    heap_pop(pairs);
    /* In "aaa" the second place is gone once the first is merged, so the list is asked anew. */
    while (pair->first != NONE)
        if (!merge_site(pairs, pair->first, product))
            return pwi_fail_memory(err);
    return PW_OK;
}

void pwi_pairs_drop_best(pwi_pairs *pairs)
{
    PW_ASSERT(pairs->n_heap > 0);
    heap_pop(pairs);
}
