/* SPDX-License-Identifier: MIT */
/* Fuzz target of the JSON reader: whole memory and windows must give the same events and the
 * same failure; numbers are those of strtod; what we write reads back. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "formats/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EXPECT(condition)                                                                      \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                    \
            abort();                                                                           \
        }                                                                                      \
    } while (0)

static void check_number(const pwi_json *json, pwi_buf *scratch)
{
    const double expected = strtod(json->text, NULL);
    double value;
    uint64_t u64;
    int64_t i64;

    if (pwi_json_u64(json, "it", &u64, NULL) == PW_OK)
        EXPECT(strtoull(json->text, NULL, 10) == u64);
    if (pwi_json_i64(json, "it", &i64, NULL) == PW_OK)
        EXPECT(strtoll(json->text, NULL, 10) == i64);
    if (pwi_json_f64(json, "it", &value, NULL) != PW_OK) {
        EXPECT(isinf(expected));
        return;
    }
    EXPECT(memcmp(&value, &expected, sizeof(value)) == 0);
    pwi_buf_clear(scratch);
    pwi_json_put_f64(scratch, value);
    value = pwi_decimal_to_f64(scratch->data, scratch->size);
    EXPECT(memcmp(&value, &expected, sizeof(value)) == 0);
}

static void check_string(const pwi_json *json, pwi_buf *scratch)
{
    pwi_json again;

    pwi_buf_clear(scratch);
    pwi_json_put_string(scratch, json->text, json->size);
    EXPECT(pwi_json_open_memory(&again, &pwi_malloc_allocator, scratch->data, scratch->size,
                                NULL, NULL) == PW_OK);
    EXPECT(pwi_json_next(&again, NULL) == PW_OK);
    EXPECT(again.size == json->size && memcmp(again.text, json->text, json->size) == 0);
    pwi_json_close(&again);
}

/* All events as text, so that two readings can be compared. */
static void read_all(pwi_buf *trace, pwi_buf *scratch, const char *bytes, size_t size,
                     size_t window_bytes)
{
    const pwi_json_limits limits = {100, 8, window_bytes};
    pw_error err = {0};
    pwi_json json;
    pw_status status;

    pwi_buf_clear(trace);
    EXPECT(pwi_json_open_memory(&json, &pwi_malloc_allocator, bytes, size, &limits, &err) ==
           PW_OK);
    do {
        status = pwi_json_next(&json, &err);
        if (status != PW_OK)
            break;
        EXPECT(json.text[json.size] == '\0' && json.offset <= size);
        pwi_buf_format(trace, "%d %llu %zu %zu ", (int)json.event,
                       (unsigned long long)json.offset, json.depth, json.size);
        pwi_buf_append(trace, json.text, json.size);
        if (json.event == PWI_JSON_NUMBER)
            check_number(&json, scratch);
        if (json.event == PWI_JSON_STRING || json.event == PWI_JSON_KEY)
            check_string(&json, scratch);
    } while (json.event != PWI_JSON_END);
    if (status != PW_OK)
        pwi_buf_format(trace, "%s %llu %u %u %s", pw_status_name(status),
                       (unsigned long long)err.offset, err.line, err.column, err.text);
    pwi_json_close(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    pwi_buf whole, windows, scratch;

    pwi_buf_init(&whole, &pwi_malloc_allocator);
    pwi_buf_init(&windows, &pwi_malloc_allocator);
    pwi_buf_init(&scratch, &pwi_malloc_allocator);
    read_all(&whole, &scratch, bytes, size, 0);
    for (size_t window = 16; window < 80; window += 16 + size % 48) {
        read_all(&windows, &scratch, bytes, size, window);
        EXPECT(windows.size == whole.size);
        EXPECT(whole.size == 0 || memcmp(windows.data, whole.data, whole.size) == 0);
    }
    pwi_buf_free(&whole);
    pwi_buf_free(&windows);
    pwi_buf_free(&scratch);
    return 0;
}
