/* SPDX-License-Identifier: MIT */
/* Every cleaning step on arbitrary bytes, and a second step on its result (the first byte says
 * which). A finding is a crash, or a result that breaks a promise of text/text.h. */
#include <stdlib.h>

#include "base/utf8.h"
#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef void (*step)(pwi_text *out, const pwi_text *in);

static const step steps[] = {
    pwi_text_nfc,
    pwi_text_lower_rust,
    pwi_text_lower_python,
    pwi_text_collapse_space,
    pwi_text_python_split_join,
    pwi_text_python_strip,
    pwi_text_bert_clean,
    pwi_text_space_cjk,
    pwi_text_ftfy,
    pwi_text_html_unescape,
};

enum {
    N_STEPS = sizeof(steps) / sizeof(*steps)
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* Whether a character of the prompt begins at this offset, or the prompt ends. */
static bool is_boundary(const char *bytes, size_t size, uint32_t offset)
{
    return offset == size || (offset < size && ((unsigned char)bytes[offset] & 0xC0) != 0x80);
}

static void check(const pwi_text *text, const char *bytes, size_t size)
{
    require(!text->failed);
    for (size_t i = 0; i < text->n; i++) {
        const pwi_char *c = &text->chars[i];

        require(c->code <= 0x10FFFF && !(c->code >= 0xD800 && c->code < 0xE000));
        require(c->begin <= c->end && c->end <= size);
        require(is_boundary(bytes, size, c->begin) && is_boundary(bytes, size, c->end));
        require(i == 0 || (c[-1].begin <= c->begin && c[-1].end <= c->end));
    }
}

/* What is normalised stays as it is, ranges too. */
static void check_nfc_is_stable(const pwi_text *text, pwi_text *once, pwi_text *twice)
{
    pwi_text_nfc(once, text);
    pwi_text_nfc(twice, once);
    require(once->n == twice->n);
    for (size_t i = 0; i < once->n; i++)
        require(once->chars[i].code == twice->chars[i].code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t i_second = size > 0 ? data[0] % (size_t)N_STEPS : 0;
    const char *bytes = (const char *)data;
    pwi_text text, once, twice;
    pw_error err;

    pwi_text_init(&text, &pwi_malloc_allocator);
    pwi_text_init(&once, &pwi_malloc_allocator);
    pwi_text_init(&twice, &pwi_malloc_allocator);
    if (pwi_text_decode(&text, bytes, size, 0, &err) == PW_OK) {
        check(&text, bytes, size);
        for (size_t i = 0; i < N_STEPS; i++) {
            steps[i](&once, &text);
            check(&once, bytes, size);
            steps[i_second](&twice, &once);
            check(&twice, bytes, size);
        }
        check_nfc_is_stable(&text, &once, &twice);
    } else {
        require(err.status == PW_ERR_UTF8);
        require(err.offset == pwi_utf8_valid_prefix(bytes, size));
    }
    pwi_text_free(&text);
    pwi_text_free(&once);
    pwi_text_free(&twice);
    return 0;
}
