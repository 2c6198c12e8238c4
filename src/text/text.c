/* SPDX-License-Identifier: MIT */
/* The text as an array of traced characters, and how it is read from UTF-8. */
#include "text/text.h"

#include <padwise/tokenizer.h>
#include <string.h>

#include "base/checked.h"
#include "base/utf8.h"
#include "text/steps.h"

#define CAPACITY_MIN 64

void pwi_text_init(pwi_text *text, const pw_allocator *allocator)
{
    *text = (pwi_text){.allocator = allocator};
}

void pwi_text_free(pwi_text *text)
{
    pwi_free_array(text->allocator, text->chars, text->capacity, sizeof(*text->chars));
    pwi_text_init(text, text->allocator);
}

void pwi_text_clear(pwi_text *text)
{
    text->n = 0;
    text->failed = false;
}

static bool grow(pwi_text *text, size_t needed)
{
    size_t capacity = text->capacity < CAPACITY_MIN ? CAPACITY_MIN : text->capacity;
    pwi_char *chars;

    while (capacity < needed)
        capacity += capacity / 2;
    chars =
        pwi_grow_array(text->allocator, text->chars, text->capacity, capacity, sizeof(*chars));
    if (chars == NULL) {
        text->failed = true;
        return false;
    }
    text->chars = chars;
    text->capacity = capacity;
    return true;
}

/* Room for `extra` more characters. Texts are at most a few times PW_TEXT_BYTES_MAX long, so
 * the sum does not wrap. */
static bool reserve(pwi_text *text, size_t extra)
{
    if (text->failed)
        return false;
    return text->n + extra <= text->capacity || grow(text, text->n + extra);
}

void pwi_text_put(pwi_text *text, uint32_t code, uint32_t begin, uint32_t end)
{
    PW_ASSERT(begin <= end);
    if (reserve(text, 1))
        text->chars[text->n++] = (pwi_char){code, begin, end};
}

bool pwi_text_begin(pwi_text *out, const pwi_text *in)
{
    PW_ASSERT(out != in);
    out->n = 0;
    out->failed |= in->failed;
    return !out->failed;
}

void pwi_text_copy(pwi_text *out, const pwi_text *in, size_t first, size_t last)
{
    const size_t n = last - first;

    PW_ASSERT(first <= last && last <= in->n);
    if (n == 0 || !reserve(out, n))
        return;
    memcpy(out->chars + out->n, in->chars + first, n * sizeof(*in->chars));
    out->n += n;
}

void pwi_text_put_for(pwi_text *out, uint32_t code, const pwi_text *in, size_t first,
                      size_t last)
{
    PW_ASSERT(first < last && last <= in->n);
    pwi_text_put(out, code, in->chars[first].begin, in->chars[last - 1].end);
}

pw_status pwi_text_decode(pwi_text *out, const char *bytes, size_t size, uint32_t base,
                          pw_error *err)
{
    PW_ASSERT(size <= PW_TEXT_BYTES_MAX);
    pwi_text_clear(out);
    for (size_t i = 0; i < size && !out->failed;) {
        uint32_t code;
        const uint32_t begin = base + (uint32_t)i;
        const size_t length = pwi_utf8_decode(bytes + i, size - i, &code);

        if (length == 0)
            return pwi_fail_at(err, PW_ERR_UTF8, begin,
                               "the text is not valid UTF-8 at byte %u: save it as UTF-8",
                               (unsigned)begin);
        pwi_text_put(out, code, begin, begin + (uint32_t)length);
        i += length;
    }
    return out->failed ? pwi_fail_memory(err) : PW_OK;
}
