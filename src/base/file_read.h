/* SPDX-License-Identifier: MIT */
/* Reading files: regular files only, at offsets, with short reads and EINTR taken care of.
 * Memory mapping is not used for files that others may shorten while we read: that ends in
 * SIGBUS (docs/adr/0008). */
#ifndef PWI_BASE_FILE_READ_H
#define PWI_BASE_FILE_READ_H

#include "base/context.h"

typedef struct pwi_input {
    int fd; /* -1: not open */
    uint64_t size;
    int64_t modified_ns; /* when it was last written to, as it was opened */
} pwi_input;

#define PWI_INPUT_CLOSED ((pwi_input){-1, 0, 0})

/* PW_ERR_NOT_FOUND for a file that is not there, PW_ERR_NOT_REGULAR for folders, devices and
 * pipes, else PW_ERR_IO. */
pw_status pwi_input_open(pwi_input *input, const char *path, pw_error *err);
void pwi_input_close(pwi_input *input);

/* Exactly `size` bytes from `offset`; PW_ERR_TRUNCATED when the file ends before. */
pw_status pwi_input_read(const pwi_input *input, uint64_t offset, void *out, size_t size,
                         pw_error *err);

/* PW_ERR_MISMATCH if the file was written to since it was opened: what is read of it now and
 * what was read before may not belong together. */
pw_status pwi_input_check(const pwi_input *input, pw_error *err);

/* A whole file (or, for "-", standard input) of at most size_max bytes into allocated memory of
 * *size + 1 bytes, terminated. Free with pwi_free_array(allocator, *bytes, *size + 1, 1). */
pw_status pwi_read_whole(const pw_allocator *allocator, const char *path, size_t size_max,
                         char **bytes, size_t *size, pw_error *err);

#endif
