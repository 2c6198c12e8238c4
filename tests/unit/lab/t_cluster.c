/* SPDX-License-Identifier: MIT */
/* k-means on points whose best partition is known, and how partitions agree. The expected
 * numbers are scikit-learn 1.9.1's: adjusted_rand_score, normalized_mutual_info_score, and the
 * least inertia of 400 runs of KMeans(n_init=1, tol=0), on the inputs that stand here. */
#include "lab_check.h"

#include <padwise/scan.h>

#include "base/error.h"
#include "base/rng.h"

#define N_POINTS 30

/* Scattered by a formula, so that the reference can make the same. */
static void fill_points(double *points)
{
    for (size_t i = 0; i < N_POINTS; i++) {
        points[2 * i] = (double)((i * 37 + 11) % 101);
        points[2 * i + 1] = (double)((i * i * 13 + 5 * i) % 97);
    }
}

/* Points without groups: of five and more parts no start need come to the very best. */
static void the_best_partition_is_found(void **state)
{
    static const struct {
        size_t n_clusters;
        double inertia, slack;
    } cases[] = {{2, 31667.083333333332, 1e-14},
                 {3, 16456.964646464643, 1e-14},
                 {5, 8940.0, 0.01},
                 {8, 3516.166666666667, 0.05}};

    double points[2 * N_POINTS];
    size_t labels[N_POINTS];
    pw_kmeans found;

    fill_points(points);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(pw_vectors_kmeans(labels, &found, *state, points, N_POINTS, 2,
                                           cases[i].n_clusters, 0, NULL),
                         PW_OK);
        assert_near(found.inertia, cases[i].inertia, cases[i].slack * cases[i].inertia);
        assert_int_equal(found.n_clusters, cases[i].n_clusters);
        assert_true(found.is_settled);
    }
}

/* scikit-learn's labels of the best partition into three, renamed by first items. */
static void labels_are_the_partition_in_order_of_first_items(void **state)
{
    static const size_t expected[N_POINTS] = {0, 0, 1, 0, 1, 1, 0, 2, 2, 0, 2, 2, 2, 1, 2,
                                              2, 1, 2, 1, 0, 2, 1, 0, 0, 1, 0, 2, 0, 2, 1};
    double points[2 * N_POINTS];
    size_t labels[N_POINTS];
    pw_kmeans found;

    fill_points(points);
    for (uint64_t seed = 0; seed < 5; seed++) {
        assert_int_equal(
            pw_vectors_kmeans(labels, &found, *state, points, N_POINTS, 2, 3, seed, NULL),
            PW_OK);
        for (size_t i = 0; i < N_POINTS; i++)
            assert_int_equal(labels[i], expected[i]);
    }
}

/* Fewer different points than clusters: the rest stays empty, and nothing is divided by 0. */
static void equal_points_leave_clusters_empty(void **state)
{
    static const double points[] = {1, 5, 1, 9, 5, 1, 9};
    static const size_t expected[] = {0, 1, 0, 2, 1, 0, 2};
    size_t labels[7];
    pw_kmeans found;

    assert_int_equal(pw_vectors_kmeans(labels, &found, *state, points, 7, 1, 5, 0, NULL),
                     PW_OK);
    assert_int_equal(found.n_clusters, 3);
    assert_near(found.inertia, 0.0, 0);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(labels[i], expected[i]);
}

/* Whatever the points, each cluster that is asked for has an item, and moving the centres to
 * the means and the items to the nearest centre changes nothing. */
static void clusters_are_where_lloyd_ends(void **state)
{
    enum {
        N = 14,
        WIDTH = 3,
        K = 6
    };

    for (uint64_t trial = 0; trial < 200; trial++) {
        double points[N * WIDTH], centres[K * WIDTH] = {0}, inertia = 0.0;
        size_t labels[N], counts[K] = {0};
        pw_kmeans found;

        for (size_t i = 0; i < N * WIDTH; i++)
            points[i] = pwi_random_normal(trial, i);
        assert_int_equal(
            pw_vectors_kmeans(labels, &found, *state, points, N, WIDTH, K, trial, NULL), PW_OK);
        assert_int_equal(found.n_clusters, K);
        for (size_t i = 0; i < N; i++) {
            counts[labels[i]]++;
            for (size_t k = 0; k < WIDTH; k++)
                centres[labels[i] * WIDTH + k] += points[i * WIDTH + k];
        }
        for (size_t i = 0; i < N; i++) {
            double distance[K] = {0};

            for (size_t c = 0; c < K; c++)
                for (size_t k = 0; k < WIDTH; k++) {
                    const double d =
                        points[i * WIDTH + k] - centres[c * WIDTH + k] / (double)counts[c];

                    distance[c] += d * d;
                }
            for (size_t c = 0; c < K; c++)
                assert_true(distance[labels[i]] <= distance[c] * (1 + 1e-12));
            inertia += distance[labels[i]];
        }
        assert_near(found.inertia, inertia, 1e-12 * inertia);
    }
}

