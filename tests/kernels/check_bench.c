/* SPDX-License-Identifier: MIT */
/* checkkern --bench: each kernel's speed at the sizes of CLIP-L, fastest of many runs on one
 * thread, beside ref and, for products, beside the measured peak. */
#include <stdlib.h>
#include <time.h>

#include "checkkern.h"
#include "kernels/roofline.h"

#define SECONDS_EACH 0.3
#define PEAK_SECONDS 0.05

/* What the machine can do of what the product does; 0 where there is no instruction for it. */
static double peak_of(const pwi_kernels *kernels, const pwi_product *product)
{
    switch (product->store) {
    case PW_BF16:
        return pwi_spin_rate(kernels, PWI_SPIN_BF16, PEAK_SECONDS);
    case PW_I16:
        return pwi_spin_rate(kernels, PWI_SPIN_I16, PEAK_SECONDS);
    case PW_I8:
        return pwi_spin_rate(kernels, PWI_SPIN_I8, PEAK_SECONDS);
    default:
        return pwi_spin_rate(kernels, PWI_SPIN_F32, PEAK_SECONDS);
    }
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct job {
    const pwi_kernels *kernels;
    const pwi_product *product;
    size_t m, n, k;
    const void *rows_in; /* of a product */
    size_t row_bytes;
    float *x, *out, *gain;
    struct weight *weight;
    void *panel;
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
static void report(const char *what, const struct check_table *level, double rate,
                   const char *unit, double ref_rate, double peak)
{
    printf("%-44s %-11s %9.2f %s", what, level->name, rate / 1e9, unit);
    if (level->level > PW_LEVEL_REF)
        printf("  %6.1f x ref", rate / ref_rate);
    if (peak > 0.0)
        printf("  %5.1f %% of %.1f", 100.0 * rate / peak, peak / 1e9);
    putchar('\n');
    fflush(stdout);
}

static void run_gemm(const struct job *job)
{
    const size_t nr = job->product->nr;
    const pwi_gemm_args args = {job->out,
                                job->n,
                                job->rows_in,
                                job->row_bytes,
                                job->m,
                                &job->weight->packed,
                                0,
                                (job->n + nr - 1) / nr,
                                NULL,
                                job->epilogue,
                                job->panel};

    job->product->gemm(&args);
}

struct shape {
    size_t m, n, k;
    pw_dtype dtype;
    pwi_epilogue epilogue;
};

/* x as the product takes it. */
static void *prepared(struct job *job)
{
    char *rows;

    job->rows_in = job->x;
    job->row_bytes = job->k * sizeof(float);
    if (job->product->prepare == NULL)
        return NULL;
    job->row_bytes = job->product->input_bytes(job->k);
    job->rows_in = rows = room(job->m * job->row_bytes / sizeof(float));
    for (size_t i = 0; i < job->m; i++)
        job->product->prepare(rows + i * job->row_bytes, job->x + i * job->k, job->k);
    return rows;
}

static double rate_gemm(const pwi_kernels *kernels, const pwi_product *product,
                        const struct shape *shape)
{
    struct check check = {.kernels = kernels, .product = product};
    struct weight weight = weight_new(&check, shape->dtype, shape->n, shape->k, 1.0f);
    struct job job = {.product = product,
                      .m = shape->m,
                      .n = shape->n,
                      .k = shape->k,
                      .x = room(shape->m * shape->k),
                      .out = room(shape->m * shape->n),
                      .weight = &weight,
                      .panel = room(product->panel_bytes(shape->k) / sizeof(float)),
                      .epilogue = shape->epilogue};
    void *rows;
    double rate;

    check_fill(&check, job.x, shape->m * shape->k, 1.0f);
    memset(job.out, 0, shape->m * shape->n * sizeof(float));
    rows = prepared(&job);
    rate =
        2.0 * (double)shape->m * (double)shape->n * (double)shape->k / fastest(run_gemm, &job);
    free(rows);
    free(job.x);
    free(job.out);
    free(job.panel);
    weight_free(&weight);
    return rate;
}

/* Every product of a level that is its own. */
static void bench_shape(const struct shape *shape, const char *name,
                        const struct check_table *level, const pwi_kernels *kernels, double ref)
{
    for (int i = 0; i < PW_N_PRECISIONS; i++) {
        const pwi_product *product = &kernels->products[i];
        char what[128];

        if ((int)product->precision < i)
            continue;
        snprintf(what, sizeof(what), "%s %s", name, product->name);
        report(what, level, rate_gemm(kernels, product, shape), "GFLOP/s", ref,
               peak_of(kernels, product));
    }
}

static void bench_gemm(const char *only)
{
    static const struct shape shapes[] = {
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
        const struct shape *shape = &shapes[i];
        double ref = 0.0;

        for (size_t level = 0; level < check_n_levels; level++) {
            const struct check_table *table = &check_levels[level];
            pwi_kernels kernels;
            char name[96];

            if (table->is_emulated || !check_select(table, &kernels))
                continue;
            if (level == 0)
                ref = rate_gemm(&kernels, &kernels.products[0], shape);
            if (only != NULL && strcmp(only, table->name) != 0)
                continue;
            snprintf(name, sizeof(name), "gemm m=%zu k=%zu n=%zu %s %s", shape->m, shape->k,
                     shape->n, pw_dtype_name(shape->dtype), epilogues[shape->epilogue]);
            bench_shape(shape, name, table, &kernels, ref);
        }
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

static void bench_rows(const char *kernel, const char *only)
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
        double ref = 0.0;

        job.dtype = row_jobs[i].dtype;
        for (size_t level = 0; level < check_n_levels; level++) {
            const struct check_table *table = &check_levels[level];
            double rate;

            if ((kernel != NULL && strcmp(kernel, row_jobs[i].kernel) != 0) ||
                table->is_emulated || !check_select(table, &kernels))
                continue;
            rate = row_jobs[i].amount / fastest(row_jobs[i].run, &job);
            ref = level == 0 ? rate : ref;
            if (only == NULL || strcmp(only, table->name) == 0)
                report(row_jobs[i].name, table, rate, row_jobs[i].unit, ref, 0.0);
        }
    }
    free(job.x);
    free(job.out);
    free(job.gain);
    free(job.panel);
}

void check_bench(const char *kernel, const char *level)
{
    if (kernel == NULL || strcmp(kernel, "gemm") == 0)
        bench_gemm(level);
    bench_rows(kernel, level);
}
