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
#include "base/file_write.h"

/* A gzip file's content (of all its members, one after the other, as gunzip does) appended to
 * `out`; PW_ERR_LIMIT over size_max bytes. */
pw_status pwi_gzip_read(const pw_allocator *allocator, const char *path, size_t size_max,
                        pwi_buf *out, pw_error *err);

typedef struct pwi_zip_member {
    const char *name; /* in the zip's arena; without NUL, but perhaps not UTF-8 */
    size_t name_size;
    uint64_t header; /* of the local header */
    uint64_t packed_size, size;
    uint32_t crc;
    uint16_t method; /* 0 stored, 8 deflated; others are refused when read */
    uint16_t flags;
} pwi_zip_member;

typedef struct pwi_zip {
    pwi_input input;
    bool owns_input;
    pwi_arena arena;
    pwi_zip_member *members; /* in the arena, in the order of the directory */
    size_t n_members;
} pwi_zip;

/* PW_FILE_TENSORS_MAX arrays and the metadata. */
#define PWI_ZIP_MEMBERS_MAX 65537
#define PWI_ZIP_NAME_MAX    4100 /* PW_NAME_MAX and ".npy" */

/* zip64 is understood (numpy writes it for large arrays). The members' packed sizes together
 * fit the file: an archive whose members share bytes (a bomb) is refused. */
pw_status pwi_zip_open(pwi_zip *zip, const pw_allocator *allocator, const char *path,
                       pw_error *err);

/* The same over an open file, which stays the caller's and outlives the zip. */
pw_status pwi_zip_open_input(pwi_zip *zip, const pw_allocator *allocator,
                             const pwi_input *input, pw_error *err);
void pwi_zip_close(pwi_zip *zip);

/* `size` bytes of a member's uncompressed content from `offset` (deflated members are inflated
 * from their start). Reading to the end checks the CRC. Threads: any. */
pw_status pwi_zip_read(const pwi_zip *zip, const pw_allocator *allocator, size_t i_member,
                       uint64_t offset, void *out, size_t size, pw_error *err);

/* Put the member's name before the text of an error about its content, unless it is there (as
 * in errors of pwi_zip_read); returns status. */
pw_status pwi_zip_about(const pwi_zip *zip, size_t i_member, pw_status status, pw_error *err);

/* Writing: members are stored, with a fixed date, so that the same members give the same bytes.
 */
typedef struct pwi_zip_writer {
    pwi_output *output;
    uint64_t offset; /* where the next byte goes */
    size_t n_members;
    pwi_buf directory;
} pwi_zip_writer;

/* The output stays the caller's: to commit, or to discard after a failure. */
void pwi_zip_writer_init(pwi_zip_writer *writer, const pw_allocator *allocator,
                         pwi_output *output);

/* One member, of two pieces put together: an array's header and its data. */
pw_status pwi_zip_writer_add(pwi_zip_writer *writer, const char *name, const void *head,
                             size_t head_size, const void *body, size_t body_size,
                             pw_error *err);

/* The directory: call it once, after the last member. */
pw_status pwi_zip_writer_finish(pwi_zip_writer *writer, pw_error *err);
void pwi_zip_writer_free(pwi_zip_writer *writer);

#endif
