/* SPDX-License-Identifier: MIT */
/* Weight matrices reordered into panels, as their product wants them: in the file's own dtype,
 * or rounded once to what the product multiplies where that is not larger. */
#include <float.h>
#include <string.h>

#include "base/checked.h"
#include "kernels/interleave.h"
#include "kernels/kernels.h"

/* Columns that are converted in one go; a multiple of every k_unit. */
#define BLOCK 128

/* Bytes of one element; 0 for a dtype that no product takes. */
static size_t element_size(pw_dtype dtype)
{
    switch (dtype) {
    case PW_F32:
        return 4;
    case PW_F16:
    case PW_BF16:
    case PW_I16:
        return 2;
    case PW_F8_E4M3:
    case PW_F8_E5M2:
    case PW_I8:
        return 1;
    default:
        return 0;
    }
}

size_t pwi_packed_panel_bytes(const pwi_packed *packed)
{
    return packed->k_padded * packed->product->nr * element_size(packed->dtype);
}

/* What stands in memory for a matrix of the file's dtype. */
static pw_dtype stored_dtype(const pwi_product *product, pw_dtype dtype)
{
    if (product->store == PW_F32 || element_size(product->store) > element_size(dtype))
        return dtype;
    return product->store;
}

static bool allocate(pwi_packed *packed)
{
    const pw_allocator *allocator = packed->allocator;
    const size_t n_scales = pwi_packed_scales(packed);

    packed->data = pwi_alloc_simd(allocator, packed->size_bytes);
    if (n_scales > 0)
        packed->row_scales = pwi_alloc_zeroed(allocator, n_scales, sizeof(float));
    return packed->data != NULL && (n_scales == 0 || packed->row_scales != NULL);
}

pw_status pwi_pack_plan(pwi_packed *packed, const pwi_product *product, pw_dtype dtype,
                        size_t n, size_t k, float scale, pw_error *err)
{
    const size_t nr = product->nr;
    size_t rows, columns, bytes;

    memset(packed, 0, sizeof(*packed));
    if (element_size(dtype) == 0 || dtype == PW_I16 || dtype == PW_I8)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED, "weights of dtype %s cannot be multiplied",
                        pw_dtype_name(dtype));
    if (!pwi_add_size(n, nr - 1, &rows) || !pwi_add_size(k, product->k_unit - 1, &columns) ||
        !pwi_mul_size(rows / nr * nr, columns / product->k_unit * product->k_unit, &bytes) ||
        !pwi_mul_size(bytes, element_size(stored_dtype(product, dtype)), &bytes))
        return PWI_FAIL(err, PW_ERR_OVERFLOW, "a weight of %zu x %zu elements is too large", n,
                        k);
    packed->product = product;
    packed->dtype = stored_dtype(product, dtype);
    packed->n = n;
    packed->k = k;
    packed->k_padded = columns / product->k_unit * product->k_unit;
    packed->file_scale = scale;
    packed->scale = packed->dtype == dtype ? scale : 1.0f;
    packed->size_bytes = bytes;
    return PW_OK;
}

size_t pwi_packed_scales(const pwi_packed *packed)
{
    const size_t nr = packed->product->nr;

    return packed->product->limit > 0 ? (packed->n + nr - 1) / nr * pwi_panel_scales(packed)
                                      : 0;
}

pw_status pwi_pack(pwi_packed *packed, const pw_allocator *allocator,
                   const pwi_product *product, pw_dtype dtype, size_t n, size_t k, float scale,
                   pw_error *err)
{
    const size_t nr = product->nr;

    PWI_TRY(pwi_pack_plan(packed, product, dtype, n, k, scale, err));
    packed->allocator = allocator;
    if (!allocate(packed)) {
        pwi_packed_free(packed);
        return pwi_fail_memory(err);
    }
    /* Only the last panel may have rows that nobody fills. */
    if (n % nr != 0)
        memset((char *)packed->data + n / nr * pwi_packed_panel_bytes(packed), 0,
               pwi_packed_panel_bytes(packed));
    return PW_OK;
}

/* Rows of the file on their way into one panel. */
struct rows {
    pwi_packed *packed;
    const pwi_kernels *kernels;
    const char *bytes;
    pw_dtype dtype;
    size_t first, n; /* of the matrix; all in one panel */
};

/* Columns first .. first + n - 1 of row i, as real weights. */
static void widen(const struct rows *rows, size_t i, size_t first, size_t n, float *out)
{
    const size_t size = element_size(rows->dtype);

    rows->kernels->widen(out, rows->bytes + (i * rows->packed->k + first) * size, rows->dtype,
                         n, rows->packed->file_scale);
}

static size_t block_of(const struct rows *rows, size_t first)
{
    const size_t left = rows->packed->k - first;

    return left < BLOCK ? left : BLOCK;
}

/* The scale of row i. */
static float *scale_of(const struct rows *rows, size_t i)
{
    const size_t nr = rows->packed->product->nr, row = rows->first + i;

    return rows->packed->row_scales + row / nr * pwi_panel_scales(rows->packed) + row % nr;
}

/* Where the sum of row i over the run of a column stands. */
static float *sum_of(const struct rows *rows, size_t i, size_t column)
{
    return scale_of(rows, i) + (1 + column / PWI_K_RUN) * rows->packed->product->nr;
}

