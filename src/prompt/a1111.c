/* SPDX-License-Identifier: MIT */
/* The order of AUTOMATIC1111's text passes. */
#include "prompt/a1111.h"

#include "base/checked.h"

/* The parts of the composition; a negative prompt is one part, and a number at its end is text.
 */
static pw_status split_parts(pwi_a1111_parts *parts, pwi_arena *arena,
                             const pwi_prompt_text *text, bool is_negative, pw_error *err)
{
    if (!is_negative)
        return pwi_a1111_split_and(parts, arena, text, err);
    *parts = (pwi_a1111_parts){pwi_arena_alloc(arena, sizeof(*parts->items)), 1};
    if (parts->items == NULL)
        return pwi_fail_memory(err);
    parts->items[0] = (pwi_a1111_part){*text, 1.0, 0, 0};
    return PW_OK;
}

pw_status pwi_a1111_read(pwi_a1111_prompt *out, pwi_arena *arena, const char *prompt,
                         size_t size, const pwi_a1111_options *options, pw_error *err)
{
    pwi_prompt_text text;
    pwi_a1111_parts parts;
    size_t bytes;

    *out = (pwi_a1111_prompt){.n = 0};
    PWI_TRY(pwi_prompt_text_whole(&text, arena, prompt, size, err));
    if (!options->keep_comments)
        PWI_TRY(pwi_a1111_strip_comments(&text, arena, &text, err));
    if (!options->is_negative)
        PWI_TRY(pwi_a1111_take_networks(&text, &out->networks, arena, &text, err));
    out->text = text;
    PWI_TRY(split_parts(&parts, arena, &text, options->is_negative, err));
    if (!pwi_mul_size(parts.n, sizeof(*out->conditions), &bytes) ||
        (out->conditions = pwi_arena_alloc(arena, bytes)) == NULL)
        return pwi_fail_memory(err);
    for (; out->n < parts.n; out->n++) {
        pwi_a1111_condition *condition = &out->conditions[out->n];

        condition->part = parts.items[out->n];
        PWI_TRY(pwi_schedule_expand(&condition->schedule, arena, &condition->part.text,
                                    &options->schedule, err));
    }
    return PW_OK;
}
