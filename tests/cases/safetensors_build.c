/* SPDX-License-Identifier: MIT */
/* Cases of bytes alone: the header's segments, its length, the data; or the whole file as hex.
 * What was written is compared with file_size and file_hex, so that a runner that builds
 * something else than the file's author did is found out. */
#include "safetensors_case.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool write_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *stream = fopen(path, "wb");
    bool good = stream != NULL && (size == 0 || fwrite(bytes, 1, size, stream) == size);

    if (stream != NULL && fclose(stream) != 0)
        good = false;
    return good;
}

/* Text with every "{i}" replaced by the counter. */
static size_t put_counted(FILE *stream, const struct segment *segment, uint64_t counter)
{
    const char *rest = segment->text, *mark;
    size_t n = 0;

    while ((mark = strstr(rest, "{i}")) != NULL) {
        n += fwrite(rest, 1, (size_t)(mark - rest), stream);
        n += (size_t)fprintf(stream, "%" PRIu64, counter);
        rest = mark + 3;
    }
    return n + fwrite(rest, 1, strlen(rest), stream);
}

static size_t put_segment(FILE *stream, const struct segment *segment)
{
    const bool has_counter = segment->is_repeated && strstr(segment->text, "{i}") != NULL;
    size_t n = 0;

    for (uint64_t i = 0; i < segment->times; i++) {
        if (i > 0 && segment->separator != NULL)
            n += fwrite(segment->separator, 1, strlen(segment->separator), stream);
        n += has_counter ? put_counted(stream, segment, i)
                         : fwrite(segment->text, 1, segment->size, stream);
    }
    return n;
}

static void put_length(FILE *stream, uint64_t length)
{
    for (int i = 0; i < 8; i++)
        putc((int)(length >> (8 * i) & 0xFF), stream);
}

static void put_file(FILE *stream, const struct safetensors_case *c)
{
    uint64_t header_size = 0;

    if (c->build == BUILD_RAW) {
        fwrite(c->raw, 1, c->raw_size, stream);
        return;
    }
    put_length(stream, 0);
    for (size_t i = 0; i < c->n_segments; i++)
        header_size += put_segment(stream, &c->segments[i]);
    for (uint64_t i = 0; i < c->data_size; i++)
        putc(c->fill, stream);
    rewind(stream);
    put_length(stream, c->has_length ? c->length : header_size);
}

/* Whether the file is the one that file_hex describes. */
static bool is_same_file(FILE *stream, const struct safetensors_case *c)
{
    char *bytes = malloc(c->file_hex_size + 1);
    bool same;

    rewind(stream);
    same = bytes != NULL && fread(bytes, 1, c->file_hex_size + 1, stream) == c->file_hex_size &&
           memcmp(bytes, c->file_hex, c->file_hex_size) == 0;
    free(bytes);
    return same;
}

bool build_safetensors_file(struct safetensors_case *c, const char *path)
{
    FILE *stream = fopen(path, "w+b");
    long size;

    if (stream == NULL) {
        snprintf(c->problem, sizeof(c->problem), "the file cannot be made");
        return false;
    }
    put_file(stream, c);
    fseek(stream, 0, SEEK_END);
    size = ftell(stream);
    if (ferror(stream) || size < 0)
        snprintf(c->problem, sizeof(c->problem), "the file cannot be written");
    else if (c->has_file_size && (uint64_t)size != c->file_size)
        snprintf(c->problem, sizeof(c->problem),
                 "the recipe makes %ld bytes, file_size says %" PRIu64, size, c->file_size);
    else if (c->file_hex != NULL && !is_same_file(stream, c))
        snprintf(c->problem, sizeof(c->problem), "the recipe makes other bytes than file_hex");
    fclose(stream);
    return c->problem[0] == '\0';
}

static size_t put_text(unsigned char *bytes, size_t n, const char *text)
{
    memcpy(bytes + n, text, strlen(text));
    return n + strlen(text);
}

size_t three_tensors(unsigned char *bytes, size_t capacity)
{
    static const char header[] =
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
        "\"b\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[16,24]},"
        "\"c\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[24,32]}}";
    size_t n = 8;

    memset(bytes, 0, capacity);
    bytes[0] = (unsigned char)(sizeof(header) - 1);
    n = put_text(bytes, n, header);
    return n + 32;
}
