/* SPDX-License-Identifier: MIT */
/* Keys of open objects. An object's first few keys are compared one by one: most objects have
 * no more, and their hashes lie side by side. The keys of larger objects are found through
 * slots (open addressing). Objects close in the reverse order of their opening, so a slot can
 * simply be emptied: whatever was pushed past it is gone already. */
#include "formats/json_keys.h"

#include "base/error.h"

#define FEW            8
#define FIRST_CAPACITY 64

/* The lowest bit of a hash's high word tells that a slot leads to it. */
#define IN_SLOTS UINT64_C(1)

void pwi_json_keys_init(pwi_json_keys *keys, const pw_allocator *allocator)
{
    *keys = (pwi_json_keys){.allocator = allocator, .key = pwi_hash_key_random()};
}

void pwi_json_keys_free(pwi_json_keys *keys)
{
    pwi_free_array(keys->allocator, keys->log, keys->capacity, sizeof(*keys->log));
    pwi_free_array(keys->allocator, keys->slots, keys->n_slots, sizeof(*keys->slots));
    keys->log = NULL;
    keys->slots = NULL;
}

static bool is_same(pwi_hash a, pwi_hash b)
{
    return a.low == b.low && (a.high | IN_SLOTS) == (b.high | IN_SLOTS);
}

/* The slot that leads to the hash, or the free one where it would go. */
static uint32_t *find_slot(const pwi_json_keys *keys, pwi_hash hash)
{
    size_t at = hash.low & (keys->n_slots - 1);

    while (keys->slots[at] != 0 && !is_same(keys->log[keys->slots[at] - 1], hash))
        at = (at + 1) & (keys->n_slots - 1);
    return &keys->slots[at];
}

static bool reserve_log(pwi_json_keys *keys)
{
    const size_t capacity = keys->capacity == 0 ? FIRST_CAPACITY : keys->capacity * 2;
    pwi_hash *log;

    if (keys->n_used < keys->capacity)
        return true;
    if (capacity > UINT32_MAX)
        return false;
    log = pwi_grow_array(keys->allocator, keys->log, keys->capacity, capacity, sizeof(*log));
    if (log == NULL)
        return false;
    keys->log = log;
    keys->capacity = capacity;
    return true;
}

/* Room for `extra` more slots, at most half of them in use. They are filled anew in the order
 * of the log, which is the order of their coming, so that emptying them stays exact. */
static bool reserve_slots(pwi_json_keys *keys, size_t extra)
{
    size_t n_slots = keys->n_slots == 0 ? FIRST_CAPACITY : keys->n_slots;
    uint32_t *slots;

    while ((keys->n_in_slots + extra) * 2 > n_slots)
        n_slots *= 2;
    if (n_slots == keys->n_slots)
        return true;
    slots = pwi_alloc_zeroed(keys->allocator, n_slots, sizeof(*slots));
    if (slots == NULL)
        return false;
    pwi_free_array(keys->allocator, keys->slots, keys->n_slots, sizeof(*slots));
    keys->slots = slots;
    keys->n_slots = n_slots;
    for (size_t i = 0; i < keys->n_used; i++)
        if ((keys->log[i].high & IN_SLOTS) != 0)
            *find_slot(keys, keys->log[i]) = (uint32_t)i + 1;
    return true;
}

static void add_to_slots(pwi_json_keys *keys, size_t i)
{
    *find_slot(keys, keys->log[i]) = (uint32_t)i + 1;
    keys->log[i].high |= IN_SLOTS;
    keys->n_in_slots++;
}

/* Whether the object has the key; the object has few keys, or all of them are in the slots. */
static bool has_key(const pwi_json_keys *keys, size_t first, pwi_hash hash)
{
    if (keys->n_used - first > FEW)
        return *find_slot(keys, hash) != 0;
    for (size_t i = first; i < keys->n_used; i++)
        if (is_same(keys->log[i], hash))
            return true;
    return false;
}

bool pwi_json_keys_add(pwi_json_keys *keys, size_t first, uint64_t serial, const char *bytes,
                       size_t size, bool *added)
{
    /* A key of its own for each object: equal keys of two objects are different hashes. */
    const pwi_hash_key key = {keys->key.k0, keys->key.k1 ^ serial};
    pwi_hash hash = pwi_hash_bytes(key, bytes, size);

    hash.high &= ~IN_SLOTS;
    *added = !has_key(keys, first, hash);
    if (!*added)
        return true;
    if (!reserve_log(keys))
        return false;
    if (keys->n_used - first >= FEW && !reserve_slots(keys, FEW + 1))
        return false;
    keys->log[keys->n_used++] = hash;
    if (keys->n_used - first == FEW + 1)
        for (size_t i = first; i < keys->n_used; i++)
            add_to_slots(keys, i);
    else if (keys->n_used - first > FEW)
        add_to_slots(keys, keys->n_used - 1);
    return true;
}

void pwi_json_keys_drop(pwi_json_keys *keys, size_t first)
{
    PW_ASSERT(first <= keys->n_used);
    if (keys->n_used - first > FEW) {
        for (size_t i = keys->n_used; i-- > first;) {
            uint32_t *slot = find_slot(keys, keys->log[i]);

            PW_ASSERT(*slot == i + 1);
            *slot = 0;
            keys->n_in_slots--;
        }
    }
    keys->n_used = first;
}
