/* SPDX-License-Identifier: MIT */
/* Zip members' contents: the local header against the directory's entry, stored and deflated
 * data, the checksum. zip_directory.c finds the members. */
#include "formats/archive.h"

#include <stdio.h>

#include "base/error.h"
#include "formats/inflater.h"
#include "formats/zip_bytes.h"

#define PIECE_SIZE ((size_t)1 << 16)

/* One member being read from its start. */
struct reading {
    const pwi_zip_member *member;
    const pwi_input *input;
    pwi_inflater inflater; /* not open for stored members */
    uint64_t data;         /* first packed byte in the file */
    uint64_t position;     /* of the next uncompressed byte */
    uint32_t crc;
};

static pw_status not_readable(const pwi_zip_member *member, pw_error *err)
{
    if (member->flags & ZIP_FLAGS_ENCRYPTED)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "is encrypted: unpack it with its password and pack it again");
    if (member->method != ZIP_METHOD_STORED && member->method != ZIP_METHOD_DEFLATED)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "is compressed by method %u; only stored (0) and deflated (8) members "
                        "are read: pack it again",
                        (unsigned)member->method);
    return PW_OK;
}

static pw_status local_differs(const pwi_zip_member *member, pw_error *err)
{
    return pwi_fail_at(err, PW_ERR_FORMAT, member->header,
                       "the header before its data is not the one that the directory promises: "
                       "the archive is damaged");
}

/* The name before the data must be the directory's: two names for one member are how archives
 * show one thing to a scanner and another to a reader. */
static pw_status check_local_name(const struct reading *reading, size_t name_size,
                                  pw_error *err)
{
    const pwi_zip_member *member = reading->member;
    char name[PWI_ZIP_NAME_MAX];

    if (name_size != member->name_size)
        return local_differs(member, err);
    PWI_TRY(
        pwi_input_read(reading->input, member->header + ZIP_LOCAL_SIZE, name, name_size, err));
    if (memcmp(name, member->name, name_size) != 0)
        return local_differs(member, err);
    return PW_OK;
}

/* Where the packed bytes begin: behind a header of its own, whose extra fields may differ from
 * the directory's. */
static pw_status find_data(struct reading *reading, pw_error *err)
{
    const pwi_zip_member *member = reading->member;
    const uint64_t file_size = reading->input->size;
    unsigned char local[ZIP_LOCAL_SIZE];

    if (member->header > file_size || file_size - member->header < ZIP_LOCAL_SIZE)
        return pwi_fail_at(err, PW_ERR_TRUNCATED, file_size,
                           "the file ends before this member: it is incomplete");
    PWI_TRY(pwi_input_read(reading->input, member->header, local, sizeof(local), err));
    if (zip_get32(local) != ZIP_LOCAL_SIGNATURE || zip_get16(local + 8) != member->method ||
        ((zip_get16(local + 6) ^ member->flags) & ZIP_FLAGS_ENCRYPTED) != 0)
        return local_differs(member, err);
    reading->data =
        member->header + ZIP_LOCAL_SIZE + zip_get16(local + 26) + zip_get16(local + 28);
    if (reading->data > file_size || file_size - reading->data < member->packed_size)
        return pwi_fail_at(err, PW_ERR_TRUNCATED, file_size,
                           "the file ends before this member does: it is incomplete");
    return check_local_name(reading, zip_get16(local + 26), err);
}

/* The next bytes of the content, never more than the member's size says. */
static pw_status read_next(struct reading *reading, void *out, size_t size, pw_error *err)
{
    size_t got = size;

    if (reading->inflater.is_open)
        PWI_TRY(pwi_inflater_read(&reading->inflater, out, size, &got, err));
    else
        PWI_TRY(
            pwi_input_read(reading->input, reading->data + reading->position, out, size, err));
    if (got != size)
        return PWI_FAIL(err, PW_ERR_SIZE,
                        "unpacks to %llu bytes where the directory says %llu: the archive is "
                        "damaged",
                        (unsigned long long)(reading->position + got),
                        (unsigned long long)reading->member->size);
    if (size > 0)
        reading->crc = (uint32_t)crc32_z(reading->crc, out, size);
    reading->position += size;
    return PW_OK;
}

