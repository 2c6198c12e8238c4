/* SPDX-License-Identifier: MIT */
/* What fuzz targets of tensor files share: a file in memory with the fuzzer's bytes, a context,
 * and comparing a set with itself after it was written and read. */
#ifndef PWI_TESTS_TENSOR_FUZZ_H
#define PWI_TESTS_TENSOR_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <padwise/file.h>

#include "../unit/test_context.h"

#define EXPECT(condition)                                                                      \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                    \
            abort();                                                                           \
        }                                                                                      \
    } while (0)

/* A file without a name; its path is valid as long as it is open. */
struct fuzz_file {
    int fd;
    char path[64];
};

static inline struct fuzz_file fuzz_file_open(const void *data, size_t size)
{
    struct fuzz_file file = {.fd = memfd_create("fuzz", 0)};

    EXPECT(file.fd >= 0 && write(file.fd, data, size) == (ssize_t)size);
    snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
    return file;
}

static inline void fuzz_file_close(struct fuzz_file *file)
{
    close(file->fd);
}

/* Where sets are written to, in memory where there is such a folder. */
static inline const char *fuzz_output(void)
{
    static char path[64];

    if (path[0] == '\0')
        snprintf(path, sizeof(path), "%s/padwise-fuzz.%ld",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
    return path;
}

/* The set of a file of these bytes, or NULL, with the error's promises checked. */
static inline pw_tensor_set *fuzz_load(pw_context *ctx, const char *path,
                                       const pw_file_options *options)
{
    pw_tensor_set *set = NULL;
    pw_error err = {.status = PW_OK};
    const pw_status status = pw_tensor_set_load(&set, ctx, path, options, &err);

    EXPECT((status == PW_OK) == (set != NULL));
    EXPECT(status == PW_OK || (err.status == status && err.text[0] != '\0' &&
                               strlen(err.text) < sizeof(err.text)));
    return set;
}

/* Write the set in a format, read it, and compare: same tensors, bit by bit. */
static inline void fuzz_write_and_read(pw_context *ctx, const pw_tensor_set *set,
                                       pw_format format, pw_dtype float_dtype)
{
    pw_save_options options;
    pw_tensor_set *back;
    pw_error err = {.status = PW_OK};

    pw_save_options_init(&options);
    options.format = format;
    options.float_dtype = float_dtype;
    if (pw_tensor_set_save(set, ctx, fuzz_output(), &options, &err) != PW_OK) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    back = fuzz_load(ctx, fuzz_output(), NULL);
    unlink(fuzz_output());
    EXPECT(back != NULL && pw_tensor_set_n(set) == pw_tensor_set_n(back));
    for (size_t i = 0; i < pw_tensor_set_n(set); i++) {
        const char *name = pw_tensor_set_name(set, i);
        const pw_tensor *a = pw_tensor_set_tensor(set, i), *b = pw_tensor_set_find(back, name);

        EXPECT(b != NULL && a->dtype == b->dtype && a->rank == b->rank);
        EXPECT(memcmp(a->shape, b->shape, (size_t)a->rank * sizeof(a->shape[0])) == 0);
        EXPECT(a->size_bytes == 0 || memcmp(a->data, b->data, a->size_bytes) == 0);
    }
    for (size_t i = 0; i < pw_tensor_set_n_metadata(set); i++) {
        const char *value = pw_tensor_set_metadata(back, pw_tensor_set_metadata_key(set, i));

        EXPECT(format == PW_FORMAT_NPY ||
               (value != NULL && strcmp(value, pw_tensor_set_metadata_value(set, i)) == 0));
    }
    pw_tensor_set_free(back);
}

/* The dtype to save with so that no float of the set changes; false if it has several. */
static inline bool fuzz_float_dtype(const pw_tensor_set *set, pw_dtype *dtype)
{
    bool has_float = false;

    *dtype = PW_F32;
    for (size_t i = 0; i < pw_tensor_set_n(set); i++) {
        const pw_dtype one = pw_tensor_set_tensor(set, i)->dtype;

        if (one != PW_F16 && one != PW_F32 && one != PW_F64)
            continue;
        if (has_float && one != *dtype)
            return false;
        has_float = true;
        *dtype = one;
    }
    return true;
}

#endif
