/* SPDX-License-Identifier: MIT */
/* checkkern: every kernel of kernels.def at every level against formulas in double, in guarded
 * memory, with hostile values; and the promises about bits. A level above avx2 runs natively
 * where the machine has it, and emulated; the summary says which ran how.
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
} listed[] = {

#define PW_KERNEL(name, ret, args, tolerance) {#name, tolerance},
#define PW_PRODUCT(precision, tolerance)      {"gemm." #precision, tolerance},
#include "kernels/kernels.def"
#undef PW_KERNEL
};

#define N_LEVELS 10

const struct check_table check_levels[N_LEVELS] = {
    {"ref", PW_LEVEL_REF, 0, false},
    {"avx2", PW_LEVEL_AVX2, 0, false},
    {"avx2+vnni", PW_LEVEL_AVX2, PWI_CPU_AVX_VNNI, false},
    {"avx512", PW_LEVEL_AVX512, 0, false},
    {"avx512+vnni", PW_LEVEL_AVX512, PWI_CPU_AVX512_VNNI, false},
    {"avx512bf16", PW_LEVEL_AVX512BF16, PWI_CPU_AVX512_VNNI, false},
    {"amx", PW_LEVEL_AMX, PWI_CPU_AVX512_VNNI, false},
    {"avx512:emulated", PW_LEVEL_AVX512, 0, true},
    {"avx512+vnni:emulated", PW_LEVEL_AVX512, PWI_CPU_AVX512_VNNI, true},
    {"amx:emulated", PW_LEVEL_AMX, PWI_CPU_AVX512_VNNI, true},
};
const size_t check_n_levels = N_LEVELS;

/* Whether this build has the table, on whatever machine. */
static bool is_built(const struct check_table *table)
{
#ifdef CHECK_HAVE_EMULATED
    if (table->is_emulated)
        return true;
#endif
    return !table->is_emulated && pw_level_built(table->level);
}

bool check_select(const struct check_table *table, pwi_kernels *kernels)
{
    if (table->is_emulated) {
#ifdef CHECK_HAVE_EMULATED
        return check_fill_emulated(table, kernels);
#else
        return false;
#endif
    }
    if (!pw_level_built(table->level) || !pw_level_available(table->level) ||
        (pwi_cpu_features() & table->features) != table->features)
        return false;
    pwi_kernels_select(kernels, table->level, table->features);
    return true;
}

const struct check_table *check_native_of(const struct check_table *table, pwi_kernels *kernels)
{
    for (size_t i = 0; i < N_LEVELS; i++) {
        const struct check_table *native = &check_levels[i];

        if (!native->is_emulated && native->level == table->level &&
            native->features == table->features)
            return check_select(native, kernels) ? native : NULL;
    }
    return NULL;
}

static const struct check_test *const tables[] = {
    check_widen_tests, check_elementwise_tests, check_integers_tests,  check_layer_norm_tests,
    check_gemm_tests,  check_chain_tests,       check_attention_tests, check_peak_tests,
};

struct options {
    const char *kernel, *filter;
    const char *level; /* a name of check_levels; NULL: all */
    uint64_t seed;
    bool is_list, is_bench, is_exhaustive;
};

struct counts {
    size_t n_passed, n_failed, n_skipped;
    bool ran[N_LEVELS];
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
    for (size_t i = 0; i < COUNT(listed); i++)
        if (strcmp(listed[i].name, kernel) == 0)
            return listed[i].tolerance;
    fprintf(stderr, "checkkern: no kernel %s in kernels.def\n", kernel);
    exit(2);
}

/* The product that a test of "gemm.PRECISION" is about. */
static const pwi_product *product_of(const pwi_kernels *table, const char *kernel)
{
    const char *dot = strchr(kernel, '.');

    return &table->products[dot == NULL ? PW_PRECISION_HIGHEST
                                        : pw_precision_from_name(dot + 1)];
}

