/* SPDX-License-Identifier: MIT */
/* Tensor sets in memory, and what differs between two tensors. */
#include "format_check.h"

#include <math.h>

static const int64_t shape_2x3[] = {2, 3};

static void tensors_are_zeroed_aligned_and_found(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set = NULL;
    void *data = NULL;

    (void)state;
    assert_int_equal(pw_tensor_set_create(&set, ctx, NULL), PW_OK);
    pw_context_free(ctx); /* the set keeps it alive */
    assert_int_equal(pw_tensor_set_add(set, "a", PW_F16, 2, shape_2x3, &data, NULL), PW_OK);
    assert_int_equal((uintptr_t)data % 64, 0);
    for (int i = 0; i < 12; i++)
        assert_int_equal(((const char *)data)[i], 0);
    assert_int_equal(pw_tensor_set_add(set, "b", PW_F32, 0, NULL, &data, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_n(set), 2);
    assert_string_equal(pw_tensor_set_name(set, 1), "b");
    assert_int_equal(pw_tensor_set_tensor(set, 0)->size_bytes, 12);
    assert_ptr_equal(pw_tensor_set_find(set, "b"), pw_tensor_set_tensor(set, 1));
    assert_ptr_equal(pw_tensor_set_find(set, "b")->data, data);
    assert_null(pw_tensor_set_find(set, "c"));
    assert_null(pw_tensor_set_name(set, 2));
    assert_null(pw_tensor_set_tensor(set, 2));
    pw_tensor_set_free(set);
    pw_tensor_set_free(NULL);
}

static void bad_tensors_are_refused_and_change_nothing(void **state)
{
    static char long_name[PW_NAME_MAX + 2];
    const int64_t negative[] = {-1}, huge[] = {INT64_MAX, 4};
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set = NULL;
    void *data;
    pw_error err;

    (void)state;
    memset(long_name, 'x', PW_NAME_MAX + 1);
    assert_int_equal(pw_tensor_set_create(&set, ctx, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_add(set, "a", PW_U8, 2, shape_2x3, &data, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_add(set, "a", PW_U8, 0, NULL, &data, &err),
                     PW_ERR_DUPLICATE);
    assert_non_null(strstr(err.text, "\"a\""));
    assert_int_equal(pw_tensor_set_add(set, "", PW_U8, 0, NULL, &data, &err), PW_ERR_ARGUMENT);
    assert_int_equal(pw_tensor_set_add(set, long_name, PW_U8, 0, NULL, &data, &err),
                     PW_ERR_ARGUMENT);
    long_name[PW_NAME_MAX] = '\0';
    assert_int_equal(pw_tensor_set_add(set, long_name, PW_U8, 0, NULL, &data, &err), PW_OK);
    assert_int_equal(pw_tensor_set_add(set, "b", PW_U8, 9, shape_2x3, &data, &err),
                     PW_ERR_ARGUMENT);
    assert_int_equal(pw_tensor_set_add(set, "b", (pw_dtype)99, 0, NULL, &data, &err),
                     PW_ERR_ARGUMENT);
    assert_int_equal(pw_tensor_set_add(set, "b", PW_U8, 1, negative, &data, &err),
                     PW_ERR_ARGUMENT);
    assert_int_equal(pw_tensor_set_add(set, "b", PW_U8, 2, huge, &data, &err), PW_ERR_OVERFLOW);
    assert_int_equal(pw_tensor_set_add(set, "b", PW_F4, 1, (const int64_t[]){3}, &data, &err),
                     PW_ERR_OVERFLOW);
    assert_int_equal(pw_tensor_set_n(set), 2);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

static void metadata_is_replaced_in_its_place(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set = NULL;
    char key[] = "format";

    (void)state;
    assert_int_equal(pw_tensor_set_create(&set, ctx, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_put_metadata(set, key, "pt", NULL), PW_OK);
    key[0] = 'x'; /* keys are copied */
    assert_int_equal(pw_tensor_set_put_metadata(set, "other", "", NULL), PW_OK);
    assert_int_equal(pw_tensor_set_put_metadata(set, "format", "np", NULL), PW_OK);
    assert_int_equal(pw_tensor_set_n_metadata(set), 2);
    assert_string_equal(pw_tensor_set_metadata_key(set, 0), "format");
    assert_string_equal(pw_tensor_set_metadata_value(set, 0), "np");
    assert_string_equal(pw_tensor_set_metadata(set, "other"), "");
    assert_null(pw_tensor_set_metadata(set, "none"));
    assert_null(pw_tensor_set_metadata_key(set, 2));
    assert_null(pw_tensor_set_metadata_value(set, 2));
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

/* Enough of everything to make each array, map and arena grow. */
static pw_status fill_set(pw_context *ctx, const void *unused)
{
    pw_tensor_set *set = NULL;
    pw_status status = pw_tensor_set_create(&set, ctx, NULL);
    char name[32];
    void *data;

    (void)unused;
    for (int i = 0; i < 50 && status == PW_OK; i++) {
        snprintf(name, sizeof(name), "tensor.%d", i);
        status = pw_tensor_set_add(set, name, PW_F32, 2, shape_2x3, &data, NULL);
        if (status == PW_OK)
            status = pw_tensor_set_put_metadata(set, name, "value", NULL);
    }
    pw_tensor_set_free(set);
    return status;
}

static void filling_survives_every_failed_allocation(void **state)
{
    (void)state;
    sweep_allocations(fill_set, NULL);
}

/* Comparing. */

static pw_tensor matrix(pw_dtype dtype, void *data, int64_t n_rows, int64_t n_columns)
{
    pw_tensor tensor = {.dtype = dtype, .rank = 2, .shape = {n_rows, n_columns}, .data = data};

    tensor.size_bytes = (size_t)(n_rows * n_columns) * pw_dtype_bits(dtype) / 8;
    return tensor;
}

static pw_difference difference(const pw_tensor *a, const pw_tensor *b)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_difference result;

    assert_int_equal(pw_tensor_compare(&result, ctx, a, b, NULL), PW_OK);
    pw_context_free(ctx);
    return result;
}

static pw_difference of_rows(float *a, float *b, int64_t n_rows, int64_t n_columns)
{
    const pw_tensor x = matrix(PW_F32, a, n_rows, n_columns);
    const pw_tensor y = matrix(PW_F32, b, n_rows, n_columns);

    return difference(&x, &y);
}

static void equal_bytes_do_not_differ(void **state)
{
    float a[] = {1, 2, NAN, INFINITY};
    const pw_difference d = of_rows(a, a, 2, 2);

    (void)state;
    assert_true(d.same_shape && d.bitwise);
    assert_true(d.max_abs == 0 && d.rel_l2 == 0 && d.cos_min == 1 && d.first_row == -1);
}

static void figures_are_their_formulas(void **state)
{
    float a[] = {3, 4, 1, 0, 5, 5}, b[] = {3, 4, 0, 2, 5, 5};
    const pw_difference d = of_rows(a, b, 3, 2);

    (void)state;
    assert_true(d.same_shape && !d.bitwise);
    assert_true(d.max_abs == 2);
    assert_true(fabs(d.rel_l2 - sqrt(5.0) / sqrt(9 + 16 + 4 + 50)) < 1e-15);
    assert_true(d.cos_min == 0); /* (1,0) and (0,2) */
    assert_int_equal(d.first_row, 1);
}

static void dtypes_may_differ(void **state)
{
    float a[] = {1.0f, -2.5f};
    uint16_t half[] = {0x3C00, 0xC100};
    const pw_tensor x = matrix(PW_F32, a, 1, 2), y = matrix(PW_F16, half, 1, 2);
    const pw_difference d = difference(&x, &y);

    (void)state;
    assert_true(!d.bitwise && d.max_abs == 0 && d.rel_l2 == 0 && d.cos_min == 1);
    assert_int_equal(d.first_row, -1);
}

static void zeros_have_a_sign_but_no_difference(void **state)
{
    float a[] = {0.0f}, b[] = {-0.0f};
    const pw_difference d = of_rows(a, b, 1, 1);

    (void)state;
    assert_true(!d.bitwise && d.max_abs == 0 && d.first_row == -1 && d.cos_min == 1);
}

static void rows_of_zeros_are_equal_to_each_other_only(void **state)
{
    float zeros[] = {0, 0}, a[] = {1, 1};
    const pw_difference of_zeros = of_rows(a, zeros, 1, 2), to_zeros = of_rows(zeros, a, 1, 2);

    (void)state;
    assert_true(of_zeros.rel_l2 == INFINITY && of_zeros.cos_min == 0);
    assert_true(to_zeros.rel_l2 == 1 && to_zeros.cos_min == 0);
}

static void a_nan_in_one_is_not_hidden(void **state)
{
    float a[] = {1, NAN, 3, 4}, b[] = {1, 2, 3, 5};
    const pw_difference d = of_rows(a, b, 2, 2);

    (void)state;
    assert_true(isnan(d.max_abs) && isnan(d.rel_l2) && isnan(d.cos_min));
    assert_int_equal(d.first_row, 0);
}

static void a_nan_in_both_is_no_difference(void **state)
{
    float a[] = {1, NAN, 3, 4}, b[] = {1, NAN, 3, 5};
    const pw_difference d = of_rows(a, b, 2, 2);

    (void)state;
    assert_true(d.max_abs == 1 && d.first_row == 1);
    assert_true(fabs(d.rel_l2 - 1 / sqrt(1 + 9 + 25)) < 1e-15);
}

static void infinities_that_differ_are_infinitely_far(void **state)
{
    float a[] = {INFINITY, 1}, b[] = {1, 1}, c[] = {INFINITY, 2};

    (void)state;
    assert_true(of_rows(a, b, 1, 2).max_abs == INFINITY);
    assert_true(of_rows(a, c, 1, 2).max_abs == 1);
}

static void other_shapes_are_not_compared(void **state)
{
    float a[6] = {0};
    const pw_tensor x = matrix(PW_F32, a, 2, 3), y = matrix(PW_F32, a, 3, 2);
    pw_tensor flat = matrix(PW_F32, a, 6, 1);
    pw_difference d = difference(&x, &y);

    (void)state;
    assert_true(!d.same_shape && !d.bitwise && isnan(d.max_abs) && isnan(d.rel_l2) &&
                isnan(d.cos_min) && d.first_row == -1);
    flat.rank = 1;
    d = difference(&x, &flat);
    assert_false(d.same_shape);
}

static void no_rows_and_scalars_have_figures_too(void **state)
{
    float a[] = {2}, b[] = {3};
    pw_tensor x = matrix(PW_F32, NULL, 0, 4), y = matrix(PW_F64, NULL, 0, 4);
    pw_difference d = difference(&x, &y);

    (void)state;
    assert_true(d.max_abs == 0 && d.rel_l2 == 0 && d.cos_min == 1 && d.first_row == -1);
    x = matrix(PW_F32, a, 1, 1);
    y = matrix(PW_F32, b, 1, 1);
    x.rank = y.rank = 0;
    d = difference(&x, &y);
    assert_true(d.max_abs == 1 && d.first_row == 0 && d.cos_min == 1);
}

/* Longer rows than a block, so that sums must live across blocks. */
static void long_rows_are_one_row(void **state)
{
    static float a[2 * 5000], b[2 * 5000];

    (void)state;
    for (int i = 0; i < 10000; i++)
        a[i] = b[i] = (float)(i % 7 - 3);
    b[9999] += 0.5f;
    const pw_difference d = of_rows(a, b, 2, 5000);

    assert_int_equal(d.first_row, 1);
    assert_true(d.max_abs == 0.5 && d.cos_min < 1 && d.cos_min > 0.9999);
}

static void dtypes_without_numbers_are_compared_by_bytes(void **state)
{
    char a[] = {1, 0}, b[] = {1, 1};
    const pw_tensor x = matrix(PW_BOOL, a, 1, 2), y = matrix(PW_BOOL, b, 1, 2);
    pw_context *ctx = context_over(NULL, NULL);
    pw_difference d;
    pw_error err;

    (void)state;
    assert_int_equal(pw_tensor_compare(&d, ctx, &x, &x, &err), PW_OK);
    assert_true(d.bitwise);
    assert_int_equal(pw_tensor_compare(&d, ctx, &x, &y, &err), PW_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "BOOL"));
    pw_context_free(ctx);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(tensors_are_zeroed_aligned_and_found),
    cmocka_unit_test(bad_tensors_are_refused_and_change_nothing),
    cmocka_unit_test(metadata_is_replaced_in_its_place),
    cmocka_unit_test(filling_survives_every_failed_allocation),
    cmocka_unit_test(equal_bytes_do_not_differ),
    cmocka_unit_test(figures_are_their_formulas),
    cmocka_unit_test(dtypes_may_differ),
    cmocka_unit_test(zeros_have_a_sign_but_no_difference),
    cmocka_unit_test(rows_of_zeros_are_equal_to_each_other_only),
    cmocka_unit_test(a_nan_in_one_is_not_hidden),
    cmocka_unit_test(a_nan_in_both_is_no_difference),
    cmocka_unit_test(infinities_that_differ_are_infinitely_far),
    cmocka_unit_test(other_shapes_are_not_compared),
    cmocka_unit_test(no_rows_and_scalars_have_figures_too),
    cmocka_unit_test(long_rows_are_one_row),
    cmocka_unit_test(dtypes_without_numbers_are_compared_by_bytes),
};

PW_TEST_MAIN(tests, NULL, NULL)
