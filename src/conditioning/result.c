/* SPDX-License-Identifier: MIT */
/* The tensors of a call: made by the recipe's list of outputs, then filled by the encoders, one
 * after the other. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/checked.h"
#include "conditioning/job.h"

/* Rows that an encoder leaves in memory of their own and that then go beside another's. */
typedef struct placement {
    const float *from; /* NULL: zeros */
    float *to;
    size_t n_rows, width, stride;
} placement;

struct result {
    pwi_job *job;
    pwi_arena arena;
    const pwi_track *track; /* whose turn it is */
    size_t column;          /* of its rows in ROWS */
    size_t width;           /* of ROWS */
    pwi_wanted wanted;      /* of the track */
    placement *placements;  /* [n_placements] */
    size_t n_placements;
    size_t n_rows[PWI_N_SIDES]; /* of the condition at hand */
};

static pw_status out_of_memory(const struct result *result)
{
    return pwi_fail_memory(result->job->err);
}

/* ---- Names. */

static void name_tensor(const pwi_job *job, pwi_side side, size_t i_condition, const char *base,
                        char *out, size_t size)
{
    const char *prefix = side == PWI_NEGATIVE ? "negative_" : "";

    if (job->n_conditions[side] > 1)
        snprintf(out, size, "%s%s.%zu", prefix, base, i_condition);
    else
        snprintf(out, size, "%s%s", prefix, base);
}

/* `only` names a tensor, or one with its condition's number. */
static bool is_named(const char *only, const char *name)
{
    const size_t size = strlen(only);

    return strncmp(name, only, size) == 0 &&
           (name[size] == '\0' || (name[size] == '.' && strspn(name + size + 1, "0123456789") ==
                                                            strlen(name + size + 1)));
}

static bool is_wanted(const pwi_job *job, const char *name)
{
    for (size_t i = 0; i < job->options.n_only; i++)
        if (is_named(job->options.only[i], name))
            return true;
    return job->options.n_only == 0;
}

/* The tensor's memory, or NULL in *data where nobody wants it. It is made once; the next
 * encoder finds it. */
static pw_status open_tensor(const pwi_job *job, const char *name, pw_dtype dtype, int32_t rank,
                             const int64_t *shape, void **data)
{
    const pw_tensor *tensor;

    *data = NULL;
    if (!is_wanted(job, name))
        return PW_OK;
    tensor = pw_tensor_set_find(job->set, name);
    if (tensor != NULL)
        *data = tensor->data;
    else
        PWI_TRY(pw_tensor_set_add(job->set, name, dtype, rank, shape, data, job->err));
    return PW_OK;
}

/* ---- Rows of a side. */

static pw_status merge_rows(const pwi_job *job, size_t n, bool is_same_encoder, size_t *n_rows)
{
    if (*n_rows == 0 || n == *n_rows) {
        *n_rows = n;
        return PW_OK;
    }
    if (!is_same_encoder && job->recipe.policy->unequal == PWI_UNEQUAL_CUT) {
        *n_rows = n < *n_rows ? n : *n_rows;
        return PW_OK;
    }
    return PWI_FAIL(job->err, PW_ERR_ARGUMENT,
                    is_same_encoder
                        ? "prompts of one file must give as many rows, and one gives %zu, "
                          "another %zu: write a file for each"
                        : "the encoders' texts must give as many rows, and one gives %zu, the "
                          "other %zu: make them equally long",
                    *n_rows, n);
}

/* Rows of a side's tensors; zeros are as many as the prompts' rows. */
static pw_status count_rows(struct result *result, pwi_side side, size_t i_condition)
{
    const pwi_job *job = result->job;
    size_t n_rows = 0;

    for (size_t t = 0; t < job->recipe.n_encoders; t++) {
        size_t n_of_track = 0;

        for (size_t p = 0; p < job->n_prompts; p++) {
            const size_t k = pwi_track_output(&job->tracks[t], p, side, i_condition);

            if (k != SIZE_MAX)
                PWI_TRY(merge_rows(job, pw_plan_output_at(job->tracks[t].plan, k)->n_rows, true,
                                   &n_of_track));
        }
        if (n_of_track != 0)
            PWI_TRY(merge_rows(job, n_of_track, false, &n_rows));
    }
    result->n_rows[side] = n_rows != 0 ? n_rows : result->n_rows[PWI_POSITIVE];
    return PW_OK;
}

/* ---- What is wanted of the track. */

