/* SPDX-License-Identifier: MIT */
/* Texts of traced characters: reading, growing, and what must hold after every step: ranges
 * never run backwards, and a memory failure sticks and leaks nothing. */
#include "text_check.h"

/* Something for every step to do, several times over: marks, jamo, capitals, sigmas, white
 * space, controls, entities, ligatures, wide forms, ideographs, an escape, line breaks. */
static const char busy_text[] =
    " A\xCC\x81\xCC\xA3 \xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8\t\xCE\xA3\xCE\x91\xCE\xA3\xC4\xB0"
    "\xE3\x80\x80\xE8\xA4\x90\xEF\xA4\x80\xCC\x81\xE6\xA5\xBD&amp;amp;lt;b&NTILDE;&#x80;&#65;"
    "&notit;\xEF\xAC\x83\xEF\xBC\xA1\xE2\x80\x9Cq\xE2\x80\x9D\r\n\x1B[31mred\x1B[0m\x01\xC2\x9F"
    "\xE2\x80\xA8\xCE\x91\xCD\x85\xCC\x93\xCC\x80\x1C <br>&eacute; \xEF\xBB\xBF end  ";

static void decoding_keeps_offsets_and_base(void **state)
{
    static const char bytes[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
    pwi_text text;

    (void)state;
    pwi_text_init(&text, &pwi_malloc_allocator);
    assert_int_equal(pwi_text_decode(&text, bytes, sizeof(bytes), 100, NULL), PW_OK);
    assert_int_equal(text.n, 5); /* the terminating NUL is text like any other */
    assert_int_equal(text.chars[1].code, 0xE9);
    assert_int_equal(text.chars[3].code, 0x1F600);
    assert_int_equal(text.chars[3].begin, 106);
    assert_int_equal(text.chars[3].end, 110);
    assert_int_equal(text.chars[4].code, 0);
    pwi_text_free(&text);
}

static void invalid_utf8_is_refused_with_its_offset(void **state)
{
    static const char *const bad[] = {"ab\x80", "ab\xC0\x80", "ab\xED\xA0\x80",
                                      "ab\xF4\x90\x80\x80", "ab\xE2\x82"};
    pwi_text text;

    (void)state;
    pwi_text_init(&text, &pwi_malloc_allocator);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        pw_error err = {0};

        assert_int_equal(pwi_text_decode(&text, bad[i], strlen(bad[i]), 7, &err), PW_ERR_UTF8);
        assert_int_equal(err.offset, 9);
    }
    pwi_text_free(&text);
}

/* Whether the ranges of a text are in order and inside its bytes. */
static bool is_in_order(const pwi_text *text, size_t size)
{
    for (size_t i = 0; i < text->n; i++) {
        const pwi_char *c = &text->chars[i];

        if (c->begin > c->end || c->end > size)
            return false;
        if (i > 0 && (c->begin < c[-1].begin || c->end < c[-1].end))
            return false;
    }
    return true;
}

/* Every step after every step: the second one sees repeated and empty ranges, too. */
static void ranges_never_run_backwards(void **state)
{
    pwi_text text, once, twice;

    (void)state;
    pwi_text_init(&text, &pwi_malloc_allocator);
    pwi_text_init(&once, &pwi_malloc_allocator);
    pwi_text_init(&twice, &pwi_malloc_allocator);
    assert_int_equal(pwi_text_decode(&text, busy_text, sizeof(busy_text) - 1, 0, NULL), PW_OK);
    for (size_t i = 0; i < N_TEXT_STEPS; i++) {
        text_steps[i].apply(&once, &text);
        assert_true(is_in_order(&once, sizeof(busy_text) - 1));
        for (size_t k = 0; k < N_TEXT_STEPS; k++) {
            text_steps[k].apply(&twice, &once);
            assert_true(is_in_order(&twice, sizeof(busy_text) - 1));
        }
    }
    pwi_text_free(&text);
    pwi_text_free(&once);
    pwi_text_free(&twice);
}

/* Text that no step has anything to do for comes out with the very bytes of each character. */
static void unchanged_characters_keep_their_bytes(void **state)
{
    static const char plain[] = "x-\xC3\xA9\xE2\x82\xAC 7\xF0\x9F\x98\x80z";
    pwi_text text, result;

    (void)state;
    pwi_text_init(&text, &pwi_malloc_allocator);
    pwi_text_init(&result, &pwi_malloc_allocator);
    assert_int_equal(pwi_text_decode(&text, plain, sizeof(plain) - 1, 0, NULL), PW_OK);
    for (size_t i = 0; i < N_TEXT_STEPS; i++) {
        text_steps[i].apply(&result, &text);
        assert_int_equal(result.n, text.n);
        assert_memory_equal(result.chars, text.chars, text.n * sizeof(*text.chars));
    }
    pwi_text_free(&text);
    pwi_text_free(&result);
}

