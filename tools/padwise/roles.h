/* SPDX-License-Identifier: MIT */
/* Where pads start in what a command of the lab was given, and which prompt it stands for. */
#ifndef TOOL_ROLES_H
#define TOOL_ROLES_H

#include <padwise/edit.h>

#include "app.h"
#include "vocabulary.h"

/* What is asked, in this order; the first answer counts. */
enum roles_from {
    ROLES_FROM_OPTION, /* --n-real */
    ROLES_FROM_FIELD,  /* a field beside the tensor */
    ROLES_FROM_MANIFEST,
    ROLES_FROM_MASK,   /* a tensor attention_mask */
    ROLES_FROM_PROMPT, /* the prompt, tokenized by --tokenizer (or the tokenizer of -m) */
    ROLES_FROM_NOTHING /* unknown */
};

/* "--n-real", "its manifest", "its prompt, tokenized", "unknown". */
const char *roles_from_name(enum roles_from from);

struct roles_reader {
    struct app *app;
    struct vocabulary vocabulary; /* opened when the first prompt is tokenized */
    bool is_open;
    int64_t *n_real; /* [n_given] of --n-real: one for all, or one an input */
    size_t n_given;
};

/* Reads --n-real. */
int roles_open(struct app *app, struct roles_reader *reader);
void roles_close(struct roles_reader *reader);

/* A sequence that is asked about. */
struct roles_question {
    const pw_tensor_set *set; /* with the file's metadata, and attention_mask if it has one */
    const char *where;        /* for messages */
    size_t i_prompt;          /* in the set's batch */
    size_t i_input;           /* of the run, for a list of --n-real */
    size_t n_rows;
};

/* Roles of the rows. *from says how they are known, *n_real how many rows are no pads (0: not
 * known). Fails where the answer cannot be true. */
int roles_of(struct roles_reader *reader, const struct roles_question *question,
             pw_row_role *roles, size_t *n_real, enum roles_from *from);

/* The prompt that a set says it was made from: its field "prompt", else its manifest's. bytes
 * NULL: it does not say. In the pool. */
int roles_prompt(struct app *app, const pw_tensor_set *set, size_t i_prompt, pw_text *prompt);

/* The prompt without a suffix that names what was done to the rows ("a beaver (zeroed
 * padding)").
 */
pw_text roles_cut_suffix(pw_text prompt);

#endif
