/* SPDX-License-Identifier: MIT */
/* Writing the manifest. */
#include <string.h>

#include <padwise/version.h>

#include "conditioning/manifest.h"
#include "formats/json.h"

static void put_key(pwi_buf *buf, const char *key)
{
    if (buf->size > 0 && buf->data[buf->size - 1] != '{')
        pwi_buf_byte(buf, ',');
    pwi_buf_format(buf, "\"%s\":", key);
}

static void put_text(pwi_buf *buf, const char *key, const char *text)
{
    put_key(buf, key);
    pwi_json_put_string(buf, text, strlen(text));
}

static void put_bool(pwi_buf *buf, const char *key, bool value)
{
    put_key(buf, key);
    pwi_buf_text(buf, value ? "true" : "false");
}

static void put_integer(pwi_buf *buf, const char *key, int64_t value)
{
    put_key(buf, key);
    pwi_json_put_i64(buf, value);
}

const char *pwi_length_rule_name(pw_length_rule rule)
{
    static const char *const names[] = {"model", "longest", "none"};

    return rule == PW_LENGTH_FIXED ? NULL : names[rule];
}

static void put_length(pwi_buf *buf, const pw_conditioning_options *options)
{
    const char *name = pwi_length_rule_name(options->length);

    if (name != NULL)
        put_text(buf, "length", name);
    else
        put_integer(buf, "length", (int64_t)options->n_length);
}

const char *pwi_sequence_mask_name(pw_sequence_mask mask)
{
    static const char *const names[] = {"none", "hf", "lecture", "comfyui"};

    return names[mask];
}

/* The ids as the encoder got them, their weights, and how many are no pads. */
static void put_chunk(pwi_buf *buf, const pw_prompt_encoder *encoder, const pw_chunk *chunk)
{
    const size_t n_added = (size_t)(encoder->start_id >= 0) + (size_t)(encoder->end_id >= 0);

    pwi_buf_text(buf, "{\"ids\":[");
    for (size_t i = 0; i < chunk->n_tokens; i++)
        pwi_buf_format(buf, "%s%d", i > 0 ? "," : "", (int)chunk->ids[i]);
    pwi_buf_text(buf, "],\"weights\":[");
    for (size_t i = 0; i < chunk->n_tokens; i++) {
        if (i > 0)
            pwi_buf_byte(buf, ',');
        if (chunk->weights[i] == 1.0)
            pwi_buf_byte(buf, '1');
        else
            pwi_json_put_f64(buf, chunk->weights[i]);
    }
    pwi_buf_format(buf, "],\"n_tokens\":%zu}", chunk->n_content + n_added);
}

/* The chunks of every condition of a text, for one encoder. */
static void put_chunks(pwi_buf *buf, const pwi_track *track, size_t i_prompt, pwi_side side)
{
    const size_t n_conditions = pwi_track_n_conditions(track, i_prompt, side);
    bool is_first = true;

    pwi_buf_format(buf, ",\"%schunks", side == PWI_NEGATIVE ? "negative_" : "");
    if (track->i > 0)
        pwi_buf_format(buf, "_%zu", track->i + 1);
    pwi_buf_text(buf, "\":[");
    for (size_t c = 0; c < n_conditions; c++) {
        const size_t k = pwi_track_output(track, i_prompt, side, c);
        const pw_plan_output *output = k == SIZE_MAX ? NULL : pw_plan_output_at(track->plan, k);

        for (size_t i = 0; output != NULL && i < output->n_chunks; i++) {
            if (!is_first)
                pwi_buf_byte(buf, ',');
            is_first = false;
            put_chunk(buf, &track->prompt_encoder, &output->chunks[i]);
        }
    }
    pwi_buf_byte(buf, ']');
}

static size_t n_cut(const pwi_track *track, size_t i_prompt, pwi_side side)
{
    const size_t k = pwi_track_output(track, i_prompt, side, 0);

    return k == SIZE_MAX ? 0 : pw_plan_output_at(track->plan, k)->n_cut;
}

static void put_optional_text(pwi_buf *buf, const char *key, pw_text text)
{
    put_key(buf, key);
    if (text.bytes == NULL)
        pwi_buf_text(buf, "null");
    else
        pwi_json_put_string(buf, text.bytes, text.size);
}

