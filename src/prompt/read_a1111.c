/* SPDX-License-Identifier: MIT */
/* A1111's prompt: its text passes (a1111.h) become parts and conditions, and each condition's
 * text is read for attention. */
#include <math.h>

#include "prompt/a1111.h"
#include "prompt/a1111_attention.h"
#include "prompt/dialect.h"

static pwi_script script_of(const pwi_prompt_text *text)
{
    return (pwi_script){text->text, text->source, text->size};
}

/* The words of a network, terminated. */
static pw_status take_network(pw_prompt *prompt, const pwi_a1111_network *network,
                              pw_error *err)
{
    const char **arguments =
        pwi_arena_alloc(&prompt->arena, (network->n_arguments + 1) * sizeof(*arguments));
    pw_prompt_network taken = {.n_arguments = network->n_arguments, .weight = (double)NAN};

    taken.kind = pwi_arena_string(&prompt->arena, network->name.text, network->name.size);
    if (arguments == NULL || taken.kind == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < network->n_arguments; i++) {
        arguments[i] = pwi_arena_string(&prompt->arena, network->arguments[i].text,
                                        network->arguments[i].size);
        if (arguments[i] == NULL)
            return pwi_fail_memory(err);
    }
    taken.arguments = arguments;
    PWI_LIST_ADD(&prompt->arena, &prompt->networks, taken, err);
    return PW_OK;
}

/* The modes "none" and "old" do not read brackets here. */
static pw_status read_entry(pw_prompt *prompt, const pwi_schedule_entry *entry, pw_error *err)
{
    const pw_emphasis emphasis = prompt->options.emphasis;
    const pwi_script text = script_of(&entry->text);
    pwi_segments segments = {.arena = &prompt->arena};

    if (emphasis == PW_EMPHASIS_NONE || emphasis == PW_EMPHASIS_OLD)
        PWI_TRY(pwi_grammar_plain(&segments, &text, err));
    else
        PWI_TRY(pwi_grammar_a1111(&segments, &text, err));
    return pwi_prompt_add_condition(prompt, &text, (int32_t)entry->until_step, &segments, err);
}

static pw_status read_part(pw_prompt *prompt, const pwi_a1111_condition *condition,
                           pw_error *err)
{
    const pwi_script text = script_of(&condition->part.text);

    PWI_TRY(pwi_prompt_add_part(prompt, &text, condition->part.weight, err));
    for (size_t i = 0; i < condition->schedule.n; i++)
        PWI_TRY(read_entry(prompt, &condition->schedule.entries[i], err));
    return PW_OK;
}

pw_status pwi_read_a1111(pw_prompt *prompt, pw_error *err)
{
    const pw_prompt_options *options = &prompt->options;
    const pwi_a1111_options passes = {
        options->is_negative,
        options->keep_comments,
        {(uint32_t)options->steps, (uint32_t)options->hires_steps, options->old_scheduling}};
    pwi_a1111_prompt read;

    PWI_TRY(pwi_a1111_read(&read, &prompt->arena, prompt->raw.text, prompt->raw.size, &passes,
                           err));
    prompt->text = script_of(&read.text);
    for (size_t i = 0; i < read.networks.n; i++)
        PWI_TRY(take_network(prompt, &read.networks.items[i], err));
    for (size_t i = 0; i < read.n; i++)
        PWI_TRY(read_part(prompt, &read.conditions[i], err));
    return PW_OK;
}

/* ---- The attention grammar under the rules of each tool. */

static pw_status attention(pwi_segments *segments, const pwi_script *script, const char *rules,
                           pw_error *err)
{
    const pwi_prompt_text text = {
        .text = script->text, .source = script->source, .size = script->size};

    return pwi_attention_parse(segments, &text, pwi_attention_rules_find(rules), err);
}

pw_status pwi_grammar_a1111(pwi_segments *segments, const pwi_script *text, pw_error *err)
{
    return attention(segments, text, "a1111", err);
}

pw_status pwi_grammar_lpw(pwi_segments *segments, const pwi_script *text, pw_error *err)
{
    return attention(segments, text, "lpw", err);
}

pw_status pwi_grammar_lpw_xl(pwi_segments *segments, const pwi_script *text, pw_error *err)
{
    return attention(segments, text, "lpw-xl", err);
}

pw_status pwi_grammar_sd_embed(pwi_segments *segments, const pwi_script *text, pw_error *err)
{
    return attention(segments, text, "sd-embed", err);
}
