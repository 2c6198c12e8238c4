/* SPDX-License-Identifier: MIT */
/* Words by their bytes: a table of common ones that are one token, made when a tokenizer is
 * opened and never changed, and a small cache of other words for one thread's batch. Both hold
 * what merging gives, so they are about time only. */
#ifndef PWI_TOKENIZERS_WORD_TABLE_H
#define PWI_TOKENIZERS_WORD_TABLE_H

#include <string.h>

#include "tokenizers/bpe.h"

/* The longest word that is looked up by its bytes. Longer ones are rare, and are merged. */
#define PWI_WORD_BYTES 16

/* The tokens of the longest word that the cache keeps. */
#define PWI_WORD_PARTS 8

/* Bytes of a word, the first one lowest, zeros behind the last. */
typedef struct pwi_word_key {
    uint64_t low, high;
    uint32_t size; /* 1..PWI_WORD_BYTES */
} pwi_word_key;

typedef struct pwi_word_slot {
    uint64_t low, high;
    uint32_t size; /* 0: free */
    int32_t id;
} pwi_word_slot;

/* Words in the table: those with the lowest ids, which in vocabularies from merges are the most
 * frequent. Making it is time that opening takes: with 8,192 of CLIP's 37,000 words 1.3 ms,
 * and a prompt takes 2.8 us; with all 12 ms and 1.9 us; with none 4.4 us (2026-11-22). */
#define PWI_WORDS_MAX 8192

/* Open addressing, at most two thirds full. */
typedef struct pwi_word_table {
    const pw_allocator *allocator;
    pwi_hash_key key; /* so that neither a file nor a text can be made to collide */
    pwi_word_slot *slots;
    size_t n_used, n_slots; /* n_slots is 0 or 2 to the power of n_bits */
    unsigned n_bits;
} pwi_word_table;

void pwi_word_table_init(pwi_word_table *table, const pw_allocator *allocator);
void pwi_word_table_free(pwi_word_table *table);

/* Room for n words in all; false when memory is out. */
bool pwi_word_table_reserve(pwi_word_table *table, size_t n);

/* Add a word that is not there yet; false when memory is out. */
bool pwi_word_table_add(pwi_word_table *table, pwi_word_key word, int32_t id);

/* A word and its tokens. */
typedef struct pwi_word_entry {
    uint64_t low, high;
    int32_t ids[PWI_WORD_PARTS];
    uint8_t sizes[PWI_WORD_PARTS]; /* bytes of each token */
    uint8_t size;                  /* of the word; 0: free */
    uint8_t n;
} pwi_word_entry;

/* One place a word: a new word takes the place of the one that has it. So the memory stays what
 * it is, whatever the texts are. */
#define PWI_WORD_CACHE_BITS 12
#define PWI_WORD_CACHE      ((size_t)1 << PWI_WORD_CACHE_BITS)

/* n_bits of a hash. A sum of products with secret odd numbers is close to universal in its
 * highest bits, and in those only (Dietzfelbinger et al. 1997). */
static inline size_t pwi_word_hash(pwi_hash_key key, pwi_word_key word, unsigned n_bits)
{
    return (size_t)((word.low * key.k0 + word.high * key.k1) >> (64 - n_bits));
}

/* Eight bytes, the first one lowest, on every machine; compilers make one load of it. */
static inline uint64_t pwi_load8(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;

    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
           (uint64_t)b[7] << 56;
}

static inline pwi_word_key pwi_word_key_of(const char *bytes, size_t size)
{
    char padded[PWI_WORD_BYTES] = {0};

    PW_ASSERT(size > 0 && size <= PWI_WORD_BYTES);
    memcpy(padded, bytes, size);
    return (pwi_word_key){pwi_load8(padded), pwi_load8(padded + 8), (uint32_t)size};
}

static inline uint8_t pwi_word_byte(pwi_word_key word, size_t i)
{
    return (uint8_t)(i < 8 ? word.low >> (8 * i) : word.high >> (8 * (i - 8)));
}

/* The token that is the whole word, or -1. */
static inline int32_t pwi_word_table_find(const pwi_word_table *table, pwi_word_key word)
{
    const size_t mask = table->n_slots - 1;

    if (table->n_slots == 0)
        return -1;
    for (size_t at = pwi_word_hash(table->key, word, table->n_bits);; at = (at + 1) & mask) {
        const pwi_word_slot *slot = &table->slots[at];

        if (slot->low == word.low && slot->high == word.high && slot->size == word.size)
            return slot->id;
        if (slot->size == 0)
            return -1;
    }
}

#endif
