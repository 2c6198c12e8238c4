/* SPDX-License-Identifier: MIT */
/* add: EXACT. quick_gelu and gelu: ULP, over all magnitudes, the left tail included, where the
 * result runs into the denormals. */
#include <float.h>

#include "checkkern.h"

static const size_t sizes[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 65, 1000, 3072};

static const float specials[] = {
    0.0f,     -0.0f,   1.0f,     -1.0f,    FLT_MIN,   -FLT_MIN,  1e-45f,   -1e-45f,
    1e-40f,   -1e-40f, FLT_MAX,  -FLT_MAX, INFINITY,  -INFINITY, NAN,      88.0f,
    -88.0f,   -60.0f,  -13.0f,   -14.2f,   -14.9999f, -15.0f,    -15.001f, -16.0f,
    -79.999f, -80.0f,  -80.001f, -1e30f,   1e30f,     5.5f,      -5.5f,    -61.5f,
};

static void add_sums(struct check *check)
{
    for (size_t s = 0; s < COUNT(sizes); s++)
        for (enum guard_side side = 0; side < N_GUARD_SIDES; side++) {
            struct guarded memory[3];
            float *a = guarded_floats(&memory[0], sizes[s], side);
            float *b = guarded_floats(&memory[1], sizes[s], side);
            float *out = guarded_floats(&memory[2], sizes[s], side);

            check_fill(check, a, sizes[s], 1.0f);
            check_fill(check, b, sizes[s], 100.0f);
            for (size_t i = 0; i < sizes[s] && i < COUNT(specials); i++)
                a[i] = specials[check_below(check, COUNT(specials))];
            check->kernels->add(out, a, b, sizes[s]);
            for (size_t i = 0; i < sizes[s]; i++)
                check_same(check, out[i], a[i] + b[i], "a + b", i);
            check->kernels->add(a, a, b, sizes[s]);
            for (size_t i = 0; i < sizes[s]; i++)
                check_same(check, a[i], out[i], "in place", i);
            for (size_t i = 0; i < COUNT(memory); i++)
                guarded_free(&memory[i]);
        }
}

/* x sigmoid(1.702 x) in long double; -inf times 0 is NaN, as in PyTorch. */
static double quick_gelu_formula(double x)
{
    const long double y = expl(-fabsl(1.702L * (long double)x));

    return (double)((long double)x * (x < 0 ? y / (1 + y) : 1 / (1 + y)));
}

static double gelu_formula(double x)
{
    return (double)((long double)x * (erfcl(-(long double)x * sqrtl(0.5L)) / 2));
}

typedef void activation_fn(float *out, const float *x, size_t n);
typedef double formula_fn(double x);

static void compare(struct check *check, activation_fn *activation, formula_fn *formula,
                    const float *x, float *out, size_t n)
{
    const double limit = 4.0;

    activation(out, x, n);
    check->worst_unit = "ulp";
    for (size_t i = 0; i < n; i++) {
        const double ulp = check_ulp(out[i], formula((double)x[i]));

        if (ulp > check->worst)
            check->worst = ulp;
        if (!(ulp <= limit))
            check_fail(check, "x = %a: got %a, want %a, %.2f ulp", (double)x[i], (double)out[i],
                       formula((double)x[i]), ulp);
    }
}

static void sizes_of(struct check *check, activation_fn *activation, formula_fn *formula)
{
    for (size_t s = 0; s < COUNT(sizes); s++)
        for (enum guard_side side = 0; side < N_GUARD_SIDES; side++) {
            struct guarded memory[2];
            float *x = guarded_floats(&memory[0], sizes[s], side);
            float *out = guarded_floats(&memory[1], sizes[s], side);

            check_fill(check, x, sizes[s], 3.0f);
            compare(check, activation, formula, x, out, sizes[s]);
            activation(x, x, sizes[s]);
            for (size_t i = 0; i < sizes[s]; i++)
                check_same(check, x[i], out[i], "in place", i);
            guarded_free(&memory[0]);
            guarded_free(&memory[1]);
        }
}

/* The i-th of the floats of an exponent: all of them in order, or drawn. */
static float float_of(struct check *check, uint32_t exponent, size_t i)
{
    const uint64_t bits =
        check->is_exhaustive ? i | (uint64_t)(i >> 23) << 31 : check_bits(check);
    const uint32_t word = (uint32_t)(bits & 0x807FFFFFu) | exponent << 23;
    float value;

    memcpy(&value, &word, sizeof(value));
    return value;
}

/* All specials, then floats of every exponent, both signs: BLOCK drawn ones where the formula
 * does something (2^-8 ... 2^7), fewer elsewhere; with --exhaustive every float from 2^-25 on.
 */
static void values_of(struct check *check, activation_fn *activation, formula_fn *formula)
{
    enum {
        BLOCK = 4096
    };

    float x[BLOCK], out[BLOCK], special_out[COUNT(specials)];

    compare(check, activation, formula, specials, special_out, COUNT(specials));
    for (uint32_t exponent = 0; exponent < 256; exponent++) {
        const bool is_all = check->is_exhaustive && exponent >= 102 && exponent < 135;
        const bool is_busy = exponent >= 119 && exponent < 135;
        const size_t n = is_all ? (size_t)1 << 24 : is_busy ? BLOCK : BLOCK / 32;

        for (size_t first = 0; first < n; first += BLOCK) {
            const size_t n_here = n < BLOCK ? n : BLOCK;

            for (size_t i = 0; i < n_here; i++)
                x[i] = float_of(check, exponent, first + i);
            compare(check, activation, formula, x, out, n_here);
        }
    }
}

static void quick_gelu_sizes(struct check *check)
{
    sizes_of(check, check->kernels->quick_gelu, quick_gelu_formula);
}

static void quick_gelu_values(struct check *check)
{
    values_of(check, check->kernels->quick_gelu, quick_gelu_formula);
}

static void gelu_sizes(struct check *check)
{
    sizes_of(check, check->kernels->gelu, gelu_formula);
}

static void gelu_values(struct check *check)
{
    values_of(check, check->kernels->gelu, gelu_formula);
}

const struct check_test check_elementwise_tests[] = {
    {"add", "sums", add_sums},
    {"quick_gelu", "sizes and in place", quick_gelu_sizes},
    {"quick_gelu", "values", quick_gelu_values},
    {"gelu", "sizes and in place", gelu_sizes},
    {"gelu", "values", gelu_values},
    {NULL, NULL, NULL},
};
