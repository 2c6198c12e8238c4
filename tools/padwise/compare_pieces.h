/* SPDX-License-Identifier: MIT */
/* Readings of one prompt side by side: which of its bytes are encoded, and with what weight. */
#ifndef TOOL_COMPARE_PIECES_H
#define TOOL_COMPARE_PIECES_H

#include "reading.h"

/* Neighbouring bytes of the prompt that one reading encodes with one weight. */
struct weighted_run {
    size_t begin, end;
    double weight;
    bool varies; /* from condition to condition */
};

struct weighted_runs {
    struct weighted_run *items;
    size_t n;
};

/* The runs of a reading, in order, in the pool. A piece's weight is that of its tokens, where
 * it has any: dialects round weights and scale them. False when there is no memory. */
bool weighted_runs_of(struct weighted_runs *runs, struct pool *pool,
                      const struct reading *reading, size_t prompt_size);

/* The prompt cut where any of the readings changes. */
struct sweep {
    const struct weighted_runs *const *runs; /* [n] */
    size_t n, at;
    size_t *i_run;                        /* [n] */
    const struct weighted_run **covering; /* [n], of the piece; NULL: not encoded there */
};

bool sweep_start(struct sweep *sweep, struct pool *pool,
                 const struct weighted_runs *const *runs, size_t n);

/* The next piece that any of them encodes; false after the last. */
bool sweep_next(struct sweep *sweep, size_t *begin, size_t *end);

/* Numbers that were too large give NaN, which is the same everywhere. */
bool is_same_weight(double a, double b);

/* Whether two readings give the same conditions and the same chunks: ids, weights, masks. */
bool is_same_reading(const struct reading *a, const struct reading *b);

#endif
