/* SPDX-License-Identifier: MIT */
/* PNG (ISO 15948): 8-bit RGB. */
#ifndef PWI_PLOT_PNG_H
#define PWI_PLOT_PNG_H

#include "base/buf.h"
#include "base/context.h"

struct pwi_png_image {
    const unsigned char *rows; /* 0x00RRGGBB in the machine's byte order */
    size_t stride;             /* bytes from row to row */
    uint32_t width, height;
    double pixels_per_metre;
    const char *title, *description, *source; /* UTF-8; "" is left out */
};

/* Appends the file, deflated on all threads of the context. PW_ERR_NO_MEMORY. */
pw_status pwi_png_write(pwi_buf *out, const pw_context *ctx, const struct pwi_png_image *image,
                        pw_error *err);

#endif
