/* SPDX-License-Identifier: MIT */
/* Rows: statistics, pairs, groups, what is refused; vectors at places. */
#include "lab_check.h"

static void stats_have_the_divisor_d(void **state)
{
    static const float row[] = {1, 2, 3, 6};
    pw_row_stats stats;

    (void)state;
    pw_row_measure(&stats, row, 4);
    assert_near(stats.mean, 3.0, 0);
    assert_near(stats.std, sqrt(3.5), 1e-15); /* (4 + 1 + 0 + 9) / 4; with 3 it would be 2.16 */
    assert_near(stats.min, 1.0, 0);
    assert_near(stats.max, 6.0, 0);
    assert_near(stats.l2, sqrt(50.0), 1e-15);
}

/* A mean far from 0 must not swallow the spread. */
static void a_spread_far_from_zero_is_kept(void **state)
{
    static const float row[] = {16777213, 16777215};
    pw_row_stats stats;

    (void)state;
    pw_row_measure(&stats, row, 2);
    assert_near(stats.std, 1.0, 0);
}

static void pairs_are_exact(void **state)
{
    static const float a[] = {3, 4, 0}, b[] = {6, 8, 0}, c[] = {-4, 3, 0}, zero[] = {0, 0, 0};
    static const float odd[] = {0.1f, -0.7f, 0.33f};
    pw_pair pair;

    (void)state;
    pw_row_compare(&pair, a, b, 3);
    assert_near(pair.cosine, 1.0, 0);
    assert_near(pair.l2, 5.0, 0);
    assert_false(pair.is_bitwise);
    pw_row_compare(&pair, a, c, 3);
    assert_near(pair.cosine, 0.0, 0);
    pw_row_compare(&pair, a, zero, 3);
    assert_true(isnan(pair.cosine));
    assert_near(pair.l2, 5.0, 0);
    pw_row_compare(&pair, odd, odd, 3);
    assert_near(pair.cosine, 1.0, 0);
    assert_true(pair.is_bitwise);
}

/* Equal values are not equal bits: 0 and -0. */
static void bitwise_means_bits(void **state)
{
    static const float a[] = {1, 0.0f}, b[] = {1, -0.0f};
    pw_pair pair;

    (void)state;
    pw_row_compare(&pair, a, b, 2);
    assert_near(pair.l2, 0.0, 0);
    assert_false(pair.is_bitwise);
}

static void groups_go_by_role(void **state)
{
    static const float values[] = {1, 0, 0, 2, 3, 4, 5, 0, 0, 5, 6, 8};
    pw_row_role roles[6];
    const pw_rows rows = check_rows(values, 6, 2, 4, roles);
    size_t chosen[6];
    pw_group group;

    (void)state;
    assert_int_equal(pw_rows_choose(&rows, PW_ROW_PAD, chosen), 2);
    assert_int_equal(chosen[0], 4);
    assert_int_equal(chosen[1], 5);
    assert_int_equal(pw_rows_choose(&rows, PW_ROW_WORD, NULL), 2);
    pw_rows_group(&group, &rows, PW_ROW_PAD);
    assert_int_equal(group.n, 2);
    assert_near(group.norm_mean, 7.5, 0);
    assert_near(group.norm_min, 5.0, 0);
    assert_near(group.norm_max, 10.0, 0);
    assert_near(group.energy, 125.0 / (1 + 4 + 25 + 25 + 25 + 100), 1e-15);
    pw_rows_group(&group, &rows, PW_ROW_UNKNOWN);
    assert_int_equal(group.n, 0);
    assert_true(isnan(group.norm_mean));
}

static void rows_that_cannot_be_measured_are_refused(void **state)
{
    float values[] = {1, 2, 3, NAN};
    pw_row_role roles[2];
    pw_rows rows = check_rows(values, 2, 2, 2, roles);
    pw_error err;

    (void)state;
    assert_int_equal(pw_rows_check(&rows, &err), PW_ERR_FORMAT);
    assert_non_null(strstr(err.text, "number 1 of row 1 is NaN"));
    values[3] = -INFINITY;
    assert_int_equal(pw_rows_check(&rows, &err), PW_ERR_FORMAT);
    assert_non_null(strstr(err.text, "infinite"));
    values[3] = 4;
    assert_int_equal(pw_rows_check(&rows, &err), PW_OK);
    rows.n_rows = 0;
    assert_int_equal(pw_rows_check(&rows, &err), PW_ERR_ARGUMENT);
    rows.n_rows = PW_LAB_ROWS_MAX + 1;
    assert_int_equal(pw_rows_check(&rows, &err), PW_ERR_LIMIT);
}

