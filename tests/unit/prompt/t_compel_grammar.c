/* SPDX-License-Identifier: MIT */
/* Compel's grammar: the shared cases, cases of our own that the package itself answered
 * (scripts/compare_compel.py), source bytes, errors, hostile prompts, memory that runs out. */
#include "check.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file_read.h"
#include "compel_json.h"
#include "failing_allocator.h"

static pw_status parse(pwi_compel *parsed, const char *prompt, pwi_arena *arena, pw_error *err)
{
    pwi_arena_init(arena, &pwi_malloc_allocator);
    return pwi_compel_parse(parsed, prompt, strlen(prompt), arena, err);
}

/* ---- Cases in files. */

/* Both documents say the same from here to the end of the value; numbers by value, and of an
 * error only its class, since the message is the original's. */
static bool same_value(pwi_json *wanted, pwi_json *got)
{
    const size_t depth = wanted->depth;

    do {
        double a = 0.0, b = 0.0;
        pw_error err;

        if (pwi_json_next(wanted, &err) != PW_OK || pwi_json_next(got, &err) != PW_OK)
            return false;
        if (wanted->event == PWI_JSON_KEY && pwi_json_is(wanted, "message")) {
            if (pwi_json_skip(wanted, &err) != PW_OK || pwi_json_next(wanted, &err) != PW_OK)
                return false;
        }
        if (wanted->event != got->event)
            return false;
        if (wanted->event == PWI_JSON_NUMBER &&
            (pwi_json_f64(wanted, "", &a, &err) != PW_OK ||
             pwi_json_f64(got, "", &b, &err) != PW_OK || memcmp(&a, &b, sizeof(a)) != 0))
            return false;
        if ((wanted->event == PWI_JSON_STRING || wanted->event == PWI_JSON_KEY) &&
            (wanted->size != got->size || memcmp(wanted->text, got->text, got->size) != 0))
            return false;
    } while (wanted->depth > depth);
    return true;
}

/* `wanted` stands before what is expected of this prompt; afterwards behind it if all is well.
 */
static bool is_expected(pwi_json *wanted, const char *prompt, size_t size)
{
    pwi_json got;
    pwi_arena arena;
    pwi_compel parsed;
    pwi_buf buf;
    pw_error err;
    bool is_same;

    pwi_arena_init(&arena, &pwi_malloc_allocator);
    pwi_buf_init(&buf, &pwi_malloc_allocator);
    put_parsed(&buf, &parsed, pwi_compel_parse(&parsed, prompt, size, &arena, &err));
    assert_int_equal(
        pwi_json_open_memory(&got, &pwi_malloc_allocator, buf.data, buf.size, NULL, &err),
        PW_OK);
    is_same = same_value(wanted, &got);
    if (!is_same)
        print_error("%.*s\n  gives %s\n", (int)size, prompt, buf.data);
    pwi_json_close(&got);
    pwi_buf_free(&buf);
    pwi_arena_free(&arena);
    return is_same;
}

/* One case object; its keys come in the order system, input, expected. */
static bool run_case(pwi_json *json, const char *system, size_t *n_cases)
{
    bool is_wanted = system == NULL;
    char *prompt = NULL;
    size_t size = 0;
    bool is_good = true;
    pw_error err;

    while (is_good) {
        assert_int_equal(pwi_json_next(json, &err), PW_OK);
        if (json->event == PWI_JSON_OBJECT_END)
            break;
        if (pwi_json_is(json, "system")) {
            assert_int_equal(pwi_json_next(json, &err), PW_OK);
            is_wanted = system != NULL && pwi_json_is(json, system);
        } else if (pwi_json_is(json, "input") && is_wanted) {
            assert_int_equal(pwi_json_next(json, &err), PW_OK);
            size = json->size;
            prompt = calloc(size + 1, 1);
            assert_non_null(prompt);
            memcpy(prompt, json->text, size);
        } else if (pwi_json_is(json, "expected") && is_wanted) {
            is_good = is_expected(json, prompt, size);
            (*n_cases)++;
        } else {
            assert_int_equal(pwi_json_skip(json, &err), PW_OK);
        }
    }
    free(prompt);
    return is_good;
}

/* Every case of the array at which the reader stands; stops at the first that fails. */
static size_t run_cases(pwi_json *json, const char *system)
{
    size_t n_cases = 0;
    pw_error err;

    for (;;) {
        assert_int_equal(pwi_json_next(json, &err), PW_OK);
        if (json->event == PWI_JSON_ARRAY_END)
            return n_cases;
        assert_true(run_case(json, system, &n_cases));
    }
}

static char *open_cases(pwi_json *json, const char *folder, const char *name, size_t *size)
{
    char path[4096], *bytes = NULL;
    pw_error err;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (pwi_read_whole(&pwi_malloc_allocator, path, (size_t)1 << 26, &bytes, size, &err) !=
        PW_OK)
        fail_msg("%s: %s", path, err.text);
    assert_int_equal(
        pwi_json_open_memory(json, &pwi_malloc_allocator, bytes, *size, NULL, &err), PW_OK);
    return bytes;
}

