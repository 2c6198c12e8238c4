/* SPDX-License-Identifier: MIT */
/* The JSON reader's tokens with text: strings and numbers. Runs of plain bytes are found in the
 * window as a whole; a token may be longer than the window. */
#include "base/utf8.h"
#include "formats/json_state.h"

#define EVERY_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The end of the run of printable ASCII at p, without quotes and backslashes. */
static const char *ascii_run(const char *p, const char *end)
{
    const bool first_is_low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

    /* Eight bytes at a time (Mycroft's test for a zero byte). A borrow can only spoil bytes
     * above one that was found, so the lowest that is found is exact. */
    while (first_is_low && end - p >= 8) {
        uint64_t word, found;

        memcpy(&word, p, 8);
        found = word | (word - EVERY_BYTE(0x20)) | ((word ^ EVERY_BYTE('"')) - EVERY_BYTE(1)) |
                ((word ^ EVERY_BYTE('\\')) - EVERY_BYTE(1));
        found &= EVERY_BYTE(0x80);
        if (found != 0)
            return p + __builtin_ctzll(found) / 8;
        p += 8;
    }
    while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
           *p != '\\')
        p++;
    return p;
}

/* The same with valid UTF-8 in it. */
static const char *text_run(const char *p, const char *end)
{
    for (;;) {
        uint32_t code;
        size_t length;

        p = ascii_run(p, end);
        if (p == end || (unsigned char)*p < 0x80)
            return p;
        length = pwi_utf8_decode(p, (size_t)(end - p), &code);
        if (length == 0)
            return p;
        p += length;
    }
}

/* The four hex digits of an escape, which begins at `at` + begin. */
static pw_status read_hex(pwi_json *json, size_t begin, uint32_t *code)
{
    pwi_json_source *source = &json->state->source;
    const size_t loaded = (size_t)(source->end - source->at);

    *code = 0;
    for (size_t i = begin; i < begin + 4; i++) {
        const char c = i < loaded ? source->at[i] : '\0';

        if (c >= '0' && c <= '9') {
            *code = *code << 4 | (uint32_t)(c - '0');
        } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
            *code = *code << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        } else {
            source->at += i < loaded ? i : loaded;
            return pwi_json_unexpected(json, "a hexadecimal digit of \\u");
        }
    }
    return PW_OK;
}

/* \uXXXX, or \uXXXX\uXXXX for characters over U+FFFF (RFC 8259, section 7). */
static pw_status read_unicode(pwi_json *json, uint32_t *code)
{
    pwi_json_source *source = &json->state->source;
    const uint64_t offset = pwi_json_source_offset(source);
    uint32_t low;

    PWI_TRY(pwi_json_source_want(source, 12, &json->state->failure));
    PWI_TRY(read_hex(json, 2, code));
    if (*code < 0xD800 || *code >= 0xE000) {
        source->at += 6;
        return PW_OK;
    }
    if (*code < 0xDC00 && source->end - source->at >= 8 && source->at[6] == '\\' &&
        source->at[7] == 'u') {
        PWI_TRY(read_hex(json, 8, &low));
        if (low >= 0xDC00 && low < 0xE000) {
            *code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
            source->at += 12;
            return PW_OK;
        }
    }
    return pwi_json_fail_at(json, PW_ERR_JSON, offset,
                            "this \\u escape is half of a surrogate pair without the other "
                            "half, so it is no character");
}

static pw_status read_escape(pwi_json *json)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    pwi_json_source *source = &json->state->source;
    const char *name;
    char bytes[4];
    uint32_t code;

    json->has_escapes = true;
    PWI_TRY(pwi_json_source_want(source, 2, &json->state->failure));
    if (source->end - source->at >= 2 && source->at[1] == 'u') {
        PWI_TRY(read_unicode(json, &code));
        return pwi_json_add(json, bytes, pwi_utf8_encode(code, bytes));
    }
    source->at++;
    name = source->at < source->end && *source->at != '\0' ? strchr(names, *source->at) : NULL;
    if (name == NULL)
        return pwi_json_unexpected(json, "one of \" \\ / b f n r t u after the backslash");
    source->at++;
    return pwi_json_add(json, values + (name - names), 1);
}

