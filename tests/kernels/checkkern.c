/* SPDX-License-Identifier: MIT */
/* checkkern: every kernel of kernels.def at every level against formulas in double, in guarded
 * memory, with hostile values; and the promises about bits. A level that this machine or build
 * lacks is skipped, and the summary says which ones ran.
 *
 *   checkkern [--level L] [--kernel K] [--filter TEXT] [--seed N] [--list] [--bench]
 *             [--exhaustive] */
#define _DEFAULT_SOURCE
#include "checkkern.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rng.h"

#define MESSAGES_MAX 5

static const struct {
    const char *name;
    enum tolerance tolerance;
} kernels[] = {

#define PW_KERNEL(name, ret, args, tolerance) {#name, tolerance},
#include "kernels/kernels.def"
#undef PW_KERNEL
};

static const struct check_test *const tables[] = {
    check_widen_tests, check_elementwise_tests, check_layer_norm_tests,
    check_gemm_tests,  check_attention_tests,
};

struct options {
    const char *kernel, *filter;
    int32_t level; /* -1: all */
    uint64_t seed;
    bool is_list, is_bench, is_exhaustive;
};

struct counts {
    size_t n_passed, n_failed, n_skipped;
    bool ran[PW_LEVEL_HIGHEST + 1];
};

/* What the crash handler needs to know. */
static char running[128];
static sigjmp_buf after_crash;

static void on_crash(int signal)
{
    siglongjmp(after_crash, signal);
}

static void catch_crashes(void)
{
    static char stack[1 << 16];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action;
    const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};

    memset(&action, 0, sizeof(action));
    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK;
    sigaltstack(&alternate, NULL);
    for (size_t i = 0; i < COUNT(signals); i++)
        sigaction(signals[i], &action, NULL);
}

void check_fail(struct check *check, const char *format, ...)
{
    va_list list;

    if (check->n_failures++ >= MESSAGES_MAX)
        return;
    printf("  %s: ", running);
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    putchar('\n');
}

static enum tolerance tolerance_of(const char *kernel)
{
    for (size_t i = 0; i < COUNT(kernels); i++)
        if (strcmp(kernels[i].name, kernel) == 0)
            return kernels[i].tolerance;
    fprintf(stderr, "checkkern: no kernel %s in kernels.def\n", kernel);
    exit(2);
}

/* Returns whether the test passed. */
static bool run_test(const struct check_test *test, pw_level level,
                     const struct options *options)
{
    pwi_kernels table;
    struct check check = {
        .level = level, .kernels = &table, .is_exhaustive = options->is_exhaustive};
    int signal;

    pwi_kernels_select(&table, level);
    check.tolerance = tolerance_of(test->kernel);
    check.key = pwi_random_key(options->seed, running);
    signal = sigsetjmp(after_crash, 1);
    if (signal == 0)
        test->run(&check);
    else
        check_fail(&check, "crashed (%s)", strsignal(signal));
    if (check.n_failures > 0)
        printf("FAILED %s: %zu (--seed %llu)\n", running, check.n_failures,
               (unsigned long long)options->seed);
    else if (check.worst > 0.0)
        printf("ok %s: worst %.3g %s\n", running, check.worst,
               check.worst_unit != NULL ? check.worst_unit : "of the bound");
    else
        printf("ok %s\n", running);
    return check.n_failures == 0;
}

static bool is_wanted(const struct options *options, const char *kernel)
{
    return (options->kernel == NULL || strcmp(options->kernel, kernel) == 0) &&
           (options->filter == NULL || strstr(running, options->filter) != NULL);
}

static void visit(const struct options *options, const struct check_test *test, pw_level level,
                  struct counts *counts)
{
    snprintf(running, sizeof(running), "%s %s %s", pw_level_name(level), test->kernel,
             test->claim);
    if (!is_wanted(options, test->kernel))
        return;
    if (options->is_list) {
        puts(running);
    } else if (!pw_level_built(level) || !pw_level_available(level)) {
        counts->n_skipped++;
    } else {
        counts->ran[level] = true;
        if (run_test(test, level, options))
            counts->n_passed++;
        else
            counts->n_failed++;
    }
    fflush(stdout);
}

