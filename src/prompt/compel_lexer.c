/* SPDX-License-Identifier: MIT */
/* Words, weights, numbers and calls of Compel's grammar. The character sets are those that the
 * original shows when it is run: two kinds of blanks, ASCII names, ASCII digits. */
#include "prompt/compel_lexer.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "prompt/python_float.h"
#include "text/text.h"

#define PLUS_FACTOR  1.1
#define MINUS_FACTOR 0.9

/* Blanks that the grammar passes over. */
static bool is_skipped(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Blanks that end a word. Nothing passes over a vertical tab, nor over a form feed without one
 * of the usual blanks after it: such a prompt cannot be read. */
static bool is_blank(char c)
{
    return is_skipped(c) || c == '\f' || c == '\v';
}

static bool is_special(char c)
{
    return c != '\0' && strchr("()\",.+-=", c) != NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-';
}

static pwi_compel_range from(pwi_compel_range range, uint32_t at)
{
    range.at = at;
    return range;
}

/* The character at an offset of the range; *length is its bytes there. */
static char char_at(pwi_compel_range range, uint32_t at, uint32_t *length)
{
    static const char names[] = "tnrf", blanks[] = "\t\n\r\f";
    const char *c = range.bytes + at;
    const char *name = NULL;

    if (range.is_quoted && *c == '\\' && range.limit - at > 1 && c[1] != '\0')
        name = strchr(names, c[1]);
    *length = name != NULL ? 2 : 1;
    return name != NULL ? blanks[name - names] : *c;
}

bool pwi_compel_is_blank(pwi_compel_range range)
{
    while (range.at < range.limit) {
        uint32_t code, length;

        if (is_blank(char_at(range, range.at, &length))) {
            range.at += length;
            continue;
        }
        length =
            (uint32_t)pwi_utf8_decode(range.bytes + range.at, range.limit - range.at, &code);
        if (length == 0 || !pwi_is_space_python(code))
            return false;
        range.at += length;
    }
    return true;
}

uint32_t pwi_compel_skip(pwi_compel_range range)
{
    uint32_t length;

    while (range.at < range.limit && is_skipped(char_at(range, range.at, &length)))
        range.at += length;
    return range.at;
}

uint32_t pwi_compel_literal(pwi_compel_range range, const char *text)
{
    const uint32_t at = pwi_compel_skip(range);
    const size_t size = strlen(text);

    if (range.limit - at < size || memcmp(range.bytes + at, text, size) != 0)
        return PWI_COMPEL_NONE;
    return at + (uint32_t)size;
}

/* The offset after one piece of a word: an escape, a sign inside, or any other character. */
static uint32_t word_piece(pwi_compel_range range)
{
    const bool has_next = range.limit - range.at > 1;
    uint32_t length;
    const char c = char_at(range, range.at, &length);
    char next;

    if (is_blank(c))
        return PWI_COMPEL_NONE;
    if (!has_next)
        return is_special(c) ? PWI_COMPEL_NONE : range.at + 1;
    next = char_at(range, range.at + 1, &length);
    if (c == '\\' && is_special(next))
        return range.at + 2;
    if (c == '+' || c == '-')
        return is_special(next) || is_skipped(next) ? PWI_COMPEL_NONE : range.at + 1;
    return is_special(c) ? PWI_COMPEL_NONE : range.at + 1;
}

uint32_t pwi_compel_word(pwi_compel_range range)
{
    const uint32_t begin = range.at;

    while (range.at < range.limit) {
        const uint32_t end = word_piece(range);

        if (end == PWI_COMPEL_NONE)
            break;
        range.at = end;
    }
    return range.at > begin ? range.at : PWI_COMPEL_NONE;
}

uint32_t pwi_compel_free_word(pwi_compel_range range)
{
    const uint32_t begin = range.at;
    uint32_t length;

    while (range.at < range.limit && !is_blank(char_at(range, range.at, &length)))
        range.at++;
    return range.at > begin ? range.at : PWI_COMPEL_NONE;
}

/* The blanks that pyparsing's White knows beyond those that are skipped. */
static bool is_odd_blank(uint32_t code)
{
    return code == '\f' || code == 0xA0 || code == 0x1680 || code == 0x180E ||
           (code >= 0x2000 && code <= 0x200B) || code == 0x202F || code == 0x205F ||
           code == 0x3000;
}

uint32_t pwi_compel_odd_blanks(pwi_compel_range range)
{
    uint32_t code = 0, length = 0;

    while (range.at < range.limit) {
        code = (unsigned char)char_at(range, range.at, &length);
        if (code >= 0x80)
            length = (uint32_t)pwi_utf8_decode(range.bytes + range.at, range.limit - range.at,
                                               &code);
        if (!is_odd_blank(code))
            return code < 0x80 && is_skipped((char)code) ? range.at : PWI_COMPEL_NONE;
        range.at += length;
    }
    return PWI_COMPEL_NONE;
}

static uint32_t digits(pwi_compel_range range)
{
    while (range.at < range.limit && is_digit(range.bytes[range.at]))
        range.at++;
    return range.at;
}

/* 1, 1., 1.5, .5 */
static uint32_t unsigned_number(pwi_compel_range range, double *number)
{
    const uint32_t begin = range.at, whole = digits(range);
    uint32_t end = whole;
    bool has_digits = whole > begin;

    if (end < range.limit && range.bytes[end] == '.') {
        end = digits(from(range, whole + 1));
        has_digits |= end > whole + 1;
    }
    if (!has_digits || !pwi_python_float(range.bytes + begin, end - begin, number))
        return PWI_COMPEL_NONE;
    return end;
}

uint32_t pwi_compel_weight(pwi_compel_range range, bool allows_number, double *weight)
{
    const uint32_t begin = range.at;
    const char sign = begin < range.limit ? range.bytes[begin] : '\0';

    if (sign != '+' && sign != '-')
        return allows_number ? unsigned_number(range, weight) : PWI_COMPEL_NONE;
    while (range.at < range.limit && range.bytes[range.at] == sign)
        range.at++;
    *weight = pow(sign == '+' ? PLUS_FACTOR : MINUS_FACTOR, (double)(range.at - begin));
    return range.at;
}

uint32_t pwi_compel_attend(pwi_compel_range range, double *weight)
{
    range.at = pwi_compel_literal(range, ".attend");
    if (range.at != PWI_COMPEL_NONE)
        range.at = pwi_compel_literal(range, "(");
    if (range.at != PWI_COMPEL_NONE)
        range.at = pwi_compel_weight(from(range, pwi_compel_skip(range)), true, weight);
    if (range.at != PWI_COMPEL_NONE)
        range.at = pwi_compel_literal(range, ")");
    return range.at;
}

uint32_t pwi_compel_name(pwi_compel_range range)
{
    const uint32_t begin = pwi_compel_skip(range);

    range.at = begin;
    while (range.at < range.limit && is_name(range.bytes[range.at]))
        range.at++;
    return range.at > begin ? range.at : PWI_COMPEL_NONE;
}

uint32_t pwi_compel_number(pwi_compel_range range, double *number)
{
    uint32_t end;
    char sign;

    range.at = pwi_compel_skip(range);
    sign = range.at < range.limit ? range.bytes[range.at] : '\0';
    range.at += sign == '-' || sign == '+';
    end = unsigned_number(range, number);
    if (end == PWI_COMPEL_NONE)
        return end;
    if (sign == '+' && digits(range) == end)
        return PWI_COMPEL_NONE;
    if (sign == '-')
        *number = -*number;
    return end;
}

/* The value after "=": a number where one can be read, else a name. */
static uint32_t read_value(pwi_compel_range range, pwi_compel_option *option)
{
    uint32_t end = pwi_compel_number(range, &option->number);

    option->has_number = end != PWI_COMPEL_NONE;
    if (!option->has_number)
        end = pwi_compel_name(range);
    option->value_begin = pwi_compel_skip(range);
    option->value_end = end;
    return end;
}

uint32_t pwi_compel_read_option(pwi_compel_range range, pwi_compel_option *option)
{
    const uint32_t name_end = pwi_compel_name(range);
    uint32_t end = PWI_COMPEL_NONE;

    *option = (pwi_compel_option){.key_begin = pwi_compel_skip(range), .key_end = name_end};
    if (name_end != PWI_COMPEL_NONE) {
        const uint32_t equals = pwi_compel_literal(from(range, name_end), "=");

        if (equals != PWI_COMPEL_NONE)
            end = read_value(from(range, equals), option);
    }
    if (end != PWI_COMPEL_NONE)
        return end;
    *option = (pwi_compel_option){.key_begin = pwi_compel_skip(range)};
    end = pwi_compel_number(range, &option->number);
    option->has_number = end != PWI_COMPEL_NONE;
    option->key_end = option->has_number ? end : name_end;
    return option->key_end;
}

uint32_t pwi_compel_lora_call(pwi_compel_range range, uint32_t *name_begin, uint32_t *name_end,
                              double *weight)
{
    uint32_t at = pwi_compel_literal(range, "withLora"), comma;

    *weight = 1.0;
    if (at == PWI_COMPEL_NONE)
        at = pwi_compel_literal(range, "useLora");
    if (at != PWI_COMPEL_NONE)
        at = pwi_compel_literal(from(range, at), "(");
    if (at == PWI_COMPEL_NONE)
        return at;
    *name_begin = pwi_compel_skip(from(range, at));
    *name_end = at = pwi_compel_name(from(range, at));
    if (at == PWI_COMPEL_NONE)
        return at;
    comma = pwi_compel_literal(from(range, at), ",");
    if (comma != PWI_COMPEL_NONE)
        at = pwi_compel_number(from(range, comma), weight);
    return at == PWI_COMPEL_NONE ? at : pwi_compel_literal(from(range, at), ")");
}
