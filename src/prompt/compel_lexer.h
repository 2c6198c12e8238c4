/* SPDX-License-Identifier: MIT */
/* The smallest pieces of Compel's grammar. Each reader takes a range of the text, and gives the
 * offset after the piece; readers of a piece that may be missing give PWI_COMPEL_NONE. */
#ifndef PWI_PROMPT_COMPEL_LEXER_H
#define PWI_PROMPT_COMPEL_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PWI_COMPEL_NONE UINT32_MAX

/* What is left to read: bytes [at, limit) of the text; nothing beyond the limit is looked at.
 * Inside of quotes \t, \n, \r and \f, written with a backslash, are the blanks they name. */
typedef struct pwi_compel_range {
    const char *bytes;
    uint32_t at, limit;
    bool is_quoted;
} pwi_compel_range;

/* A name, or a name with a value, or a number, in the parentheses of a call. */
typedef struct pwi_compel_option {
    uint32_t key_begin, key_end;
    uint32_t value_begin, value_end; /* both 0 without "=" */
    bool has_number;                 /* the value, or the option itself, is a number */
    double number;
} pwi_compel_option;

/* Nothing but what Python's str.strip takes away. */
bool pwi_compel_is_blank(pwi_compel_range range);

/* Blanks between pieces. */
uint32_t pwi_compel_skip(pwi_compel_range range);

/* After blanks, exactly this text. */
uint32_t pwi_compel_literal(pwi_compel_range range, const char *text);

/* Letters, digits and signs that may carry a weight; its backslashes stay. */
uint32_t pwi_compel_word(pwi_compel_range range);

/* Everything up to a blank. */
uint32_t pwi_compel_free_word(pwi_compel_range range);

/* Other blanks, form feeds among them, that end before one of the usual: these are passed over
 * together. */
uint32_t pwi_compel_odd_blanks(pwi_compel_range range);

/* "++" or "--", or where numbers are allowed also 1, 1.5, .5; nothing before it. */
uint32_t pwi_compel_weight(pwi_compel_range range, bool allows_number, double *weight);

/* After blanks: ".attend(weight)". */
uint32_t pwi_compel_attend(pwi_compel_range range, double *weight);

/* After blanks: ASCII letters, digits, "_" and "-". */
uint32_t pwi_compel_name(pwi_compel_range range);

/* After blanks: the number of an option: -1, -1.5, and +1.5 but not +1. */
uint32_t pwi_compel_number(pwi_compel_range range, double *number);

/* After blanks: one option. */
uint32_t pwi_compel_read_option(pwi_compel_range range, pwi_compel_option *option);

/* withLora(name, weight) or useLora(name); a weight that is not there is 1. */
uint32_t pwi_compel_lora_call(pwi_compel_range range, uint32_t *name_begin, uint32_t *name_end,
                              double *weight);

#endif
