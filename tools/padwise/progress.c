/* SPDX-License-Identifier: MIT */
/* The progress bar. */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "interrupt.h"

#define FIRST_BAR_S  1.0
#define BAR_EVERY_S  0.1
#define LINE_EVERY_S 10.0
#define BAR_CELLS    20

double progress_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void progress_start(struct progress *progress, const char *stage, const char *unit)
{
    progress_stop(progress);
    progress->stage = stage;
    progress->unit = unit;
    progress->is_outer = unit != NULL;
    progress->done = 0;
    progress->fraction = -1;
    progress->skipped = 0;
    progress->skipped_fraction = 0;
    progress->span = (struct progress_span){0};
    progress->started = progress->last_said = progress_clock();
}

void progress_clear(struct progress *progress)
{
    if (progress->is_drawn)
        fputs("\r\033[K", stderr);
    progress->is_drawn = false;
}

void progress_stop(struct progress *progress)
{
    progress_clear(progress);
    progress->is_outer = false;
    progress->stage = NULL;
}

/* "42 s", "3:07", "2:15:00" */
static void put_duration(char *out, size_t capacity, double seconds)
{
    const uint64_t s = seconds < 1e9 ? (uint64_t)(seconds + 0.5) : (uint64_t)1e9;

    if (s < 60)
        snprintf(out, capacity, "%" PRIu64 " s", s);
    else if (s < 3600)
        snprintf(out, capacity, "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
    else
        snprintf(out, capacity, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / 3600, s / 60 % 60,
                 s % 60);
}

/* "1234 prompts  18.2/s  42 s left" as far as it is known. */
static void put_figures(const struct progress *progress, double elapsed, char *out,
                        size_t capacity)
{
    const double worked = progress->fraction - progress->skipped_fraction;
    const uint64_t n = progress->done - progress->skipped;
    char left[32];
    size_t used = 0;

    out[0] = '\0';
    if (progress->unit != NULL) {
        snprintf(out, capacity, "  %" PRIu64 " %s  %.3g/s", progress->done, progress->unit,
                 elapsed > 0 ? (double)n / elapsed : 0);
        used = strlen(out);
    }
    if (progress->fraction > 0 && worked > 0 && used < capacity) {
        put_duration(left, sizeof(left), elapsed * (1 - progress->fraction) / worked);
        snprintf(out + used, capacity - used, "  %s left", left);
    }
}

static void draw(struct progress *progress, double now)
{
    char figures[128], bar[BAR_CELLS + 1], line[256];
    const double elapsed = now - progress->started;
    const double fraction = progress->fraction;
    const size_t filled = fraction < 0 ? 0 : (size_t)(fraction * BAR_CELLS);

    put_figures(progress, elapsed, figures, sizeof(figures));
    if (fraction < 0) {
        snprintf(line, sizeof(line), "%s%s", progress->stage, figures);
    } else if (!progress->is_terminal) {
        snprintf(line, sizeof(line), "%s  %.0f%%%s", progress->stage, fraction * 100, figures);
    } else {
        memset(bar, '-', BAR_CELLS);
        memset(bar, '#', filled < BAR_CELLS ? filled : BAR_CELLS);
        bar[BAR_CELLS] = '\0';
        snprintf(line, sizeof(line), "%s [%s] %3.0f%%%s", progress->stage, bar, fraction * 100,
                 figures);
    }
    if (progress->is_terminal) {
        if (strlen(line) >= progress->width)
            line[progress->width - 1] = '\0'; /* a wrapped line could not be taken away */
        fprintf(stderr, "\r%s\033[K", line);
        progress->is_drawn = true;
    } else {
        fprintf(stderr, "padwise: %s\n", line);
    }
    progress->last_said = now;
}

/* Say something if it is time. */
static void tick(struct progress *progress)
{
    const double now = progress_clock();
    const double wait = progress->is_terminal ? BAR_EVERY_S : LINE_EVERY_S;

    if (!progress->is_on || progress->stage == NULL)
        return;
    if (progress->is_terminal && now - progress->started < FIRST_BAR_S)
        return;
    if (now - progress->last_said >= wait)
        draw(progress, now);
}

void progress_update(struct progress *progress, uint64_t done, double fraction)
{
    progress->done = done;
    progress->fraction = fraction > 1 ? 1 : fraction;
    tick(progress);
}

void progress_skip(struct progress *progress, uint64_t skipped, double fraction)
{
    progress->skipped = skipped;
    progress->skipped_fraction = fraction < 0 ? 0 : fraction;
}

void progress_span(struct progress *progress, uint64_t done_end, double end, unsigned n_passes)
{
    const double begin = progress->fraction < 0 ? 0 : progress->fraction;

    progress->span =
        (struct progress_span){progress->done, done_end, begin, end, n_passes, 0, 0};
}

void progress_span_end(struct progress *progress)
{
    const struct progress_span span = progress->span;

    if (span.n_passes == 0)
        return;
    progress->span = (struct progress_span){0};
    progress_update(progress, span.done_end, span.end);
}

/* A pass begins again at 0. */
static void advance(struct progress *progress, const pw_progress *report)
{
    struct progress_span *span = &progress->span;
    double share;

    if (report->done < span->pass_done && span->i_pass + 1 < span->n_passes)
        span->i_pass++;
    span->pass_done = report->done;
    share = (span->i_pass + (double)report->done / (double)report->total) / span->n_passes;
    progress_update(progress,
                    span->done_begin +
                        (uint64_t)(share * (double)(span->done_end - span->done_begin)),
                    span->end < 0 ? -1 : span->begin + share * (span->end - span->begin));
}

bool progress_callback(void *user, const pw_progress *report)
{
    struct progress *progress = user;

    if (interrupted() ||
        (progress->is_stopped != NULL && progress->is_stopped(progress->stopped_user)))
        return true;
    if (progress->is_outer) {
        if (progress->span.n_passes > 0 && report->total > 0 &&
            strcmp(report->stage, "encoding") == 0)
            advance(progress, report);
        else
            tick(progress);
        return false;
    }
    if (progress->stage == NULL || strcmp(progress->stage, report->stage) != 0)
        progress_start(progress, report->stage, NULL);
    progress_update(progress, report->done,
                    report->total == 0 ? -1 : (double)report->done / (double)report->total);
    return false;
}
