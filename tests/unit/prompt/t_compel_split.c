/* SPDX-License-Identifier: MIT */
/* Where Compel cuts long prompts: the shared cases (their words as CLIP's BPE cuts them, done
 * here by hand), and what those do not hold. */
#include "check.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file_read.h"
#include "formats/json.h"
#include "prompt/compel_split.h"

#define WINDOW       75
#define N_TOKENS_MAX 1024

struct tokens {
    char texts[N_TOKENS_MAX][16];
    size_t n;
};

static void add(struct tokens *tokens, const char *text, size_t size, const char *end)
{
    assert_true(tokens->n < N_TOKENS_MAX && size < 10);
    snprintf(tokens->texts[tokens->n++], 16, "%.*s%s", (int)size, text, end);
}

/* A word is one token, but for the long one of the cases, which is six; signs stand alone. */
static void tokenize(struct tokens *tokens, const char *text)
{
    tokens->n = 0;
    while (*text != '\0') {
        const size_t size = strcspn(text, " .,");

        if (size == strlen("antidisestablishmentarianism")) {
            for (size_t i = 0; i < 5; i++)
                add(tokens, text + i, 5, "");
            add(tokens, "m", 1, "</w>");
        } else if (size > 0) {
            add(tokens, text, size, "</w>");
        }
        text += size;
        if (*text != '\0' && *text != ' ')
            add(tokens, text, 1, "</w>");
        text += *text != '\0';
    }
}

static const char *text_of(void *ctx, size_t i, size_t *size)
{
    const struct tokens *tokens = ctx;

    assert_true(i < tokens->n);
    *size = strlen(tokens->texts[i]);
    return tokens->texts[i];
}

static pwi_compel_split_mode mode_named(const char *name)
{
    static const char *const names[] = {"SENTENCES", "PHRASES", "WORDS", "BRUTAL"};

    for (unsigned i = 0; i < 4; i++) {
        if (strcmp(names[i], name) == 0)
            return (pwi_compel_split_mode)i;
    }
    fail_msg("mode %s", name);
    return PWI_COMPEL_BRUTAL;
}

/* ---- The shared cases. */

static void expect_event(pwi_json *json, pwi_json_event event)
{
    pw_error err;

    assert_int_equal(pwi_json_expect(json, event, "it", &err), PW_OK);
}

/* {"content_tokens_per_chunk": [61, 30]} */
static void check_chunks(pwi_json *json, struct tokens *tokens, pwi_compel_split_mode mode)
{
    size_t begin = 0;
    uint64_t wanted;
    pw_error err;

    expect_event(json, PWI_JSON_OBJECT_BEGIN);
    expect_event(json, PWI_JSON_KEY);
    expect_event(json, PWI_JSON_ARRAY_BEGIN);
    for (;;) {
        assert_int_equal(pwi_json_next(json, &err), PW_OK);
        if (json->event == PWI_JSON_ARRAY_END)
            break;
        assert_int_equal(pwi_json_u64(json, "a chunk", &wanted, &err), PW_OK);
        assert_int_equal(pwi_compel_next_chunk(mode, text_of, tokens, begin, tokens->n, WINDOW),
                         wanted);
        begin += (size_t)wanted;
    }
    assert_int_equal(begin, tokens->n);
    expect_event(json, PWI_JSON_OBJECT_END);
}

/* The case's mode; 2.0.3 has none, and cuts brutally. */
static void read_params(pwi_json *json, pwi_compel_split_mode *mode)
{
    pw_error err;

    expect_event(json, PWI_JSON_OBJECT_BEGIN);
    for (;;) {
        assert_int_equal(pwi_json_next(json, &err), PW_OK);
        if (json->event == PWI_JSON_OBJECT_END)
            return;
        if (!pwi_json_is(json, "split_long_text_mode")) {
            assert_int_equal(pwi_json_skip(json, &err), PW_OK);
            continue;
        }
        expect_event(json, PWI_JSON_STRING);
        *mode = mode_named(json->text);
    }
}

