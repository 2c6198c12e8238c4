/* SPDX-License-Identifier: MIT */
/* CLIP's text tower, forward (Radford 2021; a pre-norm transformer, Vaswani 2017). Mathematics
 * only: weights are bound in clip_bind.c and read by clip_load.c, which rows there are and who
 * sees whom is decided in rows.c, outputs are picked in outputs.c. */
#include "models/clip_text.h"

#include <string.h>

#include "base/threads.h"
#include "models/attend.h"
#include "models/stream.h"

/* Embedded elements below which the pool stays asleep. */
#define MIN_PARALLEL 100000

struct run {
    const pw_context *ctx;
    const pwi_kernels *kernels;
    const pwi_clip_text *clip;
    const float *vectors; /* of the pass */
    pwi_rows *rows;
    pwi_clip_scratch *scratch;
    size_t n_rows; /* in the residual stream now: those of rows, or in the last block's second
                      half those asked for */
    uint64_t n_multiplications;
    const pwi_clip_pass *pass;
    int32_t layer; /* the block that runs, from 1 */
};

/* For who looks on: n rows of a step's output. */
static void show(const struct run *run, const char *name, const float *rows, size_t n,
                 size_t width, size_t stride)
{
    const pw_trace trace = {name, run->layer, rows, n, width, stride};

    run->pass->trace(run->pass->trace_user, &trace);
}

/* The same of the residual stream. */
static void show_hidden(const struct run *run, const char *name)
{
    if (run->pass->trace != NULL)
        show(run, name, run->scratch->hidden, run->n_rows, run->clip->width,
             run->scratch->stride);
}

/* Row's token embedding in the file's dtype: in the table, or as it was read for this pass. */
static const void *token_row(const struct run *run, size_t row)
{
    const pwi_table *tokens = &run->clip->token_embedding;

    return tokens->data != NULL
               ? (const char *)tokens->data + run->rows->ids[row] * tokens->row_bytes
               : (const char *)(run->scratch->context + row * run->scratch->stride);
}

/* hidden = token_embedding[id] + position_embedding[position]: hidden_states.0. */
static void embed_row(const struct run *run, size_t row)
{
    const pwi_table *tokens = &run->clip->token_embedding,
                    *positions = &run->clip->position_embedding;
    const size_t width = run->clip->width, id = run->rows->ids[row];
    const char *position =
        (const char *)positions->data + run->rows->positions[row] * positions->row_bytes;
    float *hidden = run->scratch->hidden + row * run->scratch->stride,
          *scratch = run->scratch->context + row * run->scratch->stride;

    if (id < tokens->n_rows)
        run->kernels->widen(hidden, token_row(run, row), tokens->dtype, width, 1.0f);
    else
        memcpy(hidden, run->vectors + (id - tokens->n_rows) * width, width * sizeof(*hidden));
    run->kernels->widen(scratch, position, positions->dtype, width, 1.0f);
    run->kernels->add(hidden, hidden, scratch, width);
}

static void embed_share(void *argument, size_t i_share)
{
    const struct run *run = argument;
    const size_t n = run->n_rows, n_shares = (size_t)run->ctx->n_threads;

    for (size_t row = n * i_share / n_shares; row < n * (i_share + 1) / n_shares; row++)
        embed_row(run, row);
}

static pw_status embed(struct run *run, pwi_stream *stream, pw_error *err)
{
    if (stream != NULL)
        PWI_TRY(pwi_stream_tokens(stream, run->rows->ids, run->n_rows, run->scratch->context,
                                  run->scratch->stride * sizeof(float), err));
    if (run->n_rows * run->clip->width >= MIN_PARALLEL) {
        pwi_parallel(run->ctx, embed_share, run, (size_t)run->ctx->n_threads);
        return PW_OK;
    }
    for (size_t row = 0; row < run->n_rows; row++)
        embed_row(run, row);
    return PW_OK;
}

/* hidden row i = hidden row from[i], at or behind it. */
static void gather_hidden(struct run *run, const uint32_t *from, size_t n)
{
    const size_t width = run->clip->width, stride = run->scratch->stride;
    float *hidden = run->scratch->hidden;

    for (size_t i = 0; i < n; i++)
        if (from[i] != i)
            memcpy(hidden + i * stride, hidden + from[i] * stride, width * sizeof(float));
    run->n_rows = n;
}

/* The rows of x as they are (norm NULL), or normalized, as a product takes them. */
static pwi_gemm_input input_of(const struct run *run, const float *x, size_t stride,
                               const pwi_norm *norm)
{
    return (pwi_gemm_input){
        .x = x,
        .stride = stride,
        .n_rows = run->n_rows,
        .gain = norm == NULL ? NULL : norm->gain,
        .bias = norm == NULL ? NULL : norm->bias,
        .epsilon = run->clip->epsilon,
    };
}

