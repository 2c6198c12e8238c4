/* SPDX-License-Identifier: MIT */
/* CLIP's text tower, forward (Radford 2021; a pre-norm transformer, Vaswani 2017). Mathematics
 * only: weights are bound in clip_load.c, who sees whom is decided in rows.c, outputs are
 * picked in session.c. */
#include "models/clip_text.h"

#include "base/threads.h"

struct run {
    const pw_context *ctx;
    const pwi_kernels *kernels;
    const pwi_clip_text *clip;
    const pwi_rows *rows;
    pwi_clip_scratch *scratch;
};

/* hidden = token_embedding[id] + position_embedding[position]: hidden_states.0. */
static void embed_row(const struct run *run, size_t row)
{
    const pwi_table *tokens = &run->clip->token_embedding,
                    *positions = &run->clip->position_embedding;
    const size_t width = run->clip->width;
    const char *token =
        (const char *)tokens->data + (size_t)run->rows->ids[row] * tokens->row_bytes;
    const char *position =
        (const char *)positions->data + row % run->rows->n_tokens * positions->row_bytes;
    float *hidden = run->scratch->hidden + row * width,
          *scratch = run->scratch->context + row * width;

    run->kernels->widen(hidden, token, tokens->dtype, width, 1.0f);
    run->kernels->widen(scratch, position, positions->dtype, width, 1.0f);
    run->kernels->add(hidden, hidden, scratch, width);
}

/* The rows of x as they are (norm NULL), or normalized, as a product takes them. */
static pwi_gemm_input input_of(const struct run *run, const float *x, size_t width,
                               const pwi_norm *norm)
{
    return (pwi_gemm_input){
        .x = x,
        .stride = width,
        .n_rows = run->rows->n_rows,
        .gain = norm == NULL ? NULL : norm->gain,
        .bias = norm == NULL ? NULL : norm->bias,
        .epsilon = run->clip->epsilon,
    };
}

static pwi_gemm_part part_of(const pwi_linear *linear, float *out, size_t out_stride)
{
    return (pwi_gemm_part){&linear->weight, linear->bias, out, out_stride};
}

static void linear(const struct run *run, float *out, const pwi_gemm_input *input,
                   const pwi_linear *linear, pwi_epilogue epilogue)
{
    const pwi_gemm_part part = part_of(linear, out, linear->weight.n);

    pwi_gemm(run->ctx, input, &part, 1, epilogue, run->scratch->gemm);
}

/* Queries, keys and values of all heads in one product. */
static void project_qkv(const struct run *run, const pwi_clip_block *block)
{
    const size_t width = run->clip->width;
    float *qkv = run->scratch->qkv;
    const pwi_gemm_input input = input_of(run, run->scratch->hidden, width, &block->norm1);
    const pwi_gemm_part parts[] = {part_of(&block->q, qkv, 3 * width),
                                   part_of(&block->k, qkv + width, 3 * width),
                                   part_of(&block->v, qkv + 2 * width, 3 * width)};

    pwi_gemm(run->ctx, &input, parts, 3, PWI_EPILOGUE_STORE, run->scratch->gemm);
}

/* One head of one sequence: softmax(Q K^T / sqrt(K) + mask) V. */
static void attend(const struct run *run, size_t i_sequence, size_t i_head, float *scores)
{
    const pwi_rows *rows = run->rows;
    const size_t width = run->clip->width, column = i_head * run->clip->head_dim,
                 first = i_sequence * rows->n_tokens;
    const float *qkv = run->scratch->qkv + column;
    const pwi_attention_args args = {
        .out = run->scratch->context + first * width + column,
        .out_stride = width,
        .q = qkv,
        .k = qkv + width,
        .v = qkv + 2 * width,
        .stride = 3 * width,
        .head_dim = run->clip->head_dim,
        .scale = run->clip->head_scale,
        .queries = rows->numbers + first,
        .n_queries = rows->n_tokens,
        .keys = rows->keys + first,
        .n_visible = rows->n_visible + first,
        .scores = scores,
    };

    run->kernels->attention(&args);
}

/* The share of worker i of all (sequence, head) pairs: contiguous, so that each worker owns one
 * scratch of scores. */
