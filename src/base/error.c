/* SPDX-License-Identifier: MIT */
/* Statuses as text, and filling pw_error. */
#define PWI_ERROR_C
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <padwise/version.h>

#include "base/utf8.h"

#define TEXT_OF(x)  TEXT_OF_(x)
#define TEXT_OF_(x) #x

const char *pw_version(void)
{
    return TEXT_OF(PW_VERSION_MAJOR) "." TEXT_OF(PW_VERSION_MINOR) "." TEXT_OF(
        PW_VERSION_PATCH);
}

const char *pw_status_name(pw_status status)
{
    switch (status) {
#define NAME_CASE(name, value, text)                                                           \
    case name:                                                                                 \
        return #name;
        PW_STATUS_MAP(NAME_CASE)
    }
    return "PW_ERR_?";
}

const char *pw_status_text(pw_status status)
{
    switch (status) {
#define TEXT_CASE(name, value, text)                                                           \
    case name:                                                                                 \
        return text;
        PW_STATUS_MAP(TEXT_CASE)
    }
    return "an unknown status";
}

__attribute__((format(printf, 4, 0))) static void
fill(pw_error *err, pw_status status, uint64_t offset, const char *format, va_list list)
{
    if (err == NULL)
        return;
    err->status = status;
    err->line = err->column = 0;
    err->offset = offset;
    err->where[0] = '\0';
    vsnprintf(err->text, sizeof(err->text), format, list);
}

pw_status pwi_fail(pw_error *err, pw_status status, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    fill(err, status, PW_NO_OFFSET, format, list);
    va_end(list);
    return status;
}

pw_status pwi_fail_at(pw_error *err, pw_status status, uint64_t offset, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    fill(err, status, offset, format, list);
    va_end(list);
    return status;
}

pw_status pwi_fail_errno(pw_error *err, const char *what)
{
    const int code = errno;
    char text[128];

    if (strerror_r(code, text, sizeof(text)) != 0)
        snprintf(text, sizeof(text), "error %d", code);
    return pwi_fail(err, PW_ERR_IO, "%s: %s", what, text);
}

pw_status pwi_fail_memory(pw_error *err)
{
    return pwi_fail(err, PW_ERR_NO_MEMORY, "memory could not be allocated");
}

pw_status pwi_where(pw_error *err, const char *where, pw_status status)
{
    if (status != PW_OK && err != NULL && err->where[0] == '\0')
        snprintf(err->where, sizeof(err->where), "%s", where);
    return status;
}

/* One character of a quoted name: as it is, or escaped. Returns the bytes taken from the
 * source. */
static size_t quote_one(char *out, size_t capacity, const char *bytes, size_t size)
{
    uint32_t code = 0;
    const size_t length = pwi_utf8_decode(bytes, size, &code);

    if (length == 0) {
        snprintf(out, capacity, "\\x%02x", (unsigned char)bytes[0]);
        return 1;
    }
    if (code == '"' || code == '\\')
        snprintf(out, capacity, "\\%c", (char)code);
    else if (code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029)
        snprintf(out, capacity, "\\u%04x", (unsigned)code);
    else
        snprintf(out, capacity, "%.*s", (int)length, bytes);
    return length;
}

const char *pwi_quote(char buffer[PWI_QUOTE_SIZE], const char *bytes, size_t size)
{
    const size_t shown = size > 80 ? 80 : size;
    size_t used = 0, i = 0;

    buffer[used++] = '"';
    while (i < shown && used + 16 < PWI_QUOTE_SIZE) {
        i += quote_one(buffer + used, PWI_QUOTE_SIZE - used, bytes + i, size - i);
        used += strlen(buffer + used);
    }
    snprintf(buffer + used, PWI_QUOTE_SIZE - used, i < size ? "...\"" : "\"");
    return buffer;
}
