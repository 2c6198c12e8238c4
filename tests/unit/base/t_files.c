/* SPDX-License-Identifier: MIT */
/* Reading and writing files: an output is there whole or not at all, and nothing but regular
 * files is read. */
#include "check.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_read.h"
#include "base/file_write.h"
#include "failing_allocator.h"

static char folder[64], path[96];

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/padwise files XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/out.bin", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails if a temporary file was left behind */
}

static size_t n_entries(void)
{
    DIR *dir = opendir(folder);
    size_t n = 0;

    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n - 2;
}

static void write_text(const char *text)
{
    pwi_output output;

    assert_int_equal(pwi_output_open(&output, &pwi_malloc_allocator, path, strlen(text), NULL),
                     PW_OK);
    assert_int_equal(pwi_output_write(&output, text, strlen(text), NULL), PW_OK);
    assert_int_equal(pwi_output_commit(&output, NULL), PW_OK);
}

static void assert_content(const char *text)
{
    char *bytes;
    size_t size;

    assert_int_equal(pwi_read_whole(&pwi_malloc_allocator, path, 1 << 20, &bytes, &size, NULL),
                     PW_OK);
    assert_string_equal(bytes, text);
    assert_int_equal(size, strlen(text));
    pwi_free_array(&pwi_malloc_allocator, bytes, size + 1, 1);
}

static void a_discarded_output_leaves_the_old_file(void **state)
{
    pwi_output output;

    (void)state;
    write_text("old");
    assert_int_equal(pwi_output_open(&output, &pwi_malloc_allocator, path, 0, NULL), PW_OK);
    assert_int_equal(pwi_output_write(&output, "new", 3, NULL), PW_OK);
    assert_int_equal(n_entries(), 2);
    pwi_output_discard(&output);
    assert_int_equal(n_entries(), 1);
    assert_content("old");
    write_text("newer");
    assert_content("newer");
    assert_int_equal(n_entries(), 1);
}

static void large_and_small_writes_arrive_in_order(void **state)
{
    static char piece[300000];
    pwi_output output;
    char *bytes;
    size_t size;

    (void)state;
    assert_int_equal(pwi_output_open(&output, &pwi_malloc_allocator, path, 0, NULL), PW_OK);
    for (char c = 'a'; c <= 'e'; c++) {
        memset(piece, c, sizeof(piece));
        assert_int_equal(pwi_output_write(&output, piece, c % 2 == 0 ? 7 : sizeof(piece), NULL),
                         PW_OK);
    }
    assert_int_equal(pwi_output_commit(&output, NULL), PW_OK);
    assert_int_equal(pwi_read_whole(&pwi_malloc_allocator, path, 1 << 22, &bytes, &size, NULL),
                     PW_OK);
    assert_int_equal(size, 3 * sizeof(piece) + 14);
    assert_int_equal(bytes[sizeof(piece)], 'b');
    assert_int_equal(bytes[sizeof(piece) + 7], 'c');
    assert_int_equal(bytes[size - 1], 'e');
    pwi_free_array(&pwi_malloc_allocator, bytes, size + 1, 1);
}

static void folders_devices_and_pipes_are_refused(void **state)
{
    pwi_input input;
    pw_error err;
    char pipe_path[96];

    (void)state;
    assert_int_equal(pwi_input_open(&input, folder, &err), PW_ERR_NOT_REGULAR);
    assert_int_equal(pwi_input_open(&input, "/dev/zero", &err), PW_ERR_NOT_REGULAR);
    assert_int_equal(pwi_input_open(&input, "/nonexistent/x", &err), PW_ERR_NOT_FOUND);
    assert_string_equal(err.where, "/nonexistent/x");
    snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", folder);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(pwi_input_open(&input, pipe_path, &err),
                     PW_ERR_NOT_REGULAR); /* and does not wait for a writer */
    unlink(pipe_path);
}

static void a_file_that_shrinks_is_told(void **state)
{
    pwi_input input;
    pw_error err;
    char bytes[8];

    (void)state;
    write_text("0123456789");
    assert_int_equal(pwi_input_open(&input, path, &err), PW_OK);
    assert_int_equal(truncate(path, 4), 0);
    assert_int_equal(pwi_input_read(&input, 2, bytes, 8, &err), PW_ERR_TRUNCATED);
    assert_int_equal(err.offset, 4);
    assert_int_equal(pwi_input_read(&input, UINT64_MAX - 3, bytes, 8, &err), PW_ERR_TRUNCATED);
    pwi_input_close(&input);
}

static void a_limit_is_checked_before_memory_is_taken(void **state)
{
    struct failing f = {0};
    const pw_allocator allocator = failing_allocator(&f);
    char *bytes;
    size_t size;

    (void)state;
    write_text("0123456789");
    assert_int_equal(pwi_read_whole(&allocator, path, 9, &bytes, &size, NULL), PW_ERR_LIMIT);
    assert_int_equal(f.n_calls, 0);
}

static void outputs_that_cannot_be_made_are_told(void **state)
{
    pwi_output output;
    pw_error err;
    char missing[128];

    (void)state;
    snprintf(missing, sizeof(missing), "%s/no/such/out", folder);
    assert_int_equal(pwi_output_open(&output, &pwi_malloc_allocator, missing, 0, &err),
                     PW_ERR_IO);
    assert_string_equal(err.where, missing);
    snprintf(missing, sizeof(missing), "%s/", folder);
    assert_int_equal(pwi_output_open(&output, &pwi_malloc_allocator, missing, 0, &err),
                     PW_ERR_ARGUMENT);
    assert_int_equal(pwi_output_open(&output, &pwi_malloc_allocator, folder, 0, &err),
                     PW_ERR_NOT_REGULAR);
    assert_int_equal(pwi_output_open(&output, &pwi_malloc_allocator, "/dev/null", 0, &err),
                     PW_ERR_NOT_REGULAR);
    snprintf(missing, sizeof(missing), "%s/a/b/c", folder);
    assert_int_equal(pwi_make_folder(&pwi_malloc_allocator, missing, &err), PW_OK);
    assert_int_equal(pwi_make_folder(&pwi_malloc_allocator, missing, &err), PW_OK);
    for (int depth = 0; depth < 3; depth++) {
        rmdir(missing);
        *strrchr(missing, '/') = '\0';
    }
    write_text("in the way");
    assert_int_equal(pwi_make_folder(&pwi_malloc_allocator, path, &err), PW_ERR_IO);
}

static void every_failed_allocation_leaves_nothing(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        struct failing f = {.fail_at = n};
        const pw_allocator allocator = failing_allocator(&f);
        pwi_output output;

        if (pwi_output_open(&output, &allocator, path, 0, NULL) == PW_OK) {
            pwi_output_discard(&output);
            assert_int_equal(f.n_out, 0);
            break;
        }
        assert_int_equal(f.n_out, 0);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_discarded_output_leaves_the_old_file),
    cmocka_unit_test(large_and_small_writes_arrive_in_order),
    cmocka_unit_test(folders_devices_and_pipes_are_refused),
    cmocka_unit_test(a_file_that_shrinks_is_told),
    cmocka_unit_test(a_limit_is_checked_before_memory_is_taken),
    cmocka_unit_test(outputs_that_cannot_be_made_are_told),
    cmocka_unit_test(every_failed_allocation_leaves_nothing),
};

PW_TEST_MAIN(tests, setup, teardown)
