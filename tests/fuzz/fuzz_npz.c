/* SPDX-License-Identifier: MIT */
/* npz: the bytes as an archive; and, so that checksums do not keep the fuzzer out, as contents
 * of members that are put into a sound archive: N bytes each, N in the byte before them. What
 * loads is written and must come back the same. */
#define _GNU_SOURCE
#include "tensor_fuzz.h"

#include "formats/archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_file(pw_context *ctx, const char *path)
{
    pw_file_options options;
    pw_tensor_set *set;
    pw_dtype dtype;

    pw_file_options_init(&options);
    options.expected_format = PW_FORMAT_NPZ;
    set = fuzz_load(ctx, path, &options);
    if (set != NULL && fuzz_float_dtype(set, &dtype))
        fuzz_write_and_read(ctx, set, PW_FORMAT_NPZ, dtype);
    pw_tensor_set_free(set);
}

/* Members a.npy, b.npy, ..., and padwise.json for every fourth. */
static void write_members(const char *path, const uint8_t *data, size_t size)
{
    pwi_zip_writer writer;
    pwi_output output;
    char name[] = "?.npy";

    EXPECT(pwi_output_open(&output, &pwi_malloc_allocator, path, 0, NULL) == PW_OK);
    pwi_zip_writer_init(&writer, &pwi_malloc_allocator, &output);
    for (unsigned i = 0; size > 0 && i < 26; i++) {
        size_t n = *data++;

        size--;
        n = n < size ? n : size;
        name[0] = (char)('a' + i);
        EXPECT(pwi_zip_writer_add(&writer, i % 4 == 3 ? "padwise.json" : name, data, n, NULL, 0,
                                  NULL) == PW_OK);
        data += n;
        size -= n;
    }
    EXPECT(pwi_zip_writer_finish(&writer, NULL) == PW_OK);
    EXPECT(pwi_output_commit(&output, NULL) == PW_OK);
    pwi_zip_writer_free(&writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pw_context *ctx = test_context();

    if (size > 0 && data[0] == 'P') {
        struct fuzz_file file = fuzz_file_open(data, size);

        check_file(ctx, file.path);
        fuzz_file_close(&file);
    } else {
        char path[80];

        snprintf(path, sizeof(path), "%s.in", fuzz_output());
        write_members(path, data, size);
        check_file(ctx, path);
        unlink(path);
    }
    pw_context_free(ctx);
    return 0;
}
