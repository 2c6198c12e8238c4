/* SPDX-License-Identifier: MIT */
/* Weight matrices reordered into panels, in the file's own dtype. The panel's width comes from
 * the kernel table that will read it. */
#include <string.h>

#include "base/checked.h"
#include "kernels/kernels.h"

/* Bytes of one element; 0 for a dtype that gemm does not take. */
static size_t element_size(pw_dtype dtype)
{
    switch (dtype) {
    case PW_F32:
        return 4;
    case PW_F16:
    case PW_BF16:
        return 2;
    case PW_F8_E4M3:
    case PW_F8_E5M2:
        return 1;
    default:
        return 0;
    }
}

pw_status pwi_pack(pwi_packed *packed, const pw_allocator *allocator,
                   const pwi_kernels *kernels, pw_dtype dtype, size_t n, size_t k, float scale,
                   pw_error *err)
{
    const size_t size = element_size(dtype), nr = kernels->nr;
    size_t columns, bytes;

    memset(packed, 0, sizeof(*packed));
    if (size == 0)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED, "weights of dtype %s cannot be multiplied",
                        pw_dtype_name(dtype));
    if (!pwi_add_size(n, nr - 1, &columns) || !pwi_mul_size(columns / nr * nr, k, &bytes) ||
        !pwi_mul_size(bytes, size, &bytes))
        return PWI_FAIL(err, PW_ERR_OVERFLOW, "a weight of %zu x %zu elements is too large", n,
                        k);
    packed->data = pwi_alloc_simd(allocator, bytes);
    if (packed->data == NULL)
        return pwi_fail_memory(err);
    /* Only the last panel may have rows that nobody fills. */
    if (n % nr != 0)
        memset((char *)packed->data + n / nr * nr * k * size, 0, nr * k * size);
    packed->dtype = dtype;
    packed->n = n;
    packed->k = k;
    packed->nr = nr;
    packed->scale = scale;
    packed->size_bytes = bytes;
    packed->allocator = allocator;
    return PW_OK;
}

/* n_rows rows of one panel, k-major; sizes are constants at each call so that memcpy is a move.
 */
static inline void interleave(char *panel, const char *rows, size_t n_rows, size_t k, size_t nr,
                              size_t size)
{
    for (size_t i_k = 0; i_k < k; i_k++, panel += nr * size, rows += size)
        for (size_t row = 0; row < n_rows; row++)
            memcpy(panel + row * size, rows + row * k * size, size);
}

void pwi_pack_rows(pwi_packed *packed, size_t first_row, size_t n_rows, const void *rows)
{
    const size_t size = element_size(packed->dtype), nr = packed->nr, k = packed->k;
    const char *next = rows;

    PW_ASSERT(first_row + n_rows <= packed->n);
    while (n_rows > 0) {
        const size_t column = first_row % nr;
        const size_t n_here = n_rows < nr - column ? n_rows : nr - column;
        char *panel = (char *)packed->data + (first_row / nr * k * nr + column) * size;

        if (size == 4)
            interleave(panel, next, n_here, k, nr, 4);
        else if (size == 2)
            interleave(panel, next, n_here, k, nr, 2);
        else
            interleave(panel, next, n_here, k, nr, 1);
        next += n_here * k * size;
        first_row += n_here;
        n_rows -= n_here;
    }
}

void pwi_packed_free(pwi_packed *packed)
{
    if (packed->data != NULL)
        pwi_free_simd(packed->allocator, packed->data, packed->size_bytes);
    memset(packed, 0, sizeof(*packed));
}
