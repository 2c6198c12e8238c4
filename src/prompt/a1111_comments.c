/* SPDX-License-Identifier: MIT */
/* Comments: two replacements, one after the other, as the original does them; the second also
 * meets the line comments that the first one has made the newline of. */
#include "prompt/a1111_passes.h"

#include <string.h>

/* Where the next comment begins, or text->size. A comment line begins with the newline before
 * it, which a match that ended there (`from`) has used up. */
static size_t find_comment(const pwi_prompt_text *text, size_t from, bool whole_line)
{
    for (size_t at = from; at < text->size; at++) {
        const char *hash = memchr(text->text + at, '#', text->size - at);

        if (hash == NULL)
            break;
        at = (size_t)(hash - text->text);
        if (!whole_line || at == 0)
            return at;
        if (at > from && text->text[at - 1] == '\n')
            return at - 1;
    }
    return text->size;
}

/* The end of the comment whose first byte (the newline before it, or `#`) is at `at`: behind
 * the line end. */
static size_t comment_end(const pwi_prompt_text *text, size_t at)
{
    const char *newline;

    at += text->text[at] == '\n';
    newline = memchr(text->text + at, '\n', text->size - at);
    return newline != NULL ? (size_t)(newline - text->text) + 1 : text->size;
}

static pw_status replace(pwi_prompt_text *out, pwi_arena *arena, const pwi_prompt_text *text,
                         bool whole_line, pw_error *err)
{
    size_t from = 0;
    pwi_prompt_writer writer;

    PWI_TRY(pwi_prompt_writer_open(&writer, arena, text->size, err));
    while (from < text->size) {
        const size_t at = find_comment(text, from, whole_line);

        pwi_prompt_writer_copy(&writer, text, from, at);
        if (at == text->size)
            break;
        pwi_prompt_writer_byte(&writer, '\n', text->source[at]);
        from = comment_end(text, at);
    }
    *out = pwi_prompt_writer_text(&writer);
    return PW_OK;
}

pw_status pwi_a1111_strip_comments(pwi_prompt_text *out, pwi_arena *arena,
                                   const pwi_prompt_text *text, pw_error *err)
{
    pwi_prompt_text without_lines;

    *out = *text;
    if (text->size == 0 || memchr(text->text, '#', text->size) == NULL)
        return PW_OK;
    PWI_TRY(replace(&without_lines, arena, text, true, err));
    return replace(out, arena, &without_lines, false, err);
}
