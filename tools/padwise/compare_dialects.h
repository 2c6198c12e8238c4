/* SPDX-License-Identifier: MIT */
/* `padwise compare --dialects`: one prompt in several dialects. */
#ifndef TOOL_COMPARE_DIALECTS_H
#define TOOL_COMPARE_DIALECTS_H

#include "compare_pieces.h"
#include "vocabulary.h"

/* A dialect's reading of the prompt. */
struct side {
    const char *name;
    struct reading reading;
    pw_error err; /* why it refuses the prompt; status PW_OK: it does not */
    struct weighted_runs runs;
    size_t i_group; /* the first side that reads the prompt as this one does */
};

struct dialect_comparison {
    struct app *app;
    struct pool pool;
    struct vocabulary vocabulary;
    pw_text prompt;
    struct side *sides;
    size_t n, capacity;
    bool is_equal;
};

/* Exit status 0 when all agree in text, weights and chunks, 1 when they differ. */
int compare_dialects(struct app *app);

/* compare_table.c: the weights of each piece of text side by side. */
int comparison_table(struct dialect_comparison *comparison, struct builder *out);

#endif
