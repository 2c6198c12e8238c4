/* SPDX-License-Identifier: MIT */
/* The manifest of a conditioning file: every choice that led to its numbers, as JSON (cli.md
 * 6). No times and no paths stand in it: the same inputs give the same bytes. */
#ifndef PWI_CONDITIONING_MANIFEST_H
#define PWI_CONDITIONING_MANIFEST_H

#include "base/buf.h"
#include "conditioning/job.h"

/* Of a job whose tracks are planned. */
void pwi_manifest_write(pwi_buf *buf, const pwi_job *job);

/* The manifest that a call with these encoders and options writes for one prompt that is
 * absent; nothing is encoded. */
pw_status pwi_manifest_form(pwi_buf *buf, pw_context *ctx, const pw_encoder *encoders,
                            size_t n_encoders, const pw_conditioning_options *options,
                            pw_error *err);

/* "model", "longest", "none" or NULL (fixed). */
const char *pwi_length_rule_name(pw_length_rule rule);

/* "hf", "none", "lecture", "comfyui". */
const char *pwi_sequence_mask_name(pw_sequence_mask mask);

#endif
