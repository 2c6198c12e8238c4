/* SPDX-License-Identifier: MIT */
/* Scans: pairs of rows, changes by role, alignment, guidance, poolings; answers known exactly.
 */
#include "lab_check.h"

#include <padwise/scan.h>

#include "base/error.h"

/* BOS, one word, EOS, two pads. */
static const float first[10] = {4, 0, 3, 4, 0, 2, 1, 0, 1, 0};

static pw_rows view(const float *values, size_t n_rows, size_t n_real, pw_row_role *roles)
{
    return check_rows(values, n_rows, 2, n_real, roles);
}

static void changes_are_told_by_role(void **state)
{
    static const float second[10] = {4, 0, 3, 4, 0, 2, 1, 3, -1, 0};
    pw_row_role roles[5];
    const pw_rows a = view(first, 5, 3, roles), b = view(second, 5, 3, roles);
    pw_pair pairs[5];
    pw_change change;

    (void)state;
    assert_int_equal(pw_rows_pairs(pairs, &a, &b, NULL), PW_OK);
    pw_pairs_change(&change, pairs, roles, 5, PW_N_ROW_ROLES);
    assert_int_equal(change.n, 5);
    assert_int_equal(change.n_bitwise, 3);
    assert_int_equal(change.first, 3);
    assert_near(change.cos_min, -1.0, 0);
    assert_int_equal(change.cos_min_at, 4);
    assert_near(change.l2_max, 3.0, 0);
    assert_int_equal(change.l2_max_at, 3);
    assert_near(change.l2, sqrt(13.0), 1e-15);
    pw_pairs_change(&change, pairs, roles, 5, PW_ROW_WORD);
    assert_int_equal(change.n, 1);
    assert_int_equal(change.n_bitwise, 1);
    assert_true(change.first == PW_NO_ROW);
    assert_true(isnan(change.cos_min) && change.cos_min_at == PW_NO_ROW);
    pw_pairs_change(&change, pairs, roles, 5, PW_ROW_UNKNOWN);
    assert_int_equal(change.n, 0);
    assert_true(isnan(change.cos_min) && change.l2_max_at == PW_NO_ROW);
}

/* -0 equals 0 and still is another bit pattern: "bitwise" must not be said of it. */
static void equal_numbers_may_differ_in_bits(void **state)
{
    static const float zero[2] = {0, 1}, minus_zero[2] = {-0.0f, 1};
    pw_row_role roles[1];
    const pw_rows a = view(zero, 1, 1, roles), b = view(minus_zero, 1, 1, roles);
    pw_pair pair;
    pw_change change;

    (void)state;
    assert_int_equal(pw_rows_pairs(&pair, &a, &b, NULL), PW_OK);
    pw_pairs_change(&change, &pair, roles, 1, PW_N_ROW_ROLES);
    assert_int_equal(change.n_bitwise, 0);
    assert_int_equal(change.first, 0);
    assert_near(change.l2, 0.0, 0);
}

static void changes_add_up(void **state)
{
    static const float second[10] = {4, 0, 3, 4, 0, 2, 1, 3, -1, 0};
    pw_row_role roles[5];
    const pw_rows a = view(first, 5, 3, roles), b = view(second, 5, 3, roles);
    pw_pair pairs[5];
    pw_change all, sum, part;

    (void)state;
    assert_int_equal(pw_rows_pairs(pairs, &a, &b, NULL), PW_OK);
    pw_pairs_change(&all, pairs, roles, 5, PW_N_ROW_ROLES);
    pw_pairs_change(&sum, pairs, roles, 5, PW_ROW_UNKNOWN);
    for (size_t role = PW_ROW_BOS; role < PW_N_ROW_ROLES; role++) {
        pw_pairs_change(&part, pairs, roles, 5, (pw_row_role)role);
        pw_change_add(&sum, &part);
    }
    assert_int_equal(sum.n, all.n);
    assert_int_equal(sum.n_bitwise, all.n_bitwise);
    assert_int_equal(sum.first, all.first);
    assert_int_equal(sum.cos_min_at, all.cos_min_at);
    assert_int_equal(sum.l2_max_at, all.l2_max_at);
    assert_near(sum.l2, all.l2, 1e-15);
}

