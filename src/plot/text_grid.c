/* SPDX-License-Identifier: MIT */
/* A terminal's cells. Widths are Unicode's, by utf8proc. */
#include "plot/text_grid.h"

#include <string.h>
#include <utf8proc.h>

#include "base/checked.h"
#include "base/utf8.h"

#define ELLIPSIS "\xE2\x80\xA6"

bool pwi_grid_open(pwi_text_grid *grid, const pw_allocator *allocator, size_t n_columns,
                   size_t n_lines)
{
    size_t n;

    *grid = (pwi_text_grid){allocator, NULL, n_columns, n_lines};
    if (!pwi_mul_size(n_columns, n_lines, &n))
        return false;
    grid->cells = pwi_alloc_zeroed(allocator, n, sizeof(*grid->cells));
    return grid->cells != NULL;
}

void pwi_grid_close(pwi_text_grid *grid)
{
    pwi_free_array(grid->allocator, grid->cells, grid->n_columns * grid->n_lines,
                   sizeof(*grid->cells));
    grid->cells = NULL;
}

static struct pwi_text_cell *cell_at(const pwi_text_grid *grid, size_t column, size_t line)
{
    if (column >= grid->n_columns || line >= grid->n_lines)
        return NULL;
    return &grid->cells[line * grid->n_columns + column];
}

static void put_bytes(pwi_text_grid *grid, size_t column, size_t line, const char *bytes,
                      size_t size, const pwi_color *front)
{
    struct pwi_text_cell *cell = cell_at(grid, column, line);

    if (cell == NULL || size >= PWI_CELL_BYTES)
        return;
    memcpy(cell->bytes, bytes, size);
    cell->bytes[size] = '\0';
    if (front != NULL) {
        cell->has_front = true;
        cell->front = *front;
    }
}

void pwi_grid_put(pwi_text_grid *grid, size_t column, size_t line, const char *character,
                  const pwi_color *front, const pwi_color *back)
{
    struct pwi_text_cell *cell = cell_at(grid, column, line);

    put_bytes(grid, column, line, character, strlen(character), front);
    if (cell != NULL && back != NULL) {
        cell->has_back = true;
        cell->back = *back;
    }
}

/* Bytes and columns of the character at text and the marks that join it. */
static size_t cluster(const char *text, size_t size, size_t *columns)
{
    uint32_t code = ' ';
    size_t n = pwi_utf8_decode(text, size, &code), next;
    int width = utf8proc_charwidth((utf8proc_int32_t)code);

    *columns = width > 0 ? (size_t)width : n > 0 ? 0 : 1;
    n = n > 0 ? n : 1;
    while ((next = pwi_utf8_decode(text + n, size - n, &code)) > 0 && code >= 0x300 &&
           utf8proc_charwidth((utf8proc_int32_t)code) == 0)
        n += next;
    return n;
}

size_t pwi_text_columns(const char *text)
{
    const size_t size = strlen(text);
    size_t total = 0, columns;

    for (size_t at = 0; at < size;) {
        at += cluster(text + at, size - at, &columns);
        total += columns;
    }
    return total;
}

void pwi_grid_text(pwi_text_grid *grid, size_t column, size_t line, const char *text,
                   size_t width, const pwi_color *front)
{
    const bool is_cut = pwi_text_columns(text) > width;
    const size_t size = strlen(text), end = column + width - (is_cut ? 1 : 0);

    if (width == 0)
        return;
    for (size_t at = 0; at < size;) {
        size_t columns;
        const size_t n = cluster(text + at, size - at, &columns);

        if (column + columns > end)
            break;
        if (columns > 0)
            put_bytes(grid, column, line, text + at, n < PWI_CELL_BYTES ? n : 0, front);
        if (columns > 1 && cell_at(grid, column + 1, line) != NULL)
            cell_at(grid, column + 1, line)->is_hidden = true;
        column += columns;
        at += n;
    }
    if (is_cut)
        pwi_grid_put(grid, column, line, ELLIPSIS, front, NULL);
}

void pwi_grid_text_right(pwi_text_grid *grid, size_t column, size_t line, const char *text,
                         size_t width, const pwi_color *front)
{
    const size_t columns = pwi_text_columns(text);
    const size_t room = columns < width ? width - columns : 0;

    pwi_grid_text(grid, column + room, line, text, width - room, front);
}

