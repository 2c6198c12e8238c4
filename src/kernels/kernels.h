/* SPDX-License-Identifier: MIT */
/* The kernel table: every inner loop of padwise by name. kernels.def is the list; kernels.c
 * fills a table with the reference first and lets each level overwrite what it has; the table
 * lives in the context by value, so two contexts can be compared.
 *
 * Bits: for one level, an output element depends on its own row of activations and its own
 * column of weights alone. K is summed in runs of at most PWI_K_RUN, each from zero, the runs
 * added in order: set by the weight's shape, never by rows or threads. */
#ifndef PWI_KERNELS_KERNELS_H
#define PWI_KERNELS_KERNELS_H

#include <padwise/tensor.h>

#include "base/context.h"

/* Longest run of products summed in one chain (design.md 5.5: one chain over all of K
 * measured 1.6-2.1e-6 against f64, runs of 256 8.5e-7). */
#define PWI_K_RUN 256

/* Widest panel of any level. */
#define PWI_NR_MAX 64

/* What a product's epilogue does with acc + bias. */
typedef enum pwi_epilogue {
    PWI_EPILOGUE_STORE,      /* out = value */
    PWI_EPILOGUE_ADD,        /* out += value: the residual stream */
    PWI_EPILOGUE_QUICK_GELU, /* out = value sigmoid(1.702 value) */
    PWI_EPILOGUE_GELU,       /* out = value (1 + erf(value / sqrt 2)) / 2 */
    PWI_N_EPILOGUES
} pwi_epilogue;

/* A weight matrix W [n, k] (PyTorch's Linear: out = x W^T + b), reordered once, in the file's
 * own dtype: panels of `nr` rows of W, k-major inside (panel p holds for each k the elements
 * W[p * nr + 0 .. nr - 1][k]), the last panel filled with zeros. nr belongs to the level that
 * packed. */
typedef struct pwi_packed {
    pw_dtype dtype; /* F32 F16 BF16 F8_E4M3 F8_E5M2 */
    size_t n, k, nr;
    float scale; /* scaled fp8: real weight = stored * scale; 1 otherwise */
    void *data;  /* [ceil(n / nr), k, nr] */
    size_t size_bytes;
    const pw_allocator *allocator;
} pwi_packed;

/* One tile of a product: rows [m] of x times panels [first_panel, first_panel + n_panels) of W.
 */
typedef struct pwi_gemm_args {
    float *out; /* row i at out + i * out_stride; columns of the matrix, not of the tile */
    size_t out_stride;
    const float *x; /* [m, k], row i at x + i * x_stride */
    size_t x_stride;
    size_t m;
    const pwi_packed *w;
    size_t first_panel, n_panels;
    const float *bias; /* [n] or NULL */
    pwi_epilogue epilogue;
    float *panel; /* scratch, f32 [k, nr], 64-byte aligned, one per thread: where a panel is
                     widened; unused for F32 with scale 1 */
} pwi_gemm_args;

/* Attention of one head over one sequence's rows. Row i of q, k, v is at base + i * stride; a
 * query sees the keys keys[0..n_visible(i)), which are row numbers in ascending order; see
 * attention in kernels.def. */
typedef struct pwi_attention_args {
    float *out; /* [n_queries, head_dim] at out + i * out_stride */
    size_t out_stride;
    const float *q, *k, *v; /* this head's columns */
    size_t stride;          /* of q, k and v rows */
    size_t head_dim;
    float scale;             /* 1 / sqrt(head_dim) */
    const uint32_t *queries; /* [n_queries] row numbers */
    size_t n_queries;
    const uint32_t *keys;      /* [n_keys] row numbers of visible keys, ascending positions */
    const uint32_t *n_visible; /* [n_queries]: query i sees keys[0 .. n_visible[i]), at least...
                                  0 means: itself alone */
    float *scores;             /* scratch, f32 [n_keys rounded up to 16], one per thread */
} pwi_attention_args;

typedef struct pwi_kernels {
    size_t nr; /* width of a panel at this level; a multiple of 8, at most PWI_NR_MAX */
    size_t mr; /* rows that gemm takes at once: splitting m elsewhere costs time, not bits */
#define PW_KERNEL(name, ret, args, tolerance) ret(*name) args;
#include "kernels/kernels.def"
#undef PW_KERNEL
} pwi_kernels;

/* Fill a table for at most `max` (and what the machine has). Never leaves a NULL. */
void pwi_kernels_select(pwi_kernels *kernels, pw_level max);

/* Names in the order of kernels.def, for checkkern and docs. */
extern const char *const pwi_kernel_names[];
extern const size_t pwi_n_kernels;

/* The table of a context. */
const pwi_kernels *pwi_context_kernels(const pw_context *ctx);

/* Make room for W [n, k] as this table's gemm wants it, all zeros: ceil(n / nr) * nr * k
 * elements of the file's dtype and not a byte more. `allocator` outlives the result, which is
 * freed with pwi_packed_free; on failure there is nothing to free.
 * PW_ERR_NO_MEMORY, PW_ERR_OVERFLOW, PW_ERR_UNSUPPORTED (a dtype that gemm does not take). */
pw_status pwi_pack(pwi_packed *packed, const pw_allocator *allocator,
                   const pwi_kernels *kernels, pw_dtype dtype, size_t n, size_t k, float scale,
                   pw_error *err);

/* Put rows first_row .. first_row + n_rows - 1 of W into place. rows: dense [n_rows, k] in the
 * file's dtype, any alignment. Any order; threads may do disjoint rows at once. */
void pwi_pack_rows(pwi_packed *packed, size_t first_row, size_t n_rows, const void *rows);

/* Harmless on a zeroed pwi_packed. */
void pwi_packed_free(pwi_packed *packed);

/* out = epilogue(x W^T + bias) over all panels on the context's threads. scratch:
 * pwi_gemm_scratch(ctx, k_max) floats for any product with k <= k_max, used by one call at a
 * time. W was packed for this context's table. */
size_t pwi_gemm_scratch(const pw_context *ctx, size_t k_max);
void pwi_gemm(const pw_context *ctx, float *out, size_t out_stride, const float *x,
              size_t x_stride, size_t m, const pwi_packed *w, const float *bias,
              pwi_epilogue epilogue, float *scratch);

#endif
