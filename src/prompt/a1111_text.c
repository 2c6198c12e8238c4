/* SPDX-License-Identifier: MIT */
/* Texts with their source, and Python's character classes on them. Python 3.11's re takes
 * str.isalnum, str.isspace and str.isdecimal for its classes (compared for every code point).
 */
#include "prompt/a1111_text.h"

#include <string.h>

#include <padwise/prompt.h>

#include "base/checked.h"
#include "base/utf8.h"
#include "text/properties.h"
#include "text/text.h"

pw_status pwi_prompt_text_whole(pwi_prompt_text *out, pwi_arena *arena, const char *prompt,
                                size_t size, pw_error *err)
{
    uint32_t *source;

    if (size > PW_PROMPT_BYTES_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "the prompt has %zu bytes, but prompts have at most %u "
                        "(PW_PROMPT_BYTES_MAX): shorten it",
                        size, PW_PROMPT_BYTES_MAX);
    source = pwi_arena_alloc(arena, size * sizeof(*source));
    if (source == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < size; i++)
        source[i] = (uint32_t)i;
    *out = (pwi_prompt_text){size > 0 ? prompt : "", source, size};
    return PW_OK;
}

pw_status pwi_prompt_writer_open(pwi_prompt_writer *writer, pwi_arena *arena, size_t capacity,
                                 pw_error *err)
{
    size_t bytes;

    *writer = (pwi_prompt_writer){NULL, NULL, 0, capacity};
    if (!pwi_mul_size(capacity, sizeof(*writer->source), &bytes))
        return pwi_fail_memory(err);
    writer->text = pwi_arena_alloc(arena, capacity);
    writer->source = pwi_arena_alloc(arena, bytes);
    return writer->text != NULL && writer->source != NULL ? PW_OK : pwi_fail_memory(err);
}

void pwi_prompt_writer_copy(pwi_prompt_writer *writer, const pwi_prompt_text *from,
                            size_t begin, size_t end)
{
    const size_t size = end - begin;

    PW_ASSERT(begin <= end && end <= from->size && size <= writer->capacity - writer->size);
    memcpy(writer->text + writer->size, from->text + begin, size);
    memcpy(writer->source + writer->size, from->source + begin, size * sizeof(*from->source));
    writer->size += size;
}

void pwi_prompt_writer_byte(pwi_prompt_writer *writer, char byte, uint32_t source)
{
    PW_ASSERT(writer->size < writer->capacity);
    writer->text[writer->size] = byte;
    writer->source[writer->size++] = source;
}

pwi_prompt_text pwi_prompt_writer_text(const pwi_prompt_writer *writer)
{
    return (pwi_prompt_text){writer->text, writer->source, writer->size};
}

size_t pwi_prompt_char(const pwi_prompt_text *text, size_t at, uint32_t *code)
{
    const size_t n = pwi_utf8_decode(text->text + at, text->size - at, code);

    if (n > 0)
        return n;
    *code = PWI_CODE_MAX + 1;
    return 1;
}

/* The character that ends at `end`, and where it begins. end > 0. */
static size_t char_before(const pwi_prompt_text *text, size_t end, uint32_t *code)
{
    size_t begin = end - 1;

    while (begin > 0 && end - begin < 4 && ((unsigned char)text->text[begin] & 0xC0) == 0x80)
        begin--;
    if (begin + pwi_prompt_char(text, begin, code) == end)
        return begin;
    *code = PWI_CODE_MAX + 1;
    return end - 1;
}

size_t pwi_prompt_skip_space(const pwi_prompt_text *text, size_t at)
{
    while (at < text->size) {
        uint32_t code;
        const size_t n = pwi_prompt_char(text, at, &code);

        if (!pwi_is_space_python(code))
            break;
        at += n;
    }
    return at;
}

size_t pwi_prompt_before_space(const pwi_prompt_text *text, size_t at, size_t floor)
{
    while (at > floor) {
        uint32_t code;
        const size_t begin = char_before(text, at, &code);

        if (!pwi_is_space_python(code) || begin < floor)
            break;
        at = begin;
    }
    return at;
}

bool pwi_is_word_char(uint32_t code)
{
    return pwi_is_letter(code) || pwi_is_number(code) || code == '_';
}

static bool is_word_before(const pwi_prompt_text *text, size_t at)
{
    uint32_t code;

    if (at == 0)
        return false;
    char_before(text, at, &code);
    return pwi_is_word_char(code);
}

static bool is_word_at(const pwi_prompt_text *text, size_t at)
{
    uint32_t code;

    if (at == text->size)
        return false;
    pwi_prompt_char(text, at, &code);
    return pwi_is_word_char(code);
}

size_t pwi_prompt_skip_digits(const pwi_prompt_text *text, size_t at)
{
    while (at < text->size) {
        uint32_t code;
        const size_t n = pwi_prompt_char(text, at, &code);

        if (!pwi_has_property(code, PWI_DECIMAL))
            break;
        at += n;
    }
    return at;
}

size_t pwi_prompt_find_word(const pwi_prompt_text *text, size_t from, const char *word)
{
    const size_t size = strlen(word);

    while (text->size - from >= size) {
        const char *found = memchr(text->text + from, word[0], text->size - from - size + 1);

        if (found == NULL)
            break;
        from = (size_t)(found - text->text);
        if (memcmp(found, word, size) == 0 && !is_word_before(text, from) &&
            !is_word_at(text, from + size))
            return from;
        from++;
    }
    return text->size;
}
