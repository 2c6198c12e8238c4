/* SPDX-License-Identifier: MIT */
/* Means with intervals, probes, and what is concluded from several inputs. */
#include "lab_check.h"

static void a_mean_and_its_interval(void **state)
{
    double values[101];
    pw_estimate estimate, again, other;

    for (int i = 0; i < 101; i++)
        values[i] = i;
    assert_int_equal(pw_estimate_mean(&estimate, *state, values, 101, 7, NULL), PW_OK);
    assert_near(estimate.mean, 50.0, 0);
    assert_near(estimate.min, 0.0, 0);
    assert_near(estimate.max, 100.0, 0);
    assert_int_equal(estimate.n_items, 101);
    /* The normal interval is 50 -+ 1.96 * 29.15 / sqrt(101): 44.3 to 55.7. */
    assert_near(estimate.low, 44.3, 0.6);
    assert_near(estimate.high, 55.7, 0.6);
    assert_int_equal(pw_estimate_mean(&again, *state, values, 101, 7, NULL), PW_OK);
    assert_memory_equal(&again, &estimate, sizeof(again));
    assert_int_equal(pw_estimate_mean(&other, *state, values, 101, 8, NULL), PW_OK);
    assert_true(other.low != estimate.low || other.high != estimate.high);
}

static void few_values_have_no_interval(void **state)
{
    static const double two[] = {1, NAN, 3}, none[] = {NAN};
    pw_estimate estimate;

    assert_int_equal(pw_estimate_mean(&estimate, *state, two, 3, 0, NULL), PW_OK);
    assert_near(estimate.mean, 2.0, 0);
    assert_int_equal(estimate.n_values, 2);
    assert_true(isnan(estimate.low) && isnan(estimate.high));
    assert_int_equal(pw_estimate_mean(&estimate, *state, none, 1, 0, NULL), PW_OK);
    assert_int_equal(estimate.n_values, 0);
    assert_true(isnan(estimate.mean) && isnan(estimate.min));
}

/* Three items of which one is far from both others: a draw of items can leave it out or take it
 * twice, so the interval reaches from the one pair without it to the pairs with it. Drawing the
 * pairs themselves would never say 1. */
static void pairs_are_drawn_by_item(void **state)
{
    static const double matrix[] = {9, 1, 0, 1, 9, 0, 0, 0, 9};
    pw_estimate estimate;

    assert_int_equal(pw_estimate_pairs(&estimate, *state, matrix, 3, 1, NULL), PW_OK);
    assert_near(estimate.mean, 1.0 / 3, 1e-15);
    assert_int_equal(estimate.n_items, 3);
    assert_int_equal(estimate.n_values, 3);
    assert_near(estimate.low, 0.0, 0);
    assert_near(estimate.high, 1.0, 0);
    assert_int_equal(pw_estimate_pairs(&estimate, *state, matrix, 2, 1, NULL), PW_OK);
    assert_int_equal(estimate.n_values, 1);
    assert_true(isnan(estimate.low));
    assert_int_equal(pw_estimate_pairs(&estimate, *state, matrix, 1, 1, NULL), PW_OK);
    assert_int_equal(estimate.n_values, 0);
}

static void the_nearest_is_another(void **state)
{
    static const double cosine[] = {1, 0.5, 0.5, 0.5, 1, NAN, 0.5, NAN, 1};
    static const double alone[] = {1, NAN, NAN, 1};
    size_t nearest[3];

    (void)state;
    pw_vectors_nearest(nearest, cosine, 3);
    assert_int_equal(nearest[0], 1); /* a tie: the first */
    assert_int_equal(nearest[1], 0);
    assert_int_equal(nearest[2], 0);
    pw_vectors_nearest(nearest, alone, 2);
    assert_int_equal(nearest[0], 2);
}

