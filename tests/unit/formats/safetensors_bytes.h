/* SPDX-License-Identifier: MIT */
/* For tests of safetensors: files from a header's text, and what opening them says. */
#ifndef PWI_TESTS_SAFETENSORS_BYTES_H
#define PWI_TESTS_SAFETENSORS_BYTES_H

#include "format_check.h"

#include <dirent.h>

/* A file at `path` of that header and n_data bytes 0, 1, 2, ... */
static inline const char *safetensors_at(const char *path, const char *header, size_t n_header,
                                         size_t n_data)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    for (int i = 0; i < 8; i++)
        putc((int)((uint64_t)n_header >> (8 * i) & 0xFF), file);
    assert_int_equal(fwrite(header, 1, n_header, file), n_header);
    for (size_t i = 0; i < n_data; i++)
        putc((int)(i & 0xFF), file);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline const char *safetensors_with(const char *header, size_t n_data)
{
    return safetensors_at(path_of("in"), header, strlen(header), n_data);
}

static inline pw_file_options file_options(bool strict)
{
    pw_file_options options;

    pw_file_options_init(&options);
    options.strict = strict;
    options.expected_format = PW_FORMAT_SAFETENSORS;
    return options;
}

/* Open and close; a failure's detail is checked to be there. */
static inline pw_status opening(const char *path, bool strict, pw_error *err,
                                size_t *n_warnings)
{
    const pw_file_options options = file_options(strict);
    pw_context *ctx = context_over(NULL, n_warnings);
    pw_file *file;
    const pw_status status = pw_file_open(&file, ctx, path, &options, err);

    if (status != PW_OK) {
        assert_null(file);
        assert_int_equal(err->status, status);
        assert_string_equal(err->where, path);
        assert_true(strlen(err->text) > 15);
    }
    pw_file_free(file);
    pw_context_free(ctx);
    return status;
}

/* Remove all files of the program's folder; a teardown. */
static inline int empty_folder(void **state)
{
    DIR *stream = opendir(format_folder);
    const struct dirent *entry;
    char path[512];

    (void)state;
    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        snprintf(path, sizeof(path), "%s/%s", format_folder, entry->d_name);
        unlink(path);
    }
    if (stream != NULL)
        closedir(stream);
    return 0;
}

static inline int remove_all(void **state)
{
    empty_folder(state);
    return rmdir(format_folder);
}

#define F32_2x2 "{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]}"

#endif
