/* SPDX-License-Identifier: MIT */
/* One encoder's part of a call up to its plan: lengths, pads, masks and layers settled from
 * recipe and options, texts parsed, planned, warned of. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conditioning/job.h"

/* Tokenizer and model must be of one vocabulary: another one would give numbers without a
 * meaning. */
static pw_status check_pair(const pwi_job *job, const pwi_track *track)
{
    if (track->tokenizer.n_vocab == track->model.n_vocab)
        return PW_OK;
    return PWI_FAIL(job->err, PW_ERR_MISMATCH,
                    "the tokenizer has %d ids but the model's embedding table has %d rows: "
                    "they are not of one model",
                    (int)track->tokenizer.n_vocab, (int)track->model.n_vocab);
}

static int32_t pad_id_of(const pwi_job *job, const pwi_track *track)
{
    const pw_tokenizer_info *tokenizer = &track->tokenizer;

    if (job->options.pad_id >= 0)
        return job->options.pad_id;
    switch (track->row->pad) {
    case PWI_PAD_ZERO:
        return 0;
    case PWI_PAD_OWN:
        return tokenizer->pad_id >= 0 ? tokenizer->pad_id : tokenizer->eos_id;
    case PWI_PAD_END:
        break;
    }
    return tokenizer->eos_id;
}

static pw_sequence_mask mask_of(const pwi_job *job, const pwi_track *track)
{
    static const pw_sequence_mask rules[PW_N_MASK_RULES] = {
        [PW_MASK_HF] = PW_SEQUENCE_MASK_HF,
        [PW_MASK_NONE] = PW_SEQUENCE_MASK_NONE,
        [PW_MASK_LECTURE] = PW_SEQUENCE_MASK_LECTURE,
    };

    return job->options.mask < 0 ? track->row->mask : rules[job->options.mask];
}

static pw_status settle_tokens(const pwi_job *job, pwi_track *track)
{
    const pw_conditioning_options *options = &job->options;
    pw_prompt_encoder *encoder = &track->prompt_encoder;
    const size_t n_positions = (size_t)track->model.n_positions;

    pw_prompt_encoder_init(encoder, track->encoder->tokenizer);
    encoder->pad_id = pad_id_of(job, track);
    encoder->mask = mask_of(job, track);
    encoder->length_max = n_positions;
    encoder->pad_to_max = options->length == PW_LENGTH_MODEL;
    encoder->width = (size_t)track->model.width;
    if (options->embeddings != NULL)
        encoder->embeddings =
            pw_embeddings_of(options->embeddings, track->i, &encoder->n_embeddings);
    if (encoder->pad_id >= track->model.n_vocab)
        return PWI_FAIL(job->err, PW_ERR_ARGUMENT,
                        "pad id %d is outside the vocabulary of %d ids", (int)encoder->pad_id,
                        (int)track->model.n_vocab);
    if (options->length != PW_LENGTH_FIXED)
        return PW_OK;
    if (options->n_length < 3 || options->n_length > n_positions)
        return PWI_FAIL(job->err, PW_ERR_ARGUMENT,
                        "a length of %zu: give 3 to %zu, the model's position table",
                        options->n_length, n_positions);
    encoder->length_max = options->n_length;
    encoder->pad_to_max = true;
    return PW_OK;
}

/* Whether the tower's last block, which the pipeline never has, is gone already: folders leave
 * it out, single files do not. */
static bool is_cut(const pwi_track *track)
{
    return track->model.n_layers < track->row->depth &&
           strncmp(track->model.layout, "hf", 2) == 0;
}

static pw_status skip_layers(const pwi_job *job, const pwi_track *track, pwi_side side,
                             int32_t *layer)
{
    const pwi_recipe_row *row = track->row;
    const int32_t skip = job->options.clip_skip;

    if (skip == PW_CLIP_SKIP_NONE || row->skip == PWI_SKIP_IGNORED ||
        (row->skip == PWI_SKIP_POSITIVE && side == PWI_NEGATIVE))
        return PW_OK;
    if (row->skip == PWI_SKIP_NONE)
        return PWI_FAIL(job->err, PW_ERR_ARGUMENT, "recipe %s in flavour %s skips no layers",
                        job->recipe.name, job->recipe.flavour);
    if (skip < 0 && row->skip == PWI_SKIP_BOTH && skip >= -track->model.n_layers) {
        *layer = row->skip_first + skip; /* ComfyUI counts -1, -2 ... */
        return PW_OK;
    }
    if (skip < (row->skip == PWI_SKIP_BOTH) || skip > track->model.n_layers)
        return PWI_FAIL(job->err, PW_ERR_ARGUMENT,
                        "clip_skip %d: flavour %s counts from %d, and this encoder has %d "
                        "blocks",
                        (int)skip, job->recipe.flavour, row->skip == PWI_SKIP_BOTH,
                        (int)track->model.n_layers);
    *layer = row->skip_first - skip;
    return PW_OK;
}

