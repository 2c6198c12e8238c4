/* SPDX-License-Identifier: MIT */
/* Weightings of one's own: each map by its formula, what is refused, and that nothing is
 * written then. */
#include "prompt_check.h"

#define N_ROWS 4

static const float z[N_ROWS * DIM] = {1.0f, -2.0f, 0.1f, 3.0f, 0.5f,  0.3f,
                                      4.0f, 8.0f,  0.7f, 5.0f, -6.0f, 0.9f};
static const float e[N_ROWS * DIM] = {0.5f, 0.25f, 0.1f, 1.0f, 1.0f, 0.2f,
                                      2.0f, 2.0f,  0.2f, 1.5f, 2.5f, 0.4f};
static const pw_encoding encodings[] = {{z, N_ROWS}, {e, N_ROWS}, {NULL, 0}};

/* Apply one term to encoding 0, all rows. */
static pw_status apply_maps(const pw_row_map *maps, size_t n_maps, float *out, pw_error *err)
{
    const pw_weighting_term term = {0, 1.0, maps, n_maps, false};
    const pw_weighting_part part = {&term, 1, 1.0, 0, N_ROWS, PW_NO_SCOPE};
    const pw_weighting weighting = {&part, 1};
    pw_context *ctx = test_context();
    const pw_status status =
        pw_weighting_apply(ctx, &weighting, 1, encodings, 3, DIM, &out, err);

    pw_context_free(ctx);
    return status;
}

static const uint32_t rows_12[] = {1, 2};
static const uint32_t rows_3[] = {3};

static void scale_and_what_is_not_touched(void **state)
{
    const pw_row_map map = {.kind = PW_MAP_SCALE, .rows = rows_12, .n_rows = 2, .factor = 1.3};
    float out[N_ROWS * DIM];

    (void)state;
    assert_int_equal(apply_maps(&map, 1, out, NULL), PW_OK);
    assert_memory_equal(out, z, DIM * sizeof(*z));
    assert_memory_equal(out + 3 * DIM, z + 3 * DIM, DIM * sizeof(*z));
    for (size_t i = DIM; i < 3 * DIM; i++)
        assert_true(out[i] == (float)((double)z[i] * 1.3));
}

static void lerp_to_the_same_row_and_to_one_row(void **state)
{
    const pw_row_map maps[] = {{.kind = PW_MAP_LERP,
                                .rows = rows_12,
                                .n_rows = 2,
                                .factor = -0.5,
                                .i_reference = 1,
                                .reference_row = PW_SAME_ROW},
                               {.kind = PW_MAP_LERP,
                                .rows = rows_3,
                                .n_rows = 1,
                                .factor = 2.0,
                                .i_reference = 0,
                                .reference_row = 0}};
    float out[N_ROWS * DIM];

    (void)state;
    assert_int_equal(apply_maps(maps, 2, out, NULL), PW_OK);
    for (size_t i = DIM; i < 3 * DIM; i++)
        assert_true(out[i] == (float)((double)e[i] + ((double)z[i] - (double)e[i]) * -0.5));
    for (size_t d = 0; d < DIM; d++)
        assert_true(out[3 * DIM + d] ==
                    (float)((double)z[d] + ((double)z[3 * DIM + d] - (double)z[d]) * 2.0));
}

static void affine(void **state)
{
    const double matrix[DIM * DIM] = {0, 1, 0, 1, 0, 0, 0, 0, 2}; /* swap two, double one */
    const double shift[DIM] = {0.5, 0.0, -1.0};
    const pw_row_map maps[] = {
        {.kind = PW_MAP_AFFINE, .rows = rows_12, .n_rows = 2, .matrix = matrix, .shift = shift},
        {.kind = PW_MAP_AFFINE, .rows = rows_3, .n_rows = 1, .factor = 3.0, .shift = shift}};
    float out[N_ROWS * DIM];

    (void)state;
    assert_int_equal(apply_maps(maps, 2, out, NULL), PW_OK);
    assert_true(out[DIM] == (float)((double)z[DIM + 1] + 0.5));
    assert_true(out[DIM + 1] == z[DIM]);
    assert_true(out[DIM + 2] == (float)(2.0 * (double)z[DIM + 2] - 1.0));
    assert_true(out[3 * DIM] == (float)(3.0 * (double)z[3 * DIM] + 0.5));
}

/* A row in two maps has no one answer; it is an error before anything is written. */
static void sets_of_rows_are_disjoint(void **state)
{
    const pw_row_map maps[] = {
        {.kind = PW_MAP_SCALE, .rows = rows_12, .n_rows = 2, .factor = 2.0},
        {.kind = PW_MAP_SCALE, .rows = rows_12 + 1, .n_rows = 1, .factor = 3.0}};
    const uint32_t twice[] = {3, 3};
    const pw_row_map same = {.kind = PW_MAP_SCALE, .rows = twice, .n_rows = 2, .factor = 2.0};
    float out[N_ROWS * DIM] = {-7.0f};
    pw_error err;

    (void)state;
    assert_int_equal(apply_maps(maps, 2, out, &err), PW_ERR_ARGUMENT);
    assert_non_null(strstr(err.text, "row 2 "));
    assert_true(out[0] == -7.0f);
    assert_int_equal(apply_maps(&same, 1, out, &err), PW_ERR_ARGUMENT);
}

