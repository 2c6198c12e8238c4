/* SPDX-License-Identifier: MIT */
/* The roofline: the peak kernels timed on one thread and on all, in short runs. */
#define _GNU_SOURCE
#include "kernels/roofline.h"

#include <padwise/roofline.h>

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/threads.h"

/* One run on one thread; on all, long enough for the workers' waking up to count little. */
#define RUN_SECONDS     0.002
#define RUN_SECONDS_ALL 0.02

/* However little time there is: on a busy machine one run says nothing. */
#define RUNS_LEAST 3
#define RUNS_MOST  256

#define SECONDS_DEFAULT 0.1
#define SECONDS_MAX     60.0

#define MEBIBYTE     ((size_t)1 << 20)
#define MEMORY_LEAST (256 * MEBIBYTE)
#define MEMORY_MOST  (1024 * MEBIBYTE)

/* The level has its own way where the reference was replaced, and ref has none but its own. */
static bool has_spin(const pwi_kernels *kernels, pwi_spin spin)
{
    pwi_kernels ref;

    pwi_kernels_select(&ref, PW_LEVEL_REF, 0);
    if (kernels->spin_f32 == ref.spin_f32)
        return spin == PWI_SPIN_F32 || spin == PWI_SPIN_I16;
    switch (spin) {
    case PWI_SPIN_F32:
        return true;
    case PWI_SPIN_BF16:
        return kernels->spin_bf16 != ref.spin_bf16;
    case PWI_SPIN_I16:
        return kernels->spin_i16 != ref.spin_i16;
    default:
        return kernels->spin_i8 != ref.spin_i8;
    }
}

/* Factors of 1 (bf16: 0x3F80): sums stay finite however long it takes. */
static size_t spin_once(const pwi_kernels *kernels, pwi_spin spin, size_t n_steps)
{
    double total;
    int64_t integers;

    switch (spin) {
    case PWI_SPIN_F32:
        return kernels->spin_f32(&total, n_steps, 1.0f, 1.0f);
    case PWI_SPIN_BF16:
        return kernels->spin_bf16(&total, n_steps, 0x3F80, 0x3F80);
    case PWI_SPIN_I16:
        return kernels->spin_i16(&integers, n_steps, 1, 1);
    default:
        return kernels->spin_i8(&integers, n_steps, 1, 1);
    }
}

static double read_clock(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* What is timed: every one of n_threads tasks does `n` steps, or reads its part n times. */
struct load {
    const pw_context *ctx;
    const pwi_kernels *kernels;
    size_t n_threads;
    size_t n;
    void (*work)(const struct load *load, size_t i);
    pwi_spin spin;
    const uint32_t *words; /* [n_threads, n_words] */
    size_t n_words;
    double *times; /* [n_threads] */
};

/* A thread is timed by its own clock, which stands still while other programs run on its CPU.
 */
static double time_of(const struct load *load, size_t i)
{
    const double start = read_clock(CLOCK_THREAD_CPUTIME_ID);

    load->work(load, i);
    return read_clock(CLOCK_THREAD_CPUTIME_ID) - start;
}

static void timed_task(void *argument, size_t i)
{
    const struct load *load = argument;

    load->times[i] = time_of(load, i);
}

/* Rounds per second of all threads, in one run. */
static double run_all(struct load *load)
{
    double rate = 0.0;

    pwi_parallel(load->ctx, timed_task, load, load->n_threads);
    for (size_t i = 0; i < load->n_threads; i++)
        rate += (double)load->n / load->times[i];
    return rate;
}

static double greatest(const double *rates, size_t n)
{
    double best = 0.0;

    for (size_t i = 0; i < n; i++)
        best = rates[i] > best ? rates[i] : best;
    return best;
}

static double median(double *rates, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && rates[j] < rates[j - 1]; j--) {
            const double rate = rates[j];

            rates[j] = rates[j - 1];
            rates[j - 1] = rate;
        }
    return rates[n / 2];
}

/* Rounds per second: as many as fill a run on this thread, then several runs. Of one thread the
 * fastest counts. Of several the middle one: in the fastest some had the machine to
 * themselves. */
