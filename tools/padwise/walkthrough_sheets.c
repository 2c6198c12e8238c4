/* SPDX-License-Identifier: MIT */
/* The tables of the walkthrough. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "walkthrough_view.h"

#define HIDDEN_TEXT "-1e9"

/* ---- Labels. */

static const char *sentence_label(const struct sheet *sheet, size_t row)
{
    const pw_text *sentences = sheet->walk->sentences;

    return sentences == NULL || sentences[row].bytes == NULL ? "" : sentences[row].bytes;
}

static const char *token_label(const struct sheet *sheet, size_t row)
{
    return sheet->walk->labels[sheet->i_sentence * sheet->walk->numbers.n_tokens + row];
}

static const char *number_label(const struct sheet *sheet, size_t column, char buffer[24])
{
    (void)sheet;
    snprintf(buffer, 24, "%zu", column);
    return buffer;
}

static const char *key_label(const struct sheet *sheet, size_t column, char buffer[24])
{
    (void)buffer;
    return column == sheet->walk->numbers.n_tokens ? "sum" : token_label(sheet, column);
}

static bool is_pad_row(const struct sheet *sheet, size_t row)
{
    const pw_walkthrough_numbers *numbers = &sheet->walk->numbers;

    return numbers->is_pad[sheet->i_sentence * numbers->n_tokens + row];
}

/* ---- The batch: a row a sentence. */

static const char *length_label(const struct sheet *sheet, size_t column, char buffer[24])
{
    static const char *const labels[] = {"tokens", "pads", "cut"};

    (void)sheet;
    (void)buffer;
    return labels[column];
}

static void put_length(const struct sheet *sheet, size_t row, size_t column, struct cell *cell)
{
    const pw_walkthrough_numbers *numbers = &sheet->walk->numbers;
    const size_t values[] = {numbers->lengths[row], numbers->n_tokens - numbers->lengths[row],
                             numbers->n_cut[row]};

    snprintf(cell->text, sizeof(cell->text), "%zu", values[column]);
    if (column == 1 && values[1] > 0)
        cell->style = CELL_STRONG;
}

static void put_id(const struct sheet *sheet, size_t row, size_t column, struct cell *cell)
{
    const pw_walkthrough_numbers *numbers = &sheet->walk->numbers;
    const size_t i = row * numbers->n_tokens + column;

    snprintf(cell->text, sizeof(cell->text), "%" PRId32, numbers->padded[i]);
    cell->style = numbers->is_pad[i] ? CELL_PAD : CELL_PLAIN;
}

static void put_mask(const struct sheet *sheet, size_t row, size_t column, struct cell *cell)
{
    const pw_walkthrough_numbers *numbers = &sheet->walk->numbers;
    const size_t i = row * numbers->n_tokens + column;

    snprintf(cell->text, sizeof(cell->text), "%d", numbers->mask[i]);
    cell->style = numbers->mask[i] ? CELL_PLAIN : CELL_HIDDEN;
}

static struct sheet batch_sheet(const struct walk *walk, const char *caption)
{
    struct sheet sheet = {.walk = walk,
                          .n_rows = walk->numbers.n_sentences,
                          .n_columns = walk->numbers.n_tokens,
                          .cell_width = 2,
                          .row_label = sentence_label,
                          .column_label = number_label};

    snprintf(sheet.caption, sizeof(sheet.caption), "%s", caption);
    snprintf(sheet.corner, sizeof(sheet.corner), "sentence");
    return sheet;
}

/* ---- Shapes. */

#define N_SHAPES 6

static const char *const shape_names[N_SHAPES] = {
    "mask",          "mask[:, None, :]",       "scores",
    "masked scores", "mask[:, None, None, :]", "scores of H heads"};

static void put_shape(const struct sheet *sheet, size_t row, size_t column, struct cell *cell)
{
    const pw_walkthrough_numbers *numbers = &sheet->walk->numbers;
    const size_t n = numbers->n_sentences, t = numbers->n_tokens;

    (void)column;
    switch (row) {
    case 0:
        snprintf(cell->text, sizeof(cell->text), "[%zu,%zu]", n, t);
        break;
    case 1:
        snprintf(cell->text, sizeof(cell->text), "[%zu,1,%zu]", n, t);
        break;
    case 2:
    case 3:
        snprintf(cell->text, sizeof(cell->text), "[%zu,%zu,%zu]", n, t, t);
        break;
    case 4:
        snprintf(cell->text, sizeof(cell->text), "[%zu,1,1,%zu]", n, t);
        break;
    default:
        snprintf(cell->text, sizeof(cell->text), "[%zu,H,%zu,%zu]", n, t, t);
    }
}

