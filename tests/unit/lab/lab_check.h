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

/* Measures with the n-th allocation failing, n = 1, 2, ... until none does; nothing may stay
 * out.
 *  @return how many there are. */
static inline size_t
check_allocations(pw_status (*measure)(pw_context *ctx, const void *argument),
                  const void *argument)
{
    pw_status status = PW_ERR_NO_MEMORY;
    size_t n = 0;

    while (status != PW_OK) {
        struct failing failing = {0};
        pw_context_options options;
        pw_context *ctx;
        size_t n_before;

        pw_context_options_init(&options);
        options.n_threads = 1;
        options.allocator = failing_allocator(&failing);
        assert_int_equal(pwi_context_new(&ctx, sizeof(struct pw_context), &options, NULL),
                         PW_OK);
        n_before = failing.n_out;
        failing.fail_at = failing.n_calls + ++n;
        status = measure(ctx, argument);
        if (status != PW_OK)
            assert_int_equal(status, PW_ERR_NO_MEMORY);
        assert_int_equal(failing.n_out, n_before);
        failing.fail_at = 0;
        pw_context_free(ctx);
        assert_int_equal(failing.n_out, 0);
    }
    return n;
}

#define assert_near(a, b, epsilon)                                                             \
    do {                                                                                       \
        const double near_a = (a), near_b = (b);                                               \
                                                                                               \
        if (!(fabs(near_a - near_b) <= (epsilon)))                                             \
            fail_msg("%s = %.17g, expected %.17g", #a, near_a, near_b);                        \
    } while (0)

#endif
