/* SPDX-License-Identifier: MIT */
/* The pool and the growing text. */
#include "pool.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pool_block {
    struct pool_block *before;
    max_align_t memory[];
};

void *pool_take(struct pool *pool, size_t size)
{
    struct pool_block *block;

    if (size > SIZE_MAX - sizeof(*block))
        return NULL;
    block = calloc(1, sizeof(*block) + size);
    if (block == NULL)
        return NULL;
    block->before = pool->last;
    pool->last = block;
    return block->memory;
}

void *pool_array(struct pool *pool, size_t n, size_t size)
{
    if (size != 0 && n > SIZE_MAX / size)
        return NULL;
    return pool_take(pool, n * size);
}

char *pool_copy(struct pool *pool, const char *bytes, size_t size)
{
    char *copy = size == SIZE_MAX ? NULL : pool_take(pool, size + 1);

    if (copy != NULL && size != 0)
        memcpy(copy, bytes, size);
    return copy;
}

char *pool_format(struct pool *pool, const char *format, ...)
{
    va_list list, again;
    char *text = NULL;
    int size;

    va_start(list, format);
    va_copy(again, list);
    size = vsnprintf(NULL, 0, format, list);
    if (size >= 0)
        text = pool_take(pool, (size_t)size + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    va_end(list);
    return text;
}

void *pool_grow(struct pool *pool, void *array, size_t n, size_t *capacity, size_t size)
{
    const size_t more = *capacity < 8 ? 8 : *capacity * 2;
    void *grown;

    if (n < *capacity)
        return array;
    grown = pool_array(pool, more, size);
    if (grown == NULL)
        return NULL;
    if (n != 0)
        memcpy(grown, array, n * size);
    *capacity = more;
    return grown;
}

void pool_free(struct pool *pool)
{
    while (pool->last != NULL) {
        struct pool_block *before = pool->last->before;

        free(pool->last);
        pool->last = before;
    }
}

/* Room for `size` bytes and a terminator. */
static bool reserve(struct builder *builder, size_t size)
{
    size_t capacity = builder->capacity < 256 ? 256 : builder->capacity;
    char *bytes;

    if (builder->failed || size > SIZE_MAX / 4 - builder->size) {
        builder->failed = true;
        return false;
    }
    if (builder->size + size < builder->capacity)
        return true;
    while (capacity <= builder->size + size)
        capacity *= 2;
    bytes = realloc(builder->bytes, capacity);
    if (bytes == NULL) {
        builder->failed = true;
        return false;
    }
    builder->bytes = bytes;
    builder->capacity = capacity;
    return true;
}

void builder_add(struct builder *builder, const char *bytes, size_t size)
{
    if (!reserve(builder, size))
        return;
    if (size != 0)
        memcpy(builder->bytes + builder->size, bytes, size);
    builder->size += size;
    builder->bytes[builder->size] = '\0';
}

void builder_text(struct builder *builder, const char *text)
{
    builder_add(builder, text, strlen(text));
}

void builder_format(struct builder *builder, const char *format, ...)
{
    va_list list, again;
    int size;

    va_start(list, format);
    va_copy(again, list);
    size = vsnprintf(NULL, 0, format, list);
    if (size >= 0 && reserve(builder, (size_t)size)) {
        vsnprintf(builder->bytes + builder->size, (size_t)size + 1, format, again);
        builder->size += (size_t)size;
    }
    va_end(again);
    va_end(list);
}

void builder_fill(struct builder *builder, char c, size_t n)
{
    if (!reserve(builder, n))
        return;
    memset(builder->bytes + builder->size, c, n);
    builder->size += n;
    builder->bytes[builder->size] = '\0';
}

void builder_append(struct builder *builder, const struct builder *other)
{
    if (other->failed)
        builder->failed = true;
    else
        builder_add(builder, other->bytes, other->size);
}

void builder_clear(struct builder *builder)
{
    builder->size = 0;
    if (builder->bytes != NULL)
        builder->bytes[0] = '\0';
}

void builder_free(struct builder *builder)
{
    free(builder->bytes);
    *builder = (struct builder){0};
}
