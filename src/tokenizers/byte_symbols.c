/* SPDX-License-Identifier: MIT */
/* Bytes and their printable stand-ins. Of the 256 bytes 188 stand for themselves, in three
 * runs; the 68 others, also in three runs, are numbered from U+0100. */
#include "tokenizers/byte_symbols.h"

#define N_RUNS      3
#define N_PRINTABLE 188
#define FIRST_OTHER 0x100

struct run {
    unsigned first, last; /* bytes */
    unsigned order;       /* of the first one */
};

static const struct run printable[N_RUNS] = {
    {0x21, 0x7E, 0}, {0xA1, 0xAC, 94}, {0xAE, 0xFF, 106}};
static const struct run others[N_RUNS] = {
    {0x00, 0x20, N_PRINTABLE}, {0x7F, 0xA0, N_PRINTABLE + 33}, {0xAD, 0xAD, N_PRINTABLE + 67}};

static const struct run *run_of(const struct run runs[N_RUNS], uint32_t byte)
{
    for (int i = 0; i < N_RUNS; i++)
        if (byte >= runs[i].first && byte <= runs[i].last)
            return &runs[i];
    return NULL;
}

/* The byte at a place in the order, if it is in these runs; else -1. */
static int byte_at(const struct run runs[N_RUNS], unsigned order)
{
    for (int i = 0; i < N_RUNS; i++)
        if (order >= runs[i].order && order - runs[i].order <= runs[i].last - runs[i].first)
            return (int)(runs[i].first + (order - runs[i].order));
    return -1;
}

uint32_t pwi_byte_symbol(uint8_t byte)
{
    const struct run *run = run_of(others, byte);

    return run == NULL ? byte : FIRST_OTHER + (run->order - N_PRINTABLE) + (byte - run->first);
}

int pwi_symbol_byte(uint32_t code)
{
    if (code >= FIRST_OTHER)
        return code - FIRST_OTHER < 256 - N_PRINTABLE
                   ? byte_at(others, code - FIRST_OTHER + N_PRINTABLE)
                   : -1;
    return run_of(printable, code) != NULL ? (int)code : -1;
}

uint8_t pwi_byte_in_order(unsigned i)
{
    return (uint8_t)byte_at(i < N_PRINTABLE ? printable : others, i);
}