static pw_status settle_layer(const pwi_job *job, pwi_track *track, pwi_side side)
{
    const int32_t n_layers = track->model.n_layers;
    pwi_layer *out = &track->layers[side];

    *out = (pwi_layer){track->row->layer, track->row->final_norm};
    PWI_TRY(skip_layers(job, track, side, &out->layer));
    out->layer += is_cut(track);
    if (out->layer >= 0 || out->layer < -n_layers - 1)
        return PWI_FAIL(job->err, PW_ERR_ARGUMENT,
                        "hidden state %d is asked for, but this file has %d blocks%s",
                        (int)(out->layer - is_cut(track)), (int)n_layers,
                        is_cut(track) ? " of a tower without its last one" : "");
    return PW_OK;
}

static bool is_pooled(const pwi_job *job, const pwi_recipe_row *row)
{
    return job->options.pooled == NULL ? row->is_pooled_source
                                       : strcmp(job->options.pooled, row->encoder.name) == 0;
}

pw_status pwi_track_prepare(pwi_job *job, pwi_track *track, const pw_encoder *encoder, size_t i)
{
    track->encoder = encoder;
    track->row = job->recipe.rows[i];
    track->i = i;
    track->is_pooled = is_pooled(job, track->row);
    pw_model_get_info(encoder->model, &track->model);
    pw_tokenizer_get_info(encoder->tokenizer, &track->tokenizer);
    PWI_TRY(check_pair(job, track));
    PWI_TRY(settle_tokens(job, track));
    for (size_t side = 0; side < PWI_N_SIDES; side++)
        PWI_TRY(settle_layer(job, track, (pwi_side)side));
    if (i == 0 && track->row->skip == PWI_SKIP_IGNORED &&
        job->options.clip_skip != PW_CLIP_SKIP_NONE)
        pwi_warn(job->ctx, job->recipe.name, "%s ignores clip skip here, and so it is",
                 job->recipe.flavour);
    return PW_OK;
}

/* ---- Texts. */

static pw_status name_text(const pwi_job *job, const pw_planned_text *text, pw_status status)
{
    if (job->err != NULL && job->err->where[0] == '\0')
        snprintf(job->err->where, sizeof(job->err->where), "%sprompt %zu",
                 text->is_negative ? "the negative of " : "", text->i_prompt + 1);
    return status;
}

static pw_status parse(const pwi_job *job, pwi_track *track, size_t i_prompt, pwi_side side)
{
    pw_planned_text *text = &track->texts[track->n_texts];
    const pw_text bytes = pwi_job_text(job, track->i, i_prompt, side);
    pw_prompt_options options = job->options.prompt;
    pw_prompt *prompt = NULL;
    pw_status status;

    *text = (pw_planned_text){i_prompt, side == PWI_NEGATIVE, NULL};
    options.dialect = job->i_dialect;
    options.is_negative = side == PWI_NEGATIVE;
    status = pw_prompt_parse(&prompt, job->ctx, bytes.bytes, bytes.size, &options, job->err);
    if (status != PW_OK)
        return name_text(job, text, status);
    text->prompt = prompt;
    track->n_texts++;
    return PW_OK;
}

static pw_status parse_all(const pwi_job *job, pwi_track *track)
{
    track->texts =
        pwi_alloc_zeroed(&job->ctx->allocator, 2 * job->n_prompts, sizeof(*track->texts));
    if (track->texts == NULL)
        return pwi_fail_memory(job->err);
    for (size_t i = 0; i < job->n_prompts; i++)
        PWI_TRY(parse(job, track, i, PWI_POSITIVE));
    for (size_t i = 0; i < job->n_prompts && job->has_negative; i++)
        if (!job->is_zero[i] || job->plans_zeros)
            PWI_TRY(parse(job, track, i, PWI_NEGATIVE));
    return PW_OK;
}

static pw_status make_plan(const pwi_job *job, pwi_track *track)
{
    const pw_allocator *allocator = &job->ctx->allocator;
    const pw_prompt **prompts = PWI_ARRAY(allocator, const pw_prompt *, track->n_texts);
    pw_plan_options options = job->options.plan;
    pw_status status;

    if (prompts == NULL)
        return pwi_fail_memory(job->err);
    for (size_t i = 0; i < track->n_texts; i++)
        prompts[i] = track->texts[i].prompt;
    options.wants_pooled = track->is_pooled;
    options.is_one_batch = false;
    options.equalizes = true;
    options.n_rows_min = track->n_rows_min;
    status = pw_plan_create(&track->plan, job->ctx, prompts, track->n_texts,
                            &track->prompt_encoder, &options, job->err);
    pwi_free_array(allocator, prompts, track->n_texts, sizeof(*prompts));
    if (status != PW_OK && track->n_texts == 1)
        return name_text(job, track->texts, status);
    return status;
}

