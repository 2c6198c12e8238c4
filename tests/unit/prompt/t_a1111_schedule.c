/* SPDX-License-Identifier: MIT */
/* Schedules and alternation: the committed part of what the originals' cases show, malformed
 * prompts, and prompts made to hurt. */
#include "a1111_check.h"

#include <padwise/prompt.h>

static pw_status expand(pwi_buf *answer, const char *prompt, size_t size,
                        pwi_schedule_options options, pw_error *err)
{
    pwi_arena arena;
    pwi_prompt_text text;
    pwi_schedule schedule;
    pw_status status;

    pwi_arena_init(&arena, &pwi_malloc_allocator);
    text = whole_text(&arena, prompt, size);
    status = pwi_schedule_expand(&schedule, &arena, &text, &options, err);
    if (status == PW_OK && answer != NULL)
        put_schedule(answer, &schedule);
    for (size_t i = 0; status == PW_OK && i < schedule.n; i++)
        for (size_t k = 0; k < schedule.entries[i].text.size; k++)
            assert_true(schedule.entries[i].text.text[k] ==
                        prompt[schedule.entries[i].text.source[k]]);
    pwi_arena_free(&arena);
    return status;
}

static void check(uint32_t n_steps, const char *prompt, const char *wanted)
{
    const pwi_schedule_options options = {n_steps, 0, false};
    pwi_buf answer;

    pwi_buf_init(&answer, &pwi_malloc_allocator);
    assert_int_equal(expand(&answer, prompt, strlen(prompt), options, NULL), PW_OK);
    assert_string_equal(answer.data, wanted);
    pwi_buf_free(&answer);
}

static void ranges_change_the_text(void **state)
{
    (void)state;
    check(10, "p [q:3]", "[[3.0,\"p \"],[10.0,\"p q\"]]");
    check(10, "[a::5]", "[[5.0,\"a\"],[10.0,\"\"]]");
    check(10, "[a:b:1.0]", "[[10.0,\"a\"]]");
    check(10, "[a:b:1e1]", "[[10.0,\"a\"]]");
    check(10, "(x [a:b:5] y:1.2)", "[[5.0,\"(x a y:1.2)\"],[10.0,\"(x b y:1.2)\"]]");
    check(0, "[a:b:5]", "[[0.0,\"[a:b:5]\"]]"); /* no steps: no schedules */
}

static void alternation_goes_round(void **state)
{
    (void)state;
    check(4, "[[a|b]:c:2]", "[[1.0,\"a\"],[2.0,\"b\"],[3.0,\"c\"],[4.0,\"c\"]]");
    check(3, "[un|]lit", "[[1.0,\"unlit\"],[2.0,\"lit\"],[3.0,\"unlit\"]]");
    check(2, "[\\|a|b]", "[[1.0,\"\\\\|a\"],[2.0,\"b\"]]");
}

/* What the grammar cannot take at all is used as it stands, all of it. */
static void one_stray_pipe_fails_the_prompt(void **state)
{
    (void)state;
    check(9, "[a:b:5] | c", "[[9.0,\"[a:b:5] | c\"]]");
    check(9, "[a|b:5] [c:d:3]", "[[9.0,\"[a|b:5] [c:d:3]\"]]");
    check(9, "[c:d:3] [a|(b", "[[9.0,\"[c:d:3] [a|(b\"]]");
    check(9, "[a:b:5]\\", "[[9.0,\"[a:b:5]\\\\\"]]");
    check(9, "[a:b:5]\\\nc", "[[9.0,\"[a:b:5]\\\\\\nc\"]]");
    check(9, "(|", "[[9.0,\"(|\"]]");
}

