/* SPDX-License-Identifier: MIT */
/* The thread pool, and how many CPUs there are for it. */
#define _GNU_SOURCE
#include "base/threads.h"

#include <pthreadpool.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#define THREADS_MAX 1024

/* CPUs that a cgroup v2 quota allows ("max 100000" or "150000 100000"), rounded up; 0: no
 * quota. The root group has no such file. */
static int32_t quota_of(const char *path)
{
    FILE *file = fopen(path, "re");
    long long quota = 0, period = 0;
    int n = 0;

    if (file == NULL)
        return 0;
    n = fscanf(file, "%lld %lld", &quota, &period);
    fclose(file);
    if (n != 2 || quota <= 0 || period <= 0 || quota / period >= THREADS_MAX)
        return 0;
    return (int32_t)((quota + period - 1) / period);
}

/* The smallest quota on the way from this process's group up to the root: a container sees its
 * own group as the root. */
static int32_t cgroup_quota(void)
{
    char line[3000], path[3100];
    int32_t least = quota_of("/sys/fs/cgroup/cpu.max");
    FILE *file = fopen("/proc/self/cgroup", "re");

    if (file == NULL)
        return least;
    while (fgets(line, sizeof(line), file) != NULL) {
        char *slash;

        if (strncmp(line, "0::/", 4) != 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        while ((slash = strrchr(line + 3, '/')) != NULL && line[4] != '\0') {
            int32_t quota;

            snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cpu.max", line + 3);
            quota = quota_of(path);
            if (quota > 0 && (least == 0 || quota < least))
                least = quota;
            *slash = '\0';
            if (slash == line + 3)
                break;
        }
    }
    fclose(file);
    return least;
}

int32_t pwi_usable_cpus(void)
{
    cpu_set_t set;
    int32_t n = 1;
    const int32_t quota = cgroup_quota();

    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        n = CPU_COUNT(&set);
    if (quota > 0 && quota < n)
        n = quota;
    return n < 1 ? 1 : n;
}

pw_status pwi_threads_start(pw_context *ctx, int32_t n_threads, pw_error *err)
{
    if (n_threads < 0 || n_threads > THREADS_MAX)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "%d threads: give 0 (all) to %d", (int)n_threads,
                        THREADS_MAX);
    ctx->n_threads = n_threads > 0 ? n_threads : pwi_usable_cpus();
    ctx->pool = NULL;
    if (ctx->n_threads == 1)
        return PW_OK;
    ctx->pool = pthreadpool_create((size_t)ctx->n_threads);
    if (ctx->pool == NULL)
        return PWI_FAIL(err, PW_ERR_NO_MEMORY, "%d threads could not be started; try fewer",
                        (int)ctx->n_threads);
    return PW_OK;
}

void pwi_threads_stop(pw_context *ctx)
{
    if (ctx->pool != NULL)
        pthreadpool_destroy(ctx->pool);
    ctx->pool = NULL;
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SANITIZED_THREADS
#endif
#elif defined(__SANITIZE_THREAD__)
#define SANITIZED_THREADS
#endif

#ifdef SANITIZED_THREADS
/* The pool hands work over by atomics of its own, which ThreadSanitizer does not see in a
 * library that was built without it. Builds for it say the same order again: what came before
 * the loop happens before each task, and each task before what comes after. */
struct loop {
    void (*task)(void *argument, size_t i);
    void *argument;
    atomic_size_t n_given, n_done;
};

static void run_task(void *argument, size_t i)
{
    struct loop *loop = argument;

    if (atomic_load_explicit(&loop->n_given, memory_order_acquire) > i)
        loop->task(loop->argument, i);
    atomic_fetch_add_explicit(&loop->n_done, 1, memory_order_release);
}

static void parallelize(const pw_context *ctx, void (*task)(void *argument, size_t i),
                        void *argument, size_t n_tasks)
{
    struct loop loop = {.task = task, .argument = argument};

    atomic_store_explicit(&loop.n_given, n_tasks, memory_order_release);
    pthreadpool_parallelize_1d(ctx->pool, run_task, &loop, n_tasks,
                               PTHREADPOOL_FLAG_YIELD_WORKERS);
    atomic_load_explicit(&loop.n_done, memory_order_acquire);
}
#else
/* Workers sleep between loops. Spinning saves microseconds on an idle machine and costs whole
 * time slices on a busy one: 100 small prompts on two threads took 14-20 s spinning, 2.4-3.0 s
 * asleep (load 8 on 2 CPUs, 2026-11-22). */
static void parallelize(const pw_context *ctx, void (*task)(void *argument, size_t i),
                        void *argument, size_t n_tasks)
{
    pthreadpool_parallelize_1d(ctx->pool, task, argument, n_tasks,
                               PTHREADPOOL_FLAG_YIELD_WORKERS);
}
#endif

void pwi_parallel(const pw_context *ctx, void (*task)(void *argument, size_t i), void *argument,
                  size_t n_tasks)
{
    if (ctx->pool != NULL && n_tasks > 1) {
        parallelize(ctx, task, argument, n_tasks);
        return;
    }
    for (size_t i = 0; i < n_tasks; i++)
        task(argument, i);
}