static void other_widths_are_refused(void **state)
{
    pw_row_role roles[5];
    const pw_rows a = view(first, 5, 3, roles);
    const pw_rows wide = {first, roles, 2, 5}, brief = view(first, 4, 3, roles);
    pw_pair pairs[5];
    pw_delta delta;
    double cosine;
    pw_error err;

    (void)state;
    assert_int_equal(pw_rows_pairs(pairs, &a, &wide, &err), PW_ERR_MISMATCH);
    assert_non_null(strstr(err.text, "different encoders"));
    assert_int_equal(pw_rows_delta(&delta, NULL, &a, &brief, &err), PW_ERR_MISMATCH);
    assert_non_null(strstr(err.text, "one length"));
    assert_int_equal(pw_deltas_cosine(&cosine, &a, &a, &brief, &err), PW_ERR_MISMATCH);
    assert_int_equal(pw_rows_pairs(pairs, &a, &brief, &err), PW_OK);
}

static void ids_align_around_what_was_left_out(void **state)
{
    static const int32_t full[] = {1, 5, 6, 7, 9, 9}, without[] = {1, 5, 7, 9, 9};
    static const int32_t twice[] = {1, 5, 5, 9}, once[] = {1, 5, 9};
    size_t before, behind;

    (void)state;
    pw_ids_align(&before, &behind, full, 6, without, 5);
    assert_int_equal(before, 2);
    assert_int_equal(behind, 3);
    /* Of two equal words either may be the one that is gone; the ends must not overlap. */
    pw_ids_align(&before, &behind, twice, 4, once, 3);
    assert_int_equal(before, 2);
    assert_int_equal(behind, 1);
    pw_ids_align(&before, &behind, full, 6, full, 6);
    assert_int_equal(before, 6);
    assert_int_equal(behind, 0);
    pw_ids_align(&before, &behind, full, 0, once, 3);
    assert_int_equal(before + behind, 0);
}

static void guidance_is_shared_by_role(void **state)
{
    /* Differences: BOS none, word (0, 2), EOS none, pads (0, 4) and (4, 0). */
    static const float uncond[10] = {4, 0, 3, 2, 0, 2, 1, -4, -3, 0};
    static const float zeros[10] = {0};
    pw_row_role roles[5], uncond_roles[5];
    const pw_rows a = view(first, 5, 3, roles), b = view(uncond, 5, 4, uncond_roles);
    const pw_rows nothing = {zeros, roles, 5, 2};
    float matched[10];
    const pw_rows with_pads = {matched, uncond_roles, 5, 2};
    pw_delta delta;
    double l2[5], cosine;

    (void)state;
    assert_int_equal(pw_rows_delta(&delta, l2, &a, &b, NULL), PW_OK);
    assert_near(delta.l2, 6.0, 0);
    assert_near(delta.share[PW_ROW_WORD], 4.0 / 36, 1e-15);
    assert_near(delta.share[PW_ROW_PAD], 32.0 / 36, 1e-15);
    assert_near(delta.share[PW_ROW_BOS], 0.0, 0);
    assert_int_equal(delta.n_bitwise, 2);
    assert_near(l2[1], 2.0, 0);
    /* Row 3 is the uncond's EOS: only row 4 is a pad on both sides. */
    assert_int_equal(pw_rows_match_pads(matched, &a, &b), 1);
    assert_int_equal(pw_rows_delta(&delta, NULL, &a, &with_pads, NULL), PW_OK);
    assert_near(delta.share[PW_ROW_PAD], 16.0 / 20, 1e-15);
    assert_int_equal(pw_rows_delta(&delta, NULL, &a, &a, NULL), PW_OK);
    assert_near(delta.l2, 0.0, 0);
    assert_true(isnan(delta.share[PW_ROW_PAD]));
    assert_int_equal(pw_deltas_cosine(&cosine, &a, &b, &b, NULL), PW_OK);
    assert_near(cosine, 1.0, 0);
    assert_int_equal(pw_deltas_cosine(&cosine, &a, &b, &nothing, NULL), PW_OK);
    assert_near(cosine, 12.0 / (6.0 * sqrt(47.0)), 1e-15);
    assert_int_equal(pw_deltas_cosine(&cosine, &a, &a, &b, NULL), PW_OK);
    assert_true(isnan(cosine));
}

