/* SPDX-License-Identifier: MIT */
/* The published CLIP-L tensors (Laura Wagner, "Latent Vandalism" workshop, CC BY 4.0, under
 * PADWISE_SHARED): the figures that are known of them, each within its printed rounding. */
#include "lab_check.h"

#include <stdlib.h>

#include <padwise/file.h>

#define N_TENSORS 5
#define N_BIRDS   4 /* the first four; the last is the other sentence */
#define N_ROWS    77
#define WIDTH     768

static const struct {
    const char *name;
    size_t n_real;
    double rank_1, rank_2; /* energy of rows 18..72 */
} known[N_TENSORS] = {
    {"a_european_robin", 13, 0.766, 0.9958},     {"a_great_horned", 14, 0.769, 0.9958},
    {"a_green-winged_macaw", 16, 0.757, 0.9954}, {"a_mute_swan", 13, 0.752, 0.9971},
    {"short_prompts_max", 15, 0.727, 0.9924},
};

struct tensors {
    pw_context *ctx;
    pw_tensor_set *sets[N_TENSORS];
    pw_row_role roles[N_TENSORS][N_ROWS];
    pw_rows rows[N_TENSORS];
};

static int setup(void **state)
{
    static struct tensors tensors;
    const char *shared = getenv("PADWISE_SHARED");
    char path[4096];

    check_start(&tensors.ctx);
    *state = &tensors;
    for (size_t i = 0; shared != NULL && i < N_TENSORS; i++) {
        const pw_tensor *tensor;

        snprintf(path, sizeof(path), "%s/data/clip-l-tensors/%s.json", shared, known[i].name);
        if (pw_tensor_set_load(&tensors.sets[i], tensors.ctx, path, NULL, NULL) != PW_OK)
            return 0;
        tensor = pw_tensor_set_find(tensors.sets[i], "embedding");
        assert_non_null(tensor);
        assert_int_equal(tensor->dtype, PW_F32);
        assert_int_equal(tensor->size_bytes, sizeof(float) * N_ROWS * WIDTH);
        tensors.rows[i] =
            check_rows(tensor->data, N_ROWS, WIDTH, known[i].n_real, tensors.roles[i]);
    }
    return 0;
}

static int teardown(void **state)
{
    struct tensors *tensors = *state;

    for (size_t i = 0; i < N_TENSORS; i++)
        pw_tensor_set_free(tensors->sets[i]);
    pw_context_free(tensors->ctx);
    return 0;
}

static struct tensors *loaded(void **state)
{
    struct tensors *tensors = *state;

    if (tensors->rows[N_TENSORS - 1].values == NULL)
        PW_SKIP("the CLIP-L tensors are not under PADWISE_SHARED");
    return tensors;
}

struct range {
    double min, max;
};

static void widen(struct range *range, double value)
{
    range->min = value < range->min ? value : range->min;
    range->max = value > range->max ? value : range->max;
}

static void assert_range(struct range range, double min, double max, double rounding)
{
    assert_near(range.min, min, rounding);
    assert_near(range.max, max, rounding);
}

static void the_table_by_position(void **state)
{
    static const struct {
        size_t position;
        double among[2], l2[2], other[2];
    } table[] = {
        {0, {1.000, 1.000}, {0.00, 0.00}, {1.000, 1.000}},
        {16, {0.622, 0.658}, {23.17, 24.21}, {0.021, 0.074}},
        {30, {0.612, 0.652}, {23.37, 24.51}, {0.012, 0.066}},
        {40, {0.523, 0.738}, {23.25, 30.12}, {0.033, 0.076}},
        {50, {0.963, 0.980}, {8.38, 11.25}, {0.910, 0.937}},
        {60, {0.961, 0.983}, {7.80, 11.60}, {0.914, 0.945}},
        {72, {0.879, 0.958}, {11.68, 19.46}, {0.678, 0.758}},
        {74, {0.865, 0.961}, {11.48, 20.86}, {0.599, 0.674}},
        {76, {0.597, 0.648}, {23.50, 24.94}, {0.007, 0.070}},
    };
    struct tensors *tensors = loaded(state);
    double cosine[N_TENSORS * N_TENSORS], l2[N_TENSORS * N_TENSORS];

    for (size_t t = 0; t < sizeof(table) / sizeof(*table); t++) {
        const pw_place place = {.kind = PW_PLACE_POSITION, .position = table[t].position};
        struct range among = {9, -9}, distance = {999, -9}, other = {9, -9};

        assert_int_equal(
            pw_inputs_compare(cosine, l2, tensors->ctx, tensors->rows, N_TENSORS, &place, NULL),
            PW_OK);
        for (size_t a = 0; a < N_BIRDS; a++) {
            widen(&other, cosine[a * N_TENSORS + N_BIRDS]);
            for (size_t b = a + 1; b < N_BIRDS; b++) {
                widen(&among, cosine[a * N_TENSORS + b]);
                widen(&distance, l2[a * N_TENSORS + b]);
            }
        }
        assert_range(among, table[t].among[0], table[t].among[1], 0.0005);
        assert_range(distance, table[t].l2[0], table[t].l2[1], 0.005);
        assert_range(other, table[t].other[0], table[t].other[1], 0.0005);
    }
}

