/* SPDX-License-Identifier: MIT */
/* The manifest of a conditioning file: every choice that led to its numbers, as JSON (cli.md
 * 6). No times and no paths stand in it: the same inputs give the same bytes. */
#ifndef PWI_CONDITIONING_MANIFEST_H
#define PWI_CONDITIONING_MANIFEST_H

#include "base/buf.h"
#include "conditioning/side.h"

/* What the manifest is written from. */
typedef struct pwi_manifest_source {
    const char *recipe;
    const pw_model_info *model;
    const pw_tokenizer_info *tokenizer;
    const pw_conditioning_options *options;
    int32_t pad_id;
    const pw_prompt_texts *prompts;
    const pwi_side *side;     /* of the prompts */
    const pwi_side *negative; /* NULL: none */
} pwi_manifest_source;

void pwi_manifest_write(pwi_buf *buf, const pwi_manifest_source *source);

/* "model", "longest", "none" or NULL (fixed). */
const char *pwi_length_rule_name(pw_length_rule rule);

#endif
