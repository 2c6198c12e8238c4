/* SPDX-License-Identifier: MIT */
/* Paper and letters: what drawing needs of cairo and pango, in units of the picture, y
 * downward. canvas_cairo.c and letters_pango.c implement it; no other file knows those
 * libraries. Failures stick: pwi_canvas_close reports the first. */
#ifndef PWI_PLOT_CANVAS_H
#define PWI_PLOT_CANVAS_H

#include "base/buf.h"
#include "plot/colors.h"
#include "plot/figure.h"

struct pwi_point {
    double x, y;
};

struct pwi_rect {
    double x, y, width, height;
};

struct pwi_text_style {
    double size;
    bool is_bold;
    bool is_vertical; /* reads upward */
    bool is_centered; /* lines among each other */
    pwi_color color;
    double width_max; /* along the text; 0: any. Longer text is wrapped to n_lines, then cut */
    int n_lines;      /* 0: as many as it takes */
};

typedef struct pwi_letters pwi_letters;
typedef struct pwi_canvas pwi_canvas;

/* Letters of the first of these font families that the machine has. Without text (is_blank)
 * nothing is drawn and sizes are guessed by a rule: pictures that do not depend on fonts, for
 * tests. PW_ERR_UNSUPPORTED where there are no fonts. */
pw_status pwi_letters_open(pwi_letters **out, pw_context *ctx, const char *fonts, bool is_blank,
                           pw_error *err);
void pwi_letters_close(pwi_letters *letters);

/* The size of a text, not turned. */
void pwi_letters_measure(pwi_letters *letters, const struct pwi_text_style *style,
                         const char *text, double *width, double *height);

/* Paper of that size in units for a figure (of which it takes the words that a format keeps
 * beside the picture). scale: pixels a unit (PNG). `bytes` outlives the canvas. */
pw_status pwi_canvas_open(pwi_canvas **out, const pw_figure *figure, pwi_letters *letters,
                          pw_picture_format format, double width, double height, double scale,
                          pwi_buf *bytes, pw_error *err);

/* The end: the rest of the bytes, and whatever went wrong. */
pw_status pwi_canvas_close(pwi_canvas *canvas, pw_error *err);

/* Pixels a unit; 0: the picture has none (SVG, PDF). */
double pwi_canvas_scale(const pwi_canvas *canvas);

void pwi_canvas_fill(pwi_canvas *canvas, struct pwi_rect rect, pwi_color color);
void pwi_canvas_frame(pwi_canvas *canvas, struct pwi_rect rect, double width, pwi_color color);
void pwi_canvas_polygon(pwi_canvas *canvas, const struct pwi_point *points, size_t n,
                        pwi_color color, double opacity);

/* Dashes of the i-th series: 0 is a whole line. */
void pwi_canvas_line(pwi_canvas *canvas, const struct pwi_point *points, size_t n, double width,
                     pwi_color color, size_t i_dashes);

/* Until the next call drawing stays within rect. NULL: everywhere. */
void pwi_canvas_clip(pwi_canvas *canvas, const struct pwi_rect *rect);

/* Pixels [n_y, n_x] over rect, each a hard-edged cell. */
void pwi_canvas_image(pwi_canvas *canvas, struct pwi_rect rect, const pwi_color *pixels,
                      size_t n_x, size_t n_y);

/* Colours that run evenly down rect, the first at its top, the last at its foot. n > 1. */
void pwi_canvas_gradient(pwi_canvas *canvas, struct pwi_rect rect, const pwi_color *colors,
                         size_t n);

/* A text with the point (x, y) at that part of its box: 0 left or top, 0.5 middle, 1 right or
 * bottom, as it stands on paper. */
void pwi_canvas_text(pwi_canvas *canvas, const struct pwi_text_style *style, const char *text,
                     double x, double y, double x_part, double y_part);

#endif
