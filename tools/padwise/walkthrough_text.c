/* SPDX-License-Identifier: MIT */
/* The walkthrough on a terminal: paragraphs wrapped, sheets in columns. What is wider than the
 * terminal is shown from both ends. */
#include <string.h>

#include "paint.h"
#include "show.h"
#include "talk.h"
#include "walkthrough_view.h"

#define SENTENCES_SHOWN 4
#define ROWS_SHOWN      24
#define LABEL_MAX       28
#define PROSE_MAX       100
#define GAP_TEXT        "..."

struct page {
    const struct walk *walk;
    struct builder out;
    size_t width;
    bool color;
};

static void put_title(struct page *page, size_t step)
{
    struct builder title = {0};

    builder_format(&title, "%zu. %s", step + 1, walk_title(step));
    paint(&page->out, page->color, PAINT_BOLD, title.failed ? "" : title.bytes);
    builder_text(&page->out, "\n");
    builder_free(&title);
}

/* One paragraph. */
static void put_paragraph(struct page *page, const char *text, size_t size)
{
    const size_t width = page->width < PROSE_MAX ? page->width : PROSE_MAX;
    size_t column = 0;

    for (size_t i = 0; i < size;) {
        const char *space = memchr(text + i, ' ', size - i);
        const size_t n = space == NULL ? size - i : (size_t)(space - text) - i;
        const size_t word = show_width(text + i, n);

        if (column > 0 && column + 1 + word > width) {
            builder_text(&page->out, "\n");
            column = 0;
        } else if (column > 0) {
            builder_text(&page->out, " ");
            column++;
        }
        show_text(&page->out, text + i, n, SHOW_ALL);
        column += word;
        i += n + 1;
    }
    builder_text(&page->out, "\n");
}

static void put_prose(struct page *page, size_t step)
{
    struct builder prose = {0};

    walk_prose(page->walk, step, &prose);
    page->out.failed = page->out.failed || prose.failed;
    for (size_t i = 0; i < prose.size && !prose.failed;) {
        const size_t n = strcspn(prose.bytes + i, "\n");

        put_paragraph(page, prose.bytes + i, n);
        i += n + 1;
    }
    builder_free(&prose);
}

/* ---- Sheets. */

/* A sheet as it is laid out. */
struct layout {
    const struct sheet *sheet;
    size_t cell_width;
    struct window columns;
};

static struct cell cell_at(const struct sheet *sheet, size_t row, size_t column)
{
    struct cell cell = {.style = CELL_PLAIN, .shade = -1};

    sheet->put_cell(sheet, row, column, &cell);
    return cell;
}

static size_t label_width(const struct sheet *sheet)
{
    size_t width = strlen(sheet->corner);

    for (size_t row = 0; row < sheet->n_rows; row++) {
        const char *label = sheet->row_label(sheet, row);
        const size_t w = show_width(label, strlen(label));

        width = w > width ? w : width;
    }
    return width < LABEL_MAX ? width : LABEL_MAX;
}

/* A number before the labels of sentences: the rows have no other name. */
static bool is_numbered(const struct sheet *sheet)
{
    return sheet->n_rows == sheet->walk->numbers.n_sentences && sheet->is_dim == NULL &&
           !sheet->is_left;
}

static struct layout lay_out(const struct sheet *sheet, size_t room)
{
    const struct window rows = walk_window(sheet->n_rows, ROWS_SHOWN);
    struct layout layout = {.sheet = sheet, .cell_width = sheet->cell_width};

