/* SPDX-License-Identifier: MIT */
/* A whole product on the context's threads: rows of activations into the product's form, then
 * the output cut into units of rows x panels, never along K, so that a cut costs or saves time
 * but cannot change a bit. Each thread owns one slot of scratch and takes units until none is
 * left. */
#include <stdatomic.h>

#include "base/threads.h"
#include "kernels/gemm.h"

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

/* Rows of a product's results that wait in a thread's slot until a run of columns is whole and
 * can be prepared for the product behind: with a panel's worth of rows and the panels of a run
 * they stay in L2. */
#define CHAIN_ROWS 168

/* Floats from row to row of them: an odd number of cache lines. */
#define CHAIN_STRIDE (PWI_K_RUN + 16)

struct cut {
    size_t rows_per_unit, panels_per_unit;
    size_t n_row_units, n_panel_units;
};

/* The rows of a call as one of its products takes them. */
struct form {
    const pwi_product *product;
    const char *x;
    size_t x_stride;
    char *rows; /* room for them */
};

struct run {
    const pw_context *ctx;
    const pwi_kernels *kernels;
    const pwi_gemm_input *input;
    const pwi_gemm_part *parts;
    size_t n_parts, k;
    pwi_epilogue epilogue;
    struct form forms[PWI_GEMM_PARTS_MAX];
    size_t n_forms;
    const struct form *next; /* results become rows of this form, of k = n; NULL: results */
    char *slots;             /* [n_threads, slot_bytes] */
    size_t slot_bytes, panel_bytes;
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

/* Room for a panel, or for a row that is being normalized. */
static size_t panel_bytes(const pwi_product *product, size_t k)
{
    const size_t panel = product->panel_bytes(k), row = k * sizeof(float);

    return whole_lines(panel > row ? panel : row);
}

/* A thread's slot: that, and results that become rows of the next product. */
static size_t slot_bytes(const pwi_product *product, size_t k)
{
    const size_t chain = CHAIN_ROWS * CHAIN_STRIDE * sizeof(float);

    return panel_bytes(product, k) + (product->prepare_run == NULL ? 0 : chain);
}

/* The product whose rows stand beside those of `product` in one call: medium's beside int8's,
 * or its own, of pwi_gemm_chain's inner rows. */
static const pwi_product *companion_of(const pw_context *ctx, const pwi_product *product)
{
    return product->precision == PW_PRECISION_INT8
               ? &pwi_context_kernels(ctx)->products[PW_PRECISION_MEDIUM]
               : product;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

size_t pwi_gemm_scratch(const pw_context *ctx, const pwi_product *product, size_t n_rows_max,
                        size_t k_max)
{
    const pwi_product *companion = companion_of(ctx, product);
    const size_t slot = larger(slot_bytes(product, k_max), slot_bytes(companion, k_max));
    const size_t row = larger(row_bytes(product, k_max), row_bytes(companion, k_max));
    const bool has_two = product->prepare_run != NULL || companion != product;

    return ((size_t)ctx->n_threads * slot + n_rows_max * row * (has_two ? 2 : 1) + 64) /
           sizeof(float);
}

/* Row i, normalized or as it is, into every form that is not the rows themselves. */
static void prepare_row(const struct run *run, size_t i, float *normed)
{
    const pwi_gemm_input *input = run->input;
    const float *x = input->x + i * input->stride;

    if (input->gain != NULL) {
        for (size_t j = 0; j < run->n_forms; j++)
            if (run->forms[j].product->prepare == NULL)
                normed = (float *)(void *)(run->forms[j].rows + i * run->forms[j].x_stride);
        run->kernels->layer_norm(normed, run->k, x, run->k, input->gain, input->bias, 1, run->k,
                                 input->epsilon);
        x = normed;
    }
    for (size_t j = 0; j < run->n_forms; j++)
        if (run->forms[j].product->prepare != NULL)
            run->forms[j].product->prepare(run->forms[j].rows + i * run->forms[j].x_stride, x,
                                           run->k);
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
    bool is_ready = true;

    for (size_t i = 0; i < run->n_forms; i++) {
        struct form *form = &run->forms[i];

        if (input->gain == NULL && form->product->prepare == NULL) {
            form->x = (const char *)input->x;
            form->x_stride = input->stride * sizeof(float);
        } else {
            is_ready = false;
        }
    }
    if (!is_ready)
        pwi_parallel(run->ctx, prepare_share, run, (size_t)run->ctx->n_threads);
}

static const struct form *form_of(const struct run *run, const pwi_product *product)
{
    size_t i = 0;

    while (run->forms[i].product != product)
        i++;
    return &run->forms[i];
}

/* Rows that fit X_BLOCK_BYTES, a multiple of mr. */
static size_t rows_per_call(const struct run *run, const pwi_product *product)
{
    const size_t mr = product->mr, bytes = row_bytes(product, run->k);
    const size_t rows = X_BLOCK_BYTES / (bytes > 0 ? bytes : 1);

    return rows < 8 * mr ? 8 * mr : rows / mr * mr;
}

/* Rows first .. end - 1 times panels of one part. */
static void run_part(const struct run *run, const pwi_gemm_part *part, size_t first, size_t end,
                     size_t first_panel, size_t n_panels, void *panel)
{
    const struct form *form = form_of(run, part->w->product);
    const size_t step = rows_per_call(run, form->product);

    for (size_t row = first; row < end; row += step) {
        const pwi_gemm_args args = {
            .out = part->out + row * part->out_stride,
            .out_stride = part->out_stride,
            .x = form->x + row * form->x_stride,
            .x_stride = form->x_stride,
            .m = end - row < step ? end - row : step,
            .w = part->w,
            .first_panel = first_panel,
            .n_panels = n_panels,
            .bias = part->bias,
            .epilogue = run->epilogue,
            .panel = panel,
        };

        form->product->gemm(&args);
    }
}

static size_t n_panels_of(const pwi_packed *w)
{
    return ceil_divide(w->n, w->product->nr);
}

/* The matrix of n_columns outputs from panel `first` on. */
static pwi_packed slice_of(const pwi_packed *w, size_t first, size_t n_columns)
{
    pwi_packed slice = *w;

    slice.n = n_columns;
    slice.data = (char *)w->data + first * pwi_packed_panel_bytes(w);
    if (w->row_scales != NULL)
        slice.row_scales = w->row_scales + first * pwi_panel_scales(w);
    return slice;
}

/* The same where results become rows of the next product: run of columns by run of columns. */
static void run_chain(const struct run *run, size_t first, size_t end, size_t first_panel,
                      size_t n_panels, char *slot)
{
    const pwi_gemm_part *part = &run->parts[0];
    const struct form *form = &run->forms[0], *next = run->next;
    const size_t nr = form->product->nr, last = (first_panel + n_panels) * nr;
    float *results = (float *)(void *)(slot + run->panel_bytes);

    for (size_t column = first_panel * nr; column < last; column += PWI_K_RUN) {
        const size_t left = part->w->n - column, n = left < PWI_K_RUN ? left : PWI_K_RUN;
        const pwi_packed slice = slice_of(part->w, column / nr, n);

        for (size_t row = first; row < end; row += CHAIN_ROWS) {
            const pwi_gemm_args args = {
                .out = results,
                .out_stride = CHAIN_STRIDE,
                .x = form->x + row * form->x_stride,
                .x_stride = form->x_stride,
                .m = end - row < CHAIN_ROWS ? end - row : CHAIN_ROWS,
                .w = &slice,
                .n_panels = n_panels_of(&slice),
                .bias = part->bias == NULL ? NULL : part->bias + column,
                .epilogue = run->epilogue,
                .panel = slot,
            };

            form->product->gemm(&args);
            for (size_t i = 0; i < args.m; i++)
                next->product->prepare_run(next->rows + (row + i) * next->x_stride, part->w->n,
                                           column, results + i * CHAIN_STRIDE, n);
        }
    }
}

/* The panels of all parts are numbered through. */
static void run_unit(const struct run *run, size_t unit, char *slot)
{
    const struct cut *cut = &run->cut;
    const size_t first_row = unit % cut->n_row_units * cut->rows_per_unit;
    const size_t last_row = first_row + cut->rows_per_unit, m = run->input->n_rows;
    const size_t end_row = last_row < m ? last_row : m;
    size_t first = unit / cut->n_row_units * cut->panels_per_unit;
    size_t end = first + cut->panels_per_unit;

    for (size_t i = 0; i < run->n_parts; i++) {
        const size_t n = n_panels_of(run->parts[i].w);
        const size_t here = end < n ? end : n;

        if (first < here && run->next != NULL)
            run_chain(run, first_row, end_row, first, here - first, slot);
        else if (first < here)
            run_part(run, &run->parts[i], first_row, end_row, first, here - first, slot);
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
 * panels) and many of panels. Units are whole multiples of `group` panels. */
static struct cut choose_cut(size_t m, size_t mr, size_t n_panels, size_t group,
                             size_t n_threads)
{
    const size_t n_tiles = ceil_divide(m, mr), n_groups = ceil_divide(n_panels, group);
    const size_t n_row_units_max = n_tiles < n_threads ? n_tiles : n_threads;
    struct cut best = {n_tiles * mr, n_panels, 1, 1};
    size_t best_cost = SIZE_MAX;

    for (size_t n_row_units = 1; n_row_units <= n_row_units_max; n_row_units++)
        for (size_t rounds = ROUNDS_MAX; rounds > 0; rounds--) {
            const size_t tiles = ceil_divide(n_tiles, n_row_units);
            const size_t wanted = ceil_divide(rounds * n_threads, n_row_units);
            const size_t groups = ceil_divide(n_groups, wanted < n_groups ? wanted : n_groups);
            const struct cut cut = {tiles * mr, groups * group, ceil_divide(n_tiles, tiles),
                                    ceil_divide(n_groups, groups)};
            const size_t n_units = cut.n_row_units * cut.n_panel_units;
            const size_t cost = ceil_divide(n_units, n_threads) * groups * (tiles + WIDEN_COST);

            if (cost < best_cost) {
                best = cut;
                best_cost = cost;
            }
        }
    return best;
}

static void multiply(struct run *run)
{
    const pwi_product *product = run->parts[0].w->product;
    const size_t m = run->input->n_rows, n_threads = (size_t)run->ctx->n_threads;
    const size_t columns = run->n_panels * product->nr;
    const size_t group = run->next == NULL ? 1 : PWI_K_RUN / product->nr;
    const bool is_alone = n_threads == 1 || m * columns < MIN_PARALLEL / (run->k + 1);

    atomic_init(&run->next_unit, 0);
    run->cut = choose_cut(m, product->mr, run->n_panels, group, is_alone ? 1 : n_threads);
    if (is_alone)
        worker(run, 0);
    else
        pwi_parallel(run->ctx, worker, run, n_threads);
}

/* A form for the product of part i, unless a part before has it; its rows lie at `rows`.
 * Returns what is behind them. */
static char *add_form(struct run *run, size_t i, char *rows)
{
    const pwi_product *product = run->parts[i].w->product;
    const size_t stride = row_bytes(product, run->k);

    for (size_t j = 0; j < run->n_forms; j++)
        if (run->forms[j].product == product)
            return rows;
    run->forms[run->n_forms++] = (struct form){product, rows, stride, rows};
    return rows + run->input->n_rows * stride;
}

/* Where everything lies in the scratch. Returns what is behind. */
static char *lay_out(struct run *run, float *scratch)
{
    char *rows = (char *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);

    run->slots = rows;
    for (size_t i = 0; i < run->n_parts; i++) {
        const pwi_product *product = run->parts[i].w->product;

        PW_ASSERT(run->parts[i].w->k == run->k);
        run->slot_bytes = larger(run->slot_bytes, slot_bytes(product, run->k));
        run->panel_bytes = larger(run->panel_bytes, panel_bytes(product, run->k));
        run->n_panels += n_panels_of(run->parts[i].w);
    }
    rows += (size_t)run->ctx->n_threads * run->slot_bytes;
    for (size_t i = 0; i < run->n_parts; i++)
        rows = add_form(run, i, rows);
    return rows;
}

static struct run run_of(const pw_context *ctx, const pwi_gemm_input *input,
                         const pwi_gemm_part *parts, size_t n_parts, pwi_epilogue epilogue)
{
    return (struct run){
        .ctx = ctx,
        .kernels = pwi_context_kernels(ctx),
        .input = input,
        .parts = parts,
        .n_parts = n_parts,
        .k = parts[0].w->k,
        .epilogue = epilogue,
    };
}

void pwi_gemm(const pw_context *ctx, const pwi_gemm_input *input, const pwi_gemm_part *parts,
              size_t n_parts, pwi_epilogue epilogue, float *scratch)
{
    struct run run = run_of(ctx, input, parts, n_parts, epilogue);

    lay_out(&run, scratch);
    if (input->n_rows == 0 || run.n_panels == 0)
        return;
    prepare(&run);
    multiply(&run);
}

/* Whether results of `first` can become rows of `second` run by run. Weights that are quantized
 * panel by panel in each call want all rows in one. */
static bool is_chain(const pwi_packed *first, const pwi_packed *second)
{
    return first->product == second->product && first->product->prepare_run != NULL &&
           first->dtype == first->product->store;
}

void pwi_gemm_chain(const pw_context *ctx, const pwi_gemm_input *input,
                    const pwi_gemm_part *first, pwi_epilogue first_epilogue,
                    const pwi_gemm_part *second, pwi_epilogue second_epilogue, float *scratch)
{
    const pwi_gemm_input inner = {
        .x = first->out, .stride = first->out_stride, .n_rows = input->n_rows};
    struct run run = run_of(ctx, input, first, 1, first_epilogue);
    struct run then = run_of(ctx, &inner, second, 1, second_epilogue);
    char *rows;

    PW_ASSERT(first->w->n == second->w->k);
    if (!is_chain(first->w, second->w)) {
        pwi_gemm(ctx, input, first, 1, first_epilogue, scratch);
        pwi_gemm(ctx, &inner, second, 1, second_epilogue, scratch);
        return;
    }
    rows = lay_out(&run, scratch);
    lay_out(&then, scratch);
    if (input->n_rows == 0 || run.n_panels == 0 || then.n_panels == 0)
        return;
    then.forms[0].rows = rows;
    then.forms[0].x = rows;
    run.next = &then.forms[0];
    prepare(&run);
    multiply(&run);
    multiply(&then);
}