static double rounds_per_second(struct load *load, double seconds)
{
    const bool is_one = load->n_threads == 1;
    const double start = read_clock(CLOCK_MONOTONIC);
    double rates[RUNS_MOST];
    size_t n = 0;

    for (load->n = 1; time_of(load, 0) < (is_one ? RUN_SECONDS : RUN_SECONDS_ALL); load->n *= 2)
        ;
    while (n < RUNS_LEAST || (n < RUNS_MOST && read_clock(CLOCK_MONOTONIC) - start < seconds)) {
        rates[n] = is_one ? (double)load->n / time_of(load, 0) : run_all(load);
        n++;
    }
    return is_one ? greatest(rates, n) : median(rates, n);
}

static void spin_work(const struct load *load, size_t i)
{
    (void)i;
    (void)spin_once(load->kernels, load->spin, load->n);
}

static void read_work(const struct load *load, size_t i)
{
    for (size_t round = 0; round < load->n; round++) {
        /* Or a compiler that saw into the kernel would read once for all rounds. */
        const volatile uint32_t sum =
            load->kernels->sum_words(load->words + i * load->n_words, load->n_words);

        (void)sum;
    }
}

double pwi_spin_rate(const pwi_kernels *kernels, pwi_spin spin, double seconds)
{
    struct load load = {.kernels = kernels, .n_threads = 1, .work = spin_work, .spin = spin};

    if (!has_spin(kernels, spin))
        return 0.0;
    return 2.0 * (double)spin_once(kernels, spin, 1) * rounds_per_second(&load, seconds);
}

/* One measurement of the whole. */
struct measuring {
    const pw_context *ctx;
    const pwi_kernels *kernels;
    double seconds;
    uint32_t *words;
    double *times;                    /* [n_threads] */
    size_t cache_bytes, memory_bytes; /* of a thread; of all */
    uint64_t n_done, n_figures;
};

static pw_status step(struct measuring *measuring, pw_error *err)
{
    return pwi_progress(measuring->ctx, "measuring the machine", measuring->n_done++,
                        measuring->n_figures, err);
}

static pw_status measure_spin(struct measuring *measuring, size_t n_threads, pwi_spin spin,
                              double *rate, pw_error *err)
{
    struct load load = {.ctx = measuring->ctx,
                        .kernels = measuring->kernels,
                        .n_threads = n_threads,
                        .times = measuring->times,
                        .work = spin_work,
                        .spin = spin};

    PWI_TRY(step(measuring, err));
    *rate = 0.0;
    if (has_spin(measuring->kernels, spin))
        *rate = 2.0 * (double)spin_once(measuring->kernels, spin, 1) *
                rounds_per_second(&load, measuring->seconds);
    return PW_OK;
}

/* n_bytes for each thread, one behind the other. */
static pw_status measure_read(struct measuring *measuring, size_t n_threads, size_t n_bytes,
                              double *rate, pw_error *err)
{
    struct load load = {.ctx = measuring->ctx,
                        .kernels = measuring->kernels,
                        .n_threads = n_threads,
                        .times = measuring->times,
                        .work = read_work,
                        .words = measuring->words,
                        .n_words = n_bytes / 64 * 16};

    PWI_TRY(step(measuring, err));
    *rate = (double)(load.n_words * sizeof(uint32_t)) *
            rounds_per_second(&load, measuring->seconds);
    return PW_OK;
}

static pw_status measure_peaks(struct measuring *measuring, size_t n_threads, pw_peaks *peaks,
                               pw_error *err)
{
    peaks->n_threads = (int32_t)n_threads;
    PWI_TRY(measure_spin(measuring, n_threads, PWI_SPIN_F32, &peaks->f32, err));
    PWI_TRY(measure_spin(measuring, n_threads, PWI_SPIN_BF16, &peaks->bf16, err));
    PWI_TRY(measure_spin(measuring, n_threads, PWI_SPIN_I16, &peaks->i16, err));
    PWI_TRY(measure_spin(measuring, n_threads, PWI_SPIN_I8, &peaks->i8, err));
    PWI_TRY(
        measure_read(measuring, n_threads, measuring->cache_bytes, &peaks->read_cache, err));
    return measure_read(measuring, n_threads, measuring->memory_bytes / n_threads,
                        &peaks->read_memory, err);
}

/* A cache's size as the C library knows it, else the one given. */
static size_t cache_size(int name, size_t otherwise)
{
    const long size = name < 0 ? 0 : sysconf(name);

    return size > 0 ? (size_t)size : otherwise;
}