static void empty_text_stays_empty(void **state)
{
    pwi_text text, result;

    (void)state;
    pwi_text_init(&text, &pwi_malloc_allocator);
    pwi_text_init(&result, &pwi_malloc_allocator);
    assert_int_equal(pwi_text_decode(&text, NULL, 0, 0, NULL), PW_OK);
    for (size_t i = 0; i < N_TEXT_STEPS; i++) {
        text_steps[i].apply(&result, &text);
        assert_int_equal(result.n, 0);
        assert_false(result.failed);
    }
    pwi_text_free(&text);
    pwi_text_free(&result);
}

static void failure_passes_from_text_to_text(void **state)
{
    pwi_text text, result;

    (void)state;
    pwi_text_init(&text, &pwi_malloc_allocator);
    pwi_text_init(&result, &pwi_malloc_allocator);
    for (size_t i = 0; i < N_TEXT_STEPS; i++) {
        pwi_text_clear(&text);
        pwi_text_clear(&result);
        text.failed = true;
        text_steps[i].apply(&result, &text);
        assert_true(result.failed);
        text.failed = false;
        text_steps[i].apply(&result, &text);
        assert_true(result.failed); /* it sticks until the text is cleared */
    }
    pwi_text_free(&text);
    pwi_text_free(&result);
}

/* An allocator that gives `left` more blocks and counts those that are out. */
struct counted {
    size_t left, n_live;
};

static void *counted_alloc(void *ctx, size_t size, size_t align)
{
    struct counted *counted = ctx;

    if (counted->left == 0)
        return NULL;
    counted->left--;
    counted->n_live++;
    return pwi_malloc_allocator.alloc(NULL, size, align);
}

static void counted_free(void *ctx, void *p, size_t size, size_t align)
{
    ((struct counted *)ctx)->n_live--;
    pwi_malloc_allocator.free(NULL, p, size, align);
}

/* One step over the busy text, made longer than any first allocation; whether it worked. */
static bool step_works(text_step step, const pw_allocator *allocator, const char *bytes,
                       size_t size)
{
    pwi_text text, result;
    bool works;
    pw_error err = {0};
    pw_status status;

    pwi_text_init(&text, allocator);
    pwi_text_init(&result, allocator);
    status = pwi_text_decode(&text, bytes, size, 0, &err);
    if (status == PW_OK) {
        step(&result, &text);
        works = !result.failed;
    } else {
        assert_int_equal(status, PW_ERR_NO_MEMORY);
        assert_true(text.failed);
        works = false;
    }
    pwi_text_free(&text);
    pwi_text_free(&result);
    return works;
}

static void every_failed_allocation_is_survived(void **state)
{
    enum {
        N_TIMES = 8,
        N_MARKS = 40
    };

    char bytes[N_TIMES * sizeof(busy_text) + 2 * N_MARKS];
    size_t size = 0;

    (void)state;
    for (size_t i = 0; i < N_TIMES; i++, size += sizeof(busy_text) - 1)
        memcpy(bytes + size, busy_text, sizeof(busy_text) - 1);
    for (size_t i = 0; i < N_MARKS; i++, size += 2)
        memcpy(bytes + size, i % 2 == 0 ? "\xCC\x81" : "\xCC\xA3", 2);
    for (size_t i = 0; i < N_TEXT_STEPS; i++) {
        bool works = false;

        for (size_t n = 0; !works; n++) {
            struct counted counted = {n, 0};
            const pw_allocator allocator = {&counted, counted_alloc, counted_free};

            works = step_works(text_steps[i].apply, &allocator, bytes, size);
            assert_int_equal(counted.n_live, 0);
            assert_true(n < 200);
            assert_true(!works || n > 1);
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(decoding_keeps_offsets_and_base),
    cmocka_unit_test(invalid_utf8_is_refused_with_its_offset),
    cmocka_unit_test(ranges_never_run_backwards),
    cmocka_unit_test(unchanged_characters_keep_their_bytes),
    cmocka_unit_test(empty_text_stays_empty),
    cmocka_unit_test(failure_passes_from_text_to_text),
    cmocka_unit_test(every_failed_allocation_is_survived),
};

PW_TEST_MAIN(tests, NULL, NULL)