static void clusters_that_make_no_sense_are_refused(void **state)
{
    static const double points[] = {1, 2, 3, NAN};
    size_t labels[4];
    pw_kmeans found;
    pw_error err;

    assert_int_equal(pw_vectors_kmeans(labels, &found, *state, points, 3, 1, 4, 0, &err),
                     PW_ERR_ARGUMENT);
    assert_non_null(strstr(err.text, "give 1 to 3"));
    assert_int_equal(pw_vectors_kmeans(labels, &found, *state, points, 3, 1, 0, 0, &err),
                     PW_ERR_ARGUMENT);
    assert_int_equal(pw_vectors_kmeans(labels, &found, *state, points, 4, 1, 2, 0, &err),
                     PW_ERR_ARGUMENT);
    assert_non_null(strstr(err.text, "vector 3"));
    assert_int_equal(
        pw_vectors_kmeans(labels, &found, *state, points, PW_LAB_INPUTS_MAX + 1, 1, 2, 0, &err),
        PW_ERR_LIMIT);
}

/* Length does not count: what points in one direction belongs together. */
static void inputs_are_clustered_by_direction(void **state)
{
    static const float values[4][4] = {{9, 0, 1, 0}, {0, 3, 0, 1}, {1, 0, 5, 0}, {0, 1, 0, 7}};
    pw_row_role roles[2];
    pw_rows inputs[4];
    size_t labels[4];
    pw_kmeans found;
    pw_error err;

    for (size_t i = 0; i < 4; i++)
        inputs[i] = check_rows(values[i], 2, 2, 2, roles);
    assert_int_equal(
        pw_inputs_cluster(labels, &found, *state, inputs, 4, PW_POOLING_UNMASKED, 2, 0, NULL),
        PW_OK);
    assert_near(found.inertia, 0.0, 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(labels[i], i % 2);
    for (size_t i = 0; i < 2; i++)
        roles[i] = PW_ROW_UNKNOWN;
    assert_int_equal(
        pw_inputs_cluster(labels, &found, *state, inputs, 4, PW_POOLING_MASKED, 2, 0, &err),
        PW_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "mean masked"));
}

/* ---- Agreement. */

#define N_MAX 16

