/* SPDX-License-Identifier: MIT */
/* Texts made safe to set: pango must see valid UTF-8 without control characters, and not much
 * of it. */
#ifndef PWI_PLOT_LABEL_H
#define PWI_PLOT_LABEL_H

#include "base/arena.h"
#include "base/context.h"

/* A copy in the arena: bytes that are not UTF-8 become U+FFFD, control characters and line ends
 * blanks. NULL becomes "". PW_ERR_LIMIT over PW_PLOT_TEXT_MAX. */
pw_status pwi_label_copy(pwi_arena *arena, const char *text, const char **out, pw_error *err);

/* Bytes of the longest prefix of at most n_characters characters. */
size_t pwi_label_prefix(const char *text, size_t n_characters);

/* Characters shown of one text at most: two lines hold fewer. */
#define PWI_SHOWN_MAX 512

/* The same of a text that is not cut by lines: the credits of all inputs that a figure has
 * panels for. */
#define PWI_SHOWN_WHOLE_MAX 8192

#endif
