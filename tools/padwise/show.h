/* SPDX-License-Identifier: MIT */
/* Text of strangers on a terminal: names from files, prompts, messages. What could move the
 * cursor, change colours or reorder the line is written as an escape, and widths are counted
 * in columns. */
#ifndef TOOL_SHOW_H
#define TOOL_SHOW_H

#include <stddef.h>
#include <stdint.h>

#include "pool.h"

struct code_range {
    uint32_t first, last;
};

/* width_table.c */
extern const struct code_range zero_width[], double_width[];
extern const size_t n_zero_width, n_double_width;

/* The code point that starts at bytes and the bytes it takes; 0 where they are not UTF-8. */
size_t utf8_next(const char *bytes, size_t size, uint32_t *code);

/* Columns that the text takes as show_text writes it. */
size_t show_width(const char *bytes, size_t size);

/* Add the text with control characters, bidirectional controls and bytes that are not UTF-8
 * escaped; text wider than width_max ends in "...". Returns the columns written. */
size_t show_text(struct builder *out, const char *bytes, size_t size, size_t width_max);
#define SHOW_ALL ((size_t)-1)

/* The same in double quotes. */
void show_quoted(struct builder *out, const char *bytes, size_t size, size_t width_max);

/* "1.4 GB", "812 bytes". */
void show_size(struct builder *out, uint64_t n_bytes);

/* "[1,77,768]" */
void show_shape(struct builder *out, const int64_t *shape, int32_t rank);

#endif
