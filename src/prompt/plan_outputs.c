/* SPDX-License-Identifier: MIT */
/* What is done to the outputs of a plan once their texts are weighed: spans that mix several
 * texts, equal lengths, the sequence of the pooled vector. */
#include <string.h>

#include "prompt/dialect.h"

#define REPEAT_MAX 4 /* ComfyUI repeats a side so often at most */

static pw_status weigh_empty(pwi_plan_build *build, bool fills_up, pwi_part_list *parts,
                             pw_error *err)
{
    pwi_layout empty;
    pw_status status;

    PWI_TRY(pwi_layout_empty(build, &empty, err));
    build->fills_up = fills_up;
    status = build->dialect->weigh(build, &empty, parts, err);
    build->fills_up = false;
    return status;
}

/* Terms of a part, times a factor, behind what is there. */
static pw_status add_terms(pwi_plan_build *build, pwi_term_list *terms,
                           const pw_weighting_part *part, double factor, pw_error *err)
{
    for (size_t i = 0; i < part->n_terms; i++) {
        pw_weighting_term term = part->terms[i];

        term.coefficient *= factor / part->divisor;
        PWI_LIST_ADD(build->arena, terms, term, err);
    }
    return PW_OK;
}

static pw_status sum_of_weights(const pw_span *span, double *sum, pw_error *err)
{
    *sum = 1.0;
    if (!span->is_blend || !span->is_normalized)
        return PW_OK;
    *sum = 0.0;
    for (size_t i = 0; i < span->n_branches; i++)
        *sum += span->branches[i].weight;
    if (*sum == 0.0)
        return PWI_FAIL(err, PW_ERR_FORMAT,
                        "the weights of .blend() add up to 0 and cannot be normalized: change "
                        "one, or add no_normalize");
    return PW_OK;
}

/* The empty prompt, as a text of its own and as what fills up a shorter text. */
struct empties {
    pwi_part_list text, filler;
};

/* One part of a blend: shorter texts are filled up. A span's own weight leads from the empty
 * prompt, filled up in turn, to the text. */
static pw_status mix_part(pwi_plan_build *build, const pw_span *span,
                          const pwi_part_list *branches, const struct empties *empties,
                          size_t i, double sum, pwi_part_list *parts, pw_error *err)
{
    const pw_weighting_part *filler = empties->filler.items;
    const pw_weighting_part *longest = filler;
    pwi_term_list terms = {.n = 0};

    for (size_t k = 0; k < span->n_branches; k++) {
        const pw_weighting_part *part = i < branches[k].n ? &branches[k].items[i] : filler;
        const double share = span->is_blend ? span->branches[k].weight / sum : 1.0;

        if (i < branches[k].n)
            longest = part;
        PWI_TRY(add_terms(build, &terms, part, share * span->weight, err));
    }
    if (span->weight != 1.0)
        PWI_TRY(add_terms(build, &terms, i < empties->text.n ? &empties->text.items[i] : filler,
                          1.0 - span->weight, err));
    return pwi_part_add(build, parts, terms.items, terms.n, 1.0, longest->n_rows, err);
}

static pw_status mix(pwi_plan_build *build, const pw_span *span, const pwi_part_list *branches,
                     pwi_part_list *parts, pw_error *err)
{
    struct empties empties = {.text = {.n = 0}};
    size_t n_max = 0, n_min = SIZE_MAX;
    double sum;

    PWI_TRY(sum_of_weights(span, &sum, err));
    for (size_t i = 0; i < span->n_branches; i++) {
        n_max = branches[i].n > n_max ? branches[i].n : n_max;
        n_min = branches[i].n < n_min ? branches[i].n : n_min;
    }
    if (span->weight != 1.0)
        PWI_TRY(weigh_empty(build, false, &empties.text, err));
    if (n_min < n_max || (span->weight != 1.0 && empties.text.n < n_max))
        PWI_TRY(weigh_empty(build, true, &empties.filler, err));
    for (size_t i = 0; i < n_max; i++)
        PWI_TRY(mix_part(build, span, branches, &empties, i, sum, parts, err));
    return PW_OK;
}

pw_status pwi_combine_span(pwi_plan_build *build, const pw_span *span, pwi_layout *layouts,
                           pwi_part_list *parts, pw_error *err)
{
    pwi_part_list *branches;

    if (span->n_branches == 1 && !span->is_blend && span->weight == 1.0)
        return build->dialect->weigh(build, layouts, parts, err);
    branches = pwi_arena_alloc(build->arena, span->n_branches * sizeof(*branches));
    if (branches == NULL)
        return pwi_fail_memory(err);
    memset(branches, 0, span->n_branches * sizeof(*branches));
    for (size_t i = 0; i < span->n_branches; i++)
        PWI_TRY(build->dialect->weigh(build, &layouts[i], &branches[i], err));
    return mix(build, span, branches, parts, err);
}

