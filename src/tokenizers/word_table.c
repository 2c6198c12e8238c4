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

static bool grow(pwi_word_table *table)
{
    pwi_word_table larger = *table;

    larger.n_used = 0;
    larger.n_bits = table->n_slots == 0 ? N_BITS_FIRST : table->n_bits + 1;
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

bool pwi_word_table_add(pwi_word_table *table, pwi_word_key word, int32_t id)
{
    PW_ASSERT(id >= 0 && pwi_word_table_find(table, word) < 0);
    if (table->n_used * 3 >= table->n_slots * 2 && !grow(table))
        return false;
    put(table, (pwi_word_slot){word.low, word.high, word.size, id});
    return true;
}
