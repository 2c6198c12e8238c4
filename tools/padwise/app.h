/* SPDX-License-Identifier: MIT */
/* One run of the command: what was asked for, where output goes, the library's context.
 * Functions that can fail return an exit status; whoever fails first has said why on stderr, so
 * that callers only hand the status up to main. */
#ifndef TOOL_APP_H
#define TOOL_APP_H

#include <stdio.h>

#include <padwise/padwise.h>

#include "arguments.h"
#include "command.h"
#include "pool.h"
#include "progress.h"

enum exit_status {
    DONE = 0,
    FAILED = 1,
    USAGE = 2,
    INTERRUPTED = 130
};

struct app {
    const struct command *command; /* NULL until it is known */
    struct pool pool;              /* lives as long as the run */
    struct arguments arguments;
    struct progress progress;
    pw_context *ctx; /* made by app_open_context */
    FILE *out;       /* stdout, or the temporary file of -o */
    char *out_path, *out_temporary;
    int write_error; /* errno of the first failed write to out, 0: none */
    bool json, quiet;
    bool is_result; /* exit status 1 is what was found, not a failure (compare) */
    bool color_out, color_err;
    size_t width_out, width_err; /* columns */
};

/* Return the exit status of a failing call. */
#define TRY(call)                                                                              \
    do {                                                                                       \
        const int try_status = (call);                                                         \
                                                                                               \
        if (try_status != DONE)                                                                \
            return try_status;                                                                 \
    } while (0)

/* The context, with --threads, --cpu or PADWISE_CPU (or level_max if that is lower and neither
 * is given), progress, interrupts and warnings. */
int app_open_context(struct app *app, pw_level level_max);

/* The same with that many threads, 0: all; --threads is the caller's to read. */
int app_open_context_for(struct app *app, pw_level level_max, int32_t n_threads);

/* --strict as the library takes it. */
pw_file_options app_file_options(const struct app *app);

/* Model options from --precision, --activation, --strict. */
int app_model_options(struct app *app, pw_model_options *options);

/* Tables and notes are for people: not with --quiet, and not with --json. */
bool app_talks(const struct app *app);

/* Send a listing to the file of -o instead of standard output (written whole or not at all). */
int app_open_output(struct app *app);

/* Flush and check the output. A reader that went away is no error for a listing. */
int app_close_output(struct app *app, int status);

/* Write a finished line or table to the output and see whether anybody still reads: *stop is
 * set when not. */
int app_print(struct app *app, struct builder *text, bool *stop);

#endif
