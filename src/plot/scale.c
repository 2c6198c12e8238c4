/* SPDX-License-Identifier: MIT */
/* Places and ticks on linear and logarithmic scales. */
#include "plot/scale.h"

#include <math.h>
#include <string.h>

double pwi_span_at(const struct pwi_span *span, double value)
{
    double part;

    if (!isfinite(value) || (span->scale == PW_SCALE_LOG && value <= 0))
        return NAN;
    if (span->scale == PW_SCALE_LOG)
        part = log(value / span->min) / log(span->max / span->min);
    else
        part = (value - span->min) / (span->max - span->min);
    return span->from + part * (span->to - span->from);
}

static void add_tick(struct pwi_ticks *ticks, double at, bool is_minor)
{
    if (ticks->n >= PWI_TICKS_MAX)
        return;
    ticks->tick[ticks->n].at = at;
    ticks->tick[ticks->n].is_minor = is_minor;
    ticks->tick[ticks->n].text[0] = '\0';
    ticks->n++;
}

/* A step: count times 10^exponent, count 1, 2 or 5. */
struct step {
    int count, exponent;
};

static double step_size(struct step step)
{
    return step.count * pow(10, step.exponent);
}

static struct step nice_step(double span, size_t n_wanted)
{
    const double raw = span / (double)n_wanted;
    struct step step = {1, (int)floor(log10(raw))};

    /* A hair of slack: 0.2 / 0.1 must not ask for the next step. */
    if (step_size(step) < raw * 0.999999)
        step.count = 2;
    if (step_size(step) < raw * 0.999999)
        step.count = 5;
    if (step_size(step) < raw * 0.999999)
        step = (struct step){1, step.exponent + 1};
    return step;
}

/* i steps, as the nearest double to the decimal number that is written beside it. */
static double multiple(double i, struct step step)
{
    const double count = i * step.count;

    return step.exponent >= 0 ? count * pow(10, step.exponent)
                              : count / pow(10, -step.exponent);
}

static void tick_text(struct pwi_tick *tick, struct step step)
{
    const double largest = fabs(tick->at);

    if (largest < 1e6 && step.exponent >= -5)
        pwi_number_text(tick->text, tick->at, step.exponent < 0 ? -step.exponent : 0);
    else
        pwi_short_number(tick->text, tick->at);
}

static void linear_ticks(struct pwi_ticks *ticks, double min, double max, size_t n_wanted)
{
    const struct step step = nice_step(max - min, n_wanted);
    const double size = step_size(step), slack = 1e-6;
    const double first = ceil(min / size - slack);

    while (ticks->n < PWI_TICKS_MAX && first + (double)ticks->n <= max / size + slack) {
        add_tick(ticks, multiple(first + (double)ticks->n, step), false);
        tick_text(&ticks->tick[ticks->n - 1], step);
    }
}

static void log_ticks(struct pwi_ticks *ticks, double min, double max, size_t n_wanted)
{
    const int first = (int)floor(log10(min) + 1e-9), last = (int)ceil(log10(max) - 1e-9);
    const int every = (last - first) / (int)n_wanted + 1;
    const bool within_a_decade = last - first <= 1;

    for (int exponent = first; exponent <= last; exponent++)
        for (int digit = 1; digit < 10; digit++) {
            const double at = multiple(digit, (struct step){1, exponent});
            const bool is_major = digit == 1 ? (exponent - first) % every == 0
                                             : within_a_decade && (digit == 2 || digit == 5);

            if (at < min * (1 - 1e-9) || at > max * (1 + 1e-9) || (every > 1 && !is_major))
                continue;
            add_tick(ticks, at, !is_major);
            if (is_major && ticks->n > 0)
                pwi_short_number(ticks->tick[ticks->n - 1].text, at);
        }
}

void pwi_ticks_make(struct pwi_ticks *ticks, pw_scale scale, double min, double max,
                    size_t n_wanted)
{
    ticks->n = 0;
    if (scale == PW_SCALE_LOG)
        log_ticks(ticks, min, max, n_wanted);
    else
        linear_ticks(ticks, min, max, n_wanted);
}

void pwi_ticks_cells(struct pwi_ticks *ticks, size_t n, size_t n_wanted)
{
    const struct step step = nice_step((double)n, n_wanted);
    const double size = step_size(step) < 1 ? 1 : step_size(step);

    ticks->n = 0;
    while (ticks->n < PWI_TICKS_MAX && (double)ticks->n * size < (double)n) {
        add_tick(ticks, (double)ticks->n * size, false);
        pwi_number_text(ticks->tick[ticks->n - 1].text, ticks->tick[ticks->n - 1].at, 0);
    }
}

/* The fewest decimals (0..6) that write a value in full; 7: none do. */
static int decimals_of(double value)
{
    int decimals = 0;

    for (double scaled = fabs(value); decimals < 7; scaled *= 10, decimals++)
        if (fabs(scaled - round(scaled)) <= 1e-9 * scaled)
            break;
    return decimals;
}

void pwi_ticks_colors(struct pwi_ticks *ticks, const pw_color_scale *colors)
{
    const double half = colors->max / 2;
    const int decimals = decimals_of(half);

    if (colors->min != -colors->max || decimals > 6 || colors->max >= 1e6) {
        pwi_ticks_make(ticks, PW_SCALE_LINEAR, colors->min, colors->max, 5);
        return;
    }
    ticks->n = 0;
    for (int i = -2; i <= 2; i++) {
        add_tick(ticks, half * i, false);
        pwi_number_text(ticks->tick[ticks->n - 1].text, half * i, decimals);
    }
}

void pwi_nice_range(pw_scale scale, double *min, double *max, size_t n_wanted)
{
    if (scale == PW_SCALE_LOG) {
        const double low = floor(log10(*min) + 1e-9), high = ceil(log10(*max) - 1e-9);

        /* Not the smallest doubles of all: their power of ten rounds to 0. */
        *min = pow(10, low < -300 ? -300 : low);
        *max = pow(10, high > low ? (high > 300 ? 300 : high) : low + 1);
        return;
    }
    if (*max - *min < 1e-12 * fmax(fabs(*min), fabs(*max)) || *max == *min) {
        const double room = *min != 0 ? fabs(*min) * 0.5 : 0.5;

        *min -= room;
        *max += room;
    }
    const struct step step = nice_step(*max - *min, n_wanted);
    const double size = step_size(step);

    *min = multiple(floor(*min / size + 1e-6), step);
    *max = multiple(ceil(*max / size - 1e-6), step);
}
