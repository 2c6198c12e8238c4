/* SPDX-License-Identifier: MIT */
/* Compel: P = e + (z - e) w, e the encoded empty prompt. For each fragment of a weight below 1
 * the prompt is encoded once more without it (masked, or removed), and
 * (P + sum of lambda P without it) / (1 + sum of lambda) is the result (compel_mask.h): such a
 * fragment goes towards the empty prompt and is also missing. */
#include <string.h>

#include "prompt/compel_mask.h"
#include "prompt/dialect.h"

/* A fragment that is weighted down. */
struct down {
    double lambda;
    pwi_compel_positions hidden; /* in the rows of all chunks */
    pwi_layout without;          /* where fragments are removed: the chunks without it */
};

struct weigher {
    pwi_plan_build *build;
    pwi_layout *layout;
    pwi_compel_layout rows;
    PWI_LIST(struct down) downs;
    double divisor;
    pw_row_map like; /* from e, where something is weighted */
};

/* How the fragments lie in the chunks. */
static pw_status describe_rows(struct weigher *weigher, pw_error *err)
{
    const pwi_layout *layout = weigher->layout;
    pwi_arena *arena = weigher->build->arena;
    size_t *n_tokens = pwi_arena_alloc(arena, (layout->pieces.n + 1) * sizeof(*n_tokens));
    size_t *chunks = pwi_arena_alloc(arena, (layout->chunks.n + 1) * sizeof(*chunks));

    if (n_tokens == NULL || chunks == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < layout->pieces.n; i++)
        n_tokens[i] = layout->pieces.items[i].n;
    for (size_t i = 0; i < layout->chunks.n; i++)
        chunks[i] = layout->chunks.items[i].n_content;
    weigher->rows = (pwi_compel_layout){weigher->build->options.truncates,
                                        pwi_chunk_room(weigher->build),
                                        n_tokens,
                                        layout->pieces.n,
                                        chunks,
                                        layout->chunks.n};
    return PW_OK;
}

/* Start, text and end are seen; pads as the option says; not what a fragment hides. */
static pw_status make_mask(const struct weigher *weigher, size_t i_chunk,
                           const pwi_compel_positions *hidden, const uint8_t **mask,
                           pw_error *err)
{
    const pw_chunk *chunk = &weigher->layout->chunks.items[i_chunk];
    const pw_prompt_encoder *encoder = weigher->build->encoder;
    const size_t n_real =
        chunk->n_content + (size_t)(encoder->start_id >= 0) + (size_t)(encoder->end_id >= 0);
    uint8_t *made;

    *mask = NULL;
    if (weigher->build->fills_up)
        return PW_OK;
    made = pwi_arena_alloc(weigher->build->arena, chunk->n_tokens + 1);
    if (made == NULL)
        return pwi_fail_memory(err);
    for (size_t row = 0; row < chunk->n_tokens; row++) {
        const size_t position = i_chunk * (weigher->rows.window + 2) + row;

        made[row] = row < n_real || !weigher->build->options.masks_padding;
        if (hidden != NULL && position >= hidden->begin && position < hidden->end)
            made[row] = 0;
        if (hidden != NULL && pwi_compel_is_unmasked(&weigher->rows, position))
            made[row] = 1;
    }
    *mask = made;
    return PW_OK;
}

/* Chunks of the text without piece i, tokenized as they are. */
static pw_status remove_piece(const struct weigher *weigher, size_t i, pwi_layout *without,
                              pw_error *err)
{
    pwi_plan_build *build = weigher->build;
    pw_segment *segments =
        pwi_arena_alloc(build->arena, (weigher->layout->n_segments + 1) * sizeof(*segments));

    if (segments == NULL)
        return pwi_fail_memory(err);
    *without = (pwi_layout){.segments = segments, .i_scope = PW_NO_SCOPE};
    for (size_t k = 0; k < weigher->layout->n_segments; k++) {
        if (k != i)
            segments[without->n_segments++] = weigher->layout->segments[k];
    }
    PWI_TRY(pwi_cut_segments(build, without, err));
    PWI_TRY(pwi_chunk_compel(build, without, err));
    if (without->chunks.n != weigher->layout->chunks.n)
        return PWI_FAIL(
            err, PW_ERR_SIZE,
            "without one of its fragments the prompt has %zu chunks, not %zu: Compel "
            "cannot mix these; mask fragments instead of removing them",
            without->chunks.n, weigher->layout->chunks.n);
    return PW_OK;
}