static const char *shape_label(const struct sheet *sheet, size_t row)
{
    (void)sheet;
    return shape_names[row];
}

static const char *shape_title(const struct sheet *sheet, size_t column, char buffer[24])
{
    (void)sheet;
    (void)column;
    (void)buffer;
    return "shape";
}

static struct sheet shape_sheet(const struct walk *walk)
{
    struct sheet sheet = {.walk = walk,
                          .n_rows = N_SHAPES,
                          .n_columns = 1,
                          .cell_width = 5,
                          .is_left = true,
                          .put_cell = put_shape,
                          .row_label = shape_label,
                          .column_label = shape_title};

    snprintf(sheet.corner, sizeof(sheet.corner), "array");
    return sheet;
}

/* ---- Numbers of one sentence: a row a token. */

static void put_value(const struct sheet *sheet, size_t row, size_t column, struct cell *cell)
{
    const pw_walkthrough_numbers *numbers = &sheet->walk->numbers;
    const size_t i = (sheet->i_sentence * numbers->n_tokens + row) * sheet->n_columns + column;

    snprintf(cell->text, sizeof(cell->text), "%.4f", sheet->values[i]);
}

static size_t pair_at(const struct sheet *sheet, size_t row, size_t column)
{
    const size_t n_tokens = sheet->walk->numbers.n_tokens;

    return (sheet->i_sentence * n_tokens + row) * n_tokens + column;
}

static void put_score(const struct sheet *sheet, size_t row, size_t column, struct cell *cell)
{
    const size_t i = pair_at(sheet, row, column);

    if (sheet->pass->visible[i]) {
        snprintf(cell->text, sizeof(cell->text), "%.4f", sheet->values[i]);
        return;
    }
    snprintf(cell->text, sizeof(cell->text), HIDDEN_TEXT);
    cell->style = CELL_HIDDEN;
}

static void put_weight(const struct sheet *sheet, size_t row, size_t column, struct cell *cell)
{
    const pw_walkthrough_numbers *numbers = &sheet->walk->numbers;
    const size_t i = pair_at(sheet, row, column);

    if (column == numbers->n_tokens) {
        snprintf(cell->text, sizeof(cell->text), "%.4f",
                 sheet->pass->row_sums[sheet->i_sentence * numbers->n_tokens + row]);
        cell->style = CELL_STRONG;
        return;
    }
    snprintf(cell->text, sizeof(cell->text), "%.4f", sheet->values[i]);
    cell->shade = sheet->values[i];
    if (!sheet->pass->visible[i] && sheet->values[i] == 0.0) {
        snprintf(cell->text, sizeof(cell->text), "0");
        cell->style = CELL_HIDDEN;
        cell->shade = -1;
    }
}

/* The picture: a hundredth is as fine as an eye can tell. */
static void put_percent(const struct sheet *sheet, size_t row, size_t column, struct cell *cell)
{
    const size_t i = pair_at(sheet, row, column);

    cell->shade = sheet->values[i];
    snprintf(cell->text, sizeof(cell->text), "%.0f", 100 * sheet->values[i]);
    if (!sheet->pass->visible[i] && sheet->values[i] == 0.0) {
        snprintf(cell->text, sizeof(cell->text), ".");
        cell->style = CELL_HIDDEN;
        cell->shade = -1;
    }
}

static struct sheet token_sheet(const struct walk *walk, size_t i_sentence, const char *what)
{
    struct sheet sheet = {.walk = walk,
                          .n_rows = walk->numbers.n_tokens,
                          .n_columns = walk->numbers.n_tokens,
                          .cell_width = 7,
                          .put_cell = put_value,
                          .row_label = token_label,
                          .column_label = key_label,
                          .is_dim = is_pad_row,
                          .i_sentence = i_sentence};

    snprintf(sheet.caption, sizeof(sheet.caption), "sentence %zu, %s", i_sentence, what);
    snprintf(sheet.corner, sizeof(sheet.corner), "query");
    return sheet;
}

