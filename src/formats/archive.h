/* SPDX-License-Identifier: MIT */
/* gzip and zip, as far as vocabularies (.txt.gz, .whl) and npz need them: zlib does the
 * inflating, sizes are limited before they are believed, names with NUL are refused, no path of
 * an archive is ever used to write. */
#ifndef PWI_FORMATS_ARCHIVE_H
#define PWI_FORMATS_ARCHIVE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/context.h"
#include "base/file_read.h"

/* A gzip file's content appended to `out`; PW_ERR_LIMIT over size_max bytes. */
pw_status pwi_gzip_read(const pw_allocator *allocator, const char *path, size_t size_max,
                        pwi_buf *out, pw_error *err);

typedef struct pwi_zip_member {
    const char *name; /* in the zip's arena */
    uint64_t header;  /* of the local header */
    uint64_t packed_size, size;
    uint32_t crc;
    uint16_t method; /* 0 stored, 8 deflated; others are refused when read */
} pwi_zip_member;

typedef struct pwi_zip {
    pwi_input input;
    pwi_arena arena;
    pwi_zip_member *members; /* in the arena, in the order of the directory */
    size_t n_members;
} pwi_zip;

#define PWI_ZIP_MEMBERS_MAX 65536

/* zip64 is understood (numpy writes it for large arrays). */
pw_status pwi_zip_open(pwi_zip *zip, const pw_allocator *allocator, const char *path,
                       pw_error *err);
void pwi_zip_close(pwi_zip *zip);

/* `size` bytes of a member's uncompressed content from `offset` (deflated members are inflated
 * from their start). Reading to the end checks the CRC. */
pw_status pwi_zip_read(const pwi_zip *zip, const pw_allocator *allocator, size_t i_member,
                       uint64_t offset, void *out, size_t size, pw_error *err);

#endif
