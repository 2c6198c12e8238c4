/* SPDX-License-Identifier: MIT */
/* Dialects as columns, pieces of the prompt as rows. Dialects that agree share a column, rows
 * that differ are marked, and where the columns do not fit there are several tables. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare_dialects.h"
#include "grid.h"
#include "paint.h"
#include "plan_view.h"
#include "show.h"
#include "talk.h"

#define COLUMNS_MAX      (GRID_COLUMNS_MAX - 2)
#define ROWS_MAX         200 /* of pieces; more are said to be left out */
#define CONDITIONS_SHOWN 8   /* of each dialect */
#define CELL_SIZE        24
#define TEXT_WIDTH       24 /* at least this much of a piece is shown */
#define WEIGHT_WIDTH     7
#define GAP              2

/* One table: the dialects that are its columns. */
struct table {
    struct dialect_comparison *comparison;
    const struct side *sides[COLUMNS_MAX];
    char titles[COLUMNS_MAX][64];
    size_t n, n_kept; /* those of the table before come first */
    size_t width;
    struct grid grid;
    size_t n_rows, n_left_out;
    bool is_marked; /* a row differs */
};

typedef char cell[CELL_SIZE];

static size_t count_group(const struct dialect_comparison *comparison, const struct side *side)
{
    size_t n = 0;

    for (size_t i = 0; i < comparison->n; i++)
        n += &comparison->sides[comparison->sides[i].i_group] == side;
    return n;
}

static bool is_first_of_group(const struct dialect_comparison *comparison, size_t i)
{
    return comparison->sides[i].i_group == i;
}

/* "comfyui (+5)": those that agree with it are named below the table. */
static void make_title(struct table *table, const struct side *side)
{
    const size_t n = count_group(table->comparison, side);
    char *title = table->titles[table->n];

    if (n > 1)
        snprintf(title, sizeof(table->titles[0]), "%s (+%zu)", side->name, n - 1);
    else
        snprintf(title, sizeof(table->titles[0]), "%s", side->name);
    table->sides[table->n] = side;
}

/* Add a column if it fits; the first always does. */
static bool take_column(struct table *table, const struct side *side)
{
    size_t title;

    if (table->n == COLUMNS_MAX)
        return false;
    make_title(table, side);
    title = strlen(table->titles[table->n]);
    table->width += GAP + (title > WEIGHT_WIDTH ? title : WEIGHT_WIDTH);
    if (table->n >= table->n_kept + 1 && table->width > table->comparison->app->width_out)
        return false;
    table->n++;
    return true;
}

/* Take columns from side *i on while they fit. Every table begins with the first dialect, which
 * the others are marked against. */
static void take_columns(struct table *table, size_t *i)
{
    const struct dialect_comparison *comparison = table->comparison;

    table->width = 1 + GAP + TEXT_WIDTH;
    if (*i > 0) {
        take_column(table, &comparison->sides[0]);
        table->n_kept = table->n;
    }
    for (; *i < comparison->n; ++*i) {
        if (is_first_of_group(comparison, *i) && !take_column(table, &comparison->sides[*i]))
            break;
    }
}

static bool are_equal(cell *cells, size_t n)
{
    bool is_equal = true;

    for (size_t i = 1; i < n && is_equal; i++)
        is_equal = strcmp(cells[i], cells[0]) == 0;
    return is_equal;
}

static void put_row(struct table *table, const char *text, size_t size, cell *cells)
{
    const bool is_equal = are_equal(cells, table->n);

    table->is_marked = table->is_marked || !is_equal;
    grid_cell(&table->grid, "%s", is_equal ? "" : "*");
    grid_text(&table->grid, text, size);
    for (size_t i = 0; i < table->n; i++)
        grid_cell(&table->grid, "%s", cells[i]);
    if (is_equal)
        grid_dim(&table->grid);
}

/* As few digits as show that weights differ. */
static void print_weights(const struct weighted_run *const *runs, size_t n, cell *cells)
{
    static const int digits[] = {4, 7, 17};
    bool is_equal = true;

    for (size_t i = 1; i < n; i++)
        is_equal = is_equal && (runs[i] == NULL) == (runs[0] == NULL) &&
                   (runs[i] == NULL || runs[i]->weight == runs[0]->weight);
    for (size_t k = 0; k < sizeof(digits) / sizeof(*digits); k++) {
        for (size_t i = 0; i < n; i++) {
            if (runs[i] == NULL)
                snprintf(cells[i], CELL_SIZE, "-");
            else if (runs[i]->varies)
                snprintf(cells[i], CELL_SIZE, "varies");
            else if (isnan(runs[i]->weight))
                snprintf(cells[i], CELL_SIZE, "nan"); /* printf may write a sign */
            else
                snprintf(cells[i], CELL_SIZE, "%.*g", digits[k], runs[i]->weight);
        }
        if (is_equal || !are_equal(cells, n))
            return;
    }
}

