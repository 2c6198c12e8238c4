/* SPDX-License-Identifier: MIT */
/* Progress on stderr: a bar after one second on a terminal, a line every ten seconds without
 * one. */
#ifndef TOOL_PROGRESS_H
#define TOOL_PROGRESS_H

#include <padwise/context.h>

/* Work that the library reports on from 0 to 1, n_passes times: it takes the count from
 * done_begin to done_end. */
struct progress_span {
    uint64_t done_begin, done_end;
    double begin, end;         /* the same as fractions; below 0: not known */
    unsigned n_passes, i_pass; /* n_passes 0: none */
    uint64_t pass_done;
};

struct progress {
    bool is_on, is_terminal; /* set at the start of the run */
    size_t width;
    bool is_outer; /* the command counts itself: the library's calls only redraw */
    bool is_drawn; /* a bar stands on the line of the cursor */
    const char *stage, *unit;
    uint64_t done;
    double fraction;  /* below 0: not known */
    uint64_t skipped; /* of done: was there before, no part of the rate */
    double skipped_fraction;
    struct progress_span span;            /* what is computed at the moment */
    bool (*is_stopped)(const void *user); /* besides an interrupt; NULL: nothing */
    const void *stopped_user;
    double started, last_said; /* seconds of the monotonic clock */
};

/* Seconds of the monotonic clock. */
double progress_clock(void);

/* Start counting units ("prompts") of a stage ("encoding"). */
void progress_start(struct progress *progress, const char *stage, const char *unit);
void progress_update(struct progress *progress, uint64_t done, double fraction);

/* Units that need no work: they count as done, not for the rate. */
void progress_skip(struct progress *progress, uint64_t skipped, double fraction);

/* The library's next calls bring the count to done_end, the fraction to `end`. */
void progress_span(struct progress *progress, uint64_t done_end, double end, unsigned n_passes);
void progress_span_end(struct progress *progress);

/* Take the bar away so that something else can be written; it comes back by itself. */
void progress_clear(struct progress *progress);
void progress_stop(struct progress *progress);

/* The library's callback; user is the struct. True once the user has interrupted. */
bool progress_callback(void *user, const pw_progress *report);

#endif