#ifdef _SC_LEVEL2_CACHE_SIZE
#define LEVEL_2 _SC_LEVEL2_CACHE_SIZE
#define LEVEL_3 _SC_LEVEL3_CACHE_SIZE
#else
#define LEVEL_2 (-1)
#define LEVEL_3 (-1)
#endif

static size_t default_memory(void)
{
    const size_t wanted = 2 * cache_size(LEVEL_3, MEMORY_LEAST / 2);
    const long n_pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    const size_t quarter =
        n_pages > 0 && page > 0 ? (size_t)n_pages / 4 * (size_t)page : MEMORY_LEAST;
    const size_t size = wanted < MEMORY_LEAST  ? MEMORY_LEAST
                        : wanted > MEMORY_MOST ? MEMORY_MOST
                                               : wanted;

    return size < quarter ? size : quarter;
}

/* Pages that were never written are all the same one. */
static void touch(void *argument, size_t i)
{
    const struct measuring *measuring = argument;
    const size_t part = measuring->memory_bytes / (size_t)measuring->ctx->n_threads;

    memset((char *)measuring->words + i * part, 1, part);
}

static pw_status measure_all(struct measuring *measuring, pw_roofline *out, pw_error *err)
{
    const size_t n_threads = (size_t)measuring->ctx->n_threads;

    pwi_parallel(measuring->ctx, touch, measuring, n_threads);
    PWI_TRY(measure_peaks(measuring, 1, &out->one, err));
    out->all = out->one;
    if (n_threads > 1)
        PWI_TRY(measure_peaks(measuring, n_threads, &out->all, err));
    return pwi_progress(measuring->ctx, "measuring the machine", measuring->n_figures,
                        measuring->n_figures, err);
}

/* Every thread's cache part lies in the one block, too. */
static void choose_sizes(struct measuring *measuring, const pw_roofline_options *options)
{
    const size_t n_threads = (size_t)measuring->ctx->n_threads;
    const size_t line = 64 * n_threads;
    size_t memory = options->memory_bytes > 0 ? options->memory_bytes : default_memory();

    measuring->cache_bytes = cache_size(LEVEL_2, MEBIBYTE / 2) / 2 / 64 * 64;
    if (memory < measuring->cache_bytes * n_threads)
        memory = measuring->cache_bytes * n_threads;
    measuring->memory_bytes = memory / line * line;
}

pw_status pw_roofline_measure(pw_roofline *out, pw_context *ctx,
                              const pw_roofline_options *options, pw_error *err)
{
    const size_t n_threads = (size_t)ctx->n_threads;
    pw_roofline_options defaults;
    struct measuring measuring = {.ctx = ctx, .kernels = pwi_context_kernels(ctx)};
    pw_roofline found;
    pw_status status;

    memset(out, 0, sizeof(*out));
    memset(&found, 0, sizeof(found));
    pw_roofline_options_init(&defaults);
    options = options != NULL ? options : &defaults;
    if (!(options->seconds >= 0.0 && options->seconds <= SECONDS_MAX))
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "%g seconds for each figure of the roofline: give 0 (%g) to %g",
                        options->seconds, SECONDS_DEFAULT, SECONDS_MAX);
    measuring.seconds = options->seconds > 0.0 ? options->seconds : SECONDS_DEFAULT;
    measuring.n_figures = ctx->n_threads > 1 ? 12 : 6;
    choose_sizes(&measuring, options);
    measuring.words = pwi_alloc_simd(&ctx->allocator, measuring.memory_bytes);
    measuring.times = PWI_ARRAY(&ctx->allocator, double, n_threads);
    if (measuring.words == NULL || measuring.times == NULL)
        status = pwi_fail_memory(err);
    else
        status = measure_all(&measuring, &found, err);
    pwi_free_simd(&ctx->allocator, measuring.words, measuring.memory_bytes);
    pwi_free_array(&ctx->allocator, measuring.times, n_threads, sizeof(double));
    if (status != PW_OK)
        return status;
    found.level = ctx->level;
    found.cache_bytes = measuring.cache_bytes;
    found.memory_bytes = measuring.memory_bytes;
    *out = found;
    return PW_OK;
}
