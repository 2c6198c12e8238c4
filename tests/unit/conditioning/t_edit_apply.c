/* SPDX-License-Identifier: MIT */
/* What edits compute: numpy's noise to the last bit, damping beside numpy's SVD (both from
 * numpy 2 with the lines in the comments), identities bit for bit, other rows untouched. */
#include <math.h>
#include <stdlib.h>

#include "conditioning/edit.h"
#include "edit_check.h"

static int setup(void **state)
{
    *state = test_context();
    return *state == NULL;
}

static int teardown(void **state)
{
    pw_context_free(*state);
    return 0;
}

/* ---- Noise. */

/* numpy.random.seed(42); numpy.random.normal(0, 0.1, (62, 768)), and an FNV-1a of its bytes. */
static void noise_is_numpys(void **state)
{
    static const struct {
        size_t i;
        double value;
    } expected[] = {{0, 0x1.96e88208759fdp-5},      {1, -0x1.c510809633b77p-7},
                    {2, 0x1.094b10ce9e520p-4},      {3, 0x1.37eaa0b348823p-3},
                    {767, 0x1.6aa8f3ce3b800p-3},    {768, -0x1.00ce42ce30409p-4},
                    {30000, -0x1.959f02f66fe2fp-3}, {47615, -0x1.1c0080fe09b7dp-3}};

    pwi_numpy_random random;
    uint64_t hash = 1469598103934665603u;
    size_t k = 0;

    (void)state;
    pwi_numpy_seed(&random, 42);
    for (size_t i = 0; i < 62 * 768; i++) {
        const double value = pwi_numpy_normal(&random, 0.1);
        unsigned char bytes[sizeof(value)];

        if (k < sizeof(expected) / sizeof(*expected) && i == expected[k].i)
            assert_true(value == expected[k++].value);
        memcpy(bytes, &value, sizeof(value));
        for (size_t b = 0; b < sizeof(value); b++)
            hash = (hash ^ bytes[b]) * 1099511628211u;
    }
    assert_true(hash == 0x5d5c698dfbc36ac3u);
}

static void noise_of_other_seeds(void **state)
{
    static const double zero[] = {0x1.c398ef3e5cfa5p+0, 0x1.99c2cfacc8953p-2,
                                  0x1.f51d25222c9abp-1, 0x1.1ed5969e3314ep+1,
                                  0x1.de1847cb13ddap+0};
    static const double last[] = {0x1.9efb46f5a88ecp+0, 0x1.ac5df79e49eaap+0,
                                  -0x1.59c6244adf7bcp+1, 0x1.6c294d677093bp-1,
                                  0x1.238d778dc2aadp-2};
    pwi_numpy_random random;

    (void)state;
    pwi_numpy_seed(&random, 0);
    for (size_t i = 0; i < 5; i++)
        assert_true(pwi_numpy_normal(&random, 1.0) == zero[i]);
    pwi_numpy_seed(&random, UINT32_MAX);
    for (size_t i = 0; i < 5; i++)
        assert_true(pwi_numpy_normal(&random, 2.5) == last[i]);
}

/* Of an f64 tensor the rows are the noise itself; the draws run over the chosen rows alone. */
static void noise_of_rows_is_not_rounded_in_f64(void **state)
{
    double values[2 * 3] = {1, 2, 3, 4, 5, 6};
    pw_tensor tensor = {.dtype = PW_F64,
                        .rank = 3,
                        .shape = {1, 2, 3},
                        .data = values,
                        .size_bytes = sizeof(values)};
    pw_edits *edits = parsed(*state, "1: noise 0.1 seed 42");

    assert_int_equal(pw_edits_apply(edits, *state, &tensor, NULL, NULL, NULL, NULL), PW_OK);
    assert_true(values[2] == 3.0);
    assert_true(values[3] == 0x1.96e88208759fdp-5 && values[5] == 0x1.094b10ce9e520p-4);
    pw_edits_free(edits);
}

/* ---- Damping. */

static void expect_near(const double *values, const double *expected, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(values[i] - expected[i]) <= 1e-15))
            fail_msg("element %zu: %.17g, not %.17g", i, values[i], expected[i]);
}

/* u, s, v = numpy.linalg.svd(M, full_matrices=False); (u * (s * numpy.exp(-s))) @ v */
static void damp_is_the_svds(void **state)
{
    double rows[] = {3.0, 1.0, -2.0, 0.5,   0.0,  0.25, -1.0, 1.5,
                     2.0, 1.0, 0.0,  0.125, -0.5, 1.0,  -3.0};
    static const double expected[] = {
        0.08003637008859414,   0.01321767350526099,   -0.031017680944589066,
        0.031176471891930718,  0.02771148112054076,   0.0510483341239658,
        -0.048883337139658915, 0.06310481111027186,   0.1445545589854228,
        0.021017137490343583,  -0.012446797870080828, -0.013580253623738972,
        0.009218129173760492,  0.06911996754452597,   -0.1186953591891129};

    assert_int_equal(pwi_damp(*state, rows, 3, 5, NULL), PW_OK);
    expect_near(rows, expected, 15);
}

