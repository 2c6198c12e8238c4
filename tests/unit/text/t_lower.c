/* SPDX-License-Identifier: MIT */
/* Lower case: what both traditions share, and the two places where they part. */
#include "text_check.h"

static void both_agree_on_most(void **state)
{
    static const struct text_case cases[] = {
        {"AbC xyz 123", "abc xyz 123"},
        {"\xC3\x84\xC3\x96\xC3\x9C\xC3\x9F", "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F"},
        {"\xD0\x9C\xD0\x98\xD0\xA0", "\xD0\xBC\xD0\xB8\xD1\x80"},
        {"\xC4\xB0I", "i\xCC\x87i"}, /* dotted capital I: the only one that becomes two */
        {"\xE1\xBA\x9E", "\xC3\x9F"},
        {"\xE2\x84\xAA\xE2\x84\xAB", "k\xC3\xA5"},
        {"\xF0\x90\x90\x80", "\xF0\x90\x90\xA8"},
        {"\xC7\x85", "\xC7\x86"}, /* title case */
        {"\xC5\xBF", "\xC5\xBF"}, /* long s is lower case already */
    };

    (void)state;
    CHECK_BYTES(pwi_text_lower_rust, cases);
    CHECK_BYTES(pwi_text_lower_python, cases);
}

static void rust_never_makes_a_final_sigma(void **state)
{
    static const struct text_case cases[] = {
        {"\xCE\x91\xCE\xA3", "\xCE\xB1\xCF\x83"},
        {"\xCE\xA3", "\xCF\x83"},
    };

    (void)state;
    CHECK_BYTES(pwi_text_lower_rust, cases);
}

/* Wanted results are CPython 3.11's. */
static void python_makes_a_final_sigma(void **state)
{
    static const struct text_case cases[] = {
        {"\xCE\x91\xCE\xA3", "\xCE\xB1\xCF\x82"},                   /* end of a word */
        {"\xCE\x91\xCE\xA3 \xCE\x91", "\xCE\xB1\xCF\x82 \xCE\xB1"}, /* before a space */
        {"\xCE\x91\xCE\xA3\xCE\x91", "\xCE\xB1\xCF\x83\xCE\xB1"},   /* inside */
        {"\xCE\xA3", "\xCF\x83"},                                   /* alone */
        {" \xCE\xA3 ", " \xCF\x83 "},                               /* no letter before */
        {"\xCE\x91\xCE\xA3'\xCE\x91", "\xCE\xB1\xCF\x83'\xCE\xB1"}, /* past apostrophes */
        {"\xCE\x91'\xCE\xA3'", "\xCE\xB1'\xCF\x82'"},               /* on both sides */
        {"\xCE\x91\xCC\x81\xCE\xA3\xCC\x81", "\xCE\xB1\xCC\x81\xCF\x82\xCC\x81"},
        {"\xCE\xA3\xCE\xA3\xCE\xA3", "\xCF\x83\xCF\x83\xCF\x82"},
        {"1\xCE\xA3", "1\xCF\x83"},               /* digits do not case */
        {"\xCA\xB0\xCE\xA3", "\xCA\xB0\xCF\x83"}, /* a cased but ignorable letter is ignored */
        {"A\xC2\xAD\xCE\xA3.", "a\xC2\xAD\xCF\x82."},
    };

    (void)state;
    CHECK_BYTES(pwi_text_lower_python, cases);
}

static void python_knows_fewer_capitals(void **state)
{
    static const struct text_case rust[] = {{"\xE1\xB2\x89", "\xE1\xB2\x8A"}};
    static const struct text_case python[] = {{"\xE1\xB2\x89", "\xE1\xB2\x89"}};

    (void)state; /* U+1C89, of Unicode 16 */
    CHECK_BYTES(pwi_text_lower_rust, rust);
    CHECK_BYTES(pwi_text_lower_python, python);
}

static void both_halves_stand_for_the_same_bytes(void **state)
{
    static const struct text_case cases[] = {{"a\xC4\xB0Z", "61@0-1 69@1-3 307@1-3 7A@3-4"}};

    (void)state;
    CHECK_TRACES(pwi_text_lower_rust, cases);
    CHECK_TRACES(pwi_text_lower_python, cases);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(both_agree_on_most),
    cmocka_unit_test(rust_never_makes_a_final_sigma),
    cmocka_unit_test(python_makes_a_final_sigma),
    cmocka_unit_test(python_knows_fewer_capitals),
    cmocka_unit_test(both_halves_stand_for_the_same_bytes),
};

PW_TEST_MAIN(tests, NULL, NULL)
