/* SPDX-License-Identifier: MIT */
/* The formulas that need no encoding but the chunk's own and the empty prompt's: scaling, with
 * and without the mean restored, and going from a reference towards the row and beyond. */
#include "prompt/dialect.h"

/* Every chunk as one part of one term; its maps are made like `like` from its weights. */
static pw_status add_parts(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                           const pw_row_map *like, pw_error *err)
{
    for (size_t i = 0; i < layout->chunks.n; i++) {
        pw_chunk *chunk = &layout->chunks.items[i];
        pw_weighting_term term = {.coefficient = 1.0};

        PWI_TRY(pwi_sequence_of_chunk(build, chunk, NULL, err));
        term.i_encoding = chunk->i_sequence;
        if (like != NULL)
            PWI_TRY(pwi_maps_of_weights(build, chunk->weights, chunk->n_tokens, like,
                                        &term.maps, &term.n_maps, err));
        PWI_TRY(pwi_part_add(build, parts, &term, 1, 1.0, chunk->n_tokens, err));
    }
    return PW_OK;
}

static const pw_row_map scale = {.kind = PW_MAP_SCALE};

pw_status pwi_weigh_scale(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                          pw_error *err)
{
    return add_parts(build, layout, parts, &scale, err);
}

/* A1111: the mean of a chunk, over all texts of its batch, stays what it was. */
pw_status pwi_weigh_a1111(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                          pw_error *err)
{
    const pw_emphasis emphasis = build->prompt_options->emphasis;
    const bool is_weighted = emphasis != PW_EMPHASIS_IGNORE && emphasis != PW_EMPHASIS_NONE;
    const bool has_mean = emphasis == PW_EMPHASIS_ORIGINAL || emphasis == PW_EMPHASIS_OLD;
    const size_t first = parts->n;

    PWI_TRY(add_parts(build, layout, parts, is_weighted ? &scale : NULL, err));
    for (size_t i = first; has_mean && i < parts->n && layout->i_scope != PW_NO_SCOPE; i++)
        parts->items[i].i_scope = layout->i_scope + (i - first);
    return PW_OK;
}

/* One mean for all chunks of a prompt (ADV_CLIP_emb's "A1111", lpw). */
pw_status pwi_weigh_mean(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                         pw_error *err)
{
    const size_t first = parts->n, i_scope = build->plan->n_scopes++;

    PWI_TRY(add_parts(build, layout, parts, &scale, err));
    for (size_t i = first; i < parts->n; i++)
        parts->items[i].i_scope = i_scope;
    return PW_OK;
}

/* The same; inner start and end rows may be left out. */
pw_status pwi_weigh_lpw(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                        pw_error *err)
{
    const size_t first = parts->n;

    PWI_TRY(pwi_weigh_mean(build, layout, parts, err));
    for (size_t i = first; build->options.drops_middle && i < parts->n; i++) {
        pw_weighting_part *part = &parts->items[i];

        part->first_row += i > first;
        part->n_rows -= (size_t)(i > first) + (size_t)(i + 1 < parts->n);
    }
    return PW_OK;
}

/* lpw_stable_diffusion_xl: from the chunk's own last row. */
pw_status pwi_weigh_to_end(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                           pw_error *err)
{
    for (size_t i = 0; i < layout->chunks.n; i++) {
        pw_chunk *chunk = &layout->chunks.items[i];
        pw_weighting_term term = {.coefficient = 1.0};
        pw_row_map like = {.kind = PW_MAP_LERP, .reference_row = chunk->n_tokens - 1};

        PWI_TRY(pwi_sequence_of_chunk(build, chunk, NULL, err));
        term.i_encoding = like.i_reference = chunk->i_sequence;
        PWI_TRY(pwi_maps_of_weights(build, chunk->weights, chunk->n_tokens, &like, &term.maps,
                                    &term.n_maps, err));
        PWI_TRY(pwi_part_add(build, parts, &term, 1, 1.0, chunk->n_tokens, err));
    }
    return PW_OK;
}
