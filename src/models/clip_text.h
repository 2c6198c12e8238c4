/* SPDX-License-Identifier: MIT */
/* CLIP's text tower: its sizes, its weights in memory, and its forward pass
 * (docs/models/clip.md). */
#ifndef PWI_MODELS_CLIP_TEXT_H
#define PWI_MODELS_CLIP_TEXT_H

#include <padwise/model.h>

#include "kernels/gemm.h"
#include "models/rows.h"

/* A table of rows that are looked up, not multiplied: dense, in the file's dtype. */
typedef struct pwi_table {
    pw_dtype dtype;
    size_t n_rows, width, row_bytes;
    size_t i_tensor; /* of the weights */
    void *data;      /* [n_rows, width]; NULL: rows are read from the weights */
    size_t size_bytes;
} pwi_table;

typedef struct pwi_norm {
    float *gain, *bias; /* [D] */
} pwi_norm;

typedef struct pwi_linear {
    pwi_packed weight; /* [N, K] */
    float *bias;       /* [N], NULL: none */
} pwi_linear;

/* One pre-norm block. Names in comments: Hugging Face's. */
typedef struct pwi_clip_block {
    pwi_norm norm1;          /* layer_norm1 */
    pwi_linear q, k, v, out; /* self_attn.q_proj ... out_proj, [D, D] */
    pwi_norm norm2;          /* layer_norm2 */
    pwi_linear fc1, fc2;     /* mlp.fc1 [F, D], mlp.fc2 [D, F] */
} pwi_clip_block;

typedef struct pwi_clip_text {
    size_t width, n_layers, n_heads, head_dim, mlp, n_vocab, n_positions, projection_width;
    float epsilon;
    float head_scale; /* 1 / sqrt(head_dim), rounded once */
    pwi_epilogue activation;
    const pwi_product *product;   /* how its matrices are multiplied */
    const pwi_product *careful;   /* v and out: see pwi_clip_choose_products */
    pwi_table token_embedding;    /* [V, D] */
    pwi_table position_embedding; /* [P, D] */
    pwi_clip_block *blocks;       /* [n_layers]; NULL: they are read as they run (stream.h) */
    pwi_norm final_norm;          /* final_layer_norm */
    pwi_linear projection;        /* text_projection [P, D], no bias; weight.data NULL: none */
} pwi_clip_text;

/* Scratch of one forward pass, f32. */
typedef struct pwi_clip_scratch {
    size_t stride, qkv_stride, mlp_stride; /* pwi_row_stride of D, 3D, F */
    float *hidden;                         /* [R, D] the residual stream */
    float *qkv;                            /* [R, 3D] */
    float *context;                        /* [R, D] */
    float *mlp;                            /* [R, F] */
    float *projected;                      /* [R, P] of the rows asked for */
    float *scores;                         /* [n_threads, scores_stride] */
    size_t scores_stride;
    float *gemm;     /* pwi_gemm_scratch */
    uint32_t *keys;  /* [n_threads, n_positions] */
    double *weights; /* [n_threads, n_positions] */
} pwi_clip_scratch;

/* Called with hidden_states.layer in scratch->hidden, layer 0 ... n_layers. */
typedef pw_status (*pwi_keep_hidden_state)(void *user, int32_t layer, pw_error *err);

struct pwi_stream;

/* What one pass computes. */
typedef struct pwi_clip_pass {
    struct pwi_stream *stream; /* where blocks and token rows come from; NULL: the tower */
    const float *vectors; /* [, D] what ids from n_vocab on stand for; NULL: there are none */
    size_t n_layers;      /* blocks to run */
    size_t drop_before;   /* block before which rows that lead to none asked for are dropped;
                             SIZE_MAX: none is */
    bool last_is_asked;   /* the last block leaves the rows asked for and no others */
    pwi_keep_hidden_state keep;
    void *user;
    pw_trace_fn trace; /* NULL: nobody looks on */
    void *trace_user;
    uint64_t flops; /* out: 2 for each multiply-add of the products and of attention */
} pwi_clip_pass;

/* Run the tower over the rows. PW_ERR_CANCELLED, from keep; of a stream what reading it may
 * return. */
pw_status pwi_clip_text_forward(const pw_context *ctx, const pwi_clip_text *clip,
                                pwi_rows *rows, pwi_clip_scratch *scratch, pwi_clip_pass *pass,
                                pw_error *err);

/* The MLP's epilogue for an activation (not DEFAULT). */
pwi_epilogue pwi_epilogue_of(pw_activation activation);

/* Set product and careful. What v and out round away goes into the residual stream as it is:
 * with int8 they make more than half of the error and a sixth of the work, so they are computed
 * at medium (docs/precision.md). */
void pwi_clip_choose_products(pwi_clip_text *clip, const pwi_kernels *kernels,
                              pw_precision precision);

/* Free every weight; the struct may be partly filled (zeroed before). */
void pwi_clip_text_free(const pw_allocator *allocator, pwi_clip_text *clip);

#endif
