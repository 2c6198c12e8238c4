/* SPDX-License-Identifier: MIT */
/* A strict reader for the little JSON that prompt files hold. Values of other fields are
 * skipped, however deep, without recursion. */
#include "prompt_line.h"

#include <stdlib.h>
#include <string.h>

#include "show.h"

struct reader {
    const char *bytes;
    size_t size, i;
    struct pool *pool;
    const char *what; /* first complaint */
    size_t column;
    bool no_memory;
    bool keeps_tokens; /* of a manifest */
};

static bool complain(struct reader *reader, const char *what)
{
    if (reader->what == NULL) {
        reader->what = what;
        reader->column = reader->i + 1;
    }
    return false;
}

static char peek(const struct reader *reader)
{
    return reader->i < reader->size ? reader->bytes[reader->i] : '\0';
}

static void skip_space(struct reader *reader)
{
    while (reader->i < reader->size && strchr(" \t\r\n", reader->bytes[reader->i]) != NULL &&
           reader->bytes[reader->i] != '\0')
        reader->i++;
}

static bool take(struct reader *reader, char c)
{
    skip_space(reader);
    if (reader->i >= reader->size || reader->bytes[reader->i] != c)
        return false;
    reader->i++;
    return true;
}

static bool hex4(struct reader *reader, uint32_t *code)
{
    static const char digits[] = "0123456789abcdef";

    *code = 0;
    for (int n = 0; n < 4; n++, reader->i++) {
        const char c = peek(reader);
        const char lower = c >= 'A' && c <= 'F' ? (char)(c + 32) : c;
        const char *digit = lower == '\0' ? NULL : strchr(digits, lower);

        if (digit == NULL)
            return complain(reader, "\\u needs four hexadecimal digits");
        *code = *code << 4 | (uint32_t)(digit - digits);
    }
    return true;
}

static size_t put_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 63));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 63));
        out[2] = (char)(0x80 | (code & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 63));
    out[2] = (char)(0x80 | (code >> 6 & 63));
    out[3] = (char)(0x80 | (code & 63));
    return 4;
}

/* After the backslash. */
static bool escape(struct reader *reader, char *out, size_t *n)
{
    static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char c = peek(reader);
    const char *letter = c == '\0' ? NULL : strchr(letters, c);
    uint32_t code = 0, low = 0;

    reader->i++;
    if (letter != NULL) {
        out[(*n)++] = values[letter - letters];
        return true;
    }
    if (c != 'u')
        return complain(reader, "an escape that JSON does not have");
    if (!hex4(reader, &code))
        return false;
    if (code >= 0xD800 && code < 0xDC00) {
        if (peek(reader) == '\\' && reader->i + 1 < reader->size &&
            reader->bytes[reader->i + 1] == 'u') {
            reader->i += 2;
            if (!hex4(reader, &low))
                return false;
        }
        if (low < 0xDC00 || low > 0xDFFF)
            return complain(reader, "half of a surrogate pair");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code < 0xE000) {
        return complain(reader, "half of a surrogate pair");
    }
    *n += put_utf8(out + *n, code);
    return true;
}

/* A string after its first quote. No escape makes a string longer than it stands there. */
static bool read_string(struct reader *reader, pw_text *text)
{
    char *out = pool_take(reader->pool, reader->size - reader->i + 1);
    size_t n = 0;

    if (out == NULL) {
        reader->no_memory = true;
        return false;
    }
    for (;;) {
        const char c = peek(reader);
        uint32_t code = 0;
        size_t taken;

        if (reader->i >= reader->size)
            return complain(reader, "the string has no end");
        if ((unsigned char)c < 0x20)
            return complain(reader, "a control character in a string");
        taken = utf8_next(reader->bytes + reader->i, reader->size - reader->i, &code);
        if (taken == 0)
            return complain(reader, "bytes that are not UTF-8");
        reader->i += c == '"' || c == '\\' ? 1 : 0;
        if (c == '"')
            break;
        if (c == '\\') {
            if (!escape(reader, out, &n))
                return false;
            continue;
        }
        memcpy(out + n, reader->bytes + reader->i, taken);
        n += taken;
        reader->i += taken;
    }
    *text = (pw_text){out, n};
    return true;
}

