/* SPDX-License-Identifier: MIT */
/* What every room sees of a context: allocator, threads, progress, warnings. The kernel table
 * is behind it (kernels/kernels.h). */
#ifndef PWI_BASE_CONTEXT_H
#define PWI_BASE_CONTEXT_H

#include <stdatomic.h>

#include <padwise/context.h>

#include "base/alloc.h"
#include "base/error.h"

struct pthreadpool;

struct pw_context {
    size_t size; /* of the whole object: kernels/kernel_context.c puts the kernel table behind
                    it */
    pw_allocator allocator;
    atomic_size_t n_references;
    struct pthreadpool *pool; /* NULL with one thread */
    int32_t n_threads;
    pw_level level;
    pw_progress_fn progress;
    void *progress_user;
    pw_log_fn log;
    void *log_user;
};

/* Objects made from a context keep it alive: one pwi_context_keep, one pw_context_free each. */
pw_context *pwi_context_keep(pw_context *ctx);

/* A context of `size` bytes, at least sizeof(struct pw_context), zeroed behind that.
 * pw_context_create is this with the kernel table. */
pw_status pwi_context_new(pw_context **out, size_t size, const pw_context_options *options,
                          pw_error *err);

/* Report progress; PW_ERR_CANCELLED when the caller wants to stop. Only from the thread that
 * called the library. */
pw_status pwi_progress(const pw_context *ctx, const char *stage, uint64_t done, uint64_t total,
                       pw_error *err);

/* A warning for a person. */
void pwi_warn(const pw_context *ctx, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