    for (size_t r = 0; r < rows.n_shown; r++) {
        for (size_t c = 0; c < sheet->n_columns; c++) {
            const struct cell cell = cell_at(sheet, walk_window_at(&rows, r), c);
            const size_t width = strlen(cell.text);

            if (width > layout.cell_width)
                layout.cell_width = width;
        }
    }
    if (sheet->put_cell != NULL && sheet->is_dim == NULL && !sheet->is_left)
        for (size_t c = 0; c < sheet->n_columns; c++) {
            char buffer[24];
            const size_t width = strlen(sheet->column_label(sheet, c, buffer));

            if (width > layout.cell_width)
                layout.cell_width = width;
        }
    layout.columns = walk_window(sheet->n_columns, room / (layout.cell_width + 1));
    if (layout.cell_width >= strlen(GAP_TEXT) ||
        (layout.columns.skipped == 0 && rows.skipped == 0))
        return layout;
    layout.cell_width = strlen(GAP_TEXT);
    layout.columns = walk_window(sheet->n_columns, room / (layout.cell_width + 1));
    return layout;
}

static size_t layout_width(const struct layout *layout)
{
    return layout->columns.n_shown * (layout->cell_width + 1);
}

/* As much of a column's label as fits, without dots: there is no room for them. */
static void put_cut(struct builder *out, const char *text, size_t width)
{
    size_t size = strlen(text);

    while (size > 0 && show_width(text, size) > width)
        size--;
    builder_fill(out, ' ', width - show_width(text, size));
    show_text(out, text, size, SHOW_ALL);
}

static void put_header(struct page *page, const struct layout *layout)
{
    for (size_t c = 0; c < layout->columns.n_shown; c++) {
        char buffer[24];
        const bool is_gap = c == layout->columns.gap;
        const char *label =
            is_gap ? GAP_TEXT
                   : layout->sheet->column_label(layout->sheet,
                                                 walk_window_at(&layout->columns, c), buffer);

        builder_text(&page->out, " ");
        if (layout->sheet->is_left)
            builder_text(&page->out, label);
        else
            put_cut(&page->out, label, layout->cell_width);
    }
}

static const char *glyph_of(double shade)
{
    static const char *const glyphs[] = {" ", "\xE2\x96\x91", "\xE2\x96\x92", "\xE2\x96\x93",
                                         "\xE2\x96\x88"};

    return shade < 0 ? " "
                     : glyphs[shade < 0.05   ? 0
                              : shade < 0.25 ? 1
                              : shade < 0.5  ? 2
                              : shade < 0.75 ? 3
                                             : 4];
}

static void put_cell(struct page *page, const struct layout *layout, size_t row, size_t column)
{
    const struct cell cell = cell_at(layout->sheet, row, column);
    const bool is_dim = cell.style == CELL_HIDDEN || cell.style == CELL_PAD;
    const bool is_bold = cell.style == CELL_STRONG || cell.shade >= 0.5;
    const size_t size = strlen(cell.text);
    size_t blank = layout->cell_width - size;

    builder_text(&page->out, " ");
    if (layout->sheet->is_picture && blank > 0) {
        builder_text(&page->out, glyph_of(cell.shade));
        blank--;
    }
    if (!layout->sheet->is_left)
        builder_fill(&page->out, ' ', blank);
    paint(&page->out, page->color && (is_dim || is_bold), is_dim ? PAINT_DIM : PAINT_BOLD,
          cell.text);
}

static void put_cells(struct page *page, const struct layout *layout, size_t row, bool is_gap)
{
    for (size_t c = 0; c < layout->columns.n_shown; c++) {
        if (is_gap || c == layout->columns.gap) {
            builder_text(&page->out, " ");
            builder_fill(&page->out, ' ', layout->cell_width - strlen(GAP_TEXT));
            builder_text(&page->out, GAP_TEXT);
        } else {
            put_cell(page, layout, row, walk_window_at(&layout->columns, c));
        }
    }
}

static void put_label(struct page *page, const struct sheet *sheet, size_t row, size_t width)
{
    const char *label = sheet->row_label(sheet, row);
    const bool is_dim = page->color && sheet->is_dim != NULL && sheet->is_dim(sheet, row);
    size_t used;

    if (is_numbered(sheet))
        builder_format(&page->out, "%2zu ", row);
    if (is_dim)
        builder_text(&page->out, PAINT_DIM);
    used = show_text(&page->out, label, strlen(label), width);
    if (is_dim)
        builder_text(&page->out, PAINT_NONE);
    builder_fill(&page->out, ' ', width - used);
}

