/* SPDX-License-Identifier: MIT */
/* Added tokens in a text: leftmost, longest, none overlapping; what white space and neighbours
 * do; against the plain definition, and on texts made to be slow. The expectations about flags
 * were printed by tokenizers 0.22.2. */
#include "check.h"

#include <stdlib.h>

#include "base/rng.h"
#include "failing_allocator.h"
#include "tokenizers/token_matcher.h"

#define N_TOKENS_MAX 64

static pwi_text decoded(const char *bytes)
{
    pwi_text text;

    pwi_text_init(&text, &pwi_malloc_allocator);
    assert_int_equal(pwi_text_decode(&text, bytes, strlen(bytes), 0, NULL), PW_OK);
    return text;
}

static void add_token(pwi_matcher *matcher, const char *bytes, uint32_t i)
{
    pwi_text text = decoded(bytes);

    assert_int_equal(pwi_matcher_add(matcher, text.chars, text.n, i, NULL), PW_OK);
    pwi_text_free(&text);
}

/* Matches as "token@first-last", in characters. */
static void check_matches(const pwi_added_token *tokens, size_t n_tokens, const char *bytes,
                          const char *expected)
{
    pwi_text text = decoded(bytes);
    pwi_matcher matcher;
    pwi_matches matches;
    char got[512] = "";
    size_t used = 0;

    pwi_matcher_init(&matcher, &pwi_malloc_allocator);
    pwi_matches_init(&matches, &pwi_malloc_allocator);
    for (uint32_t i = 0; i < n_tokens; i++)
        add_token(&matcher, tokens[i].text, i);
    assert_int_equal(pwi_matcher_finish(&matcher, NULL), PW_OK);
    assert_int_equal(pwi_matcher_find(&matcher, tokens, text.chars, text.n, &matches, NULL),
                     PW_OK);
    for (size_t i = 0; i < matches.n; i++)
        used +=
            (size_t)snprintf(got + used, sizeof(got) - used, "%s%s@%u-%u", i == 0 ? "" : " ",
                             tokens[matches.items[i].i_token].text,
                             (unsigned)matches.items[i].first, (unsigned)matches.items[i].last);
    if (strcmp(got, expected) != 0)
        fail_msg("\"%s\": expected %s, got %s", bytes, expected, got);
    pwi_matches_free(&matches);
    pwi_matcher_free(&matcher);
    pwi_text_free(&text);
}

#define CHECK(tokens, bytes, expected)                                                         \
    check_matches(tokens, sizeof(tokens) / sizeof((tokens)[0]), bytes, expected)

static void leftmost_then_longest(void **state)
{
    const pwi_added_token tokens[] = {
        {.text = "ab"}, {.text = "abcd"}, {.text = "bc"}, {.text = "cde"}};

    (void)state;
    CHECK(tokens, "abcd", "abcd@0-4");
    CHECK(tokens, "abcx", "ab@0-2");
    CHECK(tokens, "abc", "ab@0-2");
    CHECK(tokens, "abcde", "abcd@0-4");
    CHECK(tokens, "xbcde", "bc@1-3");
    CHECK(tokens, "xcdebcab", "cde@1-4 bc@4-6 ab@6-8");
    CHECK(tokens, "", "");
    CHECK(tokens,
          "\xC3\xA9"
          "ab",
          "ab@1-3"); /* characters, not bytes */
}

static void equal_tokens_first_counts(void **state)
{
    const pwi_added_token tokens[] = {{.text = "ab", .id = 1}, {.text = "ab", .id = 2}};

    (void)state;
    CHECK(tokens, "ab", "ab@0-2");
}

static void white_space_goes_along(void **state)
{
    const pwi_added_token left[] = {{.text = "<m>", .is_lstrip = true}};
    const pwi_added_token right[] = {{.text = "<m>", .is_rstrip = true}};
    const pwi_added_token both[] = {{.text = "<m>", .is_lstrip = true, .is_rstrip = true}};

    (void)state;
    CHECK(left, "a  <m>  b", "<m>@1-6");
    CHECK(left, "<m> <m>", "<m>@0-3 <m>@3-7");
    CHECK(right, "a  <m>  b", "<m>@3-8");
    CHECK(right, "<m> <m>", "<m>@0-4 <m>@4-7");
    CHECK(both, "<m> <m> <m>", "<m>@0-4 <m>@4-8 <m>@8-11");
}

