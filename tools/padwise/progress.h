/* SPDX-License-Identifier: MIT */
/* Progress on stderr: a bar after one second on a terminal, a line every ten seconds without
 * one. */
#ifndef TOOL_PROGRESS_H
#define TOOL_PROGRESS_H

#include <padwise/context.h>

struct progress {
    bool is_on, is_terminal; /* set at the start of the run */
    size_t width;
    bool is_outer; /* the command counts itself: the library's calls only redraw */
    bool is_drawn; /* a bar stands on the line of the cursor */
    const char *stage, *unit;
    uint64_t done;
    double fraction;           /* below 0: not known */
    double started, last_said; /* seconds of the monotonic clock */
};

/* Seconds of the monotonic clock. */
double progress_clock(void);

/* Start counting units ("prompts") of a stage ("encoding"). */
void progress_start(struct progress *progress, const char *stage, const char *unit);
void progress_update(struct progress *progress, uint64_t done, double fraction);

/* Take the bar away so that something else can be written; it comes back by itself. */
void progress_clear(struct progress *progress);
void progress_stop(struct progress *progress);

/* The library's callback; user is the struct. True once the user has interrupted. */
bool progress_callback(void *user, const pw_progress *report);

#endif
