/* SPDX-License-Identifier: MIT */
/* What the tests of this room share: what a step made of a text, written so that it can be
 * compared. */
#ifndef PWI_TESTS_TEXT_CHECK_H
#define PWI_TESTS_TEXT_CHECK_H

#include "../check.h"
#include "step_list.h"

#include "base/buf.h"
#include "base/utf8.h"

/* The result as UTF-8. */
static inline void result_bytes(pwi_buf *out, text_step step, const char *bytes, size_t size)
{
    pwi_text text, result;

    pwi_text_init(&text, &pwi_malloc_allocator);
    pwi_text_init(&result, &pwi_malloc_allocator);
    assert_int_equal(pwi_text_decode(&text, bytes, size, 0, NULL), PW_OK);
    step(&result, &text);
    assert_false(result.failed);
    pwi_buf_clear(out);
    for (size_t i = 0; i < result.n; i++) {
        char utf8[4];

        pwi_buf_append(out, utf8, pwi_utf8_encode(result.chars[i].code, utf8));
    }
    pwi_text_free(&text);
    pwi_text_free(&result);
}

/* The result as "61@0-1 E9@1-4": code points in hexadecimal with the bytes they stand for. */
static inline void result_trace(pwi_buf *out, text_step step, const char *bytes, size_t size)
{
    pwi_text text, result;

    pwi_text_init(&text, &pwi_malloc_allocator);
    pwi_text_init(&result, &pwi_malloc_allocator);
    assert_int_equal(pwi_text_decode(&text, bytes, size, 0, NULL), PW_OK);
    step(&result, &text);
    assert_false(result.failed);
    pwi_buf_clear(out);
    for (size_t i = 0; i < result.n; i++)
        pwi_buf_format(out, "%s%X@%u-%u", i == 0 ? "" : " ", (unsigned)result.chars[i].code,
                       (unsigned)result.chars[i].begin, (unsigned)result.chars[i].end);
    pwi_text_free(&text);
    pwi_text_free(&result);
}

/* Input and what a step makes of it. */
struct text_case {
    const char *input, *wanted;
};

static inline void check_bytes(text_step step, const struct text_case *cases, size_t n_cases)
{
    pwi_buf got;

    pwi_buf_init(&got, &pwi_malloc_allocator);
    for (size_t i = 0; i < n_cases; i++) {
        result_bytes(&got, step, cases[i].input, strlen(cases[i].input));
        assert_string_equal(got.data == NULL ? "" : got.data, cases[i].wanted);
    }
    pwi_buf_free(&got);
}

static inline void check_traces(text_step step, const struct text_case *cases, size_t n_cases)
{
    pwi_buf got;

    pwi_buf_init(&got, &pwi_malloc_allocator);
    for (size_t i = 0; i < n_cases; i++) {
        result_trace(&got, step, cases[i].input, strlen(cases[i].input));
        assert_string_equal(got.data == NULL ? "" : got.data, cases[i].wanted);
    }
    pwi_buf_free(&got);
}

#define CHECK_BYTES(step, cases)  check_bytes(step, cases, sizeof(cases) / sizeof(*(cases)))
#define CHECK_TRACES(step, cases) check_traces(step, cases, sizeof(cases) / sizeof(*(cases)))

#endif
