/* SPDX-License-Identifier: MIT */
/* A whole product on the context's threads: rows of activations into the product's form, then
 * the output cut into units of rows x panels, never along K, so that a cut costs or saves time
 * but cannot change a bit. Each thread owns one slot of scratch and takes units until none is
 * left. */
#include <stdatomic.h>

#include "base/threads.h"
#include "kernels/kernels.h"

/* Products below this many multiplications run where they are called: waking the pool takes
 * about as long. */
#define MIN_PARALLEL 100000

/* Rows of x that one call of the kernel works through take at most this many bytes: they are
 * read once for every panel and should still lie in L2 then. */
#define X_BLOCK_BYTES (1024u << 10)

/* Cost of widening one panel, in tiles of mr rows. */
#define WIDEN_COST 1

/* Units a thread takes at most: enough that one slow thread does not hold up the rest. */
#define ROUNDS_MAX 4

struct cut {
    size_t rows_per_unit, panels_per_unit;
    size_t n_row_units, n_panel_units;
};

struct run {
    const pw_context *ctx;
    const pwi_kernels *kernels;
    const pwi_product *product;
    const pwi_gemm_input *input;
    const pwi_gemm_part *parts;
    size_t n_parts, k;
    pwi_epilogue epilogue;
    const char *x; /* rows as the product wants them */
    size_t x_stride;
    char *rows;  /* room for them */
    char *slots; /* [n_threads, slot_bytes] */
    size_t slot_bytes;
    struct cut cut;
    size_t n_panels; /* of all parts */
    atomic_size_t next_unit;
};

