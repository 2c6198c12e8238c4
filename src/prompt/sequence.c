/* SPDX-License-Identifier: MIT */
/* The sequences of a plan: whatever wants the same tokens under the same mask shares one. */
#include <string.h>

#include "prompt/dialect.h"

/* The bytes that say whether two sequences are the same. */
static void *key_of(pwi_plan_build *build, const pw_sequence *sequence, size_t *size)
{
    const size_t ids_size = sequence->n_tokens * sizeof(*sequence->ids);
    const size_t mask_size = sequence->mask == NULL ? 0 : sequence->n_tokens;
    const size_t injections_size = sequence->n_injections * sizeof(*sequence->injections);
    const uint64_t counts[2] = {sequence->n_tokens, sequence->mask != NULL};
    char *key;

    *size = sizeof(counts) + ids_size + mask_size + injections_size;
    key = pwi_arena_alloc(build->arena, *size);
    if (key == NULL)
        return NULL;
    memcpy(key, counts, sizeof(counts));
    if (ids_size > 0)
        memcpy(key + sizeof(counts), sequence->ids, ids_size);
    if (mask_size > 0)
        memcpy(key + sizeof(counts) + ids_size, sequence->mask, mask_size);
    if (injections_size > 0)
        memcpy(key + sizeof(counts) + ids_size + mask_size, sequence->injections,
               injections_size);
    return key;
}

static bool has_injection(const pw_sequence *sequence, size_t row)
{
    for (size_t i = 0; i < sequence->n_injections; i++) {
        if (sequence->injections[i].row == row)
            return true;
    }
    return false;
}

static size_t find_end(const pwi_plan_build *build, const pw_sequence *sequence)
{
    size_t row = 0;

    while (row < sequence->n_tokens &&
           (sequence->ids[row] != build->encoder->end_id || has_injection(sequence, row)))
        row++;
    return row;
}

static pw_status add_sequence(pwi_plan_build *build, pw_sequence sequence, size_t *i_sequence,
                              pw_error *err)
{
    struct pw_plan *plan = build->plan;
    const size_t n_tokens = sequence.n_tokens;
    size_t size;
    const char *key = key_of(build, &sequence, &size);
    bool added;

    if (key == NULL)
        return pwi_fail_memory(err);
    *i_sequence = pwi_map_find(&build->known, key, size);
    if (*i_sequence != PWI_MAP_NONE)
        return PW_OK;
    if (plan->sequences.n == PW_PLAN_SEQUENCES_MAX ||
        plan->n_tokens > PW_PLAN_TOKENS_MAX - n_tokens)
        return PWI_FAIL(
            err, PW_ERR_LIMIT,
            "the prompts need more than %u runs of the encoder, or more than %u tokens "
            "in them: make them shorter",
            PW_PLAN_SEQUENCES_MAX, PW_PLAN_TOKENS_MAX);
    plan->n_tokens += n_tokens;
    *i_sequence = plan->sequences.n;
    if (!pwi_map_add(&build->known, key, size, (uint32_t)*i_sequence, &added))
        return pwi_fail_memory(err);
    sequence.end_row = find_end(build, &sequence);
    PWI_LIST_ADD(build->arena, &plan->sequences, sequence, err);
    return PW_OK;
}

/* Vectors of another width than the encoder's are left out, and pads come at the end for them,
 * as ComfyUI does it. */
static pw_status leave_out_unfit(pwi_plan_build *build, pw_chunk *chunk, int32_t **ids,
                                 pw_injection **injections, size_t *n_injections, pw_error *err)
{
    const size_t n = chunk->n_tokens;
    size_t n_kept = 0, i_injection = 0;

    *ids = pwi_arena_alloc(build->arena, (n + 1) * sizeof(**ids));
    *injections =
        pwi_arena_alloc(build->arena, (chunk->n_injections + 1) * sizeof(**injections));
    *n_injections = 0;
    if (*ids == NULL || *injections == NULL)
        return pwi_fail_memory(err);
    for (size_t row = 0; row < n; row++) {
        if (i_injection < chunk->n_injections && chunk->injections[i_injection].row == row) {
            pw_injection injection = chunk->injections[i_injection++];

            if (build->encoder->embeddings[injection.i_embedding].width !=
                build->encoder->width)
                continue;
            injection.row = n_kept;
            (*injections)[(*n_injections)++] = injection;
        }
        (*ids)[n_kept++] = chunk->ids[row];
    }
    while (n_kept < n)
        (*ids)[n_kept++] = build->encoder->pad_id;
    return PW_OK;
}

static bool has_unfit(const pwi_plan_build *build, const pw_chunk *chunk)
{
    for (size_t i = 0; i < chunk->n_injections; i++) {
        if (build->encoder->width != 0 &&
            build->encoder->embeddings[chunk->injections[i].i_embedding].width !=
                build->encoder->width)
            return true;
    }
    return false;
}

/* Tokens before the first of an id; n where it is in none. */
static size_t find_id(const pw_sequence *sequence, int32_t id)
{
    size_t n = 0;

    while (n < sequence->n_tokens && sequence->ids[n] != id)
        n++;
    return n;
}

/* How many tokens are visible by a rule that counts from the start. */
static size_t n_visible(const pwi_plan_build *build, const pw_chunk *chunk,
                        const pw_sequence *sequence)
{
    const pw_prompt_encoder *encoder = build->encoder;
    size_t n;

    if (encoder->mask == PW_SEQUENCE_MASK_HF)
        return chunk->n_content + (encoder->start_id >= 0) + (encoder->end_id >= 0);
    if (encoder->end_id < 0)
        return find_id(sequence, encoder->pad_id);
    n = find_id(sequence, encoder->end_id);
    return n + (n < sequence->n_tokens);
}

/* Hide what the encoder's rule hides. */
static pw_status hide(pwi_plan_build *build, const pw_chunk *chunk, pw_sequence *sequence,
                      pw_error *err)
{
    const pw_prompt_encoder *encoder = build->encoder;
    const size_t n = n_visible(build, chunk, sequence);
    uint8_t *mask;

    if (encoder->mask == PW_SEQUENCE_MASK_NONE)
        return PW_OK;
    mask = pwi_arena_alloc(build->arena, sequence->n_tokens + 1);
    if (mask == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < sequence->n_tokens; i++) {
        mask[i] = encoder->mask == PW_SEQUENCE_MASK_LECTURE
                      ? sequence->ids[i] != encoder->pad_id || has_injection(sequence, i)
                      : i < n;
        if (sequence->mask != NULL)
            mask[i] &= sequence->mask[i];
    }
    sequence->mask = mask;
    return PW_OK;
}

pw_status pwi_sequence_of_chunk(pwi_plan_build *build, pw_chunk *chunk, const uint8_t *mask,
                                pw_error *err)
{
    pw_sequence sequence = {.ids = chunk->ids,
                            .mask = mask,
                            .n_tokens = chunk->n_tokens,
                            .injections = chunk->injections,
                            .n_injections = chunk->n_injections};
    pw_injection *injections;
    int32_t *ids;

    if (has_unfit(build, chunk)) {
        PWI_TRY(pwi_warn_plan(
            build, err,
            "an embedding has vectors of another width than the encoder's %zu and is left out",
            build->encoder->width));
        PWI_TRY(leave_out_unfit(build, chunk, &ids, &injections, &sequence.n_injections, err));
        sequence.ids = ids;
        sequence.injections = injections;
    }
    PWI_TRY(hide(build, chunk, &sequence, err));
    return add_sequence(build, sequence, &chunk->i_sequence, err);
}
