/* SPDX-License-Identifier: MIT */
/* Names of dialects and of emphasis modes: each finds itself, nothing else is found. */
#include <padwise/prompt.h>

#include "check.h"

static void every_dialect_finds_itself(void **state)
{
    size_t n = 0;

    (void)state;
    for (; pw_dialect_name(n) != NULL; n++) {
        assert_int_equal(pw_dialect_find(pw_dialect_name(n)), n);
        assert_true(strlen(pw_dialect_summary(n)) > 0);
    }
    assert_true(n >= 8);
    assert_null(pw_dialect_summary(n));
    assert_int_equal(pw_dialect_find("automatic"), -1);
    assert_int_equal(pw_dialect_find(""), -1);
}

static void every_emphasis_finds_itself(void **state)
{
    (void)state;
    for (int32_t i = 0; i < PW_N_EMPHASES; i++)
        assert_int_equal(pw_emphasis_from_name(pw_emphasis_name((pw_emphasis)i)), i);
    assert_string_equal(pw_emphasis_name(PW_EMPHASIS_NO_NORM), "no-norm");
    assert_int_equal(pw_emphasis_from_name("loud"), -1);
    assert_string_equal(pw_emphasis_name(PW_N_EMPHASES), "?");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_dialect_finds_itself),
    cmocka_unit_test(every_emphasis_finds_itself),
};

PW_TEST_MAIN(tests, NULL, NULL)
