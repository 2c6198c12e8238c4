/* SPDX-License-Identifier: MIT */
/* Tables of planned tokens, and warnings. The tree is plan_tree.c's. */
#include "plan_view.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "grid.h"
#include "talk.h"

/* Columns of a table, in their order. */
enum cell {
    CELL_CHUNK,
    CELL_POSITION,
    CELL_ID,
    CELL_WEIGHT,
    CELL_BYTES,
    CELL_MASK,
    CELL_TEXT,
    N_CELLS
};

static const struct column titles[N_CELLS] = {
    {"chunk", true}, {"position", true}, {"id", true},   {"weight", true},
    {"bytes", true}, {"mask", true},     {"text", false}};

struct table {
    const struct plan_view *view;
    struct grid grid;
    struct pool pool;
    bool has[N_CELLS];
};

/* Tokens of a chunk that share a row of the table. */
struct run {
    const pw_chunk *chunk;
    const uint8_t *mask;           /* NULL: all are visible */
    const pw_injection *injection; /* of the row, or NULL */
    size_t begin, end;
    bool is_pad;
};

static bool differs_from_one(const pw_plan_output *output)
{
    for (size_t i = 0; i < output->n_chunks; i++) {
        for (size_t k = 0; k < output->chunks[i].n_tokens; k++) {
            if (output->chunks[i].weights[k] != 1)
                return true;
        }
    }
    return false;
}

static bool is_added(const pw_chunk *chunk, size_t row)
{
    return chunk->fragments[row] == 0 && chunk->begin[row] == PW_NO_OFFSET;
}

size_t plan_first_pad(const pw_chunk *chunk)
{
    size_t row = chunk->n_tokens;

    while (row > 0 && is_added(chunk, row - 1))
        row--;
    if (row == 0 && chunk->n_tokens > 0)
        row = 1; /* the start of a chunk without text */
    return row < chunk->n_tokens ? row + 1 : row;
}

static unsigned mask_at(const struct run *run, size_t row)
{
    return run->mask == NULL ? 1 : run->mask[row];
}

static size_t end_of_run(const struct run *run)
{
    const pw_chunk *chunk = run->chunk;
    size_t end = run->begin + 1;

    while (run->is_pad && end < chunk->n_tokens && chunk->ids[end] == chunk->ids[run->begin] &&
           chunk->weights[end] == chunk->weights[run->begin] &&
           mask_at(run, end) == mask_at(run, run->begin))
        end++;
    return end;
}

static void put_vector(struct table *table, const pw_injection *injection)
{
    const pw_embedding *embedding = table->view->embeddings == NULL
                                        ? NULL
                                        : &table->view->embeddings[injection->i_embedding];
    struct builder text = {0};

    builder_format(&text, "<%s> %zu/%zu", embedding == NULL ? "vector" : embedding->name,
                   injection->i_vector + 1,
                   embedding == NULL ? injection->i_vector + 1 : embedding->n_vectors);
    grid_built(&table->grid, &text);
    builder_free(&text);
}

static void put_text(struct table *table, const struct run *run)
{
    const char *text;

    if (run->injection != NULL) {
        put_vector(table, run->injection);
    } else if (run->is_pad) {
        grid_cell(&table->grid, "pad x%zu", run->end - run->begin);
    } else {
        text = tokens_text(&table->pool, table->view->tokenizer, run->chunk->ids[run->begin]);
        if (text == NULL)
            table->grid.failed = true;
        else
            grid_text(&table->grid, text, strlen(text));
    }
}

static void put_numbers(struct table *table, const struct run *run)
{
    const pw_chunk *chunk = run->chunk;
    struct grid *grid = &table->grid;

    if (run->end - run->begin > 1)
        grid_cell(grid, "%zu..%zu", run->begin, run->end - 1);
    else
        grid_cell(grid, "%zu", run->begin);
    if (run->injection != NULL)
        grid_cell(grid, "-");
    else
        grid_cell(grid, "%d", (int)chunk->ids[run->begin]);
    if (table->has[CELL_WEIGHT] && isnan(chunk->weights[run->begin]))
        grid_cell(grid, "nan"); /* printf may write a sign */
    else if (table->has[CELL_WEIGHT])
        grid_cell(grid, "%.4g", chunk->weights[run->begin]);
    if (!table->has[CELL_BYTES])
        return;
    if (chunk->begin[run->begin] == PW_NO_OFFSET)
        grid_cell(grid, "-");
    else
        grid_cell(grid, "%" PRIu64 "..%" PRIu64, chunk->begin[run->begin],
                  chunk->end[run->begin]);
}

static void put_chunk(struct table *table, const pw_chunk *chunk, size_t number)
{
    const size_t pads = plan_first_pad(chunk);
    struct run run = {.chunk = chunk,
                      .mask = pw_plan_sequence(table->view->plan, chunk->i_sequence)->mask};
    size_t i_injection = 0;

    for (; run.begin < chunk->n_tokens; run.begin = run.end) {
        run.injection = NULL;
        if (i_injection < chunk->n_injections &&
            chunk->injections[i_injection].row == run.begin)
            run.injection = &chunk->injections[i_injection++];
        run.is_pad = run.begin >= pads;
        run.end = end_of_run(&run);
        if (table->has[CELL_CHUNK])
            grid_cell(&table->grid, "%zu", number);
        put_numbers(table, &run);
        grid_cell(&table->grid, "%u", mask_at(&run, run.begin));
        put_text(table, &run);
        if (run.injection == NULL && is_added(chunk, run.begin))
            grid_dim(&table->grid);
    }
}

int plan_table(struct app *app, struct builder *out, const struct plan_view *view,
               const pw_plan_output *output)
{
    struct table table = {.view = view};
    struct column columns[N_CELLS];
    size_t n_columns = 0;

    for (size_t i = 0; i < N_CELLS; i++)
        table.has[i] = true;
    table.has[CELL_CHUNK] = output->n_chunks > 1;
    table.has[CELL_WEIGHT] = view->columns != TOKEN_BYTES || differs_from_one(output);
    table.has[CELL_BYTES] = view->columns != TOKEN_WEIGHTS;
    for (size_t i = 0; i < N_CELLS; i++) {
        if (table.has[i])
            columns[n_columns++] = titles[i];
    }
    grid_start(&table.grid, columns, n_columns);
    for (size_t i = 0; i < output->n_chunks; i++)
        put_chunk(&table, &output->chunks[i], i + 1);
    pool_free(&table.pool);
    grid_print(&table.grid, out, view->width, view->color);
    return out->failed ? fail_memory(app) : DONE;
}

void plan_warnings(struct app *app, const pw_prompt *prompt, const pw_plan *plan,
                   const char *where)
{
    for (size_t i = 0; prompt != NULL && i < pw_prompt_n_warnings(prompt); i++)
        warn(app, where, "%s", pw_prompt_warning_at(prompt, i)->text);
    for (size_t i = 0; plan != NULL && i < pw_plan_n_warnings(plan); i++)
        warn(app, where, "%s", pw_plan_warning(plan, i));
}
