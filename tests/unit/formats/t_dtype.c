/* SPDX-License-Identifier: MIT */
/* Dtypes: names and sizes; every pattern of the small floats against its definition in f64; the
 * rounding of f32 and f64 into them at and around every halfway point; whole tensors. */
#include "../check.h"

#include <math.h>

#include "formats/dtype.h"

/* A small float format as its definition: sign, exponent, mantissa. */
struct format {
    const char *name;
    pw_dtype dtype;
    unsigned bits, mantissa_bits;
    int bias;
    bool has_infinity;    /* else the top exponent holds numbers, and one NaN */
    uint32_t n_finite;    /* patterns 0 .. n_finite - 1 are finite and rising */
    double overflow_from; /* values from here on round past the largest */
};

static const struct format formats[] = {
    {"F16", PW_F16, 16, 10, 15, true, 0x7C00, 65520.0},
    {"BF16", PW_BF16, 16, 7, 127, true, 0x7F80, 0x1.FFp127},
    {"F8_E4M3", PW_F8_E4M3, 8, 3, 7, false, 0x7F, 464.0},
    {"F8_E5M2", PW_F8_E5M2, 8, 2, 15, true, 0x7C, 61440.0},
};

#define EACH_FORMAT(f)                                                                         \
    for (const struct format *f = formats; f < formats + sizeof(formats) / sizeof(formats[0]); \
         f++)

static float widened(const struct format *f, uint32_t bits)
{
    switch (f->dtype) {
    case PW_F16:
        return pwi_f16_to_f32((uint16_t)bits);
    case PW_BF16:
        return pwi_bf16_to_f32((uint16_t)bits);
    case PW_F8_E4M3:
        return pwi_e4m3_to_f32((uint8_t)bits);
    default:
        return pwi_e5m2_to_f32((uint8_t)bits);
    }
}

static uint32_t narrowed(const struct format *f, float value)
{
    switch (f->dtype) {
    case PW_F16:
        return pwi_f32_to_f16(value);
    case PW_BF16:
        return pwi_f32_to_bf16(value);
    case PW_F8_E4M3:
        return pwi_f32_to_e4m3(value);
    default:
        return pwi_f32_to_e5m2(value);
    }
}

/* The value of a finite pattern, by the definition. */
static double defined(const struct format *f, uint32_t magnitude)
{
    const uint32_t mantissa = magnitude & ((1u << f->mantissa_bits) - 1);
    const int exponent = (int)(magnitude >> f->mantissa_bits);

    if (exponent == 0)
        return ldexp(mantissa, 1 - f->bias - (int)f->mantissa_bits);
    return ldexp((1u << f->mantissa_bits) + mantissa,
                 exponent - f->bias - (int)f->mantissa_bits);
}

static uint32_t sign_bit(const struct format *f)
{
    return 1u << (f->bits - 1);
}

static void every_finite_pattern_is_its_definition(void **state)
{
    (void)state;
    EACH_FORMAT(f)
    {
        for (uint32_t i = 0; i < f->n_finite; i++) {
            const float positive = widened(f, i), negative = widened(f, i | sign_bit(f));

            assert_true((double)positive == defined(f, i) && !signbit(positive));
            assert_true((double)negative == -defined(f, i) && signbit(negative));
        }
    }
}

static void what_is_not_finite_is_infinity_or_nan(void **state)
{
    (void)state;
    EACH_FORMAT(f)
    {
        for (uint32_t i = f->n_finite; i < sign_bit(f); i++) {
            const bool is_infinity = f->has_infinity && i == f->n_finite;

            assert_true(is_infinity ? widened(f, i) == INFINITY : isnan(widened(f, i)));
            assert_true(is_infinity ? widened(f, i | sign_bit(f)) == -INFINITY
                                    : isnan(widened(f, i | sign_bit(f))));
        }
    }
}

/* NaN comes back as NaN of the same sign; everything else as the same bits. */
static void every_pattern_returns(void **state)
{
    (void)state;
    EACH_FORMAT(f)
    {
        for (uint32_t i = 0; i < 2 * sign_bit(f); i++) {
            const uint32_t back = narrowed(f, widened(f, i));

            if (isnan(widened(f, i))) {
                assert_true(isnan(widened(f, back)));
                assert_int_equal(back & sign_bit(f), i & sign_bit(f));
            } else {
                assert_int_equal(back, i);
            }
        }
    }
}

