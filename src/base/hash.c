/* SPDX-License-Identifier: MIT */
/* SipHash and the map over it: open addressing, linear probing, at most two thirds full. */
#include "base/hash.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

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

struct pwi_map_slot {
    uint64_t hash;
    const char *bytes; /* NULL: free */
    uint32_t size, value;
};

void pwi_map_init(pwi_map *map, const pw_allocator *allocator)
{
    *map = (pwi_map){allocator, pwi_hash_key_random(), NULL, 0, 0};
}

void pwi_map_free(pwi_map *map)
{
    pwi_free_array(map->allocator, map->slots, map->n_slots, sizeof(*map->slots));
    map->slots = NULL;
    map->n_used = map->n_slots = 0;
}

static bool map_grow(pwi_map *map)
{
    const size_t n_slots = map->n_slots == 0 ? 64 : map->n_slots * 2;
    struct pwi_map_slot *slots = pwi_alloc_zeroed(map->allocator, n_slots, sizeof(*slots));

    if (slots == NULL)
        return false;
    for (size_t i = 0; i < map->n_slots; i++) {
        size_t at = map->slots[i].hash & (n_slots - 1);

        if (map->slots[i].bytes == NULL)
            continue;
        while (slots[at].bytes != NULL)
            at = (at + 1) & (n_slots - 1);
        slots[at] = map->slots[i];
    }
    pwi_free_array(map->allocator, map->slots, map->n_slots, sizeof(*map->slots));
    map->slots = slots;
    map->n_slots = n_slots;
    return true;
}

/* The slot of a key, or the free slot where it would go. n_slots > 0 and one slot is free. */
static struct pwi_map_slot *map_slot(const pwi_map *map, uint64_t hash, const char *bytes,
                                     size_t size)
{
    size_t at = hash & (map->n_slots - 1);

    while (map->slots[at].bytes != NULL) {
        const struct pwi_map_slot *slot = &map->slots[at];

        if (slot->hash == hash && slot->size == size && memcmp(slot->bytes, bytes, size) == 0)
            break;
        at = (at + 1) & (map->n_slots - 1);
    }
    return &map->slots[at];
}

bool pwi_map_add(pwi_map *map, const char *bytes, size_t size, uint32_t value, bool *added)
{
    const uint64_t hash = pwi_hash_bytes(map->key, bytes, size).low;
    struct pwi_map_slot *slot;

    if (size > UINT32_MAX || (map->n_used * 3 >= map->n_slots * 2 && !map_grow(map)))
        return false;
    slot = map_slot(map, hash, bytes, size);
    *added = slot->bytes == NULL;
    if (*added) {
        *slot = (struct pwi_map_slot){hash, bytes, (uint32_t)size, value};
        map->n_used++;
    }
    return true;
}

uint32_t pwi_map_find(const pwi_map *map, const char *bytes, size_t size)
{
    const struct pwi_map_slot *slot;

    if (map->n_slots == 0)
        return PWI_MAP_NONE;
    slot = map_slot(map, pwi_hash_bytes(map->key, bytes, size).low, bytes, size);
    return slot->bytes == NULL ? PWI_MAP_NONE : slot->value;
}
