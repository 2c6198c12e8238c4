/* SPDX-License-Identifier: MIT */
/* The JSON reader: events, positions, refusals, limits, windows; and JSON writing. */
#include "../check.h"

#include <stdlib.h>
#include <unistd.h>

#include "formats/json.h"

static const pw_allocator *const memory = &pwi_malloc_allocator;

/* Events of a document as text: "[ 1 "a" ] .", keys as "a":, errors as the status's name at
 * line:column@offset. */
static void trace_event(pwi_buf *out, const pwi_json *json)
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

static pw_status trace(pwi_buf *out, const char *bytes, size_t size,
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
static void expect_bytes(const char *bytes, size_t size, const char *events)
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

static void expect(const char *text, const char *events)
{
    expect_bytes(text, strlen(text), events);
}

static void values_come_as_events(void **state)
{
    (void)state;
    expect("null", "null .");
    expect(" \t\r\n[true , false,null,1,-2.5e+10,\"a\"] \n",
           "[ true false null 1 -2.5e+10 \"a\" ] .");
    expect("{\"a\":1,\"b\":{\"a\":[]}}", "{ \"a\": 1 \"b\": { \"a\": [ ] } } .");
    expect("[[],{},[[]]]", "[ [ ] { } [ [ ] ] ] .");
    expect("\"\"", "\"\" .");
    expect("-0", "-0 .");
}

static void strings_are_unescaped(void **state)
{
    (void)state;
    expect("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\" .");
    expect("\"\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\"",
           "\"A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\" .");
    expect("\"a\\u0000b\"", "\"a\\u0000b\" .");
    expect("\"0123456789\xC3\xA9"
           "abcdefghijklmnopq\xF0\x9F\x98\x80rstuvwxyz \x7F\"",
           "\"0123456789\xC3\xA9"
           "abcdefghijklmnopq\xF0\x9F\x98\x80rstuvwxyz \x7F\" .");
}

static void errors_have_a_place(void **state)
{
    (void)state;
    expect("", "PW_ERR_JSON 1:1@0");
    expect("  ", "PW_ERR_JSON 1:3@2");
    expect("[1,\n2,\n  x]", "[ 1 2 PW_ERR_JSON 3:3@9");
    expect("[1,]", "[ 1 PW_ERR_JSON 1:4@3");
    expect("{\"a\" 1}", "{ \"a\": PW_ERR_JSON 1:6@5");
    expect("{\"a\":1,}", "{ \"a\": 1 PW_ERR_JSON 1:8@7");
    expect("{1:1}", "{ PW_ERR_JSON 1:2@1");
    expect("[1}", "[ 1 PW_ERR_JSON 1:3@2");
    expect("1 2", "1 PW_ERR_JSON 1:3@2");
    expect("\n\n\"a\nb\"", "PW_ERR_JSON 3:3@4");
    expect("\"abc", "PW_ERR_JSON 1:5@4");
    expect("[\"\\x\"]", "[ PW_ERR_JSON 1:4@3");
    expect("[\"\\u12G4\"]", "[ PW_ERR_JSON 1:7@6");
    expect("[\"\\uD800\"]", "[ PW_ERR_JSON 1:3@2");
    expect("[\"\\uD800\\n\"]", "[ PW_ERR_JSON 1:3@2");
    expect("[\"\\uD800\\uD800\"]", "[ PW_ERR_JSON 1:3@2");
    expect("[\"\\uDC00\"]", "[ PW_ERR_JSON 1:3@2");
    expect("[tru]", "[ PW_ERR_JSON 1:5@4");
    expect("truex", "true PW_ERR_JSON 1:5@4");
    expect("\xEF\xBB\xBF[]", "PW_ERR_JSON 1:1@0");
}

static void numbers_follow_the_grammar(void **state)
{
    (void)state;
    expect("[01]", "[ PW_ERR_JSON 1:3@2");
    expect("[-]", "[ PW_ERR_JSON 1:3@2");
    expect("[1.]", "[ PW_ERR_JSON 1:4@3");
    expect("[.5]", "[ PW_ERR_JSON 1:2@1");
    expect("[+1]", "[ PW_ERR_JSON 1:2@1");
    expect("[1e]", "[ PW_ERR_JSON 1:4@3");
    expect("[1e+]", "[ PW_ERR_JSON 1:5@4");
    expect("[1.5.3]", "[ PW_ERR_JSON 1:5@4");
    expect("[1-2]", "[ PW_ERR_JSON 1:3@2");
    expect("[0x1]", "[ 0 PW_ERR_JSON 1:3@2");
    expect("[-Infinity]", "[ PW_ERR_JSON 1:3@2");
    expect("[NaN]", "[ PW_ERR_JSON 1:2@1");
    expect("[123456789012345678901234567890.5e-10]",
           "[ 123456789012345678901234567890.5e-10 ] .");
    expect("123456789012345678901234567890.5e-", "PW_ERR_JSON 1:35@34");
    expect("123456789012345678901234567890.5ee7", "PW_ERR_JSON 1:34@33");
}

static void text_must_be_utf8(void **state)
{
    (void)state;
    expect("\"\xFF\"", "PW_ERR_UTF8 1:2@1");
    expect("\"ab\xC0\x80\"", "PW_ERR_UTF8 1:4@3");
    expect("\"\xED\xA0\x80\"", "PW_ERR_UTF8 1:2@1"); /* a surrogate */
    expect("\"\xF4\x90\x80\x80\"", "PW_ERR_UTF8 1:2@1");
    expect("\"\xE2\x82\"", "PW_ERR_UTF8 1:2@1");
    expect("\"\xE2\x82", "PW_ERR_UTF8 1:2@1");
    expect("[\xE5]", "[ PW_ERR_UTF8 1:2@1");
    expect("[1\xE5]", "[ 1 PW_ERR_UTF8 1:3@2");
    expect("[\"\\\xE5\"]", "[ PW_ERR_UTF8 1:4@3");
    expect("[\"\\u\xE5\"]", "[ PW_ERR_UTF8 1:5@4");
    expect("1\xFF", "1 PW_ERR_UTF8 1:2@1");
    expect("[\xC3\xA9]", "[ PW_ERR_JSON 1:2@1"); /* valid, but no value */
}

static void nul_bytes_end_nothing(void **state)
{
    (void)state;
    expect_bytes("[1]\0", 4, "[ 1 ] PW_ERR_JSON 1:4@3");
    expect_bytes("\0", 1, "PW_ERR_JSON 1:1@0");
    expect_bytes("[\"\\\0\"]", 6, "[ PW_ERR_JSON 1:4@3");
    expect_bytes("[\"a\0b\"]", 7, "[ PW_ERR_JSON 1:4@3");
}

static void keys_twice_are_refused(void **state)
{
    (void)state;
    expect("{\"a\":1,\n\"a\":2}", "{ \"a\": 1 PW_ERR_DUPLICATE 2:1@8");
    expect("{\"a\":1,\"\\u0061\":2}", "{ \"a\": 1 PW_ERR_DUPLICATE 1:8@7");
    expect("{\"\":1,\"\":2}", "{ \"\": 1 PW_ERR_DUPLICATE 1:7@6");
    /* The same key in another object is another key, also in one that closed before. */
    expect(
        "{\"a\":{\"a\":{\"a\":1},\"b\":1},\"b\":[{\"a\":1},{\"a\":1}]}",
        "{ \"a\": { \"a\": { \"a\": 1 } \"b\": 1 } \"b\": [ { \"a\": 1 } { \"a\": 1 } ] } .");
    expect("{\"a\":{\"b\":1},\"a\":1}", "{ \"a\": { \"b\": 1 } PW_ERR_DUPLICATE 1:14@13");
    /* NUL does not end a key. */
    expect("{\"a\\u0000b\":1,\"a\\u0000c\":1}", "{ \"a\\u0000b\": 1 \"a\\u0000c\": 1 } .");
}

/* Many keys, nested: a set that forgets or keeps too much while it grows would show. */
static void many_keys_are_told_apart(void **state)
{
    enum {
        N_KEYS = 5000
    };

    pwi_buf doc, out;

    (void)state;
    pwi_buf_init(&doc, memory);
    pwi_buf_init(&out, memory);
    pwi_buf_byte(&doc, '{');
    for (int i = 0; i < N_KEYS; i++)
        pwi_buf_format(&doc, "\"key%d\":{\"key%d\":0,\"x\":[{\"x\":0}]},", i, i);
    pwi_buf_text(&doc, "\"last\":0}");
    assert_int_equal(trace(&out, doc.data, doc.size, NULL), PW_OK);
    for (int i = 0; i < N_KEYS; i += 499) {
        doc.size -= i == 0 ? 1 : 0; /* the brace */
        const size_t size = doc.size;

        pwi_buf_format(&doc, ",\"key%d\":1}", i);
        assert_int_equal(trace(&out, doc.data, doc.size, NULL), PW_ERR_DUPLICATE);
        doc.size = size;
    }
    pwi_buf_free(&doc);
    pwi_buf_free(&out);
}

static void depth_is_limited(void **state)
{
    char text[200];
    pwi_buf out;

    (void)state;
    pwi_buf_init(&out, memory);
    memset(text, '[', PW_JSON_DEPTH_MAX);
    memset(text + PW_JSON_DEPTH_MAX, ']', PW_JSON_DEPTH_MAX);
    assert_int_equal(trace(&out, text, 2 * PW_JSON_DEPTH_MAX, NULL), PW_OK);
    memset(text, '[', PW_JSON_DEPTH_MAX + 1);
    assert_int_equal(trace(&out, text, sizeof(text), NULL), PW_ERR_DEPTH);
    assert_non_null(strstr(out.data, "PW_ERR_DEPTH 1:65@64"));
    pwi_buf_free(&out);
}

static void long_tokens_are_refused(void **state)
{
    static const char *const cases[][2] = {
        {"\"12345678\"", "\"12345678\" ."},
        {"\"123456789\"", "PW_ERR_LIMIT 1:1@0"},
        {"\"12345678", "PW_ERR_JSON 1:10@9"},
        {" \"1234567\\u00e9\"", "PW_ERR_LIMIT 1:2@1"},
        {"\"123456\\u00e9\"", "\"123456\xC3\xA9\" ."},
        {"12345678", "12345678 ."},
        {"123456789", "PW_ERR_LIMIT 1:1@0"},
        {"1234567..", "PW_ERR_LIMIT 1:1@0"},
        {"123456..", "PW_ERR_JSON 1:8@7"},
        {"12.45.7890123456", "PW_ERR_JSON 1:6@5"},
    };
    pwi_buf out;

    (void)state;
    pwi_buf_init(&out, memory);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        for (size_t window = 0; window <= 20; window += window == 0 ? 16 : 1) {
            const pwi_json_limits limits = {8, 0, window};

            trace(&out, cases[i][0], strlen(cases[i][0]), &limits);
            assert_string_equal(out.data, cases[i][1]);
        }
    }
    pwi_buf_free(&out);
}

