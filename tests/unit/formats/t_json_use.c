/* SPDX-License-Identifier: MIT */
/* Using the JSON reader: types, skipping, files, memory; and writing JSON. */
#include "../check.h"

#include <stdlib.h>
#include <unistd.h>

#include "formats/json.h"

static const pw_allocator *const memory = &pwi_malloc_allocator;

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
    assert_false(pwi_json_is(&json, "f"));
    assert_int_equal(pwi_json_next(&json, NULL), PW_OK);
    assert_int_equal(pwi_json_skip(&json, NULL), PW_OK);
    assert_int_equal(json.event, PWI_JSON_ARRAY_END);
    assert_false(pwi_json_is(&json, ""));
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

/* A file that ends before the size it was said to have, wherever that is: no event beyond its
 * end, and no end. */
static void a_file_that_shrank_is_told(void **state)
{
    static const char text[] = "{\"key\": [true, -12345678901234567890.5e-10, "
                               "\"\\ud83d\\ude00\\n \xF0\x9F\x98\x80 long long text\"], "
                               "\"other\" : false}        ";

    (void)state;
    for (size_t size = 0; size < sizeof(text); size++) {
        const pwi_json_limits limits = {0, 0, 1}; /* the smallest window */
        char path[64];
        pwi_json json;
        pw_error err;
        pw_status status;
        pwi_input input = file_of(path, text, size);

        assert_int_equal(
            pwi_json_open_file(&json, memory, &input, 0, sizeof(text) + 90, &limits, &err),
            PW_OK);
        do {
            status = pwi_json_next(&json, &err);
        } while (status == PW_OK);
        assert_int_equal(status, PW_ERR_TRUNCATED);
        assert_int_equal(pwi_json_next(&json, &err), PW_ERR_TRUNCATED);
        assert_int_equal(pwi_json_skip(&json, &err), PW_OK); /* there is nothing to skip */
        assert_int_equal(pwi_json_expect(&json, PWI_JSON_END, "it", &err), PW_ERR_TRUNCATED);
        pwi_json_close(&json);
        pwi_input_close(&input);
        unlink(path);
    }
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

/* An allocator whose n-th call fails, and perhaps all after it; counts what is out. */
typedef struct failing {
    size_t n_left;
    bool is_for_good;
    size_t n_live;
} failing;

static void *failing_alloc(void *ctx, size_t size, size_t align)
{
    failing *f = ctx;

    if (f->n_left-- == 0) {
        if (f->is_for_good)
            f->n_left = 0;
        return NULL;
    }
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
        failing f = {n / 4, n / 2 % 2 == 0, 0};
        const pw_allocator allocator = {&f, failing_alloc, failing_free};
        pwi_json json;

        status = pwi_json_open_memory(&json, &allocator, doc.data, doc.size, &limits, NULL);
        while (status == PW_OK && (json.event != PWI_JSON_OBJECT_END || json.depth > 0))
            status = pwi_json_next(&json, NULL);
        pwi_json_close(&json);
        assert_int_equal(f.n_live, 0);
        assert_true(status == PW_OK || status == PW_ERR_NO_MEMORY);
    }
    assert_true(n > 40);
    pwi_buf_free(&doc);
}

static const struct CMUnitTest tests[] = {
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
