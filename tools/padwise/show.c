/* SPDX-License-Identifier: MIT */
/* Escaping and column widths. */
#include "show.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

size_t utf8_next(const char *bytes, size_t size, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char first = (unsigned char)bytes[0];
    const size_t n = first < 0x80   ? 1
                     : first < 0xC2 ? 0
                     : first < 0xE0 ? 2
                     : first < 0xF0 ? 3
                     : first < 0xF5 ? 4
                                    : 0;

    if (n == 0 || n > size)
        return 0;
    *code = n == 1 ? first : first & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if (((unsigned char)bytes[i] & 0xC0) != 0x80)
            return 0;
        *code = *code << 6 | ((unsigned char)bytes[i] & 0x3F);
    }
    if (*code < least[n] || *code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000))
        return 0;
    return n;
}

static bool is_in(const struct code_range *ranges, size_t n, uint32_t code)
{
    size_t low = 0, high = n;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (code > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && code >= ranges[low].first;
}

/* C0, DEL, C1, line and paragraph separators, the controls of bidirectional text, and the byte
 * order mark, which is invisible. */
static bool is_hostile(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x200E || code == 0x200F ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0xFEFF;
}

/* One character as it is shown, at most 12 bytes; the bytes of the source that it took. */
struct shown {
    char text[16];
    size_t size, width, taken;
};

static void escape(struct shown *shown, uint32_t code)
{
    static const char names[] = "abtnvfr";
    static const char hex[] = "0123456789abcdef";
    size_t n = 0;

    shown->text[n++] = '\\';
    if (code >= 7 && code <= 13) {
        shown->text[n++] = names[code - 7];
    } else {
        const int n_digits = code < 0x100 ? 2 : 4;

        shown->text[n++] = code < 0x100 ? 'x' : 'u';
        for (int i = n_digits - 1; i >= 0; i--)
            shown->text[n++] = hex[code >> (4 * i) & 15];
    }
    shown->size = shown->width = n;
}

static struct shown next_shown(const char *bytes, size_t size)
{
    struct shown shown = {.taken = 1};
    uint32_t code = 0;
    const size_t n = utf8_next(bytes, size, &code);

    if (n == 0) {
        escape(&shown, (unsigned char)bytes[0]);
        return shown;
    }
    shown.taken = n;
    if (is_hostile(code)) {
        escape(&shown, code);
        return shown;
    }
    memcpy(shown.text, bytes, n);
    shown.size = n;
    shown.width = is_in(zero_width, n_zero_width, code)       ? 0
                  : is_in(double_width, n_double_width, code) ? 2
                                                              : 1;
    return shown;
}

size_t show_width(const char *bytes, size_t size)
{
    size_t width = 0;

    for (size_t i = 0; i < size;) {
        const struct shown shown = next_shown(bytes + i, size - i);

        width += shown.width;
        i += shown.taken;
    }
    return width;
}

size_t show_text(struct builder *out, const char *bytes, size_t size, size_t width_max)
{
    const bool fits = width_max == SHOW_ALL || show_width(bytes, size) <= width_max;
    const size_t room = fits ? SHOW_ALL : width_max < 3 ? 0 : width_max - 3;
    size_t width = 0;

    for (size_t i = 0; i < size;) {
        const struct shown shown = next_shown(bytes + i, size - i);

        if (!fits && width + shown.width > room)
            break;
        builder_add(out, shown.text, shown.size);
        width += shown.width;
        i += shown.taken;
    }
    if (!fits) {
        builder_add(out, "...", width_max < 3 ? width_max : 3);
        width += width_max < 3 ? width_max : 3;
    }
    return width;
}

void show_quoted(struct builder *out, const char *bytes, size_t size, size_t width_max)
{
    builder_add(out, "\"", 1);
    show_text(out, bytes, size,
              width_max == SHOW_ALL || width_max < 2 ? width_max : width_max - 2);
    builder_add(out, "\"", 1);
}

void show_size(struct builder *out, uint64_t n_bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)n_bytes;
    size_t i = 0;

    if (n_bytes < 1000) {
        builder_format(out, "%" PRIu64 " bytes", n_bytes);
        return;
    }
    for (value /= 1000; value >= 999.5 && i + 1 < sizeof(units) / sizeof(*units); i++)
        value /= 1000;
    builder_format(out, value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[i]);
}

void show_shape(struct builder *out, const int64_t *shape, int32_t rank)
{
    builder_text(out, "[");
    for (int32_t i = 0; i < rank; i++)
        builder_format(out, i == 0 ? "%" PRId64 : ",%" PRId64, shape[i]);
    builder_text(out, "]");
}