static pwi_gemm_part part_of(const pwi_linear *linear, float *out, size_t out_stride)
{
    return (pwi_gemm_part){&linear->weight, linear->bias, out, out_stride};
}

static void multiply(struct run *run, const pwi_gemm_input *input, const pwi_gemm_part *parts,
                     size_t n_parts, pwi_epilogue epilogue)
{
    for (size_t i = 0; i < n_parts; i++)
        run->n_multiplications += (uint64_t)input->n_rows * parts[i].w->n * parts[i].w->k;
    pwi_gemm(run->ctx, input, parts, n_parts, epilogue, run->scratch->gemm);
}

static void linear(struct run *run, float *out, size_t out_stride, const pwi_gemm_input *input,
                   const pwi_linear *linear, pwi_epilogue epilogue)
{
    const pwi_gemm_part part = part_of(linear, out, out_stride);

    multiply(run, input, &part, 1, epilogue);
}

/* Queries, keys and values of all heads: in one product where every row is a query. Else keys
 * and values of every row first; then the residual stream is cut down to the rows asked for,
 * and query j is of the j-th of them. */
static void project_qkv(struct run *run, const pwi_clip_block *block,
                        const pwi_queries *queries)
{
    const size_t width = run->clip->width, stride = run->scratch->qkv_stride;
    float *qkv = run->scratch->qkv;
    const pwi_gemm_part parts[] = {part_of(&block->q, qkv, stride),
                                   part_of(&block->v, qkv + 2 * width, stride),
                                   part_of(&block->k, qkv + width, stride)};
    pwi_gemm_input input =
        input_of(run, run->scratch->hidden, run->scratch->stride, &block->norm1);

    if (queries->n == run->rows->n) {
        multiply(run, &input, parts, 3, PWI_EPILOGUE_STORE);
        return;
    }
    multiply(run, &input, parts + 1, 2, PWI_EPILOGUE_STORE);
    gather_hidden(run, queries->rows, queries->n);
    input.n_rows = run->n_rows;
    multiply(run, &input, parts, 1, PWI_EPILOGUE_STORE);
}

static void attention(struct run *run, const pwi_queries *queries)
{
    const pwi_clip_scratch *s = run->scratch;
    const size_t width = run->clip->width;
    const pwi_attention attention = {
        .ctx = run->ctx,
        .rows = run->rows,
        .queries = queries,
        .out = s->context,
        .q = s->qkv,
        .k = s->qkv + width,
        .v = s->qkv + 2 * width,
        .out_stride = s->stride,
        .stride = s->qkv_stride,
        .n_heads = run->clip->n_heads,
        .head_dim = run->clip->head_dim,
        .scale = run->clip->head_scale,
        .scores = s->scores,
        .scores_stride = s->scores_stride,
        .keys = s->keys,
        .keys_stride = run->clip->n_positions,
    };

    run->n_multiplications += 2 * queries->n_pairs * width;
    pwi_attend(&attention);
}

/* Steps that no pass needs by themselves are computed for who looks on: norms, which products
 * apply to their rows, into the context, which is free then ... */
static void show_norm(const struct run *run, const char *name, const pwi_norm *norm)
{
    const pwi_clip_scratch *s = run->scratch;

    if (run->pass->trace == NULL)
        return;
    run->kernels->layer_norm(s->context, s->stride, s->hidden, s->stride, norm->gain,
                             norm->bias, run->n_rows, run->clip->width, run->clip->epsilon);
    show(run, name, s->context, run->n_rows, run->clip->width, s->stride);
}

/* ... and what out and fc2 add to the residual stream, in place of the values, which are read
 * by then. Queries and keys stay for those who want attention's weights. */
static void show_sum(const struct run *run, const char *name, const pwi_gemm_input *input,
                     const pwi_linear *linear)
{
    float *sum = run->scratch->qkv + 2 * run->clip->width;
    const size_t stride = run->scratch->qkv_stride;
    const pwi_gemm_part part = part_of(linear, sum, stride);

    pwi_gemm(run->ctx, input, &part, 1, PWI_EPILOGUE_STORE, run->scratch->gemm);
    show(run, name, sum, input->n_rows, run->clip->width, stride);
}

