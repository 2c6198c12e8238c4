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

pw_status pwi_sequence_add(pwi_plan_build *build, const int32_t *ids, size_t n_tokens,
                           const uint8_t *mask, const pw_injection *injections,
                           size_t n_injections, size_t *i_sequence, pw_error *err)
{
    struct pw_plan *plan = build->plan;
    pw_sequence sequence = {.ids = ids,
                            .mask = mask,
                            .n_tokens = n_tokens,
                            .injections = injections,
                            .n_injections = n_injections};
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
            "the prompts need more than %d runs of the encoder, or more than %u tokens "
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

pw_status pwi_sequence_of_chunk(pwi_plan_build *build, pw_chunk *chunk, const uint8_t *mask,
                                pw_error *err)
{
    pw_injection *injections;
    size_t n_injections;
    int32_t *ids;

    if (!has_unfit(build, chunk))
        return pwi_sequence_add(build, chunk->ids, chunk->n_tokens, mask, chunk->injections,
                                chunk->n_injections, &chunk->i_sequence, err);
    PWI_TRY(pwi_warn_plan(
        build, err,
        "an embedding has vectors of another width than the encoder's %zu and is left out",
        build->encoder->width));
    PWI_TRY(leave_out_unfit(build, chunk, &ids, &injections, &n_injections, err));
    return pwi_sequence_add(build, ids, chunk->n_tokens, mask, injections, n_injections,
                            &chunk->i_sequence, err);
}

pw_status pwi_mask_to_end(pwi_plan_build *build, const int32_t *ids, size_t n,
                          const uint8_t **mask, pw_error *err)
{
    const pw_prompt_encoder *encoder = build->encoder;
    const bool has_end = encoder->end_id >= 0;
    uint8_t *made;
    size_t n_visible = 0;

    *mask = NULL;
    if (!encoder->takes_mask)
        return PW_OK;
    made = pwi_arena_alloc(build->arena, n + 1);
    if (made == NULL)
        return pwi_fail_memory(err);
    while (n_visible < n && ids[n_visible] != (has_end ? encoder->end_id : encoder->pad_id))
        n_visible++;
    n_visible += has_end && n_visible < n;
    for (size_t i = 0; i < n; i++)
        made[i] = i < n_visible;
    *mask = made;
    return PW_OK;
}