static const float ladder[] = {10, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0};

static void places_pick_their_rows(void **state)
{
    static const struct {
        pw_place place;
        double expected; /* of the first number */
    } cases[] = {
        {{.kind = PW_PLACE_BOS}, 10},
        {{.kind = PW_PLACE_EOS}, 3},
        {{.kind = PW_PLACE_WORDS}, 1.5},
        {{.kind = PW_PLACE_PADS}, 6},
        {{.kind = PW_PLACE_PADS, .first = 2}, 4.5},
        {{.kind = PW_PLACE_PADS, .first = 99}, 6},
        {{.kind = PW_PLACE_PADS, .part = 0, .n_parts = 5}, 4},
        {{.kind = PW_PLACE_PADS, .part = 4, .n_parts = 5}, 8},
        {{.kind = PW_PLACE_PADS, .part = 1, .n_parts = 2}, 7},
        {{.kind = PW_PLACE_ALL}, 46.0 / 9},
        {{.kind = PW_PLACE_POSITION, .position = 7}, 7},
    };

    pw_row_role roles[9];
    const pw_rows rows = check_rows(ladder, 9, 2, 4, roles);
    double vector[2];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_true(pw_rows_vector(vector, &rows, &cases[i].place));
        assert_near(vector[0], cases[i].expected, 1e-15);
        assert_near(vector[1], 0.0, 0);
    }
}

static void places_that_are_not_there(void **state)
{
    static const pw_place behind = {.kind = PW_PLACE_POSITION, .position = 9},
                          words = {.kind = PW_PLACE_WORDS}, pads = {.kind = PW_PLACE_PADS},
                          part = {.kind = PW_PLACE_PADS, .part = 0, .n_parts = 9};
    pw_row_role roles[9];
    pw_rows rows = check_rows(ladder, 9, 2, 2, roles);
    double vector[2];

    (void)state;
    assert_false(pw_rows_vector(vector, &rows, &behind));
    assert_false(pw_rows_vector(vector, &rows, &words)); /* BOS and EOS alone */
    assert_false(pw_rows_vector(vector, &rows, &part));  /* 7 pads, the first ninth of them */
    rows = check_rows(ladder, 9, 2, 0, roles);
    assert_false(pw_rows_vector(vector, &rows, &pads));
}

static void inputs_are_compared_place_by_place(void **state)
{
    static const float a[] = {1, 0, 3, 4, 2, 0}, b[] = {1, 0, 4, 3}, wide[] = {1, 0, 0};
    static const pw_place second = {.kind = PW_PLACE_POSITION, .position = 1},
                          third = {.kind = PW_PLACE_POSITION, .position = 2};
    pw_row_role roles[3][3];
    pw_rows inputs[] = {check_rows(a, 3, 2, 2, roles[0]), check_rows(b, 2, 2, 2, roles[1]),
                        check_rows(wide, 1, 3, 0, roles[2])};
    double cosine[4], l2[4];
    pw_error err;

    assert_int_equal(pw_inputs_compare(cosine, l2, *state, inputs, 2, &second, &err), PW_OK);
    assert_near(cosine[0], 1.0, 0);
    assert_near(cosine[1], 24.0 / 25, 1e-15);
    assert_near(cosine[2], cosine[1], 0);
    assert_near(l2[1], sqrt(2.0), 1e-15);
    assert_int_equal(pw_inputs_compare(cosine, NULL, *state, inputs, 2, &third, &err), PW_OK);
    assert_near(cosine[0], 1.0, 0);
    assert_true(isnan(cosine[1]) && isnan(cosine[2]) && isnan(cosine[3]));
    assert_int_equal(pw_inputs_compare(cosine, l2, *state, inputs, 3, &second, &err),
                     PW_ERR_MISMATCH);
    assert_non_null(strstr(err.text, "different encoders"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(stats_have_the_divisor_d),
    cmocka_unit_test(a_spread_far_from_zero_is_kept),
    cmocka_unit_test(pairs_are_exact),
    cmocka_unit_test(bitwise_means_bits),
    cmocka_unit_test(groups_go_by_role),
    cmocka_unit_test(rows_that_cannot_be_measured_are_refused),
    cmocka_unit_test(places_pick_their_rows),
    cmocka_unit_test(places_that_are_not_there),
    cmocka_unit_test(inputs_are_compared_place_by_place),
};

PW_TEST_MAIN(tests, check_setup, check_teardown)
