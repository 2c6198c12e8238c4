/* SPDX-License-Identifier: MIT */
/* Reading one case of the safetensors case file. Fields that describe (why, class, note,
 * reference, heavy) are passed over; in what is built and expected nothing unknown is: a case
 * that is not understood fails. */
#include "safetensors_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void problem(struct safetensors_case *c, const char *what, const char *value)
{
    if (c->problem[0] == '\0')
        snprintf(c->problem, sizeof(c->problem), "the case is not understood: %s %.100s", what,
                 value);
}

static char *copied(const char *bytes, size_t size)
{
    char *copy = malloc(size + 1);

    if (copy == NULL)
        abort();
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hex text to bytes. */
static char *from_hex(struct safetensors_case *c, const char *text, size_t size, size_t *n)
{
    char *bytes = copied(text, size);

    *n = size / 2;
    for (size_t i = 0; i < *n; i++) {
        const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            problem(c, "hex", "with a wrong digit");
        bytes[i] = (char)(high << 4 | (low & 15));
    }
    if (size % 2 != 0)
        problem(c, "hex", "with an odd number of digits");
    return bytes;
}

/* The current STRING into a fixed field; anything else is a problem. */
static void take_text(struct safetensors_case *c, const pwi_json *json, char *out,
                      size_t capacity, const char *what)
{
    if (json->event != PWI_JSON_STRING || json->size >= capacity)
        problem(c, what, "is no short text");
    else
        memcpy(out, json->text, json->size + 1);
}

static void take_number(struct safetensors_case *c, const pwi_json *json, uint64_t *out,
                        const char *what)
{
    if (json->event != PWI_JSON_NUMBER || pwi_json_u64(json, what, out, NULL) != PW_OK)
        problem(c, what, "is no whole number");
}

/* A number of 64 bits that stands in quotes, because other readers of JSON would round it. */
static void take_digits(struct safetensors_case *c, const char *text, size_t size,
                        uint64_t *out, const char *what)
{
    *out = 0;
    for (size_t i = 0; i < size; i++) {
        const uint64_t digit = (uint64_t)(text[i] - '0');

        if (digit > 9 || *out > (UINT64_MAX - digit) / 10) {
            problem(c, what, "is no whole number");
            return;
        }
        *out = *out * 10 + digit;
    }
    if (size == 0)
        problem(c, what, "is no whole number");
}

/* A walker is called with the KEY's text when the value's first event was read, and reads the
 * value to its end. */
typedef pw_status walker(struct safetensors_case *c, pwi_json *json, const char *key,
                         pw_error *err);

/* The object at json, field by field. */
static pw_status walk(struct safetensors_case *c, pwi_json *json, const char *what,
                      walker *field, pw_error *err)
{
    char key[64];

    if (json->event != PWI_JSON_OBJECT_BEGIN) {
        problem(c, what, "is no object");
        return pwi_json_skip(json, err);
    }
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        snprintf(key, sizeof(key), "%s", json->text);
        PWI_TRY(pwi_json_next(json, err));
        PWI_TRY(field(c, json, key, err));
    }
}

static pw_status unknown(struct safetensors_case *c, pwi_json *json, const char *what,
                         const char *key, pw_error *err)
{
    problem(c, what, key);
    return pwi_json_skip(json, err);
}

static pw_status segment_field(struct safetensors_case *c, pwi_json *json, const char *key,
                               pw_error *err)
{
    struct segment *segment = &c->segments[c->n_segments - 1];

    if (strcmp(key, "hex") == 0 && json->event == PWI_JSON_STRING) {
        segment->text = from_hex(c, json->text, json->size, &segment->size);
    } else if (strcmp(key, "repeat") == 0 && json->event == PWI_JSON_STRING) {
        segment->text = copied(json->text, json->size);
        segment->size = json->size;
        segment->is_repeated = true;
    } else if (strcmp(key, "sep") == 0 && json->event == PWI_JSON_STRING) {
        segment->separator = copied(json->text, json->size);
    } else if (strcmp(key, "times") == 0) {
        take_number(c, json, &segment->times, "times");
    } else {
        return unknown(c, json, "header segment", key, err);
    }
    return PW_OK;
}

static pw_status read_segment(struct safetensors_case *c, pwi_json *json, pw_error *err)
{
    struct segment *segment = &c->segments[c->n_segments];

    if (c->n_segments == SEGMENTS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "a header has too many segments");
    *segment = (struct segment){.times = 1};
    c->n_segments++;
    if (json->event == PWI_JSON_STRING) {
        segment->text = copied(json->text, json->size);
        segment->size = json->size;
    } else {
        PWI_TRY(walk(c, json, "header segment", segment_field, err));
    }
    if (segment->text == NULL)
        problem(c, "header segment", "without text");
    return PW_OK;
}

static pw_status read_header(struct safetensors_case *c, pwi_json *json, pw_error *err)
{
    c->build = BUILD_HEADER;
    if (json->event != PWI_JSON_ARRAY_BEGIN)
        return unknown(c, json, "header", "is no array", err);
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_ARRAY_END)
            return PW_OK;
        PWI_TRY(read_segment(c, json, err));
    }
}

/* "auto", or an unsigned 64-bit number in quotes or without. */
static pw_status read_length(struct safetensors_case *c, pwi_json *json)
{
    if (pwi_json_is(json, "auto"))
        return PW_OK;
    c->has_length = true;
    if (json->event == PWI_JSON_STRING)
        take_digits(c, json->text, json->size, &c->length, "header_len");
    else
        take_number(c, json, &c->length, "header_len");
    return PW_OK;
}

