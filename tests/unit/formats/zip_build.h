/* SPDX-License-Identifier: MIT */
/* Zip archives for tests, right or wrong in any field: written here once more, so that the
 * library's writer is not what its reader is tested with. */
#ifndef PWI_TESTS_ZIP_BUILD_H
#define PWI_TESTS_ZIP_BUILD_H

#include <zlib.h>

#include "base/buf.h"

/* A member. Zero fields mean what is right for `bytes`. */
struct zip_part {
    const char *name;
    const void *bytes; /* the content, not packed */
    size_t size;
    bool deflate;
    const char *local_name;     /* NULL: the same */
    const char *directory_name; /* NULL: the same; with a NUL in it: name_size says how long */
    size_t directory_name_size;
    uint32_t crc_change, size_change, packed_change; /* added in the directory */
    uint32_t method, flags, header_change;
    bool zip64;        /* the directory's numbers stand in a 64-bit extra field */
    size_t extra_size; /* of that field, if it is to be wrong */
    bool same_header;  /* of the member before: they share their bytes */
};

struct zip_ends {
    uint32_t n_members_change, size_change, offset_change, volume;
    const char *comment;
    bool zip64;
    const char *behind; /* bytes after the end */
};

static inline void put_number(pwi_buf *buf, uint64_t value, int n_bytes)
{
    for (int i = 0; i < n_bytes; i++)
        pwi_buf_byte(buf, (char)(value >> (8 * i)));
}

/* Deflated, with zlib's own writer. */
static inline void put_packed(pwi_buf *buf, const struct zip_part *part)
{
    z_stream stream = {.zalloc = NULL};
    const size_t bound = part->size + part->size / 100 + 100;

    if (!part->deflate) {
        pwi_buf_append(buf, part->bytes, part->size);
        return;
    }
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_true(pwi_buf_reserve(buf, bound));
    stream.next_in = (unsigned char *)(uintptr_t)part->bytes;
    stream.avail_in = (unsigned)part->size;
    stream.next_out = (unsigned char *)buf->data + buf->size;
    stream.avail_out = (unsigned)bound;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    buf->size += stream.total_out;
    deflateEnd(&stream);
}

static inline void put_local(pwi_buf *buf, const struct zip_part *part, uint64_t crc)
{
    const char *name = part->local_name != NULL ? part->local_name : part->name;

    put_number(buf, 0x04034B50, 4);
    put_number(buf, 20, 2);
    put_number(buf, part->flags, 2);
    put_number(buf, part->method != 0 ? part->method : part->deflate ? 8 : 0, 2);
    put_number(buf, 0, 4);
    put_number(buf, crc, 4);
    put_number(buf, part->size, 4);
    put_number(buf, part->size, 4);
    put_number(buf, strlen(name), 2);
    put_number(buf, 3, 2); /* an extra field that the directory does not have */
    pwi_buf_text(buf, name);
    pwi_buf_append(buf, "abc", 3);
}

static inline void put_entry(pwi_buf *buf, const struct zip_part *part, uint64_t crc,
                             uint64_t packed, uint64_t header)
{
    const char *name = part->directory_name != NULL ? part->directory_name : part->name;
    const size_t name_size =
        part->directory_name_size != 0 ? part->directory_name_size : strlen(name);
    const size_t extra_size = part->extra_size != 0 ? part->extra_size : 24;
    const uint64_t size = part->size + part->size_change;

    packed += part->packed_change;
    header += part->header_change;
    put_number(buf, 0x02014B50, 4);
    put_number(buf, 20 | 20 << 16, 4);
    put_number(buf, part->flags, 2);
    put_number(buf, part->method != 0 ? part->method : part->deflate ? 8 : 0, 2);
    put_number(buf, 0, 4);
    put_number(buf, crc + part->crc_change, 4);
    put_number(buf, part->zip64 ? UINT32_MAX : packed, 4);
    put_number(buf, part->zip64 ? UINT32_MAX : size, 4);
    put_number(buf, name_size, 2);
    put_number(buf, part->zip64 ? 4 + 5 + extra_size : 0, 2);
    put_number(buf, 0, 2 + 2);
    put_number(buf, 0, 2 + 4);
    put_number(buf, part->zip64 ? UINT32_MAX : header, 4);
    pwi_buf_append(buf, name, name_size);
    if (!part->zip64)
        return;
    put_number(buf, 0x5455 | 1 << 16, 4); /* some other field before it */
    put_number(buf, 0, 1);
    put_number(buf, 1 | extra_size << 16, 4);
    put_number(buf, size, 8);
    put_number(buf, packed, 8);
    put_number(buf, header, 8);
    buf->size -= 24 - extra_size;
}

static inline void put_ends(pwi_buf *buf, const struct zip_ends *ends, uint64_t n_members,
                            uint64_t begin)
{
    const uint64_t size = buf->size - begin + ends->size_change, end64 = buf->size;

    n_members += ends->n_members_change;
    begin += ends->offset_change;
    if (ends->zip64) {
        put_number(buf, 0x06064B50, 4);
        put_number(buf, 44, 8);
        put_number(buf, 45 | 45 << 16, 4);
        put_number(buf, 0, 8);
        put_number(buf, n_members, 8);
        put_number(buf, n_members, 8);
        put_number(buf, size, 8);
        put_number(buf, begin, 8);
        put_number(buf, 0x07064B50, 4);
        put_number(buf, 0, 4);
        put_number(buf, end64, 8);
        put_number(buf, 1, 4);
    }
    put_number(buf, 0x06054B50, 4);
    put_number(buf, ends->volume | ends->volume << 16, 4);
    put_number(buf, ends->zip64 ? 0xFFFF : n_members, 2);
    put_number(buf, ends->zip64 ? 0xFFFF : n_members, 2);
    put_number(buf, ends->zip64 ? UINT32_MAX : size, 4);
    put_number(buf, ends->zip64 ? UINT32_MAX : begin, 4);
    put_number(buf, ends->comment != NULL ? strlen(ends->comment) : 0, 2);
    pwi_buf_text(buf, ends->comment != NULL ? ends->comment : "");
    pwi_buf_text(buf, ends->behind != NULL ? ends->behind : "");
}

/* An archive into a buffer that is initialised here. */
static inline void build_zip(pwi_buf *buf, const struct zip_part *parts, size_t n_parts,
                             const struct zip_ends *ends)
{
    const struct zip_ends right = {.comment = NULL};
    uint64_t headers[8], packed[8], begin;

    pwi_buf_init(buf, &pwi_malloc_allocator);
    assert_true(n_parts <= 8);
    for (size_t i = 0; i < n_parts; i++) {
        headers[i] = buf->size;
        if (parts[i].same_header && i > 0) {
            headers[i] = headers[i - 1];
            packed[i] = packed[i - 1];
            continue;
        }
        put_local(buf, &parts[i], crc32_z(0, parts[i].bytes, parts[i].size));
        begin = buf->size;
        put_packed(buf, &parts[i]);
        packed[i] = buf->size - begin;
    }
    begin = buf->size;
    for (size_t i = 0; i < n_parts; i++)
        put_entry(buf, &parts[i], crc32_z(0, parts[i].bytes, parts[i].size), packed[i],
                  headers[i]);
    put_ends(buf, ends != NULL ? ends : &right, n_parts, begin);
    assert_false(buf->failed);
}

#endif
