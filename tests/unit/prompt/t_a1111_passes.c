/* SPDX-License-Identifier: MIT */
/* The passes before attention: comments, extra networks, AND; their order; old emphasis; and
 * that memory may end anywhere. */
#include "a1111_check.h"

#include "../failing_allocator.h"
#include "prompt/a1111_tree.h"

static void comments_leave_one_newline(void **state)
{
    static const char *const cases[][2] = {
        {"a#b", "a\n"},        {"# a\nb", "\nb"},          {"a\n# b\nc", "a\nc"},
        {"a # b\nc", "a \nc"}, {"a\n#b\n#c\nd", "a\n\nd"}, {"a\n#b", "a\n"},
        {"#\n#", "\n\n"},      {"a\nb", "a\nb"},           {"##a\n\n#", "\n\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        pwi_arena arena;
        pwi_prompt_text text;

        pwi_arena_init(&arena, &pwi_malloc_allocator);
        text = whole_text(&arena, cases[i][0], strlen(cases[i][0]));
        assert_int_equal(pwi_a1111_strip_comments(&text, &arena, &text, NULL), PW_OK);
        assert_int_equal(text.size, strlen(cases[i][1]));
        assert_memory_equal(text.text, cases[i][1], text.size);
        pwi_arena_free(&arena);
    }
}

static void check_parts(const char *prompt, const char *wanted)
{
    pwi_buf answer;
    pwi_arena arena;
    pwi_prompt_text text;
    pwi_a1111_parts parts;

    pwi_buf_init(&answer, &pwi_malloc_allocator);
    pwi_arena_init(&arena, &pwi_malloc_allocator);
    text = whole_text(&arena, prompt, strlen(prompt));
    assert_int_equal(pwi_a1111_split_and(&parts, &arena, &text, NULL), PW_OK);
    put_parts(&answer, &parts);
    assert_string_equal(answer.data, wanted);
    pwi_arena_free(&arena);
    pwi_buf_free(&answer);
}

/* The number rule is the end's, not AND's: users call it a bug, and it is in their images. */
static void a_number_at_the_end_weighs_the_part(void **state)
{
    (void)state;
    check_parts("16:9", "[[\"16\",9.0]]");
    check_parts("16:9,", "[[\"16:9,\",1.0]]");
    check_parts("a : .5 \n", "[[\"a\",0.5]]");
    check_parts("a:1:2", "[[\"a:1\",2.0]]");
    check_parts("a:", "[[\"a:\",1.0]]");
    check_parts(":", "[[\":\",1.0]]");
    check_parts("a:.", "[[\"a:.\",1.0]]");
    check_parts("a:1_0", "[[\"a:1_0\",1.0]]");
    check_parts("(a:1.2)", "[[\"(a:1.2)\",1.0]]");
}

static void and_is_a_word(void **state)
{
    (void)state;
    check_parts("AND", "[[\"\",1.0],[\"\",1.0]]");
    check_parts("a AND b:-1 AND", "[[\"a\",1.0],[\" b\",-1.0],[\"\",1.0]]");
    check_parts("SAND,AND_AND (AND)", "[[\"SAND,AND_AND (\",1.0],[\")\",1.0]]");
    check_parts("\xC3\xA9"
                "AND",
                "[[\"\xC3\xA9"
                "AND\",1.0]]");
}

static void read_prompt(pwi_a1111_prompt *read, pwi_arena *arena, const char *prompt,
                        bool is_negative)
{
    const pwi_a1111_options options = {is_negative, false, {10, 0, false}};

    assert_int_equal(pwi_a1111_read(read, arena, prompt, strlen(prompt), &options, NULL),
                     PW_OK);
}

/* A comment may hold a network, and a network's number is no weight of a part. */
static void passes_have_an_order(void **state)
{
    static const char prompt[] = "a [b:c:5] AND d<lora:x:0.5>:2 # <lora:y:1> AND e";
    pwi_arena arena;
    pwi_a1111_prompt read;

    (void)state;
    pwi_arena_init(&arena, &pwi_malloc_allocator);
    read_prompt(&read, &arena, prompt, false);
    assert_int_equal(read.networks.n, 1);
    assert_int_equal(read.networks.items[0].n_arguments, 2);
    assert_memory_equal(read.networks.items[0].arguments[1].text, "0.5", 3);
    assert_int_equal(read.n, 2);
    assert_int_equal(read.conditions[0].schedule.n, 2);
    assert_true(read.conditions[1].part.weight == 2.0);
    assert_memory_equal(read.conditions[1].part.text.text, " d", 2);
    assert_int_equal(read.conditions[1].part.number_begin, strstr(prompt, ":2") - prompt);
    pwi_arena_free(&arena);
}

static void negative_prompts_are_one_part(void **state)
{
    pwi_arena arena;
    pwi_a1111_prompt read;

    (void)state;
    pwi_arena_init(&arena, &pwi_malloc_allocator);
    read_prompt(&read, &arena, "a AND <lora:x:1> b:2", true);
    assert_int_equal(read.n, 1);
    assert_int_equal(read.networks.n, 0);
    assert_true(read.conditions[0].part.weight == 1.0);
    assert_int_equal(read.conditions[0].part.text.size, 20);
    pwi_arena_free(&arena);
}

static void hostile_networks_end(void **state)
{
    static const char *const pieces[] = {"<a:", "<a:b>", "<", "AND ", "#\n", ": 1 AND"};

    (void)state;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
        pwi_arena arena;
        pwi_a1111_prompt read;
        pwi_buf prompt;

        pwi_buf_init(&prompt, &pwi_malloc_allocator);
        while (prompt.size < 1000000)
            pwi_buf_text(&prompt, pieces[i]);
        pwi_arena_init(&arena, &pwi_malloc_allocator);
        read_prompt(&read, &arena, prompt.data, false);
        assert_true(read.n > 0);
        pwi_arena_free(&arena);
        pwi_buf_free(&prompt);
    }
}