static void skip_leaves_whole_values(void **state)
{
    static const char text[] = "{\"a\":[1,{\"b\":[]}],\"c\":2,\"d\":{},\"e\":[3]}";
    pwi_json json;

    (void)state;
    assert_int_equal(pwi_json_open_memory(&json, memory, text, sizeof(text) - 1, NULL, NULL),
                     PW_OK);
    assert_int_equal(pwi_json_expect(&json, PWI_JSON_OBJECT_BEGIN, "the header", NULL), PW_OK);
    for (const char *key = "acd"; *key != '\0'; key++) {
        assert_int_equal(pwi_json_next(&json, NULL), PW_OK);
        assert_true(pwi_json_is(&json, (const char[2]){*key, '\0'}));
        assert_int_equal(pwi_json_skip(&json, NULL), PW_OK);
        assert_int_equal(json.depth, 1);
    }
    assert_int_equal(json.event, PWI_JSON_OBJECT_END);
    assert_int_equal(pwi_json_next(&json, NULL), PW_OK);
    assert_true(pwi_json_is(&json, "e"));
    assert_false(pwi_json_is(&json, "ee"));
    assert_int_equal(pwi_json_next(&json, NULL), PW_OK);
    assert_int_equal(pwi_json_skip(&json, NULL), PW_OK);
    assert_int_equal(json.event, PWI_JSON_ARRAY_END);
    assert_int_equal(pwi_json_next(&json, NULL), PW_OK);
    assert_int_equal(pwi_json_skip(&json, NULL), PW_OK); /* nothing: an end is no begin */
    assert_int_equal(json.event, PWI_JSON_OBJECT_END);
    pwi_json_close(&json);
}

