/* SPDX-License-Identifier: MIT */
/* The whole line, for recipe raw: tokenizer, length rule, mask, encoder, named tensors,
 * manifest. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "conditioning/manifest.h"
#include "conditioning/recipe.h"

#define OUTPUTS_MAX (PW_MODEL_LAYERS_MAX + 8)

struct job {
    pw_context *ctx;
    const pw_encoder *encoder;
    pw_model_info model;
    pw_tokenizer_info tokenizer;
    pw_conditioning_options options;
    const pw_prompt_texts *prompts;
    size_t n_prompts;
    pwi_length length;
    pwi_side side, negative;
    bool has_negative;
    pw_tensor_set *set;
    pw_error *err;
};

static pw_text prompt_text(const void *user, size_t i)
{
    return ((const pw_prompt_texts *)user)[i].prompt;
}

static pw_text negative_text(const void *user, size_t i)
{
    return ((const pw_prompt_texts *)user)[i].negative;
}

static bool is_wanted(const struct job *job, const char *name)
{
    for (size_t i = 0; i < job->options.n_only; i++)
        if (strcmp(job->options.only[i], name) == 0)
            return true;
    return job->options.n_only == 0;
}

/* A tensor of the result, if it is wanted; else *data is NULL. */
static pw_status add_tensor(struct job *job, const char *prefix, const char *name,
                            pw_dtype dtype, int32_t rank, const int64_t *shape, void **data)
{
    char whole[64];

    snprintf(whole, sizeof(whole), "%s%s", prefix, name);
    *data = NULL;
    if (!is_wanted(job, whole))
        return PW_OK;
    return pw_tensor_set_add(job->set, whole, dtype, rank, shape, data, job->err);
}

/* input_ids and attention_mask. With mask `none` the encoder is given no mask; the tensor then
 * holds the tokenizer's, as the tokenizer of transformers returns it. */
static pw_status add_integers(struct job *job, const char *prefix, const pwi_side *side)
{
    const int64_t shape[2] = {(int64_t)side->n_prompts, (int64_t)side->n_tokens};
    void *ids, *mask;

    PWI_TRY(add_tensor(job, prefix, "input_ids", PW_I64, 2, shape, &ids));
    PWI_TRY(add_tensor(job, prefix, "attention_mask", PW_I64, 2, shape, &mask));
    for (size_t i = 0; i < side->n_prompts; i++)
        for (size_t t = 0; t < side->n_tokens; t++) {
            const size_t at = i * side->n_tokens + t;

            if (ids != NULL)
                ((int64_t *)ids)[at] = side->ids[at];
            if (mask != NULL)
                ((int64_t *)mask)[at] = job->options.mask == PW_MASK_NONE
                                            ? t < side->tokens[i].n_real
                                            : side->mask[at];
        }
    return PW_OK;
}

struct outputs {
    pw_output items[OUTPUTS_MAX];
    size_t n;
};

/* A float tensor that the encoder is to fill. */
static pw_status add_output(struct job *job, struct outputs *outputs, const char *prefix,
                            const char *name, int32_t rank, const int64_t *shape,
                            pw_output output)
{
    void *data;

    PWI_TRY(add_tensor(job, prefix, name, PW_F32, rank, shape, &data));
    if (data == NULL)
        return PW_OK;
    output.data = data;
    output.capacity = (size_t)(shape[0] * shape[1] * (rank == 3 ? shape[2] : 1));
    outputs->items[outputs->n++] = output;
    return PW_OK;
}

/* hidden_states.N by its number from 0; a layer named twice stands once. */
static pw_status add_hidden_state(struct job *job, struct outputs *outputs, const char *prefix,
                                  const pwi_side *side, int32_t layer)
{
    const int64_t shape[3] = {(int64_t)side->n_prompts, (int64_t)side->n_tokens,
                              job->model.width};
    const int32_t n_layers = job->model.n_layers,
                  from_zero = layer < 0 ? layer + n_layers + 1 : layer;
    char name[40], whole[64];

    if (from_zero < 0 || from_zero > n_layers)
        return PWI_FAIL(
            job->err, PW_ERR_ARGUMENT,
            "there is no hidden state %d: this encoder has 0 (embeddings) to %d, or -%d to -1",
            (int)layer, (int)n_layers, (int)n_layers + 1);
    snprintf(name, sizeof(name), "hidden_states.%d", (int)from_zero);
    snprintf(whole, sizeof(whole), "%s%s", prefix, name);
    if (pw_tensor_set_find(job->set, whole) != NULL)
        return PW_OK;
    return add_output(
        job, outputs, prefix, name, 3, shape,
        (pw_output){PW_OUTPUT_HIDDEN_STATE, from_zero, job->options.hidden_norm, NULL, 0});
}