/* Bytes before the wanted ones: they count for the checksum, and an inflater cannot jump. */
static pw_status skip_to(struct reading *reading, const pw_allocator *allocator,
                         uint64_t offset, pw_error *err)
{
    unsigned char *piece;
    pw_status status = PW_OK;

    if (offset == 0)
        return PW_OK;
    piece = pwi_alloc_array(allocator, PIECE_SIZE, 1);
    if (piece == NULL)
        return pwi_fail_memory(err);
    while (status == PW_OK && reading->position < offset) {
        const uint64_t left = offset - reading->position;

        status = read_next(reading, piece, left < PIECE_SIZE ? (size_t)left : PIECE_SIZE, err);
    }
    pwi_free_array(allocator, piece, PIECE_SIZE, 1);
    return status;
}

/* After the last byte: nothing more comes out, nothing is left over, the checksum is right. */
static pw_status check_end(struct reading *reading, pw_error *err)
{
    unsigned char more;
    size_t n_more = 0;

    if (reading->inflater.is_open) {
        PWI_TRY(pwi_inflater_read(&reading->inflater, &more, 1, &n_more, err));
        if (n_more != 0 || pwi_inflater_left(&reading->inflater) != 0)
            return PWI_FAIL(err, PW_ERR_SIZE,
                            "unpacks to more than the %llu bytes of the directory: the archive "
                            "is damaged",
                            (unsigned long long)reading->member->size);
    }
    if (reading->crc != reading->member->crc)
        return PWI_FAIL(err, PW_ERR_FORMAT,
                        "the checksum of the data is wrong: fetch or make the file again");
    return PW_OK;
}

static pw_status read_content(struct reading *reading, const pw_allocator *allocator,
                              uint64_t offset, void *out, size_t size, pw_error *err)
{
    const pwi_zip_member *member = reading->member;

    PWI_TRY(not_readable(member, err));
    PWI_TRY(find_data(reading, err));
    if (member->method == ZIP_METHOD_DEFLATED)
        PWI_TRY(pwi_inflater_open(&reading->inflater, allocator, PWI_DEFLATE_RAW,
                                  reading->input, reading->data,
                                  reading->data + member->packed_size, err));
    /* Reading from the middle of a stored member needs the bytes before only for the checksum
     * of a reading to the end. */
    if (member->method == ZIP_METHOD_DEFLATED || offset + size == member->size)
        PWI_TRY(skip_to(reading, allocator, offset, err));
    reading->position = offset;
    PWI_TRY(read_next(reading, out, size, err));
    return offset + size == member->size ? check_end(reading, err) : PW_OK;
}

pw_status pwi_zip_read(const pwi_zip *zip, const pw_allocator *allocator, size_t i_member,
                       uint64_t offset, void *out, size_t size, pw_error *err)
{
    struct reading reading = {.member = &zip->members[i_member], .input = &zip->input};
    pw_status status;

    PW_ASSERT(i_member < zip->n_members);
    if (offset > reading.member->size || size > reading.member->size - offset)
        status = PWI_FAIL(err, PW_ERR_TRUNCATED, "ends before byte %llu",
                          (unsigned long long)offset);
    else
        status = read_content(&reading, allocator, offset, out, size, err);
    pwi_inflater_close(&reading.inflater);
    return pwi_zip_about(zip, i_member, status, err);
}

pw_status pwi_zip_about(const pwi_zip *zip, size_t i_member, pw_status status, pw_error *err)
{
    const pwi_zip_member *member = &zip->members[i_member];
    char quoted[PWI_QUOTE_SIZE], text[sizeof(err->text)];
    size_t size;

    if (status == PW_OK || status == PW_ERR_NO_MEMORY || status == PW_ERR_IO || err == NULL)
        return status;
    memcpy(text, err->text, sizeof(text));
    snprintf(err->text, sizeof(err->text),
             "member %s: ", pwi_quote(quoted, member->name, member->name_size));
    size = strlen(err->text);
    if (strncmp(text, err->text, size) == 0)
        memcpy(err->text, text, sizeof(text));
    else
        snprintf(err->text + size, sizeof(err->text) - size, "%s", text);
    return status;
}