static void attend_share(void *argument, size_t i_worker)
{
    const struct run *run = argument;
    const size_t n_heads = run->clip->n_heads, n = run->rows->n_sequences * n_heads;
    const size_t n_workers = (size_t)run->ctx->n_threads;
    float *scores = run->scratch->scores + i_worker * run->scratch->scores_stride;

    for (size_t i = n * i_worker / n_workers; i < n * (i_worker + 1) / n_workers; i++)
        attend(run, i / n_heads, i % n_heads, scores);
}

static void attention(struct run *run)
{
    pwi_parallel(run->ctx, attend_share, run, (size_t)run->ctx->n_threads);
}

/* One pre-norm block: hidden += out(attention(norm1 hidden)); hidden += fc2(act(fc1(norm2
 * hidden))). */
static void block_forward(struct run *run, const pwi_clip_block *block)
{
    const pwi_clip_scratch *s = run->scratch;
    const size_t width = run->clip->width, mlp = run->clip->mlp;
    const pwi_gemm_input context = input_of(run, s->context, width, NULL),
                         hidden = input_of(run, s->hidden, width, &block->norm2),
                         inner = input_of(run, s->mlp, mlp, NULL);

    project_qkv(run, block);
    attention(run);
    linear(run, s->hidden, &context, &block->out, PWI_EPILOGUE_ADD);
    linear(run, s->mlp, &hidden, &block->fc1, run->clip->activation);
    linear(run, s->hidden, &inner, &block->fc2, PWI_EPILOGUE_ADD);
}

pw_status pwi_clip_text_forward(const pw_context *ctx, const pwi_clip_text *clip,
                                const pwi_rows *rows, pwi_clip_scratch *scratch,
                                size_t n_layers_wanted, pwi_keep_hidden_state keep, void *user,
                                pw_error *err)
{
    struct run run = {ctx, pwi_context_kernels(ctx), clip, rows, scratch};

    for (size_t row = 0; row < rows->n_rows; row++)
        embed_row(&run, row);
    PWI_TRY(keep(user, 0, err));
    for (size_t i_layer = 0; i_layer < n_layers_wanted; i_layer++) {
        block_forward(&run, &clip->blocks[i_layer]);
        PWI_TRY(keep(user, (int32_t)i_layer + 1, err));
    }
    return PW_OK;
}

pwi_epilogue pwi_epilogue_of(pw_activation activation)
{
    return activation == PW_ACTIVATION_QUICK_GELU ? PWI_EPILOGUE_QUICK_GELU : PWI_EPILOGUE_GELU;
}

static void free_norm(const pw_allocator *allocator, pwi_norm *norm, size_t width)
{
    pwi_free_array(allocator, norm->gain, width, sizeof(float));
    pwi_free_array(allocator, norm->bias, width, sizeof(float));
}

static void free_linear(const pw_allocator *allocator, pwi_linear *linear)
{
    pwi_free_array(allocator, linear->bias, linear->weight.n, sizeof(float));
    pwi_packed_free(&linear->weight);
}

static void free_block(const pw_allocator *allocator, pwi_clip_block *block, size_t width)
{
    pwi_linear *linears[] = {&block->q,   &block->k,   &block->v,
                             &block->out, &block->fc1, &block->fc2};

    free_norm(allocator, &block->norm1, width);
    free_norm(allocator, &block->norm2, width);
    for (size_t i = 0; i < sizeof(linears) / sizeof(*linears); i++)
        free_linear(allocator, linears[i]);
}

void pwi_clip_text_free(const pw_allocator *allocator, pwi_clip_text *clip)
{
    pwi_free_simd(allocator, clip->token_embedding.data, clip->token_embedding.size_bytes);
    pwi_free_simd(allocator, clip->position_embedding.data,
                  clip->position_embedding.size_bytes);
    for (size_t i = 0; clip->blocks != NULL && i < clip->n_layers; i++)
        free_block(allocator, &clip->blocks[i], clip->width);
    pwi_free_array(allocator, clip->blocks, clip->n_layers, sizeof(*clip->blocks));
    free_norm(allocator, &clip->final_norm, clip->width);
    free_linear(allocator, &clip->projection);
}
