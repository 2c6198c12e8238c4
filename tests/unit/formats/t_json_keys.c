/* SPDX-License-Identifier: MIT */
/* Keys that come twice in an object are refused, all others are not. */
#include "json_trace.h"

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

/* Keys that are left to the caller: the reader takes any of them, refuses the one that the
 * caller knows, and still keeps those of the objects inside and around. */
static void left_keys_are_the_callers(void **state)
{
    static const char doc[] = "{\"x\":{\"a\":1,\n\"a\":{\"b\":1}},\"x\":2}";
    pwi_json json;
    pw_error err;

    (void)state;
    assert_int_equal(pwi_json_open_memory(&json, memory, doc, strlen(doc), NULL, NULL), PW_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pwi_json_next(&json, NULL), PW_OK);
    pwi_json_leave_keys(&json);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pwi_json_next(&json, NULL), PW_OK);
    assert_int_equal(json.event, PWI_JSON_KEY);
    assert_int_equal(pwi_json_skip(&json, NULL), PW_OK);
    assert_int_equal(pwi_json_next(&json, NULL), PW_OK);
    assert_int_equal(pwi_json_next(&json, NULL), PW_ERR_DUPLICATE);
    pwi_json_close(&json);

    assert_int_equal(pwi_json_open_memory(&json, memory, doc, strlen(doc), NULL, NULL), PW_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pwi_json_next(&json, NULL), PW_OK);
    pwi_json_leave_keys(&json);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pwi_json_next(&json, NULL), PW_OK);
    assert_int_equal(pwi_json_repeated(&json, &err), PW_ERR_DUPLICATE);
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 1);
    assert_int_equal(pwi_json_next(&json, NULL), PW_ERR_DUPLICATE);
    pwi_json_close(&json);
}

/* Objects of any size inside others of any size: a set that forgets or keeps too much when they
 * close would show. The last key is one that its object has, or has not. */
static void nested_objects_keep_their_keys_apart(void **state)
{
    enum {
        DEPTH = 6,
        N_DOCS = 40,
        N_STEPS = 400
    };

    uint32_t random = 12345;
    pwi_buf doc, out;

    (void)state;
    pwi_buf_init(&doc, memory);
    pwi_buf_init(&out, memory);
    for (int i_doc = 0; i_doc < N_DOCS; i_doc++) {
        unsigned n_keys[DEPTH + 1] = {0}, depth = 0;

        pwi_buf_clear(&doc);
        pwi_buf_byte(&doc, '{');
        for (int i = 0; i < N_STEPS; i++) {
            random = random * 1664525 + 1013904223;
            if (random >> 24 < 20 && depth > 0) {
                pwi_buf_byte(&doc, '}');
                depth--;
            }
            pwi_buf_format(&doc, "%s\"%u\":", n_keys[depth] > 0 ? "," : "", n_keys[depth]);
            n_keys[depth]++;
            if (random >> 24 > 240 && depth < DEPTH) {
                pwi_buf_byte(&doc, '{');
                n_keys[++depth] = 0;
            } else {
                pwi_buf_byte(&doc, '0');
            }
        }
        if (n_keys[depth] == 0)
            continue;
        for (unsigned i = 0; i <= n_keys[depth]; i++) {
            const size_t size = doc.size;

            pwi_buf_format(&doc, ",\"%u\"x", i);
            assert_int_equal(trace(&out, doc.data, doc.size, NULL),
                             i < n_keys[depth] ? PW_ERR_DUPLICATE : PW_ERR_JSON);
            doc.size = size;
        }
    }
    pwi_buf_free(&doc);
    pwi_buf_free(&out);
}

/* 2^16 keys of sixteen halves "Ez" or "FY", which are one to hash * 33 + byte: a set over such
 * a hash would compare each with all before. */
static void keys_that_collide_elsewhere_are_told_apart(void **state)
{
    pwi_buf doc, out;

    (void)state;
    pwi_buf_init(&doc, memory);
    pwi_buf_init(&out, memory);
    pwi_buf_byte(&doc, '{');
    for (unsigned i = 0; i < 50000; i++) {
        pwi_buf_byte(&doc, '"');
        for (int bit = 15; bit >= 0; bit--)
            pwi_buf_text(&doc, (i >> bit & 1) != 0 ? "Ez" : "FY");
        pwi_buf_text(&doc, "\":0,");
    }
    pwi_buf_text(&doc, "\"\":0}");
    assert_int_equal(trace(&out, doc.data, doc.size, NULL), PW_OK);
    doc.size -= strlen("\"\":0}");
    pwi_buf_reserve(&doc, 36);
    pwi_buf_append(&doc, doc.data + 1, 36); /* the first key again */
    assert_int_equal(trace(&out, doc.data, doc.size, NULL), PW_ERR_DUPLICATE);
    pwi_buf_free(&doc);
    pwi_buf_free(&out);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(keys_twice_are_refused),
    cmocka_unit_test(many_keys_are_told_apart),
    cmocka_unit_test(left_keys_are_the_callers),
    cmocka_unit_test(nested_objects_keep_their_keys_apart),
    cmocka_unit_test(keys_that_collide_elsewhere_are_told_apart),
};

PW_TEST_MAIN(tests, NULL, NULL)
