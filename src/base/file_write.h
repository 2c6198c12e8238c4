/* SPDX-License-Identifier: MIT */
/* Writing files whole or not at all: a temporary file beside the target, fsync, rename, fsync
 * of the folder. A failed fsync is final: the file is dropped, the old one stays (PostgreSQL's
 * lesson; docs/adr/0009). */
#ifndef PWI_BASE_FILE_WRITE_H
#define PWI_BASE_FILE_WRITE_H

#include "base/context.h"

typedef struct pwi_output {
    const pw_allocator *allocator;
    int fd; /* -1: not open */
    bool is_stdout;
    char *path, *temporary; /* [path_size] each */
    size_t path_size, temporary_size;
    char *buffer;
    size_t used;
} pwi_output;

#define PWI_OUTPUT_CLOSED ((pwi_output){.fd = -1})

/* path "-" is standard output: nothing to rename, an error is still an error. expected_size > 0
 * reserves the space first, so that a full disk shows before the work. */
pw_status pwi_output_open(pwi_output *output, const pw_allocator *allocator, const char *path,
                          uint64_t expected_size, pw_error *err);
pw_status pwi_output_write(pwi_output *output, const void *bytes, size_t size, pw_error *err);

/* Make the file visible under its name. On failure nothing is left behind. */
pw_status pwi_output_commit(pwi_output *output, pw_error *err);

/* Give up: remove the temporary file. Harmless after commit and on PWI_OUTPUT_CLOSED. */
void pwi_output_discard(pwi_output *output);

/* The part of a path behind its last slash. */
const char *pwi_path_name(const char *path);

/* Make a folder, and the folders above it, unless it is there. */
pw_status pwi_make_folder(const pw_allocator *allocator, const char *path, pw_error *err);

#endif
