/* SPDX-License-Identifier: MIT */
/* Scales, ticks, ranges, numbers as text. */
#include <locale.h>
#include <math.h>

#include "check.h"
#include "plot/scale.h"

#define MINUS "\xE2\x88\x92"

static void numbers_are_exact_and_without_locale(void **state)
{
    char text[PWI_NUMBER_SIZE];

    (void)state;
    (void)setlocale(LC_ALL, "de_DE.UTF-8"); /* where there is one: a decimal comma */
    assert_string_equal(pwi_number_text(text, 0.25, 2), "0.25");
    assert_string_equal(pwi_number_text(text, -1.005, 1), MINUS "1.0");
    assert_string_equal(pwi_number_text(text, -0.001, 2), "0.00"); /* no minus zero */
    assert_string_equal(pwi_number_text(text, 12345, 0), "12345");
    assert_string_equal(pwi_number_text(text, 3e20, 2), "3\xC3\x97"
                                                        "10\xC2\xB2\xE2\x81\xB0");
    assert_string_equal(pwi_number_text(text, NAN, 2), "?");
    assert_string_equal(pwi_short_number(text, 33.06), "33.1");
    assert_string_equal(pwi_short_number(text, 0.5), "0.5");
    assert_string_equal(pwi_short_number(text, 1e-6), "10\xE2\x81\xBB\xE2\x81\xB6");
    assert_string_equal(pwi_short_number(text, -2.5e7), MINUS "2.5\xC3\x97"
                                                              "10\xE2\x81\xB7");
    assert_string_equal(pwi_count_text(text, 59136), "59,136");
    assert_string_equal(pwi_count_text(text, 768), "768");
    assert_string_equal(pwi_count_text(text, UINT64_MAX), "18,446,744,073,709,551,615");
    (void)setlocale(LC_ALL, "C");
}

static void linear_ticks_are_round_and_inside(void **state)
{
    struct pwi_ticks ticks;

    (void)state;
    pwi_ticks_make(&ticks, PW_SCALE_LINEAR, -1, 1, 5);
    assert_int_equal(ticks.n, 5);
    assert_string_equal(ticks.tick[0].text, MINUS "1.0");
    assert_string_equal(ticks.tick[2].text, "0.0");
    assert_string_equal(ticks.tick[4].text, "1.0");
    pwi_ticks_make(&ticks, PW_SCALE_LINEAR, 0, 43.7, 6);
    assert_int_equal(ticks.n, 5);
    assert_string_equal(ticks.tick[4].text, "40");
    pwi_ticks_make(&ticks, PW_SCALE_LINEAR, 1e-9, 3e-9, 4);
    assert_string_equal(ticks.tick[0].text, "10\xE2\x81\xBB\xE2\x81\xB9");
}

/* Any range gives ticks inside it, in order, in a number that fits: 200 ranges over 600 powers.
 */
static void ticks_of_any_range(void **state)
{
    struct pwi_ticks ticks;

    (void)state;
    for (int power = -300; power <= 299; power += 3) {
        const double min = -3.7 * pow(10, power), max = 8.1 * pow(10, power);

        pwi_ticks_make(&ticks, PW_SCALE_LINEAR, min, max, 6);
        assert_in_range(ticks.n, 4, 13);
        for (size_t i = 0; i < ticks.n; i++) {
            assert_true(ticks.tick[i].at >= min && ticks.tick[i].at <= max);
            assert_true(i == 0 || ticks.tick[i].at > ticks.tick[i - 1].at);
        }
    }
}

static void cells_have_whole_numbers(void **state)
{
    struct pwi_ticks ticks;

    (void)state;
    pwi_ticks_cells(&ticks, 77, 10);
    assert_int_equal(ticks.n, 8);
    assert_string_equal(ticks.tick[7].text, "70");
    pwi_ticks_cells(&ticks, 3, 10); /* never halves */
    assert_int_equal(ticks.n, 3);
    assert_string_equal(ticks.tick[1].text, "1");
    pwi_ticks_cells(&ticks, 768, 8);
    assert_string_equal(ticks.tick[1].text, "100");
}

static void log_ticks_are_powers(void **state)
{
    struct pwi_ticks ticks;
    size_t n_major = 0;

    (void)state;
    pwi_ticks_make(&ticks, PW_SCALE_LOG, 0.01, 1000, 6);
    for (size_t i = 0; i < ticks.n; i++)
        n_major += !ticks.tick[i].is_minor;
    assert_int_equal(n_major, 6);
    assert_int_equal(ticks.n, 5 * 9 + 1);
    assert_string_equal(ticks.tick[0].text, "0.01");
    pwi_ticks_make(&ticks, PW_SCALE_LOG, 1e-200, 1e200,
                   6); /* many decades: some are left out */
    assert_in_range(ticks.n, 3, 10);
}

static void color_bar_shows_its_ends(void **state)
{
    const pw_color_scale half = {PW_MAP_DIVERGING, -0.5, 0.5, ""};
    const pw_color_scale odd = {PW_MAP_SEQUENTIAL, 0, 0.873, ""};
    struct pwi_ticks ticks;

    (void)state;
    pwi_ticks_colors(&ticks, &half);
    assert_int_equal(ticks.n, 5);
    assert_string_equal(ticks.tick[0].text, MINUS "0.50");
    assert_string_equal(ticks.tick[3].text, "0.25");
    pwi_ticks_colors(&ticks, &odd);
    assert_string_equal(ticks.tick[ticks.n - 1].text, "0.8");
}

static void spans_place_values(void **state)
{
    const struct pwi_span linear = {PW_SCALE_LINEAR, 0, 10, 100, 200};
    const struct pwi_span log_span = {PW_SCALE_LOG, 0.01, 100, 0, 4};

    (void)state;
    assert_true(pwi_span_at(&linear, 2.5) == 125);
    assert_true(isnan(pwi_span_at(&linear, NAN)));
    assert_true(fabs(pwi_span_at(&log_span, 1) - 2) < 1e-12);
    assert_true(isnan(pwi_span_at(&log_span, 0)));
    assert_true(isnan(pwi_span_at(&log_span, -1)));
}

static void ranges_widen_to_round_numbers(void **state)
{
    double min = 0.13, max = 43.7;

    (void)state;
    pwi_nice_range(PW_SCALE_LINEAR, &min, &max, 6);
    assert_true(min == 0 && max == 50);
    min = max = 5; /* a single value has room around it */
    pwi_nice_range(PW_SCALE_LINEAR, &min, &max, 6);
    assert_true(min < 5 && max > 5);
    min = max = 0;
    pwi_nice_range(PW_SCALE_LINEAR, &min, &max, 6);
    assert_true(min < 0 && max > 0);
    min = 0.03, max = 200;
    pwi_nice_range(PW_SCALE_LOG, &min, &max, 6);
    assert_true(fabs(min - 0.01) < 1e-15 && fabs(max - 1000) < 1e-9);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(numbers_are_exact_and_without_locale),
    cmocka_unit_test(linear_ticks_are_round_and_inside),
    cmocka_unit_test(ticks_of_any_range),
    cmocka_unit_test(cells_have_whole_numbers),
    cmocka_unit_test(log_ticks_are_powers),
    cmocka_unit_test(color_bar_shows_its_ends),
    cmocka_unit_test(spans_place_values),
    cmocka_unit_test(ranges_widen_to_round_numbers),
};

PW_TEST_MAIN(tests, NULL, NULL)
