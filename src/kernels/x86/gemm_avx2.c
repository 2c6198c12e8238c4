/* SPDX-License-Identifier: MIT */
/* A tile of a product: 6 rows x 16 columns in twelve registers. A panel is walked in runs of
 * PWI_K_RUN; the rows of a block pass over one run, which sits in L1, before the next run
 * comes.
 *
 * Bits: an element is one FMA chain over each run, from zero, and the runs added in order,
 * whatever rows lie beside it: the tiles of 1 to 6 rows are one text. */
#include "kernels/levels.h"
#include "kernels/x86/epilogue_avx2.h"
#include "kernels/x86/fetch_results.h"
#include "kernels/x86/tile_avx2.h"
#include "kernels/x86/widen_avx2.h"

#define MR TILE_ROWS
#define NR TILE_COLUMNS

/* Rows whose totals are kept on the stack: 6 KiB, and enough to pay for widening a run. */
#define BLOCK 96

/* totals [rows, NR] += x [rows, n_k] times w [n_k, NR]; fetches 16 bytes from `ahead` for every
 * step of k. */
#define TILE(n_rows)                                                                           \
    static void tile_##n_rows(float *totals, const float *x, size_t x_stride, const float *w,  \
                              size_t n_k, const char *ahead)                                   \
    {                                                                                          \
        size_t i_k = 0;                                                                        \
        ROWS_##n_rows(TILE_BEGIN, 0);                                                          \
                                                                                               \
        for (; i_k + 4 <= n_k; i_k += 4, w += 4 * NR) {                                        \
            _mm_prefetch(ahead + 16 * i_k, _MM_HINT_T0);                                       \
            TILE_STEP(ROWS_##n_rows, w, 0);                                                    \
            TILE_STEP(ROWS_##n_rows, w + NR, 1);                                               \
            TILE_STEP(ROWS_##n_rows, w + 2 * NR, 2);                                           \
            TILE_STEP(ROWS_##n_rows, w + 3 * NR, 3);                                           \
            __asm__("" : "+r"(i_k), "+r"(w)); /* or GCC spills one address for each step */    \
        }                                                                                      \
        for (; i_k < n_k; i_k++, w += NR)                                                      \
            TILE_STEP(ROWS_##n_rows, w, 0);                                                    \
        ROWS_##n_rows(TILE_TOTAL, 0);                                                          \
    }

TILE(1)
TILE(2)
TILE(3)
TILE(4)
TILE(5)
TILE(6)

typedef void tile_fn(float *totals, const float *x, size_t x_stride, const float *w, size_t n_k,
                     const char *ahead);

static tile_fn *const tiles[MR + 1] = {NULL, tile_1, tile_2, tile_3, tile_4, tile_5, tile_6};

static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* A run of a panel: as it is packed, and as f32. */
struct panel_run {
    const char *packed;
    size_t size; /* bytes of the packed run; the next one follows */
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
        pwi_widen_avx2(wide, packed, w->dtype, n_k * NR, w->scale);
    return (struct panel_run){packed, n_k * NR * size, wide};
}

static void multiply_block(const pwi_gemm_args *args, size_t panel, size_t first_row,
                           size_t n_rows)
{
    _Alignas(32) float totals[BLOCK * NR];
    const size_t k = args->w->k, stride = args->x_stride / sizeof(float);
    const float *const rows = args->x;

    memset(totals, 0, n_rows * NR * sizeof(float));
    for (size_t first_k = 0; first_k < k; first_k += PWI_K_RUN) {
        const size_t n_k = smaller(PWI_K_RUN, k - first_k);
        const struct panel_run run = run_of(args, panel, first_k, n_k, first_row == 0);
        const float *x = rows + first_row * stride + first_k;
        size_t ahead = 0;

        for (size_t row = 0; row < n_rows; row += MR, ahead += n_k * 16) {
            const char *next = run.packed + (ahead < run.size ? run.size + ahead : 0);
            const size_t height = smaller(MR, n_rows - row);

            if (first_k + n_k == k)
                fetch_results(args, NR, first_row + row, height, panel * NR);
            tiles[height](totals + row * NR, x + row * stride, stride, run.wide, n_k, next);
        }
    }
    store_block(args, totals, NR, first_row, n_rows, panel * NR);
}

static void gemm_avx2(const pwi_gemm_args *args)
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

void pwi_kernels_avx2_gemm(pwi_kernels *kernels)
{
    static const pwi_product f32 = {
        .name = "f32",
        .precision = PW_PRECISION_HIGHEST,
        .nr = NR,
        .mr = MR,
        .k_group = 1,
        .k_unit = 1,
        .store = PW_F32,
        .panel_bytes = panel_bytes,
        .gemm = gemm_avx2,
    };

    pwi_products_put(kernels, PW_PRECISION_HIGHEST, &f32);
}
