/* SPDX-License-Identifier: MIT */
/* Weights from a file or from memory. */
#include "models/weights.h"

#include <string.h>

#include "base/error.h"
#include "formats/tensor_set.h"

const char *pwi_weights_where(const pwi_weights *weights)
{
    return weights->file != NULL ? pw_file_path(weights->file) : "the built-in model";
}

int64_t pwi_weights_find(const pwi_weights *weights, const char *name)
{
    if (weights->file != NULL)
        return pw_file_find(weights->file, name);
    for (size_t i = 0; i < pw_tensor_set_n(weights->set); i++)
        if (strcmp(pw_tensor_set_name(weights->set, i), name) == 0)
            return (int64_t)i;
    return -1;
}

const pw_tensor *pwi_weights_tensor(const pwi_weights *weights, size_t i)
{
    return weights->file != NULL ? pw_file_tensor(weights->file, i)
                                 : pw_tensor_set_tensor(weights->set, i);
}

pw_status pwi_weights_read(const pwi_weights *weights, size_t i, void *out, size_t capacity,
                           pw_error *err)
{
    const pw_tensor *tensor;

    if (weights->file != NULL)
        return pw_file_read(weights->file, i, out, capacity, err);
    tensor = pw_tensor_set_tensor(weights->set, i);
    if (capacity < tensor->size_bytes)
        return PWI_FAIL(err, PW_ERR_CAPACITY, "a tensor of %zu bytes does not fit %zu",
                        tensor->size_bytes, capacity);
    memcpy(out, tensor->data, tensor->size_bytes);
    return PW_OK;
}

pw_status pwi_weights_check(const pwi_weights *weights, pw_error *err)
{
    for (size_t i = 0; weights->file != NULL && i < weights->file->n_parts; i++)
        PWI_TRY(pwi_where(err, weights->file->parts[i].path,
                          pwi_input_check(&weights->file->parts[i].input, err)));
    return PW_OK;
}

pw_status pwi_weights_read_range(const pwi_weights *weights, size_t i, size_t offset, void *out,
                                 size_t size, pw_error *err)
{
    if (weights->file != NULL)
        return pwi_file_read_range(weights->file, i, offset, out, size, err);
    memcpy(out, (const char *)pw_tensor_set_tensor(weights->set, i)->data + offset, size);
    return PW_OK;
}
