/* SPDX-License-Identifier: MIT */
/* Compel's prompt: parts of a conjunction become spans, blends their branches. A prompt with
 * swaps has two conditions: the text before and the text after. */
#include "prompt/compel.h"
#include "prompt/dialect.h"

/* The status that stands for an exception of the original. */
static pw_status status_of(pwi_compel_error error, pw_status otherwise)
{
    switch (error) {
    case PWI_COMPEL_PARSE_EXCEPTION:
        return PW_ERR_TRAILING;
    case PWI_COMPEL_PARSING_EXCEPTION:
        return PW_ERR_MISMATCH;
    case PWI_COMPEL_VALUE_ERROR:
        return PW_ERR_ARGUMENT;
    case PWI_COMPEL_TYPE_ERROR:
        return PW_ERR_UNSUPPORTED;
    case PWI_COMPEL_INDEX_ERROR:
        return PW_ERR_FIELD;
    case PWI_COMPEL_NO_ERROR:
    case PWI_COMPEL_OURS:
        break;
    }
    return otherwise;
}

static bool has_swap(const pwi_compel *read)
{
    for (size_t i = 0; i < read->n_parts; i++) {
        for (size_t k = 0; k < read->parts[i].n_prompts; k++) {
            const pwi_segments *segments = &read->parts[i].prompts[k];

            for (size_t j = 0; j < segments->n; j++) {
                if (segments->items[j].kind == PWI_SEGMENT_SWAP)
                    return true;
            }
        }
    }
    return false;
}

/* Compel 2.4.0 raises a TypeError for what 2.5.1 repaired. */
static pw_status check_release(const pw_prompt *prompt, const pwi_compel *read, pw_error *err)
{
    bool is_broken = has_swap(read);

    for (size_t i = 0; i < read->n_parts; i++)
        is_broken |= read->parts[i].is_blend;
    if (is_broken && prompt->options.compel == PW_COMPEL_2_4_0)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "Compel 2.4.0 fails at .blend() and .swap(): ask for 2.5.1, which "
                        "repaired them");
    return PW_OK;
}

static pw_status take_span(pw_prompt *prompt, const pwi_compel_part *part, pw_span *span,
                           pw_error *err)
{
    pw_branch *branches =
        pwi_arena_alloc(&prompt->arena, (part->n_prompts + 1) * sizeof(*branches));

    if (branches == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < part->n_prompts; i++) {
        PWI_TRY(pwi_prompt_publish(&prompt->arena, &part->prompts[i], &branches[i], err));
        if (part->is_blend)
            branches[i].weight = part->weights[i];
    }
    *span =
        (pw_span){branches, part->n_prompts, part->weight, part->is_blend, part->is_normalized};
    return PW_OK;
}

static pw_status take_lora(pw_prompt *prompt, const pwi_compel_lora *lora, pw_error *err)
{
    const char **arguments = pwi_arena_alloc(&prompt->arena, sizeof(*arguments));
    const char *name = pwi_arena_string(&prompt->arena, lora->name, lora->size);
    const pw_prompt_network network = {"lora", arguments, 1, lora->weight};

    if (arguments == NULL || name == NULL)
        return pwi_fail_memory(err);
    arguments[0] = name;
    PWI_LIST_ADD(&prompt->arena, &prompt->networks, network, err);
    return PW_OK;
}

pw_status pwi_read_compel(pw_prompt *prompt, pw_error *err)
{
    pwi_compel read = {.n_parts = 0};
    const pw_status status =
        pwi_compel_parse(&read, prompt->raw.text, prompt->raw.size, &prompt->arena, err);
    pw_span *spans;

    if (status != PW_OK) {
        if (status == PW_ERR_FORMAT && err != NULL)
            err->status = status_of(read.error, status);
        return status == PW_ERR_FORMAT ? status_of(read.error, status) : status;
    }
    PWI_TRY(check_release(prompt, &read, err));
    spans = pwi_arena_alloc(&prompt->arena, (read.n_parts + 1) * sizeof(*spans));
    if (spans == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < read.n_parts; i++)
        PWI_TRY(take_span(prompt, &read.parts[i], &spans[i], err));
    for (size_t i = 0; i < read.n_loras; i++)
        PWI_TRY(take_lora(prompt, &read.loras[i], err));
    PWI_TRY(pwi_prompt_add_part(prompt, &prompt->raw, 1.0, err));
    PWI_TRY(pwi_prompt_add_spans(prompt, &prompt->raw, false, spans, read.n_parts, err));
    if (has_swap(&read))
        return pwi_prompt_add_spans(prompt, &prompt->raw, true, spans, read.n_parts, err);
    return PW_OK;
}
