/* SPDX-License-Identifier: MIT */
/* Plans: prompts through cut, chunk and weigh, and what several of them do to each other on the
 * way: lengths that are made equal, batches that share a mean, sequences that are shared. */
#include <string.h>

#include "base/checked.h"
#include "prompt/dialect.h"

#define LENGTH_MAX (1u << 20)

struct maker {
    pwi_plan_build build;
    pw_prompt_encoder encoder; /* as much of the caller's as this library knows */
    const pw_prompt *const *prompts;
    size_t n_prompts;
    PWI_LIST(pwi_layout) layouts;  /* by output, span, branch */
    PWI_LIST(size_t) first_layout; /* [n_outputs] */
};

static pw_status check_encoder(const pw_prompt_encoder *encoder, pw_error *err)
{
    const size_t n_added = (size_t)(encoder->start_id >= 0) + (size_t)(encoder->end_id >= 0);

    if (encoder->tokenize == NULL || encoder->pad_id < 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "the encoder has no %s",
                        encoder->tokenize == NULL ? "tokenizer" : "pad id");
    if (encoder->length_max > LENGTH_MAX || encoder->length_min > LENGTH_MAX ||
        encoder->min_padding > LENGTH_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "the encoder's lengths are at most %u tokens",
                        LENGTH_MAX);
    if ((encoder->length_max != 0 && encoder->length_max <= n_added) ||
        (encoder->length_max == 0 && encoder->pad_to_max))
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "an encoder of %zu tokens at once %s",
                        encoder->length_max,
                        encoder->pad_to_max && encoder->length_max == 0
                            ? "(any number) cannot be padded to its length"
                            : "has no room for text");
    return PW_OK;
}

static pw_status check_prompts(const struct maker *maker, pw_error *err)
{
    for (size_t i = 1; i < maker->n_prompts; i++) {
        if (maker->prompts[i]->dialect != maker->prompts[0]->dialect)
            return PWI_FAIL(err, PW_ERR_ARGUMENT,
                            "the prompts of a plan are of one dialect: prompt %zu is %s, the "
                            "first is %s",
                            i + 1, maker->prompts[i]->dialect->name,
                            maker->prompts[0]->dialect->name);
    }
    return PW_OK;
}

/* Segments that are being walked through; swaps stand in swaps. */
struct walk {
    const pw_segment *at, *end;
};

/* The text of a branch: where it swaps, the one that the condition is for. */
static pw_status resolve_swaps(pwi_plan_build *build, const pw_condition *condition,
                               const pw_branch *branch, pwi_layout *layout, pw_error *err)
{
    PWI_LIST(struct walk) open = {.n = 0};
    PWI_LIST(pw_segment) list = {.n = 0};
    struct walk walk = {branch->segments, branch->segments + branch->n_segments};

    PWI_LIST_ADD(build->arena, &open, walk, err);
    while (open.n > 0) {
        struct walk *innermost = &open.items[open.n - 1];
        const pw_segment *segment = innermost->at;

        if (innermost->at == innermost->end) {
            open.n--;
            continue;
        }
        innermost->at++;
        if (segment->kind != PW_SEGMENT_SWAP) {
            PWI_LIST_ADD(build->arena, &list, *segment, err);
            continue;
        }
        walk.at = condition->is_edited ? segment->swap->edited : segment->swap->original;
        walk.end = walk.at +
                   (condition->is_edited ? segment->swap->n_edited : segment->swap->n_original);
        PWI_LIST_ADD(build->arena, &open, walk, err);
    }
    layout->segments = list.items;
    layout->n_segments = list.n;
    return PW_OK;
}

static pw_status collect_condition(struct maker *maker, const pw_condition *condition,
                                   pw_error *err)
{
    pwi_plan_build *build = &maker->build;

    if (condition->n_spans == 0)
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "the prompt holds no text at all: its original stops there, too");
    PWI_LIST_ADD(build->arena, &maker->first_layout, maker->layouts.n, err);
    for (size_t i = 0; i < condition->n_spans; i++) {
        for (size_t k = 0; k < condition->spans[i].n_branches; k++) {
            pwi_layout layout = {.i_scope = PW_NO_SCOPE, .i_span = i, .i_branch = k};

            PWI_TRY(resolve_swaps(build, condition, &condition->spans[i].branches[k], &layout,
                                  err));
            PWI_TRY(build->dialect->cut(build, &layout, err));
            PWI_LIST_ADD(build->arena, &maker->layouts, layout, err);
        }
    }
    return PW_OK;
}

