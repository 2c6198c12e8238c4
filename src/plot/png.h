/* SPDX-License-Identifier: MIT */
/* PNG (ISO 15948): 8-bit RGB, or indexes of a palette. */
#ifndef PWI_PLOT_PNG_H
#define PWI_PLOT_PNG_H

#include "base/buf.h"
#include "base/context.h"
#include "plot/colors.h"

#define PWI_PNG_COLORS_MAX 256 /* of a palette */

struct pwi_png_image {
    const unsigned char *rows; /* 0x00RRGGBB in the machine's byte order, or indexes: bytes */
    size_t stride;             /* bytes from row to row */
    uint32_t width, height;
    const pwi_color *palette; /* [n_colors], 1 to 256; NULL: RGB */
    size_t n_colors;
    int level;                                /* of deflate: 1 fast, 6 small */
    double pixels_per_metre;                  /* 0: not said */
    const char *title, *description, *source; /* UTF-8; "" is left out */
};

/* Appends the file, deflated on all threads of the context. PW_ERR_NO_MEMORY. */
pw_status pwi_png_write(pwi_buf *out, const pw_context *ctx, const struct pwi_png_image *image,
                        pw_error *err);

/* The same of pixels [n_y, n_x] that have at most 256 colours, small: false where they have
 * more, or memory is out. */
bool pwi_png_write_few_colors(pwi_buf *out, const pw_context *ctx, const pwi_color *pixels,
                              size_t n_x, size_t n_y);

#endif