static bool is_blank(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (strchr(" \t\r\n", text[i]) == NULL)
            return false;
    }
    return true;
}

/* A piece that may grow by the next one. */
struct pending {
    size_t begin, end; /* equal: there is none */
    const struct weighted_run *runs[COLUMNS_MAX];
};

static void put_pending(struct table *table, const struct pending *pending)
{
    const char *prompt = table->comparison->prompt.bytes;
    cell cells[COLUMNS_MAX];
    struct builder quoted = {0};

    if (pending->begin == pending->end)
        return;
    if (table->n_rows == ROWS_MAX) {
        table->n_left_out++;
        return;
    }
    table->n_rows++;
    print_weights(pending->runs, table->n, cells);
    show_quoted(&quoted, prompt + pending->begin, pending->end - pending->begin,
                table->comparison->app->width_out);
    if (quoted.failed)
        table->grid.failed = true;
    else
        put_row(table, quoted.bytes, quoted.size, cells);
    builder_free(&quoted);
}

static bool is_same_run(const struct weighted_run *a, const struct weighted_run *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->varies == b->varies && is_same_weight(a->weight, b->weight);
}

/* Dialects that cut at blanks, and those that do not, read the words alike: a piece goes on
 * behind blanks with the same weights. */
static bool goes_on(const struct table *table, const struct pending *pending,
                    const struct sweep *sweep, size_t begin)
{
    bool are_same =
        pending->begin != pending->end &&
        is_blank(table->comparison->prompt.bytes + pending->end, begin - pending->end);

    for (size_t i = 0; i < table->n && are_same; i++)
        are_same = is_same_run(pending->runs[i], sweep->covering[i]);
    return are_same;
}

static bool put_pieces(struct table *table)
{
    const struct weighted_runs *runs[COLUMNS_MAX];
    const char *prompt = table->comparison->prompt.bytes;
    struct pending pending = {0};
    struct pool pool = {0};
    struct sweep sweep;
    size_t begin, end;
    bool ok;

    for (size_t i = 0; i < table->n; i++)
        runs[i] = &table->sides[i]->runs;
    ok = sweep_start(&sweep, &pool, runs, table->n);
    while (ok && sweep_next(&sweep, &begin, &end)) {
        if (is_blank(prompt + begin, end - begin))
            continue;
        if (!goes_on(table, &pending, &sweep, begin)) {
            put_pending(table, &pending);
            pending.begin = begin;
            for (size_t i = 0; i < table->n; i++)
                pending.runs[i] = sweep.covering[i];
        }
        pending.end = end;
    }
    put_pending(table, &pending);
    pool_free(&pool);
    return ok;
}

/* What is counted below the weights. */
enum count {
    COUNT_CONDITIONS,
    COUNT_CHUNKS,
    COUNT_TOKENS
};

static size_t count(const struct reading *reading, enum count what)
{
    size_t n = 0;

    for (size_t i = 0; i < pw_plan_n_outputs(reading->plan); i++) {
        const pw_plan_output *output = pw_plan_output_at(reading->plan, i);

        if (what == COUNT_CONDITIONS)
            n++;
        if (what == COUNT_CHUNKS)
            n += output->n_chunks;
        for (size_t k = 0; k < output->n_chunks && what == COUNT_TOKENS; k++)
            n += plan_first_pad(&output->chunks[k]);
    }
    return n;
}

static void put_count(struct table *table, const char *name, enum count what)
{
    cell cells[COLUMNS_MAX];
    bool is_said = what != COUNT_CONDITIONS;

    for (size_t i = 0; i < table->n; i++) {
        if (table->sides[i]->err.status != PW_OK) {
            snprintf(cells[i], CELL_SIZE, what == COUNT_CHUNKS ? "refused" : "-");
            continue;
        }
        snprintf(cells[i], CELL_SIZE, "%zu", count(&table->sides[i]->reading, what));
        is_said = is_said || strcmp(cells[i], "1") != 0;
    }
    if (is_said)
        put_row(table, name, strlen(name), cells);
}

static int put_table(struct table *table, struct builder *out)
{
    const struct app *app = table->comparison->app;
    struct column columns[GRID_COLUMNS_MAX] = {{"", false}, {"text", false}};
    bool ok;

    for (size_t i = 0; i < table->n; i++)
        columns[i + 2] = (struct column){table->titles[i], true};
    grid_start(&table->grid, columns, table->n + 2);
    ok = put_pieces(table);
    put_count(table, "conditions", COUNT_CONDITIONS);
    put_count(table, "chunks", COUNT_CHUNKS);
    put_count(table, "tokens", COUNT_TOKENS);
    grid_print(&table->grid, out, app->width_out, app->color_out);
    if (table->n_left_out > 0)
        builder_format(out, "... and %zu more pieces; --json has them all\n",
                       table->n_left_out);
    return ok && !out->failed ? DONE : fail_memory(table->comparison->app);
}

