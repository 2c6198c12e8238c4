/* SPDX-License-Identifier: MIT */
/* An allocator whose n-th call fails, and that counts what is out: for sweeps over every
 * allocation of a call. */
#ifndef PWI_TESTS_FAILING_ALLOCATOR_H
#define PWI_TESTS_FAILING_ALLOCATOR_H

#include <stdlib.h>

#include <padwise/context.h>

struct failing {
    size_t fail_at; /* 1 = the first; 0 = never */
    size_t n_calls, n_out, bytes_out, bytes_peak;
};

static inline void *failing_alloc(void *ctx, size_t size, size_t align)
{
    struct failing *f = (struct failing *)ctx;
    void *p = NULL;

    if (++f->n_calls == f->fail_at)
        return NULL;
    if (posix_memalign(&p, align < sizeof(void *) ? sizeof(void *) : align, size) != 0)
        return NULL;
    f->n_out++;
    f->bytes_out += size;
    if (f->bytes_out > f->bytes_peak)
        f->bytes_peak = f->bytes_out;
    return p;
}

static inline void failing_free(void *ctx, void *p, size_t size, size_t align)
{
    struct failing *f = (struct failing *)ctx;

    (void)align;
    f->n_out--;
    f->bytes_out -= size;
    free(p);
}

static inline pw_allocator failing_allocator(struct failing *f)
{
    const pw_allocator allocator = {f, failing_alloc, failing_free};

    return allocator;
}

#endif
