/* SPDX-License-Identifier: MIT */
/* Writing JSON: strings and whole numbers (f64 is in decimal_write.c). */
#include "base/utf8.h"
#include "formats/json.h"

/* Bytes at p that stand for themselves in a JSON string. */
static size_t plain_run(const char *p, size_t size)
{
    size_t i = 0;

    while (i < size && (unsigned char)p[i] >= 0x20 && (unsigned char)p[i] < 0x80 &&
           p[i] != '"' && p[i] != '\\')
        i++;
    return i;
}

/* One character that needs care; returns the bytes taken. */
static size_t put_special(pwi_buf *buf, const char *p, size_t size)
{
    uint32_t code;
    const size_t length = pwi_utf8_decode(p, size, &code);

    if (length == 0) {
        pwi_buf_text(buf, "\xEF\xBF\xBD"); /* U+FFFD */
        return 1;
    }
    if (length > 1)
        pwi_buf_append(buf, p, length);
    else if (code == '"' || code == '\\')
        pwi_buf_append(buf, (const char[2]){'\\', *p}, 2);
    else if (code == '\n')
        pwi_buf_text(buf, "\\n");
    else if (code == '\t')
        pwi_buf_text(buf, "\\t");
    else if (code == '\r')
        pwi_buf_text(buf, "\\r");
    else
        pwi_buf_format(buf, "\\u%04x", (unsigned)code);
    return length;
}

void pwi_json_put_string(pwi_buf *buf, const char *bytes, size_t size)
{
    size_t i = 0;

    pwi_buf_byte(buf, '"');
    while (i < size) {
        const size_t run = plain_run(bytes + i, size - i);

        pwi_buf_append(buf, bytes + i, run);
        i += run;
        if (i < size)
            i += put_special(buf, bytes + i, size - i);
    }
    pwi_buf_byte(buf, '"');
}

static void put_digits(pwi_buf *buf, bool negative, uint64_t magnitude)
{
    char digits[21];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude > 0);
    if (negative)
        digits[--at] = '-';
    pwi_buf_append(buf, digits + at, sizeof(digits) - at);
}

void pwi_json_put_u64(pwi_buf *buf, uint64_t value)
{
    put_digits(buf, false, value);
}

void pwi_json_put_i64(pwi_buf *buf, int64_t value)
{
    put_digits(buf, value < 0, value < 0 ? -(uint64_t)value : (uint64_t)value);
}