static void run_level(const struct options *options, pw_level level, struct counts *counts)
{
    for (size_t i = 0; i < COUNT(tables); i++)
        for (const struct check_test *test = tables[i]; test->kernel != NULL; test++)
            visit(options, test, level, counts);
}

/* A kernel without a test is a mistake. */
static bool every_kernel_is_tested(void)
{
    bool all = true;

    for (size_t k = 0; k < COUNT(kernels); k++) {
        bool found = false;

        for (size_t i = 0; i < COUNT(tables); i++)
            for (const struct check_test *test = tables[i]; test->kernel != NULL; test++)
                found = found || strcmp(test->kernel, kernels[k].name) == 0;
        if (!found)
            printf("no test for kernel %s\n", kernels[k].name);
        all = all && found;
    }
    return all;
}

static void usage(const char *why)
{
    fprintf(stderr,
            "checkkern: %s\nusage: checkkern [--level ref|avx2|...] [--kernel NAME] "
            "[--filter TEXT] [--seed N] [--list] [--bench] [--exhaustive]\n",
            why);
    exit(2);
}

/* Options without a value. */
static bool is_flag(struct options *options, const char *name)
{
    if (strcmp(name, "--list") == 0)
        options->is_list = true;
    else if (strcmp(name, "--bench") == 0)
        options->is_bench = true;
    else if (strcmp(name, "--exhaustive") == 0)
        options->is_exhaustive = true;
    else
        return false;
    return true;
}

static void parse(struct options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (is_flag(options, name))
            continue;
        if (value == NULL)
            usage("an option that does not exist, or without its value");
        i++;
        if (strcmp(name, "--kernel") == 0)
            options->kernel = value;
        else if (strcmp(name, "--filter") == 0)
            options->filter = value;
        else if (strcmp(name, "--seed") == 0)
            options->seed = strtoull(value, NULL, 0);
        else if (strcmp(name, "--level") == 0)
            options->level = pw_level_from_name(value);
        else
            usage("no such option");
        if (strcmp(name, "--level") == 0 && options->level < 0)
            usage("no such level");
    }
}

static void print_levels(const struct counts *counts)
{
    printf("levels that ran:");
    for (int32_t level = 0; level <= PW_LEVEL_HIGHEST; level++)
        if (counts->ran[level])
            printf(" %s", pw_level_name((pw_level)level));
    for (int32_t level = 0; level <= PW_LEVEL_HIGHEST; level++)
        if (pw_level_built((pw_level)level) && !pw_level_available((pw_level)level))
            printf("; %s skipped: this machine lacks it", pw_level_name((pw_level)level));
    putchar('\n');
}

int main(int argc, char **argv)
{
    struct options options = {.level = -1, .seed = 1};
    struct counts counts = {0};

    parse(&options, argc, argv);
    if (options.is_bench) {
        check_bench(options.kernel,
                    options.level < 0 ? PW_LEVEL_HIGHEST : (pw_level)options.level);
        return 0;
    }
    if (!every_kernel_is_tested())
        return 1;
    catch_crashes();
    for (int32_t level = 0; level <= PW_LEVEL_HIGHEST; level++)
        if ((options.level < 0 && pw_level_built((pw_level)level)) || options.level == level)
            run_level(&options, (pw_level)level, &counts);
    if (options.is_list)
        return 0;
    print_levels(&counts);
    printf("seed %llu\n", (unsigned long long)options.seed);
    printf("%zu passed, %zu failed, %zu skipped\n", counts.n_passed, counts.n_failed,
           counts.n_skipped);
    return counts.n_failed == 0 && counts.n_passed + counts.n_skipped > 0 ? 0 : 1;
}