static void put_prompt(pwi_buf *buf, const pwi_job *job, size_t i)
{
    static const char *const seconds[] = {"prompt_2", "prompt_3", "negative_2", "negative_3"};
    const pw_prompt_texts *texts = &job->prompts[i];
    const pw_text all[] = {texts->prompt_2, texts->prompt_3, texts->negative_2,
                           texts->negative_3};

    pwi_buf_byte(buf, '{');
    put_optional_text(buf, "prompt", texts->prompt);
    put_optional_text(buf, "negative", texts->negative);
    for (size_t k = 0; k < sizeof(all) / sizeof(*all); k++)
        if (all[k].bytes != NULL && job->recipe.n_encoders > 1)
            put_optional_text(buf, seconds[k], all[k]);
    for (size_t t = 0; t < job->recipe.n_encoders; t++)
        put_chunks(buf, &job->tracks[t], i, PWI_POSITIVE);
    put_integer(buf, "n_cut", (int64_t)n_cut(&job->tracks[0], i, PWI_POSITIVE));
    if (job->has_negative) {
        for (size_t t = 0; t < job->recipe.n_encoders; t++)
            put_chunks(buf, &job->tracks[t], i, PWI_NEGATIVE);
        put_integer(buf, "negative_n_cut", (int64_t)n_cut(&job->tracks[0], i, PWI_NEGATIVE));
    }
    pwi_buf_byte(buf, '}');
}

/* Which condition holds up to which step, and what weight its part of AND has. */
static void put_conditions(pwi_buf *buf, const pwi_job *job, pwi_side side)
{
    const pwi_track *track = &job->tracks[0];
    const size_t i_text = pwi_track_text(track, 0, side);
    const pw_prompt *prompt;

    if (job->n_conditions[side] < 2 || i_text == SIZE_MAX)
        return;
    prompt = track->texts[i_text].prompt;
    put_key(buf, side == PWI_NEGATIVE ? "negative_schedule" : "schedule");
    pwi_buf_byte(buf, '[');
    for (size_t i = 0; i < pw_prompt_n_conditions(prompt); i++) {
        const pw_condition *condition = pw_prompt_condition(prompt, i);

        pwi_buf_format(buf, "%s{\"until_step\":%d,\"i\":%zu", i > 0 ? "," : "",
                       (int)condition->until_step, i);
        if (pw_prompt_n_parts(prompt) > 1)
            pwi_buf_format(buf, ",\"part\":%zu", condition->i_part);
        pwi_buf_byte(buf, '}');
    }
    pwi_buf_byte(buf, ']');
    if (pw_prompt_n_parts(prompt) < 2)
        return;
    put_key(buf, side == PWI_NEGATIVE ? "negative_conjunction" : "conjunction");
    pwi_buf_byte(buf, '[');
    for (size_t i = 0; i < pw_prompt_n_conditions(prompt); i++) {
        const size_t i_part = pw_prompt_condition(prompt, i)->i_part;

        pwi_buf_format(buf, "%s{\"i\":%zu,\"weight\":", i > 0 ? "," : "", i);
        pwi_json_put_f64(buf, pw_prompt_part_at(prompt, i_part)->weight);
        pwi_buf_byte(buf, '}');
    }
    pwi_buf_byte(buf, ']');
}

/* What of the recipe's tensors was asked for. */
static void put_selection(pwi_buf *buf, const pw_conditioning_options *options)
{
    if (options->all_hidden_states) {
        put_text(buf, "hidden", "all");
    } else if (options->n_hidden_states > 0) {
        put_key(buf, "hidden");
        for (size_t i = 0; i < options->n_hidden_states; i++)
            pwi_buf_format(buf, "%s%d", i > 0 ? "," : "[", (int)options->hidden_states[i]);
        pwi_buf_byte(buf, ']');
    }
    if (options->hidden_norm)
        put_bool(buf, "hidden_norm", true);
    if (options->n_only > 0) {
        put_key(buf, "only");
        for (size_t i = 0; i < options->n_only; i++) {
            pwi_buf_byte(buf, i > 0 ? ',' : '[');
            pwi_json_put_string(buf, options->only[i], strlen(options->only[i]));
        }
        pwi_buf_byte(buf, ']');
    }
}

