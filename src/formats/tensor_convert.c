/* SPDX-License-Identifier: MIT */
/* Whole tensors from one dtype to another: the dtype is looked up once, then a plain loop runs.
 * Elements may lie at any address. The element conversions are inlined here from
 * dtype_element.h, so that the compiler can make vector code of the loops. */
#include <string.h>

#include "base/error.h"
#include "formats/dtype.h"
#include "formats/dtype_element.h"

typedef void (*widen_f32)(float *out, const unsigned char *in, size_t n);
typedef void (*widen_f64)(double *out, const unsigned char *in, size_t n);
typedef void (*narrow_f32)(unsigned char *out, const float *in, size_t n);

/* name(out, in, n): out[i] = convert(in[i]) for elements of type `from` at any address. */
#define WIDEN(name, to, from, convert)                                                         \
    static void name(to *out, const unsigned char *in, size_t n)                               \
    {                                                                                          \
        for (size_t i = 0; i < n; i++) {                                                       \
            from element;                                                                      \
                                                                                               \
            memcpy(&element, in + i * sizeof(element), sizeof(element));                       \
            out[i] = (to)convert(element);                                                     \
        }                                                                                      \
    }

#define NARROW(name, to, convert)                                                              \
    static void name(unsigned char *out, const float *in, size_t n)                            \
    {                                                                                          \
        for (size_t i = 0; i < n; i++) {                                                       \
            const to element = convert(in[i]);                                                 \
                                                                                               \
            memcpy(out + i * sizeof(element), &element, sizeof(element));                      \
        }                                                                                      \
    }

/* X(dtype, element type, conversion to the next float, suffix) */
#define COMPUTABLE(X)                                                                          \
    X(PW_U8, uint8_t, , u8)                                                                    \
    X(PW_I8, int8_t, , i8)                                                                     \
    X(PW_I16, int16_t, , i16)                                                                  \
    X(PW_U16, uint16_t, , u16)                                                                 \
    X(PW_I32, int32_t, , i32)                                                                  \
    X(PW_U32, uint32_t, , u32)                                                                 \
    X(PW_I64, int64_t, , i64)                                                                  \
    X(PW_U64, uint64_t, , u64)                                                                 \
    X(PW_F16, uint16_t, element_of_f16, f16)                                                   \
    X(PW_BF16, uint16_t, element_of_bf16, bf16)                                                \
    X(PW_F32, float, , f32)                                                                    \
    X(PW_F64, double, , f64)                                                                   \
    X(PW_F8_E4M3, uint8_t, element_of_e4m3, e4m3)                                              \
    X(PW_F8_E5M2, uint8_t, element_of_e5m2, e5m2)

#define WIDEN_BOTH(dtype, from, convert, suffix)                                               \
    WIDEN(f32_of_##suffix, float, from, convert)                                               \
    WIDEN(f64_of_##suffix, double, from, convert)
COMPUTABLE(WIDEN_BOTH)

NARROW(f16_of_f32, uint16_t, f16_of_element)
NARROW(bf16_of_f32, uint16_t, bf16_of_element)
NARROW(e4m3_of_f32, uint8_t, e4m3_of_element)
NARROW(e5m2_of_f32, uint8_t, e5m2_of_element)
NARROW(same_of_f32, float, )
NARROW(double_of_f32, double, )

struct converters {
    widen_f32 f32;
    widen_f64 f64;
};

static const struct converters widening[PW_N_DTYPES] = {
#define WIDEN_ROW(dtype, from, convert, suffix) [dtype] = {f32_of_##suffix, f64_of_##suffix},
    COMPUTABLE(WIDEN_ROW)};

static const narrow_f32 narrowing[PW_N_DTYPES] = {
    [PW_F16] = f16_of_f32,      [PW_BF16] = bf16_of_f32, [PW_F8_E4M3] = e4m3_of_f32,
    [PW_F8_E5M2] = e5m2_of_f32, [PW_F32] = same_of_f32,  [PW_F64] = double_of_f32};

bool pw_dtype_is_computable(pw_dtype dtype)
{
    return (unsigned)dtype < PW_N_DTYPES && widening[dtype].f32 != NULL;
}

bool pwi_dtype_is_float(pw_dtype dtype)
{
    return (unsigned)dtype < PW_N_DTYPES && narrowing[dtype] != NULL;
}

void pwi_widen_to_f64(pw_dtype dtype, const void *in, size_t n, double *out)
{
    widening[dtype].f64(out, in, n);
}

static pw_status check_widening(const pw_tensor *tensor, size_t capacity, pw_error *err)
{
    if (!pw_dtype_is_computable(tensor->dtype))
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "dtype %s can be stored, but padwise does not compute with it; convert "
                        "the tensor to F32, F16 or BF16 first",
                        pw_dtype_name(tensor->dtype));
    if ((uint64_t)pw_tensor_n_elements(tensor) > capacity)
        return PWI_FAIL(err, PW_ERR_CAPACITY,
                        "the tensor has %lld elements, the buffer has room for %zu",
                        (long long)pw_tensor_n_elements(tensor), capacity);
    return PW_OK;
}

pw_status pw_tensor_to_f32(const pw_tensor *tensor, float *out, size_t capacity, pw_error *err)
{
    PWI_TRY(check_widening(tensor, capacity, err));
    widening[tensor->dtype].f32(out, tensor->data, (size_t)pw_tensor_n_elements(tensor));
    return PW_OK;
}

pw_status pw_tensor_to_f64(const pw_tensor *tensor, double *out, size_t capacity, pw_error *err)
{
    PWI_TRY(check_widening(tensor, capacity, err));
    widening[tensor->dtype].f64(out, tensor->data, (size_t)pw_tensor_n_elements(tensor));
    return PW_OK;
}

pw_status pw_f32_to_dtype(pw_dtype dtype, void *out, const float *in, size_t n, pw_error *err)
{
    if (!pwi_dtype_is_float(dtype))
        return PWI_FAIL(
            err, PW_ERR_UNSUPPORTED,
            "f32 values cannot be rounded to dtype %s; use F32, F16, BF16, F8_E4M3, "
            "F8_E5M2 or F64",
            pw_dtype_name(dtype));
    narrowing[dtype](out, in, n);
    return PW_OK;
}

/* A double that was first rounded to odd in f32 and then to nearest even in a dtype with at
 * least two bits less is rounded once (Boldo and Melquiond 2005): no double rounding. */
static float f32_to_odd(double value)
{
    const float nearest = (float)value;
    uint32_t bits = element_bits(nearest);

    if (value != value || (double)nearest == value)
        return nearest;
    if (((double)nearest > value) == (value > 0.0))
        bits--; /* one step towards zero; from infinity that is the largest finite value */
    return element_float(bits | 1);
}

#define BLOCK 256

void pwi_f64_to_dtype(pw_dtype dtype, void *out, const double *in, size_t n)
{
    const size_t size = pw_dtype_bits(dtype) / 8;
    unsigned char *p = out;
    float block[BLOCK];

    PW_ASSERT(pwi_dtype_is_float(dtype));
    if (dtype == PW_F64) {
        memcpy(out, in, n * sizeof(*in));
        return;
    }
    for (size_t i = 0; i < n; i += BLOCK) {
        const size_t n_block = n - i < BLOCK ? n - i : BLOCK;

        for (size_t k = 0; k < n_block; k++)
            block[k] = dtype == PW_F32 ? (float)in[i + k] : f32_to_odd(in[i + k]);
        narrowing[dtype](p + i * size, block, n_block);
    }
}
