/* SPDX-License-Identifier: MIT */
/* pwi_gemm and pwi_gemm_chain beyond one product: rows prepared run by run, results that become
 * the next product's rows, and two products in one call, each against the plain way, to the
 * bit.
 */
#include <stdlib.h>

#include "check_operands.h"
#include "checkkern.h"

/* A layer: weights, bias, and rows for its results. */
struct layer {
    struct weight weight;
    struct matrix bias, out;
};

static struct layer layer_new(struct check *check, size_t m, size_t n, size_t k, pw_dtype dtype)
{
    struct layer layer = {
        .weight = weight_new(check, dtype, n, k, 1.0f),
        .bias = matrix_new(1, n, n, GUARD_END),
        .out = matrix_new(m, n, n + 3, GUARD_END),
    };

    matrix_fill(check, &layer.bias, 0.5f);
    return layer;
}

static void layer_free(struct layer *layer)
{
    weight_free(&layer->weight);
    matrix_free(&layer->bias);
    matrix_free(&layer->out);
}

static pwi_gemm_part part_of(const struct layer *layer)
{
    return (pwi_gemm_part){&layer->weight.packed, layer->bias.data, layer->out.data,
                           layer->out.stride};
}

static pwi_gemm_input input_of(const struct matrix *x, size_t m)
{
    return (pwi_gemm_input){.x = x->data, .stride = x->stride, .n_rows = m};
}

/* A context whose kernels are those under test. */
static pw_context *context_of(const struct check *check, int32_t n_threads)
{
    pw_context_options options;
    pw_context *ctx;

    pw_context_options_init(&options);
    options.n_threads = n_threads;
    if (pw_context_create(&ctx, &options, NULL) != PW_OK)
        exit(2);
    *(pwi_kernels *)pwi_context_kernels(ctx) = *check->kernels;
    return ctx;
}

/* The rows of a matrix one behind the other; the caller frees. */
static float *dense(const struct matrix *matrix, size_t m, size_t n)
{
    float *copy = malloc((m * n + 1) * sizeof(*copy));

    if (copy == NULL)
        exit(2);
    for (size_t row = 0; row < m; row++)
        memcpy(copy + row * n, matrix->data + row * matrix->stride, n * sizeof(*copy));
    return copy;
}

static void fill(struct matrix *matrix, size_t m, size_t n, float value)
{
    for (size_t row = 0; row < m; row++)
        for (size_t column = 0; column < n; column++)
            matrix->data[row * matrix->stride + column] = value;
}

/* m rows of k through n_inner to n results. */
static void compare_chain(struct check *check, pw_context *ctx, const size_t sizes[4],
                          pw_dtype dtype)
{
    const size_t m = sizes[0], k = sizes[1], n_inner = sizes[2], n = sizes[3];
    const size_t k_max = k > n_inner ? k : n_inner;
    struct matrix x = matrix_new(m, k, k, GUARD_END);
    struct layer first = layer_new(check, m, n_inner, k, dtype);
    struct layer second = layer_new(check, m, n, n_inner, dtype);
    const pwi_gemm_part parts[] = {part_of(&first), part_of(&second)};
    const pwi_gemm_input input = input_of(&x, m), inner = input_of(&first.out, m);
    struct guarded memory;
    float *scratch, *want, *got;

    scratch =
        guarded_floats(&memory, pwi_gemm_scratch(ctx, check->product, m, k_max), GUARD_END);
    matrix_fill(check, &x, 1.0f);
    fill(&second.out, m, n, 1.0f);
    pwi_gemm(ctx, &input, &parts[0], 1, PWI_EPILOGUE_QUICK_GELU, scratch);
    pwi_gemm(ctx, &inner, &parts[1], 1, PWI_EPILOGUE_ADD, scratch);
    want = dense(&second.out, m, n);
    fill(&second.out, m, n, 1.0f);
    pwi_gemm_chain(ctx, &input, &parts[0], PWI_EPILOGUE_QUICK_GELU, &parts[1], PWI_EPILOGUE_ADD,
                   scratch);
    got = dense(&second.out, m, n);
    if (memcmp(got, want, m * n * sizeof(*got)) != 0)
        check_fail(check, "%zu x %zu x %zu x %zu in %s on %d threads: other bits in a chain", m,
                   k, n_inner, n, pw_dtype_name(dtype), (int)pw_context_n_threads(ctx));
    free(want);
    free(got);
    guarded_free(&memory);
    layer_free(&first);
    layer_free(&second);
    matrix_free(&x);
}

