/* SPDX-License-Identifier: MIT */
/* Keys of open objects: open addressing over a log. Keys leave in the reverse order of their
 * coming, so a slot can simply be emptied: whatever was pushed past it is gone already. */
#include "formats/json_keys.h"

#include "base/error.h"

#define FIRST_CAPACITY 64

void pwi_json_keys_init(pwi_json_keys *keys, const pw_allocator *allocator)
{
    *keys = (pwi_json_keys){allocator, pwi_hash_key_random(), NULL, 0, 0, NULL, 0};
}

void pwi_json_keys_free(pwi_json_keys *keys)
{
    pwi_free_array(keys->allocator, keys->log, keys->capacity, sizeof(*keys->log));
    pwi_free_array(keys->allocator, keys->slots, keys->n_slots, sizeof(*keys->slots));
    keys->log = NULL;
    keys->slots = NULL;
}

/* The slot that holds the hash, or the free one where it would go. */
static size_t find_slot(const pwi_json_keys *keys, pwi_hash hash)
{
    size_t at = hash.low & (keys->n_slots - 1);

    while (keys->slots[at] != 0) {
        const pwi_hash *other = &keys->log[keys->slots[at] - 1];

        if (other->low == hash.low && other->high == hash.high)
            break;
        at = (at + 1) & (keys->n_slots - 1);
    }
    return at;
}

/* Twice the room. The log is laid out anew in its own order, so that dropping stays exact. */
static bool grow(pwi_json_keys *keys)
{
    const size_t capacity = keys->capacity == 0 ? FIRST_CAPACITY : keys->capacity * 2;
    const size_t n_slots = capacity * 2;
    uint32_t *slots;
    pwi_hash *log;

    if (capacity > UINT32_MAX / 2)
        return false;
    slots = pwi_alloc_zeroed(keys->allocator, n_slots, sizeof(*slots));
    if (slots == NULL)
        return false;
    log = pwi_grow_array(keys->allocator, keys->log, keys->capacity, capacity, sizeof(*log));
    if (log == NULL) {
        pwi_free_array(keys->allocator, slots, n_slots, sizeof(*slots));
        return false;
    }
    pwi_free_array(keys->allocator, keys->slots, keys->n_slots, sizeof(*slots));
    keys->log = log;
    keys->capacity = capacity;
    keys->slots = slots;
    keys->n_slots = n_slots;
    for (size_t i = 0; i < keys->n_used; i++)
        slots[find_slot(keys, log[i])] = (uint32_t)i + 1;
    return true;
}

bool pwi_json_keys_add(pwi_json_keys *keys, uint64_t object, const char *bytes, size_t size,
                       bool *added)
{
    const pwi_hash_key key = {keys->key.k0, keys->key.k1 ^ object};
    const pwi_hash hash = pwi_hash_bytes(key, bytes, size);
    size_t slot;

    if (keys->n_used == keys->capacity && !grow(keys))
        return false;
    slot = find_slot(keys, hash);
    *added = keys->slots[slot] == 0;
    if (*added) {
        keys->log[keys->n_used++] = hash;
        keys->slots[slot] = (uint32_t)keys->n_used;
    }
    return true;
}

void pwi_json_keys_drop(pwi_json_keys *keys, size_t n_used)
{
    PW_ASSERT(n_used <= keys->n_used);
    while (keys->n_used > n_used) {
        const size_t slot = find_slot(keys, keys->log[keys->n_used - 1]);

        PW_ASSERT(keys->slots[slot] == keys->n_used);
        keys->slots[slot] = 0;
        keys->n_used--;
    }
}