static void poolings_take_what_they_say(void **state)
{
    pw_row_role roles[5];
    const pw_rows rows = view(first, 5, 3, roles);
    double out[2];

    (void)state;
    assert_true(pw_rows_pool(out, &rows, PW_POOLING_EOS));
    assert_near(out[1], 2.0, 0);
    assert_true(pw_rows_pool(out, &rows, PW_POOLING_LAST));
    assert_near(out[0], 1.0, 0);
    assert_true(pw_rows_pool(out, &rows, PW_POOLING_MASKED));
    assert_near(out[0], 7.0 / 3, 0);
    assert_near(out[1], 2.0, 0);
    assert_true(pw_rows_pool(out, &rows, PW_POOLING_UNMASKED));
    assert_near(out[0], 9.0 / 5, 0);
    assert_near(out[1], 6.0 / 5, 0);
    view(first, 5, 0, roles);
    assert_false(pw_rows_pool(out, &rows, PW_POOLING_EOS));
    assert_false(pw_rows_pool(out, &rows, PW_POOLING_MASKED));
    assert_true(pw_rows_pool(out, &rows, PW_POOLING_UNMASKED));
    assert_string_equal(pw_pooling_name(PW_POOLING_LAST), "last row");
    assert_string_equal(pw_pooling_name(PW_N_POOLINGS), "?");
}

/* Words at right angles, pads all alike: the unmasked mean makes prompts look alike. */
static void pads_in_the_mean_raise_cosines(void **state)
{
    static const float words[3][6] = {
        {1, 0, 0, 9, 9, 9}, {0, 1, 0, 9, 9, 9}, {0, 0, 1, 9, 9, 9}};
    pw_row_role roles[2];
    pw_rows inputs[3];
    double masked[9], unmasked[9];
    pw_estimate shift;
    size_t n_moved;

    pw_row_roles_fill(roles, 2, 1);
    for (size_t i = 0; i < 3; i++)
        inputs[i] = (pw_rows){words[i], roles, 2, 3};
    assert_int_equal(pw_inputs_pool(masked, *state, inputs, 3, PW_POOLING_MASKED, NULL), PW_OK);
    assert_int_equal(pw_inputs_pool(unmasked, *state, inputs, 3, PW_POOLING_UNMASKED, NULL),
                     PW_OK);
    assert_near(masked[1], 0.0, 0);
    assert_int_equal(pw_pools_shift(&shift, &n_moved, *state, unmasked, masked, 3, 0, NULL),
                     PW_OK);
    assert_int_equal(shift.n_values, 3);
    assert_near(shift.mean, (9 * 10 + 10 * 9 + 81.0) / (2 * 81 + 100.0), 1e-14);
    assert_int_equal(n_moved, 0);
}

static pw_status measure_all(pw_context *ctx, const void *argument)
{
    const pw_rows *inputs = argument;
    double cosine[9];
    pw_estimate shift;

    PWI_TRY(pw_inputs_pool(cosine, ctx, inputs, 3, PW_POOLING_UNMASKED, NULL));
    return pw_pools_shift(&shift, NULL, ctx, cosine, cosine, 3, 0, NULL);
}

static void every_allocation_may_fail(void **state)
{
    pw_row_role roles[5];
    const pw_rows rows = view(first, 5, 3, roles);
    const pw_rows inputs[3] = {rows, rows, rows};

    (void)state;
    assert_true(check_allocations(measure_all, inputs) > 3);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(changes_are_told_by_role),
    cmocka_unit_test(equal_numbers_may_differ_in_bits),
    cmocka_unit_test(changes_add_up),
    cmocka_unit_test(other_widths_are_refused),
    cmocka_unit_test(ids_align_around_what_was_left_out),
    cmocka_unit_test(guidance_is_shared_by_role),
    cmocka_unit_test(poolings_take_what_they_say),
    cmocka_unit_test_setup_teardown(pads_in_the_mean_raise_cosines, check_setup,
                                    check_teardown),
    cmocka_unit_test(every_allocation_may_fail),
};

PW_TEST_MAIN(tests, NULL, NULL)
