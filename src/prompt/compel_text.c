/* SPDX-License-Identifier: MIT */
/* The pass before Compel's grammar: "a,b" becomes "a, b". As in the original, the character
 * after a comma is taken along, so of two commas only the first gets a space. */
#include "prompt/compel_text.h"

#include <stdbool.h>

#include "base/utf8.h"
#include "prompt/compel.h"
#include "text/text.h"

static bool is_space_at(const char *prompt, size_t size, size_t at, size_t *length)
{
    uint32_t code;

    *length = pwi_utf8_decode(prompt + at, size - at, &code);
    return *length > 0 && pwi_is_space_python(code);
}

static pw_status check(const char *prompt, size_t size, pw_error *err)
{
    const size_t valid = pwi_utf8_valid_prefix(prompt, size);

    if (size > PWI_COMPEL_BYTES_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "the prompt has %zu bytes, and one of the compel dialect may have %zu: "
                        "shorten it",
                        size, PWI_COMPEL_BYTES_MAX);
    if (valid < size)
        return pwi_fail_at(err, PW_ERR_UTF8, valid,
                           "byte %zu of the prompt is not UTF-8: save the text as UTF-8",
                           valid);
    return PW_OK;
}

pw_status pwi_compel_text_prepare(pwi_compel_text *out, const char *prompt, size_t size,
                                  pwi_arena *arena, pw_error *err)
{
    size_t n = 0, length;
    uint32_t *source;
    char *bytes;

    PWI_TRY(check(prompt, size, err));
    bytes = pwi_arena_alloc(arena, 2 * size + 1);
    source = pwi_arena_alloc(arena, (2 * size + 1) * sizeof(*source));
    if (bytes == NULL || source == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < size; i++) {
        source[n] = (uint32_t)i;
        bytes[n++] = prompt[i];
        if (prompt[i] != ',' || i + 1 == size || is_space_at(prompt, size, i + 1, &length))
            continue;
        source[n] = (uint32_t)i;
        bytes[n++] = ' ';
        source[n] = (uint32_t)++i;
        bytes[n++] = prompt[i];
    }
    bytes[n] = '\0';
    source[n] = (uint32_t)size;
    *out = (pwi_compel_text){bytes, source, (uint32_t)n};
    return PW_OK;
}
