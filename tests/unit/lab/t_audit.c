/* SPDX-License-Identifier: MIT */
/* Verdicts turn with the numbers: each claim's judge is asked on both sides of its limit, and
 * where there is too little to judge by. */
#include "lab_check.h"

#include <padwise/audit.h>

/* The estimate of `n` values that all lie between two bounds. */
static pw_estimate estimate(pw_context *ctx, const double *values, size_t n)
{
    pw_estimate out;

    assert_int_equal(pw_estimate_mean(&out, ctx, values, n, 0, NULL), PW_OK);
    return out;
}

static void means_are_judged_by_their_whole_interval(void **state)
{
    static const double high[] = {0.95, 0.97, 0.99, 0.96}, low[] = {0.6, 0.7, 0.65, 0.8},
                        mixed[] = {0.7, 0.99, 0.98, 0.85};
    const pw_estimate of_high = estimate(*state, high, 4), of_low = estimate(*state, low, 4),
                      of_mixed = estimate(*state, mixed, 4);

    assert_int_equal(pw_judge_mean(&of_high, 0.9), PW_VERDICT_TRUE);
    assert_int_equal(pw_judge_mean(&of_low, 0.9), PW_VERDICT_FALSE);
    assert_int_equal(pw_judge_mean(&of_mixed, 0.9), PW_VERDICT_OPEN);
    /* The same numbers, another limit. */
    assert_int_equal(pw_judge_mean(&of_low, 0.5), PW_VERDICT_TRUE);
    assert_int_equal(pw_judge_mean(&of_high, 0.999), PW_VERDICT_FALSE);
}

/* A limit that is reached exactly holds. */
static void limits_are_reached(void **state)
{
    static const double values[] = {0.9, 0.9, 0.9};
    const pw_estimate same = estimate(*state, values, 3);

    assert_int_equal(pw_judge_mean(&same, 0.9), PW_VERDICT_TRUE);
    assert_int_equal(pw_judge_mean(&same, nextafter(0.9, 1.0)), PW_VERDICT_FALSE);
}

static void a_single_pair_is_no_verdict(void **state)
{
    static const double two[] = {0.1, 0.1};
    static const double matrix[4] = {1, 0.1, 0.1, 1};
    const pw_estimate of_two = estimate(*state, two, 2), of_none = estimate(*state, two, 0);
    pw_estimate of_pair;

    assert_int_equal(pw_estimate_pairs(&of_pair, *state, matrix, 2, 0, NULL), PW_OK);
    assert_int_equal(pw_judge_mean(&of_two, 0.9), PW_VERDICT_OPEN);
    assert_int_equal(pw_judge_mean(&of_none, 0.9), PW_VERDICT_OPEN);
    assert_int_equal(pw_judge_mean(&of_pair, 0.9), PW_VERDICT_OPEN);
    assert_int_equal(pw_judge_all(500, 500, 2), PW_VERDICT_OPEN);
    assert_int_equal(pw_judge_all(0, 500, 2), PW_VERDICT_OPEN);
}

static void all_is_every_one(void **state)
{
    (void)state;
    assert_int_equal(pw_judge_all(500, 500, 3), PW_VERDICT_TRUE);
    assert_int_equal(pw_judge_all(499, 500, 3), PW_VERDICT_FALSE);
    assert_int_equal(pw_judge_all(0, 500, 3), PW_VERDICT_FALSE);
    assert_int_equal(pw_judge_all(0, 0, 3), PW_VERDICT_OPEN);
}

static void the_opposite_of_an_open_claim_is_open(void **state)
{
    (void)state;
    assert_int_equal(pw_verdict_not(PW_VERDICT_TRUE), PW_VERDICT_FALSE);
    assert_int_equal(pw_verdict_not(PW_VERDICT_FALSE), PW_VERDICT_TRUE);
    assert_int_equal(pw_verdict_not(PW_VERDICT_OPEN), PW_VERDICT_OPEN);
    assert_string_equal(pw_verdict_name(PW_VERDICT_OPEN), "not decidable here");
    assert_string_equal(pw_verdict_name(PW_VERDICT_TRUE), "true");
    assert_string_equal(pw_verdict_name(PW_VERDICT_FALSE), "false");
    assert_string_equal(pw_verdict_name((pw_verdict)9), "?");
}

/* Rows that one formula explains are not explained by the other. */
static void formulas_are_told_apart(void **state)
{
    static const float plain[4] = {2, 0, 4, -2}, from[4] = {1, 1, 0, 2}, zeros[4] = {0};
    float scaled[4], moved[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        scaled[i] = plain[i] * 1.5F;
        moved[i] = from[i] + (plain[i] - from[i]) * 1.5F;
    }
    assert_near(pw_row_unexplained(scaled, plain, NULL, 1.5, 4), 0.0, 0);
    assert_near(pw_row_unexplained(moved, plain, from, 1.5, 4), 0.0, 0);
    assert_near(pw_row_unexplained(plain, plain, from, 1.0, 4), 0.0, 0);
    assert_near(pw_row_unexplained(scaled, plain, zeros, 1.5, 4), 0.0, 0);
    /* moved = {2.5, -0.5, 6, -4}, scaled = {3, 0, 6, -3}: they differ by {0.5, 0.5, 0, 1}. */
    assert_near(pw_row_unexplained(moved, plain, NULL, 1.5, 4), sqrt(1.5 / 58.5), 1e-15);
    assert_near(pw_row_unexplained(scaled, plain, from, 1.5, 4), sqrt(1.5 / 54.0), 1e-15);
    assert_true(isinf(pw_row_unexplained(zeros, plain, NULL, 1.5, 4)));
    assert_near(pw_row_unexplained(zeros, zeros, NULL, 1.5, 4), 0.0, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(means_are_judged_by_their_whole_interval, check_setup,
                                    check_teardown),
    cmocka_unit_test_setup_teardown(limits_are_reached, check_setup, check_teardown),
    cmocka_unit_test_setup_teardown(a_single_pair_is_no_verdict, check_setup, check_teardown),
    cmocka_unit_test(all_is_every_one),
    cmocka_unit_test(the_opposite_of_an_open_claim_is_open),
    cmocka_unit_test(formulas_are_told_apart),
};

PW_TEST_MAIN(tests, NULL, NULL)