static void close_cases(pwi_json *json, char *bytes, size_t size)
{
    pwi_json_close(json);
    pwi_free_array(&pwi_malloc_allocator, bytes, size + 1, 1);
}

static void shared_cases(void **state)
{
    const char *shared = getenv("PADWISE_SHARED");
    pwi_json json;
    pw_error err;
    size_t size, n_cases;
    char path[4096], *bytes;

    (void)state;
    if (shared == NULL)
        PW_SKIP("PADWISE_SHARED is not set: the originals' cases are not here");
    snprintf(path, sizeof(path), "%s/cases/prompt-weighting-cases.json", shared);
    if (access(path, R_OK) != 0)
        PW_SKIP("cases/prompt-weighting-cases.json is not in PADWISE_SHARED");
    bytes = open_cases(&json, shared, "cases/prompt-weighting-cases.json", &size);
    do {
        assert_int_equal(pwi_json_next(&json, &err), PW_OK);
    } while (json.depth != 1 || json.event != PWI_JSON_KEY || !pwi_json_is(&json, "cases"));
    assert_int_equal(pwi_json_next(&json, &err), PW_OK);
    n_cases = run_cases(&json, "compel-2.4.0/PromptParser.parse_conjunction");
    print_message("%zu cases\n", n_cases);
    assert_true(n_cases > 0);
    close_cases(&json, bytes, size);
}

static void own_cases(void **state)
{
    pwi_json json;
    pw_error err;
    size_t size;
    char *bytes = open_cases(&json, getenv("PADWISE_SOURCE"),
                             "tests/unit/prompt/compel_cases.json", &size);

    (void)state;
    assert_int_equal(pwi_json_next(&json, &err), PW_OK);
    assert_true(run_cases(&json, NULL) > 80);
    close_cases(&json, bytes, size);
}

/* ---- Source bytes. */

/* Warnings and colours point at the prompt as written: not at the text with spaces put in after
 * commas and backslashes taken out. */
static void bytes_know_their_source(void **state)
{
    static const char prompt[] = "a,b \\(c\\) (d)+";
    const uint32_t source[] = {0, 1, 1, 2, 2, 5, 6, 8};
    pwi_compel parsed;
    pwi_arena arena;
    const pwi_segment *items;

    (void)state;
    assert_int_equal(parse(&parsed, prompt, &arena, NULL), PW_OK);
    assert_int_equal(parsed.parts[0].prompts[0].n, 2);
    items = parsed.parts[0].prompts[0].items;
    assert_int_equal(items[0].size, 8);
    assert_memory_equal(items[0].text, "a, b (c)", 8);
    assert_memory_equal(items[0].source, source, sizeof(source));
    assert_int_equal(items[1].source[0], 11);
    pwi_arena_free(&arena);
}

/* ---- Errors. */

static void expect_error(const char *prompt, pwi_compel_error error, uint64_t offset,
                         const char *words)
{
    pwi_compel parsed;
    pwi_arena arena;
    pw_error err;

    assert_int_equal(parse(&parsed, prompt, &arena, &err), PW_ERR_FORMAT);
    assert_int_equal(parsed.error, error);
    assert_int_equal(err.offset, offset);
    assert_non_null(strstr(err.text, words));
    pwi_arena_free(&arena);
}

/* Offsets are those of the prompt, in which no spaces were put after commas. */
static void errors_name_the_byte_and_the_remedy(void **state)
{
    (void)state;
    expect_error("(\"a\",\"b\").blend(1)", PWI_COMPEL_PARSING_EXCEPTION, 16, "for each prompt");
    expect_error("(\"a\",\"b\").and(1,x)", PWI_COMPEL_VALUE_ERROR, 16, "\"x\" is no weight");
    expect_error("(\"a\",\"b\").blend(1,1) x", PWI_COMPEL_PARSE_EXCEPTION, 21, "whole prompt");
    expect_error("a,b\vc", PWI_COMPEL_PARSE_EXCEPTION, 3, "vertical tab");
    expect_error("a.swap(b,shape_freedom=x)", PWI_COMPEL_TYPE_ERROR, 9, "shape_freedom=0.5");
    expect_error("a.swap(b,s_end=x)", PWI_COMPEL_OURS, 9, "s_end=0.5");
    expect_error("a.swap(b,shape_freedom=-1)", PWI_COMPEL_OURS, 9, "negative");
    expect_error("(\"a.swap(b)\",\"c\").blend()", PWI_COMPEL_PARSING_EXCEPTION, 24, ".swap()");
}

static void brackets_without_text_are_no_prompt(void **state)
{
    pwi_compel parsed;
    pwi_arena arena;
    pw_error err;

    (void)state;
    assert_int_equal(parse(&parsed, "()+", &arena, &err), PW_OK);
    assert_int_equal(pwi_compel_require_parts(&parsed, &err), PW_ERR_FORMAT);
    assert_string_equal(pwi_compel_error_name(parsed.error), "IndexError");
    pwi_arena_free(&arena);
}

