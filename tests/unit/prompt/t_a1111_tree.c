/* SPDX-License-Identifier: MIT */
/* Trees for --explain: one line a node, indented by its depth. */
#include "a1111_check.h"

#include "prompt/a1111_tree.h"

static const char *const kinds[] = {"text",   "break", "group",     "range",
                                    "before", "after", "alternate", "option"};

static size_t depth_of(const pwi_tree *tree, size_t i)
{
    size_t depth = 0;

    for (; tree->nodes[i].parent != PWI_TREE_ROOT; depth++) {
        assert_true(tree->nodes[i].parent < i);
        i = tree->nodes[i].parent;
    }
    return depth;
}

static void check(const char *prompt, bool is_schedule, const char *wanted)
{
    pwi_arena arena;
    pwi_buf answer;
    pwi_prompt_text text;
    pwi_tree tree;

    pwi_arena_init(&arena, &pwi_malloc_allocator);
    pwi_buf_init(&answer, &pwi_malloc_allocator);
    text = whole_text(&arena, prompt, strlen(prompt));
    if (is_schedule)
        assert_int_equal(pwi_tree_of_schedule(&tree, &arena, &text, NULL), PW_OK);
    else
        assert_int_equal(pwi_tree_of_attention(&tree, &arena, &text,
                                               pwi_attention_rules_find("a1111"), NULL),
                         PW_OK);
    for (size_t i = 0; i < tree.n; i++) {
        const pwi_tree_node *node = &tree.nodes[i];

        pwi_buf_format(&answer, "%*s%s %g '%.*s'\n", (int)depth_of(&tree, i), "",
                       kinds[node->kind], node->value, (int)(node->end - node->begin),
                       prompt + node->begin);
    }
    assert_string_equal(answer.data, wanted);
    pwi_buf_free(&answer);
    pwi_arena_free(&arena);
}

static void groups_hold_their_texts(void **state)
{
    (void)state;
    check("a (b (c):1.5) [d", false,
          "text 1 'a '\n"
          "group 1.5 '(b (c):1.5)'\n"
          " text 1.5 'b '\n"
          " group 1.1 '(c)'\n"
          "  text 1.65 'c'\n"
          "text 1 ' '\n"
          "group 0.909091 '[d'\n"
          " text 0.909091 'd'\n");
    check("()a BREAK", false,
          "group 1.1 '()'\n"
          "text 1 'a'\n"
          "break -1 'BREAK'\n"
          "text 1 ''\n");
}

static void overlapping_groups_are_drawn_where_they_begin(void **state)
{
    (void)state;
    check("([a)b]", false,
          "group 1.1 '([a)'\n"
          " group 0.909091 '[a)b]'\n"
          "  text 1 'a'\n"
          "  text 0.909091 'b'\n");
}

static void schedules_show_their_sections(void **state)
{
    (void)state;
    check("x [a:[b|c]:5](y", true,
          "text 1 'x '\n"
          "range 5 '[a:[b|c]:5]'\n"
          " before 1 'a'\n"
          "  text 1 'a'\n"
          " after 1 '[b|c]'\n"
          "  alternate 2 '[b|c]'\n"
          "   option 1 'b'\n"
          "    text 1 'b'\n"
          "   option 2 'c'\n"
          "    text 1 'c'\n"
          "text 1 '(y'\n");
    check("[a:0.5][|b]", true,
          "range 0.5 '[a:0.5]'\n"
          " after 1 'a'\n"
          "  text 1 'a'\n"
          "alternate 2 '[|b]'\n"
          " option 1 ''\n"
          " option 2 'b'\n"
          "  text 1 'b'\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(groups_hold_their_texts),
    cmocka_unit_test(overlapping_groups_are_drawn_where_they_begin),
    cmocka_unit_test(schedules_show_their_sections),
};

PW_TEST_MAIN(tests, NULL, NULL)
