/* SPDX-License-Identifier: MIT */
/* Writing JSON. */
#include "json_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"

static void comma(struct json *json)
{
    if (json->comma)
        builder_text(&json->text, ",");
    json->comma = true;
}

void json_open(struct json *json, char bracket)
{
    comma(json);
    builder_add(&json->text, &bracket, 1);
    json->comma = false;
}

void json_close(struct json *json, char bracket)
{
    builder_add(&json->text, &bracket, 1);
    json->comma = true;
}

void json_key(struct json *json, const char *key)
{
    json_text(json, key);
    builder_text(&json->text, ":");
    json->comma = false;
}

void json_bytes(struct json *json, const char *bytes, size_t size)
{
    comma(json);
    builder_text(&json->text, "\"");
    for (size_t i = 0; i < size;) {
        uint32_t code = 0;
        const size_t n = utf8_next(bytes + i, size - i, &code);

        if (n == 0)
            builder_text(&json->text, "\\ufffd");
        else if (code == '"' || code == '\\')
            builder_format(&json->text, "\\%c", (char)code);
        else if (code == '\n')
            builder_text(&json->text, "\\n");
        else if (code < 0x20 || (code >= 0x7F && code < 0xA0))
            builder_format(&json->text, "\\u%04x", (unsigned)code);
        else
            builder_add(&json->text, bytes + i, n);
        i += n == 0 ? 1 : n;
    }
    builder_text(&json->text, "\"");
}

void json_text(struct json *json, const char *text)
{
    if (text == NULL)
        json_null(json);
    else
        json_bytes(json, text, strlen(text));
}

void json_int(struct json *json, int64_t value)
{
    comma(json);
    builder_format(&json->text, "%" PRId64, value);
}

void json_uint(struct json *json, uint64_t value)
{
    comma(json);
    builder_format(&json->text, "%" PRIu64, value);
}

void json_real(struct json *json, double value)
{
    char text[40];

    if (!isfinite(value)) {
        json_null(json);
        return;
    }
    for (int n_digits = 6; n_digits <= 17; n_digits++) {
        snprintf(text, sizeof(text), "%.*g", n_digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    comma(json);
    builder_text(&json->text, text);
}

void json_bool(struct json *json, bool value)
{
    comma(json);
    builder_text(&json->text, value ? "true" : "false");
}

void json_null(struct json *json)
{
    comma(json);
    builder_text(&json->text, "null");
}

void json_raw(struct json *json, const char *text)
{
    comma(json);
    for (; *text != '\0'; text++) /* line ends are white space in JSON and would end the line */
        builder_add(&json->text, *text == '\n' || *text == '\r' ? " " : text, 1);
}

void json_member_text(struct json *json, const char *key, const char *text)
{
    json_key(json, key);
    json_text(json, text);
}

void json_member_int(struct json *json, const char *key, int64_t value)
{
    json_key(json, key);
    json_int(json, value);
}

void json_member_real(struct json *json, const char *key, double value)
{
    json_key(json, key);
    json_real(json, value);
}

void json_member_bool(struct json *json, const char *key, bool value)
{
    json_key(json, key);
    json_bool(json, value);
}

void json_member_shape(struct json *json, const char *key, const pw_tensor *tensor)
{
    json_key(json, key);
    json_open(json, '[');
    for (int32_t i = 0; i < tensor->rank; i++)
        json_int(json, tensor->shape[i]);
    json_close(json, ']');
}

int json_print(struct app *app, struct json *json, bool *stop)
{
    builder_text(&json->text, "\n");
    json->comma = false;
    return app_print(app, &json->text, stop);
}
