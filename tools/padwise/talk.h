/* SPDX-License-Identifier: MIT */
/* What is said on stderr: errors, warnings, notes, tables; one line each, strangers' text
 * escaped, JSON with --json. */
#ifndef TOOL_TALK_H
#define TOOL_TALK_H

#include "app.h"

/* "padwise: WHERE: MESSAGE"; where may be "". Returns FAILED. */
int fail(struct app *app, pw_status status, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The library's error; FAILED, or INTERRUPTED when it was cancelled. */
int fail_with(struct app *app, const pw_error *err);

/* "WHERE: what: No such file or directory" from errno as it is now. */
int fail_errno(struct app *app, const char *where, const char *what);

/* Said without memory. Inline, so that all who read the code know that it does not succeed. */
void say_memory(struct app *app);

static inline int fail_memory(struct app *app)
{
    say_memory(app);
    return FAILED;
}

/* A command line that makes no sense. Returns USAGE. */
int fail_usage(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Ctrl-C: says so, returns INTERRUPTED. */
int fail_interrupted(struct app *app);

void warn(struct app *app, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For people: not with --quiet or --json. */
void note(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A table or several lines, as they are; clears the builder. */
void talk(struct app *app, struct builder *text);

#endif
