/* SPDX-License-Identifier: MIT */
/* Which text each encoder gets: second texts, negatives that are missing, negatives that become
 * zeros. */
#include "conditioning/job.h"

static const pw_text empty = {"", 0};

static bool is_zero(const pwi_job *job, const pw_text negative)
{
    const pwi_recipe_policy *policy = job->recipe.policy;
    const bool zeros = job->options.force_zeros == PW_CHOICE_DEFAULT
                           ? policy->zeros_default
                           : job->options.force_zeros == PW_CHOICE_YES;

    switch (policy->zeros) {
    case PWI_ZEROS_WHEN_NONE:
        return zeros && negative.bytes == NULL;
    case PWI_ZEROS_WHEN_EMPTY:
        return zeros && negative.size == 0;
    case PWI_ZEROS_NEVER:
        break;
    }
    return false;
}

pw_status pwi_job_settle_negatives(pwi_job *job)
{
    job->has_negative = job->recipe.is_pipeline;
    for (size_t i = 0; i < job->n_prompts; i++)
        job->has_negative = job->has_negative || job->prompts[i].negative.bytes != NULL;
    job->has_negative = job->has_negative && !job->options.no_negative;
    job->is_zero = PWI_ARRAY(&job->ctx->allocator, bool, job->n_prompts);
    if (job->is_zero == NULL)
        return pwi_fail_memory(job->err);
    for (size_t i = 0; i < job->n_prompts; i++)
        job->is_zero[i] = is_zero(job, job->prompts[i].negative);
    return PW_OK;
}

/* A second or third text, or the first where it is absent. */
static pw_text or_first(const pwi_job *job, pw_text text, pw_text first)
{
    const bool is_absent =
        text.bytes == NULL ||
        (text.size == 0 && job->recipe.policy->second == PWI_SECOND_IS_ABSENT);

    return is_absent ? first : text;
}

pw_text pwi_job_text(const pwi_job *job, size_t i_encoder, size_t i_prompt, pwi_side side)
{
    const pw_prompt_texts *texts = &job->prompts[i_prompt];
    const pw_text all[PWI_N_SIDES][3] = {
        {texts->prompt, texts->prompt_2, texts->prompt_3},
        {texts->negative, texts->negative_2, texts->negative_3}};
    const pw_text first = all[side][0].bytes == NULL ? empty : all[side][0];

    return i_encoder == 0 || i_encoder > 2 ? first : or_first(job, all[side][i_encoder], first);
}

size_t pwi_track_text(const pwi_track *track, size_t i_prompt, pwi_side side)
{
    size_t low = 0, high = track->n_texts;

    while (low < high) { /* texts are sorted by side, then by prompt */
        const size_t middle = low + (high - low) / 2;
        const pw_planned_text *text = &track->texts[middle];
        const pwi_side its = text->is_negative ? PWI_NEGATIVE : PWI_POSITIVE;

        if (its < side || (its == side && text->i_prompt < i_prompt))
            low = middle + 1;
        else
            high = middle;
    }
    return low < track->n_texts && track->texts[low].i_prompt == i_prompt &&
                   track->texts[low].is_negative == (side == PWI_NEGATIVE)
               ? low
               : SIZE_MAX;
}