static pw_status add_outputs(struct job *job, struct outputs *outputs, const char *prefix,
                             const pwi_side *side)
{
    const pw_model_info *model = &job->model;
    const int64_t b = (int64_t)side->n_prompts;
    const int64_t rows[3] = {b, (int64_t)side->n_tokens, model->width},
                  pooled[2] = {b, model->width}, embeds[2] = {b, model->projection};

    PWI_TRY(add_output(job, outputs, prefix, "last_hidden_state", 3, rows,
                       (pw_output){PW_OUTPUT_LAST_HIDDEN_STATE, 0, false, NULL, 0}));
    PWI_TRY(add_output(job, outputs, prefix, "pooler_output", 2, pooled,
                       (pw_output){PW_OUTPUT_POOLED, 0, false, NULL, 0}));
    if (model->projection > 0)
        PWI_TRY(add_output(job, outputs, prefix, "text_embeds", 2, embeds,
                           (pw_output){PW_OUTPUT_TEXT_EMBEDS, 0, false, NULL, 0}));
    for (int32_t i = 0; job->options.all_hidden_states && i <= model->n_layers; i++)
        PWI_TRY(add_hidden_state(job, outputs, prefix, side, i));
    for (size_t i = 0; i < job->options.n_hidden_states; i++)
        PWI_TRY(add_hidden_state(job, outputs, prefix, side, job->options.hidden_states[i]));
    return PW_OK;
}

static pw_status encode_side(struct job *job, pw_session *session, const char *prefix,
                             const pwi_side *side)
{
    const pw_batch batch = {side->ids, side->mask, side->n_prompts, side->n_tokens};
    struct outputs *outputs = PWI_NEW(&job->ctx->allocator, struct outputs);
    pw_status status;

    if (outputs == NULL)
        return pwi_fail_memory(job->err);
    status = add_integers(job, prefix, side);
    if (status == PW_OK)
        status = add_outputs(job, outputs, prefix, side);
    if (status == PW_OK && outputs->n > 0)
        status = pw_model_encode(session, &batch, outputs->items, outputs->n, job->err);
    PWI_DELETE(&job->ctx->allocator, outputs);
    return status;
}

/* Every name of `only` must have become a tensor. */
static pw_status check_only(const struct job *job)
{
    for (size_t i = 0; i < job->options.n_only; i++)
        if (pw_tensor_set_find(job->set, job->options.only[i]) == NULL)
            return PWI_FAIL(job->err, PW_ERR_NOT_FOUND,
                            "there is no tensor \"%.64s\" in this recipe with these options; "
                            "it has input_ids, attention_mask, "
                            "last_hidden_state, pooler_output, text_embeds with a projection, "
                            "hidden_states.N when asked, and "
                            "negative_... with a negative prompt",
                            job->options.only[i]);
    return PW_OK;
}

/* Rows of the session: all of the call, but at most some dozen prompts at a time. */
static size_t session_rows(const struct job *job)
{
    const size_t n = job->side.n_prompts * job->side.n_tokens,
                 most = 16 * (size_t)job->model.n_positions;

    return n < most ? n : most;
}

static pw_status encode_sides(struct job *job)
{
    pw_session *session;
    pw_status status;

    PWI_TRY(pw_session_create(&session, job->encoder->model, session_rows(job), job->err));
    status = encode_side(job, session, "", &job->side);
    if (status == PW_OK && job->has_negative)
        status = encode_side(job, session, "negative_", &job->negative);
    pw_session_free(session);
    return status == PW_OK ? check_only(job) : status;
}

static pw_status add_manifest(struct job *job, const char *recipe)
{
    const pwi_manifest_source source = {recipe,
                                        &job->model,
                                        &job->tokenizer,
                                        &job->options,
                                        job->length.pad_id,
                                        job->prompts,
                                        &job->side,
                                        job->has_negative ? &job->negative : NULL};
    pwi_buf buf;
    pw_status status;

    pwi_buf_init(&buf, &job->ctx->allocator);
    pwi_manifest_write(&buf, &source);
    status = buf.failed ? pwi_fail_memory(job->err)
                        : pw_tensor_set_put_metadata(job->set, "format", "pt", job->err);
    if (status == PW_OK)
        status = pw_tensor_set_put_metadata(job->set, PW_MANIFEST_KEY, buf.data, job->err);
    pwi_buf_free(&buf);
    return status;
}

static pw_status prepare_sides(struct job *job)
{
    const pw_tokenizer *tokenizer = job->encoder->tokenizer;
    const pw_mask_rule mask = job->options.mask;
    size_t longest;

    for (size_t i = 0; i < job->n_prompts; i++)
        job->has_negative = job->has_negative || job->prompts[i].negative.bytes != NULL;
    PWI_TRY(pwi_side_tokenize(&job->side, job->ctx, tokenizer, job->n_prompts, prompt_text,
                              job->prompts, job->err));
    longest = pwi_side_longest(&job->side);
    if (job->has_negative) {
        PWI_TRY(pwi_side_tokenize(&job->negative, job->ctx, tokenizer, job->n_prompts,
                                  negative_text, job->prompts, job->err));
        if (pwi_side_longest(&job->negative) > longest)
            longest = pwi_side_longest(&job->negative);
        PWI_TRY(pwi_side_normalize(&job->negative, &job->length, longest, mask, job->err));
    }
    return pwi_side_normalize(&job->side, &job->length, longest, mask, job->err);
}

