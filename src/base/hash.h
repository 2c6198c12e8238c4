/* SPDX-License-Identifier: MIT */
/* A keyed hash of bytes (SipHash-1-3 with 128 bits out, Aumasson and Bernstein 2012), so that
 * names in a file cannot be made to collide, and a map from bytes to numbers on top of it. */
#ifndef PWI_BASE_HASH_H
#define PWI_BASE_HASH_H

#include "base/alloc.h"

typedef struct pwi_hash_key {
    uint64_t k0, k1;
} pwi_hash_key;

typedef struct pwi_hash {
    uint64_t low, high;
} pwi_hash;

pwi_hash pwi_hash_bytes(pwi_hash_key key, const void *bytes, size_t size);

/* A key for this process, from the kernel's random numbers; results of the library never depend
 * on it. */
pwi_hash_key pwi_hash_key_random(void);

/* Map from byte strings to numbers. Keys are not copied: they outlive the map. */
typedef struct pwi_map {
    const pw_allocator *allocator;
    pwi_hash_key keys[2];
    struct pwi_map_slot *slots;
    size_t n_used, n_slots; /* n_slots is 0 or a power of two */
} pwi_map;

#define PWI_MAP_NONE UINT32_MAX

void pwi_map_init(pwi_map *map, const pw_allocator *allocator);
void pwi_map_free(pwi_map *map);

/* Room for n keys in all; false when memory is out. Saves the growing where n is known or can
 * be guessed. */
bool pwi_map_reserve(pwi_map *map, size_t n);

/* The place of a key's value, valid until the next key comes; PWI_MAP_NONE stands in it for a
 * new key, which counts as found once it has a value. NULL when memory is out. */
uint32_t *pwi_map_value(pwi_map *map, const char *bytes, size_t size);

/* Add a key that is not there yet (*added true), or leave the old value and give it (*added
 * false). Returns false when memory is out. value < PWI_MAP_NONE. */
bool pwi_map_add(pwi_map *map, const char *bytes, size_t size, uint32_t value, bool *added);

/* The value of a key, or PWI_MAP_NONE. */
uint32_t pwi_map_find(const pwi_map *map, const char *bytes, size_t size);

#endif
