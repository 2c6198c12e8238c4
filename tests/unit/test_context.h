/* SPDX-License-Identifier: MIT */
/* A context for tests of rooms below kernels/: one thread, no kernel table. */
#ifndef PWI_TESTS_TEST_CONTEXT_H
#define PWI_TESTS_TEST_CONTEXT_H

#include "base/context.h"

static inline pw_context *test_context(void)
{
    pw_context_options options;
    pw_context *ctx = NULL;

    pw_context_options_init(&options);
    options.n_threads = 1;
    if (pwi_context_new(&ctx, sizeof(struct pw_context), &options, NULL) != PW_OK)
        return NULL;
    return ctx;
}

#endif
