/* SPDX-License-Identifier: MIT */
/* Which rows there are and who sees whom: the causal rule composed with a sequence's mask
 * (docs/models/clip.md, "Masks" and "Which rows are computed"). A row sees the rows on its path
 * whose mask is 1; a row that would see nothing sees itself. */
#include "models/rows.h"

#include <string.h>

/* What a query costs beside its keys, in keys: loading it, its softmax, its share of a call. */
#define QUERY_COST 8

/* Numbers of 32 bits that rows own: `all` borrows its rows and n_visible. */
struct array {
    uint32_t **target;
    size_t n;
};

#define N_ARRAYS 12

static void arrays_of(pwi_rows *rows, struct array arrays[N_ARRAYS])
{
    const size_t n = rows->capacity;
    const struct array list[N_ARRAYS] = {
        {&rows->ids, n},
        {&rows->positions, n},
        {&rows->parents, n},
        {&rows->n_visible, n},
        {&rows->path, rows->n_positions},
        {&rows->numbers, n},
        {&rows->moved, n},
        {&rows->places, n},
        {&rows->all.groups, n + 1},
        {&rows->asked.rows, n},
        {&rows->asked.n_visible, n},
        {&rows->asked.groups, n + 1},
    };

    memcpy(arrays, list, sizeof(list));
}

static bool allocate(pwi_rows *rows, const pw_allocator *allocator)
{
    struct array arrays[N_ARRAYS];

    arrays_of(rows, arrays);
    for (size_t i = 0; i < N_ARRAYS; i++) {
        *arrays[i].target = PWI_ARRAY(allocator, uint32_t, arrays[i].n);
        if (*arrays[i].target == NULL)
            return false;
    }
    rows->all.costs = PWI_ARRAY(allocator, uint64_t, rows->capacity + 1);
    rows->asked.costs = PWI_ARRAY(allocator, uint64_t, rows->capacity + 1);
    return rows->all.costs != NULL && rows->asked.costs != NULL;
}

pw_status pwi_rows_create(pwi_rows *rows, const pw_allocator *allocator, size_t capacity,
                          size_t n_positions, pw_error *err)
{
    memset(rows, 0, sizeof(*rows));
    rows->capacity = capacity;
    rows->n_positions = n_positions;
    if (!allocate(rows, allocator)) {
        pwi_rows_free(rows, allocator);
        return pwi_fail_memory(err);
    }
    for (size_t i = 0; i < capacity; i++)
        rows->numbers[i] = (uint32_t)i;
    rows->all.rows = rows->numbers;
    rows->all.n_visible = rows->n_visible;
    return PW_OK;
}

void pwi_rows_free(pwi_rows *rows, const pw_allocator *allocator)
{
    struct array arrays[N_ARRAYS];

    arrays_of(rows, arrays);
    for (size_t i = 0; i < N_ARRAYS; i++)
        pwi_free_array(allocator, *arrays[i].target, arrays[i].n, sizeof(uint32_t));
    pwi_free_array(allocator, rows->all.costs, rows->capacity + 1, sizeof(uint64_t));
    pwi_free_array(allocator, rows->asked.costs, rows->capacity + 1, sizeof(uint64_t));
    memset(rows, 0, sizeof(*rows));
}

void pwi_rows_clear(pwi_rows *rows)
{
    rows->n = 0;
    rows->asked.n = 0;
}

void pwi_rows_add(pwi_rows *rows, const int32_t *ids, const uint8_t *mask, size_t n_shared,
                  size_t length)
{
    uint32_t parent = n_shared == 0 ? PWI_NO_ROW : rows->path[n_shared - 1];
    uint32_t n_visible = parent == PWI_NO_ROW ? 0 : rows->n_visible[parent];

    PW_ASSERT(length <= rows->n_positions && rows->n + length - n_shared <= rows->capacity);
    for (size_t t = n_shared; t < length; t++) {
        const uint32_t row = (uint32_t)rows->n++;

        n_visible += mask == NULL || mask[t] != 0;
        rows->ids[row] = (uint32_t)ids[t];
        rows->positions[row] = (uint32_t)t;
        rows->parents[row] = parent;
        rows->n_visible[row] = n_visible;
        rows->places[row] = PWI_NO_ROW;
        rows->path[t] = row;
        parent = row;
    }
}