/* More rows than columns: numpy.random.seed(7); numpy.random.normal(0, 0.5, (20, 6)). */
static void damp_of_many_rows(void **state)
{
    static const double first[] = {0.10264488525012405,  -0.027086827374905472,
                                   0.012665380749987989, 0.005684878467037123,
                                   -0.04765496898553626, -0.013226694075245052};
    static const double last[] = {-0.10521922141554652, -0.010583760578400813,
                                  0.011496263827573378, -0.01854277765248566,
                                  -0.06833798384548694, 0.12314943802036281};
    pwi_numpy_random random;
    double rows[20 * 6];

    pwi_numpy_seed(&random, 7);
    for (size_t i = 0; i < 120; i++)
        rows[i] = pwi_numpy_normal(&random, 0.5);
    assert_int_equal(pwi_damp(*state, rows, 20, 6, NULL), PW_OK);
    expect_near(rows, first, 6);
    expect_near(rows + 19 * 6, last, 6);
}

/* Singular values that are zero: nothing is divided by them. s of the outer product: sqrt(5)
 * times sqrt(6.25). */
static void damp_of_one_direction(void **state)
{
    static const double column[] = {1.0, 2.0, 0.0}, row[] = {1.0, -1.0, 0.5, 2.0};
    const double factor = exp(-sqrt(5.0 * 6.25));
    double rows[12], expected[12];

    for (size_t i = 0; i < 12; i++) {
        rows[i] = column[i / 4] * row[i % 4];
        expected[i] = rows[i] * factor;
    }
    assert_int_equal(pwi_damp(*state, rows, 3, 4, NULL), PW_OK);
    expect_near(rows, expected, 12);
}

static void damp_refuses_what_is_not_finite(void **state)
{
    double rows[] = {1.0, NAN, 1e200, 1.0};

    assert_int_equal(pwi_damp(*state, rows, 2, 2, NULL), PW_ERR_ARGUMENT);
    rows[1] = 0.0;
    assert_int_equal(pwi_damp(*state, rows, 2, 2, NULL), PW_ERR_ARGUMENT);
    rows[2] = 0.0;
    assert_int_equal(pwi_damp(*state, rows, 2, 2, NULL), PW_OK);
}

/* ---- Operations on the sample. */

/* The sample with the first and last rows swapped, or another sequence altogether. */
struct source {
    double values[(N_ROWS + 2) * DIM];
    pw_row_role roles[N_ROWS + 2];
    size_t n_rows;
};

static struct source source_of(const struct sample *sample)
{
    struct source source = {.n_rows = N_ROWS};

    for (size_t i = 0; i < N_ROWS * DIM; i++)
        source.values[i] = sample->values[i];
    memcpy(source.roles, sample->roles, sizeof(sample->roles));
    return source;
}

static pw_status open_source(void *user, const pw_edit_source *source, pw_edit_sequence *out,
                             pw_error *err)
{
    const struct source *given = user;

    (void)source;
    (void)err;
    *out = (pw_edit_sequence){given->values, given->n_rows, DIM, given->roles};
    return PW_OK;
}

/* Every element by a formula, in f64 and rounded once. */
static void expect_elements(pw_context *ctx, const char *text, double (*formula)(double x))
{
    struct sample sample = make_sample();
    const struct sample before = sample;

    assert_int_equal(apply_with(ctx, &sample, text, NULL, NULL, NULL), PW_OK);
    for (size_t i = 0; i < N_ROWS * DIM; i++) {
        const float expected =
            i < N_REAL * DIM ? before.values[i] : (float)formula(before.values[i]);

        assert_memory_equal(&sample.values[i], &expected, sizeof(expected));
    }
}

static double zero(double x)
{
    (void)x;
    return 0.0;
}

static double constant(double x)
{
    (void)x;
    return -0.3;
}

static double scaled(double x)
{
    return x * 0.1;
}

static double shifted(double x)
{
    return x + 1e-9;
}

static double inverted(double x)
{
    return -x;
}

static void elements_are_computed_in_f64(void **state)
{
    expect_elements(*state, "pads: zero", zero);
    expect_elements(*state, "pads: constant -0.3", constant);
    expect_elements(*state, "pads: scale 0.1", scaled);
    expect_elements(*state, "pads: add 1e-9", shifted);
    expect_elements(*state, "pads: invert", inverted);
}

