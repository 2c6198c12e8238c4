/* SPDX-License-Identifier: MIT */
/* ADV_CLIP_emb's own formulas. X is the encoding of a prompt, M(S) the one with the tokens of S
 * replaced by "+"; a down-weight mixes encodings in which everything of at most that weight is
 * replaced:  v1 Y + (v2 - v1) M(S1) + ... + (1 - vk) M(Sk)  over the weights v1 < ... < vk < 1.
 */
#include <stdlib.h>
#include <string.h>

#include "prompt/dialect.h"

#define MASK_ID 266 /* "+</w>": the original's comment says comma, its number says plus */

/* Which tokens are replaced: all words of at most a weight, or one word. */
struct masked {
    double weight_max;
    uint32_t word; /* 0: by weight */
};

static bool is_masked(const struct masked *masked, const pw_chunk *chunk, size_t row)
{
    if (chunk->fragments[row] == 0)
        return false;
    return masked->word != 0 ? chunk->fragments[row] == masked->word
                             : chunk->weights[row] <= masked->weight_max;
}

static pw_status add_masked(pwi_plan_build *build, const pw_chunk *chunk,
                            const struct masked *masked, size_t *i_sequence, pw_error *err)
{
    const size_t n = chunk->n_tokens;
    int32_t *ids = pwi_arena_alloc(build->arena, (n + 1) * sizeof(*ids));
    pw_injection *injections =
        pwi_arena_alloc(build->arena, (chunk->n_injections + 1) * sizeof(*injections));
    pw_chunk replaced = *chunk;

    if (ids == NULL || injections == NULL)
        return pwi_fail_memory(err);
    for (size_t row = 0; row < n; row++)
        ids[row] = is_masked(masked, chunk, row) ? MASK_ID : chunk->ids[row];
    replaced.n_injections = 0;
    for (size_t i = 0; i < chunk->n_injections; i++) {
        if (!is_masked(masked, chunk, chunk->injections[i].row))
            injections[replaced.n_injections++] = chunk->injections[i];
    }
    replaced.ids = ids;
    replaced.injections = injections;
    PWI_TRY(pwi_sequence_of_chunk(build, &replaced, NULL, err));
    *i_sequence = replaced.i_sequence;
    return PW_OK;
}

/* The different weights of words below 1, ascending. */
struct levels {
    double *values;
    size_t n;
};

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static pw_status find_levels(pwi_plan_build *build, const pwi_layout *layout,
                             struct levels *levels, pw_error *err)
{
    PWI_LIST(double) list = {.n = 0};

    for (size_t i = 0; i < layout->chunks.n; i++) {
        const pw_chunk *chunk = &layout->chunks.items[i];

        for (size_t row = 0; row < chunk->n_tokens; row++) {
            const bool follows = row > 0 && chunk->fragments[row] == chunk->fragments[row - 1];

            if (chunk->fragments[row] != 0 && !follows && chunk->weights[row] < 1.0)
                PWI_LIST_ADD(build->arena, &list, chunk->weights[row], err);
        }
    }
    *levels = (struct levels){list.items, 0};
    if (list.n > 0)
        qsort(list.items, list.n, sizeof(*list.items), compare);
    for (size_t i = 0; i < list.n; i++) {
        if (levels->n == 0 || levels->values[levels->n - 1] != list.items[i])
            levels->values[levels->n++] = list.items[i];
    }
    return PW_OK;
}

/* Y of one encoding: as it is, or with weights above 1 from the empty prompt's rows. */
struct upward {
    const pw_row_map *maps;
    size_t n_maps;
};

static pw_status add_term(pwi_plan_build *build, pwi_term_list *terms, size_t i_sequence,
                          double coefficient, const struct upward *upward, pw_error *err)
{
    const pw_weighting_term term = {i_sequence, coefficient, upward->maps, upward->n_maps,
                                    false};

    if (coefficient != 0.0)
        PWI_LIST_ADD(build->arena, terms, term, err);
    return PW_OK;
}

static pw_status add_down(pwi_plan_build *build, const pw_chunk *chunk,
                          const struct levels *levels, const struct upward *upward,
                          pwi_term_list *terms, pw_error *err)
{
    PWI_TRY(add_term(build, terms, chunk->i_sequence, levels->n > 0 ? levels->values[0] : 1.0,
                     upward, err));
    for (size_t i = 0; i < levels->n; i++) {
        const struct masked masked = {levels->values[i], 0};
        const double next = i + 1 < levels->n ? levels->values[i + 1] : 1.0;
        size_t i_sequence;

        PWI_TRY(add_masked(build, chunk, &masked, &i_sequence, err));
        PWI_TRY(add_term(build, terms, i_sequence, next - levels->values[i], upward, err));
    }
    return PW_OK;
}

