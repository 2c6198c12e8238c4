/* SPDX-License-Identifier: MIT */
/* Sessions: the scratch of one thread, all of it allocated at creation, and the call that uses
 * it. */
#include "models/session.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"

#define ROWS_DEFAULT (77 * 16)

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* A part of the scratch: n floats, padded to whole cache lines. */
struct part {
    float **target;
    size_t n_rows, n_columns;
};

static pw_status allocate_scratch(pw_session *session, pw_error *err)
{
    const pwi_clip_text *clip = &session->model->clip;
    const pw_context *ctx = session->model->ctx;
    const size_t k_max = clip->mlp > clip->width ? clip->mlp : clip->width,
                 n = session->n_rows_max;
    const size_t n_gemm = pwi_gemm_scratch(ctx, clip->product, n, k_max),
                 n_careful = pwi_gemm_scratch(ctx, clip->careful, n, clip->width);
    pwi_clip_scratch *s = &session->scratch;
    const struct part parts[] = {
        {&s->hidden, n, s->stride},
        {&s->qkv, n, s->qkv_stride},
        {&s->context, n, s->stride},
        {&s->mlp, n, s->mlp_stride},
        {&s->projected, n, clip->projection_width},
        {&s->scores, (size_t)ctx->n_threads, s->scores_stride},
        {&s->gemm, 1, n_gemm > n_careful ? n_gemm : n_careful},
    };
    size_t total = 0;

    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        size_t floats;

        if (!pwi_mul_size(parts[i].n_rows, parts[i].n_columns, &floats) ||
            floats > SIZE_MAX / 16 - total)
            return PWI_FAIL(err, PW_ERR_OVERFLOW, "a session for %zu rows is too large", n);
        total += round_up(floats, 16);
    }
    session->block_bytes = total * sizeof(float);
    session->block = pwi_alloc_simd(&ctx->allocator, session->block_bytes);
    if (session->block == NULL)
        return pwi_fail_memory(err);
    total = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        *parts[i].target = session->block + total;
        total += round_up(parts[i].n_rows * parts[i].n_columns, 16);
    }
    return PW_OK;
}

/* Everything that is not floats. */
static pw_status allocate_lists(pw_session *session, pw_error *err)
{
    const pw_context *ctx = session->model->ctx;
    const size_t n_positions = session->model->clip.n_positions;
    size_t n_keys;

    PWI_TRY(pwi_rows_create(&session->rows, &ctx->allocator, session->n_rows_max, n_positions,
                            err));
    PWI_TRY(pwi_order_create(&session->order, &ctx->allocator, PW_ENCODE_SORT_MAX, err));
    if (!pwi_mul_size((size_t)ctx->n_threads, n_positions, &n_keys))
        return PWI_FAIL(err, PW_ERR_OVERFLOW, "a session for %zu positions is too large",
                        n_positions);
    session->scratch.keys = PWI_ARRAY(&ctx->allocator, uint32_t, n_keys);
    session->scratch.weights = PWI_ARRAY(&ctx->allocator, double, n_keys);
    session->pools = PWI_ARRAY(&ctx->allocator, uint32_t, PW_ENCODE_SORT_MAX);
    return session->scratch.keys == NULL || session->scratch.weights == NULL ||
                   session->pools == NULL
               ? pwi_fail_memory(err)
               : PW_OK;
}

