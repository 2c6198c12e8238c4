/* SPDX-License-Identifier: MIT */
/* Scales and ticks: numbers to places on paper, and the round numbers to write beside them.
 * Numbers become text without libc's locale: the same picture in every country. */
#ifndef PWI_PLOT_SCALE_H
#define PWI_PLOT_SCALE_H

#include "plot/figure.h"

/* Values min..max at places from..to. */
struct pwi_span {
    pw_scale scale;
    double min, max, from, to;
};

/* The place of a value; NaN for one that the scale does not have. */
double pwi_span_at(const struct pwi_span *span, double value);

#define PWI_NUMBER_SIZE 40
#define PWI_TICKS_MAX   96

struct pwi_tick {
    double at;
    char text[PWI_NUMBER_SIZE];
    bool is_minor; /* a mark without text */
};

struct pwi_ticks {
    size_t n;
    struct pwi_tick tick[PWI_TICKS_MAX];
};

/* Ticks within min..max, about n_wanted (2..20), at multiples of 1, 2 or 5 times a power of
 * ten; on a logarithmic scale at powers of ten, with minor ticks between. */
void pwi_ticks_make(struct pwi_ticks *ticks, pw_scale scale, double min, double max,
                    size_t n_wanted);

/* Ticks at cells 0, step, 2 step, ... of n; step is 1, 2 or 5 times a power of ten. */
void pwi_ticks_cells(struct pwi_ticks *ticks, size_t n, size_t n_wanted);

/* Ticks of a colour bar: where the range is symmetric its ends, their halves and 0. */
void pwi_ticks_colors(struct pwi_ticks *ticks, const pw_color_scale *colors);

/* The range widened to the next ticks (or powers of ten). Both finite, min <= max; positive on
 * a logarithmic scale. */
void pwi_nice_range(pw_scale scale, double *min, double *max, size_t n_wanted);

/* A number with so many decimals (0..9), a real minus sign; beyond 1e15 with an exponent. */
const char *pwi_number_text(char text[PWI_NUMBER_SIZE], double value, int decimals);

/* A number with about three digits. */
const char *pwi_short_number(char text[PWI_NUMBER_SIZE], double value);

/* Digits in groups of three: 59,136. */
const char *pwi_count_text(char text[PWI_NUMBER_SIZE], uint64_t count);

/* The ranges that the marks of a panel span, for axes without their own; 0..1 where there is
 * nothing finite. Widened to round numbers where the axis is of numbers. */
void pwi_panel_range_x(const struct pwi_panel *panel, double *min, double *max);
void pwi_panel_range_y(const struct pwi_panel *panel, double *min, double *max);

/* Whether all curves of a panel have their points at whole numbers along x. */
bool pwi_panel_x_is_whole(const struct pwi_panel *panel);

#endif
