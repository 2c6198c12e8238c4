/* SPDX-License-Identifier: MIT */
/* Drawing random weights. Each value depends on the seed, its tensor's name and its index
 * alone. Spreads keep activations alive at every width (matrices 1.3 / sqrt(fan in)), and
 * biases and gains differ from 0 and 1, so that a dropped bias or norm shows. */
#include "models/init.h"

#include <math.h>
#include <stdio.h>

#include "base/context.h"
#include "base/rng.h"
#include "base/threads.h"

const pwi_init_kind pwi_init_builtin = {
    "builtin", 128, 4, 2, 512, 128, PW_ACTIVATION_QUICK_GELU};

/* How a tensor's values are spread. */
struct spread {
    float mean, deviation;
};

static const struct spread gains = {1.0f, 0.1f}, biases = {0.0f, 0.1f}, tokens = {0.0f, 0.5f},
                           positions = {0.0f, 0.25f};

struct drawing {
    pw_tensor_set *set;
    pw_context *ctx;
    uint64_t seed;
    pw_dtype dtype;
    uint64_t done, total; /* values, for progress */
};

#define DRAW_PIECE 4096 /* values a task */

struct piece {
    uint64_t key;
    struct spread spread;
    pw_dtype dtype;
    char *data;
    size_t n;
};

static void draw_piece(void *argument, size_t i_piece)
{
    const struct piece *piece = argument;
    const size_t first = i_piece * DRAW_PIECE, left = piece->n - first,
                 n = left < DRAW_PIECE ? left : DRAW_PIECE;
    float values[DRAW_PIECE];

    for (size_t i = 0; i < n; i++)
        values[i] = piece->spread.mean +
                    piece->spread.deviation * pwi_random_normal(piece->key, first + i);
    /* F32, F16 and BF16 are always accepted. */
    (void)!pw_f32_to_dtype(piece->dtype, piece->data + first * pw_dtype_bits(piece->dtype) / 8,
                           values, n, NULL);
}

static pw_status draw(struct drawing *drawing, const char *name, int64_t n_rows,
                      int64_t n_columns, struct spread spread, pw_error *err)
{
    const int64_t shape[2] = {n_rows, n_columns};
    const int32_t rank = n_columns == 0 ? 1 : 2;
    struct piece piece = {pwi_random_key(drawing->seed, name), spread, drawing->dtype, NULL, 0};
    void *data;

    piece.n = (size_t)(n_rows * (rank == 1 ? 1 : n_columns));
    PWI_TRY(pw_tensor_set_add(drawing->set, name, drawing->dtype, rank, shape, &data, err));
    piece.data = data;
    pwi_parallel(drawing->ctx, draw_piece, &piece, (piece.n + DRAW_PIECE - 1) / DRAW_PIECE);
    drawing->done += piece.n;
    return pwi_progress(drawing->ctx, "drawing", drawing->done, drawing->total, err);
}

static pw_status draw_norm(struct drawing *drawing, const char *prefix, int64_t width,
                           pw_error *err)
{
    char name[160];

    snprintf(name, sizeof(name), "%s.weight", prefix);
    PWI_TRY(draw(drawing, name, width, 0, gains, err));
    snprintf(name, sizeof(name), "%s.bias", prefix);
    return draw(drawing, name, width, 0, biases, err);
}

static pw_status draw_linear(struct drawing *drawing, const char *prefix, int64_t n, int64_t k,
                             pw_error *err)
{
    const struct spread matrix = {0.0f, (float)(1.3 / sqrt((double)k))};
    char name[160];

    snprintf(name, sizeof(name), "%s.weight", prefix);
    PWI_TRY(draw(drawing, name, n, k, matrix, err));
    snprintf(name, sizeof(name), "%s.bias", prefix);
    return draw(drawing, name, n, 0, biases, err);
}

static pw_status draw_block(struct drawing *drawing, const pwi_init_kind *kind, int32_t i_layer,
                            pw_error *err)
{
    static const char *const norms[] = {"layer_norm1", "layer_norm2"};

    const struct {
        const char *name;
        int64_t n, k;
    } linears[] = {
        {"self_attn.q_proj", kind->width, kind->width},
        {"self_attn.k_proj", kind->width, kind->width},
        {"self_attn.v_proj", kind->width, kind->width},
        {"self_attn.out_proj", kind->width, kind->width},
        {"mlp.fc1", kind->mlp, kind->width},
        {"mlp.fc2", kind->width, kind->mlp},
    };

    char prefix[128];

    for (size_t i = 0; i < sizeof(norms) / sizeof(*norms); i++) {
        snprintf(prefix, sizeof(prefix), "text_model.encoder.layers.%d.%s", (int)i_layer,
                 norms[i]);
        PWI_TRY(draw_norm(drawing, prefix, kind->width, err));
    }
    for (size_t i = 0; i < sizeof(linears) / sizeof(*linears); i++) {
        snprintf(prefix, sizeof(prefix), "text_model.encoder.layers.%d.%s", (int)i_layer,
                 linears[i].name);
        PWI_TRY(draw_linear(drawing, prefix, linears[i].n, linears[i].k, err));
    }
    return PW_OK;
}

static uint64_t count_values(const pwi_init_kind *kind, int32_t n_vocab)
{
    const uint64_t d = (uint64_t)kind->width, f = (uint64_t)kind->mlp;

    return d * ((uint64_t)n_vocab + PWI_INIT_POSITIONS + 2 + (uint64_t)kind->projection) +
           (uint64_t)kind->n_layers * (4 * d * d + 2 * d * f + 9 * d + f);
}

static pw_status draw_tower(struct drawing *drawing, const pwi_init_kind *kind, int32_t n_vocab,
                            pw_error *err)
{
    const struct spread projection = {0.0f, (float)(1.3 / sqrt((double)kind->width))};

    drawing->total = count_values(kind, n_vocab);
    PWI_TRY(draw(drawing, "text_model.embeddings.token_embedding.weight", n_vocab, kind->width,
                 tokens, err));
    PWI_TRY(draw(drawing, "text_model.embeddings.position_embedding.weight", PWI_INIT_POSITIONS,
                 kind->width, positions, err));
    for (int32_t i = 0; i < kind->n_layers; i++)
        PWI_TRY(draw_block(drawing, kind, i, err));
    PWI_TRY(draw_norm(drawing, "text_model.final_layer_norm", kind->width, err));
    return draw(drawing, "text_projection.weight", kind->projection, kind->width, projection,
                err);
}

pw_status pwi_init_tensors(pw_tensor_set **out, pw_context *ctx, const pwi_init_kind *kind,
                           int32_t n_vocab, uint64_t seed, pw_dtype dtype, pw_error *err)
{
    struct drawing drawing = {NULL, ctx, seed, dtype, 0, 0};
    pw_status status;

    *out = NULL;
    PWI_TRY(pw_tensor_set_create(&drawing.set, ctx, err));
    status = draw_tower(&drawing, kind, n_vocab, err);
    if (status != PW_OK)
        pw_tensor_set_free(drawing.set);
    else
        *out = drawing.set;
    return status;
}
