/* SPDX-License-Identifier: MIT */
/* Writing zip archives: members stored, one date (1980-01-01, the first that zip can say), no
 * attributes: the same members give the same bytes. 64-bit records only where sizes ask for
 * them. Nothing is written twice, so that standard output is as good as a file. */
#include "formats/archive.h"

#include <zlib.h>

#include "base/error.h"
#include "formats/zip_bytes.h"

#define DATE_1980_01_01 0x0021u
#define VERSION_PLAIN   20u
#define VERSION_ZIP64   45u

/* A record being put together. 128 bytes are more than any has before its name. */
struct record {
    unsigned char bytes[128];
    size_t size;
};

struct member {
    const char *name;
    size_t name_size;
    uint64_t size, offset;
    uint32_t crc;
};

static void put(struct record *record, uint64_t value, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        record->bytes[record->size++] = (unsigned char)(value >> (8 * i));
    PW_ASSERT(record->size <= sizeof(record->bytes));
}

static bool is_wide(uint64_t value)
{
    return value >= ZIP_IN_EXTRA64;
}

static uint32_t narrow(uint64_t value)
{
    return is_wide(value) ? ZIP_IN_EXTRA64 : (uint32_t)value;
}

/* What local header and directory entry have in common, from the version to the name's size. */
static void put_common(struct record *record, const struct member *member, bool is_zip64)
{
    put(record, is_zip64 ? VERSION_ZIP64 : VERSION_PLAIN, 2);
    put(record, ZIP_FLAG_UTF8, 2);
    put(record, ZIP_METHOD_STORED, 2);
    put(record, 0, 2);
    put(record, DATE_1980_01_01, 2);
    put(record, member->crc, 4);
    put(record, narrow(member->size), 4);
    put(record, narrow(member->size), 4);
    put(record, member->name_size, 2);
}

static void make_local(struct record *record, const struct member *member)
{
    const bool is_zip64 = is_wide(member->size);

    record->size = 0;
    put(record, ZIP_LOCAL_SIGNATURE, 4);
    put_common(record, member, is_zip64);
    put(record, is_zip64 ? 20 : 0, 2);
}

/* The extra field: a local header must give both sizes, the directory what did not fit. */
static void make_extra64(struct record *record, const struct member *member, bool with_offset)
{
    const size_t n_numbers = (is_wide(member->size) ? 2u : 0u) + (with_offset ? 1u : 0u);

    record->size = 0;
    if (n_numbers == 0)
        return;
    put(record, ZIP_EXTRA64, 2);
    put(record, 8 * n_numbers, 2);
    if (is_wide(member->size)) {
        put(record, member->size, 8);
        put(record, member->size, 8);
    }
    if (with_offset)
        put(record, member->offset, 8);
}

static void add_to_directory(pwi_buf *directory, const struct member *member)
{
    struct record entry = {.size = 0}, extra;

    make_extra64(&extra, member, is_wide(member->offset));
    put(&entry, ZIP_CENTRAL_SIGNATURE, 4);
    put(&entry, extra.size > 0 ? VERSION_ZIP64 : VERSION_PLAIN, 2);
    put_common(&entry, member, extra.size > 0);
    put(&entry, extra.size, 2);
    put(&entry, 0, 2 + 2 + 2); /* comment, volume, inner attributes */
    put(&entry, 0, 4);         /* outer attributes */
    put(&entry, narrow(member->offset), 4);
    pwi_buf_append(directory, entry.bytes, entry.size);
    pwi_buf_append(directory, member->name, member->name_size);
    pwi_buf_append(directory, extra.bytes, extra.size);
}

static pw_status write_bytes(pwi_zip_writer *writer, const void *bytes, size_t size,
                             pw_error *err)
{
    writer->offset += size;
    return pwi_output_write(writer->output, bytes, size, err);
}

void pwi_zip_writer_init(pwi_zip_writer *writer, const pw_allocator *allocator,
                         pwi_output *output)
{
    *writer = (pwi_zip_writer){.output = output};
    pwi_buf_init(&writer->directory, allocator);
}

pw_status pwi_zip_writer_add(pwi_zip_writer *writer, const char *name, const void *head,
                             size_t head_size, const void *body, size_t body_size,
                             pw_error *err)
{
    struct member member = {.name = name,
                            .name_size = strlen(name),
                            .size = (uint64_t)head_size + body_size,
                            .offset = writer->offset};
    struct record record;

    PW_ASSERT(member.name_size <= PWI_ZIP_NAME_MAX);
    /* The checksum stands before the data: one pass over the memory for it, one to write. A
     * NULL to zlib's crc32 means "begin anew", so an empty body does not get there. */
    member.crc = (uint32_t)crc32_z(0, head, head_size);
    if (body_size > 0)
        member.crc = (uint32_t)crc32_z(member.crc, body, body_size);
    make_local(&record, &member);
    PWI_TRY(write_bytes(writer, record.bytes, record.size, err));
    PWI_TRY(write_bytes(writer, name, member.name_size, err));
    make_extra64(&record, &member, false);
    PWI_TRY(write_bytes(writer, record.bytes, record.size, err));
    PWI_TRY(write_bytes(writer, head, head_size, err));
    PWI_TRY(write_bytes(writer, body, body_size, err));
    add_to_directory(&writer->directory, &member);
    writer->n_members++;
    return writer->directory.failed ? pwi_fail_memory(err) : PW_OK;
}

/* The 64-bit end record and its locator. */
static void put_end64(struct record *record, const pwi_zip_writer *writer, uint64_t begin)
{
    put(record, ZIP_END64_SIGNATURE, 4);
    put(record, ZIP_END64_SIZE - 12, 8);
    put(record, VERSION_ZIP64, 2);
    put(record, VERSION_ZIP64, 2);
    put(record, 0, 4 + 4);
    put(record, writer->n_members, 8);
    put(record, writer->n_members, 8);
    put(record, writer->directory.size, 8);
    put(record, begin, 8);
    put(record, ZIP_LOCATOR64_SIGNATURE, 4);
    put(record, 0, 4);
    put(record, begin + writer->directory.size, 8);
    put(record, 1, 4);
}

pw_status pwi_zip_writer_finish(pwi_zip_writer *writer, pw_error *err)
{
    const uint64_t begin = writer->offset;
    const size_t size = writer->directory.size;
    const bool too_many = writer->n_members >= ZIP_IN_END64;
    const uint64_t n_members = too_many ? ZIP_IN_END64 : writer->n_members;
    struct record end = {.size = 0};

    if (too_many || is_wide(begin) || is_wide(size))
        put_end64(&end, writer, begin);
    put(&end, ZIP_END_SIGNATURE, 4);
    put(&end, 0, 2 + 2);
    put(&end, n_members, 2);
    put(&end, n_members, 2);
    put(&end, narrow(size), 4);
    put(&end, narrow(begin), 4);
    put(&end, 0, 2);
    PWI_TRY(write_bytes(writer, writer->directory.data, size, err));
    return write_bytes(writer, end.bytes, end.size, err);
}

void pwi_zip_writer_free(pwi_zip_writer *writer)
{
    pwi_buf_free(&writer->directory);
}
