/* SPDX-License-Identifier: MIT */
/* The attention grammar: what people type, what each dialect makes of it, and prompts made to
 * hurt. Wanted weights are Python's, multiplied in the original's order. */
#include "a1111_check.h"

#include <math.h>

static void check(const char *dialect, const char *prompt, const char *wanted)
{
    pwi_buf answer;

    pwi_buf_init(&answer, &pwi_malloc_allocator);
    put_attention(&answer, prompt, strlen(prompt), dialect, NULL);
    assert_string_equal(answer.data, wanted);
    pwi_buf_free(&answer);
}

static void brackets_multiply_innermost_first(void **state)
{
    (void)state;
    check("a1111", "one (strong) thing", "[[\"one \",1.0],[\"strong\",1.1],[\" thing\",1.0]]");
    check("a1111", "(((x)))", "[[\"x\",1.3310000000000004]]");
    check("a1111", "((a:1.2) b:1.5)", "[[\"a\",1.7999999999999998],[\" b\",1.5]]");
    check("a1111", "((a)b [c", "[[\"a\",1.2100000000000002],[\"b \",1.1],[\"c\",1.0]]");
    check("a1111", "(a:-0)", "[[\"a\",-0.0]]");
}

/* Round and square brackets have a stack each: closing one does not ask for the other. */
static void kinds_do_not_know_each_other(void **state)
{
    (void)state;
    check("a1111", "([a)b]", "[[\"a\",1.0],[\"b\",0.9090909090909091]]");
    check("a1111", "[a:1.3]", "[[\"a:1.3\",0.9090909090909091]]");
}

static void breaks_follow_the_dialect(void **state)
{
    (void)state;
    check("a1111", "(a BREAK b:0)", "[[\"aBREAKb\",0.0]]"); /* -0 == 0: merged */
    check("lpw", "a BREAK b", "[[\"a BREAK b\",1.0]]");
    check("lpw-xl", "(a BREAK b)", "[[\"a\",1.1],[\"BREAK\",-1.1],[\"b\",1.1]]");
    check("a1111", "BREAK BREAK",
          "[[\"\",1.0],[\"BREAK\",-1.0],[\"\",1.0],[\"BREAK\",-1.0],[\"\",1.0]]");
    check("a1111",
          "a\xC2\xA0"
          "BREAK\xE3\x80\x80"
          "b",
          "[[\"a\",1.0],[\"BREAK\",-1.0],[\"b\",1.0]]"); /* Unicode's white space */
    check("a1111",
          "\xC3\xA9"
          "BREAK",
          "[[\"\xC3\xA9"
          "BREAK\",1.0]]"); /* a letter of any script is a word's */
}

static pwi_segment_kind kind_of_second(const char *prompt, const char *dialect)
{
    pwi_segment_kind kind;
    pwi_arena arena;
    pwi_segments segments = {&arena, NULL, 0, 0};
    pwi_prompt_text text;

    pwi_arena_init(&arena, &pwi_malloc_allocator);
    text = whole_text(&arena, prompt, strlen(prompt));
    assert_int_equal(
        pwi_attention_parse(&segments, &text, pwi_attention_rules_find(dialect), NULL), PW_OK);
    assert_int_equal(segments.n, 3);
    kind = segments.items[1].kind;
    pwi_arena_free(&arena);
    return kind;
}

/* A chunk ends where the word's weight is still -1, in a group of weight 1, too. */
static void only_a_break_of_weight_minus_one_ends_a_chunk(void **state)
{
    (void)state;
    assert_int_equal(kind_of_second("a BREAK b", "a1111"), PWI_SEGMENT_BREAK);
    assert_int_equal(kind_of_second("([a BREAK b])", "forge"), PWI_SEGMENT_BREAK);
    assert_int_equal(kind_of_second("(a BREAK b)", "a1111"), PWI_SEGMENT_TEXT);
    assert_int_equal(kind_of_second("a BREAK b", "sd-embed"), PWI_SEGMENT_TEXT);
}

static void numbers_that_are_none_are_errors(void **state)
{
    static const char *const bad[] = {"a (b:1.2.3) c", "a (b:.) c", "a (b: +. ) c"};
    pw_error err;
    pwi_buf answer;

    (void)state;
    pwi_buf_init(&answer, &pwi_malloc_allocator);
    for (size_t i = 0; i < 3; i++) {
        pwi_buf_clear(&answer);
        put_attention(&answer, bad[i], strlen(bad[i]), "a1111", &err);
        assert_string_equal(answer.data, "{\"error\"}");
        assert_int_equal(err.status, PW_ERR_ARGUMENT);
        assert_int_equal(err.offset, i < 2 ? 5 : 6);
    }
    assert_non_null(strstr(err.text, "\"(word:1.2)\""));
    check("a1111", "a b:1.2.3)", "[[\"a b:1.2.3)\",1.0]]"); /* no group: never a number */
    check("lpw", "(a: 1.2.3 )", "[[\"a: 1.2.3 \",1.1]]");   /* nor with blanks here */
    pwi_buf_free(&answer);
}

/* Every closing multiplies its entries, then every bracket never closed: done as it is written,
 * for random soups. */