/* comfy++: at the rows of a word of weight w > 1, (w - 1) (X - M(word)) is added. */
static pw_status add_ups(pwi_plan_build *build, const pw_chunk *chunk, pwi_term_list *terms,
                         pw_error *err)
{
    size_t end;

    for (size_t first = 0; first < chunk->n_tokens; first = end) {
        const struct masked masked = {0.0, chunk->fragments[first]};
        const double above = chunk->weights[first] - 1.0;
        pw_weighting_term term = {chunk->i_sequence, above, NULL, 1, true};
        pw_row_map *map;

        end = first + 1;
        while (end < chunk->n_tokens && chunk->fragments[end] == masked.word)
            end++;
        if (masked.word == 0 || !(above > 0.0))
            continue;
        map = pwi_arena_alloc(build->arena, sizeof(*map));
        if (map == NULL)
            return pwi_fail_memory(err);
        PWI_TRY(pwi_number_rows(build, chunk->n_tokens, err));
        *map = (pw_row_map){.kind = PW_MAP_SCALE,
                            .rows = build->plan->rows + first,
                            .n_rows = end - first,
                            .factor = 1.0};
        term.maps = map;
        PWI_LIST_ADD(build->arena, terms, term, err);
        term.coefficient = -above;
        PWI_TRY(add_masked(build, chunk, &masked, &term.i_encoding, err));
        PWI_LIST_ADD(build->arena, terms, term, err);
    }
    return PW_OK;
}

/* All chunks: the down-weights of what `has_upward` says, and comfy++'s ups where asked for. */
static pw_status weigh(pwi_plan_build *build, pwi_layout *layout, const pw_row_map *upward_map,
                       bool has_ups, pwi_part_list *parts, pw_error *err)
{
    struct levels levels;

    PWI_TRY(find_levels(build, layout, &levels, err));
    PWI_TRY(pwi_check_mixes(levels.n, layout->chunks.n, err));
    for (size_t i = 0; i < layout->chunks.n; i++) {
        const pw_chunk *chunk = &layout->chunks.items[i];
        double *weights =
            pwi_arena_alloc(build->arena, (chunk->n_tokens + 1) * sizeof(*weights));
        struct upward upward = {NULL, 0};
        pwi_term_list terms = {.n = 0};

        if (weights == NULL)
            return pwi_fail_memory(err);
        for (size_t row = 0; row < chunk->n_tokens; row++)
            weights[row] = chunk->weights[row] < 1.0 ? 1.0 : chunk->weights[row];
        if (upward_map != NULL)
            PWI_TRY(pwi_maps_of_weights(build, weights, chunk->n_tokens, upward_map,
                                        &upward.maps, &upward.n_maps, err));
        PWI_TRY(add_down(build, chunk, &levels, &upward, &terms, err));
        if (has_ups)
            PWI_TRY(add_ups(build, chunk, &terms, err));
        PWI_TRY(pwi_part_add(build, parts, terms.items, terms.n, 1.0, chunk->n_tokens, err));
    }
    return PW_OK;
}

pw_status pwi_weigh_adv_compel(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                               pw_error *err)
{
    pw_row_map like = {.kind = PW_MAP_LERP, .reference_row = PW_SAME_ROW};

    PWI_TRY(pwi_comfyui_sequences(build, layout, err));
    if (pwi_is_weighted(layout))
        PWI_TRY(pwi_comfyui_empty(build, layout, &like.i_reference, err));
    return weigh(build, layout, &like, false, parts, err);
}

pw_status pwi_weigh_adv_comfy(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                              pw_error *err)
{
    PWI_TRY(pwi_comfyui_sequences(build, layout, err));
    return weigh(build, layout, NULL, true, parts, err);
}

pw_status pwi_weigh_adv_down(pwi_plan_build *build, pwi_layout *layout, pwi_part_list *parts,
                             pw_error *err)
{
    PWI_TRY(pwi_comfyui_sequences(build, layout, err));
    return weigh(build, layout, NULL, false, parts, err);
}
