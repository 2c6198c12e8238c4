/* SPDX-License-Identifier: MIT */
/* For tests of file formats: files from bytes, sets from files and back, contexts that count
 * warnings or whose memory runs out, and a sweep over every allocation of a call. */
#ifndef PWI_TESTS_FORMAT_CHECK_H
#define PWI_TESTS_FORMAT_CHECK_H

#include "../check.h"

#include <stdlib.h>
#include <unistd.h>

#include <padwise/file.h>

#include "../failing_allocator.h"
#include "base/buf.h"
#include "base/context.h"
#include "base/file_read.h"

/* A folder of this program, and a path in it; valid until the next call but three. */
static char format_folder[64];

static inline const char *path_of(const char *name)
{
    static char paths[4][256];
    static unsigned i_next;
    char *path = paths[i_next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", format_folder, name);
    return path;
}

static inline int make_folder(void **state)
{
    (void)state;
    snprintf(format_folder, sizeof(format_folder), "/tmp/padwise-test-XXXXXX");
    return mkdtemp(format_folder) == NULL;
}

static inline int remove_folder(void **state)
{
    static const char *const names[] = {"in", "out", "out.npy", "out.npz", "out.json"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unlink(path_of(names[i]));
    return rmdir(format_folder);
}

/* The path of a file "in" with these bytes. */
static inline const char *file_with(const void *bytes, size_t size)
{
    const char *path = path_of("in");
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* A context over the failing allocator, whose warnings are counted in *n_warnings. */
static inline void count_warning(void *user, const char *where, const char *text)
{
    (void)where;
    assert_true(strlen(text) > 20);
    ++*(size_t *)user;
}

static inline pw_context *context_over(struct failing *failing, size_t *n_warnings)
{
    pw_context_options options;
    pw_context *ctx = NULL;

    pw_context_options_init(&options);
    options.n_threads = 1;
    if (failing != NULL)
        options.allocator = failing_allocator(failing);
    if (n_warnings != NULL) {
        options.log = count_warning;
        options.log_user = n_warnings;
    }
    assert_int_equal(pwi_context_new(&ctx, sizeof(struct pw_context), &options, NULL), PW_OK);
    return ctx;
}

/* Load a file of these bytes; a failure's detail is checked to be there. */
static inline pw_status load_bytes(pw_tensor_set **set, pw_context *ctx, const void *bytes,
                                   size_t size, pw_error *err)
{
    const char *path = file_with(bytes, size);
    const pw_status status = pw_tensor_set_load(set, ctx, path, NULL, err);

    if (status != PW_OK) {
        assert_null(*set);
        assert_int_equal(err->status, status);
        assert_string_equal(err->where, path);
        assert_true(strlen(err->text) > 15);
    }
    return status;
}

/* The bytes of the set saved; free with pwi_free_array(.., *bytes, *size + 1, 1). */
static inline pw_status save_bytes(const pw_tensor_set *set, pw_context *ctx,
                                   const pw_save_options *options, char **bytes, size_t *size,
                                   pw_error *err)
{
    const char *path = path_of("out");
    const pw_status status = pw_tensor_set_save(set, ctx, path, options, err);

    *bytes = NULL;
    *size = 0;
    if (status == PW_OK)
        assert_int_equal(
            pwi_read_whole(&pwi_malloc_allocator, path, SIZE_MAX / 2, bytes, size, NULL),
            PW_OK);
    return status;
}

static inline void free_bytes(char *bytes, size_t size)
{
    pwi_free_array(&pwi_malloc_allocator, bytes, bytes == NULL ? 0 : size + 1, 1);
}

static inline pw_save_options options_for(pw_format format)
{
    pw_save_options options;

    pw_save_options_init(&options);
    options.format = format;
    return options;
}

/* Run a call with every one of its allocations failing in turn: each time it must say
 * PW_ERR_NO_MEMORY and give everything back, and without a failure it must succeed. */
static inline void sweep_allocations(pw_status (*call)(pw_context *ctx, const void *data),
                                     const void *data)
{
    pw_status status = PW_ERR_NO_MEMORY;

    for (size_t n = 1; status == PW_ERR_NO_MEMORY && n < 100000; n++) {
        struct failing failing = {0};
        pw_context *ctx = context_over(&failing, NULL);

        failing.fail_at = failing.n_calls + n;
        status = call(ctx, data);
        pw_context_free(ctx);
        assert_int_equal(failing.n_out, 0);
        assert_int_equal(failing.bytes_out, 0);
    }
    assert_int_equal(status, PW_OK);
}

/* A call for sweeps: load a file. */
static inline pw_status load_path(pw_context *ctx, const void *path)
{
    pw_tensor_set *set = NULL;
    const pw_status status = pw_tensor_set_load(&set, ctx, path, NULL, NULL);

    pw_tensor_set_free(set);
    return status;
}

/* Every beginning of the file but the whole must be refused, and so the whole with a byte more.
 */
static inline void assert_no_cut_loads(const char *bytes, size_t size)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set;
    pw_error err;

    for (size_t cut = 0; cut < size; cut++)
        assert_int_not_equal(load_bytes(&set, ctx, bytes, cut, &err), PW_OK);
    pw_context_free(ctx);
}

#endif