static pw_status data_field(struct safetensors_case *c, pwi_json *json, const char *key,
                            pw_error *err)
{
    uint64_t fill = 0;

    if (strcmp(key, "len") == 0) {
        take_number(c, json, &c->data_size, "data.len");
    } else if (strcmp(key, "fill") == 0) {
        take_number(c, json, &fill, "data.fill");
        c->fill = (unsigned char)fill;
    } else {
        return unknown(c, json, "data", key, err);
    }
    return PW_OK;
}

static pw_status env_field(struct safetensors_case *c, pwi_json *json, const char *key,
                           pw_error *err)
{
    const uint64_t begin = json->offset;

    if (strcmp(key, "of") == 0) {
        take_text(c, json, c->env_of, sizeof(c->env_of), "env.of");
    } else if (strcmp(key, "count") == 0) {
        take_number(c, json, &c->env_count, "env.count");
    } else if (strcmp(key, "bytes") == 0) {
        return pwi_json_skip(json, err); /* says again what the generator makes */
    } else if (c->env_key[0] != '\0') {
        return unknown(c, json, "env", key, err);
    } else {
        snprintf(c->env_key, sizeof(c->env_key), "%.31s", key);
        if (json->event == PWI_JSON_STRING) {
            take_text(c, json, c->env_value, sizeof(c->env_value), "env");
        } else if (json->event == PWI_JSON_OBJECT_BEGIN && strcmp(key, "index") == 0) {
            PWI_TRY(pwi_json_skip(json, err));
            c->index_begin = begin;
            c->index_size = json->offset + 1 - begin;
        } else {
            return unknown(c, json, "env", key, err);
        }
    }
    return PW_OK;
}

static pw_status build_field(struct safetensors_case *c, pwi_json *json, const char *key,
                             pw_error *err)
{
    if (strcmp(key, "header") == 0)
        return read_header(c, json, err);
    if (strcmp(key, "header_len") == 0)
        return read_length(c, json);
    if (strcmp(key, "data") == 0)
        return walk(c, json, "data", data_field, err);
    if (strcmp(key, "raw_hex") == 0 && json->event == PWI_JSON_STRING && c->raw == NULL) {
        c->build = BUILD_RAW;
        c->raw = from_hex(c, json->text, json->size, &c->raw_size);
        return PW_OK;
    }
    if (strcmp(key, "env") == 0) {
        c->build = BUILD_ENVIRONMENT;
        return walk(c, json, "env", env_field, err);
    }
    return unknown(c, json, "build", key, err);
}

static pw_status expect_field(struct safetensors_case *c, pwi_json *json, const char *key,
                              pw_error *err)
{
    const int mode = strcmp(key, "default") == 0 ? 0 : strcmp(key, "strict") == 0 ? 1 : 2;

    if (mode < 2) {
        c->accept[mode] = pwi_json_is(json, "accept");
        c->has_expectation[mode] = c->accept[mode] || pwi_json_is(json, "refuse");
        return pwi_json_skip(json, err);
    }
    if (strcmp(key, "error") != 0)
        return unknown(c, json, "expect", key, err);
    if (json->event != PWI_JSON_NULL)
        take_text(c, json, c->error, sizeof(c->error), "expect.error");
    return PW_OK;
}

static pw_status limits_field(struct safetensors_case *c, pwi_json *json, const char *key,
                              pw_error *err)
{
    if (strcmp(key, "ms") == 0)
        take_number(c, json, &c->ms_max, "limits.ms");
    else if (strcmp(key, "rss_mb") == 0)
        take_number(c, json, &c->memory_mb_max, "limits.rss_mb");
    else
        return unknown(c, json, "limits", key, err);
    return PW_OK;
}

static pw_status case_field(struct safetensors_case *c, pwi_json *json, const char *key,
                            pw_error *err)
{
    if (strcmp(key, "id") == 0) {
        take_text(c, json, c->id, sizeof(c->id), "id");
    } else if (strcmp(key, "name") == 0) {
        take_text(c, json, c->name, sizeof(c->name), "name");
    } else if (strcmp(key, "build") == 0) {
        return walk(c, json, "build", build_field, err);
    } else if (strcmp(key, "expect") == 0) {
        return walk(c, json, "expect", expect_field, err);
    } else if (strcmp(key, "limits") == 0) {
        return walk(c, json, "limits", limits_field, err);
    } else if (strcmp(key, "file_size") == 0) {
        take_number(c, json, &c->file_size, "file_size");
        c->has_file_size = true;
    } else if (strcmp(key, "file_hex") == 0 && json->event == PWI_JSON_STRING &&
               c->file_hex == NULL) {
        c->file_hex = from_hex(c, json->text, json->size, &c->file_hex_size);
    } else {
        return pwi_json_skip(json, err);
    }
    return PW_OK;
}

bool read_safetensors_case(struct safetensors_case *c, struct case_file *file, pw_error *err)
{
    memset(c, 0, sizeof(*c));
    strcpy(c->id, "?");
    if (walk(c, &file->json, "case", case_field, err) != PW_OK)
        return false;
    c->index = file->bytes + c->index_begin;
    if (c->build == BUILD_NONE)
        problem(c, "build", "is missing");
    if (!c->has_expectation[0] || !c->has_expectation[1])
        problem(c, "expect", "must say accept or refuse, by default and strict");
    if ((c->accept[0] && c->accept[1]) != (c->error[0] == '\0'))
        problem(c, "expect", "must name an error exactly if a mode refuses");
    return true;
}

void free_safetensors_case(struct safetensors_case *c)
{
    for (size_t i = 0; i < c->n_segments; i++) {
        free(c->segments[i].text);
        free(c->segments[i].separator);
    }
    free(c->raw);
    free(c->file_hex);
}
