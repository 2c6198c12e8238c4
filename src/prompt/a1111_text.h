/* SPDX-License-Identifier: MIT */
/* A prompt on its way through text passes: passes drop bytes and choose between them, and every
 * byte still knows where in the prompt it stood. With it what the passes share of Python's
 * regular expressions: \s, \b and \d of Unicode strings. */
#ifndef PWI_PROMPT_A1111_TEXT_H
#define PWI_PROMPT_A1111_TEXT_H

#include "base/arena.h"
#include "base/error.h"

typedef struct pwi_prompt_text {
    const char *text;       /* size bytes of UTF-8, not terminated */
    const uint32_t *source; /* [size] byte of the prompt */
    size_t size;
} pwi_prompt_text;

/* The prompt itself, before any pass. The bytes stay the caller's. PW_ERR_LIMIT over
 * PW_PROMPT_BYTES_MAX, PW_ERR_NO_MEMORY. */
pw_status pwi_prompt_text_whole(pwi_prompt_text *out, pwi_arena *arena, const char *prompt,
                                size_t size, pw_error *err);

/* Bytes [begin, end) of it; regular expressions see nothing outside. */
static inline pwi_prompt_text pwi_prompt_text_slice(const pwi_prompt_text *text, size_t begin,
                                                    size_t end)
{
    return (pwi_prompt_text){text->text + begin, text->source + begin, end - begin};
}

/* What a pass writes; it never writes more than `capacity` bytes. */
typedef struct pwi_prompt_writer {
    char *text;
    uint32_t *source;
    size_t size, capacity;
} pwi_prompt_writer;

pw_status pwi_prompt_writer_open(pwi_prompt_writer *writer, pwi_arena *arena, size_t capacity,
                                 pw_error *err);
void pwi_prompt_writer_copy(pwi_prompt_writer *writer, const pwi_prompt_text *from,
                            size_t begin, size_t end);
void pwi_prompt_writer_byte(pwi_prompt_writer *writer, char byte, uint32_t source);
pwi_prompt_text pwi_prompt_writer_text(const pwi_prompt_writer *writer);

/* The character at `at` and its bytes; a byte that is no UTF-8 is a character of its own, in no
 * class. at < size. */
size_t pwi_prompt_char(const pwi_prompt_text *text, size_t at, uint32_t *code);

/* \s*: the end of the white space at `at`, and the begin of the white space that ends there,
 * not before `floor`. */
size_t pwi_prompt_skip_space(const pwi_prompt_text *text, size_t at);
size_t pwi_prompt_before_space(const pwi_prompt_text *text, size_t at, size_t floor);

/* \w of Unicode strings: str.isalnum or "_". */
bool pwi_is_word_char(uint32_t code);

/* The next \bWORD\b from `from` on, or text->size. WORD is ASCII letters. */
size_t pwi_prompt_find_word(const pwi_prompt_text *text, size_t from, const char *word);

/* \d*: the end of the digits at `at`, those of any script. */
size_t pwi_prompt_skip_digits(const pwi_prompt_text *text, size_t at);

#endif
