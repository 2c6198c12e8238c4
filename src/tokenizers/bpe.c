/* SPDX-License-Identifier: MIT */
/* The merge loop over one word. Words of ordinary length are merged in a small array by looking
 * for the lowest rank again after each merge; longer ones through a heap of pairs, so that a
 * word of megabytes takes n log n. Both take the lowest rank, then the leftmost pair. */
#include "tokenizers/bpe.h"

#include <string.h>

#include "base/checked.h"

/* Up to here looking through all pairs is faster than keeping a heap. */
#define N_SHORT 48

#define NONE UINT32_MAX

/* A symbol of a long word, linked to its neighbours, and the pair it begins. */
struct pwi_bpe_node {
    uint32_t previous, next; /* NONE at the ends */
    uint32_t rank;           /* of the pair with the next one; PWI_NO_RANK: it does not merge */
    int32_t product;
};

void pwi_bpe_scratch_init(pwi_bpe_scratch *scratch, const pw_allocator *allocator)
{
    *scratch = (pwi_bpe_scratch){.allocator = allocator};
}

void pwi_bpe_scratch_free(pwi_bpe_scratch *scratch)
{
    pwi_free_array(scratch->allocator, scratch->nodes, scratch->capacity,
                   sizeof(*scratch->nodes));
    pwi_free_array(scratch->allocator, scratch->heap, scratch->capacity,
                   2 * sizeof(*scratch->heap));
    pwi_bpe_scratch_init(scratch, scratch->allocator);
}

static bool reserve(pwi_bpe_scratch *scratch, size_t n)
{
    if (n <= scratch->capacity)
        return true;
    pwi_bpe_scratch_free(scratch);
    scratch->nodes = PWI_ARRAY(scratch->allocator, struct pwi_bpe_node, n);
    scratch->heap = pwi_alloc_array(scratch->allocator, n, 2 * sizeof(*scratch->heap));
    scratch->capacity = n;
    if (scratch->nodes != NULL && scratch->heap != NULL)
        return true;
    pwi_bpe_scratch_free(scratch);
    return false;
}

static size_t merge_short(const pwi_merges *merges, pwi_symbol *symbols, size_t n)
{
    uint32_t ranks[N_SHORT];
    int32_t products[N_SHORT];

    for (size_t i = 0; i + 1 < n; i++)
        products[i] = pwi_merges_find(merges, symbols[i].id, symbols[i + 1].id, &ranks[i]);
    while (n > 1) {
        size_t best = 0;

        for (size_t i = 1; i + 1 < n; i++)
            if (ranks[i] < ranks[best])
                best = i;
        if (ranks[best] == PWI_NO_RANK)
            break;
        symbols[best].id = products[best];
        symbols[best].size += symbols[best + 1].size;
        n--;
        for (size_t i = best + 1; i < n; i++) {
            symbols[i] = symbols[i + 1];
            ranks[i - 1] = ranks[i];
            products[i - 1] = products[i];
        }
        if (best > 0)
            products[best - 1] = pwi_merges_find(merges, symbols[best - 1].id, symbols[best].id,
                                                 &ranks[best - 1]);
        if (best + 1 < n)
            products[best] =
                pwi_merges_find(merges, symbols[best].id, symbols[best + 1].id, &ranks[best]);
    }
    return n;
}

/* A heap entry: rank above position, so that the smallest number is the pair that comes first.
 */
static uint64_t entry_of(uint32_t rank, uint32_t position)
{
    return (uint64_t)rank << 32 | position;
}

static void heap_push(uint64_t *heap, size_t *n, uint64_t entry)
{
    size_t at = (*n)++;

    while (at > 0 && heap[(at - 1) / 2] > entry) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = entry;
}

static uint64_t heap_pop(uint64_t *heap, size_t *n)
{
    const uint64_t top = heap[0], last = heap[--*n];
    size_t at = 0;

    for (;;) {
        size_t child = 2 * at + 1;

        if (child + 1 < *n && heap[child + 1] < heap[child])
            child++;
        if (child >= *n || heap[child] >= last)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return top;
}

/* Look up the pair that begins at a node, and queue it if it merges. Older entries of the node
 * stay in the heap; they no longer agree with its rank and are passed over. */
static void look_up(const pwi_merges *merges, pwi_bpe_scratch *scratch,
                    const pwi_symbol *symbols, uint32_t at, size_t *n_heap)
{
    struct pwi_bpe_node *node = &scratch->nodes[at];

    node->rank = PWI_NO_RANK;
    if (node->next == NONE)
        return;
    node->product =
        pwi_merges_find(merges, symbols[at].id, symbols[node->next].id, &node->rank);
    if (node->rank != PWI_NO_RANK)
        heap_push(scratch->heap, n_heap, entry_of(node->rank, at));
}

/* Make a node and its next one the product of both. */
static void join(pwi_bpe_scratch *scratch, pwi_symbol *symbols, uint32_t at)
{
    struct pwi_bpe_node *node = &scratch->nodes[at];
    const uint32_t gone = node->next;

    symbols[at].id = node->product;
    symbols[at].size += symbols[gone].size;
    node->next = scratch->nodes[gone].next;
    scratch->nodes[gone].rank = PWI_NO_RANK;
    if (node->next != NONE)
        scratch->nodes[node->next].previous = at;
}

/* The heap holds at most 2n entries: one a pair at first, and each merge takes one and puts
 * two.
 */
static size_t merge_long(const pwi_merges *merges, pwi_bpe_scratch *scratch,
                         pwi_symbol *symbols, size_t n)
{
    struct pwi_bpe_node *nodes = scratch->nodes;
    size_t n_heap = 0, n_left = 0;

    for (uint32_t i = 0; i < n; i++) {
        nodes[i].previous = i == 0 ? NONE : i - 1;
        nodes[i].next = i + 1 < n ? i + 1 : NONE;
        look_up(merges, scratch, symbols, i, &n_heap);
    }
    while (n_heap > 0) {
        const uint64_t entry = heap_pop(scratch->heap, &n_heap);
        const uint32_t at = (uint32_t)entry;

        if (nodes[at].rank != (uint32_t)(entry >> 32))
            continue;
        join(scratch, symbols, at);
        look_up(merges, scratch, symbols, at, &n_heap);
        if (nodes[at].previous != NONE)
            look_up(merges, scratch, symbols, nodes[at].previous, &n_heap);
        PW_ASSERT(n_heap <= 2 * scratch->capacity);
    }
    for (uint32_t i = 0; i != NONE; i = nodes[i].next)
        symbols[n_left++] = symbols[i];
    return n_left;
}

pw_status pwi_bpe_merge(const pwi_merges *merges, pwi_bpe_scratch *scratch, pwi_symbol *symbols,
                        size_t *n, pw_error *err)
{
    PW_ASSERT(*n < NONE);
    if (*n < 2)
        return PW_OK;
    if (*n <= N_SHORT) {
        *n = merge_short(merges, symbols, *n);
        return PW_OK;
    }
    if (!reserve(scratch, *n))
        return pwi_fail_memory(err);
    *n = merge_long(merges, scratch, symbols, *n);
    return PW_OK;
}
