/* SPDX-License-Identifier: MIT */
/* Rows for tests of the lab: small ones whose answers are exact, roles by n_real. */
#ifndef PWI_TESTS_LAB_CHECK_H
#define PWI_TESTS_LAB_CHECK_H

#include "../check.h"
#include "../failing_allocator.h"
#include "../test_context.h"

#include <math.h>

#include "lab/lab_rows.h"

#define CHECK_ROWS_MAX 128

static inline void check_start(pw_context **ctx)
{
    *ctx = test_context();
    assert_non_null(*ctx);
}

/* Roles of a sequence with n_real rows that are no pads. */
static inline pw_rows check_rows(const float *values, size_t n_rows, size_t width,
                                 size_t n_real, pw_row_role *roles)
{
    const pw_rows rows = {values, roles, n_rows, width};

    pw_row_roles_fill(roles, n_rows, n_real);
    return rows;
}

static inline int check_setup(void **state)
{
    check_start((pw_context **)state);
    return 0;
}

static inline int check_teardown(void **state)
{
    pw_context_free(*state);
    return 0;
}

#define assert_near(a, b, epsilon)                                                             \
    do {                                                                                       \
        const double near_a = (a), near_b = (b);                                               \
                                                                                               \
        if (!(fabs(near_a - near_b) <= (epsilon)))                                             \
            fail_msg("%s = %.17g, expected %.17g", #a, near_a, near_b);                        \
    } while (0)

#endif
