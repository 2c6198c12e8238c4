/* SPDX-License-Identifier: MIT */
/* Products of bf16 in tiles, and f32-grade ones made of them: a number is the sum of up to
 * three bf16 terms, each the nearest to what the ones before left; of the products of terms,
 * those that count at the precision are summed. Weights stand in the file's dtype and are split
 * run by run into a scratch that stays in cache while the rows pass over it.
 *
 * Bits: an element's products are summed in the order of its columns and, at each step of 32
 * columns, the small ones first; runs of PWI_K_RUN from zero, added in order. None of that
 * depends on the rows beside it. */
#include <math.h>
#include <string.h>

#include "formats/dtype.h"
#include "kernels/levels.h"
#include "kernels/x86/epilogue_avx512.h"
#include "kernels/x86/split_amx.h"
#include "kernels/x86/tile_amx.h"

#define NR PANEL_COLUMNS

/* Columns of k in one step. */
#define STEP_K 32

/* Bytes of one plane of w at one step: pairs of k, NR columns each, as they are packed. */
#define STEP_BYTES (STEP_K * NR * 2)

/* Row tiles whose totals are kept: 256 rows, enough to pay for splitting a run. */
#define TILES_MAX 16

/* Where a run begins in w of bf16 and how w's terms are numbered, the terms' products at one
 * step: small ones first, and each with an operand of the one before where that can be. */
#define SIX_PRODUCTS(M, TILE_DOT)                                                              \
    M(TILE_DOT, 2, 0, 1, 1)                                                                    \
    M(TILE_DOT, 1, 0, 1, 0)                                                                    \
    M(TILE_DOT, 1, 1, 0, 1)                                                                    \
    M(TILE_DOT, 0, 1, 1, 0)                                                                    \
    M(TILE_DOT, 0, 2, 0, 1)                                                                    \
    M(TILE_DOT, 0, 0, 0, 1)
#define FIVE_PRODUCTS(M, TILE_DOT)                                                             \
    M(TILE_DOT, 2, 0, 1, 1)                                                                    \
    M(TILE_DOT, 1, 0, 1, 0)                                                                    \
    M(TILE_DOT, 1, 1, 0, 1)                                                                    \
    M(TILE_DOT, 0, 1, 1, 0)                                                                    \
    M(TILE_DOT, 0, 0, 0, 1)
#define THREE_PRODUCTS(M, TILE_DOT)                                                            \
    M(TILE_DOT, 2, 0, 1, 1)                                                                    \
    M(TILE_DOT, 1, 0, 1, 0)                                                                    \
    M(TILE_DOT, 0, 0, 1, 0)
#define HIGH_PRODUCTS(M, TILE_DOT)                                                             \
    M(TILE_DOT, 0, 1, 1, 1)                                                                    \
    M(TILE_DOT, 0, 0, 0, 1)                                                                    \
    M(TILE_DOT, 1, 0, 1, 0)
#define TWO_PRODUCTS(M, TILE_DOT)                                                              \
    M(TILE_DOT, 1, 0, 1, 1)                                                                    \
    M(TILE_DOT, 0, 0, 1, 0)
#define ONE_PRODUCT(M, TILE_DOT) M(TILE_DOT, 0, 0, 1, 1)

TILE_BLOCKS(six, TILE_BF16, SIX_PRODUCTS)
TILE_BLOCKS(five, TILE_BF16, FIVE_PRODUCTS)
TILE_BLOCKS(three, TILE_BF16, THREE_PRODUCTS)
TILE_BLOCKS(high, TILE_BF16, HIGH_PRODUCTS)
TILE_BLOCKS(two, TILE_BF16, TWO_PRODUCTS)
TILE_BLOCKS(one, TILE_BF16, ONE_PRODUCT)

/* How a weight's dtype is multiplied at a precision. */
struct way {
    tile_block_fn *const *blocks;
    size_t n_w_planes;
};

static struct way way_of(pw_precision precision, pw_dtype dtype)
{
    static const struct way f32[] = {{six, 3}, {high, 2}, {one, 1}};
    static const struct way f16[] = {{five, 2}, {high, 2}, {one, 1}};
    static const struct way short_ones[] = {{three, 1}, {two, 1}, {one, 1}};

