/* SPDX-License-Identifier: MIT */
/* gemm: SUM, and the promise about bits: an element depends on its row and its column alone. */
#include <stdlib.h>

#include "check_operands.h"
#include "checkkern.h"

/* The bound's constant: error <= C sqrt(K) roundoff sum |x w|. */
#define C 0.5

/* Products of integers sum exactly, then round a few times: to a float, times two scales, and
 * once more with the runs before. */
#define C_OF_INTEGERS 4

/* Two terms each of x and w: what they leave, and the product of the second ones, is at most
 * 2^-16 of a product each. */
#define C_OF_TWO_TERMS (3 * 256)

static const pw_dtype dtypes[] = {PW_F32, PW_F16, PW_BF16, PW_F8_E4M3, PW_F8_E5M2};

struct problem {
    size_t m, n, k;
    struct matrix x, out, before, bias;
    struct weight weight;
    void *panel;
    struct guarded panel_memory, rows_memory;
    const char *rows; /* x as the product takes it */
    size_t row_bytes;
    bool has_bias;
    pwi_epilogue epilogue;
};

/* x into the product's form; to be called again when x has changed. */
static void prepare(struct check *check, struct problem *p)
{
    const pwi_product *product = check->product;

    if (product->prepare == NULL) {
        p->rows = (const char *)p->x.data;
        p->row_bytes = p->x.stride * sizeof(float);
        return;
    }
    for (size_t row = 0; row < p->m; row++)
        product->prepare((char *)p->rows_memory.data + row * p->row_bytes,
                         p->x.data + row * p->x.stride, p->k);
}

static struct problem problem_new(struct check *check, size_t m, size_t n, size_t k,
                                  pw_dtype dtype, float scale, size_t padding)
{
    const enum guard_side side = padding == 0 ? GUARD_START : GUARD_END;
    struct problem p = {
        .m = m,
        .n = n,
        .k = k,
        .x = matrix_new(m, k, k + padding, side),
        .out = matrix_new(m, n, n + 2 * padding, side),
        .before = matrix_new(m, n, n, side),
        .bias = matrix_new(1, n, n, side),
        .weight = weight_new(check, dtype, n, k, scale),
        .has_bias = true,
    };

    matrix_fill(check, &p.x, 1.0f);
    matrix_fill(check, &p.before, 1.0f);
    matrix_fill(check, &p.bias, 0.5f);
    p.panel_memory = guarded_new((check->product->panel_bytes(k) + 63) / 64 * 64, GUARD_END);
    p.panel = p.panel_memory.data;
    if (check->product->input_bytes != NULL)
        p.row_bytes = check->product->input_bytes(k);
    p.rows_memory = guarded_new(m * p.row_bytes, GUARD_END);
    p.rows = p.rows_memory.data;
    prepare(check, &p);
    return p;
}

static void problem_free(struct problem *p)
{
    matrix_free(&p->x);
    matrix_free(&p->out);
    matrix_free(&p->before);
    matrix_free(&p->bias);
    weight_free(&p->weight);
    guarded_free(&p->panel_memory);
    guarded_free(&p->rows_memory);
}

static size_t n_panels_of(const struct problem *p)
{
    return (p->n + p->weight.packed.product->nr - 1) / p->weight.packed.product->nr;
}

/* Rows first .. first + m - 1 times panels into out, whose row 0 is x's row `first`. */
static void multiply(struct check *check, const struct problem *p, float *out,
                     size_t out_stride, size_t first, size_t m, size_t first_panel,
                     size_t n_panels)
{
    const pwi_gemm_args args = {
        .out = out,
        .out_stride = out_stride,
        .x = p->rows + first * p->row_bytes,
        .x_stride = p->row_bytes,
        .m = m,
        .w = &p->weight.packed,
        .first_panel = first_panel,
        .n_panels = n_panels,
        .bias = p->has_bias ? p->bias.data : NULL,
        .epilogue = p->epilogue,
        .panel = p->panel,
    };

    check->product->gemm(&args);
}

