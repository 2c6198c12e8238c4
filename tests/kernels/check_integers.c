/* SPDX-License-Identifier: MIT */
/* max_abs, quantize, narrow_bf16: EXACT, specials and ties among the values. */
#include <float.h>
#include <stdlib.h>

#include "checkkern.h"

static const size_t sizes[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100, 1000};

static const float specials[] = {0.0f,    -0.0f,    0.5f,      -0.5f,   1.5f,       2.5f,
                                 -2.5f,   126.5f,   127.5f,    4095.5f, -4095.5f,   1e-45f,
                                 FLT_MAX, INFINITY, -INFINITY, NAN,     0x1.008p0f, 0x1.018p0f};

/* Numbers of a few hundred, some of them special; `has_nan` lets NaN in. */
static void draw(struct check *check, float *x, size_t n, bool has_nan)
{
    check_fill(check, x, n, 300.0f);
    for (size_t i = 0; i < n; i++) {
        const float special = specials[check_below(check, COUNT(specials))];

        if (check_below(check, 4) == 0 && (has_nan || !isnan(special)))
            x[i] = special;
    }
}

static void largest(struct check *check)
{
    for (size_t s = 0; s < COUNT(sizes) * N_GUARD_SIDES; s++) {
        const size_t n = sizes[s / N_GUARD_SIDES];
        struct guarded memory;
        float *x = guarded_floats(&memory, n, (enum guard_side)(s % N_GUARD_SIDES)),
              want = 0.0f;

        draw(check, x, n, false);
        for (size_t i = 0; i < n; i++)
            want = fmaxf(want, fabsf(x[i]));
        check_same(check, check->kernels->max_abs(x, n), want, "largest of", n);
        if (n > 0) {
            x[check_below(check, n)] = NAN;
            check_same(check, check->kernels->max_abs(x, n), NAN, "with NaN, of", n);
        }
        guarded_free(&memory);
    }
}

static int16_t integer_of(float x, float scale, int32_t limit)
{
    const double value = (double)(x * scale);

    if (isnan(value))
        return 0;
    return (int16_t)nearbyint(fmax(-limit, fmin(limit, value)));
}

static void integers(struct check *check)
{
    static const int32_t limits[] = {127, 4095, 32767};

    for (size_t s = 0; s < COUNT(sizes) * COUNT(limits); s++) {
        const size_t n = sizes[s / COUNT(limits)];
        const int32_t limit = limits[s % COUNT(limits)];
        const float scale = s % 2 == 0 ? 1.0f : 0.37f;
        struct guarded memory[2];
        float *x = guarded_floats(&memory[0], n, GUARD_END);
        int16_t *out;

        memory[1] = guarded_new(n * sizeof(*out), GUARD_END);
        out = memory[1].data;
        draw(check, x, n, true);
        check->kernels->quantize(out, x, n, scale, limit);
        for (size_t i = 0; i < n; i++)
            check_same(check, out[i], integer_of(x[i], scale, limit), "integer", i);
        guarded_free(&memory[0]);
        guarded_free(&memory[1]);
    }
}

/* Ties to even on the upper half of the bits; NaN keeps its sign and becomes quiet. */
static uint16_t bf16_of(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof(bits));
    if (isnan(x))
        return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static void halves(struct check *check)
{
    for (size_t s = 0; s < COUNT(sizes) * N_GUARD_SIDES; s++) {
        const size_t n = sizes[s / N_GUARD_SIDES];
        const enum guard_side side = (enum guard_side)(s % N_GUARD_SIDES);
        struct guarded memory[2];
        float *x = guarded_floats(&memory[0], n, side);
        uint16_t *out;

        memory[1] = guarded_new(n * sizeof(*out), side);
        out = memory[1].data;
        draw(check, x, n, true);
        check->kernels->narrow_bf16(out, x, n);
        for (size_t i = 0; i < n; i++)
            if (out[i] != bf16_of(x[i]))
                check_fail(check, "%a becomes %#x, not %#x", (double)x[i], out[i],
                           bf16_of(x[i]));
        guarded_free(&memory[0]);
        guarded_free(&memory[1]);
    }
}

const struct check_test check_integers_tests[] = {
    {"max_abs", "sizes and specials", largest},
    {"quantize", "sizes, limits and specials", integers},
    {"narrow_bf16", "sizes and specials", halves},
    {NULL, NULL, NULL},
};
