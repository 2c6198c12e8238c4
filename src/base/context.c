/* SPDX-License-Identifier: MIT */
/* A context: creation (kernels/kernel_context.c adds the kernel table), reference counts,
 * progress and warnings. */
#include "base/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cpu.h"
#include "base/threads.h"

/* The caller's options over the defaults: a caller built against older headers gave a smaller
 * struct. */
static pw_status options_of(pw_context_options *options, const pw_context_options *given,
                            pw_error *err)
{
    pw_context_options_init(options);
    if (given != NULL)
        memcpy(options, given,
               given->struct_size < sizeof(*options) ? given->struct_size : sizeof(*options));
    if (options->allocator.alloc == NULL && options->allocator.free == NULL)
        options->allocator = pwi_malloc_allocator;
    if (options->allocator.alloc == NULL || options->allocator.free == NULL)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "an allocator needs both alloc and free");
    if ((unsigned)options->cpu_max > PW_LEVEL_HIGHEST)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "cpu_max %d is no level", (int)options->cpu_max);
    return PW_OK;
}

pw_status pwi_context_new(pw_context **out, size_t size, const pw_context_options *given,
                          pw_error *err)
{
    pw_context_options options;
    pw_context *ctx;
    pw_status status;
    pw_level machine = pwi_cpu_level(); /* asks for AMX, which threads started later inherit */

    *out = NULL;
    PWI_TRY(options_of(&options, given, err));
    ctx = pwi_alloc_zeroed(&options.allocator, size, 1);
    if (ctx == NULL)
        return pwi_fail_memory(err);
    ctx->size = size;
    ctx->allocator = options.allocator;
    atomic_init(&ctx->n_references, 1);
    ctx->level = options.cpu_max < machine ? options.cpu_max : machine;
    ctx->progress = options.progress;
    ctx->progress_user = options.progress_user;
    ctx->log = options.log;
    ctx->log_user = options.log_user;
    status = pwi_threads_start(ctx, options.n_threads, err);
    if (status != PW_OK)
        pwi_free_array(&options.allocator, ctx, size, 1);
    else
        *out = ctx;
    return status;
}

void pw_context_free(pw_context *ctx)
{
    const pw_allocator allocator = ctx == NULL ? pwi_malloc_allocator : ctx->allocator;

    if (ctx == NULL ||
        atomic_fetch_sub_explicit(&ctx->n_references, 1, memory_order_acq_rel) != 1)
        return;
    pwi_threads_stop(ctx);
    pwi_free_array(&allocator, ctx, ctx->size, 1);
}

pw_context *pwi_context_keep(pw_context *ctx)
{
    atomic_fetch_add_explicit(&ctx->n_references, 1, memory_order_relaxed);
    return ctx;
}

int32_t pw_context_n_threads(const pw_context *ctx)
{
    return ctx->n_threads;
}

pw_level pw_context_level(const pw_context *ctx)
{
    return ctx->level;
}

pw_status pwi_progress(const pw_context *ctx, const char *stage, uint64_t done, uint64_t total,
                       pw_error *err)
{
    const pw_progress progress = {stage, done, total};

    if (ctx->progress != NULL && ctx->progress(ctx->progress_user, &progress))
        return PWI_FAIL(err, PW_ERR_CANCELLED, "stopped while %s", stage);
    return PW_OK;
}

void pwi_warn(const pw_context *ctx, const char *where, const char *format, ...)
{
    char text[768];
    va_list list;

    if (ctx->log == NULL)
        return;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    ctx->log(ctx->log_user, where, text);
}
