/* SPDX-License-Identifier: MIT */
/* Decimal literals to the nearest double. Up to 19 digits by one or two multiplications
 * (Lemire 2021, "Number parsing at a gigabyte per second"; without fallback by Mushtaq and
 * Lemire 2023); more digits only where the first 19 leave a doubt by whole numbers
 * (decimal_big.c). */
#include <string.h>

#include "formats/decimal.h"
#include "formats/json.h"

#define INFINITY_BITS (UINT64_C(0x7FF) << 52)

/* The high 128 bits of w * 10^q's significand; w has its highest bit set. */
static pwi_u128 multiply(uint64_t w, int32_t q)
{
    const uint64_t *power = pwi_powers_of_ten[q - PWI_POWER_FIRST];
    pwi_u128 product = (pwi_u128)w * power[0];

    /* The second word can only matter if the bits below the 55 wanted ones are all ones. */
    if ((~(uint64_t)(product >> 64) & 0x1FF) == 0)
        product += (pwi_u128)w * power[1] >> 64;
    return product;
}

/* The bits of the double nearest to w * 10^q; w > 0. */
static uint64_t nearest_bits(uint64_t w, int64_t q)
{
    int zeros, upper, exponent;
    uint64_t high, low, mantissa;
    pwi_u128 product;

    if (q < PWI_POWER_FIRST)
        return 0;
    if (q > 308)
        return INFINITY_BITS;
    zeros = __builtin_clzll(w);
    product = multiply(w << zeros, (int32_t)q);
    high = (uint64_t)(product >> 64);
    low = (uint64_t)product;
    upper = (int)(high >> 63);
    mantissa = high >> (upper + 9); /* 53 bits and one to round by */
    exponent = pwi_log2_of_power((int32_t)q) + 63 - zeros + upper;
    if (exponent < -1022) {
        if (exponent < -1022 - 54)
            return 0;
        /* Subnormal. No tie is possible: 5^-q would have to divide w. */
        mantissa >>= -1022 - exponent;
        return (mantissa + (mantissa & 1)) >> 1;
    }
    /* Exactly halfway, which needs a power of five that fits 64 bits: to the even one. */
    if (low <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 &&
        mantissa << (upper + 9) == high)
        mantissa &= ~UINT64_C(1);
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    /* Adding lets a mantissa that was rounded up to 2^53 carry into the exponent. */
    mantissa += (uint64_t)(exponent + 1022) << 52;
    return mantissa < INFINITY_BITS ? mantissa : INFINITY_BITS;
}

/* The first 19 significant digits of a longer literal into w and q. Whether only zeros
 * follow. */
static bool cut_digits(const pwi_literal *literal, const char *text, uint64_t *w, int64_t *q)
{
    bool is_whole = true;
    int n_digits = 0;

    *w = 0;
    *q = literal->q;
    for (const char *p = text + literal->begin; p < text + literal->end; p++) {
        if (*p == '.')
            continue;
        if (n_digits < PWI_LITERAL_DIGITS) {
            *w = *w * 10 + (uint64_t)(*p - '0');
            n_digits += *w > 0;
        } else {
            ++*q;
            is_whole = is_whole && *p == '0';
        }
    }
    return is_whole;
}

/* More than 19 digits: between those of w and of w + 1, which are the same double or
 * neighbours. */
static uint64_t nearest_bits_of_long(const pwi_literal *literal, const char *text)
{
    uint64_t w, lower, upper, mantissa;
    int64_t q;
    int32_t biased;
    int order;
    const bool is_whole = cut_digits(literal, text, &w, &q);

    if (w == 0)
        return 0;
    lower = nearest_bits(w, q);
    upper = is_whole ? lower : nearest_bits(w + 1, q);
    if (lower == upper)
        return lower;
    biased = (int32_t)(lower >> 52);
    mantissa = lower & ((UINT64_C(1) << 52) - 1);
    if (biased > 0)
        mantissa |= UINT64_C(1) << 52;
    else
        biased = 1;
    /* Halfway between lower and upper, which for the largest double is 2^1024 - 2^970. */
    order = pwi_decimal_compare(text + literal->begin, literal->end - literal->begin,
                                literal->q, 2 * mantissa + 1, biased - 1076);
    if (order == 0)
        return lower + (mantissa & 1);
    return order > 0 ? upper : lower;
}

double pwi_literal_to_f64(const pwi_literal *literal, const char *text)
{
    uint64_t bits = 0;
    double value;

    if (literal->n_digits > PWI_LITERAL_DIGITS)
        bits = nearest_bits_of_long(literal, text);
    else if (literal->w > 0)
        bits = nearest_bits(literal->w, literal->q);
    bits |= (uint64_t)literal->negative << 63;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

double pwi_decimal_to_f64(const char *text, size_t size)
{
    const char *expected;
    pwi_literal literal;

    pwi_literal_read(&literal, text, size, &expected);
    return pwi_literal_to_f64(&literal, text);
}