static void text_that_is_not_utf8_is_refused(void **state)
{
    pwi_compel parsed;
    pwi_arena arena;
    pw_error err;

    (void)state;
    assert_int_equal(parse(&parsed, "ab\xFF", &arena, &err), PW_ERR_UTF8);
    assert_int_equal(err.offset, 2);
    pwi_arena_free(&arena);
}

/* ---- Hostile prompts. */

static char *repeated(const char *piece, size_t n, const char *end)
{
    const size_t size = strlen(piece);
    char *text = malloc(n * size + strlen(end) + 1);

    assert_non_null(text);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * size, piece, size);
    strcpy(text + n * size, end);
    return text;
}

/* What the original tries again and again, once for each bracket around it, is read once: were
 * it not so, none of these would end. */
static void nesting_costs_what_it_measures(void **state)
{
    static const char *const pieces[] = {
        "(",      "( ",       "(a ",     "\"(",        "a.swap(", "a.swap(b, c.swap(",
        "((a)+ ", "(a.swap(", "(\"a\" ", "(a.attend(", "\\(a",    "a+",
        "\" "};
    static const char *const ends[] = {"", ")", ")))))))=", "\f"};

    (void)state;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
        for (size_t k = 0; k < sizeof(ends) / sizeof(*ends); k++) {
            char *text = repeated(pieces[i], 20000, ends[k]);
            pwi_compel parsed;
            pwi_arena arena;

            (void)parse(&parsed, text, &arena, NULL);
            pwi_arena_free(&arena);
            free(text);
        }
    }
}

static void brackets_nest_without_end(void **state)
{
    enum {
        DEEP = 100000
    };

    char *open = repeated("(", DEEP, "a"), *close = repeated(")", DEEP, "+");
    char *text = malloc(2 * DEEP + 3);
    pwi_compel parsed;
    pwi_arena arena;

    (void)state;
    assert_non_null(text);
    snprintf(text, 2 * DEEP + 3, "%s%s", open, close);
    assert_int_equal(parse(&parsed, text, &arena, NULL), PW_OK);
    assert_int_equal(parsed.parts[0].prompts[0].n, 1);
    assert_int_equal(parsed.parts[0].prompts[0].items[0].size, 1);
    assert_true(parsed.parts[0].prompts[0].items[0].weight == 1.1);
    pwi_arena_free(&arena);
    free(open);
    free(close);
    free(text);
}

static void swaps_nest_to_the_limit(void **state)
{
    (void)state;
    for (size_t n = PWI_COMPEL_SWAP_DEPTH_MAX; n <= PWI_COMPEL_SWAP_DEPTH_MAX + 1; n++) {
        char *open = repeated("a.swap(", n, "b"), *close = repeated(")", n, "");
        char text[1024];
        pwi_compel parsed;
        pwi_arena arena;

        snprintf(text, sizeof(text), "%s%s", open, close);
        assert_int_equal(parse(&parsed, text, &arena, NULL),
                         n <= PWI_COMPEL_SWAP_DEPTH_MAX ? PW_OK : PW_ERR_DEPTH);
        pwi_arena_free(&arena);
        free(open);
        free(close);
    }
}

/* ---- Memory. */

static void every_allocation_may_fail(void **state)
{
    static const char *const prompts[] = {
        "a (b c)1.5 \\(d, e+ \"f (g)- h\"0.5 (x y+).swap((z)1.2, s_start=0.3) withLora(l, 2)",
        "(\"a + b\", (c d+), e).and(1, 2, 3)", "(\"a\", \"b c+\").blend(1, 2, no_normalize)",
        " ", "(\"a\", \"b\").blend(1)"};

    (void)state;
    for (size_t i = 0; i < sizeof(prompts) / sizeof(*prompts); i++) {
        struct failing failing = {.fail_at = 1};
        pw_status status = PW_ERR_NO_MEMORY;

        for (; status == PW_ERR_NO_MEMORY; failing.fail_at++) {
            const pw_allocator allocator = failing_allocator(&failing);
            pwi_compel parsed;
            pwi_arena arena;
            pw_error err;

            failing.n_calls = 0;
            pwi_arena_init(&arena, &allocator);
            status = pwi_compel_parse(&parsed, prompts[i], strlen(prompts[i]), &arena, &err);
            pwi_arena_free(&arena);
            assert_int_equal(failing.n_out, 0);
        }
        assert_true(status == PW_OK || status == PW_ERR_FORMAT);
        assert_true(failing.fail_at > 3);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(shared_cases),
    cmocka_unit_test(own_cases),
    cmocka_unit_test(bytes_know_their_source),
    cmocka_unit_test(errors_name_the_byte_and_the_remedy),
    cmocka_unit_test(brackets_without_text_are_no_prompt),
    cmocka_unit_test(text_that_is_not_utf8_is_refused),
    cmocka_unit_test(nesting_costs_what_it_measures),
    cmocka_unit_test(brackets_nest_without_end),
    cmocka_unit_test(swaps_nest_to_the_limit),
    cmocka_unit_test(every_allocation_may_fail),
};

PW_TEST_MAIN(tests, NULL, NULL)
