/* SPDX-License-Identifier: MIT */
/* Texts made safe to set. */
#include "plot/label.h"

#include <string.h>

#include <padwise/plot.h>

#include "base/buf.h"
#include "base/utf8.h"

/* Characters that move or end a line, or that XML forbids. */
static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 ||
           code == 0xFFFE || code == 0xFFFF;
}

static void append_clean(pwi_buf *clean, const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        uint32_t code;
        const size_t n = pwi_utf8_decode(text + at, size - at, &code);

        if (n == 0)
            pwi_buf_text(clean, "\xEF\xBF\xBD");
        else if (is_control(code))
            pwi_buf_byte(clean, ' ');
        else
            pwi_buf_append(clean, text + at, n);
        at += n > 0 ? n : 1;
    }
}

pw_status pwi_label_copy(pwi_arena *arena, const char *text, const char **out, pw_error *err)
{
    const size_t size = text != NULL ? strlen(text) : 0;
    pwi_buf clean;

    *out = "";
    if (size == 0)
        return PW_OK;
    if (size > PW_PLOT_TEXT_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "a text for a picture has %zu bytes, more than %zu: shorten it", size,
                        PW_PLOT_TEXT_MAX);
    pwi_buf_init(&clean, arena->allocator);
    append_clean(&clean, text, size);
    *out = clean.failed ? NULL : pwi_arena_string(arena, clean.data, clean.size);
    pwi_buf_free(&clean);
    return *out != NULL ? PW_OK : pwi_fail_memory(err);
}

size_t pwi_label_prefix(const char *text, size_t n_characters)
{
    const size_t size = strlen(text);
    size_t at = 0;
    uint32_t code;

    for (size_t i = 0; i < n_characters && at < size; i++)
        at += pwi_utf8_decode(text + at, size - at, &code);
    return at;
}
