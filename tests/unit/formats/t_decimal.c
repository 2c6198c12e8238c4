/* SPDX-License-Identifier: MIT */
/* Decimals to doubles and back, held against the C library: every bit of reading, the shortest
 * text of writing. */
#include "../check.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "formats/json.h"

#define N_RANDOM 20000

/* xorshift64*; a fixed seed, so that a failure comes again. */
static uint64_t random_state;

static uint64_t random_bits(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545F4914F6CDD1D);
}

static int seed(void **state)
{
    (void)state;
    random_state = UINT64_C(0x9E3779B97F4A7C15);
    return 0;
}

static double f64_of_bits(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static double random_finite(void)
{
    double value;

    do {
        value = f64_of_bits(random_bits());
    } while (!isfinite(value));
    return value;
}

/* Our double must have the bits of the C library's. */
static void expect_as_strtod(const char *text)
{
    const double expected = strtod(text, NULL);
    const double got = pwi_decimal_to_f64(text, strlen(text));

    if (memcmp(&got, &expected, sizeof(got)) != 0) {
        print_error("%s: %a, not %a\n", text, got, expected);
        fail();
    }
}

static void known_literals_are_exact(void **state)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0.0},
        {"-0", -0.0},
        {"-0.0e-10", -0.0},
        {"0e999999999999999999999", 0.0},
        {"1", 1.0},
        {"0.1", 0.1},
        {"-28.0", -28.0},
        {"123456789012345678", 123456789012345680.0},
        {"9007199254740993", 9007199254740992.0}, /* 2^53 + 1: a tie, to even */
        {"9007199254740995", 9007199254740996.0},
        {"9007199254740993.0000000000000000000000000000001", 9007199254740994.0},
        {"9007199254740992.9999999999999999999999999999999", 9007199254740992.0},
        {"1e23", 0x1.52d02c7e14af6p+76},
        {"8.5e23", 8.5e23},
        {"2.2250738585072011e-308", 0x0.fffffffffffffp-1022}, /* once an endless loop in PHP */
        {"2.2250738585072014e-308", 0x1p-1022},
        {"4.9406564584124654e-324", 0x1p-1074},
        {"2.4703282292062327e-324", 0.0}, /* just below half of the smallest */
        {"2.4703282292062328e-324", 0x1p-1074},
        {"2.4703282292062327208828439643411068618e-324", 0.0}, /* the same with more digits */
        {"2.4703282292062327208828439643411068619e-324", 0x1p-1074},
        {"1e-400", 0.0},
        {"1.7976931348623157e308", DBL_MAX},
        {"1.7976931348623158e308", DBL_MAX},
        {"1.7976931348623159e308", INFINITY},
        {"-1e309", -INFINITY},
        {"1e99999999999999999999", INFINITY},
        {"1e-99999999999999999999", 0.0},
        {"18446744073709551615", 0x1p64},
        {"18446744073709551616", 0x1p64},
        {"99999999999999999999", 1e20},
        {"9999999999999999999", 1e19},
        {"1.00000000000000011102230246251565404236316680908203125", 1.0},
        {"1.00000000000000011102230246251565404236316680908203124", 1.0},
        {"1.00000000000000011102230246251565404236316680908203126", 0x1.0000000000001p0},
        {"0.000000000000000000000000000000000000000000001e45", 1.0},
        {"1000000000000000000000000000000000000000000000e-45", 1.0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const double got = pwi_decimal_to_f64(cases[i].text, strlen(cases[i].text));

        if (memcmp(&got, &cases[i].value, sizeof(got)) != 0) {
            print_error("%s: %a, not %a\n", cases[i].text, got, cases[i].value);
            fail();
        }
    }
}

static void every_bit_pattern_is_read_back(void **state)
{
    char text[64];

    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        const double value = random_finite();

        snprintf(text, sizeof(text), "%.17g", value);
        assert_true(pwi_decimal_to_f64(text, strlen(text)) == value);
        snprintf(text, sizeof(text), "%.*g", 1 + (int)(random_bits() % 25), value);
        expect_as_strtod(text);
    }
}

