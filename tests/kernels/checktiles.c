/* SPDX-License-Identifier: MIT */
/* checktiles: the natively compiled kernels of the amx level against the emulated ones, bit for
 * bit. Where the machine has AMX it holds the emulation to the machine; where it has AVX-512
 * alone, the tile instructions are trapped and performed (trap_amx.c), which holds the compiled
 * code to its text: a tile configuration that a compiler drops or a store that it
 * moves behind a tile's load shows here. */
#include <stdlib.h>

#include "base/cpu.h"
#include "base/rng.h"
#include "checkkern.h"
#include "kernels/levels.h"
#include "trap_amx.h"

#define SKIPPED 77

static const pw_dtype dtypes[] = {PW_F32, PW_F16, PW_BF16, PW_F8_E4M3, PW_F8_E5M2};

static const size_t shapes[][3] = {
    {1, 1, 1},    {2, 33, 31},  {15, 40, 32},   {16, 64, 300}, {17, 7, 256},
    {33, 65, 70}, {48, 32, 64}, {77, 100, 513}, {272, 5, 33},
};

/* A matrix and its rows, as a table's product wants them. */
struct problem {
    size_t m, n, k;
    const pwi_product *product;
    pwi_packed w;
    char *rows;
    size_t row_bytes;
    void *panel;
    float *out;
};

static void *room(size_t bytes)
{
    void *p = aligned_alloc(64, (bytes + 64) / 64 * 64);

    if (p == NULL)
        exit(2);
    return p;
}

static void *take(void *ctx, size_t size, size_t align)
{
    (void)ctx;
    return aligned_alloc(align, (size + align - 1) / align * align);
}

static void put_back(void *ctx, void *p, size_t size, size_t align)
{
    (void)ctx, (void)size, (void)align;
    free(p);
}

static const pw_allocator allocator = {NULL, take, put_back};

static struct problem problem_new(const pwi_kernels *kernels, int precision,
                                  const size_t mnk[3], pw_dtype dtype, const float *x,
                                  const void *weights)
{
    const pwi_product *product = &kernels->products[precision];
    struct problem p = {.m = mnk[0], .n = mnk[1], .k = mnk[2], .product = product};

    p.row_bytes = product->prepare == NULL ? p.k * sizeof(float) : product->input_bytes(p.k);
    p.rows = room(p.m * p.row_bytes);
    p.panel = room(product->panel_bytes(p.k));
    p.out = room(p.m * p.n * sizeof(float));
    memset(p.out, 0, p.m * p.n * sizeof(float));
    if (pwi_pack(&p.w, &allocator, product, dtype, p.n, p.k, 1.0f, NULL) != PW_OK)
        exit(2);
    pwi_pack_rows(&p.w, kernels, 0, p.n, weights, dtype);
    for (size_t i = 0; i < p.m; i++)
        if (product->prepare == NULL)
            memcpy(p.rows + i * p.row_bytes, x + i * p.k, p.row_bytes);
        else
            product->prepare(p.rows + i * p.row_bytes, x + i * p.k, p.k);
    return p;
}

static void multiply(const struct problem *p, const float *bias, pwi_epilogue epilogue)
{
    const pwi_gemm_args args = {.out = p->out,
                                .out_stride = p->n,
                                .x = p->rows,
                                .x_stride = p->row_bytes,
                                .m = p->m,
                                .w = &p->w,
                                .n_panels = (p->n + p->product->nr - 1) / p->product->nr,
                                .bias = bias,
                                .epilogue = epilogue,
                                .panel = p->panel};

    p->product->gemm(&args);
}

static void problem_free(struct problem *p)
{
    pwi_packed_free(&p->w);
    free(p->rows);
    free(p->panel);
    free(p->out);
}

