/* SPDX-License-Identifier: MIT */
/* Memory of the command: a pool whose blocks all go at once, and a text that grows. Both say
 * "no memory" by NULL or a sticky flag, so that callers check once, at the end. */
#ifndef TOOL_POOL_H
#define TOOL_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct pool_block;

struct pool {
    struct pool_block *last;
};

/* Zeroed memory that lives as long as the pool, or NULL. */
void *pool_take(struct pool *pool, size_t size);

/* n elements of `size` bytes; NULL when there is no memory or the product overflows. */
void *pool_array(struct pool *pool, size_t n, size_t size);
char *pool_copy(struct pool *pool, const char *bytes, size_t size);
char *pool_format(struct pool *pool, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void pool_free(struct pool *pool);

/* An array in the pool with room for one more element: grown by doubling, the old copy stays
 * in the pool. NULL when there is no memory. */
void *pool_grow(struct pool *pool, void *array, size_t n, size_t *capacity, size_t size);

struct builder {
    char *bytes; /* terminated once something was added */
    size_t size, capacity;
    bool failed; /* no memory: what was added since is lost */
};

void builder_add(struct builder *builder, const char *bytes, size_t size);
void builder_text(struct builder *builder, const char *text);
void builder_format(struct builder *builder, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void builder_fill(struct builder *builder, char c, size_t n);
/* Add another builder's text; its failure is this one's too. */
void builder_append(struct builder *builder, const struct builder *other);
void builder_clear(struct builder *builder);
void builder_free(struct builder *builder);

#endif