static void random_literals_are_read_as_strtod_does(void **state)
{
    char text[256];

    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        const unsigned long long a = random_bits() >> (random_bits() % 64);
        const unsigned long long b = random_bits() >> (random_bits() % 64);
        const int exponent = (int)(random_bits() % 720) - 370;

        snprintf(text, sizeof(text), "%llue%d", a, exponent);
        expect_as_strtod(text);
        snprintf(text, sizeof(text), "-%llu.%llu%llu%llu", a, b, a, b);
        expect_as_strtod(text);
        snprintf(text, sizeof(text), "0.000%llu%020llue%d", a, b, exponent);
        expect_as_strtod(text);
    }
}

/* The decimal just below or above one that ends in a digit other than 0, as digits before `e`.
 */
static void expect_around(const char *mantissa, const char *exponent)
{
    char text[2048];
    size_t last = strlen(mantissa) - 1;

    snprintf(text, sizeof(text), "%s%s", mantissa, exponent);
    expect_as_strtod(text);
    snprintf(text, sizeof(text), "%s0000000000000000000000000000000000000001%s", mantissa,
             exponent);
    expect_as_strtod(text);
    while (mantissa[last] == '0' && last > 0)
        last--;
    if (mantissa[last] < '1' || mantissa[last] > '9')
        return;
    snprintf(text, sizeof(text), "%.*s%c9999999999999999999999999999999999%s", (int)last,
             mantissa, mantissa[last] - 1, exponent);
    expect_as_strtod(text);
}

/* Halfway between two neighbours, with all its digits (up to 767), and a hair beside it: the
 * first 19 digits do not decide. */
static void halfway_cases_are_exact(void **state)
{
    char text[1024];

    (void)state;
    if (LDBL_MANT_DIG < 64)
        PW_SKIP("long double cannot hold what lies halfway between two doubles");
    for (int i = 0; i < 3000; i++) {
        uint64_t bits = random_bits() >> 1;
        char *exponent;

        if (i % 3 == 0)
            bits &= (UINT64_C(1) << 54) - 1; /* subnormal, or nearly */
        const long double low = f64_of_bits(bits), high = f64_of_bits(bits + 1);

        if (!isfinite(low) || !isfinite(high))
            continue;
        snprintf(text, sizeof(text), "%.*Le", i % 2 == 0 ? 800 : 40, (low + high) / 2);
        exponent = strchr(text, 'e');
        *exponent = '\0';
        char tail[16] = "e";

        strcat(tail, exponent + 1);
        expect_around(text, tail);
    }
}

/* Digits without end cost nothing but their reading, and still count. */
static void very_long_literals_are_exact(void **state)
{
    enum {
        N_ZEROS = 5000
    };

    static char text[N_ZEROS + 100];

    (void)state;
    strcpy(text, "9007199254740993.");
    memset(text + 17, '0', N_ZEROS);
    strcpy(text + 17 + N_ZEROS, "1");
    assert_true(pwi_decimal_to_f64(text, strlen(text)) == 9007199254740994.0);
    text[17 + N_ZEROS] = '0';
    assert_true(pwi_decimal_to_f64(text, strlen(text)) == 9007199254740992.0);
    strcpy(text, "0.");
    memset(text + 2, '0', N_ZEROS);
    strcpy(text + 2 + N_ZEROS, "25e5001");
    assert_true(pwi_decimal_to_f64(text, strlen(text)) == 2.5);
    text[0] = '4';
    memset(text + 1, '0', N_ZEROS);
    strcpy(text + 1 + N_ZEROS, "e-5000");
    assert_true(pwi_decimal_to_f64(text, strlen(text)) == 4.0);
}

static const char *written(pwi_buf *buf, double value)
{
    pwi_buf_clear(buf);
    pwi_json_put_f64(buf, value);
    return buf->data;
}

