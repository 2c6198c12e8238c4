/* SPDX-License-Identifier: MIT */
/* The weights of attention, after the fact: the block's own q and k, multiplied and normalized
 * in double, so that nothing of the pass that is asked about changes. The kernel keeps its
 * weights to itself, unnormalized and in another order (kernels/ref/attention.c says what it
 * computes). */
#include "models/attention_output.h"

#include <math.h>
#include <string.h>

#include "base/threads.h"

struct work {
    const pwi_call *call;
    float *data;
    atomic_size_t next_head;
};

/* One head, and the scratch of the thread that has it. */
struct head {
    const pwi_rows *rows;
    const float *q, *k; /* [rows->n, head_dim] */
    size_t stride, head_dim;
    double scale;
    uint32_t *path; /* [T] the rows of the sequence at hand */
    double *scores; /* [T] */
};

static void list_path(const struct head *head, uint32_t last)
{
    for (uint32_t row = last; row != PWI_NO_ROW; row = head->rows->parents[row])
        head->path[head->rows->positions[row]] = row;
}

static double score(const struct head *head, uint32_t query, uint32_t key)
{
    const float *q = head->q + query * head->stride, *k = head->k + key * head->stride;
    double sum = 0.0;

    for (size_t i = 0; i < head->head_dim; i++)
        sum += (double)q[i] * (double)k[i];
    return sum * head->scale;
}

/* Whether the token at t sees the one at s, which is not behind it. */
static bool sees(const struct head *head, size_t t, size_t s)
{
    if (head->rows->n_visible[head->path[t]] == 0)
        return s == t;
    return pwi_row_is_key(head->rows, head->path[s]);
}

/* The weights of the query at position t, out [n_tokens]. */
static void weigh(const struct head *head, size_t t, float *out, size_t n_tokens)
{
    double max = -INFINITY, total = 0.0;

    for (size_t s = 0; s <= t; s++) {
        head->scores[s] =
            sees(head, t, s) ? score(head, head->path[t], head->path[s]) : -INFINITY;
        max = fmax(max, head->scores[s]);
    }
    for (size_t s = 0; s <= t; s++) {
        head->scores[s] = exp(head->scores[s] - max);
        total += head->scores[s];
    }
    for (size_t s = 0; s < n_tokens; s++)
        out[s] = s <= t ? (float)(head->scores[s] / total) : 0.0f;
}

/* Every sequence of the window. What one shares with the one before is copied from there. */
static void write_head(const struct work *work, const struct head *head, size_t i_head)
{
    const pwi_call *call = work->call;
    const pwi_order *order = &call->session->order;
    const size_t n_heads = call->session->model->clip.n_heads, n = call->batch->n_tokens;
    const float *before = NULL;
    size_t n_rows = 0;

    for (size_t place = call->first; place < call->first + call->n; place++) {
        const size_t n_shared = before == NULL ? 0 : order->shared[place];
        const size_t i_prompt = call->first_prompt + order->sequences[place];
        float *out = work->data + (i_prompt * n_heads + i_head) * n * n;

        n_rows += n - n_shared;
        if (n_shared > 0)
            memcpy(out, before, n_shared * n * sizeof(*out));
        if (n_shared < n)
            list_path(head, (uint32_t)(n_rows - 1));
        for (size_t t = n_shared; t < n; t++)
            weigh(head, t, out + t * n, n);
        before = out;
    }
}

static void worker(void *argument, size_t i_worker)
{
    struct work *work = argument;
    const pw_session *session = work->call->session;
    const pwi_clip_text *clip = &session->model->clip;
    const pwi_clip_scratch *s = &session->scratch;
    struct head head = {
        .rows = &session->rows,
        .stride = s->qkv_stride,
        .head_dim = clip->head_dim,
        .scale = (double)clip->head_scale,
        .path = s->keys + i_worker * clip->n_positions,
        .scores = s->weights + i_worker * clip->n_positions,
    };
    size_t i_head;

    while ((i_head = atomic_fetch_add_explicit(&work->next_head, 1, memory_order_relaxed)) <
           clip->n_heads) {
        head.q = s->qkv + i_head * clip->head_dim;
        head.k = head.q + clip->width;
        write_head(work, &head, i_head);
    }
}

void pwi_attention_write(const pwi_call *call, float *data)
{
    const pw_context *ctx = call->session->model->ctx;
    struct work work = {call, data, 0};

    pwi_parallel(ctx, worker, &work, (size_t)ctx->n_threads);
}