static pw_status add_down(struct weigher *weigher, size_t i, pw_error *err)
{
    struct down down = {.lambda = pwi_compel_lambda(weigher->layout->pieces.items[i].weight)};
    const pw_status status = pwi_compel_masked(&weigher->rows, i, &down.hidden, err);

    if (status == PW_ERR_FORMAT && err != NULL)
        err->status = PW_ERR_UNSUPPORTED; /* the original raises a TypeError */
    if (status != PW_OK)
        return status == PW_ERR_FORMAT ? PW_ERR_UNSUPPORTED : status;
    if (down.hidden.begin == down.hidden.end)
        return PW_OK; /* cut off whole */
    if (weigher->build->options.removes_fragments)
        PWI_TRY(remove_piece(weigher, i, &down.without, err));
    weigher->divisor += down.lambda;
    PWI_LIST_ADD(weigher->build->arena, &weigher->downs, down, err);
    return PW_OK;
}

static pw_status find_downs(struct weigher *weigher, pw_error *err)
{
    const pwi_layout *layout = weigher->layout;
    size_t n = 0;

    weigher->divisor = 1.0;
    for (size_t i = 0; i < layout->pieces.n; i++)
        n += layout->pieces.items[i].weight < 1.0;
    PWI_TRY(pwi_check_mixes(n, layout->chunks.n, err));
    for (size_t i = 0; i < layout->pieces.n; i++) {
        if (layout->pieces.items[i].weight < 1.0)
            PWI_TRY(add_down(weigher, i, err));
    }
    return PW_OK;
}

static pw_status add_term(const struct weigher *weigher, const pw_chunk *chunk,
                          double coefficient, pwi_term_list *terms, pw_error *err)
{
    pw_weighting_term term = {.i_encoding = chunk->i_sequence, .coefficient = coefficient};

    PWI_TRY(pwi_maps_of_weights(weigher->build, chunk->weights, chunk->n_tokens, &weigher->like,
                                &term.maps, &term.n_maps, err));
    PWI_LIST_ADD(weigher->build->arena, terms, term, err);
    return PW_OK;
}

/* Chunk i with a fragment hidden, or with it removed. */
static pw_status add_without(const struct weigher *weigher, struct down *down, size_t i,
                             pwi_term_list *terms, pw_error *err)
{
    pwi_plan_build *build = weigher->build;
    pw_chunk chunk = weigher->layout->chunks.items[i];
    const uint8_t *mask = NULL;

    if (build->options.removes_fragments)
        chunk = down->without.chunks.items[i];
    else
        PWI_TRY(make_mask(weigher, i, &down->hidden, &mask, err));
    PWI_TRY(pwi_sequence_of_chunk(build, &chunk, mask, err));
    return add_term(weigher, &chunk, down->lambda, terms, err);
}

static pw_status add_full(struct weigher *weigher, size_t i, pw_error *err)
{
    const uint8_t *mask;

    PWI_TRY(make_mask(weigher, i, NULL, &mask, err));
    return pwi_sequence_of_chunk(weigher->build, &weigher->layout->chunks.items[i], mask, err);
}

/* The empty prompt as long as a chunk, without a mask. */
static pw_status add_reference(struct weigher *weigher, pw_error *err)
{
    pwi_plan_build *build = weigher->build;
    pwi_layout empty = {.i_scope = PW_NO_SCOPE};
    pwi_chunker chunker = {.build = build, .layout = &empty};

    PWI_TRY(
        pwi_chunk_wrapped(&chunker, NULL, 0, weigher->layout->chunks.items[0].n_tokens, err));
    PWI_TRY(pwi_sequence_of_chunk(build, &empty.chunks.items[0], NULL, err));
    weigher->like.i_reference = empty.chunks.items[0].i_sequence;
    return PW_OK;
}

static pw_status add_part(struct weigher *weigher, size_t i, pwi_part_list *parts,
                          pw_error *err)
{
    const pw_chunk *chunk = &weigher->layout->chunks.items[i];
    pwi_term_list terms = {.n = 0};

    PWI_TRY(add_term(weigher, chunk, 1.0, &terms, err));
    for (size_t k = 0; k < weigher->downs.n; k++)
        PWI_TRY(add_without(weigher, &weigher->downs.items[k], i, &terms, err));
    return pwi_part_add(weigher->build, parts, terms.items, terms.n, weigher->divisor,
                        chunk->n_tokens, err);
}

pw_status pwi_weigh_compel(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                           pw_error *err)
{
    struct weigher weigher = {.build = build,
                              .layout = layout,
                              .like = {.kind = PW_MAP_LERP, .reference_row = PW_SAME_ROW}};

    PWI_TRY(describe_rows(&weigher, err));
    PWI_TRY(find_downs(&weigher, err));
    for (size_t i = 0; i < layout->chunks.n; i++)
        PWI_TRY(add_full(&weigher, i, err));
    if (pwi_is_weighted(layout))
        PWI_TRY(add_reference(&weigher, err));
    for (size_t i = 0; i < layout->chunks.n; i++)
        PWI_TRY(add_part(&weigher, i, parts, err));
    return PW_OK;
}