/* The rest of a string, with its closing quote. What this calls would cost short strings
 * registers: so not inline. */
static __attribute__((noinline)) pw_status read_to_quote(pwi_json *json)
{
    pwi_json_source *source = &json->state->source;

    for (;;) {
        const char *run = text_run(source->at, source->end);

        PWI_TRY(pwi_json_take(json, (size_t)(run - source->at)));
        if (run < source->end && *run == '"')
            break;
        if (run < source->end && *run == '\\') {
            PWI_TRY(read_escape(json));
        } else if (source->end - run < 4 && pwi_json_source_has_more(source) &&
                   (run == source->end || (unsigned char)*run >= 0x80)) {
            /* A character may be cut by the window's end. */
            PWI_TRY(pwi_json_source_more(source, &json->state->failure));
        } else if (run < source->end && (unsigned char)*run < 0x20) {
            return pwi_json_fail_at(json, PW_ERR_JSON, pwi_json_source_offset(source),
                                    "a string holds a control character: JSON has it escaped, "
                                    "as \\n, \\t or \\u001f");
        } else {
            return pwi_json_unexpected(json, "the string's closing quote");
        }
    }
    source->at++;
    pwi_json_set_text(json);
    return PW_OK;
}

pw_status pwi_json_read_string(pwi_json *json)
{
    pwi_json_source *source = &json->state->source;
    const char *run = ascii_run(++source->at, source->end);

    /* Most strings are one short run of ASCII. */
    if (run == source->end || *run != '"' ||
        !pwi_json_take_short(json, (size_t)(run - source->at)))
        return read_to_quote(json);
    source->at++;
    pwi_json_set_text(json);
    return PW_OK;
}

/* A number that reaches the window's end: gather all of it first. */
static pw_status gather_number(pwi_json *json)
{
    struct pwi_json_state *state = json->state;
    pwi_json_source *source = &state->source;
    size_t size, room, wrong;
    const char *run, *expected;

    do {
        PWI_TRY(pwi_json_source_want(source, 1, &state->failure));
        for (run = source->at; run < source->end && pwi_is_number_byte(*run);)
            run++;
        size = (size_t)(run - source->at);
        room = state->string_bytes_max - state->text.size;
        PWI_TRY(pwi_json_take(json, size < room ? size : room));
    } while (size <= room && run == source->end && pwi_json_source_has_more(source));
    pwi_json_set_text(json);
    wrong = pwi_literal_read(&state->number, json->text, json->size, &expected);
    if (wrong < json->size)
        return pwi_json_unexpected_byte(json, json->offset + wrong, json->text[wrong],
                                        expected);
    if (size > room)
        return pwi_json_too_long(json);
    return expected != NULL ? pwi_json_unexpected(json, expected) : PW_OK;
}

pw_status pwi_json_read_number(pwi_json *json)
{
    struct pwi_json_state *state = json->state;
    pwi_json_source *source = &state->source;
    const size_t loaded = (size_t)(source->end - source->at);
    const char *expected;
    const size_t size = pwi_literal_read(&state->number, source->at, loaded, &expected);

    if (size == loaded && pwi_json_source_has_more(source))
        return gather_number(json);
    if (size + (expected != NULL && size < loaded && pwi_is_number_byte(source->at[size])) >
        state->string_bytes_max)
        return pwi_json_too_long(json);
    if (expected != NULL) {
        source->at += size;
        return pwi_json_unexpected(json, expected);
    }
    PWI_TRY(pwi_json_take(json, size));
    pwi_json_set_text(json);
    return PW_OK;
}
