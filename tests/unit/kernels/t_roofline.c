/* SPDX-License-Identifier: MIT */
/* pw_roofline_measure: what it says, what it refuses, and what it leaves when it stops. How
 * fast the machine is, is no test. */
#include <math.h>

#include <padwise/roofline.h>

#include "check.h"
#include "failing_allocator.h"
#include "kernels/roofline.h"

static pw_context *context(int32_t n_threads, pw_level max, struct failing *failing)
{
    pw_context_options options;
    pw_context *ctx;

    pw_context_options_init(&options);
    options.n_threads = n_threads;
    options.cpu_max = max;
    if (failing != NULL)
        options.allocator = failing_allocator(failing);
    assert_int_equal(pw_context_create(&ctx, &options, NULL), PW_OK);
    return ctx;
}

/* Short: a quarter of a second in all. */
static pw_roofline_options short_options(void)
{
    pw_roofline_options options;

    pw_roofline_options_init(&options);
    options.seconds = 0.001;
    options.memory_bytes = (size_t)8 << 20;
    return options;
}

static void assert_peaks(const pw_peaks *peaks, int32_t n_threads)
{
    assert_int_equal(peaks->n_threads, n_threads);
    assert_true(isfinite(peaks->f32) && peaks->f32 > 0.0);
    assert_true(isfinite(peaks->i16) && peaks->i16 > 0.0);
    assert_true(isfinite(peaks->read_cache) && peaks->read_cache > 0.0);
    assert_true(isfinite(peaks->read_memory) && peaks->read_memory > 0.0);
    assert_true(peaks->i8 >= 0.0 && peaks->bf16 >= 0.0);
}

/* A figure that is missing would make every share of it infinite. */
static void every_figure_is_there(void **state)
{
    const pw_roofline_options options = short_options();
    const pw_level levels[] = {PW_LEVEL_REF, PW_LEVEL_HIGHEST};

    (void)state;
    for (int32_t n_threads = 1; n_threads <= 2; n_threads++)
        for (size_t i = 0; i < 2; i++) {
            pw_context *ctx = context(n_threads, levels[i], NULL);
            pw_roofline roofline;

            assert_int_equal(pw_roofline_measure(&roofline, ctx, &options, NULL), PW_OK);
            assert_int_equal(roofline.level, pw_context_level(ctx));
            assert_peaks(&roofline.one, 1);
            assert_peaks(&roofline.all, n_threads);
            assert_true(roofline.memory_bytes >= roofline.cache_bytes);
            pw_context_free(ctx);
        }
}

/* ref multiplies bf16 and bytes as it multiplies everything: no peak of their own. */
static void ref_has_no_instructions(void **state)
{
    pwi_kernels ref;

    (void)state;
    pwi_kernels_select(&ref, PW_LEVEL_REF, 0);
    assert_true(pwi_spin_rate(&ref, PWI_SPIN_F32, 0.001) > 0.0);
    assert_true(pwi_spin_rate(&ref, PWI_SPIN_BF16, 0.001) == 0.0);
    assert_true(pwi_spin_rate(&ref, PWI_SPIN_I8, 0.001) == 0.0);
}

static void refuses_impossible_times(void **state)
{
    pw_context *ctx = context(1, PW_LEVEL_REF, NULL);
    const double seconds[] = {-1.0, 61.0, NAN};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        pw_roofline_options options = short_options();
        pw_roofline roofline;
        pw_error err;

        options.seconds = seconds[i];
        memset(&roofline, 1, sizeof(roofline));
        assert_int_equal(pw_roofline_measure(&roofline, ctx, &options, &err), PW_ERR_ARGUMENT);
        assert_true(roofline.one.n_threads == 0 && roofline.memory_bytes == 0);
        assert_true(strlen(err.text) > 20);
    }
    pw_context_free(ctx);
}

static void no_memory_leaves_nothing(void **state)
{
    const pw_roofline_options options = short_options();
    struct failing failing = {0};
    pw_context *ctx = context(1, PW_LEVEL_HIGHEST, &failing);
    const size_t n_before = failing.n_out;
    size_t n_failed = 0;

    (void)state;
    for (;; n_failed++) {
        pw_roofline roofline;
        pw_status status;

        failing.n_calls = 0;
        failing.fail_at = n_failed + 1;
        status = pw_roofline_measure(&roofline, ctx, &options, NULL);
        assert_int_equal(failing.n_out, n_before);
        if (status == PW_OK)
            break;
        assert_int_equal(status, PW_ERR_NO_MEMORY);
        assert_int_equal(roofline.one.n_threads, 0);
    }
    assert_true(n_failed >= 2);
    failing.fail_at = 0;
    pw_context_free(ctx);
}

/* Stops at the n-th report. */
static bool stop_after(void *user, const pw_progress *progress)
{
    size_t *n_left = user;

    assert_true(progress->done <= progress->total);
    return (*n_left)-- == 0;
}

static void cancelled_between_figures(void **state)
{
    const pw_roofline_options options = short_options();
    pw_context_options context_options;
    pw_context *ctx;
    pw_roofline roofline;
    size_t n_left = 3;

    (void)state;
    pw_context_options_init(&context_options);
    context_options.n_threads = 1;
    context_options.progress = stop_after;
    context_options.progress_user = &n_left;
    assert_int_equal(pw_context_create(&ctx, &context_options, NULL), PW_OK);
    assert_int_equal(pw_roofline_measure(&roofline, ctx, &options, NULL), PW_ERR_CANCELLED);
    assert_int_equal(roofline.one.n_threads, 0);
    pw_context_free(ctx);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_figure_is_there),     cmocka_unit_test(ref_has_no_instructions),
    cmocka_unit_test(refuses_impossible_times),  cmocka_unit_test(no_memory_leaves_nothing),
    cmocka_unit_test(cancelled_between_figures),
};

PW_TEST_MAIN(tests, NULL, NULL)
