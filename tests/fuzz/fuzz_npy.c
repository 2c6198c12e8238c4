/* SPDX-License-Identifier: MIT */
/* npy: the bytes as a file, and as the text of a header. What loads is written and must come
 * back the same. */
#define _GNU_SOURCE
#include "tensor_fuzz.h"

#include "formats/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A header of ours must be understood as what it was made from. */
static void check_header(const pwi_npy *npy)
{
    pwi_buf buf;
    pwi_npy again;

    pwi_buf_init(&buf, &pwi_malloc_allocator);
    pwi_npy_put_header(&buf, npy->tensor.dtype, npy->tensor.rank, npy->tensor.shape);
    EXPECT(!buf.failed && buf.size % 64 == 0);
    EXPECT(pwi_npy_parse(&again, buf.data + 10, buf.size - 10, NULL) == PW_OK);
    EXPECT(again.tensor.dtype == npy->tensor.dtype && again.tensor.rank == npy->tensor.rank &&
           again.tensor.size_bytes == npy->tensor.size_bytes && !again.fortran_order &&
           !again.is_big_endian);
    EXPECT(memcmp(again.tensor.shape, npy->tensor.shape,
                  (size_t)npy->tensor.rank * sizeof(npy->tensor.shape[0])) == 0);
    pwi_buf_free(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pw_context *ctx = test_context();
    struct fuzz_file file = fuzz_file_open(data, size);
    pw_file_options options;
    pw_tensor_set *set;
    pw_dtype dtype;
    pwi_npy npy;

    pw_file_options_init(&options);
    options.expected_format = PW_FORMAT_NPY;
    set = fuzz_load(ctx, file.path, &options);
    if (set != NULL && fuzz_float_dtype(set, &dtype))
        fuzz_write_and_read(ctx, set, PW_FORMAT_NPY, dtype);
    pw_tensor_set_free(set);
    if (pwi_npy_parse(&npy, (const char *)data, size, NULL) == PW_OK)
        check_header(&npy);
    fuzz_file_close(&file);
    pw_context_free(ctx);
    return 0;
}
