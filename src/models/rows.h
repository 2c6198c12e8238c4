/* SPDX-License-Identifier: MIT */
/* The rows of a batch that are computed in one piece, and who sees whom. Row r is one token of
 * one sequence; rows of a sequence are consecutive. */
#ifndef PWI_MODELS_ROWS_H
#define PWI_MODELS_ROWS_H

#include "base/alloc.h"
#include "base/error.h"

typedef struct pwi_rows {
    size_t n_rows, n_sequences, n_tokens;
    const int32_t *ids;  /* [n_rows], the caller's */
    uint32_t *numbers;   /* [n_rows_max] 0, 1, 2 ...: a sequence's queries are a slice of it */
    uint32_t *keys;      /* [n_rows_max] from a sequence's first row on: the rows that its mask
                            leaves visible, in order */
    uint32_t *n_visible; /* [n_rows_max] how many of its sequence's keys stand at or before the
                            row; 0: it sees itself */
} pwi_rows;

pw_status pwi_rows_create(pwi_rows *rows, const pw_allocator *allocator, size_t n_rows_max,
                          pw_error *err);
void pwi_rows_free(pwi_rows *rows, const pw_allocator *allocator, size_t n_rows_max);

/* The rows of n_sequences sequences of n_tokens ids; mask [n_sequences, n_tokens] or NULL:
 * every key visible. */
void pwi_rows_fill(pwi_rows *rows, const int32_t *ids, const uint8_t *mask, size_t n_sequences,
                   size_t n_tokens);

#endif
