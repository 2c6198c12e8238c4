/* SPDX-License-Identifier: MIT */
/* The JSON reader's grammar: which token may come next, one event a call. Tokens are read by
 * json_token.c, bytes come from json_source.c, keys are remembered by json_keys.c. */
#include "formats/json.h"

#include "base/utf8.h"
#include "formats/json_state.h"

#define STRING_BYTES_MAX ((size_t)16 << 20)
#define WINDOW_BYTES     ((size_t)65536)

/* Room for most tokens, so that the buffer rarely grows. */
#define TEXT_BYTES 256

static pwi_json_limits limits_or_defaults(const pwi_json_limits *limits)
{
    pwi_json_limits result = {0, 0, 0};

    if (limits != NULL)
        result = *limits;
    if (result.string_bytes_max == 0)
        result.string_bytes_max = STRING_BYTES_MAX;
    if (result.depth_max == 0)
        result.depth_max = PW_JSON_DEPTH_MAX;
    if (result.window_bytes > 0 && result.window_bytes < PWI_JSON_WINDOW_MIN)
        result.window_bytes = PWI_JSON_WINDOW_MIN;
    return result;
}

static pw_status open_document(pwi_json *json, const pw_allocator *allocator,
                               const char *memory, uint64_t size, const pwi_json_limits *limits,
                               pw_error *err)
{
    struct pwi_json_state *state = PWI_NEW(allocator, struct pwi_json_state);

    *json = (pwi_json){.text = "", .allocator = allocator, .state = state};
    if (state == NULL)
        return pwi_fail_memory(err);
    state->mode = PWI_JSON_WANT_VALUE;
    state->depth_max = limits->depth_max;
    state->string_bytes_max = limits->string_bytes_max;
    state->failure.status = PW_OK;
    pwi_json_keys_init(&state->keys, allocator);
    pwi_buf_init(&state->text, allocator);
    state->open = PWI_ARRAY(allocator, pwi_json_open, state->depth_max);
    if (!pwi_json_source_init(&state->source, allocator, memory, size, limits->window_bytes) ||
        !pwi_buf_reserve(&state->text, TEXT_BYTES) || state->open == NULL) {
        pwi_json_close(json);
        return pwi_fail_memory(err);
    }
    return PW_OK;
}

pw_status pwi_json_open_memory(pwi_json *json, const pw_allocator *allocator, const char *bytes,
                               size_t size, const pwi_json_limits *limits, pw_error *err)
{
    const pwi_json_limits all = limits_or_defaults(limits);

    return open_document(json, allocator, bytes != NULL ? bytes : "", size, &all, err);
}

pw_status pwi_json_open_file(pwi_json *json, const pw_allocator *allocator,
                             const pwi_input *input, uint64_t offset, uint64_t size,
                             const pwi_json_limits *limits, pw_error *err)
{
    pwi_json_limits all = limits_or_defaults(limits);

    if (all.window_bytes == 0)
        all.window_bytes = WINDOW_BYTES;
    PWI_TRY(open_document(json, allocator, NULL, size, &all, err));
    json->state->source.input = *input;
    json->state->source.file_offset = offset;
    return PW_OK;
}

void pwi_json_close(pwi_json *json)
{
    struct pwi_json_state *state = json->state;

    if (state == NULL)
        return;
    pwi_json_source_free(&state->source);
    pwi_json_keys_free(&state->keys);
    pwi_buf_free(&state->text);
    pwi_free_array(json->allocator, state->open, state->depth_max, sizeof(*state->open));
    PWI_DELETE(json->allocator, state);
    json->state = NULL;
    json->text = "";
    json->size = 0;
}

pw_status pwi_json_fail_at(pwi_json *json, pw_status status, uint64_t offset, const char *text)
{
    pw_error *err = &json->state->failure;

    pwi_fail_at(err, status, offset, "%s", text);
    pwi_json_source_place(&json->state->source, offset, err);
    return status;
}

/* The innermost open bracket, for a document that ends too early. */
static const char *where_it_ends(const pwi_json *json)
{
    if (json->depth == 0)
        return "";
    return json->state->open[json->depth - 1].is_object ? " inside an object"
                                                        : " inside an array";
}

pw_status pwi_json_unexpected(pwi_json *json, const char *expected)
{
    pwi_json_source *source = &json->state->source;
    pw_error *err = &json->state->failure;
    const uint64_t offset = pwi_json_source_offset(source);
    char quoted[PWI_QUOTE_SIZE];
    size_t length;
    uint32_t code = 0;

    /* The bytes of a whole character: only then is it known whether it is one. */
    PWI_TRY(pwi_json_source_want(source, 4, err));
    length = pwi_utf8_decode(source->at, (size_t)(source->end - source->at), &code);
    if (source->at == source->end)
        pwi_fail_at(err, PW_ERR_JSON, offset,
                    "the JSON text ends%s, where %s was expected: it is incomplete",
                    where_it_ends(json), expected);
    else if (length == 0)
        pwi_fail_at(err, PW_ERR_UTF8, offset,
                    "byte 0x%02x is not valid UTF-8, and JSON is UTF-8",
                    (unsigned)(unsigned char)*source->at);
    else if (code == 0xFEFF && offset == 0)
        pwi_fail_at(err, PW_ERR_JSON, offset,
                    "the JSON text begins with a byte order mark: remove its 3 bytes");
    else
        pwi_fail_at(err, PW_ERR_JSON, offset, "%s was expected here, not %s", expected,
                    pwi_quote(quoted, source->at, length));
    pwi_json_source_place(source, offset, err);
    return err->status;
}

