/* SPDX-License-Identifier: MIT */
/* OpenAI's vocabulary inside a Python wheel (open_clip's or clip's): a gzip file in a zip
 * file. */
#include <inttypes.h>
#include <string.h>

#include "formats/archive.h"
#include "formats/inflater.h"
#include "tokenizers/vocab_files.h"

#define MEMBER_NAME "bpe_simple_vocab_16e6.txt.gz"

static bool is_vocabulary(const pwi_zip_member *member)
{
    const size_t size = strlen(MEMBER_NAME);

    return member->name_size >= size &&
           memcmp(member->name + member->name_size - size, MEMBER_NAME, size) == 0;
}

static pw_status find_member(const pwi_zip *zip, size_t *i_member, pw_error *err)
{
    for (size_t i = 0; i < zip->n_members; i++)
        if (is_vocabulary(&zip->members[i])) {
            *i_member = i;
            return PW_OK;
        }
    return PWI_FAIL(err, PW_ERR_NOT_FOUND,
                    "carries no " MEMBER_NAME ": take open_clip_torch's wheel or OpenAI's");
}

/* gzip bytes that are in memory: the inflater's range of a file is empty, and its input is set
 * by hand. */
static pw_status inflate_bytes(pwi_inflater *inflater, const char *bytes, size_t size,
                               pwi_buf *out, pw_error *err)
{
    size_t n_read;

    inflater->stream.next_in = (unsigned char *)(uintptr_t)bytes; /* zlib only reads it */
    inflater->stream.avail_in = (unsigned)size;
    while (!inflater->ended) {
        const size_t piece = 1u << 16;

        if (!pwi_buf_reserve(out, piece))
            return pwi_fail_memory(err);
        PWI_TRY(pwi_inflater_read(inflater, out->data + out->size, piece, &n_read, err));
        out->size += n_read;
        if (out->size > PWI_VOCAB_TEXT_MAX)
            return PWI_FAIL(err, PW_ERR_LIMIT, "holds more than %u bytes", PWI_VOCAB_TEXT_MAX);
    }
    return PW_OK;
}

static pw_status gunzip(const pw_allocator *allocator, const char *bytes, size_t size,
                        pwi_buf *out, pw_error *err)
{
    pwi_inflater inflater = {.is_open = false};
    pw_status status;

    if (size < 2 || memcmp(bytes, "\x1F\x8B", 2) != 0)
        return PWI_FAIL(err, PW_ERR_FOREIGN, "is not a gzip file");
    PWI_TRY(pwi_inflater_open(&inflater, allocator, PWI_DEFLATE_GZIP, NULL, size, size, err));
    status = inflate_bytes(&inflater, bytes, size, out, err);
    pwi_inflater_close(&inflater);
    return status;
}

static pw_status read_member(const pwi_zip *zip, const pw_allocator *allocator, pwi_buf *out,
                             pw_error *err)
{
    size_t i_member = 0, size;
    char *bytes;
    pw_status status;

    PWI_TRY(find_member(zip, &i_member, err));
    if (zip->members[i_member].size > PWI_VOCAB_TEXT_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, MEMBER_NAME " has %" PRIu64 " bytes; it may have %u",
                        zip->members[i_member].size, PWI_VOCAB_TEXT_MAX);
    size = (size_t)zip->members[i_member].size;
    bytes = pwi_alloc_array(allocator, size, 1);
    if (bytes == NULL)
        return pwi_fail_memory(err);
    status = pwi_zip_read(zip, allocator, i_member, 0, bytes, size, err);
    if (status == PW_OK)
        status = gunzip(allocator, bytes, size, out, err);
    pwi_free_array(allocator, bytes, size, 1);
    return pwi_zip_about(zip, i_member, status, err);
}

pw_status pwi_wheel_read(const pw_allocator *allocator, const char *path, pwi_buf *out,
                         pw_error *err)
{
    pwi_zip zip;
    pw_status status;

    PWI_TRY(pwi_zip_open(&zip, allocator, path, err));
    status = read_member(&zip, allocator, out, err);
    pwi_zip_close(&zip);
    return pwi_where(err, path, status);
}
