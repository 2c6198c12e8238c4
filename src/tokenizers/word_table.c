/* SPDX-License-Identifier: MIT */
/* The table of words that are one token. */
#include "tokenizers/word_table.h"

#define N_BITS_FIRST 10

void pwi_word_table_init(pwi_word_table *table, const pw_allocator *allocator)
{
    *table = (pwi_word_table){.allocator = allocator, .key = pwi_hash_key_random()};
    table->key.k0 |= 1;
    table->key.k1 |= 1;
}

void pwi_word_table_free(pwi_word_table *table)
{
    pwi_free_array(table->allocator, table->slots, table->n_slots, sizeof(*table->slots));
    table->slots = NULL;
    table->n_used = table->n_slots = 0;
}

/* There is room. */
static void put(pwi_word_table *table, pwi_word_slot word)
{
    const pwi_word_key key = {word.low, word.high, word.size};
    size_t at = pwi_word_hash(table->key, key, table->n_bits);

    while (table->slots[at].size != 0)
        at = (at + 1) & (table->n_slots - 1);
    table->slots[at] = word;
    table->n_used++;
}

static bool resize(pwi_word_table *table, unsigned n_bits)
{
    pwi_word_table larger = *table;

    larger.n_used = 0;
    larger.n_bits = n_bits;
    larger.n_slots = (size_t)1 << larger.n_bits;
    larger.slots = pwi_alloc_zeroed(table->allocator, larger.n_slots, sizeof(*larger.slots));
    if (larger.slots == NULL)
        return false;
    for (size_t i = 0; i < table->n_slots; i++)
        if (table->slots[i].size != 0)
            put(&larger, table->slots[i]);
    pwi_word_table_free(table);
    *table = larger;
    return true;
}

bool pwi_word_table_reserve(pwi_word_table *table, size_t n)
{
    unsigned n_bits = table->n_slots == 0 ? N_BITS_FIRST : table->n_bits;

    while (((size_t)1 << n_bits) / 3 * 2 < n)
        n_bits++;
    return (table->n_slots > 0 && n_bits == table->n_bits) || resize(table, n_bits);
}

bool pwi_word_table_add(pwi_word_table *table, pwi_word_key word, int32_t id)
{
    PW_ASSERT(id >= 0 && pwi_word_table_find(table, word) < 0);
    if (table->n_used * 3 >= table->n_slots * 2 &&
        !pwi_word_table_reserve(table, table->n_used + 1))
        return false;
    put(table, (pwi_word_slot){word.low, word.high, word.size, id});
    return true;
}
