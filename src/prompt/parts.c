/* SPDX-License-Identifier: MIT */
/* The pieces of a weighting: maps over runs of equally weighted rows, parts, warnings. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "prompt/dialect.h"

#define WARNING_SIZE   512
#define N_WARNINGS_MAX 64

/* A sentence for a person, once however often it applies. */
pw_status pwi_warn_plan(pwi_plan_build *build, pw_error *err, const char *format, ...)
{
    struct pw_plan *plan = build->plan;
    char text[WARNING_SIZE];
    const char *kept;
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    for (size_t i = 0; i < plan->warnings.n; i++) {
        if (strcmp(plan->warnings.items[i], text) == 0)
            return PW_OK;
    }
    if (plan->warnings.n == N_WARNINGS_MAX)
        return PW_OK;
    kept = pwi_arena_string(build->arena, text, strlen(text));
    if (kept == NULL)
        return pwi_fail_memory(err);
    PWI_LIST_ADD(build->arena, &plan->warnings, kept, err);
    return PW_OK;
}

/* At least n numbers 0, 1, 2, ... Maps that point into a shorter array keep it. */
pw_status pwi_number_rows(pwi_plan_build *build, size_t n, pw_error *err)
{
    struct pw_plan *plan = build->plan;
    const size_t wanted = n < 512 ? 512 : n * 2;

    if (n <= plan->n_rows)
        return PW_OK;
    plan->n_rows = 0;
    plan->rows = pwi_arena_alloc(build->arena, wanted * sizeof(*plan->rows));
    if (plan->rows == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < wanted; i++)
        plan->rows[i] = (uint32_t)i;
    plan->n_rows = wanted;
    return PW_OK;
}

pw_status pwi_maps_of_weights(pwi_plan_build *build, const double *weights, size_t n,
                              const pw_row_map *like, const pw_row_map **maps, size_t *n_maps,
                              pw_error *err)
{
    PWI_LIST(pw_row_map) list = {.n = 0};
    size_t end;

    PWI_TRY(pwi_number_rows(build, n, err));
    for (size_t first = 0; first < n; first = end) {
        pw_row_map map = *like;

        end = first + 1;
        while (end < n && weights[end] == weights[first])
            end++;
        if (weights[first] == 1.0)
            continue;
        map.factor = weights[first];
        map.rows = build->plan->rows + first;
        map.n_rows = end - first;
        PWI_LIST_ADD(build->arena, &list, map, err);
    }
    *maps = list.items;
    *n_maps = list.n;
    return PW_OK;
}

pw_status pwi_part_add(pwi_plan_build *build, pwi_part_list *parts,
                       const pw_weighting_term *terms, size_t n_terms, double divisor,
                       size_t n_rows, pw_error *err)
{
    pw_weighting_term *kept = pwi_arena_alloc(build->arena, (n_terms + 1) * sizeof(*kept));
    pw_weighting_part part = {.n_terms = n_terms,
                              .divisor = divisor,
                              .first_row = 0,
                              .n_rows = n_rows,
                              .i_scope = PW_NO_SCOPE};

    if (kept == NULL)
        return pwi_fail_memory(err);
    memcpy(kept, terms, n_terms * sizeof(*kept));
    part.terms = kept;
    PWI_LIST_ADD(build->arena, parts, part, err);
    return PW_OK;
}

pw_status pwi_check_mixes(size_t n, size_t n_chunks, pw_error *err)
{
    if (n_chunks > 0 && n > PW_PLAN_SEQUENCES_MAX / n_chunks)
        return PWI_FAIL(
            err, PW_ERR_LIMIT,
            "%zu weights below 1 in a prompt of %zu chunks need more than %d runs of "
            "the encoder: use fewer",
            n, n_chunks, PW_PLAN_SEQUENCES_MAX);
    return PW_OK;
}

bool pwi_is_weighted(const pwi_layout *layout)
{
    for (size_t i = 0; i < layout->chunks.n; i++) {
        for (size_t row = 0; row < layout->chunks.items[i].n_tokens; row++) {
            if (layout->chunks.items[i].weights[row] != 1.0)
                return true;
        }
    }
    return false;
}