static void old_emphasis_weighs_tokens(void **state)
{
    double multiplier;

    (void)state;
    assert_true(pwi_a1111_old_emphasis("((</w>", 6, &multiplier));
    assert_true(multiplier == 1.1 * 1.1);
    assert_true(pwi_a1111_old_emphasis("[", 1, &multiplier));
    assert_true(multiplier == 1 / 1.1);
    assert_true(pwi_a1111_old_emphasis(":]", 2, &multiplier));
    assert_true(multiplier == 1.1);
    assert_false(pwi_a1111_old_emphasis("cat</w>", 7, &multiplier));
    assert_true(multiplier == 1.0);
}

/* All that this family does with a prompt, with one allocator. */
static pw_status do_all(const pw_allocator *allocator, const char *prompt)
{
    const pwi_a1111_options options = {false, false, {10, 0, false}};
    const pwi_attention_rules *rules = pwi_attention_rules_find("a1111");
    pwi_arena arena;
    pwi_segments segments = {&arena, NULL, 0, 0};
    pwi_a1111_prompt read;
    pwi_prompt_text text;
    pwi_tree tree;
    pw_status status;

    pwi_arena_init(&arena, allocator);
    status = pwi_a1111_read(&read, &arena, prompt, strlen(prompt), &options, NULL);
    if (status == PW_OK)
        status = pwi_attention_parse(&segments, &read.conditions[0].schedule.entries[0].text,
                                     rules, NULL);
    if (status == PW_OK)
        status = pwi_prompt_text_whole(&text, &arena, prompt, strlen(prompt), NULL);
    if (status == PW_OK)
        status = pwi_tree_of_attention(&tree, &arena, &text, rules, NULL);
    if (status == PW_OK)
        status = pwi_tree_of_schedule(&tree, &arena, &text, NULL);
    pwi_arena_free(&arena);
    return status;
}

static void memory_may_end_anywhere(void **state)
{
    pwi_buf prompt;
    size_t n_failures = 0;
    pw_status status;

    (void)state;
    pwi_buf_init(&prompt, &pwi_malloc_allocator);
    for (size_t i = 0; i < 100; i++)
        pwi_buf_text(&prompt, "<lora:a:1> ((a:1.1) [b:c:3] [d|e] BREAK # f\n[");
    pwi_buf_text(&prompt, " AND g:2");
    do {
        struct failing failing = {n_failures + 1, 0, 0, 0, 0};
        const pw_allocator allocator = failing_allocator(&failing);

        status = do_all(&allocator, prompt.data);
        assert_int_equal(failing.n_out, 0);
        assert_true(status == PW_OK || status == PW_ERR_NO_MEMORY);
        n_failures += status != PW_OK;
    } while (status != PW_OK);
    assert_true(n_failures > 10);
    pwi_buf_free(&prompt);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(comments_leave_one_newline),
    cmocka_unit_test(a_number_at_the_end_weighs_the_part),
    cmocka_unit_test(and_is_a_word),
    cmocka_unit_test(passes_have_an_order),
    cmocka_unit_test(negative_prompts_are_one_part),
    cmocka_unit_test(hostile_networks_end),
    cmocka_unit_test(old_emphasis_weighs_tokens),
    cmocka_unit_test(memory_may_end_anywhere),
};

PW_TEST_MAIN(tests, NULL, NULL)
