/* SPDX-License-Identifier: MIT */
/* Character classes: against the ranges in shared/data where they are, and at the places where
 * one class ends and the mirrored tools differ. */
#include "text_check.h"

#include <stdlib.h>

#include "text/properties.h"

typedef bool (*is_member)(uint32_t code);

static size_t count(is_member is_in_class)
{
    size_t n = 0;

    for (uint32_t code = 0; code <= PWI_CODE_MAX; code++)
        n += is_in_class(code);
    return n;
}

/* encoders.md 1.2 gives these sizes, from the executed tools. */
static void classes_have_the_known_sizes(void **state)
{
    (void)state;
    assert_int_equal(count(pwi_is_letter), 131756);
    assert_int_equal(count(pwi_is_number), 1791);
    assert_int_equal(count(pwi_is_space), 25);
    assert_int_equal(count(pwi_is_letter_python), 131756 + 4348);
    assert_int_equal(count(pwi_is_space_python), 29);
}

static void classes_differ_where_unicode_grew(void **state)
{
    (void)state;
    assert_false(pwi_is_letter(0x31350)); /* ideographs of Unicode 15 */
    assert_true(pwi_is_letter_python(0x31350));
    assert_true(pwi_is_letter_python(0x323AF));
    assert_false(pwi_is_number(0x1D2C0)); /* Kaktovik numerals of Unicode 15 */
    assert_true(pwi_is_number_python(0x1D2C0));
    assert_false(
        pwi_is_letter(0x301)); /* a mark is no letter: decomposed accents split words */
    assert_true(pwi_is_number(0xBD));
    assert_true(pwi_is_number(0x2167));
}

static void separators_are_space_to_python_only(void **state)
{
    (void)state;
    for (uint32_t code = 0x1C; code <= 0x1F; code++) {
        assert_false(pwi_is_space(code));
        assert_true(pwi_is_space_python(code));
    }
    assert_true(pwi_is_space(0x85));
    assert_true(pwi_is_space(0x3000));
    assert_false(pwi_is_space(0x200B));
    assert_false(pwi_is_space(0xFEFF));
}

static void codes_beyond_unicode_are_nothing(void **state)
{
    (void)state;
    assert_int_equal(pwi_properties(PWI_CODE_MAX + 1), 0);
    assert_int_equal(pwi_properties(UINT32_MAX), 0);
}

/* The number at *p, which is moved behind it. */
static uint32_t next_number(const char **p)
{
    uint32_t number = 0;

    while (**p != '\0' && !(**p >= '0' && **p <= '9'))
        (*p)++;
    for (; **p >= '0' && **p <= '9'; (*p)++)
        number = number * 10 + (uint32_t)(**p - '0');
    return number;
}

/* Every code point against the inclusive ranges "key": [[first, last], ...] of the file. */
static void check_ranges(const char *json, const char *key, is_member is_in_class)
{
    const char *p = strstr(json, key);
    const char *end;
    uint32_t code = 0;

    assert_non_null(p);
    end = strstr(p, "]]");
    assert_non_null(end);
    for (p += strlen(key); p < end;) {
        const uint32_t first = next_number(&p), last = next_number(&p);

        for (; code < first; code++)
            assert_false(is_in_class(code));
        for (; code <= last; code++)
            assert_true(is_in_class(code));
    }
    for (; code <= PWI_CODE_MAX; code++)
        assert_false(is_in_class(code));
}

static void classes_match_the_shared_ranges(void **state)
{
    const char *shared = getenv("PADWISE_SHARED");
    char path[4096];
    char *json;
    FILE *file;
    size_t size;

    (void)state;
    snprintf(path, sizeof(path), "%s/data/tokenizers/unicode/hf-tables.json",
             shared == NULL ? "" : shared);
    file = fopen(path, "rb");
    if (file == NULL)
        PW_SKIP("no shared/data");
    json = calloc(1, 1 << 20);
    assert_non_null(json);
    size = fread(json, 1, (1 << 20) - 1, file);
    fclose(file);
    assert_true(size > 1000);
    check_ranges(json, "\"onig_L\"", pwi_is_letter);
    check_ranges(json, "\"onig_N\"", pwi_is_number);
    check_ranges(json, "\"onig_space\"", pwi_is_space);
    free(json);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(classes_have_the_known_sizes),
    cmocka_unit_test(classes_differ_where_unicode_grew),
    cmocka_unit_test(separators_are_space_to_python_only),
    cmocka_unit_test(codes_beyond_unicode_are_nothing),
    cmocka_unit_test(classes_match_the_shared_ranges),
};

PW_TEST_MAIN(tests, NULL, NULL)
