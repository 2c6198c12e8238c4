/* SPDX-License-Identifier: MIT */
/* One line of a JSON Lines file of prompts: a string, or an object of strings; and the prompts
 * of a manifest. */
#ifndef TOOL_PROMPT_LINE_H
#define TOOL_PROMPT_LINE_H

#include <padwise/conditioning.h>

#include "pool.h"

struct prompt_line {
    pw_prompt_texts prompt;
    pw_text id; /* absent, or the text of a string or a whole number */
    pw_text
        chunks; /* of a manifest: the JSON of the prompt's tokens, terminated, in the pool */
    int64_t n_cut;
};

/* Texts are copied into the pool. On failure *what is a sentence and *column counts from 1;
 * *what is NULL when memory ran out. */
bool prompt_line_parse(struct prompt_line *line, struct pool *pool, const char *bytes,
                       size_t size, const char **what, size_t *column);

/* The prompts that a manifest records: objects of the same form; none where they are not. False
 * when there is no memory. */
bool prompt_lines_of_manifest(struct prompt_line **lines, size_t *n, struct pool *pool,
                              const char *json, size_t size);

#endif