/* What stands in out before: the residual. */
static void put_before(const struct problem *p, const struct matrix *out)
{
    for (size_t row = 0; row < p->m; row++)
        memcpy(out->data + row * out->stride, p->before.data + row * p->before.stride,
               p->n * sizeof(float));
}

static double finish(double value, double before, pwi_epilogue epilogue)
{
    switch (epilogue) {
    case PWI_EPILOGUE_ADD:
        return before + value;
    case PWI_EPILOGUE_QUICK_GELU:
        return value / (1 + exp(-1.702 * value));
    case PWI_EPILOGUE_GELU:
        return value * erfc(-value * sqrt(0.5)) / 2;
    default:
        return value;
    }
}

/* What a product may err beyond the sum, in roundoffs of the magnitudes. */
static double own_error(const pwi_product *product)
{
    if (strcmp(product->name, "bf16x2") == 0)
        return C_OF_TWO_TERMS;
    return product->limit > 0 ? C_OF_INTEGERS : 0.0;
}

static void compare_element(struct check *check, const struct problem *p,
                            const struct operands *operands, size_t row, size_t column)
{
    const double *x = operands->x + row * p->k, *w = operands->w + column * p->k;
    const double *x_magnitudes = operands->x_magnitudes + row * p->k;
    const double before = (double)p->before.data[row * p->before.stride + column];
    const double bias = p->has_bias ? (double)p->bias.data[column] : 0.0;
    const double own = own_error(check->product);
    double sum = bias, magnitude = fabs(bias);

    for (size_t i = 0; i < p->k; i++) {
        sum += x[i] * w[i];
        magnitude += x_magnitudes[i] * fabs(w[i]);
    }
    if (p->epilogue == PWI_EPILOGUE_ADD)
        magnitude += fabs(before);

    /* The activations' slopes stay under 1.13; their own error is 4 ulp. */
    const double want = finish(sum, before, p->epilogue);
    const double factor = 1.13 * (C * sqrt((double)p->k + 1.0) + own);
    const double bound =
        factor * CHECK_ROUNDOFF * magnitude + 8 * CHECK_ROUNDOFF * fabs(want) + 0x1p-148;

    check_near(check, p->out.data[row * p->out.stride + column], want, bound, "row, column",
               row, column);
}

static void run_and_compare(struct check *check, struct problem *p)
{
    struct operands operands =
        operands_new(check, &p->x, p->rows, p->row_bytes, p->weight.values, p->n);

    /* Weights of bf16 that have a scale are the file's. */
    if (strcmp(check->product->name, "bf16") == 0)
        operands_narrow(&operands, p->m * p->k,
                        p->weight.packed.dtype == PW_BF16 && p->weight.packed.scale == 1.0f
                            ? p->n * p->k
                            : 0);
    put_before(p, &p->out);
    multiply(check, p, p->out.data, p->out.stride, 0, p->m, 0, n_panels_of(p));
    for (size_t row = 0; row < p->m; row++)
        for (size_t column = 0; column < p->n; column++)
            compare_element(check, p, &operands, row, column);
    matrix_check_padding(check, &p->out, "out");
    operands_free(&operands);
}

static void shape(struct check *check, size_t m, size_t n, size_t k)
{
    const pw_dtype dtype = dtypes[check_below(check, COUNT(dtypes))];
    const float scale = check_below(check, 3) == 0 ? 0.37f : 1.0f;

    for (size_t padding = 0; padding < 4; padding += 3) {
        struct problem p = problem_new(check, m, n, k, dtype, scale, padding);

        p.epilogue = (pwi_epilogue)check_below(check, PWI_N_EPILOGUES);
        p.has_bias = check_below(check, 4) != 0;
        run_and_compare(check, &p);
        problem_free(&p);
    }
}

