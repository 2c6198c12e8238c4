/* SPDX-License-Identifier: MIT */
/* Sessions: the scratch of one thread, and encoding a batch in windows of whole sequences. What
 * is computed is what the outputs need: no block after the last one that somebody asked for. */
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "models/model.h"

#define ROWS_DEFAULT (77 * 16)

struct pw_session {
    pw_model *model;
    size_t n_rows_max;
    pwi_rows rows;
    float *block; /* every float of the scratch */
    size_t block_bytes;
    pwi_clip_scratch scratch;
};

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
    pwi_clip_scratch *s = &session->scratch;
    const struct part parts[] = {
        {&s->hidden, n, clip->width},
        {&s->qkv, n, 3 * clip->width},
        {&s->context, n, clip->width},
        {&s->mlp, n, clip->mlp},
        {&s->pooled, n, clip->width},
        {&s->scores, (size_t)ctx->n_threads, s->scores_stride},
        {&s->gemm, 1, pwi_gemm_scratch(ctx, clip->product, n, k_max)},
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
    session->scratch.scores_stride = round_up(model->clip.n_positions, 16);
    status = session->n_rows_max > UINT32_MAX
                 ? PWI_FAIL(err, PW_ERR_LIMIT, "%zu rows in one piece: at most %" PRIu32,
                            session->n_rows_max, UINT32_MAX)
                 : pwi_rows_create(&session->rows, allocator, session->n_rows_max, err);
    if (status == PW_OK)
        status = allocate_scratch(session, err);
    if (status != PW_OK)
        pw_session_free(session);
    else
        *out = session;
    return status;
}

void pw_session_free(pw_session *session)
{
    pw_model *model = session == NULL ? NULL : session->model;

    if (session == NULL)
        return;
    pwi_free_simd(&model->ctx->allocator, session->block, session->block_bytes);
    pwi_rows_free(&session->rows, &model->ctx->allocator, session->n_rows_max);
    PWI_DELETE(&model->ctx->allocator, session);
    pw_model_free(model);
}

/* One call of pw_model_encode, and the window of it that is computed now. */
struct request {
    pw_session *session;
    const pw_batch *batch;
    const pw_output *outputs;
    size_t n_outputs, n_layers; /* blocks to run */
    size_t first, n;            /* sequences of the window */
};

/* The layer of a hidden state, counted from 0; -1 if there is none such. */
static int32_t layer_of(const pw_output *output, const pwi_clip_text *clip)
{
    const int32_t n = (int32_t)clip->n_layers,
                  layer = output->layer < 0 ? output->layer + n + 1 : output->layer;

    return layer < 0 || layer > n ? -1 : layer;
}

/* Floats that an output takes for one sequence. */
static size_t output_width(const pw_output *output, const pwi_clip_text *clip, size_t n_tokens)
{
    switch (output->kind) {
    case PW_OUTPUT_HIDDEN_STATE:
    case PW_OUTPUT_LAST_HIDDEN_STATE:
        return n_tokens * clip->width;
    case PW_OUTPUT_POOLED:
        return clip->width;
    case PW_OUTPUT_TEXT_EMBEDS:
        return clip->projection_width;
    }
    return 0;
}

static void normalize(const struct request *request, float *out, const float *x, size_t n_rows)
{
    const pwi_clip_text *clip = &request->session->model->clip;

    pwi_context_kernels(request->session->model->ctx)
        ->layer_norm(out, clip->width, x, clip->width, clip->final_norm.gain,
                     clip->final_norm.bias, n_rows, clip->width, clip->epsilon);
}

/* The position whose row is the pooled one (encoders.md 3.1). */
static size_t pool_position(const pw_model_info *info, const int32_t *ids, size_t n_tokens)
{
    size_t best = 0;

    for (size_t t = 0; t < n_tokens; t++) {
        if (info->pool == PW_POOL_FIRST_EOS && ids[t] == info->eos_id)
            return t;
        if (info->pool == PW_POOL_ARGMAX && ids[t] > ids[best])
            best = t;
    }
    return best;
}

/* scratch->pooled = final norm of each sequence's pooled row. */
static void pool(const struct request *request)
{
    const pw_session *session = request->session;
    const size_t width = session->model->clip.width, n_tokens = request->batch->n_tokens;

    for (size_t i = 0; i < request->n; i++) {
        const size_t row =
            i * n_tokens +
            pool_position(&session->model->info, session->rows.ids + i * n_tokens, n_tokens);

        normalize(request, session->scratch.pooled + i * width,
                  session->scratch.hidden + row * width, 1);
    }
}

static void project(const struct request *request, float *out)
{
    const pwi_clip_text *clip = &request->session->model->clip;
    const pwi_clip_scratch *scratch = &request->session->scratch;
    const pwi_gemm_input pooled = {
        .x = scratch->pooled, .stride = clip->width, .n_rows = request->n};
    const pwi_gemm_part part = {&clip->projection.weight, NULL, out, clip->projection_width};

    pwi_gemm(request->session->model->ctx, &pooled, &part, 1, PWI_EPILOGUE_STORE,
             scratch->gemm);
}