pw_status pwi_json_unexpected_byte(pwi_json *json, uint64_t offset, char byte,
                                   const char *expected)
{
    pw_error *err = &json->state->failure;
    char quoted[PWI_QUOTE_SIZE];

    pwi_fail_at(err, PW_ERR_JSON, offset, "%s was expected here, not %s", expected,
                pwi_quote(quoted, &byte, 1));
    pwi_json_source_place(&json->state->source, offset, err);
    return err->status;
}

pw_status pwi_json_too_long(pwi_json *json)
{
    pw_error *err = &json->state->failure;

    pwi_fail_at(err, PW_ERR_LIMIT, json->offset,
                "a string or number is longer than the limit of %zu bytes here",
                json->state->string_bytes_max);
    pwi_json_source_place(&json->state->source, json->offset, err);
    return err->status;
}

static bool is_space(char c)
{
    return c <= ' ' && (c == ' ' || c == '\n' || c == '\t' || c == '\r');
}

/* To the next byte that is no white space, or the end. */
static pw_status skip_space(pwi_json *json)
{
    pwi_json_source *source = &json->state->source;

    for (;;) {
        while (source->at < source->end) {
            if (!is_space(*source->at))
                return PW_OK;
            source->at++;
        }
        if (!pwi_json_source_has_more(source))
            return PW_OK;
        PWI_TRY(pwi_json_source_more(source, &json->state->failure));
    }
}

/* Take the byte if it is the next one. */
static bool accept(pwi_json *json, char byte)
{
    pwi_json_source *source = &json->state->source;

    if (source->at == source->end || *source->at != byte)
        return false;
    source->at++;
    return true;
}

static void begin_event(pwi_json *json, pwi_json_event event)
{
    json->event = event;
    json->offset = pwi_json_source_offset(&json->state->source);
    json->text = "";
    json->size = 0;
    json->has_escapes = false;
    json->state->text.size = 0;
}

/* What follows a whole value. */
static void value_done(pwi_json *json)
{
    json->state->mode = json->depth > 0 ? PWI_JSON_WANT_COMMA : PWI_JSON_WANT_END;
}

static pw_status too_deep(pwi_json *json)
{
    pw_error *err = &json->state->failure;

    pwi_fail_at(err, PW_ERR_DEPTH, json->offset,
                "arrays and objects are nested deeper than the limit of %zu",
                json->state->depth_max);
    pwi_json_source_place(&json->state->source, json->offset, err);
    return err->status;
}

static pw_status open_bracket(pwi_json *json, bool is_object)
{
    struct pwi_json_state *state = json->state;

    begin_event(json, is_object ? PWI_JSON_OBJECT_BEGIN : PWI_JSON_ARRAY_BEGIN);
    if (json->depth == state->depth_max)
        return too_deep(json);
    state->source.at++;
    state->open[json->depth] =
        (pwi_json_open){is_object, true, ++state->n_objects, state->keys.n_used};
    json->depth++;
    state->mode = is_object ? PWI_JSON_WANT_FIRST_KEY : PWI_JSON_WANT_FIRST_ITEM;
    return PW_OK;
}

/* Close the innermost bracket if its closing byte is next. */
static bool close_bracket(pwi_json *json)
{
    struct pwi_json_state *state = json->state;
    const pwi_json_open *open = &state->open[json->depth - 1];

    begin_event(json, open->is_object ? PWI_JSON_OBJECT_END : PWI_JSON_ARRAY_END);
    if (!accept(json, open->is_object ? '}' : ']'))
        return false;
    pwi_json_keys_drop(&state->keys, open->first_key);
    json->depth--;
    value_done(json);
    return true;
}

static pw_status read_word(pwi_json *json, const char *word, pwi_json_event event)
{
    begin_event(json, event);
    PWI_TRY(pwi_json_source_want(&json->state->source, 5, &json->state->failure));
    for (const char *p = word; *p != '\0'; p++)
        if (!accept(json, *p))
            return pwi_json_unexpected(json, "true, false, null or another JSON value");
    value_done(json);
    return PW_OK;
}

static pw_status read_value(pwi_json *json)
{
    const pwi_json_source *source = &json->state->source;
    const char first = source->at < source->end ? *source->at : '\0';

    /* Signs come at random: one test for both, not two branches. */
    if ((first == '-') | ((unsigned char)(first - '0') < 10)) {
        begin_event(json, PWI_JSON_NUMBER);
        PWI_TRY(pwi_json_read_number(json));
        value_done(json);
        return PW_OK;
    }
    switch (first) {
    case '"':
        begin_event(json, PWI_JSON_STRING);
        PWI_TRY(pwi_json_read_string(json));
        value_done(json);
        return PW_OK;
    case '{':
        return open_bracket(json, true);
    case '[':
        return open_bracket(json, false);
    case 't':
        return read_word(json, "true", PWI_JSON_TRUE);
    case 'f':
        return read_word(json, "false", PWI_JSON_FALSE);
    case 'n':
        return read_word(json, "null", PWI_JSON_NULL);
    default:
        return pwi_json_unexpected(json, "a value");
    }
}

