/* SPDX-License-Identifier: MIT */
/* A rendered figure, and what renders it. */
#ifndef PWI_PLOT_PICTURE_H
#define PWI_PLOT_PICTURE_H

#include "base/buf.h"
#include "plot/figure.h"

/* SVG, PNG or PDF bytes of a figure. The options are checked and complete. is_blank: without
 * text, the same wherever the fonts differ (tests). */
pw_status pwi_picture_draw(const pw_figure *figure, pw_picture_format format,
                           const pw_picture_options *options, bool is_blank, pwi_buf *bytes,
                           pw_error *err);

/* The terminal form. */
pw_status pwi_picture_write_text(const pw_figure *figure, const pw_picture_options *options,
                                 pwi_buf *bytes, pw_error *err);

/* cairo's SVG made fit for a page: ids that depend on nothing but the figure, each with the
 * prefix, and the words that the picture shows as shapes. */
pw_status pwi_svg_finish(const pw_figure *figure, const char *prefix, const pwi_buf *drawn,
                         pwi_buf *bytes, pw_error *err);

/* The options with their defaults, checked. */
pw_status pwi_picture_options_complete(pw_picture_options *complete,
                                       const pw_picture_options *options, pw_error *err);

#endif
