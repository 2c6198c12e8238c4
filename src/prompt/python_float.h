/* SPDX-License-Identifier: MIT */
/* Python's float(text): the numbers of the prompt languages that were written in Python. */
#ifndef PWI_PROMPT_PYTHON_FLOAT_H
#define PWI_PROMPT_PYTHON_FLOAT_H

#include <stdbool.h>
#include <stddef.h>

/* Blanks around, a sign, digits of any script, "_" between digits, a point, an exponent; or
 * inf, infinity, nan in any case. Rounded correctly, infinite where too large. False where
 * Python raises ValueError. */
bool pwi_python_float(const char *text, size_t size, double *value);

#endif
