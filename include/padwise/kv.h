/* SPDX-License-Identifier: MIT */
/* What a U-Net's cross-attention makes of conditioning rows: keys and values of every layer,
 * and how queries share themselves out over the rows.
 *
 * Experimental, as lab.h: declares nothing unless PADWISE_EXPERIMENTAL is defined before it.
 *
 * A key is K = W row: it depends on that row and on nothing else, so all of this follows from
 * two matrices of a file and needs no image. What it leaves out is the image's side: queries
 * are drawn or given, they are not those of a picture (docs/kv.md).
 * Every function: threads any. */
#ifndef PADWISE_KV_H
#define PADWISE_KV_H

#ifdef PADWISE_EXPERIMENTAL

#include <stdbool.h>

#include "file.h"
#include "lab.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Limits; over one: PW_ERR_LIMIT. */
#define PW_KV_LAYERS_MAX  1024
#define PW_KV_QUERIES_MAX 65536 /* of one layer */
#define PW_KV_COPIES_MAX  1000000

/* Where a file does not say how many heads its layers have: rows of 768 (SD 1) have 8, and
 * every other U-Net that reads CLIP has heads of 64. */
#define PW_KV_SD1_WIDTH  768
#define PW_KV_SD1_HEADS  8
#define PW_KV_HEAD_WIDTH 64

/** The cross-attention projections of a file, open. Weights are read layer by layer, as they
 * are asked for. */
typedef struct pw_kv pw_kv;

typedef struct pw_kv_options {
    size_t struct_size;
    bool strict;       /* of file.h */
    size_t n_heads;    /* of every layer; 0: by head_width, else by the rule above */
    size_t head_width; /* of every layer; 0: see n_heads */
} pw_kv_options;

static inline void pw_kv_options_init(pw_kv_options *options)
{
    const pw_kv_options zero = {sizeof(pw_kv_options), false, 0, 0};

    *options = zero;
}

typedef struct pw_kv_layer {
    const char *name; /* "down_blocks.0.attentions.0.transformer_blocks.0.attn2"; of LDM's
                         without "model.diffusion_model." */
    size_t width;     /* of the rows that come in */
    size_t inner;     /* of a key: n_heads * width of a head */
    size_t n_heads;   /* 0: not given, and the rule has no answer */
    pw_dtype dtype;   /* of the weights of K: F32, F16 or BF16 */
} pw_kv_layer;

/** Find the cross-attention layers of a U-Net: diffusers' names ("...attn2.to_k.weight") or
 * LDM's ("model.diffusion_model. ... attn2.to_k.weight"), in a file, shards or a folder. Their
 * order is that of the blocks: down, mid, up.
 *  @param options  may be NULL.
 *  @return PW_OK; PW_ERR_UNSUPPORTED (an MM-DiT or another model whose keys are not W row: err
 * says why; a dtype without exact values); PW_ERR_NOT_FOUND (no such layers); PW_ERR_FORMAT
 * (projections that do not belong together); PW_ERR_ARGUMENT (heads that do not divide a
 * layer); PW_ERR_LIMIT; PW_ERR_NO_MEMORY; what pw_file_open returns.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_kv_open(pw_kv **out, pw_context *ctx, const char *path,
                                         const pw_kv_options *options, pw_error *err);
PW_API void pw_kv_free(pw_kv *kv);

PW_API size_t pw_kv_n_layers(const pw_kv *kv);

/** NULL past the end; lives as long as kv.   Since: 0.1 */
PW_API const pw_kv_layer *pw_kv_layer_at(const pw_kv *kv, size_t i);

/** "diffusers" or "ldm": whose names. Static storage.   Since: 0.1 */
PW_API const char *pw_kv_naming(const pw_kv *kv);

/** K and V of every row, in f32 of the context's level. A row of K depends on that row of
 * `rows` alone: equal rows give equal bits.
 *  @param k, v  f32 [n_rows, inner] each, caller-owned; v may be NULL.
 *  @return PW_OK; PW_ERR_MISMATCH (rows of another width); PW_ERR_FORMAT (a weight that is not
 * finite); PW_ERR_LIMIT; PW_ERR_NO_MEMORY; PW_ERR_IO and its kin; PW_ERR_CANCELLED. Since: 0.1
 */
PW_NODISCARD PW_API pw_status pw_kv_project(const pw_kv *kv, size_t i_layer,
                                            const pw_rows *rows, float *k, float *v,
                                            pw_error *err);

/** By row: the norm, and the cosine to the first EOS row's.
 *  @param norm, cos_eos  f64 [n_rows], or NULL. cos_eos is NaN where there is no EOS, or a
 *  vector is all zeros.
 *  @param x  K or V, [n_rows, inner].   Since: 0.1 */
PW_API void pw_kv_measure(double *norm, double *cos_eos, const float *x, size_t inner,
                          const pw_rows *rows);

/** Random queries: independent normal numbers with the root mean square of the head's keys of
 * all rows that are no pads (of all rows where roles are unknown), so that inputs that differ
 * in pads alone are asked the same. They depend on seed and layer, and not on how many are
 * drawn.
 *  @param q  f32 [n_queries, inner], caller-owned.
 *  @param k  [n_rows, inner] of pw_kv_project.   Since: 0.1 */
PW_API void pw_kv_draw_queries(float *q, size_t n_queries, const pw_kv_layer *layer,
                               const float *k, const pw_rows *rows, uint64_t seed);

/** Queries over the keys of a layer, head by head: softmax(q k / sqrt(width of a head)), in
 * f64; and the same where one row stands in several copies. */
typedef struct pw_kv_attention {
    size_t struct_size;
    const float *k, *q; /* [n_rows, inner], [n_queries, inner] */
    size_t n_rows, n_queries, inner, n_heads;
    /* Copies: of the rows that are kept, and n of one more. No counts: none are asked for. */
    const uint8_t *kept; /* [n_rows]: 1 for rows that stand beside them; not the copied one */
    size_t i_copied;
    const size_t *counts; /* [n_counts], each at most PW_KV_COPIES_MAX */
    size_t n_counts;
    /* Out, caller-owned; each may be NULL. Means over the queries. */
    double *mass;    /* [n_heads, n_rows]: sums to 1 over rows */
    double *entropy; /* [n_heads], nats: 0 to log n_rows */
    double *copies;  /* [n_heads, n_counts]: mass of all copies together */
} pw_kv_attention;

static inline void pw_kv_attention_init(pw_kv_attention *attention)
{
    const pw_kv_attention zero = {
        sizeof(pw_kv_attention), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

    *attention = zero;
}

/** n copies of a row multiply its odds against all others by n, for every query:
 * n e / (n e + the others).
 *  @return PW_OK; PW_ERR_ARGUMENT (no rows, queries or heads; heads that do not divide inner; a
 * row that is not there); PW_ERR_LIMIT; PW_ERR_NO_MEMORY.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_kv_attend(const pw_kv_attention *attention, pw_context *ctx,
                                           pw_error *err);

#ifdef __cplusplus
}
#endif

#endif

#endif