static size_t ceil_divide(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

static size_t whole_lines(size_t bytes)
{
    return ceil_divide(bytes, 64) * 64;
}

/* Bytes of a row that pwi_gemm writes before it multiplies. */
static size_t row_bytes(const pwi_product *product, size_t k)
{
    const size_t bytes =
        product->input_bytes == NULL ? k * sizeof(float) : product->input_bytes(k);

    return pwi_row_stride(bytes / sizeof(float)) * sizeof(float);
}

/* A thread's slot: a panel, or a row that is being normalized. */
static size_t slot_bytes(const pwi_product *product, size_t k)
{
    const size_t panel = product->panel_bytes(k), row = k * sizeof(float);

    return whole_lines(panel > row ? panel : row);
}

size_t pwi_gemm_scratch(const pw_context *ctx, const pwi_product *product, size_t n_rows_max,
                        size_t k_max)
{
    const size_t bytes = (size_t)ctx->n_threads * slot_bytes(product, k_max) +
                         n_rows_max * row_bytes(product, k_max) + 64;

    return bytes / sizeof(float);
}

/* Row i, normalized or as it is, into the product's form. */
static void prepare_row(const struct run *run, size_t i, float *normed)
{
    const pwi_gemm_input *input = run->input;
    const float *x = input->x + i * input->stride;
    char *row = run->rows + i * run->x_stride;

    if (input->gain != NULL) {
        float *to = run->product->prepare == NULL ? (float *)(void *)row : normed;

        run->kernels->layer_norm(to, run->k, x, run->k, input->gain, input->bias, 1, run->k,
                                 input->epsilon);
        x = to;
    }
    if (run->product->prepare != NULL)
        run->product->prepare(row, x, run->k);
}

static void prepare_share(void *argument, size_t i_thread)
{
    const struct run *run = argument;
    const size_t n = run->input->n_rows, n_threads = (size_t)run->ctx->n_threads;
    float *normed = (float *)(void *)(run->slots + i_thread * run->slot_bytes);

    for (size_t i = n * i_thread / n_threads; i < n * (i_thread + 1) / n_threads; i++)
        prepare_row(run, i, normed);
}

/* Rows that enter as they are stay where they are. */
static void prepare(struct run *run)
{
    const pwi_gemm_input *input = run->input;

    if (run->product->prepare == NULL && input->gain == NULL) {
        run->x = (const char *)input->x;
        run->x_stride = input->stride * sizeof(float);
        return;
    }
    run->x = run->rows;
    run->x_stride = row_bytes(run->product, run->k);
    pwi_parallel(run->ctx, prepare_share, run, (size_t)run->ctx->n_threads);
}

/* Rows that fit X_BLOCK_BYTES, a multiple of mr. */
static size_t rows_per_call(const struct run *run)
{
    const size_t mr = run->product->mr, bytes = row_bytes(run->product, run->k);
    const size_t rows = X_BLOCK_BYTES / (bytes > 0 ? bytes : 1);

    return rows < 8 * mr ? 8 * mr : rows / mr * mr;
}

/* Rows first .. end - 1 times panels of one part. */
static void run_part(const struct run *run, const pwi_gemm_part *part, size_t first, size_t end,
                     size_t first_panel, size_t n_panels, void *panel)
{
    const size_t step = rows_per_call(run);

    for (size_t row = first; row < end; row += step) {
        const pwi_gemm_args args = {
            .out = part->out + row * part->out_stride,
            .out_stride = part->out_stride,
            .x = run->x + row * run->x_stride,
            .x_stride = run->x_stride,
            .m = end - row < step ? end - row : step,
            .w = part->w,
            .first_panel = first_panel,
            .n_panels = n_panels,
            .bias = part->bias,
            .epilogue = run->epilogue,
            .panel = panel,
        };

        run->product->gemm(&args);
    }
}

static size_t n_panels_of(const pwi_packed *w)
{
    return ceil_divide(w->n, w->product->nr);
}

/* The panels of all parts are numbered through. */
static void run_unit(const struct run *run, size_t unit, void *panel)
{
    const struct cut *cut = &run->cut;
    const size_t first_row = unit % cut->n_row_units * cut->rows_per_unit;
    const size_t row_end = first_row + cut->rows_per_unit, m = run->input->n_rows;
    size_t first = unit / cut->n_row_units * cut->panels_per_unit;
    size_t end = first + cut->panels_per_unit;

    for (size_t i = 0; i < run->n_parts; i++) {
        const size_t n = n_panels_of(run->parts[i].w);
        const size_t here = end < n ? end : n;

        if (first < here)
            run_part(run, &run->parts[i], first_row, row_end < m ? row_end : m, first,
                     here - first, panel);
        first = first > n ? first - n : 0;
        end = end > n ? end - n : 0;
    }
}

static void worker(void *argument, size_t i_thread)
{
    struct run *run = argument;
    const size_t n_units = run->cut.n_row_units * run->cut.n_panel_units;
    size_t unit;

    while ((unit = atomic_fetch_add_explicit(&run->next_unit, 1, memory_order_relaxed)) <
           n_units)
        run_unit(run, unit, run->slots + i_thread * run->slot_bytes);
}

/* The cut whose slowest thread is done first, by a count of tiles: n_threads units at a time,
 * each as long as the largest. Of equals the one with few parts of rows (each widens its
 * panels) and many of panels. */
static struct cut choose_cut(size_t m, size_t mr, size_t n_panels, size_t n_threads)
{
    const size_t n_tiles = ceil_divide(m, mr);
    const size_t n_row_units_max = n_tiles < n_threads ? n_tiles : n_threads;
    struct cut best = {n_tiles * mr, n_panels, 1, 1};
    size_t best_cost = SIZE_MAX;

    for (size_t n_row_units = 1; n_row_units <= n_row_units_max; n_row_units++)
        for (size_t rounds = ROUNDS_MAX; rounds > 0; rounds--) {
            const size_t tiles = ceil_divide(n_tiles, n_row_units);
            const size_t wanted = ceil_divide(rounds * n_threads, n_row_units);
            const size_t panels = ceil_divide(n_panels, wanted < n_panels ? wanted : n_panels);
            const struct cut cut = {tiles * mr, panels, ceil_divide(n_tiles, tiles),
                                    ceil_divide(n_panels, panels)};
            const size_t n_units = cut.n_row_units * cut.n_panel_units;
            const size_t cost = ceil_divide(n_units, n_threads) * panels * (tiles + WIDEN_COST);

            if (cost < best_cost) {
                best = cut;
                best_cost = cost;
            }
        }
    return best;
}

static void multiply(struct run *run)
{
    const size_t m = run->input->n_rows, mr = run->product->mr;
    const size_t n_threads = (size_t)run->ctx->n_threads;
    const size_t columns = run->n_panels * run->product->nr;

    atomic_init(&run->next_unit, 0);
    if (n_threads == 1 || m * columns < MIN_PARALLEL / (run->k + 1)) {
        run->cut = choose_cut(m, mr, run->n_panels, 1);
        worker(run, 0);
        return;
    }
    run->cut = choose_cut(m, mr, run->n_panels, n_threads);
    pwi_parallel(run->ctx, worker, run, n_threads);
}

void pwi_gemm(const pw_context *ctx, const pwi_gemm_input *input, const pwi_gemm_part *parts,
              size_t n_parts, pwi_epilogue epilogue, float *scratch)
{
    const pwi_product *product = parts[0].w->product;
    char *aligned = (char *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    struct run run = {
        .ctx = ctx,
        .kernels = pwi_context_kernels(ctx),
        .product = product,
        .input = input,
        .parts = parts,
        .n_parts = n_parts,
        .k = parts[0].w->k,
        .epilogue = epilogue,
        .slots = aligned,
        .slot_bytes = slot_bytes(product, parts[0].w->k),
    };

    run.rows = aligned + (size_t)ctx->n_threads * run.slot_bytes;
    run.x_stride = row_bytes(product, run.k);
    for (size_t i = 0; i < n_parts; i++) {
        PW_ASSERT(parts[i].w->product == product && parts[i].w->k == run.k);
        run.n_panels += n_panels_of(parts[i].w);
    }
    if (input->n_rows == 0 || run.n_panels == 0)
        return;
    prepare(&run);
    multiply(&run);
}
