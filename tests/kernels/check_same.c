/* SPDX-License-Identifier: MIT */
/* Emulated and native builds of one level give the same bits, so that what is checked emulated
 * on any machine holds where the level runs. */
#include <stdlib.h>

#include "checkkern.h"

#define N_ROWS 33
#define WIDTH  150

/* Both tables of a test, and rows of numbers: ordinary ones, then of all magnitudes, NaN. */
struct pair {
    pwi_kernels native;
    float x[3 * N_ROWS * WIDTH], want[N_ROWS * WIDTH], got[N_ROWS * WIDTH];
};

static struct pair *pair_new(struct check *check)
{
    struct pair *pair = calloc(1, sizeof(*pair));

    if (pair == NULL || check_native_of(check->table, &pair->native) == NULL)
        exit(2);
    check_fill(check, pair->x, COUNT(pair->x), 3.0f);
    return pair;
}

static void compare(struct check *check, const struct pair *pair, const char *what)
{
    size_t i = 0;

    while (i < COUNT(pair->got) && memcmp(pair->got + i, pair->want + i, sizeof(float)) == 0)
        i++;
    if (i < COUNT(pair->got))
        check_fail(check, "%s: element %zu is %a emulated and %a natively", what, i,
                   (double)pair->got[i], (double)pair->want[i]);
}

/* Every bit pattern is drawn, NaN aside: its payload is nobody's promise. */
static void fill_hostile(struct check *check, float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t bits = (uint32_t)check_bits(check);

        memcpy(&x[i], &bits, sizeof(bits));
        if (isnan(x[i]))
            x[i] = 0.0f;
    }
}

typedef void activation_fn(float *out, const float *x, size_t n);

static void activations(struct check *check, activation_fn *emulated, activation_fn *native,
                        struct pair *pair)
{
    emulated(pair->got, pair->x, COUNT(pair->got));
    native(pair->want, pair->x, COUNT(pair->want));
    compare(check, pair, "ordinary values");
    fill_hostile(check, pair->x, COUNT(pair->got));
    emulated(pair->got, pair->x, COUNT(pair->got));
    native(pair->want, pair->x, COUNT(pair->want));
    for (size_t i = 0; i < COUNT(pair->got); i++)
        if (isnan(pair->got[i]) && isnan(pair->want[i]))
            pair->got[i] = pair->want[i] = 0.0f;
    compare(check, pair, "any values");
}

static void quick_gelu(struct check *check)
{
    struct pair *pair = pair_new(check);

    activations(check, check->kernels->quick_gelu, pair->native.quick_gelu, pair);
    free(pair);
}

static void gelu(struct check *check)
{
    struct pair *pair = pair_new(check);

    activations(check, check->kernels->gelu, pair->native.gelu, pair);
    free(pair);
}

static void layer_norm(struct check *check)
{
    struct pair *pair = pair_new(check);
    const float *gain = pair->x + COUNT(pair->got), *bias = gain + WIDTH;

    for (size_t dim = 1; dim <= WIDTH; dim += 7) {
        check->kernels->layer_norm(pair->got, WIDTH, pair->x, WIDTH, gain, bias, N_ROWS, dim,
                                   1e-5f);
        pair->native.layer_norm(pair->want, WIDTH, pair->x, WIDTH, gain, bias, N_ROWS, dim,
                                1e-5f);
        compare(check, pair, "rows");
    }
    free(pair);
}

static void attend(const pwi_kernels *kernels, float *out, const struct pair *pair,
                   size_t head_dim)
{
    uint32_t rows[N_ROWS], n_visible[N_ROWS];
    float scores[(N_ROWS + 15) / 16 * 16];

    for (uint32_t i = 0; i < N_ROWS; i++) {
        rows[i] = i;
        n_visible[i] = i % 5 == 4 ? 0 : i + 1;
    }
    kernels->attention(&(const pwi_attention_args){
        out, WIDTH, pair->x, pair->x + WIDTH, pair->x + 2 * WIDTH, 3 * WIDTH, head_dim, 0.2f,
        rows, N_ROWS, rows, n_visible, scores});
}

static void attention(struct check *check)
{
    struct pair *pair = pair_new(check);

    for (size_t head_dim = 1; head_dim <= WIDTH; head_dim += 13) {
        attend(check->kernels, pair->got, pair, head_dim);
        attend(&pair->native, pair->want, pair, head_dim);
        compare(check, pair, "rows");
    }
    free(pair);
}

/* Rows and weights as each build's own product wants them. */
static void multiply(struct check *check, const pwi_kernels *kernels, float *out,
                     const struct pair *pair, pw_dtype dtype, pwi_epilogue epilogue)
{
    struct check own = {.kernels = kernels, .key = check->key};
    const pwi_product *product = &kernels->products[check->product - check->kernels->products];
    struct weight weight;
    struct guarded rows, panel;
    const size_t k = WIDTH * 2, nr = product->nr;
    size_t row_bytes = k * sizeof(float);

    own.product = product;
    weight = weight_new(&own, dtype, WIDTH, k, 0.7f);
    if (product->input_bytes != NULL)
        row_bytes = product->input_bytes(k);
    rows = guarded_new((N_ROWS * row_bytes + 63) / 64 * 64, GUARD_END);
    panel = guarded_new((product->panel_bytes(k) + 63) / 64 * 64, GUARD_END);
    for (size_t i = 0; i < N_ROWS; i++)
        if (product->prepare != NULL)
            product->prepare((char *)rows.data + i * row_bytes, pair->x + i * k, k);
        else
            memcpy((char *)rows.data + i * row_bytes, pair->x + i * k, row_bytes);
    memcpy(out, pair->x, N_ROWS * WIDTH * sizeof(float));
    product->gemm(&(const pwi_gemm_args){out, WIDTH, rows.data, row_bytes, N_ROWS,
                                         &weight.packed, 0, (WIDTH + nr - 1) / nr, pair->x,
                                         epilogue, panel.data});
    guarded_free(&rows);
    guarded_free(&panel);
    weight_free(&weight);
}

static void gemm(struct check *check)
{
    static const pw_dtype dtypes[] = {PW_F32, PW_F16, PW_BF16, PW_F8_E4M3, PW_F8_E5M2};
    struct pair *pair = pair_new(check);

    for (size_t i = 0; i < COUNT(dtypes); i++)
        for (int epilogue = 0; epilogue < PWI_N_EPILOGUES; epilogue++) {
            multiply(check, check->kernels, pair->got, pair, dtypes[i], (pwi_epilogue)epilogue);
            multiply(check, &pair->native, pair->want, pair, dtypes[i], (pwi_epilogue)epilogue);
            compare(check, pair, pw_dtype_name(dtypes[i]));
        }
    free(pair);
}

const struct check_test check_same_tests[] = {
    {"layer_norm", "emulated, the native bits", layer_norm},
    {"gemm", "emulated, the native bits", gemm},
    {"attention", "emulated, the native bits", attention},
    {"quick_gelu", "emulated, the native bits", quick_gelu},
    {"gelu", "emulated, the native bits", gelu},
    {NULL, NULL, NULL},
};