static double naive_weight(const pwi_attention *attention, size_t i_entry)
{
    double weight = attention->entries[i_entry].is_break ? -1.0 : 1.0;
    const uint32_t end = attention->entries[i_entry].end;
    uint32_t last = 0;

    for (;;) { /* closed groups, in the order of their ends */
        const pwi_attention_group *next = NULL;

        for (size_t g = 0; g < attention->n_groups; g++) {
            const pwi_attention_group *group = &attention->groups[g];

            if (group->is_closed && group->first_entry <= i_entry && group->end > end &&
                group->end > last && (next == NULL || group->end < next->end))
                next = group;
        }
        if (next == NULL)
            break;
        last = next->end;
        weight *= next->factor;
    }
    for (int square = 0; square < 2; square++)
        for (size_t g = 0; g < attention->n_groups; g++) {
            const pwi_attention_group *group = &attention->groups[g];

            if (!group->is_closed && group->is_square == (square == 1) &&
                group->first_entry <= i_entry)
                weight *= group->factor;
        }
    return weight;
}

static void soups_weigh_as_written(void **state)
{
    static const char *const pieces[] = {"(", "[", ")", "]", "a", ":1.3)", " BREAK ", "b", "("};
    uint32_t random = 1;

    (void)state;
    for (size_t i_soup = 0; i_soup < 400; i_soup++) {
        char prompt[2048] = "";
        pwi_arena arena;
        pwi_attention attention;
        pwi_prompt_text text;
        size_t size = 0;

        for (size_t i = 0; i < i_soup / 2; i++) {
            random = random * 1664525 + 1013904223;
            size += (size_t)snprintf(prompt + size, sizeof(prompt) - size, "%s",
                                     pieces[(random >> 16) % 9]);
        }
        pwi_arena_init(&arena, &pwi_malloc_allocator);
        text = whole_text(&arena, prompt, size);
        assert_int_equal(pwi_attention_read(&attention, &text,
                                            pwi_attention_rules_find("a1111"),
                                            &pwi_malloc_allocator, NULL),
                         PW_OK);
        /* Where there is nothing at all, one empty text is put in, after the products. */
        for (size_t i = 0; attention.entries[0].begin < size && i < attention.n; i++)
            assert_true(attention.entries[i].weight == naive_weight(&attention, i));
        pwi_attention_free(&attention);
        pwi_arena_free(&arena);
    }
}

/* `piece` many times; what comes of it. */
static pw_status parse_many(const char *piece, size_t n, const char *behind, double *last)
{
    pwi_buf prompt;
    pwi_arena arena;
    pwi_attention attention;
    pwi_prompt_text text;
    pw_status status;

    pwi_buf_init(&prompt, &pwi_malloc_allocator);
    for (size_t i = 0; i < n; i++)
        pwi_buf_text(&prompt, piece);
    pwi_buf_text(&prompt, behind);
    pwi_arena_init(&arena, &pwi_malloc_allocator);
    text = whole_text(&arena, prompt.data, prompt.size);
    status = pwi_attention_read(&attention, &text, pwi_attention_rules_find("a1111"),
                                &pwi_malloc_allocator, NULL);
    *last = attention.n > 0 ? attention.entries[attention.n - 1].weight : 0.0;
    pwi_attention_free(&attention);
    pwi_arena_free(&arena);
    pwi_buf_free(&prompt);
    return status;
}

/* A million brackets are answered or refused; they are never multiplied out one by one. */
static void hostile_prompts_end(void **state)
{
    double last, wanted = 1.0;

    (void)state;
    for (size_t i = 0; i < 5000; i++)
        wanted *= 1.1;
    assert_int_equal(parse_many("(a", 5000, "", &last), PW_OK);
    assert_true(last == wanted);
    assert_int_equal(parse_many("(a", 500000, "", &last), PW_OK);
    assert_true(isinf(last));
    assert_int_equal(parse_many("(", 1000000, "a", &last), PW_OK);
    assert_true(isinf(last));
    assert_int_equal(parse_many("[a", 500000, "", &last), PW_OK);
    assert_true(last > 0.0 && last < 1e-300);
    assert_int_equal(parse_many("[(a:1.5)", 100000, "", &last), PW_OK);
    assert_int_equal(parse_many("()", 500000, "a", &last), PW_OK);
    assert_true(last == 1.0);
    assert_int_equal(parse_many(":1", 500000, "", &last), PW_OK);
    assert_int_equal(parse_many("(a:", 1, "1", &last), PW_OK);
}

/* What has to be multiplied out is, up to a limit. */
static void products_are_limited(void **state)
{
    pwi_buf closing;
    double last;

    (void)state;
    pwi_buf_init(&closing, &pwi_malloc_allocator);
    for (size_t i = 0; i < 10000; i++)
        pwi_buf_byte(&closing, ')');
    assert_int_equal(parse_many("(a", 10000, closing.data, &last), PW_OK);
    for (size_t i = 0; i < 90000; i++)
        pwi_buf_byte(&closing, ')');
    assert_int_equal(parse_many("(a", 100000, closing.data, &last), PW_ERR_LIMIT);
    pwi_buf_free(&closing);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(brackets_multiply_innermost_first),
    cmocka_unit_test(kinds_do_not_know_each_other),
    cmocka_unit_test(breaks_follow_the_dialect),
    cmocka_unit_test(only_a_break_of_weight_minus_one_ends_a_chunk),
    cmocka_unit_test(numbers_that_are_none_are_errors),
    cmocka_unit_test(soups_weigh_as_written),
    cmocka_unit_test(hostile_prompts_end),
    cmocka_unit_test(products_are_limited),
};

PW_TEST_MAIN(tests, NULL, NULL)