/* Between two neighbours: below the middle the lower one, above it the upper one, in the middle
 * the even one; the same for the negative values. */
static void f32_is_rounded_to_nearest_even(void **state)
{
    (void)state;
    EACH_FORMAT(f)
    {
        for (uint32_t i = 0; i + 1 < f->n_finite; i++) {
            const float middle = (float)((defined(f, i) + defined(f, i + 1)) / 2);
            const uint32_t even = i % 2 == 0 ? i : i + 1;

            assert_true((double)middle == (defined(f, i) + defined(f, i + 1)) / 2);
            assert_int_equal(narrowed(f, middle), even);
            assert_int_equal(narrowed(f, -middle), even | sign_bit(f));
            assert_int_equal(narrowed(f, nextafterf(middle, 0.0f)), i);
            assert_int_equal(narrowed(f, nextafterf(middle, INFINITY)), i + 1);
        }
    }
}

static void what_is_too_large_becomes_infinity_or_nan(void **state)
{
    (void)state;
    EACH_FORMAT(f)
    {
        const float from = (float)f->overflow_from;
        const float largest = (float)defined(f, f->n_finite - 1);
        /* 464 is halfway between 448 and a 480 that is not there: 448 is even, and stays. */
        const bool middle_stays = f->dtype == PW_F8_E4M3;

        assert_int_equal(narrowed(f, largest), f->n_finite - 1);
        assert_int_equal(narrowed(f, nextafterf(from, 0.0f)), f->n_finite - 1);
        assert_int_equal(narrowed(f, from), middle_stays ? f->n_finite - 1 : f->n_finite);
        assert_int_equal(narrowed(f, nextafterf(from, INFINITY)), f->n_finite);
        assert_int_equal(narrowed(f, INFINITY), f->n_finite);
        assert_int_equal(narrowed(f, -INFINITY), f->n_finite | sign_bit(f));
        assert_int_equal(narrowed(f, 3.4e38f), f->n_finite);
        assert_true(isnan(widened(f, narrowed(f, NAN))));
    }
}

/* A double just above a middle would become the middle in f32, and then the even neighbour: one
 * rounding too many. */
static void f64_is_rounded_once(void **state)
{
    (void)state;
    EACH_FORMAT(f)
    {
        for (uint32_t i = 0; i + 1 < f->n_finite; i++) {
            const double middle = (defined(f, i) + defined(f, i + 1)) / 2;
            const double in[] = {nextafter(middle, 0.0), middle, nextafter(middle, INFINITY),
                                 -nextafter(middle, 0.0), -nextafter(middle, INFINITY)};
            const uint32_t out[] = {i, i % 2 == 0 ? i : i + 1, i + 1, i | sign_bit(f),
                                    (i + 1) | sign_bit(f)};
            uint16_t wide[5];
            uint8_t narrow[5];

            pwi_f64_to_dtype(f->dtype, f->bits == 16 ? (void *)wide : narrow, in, 5);
            for (int k = 0; k < 5; k++)
                assert_int_equal(f->bits == 16 ? wide[k] : narrow[k], out[k]);
        }
    }
}

static void f64_specials_are_kept(void **state)
{
    const double in[] = {INFINITY, -INFINITY, 1e300, -0.0, 1e-300};
    uint16_t half[5];
    float single[5];

    (void)state;
    pwi_f64_to_dtype(PW_F16, half, in, 5);
    assert_int_equal(half[0], 0x7C00);
    assert_int_equal(half[1], 0xFC00);
    assert_int_equal(half[2], 0x7C00);
    assert_int_equal(half[3], 0x8000);
    assert_int_equal(half[4], 0);
    pwi_f64_to_dtype(PW_F32, single, in, 5);
    assert_true(single[2] == INFINITY && single[3] == 0.0f && signbit(single[3]));
}

