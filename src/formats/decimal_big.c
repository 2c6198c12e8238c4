/* SPDX-License-Identifier: MIT */
/* Comparing a decimal of any length with a binary number, in whole numbers without rounding:
 * the last resort of reading (Clinger 1990, "How to read floating point numbers accurately").
 */
#include "base/error.h"
#include "formats/decimal.h"

/* A number halfway between two doubles has at most 767 significant digits; of a longer decimal
 * only matters whether anything but zeros follows. */
#define DIGITS_MAX 768

/* 769 digits are 2555 bits; 5^1092, for the smallest doubles, times 54 bits are 2590. */
#define LIMBS 84

typedef struct big {
    uint32_t limbs[LIMBS]; /* lowest first */
    size_t n_limbs;        /* the others are 0 */
} big;

/* x = x * factor + addend */
static void multiply_add(big *x, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;

    for (size_t i = 0; i < x->n_limbs; i++) {
        carry += (uint64_t)x->limbs[i] * factor;
        x->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    PW_ASSERT(carry == 0 || x->n_limbs < LIMBS);
    if (carry != 0 && x->n_limbs < LIMBS)
        x->limbs[x->n_limbs++] = (uint32_t)carry;
}

static void multiply_power(big *x, uint32_t base, uint32_t base_cubed, int64_t exponent)
{
    for (; exponent >= 3; exponent -= 3)
        multiply_add(x, base_cubed, 0);
    for (; exponent > 0; exponent--)
        multiply_add(x, base, 0);
}

/* The significant digits as a number; corrects the power of ten that goes with it. */
static void read_digits(big *x, const char *text, size_t size, int64_t *power)
{
    size_t n_digits = 0;
    bool rest = false;

    for (const char *p = text; p < text + size; p++) {
        if (*p == '.')
            continue;
        if (n_digits < DIGITS_MAX) {
            multiply_add(x, 10, (uint32_t)(*p - '0'));
            n_digits += x->n_limbs > 0;
        } else {
            ++*power;
            rest = rest || *p != '0';
        }
    }
    if (rest) {
        multiply_add(x, 10, 1);
        --*power;
    }
}

static int compare(const big *a, const big *b)
{
    for (size_t i = LIMBS; i-- > 0;)
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
    return 0;
}

int pwi_decimal_compare(const char *text, size_t size, int64_t power, uint64_t mantissa,
                        int32_t exponent)
{
    big decimal = {{0}, 0}, binary = {{(uint32_t)mantissa, (uint32_t)(mantissa >> 32)}, 2};

    read_digits(&decimal, text, size, &power);
    /* decimal * 10^power against binary * 2^exponent: every factor goes where its exponent is
     * positive. */
    multiply_power(&decimal, 5, 125, power);
    multiply_power(&binary, 5, 125, -power);
    multiply_power(&decimal, 2, 8, power - exponent);
    multiply_power(&binary, 2, 8, exponent - power);
    return compare(&decimal, &binary);
}
