/* SPDX-License-Identifier: MIT */
/* A context: allocator, threads, kernels, progress. Everything else is created from one and
 * keeps it alive. There is no global state; two contexts never share anything. */
#ifndef PADWISE_CONTEXT_H
#define PADWISE_CONTEXT_H

#include <stdbool.h>

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pw_context pw_context;

/** Where memory comes from. alloc returns memory aligned to `align` (a power of two) or NULL;
 * free gets the same size and align back and is never called with NULL. Called from any thread
 * that uses the context. */
typedef struct pw_allocator {
    void *ctx;
    void *(*alloc)(void *ctx, size_t size, size_t align);
    void (*free)(void *ctx, void *p, size_t size, size_t align);
} pw_allocator;

/** Kernel levels, lowest first. Each level includes the ones below it. For one level and
 * precision results are bit-equal whatever the threads, the batch and the padding; levels
 * differ from each other in the last bits. */
typedef enum pw_level {
    PW_LEVEL_REF = 0,    /* plain C in double precision: the definition */
    PW_LEVEL_AVX2 = 1,   /* AVX2, FMA, F16C */
    PW_LEVEL_AVX512 = 2, /* F, BW, DQ, VL */
    PW_LEVEL_AVX512BF16 = 3,
    PW_LEVEL_AMX = 4, /* TILE, BF16, INT8 */
    PW_LEVEL_HIGHEST = 4
} pw_level;

/** What long work reports: `stage` is a static word ("reading", "encoding"), done <= total,
 * total 0 = not known. */
typedef struct pw_progress {
    const char *stage;
    uint64_t done, total;
} pw_progress;

/** Called between units of work on the thread that called the library. Return true to stop: the
 * call then returns PW_ERR_CANCELLED and leaves nothing half done. */
typedef bool (*pw_progress_fn)(void *user, const pw_progress *progress);

/** Warnings for a person ("header starts with white space"), one sentence each. Never errors:
 * these are returned. */
typedef void (*pw_log_fn)(void *user, const char *where, const char *text);

typedef struct pw_context_options {
    size_t struct_size;     /* set by pw_context_options_init */
    pw_allocator allocator; /* all zero: malloc's */
    int32_t n_threads; /* 0: every CPU that this process may use, container quota respected */
    pw_level cpu_max;  /* the highest level to use; lower if the machine lacks it */
    pw_progress_fn progress; /* NULL: none */
    void *progress_user;
    pw_log_fn log; /* NULL: silent */
    void *log_user;
} pw_context_options;

static inline void pw_context_options_init(pw_context_options *options)
{
    const pw_context_options zero = {
        sizeof(pw_context_options), {0, 0, 0}, 0, PW_LEVEL_HIGHEST, 0, 0, 0, 0};

    *options = zero;
}

/** Create a context. @param options may be NULL: the defaults.
 *  @return PW_OK; PW_ERR_ARGUMENT; PW_ERR_NO_MEMORY. *out is NULL on failure.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_context_create(pw_context **out,
                                                const pw_context_options *options,
                                                pw_error *err);

/** Drop the caller's reference; memory goes when the last object made from it is freed. NULL is
 * fine.   Since: 0.1 */
PW_API void pw_context_free(pw_context *ctx);

/** The level in use. Threads: any.   Since: 0.1 */
PW_API pw_level pw_context_level(const pw_context *ctx);

/** Threads in use, at least 1. Threads: any.   Since: 0.1 */
PW_API int32_t pw_context_n_threads(const pw_context *ctx);

/** "ref", "avx2", "avx512", "avx512bf16", "amx". Static storage.   Since: 0.1 */
PW_API const char *pw_level_name(pw_level level);

/** The level of that name, or -1.   Since: 0.1 */
PW_API int32_t pw_level_from_name(const char *name);

/** Whether this machine (CPU and operating system) can run the level.   Since: 0.1 */
PW_API bool pw_level_available(pw_level level);

/** Whether this build has kernels of its own at the level; a level without any runs the next
 * lower one's.   Since: 0.1 */
PW_API bool pw_level_built(pw_level level);

/** PyTorch's names for how exact products are; what each computes today: `padwise doctor`. What
 * a level cannot do faster it does at the next higher precision; pw_model_info says which was
 * used. */
typedef enum pw_precision {
    PW_PRECISION_HIGHEST = 0, /* fp32-grade */
    PW_PRECISION_HIGH,
    PW_PRECISION_MEDIUM,
    PW_PRECISION_INT8,
    PW_N_PRECISIONS
} pw_precision;

PW_API const char *pw_precision_name(pw_precision precision);
PW_API int32_t pw_precision_from_name(const char *name);

#ifdef __cplusplus
}
#endif

#endif
