/* SPDX-License-Identifier: MIT */
/* Terminals: columns, and colours where they are wanted. */
#ifndef TOOL_PAINT_H
#define TOOL_PAINT_H

#include <stdbool.h>

#include "pool.h"

#define PAINT_BOLD   "\033[1m"
#define PAINT_DIM    "\033[2m"
#define PAINT_RED    "\033[1;31m"
#define PAINT_YELLOW "\033[1;33m"
#define PAINT_CYAN   "\033[36m"
#define PAINT_NONE   "\033[0m"

/* Add text in a colour if colours are on. */
void paint(struct builder *out, bool color, const char *style, const char *text);

/* Columns of the terminal behind the descriptor, 80 where there is none. */
size_t paint_width(int fd);

/* --color WHEN (NULL: auto) for that descriptor: a terminal, NO_COLOR, TERM=dumb. */
bool paint_wanted(const char *when, int fd);

#endif
