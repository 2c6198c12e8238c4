/* SPDX-License-Identifier: MIT */
/* ComfyUI: each weighted row goes from the same row of the encoded empty prompt towards itself
 * and beyond. The empty prompt is encoded only if something is weighted. */
#include "prompt/dialect.h"

/* Start, end and pads, as long as the longest chunk, under the mask that the encoder takes. */
pw_status pwi_comfyui_empty(pwi_plan_build *build, const pwi_layout *layout, size_t *i_sequence,
                            pw_error *err)
{
    const pw_prompt_encoder *encoder = build->encoder;
    size_t n = 0, at = 0;
    pw_chunk empty = {.n_tokens = 0};
    int32_t *ids;

    for (size_t i = 0; i < layout->chunks.n; i++) {
        if (layout->chunks.items[i].n_tokens > n)
            n = layout->chunks.items[i].n_tokens;
    }
    ids = pwi_arena_alloc(build->arena, (n + 2) * sizeof(*ids));
    if (ids == NULL)
        return pwi_fail_memory(err);
    if (encoder->start_id >= 0 && at < n)
        ids[at++] = encoder->start_id;
    if (encoder->end_id >= 0 && at < n && !encoder->empty_is_pads)
        ids[at++] = encoder->end_id;
    while (at < n)
        ids[at++] = encoder->pad_id;
    empty.ids = ids;
    empty.n_tokens = n;
    PWI_TRY(pwi_sequence_of_chunk(build, &empty, NULL, err));
    *i_sequence = empty.i_sequence;
    return PW_OK;
}

pw_status pwi_comfyui_sequences(pwi_plan_build *build, pwi_layout *layout, pw_error *err)
{
    for (size_t i = 0; i < layout->chunks.n; i++)
        PWI_TRY(pwi_sequence_of_chunk(build, &layout->chunks.items[i], NULL, err));
    return PW_OK;
}

pw_status pwi_weigh_comfyui(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                            pw_error *err)
{
    pw_row_map like = {.kind = PW_MAP_LERP, .reference_row = PW_SAME_ROW};

    PWI_TRY(pwi_comfyui_sequences(build, layout, err));
    if (pwi_is_weighted(layout))
        PWI_TRY(pwi_comfyui_empty(build, layout, &like.i_reference, err));
    for (size_t i = 0; i < layout->chunks.n; i++) {
        const pw_chunk *chunk = &layout->chunks.items[i];
        pw_weighting_term term = {.i_encoding = chunk->i_sequence, .coefficient = 1.0};

        PWI_TRY(pwi_maps_of_weights(build, chunk->weights, chunk->n_tokens, &like, &term.maps,
                                    &term.n_maps, err));
        PWI_TRY(pwi_part_add(build, parts, &term, 1, 1.0, chunk->n_tokens, err));
    }
    return PW_OK;
}
