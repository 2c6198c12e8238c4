/* SPDX-License-Identifier: MIT */
/* Masked attention of a window's rows on the context's threads. */
#ifndef PWI_MODELS_ATTEND_H
#define PWI_MODELS_ATTEND_H

#include "kernels/kernels.h"
#include "models/rows.h"

/* All heads side by side: head h is columns h K ... (h + 1) K - 1. */
typedef struct pwi_attention {
    const pw_context *ctx;
    const pwi_rows *rows;
    const pwi_queries *queries; /* rows->all or rows->asked */
    float *out;                 /* [queries->n, D] at out + j * out_stride */
    const float *q;             /* [queries->n, D]: of query j, not of its row */
    const float *k, *v;         /* [rows->n, D] */
    size_t out_stride, stride;  /* stride: of q, k and v */
    size_t n_heads, head_dim;
    float scale;
    float *scores; /* scratch, [n_threads, scores_stride], a multiple of 16 */
    size_t scores_stride;
    uint32_t *keys; /* scratch, [n_threads, keys_stride], at least the longest path */
    size_t keys_stride;
} pwi_attention;

/* out = softmax(q k^T scale) v of every query and head. */
void pwi_attend(const pwi_attention *attention);

#endif
