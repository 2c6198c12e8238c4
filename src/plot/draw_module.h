/* SPDX-License-Identifier: MIT */
/* What libpadwise-draw, the library that holds everything with cairo and pango in it, gives to
 * libpadwise: one function, under a name that both look up. Figures pass between the two as
 * they are in memory, so both must be of one build. */
#ifndef PWI_PLOT_DRAW_MODULE_H
#define PWI_PLOT_DRAW_MODULE_H

#include <padwise/version.h>

#include "plot/picture.h"

typedef struct pwi_draw_module {
    char version[32];
    size_t figure_size; /* of struct pw_figure: tells builds of one version apart, mostly */
    pw_status (*draw)(const pw_figure *figure, pw_picture_format format,
                      const pw_picture_options *options, bool is_blank, pwi_buf *bytes,
                      pw_error *err);
} pwi_draw_module;

#define PWI_DRAW_TEXT(x)       #x
#define PWI_DRAW_TEXT_OF(x)    PWI_DRAW_TEXT(x)
#define PWI_DRAW_MODULE_SYMBOL "pwi_draw_module_v1"
#define PWI_DRAW_VERSION                                                                       \
    PWI_DRAW_TEXT_OF(PW_VERSION_MAJOR)                                                         \
    "." PWI_DRAW_TEXT_OF(PW_VERSION_MINOR) "." PWI_DRAW_TEXT_OF(PW_VERSION_PATCH)

#endif