static void what_is_not_there_is_refused(void **state)
{
    const uint32_t row_4[] = {4};
    const pw_row_map maps[] = {
        {.kind = PW_MAP_SCALE, .rows = row_4, .n_rows = 1, .factor = 2.0},
        {.kind = (pw_map_kind)9, .rows = rows_3, .n_rows = 1, .factor = 2.0},
        {.kind = PW_MAP_LERP, .rows = rows_3, .n_rows = 1, .i_reference = 3},
        {.kind = PW_MAP_LERP, .rows = rows_3, .n_rows = 1, .i_reference = 2},
        {.kind = PW_MAP_LERP,
         .rows = rows_3,
         .n_rows = 1,
         .i_reference = 1,
         .reference_row = 4},
    };
    float out[N_ROWS * DIM];
    pw_error err;

    (void)state;
    for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
        assert_int_equal(apply_maps(&maps[i], 1, out, &err), PW_ERR_ARGUMENT);
}

static pw_status apply_part(const pw_weighting_part *part, float *out)
{
    const pw_weighting weighting = {part, 1};
    pw_context *ctx = test_context();
    pw_error err;
    const pw_status status =
        pw_weighting_apply(ctx, &weighting, 1, encodings, 3, DIM, &out, &err);

    pw_context_free(ctx);
    return status;
}

static void parts_that_make_no_sense(void **state)
{
    const pw_weighting_term term = {0, 1.0, NULL, 0, false};
    const pw_weighting_term terms[] = {term, term};
    const pw_weighting_term absent = {2, 1.0, NULL, 0, false};
    const pw_weighting_part parts[] = {
        {&term, 0, 1.0, 0, N_ROWS, PW_NO_SCOPE},
        {&term, 1, 0.0, 0, N_ROWS, PW_NO_SCOPE},
        {&term, 1, 1.0, 2, N_ROWS, PW_NO_SCOPE},
        {&term, 1, 1.0, SIZE_MAX, 2, PW_NO_SCOPE},
        {terms, 2, 1.0, 0, N_ROWS, 0},
        {&term, 1, 1.0, 0, N_ROWS, 1},
        {&absent, 1, 1.0, 0, N_ROWS, PW_NO_SCOPE},
    };
    float out[N_ROWS * DIM];

    (void)state;
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        assert_int_equal(apply_part(&parts[i], out), PW_ERR_ARGUMENT);
}

/* Sums, coefficients, a divisor, rows in no map left out, a window of rows. */
static void terms_add_up(void **state)
{
    const pw_row_map only = {.kind = PW_MAP_SCALE, .rows = rows_12, .n_rows = 2, .factor = 1.0};
    const pw_weighting_term terms[] = {{0, 0.5, NULL, 0, false}, {1, -2.0, &only, 1, true}};
    const pw_weighting_part part = {terms, 2, 4.0, 1, 3, PW_NO_SCOPE};
    float out[3 * DIM];

    (void)state;
    assert_int_equal(apply_part(&part, out), PW_OK);
    for (size_t i = 0; i < 2 * DIM; i++)
        assert_true(out[i] ==
                    (float)((0.5 * (double)z[DIM + i] - 2.0 * (double)e[DIM + i]) / 4.0));
    for (size_t d = 0; d < DIM; d++)
        assert_true(out[2 * DIM + d] == (float)(0.5 * (double)z[3 * DIM + d] / 4.0));
}

/* Two results of one scope share one mean, so the one without maps changes, too. */
static void a_mean_is_restored_over_its_scope(void **state)
{
    const pw_row_map map = {.kind = PW_MAP_SCALE, .rows = rows_12, .n_rows = 2, .factor = 3.0};
    const pw_weighting_term mapped = {0, 1.0, &map, 1, false}, plain = {1, 1.0, NULL, 0, false};
    const pw_weighting_part parts[] = {{&mapped, 1, 1.0, 0, N_ROWS, 0},
                                       {&plain, 1, 1.0, 0, N_ROWS, 0}};
    const pw_weighting weightings[] = {{&parts[0], 1}, {&parts[1], 1}};
    float a[N_ROWS * DIM], b[N_ROWS * DIM], *out[] = {a, b};
    double before = 0.0, after = 0.0, sum = 0.0;
    pw_context *ctx = test_context();

    (void)state;
    assert_int_equal(pw_weighting_apply(ctx, weightings, 2, encodings, 3, DIM, out, NULL),
                     PW_OK);
    for (size_t i = 0; i < N_ROWS * DIM; i++) {
        before += (double)z[i] + (double)e[i];
        after += (double)z[i] * (i >= DIM && i < 3 * DIM ? 3.0 : 1.0) + (double)e[i];
        sum += (double)a[i] + (double)b[i];
    }
    assert_true(fabs(sum - before) < 1e-5);
    assert_true(b[0] == (float)((double)e[0] * (before / after)));
    out[0] = NULL; /* not wanted, but still in the mean */
    b[0] = 0.0f;
    assert_int_equal(pw_weighting_apply(ctx, weightings, 2, encodings, 3, DIM, out, NULL),
                     PW_OK);
    assert_true(b[0] == (float)((double)e[0] * (before / after)));
    pw_context_free(ctx);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(scale_and_what_is_not_touched),
        cmocka_unit_test(lerp_to_the_same_row_and_to_one_row),
        cmocka_unit_test(affine),
        cmocka_unit_test(sets_of_rows_are_disjoint),
        cmocka_unit_test(what_is_not_there_is_refused),
        cmocka_unit_test(parts_that_make_no_sense),
        cmocka_unit_test(terms_add_up),
        cmocka_unit_test(a_mean_is_restored_over_its_scope),
    };

    return check_main(argc, argv, tests, sizeof(tests) / sizeof(*tests), NULL, NULL);
}