/* null, true, false or a number: its text. */
static bool read_bare(struct reader *reader, pw_text *text)
{
    const size_t start = reader->i;

    while (reader->i < reader->size && peek(reader) != '\0' &&
           strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", peek(reader)) != NULL)
        reader->i++;
    *text = (pw_text){reader->bytes + start, reader->i - start};
    return text->size > 0 || complain(reader, "a value is missing");
}

static bool is_integer(pw_text text)
{
    const size_t sign = text.size > 1 && text.bytes[0] == '-';

    for (size_t i = sign; i < text.size; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
    }
    return text.size > 0;
}

/* Any value of a field that we do not know: its brackets must match, its strings be strings.
 * Open brackets are bits of a word, 1 for "{": the depth is limited to its 64. */
static bool skip_value(struct reader *reader)
{
    struct pool scratch = {0};
    struct pool *const pool = reader->pool;
    uint64_t open = 0;
    size_t depth = 0;
    bool ok = true;
    pw_text text = {NULL, 0};

    reader->pool = &scratch;
    do {
        if (take(reader, '"')) {
            ok = read_string(reader, &text);
        } else if (take(reader, '{') || take(reader, '[')) {
            ok = ++depth <= 64 || complain(reader, "nested too deep");
            open = open << 1 | (reader->bytes[reader->i - 1] == '{');
        } else if (depth > 0 && take(reader, (open & 1) != 0 ? '}' : ']')) {
            open >>= 1;
            depth--;
        } else if (depth == 0 || (!take(reader, ',') && !take(reader, ':'))) {
            ok = read_bare(reader, &text);
        }
    } while (ok && depth > 0);
    pool_free(&scratch);
    reader->pool = pool;
    return ok;
}

static pw_text *field_of(struct prompt_line *line, pw_text key)
{
    const struct {
        const char *name;
        pw_text *text;
    } fields[] = {
        {"prompt", &line->prompt.prompt},
        {"negative", &line->prompt.negative},
        {"prompt_2", &line->prompt.prompt_2},
        {"prompt_3", &line->prompt.prompt_3},
        {"negative_2", &line->prompt.negative_2},
        {"negative_3", &line->prompt.negative_3},
        {"id", &line->id},
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        if (strlen(fields[i].name) == key.size &&
            memcmp(fields[i].name, key.bytes, key.size) == 0)
            return fields[i].text;
    }
    return NULL;
}

/* The value of a known field: a string, null (absent), and for the id a whole number. */
static bool read_field(struct reader *reader, struct prompt_line *line, pw_text *field)
{
    pw_text bare = {NULL, 0};

    if (field->bytes != NULL)
        return complain(reader, "a field stands there twice");
    skip_space(reader);
    if (take(reader, '"'))
        return read_string(reader, field);
    if (!read_bare(reader, &bare))
        return false;
    if (bare.size == 4 && memcmp(bare.bytes, "null", 4) == 0)
        return true;
    if (field != &line->id || !is_integer(bare))
        return complain(reader, field == &line->id ? "id must be a string or a whole number"
                                                   : "this field must be a string");
    field->bytes = pool_copy(reader->pool, bare.bytes, bare.size);
    field->size = bare.size;
    reader->no_memory = field->bytes == NULL;
    return field->bytes != NULL;
}

static bool key_is(pw_text key, const char *name)
{
    return key.size == strlen(name) && memcmp(key.bytes, name, key.size) == 0;
}

/* A field that no line of prompts has: what a manifest says of the tokens is kept as it is. */
static bool read_other(struct reader *reader, struct prompt_line *line, pw_text key)
{
    size_t begin;

    skip_space(reader);
    begin = reader->i;
    if (!skip_value(reader))
        return false;
    if (reader->keeps_tokens && key_is(key, "n_cut"))
        line->n_cut = strtoll(reader->bytes + begin, NULL, 10);
    if (!reader->keeps_tokens || !key_is(key, "chunks"))
        return true;
    line->chunks.size = reader->i - begin;
    line->chunks.bytes = pool_copy(reader->pool, reader->bytes + begin, line->chunks.size);
    reader->no_memory = line->chunks.bytes == NULL;
    return !reader->no_memory;
}

static bool read_object(struct reader *reader, struct prompt_line *line)
{
    pw_text key = {NULL, 0};

    if (!take(reader, '}')) {
        do {
            pw_text *field;

            if (!take(reader, '"'))
                return complain(reader, "a field's name is missing");
            if (!read_string(reader, &key))
                return false;
            if (!take(reader, ':'))
                return complain(reader, "\":\" is missing");
            field = field_of(line, key);
            if (!(field == NULL ? read_other(reader, line, key)
                                : read_field(reader, line, field)))
                return false;
        } while (take(reader, ','));
        if (!take(reader, '}'))
            return complain(reader, "\",\" or \"}\" is missing");
    }
    return line->prompt.prompt.bytes != NULL ||
           complain(reader, "the field \"prompt\" is missing");
}

bool prompt_line_parse(struct prompt_line *line, struct pool *pool, const char *bytes,
                       size_t size, const char **what, size_t *column)
{
    struct reader reader = {.bytes = bytes, .size = size, .pool = pool};
    bool ok;

    *line = (struct prompt_line){0};
    if (take(&reader, '"'))
        ok = read_string(&reader, &line->prompt.prompt);
    else if (take(&reader, '{'))
        ok = read_object(&reader, line);
    else
        ok = complain(&reader, "a line must be a JSON string or an object");
    if (ok) {
        skip_space(&reader);
        ok = reader.i == size || complain(&reader, "text after the value");
    }
    *what = reader.no_memory ? NULL : reader.what;
    *column = reader.column;
    return ok;
}

/* Prompt objects after the "[" of the manifest's list. */
static bool read_list(struct reader *reader, struct prompt_line **lines, size_t *n)
{
    size_t capacity = 0;

    if (take(reader, ']'))
        return true;
    do {
        struct prompt_line *grown =
            pool_grow(reader->pool, *lines, *n, &capacity, sizeof(**lines));

        reader->no_memory = grown == NULL;
        if (grown == NULL || !take(reader, '{'))
            return false;
        *lines = grown;
        grown[*n] = (struct prompt_line){0};
        if (!read_object(reader, &grown[*n]))
            return false;
        ++*n;
    } while (take(reader, ','));
    return take(reader, ']');
}

/* Walk over the manifest's fields to its list of prompts. */
static bool read_manifest(struct reader *reader, struct prompt_line **lines, size_t *n)
{
    pw_text key = {NULL, 0};

    if (!take(reader, '{'))
        return false;
    do {
        if (!take(reader, '"') || !read_string(reader, &key) || !take(reader, ':'))
            return false;
        if (key_is(key, "prompts") && take(reader, '['))
            return read_list(reader, lines, n);
        if (!skip_value(reader))
            return false;
    } while (take(reader, ','));
    return false;
}

bool prompt_lines_of_manifest(struct prompt_line **lines, size_t *n, struct pool *pool,
                              const char *json, size_t size)
{
    struct reader reader = {.bytes = json, .size = size, .pool = pool, .keeps_tokens = true};

    *lines = NULL;
    *n = 0;
    if (!read_manifest(&reader, lines, n))
        *n = 0;
    return !reader.no_memory;
}