/* ---- Equal lengths. */

/* Add the parts of `more`, so often that the output has n_rows or a little less. */
static pw_status extend(pwi_plan_build *build, pw_plan_output *output, const pw_weighting *more,
                        size_t n_rows, pw_error *err)
{
    PWI_LIST(pw_weighting_part) parts = {.n = 0};

    for (size_t i = 0; i < output->weighting.n_parts; i++)
        PWI_LIST_ADD(build->arena, &parts, output->weighting.parts[i], err);
    for (size_t i = 0; i < more->n_parts; i = (i + 1) % more->n_parts) {
        if (output->n_rows + more->parts[i].n_rows > n_rows)
            break;
        PWI_LIST_ADD(build->arena, &parts, more->parts[i], err);
        output->n_rows += more->parts[i].n_rows;
    }
    output->weighting = (pw_weighting){parts.items, parts.n};
    return PW_OK;
}

static size_t greatest_divisor(size_t a, size_t b)
{
    while (b != 0) {
        const size_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* Every output whole, so often that all have the same number of rows, unless that is more than
 * ComfyUI puts up with. */
static pw_status repeat(pwi_plan_build *build, pw_error *err)
{
    struct pw_plan *plan = build->plan;
    size_t common = 1;

    for (size_t i = 0; i < plan->outputs.n; i++) {
        const size_t n = plan->outputs.items[i].n_rows;

        common = common / greatest_divisor(common, n) * n;
        for (size_t k = 0; k <= i; k++) {
            if (common / plan->outputs.items[k].n_rows > REPEAT_MAX)
                return pwi_warn_plan(
                    build, err,
                    "the prompts differ in length by so much that ComfyUI does "
                    "not repeat them: their rows stay unequal");
        }
    }
    for (size_t i = 0; i < plan->outputs.n; i++) {
        pw_plan_output *output = &plan->outputs.items[i];
        const pw_weighting once = output->weighting;

        if (output->n_rows < common)
            PWI_TRY(extend(build, output, &once, common, err));
    }
    return PW_OK;
}

static pw_status append_empty(pwi_plan_build *build, pw_error *err)
{
    struct pw_plan *plan = build->plan;
    size_t n_max = build->options.n_rows_min, n_min = SIZE_MAX;
    pwi_part_list empty = {.n = 0};

    for (size_t i = 0; i < plan->outputs.n; i++) {
        const size_t n = plan->outputs.items[i].n_rows;

        n_max = n > n_max ? n : n_max;
        n_min = n < n_min ? n : n_min;
    }
    if (n_min == n_max)
        return PW_OK;
    PWI_TRY(weigh_empty(build, true, &empty, err));
    for (size_t i = 0; i < plan->outputs.n; i++) {
        const pw_weighting more = {empty.items, empty.n};

        PWI_TRY(extend(build, &plan->outputs.items[i], &more, n_max, err));
    }
    return PW_OK;
}

pw_status pwi_make_equal(pwi_plan_build *build, pw_error *err)
{
    switch (build->dialect->equal) {
    case PWI_EQUAL_REPEAT:
        return repeat(build, err);
    case PWI_EQUAL_EMPTY:
        return append_empty(build, err);
    case PWI_EQUAL_NOT:
        break;
    }
    return PW_OK;
}

/* ---- The pooled vector. */

/* Compel asks the encoder for the prompt as it was typed, syntax and all. */
static pw_status pooled_of_raw(pwi_plan_build *build, const pw_prompt *prompt,
                               size_t *i_sequence, pw_error *err)
{
    const pw_segment raw = {
        PW_SEGMENT_TEXT, prompt->raw.text, prompt->raw.size, prompt->raw.source, 1.0, NULL};
    pwi_layout layout = {.i_scope = PW_NO_SCOPE};

    PWI_TRY(pwi_cut_text(build, &layout, &raw, 0, raw.size, err));
    PWI_TRY(pwi_chunk_cut(build, &layout, err));
    PWI_TRY(pwi_sequence_of_chunk(build, &layout.chunks.items[0], NULL, err));
    *i_sequence = layout.chunks.items[0].i_sequence;
    return PW_OK;
}

pw_status pwi_plan_pooled(pwi_plan_build *build, const pw_prompt *prompt,
                          pw_plan_output *output, pw_error *err)
{
    switch (build->dialect->pooled) {
    case PWI_POOLED_FIRST:
        output->i_pooled = output->chunks[0].i_sequence;
        break;
    case PWI_POOLED_LAST:
        output->i_pooled = output->chunks[output->n_chunks - 1].i_sequence;
        break;
    case PWI_POOLED_RAW:
        PWI_TRY(pooled_of_raw(build, prompt, &output->i_pooled, err));
        break;
    }
    build->plan->sequences.items[output->i_pooled].needs_pooled = true;
    return PW_OK;
}
