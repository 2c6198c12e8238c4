/* SPDX-License-Identifier: MIT */
/* The kernel table: complete at every level, capped as asked, and another one for another
 * context. What the kernels compute is checkkern's matter. */
#include "check.h"
#include "kernels/kernels.h"

static void no_slot_is_empty_at_any_level(void **state)
{
    (void)state;
    for (int32_t level = 0; level <= PW_LEVEL_HIGHEST; level++) {
        pwi_kernels kernels;

        memset(&kernels, 0, sizeof(kernels));
        pwi_kernels_select(&kernels, (pw_level)level, PWI_CPU_ALL);
#define PW_KERNEL(name, ret, args, tolerance) assert_true(kernels.name != NULL);
#include "kernels/kernels.def"
#undef PW_KERNEL
        for (int i = 0; i < PW_N_PRECISIONS; i++) {
            const pwi_product *product = &kernels.products[i];

            assert_true(product->gemm != NULL && product->panel_bytes != NULL);
            assert_true(product->nr > 0 && product->nr % 8 == 0 && product->nr <= PWI_NR_MAX);
            assert_true(product->mr > 0 && product->k_unit % product->k_group == 0);
            assert_true((product->prepare == NULL) == (product->input_bytes == NULL));
            assert_true((int)product->precision <= i);
        }
    }
}

typedef void gemm_fn(const pwi_gemm_args *args);

static gemm_fn *highest(const pwi_kernels *kernels)
{
    return kernels->products[PW_PRECISION_HIGHEST].gemm;
}

/* A level without kernels of its own runs the next lower one's. */
static void unbuilt_levels_fall_back(void **state)
{
    pwi_kernels lower, kernels;

    (void)state;
    assert_true(pw_level_built(PW_LEVEL_REF));
    pwi_kernels_select(&lower, PW_LEVEL_REF, PWI_CPU_ALL);
    for (int32_t level = 1; level <= PW_LEVEL_HIGHEST; level++) {
        pwi_kernels_select(&kernels, (pw_level)level, PWI_CPU_ALL);
        if (!pw_level_built((pw_level)level) || !pw_level_available((pw_level)level))
            assert_true(highest(&kernels) == highest(&lower));
        else
            assert_true(highest(&kernels) != highest(&lower));
        lower = kernels;
    }
}

static const pwi_kernels *kernels_of(pw_context **ctx, pw_level max)
{
    pw_context_options options;

    pw_context_options_init(&options);
    options.cpu_max = max;
    options.n_threads = 1;
    assert_int_equal(pw_context_create(ctx, &options, NULL), PW_OK);
    return pwi_context_kernels(*ctx);
}

/* Tables live in their contexts: one at ref does not slow down another. */
static void contexts_do_not_share_a_table(void **state)
{
    pw_context *at_ref, *at_best;
    pwi_kernels ref, best;

    (void)state;
    pwi_kernels_select(&ref, PW_LEVEL_REF, PWI_CPU_ALL);
    pwi_kernels_select(&best, PW_LEVEL_HIGHEST, PWI_CPU_ALL);
    assert_true(highest(kernels_of(&at_ref, PW_LEVEL_REF)) == highest(&ref));
    assert_true(highest(kernels_of(&at_best, PW_LEVEL_HIGHEST)) == highest(&best));
    assert_true(highest(pwi_context_kernels(at_ref)) == highest(&ref));
    pw_context_free(at_ref);
    pw_context_free(at_best);
}

static void names_follow_the_list(void **state)
{
    size_t i = 0;

    (void)state;
#define PW_KERNEL(name, ret, args, tolerance)                                                  \
    assert_true(i < pwi_n_kernels);                                                            \
    assert_string_equal(pwi_kernel_names[i++], #name);
#include "kernels/kernels.def"
#undef PW_KERNEL
    assert_int_equal(i, pwi_n_kernels);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(no_slot_is_empty_at_any_level),
    cmocka_unit_test(unbuilt_levels_fall_back),
    cmocka_unit_test(contexts_do_not_share_a_table),
    cmocka_unit_test(names_follow_the_list),
};

PW_TEST_MAIN(tests, NULL, NULL)