/* ---- Out ---- */

/* The nearest of the palette's 6 x 6 x 6 colours and its 24 greys. */
static unsigned nearest_256(pwi_color color)
{
    const unsigned rgb[3] = {color.red, color.green, color.blue};
    const unsigned sum = rgb[0] + rgb[1] + rgb[2];
    const unsigned grey = sum < 24 ? 0 : (sum / 3 - 8) / 10 > 23 ? 23 : (sum / 3 - 8) / 10;
    unsigned index = 16, from_cube = 0, from_grey = 0;

    for (size_t i = 0; i < 3; i++) {
        /* Levels 0, 95, 135, 175, 215, 255. */
        const unsigned level = rgb[i] < 48 ? 0 : rgb[i] < 115 ? 1 : (rgb[i] - 35) / 40;
        const int value = level > 0 ? (int)level * 40 + 55 : 0;
        const int to_cube = (int)rgb[i] - value, to_grey = (int)rgb[i] - (int)(8 + 10 * grey);

        index = i == 0 ? 16 + 36 * level : i == 1 ? index + 6 * level : index + level;
        from_cube += (unsigned)(to_cube * to_cube);
        from_grey += (unsigned)(to_grey * to_grey);
    }
    return from_grey < from_cube ? 232 + grey : index;
}

static void write_color(pwi_buf *out, pw_text_colors colors, char layer, pwi_color color)
{
    if (colors == PW_TEXT_RGB)
        pwi_buf_format(out, "\x1B[%c8;2;%u;%u;%um", layer, color.red, color.green, color.blue);
    else
        pwi_buf_format(out, "\x1B[%c8;5;%um", layer, nearest_256(color));
}

static bool same_color(bool has_a, pwi_color a, bool has_b, pwi_color b)
{
    return has_a == has_b && (!has_a || memcmp(&a, &b, sizeof(a)) == 0);
}

static void change_style(pwi_buf *out, pw_text_colors colors,
                         const struct pwi_text_cell *before, const struct pwi_text_cell *cell)
{
    const bool front =
        same_color(before->has_front, before->front, cell->has_front, cell->front);
    const bool back = same_color(before->has_back, before->back, cell->has_back, cell->back);

    if (front && back)
        return;
    if ((!front && !cell->has_front) || (!back && !cell->has_back)) {
        pwi_buf_text(out, "\x1B[0m");
        if (cell->has_front)
            write_color(out, colors, '3', cell->front);
        if (cell->has_back)
            write_color(out, colors, '4', cell->back);
        return;
    }
    if (!front)
        write_color(out, colors, '3', cell->front);
    if (!back)
        write_color(out, colors, '4', cell->back);
}

static bool is_blank(const struct pwi_text_cell *cell, pw_text_colors colors)
{
    return (cell->bytes[0] == '\0' || strcmp(cell->bytes, " ") == 0) && !cell->is_hidden &&
           (colors == PW_TEXT_PLAIN || !cell->has_back);
}

static void write_line(const struct pwi_text_cell *cells, size_t n, pw_text_colors colors,
                       pwi_buf *out)
{
    struct pwi_text_cell style = {.has_front = false};

    while (n > 0 && is_blank(&cells[n - 1], colors))
        n--;
    for (size_t i = 0; i < n; i++) {
        if (cells[i].is_hidden)
            continue;
        if (colors != PW_TEXT_PLAIN)
            change_style(out, colors, &style, &cells[i]);
        style = cells[i];
        pwi_buf_text(out, cells[i].bytes[0] != '\0' ? cells[i].bytes : " ");
    }
    if (colors != PW_TEXT_PLAIN && (style.has_front || style.has_back))
        pwi_buf_text(out, "\x1B[0m");
    pwi_buf_byte(out, '\n');
}

void pwi_grid_write(const pwi_text_grid *grid, pw_text_colors colors, pwi_buf *out)
{
    for (size_t line = 0; line < grid->n_lines; line++)
        write_line(&grid->cells[line * grid->n_columns], grid->n_columns, colors, out);
}
