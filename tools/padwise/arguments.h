/* SPDX-License-Identifier: MIT */
/* The command line after the command's name: options by options.def, and the arguments. */
#ifndef TOOL_ARGUMENTS_H
#define TOOL_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"

/* The texts given for one option, in order. A flag has n > 0 and no texts of its own. */
struct given {
    const char **texts;
    size_t n, capacity;
};

struct arguments {
    struct given given[N_OPTIONS];
    const char **words; /* what is no option */
    size_t n_words, words_capacity;
};

/* Long options as --name=value and --name value, short ones as -n value and -nvalue; "--" ends
 * options, "-" is an argument. */
int arguments_parse(struct app *app, char *const *argv, size_t n);

/* Whether --json stands on the line: asked before parsing, so that a wrong line is reported
 * in the right form. */
bool arguments_want_json(char *const *argv, size_t n);

bool option_given(const struct app *app, enum option_id id);

/* The text given last, or NULL. */
const char *option_text(const struct app *app, enum option_id id);

/* A whole number within bounds; *value stays as it is where the option is not given. */
int option_integer(struct app *app, enum option_id id, int64_t least, int64_t most,
                   int64_t *value);

/* --seed: all 64 bits. */
int option_seed(struct app *app, uint64_t *seed);

/* A number that is not negative. */
int option_real(struct app *app, enum option_id id, double *value);

/* A word of text as a whole number, for lists. */
bool parse_integer(const char *text, size_t size, int64_t *value);

#endif