static pw_status key_repeated(pwi_json *json)
{
    pw_error *err = &json->state->failure;
    char quoted[PWI_QUOTE_SIZE];

    pwi_fail_at(err, PW_ERR_DUPLICATE, json->offset, "the key %s occurs twice in one object",
                pwi_quote(quoted, json->text, json->size));
    pwi_json_source_place(&json->state->source, json->offset, err);
    return err->status;
}

/* Add the key that was just read to those of its object. */
static pw_status keep_key(pwi_json *json, const pwi_json_open *open)
{
    struct pwi_json_state *state = json->state;
    bool added;

    if (!pwi_json_keys_add(&state->keys, open->first_key, open->serial, json->text, json->size,
                           &added))
        return pwi_fail_memory(&state->failure);
    return added ? PW_OK : key_repeated(json);
}

static pw_status read_key(pwi_json *json)
{
    struct pwi_json_state *state = json->state;
    const pwi_json_open *open = &state->open[json->depth - 1];

    if (state->source.at == state->source.end || *state->source.at != '"')
        return pwi_json_unexpected(json, "a key in double quotes");
    begin_event(json, PWI_JSON_KEY);
    PWI_TRY(pwi_json_read_string(json));
    if (open->keeps_keys)
        PWI_TRY(keep_key(json, open));
    state->mode = PWI_JSON_WANT_COLON;
    return PW_OK;
}

/* After a value in brackets: the next item or key, or the end of the bracket. */
static pw_status read_after_value(pwi_json *json)
{
    const bool in_object = json->state->open[json->depth - 1].is_object;

    if (accept(json, ',')) {
        PWI_TRY(skip_space(json));
        return in_object ? read_key(json) : read_value(json);
    }
    if (close_bracket(json))
        return PW_OK;
    return pwi_json_unexpected(json, in_object ? "a comma or the object's closing brace"
                                               : "a comma or the array's closing bracket");
}

static pw_status read_event(pwi_json *json)
{
    struct pwi_json_state *state = json->state;

    PWI_TRY(skip_space(json));
    switch (state->mode) {
    case PWI_JSON_WANT_COMMA:
        return read_after_value(json);
    case PWI_JSON_WANT_FIRST_ITEM:
        return close_bracket(json) ? PW_OK : read_value(json);
    case PWI_JSON_WANT_FIRST_KEY:
        return close_bracket(json) ? PW_OK : read_key(json);
    case PWI_JSON_WANT_COLON:
        if (!accept(json, ':'))
            return pwi_json_unexpected(json, "a colon");
        PWI_TRY(skip_space(json));
        return read_value(json);
    case PWI_JSON_WANT_END:
        begin_event(json, PWI_JSON_END);
        if (state->source.at < state->source.end)
            return pwi_json_unexpected(json, "the end of the JSON text");
        return PW_OK;
    case PWI_JSON_WANT_VALUE:
        break;
    }
    return read_value(json);
}

pw_status pwi_json_next(pwi_json *json, pw_error *err)
{
    struct pwi_json_state *state = json->state;

    if (state->failure.status == PW_OK)
        state->failure.status = read_event(json);
    if (state->failure.status == PW_OK)
        return PW_OK;
    /* A caller who goes on all the same finds nothing to use. */
    json->event = PWI_JSON_END;
    json->text = "";
    json->size = 0;
    if (err != NULL)
        *err = state->failure;
    return state->failure.status;
}

void pwi_json_leave_keys(pwi_json *json)
{
    PW_ASSERT(json->event == PWI_JSON_OBJECT_BEGIN);
    json->state->open[json->depth - 1].keeps_keys = false;
}

pw_status pwi_json_repeated(pwi_json *json, pw_error *err)
{
    PW_ASSERT(json->event == PWI_JSON_KEY);
    json->state->failure.status = key_repeated(json);
    return pwi_json_next(json, err);
}

pw_status pwi_json_skip(pwi_json *json, pw_error *err)
{
    size_t depth;

    if (json->event == PWI_JSON_KEY)
        PWI_TRY(pwi_json_next(json, err));
    if (json->event != PWI_JSON_ARRAY_BEGIN && json->event != PWI_JSON_OBJECT_BEGIN)
        return PW_OK;
    depth = json->depth - 1;
    while (json->depth > depth)
        PWI_TRY(pwi_json_next(json, err));
    return PW_OK;
}

bool pwi_json_is(const pwi_json *json, const char *text)
{
    return (json->event == PWI_JSON_KEY || json->event == PWI_JSON_STRING) &&
           json->size == strlen(text) && memcmp(json->text, text, json->size) == 0;
}
