/* SPDX-License-Identifier: MIT */
/* Models: opening, freeing, and what is told of them; the names of their options. */
#include "models/model.h"

#include <math.h>
#include <string.h>

#include "models/clip_load.h"
#include "models/scan.h"

static const char *const activation_names[] = {"default", "quick_gelu", "gelu"};
static const char *const pool_names[] = {"default", "argmax", "first_eos"};

static int32_t find_name(const char *const *names, int32_t n, const char *name)
{
    for (int32_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

const char *pw_activation_name(pw_activation activation)
{
    return (unsigned)activation < PW_N_ACTIVATIONS ? activation_names[activation] : "?";
}

int32_t pw_activation_from_name(const char *name)
{
    return find_name(activation_names, PW_N_ACTIVATIONS, name);
}

const char *pw_pool_rule_name(pw_pool_rule rule)
{
    return (unsigned)rule < PW_N_POOL_RULES ? pool_names[rule] : "?";
}

/* info's strings are static or a layout's, but for those of a file: these are copied. */
static bool copy_strings(pw_model *model)
{
    pw_model_info *info = &model->info;

    info->name = pwi_arena_string(&model->arena, info->name, strlen(info->name));
    info->tensor_prefix =
        pwi_arena_string(&model->arena, info->tensor_prefix, strlen(info->tensor_prefix));
    return info->name != NULL && info->tensor_prefix != NULL;
}

pw_status pwi_model_new(pw_model **out, pw_context *ctx, const pwi_clip_text *clip,
                        const pw_model_info *info, pw_error *err)
{
    pw_model *model = PWI_NEW(&ctx->allocator, pw_model);

    *out = NULL;
    if (model == NULL)
        return pwi_fail_memory(err);
    model->ctx = pwi_context_keep(ctx);
    atomic_init(&model->n_references, 1);
    pwi_arena_init(&model->arena, &model->ctx->allocator);
    model->clip = *clip;
    model->clip.head_scale = (float)(1.0 / sqrt((double)clip->head_dim));
    model->info = *info;
    if (!copy_strings(model)) {
        pw_model_free(model);
        return pwi_fail_memory(err);
    }
    *out = model;
    return PW_OK;
}

static pw_status open_found(pw_model **out, pw_model_scan *scan, const pwi_found *found,
                            pw_error *err)
{
    const pwi_weights weights = {found->file, NULL};
    const pw_weights_mode mode = scan->options.weights;
    pw_model *model;
    pw_status status;

    PWI_TRY(pwi_model_new(&model, scan->ctx, &found->clip, &found->info, err));
    if (mode == PW_WEIGHTS_STREAMED) {
        model->file = pwi_scan_take_file(scan, found);
        model->weights = weights;
        model->layout = found->layout;
    }
    status = pwi_clip_load(scan->ctx, &weights, found->layout, mode, &model->clip, err);
    if (status != PW_OK)
        pw_model_free(model);
    else
        *out = model;
    return status;
}

pw_status pw_model_open(pw_model **out, pw_context *ctx, const char *path, const char *which,
                        const pw_model_options *options, pw_error *err)
{
    pw_model_scan *scan;
    const pwi_found *found = NULL;
    pw_status status;

    *out = NULL;
    PWI_TRY(pw_model_scan_open(&scan, ctx, path, options, err));
    status = pwi_scan_choose(scan, path, which, &found, err);
    if (status == PW_OK)
        status = open_found(out, scan, found, err);
    pw_model_scan_free(scan);
    return status;
}

pw_model *pwi_model_keep(pw_model *model)
{
    atomic_fetch_add_explicit(&model->n_references, 1, memory_order_relaxed);
    return model;
}

void pw_model_free(pw_model *model)
{
    pw_context *ctx = model == NULL ? NULL : model->ctx;

    if (model == NULL ||
        atomic_fetch_sub_explicit(&model->n_references, 1, memory_order_acq_rel) != 1)
        return;
    pwi_clip_text_free(&ctx->allocator, &model->clip);
    pw_file_free(model->file);
    pwi_arena_free(&model->arena);
    PWI_DELETE(&ctx->allocator, model);
    pw_context_free(ctx);
}

void pw_model_get_info(const pw_model *model, pw_model_info *info)
{
    *info = model->info;
}