static size_t longest(const pw_plan *plan, bool *are_equal)
{
    size_t n = 0;

    *are_equal = true;
    for (size_t i = 0; i < pw_plan_n_sequences(plan); i++) {
        const size_t n_tokens = pw_plan_sequence(plan, i)->n_tokens;

        *are_equal = *are_equal && (i == 0 || n_tokens == n);
        n = n_tokens > n ? n_tokens : n;
    }
    return n;
}

/* Without pads, or padded to the longest: only what one chunk holds can be brought to a length
 * of its own. */
static pw_status settle_length(const pwi_job *job, pwi_track *track)
{
    const pw_length_rule rule = job->options.length;
    bool are_equal;
    size_t n;

    if (rule != PW_LENGTH_LONGEST && rule != PW_LENGTH_NONE)
        return PW_OK;
    n = longest(track->plan, &are_equal);
    if (are_equal)
        return PW_OK;
    if (rule == PW_LENGTH_NONE)
        return PWI_FAIL(
            job->err, PW_ERR_ARGUMENT,
            "without padding, prompts of one file must be equally long, and these "
            "are not (the longest has %zu tokens): write a file for each, or pad to "
            "the longest",
            n);
    pw_plan_free(track->plan);
    track->plan = NULL;
    track->prompt_encoder.length_max = n;
    track->prompt_encoder.pad_to_max = true;
    return make_plan(job, track);
}

/* ---- Outputs. */

static pw_status index_outputs(const pwi_job *job, pwi_track *track)
{
    size_t k = 0;

    track->first_outputs = PWI_ARRAY(&job->ctx->allocator, size_t, track->n_texts + 1);
    if (track->first_outputs == NULL)
        return pwi_fail_memory(job->err);
    for (size_t i = 0; i < track->n_texts; i++) {
        track->first_outputs[i] = k;
        k += pw_prompt_n_conditions(track->texts[i].prompt);
    }
    track->first_outputs[track->n_texts] = k;
    return PW_OK;
}

/* What the plan met. Whether a prompt means what its author thinks is for those to tell who
 * show it: pw_prompt_warning_at. */
static void warn_all(const pwi_job *job, const pwi_track *track)
{
    for (size_t i = 0; i < pw_plan_n_warnings(track->plan); i++)
        pwi_warn(job->ctx, track->row->encoder.name, "%s", pw_plan_warning(track->plan, i));
}

static void drop_plan(const pwi_job *job, pwi_track *track)
{
    const pw_allocator *allocator = &job->ctx->allocator;

    for (size_t i = 0; i < track->n_texts; i++)
        pw_prompt_free((pw_prompt *)(uintptr_t)track->texts[i].prompt);
    pwi_free_array(allocator, track->texts, 2 * job->n_prompts, sizeof(*track->texts));
    pwi_free_array(allocator, track->first_outputs, track->n_texts + 1,
                   sizeof(*track->first_outputs));
    pw_plan_free(track->plan);
    track->texts = NULL;
    track->first_outputs = NULL;
    track->plan = NULL;
    track->n_texts = 0;
}

pw_status pwi_track_plan(const pwi_job *job, pwi_track *track)
{
    drop_plan(job, track);
    PWI_TRY(parse_all(job, track));
    PWI_TRY(make_plan(job, track));
    PWI_TRY(settle_length(job, track));
    return index_outputs(job, track);
}

pw_status pwi_track_begin(const pwi_job *job, pwi_track *track)
{
    const pw_planned planned = {.i_encoder = track->i,
                                .plan = track->plan,
                                .texts = track->texts,
                                .n_texts = track->n_texts,
                                .layer = track->model.n_layers + 1 +
                                         track->layers[PWI_POSITIVE].layer};

    if (job->options.embeddings != NULL)
        PWI_TRY(
            pw_embeddings_load_used(job->options.embeddings, track->i, track->plan, job->err));
    warn_all(job, track);
    if (job->options.on_plan != NULL)
        job->options.on_plan(job->options.user, &planned);
    return PW_OK;
}

void pwi_track_free(const pwi_job *job, pwi_track *track)
{
    drop_plan(job, track);
}

size_t pwi_track_n_rows(const pwi_track *track, pwi_side side)
{
    size_t most = 0;

    for (size_t i = 0; i < track->n_texts; i++)
        for (size_t k = track->first_outputs[i]; k < track->first_outputs[i + 1]; k++) {
            const size_t n = pw_plan_output_at(track->plan, k)->n_rows;

            if (track->texts[i].is_negative == (side == PWI_NEGATIVE) && n > most)
                most = n;
        }
    return most;
}

size_t pwi_track_n_conditions(const pwi_track *track, size_t i_prompt, pwi_side side)
{
    const size_t i = pwi_track_text(track, i_prompt, side);

    return i == SIZE_MAX ? 1 : track->first_outputs[i + 1] - track->first_outputs[i];
}

size_t pwi_track_output(const pwi_track *track, size_t i_prompt, pwi_side side,
                        size_t i_condition)
{
    const size_t i = pwi_track_text(track, i_prompt, side);

    return i == SIZE_MAX ? SIZE_MAX : track->first_outputs[i] + i_condition;
}
