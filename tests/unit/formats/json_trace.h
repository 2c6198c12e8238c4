/* SPDX-License-Identifier: MIT */
/* For tests of the JSON reader: all events of a document as one line of text. */
#ifndef PWI_TESTS_JSON_TRACE_H
#define PWI_TESTS_JSON_TRACE_H

#include "../check.h"

#include <stdlib.h>

#include "formats/json.h"

static const pw_allocator *const memory = &pwi_malloc_allocator;

/* Events of a document as text: "[ 1 "a" ] .", keys as "a":, errors as the status's name at
 * line:column@offset. */
static inline void trace_event(pwi_buf *out, const pwi_json *json)
{
    static const char *const marks[] = {
        [PWI_JSON_END] = ".",          [PWI_JSON_NULL] = "null",     [PWI_JSON_FALSE] = "false",
        [PWI_JSON_TRUE] = "true",      [PWI_JSON_ARRAY_BEGIN] = "[", [PWI_JSON_ARRAY_END] = "]",
        [PWI_JSON_OBJECT_BEGIN] = "{", [PWI_JSON_OBJECT_END] = "}"};

    if (json->event == PWI_JSON_NUMBER)
        pwi_buf_append(out, json->text, json->size);
    else if (json->event == PWI_JSON_STRING || json->event == PWI_JSON_KEY)
        pwi_json_put_string(out, json->text, json->size);
    else
        pwi_buf_text(out, marks[json->event]);
    if (json->event == PWI_JSON_KEY)
        pwi_buf_byte(out, ':');
    assert_int_equal(json->text[json->size], '\0');
}

static inline pw_status trace(pwi_buf *out, const char *bytes, size_t size,
                              const pwi_json_limits *limits)
{
    pwi_json json;
    pw_error err = {0};
    pw_status status;

    pwi_buf_clear(out);
    assert_int_equal(pwi_json_open_memory(&json, memory, bytes, size, limits, &err), PW_OK);
    do {
        status = pwi_json_next(&json, &err);
        if (status == PW_OK)
            trace_event(out, &json);
        if (status == PW_OK && json.event != PWI_JSON_END)
            pwi_buf_byte(out, ' ');
    } while (status == PW_OK && json.event != PWI_JSON_END);
    if (status != PW_OK) {
        pwi_buf_format(out, "%s %u:%u@%llu", pw_status_name(status), err.line, err.column,
                       (unsigned long long)err.offset);
        assert_int_equal(err.status, status);
        assert_true(strlen(err.text) > 20);
        /* It fails again, in the same way. */
        pw_error again = {0};

        assert_int_equal(pwi_json_next(&json, &again), status);
        assert_string_equal(again.text, err.text);
        assert_int_equal(again.offset, err.offset);
    }
    pwi_json_close(&json);
    return status;
}

/* The same events must come through every window. */
static inline void expect_bytes(const char *bytes, size_t size, const char *events)
{
    /* In a block of its exact size, so that a sanitizer sees reads past the end. */
    char *copy = malloc(size > 0 ? size : 1);
    pwi_buf out;

    pwi_buf_init(&out, memory);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    for (size_t window = 0; window < 48; window += window == 0 ? 16 : 1) {
        const pwi_json_limits limits = {0, 0, window};

        trace(&out, copy, size, &limits);
        assert_string_equal(out.data, events);
    }
    pwi_buf_free(&out);
    free(copy);
}

static inline void expect(const char *text, const char *events)
{
    expect_bytes(text, strlen(text), events);
}

#endif