static void agreement_is_that_of_the_reference(void **state)
{
    static const struct {
        size_t n, a[N_MAX], b[N_MAX];
        double ari, nmi;
    } cases[] = {
        {9,
         {0, 0, 0, 1, 1, 1, 2, 2, 2},
         {0, 0, 1, 1, 1, 1, 2, 2, 0},
         0.35714285714285715,
         0.5895098274473051},
        {10,
         {0, 0, 1, 1, 2, 2, 3, 3, 3, 3},
         {0, 1, 0, 1, 0, 1, 0, 1, 2, 2},
         -0.19047619047619047,
         0.18695791992895094},
        {6, {0, 1, 2, 3, 4, 5}, {0, 0, 1, 1, 2, 2}, 0.0, 0.7601875334318686},
        {16,
         {0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3},
         {3, 3, 3, 1, 0, 0, 0, 0, 0, 2, 2, 1, 1, 1, 2, 2},
         0.3036750483558994,
         0.5296389905096487},
        {8, {0, 0, 0, 0, 0, 0, 0, 1}, {0, 0, 0, 0, 1, 1, 1, 1}, 0.0, 0.1787102334180873},
        {4, {0, 0, 1, 1}, {0, 1, 0, 1}, -0.5, 0.0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const size_t n = cases[i].n;
        pw_agreement found, turned;

        assert_int_equal(pw_labels_agree(&found, *state, cases[i].a, cases[i].b, n, 0, NULL),
                         PW_OK);
        assert_int_equal(pw_labels_agree(&turned, *state, cases[i].b, cases[i].a, n, 0, NULL),
                         PW_OK);
        assert_near(found.ari.value, cases[i].ari, 1e-15);
        assert_near(found.nmi.value, cases[i].nmi, 1e-14);
        assert_near(turned.ari.value, cases[i].ari, 1e-15);
        assert_true(found.ari.low <= found.ari.value && found.ari.value <= found.ari.high);
        assert_true(found.nmi.low <= found.nmi.value && found.nmi.value <= found.nmi.high);
    }
}

static void names_of_groups_mean_nothing(void **state)
{
    static const size_t a[] = {0, 0, 1, 1, 2, 2, 2}, renamed[] = {5, 5, 0, 0, 3, 3, 3};
    static const size_t one[] = {0, 0, 0, 0, 0, 0, 0}, each[] = {0, 1, 2, 3, 4, 5, 6};
    pw_agreement found;

    assert_int_equal(pw_labels_agree(&found, *state, a, renamed, 7, 0, NULL), PW_OK);
    assert_true(found.ari.value == 1.0 && found.nmi.value == 1.0);
    assert_true(found.ari.low == 1.0 && found.ari.high == 1.0);
    assert_int_equal(pw_labels_agree(&found, *state, a, one, 7, 0, NULL), PW_OK);
    assert_true(found.ari.value == 0.0 && found.nmi.value == 0.0);
    assert_int_equal(pw_labels_agree(&found, *state, a, each, 7, 0, NULL), PW_OK);
    assert_true(found.ari.value == 0.0 && found.nmi.value > 0.5);
    assert_int_equal(pw_labels_agree(&found, *state, one, one, 7, 0, NULL), PW_OK);
    assert_true(found.ari.value == 1.0 && found.nmi.value == 1.0);
    assert_int_equal(pw_labels_agree(&found, *state, each, each, 7, 0, NULL), PW_OK);
    assert_true(found.ari.value == 1.0 && found.nmi.value == 1.0);
}

/* That is what "adjusted" means: by chance 0, where the plain index is above a half. The
 * interval of such a pair has 0 in it about as often as it says. */
static void random_partitions_agree_by_chance(void **state)
{
    enum {
        N = 120,
        N_TRIALS = 60
    };

    size_t a[N], b[N], n_covered = 0;
    double sum = 0.0;

    for (uint64_t trial = 0; trial < N_TRIALS; trial++) {
        pw_agreement found;

        for (size_t i = 0; i < N; i++) {
            a[i] = pwi_random_bits(trial, i) >> 62;
            b[i] = pwi_random_bits(trial, N + i) >> 62;
        }
        assert_int_equal(pw_labels_agree(&found, *state, a, b, N, trial, NULL), PW_OK);
        assert_near(found.ari.value, 0.0, 0.08);
        sum += found.ari.value;
        n_covered += found.ari.low <= 0.0 && found.ari.high >= 0.0;
        /* Drawn items are fewer, and have a greater mutual information by chance. */
        assert_true(found.nmi.low <= found.nmi.value && found.nmi.value <= found.nmi.high);
    }
    assert_near(sum / N_TRIALS, 0.0, 0.005);
    assert_true(n_covered >= N_TRIALS * 8 / 10);
}

static void agreement_of_few_items(void **state)
{
    static const size_t a[] = {0, 1}, over[] = {0, 2};
    pw_agreement found;
    pw_error err;

    assert_int_equal(pw_labels_agree(&found, *state, a, a, 2, 0, NULL), PW_OK);
    assert_true(found.ari.value == 1.0 && isnan(found.ari.low) && isnan(found.nmi.high));
    assert_int_equal(pw_labels_agree(&found, *state, a, a, 1, 0, NULL), PW_OK);
    assert_true(isnan(found.ari.value) && found.n == 1);
    assert_int_equal(pw_labels_agree(&found, *state, a, a, 0, 0, NULL), PW_OK);
    assert_true(isnan(found.ari.value));
    assert_int_equal(pw_labels_agree(&found, *state, a, over, 2, 0, &err), PW_ERR_ARGUMENT);
    assert_non_null(strstr(err.text, "at most 2 groups"));
}

/* ---- Memory. */

static pw_status measure_all(pw_context *ctx, const void *argument)
{
    static const float values[] = {1, 0, 0, 1, 1, 1, 2, 1};
    static const size_t a[] = {0, 1, 0, 1}, b[] = {0, 0, 1, 1};
    pw_row_role roles[1];
    pw_rows inputs[4];
    size_t labels[4];
    pw_kmeans found;
    pw_agreement agreement;

    (void)argument;
    for (size_t i = 0; i < 4; i++)
        inputs[i] = check_rows(values + 2 * i, 1, 2, 1, roles);
    PWI_TRY(pw_inputs_cluster(labels, &found, ctx, inputs, 4, PW_POOLING_LAST, 2, 0, NULL));
    return pw_labels_agree(&agreement, ctx, a, b, 4, 0, NULL);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(check_allocations(measure_all, NULL) > 5);
}

#define WITH_CONTEXT(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

static const struct CMUnitTest tests[] = {
    WITH_CONTEXT(the_best_partition_is_found),
    WITH_CONTEXT(labels_are_the_partition_in_order_of_first_items),
    WITH_CONTEXT(equal_points_leave_clusters_empty),
    WITH_CONTEXT(clusters_are_where_lloyd_ends),
    WITH_CONTEXT(clusters_that_make_no_sense_are_refused),
    WITH_CONTEXT(inputs_are_clustered_by_direction),
    WITH_CONTEXT(agreement_is_that_of_the_reference),
    WITH_CONTEXT(names_of_groups_mean_nothing),
    WITH_CONTEXT(random_partitions_agree_by_chance),
    WITH_CONTEXT(agreement_of_few_items),
    cmocka_unit_test(every_allocation_may_fail),
};

PW_TEST_MAIN(tests, NULL, NULL)
