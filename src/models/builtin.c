/* SPDX-License-Identifier: MIT */
/* The built-in model: CLIP's form over the built-in vocabulary. Until it is trained, its
 * weights are drawn from a fixed seed when it is opened, and everything that shows its numbers
 * says so. */
#include <string.h>

#include "models/clip_load.h"
#include "models/init.h"
#include "models/model.h"
#include "models/scan.h"

#define BUILTIN_SEED 20261122

/* Rows of the embedding table: the built-in vocabulary's size. */
static pw_status builtin_vocab(pw_context *ctx, int32_t *n_vocab, int32_t *eos_id,
                               pw_error *err)
{
    pw_tokenizer *tokenizer;
    pw_tokenizer_info info;

    PWI_TRY(pw_tokenizer_open_builtin(&tokenizer, ctx, NULL, err));
    pw_tokenizer_get_info(tokenizer, &info);
    *n_vocab = info.n_vocab;
    *eos_id = info.eos_id;
    pw_tokenizer_free(tokenizer);
    return PW_OK;
}

static pw_model_info info_of(const pwi_clip_text *clip, const pw_model_options *options,
                             pw_level level, int32_t eos_id)
{
    pw_model_info info = {
        .name = "builtin", .kind = "clip", .layout = "builtin", .tensor_prefix = ""};

    info.width = (int32_t)clip->width;
    info.n_layers = (int32_t)clip->n_layers;
    info.n_heads = (int32_t)clip->n_heads;
    info.mlp = (int32_t)clip->mlp;
    info.n_vocab = (int32_t)clip->n_vocab;
    info.n_positions = (int32_t)clip->n_positions;
    info.projection = (int32_t)clip->projection_width;
    info.activation = options->activation == PW_ACTIVATION_DEFAULT ? pwi_init_builtin.activation
                                                                   : options->activation;
    info.pool = options->pool == PW_POOL_DEFAULT ? PW_POOL_FIRST_EOS : options->pool;
    info.eos_id = eos_id;
    info.epsilon = clip->epsilon;
    info.dtype = PW_F32;
    info.precision = clip->product->precision;
    info.level = level;
    info.is_builtin = true;
    return info;
}

static pw_status load(pw_context *ctx, pw_model *model, pw_error *err)
{
    pw_tensor_set *set;
    pw_status status;

    PWI_TRY(pwi_init_tensors(&set, ctx, &pwi_init_builtin, model->info.n_vocab, BUILTIN_SEED,
                             PW_F32, err));
    for (size_t i = 0; i < pw_tensor_set_n(set); i++) {
        model->info.n_parameters +=
            (uint64_t)pw_tensor_n_elements(pw_tensor_set_tensor(set, i));
        model->info.size_bytes += pw_tensor_set_tensor(set, i)->size_bytes;
    }
    status = pwi_clip_load(ctx, &(pwi_weights){NULL, set}, &pwi_layouts[0], PW_WEIGHTS_RESIDENT,
                           &model->clip, err);
    pw_tensor_set_free(set);
    return status;
}

pw_status pw_model_open_builtin(pw_model **out, pw_context *ctx, const pw_model_options *given,
                                pw_error *err)
{
    const pwi_init_kind *kind = &pwi_init_builtin;
    pwi_clip_text clip = {.width = (size_t)kind->width,
                          .n_layers = (size_t)kind->n_layers,
                          .n_heads = (size_t)kind->n_heads,
                          .head_dim = (size_t)(kind->width / kind->n_heads),
                          .mlp = (size_t)kind->mlp,
                          .n_positions = PWI_INIT_POSITIONS,
                          .projection_width = (size_t)kind->projection,
                          .epsilon = 1e-5f};
    pw_model_options options;
    pw_model_info info;
    pw_model *model;
    int32_t n_vocab, eos_id;
    pw_status status;

    *out = NULL;
    PWI_TRY(pwi_model_options_of(&options, given, err));
    PWI_TRY(builtin_vocab(ctx, &n_vocab, &eos_id, err));
    clip.n_vocab = (size_t)n_vocab;
    pwi_clip_choose_products(&clip, pwi_context_kernels(ctx), options.precision);
    info = info_of(&clip, &options, ctx->level, eos_id);
    clip.activation = pwi_epilogue_of(info.activation);
    PWI_TRY(pwi_model_new(&model, ctx, &clip, &info, err));
    status = load(ctx, model, err);
    if (status != PW_OK)
        pw_model_free(model);
    else
        *out = model;
    return status;
}
