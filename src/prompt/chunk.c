/* SPDX-License-Identifier: MIT */
/* What all chunkers do: gather the tokens of a chunk and close it, and the simplest of them,
 * one chunk that is cut at its end. */
#include "prompt/dialect.h"

#include <string.h>

#include "base/checked.h"

pw_status pwi_chunker_put(pwi_chunker *chunker, const pwi_token *token, pw_error *err)
{
    if (token->i_embedding != PWI_NO_EMBEDDING)
        PWI_TRY(pwi_chunker_inject(chunker, chunker->tokens.n, token->i_embedding,
                                   token->i_vector, err));
    PWI_LIST_ADD(chunker->build->arena, &chunker->tokens, *token, err);
    chunker->n_content++;
    return PW_OK;
}

pw_status pwi_chunker_add(pwi_chunker *chunker, int32_t id, size_t n, pw_error *err)
{
    const pwi_token token = {id, 0, PW_NO_OFFSET, PW_NO_OFFSET, 1.0, PWI_NO_EMBEDDING, 0};

    if (id < 0)
        return PW_OK;
    for (size_t i = 0; i < n; i++)
        PWI_LIST_ADD(chunker->build->arena, &chunker->tokens, token, err);
    return PW_OK;
}

pw_status pwi_chunker_inject(pwi_chunker *chunker, size_t row, size_t i_embedding,
                             size_t i_vector, pw_error *err)
{
    const pw_injection injection = {row, i_embedding, i_vector};

    PWI_LIST_ADD(chunker->build->arena, &chunker->injections, injection, err);
    return PW_OK;
}

/* The arrays of a chunk out of the tokens gathered. */
static pw_status fill(pwi_chunker *chunker, pw_chunk *chunk, pw_error *err)
{
    const size_t n = chunker->tokens.n;
    pwi_arena *arena = chunker->build->arena;
    int32_t *ids = pwi_arena_alloc(arena, (n + 1) * sizeof(*ids));
    double *weights = pwi_arena_alloc(arena, (n + 1) * sizeof(*weights));
    uint32_t *fragments = pwi_arena_alloc(arena, (n + 1) * sizeof(*fragments));
    uint64_t *begin = pwi_arena_alloc(arena, (n + 1) * sizeof(*begin));
    uint64_t *end = pwi_arena_alloc(arena, (n + 1) * sizeof(*end));

    if (ids == NULL || weights == NULL || fragments == NULL || begin == NULL || end == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        const pwi_token *token = &chunker->tokens.items[i];

        ids[i] = token->id;
        weights[i] = token->weight;
        fragments[i] = token->fragment;
        begin[i] = token->begin;
        end[i] = token->end;
    }
    *chunk = (pw_chunk){.ids = ids,
                        .weights = weights,
                        .fragments = fragments,
                        .begin = begin,
                        .end = end,
                        .n_tokens = n,
                        .n_content = chunker->n_content,
                        .i_span = chunker->layout->i_span,
                        .i_branch = chunker->layout->i_branch,
                        .i_sequence = SIZE_MAX};
    return PW_OK;
}

pw_status pwi_chunker_close(pwi_chunker *chunker, pw_error *err)
{
    const size_t n_injections = chunker->injections.n;
    pw_injection *injections =
        pwi_arena_alloc(chunker->build->arena, (n_injections + 1) * sizeof(*injections));
    pw_chunk chunk;

    if (injections == NULL)
        return pwi_fail_memory(err);
    if (n_injections > 0)
        memcpy(injections, chunker->injections.items, n_injections * sizeof(*injections));
    PWI_TRY(fill(chunker, &chunk, err));
    chunk.injections = injections;
    chunk.n_injections = n_injections;
    PWI_LIST_ADD(chunker->build->arena, &chunker->layout->chunks, chunk, err);
    chunker->tokens.n = chunker->injections.n = chunker->n_content = 0;
    return PW_OK;
}

pw_status pwi_chunk_wrapped(pwi_chunker *chunker, const pwi_token *tokens, size_t n,
                            size_t length, pw_error *err)
{
    const pw_prompt_encoder *encoder = chunker->build->encoder;

    PWI_TRY(pwi_chunker_add(chunker, encoder->start_id, 1, err));
    for (size_t i = 0; i < n; i++)
        PWI_TRY(pwi_chunker_put(chunker, &tokens[i], err));
    PWI_TRY(pwi_chunker_add(chunker, encoder->end_id, 1, err));
    if (chunker->tokens.n < length)
        PWI_TRY(pwi_chunker_add(chunker, encoder->pad_id, length - chunker->tokens.n, err));
    return pwi_chunker_close(chunker, err);
}

size_t pwi_chunk_room(const pwi_plan_build *build)
{
    const pw_prompt_encoder *encoder = build->encoder;
    const size_t n_added = (size_t)(encoder->start_id >= 0) + (size_t)(encoder->end_id >= 0);

    return encoder->length_max == 0 ? SIZE_MAX : encoder->length_max - n_added;
}

/* What fits; the rest is cut off. */
pw_status pwi_chunk_cut(pwi_plan_build *build, pwi_layout *layout, pw_error *err)
{
    const pw_prompt_encoder *encoder = build->encoder;
    const size_t room = pwi_chunk_room(build);
    pwi_chunker chunker = {.build = build, .layout = layout};

    layout->n_cut = layout->tokens.n > room ? layout->tokens.n - room : 0;
    return pwi_chunk_wrapped(
        &chunker, layout->tokens.items, layout->tokens.n < room ? layout->tokens.n : room,
        encoder->pad_to_max ? encoder->length_max : encoder->length_min, err);
}
