/* SPDX-License-Identifier: MIT */
/* Edits between the files that parse, resolve, compute and write them down. */
#ifndef PWI_CONDITIONING_EDIT_H
#define PWI_CONDITIONING_EDIT_H

#include <padwise/edit.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/context.h"

struct pw_edits {
    pw_context *ctx;
    pwi_arena arena; /* texts of sources */
    pw_edit *items;
    size_t n, capacity;
    pwi_buf text; /* all statements in one spelling */
};

/* Append a statement as text. */
void pwi_edit_put(pwi_buf *out, const pw_edit *edit);

/* The shortest decimal of a double, whole numbers without a point. */
void pwi_edit_put_number(pwi_buf *out, double value);

/* numpy's legacy generator: MT19937 and the polar Gaussian over it, as numpy.random.seed and
 * numpy.random.normal use them. */
#define PWI_MT19937_STATE 624

typedef struct pwi_numpy_random {
    uint32_t state[PWI_MT19937_STATE];
    size_t i_next;
    double kept; /* the second of a pair */
    bool has_kept;
} pwi_numpy_random;

void pwi_numpy_seed(pwi_numpy_random *random, uint32_t seed);
double pwi_numpy_normal(pwi_numpy_random *random, double sigma);

/* Each singular value s of rows[n_rows, dim] times exp(-s), in place. PW_ERR_NO_MEMORY,
 * PW_ERR_LIMIT (PW_EDIT_DAMP_MAX), PW_ERR_ARGUMENT (not finite). */
pw_status pwi_damp(pw_context *ctx, double *rows, size_t n_rows, size_t dim, pw_error *err);

#endif