static void mean_is_of_the_rows_themselves(void **state)
{
    struct sample sample = make_sample();
    const struct sample before = sample;

    assert_int_equal(apply_with(*state, &sample, "1..3: mean", NULL, NULL, NULL), PW_OK);
    for (size_t k = 0; k < DIM; k++) {
        const double mean =
            ((double)before.values[DIM + k] + (double)before.values[2 * DIM + k] +
             (double)before.values[3 * DIM + k]) /
            3.0;

        for (size_t i = 1; i < 4; i++)
            assert_true(sample.values[i * DIM + k] == (float)mean);
    }
    assert_memory_equal(sample.values + 4 * DIM, before.values + 4 * DIM,
                        (N_ROWS - 4) * DIM * sizeof(float));
}

static void eos_is_copied(void **state)
{
    struct sample sample = make_sample();

    assert_int_equal(apply_with(*state, &sample, "last 2 of pads: eos", NULL, NULL, NULL),
                     PW_OK);
    for (size_t i = 8; i < N_ROWS; i++)
        assert_memory_equal(sample.values + i * DIM, sample.values + (N_REAL - 1) * DIM,
                            DIM * sizeof(float));
}

/* Nothing changes: not the sign of a zero, and no row counts as changed. */
static void identities_keep_every_bit(void **state)
{
    static const char *const texts[] = {"all: scale 1",
                                        "all: add 0",
                                        "all: add noise 0 seed 1",
                                        "all: lerp 0 to 'x'",
                                        "all: lerp 0.3 to x",
                                        "all: lerp 1 to x",
                                        "all: from x",
                                        "all: from x by eos",
                                        "all: swap x",
                                        "all: invert; all: invert",
                                        "4: mean",
                                        "eos: eos",
                                        "first 0 of pads: zero",
                                        "pads: id 5"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct sample sample = make_sample();
        const struct sample before = sample;
        struct source source = source_of(&sample);
        const pw_edit_sources sources = {open_source, &source};
        pw_error err;

        if (apply_with(*state, &sample, texts[i], &sources, NULL, &err) != PW_OK)
            fail_msg("%s: %s", texts[i], err.text);
        if (memcmp(sample.values, before.values, sizeof(before.values)) != 0)
            fail_msg("%s changes a bit", texts[i]);
    }
}

/* A NaN's payload survives beside an edit, and under an edit that is none. */
static void untouched_rows_keep_their_bits(void **state)
{
    static const uint32_t signalling = 0x7fa12345u;
    struct sample sample = make_sample();
    uint32_t bits;

    memcpy(&sample.values[0], &signalling, sizeof(signalling));
    memcpy(&sample.values[N_REAL * DIM], &signalling, sizeof(signalling));
    assert_int_equal(
        apply_with(*state, &sample, "words: zero; pads: scale 1", NULL, NULL, NULL), PW_OK);
    memcpy(&bits, &sample.values[0], sizeof(bits));
    assert_int_equal(bits, signalling);
    memcpy(&bits, &sample.values[N_REAL * DIM], sizeof(bits));
    assert_int_equal(bits, signalling);
}

/* "A; B" is A and then B: what makes a manifest's chain replayable over files of f32. */
static void chain_is_its_links(void **state)
{
    struct sample at_once = make_sample(), in_steps = make_sample();

    assert_int_equal(apply_with(*state, &at_once,
                                "pads: scale 0.1; pads: add 0.7; pads: damp; all: scale 3",
                                NULL, NULL, NULL),
                     PW_OK);
    assert_int_equal(apply_with(*state, &in_steps, "pads: scale 0.1", NULL, NULL, NULL), PW_OK);
    assert_int_equal(apply_with(*state, &in_steps, "pads: add 0.7", NULL, NULL, NULL), PW_OK);
    assert_int_equal(apply_with(*state, &in_steps, "pads: damp", NULL, NULL, NULL), PW_OK);
    assert_int_equal(apply_with(*state, &in_steps, "all: scale 3", NULL, NULL, NULL), PW_OK);
    assert_memory_equal(at_once.values, in_steps.values, sizeof(at_once.values));
}

static void lerp_is_linear(void **state)
{
    struct sample sample = make_sample();
    const struct sample before = sample;
    struct source source = source_of(&sample);
    const pw_edit_sources sources = {open_source, &source};

    for (size_t i = 0; i < N_ROWS * DIM; i++)
        source.values[i] = 10.0 - (double)i;
    assert_int_equal(apply_with(*state, &sample, "pads: lerp 0.25 to x", &sources, NULL, NULL),
                     PW_OK);
    for (size_t i = N_REAL * DIM; i < N_ROWS * DIM; i++)
        assert_true(sample.values[i] ==
                    (float)((double)before.values[i] +
                            0.25 * (source.values[i] - (double)before.values[i])));
}

