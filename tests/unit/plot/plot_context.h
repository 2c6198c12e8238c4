/* SPDX-License-Identifier: MIT */
/* The context of a program's tests of this room: one for all, so that a test of many figures
 * does not make one each. */
#ifndef PWI_TESTS_PLOT_CONTEXT_H
#define PWI_TESTS_PLOT_CONTEXT_H

#include "test_context.h"

static pw_context *ctx;

static inline int open_context(void **state)
{
    (void)state;
    ctx = test_context();
    return ctx == NULL;
}

static inline int close_context(void **state)
{
    (void)state;
    pw_context_free(ctx);
    return 0;
}

#endif
