/* SPDX-License-Identifier: MIT */
/* Tensors: a dtype, a shape, dense row-major memory; and tensor sets: named tensors with text
 * metadata, in memory. Files are read and written by file.h. */
#ifndef PADWISE_TENSOR_H
#define PADWISE_TENSOR_H

#include <stdbool.h>

#include "context.h"
#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, text as in safetensors, bits). Values are pinned by the order. */
#define PW_DTYPE_MAP(X)                                                                        \
    X(PW_BOOL, "BOOL", 8)                                                                      \
    X(PW_U8, "U8", 8)                                                                          \
    X(PW_I8, "I8", 8)                                                                          \
    X(PW_I16, "I16", 16)                                                                       \
    X(PW_U16, "U16", 16)                                                                       \
    X(PW_I32, "I32", 32)                                                                       \
    X(PW_U32, "U32", 32)                                                                       \
    X(PW_I64, "I64", 64)                                                                       \
    X(PW_U64, "U64", 64)                                                                       \
    X(PW_F16, "F16", 16)                                                                       \
    X(PW_BF16, "BF16", 16)                                                                     \
    X(PW_F32, "F32", 32)                                                                       \
    X(PW_F64, "F64", 64)                                                                       \
    X(PW_F8_E4M3, "F8_E4M3", 8)                                                                \
    X(PW_F8_E5M2, "F8_E5M2", 8)                                                                \
    X(PW_F8_E8M0, "F8_E8M0", 8)                                                                \
    X(PW_F8_E4M3FNUZ, "F8_E4M3FNUZ", 8)                                                        \
    X(PW_F8_E5M2FNUZ, "F8_E5M2FNUZ", 8)                                                        \
    X(PW_F6_E2M3, "F6_E2M3", 6)                                                                \
    X(PW_F6_E3M2, "F6_E3M2", 6)                                                                \
    X(PW_F4, "F4", 4)                                                                          \
    X(PW_C64, "C64", 64)

typedef enum pw_dtype {
#define PW_DTYPE_ENUM(name, text, bits) name,
    PW_DTYPE_MAP(PW_DTYPE_ENUM)
#undef PW_DTYPE_ENUM
    PW_N_DTYPES
} pw_dtype;

#define PW_RANK_MAX 8

/** A view: nothing here is owned. data is dense, row-major, little-endian, and may be
 * unaligned. */
typedef struct pw_tensor {
    pw_dtype dtype;
    int32_t rank; /* 0..PW_RANK_MAX */
    int64_t shape[PW_RANK_MAX];
    void *data;
    size_t size_bytes;
} pw_tensor;

/** "F8_E4M3". Static storage; "?" for a value that is none.   Since: 0.1 */
PW_API const char *pw_dtype_name(pw_dtype dtype);

/** The dtype of that name (case-sensitive, `size` bytes), or -1.   Since: 0.1 */
PW_API int32_t pw_dtype_from_name(const char *name, size_t size);

/** Bits of one element: 4, 6, 8, 16, 32 or 64.   Since: 0.1 */
PW_API uint32_t pw_dtype_bits(pw_dtype dtype);

/** Whether pw_tensor_to_f32 accepts the dtype: F32 F16 BF16 F8_E4M3 F8_E5M2 F64 and the
 * integers up to 64 bits.   Since: 0.1 */
PW_API bool pw_dtype_is_computable(pw_dtype dtype);

/** Elements of the tensor (1 for rank 0). Valid shapes only.   Since: 0.1 */
PW_API int64_t pw_tensor_n_elements(const pw_tensor *tensor);

/** All elements widened (or, from F64 and wide integers, rounded to nearest even) to f32.
 *  @param out  f32 [capacity], caller-owned.
 *  @return PW_OK; PW_ERR_CAPACITY; PW_ERR_UNSUPPORTED (a dtype that is not computable). Since:
 * 0.1 */
PW_NODISCARD PW_API pw_status pw_tensor_to_f32(const pw_tensor *tensor, float *out,
                                               size_t capacity, pw_error *err);