static void norms_of_rows(void **state)
{
    static const size_t positions[] = {5, 16, 40, 45, 50, 76};
    static const double norms[] = {27.93, 28.02, 31.31, 40.94, 41.50, 27.96};
    struct tensors *tensors = loaded(state);
    double norm[N_ROWS];

    for (size_t i = 0; i < N_TENSORS; i++) {
        pw_row_stats stats;

        pw_row_measure(&stats, tensors->rows[i].values, WIDTH);
        assert_near(stats.l2, 43.72, 0.005);
    }
    pw_rows_curves(norm, NULL, NULL, NULL, &tensors->rows[0]);
    for (size_t k = 0; k < sizeof(positions) / sizeof(*positions); k++)
        assert_near(norm[positions[k]], norms[k], 0.005);
}

static void energies_of_rank_one_and_two(void **state)
{
    struct tensors *tensors = loaded(state);
    size_t chosen[55];

    for (size_t k = 0; k < 55; k++)
        chosen[k] = 18 + k;
    for (size_t i = 0; i < N_TENSORS; i++) {
        double sigma[55], total = 0.0;
        pw_rank rank;

        assert_int_equal(
            pw_rows_svd(&rank, sigma, tensors->ctx, &tensors->rows[i], chosen, 55, NULL),
            PW_OK);
        for (size_t k = 0; k < 55; k++)
            total += sigma[k] * sigma[k];
        assert_near(sigma[0] * sigma[0] / total, known[i].rank_1, 0.0005);
        assert_near((sigma[0] * sigma[0] + sigma[1] * sigma[1]) / total, known[i].rank_2,
                    0.00005);
        assert_int_equal(rank.rank_99, 2);
    }
}

/* Copies of EOS behind it, BOS-like pads from the forties on with two dominating coordinates,
 * and row 76 like EOS again, while row 75 is not. */
static void two_regimes(void **state)
{
    struct tensors *tensors = loaded(state);

    for (size_t i = 0; i < N_TENSORS; i++) {
        const size_t n_real = known[i].n_real;
        pw_regime regimes[PW_REGIMES_MAX];
        double cos_eos[N_ROWS];
        size_t n, bos_like = 0;

        pw_rows_curves(NULL, NULL, cos_eos, NULL, &tensors->rows[i]);
        assert_true(cos_eos[n_real] > 0.998);
        assert_true(cos_eos[76] >= 0.9795 && cos_eos[76] <= 0.9915);
        assert_true(cos_eos[75] >= 0.145 && cos_eos[75] <= 0.445);
        assert_int_equal(pw_rows_regimes(regimes, &n, tensors->ctx, &tensors->rows[i], NULL),
                         PW_OK);
        assert_int_equal(regimes[0].kind, PW_REGIME_EOS_LIKE);
        assert_int_equal(regimes[0].begin, n_real);
        assert_int_equal(regimes[n - 1].begin, 76);
        assert_int_equal(regimes[n - 1].kind, PW_REGIME_EOS_LIKE);
        for (size_t k = 0; k < n; k++)
            bos_like = regimes[k].kind == PW_REGIME_BOS_LIKE ? k : bos_like;
        assert_int_equal(bos_like, n - 2);
        assert_true(regimes[bos_like].begin >= 40 && regimes[bos_like].begin <= 46);
    }
}

static void two_coordinates_dominate(void **state)
{
    struct tensors *tensors = loaded(state);

    for (size_t i = 0; i < N_TENSORS; i++) {
        size_t chosen[25];
        pw_coordinate top[2];

        for (size_t k = 0; k < 25; k++)
            chosen[k] = 46 + k;
        assert_int_equal(
            pw_rows_coordinates(top, 2, tensors->ctx, &tensors->rows[i], chosen, 25, NULL),
            PW_OK);
        assert_int_equal(top[0].index, 681);
        assert_int_equal(top[1].index, 19);
        assert_near(top[0].bos, 33.0, 0.5);
        assert_near(top[1].bos, -28.0, 0.5);
        assert_true(top[0].share + top[1].share > 0.8);
    }
}

static void pads_hold_most_of_the_energy(void **state)
{
    struct tensors *tensors = loaded(state);

    for (size_t i = 0; i < N_TENSORS; i++) {
        pw_group group;

        pw_rows_group(&group, &tensors->rows[i], PW_ROW_PAD);
        assert_true(group.energy >= 0.845 && group.energy <= 0.895);
    }
}

/* Every claim of the sentence, from five prompts. */
static void the_conclusion_contradicts_the_notebook(void **state)
{
    struct tensors *tensors = loaded(state);
    pw_pads_across across;
    char text[600];

    assert_int_equal(pw_pads_compare(&across, tensors->ctx, tensors->rows, N_TENSORS, 0, NULL),
                     PW_OK);
    assert_int_equal(across.tokens_min, 13);
    assert_int_equal(across.tokens_max, 16);
    assert_int_equal(across.n_positions, 64);
    assert_int_equal(across.n_bitwise, 0);
    assert_true(across.bos_is_bitwise);
    assert_true(across.least < 0.02);
    assert_true(across.greatest > 0.98);
    pw_pads_conclude(text, sizeof(text), &across, N_TENSORS);
    assert_non_null(strstr(text, "alike at some positions and not at others"));
    assert_non_null(strstr(text, "95 % interval"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_table_by_position),
    cmocka_unit_test(norms_of_rows),
    cmocka_unit_test(energies_of_rank_one_and_two),
    cmocka_unit_test(two_regimes),
    cmocka_unit_test(two_coordinates_dominate),
    cmocka_unit_test(pads_hold_most_of_the_energy),
    cmocka_unit_test(the_conclusion_contradicts_the_notebook),
};

PW_TEST_MAIN(tests, setup, teardown)
