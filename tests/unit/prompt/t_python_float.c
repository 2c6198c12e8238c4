/* SPDX-License-Identifier: MIT */
/* float() of Python 3: what it takes and what it refuses. Every value was printed by Python. */
#include "check.h"

#include <math.h>

#include "prompt/python_float.h"

static bool read(const char *text, double *value)
{
    return pwi_python_float(text, strlen(text), value);
}

static void numbers(void **state)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"1.2", 1.2},
        {" 1.2\t\n", 1.2},
        {"\xC2\xA0"
         "5\xE3\x80\x80",
         5.0}, /* no-break and ideographic space */
        {"+.5", 0.5},
        {"-1.", -1.0},
        {"1_0", 10.0},
        {"1_0.0_1e1_0", 1e11 + 1e8},
        {"1e2", 100.0},
        {"1E-2", 0.01},
        {"00001.1", 1.1},
        {"1e999", (double)INFINITY},
        {"-1e999", -(double)INFINITY},
        {"1e-999", 0.0},
        {"0e99999999999999999999", 0.0},
        {"1e99999999999999999999", (double)INFINITY},
        {"inf", (double)INFINITY},
        {"-Infinity", -(double)INFINITY},
        {"4.9e-324", 4.9406564584124654e-324},
        {"1.7976931348623157e308", 1.7976931348623157e308},
        {"9007199254740993", 9007199254740992.0},
        {"9007199254740992.99999999999999999999999", 9007199254740992.0 + 0.0},
        {"\xEF\xBC\x91.\xEF\xBC\x92", 1.2},         /* fullwidth 1.2 */
        {"\xD9\xA3\xD9\xA4", 34.0},                 /* Arabic-Indic 34 */
        {"\xF0\x9D\x9F\x97\xF0\x9D\x9F\x98", 90.0}, /* bold 9, double-struck 0: one run */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        double value;

        if (!read(cases[i].text, &value))
            fail_msg("%s was refused", cases[i].text);
        if (value != cases[i].value)
            fail_msg("%s gave %.17g", cases[i].text, value);
    }
}

static void signs_of_zero_and_nan(void **state)
{
    double value;

    (void)state;
    assert_true(read("-0", &value) && signbit(value) != 0 && value == 0.0);
    assert_true(read("NaN", &value) && isnan(value));
    assert_true(read("+nan", &value) && isnan(value));
}

static void what_python_refuses(void **state)
{
    static const char *const texts[] = {
        "",   " ",   ".",    "1.2.3", "1,2", "_1",    "1_",   "1__0", "1_.0", "1._0",    "e5",
        "1e", "1e+", "0x10", "- 1",   "+-1", "infin", "nan1", "1 2",  "1e_2", "\xC2\xB2"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        double value;

        if (read(texts[i], &value))
            fail_msg("\"%s\" gave %.17g", texts[i], value);
    }
    assert_false(pwi_python_float("1\0", 2, &(double){0}));
}

/* Digits far behind the point still decide a tie. */
static void long_numbers_round_correctly(void **state)
{
    char text[2000];
    double value;
    int n = snprintf(text, sizeof(text), "9007199254740993.");

    (void)state;
    memset(text + n, '0', 1500);
    text[n + 1500] = '\0';
    assert_true(read(text, &value) && value == 9007199254740992.0);
    text[n + 1499] = '1';
    assert_true(read(text, &value) && value == 9007199254740994.0);
    memset(text, '7', 1500);
    text[1500] = '\0';
    assert_true(read(text, &value) && isinf(value));
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(signs_of_zero_and_nan),
        cmocka_unit_test(what_python_refuses),
        cmocka_unit_test(long_numbers_round_correctly),
    };

    return check_main(argc, argv, tests, sizeof(tests) / sizeof(*tests), NULL, NULL);
}
