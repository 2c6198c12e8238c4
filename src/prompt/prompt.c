/* SPDX-License-Identifier: MIT */
/* Parsed prompts: their arena, what readers put in, what callers take out. What a text means is
 * its dialect's (dialects.def). */
#include "prompt/prompt.h"

#include <string.h>

#include "base/checked.h"
#include "base/utf8.h"
#include "prompt/dialect.h"
#include "prompt/suspicions.h"

#define N_FIRST 8

pw_status pwi_list_grow(pwi_arena *arena, void **items, size_t n, size_t *capacity, size_t size,
                        pw_error *err)
{
    const size_t wanted = *capacity == 0 ? N_FIRST : *capacity * 2;
    size_t bytes;
    void *grown;

    if (n < *capacity)
        return PW_OK;
    if (!pwi_mul_size(wanted, size, &bytes))
        return pwi_fail_memory(err);
    grown = pwi_arena_alloc(arena, bytes);
    if (grown == NULL)
        return pwi_fail_memory(err);
    if (n > 0)
        memcpy(grown, *items, n * size);
    *items = grown;
    *capacity = wanted;
    return PW_OK;
}

pw_status pwi_prompt_add_part(pw_prompt *prompt, const pwi_script *text, double weight,
                              pw_error *err)
{
    const pw_prompt_part part = {text->text, text->size, weight, prompt->conditions.n, 0};

    if (prompt->parts.n == PW_PROMPT_CONDITIONS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "AND joins more than %d parts",
                        PW_PROMPT_CONDITIONS_MAX);
    PWI_LIST_ADD(&prompt->arena, &prompt->parts, part, err);
    return PW_OK;
}

/* Swaps stand in swaps, and these two call each other for each: PWI_COMPEL_SWAP_DEPTH_MAX deep
 * at most. NOLINTBEGIN(misc-no-recursion) */
static pw_status publish_swap(pwi_arena *arena, const pwi_swap *swap, const pw_swap **out,
                              pw_error *err)
{
    pw_swap *published = pwi_arena_alloc(arena, sizeof(*published));
    pw_branch original, edited;

    if (published == NULL)
        return pwi_fail_memory(err);
    PWI_TRY(pwi_prompt_publish(arena, &swap->original, &original, err));
    PWI_TRY(pwi_prompt_publish(arena, &swap->edited, &edited, err));
    *published =
        (pw_swap){original.segments, edited.segments, original.n_segments, edited.n_segments,
                  swap->s_start,     swap->s_end,     swap->t_start,       swap->t_end};
    *out = published;
    return PW_OK;
}

pw_status pwi_prompt_publish(pwi_arena *arena, const pwi_segments *segments, pw_branch *branch,
                             pw_error *err)
{
    pw_segment *published;
    size_t bytes;

    if (!pwi_mul_size(segments->n, sizeof(*published), &bytes))
        return pwi_fail_memory(err);
    published = pwi_arena_alloc(arena, bytes + 1);
    if (published == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < segments->n; i++) {
        const pwi_segment *from = &segments->items[i];

        published[i] = (pw_segment){(pw_segment_kind)from->kind,
                                    from->text,
                                    from->size,
                                    from->source,
                                    from->weight,
                                    NULL};
        if (from->kind == PWI_SEGMENT_SWAP)
            PWI_TRY(publish_swap(arena, from->swap, &published[i].swap, err));
    }
    *branch = (pw_branch){published, segments->n, 1.0};
    return PW_OK;
}

/* NOLINTEND(misc-no-recursion) */

static pw_status add_condition(pw_prompt *prompt, const pw_condition *condition, pw_error *err)
{
    pw_prompt_part *part = &prompt->parts.items[prompt->parts.n - 1];

    prompt->expanded_bytes += condition->size;
    if (prompt->conditions.n == PW_PROMPT_CONDITIONS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "the prompt changes more than %d times: use fewer steps",
                        PW_PROMPT_CONDITIONS_MAX);
    if (prompt->expanded_bytes > PW_PROMPT_EXPANDED_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "the texts of the schedule are more than %u bytes together: use fewer "
                        "steps or a shorter prompt",
                        PW_PROMPT_EXPANDED_MAX);
    PWI_LIST_ADD(&prompt->arena, &prompt->conditions, *condition, err);
    prompt->conditions.items[prompt->conditions.n - 1].i_part = prompt->parts.n - 1;
    part->n_conditions++;
    return PW_OK;
}

pw_status pwi_prompt_add_spans(pw_prompt *prompt, const pwi_script *text, bool is_edited,
                               const pw_span *spans, size_t n_spans, pw_error *err)
{
    const pw_condition condition = {.text = text->text,
                                    .size = text->size,
                                    .is_edited = is_edited,
                                    .spans = spans,
                                    .n_spans = n_spans};

    return add_condition(prompt, &condition, err);
}

pw_status pwi_prompt_add_condition(pw_prompt *prompt, const pwi_script *text,
                                   int32_t until_step, const pwi_segments *segments,
                                   pw_error *err)
{
    pw_branch *branch = pwi_arena_alloc(&prompt->arena, sizeof(*branch));
    pw_span *span = pwi_arena_alloc(&prompt->arena, sizeof(*span));
    pw_condition condition = {.text = text->text, .size = text->size};

    if (branch == NULL || span == NULL)
        return pwi_fail_memory(err);
    PWI_TRY(pwi_prompt_publish(&prompt->arena, segments, branch, err));
    *span = (pw_span){branch, 1, 1.0, false, false};
    condition.until_step = until_step;
    condition.spans = span;
    condition.n_spans = 1;
    return add_condition(prompt, &condition, err);
}