/* "comfyui and those that agree with it". */
static void put_group(const struct dialect_comparison *comparison, struct builder *out,
                      const struct side *side)
{
    const size_t width = comparison->app->width_out;
    size_t column = strlen(side->name) + strlen(" is as");

    if (count_group(comparison, side) < 2)
        return;
    builder_format(out, "%s is as", side->name);
    for (size_t i = 0, n = 0; i < comparison->n; i++) {
        const struct side *other = &comparison->sides[i];
        const size_t size = strlen(other->name);

        if (other == side || &comparison->sides[other->i_group] != side)
            continue;
        if (n > 0)
            builder_text(out, ",");
        if (column + size + 3 > width) {
            builder_text(out, "\n   ");
            column = 3;
        }
        builder_format(out, " %s", other->name);
        column += size + 2;
        n++;
    }
    builder_text(out, "\n");
}

static void put_condition(const struct dialect_comparison *comparison, struct builder *out,
                          const struct side *side, size_t i)
{
    const pw_prompt *prompt = side->reading.prompt;
    const pw_condition *condition = pw_prompt_condition(prompt, i);
    const pw_prompt_part *part = pw_prompt_part_at(prompt, condition->i_part);
    const size_t width = comparison->app->width_out;
    struct builder label = {0};

    builder_format(&label, "%s:", side->name);
    if (pw_prompt_n_parts(prompt) > 1 || part->weight != 1)
        builder_format(&label, " part %zu, guidance times %.4g,", condition->i_part + 1,
                       part->weight);
    if (condition->until_step > 0)
        builder_format(&label, " until step %d ", (int)condition->until_step);
    else
        builder_text(&label, condition->is_edited ? " after the swap " : " ");
    builder_append(out, &label);
    show_quoted(out, condition->text, condition->size,
                width > label.size + 10 ? width - label.size : 10);
    builder_text(out, "\n");
    builder_free(&label);
}

/* What the table has no row for: why a dialect refuses, its conditions, its networks. */
static void put_notes(const struct dialect_comparison *comparison, struct builder *out,
                      const struct side *side)
{
    const pw_prompt *prompt = side->reading.prompt;
    size_t n;

    put_group(comparison, out, side);
    if (side->err.status != PW_OK) {
        builder_format(out, "%s refuses it: ", side->name);
        show_text(out, side->err.text, strlen(side->err.text), SHOW_ALL);
        builder_text(out, "\n");
        return;
    }
    n = pw_prompt_n_conditions(prompt);
    if (n > 1 || pw_prompt_part_at(prompt, 0)->weight != 1) {
        for (size_t i = 0; i < n && i < CONDITIONS_SHOWN; i++)
            put_condition(comparison, out, side, i);
        if (n > CONDITIONS_SHOWN)
            builder_format(out, "%s: ... and %zu more\n", side->name, n - CONDITIONS_SHOWN);
    }
    if (pw_prompt_n_networks(prompt) > 0)
        builder_format(out, "%s: %zu network%s taken out of the text\n", side->name,
                       pw_prompt_n_networks(prompt),
                       pw_prompt_n_networks(prompt) == 1 ? "" : "s");
}

int comparison_table(struct dialect_comparison *comparison, struct builder *out)
{
    struct app *app = comparison->app;
    bool is_marked = false;

    if (app->color_out)
        builder_text(out, PAINT_BOLD);
    show_quoted(out, comparison->prompt.bytes, comparison->prompt.size, app->width_out);
    if (app->color_out)
        builder_text(out, PAINT_NONE);
    builder_text(out, "\n");
    for (size_t i = 0; i < comparison->n;) {
        struct table table = {.comparison = comparison};

        take_columns(&table, &i);
        if (table.n > table.n_kept)
            TRY(put_table(&table, out));
        is_marked = is_marked || table.is_marked;
    }
    for (size_t i = 0; i < comparison->n; i++) {
        if (is_first_of_group(comparison, i))
            put_notes(comparison, out, &comparison->sides[i]);
    }
    if (comparison->is_equal)
        builder_text(out, "the same text, weights and chunks\n");
    else
        builder_text(out, is_marked ? "different\n"
                                    : "different: tokens stand in other chunks or masks\n");
    return out->failed ? fail_memory(app) : DONE;
}