/* A bracket that fails is text, and so are those round it; what is whole inside works. */
static void stray_brackets_keep_what_is_whole(void **state)
{
    (void)state;
    check(9, "[[a:b:5]", "[[5.0,\"[a\"],[9.0,\"[b\"]]");
    check(9, "[a:b:5]]", "[[5.0,\"a]\"],[9.0,\"b]\"]]");
    check(9, "(a:[b:c:5]:1.2)", "[[5.0,\"(a:b:1.2)\"],[9.0,\"(a:c:1.2)\"]]");
    check(9, "[x:[b:c:5]:y]", "[[5.0,\"[x:b:y]\"],[9.0,\"[x:c:y]\"]]");
    check(9, "([b:c:5]]", "[[5.0,\"(b]\"],[9.0,\"(c]\"]]");
    check(9, "[a:b:5_0]", "[[9.0,\"[a:b:5_0]\"]]"); /* Python's float() takes it */
    check(9, "[a:b:\xEF\xBC\x95]", "[[9.0,\"[a:b:\xEF\xBC\x95]\"]]"); /* and a wide 5 */
}

static void steps_are_limited_and_finite(void **state)
{
    const pwi_schedule_options options = {10, 0, false};
    const pwi_schedule_options too_many = {PW_PROMPT_STEPS_MAX + 1, 0, false};
    pw_error err;

    (void)state;
    assert_int_equal(expand(NULL, "a [b:1e999]", 11, options, &err), PW_ERR_ARGUMENT);
    assert_int_equal(err.offset, 2);
    assert_int_equal(expand(NULL, "a", 1, too_many, &err), PW_ERR_LIMIT);
    check(10, "[a:b:1e300]", "[[10.0,\"a\"]]");
    check(10, "[a:b:-1e300]", "[[10.0,\"b\"]]");
}

static void hires_goes_on_counting(void **state)
{
    const pwi_schedule_options hires = {10, 20, false};
    pwi_buf answer;

    (void)state;
    pwi_buf_init(&answer, &pwi_malloc_allocator);
    assert_int_equal(expand(&answer, "[a:b:15] [c:d:1.5]", 18, hires, NULL), PW_OK);
    assert_string_equal(answer.data, "[[5.0,\"a c\"],[10.0,\"b c\"],[20.0,\"b d\"]]");
    pwi_buf_free(&answer);
}

static pw_status expand_many(const char *piece, size_t n, const char *middle, const char *after,
                             uint32_t n_steps)
{
    const pwi_schedule_options options = {n_steps, 0, false};
    pwi_buf prompt;
    pw_status status;

    pwi_buf_init(&prompt, &pwi_malloc_allocator);
    for (size_t i = 0; i < n; i++)
        pwi_buf_text(&prompt, piece);
    pwi_buf_text(&prompt, middle);
    for (size_t i = 0; i < n; i++)
        pwi_buf_text(&prompt, after);
    status = expand(NULL, prompt.data, prompt.size, options, NULL);
    pwi_buf_free(&prompt);
    return status;
}

static void hostile_prompts_end(void **state)
{
    (void)state;
    assert_int_equal(expand_many("[", 10000, "a", ":3]", 20), PW_OK);
    assert_int_equal(expand_many("[", 500000, "a", "]", 20), PW_OK);
    assert_int_equal(expand_many("([", 500000, "", "", 20), PW_OK);
    assert_int_equal(expand_many("[a:", 250000, "1", "", 20), PW_OK);
    assert_int_equal(expand_many("[a|", 250000, "b", "]", 20), PW_OK);
    assert_int_equal(expand_many("|", 1000000, "", "", 20), PW_OK);
    assert_int_equal(expand_many("[a|b]", 200000, "", "", 100), PW_ERR_LIMIT);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(ranges_change_the_text),
    cmocka_unit_test(alternation_goes_round),
    cmocka_unit_test(one_stray_pipe_fails_the_prompt),
    cmocka_unit_test(stray_brackets_keep_what_is_whole),
    cmocka_unit_test(steps_are_limited_and_finite),
    cmocka_unit_test(hires_goes_on_counting),
    cmocka_unit_test(hostile_prompts_end),
};

PW_TEST_MAIN(tests, NULL, NULL)
