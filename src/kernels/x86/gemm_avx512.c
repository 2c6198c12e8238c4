/* SPDX-License-Identifier: MIT */
/* A tile of a product: 14 rows x 32 columns in 28 registers. A panel is walked in runs of
 * PWI_K_RUN; the rows of a block pass over one run, which stays near, before the next run
 * comes.
 *
 * Bits: an element is one FMA chain over each run, from zero, and the runs added in order,
 * whatever rows lie beside it: the tiles of 1 to 14 rows are one text. */
#include <string.h>

#include "kernels/levels.h"
#include "kernels/x86/epilogue_avx512.h"
#include "kernels/x86/fetch_results.h"
#include "kernels/x86/tile_avx512.h"
#include "kernels/x86/widen_avx512.h"

#define NR TILE_COLUMNS

/* Rows whose totals are kept on the stack: 10.5 KiB, and enough to pay for widening a run. */
#define BLOCK 84

/* Steps of k in one turn of the loop, and lines that are fetched ahead in each. */
#define STEPS 4
#define LINES 2

#define TILE_STEP(ROWS, step)                                                                  \
    {                                                                                          \
        const __m512 w_left = _mm512_loadu_ps(w + NR * (step));                                \
        const __m512 w_right = _mm512_loadu_ps(w + NR * (step) + LANES);                       \
                                                                                               \
        ROWS(TILE_MULTIPLY, step)                                                              \
    }

/* totals [rows, NR] = x [rows, n_k] times w [n_k, NR] + totals (goes_on 0: + 0); fetches LINES
 * lines from `ahead` on in every turn. stride: bytes from row to row of x. */
#define TILE(n_rows)                                                                           \
    static void tile_##n_rows(float *totals, const float *x, size_t stride, const float *w,    \
                              size_t n_k, const char *ahead, __mmask16 goes_on)                \
    {                                                                                          \
        TILE_POINTERS(n_rows, x, stride);                                                      \
        ROWS_##n_rows(TILE_BEGIN, 0);                                                          \
                                                                                               \
        for (; n_k >= STEPS; n_k -= STEPS, w += STEPS * NR, ahead += 64 * LINES) {             \
            _mm_prefetch(ahead, _MM_HINT_T0);                                                  \
            _mm_prefetch(ahead + 64, _MM_HINT_T0);                                             \
            TILE_STEP(ROWS_##n_rows, 0);                                                       \
            TILE_STEP(ROWS_##n_rows, 1);                                                       \
            TILE_STEP(ROWS_##n_rows, 2);                                                       \
            TILE_STEP(ROWS_##n_rows, 3);                                                       \
            TILE_ADVANCE(4 * STEPS);                                                           \
            TILE_HIDE(stride);                                                                 \
        }                                                                                      \
        for (; n_k > 0; n_k--, w += NR) {                                                      \
            TILE_STEP(ROWS_##n_rows, 0);                                                       \
            TILE_ADVANCE(4);                                                                   \
            TILE_HIDE(stride);                                                                 \
        }                                                                                      \
        ROWS_##n_rows(TILE_TOTAL, 0);                                                          \
    }

EACH_HEIGHT(TILE)

typedef void tile_fn(float *totals, const float *x, size_t stride, const float *w, size_t n_k,
                     const char *ahead, __mmask16 goes_on);

static tile_fn *const tiles[TILE_ROWS + 1] = TILE_TABLE(tile);

static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One run of a panel: where it is packed, its bytes, and as f32. */
struct panel_run {
    const char *packed;
    size_t size;
    const float *wide;
};

/* The run where it is packed, or widened into the scratch by the first block of rows. */
static struct panel_run run_of(const pwi_gemm_args *args, size_t panel, size_t first_k,
                               size_t n_k, bool is_first_block)
{
    const pwi_packed *w = args->w;
    const size_t size = pw_dtype_bits(w->dtype) / 8;
    const char *packed = (const char *)w->data + (panel * w->k + first_k) * NR * size;
    float *wide = (float *)args->panel + first_k * NR;

    if (w->dtype == PW_F32 && w->scale == 1.0f)
        return (struct panel_run){packed, n_k * NR * size, (const float *)(const void *)packed};
    if (is_first_block)
        pwi_widen_avx512(wide, packed, w->dtype, n_k * NR, w->scale);
    return (struct panel_run){packed, n_k * NR * size, wide};
}

static void multiply_block(const pwi_gemm_args *args, size_t panel, size_t first_row,
                           size_t n_rows)
{
    _Alignas(64) float totals[BLOCK * NR];
    const size_t k = args->w->k;

    if (k == 0)
        memset(totals, 0, n_rows * NR * sizeof(float));
    for (size_t first_k = 0; first_k < k; first_k += PWI_K_RUN) {
        const size_t n_k = smaller(PWI_K_RUN, k - first_k);
        const struct panel_run run = run_of(args, panel, first_k, n_k, first_row == 0);
        const char *x = (const char *)args->x + first_row * args->x_stride + first_k * 4;
        size_t ahead = 0, height;

        for (size_t row = 0; row < n_rows; row += height, ahead += n_k * 64 * LINES / STEPS) {
            const char *next = run.packed + (ahead < run.size ? run.size + ahead : 0);

            height = tile_height(n_rows - row);
            PW_ASSERT(height > 0 && height <= TILE_ROWS);
            if (first_k + n_k == k)
                fetch_results(args, NR, first_row + row, height, panel * NR);
            tiles[height](totals + row * NR,
                          (const float *)(const void *)(x + row * args->x_stride),
                          args->x_stride, run.wide, n_k, next, first_k > 0 ? 0xFFFF : 0);
        }
    }
    store_block(args, totals, NR, first_row, n_rows, panel * NR);
}

static void gemm_avx512(const pwi_gemm_args *args)
{
    PW_ASSERT(args->w->product->nr == NR);
    for (size_t i = args->first_panel; i < args->first_panel + args->n_panels; i++)
        for (size_t row = 0; row < args->m; row += BLOCK)
            multiply_block(args, i, row, smaller(BLOCK, args->m - row));
}

static size_t panel_bytes(size_t k)
{
    return k * NR * sizeof(float);
}

void PWI_FILL(avx512_gemm)(pwi_kernels *kernels)
{
    static const pwi_product f32 = {
        .name = "f32",
        .precision = PW_PRECISION_HIGHEST,
        .nr = NR,
        .mr = TILE_ROWS,
        .k_group = 1,
        .k_unit = 1,
        .store = PW_F32,
        .panel_bytes = panel_bytes,
        .gemm = gemm_avx512,
    };

    pwi_products_put(kernels, PW_PRECISION_HIGHEST, &f32);
}