static void shapes(struct check *check)
{
    static const size_t ms[] = {0, 1, 2, 5, 6, 7, 12, 13},
                        ns[] = {1, 7, 8, 9, 15, 16, 17, 33, 64};
    static const size_t ks[] = {0, 1, 3, 4, 5, 7, 8, 9, 40, 255, 256, 257, 513};

    for (size_t i = 0; i < COUNT(ms); i++)
        for (size_t j = 0; j < COUNT(ns); j++)
            for (size_t l = (i + j) % 3; l < COUNT(ks); l += 3) /* each pair meets a third */
                shape(check, ms[i], ns[j], ks[l]);
    shape(check, 95, 40, 192);
    shape(check, 96, 40, 192);
    shape(check, 97, 40, 192);
    shape(check, 200, 17, 768);
    shape(check, 3, 100, 3072);
}

static void dtypes_and_epilogues(struct check *check)
{
    for (size_t d = 0; d < COUNT(dtypes); d++)
        for (int epilogue = 0; epilogue < PWI_N_EPILOGUES; epilogue++)
            for (int scaled = 0; scaled < 2; scaled++) {
                struct problem p =
                    problem_new(check, 7, 41, 300, dtypes[d], scaled ? 0.0123f : 1.0f, 1);

                p.epilogue = (pwi_epilogue)epilogue;
                run_and_compare(check, &p);
                p.has_bias = false;
                run_and_compare(check, &p);
                problem_free(&p);
            }
}

/* NaN and infinities stay in their rows and columns; denormals are not flushed. */
static void hostile_values(struct check *check)
{
    for (int epilogue = 0; epilogue < PWI_N_EPILOGUES; epilogue++) {
        struct problem p = problem_new(check, 13, 20, 70, PW_F32, 1.0f, 2);
        float *rows = p.x.data, column[70];

        p.epilogue = (pwi_epilogue)epilogue;
        rows[3 * p.x.stride + 69] = NAN;
        rows[5 * p.x.stride] = INFINITY;
        rows[6 * p.x.stride + 8] = -INFINITY;
        for (size_t i = 0; i < 70; i++) {
            rows[8 * p.x.stride + i] = 0.0f;
            rows[9 * p.x.stride + i] = 2.0f;
            rows[10 * p.x.stride + i] *= 1e-41f;
            rows[11 * p.x.stride + i] *= 1e30f;
        }
        prepare(check, &p);
        run_and_compare(check, &p);

        memcpy(column, p.weight.values + 17 * 70, sizeof(column));
        column[33] = p.weight.values[17 * 70 + 33] = INFINITY;
        pwi_pack_rows(&p.weight.packed, check->kernels, 17, 1, column, PW_F32);
        run_and_compare(check, &p);
        problem_free(&p);
    }
}

/* Sums as large as products of integers can get: every term at its limit and of one sign. */
static void largest_sums(struct check *check)
{
    const size_t k = 600;
    struct problem p = problem_new(check, 8, 40, k, PW_F32, 1.0f, 1);

    for (size_t i = 0; i < k; i++) {
        const float sign = check_below(check, 2) == 0 ? 1.0f : -1.0f;

        for (size_t row = 0; row < p.m; row++)
            p.x.data[row * p.x.stride + i] = (row % 2 == 0 ? sign : 1.0f) * (float)(1 + row);
        for (size_t column = 0; column < p.n; column++)
            p.weight.values[column * k + i] = column % 3 == 0 ? sign : 1.0f;
    }
    for (size_t row = 0; row < p.m; row++)
        p.x.data[row * p.x.stride + 300] *= row < 4 ? 1.0f : 3e5f; /* one among small ones */
    pwi_pack_rows(&p.weight.packed, check->kernels, 0, p.n, p.weight.values, PW_F32);
    prepare(check, &p);
    run_and_compare(check, &p);
    problem_free(&p);
}