/* The document's one number. */
static pwi_json number_of(const char *text)
{
    pwi_json json;

    assert_int_equal(pwi_json_open_memory(&json, memory, text, strlen(text), NULL, NULL),
                     PW_OK);
    assert_int_equal(pwi_json_next(&json, NULL), PW_OK);
    return json;
}

static void numbers_have_types(void **state)
{
    static const struct {
        const char *text;
        bool is_u64, is_i64, is_f64;
        uint64_t u64;
        int64_t i64;
        double f64;
    } cases[] = {
        {"0", true, true, true, 0, 0, 0.0},
        {"-0", false, false, true, 0, 0, -0.0},
        {"-1", false, true, true, 0, -1, -1.0},
        {"1.0", false, false, true, 0, 0, 1.0},
        {"1e2", false, false, true, 0, 0, 100.0},
        {"9223372036854775807", true, true, true, INT64_MAX, INT64_MAX, 0x1p63},
        {"9223372036854775808", true, false, true, UINT64_C(1) << 63, 0, 0x1p63},
        {"-9223372036854775808", false, true, true, 0, INT64_MIN, -0x1p63},
        {"-9223372036854775809", false, false, true, 0, 0, -0x1p63},
        {"18446744073709551615", true, false, true, UINT64_MAX, 0, 0x1p64},
        {"18446744073709551616", false, false, true, 0, 0, 0x1p64},
        {"28446744073709551615", false, false, true, 0, 0, 28446744073709551615.0},
        {"100000000000000000000", false, false, true, 0, 0, 1e20},
        {"1e400", false, false, false, 0, 0, 0.0},
        {"-1e400", false, false, false, 0, 0, 0.0},
        {"1e-400", false, false, true, 0, 0, 0.0},
        {"true", false, false, false, 0, 0, 0.0},
        {"\"1\"", false, false, false, 0, 0, 0.0},
        {"[", false, false, false, 0, 0, 0.0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        pwi_json json = number_of(cases[i].text);
        pw_error err;
        uint64_t u64 = 0;
        int64_t i64 = 0;
        double f64 = 0.0;

        assert_int_equal(pwi_json_u64(&json, "it", &u64, &err),
                         cases[i].is_u64 ? PW_OK : PW_ERR_FIELD);
        assert_int_equal(pwi_json_i64(&json, "it", &i64, &err),
                         cases[i].is_i64 ? PW_OK : PW_ERR_FIELD);
        assert_int_equal(pwi_json_f64(&json, "it", &f64, &err),
                         cases[i].is_f64 ? PW_OK : PW_ERR_FIELD);
        assert_true(u64 == cases[i].u64 && i64 == cases[i].i64);
        assert_memory_equal(&f64, &cases[i].f64, sizeof(f64));
        pwi_json_close(&json);
    }
}

static void wrong_types_are_told(void **state)
{
    static const char text[] = "[1,\n \"s\", 1.5]";
    pwi_json json;
    pw_error err;
    uint64_t u64;

    (void)state;
    assert_int_equal(pwi_json_open_memory(&json, memory, text, sizeof(text) - 1, NULL, NULL),
                     PW_OK);
    assert_int_equal(pwi_json_next(&json, &err), PW_OK);
    assert_int_equal(pwi_json_next(&json, &err), PW_OK);
    assert_int_equal(pwi_json_expect(&json, PWI_JSON_ARRAY_BEGIN, "\"shape\"", &err),
                     PW_ERR_FIELD);
    assert_string_equal(err.text, "\"shape\" must be an array, not a string");
    assert_int_equal(err.offset, 5);
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 2);
    /* A wrong type is the caller's business: the document goes on. */
    assert_int_equal(pwi_json_next(&json, &err), PW_OK);
    assert_int_equal(pwi_json_u64(&json, "\"size\"", &u64, &err), PW_ERR_FIELD);
    assert_string_equal(
        err.text,
        "\"size\" must be a whole number from 0 to 18446744073709551615, not the number 1.5");
    pwi_json_close(&json);
}