static pw_status collect(struct maker *maker, pw_error *err)
{
    struct pw_plan *plan = maker->build.plan;

    for (size_t i = 0; i < maker->n_prompts; i++) {
        maker->build.n_tokens = 0;
        for (size_t k = 0; k < maker->prompts[i]->conditions.n; k++) {
            pw_plan_output output = {.i_prompt = i, .i_condition = k, .i_pooled = SIZE_MAX};

            PWI_TRY(collect_condition(maker, &maker->prompts[i]->conditions.items[k], err));
            PWI_LIST_ADD(&plan->arena, &plan->outputs, output, err);
        }
    }
    return PW_OK;
}

static pw_status chunk_all(struct maker *maker, pw_error *err)
{
    size_t n_max = 0;

    for (size_t i = 0; i < maker->layouts.n; i++) {
        if (maker->layouts.items[i].tokens.n > n_max)
            n_max = maker->layouts.items[i].tokens.n;
    }
    for (size_t i = 0; i < maker->layouts.n; i++) {
        pwi_layout *layout = &maker->layouts.items[i];

        layout->n_wanted = maker->build.options.equalizes ? n_max : layout->tokens.n;
        PWI_TRY(maker->build.dialect->chunk(&maker->build, layout, err));
    }
    return PW_OK;
}

/* The layout of no text. */
pw_status pwi_layout_empty(pwi_plan_build *build, pwi_layout *layout, pw_error *err)
{
    *layout = (pwi_layout){.i_scope = PW_NO_SCOPE};
    return build->dialect->chunk(build, layout, err);
}

/* Layouts [first, end) are one batch: the shorter get empty chunks, and the i-th chunks of all
 * share a mean. */
static pw_status batch(struct maker *maker, size_t first, size_t end, pw_error *err)
{
    pwi_plan_build *build = &maker->build;
    size_t n_max = 0;
    pwi_layout empty;

    for (size_t i = first; i < end; i++) {
        if (maker->layouts.items[i].chunks.n > n_max)
            n_max = maker->layouts.items[i].chunks.n;
    }
    PWI_TRY(pwi_layout_empty(build, &empty, err));
    for (size_t i = first; i < end; i++) {
        pwi_layout *layout = &maker->layouts.items[i];

        layout->i_scope = build->plan->n_scopes;
        while (layout->chunks.n < n_max)
            PWI_LIST_ADD(build->arena, &layout->chunks, empty.chunks.items[0], err);
    }
    build->plan->n_scopes += n_max;
    return PW_OK;
}

static bool is_same_batch(const struct maker *maker, size_t i, size_t k)
{
    const pw_plan_output *a = &maker->build.plan->outputs.items[i];
    const pw_plan_output *b = &maker->build.plan->outputs.items[k];
    const pw_condition *in_a = &maker->prompts[a->i_prompt]->conditions.items[a->i_condition];
    const pw_condition *in_b = &maker->prompts[b->i_prompt]->conditions.items[b->i_condition];

    return maker->build.options.is_one_batch ||
           (a->i_prompt == b->i_prompt && in_a->i_part == in_b->i_part);
}

/* The texts of a schedule are encoded together. (Such a dialect has one layout an output.) */
static pw_status batch_all(struct maker *maker, pw_error *err)
{
    const size_t n = maker->build.plan->outputs.n;
    size_t end;

    if (!maker->build.dialect->has_batches)
        return PW_OK;
    for (size_t first = 0; first < n; first = end) {
        end = first + 1;
        while (end < n && is_same_batch(maker, first, end))
            end++;
        PWI_TRY(batch(maker, first, end, err));
    }
    return PW_OK;
}

static pw_status keep_chunks(struct maker *maker, size_t first, size_t end,
                             pw_plan_output *output, pw_error *err)
{
    PWI_LIST(pw_chunk) list = {.n = 0};

    for (size_t i = first; i < end; i++) {
        output->n_cut += maker->layouts.items[i].n_cut;
        for (size_t k = 0; k < maker->layouts.items[i].chunks.n; k++)
            PWI_LIST_ADD(maker->build.arena, &list, maker->layouts.items[i].chunks.items[k],
                         err);
    }
    output->chunks = list.items;
    output->n_chunks = list.n;
    return PW_OK;
}

static void set_parts(pw_plan_output *output, const pwi_part_list *parts)
{
    output->weighting = (pw_weighting){parts->items, parts->n};
    output->n_rows = 0;
    for (size_t i = 0; i < parts->n; i++)
        output->n_rows += parts->items[i].n_rows;
}

