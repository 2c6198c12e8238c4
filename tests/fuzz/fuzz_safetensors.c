/* SPDX-License-Identifier: MIT */
/* safetensors: the bytes as a file, by default and strictly, and as a file of any format. What
 * is accepted keeps the format's rules; what loads is written and must come back the same. */
#define _GNU_SOURCE
#include "tensor_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The tensors' bytes are all of the data, in order, and each is as large as its shape says. */
static void check_file(const pw_file *file, const uint8_t *data, size_t size)
{
    uint64_t at = 8;

    for (int i = 0; i < 8; i++)
        at += (uint64_t)data[i] << (8 * i);
    for (size_t i = 0; i < pw_file_n_tensors(file); i++) {
        const pw_tensor *tensor = pw_file_tensor(file, i);
        const char *name = pw_file_tensor_name(file, i);
        uint64_t bits = pw_dtype_bits(tensor->dtype);
        void *bytes = malloc(tensor->size_bytes > 0 ? tensor->size_bytes : 1);

        for (int32_t k = 0; k < tensor->rank; k++)
            bits *= (uint64_t)tensor->shape[k];
        EXPECT(bits == (uint64_t)tensor->size_bytes * 8 && strlen(name) <= PW_NAME_MAX);
        EXPECT(pw_file_find(file, name) == (int64_t)i);
        EXPECT(bytes != NULL && at + tensor->size_bytes <= size);
        EXPECT(pw_file_read(file, i, bytes, tensor->size_bytes, NULL) == PW_OK);
        EXPECT(memcmp(bytes, data + at, tensor->size_bytes) == 0);
        at += tensor->size_bytes;
        free(bytes);
    }
    EXPECT(at == size);
}

static pw_status open_as(pw_context *ctx, const char *path, int32_t format, bool strict,
                         const uint8_t *data, size_t size)
{
    char hex[PW_FINGERPRINT_HEX + 1];
    pw_file_options options;
    pw_file *file = NULL;
    pw_error err = {.status = PW_OK};
    pw_status status;

    pw_file_options_init(&options);
    options.expected_format = format;
    options.strict = strict;
    status = pw_file_open(&file, ctx, path, &options, &err);
    EXPECT((status == PW_OK) == (file != NULL));
    EXPECT(status == PW_OK || (err.status == status && err.text[0] != '\0'));
    if (status == PW_OK && format == PW_FORMAT_SAFETENSORS)
        check_file(file, data, size);
    if (status == PW_OK)
        EXPECT(pw_file_fingerprint(file, false, hex, NULL) == PW_OK);
    pw_file_free(file);
    return status;
}

/* Saving rounds all floats to one dtype: only sets with at most one come back the same. */
static bool one_float_dtype(const pw_tensor_set *set, pw_dtype *dtype)
{
    bool has_float = false;

    *dtype = PW_F32;
    for (size_t i = 0; i < pw_tensor_set_n(set); i++) {
        const pw_dtype one = pw_tensor_set_tensor(set, i)->dtype;

        if (one != PW_F16 && one != PW_BF16 && one != PW_F32 && one != PW_F64 &&
            one != PW_F8_E4M3 && one != PW_F8_E5M2)
            continue;
        if (has_float && one != *dtype)
            return false;
        has_float = true;
        *dtype = one;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pw_context *ctx = test_context();
    struct fuzz_file file = fuzz_file_open(data, size);
    const pw_status by_default =
        open_as(ctx, file.path, PW_FORMAT_SAFETENSORS, false, data, size);
    const pw_status strictly = open_as(ctx, file.path, PW_FORMAT_SAFETENSORS, true, data, size);
    pw_tensor_set *set;
    pw_dtype dtype;

    EXPECT(strictly != PW_OK || by_default == PW_OK);
    open_as(ctx, file.path, -1, false, data, size);
    set = by_default == PW_OK ? fuzz_load(ctx, file.path, NULL) : NULL;
    if (set != NULL && one_float_dtype(set, &dtype))
        fuzz_write_and_read(ctx, set, PW_FORMAT_SAFETENSORS, dtype);
    pw_tensor_set_free(set);
    fuzz_file_close(&file);
    pw_context_free(ctx);
    return 0;
}
