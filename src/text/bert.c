/* SPDX-License-Identifier: MIT */
/* The cleaning of BERT's BasicTokenizer, as transformers 4 applies it to CLIP's text without
 * ftfy (encoders.md 1.3). Categories are those of Python 3.11: Unicode 14. */
#include "text/properties.h"
#include "text/steps.h"

#define REPLACEMENT_CHARACTER 0xFFFD

/* Category Zs is white space without the controls and the two separators. */
static bool is_space_separator(uint32_t code)
{
    return pwi_is_space(code) && !pwi_has_property(code, PWI_OTHER) && code != 0x2028 &&
           code != 0x2029;
}

static bool is_kept_control(uint32_t code)
{
    return code == '\t' || code == '\n' || code == '\r';
}

void pwi_text_bert_clean(pwi_text *out, const pwi_text *in)
{
    if (!pwi_text_begin(out, in))
        return;
    for (size_t i = 0; i < in->n; i++) {
        const pwi_char *c = &in->chars[i];

        if (is_kept_control(c->code) || is_space_separator(c->code))
            pwi_text_put(out, ' ', c->begin, c->end);
        else if (c->code != REPLACEMENT_CHARACTER && !pwi_has_property(c->code, PWI_OTHER))
            pwi_text_keep(out, in, i);
    }
}

static bool is_cjk(uint32_t code)
{
    static const uint32_t ranges[][2] = {
        {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xF900, 0xFAFF},   {0x20000, 0x2A6DF},
        {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B820, 0x2CEAF}, {0x2F800, 0x2FA1F},
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return true;
    }
    return false;
}

/* A space between two characters, before character i. It stands for no bytes; where both
 * neighbours stand for the same bytes there is no place between them, and it takes theirs. */
static void put_space_before(pwi_text *out, const pwi_text *in, size_t i)
{
    const uint32_t begin = i < in->n ? in->chars[i].begin : in->chars[i - 1].end;
    const uint32_t end = i > 0 ? in->chars[i - 1].end : begin;

    pwi_text_put(out, ' ', begin, end > begin ? end : begin);
}

void pwi_text_space_cjk(pwi_text *out, const pwi_text *in)
{
    if (!pwi_text_begin(out, in))
        return;
    for (size_t i = 0; i < in->n; i++) {
        const pwi_char *c = &in->chars[i];

        if (!is_cjk(c->code)) {
            pwi_text_keep(out, in, i);
            continue;
        }
        put_space_before(out, in, i);
        pwi_text_keep(out, in, i);
        put_space_before(out, in, i + 1);
    }
}
