/* SPDX-License-Identifier: MIT */
/* JSON Lines out: an object is built in memory and written as one line. */
#ifndef TOOL_JSON_OUT_H
#define TOOL_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "app.h"
#include "pool.h"

struct json {
    struct builder text;
    bool comma; /* the next value needs one before it */
};

void json_open(struct json *json, char bracket);
void json_close(struct json *json, char bracket);
void json_key(struct json *json, const char *key);

/* Bytes that are not UTF-8 become U+FFFD: JSON cannot hold them. */
void json_bytes(struct json *json, const char *bytes, size_t size);
void json_text(struct json *json, const char *text); /* NULL: null */
void json_int(struct json *json, int64_t value);
void json_uint(struct json *json, uint64_t value);
void json_real(struct json *json, double value); /* shortest that reads back; NaN, Inf: null */
void json_bool(struct json *json, bool value);
void json_null(struct json *json);

/* Text that is JSON already. */
void json_raw(struct json *json, const char *text);

void json_member_text(struct json *json, const char *key, const char *text);
void json_member_int(struct json *json, const char *key, int64_t value);
void json_member_real(struct json *json, const char *key, double value);
void json_member_bool(struct json *json, const char *key, bool value);
void json_member_shape(struct json *json, const char *key, const pw_tensor *tensor);

/* Write the line, empty the builder for the next. *stop: nobody reads any more. */
int json_print(struct app *app, struct json *json, bool *stop);

#endif