/* One case; its keys come in the order system, input, params, expected. */
static bool run_case(pwi_json *json)
{
    struct tokens tokens = {.n = 0};
    pwi_compel_split_mode mode = PWI_COMPEL_BRUTAL;
    bool is_wanted = false;
    pw_error err;

    for (;;) {
        assert_int_equal(pwi_json_next(json, &err), PW_OK);
        if (json->event == PWI_JSON_OBJECT_END)
            return is_wanted;
        if (pwi_json_is(json, "system")) {
            expect_event(json, PWI_JSON_STRING);
            is_wanted = pwi_json_is(json, "compel-2.4.0/split_long_text") ||
                        pwi_json_is(json, "compel-2.0.3/split_long_text");
        } else if (is_wanted && pwi_json_is(json, "input")) {
            expect_event(json, PWI_JSON_STRING);
            tokenize(&tokens, json->text);
        } else if (is_wanted && pwi_json_is(json, "params")) {
            read_params(json, &mode);
        } else if (is_wanted && pwi_json_is(json, "expected")) {
            check_chunks(json, &tokens, mode);
        } else {
            assert_int_equal(pwi_json_skip(json, &err), PW_OK);
        }
    }
}

static void shared_cases(void **state)
{
    const char *shared = getenv("PADWISE_SHARED");
    size_t size, n_cases = 0;
    char path[4096], *bytes;
    pwi_json json;
    pw_error err;

    (void)state;
    if (shared == NULL)
        PW_SKIP("PADWISE_SHARED is not set: the originals' cases are not here");
    snprintf(path, sizeof(path), "%s/cases/prompt-weighting-cases.json", shared);
    if (access(path, R_OK) != 0)
        PW_SKIP("cases/prompt-weighting-cases.json is not in PADWISE_SHARED");
    assert_int_equal(
        pwi_read_whole(&pwi_malloc_allocator, path, (size_t)1 << 26, &bytes, &size, &err),
        PW_OK);
    assert_int_equal(
        pwi_json_open_memory(&json, &pwi_malloc_allocator, bytes, size, NULL, &err), PW_OK);
    do {
        assert_int_equal(pwi_json_next(&json, &err), PW_OK);
    } while (json.depth != 1 || json.event != PWI_JSON_KEY || !pwi_json_is(&json, "cases"));
    expect_event(&json, PWI_JSON_ARRAY_BEGIN);
    for (;;) {
        assert_int_equal(pwi_json_next(&json, &err), PW_OK);
        if (json.event == PWI_JSON_ARRAY_END)
            break;
        n_cases += run_case(&json);
    }
    print_message("%zu cases\n", n_cases);
    assert_true(n_cases > 0);
    pwi_json_close(&json);
    pwi_free_array(&pwi_malloc_allocator, bytes, size + 1, 1);
}

/* ---- Others. */

/* 74 words, one token more, and 40 words after it. */
static size_t cut_at(pwi_compel_split_mode mode, const char *last_in_window)
{
    struct tokens tokens = {.n = 0};

    for (size_t i = 0; i < WINDOW - 1; i++)
        add(&tokens, "x", 1, "");
    add(&tokens, last_in_window, strlen(last_in_window), "");
    for (size_t i = 0; i < 40; i++)
        add(&tokens, "x", 1, "</w>");
    snprintf(tokens.texts[9], 16, "b</w>");
    return pwi_compel_next_chunk(mode, text_of, &tokens, 0, tokens.n, WINDOW);
}

/* The last token of the window may end a chunk; a "." inside of a word does not, nor do three.
 */
static void only_whole_signs_end_a_chunk(void **state)
{
    (void)state;
    assert_int_equal(cut_at(PWI_COMPEL_SENTENCES, ".</w>"), 75);
    assert_int_equal(cut_at(PWI_COMPEL_SENTENCES, "."), 10);
    assert_int_equal(cut_at(PWI_COMPEL_PHRASES, ";</w>"), 75);
    assert_int_equal(cut_at(PWI_COMPEL_PHRASES, "x"), 10);
    assert_int_equal(cut_at(PWI_COMPEL_BRUTAL, "x"), 75);
}

/* T5's tokens have no "</w>", so nothing but the window's end is left. */
static void tokens_without_word_ends_are_cut_at_the_window(void **state)
{
    struct tokens tokens = {.n = 0};

    (void)state;
    for (size_t i = 0; i < 100; i++)
        add(&tokens, i == 20 ? "." : "cat", i == 20 ? 1 : 3, "");
    assert_int_equal(
        pwi_compel_next_chunk(PWI_COMPEL_SENTENCES, text_of, &tokens, 0, tokens.n, WINDOW), 75);
    assert_int_equal(
        pwi_compel_next_chunk(PWI_COMPEL_SENTENCES, text_of, &tokens, 75, tokens.n, WINDOW),
        25);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(shared_cases),
    cmocka_unit_test(only_whole_signs_end_a_chunk),
    cmocka_unit_test(tokens_without_word_ends_are_cut_at_the_window),
};

PW_TEST_MAIN(tests, NULL, NULL)
