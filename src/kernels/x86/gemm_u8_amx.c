/* SPDX-License-Identifier: MIT */
/* The product of 8-bit integers in tiles: rows u8, weights I8, as at the avx512 level, whose
 * integers, scales and order of sums these are, and so its bits (gemm_u8_avx512.inc). */
#include <string.h>

#include "kernels/levels.h"
#include "kernels/x86/epilogue_avx512.h"
#include "kernels/x86/rows_u8_avx512.h"
#include "kernels/x86/tile_amx.h"

#define NR PANEL_COLUMNS

/* Columns of k in one step. */
#define STEP_K 64

/* Row tiles whose totals are kept. */
#define TILES_MAX 16

#define ONE_PRODUCT(M, TILE_DOT) M(TILE_DOT, 0, 0, 1, 1)

TILE_BLOCKS(blocks, TILE_U8_I8, ONE_PRODUCT)

/* The scratch, args->panel. */
struct scratch {
    float totals[TILES_MAX][TILE_SUMS];
    int32_t sums[BLOCK_TILES][TILE_SUMS];
};

struct job {
    const pwi_gemm_args *args;
    struct scratch *scratch;
    size_t panel, first_tile, n_tiles;
};

/* totals += the exact sums times both scales, plus the run's low times the columns' sums: for
 * one row tile. meaning: {scale, low} of its first row. */
static void add_run(float *totals, const int32_t *sums, size_t n_rows, const char *meaning,
                    size_t stride, const float *column_scales, const float *column_lows)
{
    for (size_t row = 0; row < n_rows; row++, meaning += stride)
        for (size_t column = 0; column < NR; column += LANES) {
            float scale_low[2];
            float *to = totals + row * NR + column;
            const __m512 exact =
                _mm512_cvtepi32_ps(_mm512_loadu_si512(sums + row * NR + column));
            const __m512 real = _mm512_mul_ps(exact, _mm512_loadu_ps(column_scales + column));
            __m512 total = _mm512_loadu_ps(to);

            memcpy(scale_low, meaning, sizeof(scale_low));
            total = _mm512_fmadd_ps(real, _mm512_set1_ps(scale_low[0]), total);
            total = _mm512_fmadd_ps(_mm512_loadu_ps(column_lows + column),
                                    _mm512_set1_ps(scale_low[1]), total);
            _mm512_storeu_ps(to, total);
        }
}

/* The totals of the job's rows, plus one run. */
static void multiply_run(const struct job *job, size_t first_k)
{
    const pwi_gemm_args *args = job->args;
    const pwi_packed *w = args->w;
    const size_t i_run = first_k / PWI_K_RUN, n_k = smaller(PWI_K_RUN, w->k_padded - first_k);
    const size_t meanings = pwi_u8_scales_offset(w->k) + i_run * 2 * sizeof(float);
    const float *scales = w->row_scales + job->panel * pwi_panel_scales(w);
    struct tile_operands operands = {
        .x_stride = args->x_stride,
        .w = (const char *)w->data + (job->panel * w->k_padded + first_k) * NR,
        .w_stride = 4 * NR,
        .w_step = STEP_K * NR,
        .n_steps = n_k / STEP_K,
    };
    size_t height;

    for (size_t i = 0; i < job->n_tiles; i += height) {
        height = block_height(job->n_tiles - i);
        point_at_rows(&operands, args, job->first_tile + i, height, first_k);
        blocks[height](job->scratch->sums, &operands);
        for (size_t j = 0; j < height; j++)
            add_run(job->scratch->totals[i + j], job->scratch->sums[j],
                    smaller(args->m, TILE_ROWS_MAX), operands.x[j] - first_k + meanings,
                    args->x_stride, scales, scales + (1 + i_run) * NR);
    }
}

/* Rows of the job's tiles times its panel. */
static void multiply_tiles(const struct job *job)
{
    const pwi_gemm_args *args = job->args;

    memset(job->scratch->totals, 0, job->n_tiles * TILE_SUMS * sizeof(float));
    for (size_t first_k = 0; first_k < args->w->k_padded; first_k += PWI_K_RUN)
        multiply_run(job, first_k);
    for (size_t i = 0; i < job->n_tiles; i++) {
        const struct tile_rows rows = rows_of(job->first_tile + i, args->m);

        store_block(args, job->scratch->totals[i] + rows.n_before * NR, NR, rows.first, rows.n,
                    job->panel * NR);
    }
}

static void gemm_u8_amx(const pwi_gemm_args *args)
{
    const size_t n_tiles = n_row_tiles(args->m);
    struct job job = {.args = args, .scratch = args->panel};

    PW_ASSERT(args->w->product->nr == NR && args->w->dtype == PW_I8);
    if (args->m == 0)
        return;
    configure_tiles(args->m);
    for (size_t i = 0; i < args->n_panels; i++)
        for (size_t tile = 0; tile < n_tiles; tile += TILES_MAX) {
            job.panel = args->first_panel + i;
            job.first_tile = tile;
            job.n_tiles = smaller(TILES_MAX, n_tiles - tile);
            multiply_tiles(&job);
        }
    TILE_RELEASE();
}

static size_t panel_bytes(size_t k)
{
    (void)k;
    return sizeof(struct scratch);
}

void PWI_FILL(amx_gemm_u8)(pwi_kernels *kernels)
{
    static const pwi_product u8 = {
        .name = "u8",
        .precision = PW_PRECISION_INT8,
        .nr = NR,
        .mr = 2 * TILE_ROWS_MAX,
        .k_group = 4,
        .k_unit = STEP_K,
        .store = PW_I8,
        .limit = 127,
        .has_sums = true,
        .input_bytes = pwi_u8_input_bytes,
        .prepare = pwi_u8_prepare,
        .prepare_run = pwi_u8_prepare_run,
        .panel_bytes = panel_bytes,
        .gemm = gemm_u8_amx,
    };

    pwi_products_put(kernels, PW_PRECISION_INT8, &u8);
}