static void put_model(pwi_buf *buf, const pw_model_info *model)
{
    pwi_buf_byte(buf, '{');
    put_text(buf, "name", model->name);
    put_text(buf, "fingerprint", model->fingerprint);
    pwi_buf_byte(buf, '}');
}

/* "model" is the first encoder's; where there are several, "models" names them all. */
static void put_models(pwi_buf *buf, const pwi_job *job)
{
    put_key(buf, "model");
    put_model(buf, &job->tracks[0].model);
    if (job->recipe.n_encoders > 1) {
        put_key(buf, "models");
        for (size_t t = 0; t < job->recipe.n_encoders; t++) {
            pwi_buf_byte(buf, t > 0 ? ',' : '[');
            put_model(buf, &job->tracks[t].model);
        }
        pwi_buf_byte(buf, ']');
    }
    put_bool(buf, "builtin", job->tracks[0].model.is_builtin);
    if (job->tracks[0].model.is_builtin)
        put_text(buf, "note", "the built-in model is untrained: its numbers mean nothing");
}

/* Of the first encoder; the recipe and the flavour say the others'. */
static void put_tokenizing(pwi_buf *buf, const pwi_track *track)
{
    put_text(buf, "tokenizer_mode", pw_tokenizer_mode_name(track->tokenizer.mode));
    put_bool(buf, "pad_bang", track->tokenizer.pad_bang);
    put_text(buf, "activation", pw_activation_name(track->model.activation));
    put_text(buf, "pool", pw_pool_rule_name(track->model.pool));
    put_text(buf, "mask", pwi_sequence_mask_name(track->prompt_encoder.mask));
}

/* How the dialect read, chunked and weighed, where that is not its default. */
static void put_dialect_options(pwi_buf *buf, const pwi_job *job)
{
    const pw_conditioning_options *options = &job->options;
    pw_conditioning_options plain;

    pw_conditioning_options_init(&plain);
    if (options->clip_skip != PW_CLIP_SKIP_NONE)
        put_integer(buf, "clip_skip", options->clip_skip);
    if (options->prompt.steps != plain.prompt.steps)
        put_integer(buf, "steps", options->prompt.steps);
    if (options->prompt.hires_steps != plain.prompt.hires_steps)
        put_integer(buf, "hires_steps", options->prompt.hires_steps);
    if (options->prompt.emphasis != plain.prompt.emphasis)
        put_text(buf, "emphasis", pw_emphasis_name(options->prompt.emphasis));
    if (options->plan.comma_backtrack != plain.plan.comma_backtrack)
        put_integer(buf, "backtrack", options->plan.comma_backtrack);
    if (options->force_zeros != PW_CHOICE_DEFAULT)
        put_bool(buf, "force_zeros", options->force_zeros == PW_CHOICE_YES);
    if (options->pooled != NULL)
        put_text(buf, "pooled", options->pooled);
    if (options->no_negative)
        put_bool(buf, "no_negative", true);
}

void pwi_manifest_write(pwi_buf *buf, const pwi_job *job)
{
    const pwi_track *first = &job->tracks[0];

    pwi_buf_byte(buf, '{');
    put_text(buf, "version", pw_version());
    put_models(buf, job);
    put_text(buf, "recipe", job->recipe.name);
    put_text(buf, "flavour", job->recipe.flavour);
    put_text(buf, "dialect", job->dialect);
    put_tokenizing(buf, first);
    put_length(buf, &job->options);
    if (job->recipe.n_encoders == 1 || job->options.pad_id >= 0) /* else each has its own */
        put_integer(buf, "pad_id", first->prompt_encoder.pad_id);
    put_dialect_options(buf, job);
    put_text(buf, "precision", pw_precision_name(first->model.precision));
    put_text(buf, "level", pw_level_name(first->model.level));
    put_selection(buf, &job->options);
    put_conditions(buf, job, PWI_POSITIVE);
    put_conditions(buf, job, PWI_NEGATIVE);
    put_key(buf, "prompts");
    for (size_t i = 0; i < job->n_prompts; i++) {
        pwi_buf_byte(buf, i > 0 ? ',' : '[');
        put_prompt(buf, job, i);
    }
    pwi_buf_byte(buf, ']');
    put_text(buf, "edits", "");
    pwi_buf_byte(buf, '}');
}