void pwi_rows_ask(pwi_rows *rows, uint32_t row)
{
    rows->places[row] = 0;
}

/* In depth-first order, positions of neighbours rise by one along a path and do not rise where
 * a new path begins: so they rise as much as the numbers exactly where no path begins. */
static bool is_on_one_path(const pwi_rows *rows, uint32_t row, uint32_t later)
{
    return rows->positions[later] > rows->positions[row] &&
           rows->positions[later] - rows->positions[row] == later - row;
}

static void group_queries(const pwi_rows *rows, pwi_queries *queries)
{
    queries->n_groups = 0;
    queries->n_pairs = 0;
    queries->costs[0] = 0;
    for (size_t j = 0; j < queries->n; j++) {
        const uint32_t n_keys = queries->n_visible[j] > 0 ? queries->n_visible[j] : 1;

        if (j == 0 || !is_on_one_path(rows, queries->rows[j - 1], queries->rows[j]))
            queries->groups[queries->n_groups++] = (uint32_t)j;
        queries->n_pairs += n_keys;
        queries->costs[j + 1] = queries->costs[j] + n_keys + QUERY_COST;
    }
    queries->groups[queries->n_groups] = (uint32_t)queries->n;
}

static void group_all(pwi_rows *rows)
{
    rows->all.n = rows->n;
    group_queries(rows, &rows->all);
}

static void group_asked(pwi_rows *rows)
{
    for (size_t j = 0; j < rows->asked.n; j++)
        rows->asked.n_visible[j] = rows->n_visible[rows->asked.rows[j]];
    group_queries(rows, &rows->asked);
}

void pwi_rows_finish(pwi_rows *rows)
{
    for (uint32_t row = 0; row < rows->n; row++)
        if (rows->places[row] != PWI_NO_ROW) {
            rows->places[row] = (uint32_t)rows->asked.n;
            rows->asked.rows[rows->asked.n++] = row;
        }
    group_all(rows);
    group_asked(rows);
}

/* moved[row] = 1 for the rows on the paths of those asked for, else 0. */
static void mark_paths(pwi_rows *rows)
{
    memset(rows->moved, 0, rows->n * sizeof(*rows->moved));
    for (size_t j = 0; j < rows->asked.n; j++)
        rows->moved[rows->asked.rows[j]] = 1;
    for (size_t row = rows->n; row-- > 0;)
        if (rows->moved[row] != 0 && rows->parents[row] != PWI_NO_ROW)
            rows->moved[rows->parents[row]] = 1;
}

/* The rows that are marked, closed up. Their new numbers go where ids were: they have been
 * looked up by then. */
static void close_up(pwi_rows *rows)
{
    uint32_t *number = rows->ids, n = 0;

    for (uint32_t row = 0; row < rows->n; row++) {
        const uint32_t parent = rows->parents[row];

        if (rows->moved[row] == 0)
            continue;
        number[row] = n;
        rows->positions[n] = rows->positions[row];
        rows->n_visible[n] = rows->n_visible[row];
        rows->parents[n] = parent == PWI_NO_ROW ? parent : number[parent];
        rows->moved[n++] = row;
    }
    for (size_t j = 0; j < rows->asked.n; j++)
        rows->asked.rows[j] = number[rows->asked.rows[j]];
    rows->n = n;
}

void pwi_rows_drop(pwi_rows *rows)
{
    mark_paths(rows);
    close_up(rows);
    group_all(rows);
    group_asked(rows);
}
