/* SPDX-License-Identifier: MIT */
/* `padwise init`: a random checkpoint in Hugging Face's layout. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/context.h"
#include "base/file_write.h"
#include "models/init.h"

static const pwi_init_kind kinds[] = {
    {"clip-l", 768, 12, 12, 3072, 768, PW_ACTIVATION_QUICK_GELU},
    {"clip-h", 1024, 24, 16, 4096, 1024, PW_ACTIVATION_GELU},
    {"clip-bigg", 1280, 32, 20, 5120, 1280, PW_ACTIVATION_GELU},
    {"clip-b32", 512, 12, 8, 2048, 512, PW_ACTIVATION_QUICK_GELU},
    {"tiny", 64, 3, 4, 256, 48, PW_ACTIVATION_QUICK_GELU},
};

#define CLIP_VOCAB 49408 /* of every published CLIP text tower */
#define N_KINDS    (sizeof(kinds) / sizeof(*kinds))

const char *pw_model_init_kind(size_t i)
{
    return i < N_KINDS ? kinds[i].name : NULL;
}

static const pwi_init_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static const char *torch_dtype(pw_dtype dtype)
{
    return dtype == PW_F16 ? "float16" : dtype == PW_BF16 ? "bfloat16" : "float32";
}

/* config.json as transformers reads it; the ids are the tokenizer's. */
static void format_config(pwi_buf *buf, const pwi_init_kind *kind,
                          const pw_tokenizer_info *tokenizer, int32_t n_vocab, pw_dtype dtype)
{
    pwi_buf_text(buf, "{\n  \"architectures\": [\n    \"CLIPTextModelWithProjection\"\n  ],\n");
    pwi_buf_format(buf, "  \"bos_token_id\": %d,\n  \"eos_token_id\": %d,\n",
                   (int)tokenizer->bos_id, (int)tokenizer->eos_id);
    pwi_buf_format(buf, "  \"hidden_act\": \"%s\",\n  \"hidden_size\": %d,\n",
                   pw_activation_name(kind->activation), (int)kind->width);
    pwi_buf_format(buf, "  \"intermediate_size\": %d,\n  \"layer_norm_eps\": 1e-05,\n",
                   (int)kind->mlp);
    pwi_buf_format(
        buf, "  \"max_position_embeddings\": %d,\n  \"model_type\": \"clip_text_model\",\n",
        PWI_INIT_POSITIONS);
    pwi_buf_format(buf, "  \"num_attention_heads\": %d,\n  \"num_hidden_layers\": %d,\n",
                   (int)kind->n_heads, (int)kind->n_layers);
    pwi_buf_format(buf, "  \"pad_token_id\": %d,\n  \"projection_dim\": %d,\n",
                   (int)tokenizer->pad_id, (int)kind->projection);
    pwi_buf_format(buf, "  \"torch_dtype\": \"%s\",\n  \"vocab_size\": %d\n}\n",
                   torch_dtype(dtype), (int)n_vocab);
}

/* folder/name, written whole or not at all. */
static pw_status write_config(pw_context *ctx, const char *path, const pwi_buf *text,
                              pw_error *err)
{
    pwi_output output;
    pw_status status;

    PWI_TRY(pwi_output_open(&output, &ctx->allocator, path, text->size, err));
    status = pwi_output_write(&output, text->data, text->size, err);
    if (status == PW_OK)
        return pwi_output_commit(&output, err);
    pwi_output_discard(&output);
    return status;
}

static pw_status write_weights(pw_context *ctx, const char *path, const pwi_init_kind *kind,
                               int32_t n_vocab, uint64_t seed, pw_dtype dtype, pw_error *err)
{
    pw_tensor_set *set;
    pw_save_options options;
    pw_status status;

    pw_save_options_init(&options);
    options.float_dtype = dtype;
    PWI_TRY(pwi_init_tensors(&set, ctx, kind, n_vocab, seed, dtype, err));
    status = pw_tensor_set_put_metadata(set, "format", "pt", err);
    if (status == PW_OK)
        status = pw_tensor_set_save(set, ctx, path, &options, err);
    pw_tensor_set_free(set);
    return status;
}

/* Weights last: a folder with a model.safetensors is whole. */
static pw_status write_folder(pw_context *ctx, const pwi_init_kind *kind, uint64_t seed,
                              pw_dtype dtype, const pw_tokenizer *tokenizer, const char *folder,
                              pwi_buf *path, pwi_buf *config, pw_error *err)
{
    pw_tokenizer_info info = {
        .bos_id = CLIP_VOCAB - 2, .eos_id = CLIP_VOCAB - 1, .pad_id = CLIP_VOCAB - 1};
    int32_t n_vocab = CLIP_VOCAB;

    PWI_TRY(pwi_make_folder(&ctx->allocator, folder, err));
    if (tokenizer != NULL) {
        pw_tokenizer_get_info(tokenizer, &info);
        n_vocab = info.n_vocab;
        PWI_TRY(pw_tokenizer_save(tokenizer, folder, err));
    }
    format_config(config, kind, &info, n_vocab, dtype);
    pwi_buf_format(path, "%s/config.json", folder);
    if (path->failed || config->failed)
        return pwi_fail_memory(err);
    PWI_TRY(write_config(ctx, path->data, config, err));
    pwi_buf_clear(path);
    pwi_buf_format(path, "%s/model.safetensors", folder);
    if (path->failed)
        return pwi_fail_memory(err);
    return write_weights(ctx, path->data, kind, n_vocab, seed, dtype, err);
}

pw_status pw_model_init_files(pw_context *ctx, const char *kind_name, uint64_t seed,
                              pw_dtype dtype, const pw_tokenizer *tokenizer, const char *folder,
                              pw_error *err)
{
    const pwi_init_kind *kind = find_kind(kind_name);
    pwi_buf path, config;
    pw_status status;

    if (kind == NULL)
        return PWI_FAIL(
            err, PW_ERR_ARGUMENT,
            "there is no kind \"%.64s\"; kinds are clip-l, clip-h, clip-bigg, clip-b32, tiny",
            kind_name);
    if (dtype != PW_F32 && dtype != PW_F16 && dtype != PW_BF16)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "weights are written as F32, F16 or BF16, not %s",
                        pw_dtype_name(dtype));
    pwi_buf_init(&path, &ctx->allocator);
    pwi_buf_init(&config, &ctx->allocator);
    status = write_folder(ctx, kind, seed, dtype, tokenizer, folder, &path, &config, err);
    pwi_buf_free(&path);
    pwi_buf_free(&config);
    return status;
}