static pw_status weigh_all(struct maker *maker, pw_error *err)
{
    struct pw_plan *plan = maker->build.plan;

    for (size_t i = 0; i < plan->outputs.n; i++) {
        pw_plan_output *output = &plan->outputs.items[i];
        const pw_condition *condition =
            &maker->prompts[output->i_prompt]->conditions.items[output->i_condition];
        size_t at = maker->first_layout.items[i];
        pwi_part_list parts = {.n = 0};

        for (size_t k = 0; k < condition->n_spans; k++) {
            PWI_TRY(pwi_combine_span(&maker->build, &condition->spans[k],
                                     maker->layouts.items + at, &parts, err));
            at += condition->spans[k].n_branches;
        }
        PWI_TRY(keep_chunks(maker, maker->first_layout.items[i], at, output, err));
        set_parts(output, &parts);
    }
    return PW_OK;
}

static pw_status make(struct maker *maker, pw_error *err)
{
    struct pw_plan *plan = maker->build.plan;

    PWI_TRY(check_prompts(maker, err));
    PWI_TRY(collect(maker, err));
    PWI_TRY(chunk_all(maker, err));
    PWI_TRY(batch_all(maker, err));
    PWI_TRY(weigh_all(maker, err));
    if (maker->build.options.equalizes)
        PWI_TRY(pwi_make_equal(&maker->build, err));
    for (size_t i = 0; i < plan->sequences.n; i++)
        plan->sequences.items[i].needs_rows = true;
    for (size_t i = 0; maker->build.options.wants_pooled && i < plan->outputs.n; i++)
        PWI_TRY(pwi_plan_pooled(&maker->build, maker->prompts[plan->outputs.items[i].i_prompt],
                                &plan->outputs.items[i], err));
    return PW_OK;
}

static pw_status take_names(pwi_plan_build *build, pw_error *err)
{
    const pw_prompt_encoder *encoder = build->encoder;
    bool added;

    for (size_t i = 0; i < encoder->n_embeddings; i++) {
        const char *name = encoder->embeddings[i].name;

        if (!pwi_map_add(&build->names, name, strlen(name), (uint32_t)i, &added))
            return pwi_fail_memory(err);
    }
    return PW_OK;
}

/* A caller built against older headers gives less. */
static void take_options(struct maker *maker, const pw_prompt_encoder *encoder,
                         const pw_plan_options *given)
{
    pw_plan_options *options = &maker->build.options;

    memcpy(&maker->encoder, encoder,
           encoder->struct_size < sizeof(maker->encoder) ? encoder->struct_size
                                                         : sizeof(maker->encoder));
    maker->build.encoder = &maker->encoder;
    pw_plan_options_init(options);
    if (given != NULL)
        memcpy(options, given,
               given->struct_size < sizeof(*options) ? given->struct_size : sizeof(*options));
}

pw_status pw_plan_create(pw_plan **out, pw_context *ctx, const pw_prompt *const *prompts,
                         size_t n_prompts, const pw_prompt_encoder *encoder,
                         const pw_plan_options *options, pw_error *err)
{
    struct maker maker = {.prompts = prompts, .n_prompts = n_prompts};
    pwi_plan_build *build = &maker.build;
    pw_status status;
    pw_plan *plan;

    *out = NULL;
    if (n_prompts == 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "a plan needs a prompt");
    take_options(&maker, encoder, options);
    PWI_TRY(check_encoder(&maker.encoder, err));
    plan = PWI_NEW(&ctx->allocator, pw_plan);
    if (plan == NULL)
        return pwi_fail_memory(err);
    plan->ctx = pwi_context_keep(ctx);
    pwi_arena_init(&plan->arena, &ctx->allocator);
    build->plan = plan;
    build->arena = &plan->arena;
    build->dialect = prompts[0]->dialect;
    build->prompt_options = &prompts[0]->options;
    pwi_map_init(&build->names, &ctx->allocator);
    pwi_map_init(&build->known, &ctx->allocator);
    status = take_names(build, err);
    if (status == PW_OK)
        status = make(&maker, err);
    pwi_names_free(build);
    pwi_map_free(&build->names);
    pwi_map_free(&build->known);
    if (status == PW_OK)
        *out = plan;
    else
        pw_plan_free(plan);
    return status;
}

void pw_plan_free(pw_plan *plan)
{
    pw_context *ctx;

    if (plan == NULL)
        return;
    ctx = plan->ctx;
    pwi_arena_free(&plan->arena);
    PWI_DELETE(&ctx->allocator, plan);
    pw_context_free(ctx);
}