/* The whole product, the truth for the tests of bits. */
static float *whole(struct check *check, const struct problem *p)
{
    float *out = malloc(p->m * p->n * sizeof(float));

    if (out == NULL)
        exit(2);
    memcpy(out, p->before.data, p->m * p->n * sizeof(float));
    multiply(check, p, out, p->n, 0, p->m, 0, n_panels_of(p));
    return out;
}

/* Rows and panels of a part of the product against the whole. */
static void compare_part(struct check *check, const struct problem *p, const float *want,
                         size_t first, size_t m, size_t first_panel, size_t n_panels)
{
    const size_t nr = p->weight.packed.product->nr, column = first_panel * nr;
    const size_t end = column + n_panels * nr < p->n ? column + n_panels * nr : p->n;

    for (size_t row = 0; row < m; row++)
        memcpy(p->out.data + row * p->out.stride, p->before.data + (first + row) * p->n,
               p->n * sizeof(float));
    multiply(check, p, p->out.data, p->out.stride, first, m, first_panel, n_panels);
    for (size_t row = 0; row < m; row++)
        if (memcmp(p->out.data + row * p->out.stride + column,
                   want + (first + row) * p->n + column, (end - column) * sizeof(float)) != 0)
            check_fail(check, "row %zu among rows %zu..%zu, panels %zu..%zu: other bits",
                       first + row, first, first + m - 1, first_panel,
                       first_panel + n_panels - 1);
}

static void same_bits_in_parts(struct check *check)
{
    for (size_t d = 0; d < COUNT(dtypes); d++) {
        struct problem p = problem_new(check, 77, 50, 300, dtypes[d], 1.0f, 1);
        float *want;

        p.epilogue = (pwi_epilogue)(d % PWI_N_EPILOGUES);
        want = whole(check, &p);
        for (size_t m = 1; m <= 77; m += d == 0 ? 1 : 6) {
            const size_t first = check_below(check, 77 - m + 1);
            const size_t panel = check_below(check, n_panels_of(&p));
            const size_t n_panels = 1 + check_below(check, n_panels_of(&p) - panel);

            compare_part(check, &p, want, 0, m, 0, n_panels_of(&p));
            compare_part(check, &p, want, first, m, panel, n_panels);
        }
        free(want);
        problem_free(&p);
    }
}

/* One product by pwi_gemm against one call of the kernel. */
static void compare_pooled(struct check *check, const pw_context *ctx, const size_t mnk[3],
                           pw_dtype dtype, pwi_epilogue epilogue)
{
    struct problem p = problem_new(check, mnk[0], mnk[1], mnk[2], dtype, 1.0f, 0);
    struct guarded memory;
    float *scratch = guarded_floats(
        &memory, pwi_gemm_scratch(ctx, check->product, mnk[0], mnk[2]), GUARD_END);
    const pwi_gemm_input input = {.x = p.x.data, .stride = p.x.stride, .n_rows = p.m};
    const pwi_gemm_part part = {&p.weight.packed, p.bias.data, p.out.data, p.out.stride};
    float *want;

    p.epilogue = epilogue;
    want = whole(check, &p);
    put_before(&p, &p.out);
    pwi_gemm(ctx, &input, &part, 1, p.epilogue, scratch);
    if (memcmp(p.out.data, want, p.m * p.n * sizeof(float)) != 0)
        check_fail(check, "%zu x %zu x %zu on %d threads: other bits", mnk[0], mnk[1], mnk[2],
                   (int)pw_context_n_threads(ctx));
    free(want);
    guarded_free(&memory);
    problem_free(&p);
}

