/* SPDX-License-Identifier: MIT */
/* The lecture's weights in both spellings (docs/dialects.md). */
#include "prompt_check.h"

struct piece {
    const char *text;
    double weight;
};

static void check_pieces(const char *text, const struct piece *pieces, size_t n)
{
    pw_context *ctx = test_context();
    pw_prompt *prompt = parsed(ctx, "lecture", text);
    const pw_branch *branch = &pw_prompt_condition(prompt, 0)->spans[0].branches[0];

    if (branch->n_segments != n)
        fail_msg("%s gave %zu pieces, not %zu", text, branch->n_segments, n);
    for (size_t i = 0; i < n; i++) {
        const pw_segment *segment = &branch->segments[i];

        if (segment->size != strlen(pieces[i].text) ||
            memcmp(segment->text, pieces[i].text, segment->size) != 0 ||
            segment->weight != pieces[i].weight)
            fail_msg("%s: piece %zu is \"%.*s\" at %.17g", text, i + 1, (int)segment->size,
                     segment->text, segment->weight);
        for (size_t k = 0; k < segment->size; k++)
            assert_int_equal(text[segment->source[k]], segment->text[k]);
    }
    pw_prompt_free(prompt);
    pw_context_free(ctx);
}

#define CHECK(text, ...)                                                                       \
    check_pieces((text), (const struct piece[]){__VA_ARGS__},                                  \
                 sizeof((const struct piece[]){__VA_ARGS__}) / sizeof(struct piece))

static void brackets_count(void **state)
{
    (void)state;
    CHECK("a (cat) b", {"a ", 1.0}, {"cat", 1.1}, {" b", 1.0});
    CHECK("((cat))", {"cat", 1.1 * 1.1});
    CHECK("(((cat)))", {"cat", 1.1 * 1.1 * 1.1});
    CHECK("[cat]", {"cat", 1.0 / 1.1});
    CHECK("(a (b))", {"a ", 1.1}, {"b", 1.1 * 1.1});
}

static void numbers_are_r(void **state)
{
    (void)state;
    CHECK("(cat:1.3)", {"cat", 1.3});
    CHECK("(a (b:2) c:0.5)", {"a ", 0.5}, {"b", 1.0}, {" c", 0.5});
    CHECK("(cat : 1.3)", {"cat ", 1.3});
    CHECK("(a:b)", {"a:b", 1.1});
    CHECK("a(:1.3)b", {"ab", 1.0}); /* nothing is weighted */
}

static void compels_spelling(void **state)
{
    (void)state;
    CHECK("a cat++ b", {"a ", 1.0}, {"cat", 1.1 * 1.1}, {" b", 1.0});
    CHECK("cat-", {"cat", 0.9});
    CHECK("(big cat)+", {"big cat", 1.1});
    CHECK("(big cat)1.5, x", {"big cat", 1.5}, {", x", 1.0});
    CHECK("(big cat+)1.5", {"big ", 1.5}, {"cat", 1.5 * 1.1});
    CHECK("a cat+dog well-known - +", {"a cat+dog well-known - +", 1.0});
}

static void what_is_text(void **state)
{
    (void)state;
    CHECK("\\(a\\) b", {"(a) b", 1.0});
    CHECK("(a", {"(a", 1.0});
    CHECK("a)]", {"a)]", 1.0});
    CHECK("([a)", {"([a)", 1.0});
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(brackets_count),
        cmocka_unit_test(numbers_are_r),
        cmocka_unit_test(compels_spelling),
        cmocka_unit_test(what_is_text),
    };

    return check_main(argc, argv, tests, sizeof(tests) / sizeof(*tests), NULL, NULL);
}
