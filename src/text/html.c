/* SPDX-License-Identifier: MIT */
/* Character references of HTML5 in the reading of Python's html.unescape: names may lack their
 * ";" where HTML always allowed that, and then the longest one counts; numbers that stand for
 * no character become U+FFFD or nothing. */
#include "text/html.h"

#include <string.h>

#include "text/properties.h"
#include "text/steps.h"

#define REPLACEMENT_CHARACTER 0xFFFD

const pwi_entity *pwi_entity_find(const pwi_entity *table, size_t n, const char *name,
                                  size_t size)
{
    size_t low = 0, high = n;
    char wanted[PWI_ENTITY_NAME_MAX + 1] = {0};

    if (size > PWI_ENTITY_NAME_MAX)
        return NULL;
    memcpy(wanted, name, size);
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(table[middle].name, wanted);

        if (order == 0)
            return &table[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void pwi_entity_put(pwi_text *out, const pwi_entity *entity, const pwi_text *in, size_t first,
                    size_t last)
{
    for (size_t i = 0; i < 3 && entity->to[i] != 0; i++)
        pwi_text_put_for(out, entity->to[i], in, first, last);
}

/* The value of a digit in base 10 or 16, or `base`. */
static uint32_t digit_value(uint32_t code, uint32_t base)
{
    if (code >= '0' && code <= '9')
        return code - '0';
    if (base == 16 && code >= 'a' && code <= 'f')
        return code - 'a' + 10;
    if (base == 16 && code >= 'A' && code <= 'F')
        return code - 'A' + 10;
    return base;
}

void pwi_references_read(pwi_text *out, const pwi_text *in, pwi_reference_fn put_number,
                         pwi_reference_fn put_named)
{
    if (!pwi_text_begin(out, in))
        return;
    for (size_t i = 0; i < in->n && !out->failed;) {
        size_t n_read = 0;

        if (pwi_text_is_at(in, i, '&'))
            n_read =
                pwi_text_is_at(in, i + 1, '#') ? put_number(out, in, i) : put_named(out, in, i);
        if (n_read == 0) {
            pwi_text_keep(out, in, i);
            n_read = 1;
        }
        i += n_read;
    }
}

/* Windows-1252, which pages that say "&#150;" mean; its five holes stay what they are. */
static uint32_t windows_1252(uint32_t code)
{
    static const uint16_t meaning[32] = {
        0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
        0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

    return meaning[code - 0x80];
}

/* Controls but white space, and noncharacters. */
static bool stands_for_nothing(uint32_t code)
{
    return (code < 0x20 && code != '\t' && code != '\n' && code != '\f' && code != '\r') ||
           code == 0x7F || (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE;
}

static uint32_t meaning_of(uint32_t number)
{
    if (number == 0 || number > PWI_CODE_MAX || (number >= 0xD800 && number < 0xE000))
        return REPLACEMENT_CHARACTER;
    if (number >= 0x80 && number < 0xA0)
        return windows_1252(number);
    return stands_for_nothing(number) ? PWI_NO_CHARACTER : number;
}

size_t pwi_entity_number(const pwi_text *text, size_t i, uint32_t *code)
{
    const bool is_hex = pwi_text_is_at(text, i + 2, 'x') || pwi_text_is_at(text, i + 2, 'X');
    const uint32_t base = is_hex ? 16 : 10;
    const size_t first = i + (is_hex ? 3 : 2);
    size_t end = first;
    uint32_t number = 0;

    if (!pwi_text_is_at(text, i, '&') || !pwi_text_is_at(text, i + 1, '#'))
        return 0;
    for (; end < text->n && digit_value(text->chars[end].code, base) < base; end++) {
        if (number <= PWI_CODE_MAX) /* more digits only make it worse */
            number = number * base + digit_value(text->chars[end].code, base);
    }
    *code = meaning_of(number);
    return end > first ? end - i : 0;
}

size_t pwi_entity_name(const pwi_text *text, size_t i, char *name, size_t size_max)
{
    size_t size = 0;

    for (; size < size_max && i + size < text->n; size++) {
        const uint32_t c = text->chars[i + size].code;

        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
            break;
        name[size] = (char)c;
    }
    return size;
}

static const pwi_entity *find_html5(const char *name, size_t size)
{
    return pwi_entity_find(pwi_html5_entities, pwi_n_html5_entities, name, size);
}

/* The longest legacy name that `name` begins with; *size becomes its size. */
static const pwi_entity *find_legacy(const char *name, size_t *size)
{
    if (*size > PWI_ENTITY_LEGACY_NAME_MAX)
        *size = PWI_ENTITY_LEGACY_NAME_MAX;
    for (; *size > 0; (*size)--) {
        const pwi_entity *entity = find_html5(name, *size);

        if (entity != NULL && entity->is_legacy)
            return entity;
    }
    return NULL;
}

/* Replace the reference by name at the "&" that is character i; characters read, 0 for none. */
static size_t put_named(pwi_text *out, const pwi_text *in, size_t i)
{
    char name[PWI_ENTITY_NAME_MAX];
    size_t size = pwi_entity_name(in, i + 1, name, sizeof(name));
    const pwi_entity *entity = NULL;
    size_t n_read = 0;

    if (pwi_text_is_at(in, i + 1 + size, ';')) {
        entity = find_html5(name, size);
        n_read = size + 2;
    }
    if (entity == NULL) {
        entity = find_legacy(name, &size);
        n_read = size + 1;
    }
    if (entity == NULL)
        return 0;
    pwi_entity_put(out, entity, in, i, i + n_read);
    return n_read;
}

static size_t put_number(pwi_text *out, const pwi_text *in, size_t i)
{
    uint32_t code;
    size_t n_read = pwi_entity_number(in, i, &code);

    if (n_read == 0)
        return 0;
    if (pwi_text_is_at(in, i + n_read, ';'))
        n_read++;
    if (code != PWI_NO_CHARACTER)
        pwi_text_put_for(out, code, in, i, i + n_read);
    return n_read;
}

void pwi_text_html_unescape(pwi_text *out, const pwi_text *in)
{
    pwi_references_read(out, in, put_number, put_named);
}
