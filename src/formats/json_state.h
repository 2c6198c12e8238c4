/* SPDX-License-Identifier: MIT */
/* What the files of the JSON reader share: its state, how it fails, and its tokens. */
#ifndef PWI_FORMATS_JSON_STATE_H
#define PWI_FORMATS_JSON_STATE_H

#include <string.h>

#include "formats/decimal.h"
#include "formats/json.h"
#include "formats/json_keys.h"
#include "formats/json_source.h"

/* What the grammar allows next. */
typedef enum pwi_json_mode {
    PWI_JSON_WANT_VALUE,      /* at the start of the document */
    PWI_JSON_WANT_FIRST_ITEM, /* or "]" */
    PWI_JSON_WANT_FIRST_KEY,  /* or "}" */
    PWI_JSON_WANT_COLON,      /* and the key's value */
    PWI_JSON_WANT_COMMA,      /* and an item or key, or the closing bracket */
    PWI_JSON_WANT_END         /* of the document */
} pwi_json_mode;

typedef struct pwi_json_open {
    bool is_object, keeps_keys;
    uint64_t serial;  /* of the object, for its keys */
    size_t first_key; /* where they begin in the set */
} pwi_json_open;

struct pwi_json_state {
    pwi_json_source source;
    pwi_json_mode mode;
    pwi_buf text;       /* of the token */
    pwi_literal number; /* the token, if it is one */
    pwi_json_open *open;
    size_t depth_max, string_bytes_max;
    uint64_t n_objects;
    pwi_json_keys keys;
    pw_error failure; /* the first; its status is PW_OK until then */
};

/* Tokens, from their first byte: into state->text. */
pw_status pwi_json_read_string(pwi_json *json);
pw_status pwi_json_read_number(pwi_json *json);

/* Fail at a place of the document. */
pw_status pwi_json_fail_at(pwi_json *json, pw_status status, uint64_t offset, const char *text);

/* Fail at the byte to be read: `expected` ("a value") was expected there. Bytes that are not
 * UTF-8, and the end of the document, are named as what they are. */
pw_status pwi_json_unexpected(pwi_json *json, const char *expected);

/* The same for an ASCII byte that was read before. */
pw_status pwi_json_unexpected_byte(pwi_json *json, uint64_t offset, char byte,
                                   const char *expected);

/* Fail because the token is longer than the limit. */
pw_status pwi_json_too_long(pwi_json *json);

/* Add bytes to the token; fails when it gets too long. */
static inline pw_status pwi_json_add(pwi_json *json, const char *bytes, size_t size)
{
    struct pwi_json_state *state = json->state;

    if (size > state->string_bytes_max - state->text.size)
        return pwi_json_too_long(json);
    if (!pwi_buf_reserve(&state->text, size))
        return pwi_fail_memory(&state->failure);
    memcpy(state->text.data + state->text.size, bytes, size);
    state->text.size += size;
    return PW_OK;
}

/* Move loaded bytes to the token. Most tokens are short, and a fixed number of bytes is copied
 * without a call. */
#define PWI_JSON_SHORT 32

static inline bool pwi_json_take_short(pwi_json *json, size_t size)
{
    struct pwi_json_state *state = json->state;
    pwi_json_source *source = &state->source;
    pwi_buf *text = &state->text;

    if (size > PWI_JSON_SHORT || source->end - source->at < PWI_JSON_SHORT ||
        text->capacity - text->size <= PWI_JSON_SHORT ||
        size > state->string_bytes_max - text->size)
        return false;
    memcpy(text->data + text->size, source->at, PWI_JSON_SHORT);
    text->size += size;
    source->at += size;
    return true;
}

static inline pw_status pwi_json_take(pwi_json *json, size_t size)
{
    pwi_json_source *source = &json->state->source;

    if (pwi_json_take_short(json, size))
        return PW_OK;
    PWI_TRY(pwi_json_add(json, source->at, size));
    source->at += size;
    return PW_OK;
}

/* End the token. */
static inline void pwi_json_set_text(pwi_json *json)
{
    pwi_buf *text = &json->state->text;

    text->data[text->size] = '\0';
    json->text = text->data;
    json->size = text->size;
}

#endif