/* Labels that a line parts are found; labels at random places are not. */
static void a_linear_probe_finds_lines(void **state)
{
    static const double vectors[] = {1, 5, 2, 4, 1.5, 6, -1, 5, -2, 6, -1.5, 4};
    static const size_t by_sign[] = {0, 0, 0, 1, 1, 1}, single[] = {0, 1, 1, 1, 1, 1};
    double right[6];

    assert_int_equal(pw_vectors_linear_probe(right, *state, vectors, 6, 2, by_sign, 2, NULL),
                     PW_OK);
    for (int i = 0; i < 6; i++)
        assert_near(right[i], 1.0, 0);
    /* Nobody who has not seen item 0 can know its label. */
    assert_int_equal(pw_vectors_linear_probe(right, *state, vectors, 6, 2, single, 2, NULL),
                     PW_OK);
    assert_near(right[0], 0.0, 0);
}

/* What comes out of the inverse must be what fitting without the item gives. */
static void leaving_out_is_exact(void **state)
{
    static const double vectors[] = {1, 2, 0.5, -1, 3, 1, -2, 0.3};
    static const size_t labels[] = {0, 1, 0, 1};
    double right[4], expected[4];

    assert_int_equal(pw_vectors_linear_probe(right, *state, vectors, 4, 2, labels, 2, NULL),
                     PW_OK);
    for (size_t out = 0; out < 4; out++) {
        double scale = 0.0, m[3][4], score = 0.0;
        size_t kept[3], n = 0;

        for (size_t i = 0; i < 4; i++) {
            scale +=
                (vectors[2 * i] * vectors[2 * i] + vectors[2 * i + 1] * vectors[2 * i + 1]) / 4;
            if (i != out)
                kept[n++] = i;
        }
        for (size_t i = 0; i < 3; i++) {
            for (size_t j = 0; j < 3; j++)
                m[i][j] = (vectors[2 * kept[i]] * vectors[2 * kept[j]] +
                           vectors[2 * kept[i] + 1] * vectors[2 * kept[j] + 1]) /
                              scale +
                          1 + (i == j ? 1e-3 : 0);
            m[i][3] = labels[kept[i]] == 0 ? 1 : -1;
        }
        for (size_t k = 0; k < 3; k++)
            for (size_t i = 0; i < 3; i++) {
                const double factor = m[i][k] / m[k][k];

                for (size_t j = 0; i != k && j < 4; j++)
                    m[i][j] -= factor * m[k][j];
            }
        for (size_t i = 0; i < 3; i++)
            score += m[i][3] / m[i][i] *
                     ((vectors[2 * kept[i]] * vectors[2 * out] +
                       vectors[2 * kept[i] + 1] * vectors[2 * out + 1]) /
                          scale +
                      1);
        expected[out] = (score > 0) == (labels[out] == 0);
    }
    for (size_t i = 0; i < 4; i++)
        assert_near(right[i], expected[i], 0);
}

/* ---- Across inputs. */

#define N_ROWS 5

/* BOS, EOS and three pads; the pads of the second are those of the first turned by `angle`. */
static void make_pair(float values[2][N_ROWS * 2], const double angles[3])
{
    for (int i = 0; i < 2; i++) {
        values[i][0] = 1, values[i][1] = 0;
        values[i][2] = 0, values[i][3] = (float)(i + 1);
        for (int k = 0; k < 3; k++) {
            values[i][4 + 2 * k] = i == 0 ? 2 : (float)(2 * cos(angles[k]));
            values[i][5 + 2 * k] = i == 0 ? 0 : (float)(2 * sin(angles[k]));
        }
    }
}

static void conclude(void **state, const double angles[3], pw_pads_across *across, char *text,
                     size_t capacity)
{
    float values[2][N_ROWS * 2];
    pw_row_role roles[2][N_ROWS];
    pw_rows inputs[2];

    make_pair(values, angles);
    for (int i = 0; i < 2; i++)
        inputs[i] = check_rows(values[i], N_ROWS, 2, 2, roles[i]);
    assert_int_equal(pw_pads_compare(across, *state, inputs, 2, 0, NULL), PW_OK);
    assert_int_equal(pw_pads_conclude(NULL, 0, across, 2),
                     pw_pads_conclude(text, capacity, across, 2));
}