/* The prompt's bytes, each its own source. */
static pw_status take_text(pw_prompt *prompt, const char *text, size_t size, pw_error *err)
{
    const char *copy;
    uint32_t *source;

    if (size > PW_PROMPT_BYTES_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "the prompt has %zu bytes, the limit is %u", size,
                        PW_PROMPT_BYTES_MAX);
    if (pwi_utf8_valid_prefix(text, size) < size)
        return pwi_fail_at(err, PW_ERR_UTF8, pwi_utf8_valid_prefix(text, size),
                           "the prompt is not valid UTF-8");
    copy = pwi_arena_string(&prompt->arena, text, size);
    source = pwi_arena_alloc(&prompt->arena, (size + 1) * sizeof(*source));
    if (copy == NULL || source == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < size; i++)
        source[i] = (uint32_t)i;
    prompt->raw = (pwi_script){copy, source, size};
    prompt->text = prompt->raw;
    return PW_OK;
}

static pw_status find_warnings(pw_prompt *prompt, pw_error *err)
{
    pwi_suspicions found;

    PWI_TRY(pwi_suspicions_find(&found, &prompt->arena, prompt->dialect->name, prompt->raw.text,
                                prompt->raw.size, err));
    for (size_t i = 0; i < found.n; i++) {
        const pw_prompt_warning warning = {found.items[i].begin, found.items[i].end,
                                           found.items[i].text};

        PWI_LIST_ADD(&prompt->arena, &prompt->warnings, warning, err);
    }
    return PW_OK;
}

static pw_status check_options(const pw_prompt_options *options, pw_error *err)
{
    if (pwi_dialect_at(options->dialect) == NULL)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "there is no dialect number %d",
                        (int)options->dialect);
    if (options->steps < 0 || options->steps > PW_PROMPT_STEPS_MAX ||
        options->hires_steps < 0 || options->hires_steps > PW_PROMPT_STEPS_MAX)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "a schedule has 0 to %d steps",
                        PW_PROMPT_STEPS_MAX);
    if ((int)options->emphasis < 0 || options->emphasis >= PW_N_EMPHASES)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "there is no emphasis mode number %d",
                        (int)options->emphasis);
    return PW_OK;
}

pw_status pw_prompt_parse(pw_prompt **out, pw_context *ctx, const char *text, size_t size,
                          const pw_prompt_options *options, pw_error *err)
{
    pw_prompt_options known;
    pw_prompt *prompt;
    pw_status status;

    *out = NULL;
    pw_prompt_options_init(&known);
    if (options != NULL)
        memcpy(&known, options,
               options->struct_size < sizeof(known) ? options->struct_size : sizeof(known));
    PWI_TRY(check_options(&known, err));
    prompt = PWI_NEW(&ctx->allocator, pw_prompt);
    if (prompt == NULL)
        return pwi_fail_memory(err);
    prompt->ctx = pwi_context_keep(ctx);
    pwi_arena_init(&prompt->arena, &ctx->allocator);
    prompt->options = known;
    prompt->dialect = pwi_dialect_at(known.dialect);
    status = take_text(prompt, text == NULL ? "" : text, text == NULL ? 0 : size, err);
    if (status == PW_OK)
        status = prompt->dialect->read(prompt, err);
    if (status == PW_OK)
        status = find_warnings(prompt, err);
    if (status == PW_OK)
        *out = prompt;
    else
        pw_prompt_free(prompt);
    return status;
}

void pw_prompt_free(pw_prompt *prompt)
{
    pw_context *ctx;

    if (prompt == NULL)
        return;
    ctx = prompt->ctx;
    pwi_arena_free(&prompt->arena);
    PWI_DELETE(&ctx->allocator, prompt);
    pw_context_free(ctx);
}

size_t pw_prompt_n_conditions(const pw_prompt *prompt)
{
    return prompt->conditions.n;
}

const pw_condition *pw_prompt_condition(const pw_prompt *prompt, size_t i)
{
    return &prompt->conditions.items[i];
}

size_t pw_prompt_n_parts(const pw_prompt *prompt)
{
    return prompt->parts.n;
}

const pw_prompt_part *pw_prompt_part_at(const pw_prompt *prompt, size_t i)
{
    return &prompt->parts.items[i];
}

size_t pw_prompt_n_networks(const pw_prompt *prompt)
{
    return prompt->networks.n;
}

const pw_prompt_network *pw_prompt_network_at(const pw_prompt *prompt, size_t i)
{
    return &prompt->networks.items[i];
}

size_t pw_prompt_n_warnings(const pw_prompt *prompt)
{
    return prompt->warnings.n;
}

const pw_prompt_warning *pw_prompt_warning_at(const pw_prompt *prompt, size_t i)
{
    return &prompt->warnings.items[i];
}

const char *pw_prompt_text(const pw_prompt *prompt, size_t *size)
{
    *size = prompt->text.size;
    return prompt->text.text;
}