/* Returns whether the test passed. */
static bool run_test(const struct check_test *test, const struct check_table *level,
                     const char *kernel, const pwi_kernels *table,
                     const struct options *options)
{
    struct check check = {.table = level,
                          .kernels = table,
                          .product = product_of(table, kernel),
                          .is_exhaustive = options->is_exhaustive};
    int signal;

    check.tolerance = tolerance_of(kernel);
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

static void visit(const struct options *options, const struct check_test *test,
                  const struct check_table *level, const char *kernel, struct counts *counts)
{
    pwi_kernels table;

    snprintf(running, sizeof(running), "%s %s %s", level->name, kernel, test->claim);
    if (!is_wanted(options, kernel))
        return;
    if (options->is_list) {
        puts(running);
    } else if (!check_select(level, &table)) {
        counts->n_skipped++;
    } else {
        counts->ran[level - check_levels] = true;
        if (run_test(test, level, kernel, &table, options))
            counts->n_passed++;
        else
            counts->n_failed++;
    }
    fflush(stdout);
}

/* "gemm" stands for the products of all precisions. */
static void visit_kernels(const struct options *options, const struct check_test *test,
                          const struct check_table *level, struct counts *counts)
{
    char name[32];

    if (strcmp(test->kernel, "gemm") != 0) {
        visit(options, test, level, test->kernel, counts);
        return;
    }
    for (int i = 0; i < PW_N_PRECISIONS; i++) {
        snprintf(name, sizeof(name), "gemm.%s", pw_precision_name((pw_precision)i));
        visit(options, test, level, name, counts);
    }
}

static void run_level(const struct options *options, const struct check_table *level,
                      struct counts *counts)
{
    pwi_kernels native;

    for (size_t i = 0; i < COUNT(tables); i++)
        for (const struct check_test *test = tables[i]; test->kernel != NULL; test++)
            visit_kernels(options, test, level, counts);
    if (!level->is_emulated || check_native_of(level, &native) == NULL)
        return;
    for (const struct check_test *test = check_same_tests; test->kernel != NULL; test++)
        visit_kernels(options, test, level, counts);
}

/* A kernel without a test is a mistake. */
static bool every_kernel_is_tested(void)
{
    bool all = true;

    for (size_t k = 0; k < COUNT(listed); k++) {
        bool found = false;

        for (size_t i = 0; i < COUNT(tables); i++)
            for (const struct check_test *test = tables[i]; test->kernel != NULL; test++)
                found = found || strncmp(test->kernel, listed[k].name,
                                         strcspn(listed[k].name, ".")) == 0;
        if (!found)
            printf("no test for kernel %s\n", listed[k].name);
        all = all && found;
    }
    return all;
}

static void usage(const char *why)
{
    fprintf(stderr,
            "checkkern: %s\nusage: checkkern [--level ref|avx2|avx2+vnni|...] [--kernel NAME] "
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
            options->level = value;
        else
            usage("no such option");
    }
}

static void print_ran(const struct counts *counts, bool is_emulated)
{
    for (size_t i = 0; i < N_LEVELS; i++)
        if (counts->ran[i] && check_levels[i].is_emulated == is_emulated)
            printf(" %s", check_levels[i].name);
}

static void print_levels(const struct counts *counts)
{
    printf("levels that ran: natively");
    print_ran(counts, false);
    printf("; emulated");
    print_ran(counts, true);
#ifndef CHECK_HAVE_EMULATED
    printf(" none: built without SIMDe");
#endif
    for (size_t i = 0; i < N_LEVELS; i++) {
        pwi_kernels table;

        if (is_built(&check_levels[i]) && !check_select(&check_levels[i], &table))
            printf("; %s skipped: this machine lacks it", check_levels[i].name);
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    struct options options = {.seed = 1};
    struct counts counts = {0};
    bool is_known = false;

    parse(&options, argc, argv);
    if (options.is_bench) {
        check_bench(options.kernel, options.level);
        return 0;
    }
    if (!every_kernel_is_tested())
        return 1;
    catch_crashes();
    for (size_t i = 0; i < N_LEVELS; i++) {
        const bool is_asked =
            options.level != NULL && strcmp(options.level, check_levels[i].name) == 0;

        is_known = is_known || is_asked || options.level == NULL;
        if (is_asked || (options.level == NULL && is_built(&check_levels[i])))
            run_level(&options, &check_levels[i], &counts);
    }
    if (!is_known)
        usage("no such level");
    if (options.is_list)
        return 0;
    print_levels(&counts);
    printf("seed %llu\n", (unsigned long long)options.seed);
    printf("%zu passed, %zu failed, %zu skipped\n", counts.n_passed, counts.n_failed,
           counts.n_skipped);
    return counts.n_failed == 0 && counts.n_passed + counts.n_skipped > 0 ? 0 : 1;
}
