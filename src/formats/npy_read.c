/* SPDX-License-Identifier: MIT */
/* Reading an npy array: magic and header checked against the bytes there are, then the data,
 * turned and swapped where it was saved in another order. */
#include "formats/npy.h"

#include <string.h>

#include "base/checked.h"
#include "base/error.h"

#define MAGIC_SIZE  6u
#define PREFIX_SIZE 12u /* magic, version, and the longer of the two forms of the length */

/* Where the header's text begins and how long it is. */
static pw_status read_prefix(const pwi_npy_source *source, uint64_t *begin, uint64_t *size,
                             pw_error *err)
{
    unsigned char prefix[PREFIX_SIZE] = {0};
    const size_t n = source->size < PREFIX_SIZE ? (size_t)source->size : PREFIX_SIZE;

    PWI_TRY(source->read(source->user, 0, prefix, n, err));
    if (n < MAGIC_SIZE || memcmp(prefix, "\x93NUMPY", MAGIC_SIZE) != 0)
        return PWI_FAIL(err, PW_ERR_FOREIGN, "is not an npy array");
    if (n < PREFIX_SIZE)
        return PWI_FAIL(err, PW_ERR_TRUNCATED,
                        "the npy array ends in its header: fetch or make "
                        "the file again");
    if (prefix[6] < 1 || prefix[6] > 3 || prefix[7] != 0)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "the npy array has version %u.%u; 1.0, 2.0 and 3.0 are read: load and "
                        "save it with an older numpy",
                        (unsigned)prefix[6], (unsigned)prefix[7]);
    *begin = prefix[6] == 1 ? 10 : 12;
    *size = prefix[8] | (uint64_t)prefix[9] << 8;
    if (prefix[6] > 1)
        *size |= (uint64_t)prefix[10] << 16 | (uint64_t)prefix[11] << 24;
    if (*size > PW_NPY_HEADER_MAX)
        return PWI_FAIL(err, PW_ERR_HEADER_SIZE,
                        "the npy header says %llu bytes, over the limit of %u",
                        (unsigned long long)*size, PW_NPY_HEADER_MAX);
    if (*size > source->size - *begin)
        return PWI_FAIL(err, PW_ERR_TRUNCATED,
                        "the npy header says %llu bytes but only %llu follow: fetch or make "
                        "the file again",
                        (unsigned long long)*size, (unsigned long long)(source->size - *begin));
    return PW_OK;
}

/* Header and data fill the file exactly. */
static pw_status check_size(const pwi_npy *npy, const pwi_npy_source *source, pw_error *err)
{
    const uint64_t given = source->size - npy->begin, wanted = npy->tensor.size_bytes;

    if (given < wanted)
        return PWI_FAIL(
            err, PW_ERR_TRUNCATED,
            "the npy array needs %llu bytes of data but has %llu: fetch or make the "
            "file again",
            (unsigned long long)wanted, (unsigned long long)given);
    if (given > wanted)
        return pwi_fail_at(err, PW_ERR_TRAILING, npy->begin + wanted,
                           "%llu bytes follow the end of the npy array: one array a file is "
                           "read; put several into an npz",
                           (unsigned long long)(given - wanted));
    return PW_OK;
}

pw_status pwi_npy_open(pwi_npy *npy, const pw_allocator *allocator,
                       const pwi_npy_source *source, pw_error *err)
{
    uint64_t begin = 0, size = 0;
    char *text;
    pw_status status;

    memset(npy, 0, sizeof(*npy));
    PWI_TRY(read_prefix(source, &begin, &size, err));
    text = pwi_alloc_array(allocator, (size_t)size, 1);
    if (text == NULL)
        return pwi_fail_memory(err);
    status = source->read(source->user, begin, text, (size_t)size, err);
    if (status == PW_OK)
        status = pwi_npy_parse(npy, text, (size_t)size, err);
    pwi_free_array(allocator, text, (size_t)size, 1);
    npy->begin = begin + size;
    return status == PW_OK ? check_size(npy, source, err) : status;
}

/* Reverse the bytes of each number; a complex one is two. */
static void swap_bytes(const pwi_npy *npy, unsigned char *bytes)
{
    const pw_dtype dtype = npy->tensor.dtype;
    const size_t width = dtype == PW_C64 ? 4 : pw_dtype_bits(dtype) / 8;

    for (size_t at = 0; at < npy->tensor.size_bytes; at += width) {
        for (size_t i = 0; i < width / 2; i++) {
            const unsigned char byte = bytes[at + i];

            bytes[at + i] = bytes[at + width - 1 - i];
            bytes[at + width - 1 - i] = byte;
        }
    }
}

/* Whether the order of the file makes a difference: two dimensions longer than 1. */
static bool must_turn(const pwi_npy *npy)
{
    int32_t n_long = 0;

    for (int32_t i = 0; i < npy->tensor.rank; i++)
        n_long += npy->tensor.shape[i] > 1;
    return npy->fortran_order && n_long > 1 && npy->tensor.size_bytes > 0;
}

/* Fortran order into row-major order: the output is walked in its order, the place in the
 * file's order follows as on an odometer. */
static void turn(const pw_tensor *tensor, const unsigned char *file_order, unsigned char *out)
{
    const size_t width = pw_dtype_bits(tensor->dtype) / 8;
    size_t stride[PW_RANK_MAX], index[PW_RANK_MAX] = {0}, step = width;
    size_t from = 0;

    PW_ASSERT(tensor->rank > 0);
    for (int32_t i = 0; i < tensor->rank; i++) {
        stride[i] = step;
        step *= (size_t)tensor->shape[i];
    }
    for (size_t at = 0; at < tensor->size_bytes; at += width) {
        int32_t i = tensor->rank - 1;

        memcpy(out + at, file_order + from, width);
        from += stride[i];
        while (++index[i] == (size_t)tensor->shape[i] && i > 0) {
            from -= index[i] * stride[i];
            index[i--] = 0;
            from += stride[i];
        }
    }
}

static pw_status read_turned(const pwi_npy *npy, const pw_allocator *allocator,
                             const pwi_npy_source *source, void *out, pw_error *err)
{
    const size_t size = npy->tensor.size_bytes;
    void *file_order = pwi_alloc_array(allocator, size, 1);
    pw_status status;

    if (file_order == NULL)
        return pwi_fail_memory(err);
    status = source->read(source->user, npy->begin, file_order, size, err);
    if (status == PW_OK)
        turn(&npy->tensor, file_order, out);
    pwi_free_array(allocator, file_order, size, 1);
    return status;
}

pw_status pwi_npy_read(const pwi_npy *npy, const pw_allocator *allocator,
                       const pwi_npy_source *source, void *out, pw_error *err)
{
    if (must_turn(npy))
        PWI_TRY(read_turned(npy, allocator, source, out, err));
    else
        PWI_TRY(source->read(source->user, npy->begin, out, npy->tensor.size_bytes, err));
    if (npy->is_big_endian)
        swap_bytes(npy, out);
    return PW_OK;
}