/* 1 to 8 threads, three shapes each, or emulators with few cores take minutes. */
static void same_bits_on_threads(struct check *check)
{
    static const size_t cases[][3] = {{1, 33, 257},  {5, 100, 300},  {77, 192, 513},
                                      {77, 16, 700}, {300, 33, 768}, {13, 1, 1000}};

    for (int32_t n_threads = 1; n_threads <= 8; n_threads++) {
        pw_context_options options;
        pw_context *ctx;

        pw_context_options_init(&options);
        options.n_threads = n_threads;
        if (pw_context_create(&ctx, &options, NULL) != PW_OK)
            exit(2);
        *(pwi_kernels *)pwi_context_kernels(ctx) = *check->kernels;
        for (size_t i = (size_t)n_threads % 2; i < COUNT(cases); i += 2)
            compare_pooled(check, ctx, cases[i],
                           dtypes[(i + (size_t)n_threads) % COUNT(dtypes)],
                           (pwi_epilogue)(i % PWI_N_EPILOGUES));
        pw_context_free(ctx);
    }
}

/* Relative error that each precision may have against the product of the unrounded numbers,
 * for normal ones: a wrong scale or a lost bit shows. PyTorch's bf16 has 2.4e-3 (both factors
 * rounded), dynamic int8 with one scale a tensor 1.5e-2 (docs/precision.md). */
static const double largest_errors[PW_N_PRECISIONS] = {
    [PW_PRECISION_HIGHEST] = 1e-6,
    [PW_PRECISION_HIGH] = 2e-5,
    [PW_PRECISION_MEDIUM] = 2.5e-3,
    [PW_PRECISION_INT8] = 1.1e-2,
};

/* i16 keeps far more than medium asks for. */
#define LARGEST_ERROR_I16 3e-4

static void error_of_the_precision(struct check *check)
{
    struct problem p = problem_new(check, 33, 64, 768, PW_F32, 1.0f, 1);
    double difference = 0.0, norm = 0.0, largest = largest_errors[check->product->precision];

    if (strcmp(check->product->name, "i16") == 0)
        largest = LARGEST_ERROR_I16;
    p.has_bias = false;
    multiply(check, &p, p.out.data, p.out.stride, 0, p.m, 0, n_panels_of(&p));
    for (size_t row = 0; row < p.m; row++)
        for (size_t column = 0; column < p.n; column++) {
            const float *x = p.x.data + row * p.x.stride, *w = p.weight.values + column * p.k;
            double want = 0.0, error;

            for (size_t i = 0; i < p.k; i++)
                want += (double)x[i] * (double)w[i];
            error = (double)p.out.data[row * p.out.stride + column] - want;
            difference += error * error;
            norm += want * want;
        }
    check->worst = sqrt(difference / norm);
    check->worst_unit = "relative";
    if (!(check->worst <= largest))
        check_fail(check, "relative error %.3g, over %.3g", check->worst, largest);
    problem_free(&p);
}

/* A feature may make a product faster, not other. */
static void same_bits_without_features(struct check *check)
{
    struct problem p = problem_new(check, 29, 50, 601, PW_F32, 1.0f, 1);
    const size_t i_product = (size_t)(check->product - check->kernels->products);
    struct check_table plain = *check->table;
    struct check other = *check;
    pwi_kernels kernels;
    float *with, *without;

    plain.features = 0;
    if (check_select(&plain, &kernels)) {
        other.product = &kernels.products[i_product];
        with = whole(check, &p);
        without = whole(&other, &p);
        if (memcmp(with, without, p.m * p.n * sizeof(*with)) != 0)
            check_fail(check, "other bits than without what the machine has beyond the level");
        free(with);
        free(without);
    }
    problem_free(&p);
}

const struct check_test check_gemm_tests[] = {
    {"gemm", "shapes and strides", shapes},
    {"gemm", "dtypes and epilogues", dtypes_and_epilogues},
    {"gemm", "hostile values", hostile_values},
    {"gemm", "largest sums", largest_sums},
    {"gemm", "same bits in parts", same_bits_in_parts},
    {"gemm", "same bits on threads", same_bits_on_threads},
    {"gemm", "same bits without features", same_bits_without_features},
    {"gemm", "error of the precision", error_of_the_precision},
    {NULL, NULL, NULL},
};
