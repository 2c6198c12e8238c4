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

/* From dot products; NaN where one of the vectors is all zeros. */
double pwi_cosine(double ab, double aa, double bb);

#endif
