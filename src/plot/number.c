/* SPDX-License-Identifier: MIT */
/* Numbers as text, the same in every locale. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plot/scale.h"

#define MINUS "\xE2\x88\x92" /* U+2212: as wide as a digit, unlike the hyphen */
#define TIMES "\xC3\x97"

static const double powers[10] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

/* |value| * 10^decimals, a whole number below 1e15, as digits. */
static void write_fixed(char text[PWI_NUMBER_SIZE], bool is_negative, double scaled,
                        int decimals)
{
    const unsigned long long one = (unsigned long long)powers[decimals];
    const unsigned long long units = (unsigned long long)scaled;
    const char *sign = is_negative && units > 0 ? MINUS : "";

    if (decimals == 0)
        snprintf(text, PWI_NUMBER_SIZE, "%s%llu", sign, units);
    else
        snprintf(text, PWI_NUMBER_SIZE, "%s%llu.%0*llu", sign, units / one, decimals,
                 units % one);
}

static const char *with_exponent(char text[PWI_NUMBER_SIZE], double value)
{
    static const char *const raised[10] = {
        "\xE2\x81\xB0", "\xC2\xB9",     "\xC2\xB2",     "\xC2\xB3",     "\xE2\x81\xB4",
        "\xE2\x81\xB5", "\xE2\x81\xB6", "\xE2\x81\xB7", "\xE2\x81\xB8", "\xE2\x81\xB9"};
    int exponent = (int)floor(log10(fabs(value)));
    double mantissa = value / pow(10, exponent);
    char digits[16], head[PWI_NUMBER_SIZE];
    size_t used;

    if (fabs(mantissa) >= 9.995) {
        mantissa /= 10;
        exponent++;
    }
    if (fabs(mantissa - round(mantissa)) < 0.005)
        write_fixed(head, mantissa < 0, round(fabs(mantissa)), 0);
    else
        write_fixed(head, mantissa < 0, round(fabs(mantissa) * 10), 1);
    if (strcmp(head, "1") == 0)
        head[0] = '\0';
    used = (size_t)snprintf(text, PWI_NUMBER_SIZE, "%s%s10%s", head,
                            head[0] != '\0' ? TIMES : "", exponent < 0 ? "\xE2\x81\xBB" : "");
    snprintf(digits, sizeof(digits), "%d", exponent < 0 ? -exponent : exponent);
    for (const char *digit = digits; *digit != '\0' && used < PWI_NUMBER_SIZE; digit++)
        used +=
            (size_t)snprintf(text + used, PWI_NUMBER_SIZE - used, "%s", raised[*digit - '0']);
    return text;
}

const char *pwi_number_text(char text[PWI_NUMBER_SIZE], double value, int decimals)
{
    const double scaled = round(fabs(value) * powers[decimals]);

    if (!isfinite(value))
        snprintf(text, PWI_NUMBER_SIZE, "%s", "?");
    else if (scaled >= 1e15)
        return with_exponent(text, value);
    else
        write_fixed(text, value < 0, scaled, decimals);
    return text;
}

static void cut_zeros(char *text)
{
    char *end = text + strlen(text);

    if (strchr(text, '.') == NULL)
        return;
    while (end[-1] == '0')
        *--end = '\0';
    if (end[-1] == '.')
        end[-1] = '\0';
}

const char *pwi_short_number(char text[PWI_NUMBER_SIZE], double value)
{
    const double size = fabs(value);
    int decimals = 0;

    if (!isfinite(value) || value == 0)
        return pwi_number_text(text, value, 0);
    if (size >= 1e6 || size < 1e-4)
        return with_exponent(text, value);
    while (decimals < 6 && size * powers[decimals] < 99.95)
        decimals++;
    pwi_number_text(text, value, decimals);
    cut_zeros(text);
    return text;
}

const char *pwi_count_text(char text[PWI_NUMBER_SIZE], uint64_t count)
{
    char digits[24];
    size_t n = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
    size_t used = 0;

    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}
