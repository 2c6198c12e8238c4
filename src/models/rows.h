/* SPDX-License-Identifier: MIT */
/* The rows that are computed in one piece: the nodes of a trie of equal prefixes. A row is one
 * token on its path from the root, in depth-first order, so that it stands behind its parent;
 * what a row becomes depends on its path alone. */
#ifndef PWI_MODELS_ROWS_H
#define PWI_MODELS_ROWS_H

#include "base/alloc.h"
#include "base/error.h"

#define PWI_NO_ROW UINT32_MAX

/* Rows that are queries of attention. Query j's group is its neighbours on one path: what one
 * of them sees, the ones behind it in the group see too. */
typedef struct pwi_queries {
    size_t n, n_groups;
    uint32_t *rows;      /* [n] ascending */
    uint32_t *n_visible; /* [n] of its row */
    uint32_t *groups;    /* [n_groups + 1] a group's first query; at the end n */
    uint64_t *costs;     /* [n + 1] what the queries before it cost, in keys of one head */
    uint64_t n_pairs;    /* of a query and a key that it sees */
} pwi_queries;

typedef struct pwi_rows {
    size_t n, capacity, n_positions;
    uint32_t *ids;       /* [n] */
    uint32_t *positions; /* [n] in its sequence */
    uint32_t *parents;   /* [n] the row before it on its path; PWI_NO_ROW: none */
    uint32_t *n_visible; /* [n] keys on its path, itself included, that its mask leaves visible;
                            0: it sees itself */
    uint32_t *path;      /* [n_positions] of the sequence that was added last */
    uint32_t *numbers;   /* [capacity] 0, 1, 2 ... */
    uint32_t *moved; /* [capacity] scratch; after pwi_rows_drop: [n] each row's number before */
    uint32_t *places;  /* [capacity] of a row in asked.rows; PWI_NO_ROW: not asked for */
    pwi_queries all;   /* every row */
    pwi_queries asked; /* those of pwi_rows_ask */
} pwi_rows;

pw_status pwi_rows_create(pwi_rows *rows, const pw_allocator *allocator, size_t capacity,
                          size_t n_positions, pw_error *err);
void pwi_rows_free(pwi_rows *rows, const pw_allocator *allocator);

/* Begin a trie: no rows. */
void pwi_rows_clear(pwi_rows *rows);

/* The next sequence in lexicographic order, of which the first n_shared tokens are the last
 * one's: rows for the others. mask NULL: all 1. rows->path is its path then. */
void pwi_rows_add(pwi_rows *rows, const int32_t *ids, const uint8_t *mask, size_t n_shared,
                  size_t length);

/* Ask for a row; twice is once. */
void pwi_rows_ask(pwi_rows *rows, uint32_t row);

/* All sequences are there: make `all`, `asked` and `places`. */
void pwi_rows_finish(pwi_rows *rows);

/* Keep only the rows on the paths of those asked for. `places` still speaks of the numbers
 * before. */
void pwi_rows_drop(pwi_rows *rows);

/* Row's key on its path, as a query counts them; false: it is hidden. */
static inline bool pwi_row_is_key(const pwi_rows *rows, uint32_t row)
{
    const uint32_t parent = rows->parents[row];

    return rows->n_visible[row] > (parent == PWI_NO_ROW ? 0 : rows->n_visible[parent]);
}

#endif
