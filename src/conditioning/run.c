/* SPDX-License-Identifier: MIT */
/* One encoder's part of a call from its plan on: the plan's sequences through the encoder, all
 * of one length in one batch, and the weighting of what comes out. */
#include <string.h>

#include "base/arena.h"
#include "base/checked.h"
#include "conditioning/job.h"

/* Prompts whose rows are computed in one piece. */
#define SESSION_PROMPTS 16

/* Sequences of one length: places [first, first + n) of the run's order. */
struct group {
    size_t first, n, n_tokens;
    size_t first_row;
};

struct run {
    const pwi_job *job;
    const pwi_track *track;
    const pwi_wanted *wanted;
    pwi_arena arena;
    size_t *order;     /* [n] the plan's sequences that are encoded, by length */
    size_t *places;    /* [sequences of the plan] in the order; SIZE_MAX: not encoded */
    size_t *first_row; /* [sequences of the plan] */
    size_t n, n_rows;
    size_t *bases;  /* [n_embeddings] an embedding's first vector; SIZE_MAX: not used */
    float *vectors; /* [n_vectors, D] of the embeddings that are used */
    size_t n_vectors;
    float *values; /* every wanted layer [n_rows, D], then pooled [n, D] and embeds [n, P] */
    size_t n_values;
    float *pooled, *embeds; /* in values */
};

static pw_status out_of_memory(const struct run *run)
{
    return pwi_fail_memory(run->job->err);
}

static bool is_encoded(const struct run *run, const pw_sequence *sequence)
{
    return sequence->needs_pooled || (run->wanted->n_rows > 0 && sequence->needs_rows);
}

/* The least length above `length`, 0 where there is none. */
static size_t next_length(const struct run *run, size_t length)
{
    const pw_plan *plan = run->track->plan;
    size_t least = 0;

    for (size_t i = 0; i < pw_plan_n_sequences(plan); i++) {
        const pw_sequence *sequence = pw_plan_sequence(plan, i);

        if (is_encoded(run, sequence) && sequence->n_tokens > length &&
            (least == 0 || sequence->n_tokens < least))
            least = sequence->n_tokens;
    }
    return least;
}

/* Give the sequences of a length their places and rows. */
static void place_group(struct run *run, size_t n_tokens)
{
    const pw_plan *plan = run->track->plan;

    for (size_t i = 0; i < pw_plan_n_sequences(plan); i++) {
        const pw_sequence *sequence = pw_plan_sequence(plan, i);

        if (sequence->n_tokens != n_tokens || !is_encoded(run, sequence))
            continue;
        run->places[i] = run->n;
        run->first_row[i] = run->n_rows;
        run->order[run->n++] = i;
        run->n_rows += n_tokens;
    }
}

static pw_status place_all(struct run *run)
{
    const size_t n = pw_plan_n_sequences(run->track->plan);

    run->order = pwi_arena_alloc(&run->arena, n * sizeof(*run->order));
    run->places = pwi_arena_alloc(&run->arena, n * sizeof(*run->places));
    run->first_row = pwi_arena_alloc(&run->arena, n * sizeof(*run->first_row));
    if (run->order == NULL || run->places == NULL || run->first_row == NULL)
        return out_of_memory(run);
    for (size_t i = 0; i < n; i++)
        run->places[i] = SIZE_MAX;
    for (size_t length = next_length(run, 0); length != 0; length = next_length(run, length))
        place_group(run, length);
    return PW_OK;
}

static pw_status allocate_values(struct run *run)
{
    const size_t width = (size_t)run->track->model.width,
                 projection = (size_t)run->track->model.projection;
    const pwi_wanted *wanted = run->wanted;
    size_t n_layer, n_layers, n_pooled, bytes;

    if (!pwi_mul_size(run->n_rows, width, &n_layer) ||
        !pwi_mul_size(n_layer, wanted->n_rows, &n_layers) ||
        !pwi_mul_size(run->n,
                      (wanted->pooled != NULL ? width : 0) +
                          (wanted->embeds != NULL ? projection : 0),
                      &n_pooled) ||
        !pwi_add_size(n_layers, n_pooled, &run->n_values) ||
        !pwi_mul_size(run->n_values, sizeof(float), &bytes))
        return PWI_FAIL(run->job->err, PW_ERR_OVERFLOW, "the prompts have too many rows");
    run->values = pwi_alloc_simd(&run->job->ctx->allocator, bytes);
    if (run->values == NULL)
        return out_of_memory(run);
    run->pooled = run->values + n_layers;
    run->embeds = run->pooled + (wanted->pooled != NULL ? run->n * width : 0);
    return PW_OK;
}

