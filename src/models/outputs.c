/* SPDX-License-Identifier: MIT */
/* Outputs: which layers and rows they need, and writing them from a window's rows to every
 * sequence that shares them. */
#include <string.h>

#include "base/checked.h"
#include "models/attention_output.h"
#include "models/session.h"

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
    case PW_OUTPUT_ATTENTION:
        return clip->n_heads * n_tokens * n_tokens;
    }
    return 0;
}

static bool is_of_layer(const pw_output *output)
{
    return output->kind == PW_OUTPUT_HIDDEN_STATE || output->kind == PW_OUTPUT_ATTENTION;
}

/* The layer that an output stands on. */
static size_t needed_layer(const pw_output *output, const pwi_clip_text *clip)
{
    return is_of_layer(output) ? (size_t)layer_of(output, clip) : clip->n_layers;
}

static bool is_whole(const pw_output *output)
{
    return is_of_layer(output) || output->kind == PW_OUTPUT_LAST_HIDDEN_STATE;
}

static pw_status check_output(const pwi_call *call, const pw_output *output, pw_error *err)
{
    const pwi_clip_text *clip = &call->session->model->clip;
    size_t needed;

    if ((unsigned)output->kind > PW_OUTPUT_ATTENTION || output->data == NULL)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "an output has no data or is of no known kind");
    if (output->kind == PW_OUTPUT_HIDDEN_STATE && layer_of(output, clip) < 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "there is no hidden state %d: this encoder has 0 (embeddings) to %zu",
                        (int)output->layer, clip->n_layers);
    if (output->kind == PW_OUTPUT_ATTENTION && layer_of(output, clip) < 1)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "there is no attention in layer %d: this encoder has blocks 1 to %zu",
                        (int)output->layer, clip->n_layers);
    if (output->kind == PW_OUTPUT_TEXT_EMBEDS && clip->projection_width == 0)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "text_embeds: this file holds no text_projection");
    if (!pwi_mul_size(output_width(output, clip, call->batch->n_tokens), call->batch->n_prompts,
                      &needed) ||
        output->capacity < needed)
        return PWI_FAIL(err, PW_ERR_CAPACITY, "an output holds %zu floats but has room for %zu",
                        needed, output->capacity);
    return PW_OK;
}

pw_status pwi_outputs_check(const pwi_call *call, pw_error *err)
{
    for (size_t i = 0; i < call->n_outputs; i++)
        PWI_TRY(check_output(call, &call->outputs[i], err));
    return PW_OK;
}

pwi_plan pwi_outputs_plan(const pwi_call *call)
{
    pwi_plan plan = {0, 0, false, false};

    for (size_t i = 0; i < call->n_outputs; i++) {
        const pw_output *output = &call->outputs[i];
        const size_t layer = needed_layer(output, &call->session->model->clip);

        plan.n_layers = layer > plan.n_layers ? layer : plan.n_layers;
        if (is_whole(output) && layer > plan.n_whole_layers)
            plan.n_whole_layers = layer;
        if (is_whole(output))
            plan.has_whole = true;
        else
            plan.has_pooled = true;
    }
    return plan;
}

/* Rows of a scratch matrix through the final norm, to rows out_stride apart. */
static void normalize(const pwi_call *call, float *out, size_t out_stride, const float *x,
                      size_t n_rows)
{
    const pwi_clip_text *clip = &call->session->model->clip;

    pwi_context_kernels(call->session->model->ctx)
        ->layer_norm(out, out_stride, x, call->session->scratch.stride, clip->final_norm.gain,
                     clip->final_norm.bias, n_rows, clip->width, clip->epsilon);
}

static void copy_rows(const pwi_call *call, float *out, const float *x, size_t n_rows)
{
    const size_t width = call->session->model->clip.width;

    for (size_t row = 0; row < n_rows; row++)
        memcpy(out + row * width, x + row * call->session->scratch.stride,
               width * sizeof(float));
}

/* Every row of every sequence: what it shares with the one before is copied from there, the
 * others are its own rows, which follow one another. */
static void write_whole(const pwi_call *call, const pw_output *output)
{
    const pw_session *session = call->session;
    const size_t width = session->model->clip.width, n_tokens = call->batch->n_tokens;
    const bool is_normed = output->kind != PW_OUTPUT_HIDDEN_STATE || output->final_norm;
    const float *x = session->scratch.hidden, *before = NULL;

    for (size_t place = call->first; place < call->first + call->n; place++) {
        const size_t n_shared = before == NULL ? 0 : session->order.shared[place];
        const size_t n_own = n_tokens - n_shared;
        float *out = output->data +
                     (call->first_prompt + session->order.sequences[place]) * n_tokens * width;

        if (n_shared > 0)
            memcpy(out, before, n_shared * width * sizeof(float));
        if (is_normed)
            normalize(call, out + n_shared * width, width, x, n_own);
        else
            copy_rows(call, out + n_shared * width, x, n_own);
        x += n_own * session->scratch.stride;
        before = out;
    }
}

/* scratch->context = final norm of the rows asked for; returns it. */
static const float *pool(const pwi_call *call)
{
    const pwi_clip_scratch *s = &call->session->scratch;
    const pwi_queries *asked = &call->session->rows.asked;
    const bool only_asked = pwi_plan_is_last_asked(&call->plan);

    for (size_t j = 0; j < asked->n; j++)
        normalize(call, s->context + j * s->stride, s->stride,
                  s->hidden + (only_asked ? j : asked->rows[j]) * s->stride, 1);
    return s->context;
}

/* scratch->projected = text_projection of the pooled rows; returns it. */
static const float *project(const pwi_call *call, const float *pooled)
{
    pw_session *session = call->session;
    const pwi_clip_text *clip = &session->model->clip;
    const pwi_gemm_input input = {
        .x = pooled, .stride = session->scratch.stride, .n_rows = session->rows.asked.n};
    const pwi_gemm_part part = {&clip->projection.weight, NULL, session->scratch.projected,
                                clip->projection_width};

    pwi_gemm(session->model->ctx, &input, &part, 1, PWI_EPILOGUE_STORE, session->scratch.gemm);
    session->stats.flops += 2 * (uint64_t)input.n_rows * clip->width * clip->projection_width;
    return session->scratch.projected;
}

/* One row of every sequence. */
static void write_pooled(const pwi_call *call, const pw_output *output)
{
    const pw_session *session = call->session;
    const size_t width = output_width(output, &session->model->clip, 1);
    const float *rows = pool(call);
    size_t stride = session->scratch.stride;

    if (output->kind == PW_OUTPUT_TEXT_EMBEDS) {
        rows = project(call, rows);
        stride = width;
    }
    for (size_t place = call->first; place < call->first + call->n; place++) {
        const uint32_t i = session->order.sequences[place];

        memcpy(output->data + (call->first_prompt + i) * width,
               rows + session->pools[i] * stride, width * sizeof(float));
    }
}

void pwi_outputs_write(const pwi_call *call, int32_t layer)
{
    for (size_t i = 0; i < call->n_outputs; i++) {
        const pw_output *output = &call->outputs[i];

        if (needed_layer(output, &call->session->model->clip) != (size_t)layer)
            continue;
        if (output->kind == PW_OUTPUT_ATTENTION)
            pwi_attention_write(call, output->data);
        else if (is_whole(output))
            write_whole(call, output);
        else
            write_pooled(call, output);
    }
}