    if (dtype == PW_F32)
        return f32[precision];
    return dtype == PW_F16 ? f16[precision] : short_ones[precision];
}

/* The scratch, args->panel. */
struct scratch {
    float totals[TILES_MAX][TILE_SUMS];
    float sums[BLOCK_TILES][TILE_SUMS];
    char planes[PWI_K_RUN / STEP_K][SPLIT_TERMS_MAX][STEP_BYTES];
};

/* Terms of a row of x. */
static size_t n_x_planes(const pwi_product *product)
{
    return SPLIT_TERMS_MAX - (size_t)product->precision;
}

struct job {
    const pwi_gemm_args *args;
    struct way way;
    struct scratch *scratch;
    size_t panel, first_tile, n_tiles; /* row tiles of this pass over the panel */
};

/* The run of w from column first_k on: where it is packed if it is bf16, else split. */
static void take_run(const struct job *job, size_t first_k, struct tile_operands *operands)
{
    const pwi_packed *w = job->args->w;
    const size_t size = pw_dtype_bits(w->dtype) / 8;
    const char *packed =
        (const char *)w->data + (job->panel * w->k_padded + first_k) * NR * size;

    operands->n_steps = smaller(PWI_K_RUN, w->k_padded - first_k) / STEP_K;
    operands->w_stride = 2 * 2 * NR;
    operands->w_plane = STEP_BYTES;
    if (w->dtype == PW_BF16) {
        operands->w = packed;
        operands->w_step = STEP_BYTES;
        return;
    }
    operands->w = job->scratch->planes[0][0];
    operands->w_step = SPLIT_TERMS_MAX * STEP_BYTES;
    for (size_t i = 0; i < operands->n_steps; i++)
        split_weights(job->scratch->planes[i][0], STEP_BYTES, job->way.n_w_planes,
                      packed + i * STEP_K * NR * size, w->dtype, STEP_K * NR);
}

static void add_sums(float *totals, const float *sums, size_t n)
{
    for (size_t i = 0; i < n; i += LANES)
        _mm512_storeu_ps(totals + i,
                         _mm512_add_ps(_mm512_loadu_ps(totals + i), _mm512_loadu_ps(sums + i)));
}

/* The totals of the job's rows, plus one run. */
static void multiply_run(const struct job *job, size_t first_k)
{
    const pwi_gemm_args *args = job->args;
    struct tile_operands operands = {.x_stride = args->x_stride,
                                     .x_plane = args->w->k_padded * 2};
    size_t height;

    take_run(job, first_k, &operands);
    for (size_t i = 0; i < job->n_tiles; i += height) {
        float *totals = job->scratch->totals[i], *sums = job->scratch->sums[0];

        height = block_height(job->n_tiles - i);
        point_at_rows(&operands, args, job->first_tile + i, height, first_k * 2);
        job->way.blocks[height](first_k == 0 ? totals : sums, &operands);
        if (first_k > 0)
            add_sums(totals, sums, height * TILE_SUMS);
    }
}

/* Element [row, column] of the product of the terms' sums, one FMA chain a run. */
static float plain_sum(const pwi_gemm_args *args, size_t row, size_t column)
{
    const pwi_packed *w = args->w;
    const char *x = (const char *)args->x + row * args->x_stride;
    const size_t size = pw_dtype_bits(w->dtype) / 8;
    const char *panel = (const char *)w->data + column / NR * pwi_packed_panel_bytes(w);
    float total = 0.0f;

    for (size_t first = 0; first < w->k; first += PWI_K_RUN) {
        float sum = 0.0f;

        for (size_t i = first; i < smaller(w->k, first + PWI_K_RUN); i++)
            sum = fmaf(
                joined(x, w->k_padded, n_x_planes(w->product), i),
                weight_at(panel + ((i / 2 * NR + column % NR) * 2 + i % 2) * size, w->dtype),
                sum);
        total += sum;
    }
    return total;
}

/* Terms of infinite numbers multiply to NaN, and terms of large ones may overflow where the
 * numbers do not: a sum that is not finite is made again, without terms. Columns behind the
 * matrix have no sums. */
static void repair(const pwi_gemm_args *args, float *totals, size_t row, size_t column,
                   unsigned lanes)
{
    for (size_t i = 0; i < LANES && column + i < args->w->n; i++)
        if (lanes >> i & 1)
            totals[i] = plain_sum(args, row, column + i);
}

