/* SPDX-License-Identifier: MIT */
/* Dtypes as the table in tensor.h lists them: names, widths, the bytes of a shape; and the
 * element conversions as functions, for those who take them one by one. Whole tensors:
 * tensor_convert.c. */
#include "formats/dtype.h"

#include <string.h>

#include "base/checked.h"
#include "formats/dtype_element.h"

struct dtype_row {
    const char *name;
    uint32_t bits;
};

static const struct dtype_row rows[PW_N_DTYPES] = {
#define DTYPE_ROW(name, text, bits) [name] = {text, bits},
    PW_DTYPE_MAP(DTYPE_ROW)};

const char *pw_dtype_name(pw_dtype dtype)
{
    return (unsigned)dtype < PW_N_DTYPES ? rows[dtype].name : "?";
}

int32_t pw_dtype_from_name(const char *name, size_t size)
{
    for (int32_t i = 0; i < PW_N_DTYPES; i++) {
        if (strlen(rows[i].name) == size && memcmp(rows[i].name, name, size) == 0)
            return i;
    }
    return -1;
}

uint32_t pw_dtype_bits(pw_dtype dtype)
{
    return (unsigned)dtype < PW_N_DTYPES ? rows[dtype].bits : 0;
}

bool pwi_dtype_size(pw_dtype dtype, uint64_t n_elements, uint64_t *bytes)
{
    uint64_t bits;

    if (!pwi_mul_u64(n_elements, pw_dtype_bits(dtype), &bits) || bits % 8 != 0)
        return false;
    *bytes = bits / 8;
    return *bytes <= SIZE_MAX;
}

/* Zeros are left out of the product that must fit: then no product of some of the dimensions,
 * hence no stride, overflows either, in whatever order they stand. */
bool pwi_shape_elements(const int64_t *shape, int32_t rank, uint64_t *n_elements)
{
    uint64_t product = 1;
    bool has_zero = false;

    for (int32_t i = 0; i < rank; i++) {
        if (shape[i] < 0)
            return false;
        has_zero = has_zero || shape[i] == 0;
        if (shape[i] > 0 && !pwi_mul_u64(product, (uint64_t)shape[i], &product))
            return false;
    }
    *n_elements = has_zero ? 0 : product;
    return true;
}

int64_t pw_tensor_n_elements(const pw_tensor *tensor)
{
    int64_t n = 1;

    for (int32_t i = 0; i < tensor->rank; i++)
        n *= tensor->shape[i];
    return n;
}

float pwi_f16_to_f32(uint16_t bits)
{
    return element_of_f16(bits);
}

float pwi_bf16_to_f32(uint16_t bits)
{
    return element_of_bf16(bits);
}

float pwi_e4m3_to_f32(uint8_t bits)
{
    return element_of_e4m3(bits);
}

float pwi_e5m2_to_f32(uint8_t bits)
{
    return element_of_e5m2(bits);
}

uint16_t pwi_f32_to_f16(float value)
{
    return f16_of_element(value);
}

uint16_t pwi_f32_to_bf16(float value)
{
    return bf16_of_element(value);
}

uint8_t pwi_f32_to_e4m3(float value)
{
    return e4m3_of_element(value);
}

uint8_t pwi_f32_to_e5m2(float value)
{
    return e5m2_of_element(value);
}
