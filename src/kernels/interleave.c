/* SPDX-License-Identifier: MIT */
/* Rows side by side. Units of two bytes are turned in squares of 8 x 8, in registers that every
 * machine has; wider ones wait for memory anyway (docs/perf-log.md). */
#include "kernels/interleave.h"

#include <stdint.h>
#include <string.h>

#define SIDE 8

/* Units of a row that are worked through for all rows before the next: a cache line, so that
 * rows that lie in the same set of L1 are fetched once. */
#define LINE 32

typedef uint16_t lanes __attribute__((vector_size(2 * SIDE)));

/* Sizes are constants at each call so that memcpy is a move. */
static inline void move_units(char *panel, const char *rows, size_t row_bytes, size_t n_rows,
                              size_t n_units, size_t nr, size_t unit)
{
    for (size_t i = 0; i < n_units; i++, panel += nr * unit, rows += unit)
        for (size_t row = 0; row < n_rows; row++)
            memcpy(panel + row * unit, rows + row * row_bytes, unit);
}

/* Each round puts the lanes of the upper and the lower half of the square side by side: the
 * bits of (row, column) rotate by one. After three rounds row and column have changed places.
 */
static inline void turn_square(char *to, size_t to_stride, const char *from, size_t from_stride)
{
    lanes rows[SIDE], next[SIDE];

    for (size_t i = 0; i < SIDE; i++)
        memcpy(&rows[i], from + i * from_stride, sizeof(lanes));
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < SIDE / 2; i++) {
            const lanes a = rows[i], b = rows[i + SIDE / 2];

            next[2 * i] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
            next[2 * i + 1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
        }
        memcpy(rows, next, sizeof(rows));
    }
    for (size_t i = 0; i < SIDE; i++)
        memcpy(to + i * to_stride, &rows[i], sizeof(lanes));
}

/* What fills no square is moved one by one. */
static void turn_units(char *panel, const char *rows, size_t row_bytes, size_t n_rows,
                       size_t n_units, size_t nr)
{
    const size_t whole_rows = n_rows / SIDE * SIDE, whole_units = n_units / LINE * LINE;

    for (size_t line = 0; line < whole_units; line += LINE)
        for (size_t row = 0; row < whole_rows; row += SIDE)
            for (size_t i = line; i < line + LINE; i += SIDE)
                turn_square(panel + (i * nr + row) * 2, nr * 2, rows + row * row_bytes + i * 2,
                            row_bytes);
    move_units(panel + whole_rows * 2, rows + whole_rows * row_bytes, row_bytes,
               n_rows - whole_rows, whole_units, nr, 2);
    move_units(panel + whole_units * nr * 2, rows + whole_units * 2, row_bytes, n_rows,
               n_units - whole_units, nr, 2);
}

void pwi_interleave(char *panel, const char *rows, size_t row_bytes, size_t n_rows,
                    size_t n_units, size_t nr, size_t unit)
{
    if (unit == 8)
        move_units(panel, rows, row_bytes, n_rows, n_units, nr, 8);
    else if (unit == 4)
        move_units(panel, rows, row_bytes, n_rows, n_units, nr, 4);
    else if (unit == 2)
        turn_units(panel, rows, row_bytes, n_rows, n_units, nr);
    else
        move_units(panel, rows, row_bytes, n_rows, n_units, nr, 1);
}
