/* SPDX-License-Identifier: MIT */
/* SipHash and the map over it: open addressing, linear probing, at most two thirds full. */
#include "base/hash.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

#define N_SLOTS_FIRST 64

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static void sip_absorb(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

static uint64_t sip_squeeze(uint64_t v[4])
{
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

pwi_hash pwi_hash_bytes(pwi_hash_key key, const void *bytes, size_t size)
{
    const unsigned char *p = bytes;
    uint64_t v[4] = {
        key.k0 ^ UINT64_C(0x736f6d6570736575), key.k1 ^ UINT64_C(0x646f72616e646f6d) ^ 0xEE,
        key.k0 ^ UINT64_C(0x6c7967656e657261), key.k1 ^ UINT64_C(0x7465646279746573)};
    uint64_t word;
    size_t left = size;
    pwi_hash hash;

    for (; left >= 8; left -= 8, p += 8) {
        memcpy(&word, p, 8);
        sip_absorb(v, word);
    }
    word = (uint64_t)size << 56;
    for (size_t i = 0; i < left; i++)
        word |= (uint64_t)p[i] << (8 * i);
    sip_absorb(v, word);
    v[2] ^= 0xEE;
    hash.low = sip_squeeze(v);
    v[1] ^= 0xDD;
    hash.high = sip_squeeze(v);
    return hash;
}

pwi_hash_key pwi_hash_key_random(void)
{
    pwi_hash_key key = {UINT64_C(0x243f6a8885a308d3), UINT64_C(0x13198a2e03707344)};

    /* Without random numbers (an old kernel, early boot) collisions could be made, at the price
     * of time only. */
    if (getrandom(&key, sizeof(key), GRND_NONBLOCK) != (ssize_t)sizeof(key))
        key.k0 ^= (uint64_t)time(NULL);
    return key;
}

/* No hash is kept: slots are touched at random, and smaller ones are more of them in a cache.
 */
struct pwi_map_slot {
    const char *bytes; /* NULL: free */
    uint32_t size, value;
};

/* The longest key that two words hold. */
#define SHORT_SIZE 16

void pwi_map_init(pwi_map *map, const pw_allocator *allocator)
{
    *map = (pwi_map){.allocator = allocator,
                     .keys = {pwi_hash_key_random(), pwi_hash_key_random()}};
}

void pwi_map_free(pwi_map *map)
{
    pwi_free_array(map->allocator, map->slots, map->n_slots, sizeof(*map->slots));
    map->slots = NULL;
    map->n_used = map->n_slots = 0;
}

/* The first and the last bytes of a short key, which may overlap. Keys of one size differ in
 * them. */
struct words {
    uint64_t first, last;
};

static inline struct words words_of(const char *bytes, size_t size)
{
    const unsigned char *b = (const unsigned char *)bytes;
    struct words words = {0, 0};
    uint32_t first, last;

    if (size >= 8) {
        memcpy(&words.first, bytes, 8);
        memcpy(&words.last, bytes + size - 8, 8);
    } else if (size >= 4) {
        memcpy(&first, bytes, 4);
        memcpy(&last, bytes + size - 4, 4);
        words = (struct words){first, last};
    } else if (size > 0) {
        words.first = b[0] | (uint32_t)b[size / 2] << 8 | (uint32_t)b[size - 1] << 16;
    }
    return words;
}

/* The map compares keys, so a hash need only spread them, whatever keys a file chooses: two of
 * one size get the same slot with probability 2 / n_slots at most (pair-multiply-shift over
 * the halves of the words: Thorup, "High speed hashing for integers and strings", 2015), and of
 * each size only one key can have the same words. */
static inline uint32_t hash_short(const pwi_map *map, struct words words)
{
    const pwi_hash_key *keys = map->keys;

    return (
        uint32_t)(((keys[0].k0 + (uint32_t)words.first) * (keys[0].k1 + (words.first >> 32)) +
                   (keys[1].k0 + (uint32_t)words.last) * (keys[1].k1 + (words.last >> 32))) >>
                  32);
}

static inline struct pwi_map_slot *short_slot(const pwi_map *map, const char *bytes,
                                              size_t size)
{
    const struct words words = words_of(bytes, size);

    for (size_t at = hash_short(map, words);; at++) {
        struct pwi_map_slot *slot = &map->slots[at & (map->n_slots - 1)];
        struct words others;

        if (slot->bytes == NULL)
            return slot;
        if (slot->size != size)
            continue;
        others = words_of(slot->bytes, size);
        if (others.first == words.first && others.last == words.last)
            return slot;
    }
}

/* Longer keys are rare. What this calls would cost the short ones registers: so not inline. */
static __attribute__((noinline)) struct pwi_map_slot *long_slot(const pwi_map *map,
                                                                const char *bytes, size_t size)
{
    for (size_t at = pwi_hash_bytes(map->keys[0], bytes, size).low;; at++) {
        struct pwi_map_slot *slot = &map->slots[at & (map->n_slots - 1)];

        if (slot->bytes == NULL ||
            (slot->size == size && memcmp(slot->bytes, bytes, size) == 0))
            return slot;
    }
}

/* The slot of a key, or the free slot where it would go. One slot is free. */
static inline struct pwi_map_slot *slot_of(const pwi_map *map, const char *bytes, size_t size)
{
    return size <= SHORT_SIZE ? short_slot(map, bytes, size) : long_slot(map, bytes, size);
}

static bool resize(pwi_map *map, size_t n_slots)
{
    pwi_map larger = *map;

    larger.n_slots = n_slots;
    larger.slots = pwi_alloc_zeroed(map->allocator, n_slots, sizeof(*larger.slots));
    if (larger.slots == NULL)
        return false;
    for (size_t i = 0; i < map->n_slots; i++) {
        const struct pwi_map_slot *slot = &map->slots[i];

        if (slot->bytes != NULL)
            *slot_of(&larger, slot->bytes, slot->size) = *slot;
    }
    pwi_free_array(map->allocator, map->slots, map->n_slots, sizeof(*map->slots));
    *map = larger;
    return true;
}

bool pwi_map_reserve(pwi_map *map, size_t n)
{
    size_t n_slots = map->n_slots == 0 ? N_SLOTS_FIRST : map->n_slots;

    if (n > UINT32_MAX)
        return false;
    while (n_slots / 3 * 2 < n)
        n_slots *= 2;
    return n_slots == map->n_slots || resize(map, n_slots);
}

uint32_t *pwi_map_value(pwi_map *map, const char *bytes, size_t size)
{
    struct pwi_map_slot *slot;

    if (size > UINT32_MAX ||
        (map->n_used * 3 >= map->n_slots * 2 && !pwi_map_reserve(map, map->n_used + 1)))
        return NULL;
    slot = slot_of(map, bytes, size);
    if (slot->bytes == NULL) {
        *slot = (struct pwi_map_slot){bytes, (uint32_t)size, PWI_MAP_NONE};
        map->n_used++;
    }
    return &slot->value;
}

bool pwi_map_add(pwi_map *map, const char *bytes, size_t size, uint32_t value, bool *added)
{
    uint32_t *place = pwi_map_value(map, bytes, size);

    if (place == NULL)
        return false;
    *added = *place == PWI_MAP_NONE;
    if (*added)
        *place = value;
    return true;
}

uint32_t pwi_map_find(const pwi_map *map, const char *bytes, size_t size)
{
    const struct pwi_map_slot *slot = map->n_slots == 0 ? NULL : slot_of(map, bytes, size);

    return slot == NULL || slot->bytes == NULL ? PWI_MAP_NONE : slot->value;
}
