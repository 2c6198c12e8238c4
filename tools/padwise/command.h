/* SPDX-License-Identifier: MIT */
/* The tables of commands and options (commands.def, options.def) as data. */
#ifndef TOOL_COMMAND_H
#define TOOL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app;

enum command_id {
#define COMMAND(id, ...) COMMAND_##id,
#define LATER_COMMAND(name)
#include "commands.def"
#undef COMMAND
#undef LATER_COMMAND
    N_COMMANDS
};

enum option_id {
#define OPTION(id, ...) OPTION_##id,
#define LATER_OPTION(name)
#include "options.def"
#undef OPTION
#undef LATER_OPTION
    N_OPTIONS
};

struct command {
    const char *name, *summary, *usage, *examples, *man;
    int (*run)(struct app *app);
};

struct option {
    const char *name;
    char letter;          /* 0: none */
    const char *argument; /* NULL: a flag */
    const char *choices;  /* NULL: any text */
    uint64_t commands;    /* bit 1 << COMMAND_x */
    const char *help;     /* NULL: on the line of the option before */
    const char *man;
};

/* Bits of option.commands. */
#define IN(command) (UINT64_C(1) << COMMAND_##command)
#define IN_ALL      ((UINT64_C(1) << N_COMMANDS) - 1)

/* The scans: of text under changed conditions; of rows, be they a file's or a prompt's. */
#define IN_TEXT_SCANS (IN(DIFF) | IN(PADLEN_SCAN) | IN(ABLATE))
#define IN_ROW_SCANS  (IN(COMPARE) | IN(CFG_DELTA) | IN(POOL_COMPARE))

extern const struct command command_table[N_COMMANDS];
extern const struct option option_table[N_OPTIONS];

/* Names of cli.md that this version does not have; NULL-terminated. */
extern const char *const later_commands[], *const later_options[];

/* Choices are "a|b|+later|N": the i-th one, false past the end. */
struct choice {
    const char *text; /* not terminated, without the "+" */
    size_t size;
    bool is_later, is_open; /* is_open: a placeholder such as N, so anything is taken */
};

bool choice_at(const char *choices, size_t i, struct choice *choice);

#define COMMAND(id, name, ...) int run_##name(struct app *app);
#define LATER_COMMAND(name)
#include "commands.def"
#undef COMMAND
#undef LATER_COMMAND

#endif