/* ---- Textual inversion: the vectors that the sequences use, one after the other. */

static size_t count_vectors(struct run *run)
{
    const pw_plan *plan = run->track->plan;
    size_t n = 0;

    for (size_t i = 0; i < pw_plan_n_sequences(plan); i++) {
        const pw_sequence *sequence = pw_plan_sequence(plan, i);

        for (size_t k = 0; k < sequence->n_injections; k++) {
            const size_t embedding = sequence->injections[k].i_embedding;

            if (run->bases[embedding] != SIZE_MAX)
                continue;
            run->bases[embedding] = n;
            n += run->track->prompt_encoder.embeddings[embedding].n_vectors;
        }
    }
    return n;
}

static pw_status gather_vectors(struct run *run)
{
    const pw_prompt_encoder *encoder = &run->track->prompt_encoder;
    const size_t width = (size_t)run->track->model.width;

    run->bases = pwi_arena_alloc(&run->arena, encoder->n_embeddings * sizeof(*run->bases) + 1);
    if (run->bases == NULL)
        return out_of_memory(run);
    for (size_t i = 0; i < encoder->n_embeddings; i++)
        run->bases[i] = SIZE_MAX;
    run->n_vectors = count_vectors(run);
    run->vectors = pwi_arena_alloc(&run->arena, run->n_vectors * width * sizeof(float) + 1);
    if (run->vectors == NULL)
        return out_of_memory(run);
    for (size_t i = 0; i < encoder->n_embeddings; i++) {
        const pw_embedding *embedding = &encoder->embeddings[i];

        if (run->bases[i] == SIZE_MAX)
            continue;
        if (embedding->vectors == NULL || embedding->width != width)
            return PWI_FAIL(run->job->err, PW_ERR_ARGUMENT,
                            "embedding \"%.64s\" has no vectors of %zu numbers",
                            embedding->name, width);
        memcpy(run->vectors + run->bases[i] * width, embedding->vectors,
               embedding->n_vectors * width * sizeof(float));
    }
    return PW_OK;
}

/* ---- The batch of a group. */

static void fill_sequence(const struct run *run, const pw_sequence *sequence, int32_t *ids,
                          uint8_t *mask)
{
    memcpy(ids, sequence->ids, sequence->n_tokens * sizeof(*ids));
    for (size_t i = 0; i < sequence->n_injections; i++) {
        const pw_injection *injection = &sequence->injections[i];

        ids[injection->row] =
            run->track->model.n_vocab +
            (int32_t)(run->bases[injection->i_embedding] + injection->i_vector);
    }
    if (sequence->mask != NULL)
        memcpy(mask, sequence->mask, sequence->n_tokens);
    else
        memset(mask, 1, sequence->n_tokens);
}

static bool is_masked(const struct run *run, const struct group *group)
{
    for (size_t i = group->first; i < group->first + group->n; i++)
        if (pw_plan_sequence(run->track->plan, run->order[i])->mask != NULL)
            return true;
    return false;
}

static pw_status make_batch(struct run *run, const struct group *group, pw_batch *batch)
{
    const size_t n = group->n * group->n_tokens;
    int32_t *ids = pwi_arena_alloc(&run->arena, n * sizeof(*ids));
    uint8_t *mask = pwi_arena_alloc(&run->arena, n);

    if (ids == NULL || mask == NULL)
        return out_of_memory(run);
    for (size_t i = 0; i < group->n; i++)
        fill_sequence(run, pw_plan_sequence(run->track->plan, run->order[group->first + i]),
                      ids + i * group->n_tokens, mask + i * group->n_tokens);
    *batch = (pw_batch){ids,
                        is_masked(run, group) ? mask : NULL,
                        group->n,
                        group->n_tokens,
                        run->n_vectors > 0 ? run->vectors : NULL,
                        run->n_vectors};
    return PW_OK;
}

