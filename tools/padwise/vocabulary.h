/* SPDX-License-Identifier: MIT */
/* The vocabulary of commands that need no weights: --tokenizer, else that of the model. */
#ifndef TOOL_VOCABULARY_H
#define TOOL_VOCABULARY_H

#include "find.h"

struct vocabulary {
    struct found_tokenizer found;
    size_t n_positions; /* of the model, else what the tokenizer's configuration says */
};

/* What is used is said on stderr. The tokenizer is the caller's to free. */
int vocabulary_open(struct app *app, struct vocabulary *vocabulary);

#endif
