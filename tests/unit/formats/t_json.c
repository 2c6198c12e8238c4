/* SPDX-License-Identifier: MIT */
/* The JSON reader: events, the grammar, places of errors, limits. */
#include "json_trace.h"

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
    expect("[\"\\uD800\\uE000\"]", "[ PW_ERR_JSON 1:3@2");
    expect("[\"\\uD800\\q\"]", "[ PW_ERR_JSON 1:3@2");
    expect("[\"\\uD800\\", "[ PW_ERR_JSON 1:3@2");
    expect("[\"\\uD800\\u", "[ PW_ERR_JSON 1:11@10");
    expect("[\"\\uD800\\u12x4\"]", "[ PW_ERR_JSON 1:13@12");
    expect("[\"\\u00", "[ PW_ERR_JSON 1:7@6");
    expect("[\"\\", "[ PW_ERR_JSON 1:4@3");
    expect("[tru]", "[ PW_ERR_JSON 1:5@4");
    expect("truex", "true PW_ERR_JSON 1:5@4");
    expect("\xEF\xBB\xBF[]", "PW_ERR_JSON 1:1@0");
    expect(" \xEF\xBB\xBF[]", "PW_ERR_JSON 1:2@1");
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
    assert_int_equal(trace(&out, "[{}]", 4, &(pwi_json_limits){.depth_max = 2}), PW_OK);
    assert_int_equal(trace(&out, "[{}]", 4, &(pwi_json_limits){.depth_max = 1}), PW_ERR_DEPTH);
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
        {"1234567890123456789012345678901234567890", "PW_ERR_LIMIT 1:1@0"},
        {"[1234567, 1234567890.123456789012345678e3]", "[ 1234567 PW_ERR_LIMIT 1:11@10"},
        {"1234e56789012345678901234567890123456789", "PW_ERR_LIMIT 1:1@0"},
        {"1234e5ee89012345678901234567890123456789", "PW_ERR_JSON 1:7@6"},
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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(values_come_as_events), cmocka_unit_test(strings_are_unescaped),
    cmocka_unit_test(errors_have_a_place),   cmocka_unit_test(numbers_follow_the_grammar),
    cmocka_unit_test(text_must_be_utf8),     cmocka_unit_test(nul_bytes_end_nothing),
    cmocka_unit_test(depth_is_limited),      cmocka_unit_test(long_tokens_are_refused),
};

PW_TEST_MAIN(tests, NULL, NULL)
