/* SPDX-License-Identifier: MIT */
/* The tree is walked without recursion: brackets by a stack of places to go on from, .swap() by
 * a list of lists, since each of its two texts is a list of fragments of its own. */
#include "prompt/compel_flatten.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "prompt/compel_join.h"
#include "prompt/compel_swap.h"

/* Fragments to make out of one item (a copy). */
typedef struct pwi_compel_list {
    pwi_compel_item item;
    double weight;
    pwi_segments *segments;
    uint32_t swap_depth;
    bool must_have_text; /* an empty side of .swap() is one empty fragment */
} list;

/* Where to go on, and what weighs on it. */
typedef struct pwi_compel_place {
    uint32_t item;
    double weight;
} place;

static pw_status push_list(pwi_compel_flatten *flatten, const list *added, pw_error *err)
{
    PWI_TRY(pwi_compel_grow(flatten->parser, &flatten->lists, flatten->n_lists,
                            &flatten->lists_capacity, sizeof(*added), err));
    flatten->lists[flatten->n_lists++] = *added;
    return PW_OK;
}

static pw_status push_place(pwi_compel_flatten *flatten, uint32_t item, double weight,
                            pw_error *err)
{
    if (item == 0)
        return PW_OK;
    PWI_TRY(pwi_compel_grow(flatten->parser, &flatten->places, flatten->n_places,
                            &flatten->places_capacity, sizeof(place), err));
    flatten->places[flatten->n_places++] = (place){item, weight};
    return PW_OK;
}

static pw_status flush(pwi_compel_flatten *flatten, const list *making, double weight,
                       pw_error *err)
{
    const size_t n = flatten->n_run;

    flatten->n_run = 0;
    return n == 0 ? PW_OK
                  : pwi_compel_join(&flatten->parser->text, flatten->run, n, weight,
                                    making->segments, err);
}

/* A text joins the run where it weighs the same. */
static pw_status add_piece(pwi_compel_flatten *flatten, const list *making,
                           const pwi_compel_item *item, double weight, double *run_weight,
                           pw_error *err)
{
    if (flatten->n_run > 0 && weight != *run_weight)
        PWI_TRY(flush(flatten, making, *run_weight, err));
    PWI_TRY(pwi_compel_grow(flatten->parser, &flatten->run, flatten->n_run,
                            &flatten->run_capacity, sizeof(*flatten->run), err));
    flatten->run[flatten->n_run++] = (pwi_compel_piece){item->begin, item->end};
    *run_weight = weight;
    return PW_OK;
}

/* One side of a .swap(), to be made later. */
static pw_status push_side(pwi_compel_flatten *flatten, const list *making,
                           const pwi_compel_item *item, double weight, pwi_segments *segments,
                           pw_error *err)
{
    const list side = {*item, weight, segments, making->swap_depth + 1, true};

    if (side.swap_depth > PWI_COMPEL_SWAP_DEPTH_MAX)
        return PWI_FAIL(err, PW_ERR_DEPTH,
                        ".swap() stands in .swap() more than %d deep: write fewer of them",
                        PWI_COMPEL_SWAP_DEPTH_MAX);
    return push_list(flatten, &side, err);
}

static pw_status add_swap(pwi_compel_flatten *flatten, const list *making,
                          const pwi_compel_item *item, double weight, pw_error *err)
{
    const pwi_compel_swap_call *call = &flatten->parser->swaps[item->swap];
    const pwi_compel_item edited = {
        .kind = PWI_COMPEL_GROUP, .group = call->edited, .weight = 1.0};
    pwi_swap *swap = pwi_arena_alloc(making->segments->arena, sizeof(*swap));
    pwi_segment segment = {.kind = PWI_SEGMENT_SWAP, .swap = swap};
    pwi_compel_item original = *item;

    PWI_TRY(pwi_compel_swap_check(flatten->parser, call, err));
    if (swap == NULL)
        return pwi_fail_memory(err);
    *swap = (pwi_swap){.original = {.arena = making->segments->arena},
                       .edited = {.arena = making->segments->arena},
                       .s_start = call->numbers[PWI_COMPEL_S_START],
                       .s_end = call->numbers[PWI_COMPEL_S_END],
                       .t_start = call->numbers[PWI_COMPEL_T_START],
                       .t_end = call->numbers[PWI_COMPEL_T_END]};
    original.kind = item->group != 0 ? PWI_COMPEL_GROUP : PWI_COMPEL_TEXT;
    PWI_TRY(push_side(flatten, making, &original, weight, &swap->original, err));
    PWI_TRY(push_side(flatten, making, &edited, weight, &swap->edited, err));
    return pwi_segments_add(making->segments, &segment, err);
}

