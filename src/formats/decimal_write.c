/* SPDX-License-Identifier: MIT */
/* Doubles to the shortest decimal that reads back as the same double, and of those the nearest
 * (Giulietti 2020, "The Schubfach way to render doubles"), in the form of Python's repr. */
#include <string.h>

#include "formats/decimal.h"
#include "formats/json.h"

#define FRACTION_BITS 52
#define HIDDEN_BIT    (UINT64_C(1) << FRACTION_BITS)

/* The longest: "-1.2345678901234567e-300" and, with as many digits, "-0.00012345678901234567".
 */
#define TEXT_MAX 32

/* digits * 10^exponent */
typedef struct shortest {
    uint64_t digits;
    int32_t exponent;
} shortest;

/* floor(log10(2^e)), and of 3/4 * 2^e where a double is a power of two: below it doubles lie
 * twice as dense. |e| <= 1650. */
static int32_t log10_of_power(int32_t e, bool three_quarters)
{
    return (e * 1262611 - (three_quarters ? 524031 : 0)) >> 22;
}

/* 10^q's 128 leading bits rounded up, from the table that reading wants partly rounded down. */
static pwi_u128 power_up(int32_t q)
{
    const uint64_t *power = pwi_powers_of_ten[q - PWI_POWER_FIRST];
    const pwi_u128 table = (pwi_u128)power[0] << 64 | power[1];
    const bool is_up = q >= -27 && q <= 55; /* exact from 10^0 to 10^55 */

    return is_up ? table : table + 1;
}

/* floor(power * x / 2^128), its last bit set if anything was cut off: odd means "a bit more".
 * What the rounding up of power adds stays below the bits that are looked at. */
static uint64_t multiply_odd(pwi_u128 power, uint64_t x)
{
    const pwi_u128 low = (pwi_u128)(uint64_t)power * x;
    const pwi_u128 sum = (power >> 64) * x + (low >> 64);

    return (uint64_t)(sum >> 64) | ((uint64_t)sum > 1);
}

/* mantissa * 2^exponent > 0. */
static shortest find_shortest(uint64_t mantissa, int32_t exponent, bool is_power)
{
    const int32_t k = log10_of_power(exponent, is_power);
    const int32_t shift = exponent + pwi_log2_of_power(-k) + 1;
    const pwi_u128 power = power_up(-k);
    /* The number and the ends of the interval that reads back as it, all times 4 * 10^-k. The
     * ends belong to it if the mantissa is even. */
    const uint64_t low = multiply_odd(power, (4 * mantissa - (is_power ? 1 : 2)) << shift);
    const uint64_t value = multiply_odd(power, 4 * mantissa << shift);
    const uint64_t high = multiply_odd(power, (4 * mantissa + 2) << shift);
    const uint64_t open = mantissa & 1;
    const uint64_t s = value / 4, tens = s / 10 * 10;
    bool down, up;

    /* At most one multiple of 10^(k+1) lies inside: it is shorter. */
    if (s >= 10) {
        down = low + open <= 4 * tens;
        up = 4 * (tens + 10) + open <= high;
        if (down != up)
            return (shortest){(down ? tens : tens + 10) / 10, k + 1};
    }
    down = low + open <= 4 * s;
    up = 4 * (s + 1) + open <= high;
    if (down == up) /* both or none: the nearer one, and of two the even one */
        down = value < 4 * s + 2 || (value == 4 * s + 2 && s % 2 == 0);
    return (shortest){down ? s : s + 1, k};
}

static void strip_zeros(shortest *decimal)
{
    static const struct {
        uint64_t power;
        int32_t n_zeros;
    } steps[] = {{100000000, 8}, {100000000, 8}, {10000, 4}, {100, 2}, {10, 1}};

    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        if (decimal->digits % steps[i].power == 0) {
            decimal->digits /= steps[i].power;
            decimal->exponent += steps[i].n_zeros;
        }
    }
}

static shortest shortest_of(uint64_t bits)
{
    const uint64_t fraction = bits & (HIDDEN_BIT - 1);
    const int32_t biased = (int32_t)(bits >> FRACTION_BITS);
    shortest result;

    if (biased > 0)
        result =
            find_shortest(fraction | HIDDEN_BIT, biased - 1075, fraction == 0 && biased > 1);
    else
        result = find_shortest(fraction, -1074, false);
    strip_zeros(&result);
    return result;
}

/* The digits as text; returns how many. */
static int write_digits(char out[20], uint64_t value)
{
    char reversed[20];
    int n = 0;

    do {
        reversed[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    for (int i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    return n;
}

static char *put_bytes(char *out, const char *bytes, int n)
{
    memcpy(out, bytes, (size_t)n);
    return out + n;
}

static char *put_zeros(char *out, int n)
{
    memset(out, '0', (size_t)n);
    return out + n;
}

/* d.ddde-07: at least two digits in the exponent. */
static char *write_scientific(char *out, const char *digits, int n_digits, int32_t exponent)
{
    char text[20];
    const int32_t magnitude = exponent < 0 ? -exponent : exponent;

    *out++ = digits[0];
    if (n_digits > 1) {
        *out++ = '.';
        out = put_bytes(out, digits + 1, n_digits - 1);
    }
    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    if (magnitude < 10)
        *out++ = '0';
    return put_bytes(out, text, write_digits(text, (uint64_t)magnitude));
}

/* point: how many digits stand before the point; 0 and less: zeros follow it. */
static char *write_fixed(char *out, const char *digits, int n_digits, int32_t point)
{
    if (point <= 0) {
        out = put_bytes(out, "0.", 2);
        out = put_zeros(out, -point);
        return put_bytes(out, digits, n_digits);
    }
    if (point >= n_digits) {
        out = put_bytes(out, digits, n_digits);
        out = put_zeros(out, point - n_digits);
        return put_bytes(out, ".0", 2);
    }
    out = put_bytes(out, digits, point);
    *out++ = '.';
    return put_bytes(out, digits + point, n_digits - point);
}

void pwi_json_put_f64(pwi_buf *buf, double value)
{
    char text[TEXT_MAX], digits[20], *out = text;
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    if (bits >> 63)
        *out++ = '-';
    bits &= ~(UINT64_C(1) << 63);
    if (bits >> FRACTION_BITS == 0x7FF) {
        pwi_buf_text(buf, "null");
        return;
    }
    if (bits == 0) {
        out = put_bytes(out, "0.0", 3);
    } else {
        const shortest decimal = shortest_of(bits);
        const int n_digits = write_digits(digits, decimal.digits);
        const int32_t point = n_digits + decimal.exponent;

        /* Python's repr: fixed from 0.0001 to below 10^16. */
        if (point > -4 && point <= 16)
            out = write_fixed(out, digits, n_digits, point);
        else
            out = write_scientific(out, digits, n_digits, point - 1);
    }
    pwi_buf_append(buf, text, (size_t)(out - text));
}
