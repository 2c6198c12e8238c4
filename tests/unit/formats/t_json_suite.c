/* SPDX-License-Identifier: MIT */
/* JSONTestSuite: a verdict for each of its 318 files (json_suite.txt), whole and through
 * windows of 16 bytes. */
#include "../check.h"

#include <math.h>
#include <stdlib.h>

#include "formats/json.h"

#define N_FILES 318

/* The bytes of one run, "COUNT*BYTES", up to a blank or the end. Returns what follows it. */
static const char *append_run(pwi_buf *out, const char *p)
{
    pwi_buf piece;
    char *end;
    unsigned long count = strtoul(p, &end, 10);

    assert_true(end > p && *end == '*');
    pwi_buf_init(&piece, &pwi_malloc_allocator);
    for (p = end + 1; *p != '\0' && *p != ' '; p++) {
        if (p[0] == '\\' && p[1] == 'x') {
            const char hex[3] = {p[2], p[3], '\0'};

            pwi_buf_byte(&piece, (char)strtoul(hex, NULL, 16));
            p += 3;
        } else {
            pwi_buf_byte(&piece, *p);
        }
    }
    for (; count > 0 && piece.size > 0; count--)
        pwi_buf_append(out, piece.data, piece.size);
    pwi_buf_free(&piece);
    return *p == ' ' ? p + 1 : p;
}

/* Read all of a document. Numbers are text, but a double only if they are finite. */
static pw_status verdict(const pwi_buf *doc, size_t window_bytes, pw_error *err)
{
    const pwi_json_limits limits = {0, 0, window_bytes};
    pwi_json json;
    pw_status status;
    double value;

    assert_int_equal(
        pwi_json_open_memory(&json, &pwi_malloc_allocator, doc->data, doc->size, &limits, err),
        PW_OK);
    do {
        status = pwi_json_next(&json, err);
        if (status == PW_OK && json.event == PWI_JSON_NUMBER) {
            const bool is_finite = isfinite(strtod(json.text, NULL));

            assert_int_equal(pwi_json_f64(&json, "it", &value, NULL),
                             is_finite ? PW_OK : PW_ERR_FIELD);
        }
    } while (status == PW_OK && json.event != PWI_JSON_END);
    pwi_json_close(&json);
    return status;
}

/* One line of the table; whether the verdicts are as it says. */
static bool judge(char *line)
{
    const char *name = strtok(line, " "), *expected = strtok(NULL, " ");
    const char *runs = strtok(NULL, "");
    pwi_buf doc;
    bool good = true;

    assert_non_null(runs);
    pwi_buf_init(&doc, &pwi_malloc_allocator);
    while (*runs != '\0')
        runs = append_run(&doc, runs);
    for (size_t window = 0; window <= 16; window += 16) {
        pw_error err = {0};
        const char *got = pw_status_name(verdict(&doc, window, &err));

        if (strcmp(got, expected) != 0) {
            print_error("%s, window %zu: %s, not %s: %s\n", name, window, got, expected,
                        err.text);
            good = false;
        }
    }
    pwi_buf_free(&doc);
    return good;
}

static void every_file_has_its_verdict(void **state)
{
    const char *source = getenv("PADWISE_SOURCE");
    char path[4096], *bytes, *line, *next;
    size_t size, n_files = 0, n_wrong = 0;

    (void)state;
    if (source == NULL)
        PW_SKIP("PADWISE_SOURCE is not set: where is json_suite.txt?");
    snprintf(path, sizeof(path), "%s/tests/unit/formats/json_suite.txt", source);
    assert_int_equal(pwi_read_whole(&pwi_malloc_allocator, path, 1 << 20, &bytes, &size, NULL),
                     PW_OK);
    for (line = bytes; *line != '\0'; line = next) {
        next = strchr(line, '\n');
        *next++ = '\0';
        if (*line == '#')
            continue;
        n_files++;
        n_wrong += !judge(line);
    }
    pwi_free_array(&pwi_malloc_allocator, bytes, size + 1, 1);
    assert_int_equal(n_files, N_FILES);
    assert_int_equal(n_wrong, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_file_has_its_verdict),
};

PW_TEST_MAIN(tests, NULL, NULL)