static void same_bits_in_a_chain(struct check *check)
{
    static const size_t cases[][4] = {
        {1, 16, 7, 3}, {29, 96, 256, 40}, {77, 64, 600, 33}, {200, 33, 513, 16}};
    static const pw_dtype dtypes[] = {PW_F32, PW_F16, PW_F8_E4M3};

    for (int32_t n_threads = 1; n_threads <= 3; n_threads++) {
        pw_context *ctx = context_of(check, n_threads);

        for (size_t i = 0; i < COUNT(cases); i++)
            compare_chain(check, ctx, cases[i],
                          dtypes[(i + (size_t)n_threads) % COUNT(dtypes)]);
        pw_context_free(ctx);
    }
}

static void same_rows_run_by_run(struct check *check)
{
    static const size_t widths[] = {1, 15, 64, 255, 256, 257, 600, 768};
    const pwi_product *product = check->product;

    for (size_t i = 0; i < COUNT(widths) && product->prepare_run != NULL; i++) {
        const size_t k = widths[i], size = product->input_bytes(k);
        struct matrix x = matrix_new(1, k, k, GUARD_END);
        struct guarded whole = guarded_new(size, GUARD_END),
                       runs = guarded_new(size, GUARD_END);

        matrix_fill(check, &x, 1.0f);
        memset(whole.data, 0, size);
        memset(runs.data, 0, size);
        product->prepare(whole.data, x.data, k);
        for (size_t first = 0; first < k; first += PWI_K_RUN)
            product->prepare_run(runs.data, k, first, x.data + first,
                                 k - first < PWI_K_RUN ? k - first : PWI_K_RUN);
        if (memcmp(whole.data, runs.data, size) != 0)
            check_fail(check, "a row of %zu, run by run: other bytes", k);
        guarded_free(&whole);
        guarded_free(&runs);
        matrix_free(&x);
    }
}

/* int8's product and medium's in one call, with the norm that both share. */
static void same_bits_beside_another(struct check *check)
{
    enum {
        M = 61,
        K = 300,
        N = 48
    };
    struct check medium = *check;
    struct layer here, there;
    struct matrix x = matrix_new(M, K, K, GUARD_END), norm = matrix_new(2, K, K, GUARD_END);
    pw_context *ctx = context_of(check, 2);
    struct guarded memory;
    pwi_gemm_input input = input_of(&x, M);
    pwi_gemm_part parts[2];
    float *scratch, *want[2], *got[2];

    medium.product = &check->kernels->products[PW_PRECISION_MEDIUM];
    scratch = guarded_floats(&memory, pwi_gemm_scratch(ctx, check->product, M, K), GUARD_END);
    here = layer_new(check, M, N, K, PW_F16);
    there = layer_new(check->product->precision == PW_PRECISION_INT8 ? &medium : check, M, N, K,
                      PW_F16);
    matrix_fill(check, &x, 1.0f);
    matrix_fill(check, &norm, 1.0f);
    input.gain = norm.data;
    input.bias = norm.data + norm.stride;
    input.epsilon = 1e-5f;
    parts[0] = part_of(&here);
    parts[1] = part_of(&there);
    for (size_t i = 0; i < 2; i++)
        pwi_gemm(ctx, &input, &parts[i], 1, PWI_EPILOGUE_STORE, scratch);
    want[0] = dense(&here.out, M, N);
    want[1] = dense(&there.out, M, N);
    fill(&here.out, M, N, 0.0f);
    fill(&there.out, M, N, 0.0f);
    pwi_gemm(ctx, &input, parts, 2, PWI_EPILOGUE_STORE, scratch);
    got[0] = dense(&here.out, M, N);
    got[1] = dense(&there.out, M, N);
    for (size_t i = 0; i < 2; i++) {
        if (memcmp(want[i], got[i], M * N * sizeof(float)) != 0)
            check_fail(check, "part %zu beside another: other bits", i);
        free(want[i]);
        free(got[i]);
    }
    guarded_free(&memory);
    layer_free(&here);
    layer_free(&there);
    matrix_free(&norm);
    matrix_free(&x);
    pw_context_free(ctx);
}

const struct check_test check_chain_tests[] = {
    {"gemm", "same bits in a chain", same_bits_in_a_chain},
    {"gemm", "same rows run by run", same_rows_run_by_run},
    {"gemm", "same bits beside another product", same_bits_beside_another},
    {NULL, NULL, NULL},
};
