/* SPDX-License-Identifier: MIT */
/* Threads: a pool (pthreadpool) and one loop over independent tasks. Tasks own disjoint
 * outputs, so results never depend on which thread ran what. */
#ifndef PWI_BASE_THREADS_H
#define PWI_BASE_THREADS_H

#include "base/context.h"

/* CPUs that this process may use: the affinity mask, and a cgroup's quota rounded up. At
 * least 1. */
int32_t pwi_usable_cpus(void);

/* Make the context's pool; n_threads 0 = pwi_usable_cpus. */
pw_status pwi_threads_start(pw_context *ctx, int32_t n_threads, pw_error *err);
void pwi_threads_stop(pw_context *ctx);

/* Run task(argument, 0) ... task(argument, n_tasks - 1), in any order, on all threads; returns
 * when all are done. */
void pwi_parallel(const pw_context *ctx, void (*task)(void *argument, size_t i), void *argument,
                  size_t n_tasks);

#endif
