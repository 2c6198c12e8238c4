/* SPDX-License-Identifier: MIT */
/* The whole line: recipe, flavour and dialect settled, a track for each encoder planned, the
 * tensors filled, the manifest written. */
#include <stdio.h>
#include <string.h>

#include "conditioning/manifest.h"

static pw_status check_options(pwi_job *job, const pw_conditioning_options *given)
{
    pw_conditioning_options *options = &job->options;

    pw_conditioning_options_init(options);
    if (given != NULL)
        memcpy(options, given,
               given->struct_size < sizeof(*options) ? given->struct_size : sizeof(*options));
    if (options->mask < -1 || options->mask >= PW_N_MASK_RULES ||
        (unsigned)options->length > PW_LENGTH_FIXED ||
        (unsigned)options->force_zeros > PW_CHOICE_YES)
        return PWI_FAIL(job->err, PW_ERR_ARGUMENT,
                        "mask, length or force_zeros is not one of its named values");
    if (job->n_prompts == 0)
        return PWI_FAIL(job->err, PW_ERR_ARGUMENT, "there is no prompt");
    return PW_OK;
}

static pw_status settle_dialect(pwi_job *job)
{
    const pw_length_rule rule = job->options.length;
    const int32_t i_flavour = pw_flavour_find(job->recipe.flavour);

    job->dialect = job->options.dialect != NULL ? job->options.dialect
                                                : pw_flavour_dialect((size_t)i_flavour);
    job->i_dialect = pw_dialect_find(job->dialect);
    if (job->i_dialect < 0)
        return PWI_FAIL(job->err, PW_ERR_ARGUMENT,
                        "there is no dialect \"%.64s\" (docs/dialects.md lists them)",
                        job->dialect);
    if ((rule == PW_LENGTH_LONGEST || rule == PW_LENGTH_NONE) &&
        !pw_dialect_is_one_chunk((size_t)job->i_dialect))
        return PWI_FAIL(job->err, PW_ERR_ARGUMENT,
                        "dialect %s cuts chunks of one length: the length is model or a number",
                        job->dialect);
    return PW_OK;
}

static pw_status check_encoders(const pwi_job *job, const pw_encoder *encoders,
                                size_t n_encoders)
{
    const pwi_recipe *recipe = &job->recipe;

    if (n_encoders != recipe->n_encoders)
        return PWI_FAIL(job->err, PW_ERR_ARGUMENT, "recipe %s takes %zu encoder(s), not %zu",
                        recipe->name, recipe->n_encoders, n_encoders);
    for (size_t i = 0; i < n_encoders; i++) {
        const char *name = recipe->rows[i]->encoder.name;

        if (encoders[i].name != NULL && name[0] != '\0' && strcmp(encoders[i].name, name) != 0)
            return PWI_FAIL(job->err, PW_ERR_ARGUMENT,
                            "encoder %zu of recipe %s is %s, not %.64s", i + 1, recipe->name,
                            name, encoders[i].name);
    }
    return PW_OK;
}

static pw_status refuse_conditions(const pwi_job *job, size_t i_prompt, size_t n)
{
    char where[48];

    snprintf(where, sizeof(where), "prompt %zu", i_prompt + 1);
    return pwi_where(job->err, where,
                     PWI_FAIL(job->err, PW_ERR_ARGUMENT,
                              "gives %zu conditions (a schedule, or AND) and cannot share a "
                              "file: write a file for each prompt",
                              n));
}

/* A call of one prompt may have several conditions a side; in a batch every prompt has one. */
static pw_status count_conditions(pwi_job *job)
{
    for (size_t side = 0; side < (job->has_negative ? 2u : 1u); side++) {
        job->n_conditions[side] = pwi_track_n_conditions(&job->tracks[0], 0, (pwi_side)side);
        for (size_t t = 0; t < job->recipe.n_encoders; t++)
            for (size_t p = 0; p < job->n_prompts; p++) {
                const size_t n = pwi_track_n_conditions(&job->tracks[t], p, (pwi_side)side);

                if (job->n_prompts > 1 && n > 1)
                    return refuse_conditions(job, p, n);
                if (n != job->n_conditions[side])
                    return PWI_FAIL(
                        job->err, PW_ERR_ARGUMENT,
                        "the encoders' texts give %zu and %zu conditions: give them "
                        "the same schedule",
                        job->n_conditions[side], n);
            }
    }
    return PW_OK;
}

static size_t most_rows(const pwi_job *job, pwi_side side)
{
    size_t most = 0;

    for (size_t t = 0; t < job->recipe.n_encoders; t++) {
        const size_t n = pwi_track_n_rows(&job->tracks[t], side);

        most = n > most ? n : most;
    }
    return most;
}

static bool has_zeros(const pwi_job *job)
{
    for (size_t i = 0; i < job->n_prompts; i++)
        if (job->is_zero[i])
            return job->has_negative;
    return false;
}

/* A1111's zeros stand for the empty prompt's one chunk; beside a longer prompt they are filled
 * up like any other text. */
