/* SPDX-License-Identifier: MIT */
/* An arena: many small allocations, freed together. For names and tables whose lifetime is one
 * object's. */
#ifndef PWI_BASE_ARENA_H
#define PWI_BASE_ARENA_H

#include "base/alloc.h"

typedef struct pwi_arena {
    const pw_allocator *allocator;
    struct pwi_arena_block *blocks; /* newest first */
    size_t used, capacity;          /* of the newest block */
} pwi_arena;

void pwi_arena_init(pwi_arena *arena, const pw_allocator *allocator);
void pwi_arena_free(pwi_arena *arena);

/* size bytes aligned to PWI_ALIGN, not zeroed; NULL when memory is out. */
void *pwi_arena_alloc(pwi_arena *arena, size_t size);

/* A terminated copy of `size` bytes; NULL when memory is out. */
char *pwi_arena_string(pwi_arena *arena, const char *bytes, size_t size);

#endif
