/* SPDX-License-Identifier: MIT */
/* The text that Compel's grammar reads: the prompt with a space after each comma that had
 * none, and where each byte comes from. */
#ifndef PWI_PROMPT_COMPEL_TEXT_H
#define PWI_PROMPT_COMPEL_TEXT_H

#include "base/arena.h"
#include "base/error.h"

typedef struct pwi_compel_text {
    const char *bytes;
    const uint32_t
        *source; /* [size + 1] byte of the prompt; the last one is the prompt's end */
    uint32_t size;
} pwi_compel_text;

/* Both in the arena. PW_ERR_UTF8, PW_ERR_LIMIT, PW_ERR_NO_MEMORY. */
pw_status pwi_compel_text_prepare(pwi_compel_text *out, const char *prompt, size_t size,
                                  pwi_arena *arena, pw_error *err);

#endif
