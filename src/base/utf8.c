/* SPDX-License-Identifier: MIT */
/* Strict UTF-8. */
#include "base/utf8.h"

#include <string.h>

/* Bytes of a sequence by its first byte; 0 for bytes that cannot begin one. */
static size_t sequence_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xC2)
        return 0;
    if (first < 0xE0)
        return 2;
    if (first < 0xF0)
        return 3;
    return first < 0xF5 ? 4 : 0;
}

size_t pwi_utf8_decode(const char *bytes, size_t size, uint32_t *code)
{
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    static const unsigned char payload[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    size_t length;
    uint32_t value;

    if (size == 0)
        return 0;
    length = sequence_length((unsigned char)bytes[0]);
    if (length == 0 || length > size)
        return 0;
    value = (unsigned char)bytes[0] & payload[length];
    for (size_t i = 1; i < length; i++) {
        const unsigned char next = (unsigned char)bytes[i];

        if ((next & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (next & 0x3F);
    }
    if (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 0;
    *code = value;
    return length;
}

size_t pwi_utf8_encode(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* Bytes of the run of ASCII at the start, eight at a time. */
static size_t ascii_prefix(const char *bytes, size_t size)
{
    size_t i = 0;
    uint64_t word;

    for (; i + 8 <= size; i += 8) {
        memcpy(&word, bytes + i, 8);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < size && (unsigned char)bytes[i] < 0x80)
        i++;
    return i;
}

size_t pwi_utf8_valid_prefix(const char *bytes, size_t size)
{
    size_t i = 0;
    uint32_t code;

    for (;;) {
        size_t length;

        i += ascii_prefix(bytes + i, size - i);
        length = pwi_utf8_decode(bytes + i, size - i, &code);
        if (length == 0)
            return i;
        i += length;
    }
}