static void names_and_widths_are_those_of_the_format(void **state)
{
    static const uint32_t bits[PW_N_DTYPES] = {8,  8,  8, 16, 16, 32, 32, 64, 64, 16, 16,
                                               32, 64, 8, 8,  8,  8,  8,  6,  6,  4,  64};

    (void)state;
    for (int i = 0; i < PW_N_DTYPES; i++) {
        const char *name = pw_dtype_name((pw_dtype)i);

        assert_int_equal(pw_dtype_from_name(name, strlen(name)), i);
        assert_int_equal(pw_dtype_bits((pw_dtype)i), bits[i]);
    }
    assert_string_equal(pw_dtype_name(PW_F8_E4M3), "F8_E4M3");
    assert_int_equal(pw_dtype_from_name("f32", 3), -1);
    assert_int_equal(pw_dtype_from_name("F32", 2), -1);
    assert_int_equal(pw_dtype_from_name("F32 ", 4), -1);
    assert_int_equal(pw_dtype_from_name("", 0), -1);
    assert_string_equal(pw_dtype_name((pw_dtype)PW_N_DTYPES), "?");
    assert_int_equal(pw_dtype_bits((pw_dtype)-1), 0);
}

static void computable_are_the_numbers_that_fit_a_double(void **state)
{
    size_t n = 0;

    (void)state;
    for (int i = 0; i < PW_N_DTYPES; i++)
        n += pw_dtype_is_computable((pw_dtype)i);
    assert_int_equal(n, 14);
    assert_true(pw_dtype_is_computable(PW_U64));
    assert_false(pw_dtype_is_computable(PW_F8_E8M0));
    assert_false(pw_dtype_is_computable(PW_C64));
    assert_false(pw_dtype_is_computable((pw_dtype)PW_N_DTYPES));
}

static void sizes_are_checked(void **state)
{
    uint64_t n;

    (void)state;
    assert_true(pwi_dtype_size(PW_F4, 4, &n) && n == 2);
    assert_true(pwi_dtype_size(PW_F6_E2M3, 4, &n) && n == 3);
    assert_false(pwi_dtype_size(PW_F6_E2M3, 2, &n));
    assert_false(pwi_dtype_size(PW_F4, 3, &n));
    assert_true(pwi_dtype_size(PW_U8, UINT64_MAX / 8, &n) && n == UINT64_MAX / 8);
    assert_false(pwi_dtype_size(PW_F32, ((uint64_t)1 << 59) + 4, &n));
}

static void shapes_are_checked_in_any_order(void **state)
{
    const int64_t huge = INT64_MAX;
    uint64_t n;

    (void)state;
    assert_true(pwi_shape_elements(NULL, 0, &n) && n == 1);
    assert_true(pwi_shape_elements((const int64_t[]){2, 0}, 2, &n) && n == 0);
    assert_true(pwi_shape_elements((const int64_t[]){huge, 2}, 2, &n) && n == UINT64_MAX - 1);
    assert_false(pwi_shape_elements((const int64_t[]){0, huge, huge}, 3, &n));
    assert_false(pwi_shape_elements((const int64_t[]){huge, huge, 0}, 3, &n));
    assert_false(pwi_shape_elements((const int64_t[]){-1}, 1, &n));
}

static pw_tensor vector_of(pw_dtype dtype, void *data, int64_t n)
{
    pw_tensor tensor = {.dtype = dtype, .rank = 1, .shape = {n}, .data = data};

    tensor.size_bytes = (size_t)n * pw_dtype_bits(dtype) / 8;
    return tensor;
}

/* Data begins at an odd address: files give such tensors. */
static void integers_become_floats_at_any_address(void **state)
{
    char bytes[1 + 3 * 8];
    const int64_t wide[] = {INT64_MIN, 16777217, -1};
    const uint8_t small[] = {0, 128, 255};
    double f64[3];
    float f32[3];

    (void)state;
    memcpy(bytes + 1, wide, sizeof(wide));
    pw_tensor tensor = vector_of(PW_I64, bytes + 1, 3);
    assert_int_equal(pw_tensor_to_f32(&tensor, f32, 3, NULL), PW_OK);
    assert_true(f32[0] == -0x1p63f && f32[1] == 16777216.0f && f32[2] == -1.0f);
    assert_int_equal(pw_tensor_to_f64(&tensor, f64, 3, NULL), PW_OK);
    assert_true(f64[1] == 16777217.0);
    memcpy(bytes + 1, small, sizeof(small));
    tensor = vector_of(PW_U8, bytes + 1, 3);
    assert_int_equal(pw_tensor_to_f32(&tensor, f32, 3, NULL), PW_OK);
    assert_true(f32[1] == 128.0f && f32[2] == 255.0f);
    tensor = vector_of(PW_I8, bytes + 1, 3);
    assert_int_equal(pw_tensor_to_f64(&tensor, f64, 3, NULL), PW_OK);
    assert_true(f64[1] == -128.0 && f64[2] == -1.0);
}

