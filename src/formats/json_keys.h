/* SPDX-License-Identifier: MIT */
/* The keys of the objects that are open, as keyed 128-bit hashes: a key that comes twice is
 * found at once, whatever keys a file chooses, in about 24 bytes a key. Two different keys are
 * taken for one with probability 2^-128 a pair. */
#ifndef PWI_FORMATS_JSON_KEYS_H
#define PWI_FORMATS_JSON_KEYS_H

#include "base/hash.h"

typedef struct pwi_json_keys {
    const pw_allocator *allocator;
    pwi_hash_key key;
    pwi_hash *log; /* in the order they were added: objects close last in, first out */
    size_t n_used, capacity;
    uint32_t *slots; /* 1 + index into the log; 0: free */
    size_t n_slots;  /* 0 or a power of two: twice the capacity */
} pwi_json_keys;

void pwi_json_keys_init(pwi_json_keys *keys, const pw_allocator *allocator);
void pwi_json_keys_free(pwi_json_keys *keys);

/* Add a key of the object with this serial number; *added is false if the object has it. False
 * when memory is out. */
bool pwi_json_keys_add(pwi_json_keys *keys, uint64_t object, const char *bytes, size_t size,
                       bool *added);

/* Forget the keys added since n_used was this. */
void pwi_json_keys_drop(pwi_json_keys *keys, size_t n_used);

#endif
