/* SPDX-License-Identifier: MIT */
/* A matrix as pixels. */
#include "plot/cells.h"

#include <math.h>
#include <string.h>

#include <padwise/plot.h>

#include "base/error.h"

/* Cells first..end - 1 of n fall on pixel i of n_pixels. */
static void cells_of_pixel(size_t i, size_t n_pixels, size_t n, size_t *first, size_t *end)
{
    if (n_pixels >= n) {
        *first = (2 * i + 1) * n / (2 * n_pixels);
        *end = *first + 1;
        return;
    }
    *first = i * n / n_pixels;
    *end = ((i + 1) * n + n_pixels - 1) / n_pixels;
}

/* The pixel after those that show the same cell as pixel i. */
static size_t run_end(size_t i, size_t n_pixels, size_t n)
{
    const size_t cell = (2 * i + 1) * n / (2 * n_pixels);

    if (n_pixels <= n)
        return i + 1;
    /* The least k with (2 k + 1) n >= 2 n_pixels (cell + 1). */
    return (2 * n_pixels * (cell + 1) - n + 2 * n - 1) / (2 * n);
}

double pwi_cells_value(const pw_matrix *matrix, const pw_color_scale *colors, size_t x,
                       size_t n_x, size_t y, size_t n_y)
{
    const double middle = (colors->min + colors->max) / 2;
    size_t x_first, x_end, y_first, y_end, n = 0;
    double sum = 0, squares = 0;

    PW_ASSERT(x < n_x && y < n_y);
    cells_of_pixel(x, n_x, matrix->n_x, &x_first, &x_end);
    cells_of_pixel(y, n_y, matrix->n_y, &y_first, &y_end);
    for (size_t j = y_first; j < y_end; j++)
        for (size_t i = x_first; i < x_end; i++) {
            const double given =
                (double)matrix->values[i * matrix->x_stride + j * matrix->y_stride];
            const double value = fmin(fmax(given, colors->min), colors->max) - middle;

            if (!isfinite(given))
                continue;
            sum += value;
            squares += value * value;
            n++;
        }
    if (n == 0)
        return NAN;
    if (n > 1 && sum != 0 && colors->map == PW_MAP_DIVERGING)
        return middle + copysign(sqrt(squares / (double)n), sum);
    return middle + sum / (double)n;
}

static void fill_row(const pw_matrix *matrix, const pw_color_scale *colors, pwi_color *row,
                     size_t n_x, size_t y, size_t n_y)
{
    for (size_t x = 0; x < n_x;) {
        const size_t end = run_end(x, n_x, matrix->n_x);
        const pwi_color color =
            pwi_color_of(colors, pwi_cells_value(matrix, colors, x, n_x, y, n_y));

        while (x < end && x < n_x)
            row[x++] = color;
    }
}

/* A value is looked up once for all its pixels: a heat map has a dozen for each. */
void pwi_cells_pixels(const pw_matrix *matrix, const pw_color_scale *colors, pwi_color *pixels,
                      size_t n_x, size_t n_y)
{
    for (size_t y = 0; y < n_y;) {
        const size_t end = run_end(y, n_y, matrix->n_y);
        const pwi_color *row = pixels + y * n_x;

        fill_row(matrix, colors, pixels + y * n_x, n_x, y, n_y);
        for (y++; y < end && y < n_y; y++)
            memcpy(pixels + y * n_x, row, n_x * sizeof(*row));
    }
}

size_t pwi_cells_resolution(size_t n, double size)
{
    const double wanted = 1.5 * size;

    if ((double)n >= 2 * wanted)
        return wanted > 1 ? (size_t)wanted : 1;
    if ((double)n >= wanted)
        return n;
    return n * (size_t)ceil(wanted / (double)n);
}