/* Where the group's values go. */
static size_t list_outputs(const struct run *run, const struct group *group, pw_output *outputs)
{
    const size_t width = (size_t)run->track->model.width,
                 projection = (size_t)run->track->model.projection;
    const pwi_wanted *wanted = run->wanted;
    size_t n = 0;

    for (size_t i = 0; i < wanted->n_rows; i++)
        outputs[n++] = (pw_output){PW_OUTPUT_HIDDEN_STATE, wanted->rows[i].layer.layer,
                                   wanted->rows[i].layer.final_norm,
                                   run->values + (i * run->n_rows + group->first_row) * width,
                                   group->n * group->n_tokens * width};
    if (wanted->pooled != NULL)
        outputs[n++] = (pw_output){PW_OUTPUT_POOLED, 0, false,
                                   run->pooled + group->first * width, group->n * width};
    if (wanted->embeds != NULL)
        outputs[n++] =
            (pw_output){PW_OUTPUT_TEXT_EMBEDS, 0, false,
                        run->embeds + group->first * projection, group->n * projection};
    return n;
}

static pw_status encode_group(struct run *run, pw_session *session, const struct group *group)
{
    pw_output *outputs =
        pwi_arena_alloc(&run->arena, (run->wanted->n_rows + 2) * sizeof(*outputs));
    pw_batch batch;

    if (outputs == NULL)
        return out_of_memory(run);
    PWI_TRY(make_batch(run, group, &batch));
    return pw_model_encode(session, &batch, outputs, list_outputs(run, group, outputs),
                           run->job->err);
}

static struct group group_at(const struct run *run, size_t first)
{
    const pw_plan *plan = run->track->plan;
    struct group group = {first, 0, pw_plan_sequence(plan, run->order[first])->n_tokens,
                          run->first_row[run->order[first]]};

    while (first + group.n < run->n &&
           pw_plan_sequence(plan, run->order[first + group.n])->n_tokens == group.n_tokens)
        group.n++;
    return group;
}

static pw_status encode_all(struct run *run)
{
    const size_t most = SESSION_PROMPTS * (size_t)run->track->model.n_positions;
    pw_status status = PW_OK;
    pw_session *session;
    struct group group;

    if (run->n == 0)
        return PW_OK;
    PWI_TRY(pw_session_create(&session, run->track->encoder->model,
                              run->n_rows < most ? run->n_rows : most, run->job->err));
    for (size_t first = 0; status == PW_OK && first < run->n; first += group.n) {
        group = group_at(run, first);
        status = encode_group(run, session, &group);
    }
    pw_session_free(session);
    return status;
}

/* ---- What comes out. */

static pw_status apply_rows(struct run *run, size_t i_wanted)
{
    const pw_plan *plan = run->track->plan;
    const size_t width = (size_t)run->track->model.width, n = pw_plan_n_sequences(plan);
    const float **encodings = pwi_arena_alloc(&run->arena, n * sizeof(*encodings));

    if (encodings == NULL)
        return out_of_memory(run);
    for (size_t i = 0; i < n; i++)
        encodings[i] = run->places[i] == SIZE_MAX
                           ? NULL
                           : run->values + (i_wanted * run->n_rows + run->first_row[i]) * width;
    return pw_plan_apply(plan, encodings, width, run->wanted->rows[i_wanted].out,
                         run->job->err);
}

static void copy_pooled(const struct run *run, float *const *out, const float *values,
                        size_t width)
{
    const pw_plan *plan = run->track->plan;

    for (size_t k = 0; out != NULL && k < pw_plan_n_outputs(plan); k++)
        if (out[k] != NULL)
            memcpy(out[k], values + run->places[pw_plan_output_at(plan, k)->i_pooled] * width,
                   width * sizeof(*values));
}

static pw_status run_all(struct run *run)
{
    PWI_TRY(place_all(run));
    PWI_TRY(allocate_values(run));
    PWI_TRY(gather_vectors(run));
    PWI_TRY(encode_all(run));
    for (size_t i = 0; i < run->wanted->n_rows; i++)
        PWI_TRY(apply_rows(run, i));
    copy_pooled(run, run->wanted->pooled, run->pooled, (size_t)run->track->model.width);
    copy_pooled(run, run->wanted->embeds, run->embeds, (size_t)run->track->model.projection);
    return PW_OK;
}

pw_status pwi_track_run(const pwi_job *job, const pwi_track *track, const pwi_wanted *wanted)
{
    struct run run = {.job = job, .track = track, .wanted = wanted};
    pw_status status;

    if (wanted->n_rows == 0 && wanted->pooled == NULL && wanted->embeds == NULL)
        return PW_OK;
    pwi_arena_init(&run.arena, &job->ctx->allocator);
    status = run_all(&run);
    if (run.values != NULL)
        pwi_free_simd(&job->ctx->allocator, run.values, run.n_values * sizeof(float));
    pwi_arena_free(&run.arena);
    return status;
}
