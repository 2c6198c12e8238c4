/* SPDX-License-Identifier: MIT */
/* Whole sets from and to files: the front over the table of formats, and the rounding that
 * saving may ask for. */
#include <string.h>

#include "base/checked.h"
#include "formats/dtype.h"
#include "formats/tensor_set.h"

static pw_status load_tensor(pw_tensor_set *set, const pw_file *file, size_t i, pw_error *err)
{
    const pw_tensor *tensor = pw_file_tensor(file, i);
    void *data;

    PWI_TRY(pwi_tensor_set_add_unset(set, pw_file_tensor_name(file, i), tensor->dtype,
                                     tensor->rank, tensor->shape, &data, err));
    return pw_file_read(file, i, data, tensor->size_bytes, err);
}

static pw_status load_all(pw_tensor_set *set, const pw_file *file, pw_error *err)
{
    const size_t n = pw_file_n_tensors(file);
    uint64_t done = 0, total = 0;

    for (size_t i = 0; i < n; i++)
        total += pw_file_tensor(file, i)->size_bytes;
    for (size_t i = 0; i < n; i++) {
        PWI_TRY(load_tensor(set, file, i, err));
        done += pw_file_tensor(file, i)->size_bytes;
        PWI_TRY(pwi_progress(file->ctx, "reading", done, total, err));
    }
    return pw_file_copy_metadata(file, set, err);
}

pw_status pw_tensor_set_load(pw_tensor_set **out, pw_context *ctx, const char *path,
                             const pw_file_options *options, pw_error *err)
{
    pw_file *file;
    pw_tensor_set *set = NULL;
    pw_status status;

    *out = NULL;
    PWI_TRY(pw_file_open(&file, ctx, path, options, err));
    status = pw_tensor_set_create(&set, ctx, err);
    if (status == PW_OK)
        status = load_all(set, file, err);
    pwi_where(err, pw_file_path(file), status);
    pw_file_free(file);
    if (status != PW_OK) {
        pw_tensor_set_free(set);
        return status;
    }
    *out = set;
    return PW_OK;
}

pw_dtype pwi_dtype_for_save(pw_dtype dtype, const pw_save_options *options)
{
    return pwi_dtype_is_float(dtype) ? options->float_dtype : dtype;
}

/* Through doubles, in blocks: whatever the two dtypes, one rounding. */
static void convert(const pw_tensor *tensor, pw_dtype dtype, void *out)
{
    const size_t n = (size_t)pw_tensor_n_elements(tensor);
    const size_t from_size = pw_dtype_bits(tensor->dtype) / 8;
    const size_t to_size = pw_dtype_bits(dtype) / 8;
    double block[512];
    size_t n_block;

    for (size_t i = 0; i < n; i += n_block) {
        n_block = n - i < 512 ? n - i : 512;
        pwi_widen_to_f64(tensor->dtype, (const char *)tensor->data + i * from_size, n_block,
                         block);
        pwi_f64_to_dtype(dtype, (char *)out + i * to_size, block, n_block);
    }
}

pw_status pwi_tensor_for_save(pw_context *ctx, const pw_tensor *tensor,
                              const pw_save_options *options, pw_dtype *dtype,
                              const void **bytes, size_t *size, void **converted, pw_error *err)
{
    *dtype = pwi_dtype_for_save(tensor->dtype, options);
    *bytes = tensor->data;
    *size = tensor->size_bytes;
    *converted = NULL;
    if (*dtype == tensor->dtype)
        return PW_OK;
    if (!pwi_mul_size((size_t)pw_tensor_n_elements(tensor), pw_dtype_bits(*dtype) / 8, size))
        return PWI_FAIL(err, PW_ERR_OVERFLOW, "a tensor as %s has too many bytes",
                        pw_dtype_name(*dtype));
    *converted = pwi_alloc_array(&ctx->allocator, *size, 1);
    if (*converted == NULL)
        return pwi_fail_memory(err);
    convert(tensor, *dtype, *converted);
    *bytes = *converted;
    return PW_OK;
}

/* For reserving disk space: the data; headers are small beside it. Text is not known before. */
static uint64_t expected_bytes(const pw_tensor_set *set, const pw_save_options *options)
{
    uint64_t total = 0, bytes = 0;

    if (options->format == PW_FORMAT_JSON)
        return 0;
    for (size_t i = 0; i < pw_tensor_set_n(set); i++) {
        const pw_tensor *tensor = pw_tensor_set_tensor(set, i);

        if (!pwi_dtype_size(pwi_dtype_for_save(tensor->dtype, options),
                            (uint64_t)pw_tensor_n_elements(tensor), &bytes) ||
            !pwi_add_u64(total, bytes, &total))
            return 0;
    }
    return total;
}

static pw_status check_options(const pwi_format_row *row, const pw_save_options *options,
                               pw_error *err)
{
    if (row == NULL)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "%d is no format", (int)options->format);
    if (row->save == NULL)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED, "%s is a format that is only read; save as %s",
                        row->name, pw_format_name(PW_FORMAT_SAFETENSORS));
    if (!pwi_dtype_is_float(options->float_dtype))
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "float tensors cannot be saved as %s; use F32, F16 or BF16",
                        pw_dtype_name(options->float_dtype));
    return PW_OK;
}

pw_status pw_tensor_set_save(const pw_tensor_set *set, pw_context *ctx, const char *path,
                             const pw_save_options *given, pw_error *err)
{
    pw_save_options options;
    const pwi_format_row *row;
    pwi_output output;
    pw_status status;

    pw_save_options_init(&options);
    if (given != NULL) /* a caller built against older headers gives less */
        memcpy(&options, given,
               given->struct_size < sizeof(options) ? given->struct_size : sizeof(options));
    row = pwi_format_row_of((int32_t)options.format);
    PWI_TRY(pwi_where(err, path, check_options(row, &options, err)));
    PWI_TRY(
        pwi_output_open(&output, &ctx->allocator, path, expected_bytes(set, &options), err));
    status = row->save(set, ctx, &output, &options, err);
    if (status != PW_OK) {
        pwi_output_discard(&output);
        return pwi_where(err, path, status);
    }
    return pwi_output_commit(&output, err);
}