/* Write one output that stands on hidden_states.layer, which is in scratch->hidden. */
static void write_output(const struct request *request, const pw_output *output)
{
    const pwi_clip_text *clip = &request->session->model->clip;
    const pwi_clip_scratch *scratch = &request->session->scratch;
    const size_t width = output_width(output, clip, request->batch->n_tokens),
                 n_rows = request->session->rows.n_rows;
    float *out = output->data + request->first * width;

    switch (output->kind) {
    case PW_OUTPUT_HIDDEN_STATE:
        if (output->final_norm)
            normalize(request, out, scratch->hidden, n_rows);
        else
            memcpy(out, scratch->hidden, n_rows * clip->width * sizeof(float));
        break;
    case PW_OUTPUT_LAST_HIDDEN_STATE:
        normalize(request, out, scratch->hidden, n_rows);
        break;
    case PW_OUTPUT_POOLED:
        pool(request);
        memcpy(out, scratch->pooled, request->n * width * sizeof(float));
        break;
    case PW_OUTPUT_TEXT_EMBEDS:
        pool(request);
        project(request, out);
        break;
    }
}

/* The layer that an output stands on. */
static int32_t needed_layer(const pw_output *output, const pwi_clip_text *clip)
{
    return output->kind == PW_OUTPUT_HIDDEN_STATE ? layer_of(output, clip)
                                                  : (int32_t)clip->n_layers;
}

static pw_status keep_hidden_state(void *user, int32_t layer, pw_error *err)
{
    const struct request *request = user;
    const pwi_clip_text *clip = &request->session->model->clip;
    const uint64_t steps = request->n_layers + 1;
    const uint64_t n = request->batch->n_prompts;

    for (size_t i = 0; i < request->n_outputs; i++)
        if (needed_layer(&request->outputs[i], clip) == layer)
            write_output(request, &request->outputs[i]);
    return pwi_progress(request->session->model->ctx, "encoding",
                        request->first * steps + request->n * (uint64_t)(layer + 1), n * steps,
                        err);
}

static pw_status check_output(const struct request *request, const pw_output *output,
                              pw_error *err)
{
    const pwi_clip_text *clip = &request->session->model->clip;
    size_t needed;

    if ((unsigned)output->kind > PW_OUTPUT_TEXT_EMBEDS || output->data == NULL)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "an output has no data or is of no known kind");
    if (output->kind == PW_OUTPUT_HIDDEN_STATE && layer_of(output, clip) < 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "there is no hidden state %d: this encoder has 0 (embeddings) to %zu",
                        (int)output->layer, clip->n_layers);
    if (output->kind == PW_OUTPUT_TEXT_EMBEDS && clip->projection_width == 0)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "text_embeds: this file holds no text_projection");
    if (!pwi_mul_size(output_width(output, clip, request->batch->n_tokens),
                      request->batch->n_prompts, &needed) ||
        output->capacity < needed)
        return PWI_FAIL(err, PW_ERR_CAPACITY, "an output holds %zu floats but has room for %zu",
                        needed, output->capacity);
    return PW_OK;
}

static pw_status check_batch(const struct request *request, pw_error *err)
{
    const pw_batch *batch = request->batch;
    const pwi_clip_text *clip = &request->session->model->clip;
    size_t n_ids;

    if (batch->n_tokens == 0 || batch->n_tokens > clip->n_positions)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "%zu tokens, but the position table has %zu rows: give 1 to %zu",
                        batch->n_tokens, clip->n_positions, clip->n_positions);
    if (!pwi_mul_size(batch->n_prompts, batch->n_tokens, &n_ids) ||
        (n_ids > 0 && batch->ids == NULL))
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "the batch has no ids, or too many");
    for (size_t i = 0; i < n_ids; i++)
        if (batch->ids[i] < 0 || (size_t)batch->ids[i] >= clip->n_vocab)
            return PWI_FAIL(err, PW_ERR_ARGUMENT,
                            "id %d of prompt %zu is outside the embedding table of %zu rows: "
                            "the tokenizer is of another model",
                            (int)batch->ids[i], i / batch->n_tokens, clip->n_vocab);
    for (size_t i = 0; i < request->n_outputs; i++)
        PWI_TRY(check_output(request, &request->outputs[i], err));
    return PW_OK;
}

static pw_status encode_window(struct request *request, pw_error *err)
{
    pw_session *session = request->session;
    const size_t n_tokens = request->batch->n_tokens, at = request->first * n_tokens;
    const uint8_t *mask = request->batch->mask;

    pwi_rows_fill(&session->rows, request->batch->ids + at, mask == NULL ? NULL : mask + at,
                  request->n, n_tokens);
    return pwi_clip_text_forward(session->model->ctx, &session->model->clip, &session->rows,
                                 &session->scratch, request->n_layers, keep_hidden_state,
                                 request, err);
}

pw_status pw_model_encode(pw_session *session, const pw_batch *batch, const pw_output *outputs,
                          size_t n_outputs, pw_error *err)
{
    struct request request = {session, batch, outputs, n_outputs, 0, 0, 0};
    size_t n_window;

    PWI_TRY(check_batch(&request, err));
    for (size_t i = 0; i < n_outputs; i++) {
        const size_t layer = (size_t)needed_layer(&outputs[i], &session->model->clip);

        request.n_layers = layer > request.n_layers ? layer : request.n_layers;
    }
    n_window = session->n_rows_max / batch->n_tokens;
    for (; n_outputs > 0 && request.first < batch->n_prompts; request.first += request.n) {
        const size_t left = batch->n_prompts - request.first;

        request.n = left < n_window ? left : n_window;
        PWI_TRY(encode_window(&request, err));
    }
    return PW_OK;
}