pw_status pwi_compel_add_lora(pwi_compel_flatten *flatten, const pwi_compel_item *item,
                              pw_error *err)
{
    const pwi_compel_text *text = &flatten->parser->text;

    PWI_TRY(pwi_compel_grow(flatten->parser, &flatten->loras, flatten->n_loras,
                            &flatten->loras_capacity, sizeof(*flatten->loras), err));
    flatten->loras[flatten->n_loras++] = (pwi_compel_lora){.name = text->bytes + item->begin,
                                                           .size = item->end - item->begin,
                                                           .source = text->source[item->begin],
                                                           .weight = item->weight};
    return PW_OK;
}

/* One item of a list; what stands in its brackets comes next. */
static pw_status add_item(pwi_compel_flatten *flatten, const list *making,
                          const pwi_compel_item *item, double weight, double *run_weight,
                          pw_error *err)
{
    weight = item->kind == PWI_COMPEL_LORA ? weight : weight * item->weight;
    switch (item->kind) {
    case PWI_COMPEL_TEXT:
        return add_piece(flatten, making, item, weight, run_weight, err);
    case PWI_COMPEL_GROUP:
        return push_place(flatten, flatten->parser->groups[item->group].first, weight, err);
    case PWI_COMPEL_SWAP:
        PWI_TRY(flush(flatten, making, *run_weight, err));
        return add_swap(flatten, making, item, weight, err);
    case PWI_COMPEL_LORA:
    default:
        return pwi_compel_add_lora(flatten, item, err);
    }
}

static pw_status make_list(pwi_compel_flatten *flatten, const list *making, pw_error *err)
{
    const pwi_compel_item empty = {.kind = PWI_COMPEL_TEXT, .weight = 1.0};
    double run_weight = 1.0;

    PWI_TRY(add_item(flatten, making, &making->item, making->weight, &run_weight, err));
    while (flatten->n_places > 0) {
        const place here = flatten->places[--flatten->n_places];
        const pwi_compel_item item = flatten->parser->items[here.item];

        PWI_TRY(push_place(flatten, item.next, here.weight, err));
        PWI_TRY(add_item(flatten, making, &item, here.weight, &run_weight, err));
    }
    if (making->must_have_text && making->segments->n == 0 && flatten->n_run == 0)
        PWI_TRY(add_piece(flatten, making, &empty, making->weight, &run_weight, err));
    return flush(flatten, making, run_weight, err);
}

pw_status pwi_compel_flatten_item(pwi_compel_flatten *flatten, const pwi_compel_item *item,
                                  pwi_segments *segments, pw_error *err)
{
    const list whole = {*item, 1.0, segments, 0, false};

    flatten->n_lists = flatten->n_places = flatten->n_run = 0;
    PWI_TRY(push_list(flatten, &whole, err));
    while (flatten->n_lists > 0) {
        const list making = flatten->lists[--flatten->n_lists];

        PWI_TRY(make_list(flatten, &making, err));
    }
    return PW_OK;
}

static int by_source(const void *a, const void *b)
{
    const uint32_t source_a = ((const pwi_compel_lora *)a)->source;
    const uint32_t source_b = ((const pwi_compel_lora *)b)->source;

    return (source_a > source_b) - (source_a < source_b);
}

pw_status pwi_compel_keep_loras(const pwi_compel_flatten *flatten, pwi_compel *out,
                                pwi_arena *arena, pw_error *err)
{
    const size_t n = flatten->n_loras;

    out->loras = pwi_arena_alloc(arena, (n + 1) * sizeof(*out->loras));
    if (out->loras == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        out->loras[i] = flatten->loras[i];
        out->loras[i].name =
            pwi_arena_string(arena, flatten->loras[i].name, flatten->loras[i].size);
        if (out->loras[i].name == NULL)
            return pwi_fail_memory(err);
    }
    out->n_loras = n;
    if (n > 1)
        qsort(out->loras, n, sizeof(*out->loras), by_source);
    return PW_OK;
}
