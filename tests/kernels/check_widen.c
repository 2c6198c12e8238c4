/* SPDX-License-Identifier: MIT */
/* widen: EXACT. Every bit pattern of every dtype, by the formats' definitions in fields. */
#include <stdlib.h>

#include "checkkern.h"

static const pw_dtype dtypes[] = {PW_F32, PW_F16, PW_BF16, PW_F8_E4M3, PW_F8_E5M2};

/* sign, exponent and mantissa fields to a value; has_infinity false is e4m3fn, whose only NaN
 * has all bits set. */
static double from_fields(uint32_t bits, int n_exponent, int n_mantissa, bool has_infinity)
{
    const uint32_t top = (1u << n_exponent) - 1, mantissa = bits & ((1u << n_mantissa) - 1);
    const uint32_t exponent = bits >> n_mantissa & top;
    const int bias = (1 << (n_exponent - 1)) - 1;
    const double sign = bits >> (n_exponent + n_mantissa) & 1 ? -1.0 : 1.0;

    if (exponent == top && has_infinity)
        return mantissa == 0 ? sign * HUGE_VAL : NAN;
    if (exponent == top && mantissa == (1u << n_mantissa) - 1)
        return NAN;
    if (exponent == 0)
        return sign * ldexp((double)mantissa, 1 - bias - n_mantissa);
    return sign *
           ldexp((double)(mantissa | 1u << n_mantissa), (int)exponent - bias - n_mantissa);
}

static double value_of(const unsigned char *bytes, pw_dtype dtype)
{
    uint32_t word = 0;

    memcpy(&word, bytes, pw_dtype_bits(dtype) / 8);
    switch (dtype) {
    case PW_F32:
        return from_fields(word, 8, 23, true);
    case PW_F16:
        return from_fields(word, 5, 10, true);
    case PW_BF16:
        return from_fields(word, 8, 7, true);
    case PW_F8_E4M3:
        return from_fields(word, 4, 3, false);
    default:
        return from_fields(word, 5, 2, true);
    }
}

/* n elements at in, widened and compared. */
static void compare(struct check *check, const unsigned char *in, pw_dtype dtype, size_t n,
                    float scale, enum guard_side side)
{
    struct guarded memory;
    float *out = guarded_floats(&memory, n, side);

    check->kernels->widen(out, in, dtype, n, scale);
    for (size_t i = 0; i < n; i++) {
        const double value = value_of(in + i * pw_dtype_bits(dtype) / 8, dtype);

        check_same(check, out[i], (float)(value * (double)scale), pw_dtype_name(dtype), i);
    }
    guarded_free(&memory);
}

static void every_pattern(struct check *check)
{
    static const float scales[] = {1.0f, 0.0078125f, 0.3f, -2.5f};

    enum {
        N = 65536
    };

    unsigned char *in = malloc(4 * N);

    for (size_t d = 0; in != NULL && d < COUNT(dtypes); d++)
        for (size_t s = 0; s < COUNT(scales); s++) {
            const size_t size = pw_dtype_bits(dtypes[d]) / 8;

            for (size_t i = 0; i < N; i++) {
                const uint64_t bits = size == 4 ? check_bits(check) : i;

                memcpy(in + i * size, &bits, size);
            }
            compare(check, in, dtypes[d], N, scales[s], GUARD_END);
        }
    free(in);
}

static void sizes_and_alignments(struct check *check)
{
    static const size_t sizes[] = {0, 1, 2, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 255, 1000};

    for (size_t d = 0; d < COUNT(dtypes); d++)
        for (size_t s = 0; s < COUNT(sizes); s++)
            for (size_t shift = 0; shift < 8; shift++) {
                const enum guard_side side = shift == 4 ? GUARD_START : GUARD_END;
                const size_t size = sizes[s] * pw_dtype_bits(dtypes[d]) / 8;
                const size_t behind = shift < 4 ? shift : 0;
                struct guarded in = guarded_new(size + behind, side);

                for (size_t i = 0; i < size; i++)
                    ((unsigned char *)in.data)[i] = (unsigned char)check_bits(check);
                compare(check, in.data, dtypes[d], sizes[s], 1.0f, side);
                guarded_free(&in);
            }
}

const struct check_test check_widen_tests[] = {
    {"widen", "every bit pattern", every_pattern},
    {"widen", "sizes and alignments", sizes_and_alignments},
    {NULL, NULL, NULL},
};
