/* SPDX-License-Identifier: MIT */
/* Prompts that are one text: its grammar, the rule for equal neighbours, one condition. */
#include "prompt/dialect.h"

static pw_status read_script(pw_prompt *prompt, const pwi_script *text, pw_error *err)
{
    pwi_segments segments = {.arena = &prompt->arena};

    PWI_TRY(prompt->dialect->grammar(&segments, text, err));
    if (prompt->dialect->joint != NULL)
        PWI_TRY(pwi_segments_merge(&segments, prompt->dialect->joint, err));
    PWI_TRY(pwi_prompt_add_part(prompt, text, 1.0, err));
    return pwi_prompt_add_condition(prompt, text, 0, &segments, err);
}

pw_status pwi_read_text(pw_prompt *prompt, pw_error *err)
{
    return read_script(prompt, &prompt->text, err);
}

/* sd_embed encodes the word "empty" for an empty prompt. */
pw_status pwi_read_or_empty(pw_prompt *prompt, pw_error *err)
{
    static const uint32_t nowhere[5] = {PW_NO_SOURCE, PW_NO_SOURCE, PW_NO_SOURCE, PW_NO_SOURCE,
                                        PW_NO_SOURCE};

    if (prompt->text.size == 0)
        prompt->text = (pwi_script){"empty", nowhere, 5};
    return read_script(prompt, &prompt->text, err);
}

pw_status pwi_grammar_plain(pwi_segments *segments, const pwi_script *text, pw_error *err)
{
    return pwi_segments_add_text(segments, text->text, text->source, 0, text->size, 1.0, err);
}