/* totals [n_rows, NR] of the rows from first_row on: repaired, scaled. */
static void finish(const pwi_gemm_args *args, float *totals, size_t first_row, size_t n_rows,
                   size_t first_column)
{
    const __m512i infinity = _mm512_set1_epi32(0x7F800000);
    const __m512 scale = _mm512_set1_ps(args->w->scale);

    for (size_t i = 0; i < n_rows * NR; i += LANES) {
        const __m512i bits = _mm512_loadu_si512(totals + i);
        const unsigned not_finite =
            _mm512_cmpeq_epi32_mask(_mm512_and_si512(bits, infinity), infinity);

        if (not_finite != 0)
            repair(args, totals + i, first_row + i / NR, first_column + i % NR, not_finite);
        _mm512_storeu_ps(totals + i, _mm512_mul_ps(_mm512_loadu_ps(totals + i), scale));
    }
}

/* Rows of the job's tiles times its panel. */
static void multiply_tiles(const struct job *job)
{
    const pwi_gemm_args *args = job->args;
    const size_t column = job->panel * NR;

    if (args->w->k_padded == 0)
        memset(job->scratch->totals, 0, sizeof(job->scratch->totals));
    for (size_t first_k = 0; first_k < args->w->k_padded; first_k += PWI_K_RUN)
        multiply_run(job, first_k);
    for (size_t i = 0; i < job->n_tiles; i++) {
        const struct tile_rows rows = rows_of(job->first_tile + i, args->m);
        float *totals = job->scratch->totals[i] + rows.n_before * NR;

        finish(args, totals, rows.first, rows.n, column);
        store_block(args, totals, NR, rows.first, rows.n, column);
    }
}

static void gemm_bf16_amx(const pwi_gemm_args *args)
{
    const size_t n_tiles = n_row_tiles(args->m);
    struct job job = {.args = args,
                      .way = way_of(args->w->product->precision, args->w->dtype),
                      .scratch = args->panel};

    PW_ASSERT(args->w->product->nr == NR);
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

static size_t padded(size_t k)
{
    return (k + STEP_K - 1) / STEP_K * STEP_K;
}

/* Planes of a row, and a line more where rows would else lie an even number of lines apart and
 * share few sets of the cache. */
static size_t planes_bytes(size_t k, size_t n_planes)
{
    const size_t lines = padded(k) / STEP_K * n_planes;

    return (lines | 1) * TILE_BYTES;
}

#define TERMS(name, n)                                                                         \
    static size_t name##_bytes(size_t k)                                                       \
    {                                                                                          \
        return planes_bytes(k, n);                                                             \
    }                                                                                          \
                                                                                               \
    static void prepare_##name(void *input, const float *x, size_t k)                          \
    {                                                                                          \
        if ((n) == 1)                                                                          \
            narrow_row(input, x, k, padded(k));                                                \
        else                                                                                   \
            split_row(input, x, k, padded(k), n);                                              \
    }

TERMS(three, 3)
TERMS(two, 2)
TERMS(one, 1)

static const pwi_product *products(pw_precision precision)
{
#define PRODUCT(product_name, product_precision, product_store, terms)                         \
    {                                                                                          \
        .name = product_name, .precision = product_precision, .nr = NR,                        \
        .mr = 2 * TILE_ROWS_MAX, .k_group = 2, .k_unit = STEP_K, .store = product_store,       \
        .input_bytes = terms##_bytes, .prepare = prepare_##terms, .panel_bytes = panel_bytes,  \
        .gemm = gemm_bf16_amx,                                                                 \
    }

    static const pwi_product all[] = {
        PRODUCT("bf16x3", PW_PRECISION_HIGHEST, PW_F32, three),
        PRODUCT("bf16x2", PW_PRECISION_HIGH, PW_F32, two),
        PRODUCT("bf16", PW_PRECISION_MEDIUM, PW_BF16, one),
    };

    return &all[precision];
}

void PWI_FILL(amx_gemm_bf16)(pwi_kernels *kernels)
{
    for (int i = PW_PRECISION_HIGHEST; i <= PW_PRECISION_MEDIUM; i++)
        pwi_products_put(kernels, (pw_precision)i, products((pw_precision)i));
}
