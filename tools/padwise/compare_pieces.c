/* SPDX-License-Identifier: MIT */
/* From pieces and tokens back to the bytes of the prompt. */
#include "compare_pieces.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum byte_state {
    NOT_ENCODED = 0,
    ENCODED,
    VARIES
};

/* What is known of each byte of the prompt. */
struct bytes {
    double *weights; /* [n] where a state says so */
    double *tokens;  /* [n] weight of the token that starts here, where starts[] says so */
    uint8_t *states, *starts;
    size_t n;
};

bool is_same_weight(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void mark_tokens(struct bytes *bytes, const pw_plan_output *output, bool is_there)
{
    for (size_t i = 0; i < output->n_chunks; i++) {
        const pw_chunk *chunk = &output->chunks[i];

        for (size_t k = 0; k < chunk->n_tokens; k++) {
            if (chunk->begin[k] >= bytes->n)
                continue;
            bytes->tokens[chunk->begin[k]] = chunk->weights[k];
            bytes->starts[chunk->begin[k]] = is_there;
        }
    }
}

static double weight_of_piece(const struct bytes *bytes, const pw_segment *piece)
{
    for (size_t i = 0; i < piece->size; i++) {
        if (piece->source[i] < bytes->n && bytes->starts[piece->source[i]])
            return bytes->tokens[piece->source[i]];
    }
    return piece->weight;
}

static void mark_piece(struct bytes *bytes, const pw_segment *piece)
{
    const double weight = weight_of_piece(bytes, piece);

    for (size_t i = 0; i < piece->size; i++) {
        const size_t at = piece->source[i];

        if (at >= bytes->n)
            continue;
        if (bytes->states[at] == NOT_ENCODED) {
            bytes->states[at] = ENCODED;
            bytes->weights[at] = weight;
        } else if (!is_same_weight(bytes->weights[at], weight)) {
            bytes->states[at] = VARIES;
        }
    }
}

static bool mark_conditions(struct bytes *bytes, const struct reading *reading)
{
    bool ok = true;

    for (size_t i = 0; i < pw_plan_n_outputs(reading->plan) && ok; i++) {
        const pw_plan_output *output = pw_plan_output_at(reading->plan, i);
        const pw_segment *piece;
        struct pieces pieces;

        mark_tokens(bytes, output, true);
        pieces_start(&pieces, pw_prompt_condition(reading->prompt, output->i_condition));
        while ((piece = pieces_next(&pieces)) != NULL) {
            if (piece->kind == PW_SEGMENT_TEXT)
                mark_piece(bytes, piece);
        }
        ok = !pieces.failed;
        pieces_free(&pieces);
        mark_tokens(bytes, output, false);
    }
    return ok;
}

static bool add_run(struct weighted_runs *runs, size_t *capacity, struct pool *pool,
                    const struct weighted_run *run)
{
    struct weighted_run *items =
        pool_grow(pool, runs->items, runs->n, capacity, sizeof(*items));

    if (items == NULL)
        return false;
    runs->items = items;
    items[runs->n++] = *run;
    return true;
}

static bool is_same_byte(const struct bytes *bytes, size_t i, size_t k)
{
    return bytes->states[i] == bytes->states[k] &&
           (bytes->states[i] != ENCODED ||
            is_same_weight(bytes->weights[i], bytes->weights[k]));
}

static bool collect_runs(struct weighted_runs *runs, struct pool *pool,
                         const struct bytes *bytes)
{
    size_t capacity = 0;

    for (size_t begin = 0, end; begin < bytes->n; begin = end) {
        struct weighted_run run = {begin, 0, bytes->weights[begin],
                                   bytes->states[begin] == VARIES};

        for (end = begin + 1; end < bytes->n && is_same_byte(bytes, begin, end);)
            end++;
        run.end = end;
        if (bytes->states[begin] != NOT_ENCODED && !add_run(runs, &capacity, pool, &run))
            return false;
    }
    return true;
}

bool weighted_runs_of(struct weighted_runs *runs, struct pool *pool,
                      const struct reading *reading, size_t prompt_size)
{
    struct bytes bytes = {.weights = calloc(prompt_size + 1, sizeof(double)),
                          .tokens = calloc(prompt_size + 1, sizeof(double)),
                          .states = calloc(prompt_size + 1, 1),
                          .starts = calloc(prompt_size + 1, 1),
                          .n = prompt_size};
    bool ok = bytes.weights != NULL && bytes.tokens != NULL && bytes.states != NULL &&
              bytes.starts != NULL;

    *runs = (struct weighted_runs){0};
    ok = ok && mark_conditions(&bytes, reading) && collect_runs(runs, pool, &bytes);
    free(bytes.weights);
    free(bytes.tokens);
    free(bytes.states);
    free(bytes.starts);
    return ok;
}

bool sweep_start(struct sweep *sweep, struct pool *pool,
                 const struct weighted_runs *const *runs, size_t n)
{
    *sweep = (struct sweep){.runs = runs, .n = n};
    sweep->i_run = pool_array(pool, n + 1, sizeof(*sweep->i_run));
    sweep->covering = pool_array(pool, n + 1, sizeof(*sweep->covering));
    return sweep->i_run != NULL && sweep->covering != NULL;
}

/* What covers the byte where the sweep stands; how far that holds. */
static size_t look(struct sweep *sweep, bool *is_any)
{
    size_t end = SIZE_MAX;

    *is_any = false;
    for (size_t i = 0; i < sweep->n; i++) {
        const struct weighted_runs *runs = sweep->runs[i];
        const struct weighted_run *run;

        while (sweep->i_run[i] < runs->n && runs->items[sweep->i_run[i]].end <= sweep->at)
            sweep->i_run[i]++;
        sweep->covering[i] = NULL;
        if (sweep->i_run[i] == runs->n)
            continue;
        run = &runs->items[sweep->i_run[i]];
        if (run->begin <= sweep->at) {
            sweep->covering[i] = run;
            *is_any = true;
            end = run->end < end ? run->end : end;
        } else {
            end = run->begin < end ? run->begin : end;
        }
    }
    return end;
}

bool sweep_next(struct sweep *sweep, size_t *begin, size_t *end)
{
    bool is_any = false;

    do {
        *begin = sweep->at;
        *end = look(sweep, &is_any);
        sweep->at = *end;
    } while (!is_any && *end != SIZE_MAX);
    return is_any;
}

static bool is_same_mask(const uint8_t *a, const uint8_t *b, size_t n)
{
    bool is_same = true;

    for (size_t i = 0; i < n && is_same; i++)
        is_same = (a == NULL || a[i] != 0) == (b == NULL || b[i] != 0);
    return is_same;
}

static bool are_same_weights(const double *a, const double *b, size_t n)
{
    bool are_same = true;

    for (size_t i = 0; i < n && are_same; i++)
        are_same = is_same_weight(a[i], b[i]);
    return are_same;
}

static bool is_same_chunk(const struct reading *a, const pw_chunk *in_a,
                          const struct reading *b, const pw_chunk *in_b)
{
    const size_t n = in_a->n_tokens;

    return n == in_b->n_tokens && memcmp(in_a->ids, in_b->ids, n * sizeof(*in_a->ids)) == 0 &&
           are_same_weights(in_a->weights, in_b->weights, n) &&
           is_same_mask(pw_plan_sequence(a->plan, in_a->i_sequence)->mask,
                        pw_plan_sequence(b->plan, in_b->i_sequence)->mask, n);
}

static bool is_same_condition(const struct reading *a, const struct reading *b, size_t i,
                              bool is_only)
{
    const pw_condition *in_a = pw_prompt_condition(a->prompt, i);
    const pw_condition *in_b = pw_prompt_condition(b->prompt, i);
    const pw_plan_output *out_a = pw_plan_output_at(a->plan, i);
    const pw_plan_output *out_b = pw_plan_output_at(b->plan, i);
    bool is_same = out_a->n_chunks == out_b->n_chunks && out_a->n_cut == out_b->n_cut &&
                   in_a->i_part == in_b->i_part &&
                   (is_only || in_a->until_step == in_b->until_step);

    for (size_t k = 0; k < out_a->n_chunks && is_same; k++)
        is_same = is_same_chunk(a, &out_a->chunks[k], b, &out_b->chunks[k]);
    return is_same;
}

bool is_same_reading(const struct reading *a, const struct reading *b)
{
    const size_t n = pw_prompt_n_conditions(a->prompt);
    const size_t n_parts = pw_prompt_n_parts(a->prompt);
    bool is_same =
        n == pw_prompt_n_conditions(b->prompt) && n_parts == pw_prompt_n_parts(b->prompt);

    for (size_t i = 0; i < n_parts && is_same; i++)
        is_same =
            pw_prompt_part_at(a->prompt, i)->weight == pw_prompt_part_at(b->prompt, i)->weight;
    for (size_t i = 0; i < n && is_same; i++)
        is_same = is_same_condition(a, b, i, n == 1);
    return is_same;
}