static void show_attention(const struct run *run, const pwi_clip_block *block,
                           const pwi_gemm_input *context)
{
    const pwi_clip_scratch *s = run->scratch;
    const size_t width = run->clip->width, n = run->n_rows, n_keys = run->rows->n;

    if (run->pass->trace == NULL)
        return;
    show(run, "q", s->qkv, n, width, s->qkv_stride);
    show(run, "k", s->qkv + width, n_keys, width, s->qkv_stride);
    show(run, "v", s->qkv + 2 * width, n_keys, width, s->qkv_stride);
    show(run, "attention", s->context, n, width, s->stride);
    show_sum(run, "out", context, &block->out);
}

static void show_mlp(const struct run *run, const pwi_clip_block *block,
                     const pwi_gemm_input *hidden, const pwi_gemm_part *fc1)
{
    const pwi_clip_scratch *s = run->scratch;
    const pwi_gemm_input mlp = input_of(run, s->mlp, s->mlp_stride, NULL);

    if (run->pass->trace == NULL)
        return;
    show_norm(run, "norm2", &block->norm2);
    pwi_gemm(run->ctx, hidden, fc1, 1, run->clip->activation, s->gemm);
    show(run, "fc1", s->mlp, run->n_rows, run->clip->mlp, s->mlp_stride);
    show_sum(run, "fc2", &mlp, &block->fc2);
}

/* One pre-norm block: hidden += out(attention(norm1 hidden)); hidden += fc2(act(fc1(norm2
 * hidden))). Behind it the residual stream has the queries' rows. */
static void block_forward(struct run *run, const pwi_clip_block *block,
                          const pwi_queries *queries)
{
    const pwi_clip_scratch *s = run->scratch;
    const pwi_gemm_part fc1 = part_of(&block->fc1, s->mlp, s->mlp_stride);
    const pwi_gemm_part fc2 = part_of(&block->fc2, s->hidden, s->stride);
    pwi_gemm_input context, hidden;

    show_norm(run, "norm1", &block->norm1);
    project_qkv(run, block, queries);
    attention(run, queries);
    context = input_of(run, s->context, s->stride, NULL);
    show_attention(run, block, &context);
    hidden = input_of(run, s->hidden, s->stride, &block->norm2);
    linear(run, s->hidden, s->stride, &context, &block->out, PWI_EPILOGUE_ADD);
    show_mlp(run, block, &hidden, &fc1);
    run->n_multiplications += 2 * (uint64_t)run->n_rows * run->clip->width * run->clip->mlp;
    pwi_gemm_chain(run->ctx, &hidden, &fc1, run->clip->activation, &fc2, PWI_EPILOGUE_ADD,
                   s->gemm);
    show_hidden(run, "block");
}

static pw_status run_blocks(struct run *run, pwi_clip_pass *pass, pw_error *err)
{
    for (size_t i_layer = 0; i_layer < pass->n_layers; i_layer++) {
        const bool only_asked = pass->last_is_asked && i_layer + 1 == pass->n_layers;
        const pwi_clip_block *block;

        run->layer = (int32_t)i_layer + 1;
        if (pass->stream != NULL)
            PWI_TRY(pwi_stream_block(pass->stream, i_layer, &block, err));
        else
            block = &run->clip->blocks[i_layer];
        if (i_layer == pass->drop_before) {
            pwi_rows_drop(run->rows);
            gather_hidden(run, run->rows->moved, run->rows->n);
        }
        block_forward(run, block, only_asked ? &run->rows->asked : &run->rows->all);
        PWI_TRY(pass->keep(pass->user, (int32_t)i_layer + 1, err));
    }
    return PW_OK;
}

pw_status pwi_clip_text_forward(const pw_context *ctx, const pwi_clip_text *clip,
                                pwi_rows *rows, pwi_clip_scratch *scratch, pwi_clip_pass *pass,
                                pw_error *err)
{
    struct run run = {
        .ctx = ctx,
        .kernels = pwi_context_kernels(ctx),
        .clip = clip,
        .vectors = pass->vectors,
        .rows = rows,
        .scratch = scratch,
        .n_rows = rows->n,
        .pass = pass,
    };
    pw_status status;

    status = embed(&run, pass->stream, err);
    if (status == PW_OK)
        show_hidden(&run, "embedding");
    if (status == PW_OK)
        status = pass->keep(pass->user, 0, err);
    if (status == PW_OK)
        status = run_blocks(&run, pass, err);
    pass->flops = 2 * run.n_multiplications;
    return status;
}

void pwi_clip_choose_products(pwi_clip_text *clip, const pwi_kernels *kernels,
                              pw_precision precision)
{
    const pwi_product *medium = &kernels->products[PW_PRECISION_MEDIUM];

    clip->product = &kernels->products[precision];
    clip->careful = clip->product;
    if (clip->product->precision == PW_PRECISION_INT8)
        clip->careful = medium;
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