/* The entry of a layer that takes outputs of this side: one entry may serve both. */
static pw_status want_layer(struct result *result, pwi_layer layer, bool shared,
                            pwi_rows_wanted **out)
{
    const size_t n_outputs = pw_plan_n_outputs(result->track->plan);
    pwi_wanted *wanted = &result->wanted;
    pwi_rows_wanted *entry;

    for (size_t i = 0; shared && i < wanted->n_rows; i++) {
        *out = &wanted->rows[i];
        if ((*out)->layer.layer == layer.layer && (*out)->layer.final_norm == layer.final_norm)
            return PW_OK;
    }
    entry = &wanted->rows[wanted->n_rows];
    entry->layer = layer;
    entry->out = pwi_arena_alloc(&result->arena, n_outputs * sizeof(*entry->out));
    if (entry->out == NULL)
        return out_of_memory(result);
    for (size_t k = 0; k < n_outputs; k++)
        entry->out[k] = NULL;
    wanted->n_rows++;
    *out = entry;
    return PW_OK;
}

/* Where the rows of output k go: to `to` at once if they are whole rows of the tensor, else by
 * way of memory of their own. */
static pw_status aim(struct result *result, pwi_rows_wanted *entry, size_t k, size_t n_rows,
                     size_t stride, float *to)
{
    const pw_plan_output *output = pw_plan_output_at(result->track->plan, k);
    const size_t width = (size_t)result->track->model.width;
    placement *placed;

    if (stride == width && output->n_rows == n_rows) {
        entry->out[k] = to;
        return PW_OK;
    }
    entry->out[k] =
        pwi_arena_alloc(&result->arena, output->n_rows * width * sizeof(*entry->out[k]));
    placed = &result->placements[result->n_placements];
    if (entry->out[k] == NULL)
        return out_of_memory(result);
    *placed = (placement){entry->out[k], to, n_rows, width, stride};
    result->n_placements++;
    return PW_OK;
}

/* The rows of output k's own chunks become zeros; what fills them up stays. */
static void erase(struct result *result, size_t k, float *to, size_t stride)
{
    const pw_plan_output *output = pw_plan_output_at(result->track->plan, k);
    size_t n_rows = 0;

    for (size_t i = 0; i < output->n_chunks; i++)
        n_rows += output->chunks[i].n_tokens;
    result->placements[result->n_placements++] =
        (placement){NULL, to, n_rows, (size_t)result->track->model.width, stride};
}

/* [B, T, stride], of which the track fills columns from `column` on. */
static pw_status want_rows(struct result *result, pwi_side side, size_t i_condition,
                           const char *name, pwi_layer layer, size_t stride, size_t column,
                           bool shared)
{
    const pwi_job *job = result->job;
    const size_t n_rows = result->n_rows[side];
    const int64_t shape[3] = {(int64_t)job->n_prompts, (int64_t)n_rows, (int64_t)stride};
    pwi_rows_wanted *entry = NULL;
    void *data;

    PWI_TRY(open_tensor(job, name, PW_F32, 3, shape, &data));
    for (size_t p = 0; data != NULL && p < job->n_prompts; p++) {
        const size_t k = pwi_track_output(result->track, p, side, i_condition);

        if (k == SIZE_MAX)
            continue;
        if (entry == NULL)
            PWI_TRY(want_layer(result, layer, shared, &entry));
        PWI_TRY(aim(result, entry, k, n_rows, stride,
                    (float *)data + p * n_rows * stride + column));
        if (side == PWI_NEGATIVE && job->is_zero[p])
            erase(result, k, (float *)data + p * n_rows * stride + column, stride);
    }
    return PW_OK;
}

static pw_status want_pooled(struct result *result, pwi_side side, size_t i_condition,
                             const char *name, size_t width, bool is_row, float ***out)
{
    const pwi_job *job = result->job;
    const size_t n_outputs = pw_plan_n_outputs(result->track->plan);
    const int64_t shape[3] = {(int64_t)job->n_prompts, is_row ? 1 : (int64_t)width,
                              (int64_t)width};
    void *data;

    if (!result->track->is_pooled)
        return PW_OK;
    PWI_TRY(open_tensor(job, name, PW_F32, is_row ? 3 : 2, shape, &data));
    if (data == NULL)
        return PW_OK;
    if (*out == NULL) {
        *out = pwi_arena_alloc(&result->arena, n_outputs * sizeof(**out));
        if (*out == NULL)
            return out_of_memory(result);
        for (size_t k = 0; k < n_outputs; k++)
            (*out)[k] = NULL;
    }
    for (size_t p = 0; p < job->n_prompts; p++) {
        const size_t k = pwi_track_output(result->track, p, side, i_condition);

        if (k != SIZE_MAX && !(side == PWI_NEGATIVE && job->is_zero[p]))
            (*out)[k] = (float *)data + p * width;
    }
    return PW_OK;
}