/** All elements widened to f64; dtypes as above.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_tensor_to_f64(const pw_tensor *tensor, double *out,
                                               size_t capacity, pw_error *err);

/** n f32 values rounded to nearest even into `dtype` (F32 F16 BF16 F8_E4M3 F8_E5M2 F64). Values
 * over the largest finite one become infinity (F16, BF16, F8_E5M2) or NaN (F8_E4M3, which has
 * no infinity), as PyTorch's casts do.
 *  @param out  n elements of dtype, caller-owned.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_f32_to_dtype(pw_dtype dtype, void *out, const float *in,
                                              size_t n, pw_error *err);

/** What differs between two tensors of any computable dtypes, computed in f64. Rows run over
 * the last dimension. */
typedef struct pw_difference {
    bool same_shape, bitwise; /* bitwise: same dtype, shape and bytes */
    double max_abs;           /* NaN where either has a NaN that the other has not */
    double rel_l2;            /* |a - b| / |b|; 0 if both are 0, infinity if only b is */
    double cos_min; /* least cosine of two rows; 1 without rows, rows of zeros are equal to each
                       other only */
    int64_t first_row; /* the first row with a differing value, -1 if none */
} pw_difference;

/** Compare a with b (b is the reference). With different shapes only same_shape is set and the
 * rest is NaN and -1.
 *  @return PW_OK; PW_ERR_UNSUPPORTED; PW_ERR_NO_MEMORY.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_tensor_compare(pw_difference *out, pw_context *ctx,
                                                const pw_tensor *a, const pw_tensor *b,
                                                pw_error *err);

/** Named tensors with text metadata, in memory, in the order in which they were added. Not
 * thread-safe while it changes. */
typedef struct pw_tensor_set pw_tensor_set;

PW_NODISCARD PW_API pw_status pw_tensor_set_create(pw_tensor_set **out, pw_context *ctx,
                                                   pw_error *err);
PW_API void pw_tensor_set_free(pw_tensor_set *set);

/** Add a tensor of that dtype and shape; its memory is owned by the set, zeroed, aligned to 64
 * bytes, and *data points to it.
 *  @param name  not empty, at most PW_NAME_MAX bytes, not there yet.
 *  @return PW_OK; PW_ERR_ARGUMENT; PW_ERR_DUPLICATE; PW_ERR_OVERFLOW; PW_ERR_NO_MEMORY. Since:
 * 0.1 */
#define PW_NAME_MAX 4096
PW_NODISCARD PW_API pw_status pw_tensor_set_add(pw_tensor_set *set, const char *name,
                                                pw_dtype dtype, int32_t rank,
                                                const int64_t *shape, void **data,
                                                pw_error *err);

PW_API size_t pw_tensor_set_n(const pw_tensor_set *set);

/** The i-th tensor and its name (terminated; names from files never hold NUL). Valid until the
 * set is freed.   Since: 0.1 */
PW_API const char *pw_tensor_set_name(const pw_tensor_set *set, size_t i);
PW_API const pw_tensor *pw_tensor_set_tensor(const pw_tensor_set *set, size_t i);

/** The tensor of that name, or NULL.   Since: 0.1 */
PW_API const pw_tensor *pw_tensor_set_find(const pw_tensor_set *set, const char *name);

/** Metadata: text by key, added or replaced. Keys and values are copied.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_tensor_set_put_metadata(pw_tensor_set *set, const char *key,
                                                         const char *value, pw_error *err);
PW_API size_t pw_tensor_set_n_metadata(const pw_tensor_set *set);
PW_API const char *pw_tensor_set_metadata_key(const pw_tensor_set *set, size_t i);
PW_API const char *pw_tensor_set_metadata_value(const pw_tensor_set *set, size_t i);

/** The value of that key, or NULL.   Since: 0.1 */
PW_API const char *pw_tensor_set_metadata(const pw_tensor_set *set, const char *key);

#ifdef __cplusplus
}
#endif

#endif
