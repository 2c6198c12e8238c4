/* SPDX-License-Identifier: MIT */
/* Text inside an HTML page. */
#ifndef TOOL_MARKUP_H
#define TOOL_MARKUP_H

#include "show.h"

/* Text of strangers: at most so many columns (SHOW_ALL: all), control and bidirectional
 * characters as escapes, as on a terminal, and markup as text. */
void html_text(struct builder *out, const char *bytes, size_t size, size_t width_max);
void html_string(struct builder *out, const char *text);

#endif
