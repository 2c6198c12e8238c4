/* SPDX-License-Identifier: MIT */
/* Curves, change points, regimes, dominating coordinates, rank. */
#include "lab_check.h"

static void steps_are_found_where_they_are(void **state)
{
    double curve[40], flat[40];
    const double *const curves[] = {curve, flat};
    size_t starts[40], n;

    for (int i = 0; i < 40; i++) {
        curve[i] = i < 10 ? 0.0 : i < 39 ? 1.0 : -1.0;
        flat[i] = 5.0;
    }
    assert_int_equal(pw_change_points(starts, &n, *state, curves, 1, 40, 0.02, NULL), PW_OK);
    assert_int_equal(n, 2);
    assert_int_equal(starts[0], 10);
    assert_int_equal(starts[1], 39);
    assert_int_equal(pw_change_points(starts, &n, *state, curves, 2, 40, 0.02, NULL), PW_OK);
    assert_int_equal(n, 2);
}

/* A level with noise in it is one level, however regular the noise. */
static void small_spread_is_no_change(void **state)
{
    double curve[40];
    const double *const curves[] = {curve};
    size_t starts[40], n;

    for (int i = 0; i < 40; i++)
        curve[i] = i < 20 ? 0.99 : 1.0;
    assert_int_equal(pw_change_points(starts, &n, *state, curves, 1, 40, 0.02, NULL), PW_OK);
    assert_int_equal(n, 0);
    assert_int_equal(pw_change_points(starts, &n, *state, curves, 1, 40, 0.001, NULL), PW_OK);
    assert_int_equal(n, 1);
    assert_int_equal(pw_change_points(starts, &n, *state, curves, 1, 1, 0.0, NULL), PW_OK);
    assert_int_equal(n, 0);
}

/* EOS along x, BOS along y; pads 4..7 like EOS, 8..10 like BOS, 11 like EOS. */
static void fill(float *values)
{
    for (int i = 0; i < 12; i++) {
        const int like_bos = i == 0 || (i >= 8 && i < 11);

        values[3 * i] = like_bos ? 0.0f : 2.0f;
        values[3 * i + 1] = like_bos ? 3.0f : 0.0f;
        values[3 * i + 2] = i == 1 || i == 2 ? 1.0f : 0.0f;
    }
}

static void regimes_are_told_apart(void **state)
{
    float values[36];
    pw_row_role roles[12];
    const pw_rows rows = check_rows(values, 12, 3, 4, roles);
    pw_regime regimes[PW_REGIMES_MAX];
    size_t n;

    fill(values);
    assert_int_equal(pw_rows_regimes(regimes, &n, *state, &rows, NULL), PW_OK);
    assert_int_equal(n, 3);
    assert_int_equal(regimes[0].begin, 4);
    assert_int_equal(regimes[0].end, 8);
    assert_int_equal(regimes[0].kind, PW_REGIME_EOS_LIKE);
    assert_near(regimes[0].norm, 2.0, 0);
    assert_near(regimes[0].cos_eos, 1.0, 0);
    assert_int_equal(regimes[1].begin, 8);
    assert_int_equal(regimes[1].end, 11);
    assert_int_equal(regimes[1].kind, PW_REGIME_BOS_LIKE);
    assert_near(regimes[1].cos_bos, 1.0, 0);
    assert_near(regimes[1].cos_eos, 0.0, 0);
    /* Squared norms: BOS 9, two words 5, EOS 4, pads 4 * 4 + 3 * 9 + 4. */
    assert_near(regimes[1].energy, 27.0 / (9 + 10 + 4 + 16 + 27 + 4), 1e-15);
    assert_int_equal(regimes[2].begin, 11);
    assert_int_equal(regimes[2].kind, PW_REGIME_EOS_LIKE);
    assert_string_equal(pw_regime_kind_name(PW_REGIME_MIXED), "mixed");
}

static void pads_without_direction_have_no_regimes(void **state)
{
    float values[36];
    pw_row_role roles[12];
    pw_rows rows = check_rows(values, 12, 3, 4, roles);
    pw_regime regimes[PW_REGIMES_MAX];
    pw_error err;
    size_t n;

    fill(values);
    memset(values + 3 * 9, 0, 3 * sizeof(float));
    assert_int_equal(pw_rows_regimes(regimes, &n, *state, &rows, &err), PW_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "row 9"));
    rows = check_rows(values, 12, 3, 12, roles);
    assert_int_equal(pw_rows_regimes(regimes, &n, *state, &rows, &err), PW_ERR_NOT_FOUND);
    rows = check_rows(values, 12, 3, 0, roles);
    assert_int_equal(pw_rows_regimes(regimes, &n, *state, &rows, &err), PW_ERR_NOT_FOUND);
}

