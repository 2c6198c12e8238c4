/* SPDX-License-Identifier: MIT */
/* Between letters_pango.c and canvas_cairo.c. */
#ifndef PWI_PLOT_LETTERS_H
#define PWI_PLOT_LETTERS_H

#include "plot/canvas.h"

struct _PangoLayout; /* pango's name for it: this header needs no other of theirs */

/* The text set in that style; the caller unrefs it. Not for blank letters. */
struct _PangoLayout *pwi_letters_layout(pwi_letters *letters,
                                        const struct pwi_text_style *style, const char *text);

bool pwi_letters_is_blank(const pwi_letters *letters);

#endif
