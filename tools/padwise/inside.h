/* SPDX-License-Identifier: MIT */
/* One encoder and one prompt, for the commands that look inside: attn and lens. */
#ifndef TOOL_INSIDE_H
#define TOOL_INSIDE_H

#include <padwise/edit.h>

#include "find.h"
#include "token_view.h"

/* The roles that are told apart, in the order in which they are shown. */
#define INSIDE_ROLES 4

struct inside {
    struct app *app;
    const char *instead; /* of the command: what to do with a file */
    pw_model *model;
    pw_model_info info;
    struct found_tokenizer tokenizer;
    pw_session *session;
    pw_text prompt;
    pw_mask_rule mask_rule;
    struct tokenized tokenized;
    size_t n_tokens, n_real;
    const int32_t *ids;  /* [n_tokens] */
    uint8_t *mask;       /* [n_tokens] */
    pw_row_role *roles;  /* [n_tokens] */
    const char **labels; /* [n_tokens] of pictures: "[start]", "beaver", "[end]", "[pad]" */
};

/* The prompt of the line, -m, --tokenizer, --length, --mask ...; app is set. */
int inside_open(struct inside *inside);
void inside_close(struct inside *inside);

int inside_encode(struct inside *inside, const pw_output *outputs, size_t n_outputs);

/* --layer, counted from `least`; negative counts from the end. *is_all without it and for
 * "all". */
int inside_layer(struct inside *inside, int32_t least, int32_t *layer, bool *is_all);

/* The i-th role that is told apart, and how many rows have it. */
pw_row_role inside_role(size_t i);
size_t inside_n_rows(const struct inside *inside, size_t i_role);

/* The prompt, and what it was made into. */
void inside_title(const struct inside *inside, struct builder *out);

#endif
