/* SPDX-License-Identifier: MIT */
/* A prompt as its dialect reads it, for people: the tokens of each condition with their
 * weights, the parse as a tree, what is probably not as meant. */
#ifndef TOOL_PLAN_VIEW_H
#define TOOL_PLAN_VIEW_H

#include "token_view.h"

struct plan_view {
    const pw_tokenizer *tokenizer;
    const pw_embedding *embeddings; /* those that were planned with; NULL: none */
    const pw_plan *plan;
    enum token_columns columns;
    size_t width;
    bool color;
};

/* The tokens of one output: chunk (where there are several), position, id, weight, bytes, mask,
 * text. A weight that is not 1 is shown whatever the columns. Pads share a row; a vector stands
 * by its name ("<name> 2/4"). */
int plan_table(struct app *app, struct builder *out, const struct plan_view *view,
               const pw_plan_output *output);

/* Tokens of a chunk before its pads: start, content and end. */
size_t plan_first_pad(const pw_chunk *chunk);

/* The parse as a tree: networks, parts, conditions, spans, branches, pieces and swaps. Levels
 * that say nothing are left out, and the tree ends after PLAN_TREE_LINES. */
#define PLAN_TREE_LINES 400

int plan_explain(struct app *app, struct builder *out, const pw_prompt *prompt, size_t width,
                 bool color);

/* What is probably not as meant, on stderr; either may be NULL. */
void plan_warnings(struct app *app, const pw_prompt *prompt, const pw_plan *plan,
                   const char *where);

#endif
