/* SPDX-License-Identifier: MIT */
/* Prompts read in a dialect: options that choose it, and what a text becomes. */
#ifndef TOOL_READING_H
#define TOOL_READING_H

#include "app.h"

/* --dialect, else the dialect of --flavour, else plain. */
int reading_read_dialect(struct app *app, int32_t *dialect);

/* --steps, --hires-steps, --emphasis, --backtrack. Both are initialized by the caller. */
int reading_read_options(struct app *app, pw_prompt_options *prompt, pw_plan_options *plan);

struct reading {
    pw_prompt *prompt;
    pw_plan *plan; /* NULL: not asked for */
};

/* Parse and, for an encoder that is not NULL, plan. On failure there is nothing to free. */
pw_status reading_make(struct reading *reading, pw_context *ctx, pw_text text,
                       const pw_prompt_options *prompt, const pw_prompt_encoder *encoder,
                       const pw_plan_options *plan, pw_error *err);
void reading_free(struct reading *reading);

/* The pieces of a condition one after the other, those of swaps in their places. */
struct pieces {
    const pw_condition *condition;
    size_t i_span, i_branch; /* of the next branch */
    struct pieces_open *open;
    size_t n_open, capacity;
    struct pool pool;
    bool failed; /* no memory */
};

void pieces_start(struct pieces *pieces, const pw_condition *condition);

/* NULL after the last. */
const pw_segment *pieces_next(struct pieces *pieces);
void pieces_free(struct pieces *pieces);

#endif
