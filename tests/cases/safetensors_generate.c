/* SPDX-License-Identifier: MIT */
/* Generated safetensors files. */
#include "safetensors_generate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define HEADER_MAX ((uint64_t)100000000)

uint64_t first_number(const char *text)
{
    uint64_t n = 0;

    while (*text != '\0' && (*text < '0' || *text > '9'))
        text++;
    for (; (*text >= '0' && *text <= '9') || *text == ','; text++) {
        if (*text != ',')
            n = n * 10 + (uint64_t)(*text - '0');
    }
    return n;
}

static void put_length(FILE *stream, uint64_t length)
{
    for (int i = 0; i < 8; i++)
        putc((int)(length >> (8 * i) & 0xFF), stream);
}

/* Give the header that was written after eight bytes its length, or the one given, and the
 * data `data_size` bytes that are not on the disk. */
static bool finish(FILE *stream, uint64_t header_size, uint64_t data_size)
{
    const long end = ftell(stream);
    bool good;

    if (end < 8)
        return false;
    if (header_size == 0)
        header_size = (uint64_t)end - 8;
    rewind(stream);
    put_length(stream, header_size);
    good = fflush(stream) == 0 &&
           ftruncate(fileno(stream), (off_t)(8 + header_size + data_size)) == 0;
    return fclose(stream) == 0 && good;
}

static FILE *begin(const char *path)
{
    FILE *stream = fopen(path, "wb");

    if (stream != NULL)
        put_length(stream, 0);
    return stream;
}

#define SAME_RANGE                                                                             \
    "\"weight_%" PRIu64 "\":{\"dtype\":\"F32\",\"shape\":[200,200],"                           \
    "\"data_offsets\":[0,160000]}"

bool generate_same_range(const char *path, uint64_t n)
{
    FILE *stream = begin(path);
    uint64_t size = 1, digits = 1, next = 10;

    if (stream == NULL)
        return false;
    for (uint64_t i = 0; i < n; i++) {
        if (i == next) {
            digits++;
            next *= 10;
        }
        size += strlen("\"weight_\":{\"dtype\":\"F32\",\"shape\":[200,200],"
                       "\"data_offsets\":[0,160000]},") +
                digits;
    }
    /* A header over the limit is refused by its length: its text is begun, the rest is a
     * hole. */
    putc('{', stream);
    for (uint64_t i = 0; i < n && (size <= HEADER_MAX || i < 1000); i++)
        fprintf(stream, "%s" SAME_RANGE, i > 0 ? "," : "", i);
    if (size <= HEADER_MAX)
        putc('}', stream);
    return finish(stream, size, 160000);
}

/* Two different words of four letters that leave the low 16 bits of FNV-1a as they are. */
static void find_fnv_words(char words[2][5])
{
    const uint32_t start = 0x2325; /* of the offset basis cbf29ce484222325 */
    int n = 0;

    for (uint32_t code = 0; code < 26u * 26 * 26 * 26 && n < 2; code++) {
        const char word[5] = {(char)('a' + code / 17576), (char)('a' + code / 676 % 26),
                              (char)('a' + code / 26 % 26), (char)('a' + code % 26), '\0'};
        uint32_t hash = start;

        for (int i = 0; i < 4; i++)
            hash = (hash ^ (unsigned char)word[i]) * 0x1b3 & 0xFFFF;
        if (hash == start)
            memcpy(words[n++], word, 5);
    }
}

bool generate_colliding_names(const char *path, uint64_t n)
{
    char djb2_words[2][5] = {"Ez", "FY"}; /* 33 * 'E' + 'z' = 33 * 'F' + 'Y' */
    char fnv_words[2][5] = {"", ""};
    FILE *stream = begin(path);

    if (stream == NULL)
        return false;
    find_fnv_words(fnv_words);
    for (uint64_t i = 0; i < n; i++) {
        fputs(i == 0 ? "{\"" : ",\"", stream);
        for (unsigned bit = 0; bit < 16; bit++)
            fputs((i % 2 == 0 ? djb2_words : fnv_words)[i / 2 >> bit & 1], stream);
        fprintf(stream,
                "\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%" PRIu64 ",%" PRIu64
                "]}",
                i, i + 1);
    }
    putc('}', stream);
    return finish(stream, 0, n);
}

bool generate_sparse(const char *path, uint64_t size)
{
    FILE *stream = begin(path);

    if (stream == NULL)
        return false;
    fprintf(stream,
            "{\"t\":{\"dtype\":\"U8\",\"shape\":[%" PRIu64 "],\"data_offsets\":[0,%" PRIu64
            "]}}",
            size, size);
    return finish(stream, 0, size);
}

bool generate_shard(const char *folder, const char *name, const char *tensors)
{
    char path[512];
    size_t n;
    FILE *stream;

    snprintf(path, sizeof(path), "%.300s/%.200s", folder, name);
    stream = begin(path);
    if (stream == NULL)
        return false;
    for (n = 0; tensors[n] != '\0'; n++)
        fprintf(stream, "%s\"%c\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[%zu,%zu]}",
                n == 0 ? "{" : ",", tensors[n], n * 4, n * 4 + 4);
    putc('}', stream);
    return finish(stream, 0, n * 4);
}
