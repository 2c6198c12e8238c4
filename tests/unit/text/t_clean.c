/* SPDX-License-Identifier: MIT */
/* White space and BERT's cleaning: what is dropped, what is replaced, and the bytes that stand
 * behind the replacement. */
#include "text_check.h"

static void runs_of_space_become_one(void **state)
{
    static const struct text_case cases[] = {
        {"a \t\n b", "61@0-1 20@1-5 62@5-6"},
        {"  a  ", "20@0-2 61@2-3 20@3-5"}, /* ends keep theirs */
        {"\xE3\x80\x80\xC2\xA0", "20@0-5"},
        {"a\x1C"
         "b",
         "61@0-1 1C@1-2 62@2-3"}, /* no white space to regular expressions */
    };

    (void)state;
    CHECK_TRACES(pwi_text_collapse_space, cases);
}

static void words_are_joined_by_one_space(void **state)
{
    static const struct text_case cases[] = {
        {" a \x1C\x1F b  ", "61@1-2 20@2-6 62@6-7"}, /* separators are space to str.split */
        {"a", "61@0-1"},
        {" \t ", ""},
        {"a ", "61@0-1"},
    };

    (void)state;
    CHECK_TRACES(pwi_text_python_split_join, cases);
}

static void strip_takes_only_the_ends(void **state)
{
    static const struct text_case cases[] = {
        {"\x1F a  b\xE3\x80\x80", "61@2-3 20@3-4 20@4-5 62@5-6"},
        {"  ", ""},
        {"ab", "61@0-1 62@1-2"},
    };

    (void)state;
    CHECK_TRACES(pwi_text_python_strip, cases);
}

static void bert_drops_category_c(void **state)
{
    static const struct text_case cases[] = {
        {"a\tb\nc\rd", "a b c d"},
        {"a\x0B\x0C\x01\x7F\xC2\x85z", "az"},            /* controls, U+0085 among them */
        {"a\xE2\x80\x8B\xC2\xAD\xEF\xBB\xBFz", "az"},    /* formats */
        {"a\xEF\xBF\xBD\xEE\x80\x80z", "az"},            /* U+FFFD, private use */
        {"a\xF0\xB1\x8D\x90z", "az"},                    /* unassigned in Unicode 14 */
        {"a\xC2\xA0\xE3\x80\x80\xE2\x80\xAFz", "a   z"}, /* Zs */
        {"a\xE2\x80\xA8z", "a\xE2\x80\xA8z"},            /* Zl is neither */
        {"\xC3\xA9\xCC\x81", "\xC3\xA9\xCC\x81"},        /* accents stay */
    };
    pwi_buf got;

    (void)state;
    CHECK_BYTES(pwi_text_bert_clean, cases);
    pwi_buf_init(&got, &pwi_malloc_allocator);
    result_trace(&got, pwi_text_bert_clean, "a\0b", 3);
    assert_string_equal(got.data, "61@0-1 62@2-3");
    pwi_buf_free(&got);
}

/* The inserted spaces stand for no bytes. */
static void ideographs_stand_alone(void **state)
{
    static const struct text_case cases[] = {
        {"a\xE4\xB8\x80z", "61@0-1 20@1-1 4E00@1-4 20@4-4 7A@4-5"},
        {"\xE4\xB8\x80\xE4\xB8\x80", "20@0-0 4E00@0-3 20@3-3 20@3-3 4E00@3-6 20@6-6"},
        {"\xE3\x81\x82\xEA\xB0\x80", "3042@0-3 AC00@3-6"}, /* kana and Hangul do not */
    };

    (void)state;
    CHECK_TRACES(pwi_text_space_cjk, cases);
}

static void ideograph_ranges_are_bert_s(void **state)
{
    static const uint32_t edges[][2] = {
        {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xF900, 0xFAFF},   {0x20000, 0x2A6DF},
        {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B820, 0x2CEAF}, {0x2F800, 0x2FA1F}};
    pwi_text text, result;
    size_t n_wanted = 0, n_spaced = 0;

    (void)state;
    pwi_text_init(&text, &pwi_malloc_allocator);
    pwi_text_init(&result, &pwi_malloc_allocator);
    for (size_t i = 0; i < sizeof(edges) / sizeof(*edges); i++) {
        n_wanted += edges[i][1] - edges[i][0] + 1;
        for (size_t k = 0; k < 2; k++) {
            pwi_text_clear(&text);
            pwi_text_put(&text, edges[i][k], 0, 4);
            pwi_text_space_cjk(&result, &text);
            assert_int_equal(result.n, 3);
        }
    }
    for (uint32_t code = 0x80; code <= 0x10FFFF; code++) {
        pwi_text_clear(&text);
        pwi_text_put(&text, code, 0, 4);
        pwi_text_space_cjk(&result, &text);
        n_spaced += result.n == 3;
    }
    assert_int_equal(n_spaced, n_wanted);
    pwi_text_free(&text);
    pwi_text_free(&result);
}

/* Where a composition made several characters of one range, there is no place between them. */
static void spaces_inside_a_range_take_it(void **state)
{
    pwi_text text, result;

    (void)state;
    pwi_text_init(&text, &pwi_malloc_allocator);
    pwi_text_init(&result, &pwi_malloc_allocator);
    pwi_text_put(&text, 0x8C48, 0, 5);
    pwi_text_put(&text, 0x301, 0, 5);
    pwi_text_space_cjk(&result, &text);
    assert_int_equal(result.n, 4);
    assert_int_equal(result.chars[2].code, ' ');
    assert_int_equal(result.chars[2].begin, 0);
    assert_int_equal(result.chars[2].end, 5);
    pwi_text_free(&text);
    pwi_text_free(&result);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(runs_of_space_become_one),
    cmocka_unit_test(words_are_joined_by_one_space),
    cmocka_unit_test(strip_takes_only_the_ends),
    cmocka_unit_test(bert_drops_category_c),
    cmocka_unit_test(ideographs_stand_alone),
    cmocka_unit_test(ideograph_ranges_are_bert_s),
    cmocka_unit_test(spaces_inside_a_range_take_it),
};

PW_TEST_MAIN(tests, NULL, NULL)
