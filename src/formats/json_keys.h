/* SPDX-License-Identifier: MIT */
/* The keys of the objects that are open, as keyed hashes of 127 bits: a key that comes twice is
 * found at once, whatever keys a file chooses, in about 24 bytes a key. Two different keys are
 * taken for one with probability 2^-127 a pair. */
#ifndef PWI_FORMATS_JSON_KEYS_H
#define PWI_FORMATS_JSON_KEYS_H

#include "base/hash.h"

typedef struct pwi_json_keys {
    const pw_allocator *allocator;
    pwi_hash_key key;
    pwi_hash *log; /* as they came; the last ones are the innermost object's */
    size_t n_used, capacity;
    uint32_t *slots; /* 1 + index into the log; 0: free */
    size_t n_in_slots, n_slots;
} pwi_json_keys;

void pwi_json_keys_init(pwi_json_keys *keys, const pw_allocator *allocator);
void pwi_json_keys_free(pwi_json_keys *keys);

/* Add a key to the innermost object, whose keys begin at n_used = `first`; *added is false if
 * it has the key. `serial` is a number that no other object has. False when memory is out. */
bool pwi_json_keys_add(pwi_json_keys *keys, size_t first, uint64_t serial, const char *bytes,
                       size_t size, bool *added);

/* Forget the innermost object's keys. */
void pwi_json_keys_drop(pwi_json_keys *keys, size_t first);

#endif