/* Bytes of weights that are numbers of the dtype near 1 in magnitude. */
static void *draw_weights(uint64_t key, size_t n, pw_dtype dtype)
{
    unsigned char *bytes = room(n * pw_dtype_bits(dtype) / 8);

    for (size_t i = 0; i < n; i++) {
        const float value = pwi_random_normal(key, i);
        const uint64_t bits = pwi_random_bits(key, i);
        const uint16_t half = (uint16_t)(0x3800 + (bits & 0x87FF));

        if (dtype == PW_F32)
            memcpy(bytes + 4 * i, &value, 4);
        else if (dtype == PW_F16 || dtype == PW_BF16)
            memcpy(bytes + 2 * i, &half, 2);
        else
            bytes[i] = (unsigned char)(bits & 0xBF);
    }
    return bytes;
}

/* Returns whether both tables give the same bits. */
static bool agree(uint64_t key, const pwi_kernels tables[2], int precision, const size_t mnk[3],
                  pw_dtype dtype, pwi_epilogue epilogue)
{
    float *x = room(mnk[0] * mnk[2] * sizeof(float)), *bias = room(mnk[1] * sizeof(float));
    void *weights = draw_weights(key, mnk[1] * mnk[2], dtype);
    struct problem p[2];
    bool is_same;

    for (size_t i = 0; i < mnk[0] * mnk[2]; i++)
        x[i] = pwi_random_normal(key + 1, i);
    for (size_t i = 0; i < mnk[1]; i++)
        bias[i] = pwi_random_normal(key + 2, i);
    for (size_t i = 0; i < 2; i++) {
        p[i] = problem_new(&tables[i], precision, mnk, dtype, x, weights);
        multiply(&p[i], bias, epilogue);
    }
    is_same = memcmp(p[0].out, p[1].out, mnk[0] * mnk[1] * sizeof(float)) == 0;
    if (!is_same)
        printf("FAILED %s %s, %zu x %zu x %zu: other bits than emulated\n", p[0].product->name,
               pw_dtype_name(dtype), mnk[0], mnk[1], mnk[2]);
    problem_free(&p[0]);
    problem_free(&p[1]);
    free(x);
    free(bias);
    free(weights);
    return is_same;
}

int main(void)
{
    const struct check_table emulated = {"amx:emulated", PW_LEVEL_AMX, PWI_CPU_AVX512_VNNI,
                                         true};
    const bool has_amx = pw_level_available(PW_LEVEL_AMX);
    const uint64_t key = pwi_random_key(1, "checktiles");
    pwi_kernels tables[2]; /* native, emulated */
    size_t n_compared = 0, n_failed = 0;

    if (!pw_level_available(PW_LEVEL_AVX512) || !check_fill_emulated(&emulated, &tables[1])) {
        puts("skipped: this machine lacks AVX-512");
        return SKIPPED;
    }
    pwi_kernels_select(&tables[0], PW_LEVEL_AMX, PWI_CPU_ALL);
    pwi_kernels_amx(&tables[0], PWI_CPU_ALL);
    if (!has_amx)
        trap_amx();
    for (int precision = 0; precision < PW_N_PRECISIONS; precision++)
        for (size_t d = 0; d < COUNT(dtypes); d++)
            for (size_t i = 0; i < COUNT(shapes); i++, n_compared++)
                n_failed += !agree(key, tables, precision, shapes[i], dtypes[d],
                                   (pwi_epilogue)(i % PWI_N_EPILOGUES));
    pwi_kernels_select(&tables[0], PW_LEVEL_AVX512, PWI_CPU_ALL);
    for (size_t i = 0; i < COUNT(shapes); i++, n_compared++) /* the same integers in vectors */
        n_failed += !agree(key, tables, PW_PRECISION_INT8, shapes[i], PW_F32,
                           (pwi_epilogue)(i % PWI_N_EPILOGUES));
    printf("tiles %s: %zu of %zu products have the emulated bits\n",
           has_amx ? "of this machine" : "trapped, for this machine has none",
           n_compared - n_failed, n_compared);
    return n_failed == 0 ? 0 : 1;
}