static void doubles_are_written_as_python_does(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-28.0, "-28.0"},
        {0.1, "0.1"},
        {0.3, "0.3"},
        {0.1 + 0.2, "0.30000000000000004"},
        {(double)0.1f, "0.10000000149011612"},
        {1e-4, "0.0001"},
        {1e-5, "1e-05"},
        {1e-7, "1e-07"},
        {1.5e-7, "1.5e-07"},
        {123456789.0, "123456789.0"},
        {9999999999999998.0, "9999999999999998.0"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {1.2345678901234567e16, "1.2345678901234568e+16"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {9007199254740993.0, "9007199254740992.0"},
        {5e-324, "5e-324"},
        {0x1p-1022, "2.2250738585072014e-308"},
        {0x0.fffffffffffffp-1022, "2.225073858507201e-308"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {-DBL_MAX, "-1.7976931348623157e+308"},
        {1e100, "1e+100"},
        {9.5367431640625e-07, "9.5367431640625e-07"}, /* 2^-20: dense below, sparse above */
        {INFINITY, "null"},
        {-INFINITY, "null"},
        {NAN, "null"},
    };

    pwi_buf buf;

    (void)state;
    pwi_buf_init(&buf, &pwi_malloc_allocator);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_string_equal(written(&buf, cases[i].value), cases[i].text);
    pwi_buf_free(&buf);
}

/* The digits of a decimal without the zeros around them; returns how many. */
static int collect_digits(char *out, const char *text)
{
    int n_digits = 0;

    for (; *text != '\0' && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (n_digits > 0 || *text != '0'))
            out[n_digits++] = *text;
    while (n_digits > 0 && out[n_digits - 1] == '0')
        n_digits--;
    out[n_digits] = '\0';
    return n_digits;
}

static void expect_shortest(pwi_buf *buf, double value)
{
    const char *text = written(buf, value);
    char digits[64], other[64], other_digits[64];
    const int n_digits = collect_digits(digits, text);

    assert_true(strtod(text, NULL) == value);
    /* One digit fewer must not do. */
    if (n_digits > 1) {
        snprintf(other, sizeof(other), "%.*e", n_digits - 2, value);
        assert_false(strtod(other, NULL) == value);
    }
    /* The nearest of this length is the one to write, if it reads back. */
    snprintf(other, sizeof(other), "%.*e", n_digits - 1, value);
    if (strtod(other, NULL) == value) {
        collect_digits(other_digits, other);
        assert_string_equal(digits, other_digits);
    }
}

static void doubles_are_written_shortest(void **state)
{
    pwi_buf buf;

    (void)state;
    pwi_buf_init(&buf, &pwi_malloc_allocator);
    for (int i = 0; i < N_RANDOM; i++) {
        float narrow;
        const uint32_t bits = (uint32_t)random_bits();

        expect_shortest(&buf, random_finite());
        memcpy(&narrow, &bits, sizeof(narrow));
        if (isfinite(narrow))
            expect_shortest(&buf, (double)narrow);
        expect_shortest(&buf, f64_of_bits(random_bits() >> (12 + random_bits() % 52)));
    }
    /* Powers of two, where the doubles below lie twice as dense, and their neighbours. */
    for (int exponent = -1074; exponent < 1024; exponent++) {
        const double power = ldexp(1.0, exponent);

        expect_shortest(&buf, power);
        expect_shortest(&buf, nextafter(power, INFINITY));
        if (exponent > -1074)
            expect_shortest(&buf, nextafter(power, 0.0));
    }
    pwi_buf_free(&buf);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(known_literals_are_exact),
    cmocka_unit_test(every_bit_pattern_is_read_back),
    cmocka_unit_test(random_literals_are_read_as_strtod_does),
    cmocka_unit_test(halfway_cases_are_exact),
    cmocka_unit_test(very_long_literals_are_exact),
    cmocka_unit_test(doubles_are_written_as_python_does),
    cmocka_unit_test(doubles_are_written_shortest),
};

PW_TEST_MAIN(tests, seed, NULL)