static pw_status want_embeds(struct result *result, pwi_side side, size_t i_condition,
                             const char *name, bool is_row)
{
    if (result->track->is_pooled && result->track->model.projection == 0)
        return PWI_FAIL(result->job->err, PW_ERR_UNSUPPORTED,
                        "recipe %s needs text_embeds of %s, but its file holds no "
                        "text_projection",
                        result->job->recipe.name, result->track->row->encoder.name);
    return want_pooled(result, side, i_condition, name, (size_t)result->track->model.projection,
                       is_row, &result->wanted.embeds);
}

static pw_status want_integers(struct result *result, pwi_side side, size_t i_condition,
                               const char *name, bool is_mask)
{
    const pwi_job *job = result->job;
    const size_t n_rows = result->n_rows[side];
    const int64_t shape[2] = {(int64_t)job->n_prompts, (int64_t)n_rows};
    void *data;

    if (result->track->i != 0)
        return PW_OK;
    PWI_TRY(open_tensor(job, name, PW_I64, 2, shape, &data));
    for (size_t p = 0; data != NULL && p < job->n_prompts; p++) {
        const size_t k = pwi_track_output(result->track, p, side, i_condition);
        int64_t *row = (int64_t *)data + p * n_rows;

        if (k != SIZE_MAX)
            pwi_output_ids(job, result->track, k, is_mask ? NULL : row, is_mask ? row : NULL);
    }
    return PW_OK;
}

/* ---- hidden_states.N, by its number from 0; a layer named twice stands once. */

static pw_status want_hidden_state(struct result *result, pwi_side side, size_t i_condition,
                                   const char *base, int32_t layer)
{
    const pwi_job *job = result->job;
    const int32_t n_layers = result->track->model.n_layers,
                  from_zero = layer < 0 ? layer + n_layers + 1 : layer;
    char name[64], whole[96];

    if (from_zero < 0 || from_zero > n_layers)
        return PWI_FAIL(
            job->err, PW_ERR_ARGUMENT,
            "there is no hidden state %d: this encoder has 0 (embeddings) to %d, or -%d to -1",
            (int)layer, (int)n_layers, (int)n_layers + 1);
    snprintf(name, sizeof(name), "%s.%d", base, (int)from_zero);
    name_tensor(job, side, i_condition, name, whole, sizeof(whole));
    if (pw_tensor_set_find(job->set, whole) != NULL)
        return PW_OK;
    return want_rows(result, side, i_condition, whole,
                     (pwi_layer){from_zero - n_layers - 1, job->options.hidden_norm},
                     (size_t)result->track->model.width, 0, false);
}

static pw_status want_hidden_states(struct result *result, pwi_side side, size_t i_condition,
                                    const char *base)
{
    const pw_conditioning_options *options = &result->job->options;

    for (int32_t i = 0; options->all_hidden_states && i <= result->track->model.n_layers; i++)
        PWI_TRY(want_hidden_state(result, side, i_condition, base, i));
    for (size_t i = 0; i < options->n_hidden_states; i++)
        PWI_TRY(want_hidden_state(result, side, i_condition, base, options->hidden_states[i]));
    return PW_OK;
}

static pw_status want_output(struct result *result, pwi_side side, size_t i_condition,
                             const pwi_recipe_output *output)
{
    const pwi_track *track = result->track;
    char name[64];

    name_tensor(result->job, side, i_condition, output->name, name, sizeof(name));
    switch (output->kind) {
    case PWI_OUTPUT_IDS:
    case PWI_OUTPUT_MASK:
        return want_integers(result, side, i_condition, name, output->kind == PWI_OUTPUT_MASK);
    case PWI_OUTPUT_ROWS:
        return want_rows(result, side, i_condition, name, track->layers[side], result->width,
                         result->column, true);
    case PWI_OUTPUT_POOLED:
        return want_pooled(result, side, i_condition, name, (size_t)track->model.width, false,
                           &result->wanted.pooled);
    case PWI_OUTPUT_EMBEDS_IF_ANY:
        if (track->model.projection == 0)
            return PW_OK;
        return want_embeds(result, side, i_condition, name, false);
    case PWI_OUTPUT_EMBEDS:
    case PWI_OUTPUT_EMBEDS_AS_ROW:
        return want_embeds(result, side, i_condition, name,
                           output->kind == PWI_OUTPUT_EMBEDS_AS_ROW);
    case PWI_OUTPUT_HIDDEN_STATES:
        return want_hidden_states(result, side, i_condition, output->name);
    }
    return PW_ERR_ARGUMENT;
}

