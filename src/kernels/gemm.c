/* SPDX-License-Identifier: MIT */
/* A whole product on the context's threads. The output is cut into units of rows x panels,
 * never along K, so a cut costs or saves time but cannot change a bit. Each thread owns one
 * slot of scratch and takes units until none is left. */
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

struct product {
    const pwi_kernels *kernels;
    pwi_gemm_args args; /* whole matrix; without panel */
    float *scratch;
    size_t slot_size; /* floats */
    struct cut cut;
    atomic_size_t next_unit;
};

static size_t ceil_divide(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

/* Floats that one widened panel takes, whole cache lines. */
static size_t slot_size_of(size_t k, size_t nr)
{
    return ceil_divide(k * nr, 16) * 16;
}

size_t pwi_gemm_scratch(const pw_context *ctx, size_t k_max)
{
    return (size_t)ctx->n_threads * slot_size_of(k_max, pwi_context_kernels(ctx)->nr) + 16;
}

static float *aligned(float *p)
{
    return (float *)(((uintptr_t)p + 63) & ~(uintptr_t)63);
}

/* Rows that fit X_BLOCK_BYTES, a multiple of mr. */
static size_t rows_per_call(size_t k, size_t mr)
{
    const size_t rows = X_BLOCK_BYTES / sizeof(float) / (k > 0 ? k : 1);

    return rows < 8 * mr ? 8 * mr : rows / mr * mr;
}

static void run_unit(const struct product *product, size_t unit, float *panel)
{
    const struct cut *cut = &product->cut;
    const size_t n_panels = ceil_divide(product->args.w->n, product->args.w->nr);
    const size_t first_row = unit % cut->n_row_units * cut->rows_per_unit;
    const size_t left = product->args.m - first_row;
    const size_t end = first_row + (left < cut->rows_per_unit ? left : cut->rows_per_unit);
    const size_t step = rows_per_call(product->args.w->k, product->kernels->mr);
    pwi_gemm_args args = product->args;

    args.panel = panel;
    args.first_panel = unit / cut->n_row_units * cut->panels_per_unit;
    args.n_panels = n_panels - args.first_panel < cut->panels_per_unit
                        ? n_panels - args.first_panel
                        : cut->panels_per_unit;
    for (size_t row = first_row; row < end; row += step) {
        args.m = end - row < step ? end - row : step;
        args.x = product->args.x + row * args.x_stride;
        args.out = product->args.out + row * args.out_stride;
        product->kernels->gemm(&args);
    }
}

static void worker(void *argument, size_t slot)
{
    struct product *product = argument;
    const size_t n_units = product->cut.n_row_units * product->cut.n_panel_units;
    size_t unit;

    while ((unit = atomic_fetch_add_explicit(&product->next_unit, 1, memory_order_relaxed)) <
           n_units)
        run_unit(product, unit, product->scratch + slot * product->slot_size);
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

void pwi_gemm(const pw_context *ctx, float *out, size_t out_stride, const float *x,
              size_t x_stride, size_t m, const pwi_packed *w, const float *bias,
              pwi_epilogue epilogue, float *scratch)
{
    const pwi_kernels *kernels = pwi_context_kernels(ctx);
    const size_t n_panels = ceil_divide(w->n, w->nr), n_threads = (size_t)ctx->n_threads;
    struct product product = {
        .kernels = kernels,
        .args = {out, out_stride, x, x_stride, m, w, 0, n_panels, bias, epilogue, NULL},
        .scratch = aligned(scratch),
        .slot_size = slot_size_of(w->k, w->nr),
    };

    if (m == 0 || w->n == 0)
        return;
    PW_ASSERT(w->nr == kernels->nr);
    atomic_init(&product.next_unit, 0);
    if (n_threads == 1 || m * w->n < MIN_PARALLEL / (w->k + 1)) {
        product.cut = choose_cut(m, kernels->mr, n_panels, 1);
        worker(&product, 0);
        return;
    }
    product.cut = choose_cut(m, kernels->mr, n_panels, n_threads);
    pwi_parallel(ctx, worker, &product, n_threads);
}
