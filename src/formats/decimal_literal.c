/* SPDX-License-Identifier: MIT */
/* JSON's number literals: the grammar, and the digits as a whole number on the way. Numbers are
 * most of an exchange file's bytes, so digits are taken eight at a time. */
#include <string.h>

#include "formats/decimal.h"

#define EVERY_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Eight digits 0..9, the first in the lowest byte: pairs, then fours, then all. */
static uint32_t join_digits(uint64_t x)
{
    const uint64_t pairs_1_3 = UINT64_C(0x000000FF000000FF);

    x = x * 10 + (x >> 8);
    return (uint32_t)(((x & pairs_1_3) * (UINT64_C(1000000) << 32 | 100) +
                       (x >> 16 & pairs_1_3) * (UINT64_C(10000) << 32 | 1)) >>
                      32);
}

/* Digits at p into *w, which wraps around when they are too many. */
static inline const char *read_digits(const char *p, const char *end, uint64_t *w)
{
    static const uint32_t powers[8] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    const bool first_is_low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

    while (first_is_low && end - p >= 8) {
        uint64_t x, others;
        int n_digits;

        memcpy(&x, p, 8);
        x ^= EVERY_BYTE('0');
        others = (x | (x + EVERY_BYTE(0x76))) & EVERY_BYTE(0x80); /* bytes over 9 */
        if (others != 0) {
            n_digits = __builtin_ctzll(others) / 8;
            *w = *w * powers[n_digits] + join_digits(x << (56 - 8 * n_digits) << 8);
            return p + n_digits;
        }
        *w = *w * 100000000 + join_digits(x);
        p += 8;
    }
    for (; p < end && (unsigned char)(*p - '0') < 10; p++)
        *w = *w * 10 + (uint64_t)(*p - '0');
    return p;
}

/* The exponent behind the "e", from p up to *end, which becomes where it ends. False if it has
 * no digits. Beyond 2^56 all exponents are the same: no literal has as many digits. */
static bool read_exponent(const char *p, const char **end, int64_t *exponent)
{
    const char *last = *end, *digits;
    bool negative = false;
    int64_t value = 0;

    if (p < last && (*p == '-' || *p == '+'))
        negative = *p++ == '-';
    for (digits = p; p < last && (unsigned char)(*p - '0') < 10; p++)
        if (value < INT64_C(1) << 56)
            value = value * 10 + (*p - '0');
    *end = p;
    *exponent = negative ? -value : value;
    return p > digits;
}

size_t pwi_literal_read(pwi_literal *literal, const char *text, size_t size,
                        const char **expected)
{
    const char *p = text, *end = text + size, *begin, *stop;
    int64_t exponent = 0;

    *literal = (pwi_literal){0};
    *expected = "a digit";
    literal->negative = p < end && *p == '-';
    begin = p += literal->negative;
    p = p < end && *p == '0' ? p + 1 : read_digits(p, end, &literal->w);
    if (p == begin)
        return (size_t)(p - text);
    literal->begin = (size_t)(begin - text);
    literal->n_digits = (size_t)(p - begin);
    if (p < end && *p == '.') {
        begin = p + 1;
        p = read_digits(begin, end, &literal->w);
        if (p == begin)
            return (size_t)(p - text);
        literal->n_digits += (size_t)(p - begin);
        literal->q = begin - p;
    }
    literal->end = (size_t)(p - text);
    if (p < end && (*p | 0x20) == 'e') {
        stop = end;
        if (!read_exponent(p + 1, &stop, &exponent))
            return (size_t)(stop - text);
        p = stop;
        literal->q += exponent;
    }
    *expected = p < end && pwi_is_number_byte(*p) ? "the end of the number" : NULL;
    return (size_t)(p - text);
}