static pw_status want_condition(struct result *result, pwi_side side, size_t i_condition)
{
    const pwi_recipe_output *output;

    PWI_TRY(count_rows(result, side, i_condition));
    for (size_t i = 0; (output = pwi_recipe_output_at(&result->job->recipe, i)) != NULL; i++)
        PWI_TRY(want_output(result, side, i_condition, output));
    return PW_OK;
}

/* ---- One track after the other. */

static void place_rows(const placement *placed)
{
    for (size_t i = 0; i < placed->n_rows; i++) {
        float *row = placed->to + i * placed->stride;

        if (placed->from == NULL)
            memset(row, 0, placed->width * sizeof(*row));
        else
            memcpy(row, placed->from + i * placed->width, placed->width * sizeof(*row));
    }
}

/* Entries and placements: at most one entry for each layer, and two placements for it and an
 * output. */
static pw_status begin_track(struct result *result, const pwi_track *track)
{
    const pw_conditioning_options *options = &result->job->options;
    const size_t n_layers =
        2 + 2 * (options->n_hidden_states +
                 (options->all_hidden_states ? (size_t)track->model.n_layers + 1 : 0));
    size_t n_conditions = result->job->n_conditions[0] + result->job->n_conditions[1], n;

    result->track = track;
    result->wanted = (pwi_wanted){.n_rows = 0};
    result->n_placements = 0;
    if (!pwi_mul_size(n_layers * n_conditions, sizeof(*result->wanted.rows), &n))
        return out_of_memory(result);
    result->wanted.rows = pwi_arena_alloc(&result->arena, n);
    if (!pwi_mul_size(n_layers,
                      2 * pw_plan_n_outputs(track->plan) * sizeof(*result->placements), &n))
        return out_of_memory(result);
    result->placements = pwi_arena_alloc(&result->arena, n);
    return result->wanted.rows == NULL || result->placements == NULL ? out_of_memory(result)
                                                                     : PW_OK;
}

static pw_status fill_track(struct result *result, const pwi_track *track)
{
    pwi_job *job = result->job;

    PWI_TRY(begin_track(result, track));
    for (size_t c = 0; c < job->n_conditions[PWI_POSITIVE]; c++)
        PWI_TRY(want_condition(result, PWI_POSITIVE, c));
    for (size_t c = 0; job->has_negative && c < job->n_conditions[PWI_NEGATIVE]; c++)
        PWI_TRY(want_condition(result, PWI_NEGATIVE, c));
    PWI_TRY(pwi_track_run(job, track, &result->wanted));
    for (size_t i = 0; i < result->n_placements; i++)
        place_rows(&result->placements[i]);
    return PW_OK;
}

/* Every name of `only` must have become a tensor. */
static pw_status check_only(const pwi_job *job)
{
    for (size_t i = 0; i < job->options.n_only; i++) {
        bool is_there = false;

        for (size_t k = 0; k < pw_tensor_set_n(job->set); k++)
            is_there =
                is_there || is_named(job->options.only[i], pw_tensor_set_name(job->set, k));
        if (!is_there)
            return PWI_FAIL(job->err, PW_ERR_NOT_FOUND,
                            "there is no tensor \"%.64s\" in recipe %s with these options "
                            "(docs/conditioning.md lists what it has; negative_... with a "
                            "negative, hidden_states.N when asked)",
                            job->options.only[i], job->recipe.name);
    }
    return PW_OK;
}

pw_status pwi_job_fill(pwi_job *job)
{
    struct result result = {.job = job};
    pw_status status = PW_OK;

    pwi_arena_init(&result.arena, &job->ctx->allocator);
    for (size_t t = 0; t < job->recipe.n_encoders; t++)
        result.width += (size_t)job->tracks[t].model.width;
    for (size_t t = 0; status == PW_OK && t < job->recipe.n_encoders; t++) {
        status = fill_track(&result, &job->tracks[t]);
        result.column += (size_t)job->tracks[t].model.width;
    }
    pwi_arena_free(&result.arena);
    return status == PW_OK ? check_only(job) : status;
}
