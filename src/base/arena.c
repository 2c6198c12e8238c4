/* SPDX-License-Identifier: MIT */
/* Arena over blocks that double up to 1 MiB; a request over that gets a block of its own size.
 */
#include "base/arena.h"

#include <string.h>

#include "base/checked.h"

#define BLOCK_FIRST 4096u
#define BLOCK_MAX   (1u << 20)

struct pwi_arena_block {
    struct pwi_arena_block *next;
    size_t size; /* with this head */
};

#define HEAD ((sizeof(struct pwi_arena_block) + PWI_ALIGN - 1) / PWI_ALIGN * PWI_ALIGN)

void pwi_arena_init(pwi_arena *arena, const pw_allocator *allocator)
{
    *arena = (pwi_arena){allocator, NULL, 0, 0};
}

void pwi_arena_free(pwi_arena *arena)
{
    while (arena->blocks != NULL) {
        struct pwi_arena_block *block = arena->blocks;

        arena->blocks = block->next;
        pwi_free_array(arena->allocator, block, block->size, 1);
    }
    arena->used = arena->capacity = 0;
}

static size_t next_capacity(const pwi_arena *arena, size_t size)
{
    size_t capacity = arena->capacity * 2;

    if (capacity < BLOCK_FIRST)
        capacity = BLOCK_FIRST;
    if (capacity > BLOCK_MAX)
        capacity = BLOCK_MAX;
    return size > capacity ? size : capacity;
}

static void *new_block(pwi_arena *arena, size_t size)
{
    const size_t capacity = next_capacity(arena, size);
    size_t bytes;
    struct pwi_arena_block *block;

    if (!pwi_add_size(capacity, HEAD, &bytes))
        return NULL;
    block = pwi_alloc_array(arena->allocator, bytes, 1);
    if (block == NULL)
        return NULL;
    block->next = arena->blocks;
    block->size = bytes;
    arena->blocks = block;
    arena->capacity = capacity;
    arena->used = size;
    return (char *)block + HEAD;
}

void *pwi_arena_alloc(pwi_arena *arena, size_t size)
{
    if (size > SIZE_MAX - PWI_ALIGN)
        return NULL;
    size = (size + PWI_ALIGN - 1) / PWI_ALIGN * PWI_ALIGN;
    if (arena->blocks == NULL || size > arena->capacity - arena->used)
        return new_block(arena, size);
    arena->used += size;
    return (char *)arena->blocks + HEAD + arena->used - size;
}

char *pwi_arena_string(pwi_arena *arena, const char *bytes, size_t size)
{
    char *copy = size < SIZE_MAX ? pwi_arena_alloc(arena, size + 1) : NULL;

    if (copy == NULL)
        return NULL;
    if (size > 0)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}
