/* SPDX-License-Identifier: MIT */
/* Which positions Compel masks for a fragment, and what the encoding without it counts. The
 * expected ranges are what compel 2.5.1 asked a recording encoder for. */
#include "check.h"

#include <math.h>

#include "prompt/compel_mask.h"

#define WINDOW 75

static void expect(const pwi_compel_layout *layout, size_t i_fragment, size_t begin, size_t end)
{
    pwi_compel_positions positions;

    assert_int_equal(pwi_compel_masked(layout, i_fragment, &positions, NULL), PW_OK);
    assert_int_equal(positions.begin, begin);
    assert_int_equal(positions.end, end);
}

static void expect_truncated(size_t n_before, size_t n, size_t begin, size_t end)
{
    const size_t n_tokens[] = {n_before, n};
    const pwi_compel_layout layout = {
        .is_truncated = true, .window = WINDOW, .n_tokens = n_tokens, .n_fragments = 2};

    expect(&layout, 1, begin, end);
}

static void fragment_in_the_middle(void **state)
{
    (void)state;
    expect_truncated(1, 1, 2, 3);
    expect_truncated(73, 1, 74, 75);
    expect_truncated(74, 1, 75, 76);
}

/* A fragment that the limit cuts takes the end token with it. */
static void cut_fragment_hides_the_end_token(void **state)
{
    (void)state;
    expect_truncated(74, 3, 75, 77);
    expect_truncated(3, 100, 4, 77);
    expect_truncated(70, 100, 71, 77);
}

/* Unless it is cut to the window before anything stands in front of it. */
static void cut_fragment_alone_does_not(void **state)
{
    (void)state;
    expect_truncated(0, 80, 1, 76);
    expect_truncated(0, 75, 1, 76);
}

static void fragment_beyond_the_limit_is_ignored(void **state)
{
    (void)state;
    expect_truncated(75, 1, 0, 0);
    expect_truncated(76, 1, 0, 0);
    expect_truncated(80, 3, 0, 0);
}

/* "a . (dog)0.5 cat*80 (dog)0.3": chunks of 2, 75 and 7 tokens. */
static void fragments_are_found_in_their_chunks(void **state)
{
    const size_t n_tokens[] = {2, 1, 80, 1}, chunks[] = {2, 75, 7};
    const pwi_compel_layout layout = {.window = WINDOW,
                                      .n_tokens = n_tokens,
                                      .n_fragments = 4,
                                      .chunks = chunks,
                                      .n_chunks = 3};

    (void)state;
    expect(&layout, 1, 78, 79);
    expect(&layout, 3, 161, 162);
}

/* "a (b . cat*80)0.5": the first chunk ends after the full stop, and its pads are masked, too.
 */
static void pads_between_two_chunks_of_a_fragment_are_hidden(void **state)
{
    const size_t n_tokens[] = {1, 82}, chunks[] = {3, 75, 5};
    const pwi_compel_layout layout = {.window = WINDOW,
                                      .n_tokens = n_tokens,
                                      .n_fragments = 2,
                                      .chunks = chunks,
                                      .n_chunks = 3};

    (void)state;
    expect(&layout, 1, 2, 160);
}

static void ends_of_rows_stay_unmasked(void **state)
{
    const pwi_compel_layout whole = {.window = WINDOW};
    const pwi_compel_layout truncated = {.is_truncated = true, .window = WINDOW};

    (void)state;
    for (size_t i = 0; i < 3 * (size_t)(WINDOW + 2); i++) {
        assert_int_equal(pwi_compel_is_unmasked(&whole, i), i % 77 == 0 || i % 77 == 76);
        assert_false(pwi_compel_is_unmasked(&truncated, i));
    }
}

static void fragment_without_tokens_is_an_error(void **state)
{
    const size_t n_tokens[] = {1, 0};
    const pwi_compel_layout layout = {
        .is_truncated = true, .window = WINDOW, .n_tokens = n_tokens, .n_fragments = 2};
    pwi_compel_positions positions;
    pw_error err;

    (void)state;
    assert_int_equal(pwi_compel_masked(&layout, 1, &positions, &err), PW_ERR_FORMAT);
    assert_non_null(strstr(err.text, "has no text"));
}

static void lambda_is_the_tangent(void **state)
{
    (void)state;
    assert_true(pwi_compel_lambda(1.0) == 0.0);
    assert_true(fabs(pwi_compel_lambda(0.5) - 1.0) < 1e-15);
    assert_true(fabs(pwi_compel_lambda(0.0) - 63661.98) < 0.01);
    assert_true(pwi_compel_lambda(-3.0) == pwi_compel_lambda(1e-5));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(fragment_in_the_middle),
    cmocka_unit_test(cut_fragment_hides_the_end_token),
    cmocka_unit_test(cut_fragment_alone_does_not),
    cmocka_unit_test(fragment_beyond_the_limit_is_ignored),
    cmocka_unit_test(fragments_are_found_in_their_chunks),
    cmocka_unit_test(pads_between_two_chunks_of_a_fragment_are_hidden),
    cmocka_unit_test(ends_of_rows_stay_unmasked),
    cmocka_unit_test(fragment_without_tokens_is_an_error),
    cmocka_unit_test(lambda_is_the_tangent),
};

PW_TEST_MAIN(tests, NULL, NULL)
