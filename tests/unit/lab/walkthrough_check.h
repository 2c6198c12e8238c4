/* SPDX-License-Identifier: MIT */
/* What the tests of the walkthrough share: a context, and files in a folder of their own. */
#ifndef PWI_TESTS_WALKTHROUGH_CHECK_H
#define PWI_TESTS_WALKTHROUGH_CHECK_H

#include "check.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define PADWISE_EXPERIMENTAL
#include <padwise/padwise.h>
#include <padwise/walkthrough.h>

static pw_context *walkthrough_context(const pw_allocator *allocator)
{
    pw_context_options options;
    pw_context *ctx = NULL;

    pw_context_options_init(&options);
    options.n_threads = 1;
    if (allocator != NULL)
        options.allocator = *allocator;
    return pw_context_create(&ctx, &options, NULL) == PW_OK ? ctx : NULL;
}

static inline int walkthrough_setup(void **state)
{
    *state = walkthrough_context(NULL);
    return *state == NULL;
}

static inline int walkthrough_teardown(void **state)
{
    pw_context_free(*state);
    return 0;
}

#endif
