/* SPDX-License-Identifier: MIT */
/* A strict streaming JSON reader (RFC 8259): events in order, no tree, no recursion, memory
 * bounded by the longest string and the open objects' keys. Files are hostile: strict UTF-8, no
 * BOM, no lone surrogates, depth at most PW_JSON_DEPTH_MAX, a key twice in an object is
 * refused. Numbers stay text until a caller asks for a type, and are then converted exactly.
 *
 *     PWI_TRY(pwi_json_next(&json, err));
 *     if (json.event == PWI_JSON_STRING) use(json.text, json.size);
 */
#ifndef PWI_FORMATS_JSON_H
#define PWI_FORMATS_JSON_H

#include <padwise/file.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/file_read.h"
#include "base/hash.h"

typedef enum pwi_json_event {
    PWI_JSON_END, /* of the document; repeated if asked again */
    PWI_JSON_NULL,
    PWI_JSON_FALSE,
    PWI_JSON_TRUE,
    PWI_JSON_NUMBER, /* text: the literal */
    PWI_JSON_STRING, /* text: unescaped, may hold NUL */
    PWI_JSON_KEY,    /* text: unescaped; the value follows */
    PWI_JSON_ARRAY_BEGIN,
    PWI_JSON_ARRAY_END,
    PWI_JSON_OBJECT_BEGIN,
    PWI_JSON_OBJECT_END
} pwi_json_event;

typedef struct pwi_json {
    /* What the caller reads. */
    pwi_json_event event;
    const char *text; /* of KEY, STRING, NUMBER; terminated; valid until the next call */
    size_t size;
    bool has_escapes; /* the text was written with some: only then may it hold controls */
    uint64_t offset;  /* of the event's first byte in the document */
    size_t depth;     /* open arrays and objects, after the event */

    /* The reader's own. */
    const pw_allocator *allocator;
    struct pwi_json_state *state;
} pwi_json;

/* Limits of one document; zero fields mean the defaults. */
typedef struct pwi_json_limits {
    size_t string_bytes_max; /* default 16 MiB, unescaped */
    size_t depth_max;        /* default PW_JSON_DEPTH_MAX */
    size_t window_bytes;     /* of files: default 64 KiB; of memory: default all of it */
} pwi_json_limits;

/* A document in memory, kept by the caller until close. Only one token at a time is copied. */
pw_status pwi_json_open_memory(pwi_json *json, const pw_allocator *allocator, const char *bytes,
                               size_t size, const pwi_json_limits *limits, pw_error *err);

/* `size` bytes of an open file from `offset`, read through a window of 64 KiB. pwi_json.offset
 * counts from `offset`. */
pw_status pwi_json_open_file(pwi_json *json, const pw_allocator *allocator,
                             const pwi_input *input, uint64_t offset, uint64_t size,
                             const pwi_json_limits *limits, pw_error *err);
void pwi_json_close(pwi_json *json);

/* The next event into json->event. Errors: PW_ERR_JSON, PW_ERR_UTF8, PW_ERR_DEPTH,
 * PW_ERR_DUPLICATE, PW_ERR_LIMIT with err->offset, line and column; after one, every call fails
 * again. The document must be one value with white space around it. */
pw_status pwi_json_next(pwi_json *json, pw_error *err);

/* Leave the keys of the object whose OBJECT_BEGIN was just read to the caller, who makes a
 * table of them anyway: a key that its table has already is refused by pwi_json_repeated, which
 * fails as pwi_json_next does elsewhere. */
void pwi_json_leave_keys(pwi_json *json);
pw_status pwi_json_repeated(pwi_json *json, pw_error *err);

/* Skip the rest of the value whose first event (or whose KEY) was just read: afterwards its
 * last event is json->event. */
pw_status pwi_json_skip(pwi_json *json, pw_error *err);

/* The next event must be this one; else PW_ERR_FIELD: "`what` must be an array, not a string".
 */
pw_status pwi_json_expect(pwi_json *json, pwi_json_event event, const char *what,
                          pw_error *err);

/* Whether the current KEY or STRING is this text. */
bool pwi_json_is(const pwi_json *json, const char *text);

/* The current NUMBER as a type; PW_ERR_FIELD, naming `what`, if the event is no number, or the
 * number is not of this type: u64 and i64 take no fraction, no exponent and no "-0"; f64 is
 * correctly rounded, and refused where it would be infinite. */
pw_status pwi_json_u64(const pwi_json *json, const char *what, uint64_t *out, pw_error *err);
pw_status pwi_json_i64(const pwi_json *json, const char *what, int64_t *out, pw_error *err);
pw_status pwi_json_f64(const pwi_json *json, const char *what, double *out, pw_error *err);

/* "an array", "a string": for messages. */
const char *pwi_json_event_name(pwi_json_event event);

/* A decimal literal in JSON's grammar to the nearest double (ties to even), without the locale;
 * infinity if too large. */
double pwi_decimal_to_f64(const char *text, size_t size);

/* Writing. Appends to a pwi_buf; the caller writes commas and brackets. */
void pwi_json_put_string(pwi_buf *buf, const char *bytes,
                         size_t size); /* quoted, escaped; invalid UTF-8 as U+FFFD */
void pwi_json_put_u64(pwi_buf *buf, uint64_t value);
void pwi_json_put_i64(pwi_buf *buf, int64_t value);

/* The shortest decimal that reads back as the same double, in Python's repr form ("0.1",
 * "1e-07", "-28.0"). NaN and infinities, which JSON has not, as null. */
void pwi_json_put_f64(pwi_buf *buf, double value);

#endif
