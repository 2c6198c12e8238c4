/* SPDX-License-Identifier: MIT */
/* Unit tests: cmocka with the house's manners. A program lists its tests and calls
 * PW_TEST_MAIN; it takes --list, --filter PATTERN, and ends with "N passed, N failed, N
 * skipped". */
#ifndef PWI_TESTS_CHECK_H
#define PWI_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static size_t check_n_skipped;

/* Leave the test, saying why. */
#define PW_SKIP(reason)                                                                        \
    do {                                                                                       \
        print_message("skipped: %s\n", (reason));                                              \
        check_n_skipped++;                                                                     \
        skip();                                                                                \
    } while (0)

static int check_main(int argc, char **argv, const struct CMUnitTest *tests, size_t n_tests,
                      CMFixtureFunction setup, CMFixtureFunction teardown)
{
    size_t n_run = 0;
    int failed;
    const char *filter = NULL;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--list") == 0) {
            for (size_t t = 0; t < n_tests; t++)
                puts(tests[t].name);
            return 0;
        }
        if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc)
            filter = argv[++i];
    }
    for (size_t t = 0; t < n_tests; t++)
        n_run += filter == NULL || strcmp(filter, tests[t].name) == 0;
    if (filter != NULL)
        cmocka_set_test_filter(filter);
    failed = _cmocka_run_group_tests(argv[0], tests, n_tests, setup, teardown);
    printf("%zu passed, %d failed, %zu skipped\n", n_run - (size_t)failed - check_n_skipped,
           failed, check_n_skipped);
    return failed == 0 ? 0 : 1;
}

#define PW_TEST_MAIN(tests, setup, teardown)                                                   \
    int main(int argc, char **argv)                                                            \
    {                                                                                          \
        return check_main(argc, argv, tests, sizeof(tests) / sizeof(*(tests)), setup,          \
                          teardown);                                                           \
    }

#endif