static pw_status settle_zeros(pwi_job *job)
{
    job->plans_zeros = job->recipe.policy->zeros == PWI_ZEROS_WHEN_EMPTY && has_zeros(job) &&
                       most_rows(job, PWI_POSITIVE) > job->tracks[0].prompt_encoder.length_max;
    for (size_t t = 0; job->plans_zeros && t < job->recipe.n_encoders; t++)
        PWI_TRY(pwi_track_plan(job, &job->tracks[t]));
    return PW_OK;
}

/* Encoders whose texts differ in length: the shorter one's are filled up as the dialect makes
 * prompts equally long. */
static pw_status settle_rows(pwi_job *job)
{
    const size_t n_rows = most_rows(job, PWI_POSITIVE);

    if (job->recipe.policy->unequal == PWI_UNEQUAL_CUT)
        return PW_OK;
    for (size_t t = 0; t < job->recipe.n_encoders; t++) {
        if (pwi_track_n_rows(&job->tracks[t], PWI_POSITIVE) == n_rows)
            continue;
        job->tracks[t].n_rows_min = n_rows;
        PWI_TRY(pwi_track_plan(job, &job->tracks[t]));
    }
    return PW_OK;
}

static pw_status plan_tracks(pwi_job *job, const pw_encoder *encoders)
{
    for (size_t t = 0; t < job->recipe.n_encoders; t++) {
        PWI_TRY(pwi_track_prepare(job, &job->tracks[t], &encoders[t], t));
        PWI_TRY(pwi_track_plan(job, &job->tracks[t]));
    }
    PWI_TRY(settle_zeros(job));
    PWI_TRY(settle_rows(job));
    PWI_TRY(count_conditions(job));
    for (size_t t = 0; t < job->recipe.n_encoders; t++)
        PWI_TRY(pwi_track_begin(job, &job->tracks[t]));
    return PW_OK;
}

static pw_status add_manifest(pwi_job *job)
{
    pwi_buf buf;
    pw_status status;

    pwi_buf_init(&buf, &job->ctx->allocator);
    pwi_manifest_write(&buf, job);
    status = buf.failed ? pwi_fail_memory(job->err)
                        : pw_tensor_set_put_metadata(job->set, "format", "pt", job->err);
    if (status == PW_OK)
        status = pw_tensor_set_put_metadata(job->set, PW_MANIFEST_KEY, buf.data, job->err);
    pwi_buf_free(&buf);
    return status;
}

static pw_status plan(pwi_job *job, const pw_encoder *encoders, size_t n_encoders)
{
    PWI_TRY(pwi_recipe_find(&job->recipe, job->options.recipe, job->options.flavour, job->err));
    PWI_TRY(settle_dialect(job));
    PWI_TRY(check_encoders(job, encoders, n_encoders));
    PWI_TRY(pwi_job_settle_negatives(job));
    return plan_tracks(job, encoders);
}

static pw_status run(pwi_job *job, const pw_encoder *encoders, size_t n_encoders)
{
    PWI_TRY(plan(job, encoders, n_encoders));
    PWI_TRY(pw_tensor_set_create(&job->set, job->ctx, job->err));
    PWI_TRY(pwi_job_fill(job));
    return add_manifest(job);
}

static void free_job(pwi_job *job)
{
    for (size_t i = 0; i < job->recipe.n_encoders; i++)
        pwi_track_free(job, &job->tracks[i]);
    pwi_free_array(&job->ctx->allocator, job->is_zero, job->n_prompts, sizeof(*job->is_zero));
}

pw_status pwi_manifest_form(pwi_buf *buf, pw_context *ctx, const pw_encoder *encoders,
                            size_t n_encoders, const pw_conditioning_options *options,
                            pw_error *err)
{
    const pw_prompt_texts absent = {.prompt = {NULL, 0}};
    pwi_job job = {
        .ctx = ctx, .prompts = &absent, .n_prompts = 1, .n_conditions = {1, 1}, .err = err};
    pw_status status;

    PWI_TRY(check_options(&job, options));
    job.options.on_plan = NULL;
    status = plan(&job, encoders, n_encoders);
    if (status == PW_OK)
        pwi_manifest_write(buf, &job);
    free_job(&job);
    return status == PW_OK && buf->failed ? pwi_fail_memory(err) : status;
}

pw_status pw_conditioning_encode(pw_tensor_set **out, pw_context *ctx,
                                 const pw_encoder *encoders, size_t n_encoders,
                                 const pw_prompt_texts *prompts, size_t n_prompts,
                                 const pw_conditioning_options *options, pw_error *err)
{
    pwi_job job = {.ctx = ctx,
                   .prompts = prompts,
                   .n_prompts = n_prompts,
                   .n_conditions = {1, 1},
                   .err = err};
    pw_status status;

    *out = NULL;
    PWI_TRY(check_options(&job, options));
    status = run(&job, encoders, n_encoders);
    free_job(&job);
    if (status != PW_OK)
        pw_tensor_set_free(job.set);
    else
        *out = job.set;
    return status;
}
