/* SPDX-License-Identifier: MIT */
/* Timing: repeats, the median and the fastest. */
#include <stdlib.h>

#include "bench.h"
#include "interrupt.h"
#include "talk.h"

/* Without --repeats. */
#define SECONDS_LEAST 2.0
#define RUNS_LEAST    3
#define RUNS_MOST     200

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void summarize(struct bench_times *times)
{
    const size_t n = times->n;

    qsort(times->values, n, sizeof(*times->values), by_value);
    times->best = times->values[0];
    times->median = (times->values[(n - 1) / 2] + times->values[n / 2]) / 2;
}

static bool is_enough(const struct bench *bench, const struct bench_times *times, double passed)
{
    if (bench->n_repeats > 0)
        return times->n >= (size_t)bench->n_repeats;
    return times->n >= RUNS_MOST || (times->n >= RUNS_LEAST && passed >= SECONDS_LEAST);
}

int bench_time(struct bench *bench, const char *stage,
               int (*once)(void *argument, double *seconds), void *argument,
               struct bench_times *times)
{
    struct progress *progress = &bench->app->progress;
    const double start = progress_clock();
    const size_t n = bench->n_repeats > 0 ? (size_t)bench->n_repeats : RUNS_LEAST;

    times->n = 0;
    progress_start(progress, stage, "runs");
    while (!is_enough(bench, times, progress_clock() - start)) {
        double seconds = 0.0;

        TRY(once(argument, &seconds));
        if (interrupted())
            return fail_interrupted(bench->app);
        times->values[times->n++] = seconds;
        progress_update(progress, times->n, (double)times->n / (double)(n + 1));
    }
    progress_stop(progress);
    summarize(times);
    return DONE;
}
