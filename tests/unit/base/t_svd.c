/* SPDX-License-Identifier: MIT */
/* Singular values: known ones, products that give the matrix back, hard cases, and
 * being stopped. */
#include "../check.h"

#include <math.h>

#include "base/rng.h"
#include "base/svd.h"

#define N_MAX     40
#define WIDTH_MAX 60

static void assert_near(double a, double b, double epsilon)
{
    if (!(fabs(a - b) <= epsilon))
        fail_msg("%.17g, expected %.17g", a, b);
}

/* The product of what came out is what went in; vectors are orthogonal and of length 1. */
static void check(const double *matrix, size_t n, size_t width, double *sigma)
{
    static double rows[N_MAX * WIDTH_MAX], left[N_MAX * N_MAX];
    double size = 0.0;

    memcpy(rows, matrix, n * width * sizeof(*rows));
    for (size_t i = 0; i < n * width; i++)
        size += matrix[i] * matrix[i];
    size = sqrt(size);
    assert_int_equal(pwi_svd(rows, left, sigma, n, width, NULL, "test", NULL), PW_OK);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < width; k++) {
            double sum = 0.0;

            for (size_t j = 0; j < n; j++)
                sum += left[j * n + i] * rows[j * width + k];
            assert_near(sum, matrix[i * width + k], 4e-14 * size);
        }
        for (size_t j = 0; j < n; j++) {
            double product = 0.0, of_rows = 0.0;

            for (size_t k = 0; k < n; k++)
                product += left[i * n + k] * left[j * n + k];
            for (size_t k = 0; k < width; k++)
                of_rows += rows[i * width + k] * rows[j * width + k];
            assert_near(product, i == j, 4e-14);
            assert_near(of_rows, i == j ? sigma[i] * sigma[i] : 0.0, 4e-14 * size * size);
        }
        if (i > 0)
            assert_true(sigma[i] <= sigma[i - 1]);
    }
}

static void known_values_come_out(void **state)
{
    /* [[3, 0], [4, 5]]: 3 sqrt 5 and sqrt 5. */
    static const double two[] = {3, 0, 4, 5}, diagonal[] = {2, 0, 0, 0, -7, 0};
    double sigma[2];

    (void)state;
    check(two, 2, 2, sigma);
    assert_near(sigma[0], 3 * sqrt(5.0), 1e-15 * 8);
    assert_near(sigma[1], sqrt(5.0), 1e-15 * 8);
    check(diagonal, 2, 3, sigma);
    assert_near(sigma[0], 7.0, 0);
    assert_near(sigma[1], 2.0, 0);
}

static void random_matrices_come_back(void **state)
{
    static const size_t sizes[][2] = {{1, 1}, {1, 9}, {7, 7}, {12, 60}, {40, 60}, {40, 5}};
    static double matrix[N_MAX * WIDTH_MAX];
    double sigma[N_MAX];

    (void)state;
    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
        const size_t n = sizes[s][0], width = sizes[s][1];

        for (size_t i = 0; i < n * width; i++)
            matrix[i] = pwi_random_normal(s, i);
        check(matrix, n, width, sigma);
        for (size_t k = width; k < n; k++)
            assert_near(sigma[k], 0.0, 1e-14 * sigma[0]);
    }
}

/* Rows that are nearly copies of each other, as pads are. */
static void near_copies_converge(void **state)
{
    static double matrix[N_MAX * WIDTH_MAX];
    double sigma[N_MAX];

    (void)state;
    for (size_t i = 0; i < N_MAX; i++)
        for (size_t k = 0; k < WIDTH_MAX; k++)
            matrix[i * WIDTH_MAX + k] =
                pwi_random_normal(1, k) + 1e-13 * (double)pwi_random_normal(2, i * 60 + k);
    check(matrix, N_MAX, WIDTH_MAX, sigma);
    assert_true(sigma[1] < 1e-11 * sigma[0]);
    memset(matrix, 0, sizeof(matrix));
    check(matrix, 4, 4, sigma);
    assert_near(sigma[0], 0.0, 0);
}

/* Small values keep their digits beside great ones: through the squares of a product with the
 * transpose, the second one would have none left. */
static void scales_far_apart_keep_their_digits(void **state)
{
    double rows[] = {1e5, 0, 0, 1, 1e-5, 1e-5}, sigma[2];

    (void)state;
    assert_int_equal(pwi_svd(rows, NULL, sigma, 2, 3, NULL, "test", NULL), PW_OK);
    /* Their product is the area that the rows span. */
    assert_near(sigma[0] * sigma[1], sqrt(2.0), 1e-10);
    assert_near(sigma[0], sqrt(1e10 + 1.0), 1e-10);
}

/* The product of two squared lengths is beyond f64 here, and the rotation must still be found.
 */
static void lengths_whose_squares_multiply_to_nothing_or_infinity(void **state)
{
    static const double scales[] = {1e-100, 1e100};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        double rows[] = {3 * scales[i], 0, 4 * scales[i], 5 * scales[i]}, sigma[2];

        assert_int_equal(pwi_svd(rows, NULL, sigma, 2, 2, NULL, "test", NULL), PW_OK);
        assert_near(sigma[0] / scales[i], 3 * sqrt(5.0), 1e-14);
        assert_near(sigma[1] / scales[i], sqrt(5.0), 1e-14);
    }
}

static void what_is_not_finite_is_refused(void **state)
{
    static const double bad[] = {NAN, INFINITY, 1e200};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        double rows[] = {1, 2, 3, bad[i]}, sigma[2];
        pw_error err;

        assert_int_equal(pwi_svd(rows, NULL, sigma, 2, 2, NULL, "damping", &err),
                         PW_ERR_ARGUMENT);
        assert_non_null(strstr(err.text, "damping: "));
    }
}

static bool stop_at_second_row(void *user, const pw_progress *progress)
{
    assert_string_equal(progress->stage, "counting");
    return progress->done == 1 && ++*(int *)user == 1;
}

static void a_caller_can_stop_it(void **state)
{
    int n_stops = 0;
    pw_context_options options;
    pw_context *ctx;
    double rows[3 * 4], sigma[3];

    (void)state;
    pw_context_options_init(&options);
    options.n_threads = 1;
    options.progress = stop_at_second_row;
    options.progress_user = &n_stops;
    assert_int_equal(pwi_context_new(&ctx, sizeof(*ctx), &options, NULL), PW_OK);
    for (size_t i = 0; i < 12; i++)
        rows[i] = pwi_random_normal(1, i);
    assert_int_equal(pwi_svd(rows, NULL, sigma, 3, 4, ctx, "counting", NULL), PW_ERR_CANCELLED);
    assert_int_equal(n_stops, 1);
    pw_context_free(ctx);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(known_values_come_out),
    cmocka_unit_test(random_matrices_come_back),
    cmocka_unit_test(near_copies_converge),
    cmocka_unit_test(scales_far_apart_keep_their_digits),
    cmocka_unit_test(lengths_whose_squares_multiply_to_nothing_or_infinity),
    cmocka_unit_test(what_is_not_finite_is_refused),
    cmocka_unit_test(a_caller_can_stop_it),
};

PW_TEST_MAIN(tests, NULL, NULL)
