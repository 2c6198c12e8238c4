/* SPDX-License-Identifier: MIT */
/* Every measure of the lab that allocates, with the n-th allocation failing. */
#include "lab_check.h"

#include "base/error.h"

#define N_ROWS 9
#define WIDTH  4

struct material {
    float values[3][N_ROWS * WIDTH];
    pw_row_role roles[3][N_ROWS];
    pw_rows inputs[3];
};

static void fill(struct material *m)
{
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < N_ROWS * WIDTH; k++)
            m->values[i][k] = (float)((k * 7 + i * 3) % 11) - 4.5f;
        m->inputs[i] = check_rows(m->values[i], N_ROWS, WIDTH, 4, m->roles[i]);
    }
}

static pw_status measure_all(pw_context *ctx, const void *argument)
{
    const struct material *m = argument;
    static const size_t chosen[] = {4, 5, 6, 7, 8}, labels[] = {0, 1, 0};
    static const double values[] = {1, 2, 3, 4};
    static const pw_place pads = {.kind = PW_PLACE_PADS};
    const double vectors[] = {1, 2, 3, 4, 5, 7};
    pw_estimate estimate;
    pw_regime regimes[PW_REGIMES_MAX];
    pw_coordinate coordinates[2];
    pw_rank rank;
    pw_pads_across across;
    double cosine[9], sigma[5], right[3];
    size_t n;

    PWI_TRY(pw_estimate_mean(&estimate, ctx, values, 4, 0, NULL));
    PWI_TRY(pw_inputs_compare(cosine, NULL, ctx, m->inputs, 3, &pads, NULL));
    PWI_TRY(pw_estimate_pairs(&estimate, ctx, cosine, 3, 0, NULL));
    PWI_TRY(pw_rows_regimes(regimes, &n, ctx, &m->inputs[0], NULL));
    PWI_TRY(pw_rows_coordinates(coordinates, 2, ctx, &m->inputs[0], chosen, 5, NULL));
    PWI_TRY(pw_rows_svd(&rank, sigma, ctx, &m->inputs[0], chosen, 5, NULL));
    PWI_TRY(pw_pads_compare(&across, ctx, m->inputs, 3, 0, NULL));
    return pw_vectors_linear_probe(right, ctx, vectors, 3, 2, labels, 2, NULL);
}

static void every_allocation_may_fail(void **state)
{
    struct material m;

    (void)state;
    fill(&m);
    assert_true(check_allocations(measure_all, &m) > 10); /* as many as there are measures */
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};

PW_TEST_MAIN(tests, NULL, NULL)
