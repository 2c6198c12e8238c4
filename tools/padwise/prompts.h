/* SPDX-License-Identifier: MIT */
/* Where prompts come from: the command line, or --from, read as it is needed. */
#ifndef TOOL_PROMPTS_H
#define TOOL_PROMPTS_H

#include "app.h"

struct prompt_item {
    pw_prompt_texts prompt;
    const char *id;    /* of a JSON Lines file, or NULL; holds no NUL */
    uint64_t number;   /* from 0, over the whole run */
    const char *where; /* "prompt 3" or "captions.txt line 12" */
};

struct prompts {
    struct app *app;
    const char *path; /* of --from, NULL: the command line */
    FILE *file;
    bool is_jsonl, is_over;
    char *buffer; /* what was read and not used yet: [start, end) */
    size_t start, end, capacity;
    uint64_t n_lines, n_given;
    uint64_t n_bytes, size; /* used, and of the file; size 0: not known */
};

int prompts_open(struct app *app, struct prompts *prompts);

/* The next prompt, its texts in the pool; *more is false after the last. */
int prompts_next(struct prompts *prompts, struct pool *pool, struct prompt_item *item,
                 bool *more);

/* Whether the next prompt is not there yet: somebody is still writing it into a pipe. */
bool prompts_would_wait(const struct prompts *prompts);

/* How much has been read, 0 to 1; below 0 if that is not known. */
double prompts_fraction(const struct prompts *prompts);
void prompts_close(struct prompts *prompts);

#endif
