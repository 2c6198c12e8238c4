/* SPDX-License-Identifier: MIT */
/* checkkern --bench: each kernel's speed at the sizes of CLIP-L, fastest of many runs on one
 * thread, beside ref and, for products, beside the measured FMA peak. */
#include <stdlib.h>
#include <time.h>

#include "checkkern.h"

#define SECONDS_EACH 0.3

double peak_flops(pw_level level)
{
#ifdef PWI_HAVE_AVX2
    if (level >= PW_LEVEL_AVX2 && pw_level_available(PW_LEVEL_AVX2))
        return peak_flops_avx2();
#endif
    (void)level;
    return 0.0;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct job {
    const pwi_kernels *kernels;
    size_t m, n, k;
    float *x, *out, *gain;
    struct weight *weight;
    float *panel;
    pwi_epilogue epilogue;
    uint32_t *rows, *n_visible;
    const void *packed;
    pw_dtype dtype;
};

typedef void job_fn(const struct job *job);

static double fastest(job_fn *run, const struct job *job)
{
    const double start = seconds();
    double best = HUGE_VAL;

    do {
        const double before = seconds();
        double elapsed;

        run(job);
        elapsed = seconds() - before;
        best = elapsed < best ? elapsed : best;
    } while (seconds() - start < SECONDS_EACH);
    return best;
}

static void *room(size_t n_floats)
{
    const size_t bytes = (n_floats * sizeof(float) + 63) / 64 * 64;
    void *p = aligned_alloc(64, bytes);

    if (p == NULL)
        exit(2);
    return p;
}

/* One line: the level's rate, ref's ratio, and the share of the peak where there is one. */
static void report(const char *what, pw_level level, double rate, const char *unit,
                   double ref_rate, double peak)
{
    printf("%-44s %-5s %9.2f %s", what, pw_level_name(level), rate / 1e9, unit);
    if (level > PW_LEVEL_REF)
        printf("  %6.1f x ref", rate / ref_rate);
    if (peak > 0.0)
        printf("  %5.1f %% of %.1f", 100.0 * rate / peak, peak / 1e9);
    putchar('\n');
    fflush(stdout);
}

static bool next_level(pw_level *level, pw_level max)
{
    while (*level < max) {
        *level = (pw_level)(*level + 1);
        if (pw_level_built(*level) && pw_level_available(*level))
            return true;
    }
    return false;
}

static void run_gemm(const struct job *job)
{
    const size_t nr = job->kernels->nr;
    const pwi_gemm_args args = {job->out,  job->n,
                                job->x,    job->k,
                                job->m,    &job->weight->packed,
                                0,         (job->n + nr - 1) / nr,
                                NULL,      job->epilogue,
                                job->panel};

    job->kernels->gemm(&args);
}

static double rate_gemm(pw_level level, size_t m, size_t n, size_t k, pw_dtype dtype,
                        pwi_epilogue epilogue)
{
    pwi_kernels kernels;
    struct check check = {.kernels = &kernels};
    struct weight weight;
    struct job job = {.kernels = &kernels, .m = m, .n = n, .k = k, .epilogue = epilogue};
    double rate;

    pwi_kernels_select(&kernels, level);
    weight = weight_new(&check, dtype, n, k, 1.0f);
    job.weight = &weight;
    job.x = room(m * k);
    job.out = room(m * n);
    job.panel = room(k * kernels.nr);
    check_fill(&check, job.x, m * k, 1.0f);
    memset(job.out, 0, m * n * sizeof(float));
    rate = 2.0 * (double)m * (double)n * (double)k / fastest(run_gemm, &job);
    free(job.x);
    free(job.out);
    free(job.panel);
    weight_free(&weight);
    return rate;
}

static void bench_gemm(pw_level max)
{
    static const struct {
        size_t m, n, k;
        pw_dtype dtype;
        pwi_epilogue epilogue;
    } shapes[] = {
        {77, 3072, 768, PW_F32, PWI_EPILOGUE_STORE},
        {77, 3072, 768, PW_F32, PWI_EPILOGUE_QUICK_GELU},
        {77, 3072, 768, PW_F32, PWI_EPILOGUE_GELU},
        {77, 768, 3072, PW_F32, PWI_EPILOGUE_STORE},
        {77, 768, 3072, PW_F32, PWI_EPILOGUE_ADD},
        {77, 768, 768, PW_F32, PWI_EPILOGUE_STORE},
        {77, 3072, 768, PW_F16, PWI_EPILOGUE_STORE},
        {77, 3072, 768, PW_BF16, PWI_EPILOGUE_STORE},
        {77, 3072, 768, PW_F8_E4M3, PWI_EPILOGUE_STORE},
        {1, 3072, 768, PW_F32, PWI_EPILOGUE_STORE},
        {6, 3072, 768, PW_F32, PWI_EPILOGUE_STORE},
        {77, 5120, 1280, PW_F32, PWI_EPILOGUE_STORE},
    };

    static const char *const epilogues[] = {"store", "add", "quick_gelu", "gelu"};

    for (size_t i = 0; i < COUNT(shapes); i++) {
        pw_level level = PW_LEVEL_REF;
        char name[96];
        const double ref = rate_gemm(level, shapes[i].m, shapes[i].n, shapes[i].k,
                                     shapes[i].dtype, shapes[i].epilogue);

        snprintf(name, sizeof(name), "gemm m=%zu k=%zu n=%zu %s %s", shapes[i].m, shapes[i].k,
                 shapes[i].n, pw_dtype_name(shapes[i].dtype), epilogues[shapes[i].epilogue]);
        report(name, level, ref, "GFLOP/s", ref, 0.0);
        while (next_level(&level, max))
            report(name, level,
                   rate_gemm(level, shapes[i].m, shapes[i].n, shapes[i].k, shapes[i].dtype,
                             shapes[i].epilogue),
                   "GFLOP/s", ref, peak_flops(level));
    }
}

static void run_attention(const struct job *job)
{
    const size_t width = job->k;
    const pwi_attention_args args = {
        job->out, width,     job->x, job->x + width, job->x + 2 * width, 3 * width, 64,
        0.125f,   job->rows, job->m, job->rows,      job->n_visible,     job->panel};

    job->kernels->attention(&args);
}

static void run_layer_norm(const struct job *job)
{
    job->kernels->layer_norm(job->out, job->k, job->x, job->k, job->gain, job->gain, job->m,
                             job->k, 1e-5f);
}

static void run_add(const struct job *job)
{
    job->kernels->add(job->out, job->x, job->x, job->m * job->k);
}

static void run_quick_gelu(const struct job *job)
{
    job->kernels->quick_gelu(job->out, job->x, job->m * job->k);
}

static void run_gelu(const struct job *job)
{
    job->kernels->gelu(job->out, job->x, job->m * job->k);
}

static void run_widen(const struct job *job)
{
    job->kernels->widen(job->out, job->packed, job->dtype, job->m * job->k, 1.0f);
}

/* 77 causal rows: products of scores and of values, over visible keys alone. */
#define ATTENTION_FLOPS (77.0 * 78.0 / 2.0 * 64.0 * 4.0)
#define ROWS_BYTES(n)   (77.0 * 768.0 * (n))

static const struct {
    const char *kernel, *name, *unit;
    job_fn *run;
    double amount;
    pw_dtype dtype;
} row_jobs[] = {
    {"attention", "attention 77 rows, one head of 64, causal", "GFLOP/s", run_attention,
     ATTENTION_FLOPS, PW_F32},
    {"layer_norm", "layer_norm 77 x 768", "GB/s", run_layer_norm, ROWS_BYTES(8), PW_F32},
    {"add", "add 77 x 768", "GB/s", run_add, ROWS_BYTES(12), PW_F32},
    {"quick_gelu", "quick_gelu 77 x 768", "GB/s", run_quick_gelu, ROWS_BYTES(8), PW_F32},
    {"gelu", "gelu 77 x 768", "GB/s", run_gelu, ROWS_BYTES(8), PW_F32},
    {"widen", "widen F16", "GB/s", run_widen, ROWS_BYTES(6), PW_F16},
    {"widen", "widen BF16", "GB/s", run_widen, ROWS_BYTES(6), PW_BF16},
    {"widen", "widen F8_E4M3", "GB/s", run_widen, ROWS_BYTES(5), PW_F8_E4M3},
    {"widen", "widen F8_E5M2", "GB/s", run_widen, ROWS_BYTES(5), PW_F8_E5M2},
};

static void bench_rows(const char *kernel, pw_level max)
{
    enum {
        M = 77,
        K = 768
    };
    struct check check = {.key = 1};
    uint32_t rows[M], n_visible[M];
    pwi_kernels kernels;
    struct job job = {.kernels = &kernels,
                      .m = M,
                      .k = K,
                      .x = room(3 * M * K),
                      .out = room(M * K),
                      .gain = room(K),
                      .panel = room(96),
                      .rows = rows,
                      .n_visible = n_visible};

    check_fill(&check, job.x, 3 * M * K, 2.0f);
    check_fill(&check, job.gain, K, 1.0f);
    job.packed = job.x;
    for (uint32_t i = 0; i < M; i++) {
        rows[i] = i;
        n_visible[i] = i + 1;
    }
    for (size_t i = 0; i < COUNT(row_jobs); i++) {
        pw_level level = PW_LEVEL_REF;
        double ref;

        if (kernel != NULL && strcmp(kernel, row_jobs[i].kernel) != 0)
            continue;
        job.dtype = row_jobs[i].dtype;
        pwi_kernels_select(&kernels, level);
        ref = row_jobs[i].amount / fastest(row_jobs[i].run, &job);
        report(row_jobs[i].name, level, ref, row_jobs[i].unit, ref, 0.0);
        while (next_level(&level, max)) {
            pwi_kernels_select(&kernels, level);
            report(row_jobs[i].name, level, row_jobs[i].amount / fastest(row_jobs[i].run, &job),
                   row_jobs[i].unit, ref, 0.0);
        }
    }
    free(job.x);
    free(job.out);
    free(job.gain);
    free(job.panel);
}

void check_bench(const char *kernel, pw_level max)
{
    if (kernel == NULL || strcmp(kernel, "gemm") == 0)
        bench_gemm(max);
    bench_rows(kernel, max);
}