/* Tokenizer and model must be of one vocabulary: another one would give numbers without a
 * meaning. */
static pw_status check_pair(const struct job *job)
{
    if (job->tokenizer.n_vocab == job->model.n_vocab)
        return PW_OK;
    return PWI_FAIL(job->err, PW_ERR_MISMATCH,
                    "the tokenizer has %d ids but the model's embedding table has %d rows: "
                    "they are not of one model",
                    (int)job->tokenizer.n_vocab, (int)job->model.n_vocab);
}

static pw_status settle_length(struct job *job)
{
    const pw_conditioning_options *options = &job->options;
    const int32_t own =
        job->tokenizer.pad_id >= 0 ? job->tokenizer.pad_id : job->tokenizer.eos_id;

    job->length = (pwi_length){options->length, (size_t)job->model.n_positions,
                               options->n_length, options->pad_id >= 0 ? options->pad_id : own};
    if (job->length.pad_id >= job->model.n_vocab)
        return PWI_FAIL(job->err, PW_ERR_ARGUMENT,
                        "pad id %d is outside the vocabulary of %d ids",
                        (int)job->length.pad_id, (int)job->model.n_vocab);
    if (options->length == PW_LENGTH_FIXED &&
        (options->n_length < 2 || options->n_length > job->length.n_positions))
        return PWI_FAIL(job->err, PW_ERR_ARGUMENT,
                        "a length of %zu: give 2 to %zu, the model's position table",
                        options->n_length, job->length.n_positions);
    return PW_OK;
}

static pw_status check_options(struct job *job, const pw_conditioning_options *given)
{
    pw_conditioning_options_init(&job->options);
    if (given != NULL)
        memcpy(&job->options, given,
               given->struct_size < sizeof(job->options) ? given->struct_size
                                                         : sizeof(job->options));
    if ((unsigned)job->options.mask >= PW_N_MASK_RULES ||
        (unsigned)job->options.length > PW_LENGTH_FIXED)
        return PWI_FAIL(job->err, PW_ERR_ARGUMENT,
                        "mask or length is not one of its named values");
    if (job->n_prompts == 0)
        return PWI_FAIL(job->err, PW_ERR_ARGUMENT, "there is no prompt");
    return PW_OK;
}

static pw_status find_recipe(const struct job *job, size_t n_encoders,
                             const pwi_recipe **recipe)
{
    const char *name = job->options.recipe == NULL ? "raw" : job->options.recipe;
    const int32_t i = pw_recipe_find(name);

    if (i < 0)
        return PWI_FAIL(job->err, PW_ERR_ARGUMENT,
                        "there is no recipe \"%.64s\" in this version; it has raw", name);
    *recipe = pwi_recipe_row((size_t)i);
    if (n_encoders != (*recipe)->n_encoders)
        return PWI_FAIL(job->err, PW_ERR_ARGUMENT, "recipe %s takes %zu encoder(s), not %zu",
                        name, (*recipe)->n_encoders, n_encoders);
    return PW_OK;
}

static pw_status run(struct job *job, const char *recipe)
{
    PWI_TRY(check_pair(job));
    PWI_TRY(settle_length(job));
    PWI_TRY(prepare_sides(job));
    PWI_TRY(pw_tensor_set_create(&job->set, job->ctx, job->err));
    PWI_TRY(encode_sides(job));
    return add_manifest(job, recipe);
}

pw_status pw_conditioning_encode(pw_tensor_set **out, pw_context *ctx,
                                 const pw_encoder *encoders, size_t n_encoders,
                                 const pw_prompt_texts *prompts, size_t n_prompts,
                                 const pw_conditioning_options *options, pw_error *err)
{
    struct job job = {.ctx = ctx,
                      .encoder = encoders,
                      .prompts = prompts,
                      .n_prompts = n_prompts,
                      .err = err};
    const pwi_recipe *recipe = NULL;
    pw_status status;

    *out = NULL;
    PWI_TRY(check_options(&job, options));
    PWI_TRY(find_recipe(&job, n_encoders, &recipe));
    pw_model_get_info(encoders->model, &job.model);
    pw_tokenizer_get_info(encoders->tokenizer, &job.tokenizer);
    status = run(&job, recipe->name);
    pwi_side_free(&job.side);
    pwi_side_free(&job.negative);
    if (status != PW_OK)
        pw_tensor_set_free(job.set);
    else
        *out = job.set;
    return status;
}
