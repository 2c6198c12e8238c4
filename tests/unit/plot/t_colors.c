/* SPDX-License-Identifier: MIT */
/* Colour maps: even in lightness, and readable by those who do not see all colours. */
#include <math.h>

#include "check.h"
#include "plot/cells.h"
#include "plot/colors.h"

struct lab {
    double lightness, a, b;
};

static double linear(double value)
{
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

/* OKLab (Ottosson 2020) of linear sRGB. */
static struct lab lab_of_linear(double red, double green, double blue)
{
    const double l = cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
    const double m = cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
    const double s = cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);

    return (struct lab){0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
                        1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
                        0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

static struct lab lab_of(const unsigned char color[3])
{
    return lab_of_linear(linear(color[0] / 255.0), linear(color[1] / 255.0),
                         linear(color[2] / 255.0));
}

static struct lab lab_of_color(pwi_color color)
{
    const unsigned char bytes[3] = {color.red, color.green, color.blue};

    return lab_of(bytes);
}

/* As seen without the cones for red (0) or green (1), severity 1: Machado, Oliveira and
 * Fernandes 2009. */
static struct lab lab_seen(const unsigned char color[3], int lacks)
{
    static const double matrix[2][3][3] = {{{0.152286, 1.052583, -0.204868},
                                            {0.114503, 0.786281, 0.099216},
                                            {-0.003882, -0.048116, 1.051998}},
                                           {{0.367322, 0.860646, -0.227968},
                                            {0.280085, 0.672501, 0.047413},
                                            {-0.011820, 0.042940, 0.968881}}};
    double rgb[3], seen[3] = {0};

    for (size_t i = 0; i < 3; i++)
        rgb[i] = linear(color[i] / 255.0);
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++)
            seen[i] += matrix[lacks][i][k] * rgb[k];
    return lab_of_linear(fmax(seen[0], 0), fmax(seen[1], 0), fmax(seen[2], 0));
}

static double distance(struct lab x, struct lab y)
{
    return sqrt(pow(x.lightness - y.lightness, 2) + pow(x.a - y.a, 2) + pow(x.b - y.b, 2));
}

static void sequential_darkens_evenly(void **state)
{
    const double first = lab_of(pwi_map_sequential[0]).lightness;
    const double last = lab_of(pwi_map_sequential[PWI_MAP_SIZE - 1]).lightness;

    (void)state;
    assert_true(first > 0.97 && last < 0.26);
    for (size_t i = 1; i < PWI_MAP_SIZE; i++) {
        const double here = lab_of(pwi_map_sequential[i]).lightness;
        const double wanted = first + (last - first) * (double)i / (PWI_MAP_SIZE - 1);

        assert_true(here < lab_of(pwi_map_sequential[i - 1]).lightness);
        assert_true(fabs(here - wanted) < 0.006);
    }
}

static void diverging_has_two_equal_arms(void **state)
{
    const size_t middle = PWI_MAP_SIZE / 2;

    (void)state;
    assert_true(lab_of(pwi_map_diverging[middle]).lightness > 0.97);
    assert_true(fabs(lab_of(pwi_map_diverging[middle]).a) < 0.01);
    assert_true(fabs(lab_of(pwi_map_diverging[middle]).b) < 0.01);
    for (size_t i = 1; i <= middle; i++) {
        const double blue = lab_of(pwi_map_diverging[middle - i]).lightness;
        const double red = lab_of(pwi_map_diverging[middle + i]).lightness;

        assert_true(blue < lab_of(pwi_map_diverging[middle - i + 1]).lightness);
        assert_true(red < lab_of(pwi_map_diverging[middle + i - 1]).lightness);
        assert_true(fabs(blue - red) < 0.008); /* +x weighs as much as -x */
    }
}

/* Signs stay apart where a cone is missing (OKLab; two colours 0.02 apart are told apart side
 * by side). */
static void diverging_keeps_signs_apart_for_all_eyes(void **state)
{
    const size_t middle = PWI_MAP_SIZE / 2;

    (void)state;
    for (int lacks = 0; lacks < 2; lacks++) {
        assert_true(distance(lab_seen(pwi_map_diverging[0], lacks),
                             lab_seen(pwi_map_diverging[PWI_MAP_SIZE - 1], lacks)) > 0.15);
        assert_true(distance(lab_seen(pwi_map_diverging[middle - 64], lacks),
                             lab_seen(pwi_map_diverging[middle + 64], lacks)) > 0.15);
        assert_true(distance(lab_seen(pwi_map_diverging[middle - 32], lacks),
                             lab_seen(pwi_map_diverging[middle + 32], lacks)) > 0.08);
    }
}

static void missing_is_in_no_map(void **state)
{
    const struct lab missing = lab_of_color(PWI_MISSING);

    (void)state;
    for (size_t i = 0; i < PWI_MAP_SIZE; i++) {
        assert_true(distance(missing, lab_of(pwi_map_diverging[i])) > 0.05);
        assert_true(distance(missing, lab_of(pwi_map_sequential[i])) > 0.05);
    }
}

/* On grey paper only lightness is left. */
static void roles_differ_in_lightness(void **state)
{
    (void)state;
    for (int i = 0; i < PW_PLOT_N_ROLES; i++)
        for (int k = 0; k < i; k++)
            assert_true(fabs(lab_of_color(pwi_role_color((pw_plot_role)i)).lightness -
                             lab_of_color(pwi_role_color((pw_plot_role)k)).lightness) > 0.07);
}

static void values_take_their_colors(void **state)
{
    const pw_color_scale scale = {PW_MAP_DIVERGING, -1, 1, ""};
    const pwi_color low = pwi_color_of(&scale, -1), below = pwi_color_of(&scale, -1e30);
    const pwi_color zero = pwi_color_of(&scale, 0), nan = pwi_color_of(&scale, NAN);
    const pwi_color missing = PWI_MISSING;

    (void)state;
    assert_memory_equal(&low, pwi_map_diverging[0], 3);
    assert_memory_equal(&below, &low, 3);
    assert_memory_equal(&zero, pwi_map_diverging[PWI_MAP_SIZE / 2], 3);
    assert_memory_equal(&nan, &missing, 3);
}

/* Several cells on a pixel: the mean of what is finite, each clipped first. */
static void pixels_average_clipped_values(void **state)
{
    const float values[4] = {100, 0.25f, NAN, 0};
    const pw_matrix matrix = {values, 4, 1, 1, 4, false};
    const pw_color_scale scale = {PW_MAP_SEQUENTIAL, 0, 1, ""};

    (void)state;
    assert_true(pwi_cells_value(&matrix, &scale, 0, 2, 0, 1) == 0.625); /* (1 + 0.25) / 2 */
    assert_true(pwi_cells_value(&matrix, &scale, 1, 2, 0, 1) == 0);     /* NaN left out */
}

/* Around a middle, values of both signs do not cancel: size as it is, sign of the sum. */
static void diverging_pixels_keep_their_size(void **state)
{
    const float values[4] = {1, -0.5f, -0.5f, -0.5f};
    const float around_2[2] = {1, 1};
    const pw_matrix matrix = {values, 4, 1, 1, 4, false};
    const pw_matrix shifted = {around_2, 2, 1, 1, 2, false};
    const pw_color_scale scale = {PW_MAP_DIVERGING, -1, 1, ""};
    const pw_color_scale scale_2 = {PW_MAP_DIVERGING, 0, 4, ""};

    (void)state;
    assert_true(fabs(pwi_cells_value(&matrix, &scale, 0, 2, 0, 1) - sqrt(0.625)) < 1e-15);
    assert_true(pwi_cells_value(&matrix, &scale, 1, 2, 0, 1) == -0.5);
    assert_true(pwi_cells_value(&matrix, &scale, 0, 1, 0, 1) < 0); /* of the sum, -0.5 */
    assert_true(pwi_cells_value(&shifted, &scale_2, 0, 1, 0, 1) == 1);
}

static void diverging_pixels_of_clipped_values(void **state)
{
    const float values[4] = {100, -1, NAN, 0};
    const pw_matrix matrix = {values, 4, 1, 1, 4, false};
    const pw_color_scale scale = {PW_MAP_DIVERGING, -1, 1, ""};

    (void)state;
    assert_true(pwi_cells_value(&matrix, &scale, 0, 2, 0, 1) == 0);   /* 1 and -1: no side */
    assert_true(pwi_cells_value(&matrix, &scale, 1, 2, 0, 1) == 0);   /* NaN left out */
    assert_true(isnan(pwi_cells_value(&matrix, &scale, 2, 4, 0, 1))); /* NaN alone */
    assert_true(pwi_cells_value(&matrix, &scale, 0, 8, 0, 3) == 1);   /* enlarged */
    assert_true(pwi_cells_value(&matrix, &scale, 3, 8, 2, 3) == -1);
}

static void pixels_equal_values(void **state)
{
    const float values[6] = {-1, 0, 1, 0.5f, -0.5f, NAN};
    const pw_matrix matrix = {values, 3, 2, 1, 3, false};
    const pw_color_scale scale = {PW_MAP_DIVERGING, -1, 1, ""};
    pwi_color pixels[11 * 7];

    (void)state;
    pwi_cells_pixels(&matrix, &scale, pixels, 11, 7);
    for (size_t y = 0; y < 7; y++)
        for (size_t x = 0; x < 11; x++) {
            const pwi_color wanted =
                pwi_color_of(&scale, pwi_cells_value(&matrix, &scale, x, 11, y, 7));

            assert_memory_equal(&pixels[y * 11 + x], &wanted, 3);
        }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sequential_darkens_evenly),
    cmocka_unit_test(diverging_has_two_equal_arms),
    cmocka_unit_test(diverging_keeps_signs_apart_for_all_eyes),
    cmocka_unit_test(missing_is_in_no_map),
    cmocka_unit_test(roles_differ_in_lightness),
    cmocka_unit_test(values_take_their_colors),
    cmocka_unit_test(pixels_average_clipped_values),
    cmocka_unit_test(diverging_pixels_keep_their_size),
    cmocka_unit_test(diverging_pixels_of_clipped_values),
    cmocka_unit_test(pixels_equal_values),
};

PW_TEST_MAIN(tests, NULL, NULL)