static void only_equal_bits_are_called_identical(void **state)
{
    pw_pads_across across;
    char text[600];

    conclude(state, (const double[]){0, 0, 0}, &across, text, sizeof(text));
    assert_int_equal(across.n_bitwise, 3);
    assert_int_equal(across.n_compared, 3);
    assert_non_null(strstr(text, "identical in every bit: mean cosine 1.000"));
    conclude(state, (const double[]){0, 0, 1e-4}, &across, text, sizeof(text));
    assert_int_equal(across.n_bitwise, 2);
    assert_non_null(strstr(text, "alike in all prompts, though not identical"));
    assert_non_null(strstr(text, "BOS is identical in every bit."));
}

static void the_conclusion_follows_the_numbers(void **state)
{
    pw_pads_across across;
    char text[600];

    conclude(state, (const double[]){0.1, 1.5, 0.05}, &across, text, sizeof(text));
    assert_non_null(strstr(text, "alike at some positions and not at others"));
    assert_int_equal(across.least_at, 3);
    assert_int_equal(across.greatest_at, 4);
    assert_near(across.least, cos(1.5), 1e-7);
    assert_near(across.cosine.mean, (cos(0.1) + cos(1.5) + cos(0.05)) / 3, 1e-7);
    assert_non_null(strstr(text, "a single pair: no interval"));
    assert_non_null(strstr(text, "2 prompts of 2 tokens, 3 positions"));
    pw_pads_conclude(text, sizeof(text), &across, 1);
    assert_non_null(strstr(text, "(no interval over prompts)"));
    assert_non_null(strstr(text, "2 variants of one prompt of 2 tokens, 3 positions"));
    conclude(state, (const double[]){1.2, 1.5, 1.4}, &across, text, sizeof(text));
    assert_non_null(strstr(text, "differ between prompts"));
    conclude(state, (const double[]){0.6, 0.5, 0.4}, &across, text, sizeof(text));
    assert_non_null(strstr(text, "similar to a degree"));
}

static void a_conclusion_may_be_cut(void **state)
{
    pw_pads_across across;
    char text[8], whole[600];

    conclude(state, (const double[]){0, 0, 0}, &across, whole, sizeof(whole));
    assert_int_equal(pw_pads_conclude(text, sizeof(text), &across, 2), strlen(whole));
    assert_int_equal(strlen(text), 7);
    assert_memory_equal(text, whole, 7);
}

static void too_little_to_compare_is_refused(void **state)
{
    static const float values[] = {1, 0, 0, 1, 1, 1};
    pw_row_role roles[2][3];
    const pw_rows inputs[] = {check_rows(values, 3, 2, 3, roles[0]),
                              check_rows(values, 3, 2, 2, roles[1])};
    pw_pads_across across;
    pw_error err;

    assert_int_equal(pw_pads_compare(&across, *state, inputs, 1, 0, &err), PW_ERR_ARGUMENT);
    assert_int_equal(pw_pads_compare(&across, *state, inputs, 0, 0, &err), PW_ERR_ARGUMENT);
    assert_int_equal(pw_pads_compare(&across, *state, inputs, 2, 0, &err), PW_ERR_NOT_FOUND);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_mean_and_its_interval),
    cmocka_unit_test(few_values_have_no_interval),
    cmocka_unit_test(pairs_are_drawn_by_item),
    cmocka_unit_test(the_nearest_is_another),
    cmocka_unit_test(a_linear_probe_finds_lines),
    cmocka_unit_test(leaving_out_is_exact),
    cmocka_unit_test(only_equal_bits_are_called_identical),
    cmocka_unit_test(the_conclusion_follows_the_numbers),
    cmocka_unit_test(a_conclusion_may_be_cut),
    cmocka_unit_test(too_little_to_compare_is_refused),
};

PW_TEST_MAIN(tests, check_setup, check_teardown)