#define BESIDE_GAP "  |"

/* Layouts of the same rows, next to each other. */
static void put_layouts(struct page *page, const struct layout *layouts, size_t n, size_t label)
{
    const struct sheet *first = layouts[0].sheet;
    const struct window rows = walk_window(first->n_rows, ROWS_SHOWN);

    for (size_t i = 0; i < n; i++) {
        const size_t used = strlen(layouts[i].sheet->caption);
        const size_t room =
            layout_width(&layouts[i]) + (i == 0 ? label : 0) + strlen(BESIDE_GAP);

        if (used > 0)
            paint(&page->out, page->color, PAINT_CYAN, layouts[i].sheet->caption);
        if (i + 1 < n)
            builder_fill(&page->out, ' ', used < room ? room - used : 1);
    }
    builder_text(&page->out, first->caption[0] == '\0' ? "" : "\n");
    if (is_numbered(first))
        builder_text(&page->out, "   ");
    builder_text(&page->out, first->corner);
    builder_fill(&page->out, ' ', label - strlen(first->corner));
    for (size_t i = 0; i < n; i++) {
        builder_text(&page->out, i == 0 ? "" : BESIDE_GAP);
        put_header(page, &layouts[i]);
    }
    builder_text(&page->out, "\n");
    for (size_t r = 0; r < rows.n_shown; r++) {
        const size_t row = walk_window_at(&rows, r);

        if (r == rows.gap)
            builder_fill(&page->out, ' ', label + (is_numbered(first) ? 3 : 0));
        else
            put_label(page, first, row, label);
        for (size_t i = 0; i < n; i++) {
            builder_text(&page->out, i == 0 ? "" : BESIDE_GAP);
            put_cells(page, &layouts[i], row, r == rows.gap);
        }
        builder_text(&page->out, "\n");
    }
}

static void put_spread(struct page *page, const struct spread *spread)
{
    const size_t label = label_width(&spread->sheets[0]);
    const size_t taken = label + (is_numbered(&spread->sheets[0]) ? 3 : 0);
    struct layout layouts[WALK_BESIDE_MAX];
    size_t total = taken;
    bool is_whole = true;

    if (spread->n == 0)
        return;
    for (size_t i = 0; i < spread->n; i++) {
        layouts[i] = lay_out(&spread->sheets[i], page->width - taken);
        total += layout_width(&layouts[i]) + (i == 0 ? 0 : strlen(BESIDE_GAP));
        is_whole = is_whole && layouts[i].columns.skipped == 0;
    }
    builder_text(&page->out, "\n");
    if (total <= page->width && is_whole) {
        put_layouts(page, layouts, spread->n, label);
        return;
    }
    for (size_t i = 0; i < spread->n; i++) {
        builder_text(&page->out, i == 0 ? "" : "\n");
        put_layouts(page, &layouts[i], 1, label);
    }
}

static void put_step(struct page *page, size_t step)
{
    const struct walk *walk = page->walk;
    const size_t n = walk_n_shown(walk, SENTENCES_SHOWN);
    struct spread spread;

    put_title(page, step);
    put_prose(page, step);
    for (size_t i = 0; walk_spread(walk, step, i, n, &spread); i++)
        put_spread(page, &spread);
    if (step >= 4 && n < walk->numbers.n_sentences)
        builder_format(&page->out, "\n(and %zu sentences more: --json has all numbers)\n",
                       walk->numbers.n_sentences - n);
    builder_text(&page->out, step + 1 < walk->end_step ? "\n" : "");
}

int walk_text(struct walk *walk)
{
    struct page page = {
        .walk = walk, .width = walk->app->width_out, .color = walk->app->color_out};
    bool stop = false;
    int status = DONE;

    for (size_t step = walk->first_step; step < walk->end_step && status == DONE && !stop;
         step++) {
        put_step(&page, step);
        status = app_print(walk->app, &page.out, &stop);
    }
    builder_free(&page.out);
    return status;
}
