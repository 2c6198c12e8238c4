/* SPDX-License-Identifier: MIT */
/* Lists of weighted pieces: merging, and where every byte comes from. */
#include "check.h"

#include <math.h>

#include "prompt/segments.h"

static pwi_arena arena;

static int open_arena(void **state)
{
    (void)state;
    pwi_arena_init(&arena, &pwi_malloc_allocator);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    pwi_arena_free(&arena);
    return 0;
}

static const uint32_t source[] = {10, 11, 12, 13, 14, 15, 16, 17};

static pwi_segments three(double a, double b, double c)
{
    pwi_segments segments = {.arena = &arena};

    assert_int_equal(pwi_segments_add_text(&segments, "abcdefgh", source, 0, 2, a, NULL),
                     PW_OK);
    assert_int_equal(pwi_segments_add_text(&segments, "abcdefgh", source, 4, 5, b, NULL),
                     PW_OK);
    assert_int_equal(pwi_segments_add_text(&segments, "abcdefgh", source, 6, 8, c, NULL),
                     PW_OK);
    return segments;
}

/* A joint would hide that two pieces were apart, or glue words that were not. */
static void equal_neighbours_become_one_text(void **state)
{
    pwi_segments segments = three(1.5, 1.5, 0.5);

    (void)state;
    assert_int_equal(pwi_segments_merge(&segments, "", NULL), PW_OK);
    assert_int_equal(segments.n, 2);
    assert_int_equal(segments.items[0].size, 3);
    assert_memory_equal(segments.items[0].text, "abe", 3);
    assert_int_equal(segments.items[0].source[2], 14);
    segments = three(2.0, 2.0, 2.0);
    assert_int_equal(pwi_segments_merge(&segments, " ", NULL), PW_OK);
    assert_int_equal(segments.n, 1);
    assert_memory_equal(segments.items[0].text, "ab e gh", 7);
    assert_int_equal(segments.items[0].source[2], 11); /* the joint: the byte before it */
    assert_int_equal(segments.items[0].source[6], 17);
}

/* The last bit decides: 1.1 * 1.1 is not 1.21. */
static void weights_are_equal_to_the_last_bit_only(void **state)
{
    pwi_segments segments = three(1.1 * 1.1, 1.21, (double)NAN);

    (void)state;
    assert_int_equal(pwi_segments_merge(&segments, "", NULL), PW_OK);
    assert_int_equal(segments.n, 3);
    segments = three((double)NAN, (double)NAN, -0.0);
    assert_int_equal(pwi_segments_merge(&segments, "", NULL), PW_OK);
    assert_int_equal(segments.n, 3);
}

static void breaks_stay(void **state)
{
    pwi_segments segments = {.arena = &arena};
    const pwi_segment pause = {.kind = PWI_SEGMENT_BREAK, .weight = -1.0};

    (void)state;
    for (int i = 0; i < 40; i++)
        assert_int_equal(pwi_segments_add(&segments, &pause, NULL), PW_OK);
    assert_int_equal(pwi_segments_merge(&segments, "", NULL), PW_OK);
    assert_int_equal(segments.n, 40);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equal_neighbours_become_one_text, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(weights_are_equal_to_the_last_bit_only, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(breaks_stay, open_arena, close_arena),
    };

    return check_main(argc, argv, tests, sizeof(tests) / sizeof(*tests), NULL, NULL);
}
