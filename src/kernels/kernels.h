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
#include "base/cpu.h"

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

typedef struct pwi_product pwi_product;

/* A weight matrix W [n, k] (PyTorch's Linear: out = x W^T + b), reordered once as its product
 * wants it: panels of nr rows of W, k-major in groups inside (panel p holds for each group of
 * k_group columns the elements W[p * nr + 0 .. nr - 1][group], a row's k_group neighbours side
 * by side), rows and columns that fill a panel up are zeros. */
typedef struct pwi_packed {
    const pwi_product *product;
    pw_dtype dtype; /* of an element in data: the file's (F32 F16 BF16 F8_E4M3 F8_E5M2), or what
                       the product stores instead (BF16 I16 I8) */
    size_t n, k;
    size_t k_padded; /* k rounded up to the product's k_unit */
    float scale; /* where dtype is the file's: real weight = stored * scale (scaled fp8), else 1
                  */
    float file_scale;  /* what an element of the file is multiplied with */
    float *row_scales; /* [ceil(n / nr), pwi_panel_scales] integer products, else NULL: of each
                          panel [nr] real weight = integer * scale; where the product has_sums
                          [runs of PWI_K_RUN, nr] the run's sum of real weights behind them */
    void *data;        /* [ceil(n / nr), k_padded / k_group, nr, k_group] */
    size_t size_bytes;
    const pw_allocator *allocator;
} pwi_packed;

/* One tile of a product: rows [m] of x times panels [first_panel, first_panel + n_panels) of W.
 */
typedef struct pwi_gemm_args {
    float *out; /* row i at out + i * out_stride; columns of the matrix, not of the tile */
    size_t out_stride;
    const void *x;   /* [m] rows as the product wants them: f32 [k], or what prepare wrote */
    size_t x_stride; /* bytes from row to row */
    size_t m;
    const pwi_packed *w;
    size_t first_panel, n_panels;
    const float *bias; /* [n] or NULL */
    pwi_epilogue epilogue;
    void *panel; /* scratch, panel_bytes(k), 64-byte aligned, one per thread: where a panel is
                    widened, split or quantized */
} pwi_gemm_args;

/* A way to multiply: what is computed, how weights stand in memory, how rows of activations
 * enter, and the kernel. A level has one for each precision; what it cannot do faster is done
 * by the product of the next higher precision, which then stands in both places. */
struct pwi_product {
    const char *name;       /* "f32", "i16", ... */
    pw_precision precision; /* of what is computed */
    size_t nr;              /* width of a panel; a multiple of 8, at most PWI_NR_MAX */
    size_t mr; /* rows that gemm takes at once: splitting m elsewhere costs time, not bits */
    size_t k_group, k_unit; /* k_unit is a multiple of k_group */
    pw_dtype
        store; /* F32: the file's dtype. BF16, I16, I8: that, unless the file's is smaller */
    int32_t limit; /* of an integer's magnitude; 0: no integers, no row_scales */
    bool has_sums; /* row_scales hold sums of the weights too */
    /* Bytes of one prepared row, a multiple of 64. NULL: rows enter as f32 */
    size_t (*input_bytes)(size_t k);
    /* Row x [k] into the product's form: a function of this row alone. */
    void (*prepare)(void *input, const float *x, size_t k);
    /* One run of such a row, columns first .. first + n - 1 of its k: what prepare does run by
     * run, or NULL for a form that is not made of runs. */
    void (*prepare_run)(void *input, size_t k, size_t first, const float *x, size_t n);
    size_t (*panel_bytes)(size_t k); /* scratch of gemm */
    void (*gemm)(const pwi_gemm_args *args);
};

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
    pwi_product products[PW_N_PRECISIONS]; /* by what is asked for */
#define PW_KERNEL(name, ret, args, tolerance) ret(*name) args;
#include "kernels/kernels.def"
#undef PW_KERNEL
} pwi_kernels;

/* Fill a table for at most `max` (and what the machine has). Never leaves a NULL. features:
 * which of the machine's instructions that change no bits to use (PWI_CPU_ALL: all). */
void pwi_kernels_select(pwi_kernels *kernels, pw_level max, unsigned features);

/* Names in the order of kernels.def, for checkkern and docs. */
extern const char *const pwi_kernel_names[];
extern const size_t pwi_n_kernels;

/* The table of a context. */
const pwi_kernels *pwi_context_kernels(const pw_context *ctx);

/* Make room for W [n, k] of a file's dtype as the product wants it. `allocator` outlives the
 * result, which is freed with pwi_packed_free; on failure there is nothing to free.
 * PW_ERR_NO_MEMORY, PW_ERR_OVERFLOW, PW_ERR_UNSUPPORTED (a dtype that gemm does not take). */
pw_status pwi_pack(pwi_packed *packed, const pw_allocator *allocator,
                   const pwi_product *product, pw_dtype dtype, size_t n, size_t k, float scale,
                   pw_error *err);

/* All of it but memory: what pwi_pack would make, to know its sizes. n rows have
 * pwi_packed_scales of row_scales. */
pw_status pwi_pack_plan(pwi_packed *packed, const pwi_product *product, pw_dtype dtype,
                        size_t n, size_t k, float scale, pw_error *err);
size_t pwi_packed_scales(const pwi_packed *packed);

/* Floats of one panel in row_scales. */
static inline size_t pwi_panel_scales(const pwi_packed *packed)
{
    const size_t n_runs = (packed->k + PWI_K_RUN - 1) / PWI_K_RUN;

    return packed->product->nr * (1 + (packed->product->has_sums ? n_runs : 0));
}

/* Put rows first_row .. first_row + n_rows - 1 of W into place. rows: dense [n_rows, k] in the
 * file's dtype, any alignment. Any order; threads may do disjoint rows at once. */
void pwi_pack_rows(pwi_packed *packed, const pwi_kernels *kernels, size_t first_row,
                   size_t n_rows, const void *rows, pw_dtype dtype);

/* Harmless on a zeroed pwi_packed. */
void pwi_packed_free(pwi_packed *packed);

/* Bytes of one panel in data. */
size_t pwi_packed_panel_bytes(const pwi_packed *packed);

/* 1 / scale; 0 where that is no finite number: a row of zeros, of NaN, of infinities. */
float pwi_inverse_scale(float scale);

#endif