/* The scale of each row: the largest magnitude becomes the product's limit. */
static void measure(const struct rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        float wide[BLOCK], largest = 0.0f;

        for (size_t first = 0; first < rows->packed->k; first += BLOCK) {
            const size_t n = block_of(rows, first);
            float here;

            widen(rows, i, first, n, wide);
            here = rows->kernels->max_abs(wide, n);
            largest = here > largest || here != here ? here : largest;
            if (largest != largest)
                break;
        }
        *scale_of(rows, i) = largest / (float)rows->packed->product->limit;
    }
}

/* One block of one row in the stored dtype. */
static void convert(const struct rows *rows, size_t i, const float *wide, size_t n, char *out)
{
    pwi_packed *packed = rows->packed;
    int16_t integers[BLOCK];

    if (packed->dtype == PW_BF16) {
        uint16_t halves[BLOCK];

        rows->kernels->narrow_bf16(halves, wide, n);
        memcpy(out, halves, n * sizeof(*halves));
        return;
    }
    PW_ASSERT(packed->row_scales != NULL);
    rows->kernels->quantize(integers, wide, n, pwi_inverse_scale(*scale_of(rows, i)),
                            packed->product->limit);
    if (packed->dtype == PW_I16)
        memcpy(out, integers, n * sizeof(*integers));
    for (size_t j = 0; j < n && packed->dtype == PW_I8; j++)
        out[j] = (char)(int8_t)integers[j];
}

/* Adds a block of a row's integers to the sum of its run, exactly: at most 2^16. */
static void add_sum(const struct rows *rows, size_t i, size_t first, const char *integers,
                    size_t n)
{
    int32_t sum = 0;

    for (size_t j = 0; j < n; j++)
        sum += (int8_t)integers[j];
    *sum_of(rows, i, first) += (float)sum;
}

/* Sums of integers become sums of weights. */
static void scale_sums(const struct rows *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        for (size_t first = 0; first < rows->packed->k; first += PWI_K_RUN)
            *sum_of(rows, i, first) *= *scale_of(rows, i);
}

static void clear_sums(const struct rows *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        for (size_t first = 0; first < rows->packed->k; first += PWI_K_RUN)
            *sum_of(rows, i, first) = 0.0f;
}

/* Columns first .. first + BLOCK - 1 of the rows, converted and put in place. Behind the last
 * column of the matrix come zeros. */
static void place_block(const struct rows *rows, size_t first, char *panel)
{
    const pwi_packed *packed = rows->packed;
    const size_t size = element_size(packed->dtype), group = packed->product->k_group;
    const size_t left = packed->k_padded - first, n_padded = left < BLOCK ? left : BLOCK;
    const size_t n = packed->k > first ? block_of(rows, first) : 0;
    char converted[PWI_NR_MAX][BLOCK * 4];

    for (size_t i = 0; i < rows->n; i++) {
        memset(converted[i], 0, n_padded * size);
        if (packed->dtype == rows->dtype) {
            memcpy(converted[i], rows->bytes + (i * packed->k + first) * size, n * size);
        } else {
            float wide[BLOCK];

            widen(rows, i, first, n, wide);
            convert(rows, i, wide, n, converted[i]);
        }
        if (packed->product->has_sums && n > 0)
            add_sum(rows, i, first, converted[i], n);
    }
    pwi_interleave(panel + first * packed->product->nr * size, converted[0], sizeof(*converted),
                   rows->n, n_padded / group, packed->product->nr, group * size);
}

static void place_rows(const struct rows *rows)
{
    pwi_packed *packed = rows->packed;
    const size_t size = element_size(packed->dtype), nr = packed->product->nr;
    const size_t group = packed->product->k_group;
    char *panel = (char *)packed->data + rows->first / nr * pwi_packed_panel_bytes(packed) +
                  rows->first % nr * group * size;

    if (packed->row_scales != NULL)
        measure(rows);
    if (packed->dtype == rows->dtype && packed->k_padded == packed->k) {
        pwi_interleave(panel, rows->bytes, packed->k * size, rows->n, packed->k / group, nr,
                       group * size);
        return;
    }
    if (packed->product->has_sums)
        clear_sums(rows);
    for (size_t first = 0; first < packed->k_padded; first += BLOCK)
        place_block(rows, first, panel);
    if (packed->product->has_sums)
        scale_sums(rows);
}

void pwi_pack_rows(pwi_packed *packed, const pwi_kernels *kernels, size_t first_row,
                   size_t n_rows, const void *bytes, pw_dtype dtype)
{
    struct rows rows = {packed, kernels, bytes, dtype, first_row, 0};
    const size_t nr = packed->product->nr, end = first_row + n_rows;

    PW_ASSERT(end <= packed->n && BLOCK % packed->product->k_unit == 0);
    while (rows.first < end) {
        const size_t room = nr - rows.first % nr, left = end - rows.first;

        rows.n = left < room ? left : room;
        place_rows(&rows);
        rows.bytes += rows.n * packed->k * element_size(dtype);
        rows.first += rows.n;
    }
}

float pwi_inverse_scale(float scale)
{
    const float inverse = scale > 0.0f ? 1.0f / scale : 0.0f;

    return inverse <= FLT_MAX ? inverse : 0.0f;
}

void pwi_packed_free(pwi_packed *packed)
{
    if (packed->data != NULL)
        pwi_free_simd(packed->allocator, packed->data, packed->size_bytes);
    if (packed->row_scales != NULL)
        pwi_free_array(packed->allocator, packed->row_scales, pwi_packed_scales(packed),
                       sizeof(float));
    memset(packed, 0, sizeof(*packed));
}
