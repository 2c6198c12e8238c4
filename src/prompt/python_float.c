/* SPDX-License-Identifier: MIT */
/* float() in two steps, as Python does it: the text becomes ASCII without blanks and
 * underscores, then a decimal. Long texts are numbers too: only the leading digits that can
 * decide a rounding are kept, and one that says whether more follow. */
#include "prompt/python_float.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "formats/json.h"
#include "text/properties.h"
#include "text/text.h"

/* A double's exact decimal has at most 767 significant digits: further ones only break ties. */
#define N_DIGITS_MAX 800

/* What is gathered of a literal: digits without leading zeros, and where the point stands. */
struct decimal {
    char digits[N_DIGITS_MAX + 1];
    size_t n_digits;
    bool is_negative, has_tail; /* has_tail: a digit that is not 0 was left out */
    int64_t exponent;           /* of the last digit kept */
};

struct reader {
    const char *text;
    size_t size, at;
};

/* The next character as ASCII: decimal digits of any script as 0-9; 0 at the end and for what
 * no number holds. *length is its bytes. */
static char peek(const struct reader *reader, size_t *length)
{
    const char *at = reader->text + reader->at;
    uint32_t code, zero;

    *length = 0;
    if (reader->at == reader->size)
        return '\0';
    *length = pwi_utf8_decode(at, reader->size - reader->at, &code);
    if (*length <= 1)
        return *at;
    if (!pwi_has_property(code, PWI_DECIMAL))
        return '\0';
    zero = code; /* digits stand in runs of ten from their zero on */
    while (pwi_has_property(zero - 1, PWI_DECIMAL))
        zero--;
    return (char)('0' + (code - zero) % 10);
}

static bool accept(struct reader *reader, char wanted)
{
    size_t length;

    if (reader->at == reader->size || peek(reader, &length) != wanted)
        return false;
    reader->at += length;
    return true;
}

static bool accept_sign(struct reader *reader)
{
    if (accept(reader, '-'))
        return true;
    (void)accept(reader, '+');
    return false;
}

static void trim(struct reader *reader)
{
    uint32_t code;
    size_t length;

    while ((length = pwi_utf8_decode(reader->text, reader->size, &code)) > 0 &&
           pwi_is_space_python(code)) {
        reader->text += length;
        reader->size -= length;
    }
    while (reader->size > 0) {
        size_t begin = reader->size - 1;

        while (begin > 0 && ((unsigned char)reader->text[begin] & 0xC0) == 0x80)
            begin--;
        length = pwi_utf8_decode(reader->text + begin, reader->size - begin, &code);
        if (length == 0 || !pwi_is_space_python(code))
            return;
        reader->size = begin;
    }
}

/* The rest of the text is this word, in any case. */
static bool is_word(const struct reader *reader, const char *word)
{
    const size_t size = strlen(word);

    if (reader->size - reader->at != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        if ((reader->text[reader->at + i] | 0x20) != word[i])
            return false;
    }
    return true;
}

static void put_digit(struct decimal *decimal, char digit, bool is_fraction)
{
    if (decimal->n_digits == 0 && digit == '0') {
        decimal->exponent -= is_fraction;
    } else if (decimal->n_digits < N_DIGITS_MAX) {
        decimal->digits[decimal->n_digits++] = digit;
        decimal->exponent -= is_fraction;
    } else {
        decimal->has_tail |= digit != '0';
        decimal->exponent += !is_fraction;
    }
}

/* Digits with single underscores between them; how many digits, or -1 where an underscore
 * stands wrong. */
static int64_t read_digits(struct reader *reader, struct decimal *decimal, bool is_fraction)
{
    int64_t n = 0;
    size_t length;

    for (;;) {
        char c = peek(reader, &length);

        if (c == '_' && n > 0) {
            struct reader next = *reader;

            next.at += length;
            c = peek(&next, &length);
            if (c < '0' || c > '9')
                return -1;
            *reader = next;
        }
        if (c < '0' || c > '9')
            return n;
        put_digit(decimal, c, is_fraction);
        reader->at += length;
        n++;
    }
}

static bool read_exponent(struct reader *reader, int64_t *exponent)
{
    struct decimal digits = {.n_digits = 0};
    const bool is_negative = accept_sign(reader);
    int64_t value = 0;

    if (read_digits(reader, &digits, false) <= 0)
        return false;
    for (size_t i = 0; i < digits.n_digits && value < 100000000; i++)
        value = value * 10 + (digits.digits[i] - '0');
    *exponent += is_negative ? -value : value;
    return true;
}

static bool read_number(struct reader *reader, struct decimal *decimal)
{
    const int64_t n_whole = read_digits(reader, decimal, false);
    int64_t n_fraction = 0;

    if (n_whole >= 0 && accept(reader, '.'))
        n_fraction = read_digits(reader, decimal, true);
    if (n_whole < 0 || n_fraction < 0 || n_whole + n_fraction == 0)
        return false;
    if (accept(reader, 'e') || accept(reader, 'E')) {
        if (!read_exponent(reader, &decimal->exponent))
            return false;
    }
    return reader->at == reader->size;
}

static double to_f64(const struct decimal *decimal)
{
    char literal[N_DIGITS_MAX + 40];
    size_t used = decimal->n_digits;
    int64_t exponent = decimal->exponent;
    double value;

    if (decimal->n_digits == 0)
        return decimal->is_negative ? -0.0 : 0.0;
    memcpy(literal, decimal->digits, used);
    if (decimal->has_tail) {
        literal[used++] = '1';
        exponent--;
    }
    exponent = exponent < -99999 ? -99999 : exponent > 99999 ? 99999 : exponent;
    literal[used++] = 'e';
    literal[used++] = exponent < 0 ? '-' : '+';
    for (int64_t rest = exponent < 0 ? -exponent : exponent, unit = 10000; unit > 0; unit /= 10)
        literal[used++] = (char)('0' + rest / unit % 10);
    value = pwi_decimal_to_f64(literal, used);
    return decimal->is_negative ? -value : value;
}

bool pwi_python_float(const char *text, size_t size, double *value)
{
    struct reader reader = {text, size, 0};
    struct decimal decimal = {.n_digits = 0};

    trim(&reader);
    decimal.is_negative = accept_sign(&reader);
    if (is_word(&reader, "inf") || is_word(&reader, "infinity"))
        *value = decimal.is_negative ? -(double)INFINITY : (double)INFINITY;
    else if (is_word(&reader, "nan"))
        *value = (double)NAN;
    else if (read_number(&reader, &decimal))
        *value = to_f64(&decimal);
    else
        return false;
    return true;
}
