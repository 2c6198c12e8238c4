/* SPDX-License-Identifier: MIT */
/* Lower case in two traditions: Rust's, character by character, and Python's str.lower, which
 * also knows the final sigma (encoders.md 1.4). */
#include "text/properties.h"
#include "text/steps.h"

#define DOTTED_CAPITAL_I 0x130 /* the only character whose lower case is two */
#define DOT_ABOVE        0x307
#define CAPITAL_SIGMA    0x3A3
#define SMALL_SIGMA      0x3C3
#define FINAL_SIGMA      0x3C2

/* `known` says whose table: PWI_LOWER or PWI_LOWER_14. */
static uint32_t lower_of(uint32_t code, enum pwi_property known)
{
    if (code < 0x80)
        return code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
    if (!pwi_has_property(code, known))
        return code;
    return pwi_mapping_find(pwi_lower_table, pwi_n_lower, code)->to[0];
}

static void put_lower(pwi_text *out, const pwi_char *c, enum pwi_property known)
{
    if (c->code == DOTTED_CAPITAL_I) {
        pwi_text_put(out, 'i', c->begin, c->end);
        pwi_text_put(out, DOT_ABOVE, c->begin, c->end);
    } else {
        pwi_text_put(out, lower_of(c->code, known), c->begin, c->end);
    }
}

void pwi_text_lower_rust(pwi_text *out, const pwi_text *in)
{
    if (!pwi_text_begin(out, in))
        return;
    for (size_t i = 0; i < in->n; i++)
        put_lower(out, &in->chars[i], PWI_LOWER);
}

static bool is_ignorable(const pwi_text *in, size_t i)
{
    return pwi_has_property(in->chars[i].code, PWI_CASE_IGNORABLE);
}

/* A sigma is final when a cased letter stands before it and none behind it, case-ignorable
 * characters left out of account. */
static bool is_final_sigma(const pwi_text *in, size_t i)
{
    size_t before = i, behind = i + 1;

    while (before > 0 && is_ignorable(in, before - 1))
        before--;
    if (before == 0 || !pwi_has_property(in->chars[before - 1].code, PWI_CASED))
        return false;
    while (behind < in->n && is_ignorable(in, behind))
        behind++;
    return behind == in->n || !pwi_has_property(in->chars[behind].code, PWI_CASED);
}

void pwi_text_lower_python(pwi_text *out, const pwi_text *in)
{
    if (!pwi_text_begin(out, in))
        return;
    for (size_t i = 0; i < in->n; i++) {
        const pwi_char *c = &in->chars[i];

        if (c->code == CAPITAL_SIGMA)
            pwi_text_put(out, is_final_sigma(in, i) ? FINAL_SIGMA : SMALL_SIGMA, c->begin,
                         c->end);
        else
            put_lower(out, c, PWI_LOWER_14);
    }
}
