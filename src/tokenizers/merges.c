/* SPDX-License-Identifier: MIT */
/* The table of ranked pairs: open addressing under a keyed multiplicative hash, at most half
 * full. It is asked once or more for every byte of a prompt. */
#include "tokenizers/bpe.h"

#define N_SLOTS_FIRST 1024

struct pwi_merge_slot {
    uint64_t pair; /* FREE: no entry */
    uint32_t rank;
    int32_t product;
};

#define FREE UINT64_MAX

/* Ids are not negative, so no pair is FREE. */
static uint64_t pair_of(int32_t left, int32_t right)
{
    return (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
}

void pwi_merges_init(pwi_merges *merges, const pw_allocator *allocator)
{
    *merges = (pwi_merges){.allocator = allocator, .key = pwi_hash_key_random()};
    merges->key.k1 |= 1;
}

void pwi_merges_free(pwi_merges *merges)
{
    pwi_free_array(merges->allocator, merges->slots, merges->n_slots, sizeof(*merges->slots));
    merges->slots = NULL;
    merges->n_used = merges->n_slots = 0;
}

/* The slot of a pair, or the free one where it would go. A product with a secret odd number is
 * 2-universal in its high bits. n_slots > 0. */
static struct pwi_merge_slot *slot_of(const pwi_merges *merges, uint64_t pair)
{
    const uint64_t hash = (pair ^ merges->key.k0) * merges->key.k1;
    size_t at = (hash >> 32) & (merges->n_slots - 1);

    while (merges->slots[at].pair != FREE && merges->slots[at].pair != pair)
        at = (at + 1) & (merges->n_slots - 1);
    return &merges->slots[at];
}

static bool resize(pwi_merges *merges, size_t n_slots)
{
    pwi_merges larger = *merges;

    larger.n_slots = n_slots;
    larger.slots = PWI_ARRAY(merges->allocator, struct pwi_merge_slot, larger.n_slots);
    if (larger.slots == NULL)
        return false;
    for (size_t i = 0; i < larger.n_slots; i++)
        larger.slots[i].pair = FREE;
    for (size_t i = 0; i < merges->n_slots; i++)
        if (merges->slots[i].pair != FREE)
            *slot_of(&larger, merges->slots[i].pair) = merges->slots[i];
    pwi_merges_free(merges);
    *merges = larger;
    return true;
}

bool pwi_merges_reserve(pwi_merges *merges, size_t n)
{
    size_t n_slots = merges->n_slots == 0 ? N_SLOTS_FIRST : merges->n_slots;

    while (n_slots / 2 < n)
        n_slots *= 2;
    return n_slots == merges->n_slots || resize(merges, n_slots);
}

bool pwi_merges_add(pwi_merges *merges, int32_t left, int32_t right, uint32_t rank,
                    int32_t product, bool *added)
{
    const uint64_t pair = pair_of(left, right);
    struct pwi_merge_slot *slot;

    PW_ASSERT(left >= 0 && right >= 0 && rank != PWI_NO_RANK);
    if (merges->n_used * 2 >= merges->n_slots &&
        !pwi_merges_reserve(merges, merges->n_used + 1))
        return false;
    slot = slot_of(merges, pair);
    *added = slot->pair == FREE;
    if (*added) {
        *slot = (struct pwi_merge_slot){pair, rank, product};
        merges->n_used++;
    }
    return true;
}

int32_t pwi_merges_find(const pwi_merges *merges, int32_t left, int32_t right, uint32_t *rank)
{
    const struct pwi_merge_slot *slot =
        merges->n_slots == 0 ? NULL : slot_of(merges, pair_of(left, right));

    if (slot == NULL || slot->pair == FREE) {
        *rank = PWI_NO_RANK;
        return -1;
    }
    *rank = slot->rank;
    return slot->product;
}

void pwi_merges_list(const pwi_merges *merges, pwi_merge_parts *parts)
{
    for (size_t i = 0; i < merges->n_slots; i++) {
        const struct pwi_merge_slot *slot = &merges->slots[i];

        if (slot->pair == FREE)
            continue;
        PW_ASSERT(slot->rank < merges->n_used);
        parts[slot->rank] =
            (pwi_merge_parts){(int32_t)(slot->pair >> 32), (int32_t)(uint32_t)slot->pair};
    }
}
