/* SPDX-License-Identifier: MIT */
/* Products of rows with packed matrices, over a context's threads: what models call. The
 * kernels behind them are the table's. */
#ifndef PWI_KERNELS_GEMM_H
#define PWI_KERNELS_GEMM_H

#include "kernels/kernels.h"

/* Floats from row to row of a matrix with rows of n, for fast products: an odd number of cache
 * lines. With the rows a multiple of 4 KiB apart the same column of all of them lies in one set
 * of L1, which holds twelve. */
static inline size_t pwi_row_stride(size_t n)
{
    return ((n + 15) / 16 | 1) * 16;
}

/* Rows of activations that enter a product, as they are or normalized. */
typedef struct pwi_gemm_input {
    const float *x; /* [n_rows, k], row i at x + i * stride */
    size_t stride, n_rows;
    const float *gain, *bias; /* [k] of a LayerNorm over each row; NULL: none */
    float epsilon;
} pwi_gemm_input;

/* One of the matrices that the same rows are multiplied with. */
typedef struct pwi_gemm_part {
    const pwi_packed *w;
    const float *bias; /* [n] or NULL */
    float *out;        /* [n_rows, n], row i at out + i * out_stride */
    size_t out_stride;
} pwi_gemm_part;

#define PWI_GEMM_PARTS_MAX 3

/* out = epilogue(x W^T + bias) for every part, on the context's threads. The parts share one k.
 * Their product is one too; beside int8's may stand medium's. scratch: pwi_gemm_scratch floats
 * for this product (int8's, of two), n_rows and k at most, used by one call at a time. */
size_t pwi_gemm_scratch(const pw_context *ctx, const pwi_product *product, size_t n_rows_max,
                        size_t k_max);
void pwi_gemm(const pw_context *ctx, const pwi_gemm_input *input, const pwi_gemm_part *parts,
              size_t n_parts, pwi_epilogue epilogue, float *scratch);

/* out = epilogue2(epilogue1(x W1^T + bias1) W2^T + bias2), as pwi_gemm makes the one and then
 * the other, to the bit. What lies between goes to first->out, or where the product allows it
 * straight into the second one's rows: then first->out is left alone. */
void pwi_gemm_chain(const pw_context *ctx, const pwi_gemm_input *input,
                    const pwi_gemm_part *first, pwi_epilogue first_epilogue,
                    const pwi_gemm_part *second, pwi_epilogue second_epilogue, float *scratch);

#endif
