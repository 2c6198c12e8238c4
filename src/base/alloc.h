/* SPDX-License-Identifier: MIT */
/* The one door to memory. Nothing else in src/ calls malloc; a style test sees to it. */
#ifndef PWI_BASE_ALLOC_H
#define PWI_BASE_ALLOC_H

#include <padwise/context.h>

/* Alignment of arrays of plain items, and of what SIMD reads. */
#define PWI_ALIGN      16
#define PWI_ALIGN_SIMD 64

/* The allocator that is used where a context was given none. */
extern const pw_allocator pwi_malloc_allocator;

/* count * size bytes aligned to PWI_ALIGN, not zeroed; NULL if they do not exist or the product
 * overflows. A count of 0 gives a pointer that may be freed. Freed with the same count and
 * size. */
void *pwi_alloc_array(const pw_allocator *allocator, size_t count, size_t size);
void *pwi_alloc_zeroed(const pw_allocator *allocator, size_t count, size_t size);
void pwi_free_array(const pw_allocator *allocator, void *p, size_t count, size_t size);

/* The array with room for new_count items, the first count of them kept. On NULL the old array
 * stays valid. */
void *pwi_grow_array(const pw_allocator *allocator, void *p, size_t count, size_t new_count,
                     size_t size);

/* size bytes aligned to PWI_ALIGN_SIMD. */
void *pwi_alloc_simd(const pw_allocator *allocator, size_t size);
void pwi_free_simd(const pw_allocator *allocator, void *p, size_t size);

/* Memory for libraries that free without a size (zlib's zalloc and zfree; `opaque` is the
 * allocator): each block remembers its own. */
void *pwi_alloc_remembering(void *opaque, unsigned count, unsigned size);
void pwi_free_remembered(void *opaque, void *p);

#define PWI_NEW(allocator, type) ((type *)pwi_alloc_zeroed((allocator), 1, sizeof(type)))
#define PWI_DELETE(allocator, p) pwi_free_array((allocator), (p), 1, sizeof(*(p)))
#define PWI_ARRAY(allocator, type, count)                                                      \
    ((type *)pwi_alloc_array((allocator), (count), sizeof(type)))

#endif
