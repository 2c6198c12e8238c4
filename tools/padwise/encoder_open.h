/* SPDX-License-Identifier: MIT */
/* An encoder with its tokenizer, opened where it was found (find.h). */
#ifndef TOOL_ENCODER_OPEN_H
#define TOOL_ENCODER_OPEN_H

#include "find.h"

/* An encoder that is open. */
struct encoder {
    pw_model *model;
    pw_model_info info;
    struct found_tokenizer tokenizer;
};

/* Its model; the built-in one where the place has no path. */
int encoder_open_model(struct app *app, const struct model_place *place,
                       const pw_model_options *options, struct encoder *encoder);

/* For commands that take one encoder and no recipe: the one of -m, else the built-in one, its
 * weights streamed, and its tokenizer by the tokenizer's options. *place is where it was found;
 * NULL: nobody asks. What is open after a failure, encoder_close frees. */
int encoder_open(struct app *app, struct encoder *encoder, struct model_place *place);

/* A zeroed one is fine. */
void encoder_close(struct encoder *encoder);

#endif