/* Whole tensors and single elements are one definition. */
static void tensors_widen_as_their_elements(void **state)
{
    (void)state;
    EACH_FORMAT(f)
    {
        static unsigned char data[2 * 65536 + 1];
        static float out[65536];
        static double out64[65536];
        const uint32_t n = 2 * sign_bit(f);
        const pw_tensor tensor = vector_of(f->dtype, data + 1, n);

        for (uint32_t i = 0; i < n; i++) {
            if (f->bits == 16)
                memcpy(data + 1 + 2 * i, &(uint16_t){(uint16_t)i}, 2);
            else
                data[1 + i] = (unsigned char)i;
        }
        assert_int_equal(pw_tensor_to_f32(&tensor, out, n, NULL), PW_OK);
        assert_int_equal(pw_tensor_to_f64(&tensor, out64, n, NULL), PW_OK);
        for (uint32_t i = 0; i < n; i++) {
            const float expected = widened(f, i);

            assert_memory_equal(&out[i], &expected, sizeof(expected));
            assert_true(isnan(expected) ? isnan(out64[i]) : out64[i] == (double)expected);
        }
    }
}

static void refusals_name_their_reason(void **state)
{
    float out[4] = {7.0f};
    char data[64] = {0};
    const pw_tensor complex = vector_of(PW_C64, data, 4), floats = vector_of(PW_F32, data, 5);
    pw_error err;

    (void)state;
    assert_int_equal(pw_tensor_to_f32(&complex, out, 4, &err), PW_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "C64"));
    assert_int_equal(pw_tensor_to_f32(&floats, out, 4, &err), PW_ERR_CAPACITY);
    assert_true(out[0] == 7.0f);
    assert_int_equal(pw_f32_to_dtype(PW_I8, data, out, 4, &err), PW_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "I8"));
}

static void f32_values_become_each_dtype(void **state)
{
    const float in[] = {1.0f, -2.5f, 449.0f, 1e30f};
    uint8_t e4m3[4];
    uint16_t half[4];
    double wide[4];

    (void)state;
    assert_int_equal(pw_f32_to_dtype(PW_F8_E4M3, e4m3, in, 4, NULL), PW_OK);
    assert_int_equal(e4m3[0], 0x38);
    assert_int_equal(e4m3[1], 0xC2);
    assert_int_equal(e4m3[2], 0x7E);
    assert_int_equal(e4m3[3], 0x7F);
    assert_int_equal(pw_f32_to_dtype(PW_F16, half, in, 4, NULL), PW_OK);
    assert_int_equal(half[1], 0xC100);
    assert_int_equal(half[3], 0x7C00);
    assert_int_equal(pw_f32_to_dtype(PW_F64, wide, in, 4, NULL), PW_OK);
    assert_true(wide[3] == (double)1e30f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_finite_pattern_is_its_definition),
    cmocka_unit_test(what_is_not_finite_is_infinity_or_nan),
    cmocka_unit_test(every_pattern_returns),
    cmocka_unit_test(f32_is_rounded_to_nearest_even),
    cmocka_unit_test(what_is_too_large_becomes_infinity_or_nan),
    cmocka_unit_test(f64_is_rounded_once),
    cmocka_unit_test(f64_specials_are_kept),
    cmocka_unit_test(names_and_widths_are_those_of_the_format),
    cmocka_unit_test(computable_are_the_numbers_that_fit_a_double),
    cmocka_unit_test(sizes_are_checked),
    cmocka_unit_test(shapes_are_checked_in_any_order),
    cmocka_unit_test(integers_become_floats_at_any_address),
    cmocka_unit_test(tensors_widen_as_their_elements),
    cmocka_unit_test(refusals_name_their_reason),
    cmocka_unit_test(f32_values_become_each_dtype),
};

PW_TEST_MAIN(tests, NULL, NULL)