static void curves_compare_with_bos_eos_and_before(void **state)
{
    float values[36];
    pw_row_role roles[12];
    const pw_rows rows = check_rows(values, 12, 3, 4, roles);
    double norm[12], cos_bos[12], cos_eos[12], before[12];

    (void)state;
    fill(values);
    pw_rows_curves(norm, cos_bos, cos_eos, before, &rows);
    assert_near(norm[0], 3.0, 0);
    assert_true(isnan(before[0]));
    assert_near(cos_bos[9], 1.0, 0);
    assert_near(cos_eos[9], 0.0, 0);
    assert_near(before[8], 0.0, 0);
    assert_near(before[9], 1.0, 0);
    assert_near(cos_eos[1], 2.0 / sqrt(5.0), 1e-15);
}

static void the_greatest_coordinates_come_first(void **state)
{
    static const float values[] = {1, 0, 5, 2, 0, 7, 3, -4, 0, 3, 4, 1};
    static const size_t chosen[] = {2, 3};
    pw_row_role roles[4];
    const pw_rows rows = check_rows(values, 4, 3, 2, roles);
    pw_coordinate out[3];
    pw_error err;

    assert_int_equal(pw_rows_coordinates(out, 3, *state, &rows, chosen, 2, &err), PW_OK);
    assert_int_equal(out[0].index, 1);
    assert_near(out[0].share, 32.0 / 51, 1e-15);
    assert_near(out[0].mean, 0.0, 0);
    assert_int_equal(out[1].index, 0);
    assert_near(out[1].mean, 3.0, 0);
    assert_near(out[1].bos, 1.0, 0);
    assert_near(out[1].eos, 2.0, 0);
    assert_int_equal(out[2].index, 2);
    assert_int_equal(pw_rows_coordinates(out, 4, *state, &rows, chosen, 2, &err),
                     PW_ERR_ARGUMENT);
    assert_int_equal(pw_rows_coordinates(out, 1, *state, &rows, chosen, 0, &err),
                     PW_ERR_ARGUMENT);
}

static void the_rank_of_known_rows(void **state)
{
    /* BOS along x, EOS along y; pads in their plane but for one of length 1 along z. */
    static const float values[] = {1, 0, 0, 0, 1, 0, 4, 0, 0, 0, 3, 0, 0, 0, 1};
    static const size_t pads[] = {2, 3, 4};
    pw_row_role roles[5];
    const pw_rows rows = check_rows(values, 5, 3, 2, roles);
    double sigma[3];
    pw_rank rank;

    assert_int_equal(pw_rows_svd(&rank, sigma, *state, &rows, pads, 3, NULL), PW_OK);
    assert_near(sigma[0], 4.0, 1e-15);
    assert_near(sigma[1], 3.0, 1e-15);
    assert_near(sigma[2], 1.0, 1e-15);
    assert_int_equal(rank.rank_90, 2); /* 25 of 26 */
    assert_int_equal(rank.rank_99, 3);
    assert_near(rank.plane, 25.0 / 26, 1e-15);
    assert_near(rank.effective,
                exp(-(16.0 / 26 * log(16.0 / 26) + 9.0 / 26 * log(9.0 / 26) +
                      1.0 / 26 * log(1.0 / 26))),
                1e-14);
}

static void more_rows_than_numbers_and_none(void **state)
{
    static const float values[] = {1, 0, 1, 0, 1, 0, 0, 0};
    static const size_t chosen[] = {0, 1, 2}, last[] = {3};
    pw_row_role roles[4];
    const pw_rows rows = check_rows(values, 4, 2, 0, roles);
    double sigma[3];
    pw_rank rank;
    pw_error err;

    assert_int_equal(pw_rows_svd(&rank, sigma, *state, &rows, chosen, 3, &err), PW_OK);
    assert_int_equal(rank.n_values, 2);
    assert_near(sigma[0], sqrt(3.0), 1e-15);
    assert_near(sigma[1], 0.0, 1e-15);
    assert_near(sigma[2], 0.0, 0);
    assert_true(isnan(rank.plane));
    assert_int_equal(pw_rows_svd(&rank, sigma, *state, &rows, last, 1, &err), PW_ERR_ARGUMENT);
    assert_non_null(strstr(err.text, "zeros"));
    assert_int_equal(pw_rows_svd(&rank, sigma, *state, &rows, chosen, 0, &err),
                     PW_ERR_ARGUMENT);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(steps_are_found_where_they_are),
    cmocka_unit_test(small_spread_is_no_change),
    cmocka_unit_test(regimes_are_told_apart),
    cmocka_unit_test(pads_without_direction_have_no_regimes),
    cmocka_unit_test(curves_compare_with_bos_eos_and_before),
    cmocka_unit_test(the_greatest_coordinates_come_first),
    cmocka_unit_test(the_rank_of_known_rows),
    cmocka_unit_test(more_rows_than_numbers_and_none),
};

PW_TEST_MAIN(tests, check_setup, check_teardown)
