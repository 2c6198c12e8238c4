/* SPDX-License-Identifier: MIT */
/* Rows side by side: the inner loop of packing. */
#ifndef PWI_KERNELS_INTERLEAVE_H
#define PWI_KERNELS_INTERLEAVE_H

#include <stddef.h>

/* Unit i of row j to panel + (i * nr + j) * unit, for n_units units of `unit` bytes (1, 2, 4 or
 * 8) of n_rows rows. */
void pwi_interleave(char *panel, const char *rows, size_t row_bytes, size_t n_rows,
                    size_t n_units, size_t nr, size_t unit);

#endif
