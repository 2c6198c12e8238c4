/* SPDX-License-Identifier: MIT */
/* Decimals inside the room: JSON's number literals, powers of ten with 128 bits, and the hard
 * case of reading. What others use is in json.h. */
#ifndef PWI_FORMATS_DECIMAL_H
#define PWI_FORMATS_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 pwi_u128;

/* A literal's value is w * 10^q, if it has at most PWI_LITERAL_DIGITS digits; else w has
 * wrapped around and only the text knows. */
#define PWI_LITERAL_DIGITS 19

typedef struct pwi_literal {
    bool negative;
    uint64_t w;
    int64_t q;
    size_t n_digits;
    size_t begin, end; /* of the digits in the text, with the point */
} pwi_literal;

/* Read the number literal at the start of the text: the longest prefix that RFC 8259 allows.
 * Returns its size, or where the text goes wrong: *expected is NULL or tells what is missing
 * there. A number byte right after a number is wrong, too. */
size_t pwi_literal_read(pwi_literal *literal, const char *text, size_t size,
                        const char **expected);

/* Whether the byte can stand in a number. */
static inline bool pwi_is_number_byte(char c)
{
    return (unsigned char)(c - '0') < 10 || c == '.' || c == 'e' || c == 'E' || c == '-' ||
           c == '+';
}

/* The nearest double; `text` is the literal's. */
double pwi_literal_to_f64(const pwi_literal *literal, const char *text);

/* The 128 leading bits of 10^q, high word first; scripts/gen_powers_of_ten.py tells how they
 * are rounded. */
#define PWI_POWER_FIRST (-342)
#define PWI_POWER_LAST  324
extern const uint64_t pwi_powers_of_ten[PWI_POWER_LAST - PWI_POWER_FIRST + 1][2];

/* floor(log2(10^q)), |q| <= 350. */
static inline int32_t pwi_log2_of_power(int32_t q)
{
    return (q * 217706) >> 16;
}

/* How the digits text[0..size), a point among them ignored, times 10^power compare with
 * mantissa * 2^exponent: negative, 0 or positive, exactly. Both are positive and within a
 * factor of 2 of each other, between 2^-1080 and 2^1025. */
int pwi_decimal_compare(const char *text, size_t size, int64_t power, uint64_t mantissa,
                        int32_t exponent);

#endif