static void single_words_stand_alone(void **state)
{
    const pwi_added_token word[] = {{.text = "foo", .is_single_word = true}};

    (void)state;
    CHECK(word, "foo", "foo@0-3");
    CHECK(word, "a foo b", "foo@2-5");
    CHECK(word, "afoo foob foo_ foo1", "");
    CHECK(word, "foo! foo-foo", "foo@0-3 foo@5-8 foo@9-12");
    CHECK(word, "foo\xCC\x81", "");        /* a mark */
    CHECK(word, "foo\xE2\x80\x8D", "");    /* a joiner */
    CHECK(word, "foo\xC2\xB2", "foo@0-3"); /* superscript two is no \w */
    CHECK(word, "foo\xE2\x85\xA0", "");    /* Roman one is */
    CHECK(word, "foo\xE2\x92\xB6", "");    /* a circled letter is */
    CHECK(word, "foo\xE2\x80\xBF", "");    /* an undertie is */
    CHECK(word,
          "\xC3\xA9"
          "foo foofoo",
          ""); /* the second "foo" of "foofoo" has a letter before it */
}

/* The definition: at each character the longest token, and on behind it. */
static size_t find_plainly(const pwi_text *tokens, size_t n_tokens, const pwi_text *text,
                           pwi_match *matches)
{
    size_t n = 0;

    for (size_t at = 0; at < text->n;) {
        size_t longest = 0;

        for (uint32_t i = 0; i < n_tokens; i++) {
            size_t k = 0;

            while (k < tokens[i].n && at + k < text->n &&
                   text->chars[at + k].code == tokens[i].chars[k].code)
                k++;
            if (k == tokens[i].n && k > longest) {
                longest = k;
                matches[n] = (pwi_match){(uint32_t)at, (uint32_t)(at + k), i};
            }
        }
        n += longest > 0;
        at += longest > 0 ? longest : 1;
    }
    return n;
}

static void draw_text(pwi_text *text, uint64_t seed, size_t n)
{
    pwi_text_init(text, &pwi_malloc_allocator);
    for (size_t i = 0; i < n; i++)
        pwi_text_put(text, 'a' + (uint32_t)(pwi_random_bits(seed, i) % 3), (uint32_t)i,
                     (uint32_t)i + 1);
}

static void equals_the_definition(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 200; seed++) {
        const size_t n_tokens = 1 + seed % 12;
        pwi_text tokens[N_TOKENS_MAX], text;
        const pwi_added_token added[N_TOKENS_MAX] = {{.id = 0}};
        pwi_match expected[400];
        pwi_matcher matcher;
        pwi_matches matches;
        size_t n_expected;

        pwi_matcher_init(&matcher, &pwi_malloc_allocator);
        pwi_matches_init(&matches, &pwi_malloc_allocator);
        for (uint32_t i = 0; i < n_tokens; i++) {
            draw_text(&tokens[i], seed * 100 + i, 1 + pwi_random_bits(seed, i) % 6);
            assert_int_equal(pwi_matcher_add(&matcher, tokens[i].chars, tokens[i].n, i, NULL),
                             PW_OK);
        }
        assert_int_equal(pwi_matcher_finish(&matcher, NULL), PW_OK);
        draw_text(&text, seed * 77, 400);
        n_expected = find_plainly(tokens, n_tokens, &text, expected);
        assert_int_equal(pwi_matcher_find(&matcher, added, text.chars, text.n, &matches, NULL),
                         PW_OK);
        assert_int_equal(matches.n, n_expected);
        for (size_t i = 0; i < n_expected; i++) {
            assert_int_equal(matches.items[i].first, expected[i].first);
            assert_int_equal(matches.items[i].last, expected[i].last);
        }
        for (size_t i = 0; i < n_tokens; i++)
            pwi_text_free(&tokens[i]);
        pwi_text_free(&text);
        pwi_matches_free(&matches);
        pwi_matcher_free(&matcher);
    }
}

