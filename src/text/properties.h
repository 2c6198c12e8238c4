/* SPDX-License-Identifier: MIT */
/* Properties of characters as the mirrored tools saw them, and the tables behind them
 * (unicode_table.c, made by scripts/gen_unicode.py). A property is looked up in two stages, so
 * it costs the same for every character. */
#ifndef PWI_TEXT_PROPERTIES_H
#define PWI_TEXT_PROPERTIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pwi_property {
    PWI_LETTER = 1 << 0,    /* \p{L} of oniguruma 6.9.8: Unicode 14 */
    PWI_NUMBER = 1 << 1,    /* \p{N} of the same */
    PWI_SPACE = 1 << 2,     /* \s: the 25 white space characters */
    PWI_LETTER_15 = 1 << 3, /* the same two of Python's regex 2022.10.31: Unicode 15 */
    PWI_NUMBER_15 = 1 << 4,
    PWI_OTHER = 1 << 5,          /* categories C* of Unicode 14, unassigned ones too */
    PWI_CASED = 1 << 6,          /* what CPython's final sigma rule looks for ... */
    PWI_CASE_IGNORABLE = 1 << 7, /* ... and what it looks past */
    PWI_LOWER = 1 << 8,          /* in pwi_lower_table: Rust 1.95, Unicode 17 */
    PWI_LOWER_14 = 1 << 9,       /* and Python 3.11 lowers it too */
    PWI_DECIMAL = 1 << 10,       /* \d of Python 3.11's re */
    PWI_PLAIN = 1 << 11          /* in pwi_plain_table */
};

#define PWI_CODE_MAX        0x10FFFF
#define PWI_PROPERTY_BLOCKS 8704 /* of 128 characters */

extern const uint16_t pwi_property_blocks[PWI_PROPERTY_BLOCKS];
extern const uint16_t pwi_property_values[];

/* A character and what becomes of it: one to three characters, then zeros. */
typedef struct pwi_mapping {
    uint32_t code;
    uint32_t to[3];
} pwi_mapping;

/* Sorted by code. Lower case of one character each; U+0130 is not in it (it becomes two). */
extern const pwi_mapping pwi_lower_table[];
extern const size_t pwi_n_lower;

/* Sorted by code. Ligatures, wide forms, C1 controls and curly quotes as ftfy writes them. */
extern const pwi_mapping pwi_plain_table[];
extern const size_t pwi_n_plain;

/* The mapping of a character that has one, or NULL. */
const pwi_mapping *pwi_mapping_find(const pwi_mapping *table, size_t n, uint32_t code);

/* All properties of a code point, as bits. */
static inline uint32_t pwi_properties(uint32_t code)
{
    return code <= PWI_CODE_MAX
               ? pwi_property_values[pwi_property_blocks[code >> 7] * 128u + (code & 127)]
               : 0;
}

static inline bool pwi_has_property(uint32_t code, enum pwi_property property)
{
    return (pwi_properties(code) & (uint32_t)property) != 0;
}

#endif
