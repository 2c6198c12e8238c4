/* SPDX-License-Identifier: MIT */
/* What the measures share: rows, dot products, cosines. */
#ifndef PWI_LAB_LAB_ROWS_H
#define PWI_LAB_LAB_ROWS_H

#ifndef PADWISE_EXPERIMENTAL
#define PADWISE_EXPERIMENTAL
#endif
#include <padwise/lab.h>

/* pw_rows_check without its look at every value. */
pw_status pwi_rows_check_size(const pw_rows *rows, pw_error *err);

/* Inputs that can be compared: not too many, each of a measurable size, all of one width. */
pw_status pwi_inputs_check(const pw_rows *inputs, size_t n_inputs, pw_error *err);

/* The first row of a role, or NULL. */
const float *pwi_rows_first(const pw_rows *rows, pw_row_role role);

double pwi_dot_f32(const float *a, const float *b, size_t width);
double pwi_dot_f64(const double *a, const double *b, size_t width);

/* Fewer items than this give no interval: of two prompts there is one pair, and every draw that
 * has a pair at all has the same. */
#define PWI_ESTIMATE_ITEMS_MIN 3

/* The 95 % interval of draws, which are sorted; not written where there are none. */
void pwi_interval(double *low, double *high, double *draws, size_t n_draws);

/* From dot products; NaN where one of the vectors is all zeros. */
double pwi_cosine(double ab, double aa, double bb);

#endif
