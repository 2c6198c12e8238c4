/* SPDX-License-Identifier: MIT */
/* The allocator door: malloc's family behind pw_allocator, and arrays with checked sizes. */
#define _GNU_SOURCE
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/checked.h"

/* From here on memory is asked for in huge pages: weights are touched once, page by page, and
 * half of an encoder's start-up was page faults. */
#define HUGE_FROM ((size_t)4 << 20)
#define HUGE_PAGE ((size_t)2 << 20)

static void *malloc_alloc(void *ctx, size_t size, size_t align)
{
    void *p = NULL;

    (void)ctx;
    if (align < sizeof(void *))
        align = sizeof(void *);
    if (size >= HUGE_FROM && align < HUGE_PAGE)
        align = HUGE_PAGE;
    if (posix_memalign(&p, align, size) != 0)
        return NULL;
    if (size >= HUGE_FROM)
        (void)madvise(p, size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE); /* a wish, no need */
    return p;
}

static void malloc_free(void *ctx, void *p, size_t size, size_t align)
{
    (void)ctx, (void)size, (void)align;
    free(p);
}

const pw_allocator pwi_malloc_allocator = {NULL, malloc_alloc, malloc_free};

/* Zero bytes still need an address of their own: callers take NULL for failure. */
static size_t at_least_one(size_t size)
{
    return size > 0 ? size : 1;
}

void *pwi_alloc_array(const pw_allocator *allocator, size_t count, size_t size)
{
    size_t bytes;

    if (!pwi_mul_size(count, size, &bytes))
        return NULL;
    return allocator->alloc(allocator->ctx, at_least_one(bytes), PWI_ALIGN);
}

void *pwi_alloc_zeroed(const pw_allocator *allocator, size_t count, size_t size)
{
    void *p = pwi_alloc_array(allocator, count, size);

    if (p != NULL)
        memset(p, 0, count * size);
    return p;
}

void pwi_free_array(const pw_allocator *allocator, void *p, size_t count, size_t size)
{
    if (p != NULL)
        allocator->free(allocator->ctx, p, at_least_one(count * size), PWI_ALIGN);
}

void *pwi_grow_array(const pw_allocator *allocator, void *p, size_t count, size_t new_count,
                     size_t size)
{
    void *grown = pwi_alloc_array(allocator, new_count, size);

    if (grown == NULL)
        return NULL;
    if (p != NULL)
        memcpy(grown, p, (count < new_count ? count : new_count) * size);
    pwi_free_array(allocator, p, count, size);
    return grown;
}

void *pwi_alloc_simd(const pw_allocator *allocator, size_t size)
{
    return allocator->alloc(allocator->ctx, at_least_one(size), PWI_ALIGN_SIMD);
}

void pwi_free_simd(const pw_allocator *allocator, void *p, size_t size)
{
    if (p != NULL)
        allocator->free(allocator->ctx, p, at_least_one(size), PWI_ALIGN_SIMD);
}

/* The size stands in front of the block, in as many bytes as keep it aligned. */
void *pwi_alloc_remembering(void *opaque, unsigned count, unsigned size)
{
    size_t bytes;
    char *block;

    if (!pwi_mul_size(count, size, &bytes) || !pwi_add_size(bytes, PWI_ALIGN, &bytes))
        return NULL;
    block = pwi_alloc_array(opaque, bytes, 1);
    if (block == NULL)
        return NULL;
    memcpy(block, &bytes, sizeof(bytes));
    return block + PWI_ALIGN;
}

void pwi_free_remembered(void *opaque, void *p)
{
    char *block;
    size_t bytes;

    if (p == NULL)
        return;
    block = (char *)p - PWI_ALIGN;
    memcpy(&bytes, block, sizeof(bytes));
    pwi_free_array(opaque, block, bytes, 1);
}
