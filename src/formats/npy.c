/* SPDX-License-Identifier: MIT */
/* The npy row of the format table: a file of one array. The array has no name there; it is
 * called "embedding" here, as in the exchange JSON. */
#include "formats/npy.h"

#include <string.h>

#include "base/error.h"
#include "formats/tensor_set.h"

#define TENSOR_NAME "embedding"

static pw_status read_input(const void *user, uint64_t offset, void *out, size_t size,
                            pw_error *err)
{
    return pwi_input_read(user, offset, out, size, err);
}

static pwi_npy_source source_of(const pw_file *file)
{
    const pwi_input *input = &file->parts[0].input;

    return (pwi_npy_source){read_input, input, input->size};
}

static pw_status open_npy(pw_file *file, pw_error *err)
{
    const pwi_npy_source source = source_of(file);
    pwi_npy *npy = pwi_arena_alloc(&file->arena, sizeof(*npy));

    if (npy == NULL)
        return pwi_fail_memory(err);
    PWI_TRY(pwi_file_expect_kind(file, PWI_KIND_NPY, "npy array", err));
    PWI_TRY(pwi_npy_open(npy, &file->ctx->allocator, &source, err));
    file->own = npy;
    file->parts[0].header_size = npy->begin;
    return pwi_file_add_entry(file, TENSOR_NAME, strlen(TENSOR_NAME), &npy->tensor, 0,
                              npy->begin, err);
}

static pw_status read_npy(const pw_file *file, size_t i, void *out, pw_error *err)
{
    const pwi_npy_source source = source_of(file);

    (void)i;
    return pwi_npy_read(file->own, &file->ctx->allocator, &source, out, err);
}

/* The set's one tensor, or the one that the options name. */
static pw_status choose(const pw_tensor_set *set, const pw_save_options *options,
                        const char **name, const pw_tensor **tensor, pw_error *err)
{
    const size_t n_tensors = pw_tensor_set_n(set);
    char quoted[PWI_QUOTE_SIZE];
    const char *first;

    *name = options->only_tensor;
    if (*name != NULL) {
        *tensor = pw_tensor_set_find(set, *name);
        if (*tensor == NULL)
            return PWI_FAIL(err, PW_ERR_NOT_FOUND, "there is no tensor %s to write",
                            pwi_quote(quoted, *name, strlen(*name)));
        return PW_OK;
    }
    if (n_tensors == 0)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED, "an npy file holds one tensor; there is none");
    first = pw_tensor_set_name(set, 0);
    if (n_tensors > 1)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "an npy file holds one tensor and there are %zu: name one of them "
                        "(--tensor %s), or write an npz",
                        n_tensors, pwi_quote(quoted, first, strlen(first)));
    *name = first;
    *tensor = pw_tensor_set_tensor(set, 0);
    return PW_OK;
}

static pw_status save_npy(const pw_tensor_set *set, pw_context *ctx, pwi_output *output,
                          const pw_save_options *options, pw_error *err)
{
    const pw_tensor *tensor;
    const char *name;
    pwi_npy_image image;
    pwi_buf header;
    pw_status status;

    PWI_TRY(choose(set, options, &name, &tensor, err));
    PWI_TRY(pwi_npy_image_make(&image, ctx, name, tensor, options, err));
    pwi_buf_init(&header, &ctx->allocator);
    pwi_npy_put_header(&header, image.dtype, tensor->rank, tensor->shape);
    status = header.failed ? pwi_fail_memory(err)
                           : pwi_output_write(output, header.data, header.size, err);
    if (status == PW_OK)
        status = pwi_output_write(output, image.bytes, image.size, err);
    pwi_buf_free(&header);
    pwi_npy_image_free(&image, ctx);
    return status;
}

const pwi_format_row pwi_format_npy = {
    .format = PW_FORMAT_NPY,
    .name = "npy",
    .ending = ".npy",
    .open = open_npy,
    .read = read_npy,
    .save = save_npy,
};