static struct sheet vector_sheet(const struct walk *walk, size_t i_sentence, const char *what,
                                 const double *values)
{
    struct sheet sheet = token_sheet(walk, i_sentence, what);

    sheet.n_columns = walk->numbers.width;
    sheet.column_label = number_label;
    sheet.values = values;
    snprintf(sheet.corner, sizeof(sheet.corner), "token");
    return sheet;
}

static struct sheet pass_sheet(const struct walk *walk, size_t i_sentence, const char *what,
                               pw_walkthrough_mask mask)
{
    struct sheet sheet = token_sheet(walk, i_sentence, what);

    sheet.pass = &walk->numbers.passes[mask];
    sheet.values = sheet.pass->weights;
    return sheet;
}

/* ---- Steps. */

static void spread_batch(const struct walk *walk, size_t step, struct spread *spread)
{
    static const char *const captions[] = {"", "ids", "mask: 1 is visible"};
    struct sheet sheet = step == 3 ? shape_sheet(walk) : batch_sheet(walk, captions[step]);

    if (step == 0) {
        bool is_cut = false;

        for (size_t i = 0; i < walk->numbers.n_sentences; i++)
            is_cut = is_cut || walk->numbers.n_cut[i] > 0;
        sheet.n_columns = is_cut ? 3 : 2;
        sheet.column_label = length_label;
        sheet.put_cell = put_length;
    } else if (step == 1) {
        sheet.put_cell = put_id;
    } else if (step == 2) {
        sheet.put_cell = put_mask;
    }
    spread->sheets[0] = sheet;
    spread->n = 1;
}

static void add_pass(struct spread *spread, const struct walk *walk, size_t i_sentence,
                     const char *what, pw_walkthrough_mask mask, size_t step)
{
    struct sheet sheet = pass_sheet(walk, i_sentence, what, mask);

    if (step == 6) {
        sheet.values = sheet.pass->masked_scores;
        sheet.put_cell = put_score;
    } else if (step == 7) {
        sheet.n_columns++; /* the row's sum */
        sheet.put_cell = put_weight;
    } else {
        sheet.cell_width = 5;
        sheet.is_picture = true;
        sheet.put_cell = put_percent;
    }
    spread->sheets[spread->n++] = sheet;
}

static void spread_tokens(const struct walk *walk, size_t step, size_t i, struct spread *spread)
{
    const pw_walkthrough_numbers *numbers = &walk->numbers;
    struct sheet *first = &spread->sheets[0];

    spread->n = 1;
    switch (step) {
    case 4:
        *first = vector_sheet(walk, i, "embeddings", numbers->embeddings);
        break;
    case 5:
        *first = token_sheet(walk, i, "scores");
        first->values = numbers->scores;
        break;
    case 8:
        *first =
            vector_sheet(walk, i, "context", numbers->passes[PW_WALKTHROUGH_PADDING].context);
        break;
    default:
        spread->n = 0;
        add_pass(spread, walk, i, "padding mask", PW_WALKTHROUGH_PADDING, step);
        add_pass(spread, walk, i, "causal x padding", PW_WALKTHROUGH_CAUSAL_PADDING, step);
        snprintf(spread->sheets[1].caption, sizeof(spread->sheets[1].caption),
                 "causal x padding");
    }
}

bool walk_spread(const struct walk *walk, size_t step, size_t i, size_t n_sentences,
                 struct spread *spread)
{
    *spread = (struct spread){.n = 0};
    if (step < 4) {
        if (i == 0)
            spread_batch(walk, step, spread);
        return i == 0;
    }
    if (i >= n_sentences || i >= walk->numbers.n_sentences)
        return false;
    spread_tokens(walk, step, i, spread);
    return true;
}

struct window walk_window(size_t n, size_t n_max)
{
    struct window window = {.n_shown = n, .gap = n};

    if (n <= n_max || n_max < 3)
        return window;
    window.n_shown = n_max;
    window.gap = n_max - 1 - n_max / 3;
    window.skipped = n - n_max;
    return window;
}

size_t walk_window_at(const struct window *window, size_t shown)
{
    return shown < window->gap ? shown : shown + window->skipped;
}

size_t walk_n_shown(const struct walk *walk, size_t n_max)
{
    return walk->numbers.n_sentences < n_max ? walk->numbers.n_sentences : n_max;
}