/* "aaa...ab" of 20,000 and "a", on a million times "a": a search that starts over behind each
 * match would take 10^10 steps and never end here. */
static void long_tokens_do_not_make_it_slow(void **state)
{
    const size_t token_size = 20000, text_size = 1000000;
    const pwi_added_token added[2] = {{.id = 0}, {.id = 1}};
    pwi_text token, text;
    pwi_matcher matcher;
    pwi_matches matches;

    (void)state;
    pwi_text_init(&token, &pwi_malloc_allocator);
    pwi_text_init(&text, &pwi_malloc_allocator);
    for (uint32_t i = 0; i < token_size; i++)
        pwi_text_put(&token, i + 1 < token_size ? 'a' : 'b', i, i + 1);
    for (uint32_t i = 0; i < text_size; i++)
        pwi_text_put(&text, 'a', i, i + 1);
    pwi_matcher_init(&matcher, &pwi_malloc_allocator);
    pwi_matches_init(&matches, &pwi_malloc_allocator);
    assert_int_equal(pwi_matcher_add(&matcher, token.chars, token.n, 0, NULL), PW_OK);
    assert_int_equal(pwi_matcher_add(&matcher, text.chars, 1, 1, NULL), PW_OK);
    assert_int_equal(pwi_matcher_finish(&matcher, NULL), PW_OK);
    assert_int_equal(pwi_matcher_find(&matcher, added, text.chars, text.n, &matches, NULL),
                     PW_OK);
    assert_int_equal(matches.n, text_size);
    text.chars[text_size - 1].code = 'b';
    assert_int_equal(pwi_matcher_find(&matcher, added, text.chars, text.n, &matches, NULL),
                     PW_OK);
    assert_int_equal(matches.n, text_size - token_size + 1);
    assert_int_equal(matches.items[matches.n - 1].i_token, 0);
    pwi_matches_free(&matches);
    pwi_matcher_free(&matcher);
    pwi_text_free(&token);
    pwi_text_free(&text);
}

/* Build and search; a status other than PW_OK is the one that failed. */
static pw_status build_and_find(const pw_allocator *allocator, const pwi_text *text)
{
    const pwi_added_token added[40] = {{.id = 0}};
    pwi_matcher matcher;
    pwi_matches matches;
    pw_status status = PW_OK;

    pwi_matcher_init(&matcher, allocator);
    pwi_matches_init(&matches, allocator);
    for (uint32_t i = 0; i < 40 && status == PW_OK; i++)
        status = pwi_matcher_add(&matcher, text->chars + i, 1 + i % 9, i, NULL);
    if (status == PW_OK)
        status = pwi_matcher_finish(&matcher, NULL);
    if (status == PW_OK)
        status = pwi_matcher_find(&matcher, added, text->chars, text->n, &matches, NULL);
    pwi_matches_free(&matches);
    pwi_matcher_free(&matcher);
    return status;
}

static void memory_that_runs_out_is_reported(void **state)
{
    struct failing failing = {.fail_at = 0};
    const pw_allocator allocator = failing_allocator(&failing);
    pw_status status = PW_ERR_NO_MEMORY;
    pwi_text text;

    (void)state;
    draw_text(&text, 9, 300);
    for (failing.fail_at = 1; status != PW_OK; failing.fail_at++) {
        assert_int_equal(status, PW_ERR_NO_MEMORY);
        failing.n_calls = 0;
        status = build_and_find(&allocator, &text);
        assert_int_equal(failing.n_out, 0);
    }
    assert_true(failing.fail_at > 5);
    pwi_text_free(&text);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(leftmost_then_longest),
    cmocka_unit_test(equal_tokens_first_counts),
    cmocka_unit_test(white_space_goes_along),
    cmocka_unit_test(single_words_stand_alone),
    cmocka_unit_test(equals_the_definition),
    cmocka_unit_test(long_tokens_do_not_make_it_slow),
    cmocka_unit_test(memory_that_runs_out_is_reported),
};

PW_TEST_MAIN(tests, NULL, NULL)
