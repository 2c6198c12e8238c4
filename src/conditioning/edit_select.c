/* SPDX-License-Identifier: MIT */
/* Which rows of a sequence a statement means. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "conditioning/edit.h"

static const char *const set_names[] = {"all", "bos", "eos", "words", "pads"};

const char *pw_row_role_name(pw_row_role role)
{
    static const char *const names[] = {"unknown", "bos", "word", "eos", "pad"};

    return (unsigned)role < PW_N_ROW_ROLES ? names[role] : "?";
}

void pw_row_roles_fill(pw_row_role *roles, size_t n_rows, size_t n_real)
{
    for (size_t i = 0; i < n_rows; i++) {
        if (n_real == 0)
            roles[i] = PW_ROW_UNKNOWN;
        else if (i >= n_real)
            roles[i] = PW_ROW_PAD;
        else if (i + 1 == n_real)
            roles[i] = PW_ROW_EOS;
        else
            roles[i] = i == 0 ? PW_ROW_BOS : PW_ROW_WORD;
    }
}

static bool is_role_known(const pw_row_role *roles, size_t n_rows)
{
    for (size_t i = 0; roles != NULL && i < n_rows; i++)
        if (roles[i] != PW_ROW_UNKNOWN)
            return true;
    return false;
}

static pw_status select_range(const pw_edit_rows *rows, size_t n_rows, uint8_t *selected,
                              pw_error *err)
{
    if (rows->last >= n_rows)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "edit: row %zu is not there: the sequence has rows 0..%zu", rows->last,
                        n_rows - 1);
    memset(selected + rows->first, 1, rows->last - rows->first + 1);
    return PW_OK;
}

/* The whole set; *n is how many rows it has. */
static pw_status select_set(pw_edit_rows_kind kind, const pw_row_role *roles, size_t n_rows,
                            uint8_t *selected, size_t *n, pw_error *err)
{
    static const pw_row_role role_of[] = {[PW_EDIT_ROWS_ALL] = PW_ROW_UNKNOWN,
                                          [PW_EDIT_ROWS_BOS] = PW_ROW_BOS,
                                          [PW_EDIT_ROWS_EOS] = PW_ROW_EOS,
                                          [PW_EDIT_ROWS_WORDS] = PW_ROW_WORD,
                                          [PW_EDIT_ROWS_PADS] = PW_ROW_PAD};

    *n = 0;
    if (kind != PW_EDIT_ROWS_ALL && !is_role_known(roles, n_rows))
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "edit: it speaks of %s, and where the pads of this sequence begin is "
                        "not known: say how many rows are no pads (--n-real N), or name rows "
                        "by number",
                        set_names[kind]);
    for (size_t i = 0; i < n_rows; i++) {
        selected[i] = kind == PW_EDIT_ROWS_ALL || roles[i] == role_of[kind];
        *n += selected[i];
    }
    if (*n == 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "edit: of the sequence's %zu rows none are %s",
                        n_rows, set_names[kind]);
    return PW_OK;
}

static pw_status keep_n(const pw_edit_rows *rows, size_t n_rows, uint8_t *selected, size_t n,
                        pw_error *err)
{
    const size_t skipped = rows->part == PW_EDIT_LAST ? n - rows->n : 0;
    size_t i_set = 0;

    if (rows->n > n)
        return PWI_FAIL(
            err, PW_ERR_ARGUMENT, "edit: %s %zu of %s: the sequence has only %zu of them",
            rows->part == PW_EDIT_FIRST ? "first" : "last", rows->n, set_names[rows->kind], n);
    for (size_t i = 0; i < n_rows; i++) {
        if (!selected[i])
            continue;
        selected[i] = i_set >= skipped && i_set < skipped + rows->n;
        i_set++;
    }
    return PW_OK;
}

/* A chunk: from `begin` to the row before the next bos, and its eos (n_rows: it has none). */
struct chunk {
    size_t begin, end, eos;
};

static struct chunk chunk_at(const pw_row_role *roles, size_t n_rows, size_t begin)
{
    struct chunk chunk = {begin, begin, n_rows};

    while (chunk.end < n_rows && (chunk.end == begin || roles[chunk.end] != PW_ROW_BOS)) {
        if (roles[chunk.end] == PW_ROW_EOS && chunk.eos == n_rows)
            chunk.eos = chunk.end;
        chunk.end++;
    }
    return chunk;
}

static size_t eos_distance(const struct chunk *chunk, size_t n_rows, size_t i)
{
    if (chunk->eos == n_rows)
        return n_rows;
    return i > chunk->eos ? i - chunk->eos : chunk->eos - i;
}

static size_t n_within(const pw_row_role *roles, size_t n_rows, const uint8_t *selected,
                       size_t distance)
{
    size_t n = 0;

    for (struct chunk chunk = {0}; chunk.end < n_rows;) {
        chunk = chunk_at(roles, n_rows, chunk.end);
        for (size_t i = chunk.begin; i < chunk.end; i++)
            n += selected[i] && eos_distance(&chunk, n_rows, i) <= distance;
    }
    return n;
}

/* The least distance that at least n of the rows are within. */
static size_t distance_of(const pw_row_role *roles, size_t n_rows, const uint8_t *selected,
                          size_t n)
{
    size_t low = 0, high = n_rows;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (n_within(roles, n_rows, selected, middle) >= n)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Rows of each chunk are near its own eos; of two that are equally far the first is kept. */
static pw_status keep_nearest(const pw_edit_rows *rows, const pw_row_role *roles, size_t n_rows,
                              uint8_t *selected, size_t n, pw_error *err)
{
    const size_t n_kept = (size_t)floor(rows->percent * (double)n / 100.0);
    size_t limit, n_at_limit;

    if (!is_role_known(roles, n_rows))
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "edit: it speaks of eos, and which row that is is not known: say how "
                        "many rows are no pads (--n-real N)");
    limit = distance_of(roles, n_rows, selected, n_kept);
    n_at_limit = n_kept - (limit == 0 ? 0 : n_within(roles, n_rows, selected, limit - 1));
    for (struct chunk chunk = {0}; chunk.end < n_rows;) {
        chunk = chunk_at(roles, n_rows, chunk.end);
        for (size_t i = chunk.begin; i < chunk.end; i++) {
            const size_t distance = eos_distance(&chunk, n_rows, i);

            if (selected[i] && distance == limit && n_at_limit > 0)
                n_at_limit--;
            else if (distance >= limit)
                selected[i] = 0;
        }
    }
    return PW_OK;
}

pw_status pw_edit_select(const pw_edit_rows *rows, const pw_row_role *roles, size_t n_rows,
                         uint8_t *selected, pw_error *err)
{
    size_t n = 0;

    memset(selected, 0, n_rows);
    if (n_rows == 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "edit: the sequence has no rows");
    if (rows->kind == PW_EDIT_ROWS_RANGE)
        return select_range(rows, n_rows, selected, err);
    PWI_TRY(select_set(rows->kind, roles, n_rows, selected, &n, err));
    if (rows->part == PW_EDIT_WHOLE)
        return PW_OK;
    if (rows->part == PW_EDIT_NEAREST)
        return keep_nearest(rows, roles, n_rows, selected, n, err);
    return keep_n(rows, n_rows, selected, n, err);
}
