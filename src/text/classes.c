/* SPDX-License-Identifier: MIT */
/* Character classes, and the search in the tables of mappings. */
#include "text/properties.h"
#include "text/text.h"

bool pwi_is_letter(uint32_t code)
{
    return pwi_has_property(code, PWI_LETTER);
}

bool pwi_is_number(uint32_t code)
{
    return pwi_has_property(code, PWI_NUMBER);
}

bool pwi_is_space(uint32_t code)
{
    return pwi_has_property(code, PWI_SPACE);
}

bool pwi_is_letter_python(uint32_t code)
{
    return pwi_has_property(code, PWI_LETTER_15);
}

bool pwi_is_number_python(uint32_t code)
{
    return pwi_has_property(code, PWI_NUMBER_15);
}

/* The four information separators are white space by their bidirectional class, which only
 * str.isspace and its kin ask. */
bool pwi_is_space_python(uint32_t code)
{
    return pwi_is_space(code) || (code >= 0x1C && code <= 0x1F);
}

const pwi_mapping *pwi_mapping_find(const pwi_mapping *table, size_t n, uint32_t code)
{
    size_t low = 0, high = n;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (table[middle].code == code)
            return &table[middle];
        if (table[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