pw_status pw_session_create(pw_session **out, pw_model *model, size_t n_rows_max, pw_error *err)
{
    const pw_allocator *allocator = &model->ctx->allocator;
    pw_session *session = PWI_NEW(allocator, pw_session);
    pw_status status;

    *out = NULL;
    if (session == NULL)
        return pwi_fail_memory(err);
    session->model = pwi_model_keep(model);
    session->n_rows_max = n_rows_max > 0 ? n_rows_max : ROWS_DEFAULT;
    if (session->n_rows_max < model->clip.n_positions)
        session->n_rows_max = model->clip.n_positions;
    session->scratch.stride = pwi_row_stride(model->clip.width);
    session->scratch.qkv_stride = pwi_row_stride(3 * model->clip.width);
    session->scratch.mlp_stride = pwi_row_stride(model->clip.mlp);
    session->scratch.scores_stride = round_up(model->clip.n_positions, 16);
    pw_session_stats_init(&session->stats);
    status = session->n_rows_max >= PWI_NO_ROW
                 ? PWI_FAIL(err, PW_ERR_LIMIT, "%zu rows in one piece: at most %" PRIu32,
                            session->n_rows_max, PWI_NO_ROW - 1)
                 : allocate_lists(session, err);
    if (status == PW_OK)
        status = allocate_scratch(session, err);
    if (status == PW_OK && model->file != NULL)
        status = pwi_stream_create(&session->stream, model, err);
    if (status != PW_OK)
        pw_session_free(session);
    else
        *out = session;
    return status;
}

void pw_session_free(pw_session *session)
{
    pw_model *model = session == NULL ? NULL : session->model;
    const pw_allocator *allocator;
    size_t n_keys;

    if (session == NULL)
        return;
    allocator = &model->ctx->allocator;
    n_keys = (size_t)model->ctx->n_threads * model->clip.n_positions;
    pwi_free_simd(allocator, session->block, session->block_bytes);
    pwi_stream_free(session->stream);
    pwi_rows_free(&session->rows, allocator);
    pwi_order_free(&session->order, allocator);
    pwi_free_array(allocator, session->pools, PW_ENCODE_SORT_MAX, sizeof(uint32_t));
    pwi_free_array(allocator, session->scratch.keys, n_keys, sizeof(uint32_t));
    pwi_free_array(allocator, session->scratch.weights, n_keys, sizeof(double));
    PWI_DELETE(allocator, session);
    pw_model_free(model);
}

void pw_session_set_trace(pw_session *session, pw_trace_fn trace, void *user)
{
    session->trace = trace;
    session->trace_user = user;
}

void pw_session_get_stats(const pw_session *session, pw_session_stats *stats)
{
    const size_t size = stats->struct_size;

    memcpy(stats, &session->stats, size < sizeof(*stats) ? size : sizeof(*stats));
    stats->struct_size = size;
}

static pw_status check_batch(const pwi_call *call, pw_error *err)
{
    const pw_batch *batch = call->batch;
    const pwi_clip_text *clip = &call->session->model->clip;
    size_t n_ids;

    if (batch->n_tokens == 0 || batch->n_tokens > clip->n_positions)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "%zu tokens, but the position table has %zu rows: give 1 to %zu",
                        batch->n_tokens, clip->n_positions, clip->n_positions);
    if (!pwi_mul_size(batch->n_prompts, batch->n_tokens, &n_ids) ||
        (n_ids > 0 && batch->ids == NULL))
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "the batch has no ids, or too many");
    if ((batch->n_vectors > 0 && batch->vectors == NULL) ||
        batch->n_vectors > (size_t)INT32_MAX - clip->n_vocab)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "the batch has no vectors, or too many");
    for (size_t i = 0; i < n_ids; i++)
        if (batch->ids[i] < 0 || (size_t)batch->ids[i] >= clip->n_vocab + batch->n_vectors)
            return PWI_FAIL(err, PW_ERR_ARGUMENT,
                            "id %d of prompt %zu is outside the embedding table of %zu rows: "
                            "the tokenizer is of another model",
                            (int)batch->ids[i], i / batch->n_tokens, clip->n_vocab);
    return pwi_outputs_check(call, err);
}

pw_status pw_model_encode(pw_session *session, const pw_batch *batch, const pw_output *outputs,
                          size_t n_outputs, pw_error *err)
{
    pwi_call call = {
        .session = session, .batch = batch, .outputs = outputs, .n_outputs = n_outputs};

    pw_session_stats_init(&session->stats);
    PWI_TRY(check_batch(&call, err));
    if (n_outputs == 0)
        return PW_OK;
    call.plan = pwi_outputs_plan(&call);
    session->stats.n_sequences = batch->n_prompts;
    session->stats.n_rows_given = batch->n_prompts * batch->n_tokens;
    return pwi_windows_run(&call, err);
}
