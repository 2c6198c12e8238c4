/* SPDX-License-Identifier: MIT */
/* Matrices on paper. */
#include <math.h>

#include "base/checked.h"
#include "plot/cells.h"
#include "plot/draw.h"

/* More cells than this are embedded as an image: a file of rectangles would be larger and no
 * sharper. */
#define VECTOR_CELLS_MAX 4096

#define MISSING_MARK_MIN 5.0 /* cells this large show a cross where a value is missing */

static struct pwi_rect cell_rect(struct pwi_rect rect, const pw_matrix *matrix, size_t x,
                                 size_t y)
{
    const double width = rect.width / (double)matrix->n_x;
    const double height = rect.height / (double)matrix->n_y;

    return (struct pwi_rect){rect.x + width * (double)x, rect.y + height * (double)y, width,
                             height};
}

static double cell_value(const pw_matrix *matrix, size_t x, size_t y)
{
    return (double)matrix->values[x * matrix->x_stride + y * matrix->y_stride];
}

static void draw_vector(pwi_canvas *canvas, struct pwi_rect rect, const pw_matrix *matrix,
                        const pw_color_scale *colors)
{
    for (size_t y = 0; y < matrix->n_y; y++)
        for (size_t x = 0; x < matrix->n_x; x++) {
            struct pwi_rect cell = cell_rect(rect, matrix, x, y);

            /* A hair over the next cell, or viewers show a seam. */
            cell.width += x + 1 < matrix->n_x ? 0.4 : 0;
            cell.height += y + 1 < matrix->n_y ? 0.4 : 0;
            pwi_canvas_fill(canvas, cell, pwi_color_of(colors, cell_value(matrix, x, y)));
        }
}

static pw_status draw_image(pwi_canvas *canvas, pw_context *ctx, struct pwi_rect rect,
                            const pw_matrix *matrix, const pw_color_scale *colors,
                            pw_error *err)
{
    const double scale = pwi_canvas_scale(canvas);
    size_t n_x, n_y, n;
    pwi_color *pixels;

    if (scale > 0) {
        n_x = (size_t)fmax(1, round(rect.width * scale));
        n_y = (size_t)fmax(1, round(rect.height * scale));
    } else {
        n_x = pwi_cells_resolution(matrix->n_x, rect.width);
        n_y = pwi_cells_resolution(matrix->n_y, rect.height);
    }
    if (!pwi_mul_size(n_x, n_y, &n))
        return pwi_fail_memory(err);
    pixels = PWI_ARRAY(&ctx->allocator, pwi_color, n);
    if (pixels == NULL)
        return pwi_fail_memory(err);
    pwi_cells_pixels(matrix, colors, pixels, n_x, n_y);
    pwi_canvas_image(canvas, rect, pixels, n_x, n_y);
    pwi_free_array(&ctx->allocator, pixels, n, sizeof(*pixels));
    return PW_OK;
}

/* Grey alone is a value on grey paper; a cross is not. */
static void cross_missing(pwi_canvas *canvas, struct pwi_rect rect, const pw_matrix *matrix)
{
    const struct pwi_rect first = cell_rect(rect, matrix, 0, 0);

    if (fmin(first.width, first.height) < MISSING_MARK_MIN)
        return;
    for (size_t y = 0; y < matrix->n_y; y++)
        for (size_t x = 0; x < matrix->n_x; x++) {
            const struct pwi_rect cell = cell_rect(rect, matrix, x, y);
            const struct pwi_point down[2] = {{cell.x, cell.y},
                                              {cell.x + cell.width, cell.y + cell.height}};
            const struct pwi_point up[2] = {{cell.x, cell.y + cell.height},
                                            {cell.x + cell.width, cell.y}};

            if (isfinite(cell_value(matrix, x, y)))
                continue;
            pwi_canvas_line(canvas, down, 2, 0.8, PWI_PAPER, 0);
            pwi_canvas_line(canvas, up, 2, 0.8, PWI_PAPER, 0);
        }
}

pw_status pwi_draw_cells(pwi_canvas *canvas, pw_context *ctx, struct pwi_rect rect,
                         const pw_matrix *matrix, const pw_color_scale *colors, pw_error *err)
{
    if (pwi_canvas_scale(canvas) == 0 && matrix->n_x * matrix->n_y <= VECTOR_CELLS_MAX)
        draw_vector(canvas, rect, matrix, colors);
    else
        PWI_TRY(draw_image(canvas, ctx, rect, matrix, colors, err));
    cross_missing(canvas, rect, matrix);
    return PW_OK;
}

/* The largest letters with which two decimals fit the cells; 0: none do. */
static double number_size(pwi_letters *letters, const struct pwi_rect *cell)
{
    struct pwi_text_style style = pwi_style_tick();
    double width, height;

    style.size = 10;
    pwi_letters_measure(letters, &style,
                        "\xE2\x88\x92"
                        "0.00",
                        &width, &height);
    style.size = fmin(11, 10 * fmin((cell->width - 4) / width, (cell->height - 2) / height));
    return style.size >= 6.5 ? style.size : 0;
}

void pwi_draw_numbers(pwi_canvas *canvas, pwi_letters *letters, struct pwi_rect rect,
                      const pw_matrix *matrix, const pw_color_scale *colors)
{
    const struct pwi_rect first = cell_rect(rect, matrix, 0, 0);
    struct pwi_text_style style = pwi_style_tick();
    char text[PWI_NUMBER_SIZE];

    style.size = number_size(letters, &first);
    if (style.size == 0)
        return;
    style.width_max = first.width;
    for (size_t y = 0; y < matrix->n_y; y++)
        for (size_t x = 0; x < matrix->n_x; x++) {
            const struct pwi_rect cell = cell_rect(rect, matrix, x, y);
            const double value = cell_value(matrix, x, y);
            const bool is_dark = pwi_color_is_dark(pwi_color_of(colors, value));

            if (!isfinite(value))
                continue;
            style.color = is_dark ? PWI_PAPER : PWI_INK;
            pwi_canvas_text(canvas, &style,
                            fabs(value) < 100 ? pwi_number_text(text, value, 2)
                                              : pwi_short_number(text, value),
                            cell.x + cell.width / 2, cell.y + cell.height / 2, 0.5, 0.5);
        }
}