/* The source's eos stands two rows later: rows move by two, and the last ones have no partner.
 */
static void by_eos_counts_from_eos(void **state)
{
    struct sample sample = make_sample();
    const struct sample before = sample;
    struct source source = source_of(&sample);
    const pw_edit_sources sources = {open_source, &source};
    pw_edit_report report;

    for (size_t i = 0; i < N_ROWS * DIM; i++)
        source.values[i] = 100.0 + (double)(i / DIM);
    pw_row_roles_fill(source.roles, N_ROWS, N_REAL + 2);
    assert_int_equal(
        apply_with(*state, &sample, "pads: from x by eos", &sources, &report, NULL), PW_OK);
    assert_int_equal(report.n_unmatched, 2);
    assert_int_equal(report.n_changed, 3);
    for (size_t i = N_REAL; i < N_ROWS; i++)
        assert_true(sample.values[i * DIM] ==
                    (i + 2 < N_ROWS ? 102.0f + (float)i : before.values[i * DIM]));
}

static void sources_must_fit(void **state)
{
    struct sample sample = make_sample();
    const struct sample before = sample;
    struct source source = source_of(&sample);
    const pw_edit_sources sources = {open_source, &source};

    source.n_rows = N_ROWS - 2;
    assert_int_equal(apply_with(*state, &sample, "pads: from x", &sources, NULL, NULL),
                     PW_ERR_MISMATCH);
    assert_int_equal(apply_with(*state, &sample, "0: swap x", &sources, NULL, NULL),
                     PW_ERR_MISMATCH);
    assert_int_equal(apply_with(*state, &sample, "pads: clean", NULL, NULL, NULL),
                     PW_ERR_ARGUMENT);
    pw_row_roles_fill(source.roles, N_ROWS, 0);
    assert_int_equal(apply_with(*state, &sample, "pads: from x by eos", &sources, NULL, NULL),
                     PW_ERR_ARGUMENT);
    assert_memory_equal(sample.values, before.values, sizeof(before.values));
    assert_int_equal(apply_with(*state, &sample, "0..7: from x", &sources, NULL, NULL), PW_OK);
}

static void half_precision_is_rounded_once(void **state)
{
    uint16_t values[2] = {0x3f80, 0x3f81}; /* bf16 1 and 1.0078125 */
    pw_tensor tensor = {.dtype = PW_BF16,
                        .rank = 2,
                        .shape = {2, 1},
                        .data = values,
                        .size_bytes = sizeof(values)};
    pw_edits *edits = parsed(*state, "1: scale 3");

    assert_int_equal(pw_edits_apply(edits, *state, &tensor, NULL, NULL, NULL, NULL), PW_OK);
    assert_int_equal(values[0], 0x3f80);
    assert_int_equal(values[1], 0x4042); /* 3.0234375, a tie between 0x4041 and 0x4042 */
    tensor.dtype = PW_I16;
    assert_int_equal(pw_edits_apply(edits, *state, &tensor, NULL, NULL, NULL, NULL),
                     PW_ERR_UNSUPPORTED);
    tensor.dtype = PW_BF16;
    tensor.size_bytes = 2;
    assert_int_equal(pw_edits_apply(edits, *state, &tensor, NULL, NULL, NULL, NULL),
                     PW_ERR_ARGUMENT);
    pw_edits_free(edits);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(noise_is_numpys),
    cmocka_unit_test(noise_of_other_seeds),
    cmocka_unit_test(noise_of_rows_is_not_rounded_in_f64),
    cmocka_unit_test(damp_is_the_svds),
    cmocka_unit_test(damp_of_many_rows),
    cmocka_unit_test(damp_of_one_direction),
    cmocka_unit_test(damp_refuses_what_is_not_finite),
    cmocka_unit_test(elements_are_computed_in_f64),
    cmocka_unit_test(mean_is_of_the_rows_themselves),
    cmocka_unit_test(eos_is_copied),
    cmocka_unit_test(identities_keep_every_bit),
    cmocka_unit_test(untouched_rows_keep_their_bits),
    cmocka_unit_test(chain_is_its_links),
    cmocka_unit_test(lerp_is_linear),
    cmocka_unit_test(by_eos_counts_from_eos),
    cmocka_unit_test(sources_must_fit),
    cmocka_unit_test(half_precision_is_rounded_once),
};

PW_TEST_MAIN(tests, setup, teardown)