/* A temporary file with these bytes. */
static pwi_input file_of(char path[64], const void *bytes, size_t size)
{
    pwi_input input;
    int fd;

    strcpy(path, "/tmp/padwise-t_json-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
    assert_int_equal(pwi_input_open(&input, path, NULL), PW_OK);
    return input;
}

static void files_are_read_through_a_window(void **state)
{
    enum {
        N_NUMBERS = 40000
    }; /* several windows of 64 KiB */

    char path[64];
    pwi_buf doc;
    pwi_json json;
    pw_error err;
    uint64_t value;

    (void)state;
    pwi_buf_init(&doc, memory);
    pwi_buf_text(&doc, "junk[");
    for (int i = 0; i < N_NUMBERS; i++)
        pwi_buf_format(&doc, "%s%d", i > 0 ? ",\n" : "", i);
    pwi_buf_text(&doc, "]junk");
    pwi_input input = file_of(path, doc.data, doc.size);

    assert_int_equal(pwi_json_open_file(&json, memory, &input, 4, doc.size - 8, NULL, &err),
                     PW_OK);
    assert_int_equal(pwi_json_expect(&json, PWI_JSON_ARRAY_BEGIN, "it", &err), PW_OK);
    for (uint64_t i = 0; i < N_NUMBERS; i++) {
        assert_int_equal(pwi_json_next(&json, &err), PW_OK);
        assert_int_equal(pwi_json_u64(&json, "it", &value, &err), PW_OK);
        assert_int_equal(value, i);
    }
    assert_int_equal(pwi_json_next(&json, &err), PW_OK);
    assert_int_equal(json.event, PWI_JSON_ARRAY_END);
    assert_int_equal(json.offset, doc.size - 9);
    assert_int_equal(pwi_json_expect(&json, PWI_JSON_END, "it", &err), PW_OK);
    assert_int_equal(pwi_json_expect(&json, PWI_JSON_END, "it", &err), PW_OK);
    assert_int_equal(pwi_json_expect(&json, PWI_JSON_NULL, "it", &err), PW_ERR_FIELD);
    assert_int_equal(err.line, N_NUMBERS);
    pwi_json_close(&json);
    pwi_input_close(&input);
    unlink(path);
    pwi_buf_free(&doc);
}

static void a_file_that_shrank_is_told(void **state)
{
    char path[64];
    pwi_json json;
    pw_error err;
    pwi_input input = file_of(path, "[1, 2", 5);

    (void)state;
    assert_int_equal(pwi_json_open_file(&json, memory, &input, 0, 9, NULL, &err), PW_OK);
    assert_int_equal(pwi_json_next(&json, &err), PW_ERR_TRUNCATED);
    assert_int_equal(pwi_json_next(&json, &err), PW_ERR_TRUNCATED);
    pwi_json_close(&json);
    pwi_input_close(&input);
    unlink(path);
}

static void strings_are_written_escaped(void **state)
{
    static const char bytes[] = "a\"b\\c\n\r\t\x01\x7F\xC3\xA9\xFFz\xE2\x82";
    pwi_buf out;

    (void)state;
    pwi_buf_init(&out, memory);
    pwi_json_put_string(&out, bytes, sizeof(bytes) - 1);
    assert_string_equal(out.data, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\x7F\xC3\xA9\xEF\xBF\xBDz"
                                  "\xEF\xBF\xBD\xEF\xBF\xBD\"");
    pwi_buf_clear(&out);
    pwi_json_put_string(&out, "\0", 1);
    assert_string_equal(out.data, "\"\\u0000\"");
    pwi_buf_free(&out);
}

static void whole_numbers_are_written(void **state)
{
    pwi_buf out;

    (void)state;
    pwi_buf_init(&out, memory);
    pwi_json_put_u64(&out, 0);
    pwi_buf_byte(&out, ' ');
    pwi_json_put_u64(&out, UINT64_MAX);
    pwi_buf_byte(&out, ' ');
    pwi_json_put_i64(&out, INT64_MIN);
    pwi_buf_byte(&out, ' ');
    pwi_json_put_i64(&out, INT64_MAX);
    assert_string_equal(out.data,
                        "0 18446744073709551615 -9223372036854775808 9223372036854775807");
    pwi_buf_free(&out);
}

/* An allocator whose calls fail from the n-th on, and which counts what is out. */
typedef struct failing {
    size_t n_left;
    size_t n_live;
} failing;

static void *failing_alloc(void *ctx, size_t size, size_t align)
{
    failing *f = ctx;

    if (f->n_left == 0)
        return NULL;
    f->n_left--;
    f->n_live++;
    return memory->alloc(memory->ctx, size, align);
}

static void failing_free(void *ctx, void *p, size_t size, size_t align)
{
    ((failing *)ctx)->n_live--;
    memory->free(memory->ctx, p, size, align);
}

static void memory_may_run_out_anywhere(void **state)
{
    enum {
        N_KEYS = 300
    };

    pwi_buf doc;
    pw_status status = PW_ERR_NO_MEMORY;
    size_t n = 0;

    (void)state;
    pwi_buf_init(&doc, memory);
    pwi_buf_text(&doc, "{\"long\":\"");
    for (int i = 0; i < 2000; i++)
        pwi_buf_byte(&doc, 'x');
    pwi_buf_byte(&doc, '"');
    for (int i = 0; i < N_KEYS; i++)
        pwi_buf_format(&doc, ",\"%d\":%d", i, i);
    pwi_buf_byte(&doc, '}');
    for (; status == PW_ERR_NO_MEMORY; n++) {
        const pwi_json_limits limits = {0, 0, n % 2 == 0 ? 0 : 64};
        failing f = {n / 2, 0};
        const pw_allocator allocator = {&f, failing_alloc, failing_free};
        pwi_json json;

        status = pwi_json_open_memory(&json, &allocator, doc.data, doc.size, &limits, NULL);
        while (status == PW_OK && (json.event != PWI_JSON_OBJECT_END || json.depth > 0))
            status = pwi_json_next(&json, NULL);
        pwi_json_close(&json);
        assert_int_equal(f.n_live, 0);
        assert_true(status == PW_OK || status == PW_ERR_NO_MEMORY);
    }
    assert_true(n > 10);
    pwi_buf_free(&doc);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(values_come_as_events),
    cmocka_unit_test(strings_are_unescaped),
    cmocka_unit_test(errors_have_a_place),
    cmocka_unit_test(numbers_follow_the_grammar),
    cmocka_unit_test(text_must_be_utf8),
    cmocka_unit_test(nul_bytes_end_nothing),
    cmocka_unit_test(keys_twice_are_refused),
    cmocka_unit_test(many_keys_are_told_apart),
    cmocka_unit_test(depth_is_limited),
    cmocka_unit_test(long_tokens_are_refused),
    cmocka_unit_test(skip_leaves_whole_values),
    cmocka_unit_test(numbers_have_types),
    cmocka_unit_test(wrong_types_are_told),
    cmocka_unit_test(files_are_read_through_a_window),
    cmocka_unit_test(a_file_that_shrank_is_told),
    cmocka_unit_test(strings_are_written_escaped),
    cmocka_unit_test(whole_numbers_are_written),
    cmocka_unit_test(memory_may_run_out_anywhere),
};

PW_TEST_MAIN(tests, NULL, NULL)
