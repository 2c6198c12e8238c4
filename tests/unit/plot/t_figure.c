/* SPDX-License-Identifier: MIT */
/* Figures: what is copied, counted, refused; and every allocation failing once. */
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "failing_allocator.h"
#include "figures.h"
#include "plot/figure.h"
#include "plot/label.h"
#include "plot_context.h"

static void texts_are_clean(void **state)
{
    pwi_arena arena;
    const char *text;

    (void)state;
    pwi_arena_init(&arena, &ctx->allocator);
    assert_int_equal(pwi_label_copy(&arena,
                                    "a\xFF"
                                    "b\tc\xC2\x85"
                                    "d\xE2\x80\xA8"
                                    "e\xED\xA0\x80",
                                    &text, NULL),
                     PW_OK);
    assert_string_equal(text, "a\xEF\xBF\xBD"
                              "b c d e\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_int_equal(pwi_label_copy(&arena, NULL, &text, NULL), PW_OK);
    assert_string_equal(text, "");
    assert_int_equal(pwi_label_prefix("\xE6\x97\xA5\xE6\x9C\xAC x", 2), 6);
    pwi_arena_free(&arena);
}

static void texts_have_a_limit(void **state)
{
    char *text = malloc(PW_PLOT_TEXT_MAX + 2);
    pw_figure_options options;
    pw_figure *figure;
    pw_error err;

    (void)state;
    memset(text, 'x', PW_PLOT_TEXT_MAX + 1);
    text[PW_PLOT_TEXT_MAX + 1] = '\0';
    pw_figure_options_init(&options);
    options.title = text;
    assert_int_equal(pw_figure_create(&figure, ctx, &options, NULL, &err), PW_ERR_LIMIT);
    assert_null(figure);
    text[PW_PLOT_TEXT_MAX] = '\0';
    assert_int_equal(pw_figure_create(&figure, ctx, &options, NULL, &err), PW_OK);
    pw_figure_free(figure);
    free(text);
}

static void ranges_are_checked(void **state)
{
    const double bad[][2] = {{1, -1},       {1, 1},          {NAN, 1},
                             {0, INFINITY}, {-1e308, 1e308}, {1, 1 + 1e-12}};
    pw_figure *figure;
    pw_error err;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        const pw_color_scale colors = {PW_MAP_DIVERGING, bad[i][0], bad[i][1], NULL};

        assert_int_equal(pw_figure_create(&figure, ctx, NULL, &colors, &err), PW_ERR_ARGUMENT);
        assert_null(figure);
    }
}

static void marks_need_a_panel(void **state)
{
    const float values[1] = {0};
    const pw_matrix matrix = {values, 1, 1, 1, 1, false};
    const pw_rule rule = {false, 0, NULL};
    pw_figure *figure;

    (void)state;
    assert_int_equal(pw_figure_create(&figure, ctx, NULL, NULL, NULL), PW_OK);
    assert_int_equal(pw_figure_add_matrix(figure, &matrix, NULL), PW_ERR_ARGUMENT);
    assert_int_equal(pw_figure_add_rule(figure, &rule, NULL), PW_ERR_ARGUMENT);
    pw_figure_free(figure);
}

static void sizes_are_checked(void **state)
{
    const float value = 0;
    const double height = 0;
    const pw_plot_role role = (pw_plot_role)9;
    const pw_matrix none = {&value, 0, 1, 1, 1, false},
                    many = {&value, 1 << 13, 1 << 12, 0, 0, false};
    const pw_matrix wraps = {&value, 2, 2, SIZE_MAX, SIZE_MAX, false};
    const pw_bars no_bars = {&height, NULL, 0}, bad_role = {&height, &role, 1};
    const pw_curve half_band = {NULL, NULL, &height, &height, NULL, 1};
    const pw_curve long_curve = {NULL, NULL, &height, NULL, NULL, PW_PLOT_POINTS_MAX + 1};
    const pw_rule nowhere = {false, NAN, NULL};
    pw_figure *figure;

    (void)state;
    assert_int_equal(pw_figure_create(&figure, ctx, NULL, NULL, NULL), PW_OK);
    assert_int_equal(pw_figure_add_panel(figure, NULL, NULL), PW_OK);
    assert_int_equal(pw_figure_add_matrix(figure, &none, NULL), PW_ERR_ARGUMENT);
    assert_int_equal(pw_figure_add_matrix(figure, &many, NULL), PW_ERR_LIMIT);
    assert_int_equal(pw_figure_add_matrix(figure, &wraps, NULL), PW_ERR_ARGUMENT);
    assert_int_equal(pw_figure_add_bars(figure, &no_bars, NULL), PW_ERR_ARGUMENT);
    assert_int_equal(pw_figure_add_bars(figure, &bad_role, NULL), PW_ERR_ARGUMENT);
    assert_int_equal(pw_figure_add_curve(figure, &half_band, NULL), PW_ERR_ARGUMENT);
    assert_int_equal(pw_figure_add_curve(figure, &long_curve, NULL), PW_ERR_LIMIT);
    assert_int_equal(pw_figure_add_rule(figure, &nowhere, NULL), PW_ERR_ARGUMENT);
    assert_int_equal(figure->first->n_marks, 0); /* nothing of what was refused is there */
    pw_figure_free(figure);
}

static void panels_and_marks_have_limits(void **state)
{
    const pw_rule rule = {false, 1, NULL};
    pw_figure *figure;

    (void)state;
    assert_int_equal(pw_figure_create(&figure, ctx, NULL, NULL, NULL), PW_OK);
    for (size_t i = 0; i < PW_PLOT_PANELS_MAX; i++)
        assert_int_equal(pw_figure_add_panel(figure, NULL, NULL), PW_OK);
    assert_int_equal(pw_figure_add_panel(figure, NULL, NULL), PW_ERR_LIMIT);
    for (size_t i = 0; i < PW_PLOT_MARKS_MAX; i++)
        assert_int_equal(pw_figure_add_rule(figure, &rule, NULL), PW_OK);
    assert_int_equal(pw_figure_add_rule(figure, &rule, NULL), PW_ERR_LIMIT);
    pw_figure_free(figure);
}

static void kinds_refuse_nothing(void **state)
{
    pw_heat_maps heat;
    pw_role_bars bars;
    pw_similarity similarity;
    pw_curves curves;
    pw_attention attention;
    pw_figure *figure;
    pw_error err;

    (void)state;
    pw_heat_maps_init(&heat);
    pw_role_bars_init(&bars);
    pw_similarity_init(&similarity);
    pw_curves_init(&curves);
    pw_attention_init(&attention);
    assert_int_equal(pw_plot_heat_maps(&figure, ctx, &heat, NULL, &err), PW_ERR_ARGUMENT);
    assert_int_equal(pw_plot_role_bars(&figure, ctx, &bars, NULL, &err), PW_ERR_ARGUMENT);
    assert_int_equal(pw_plot_similarity(&figure, ctx, &similarity, NULL, &err),
                     PW_ERR_ARGUMENT);
    assert_int_equal(pw_plot_curves(&figure, ctx, &curves, NULL, &err), PW_ERR_ARGUMENT);
    assert_int_equal(pw_plot_attention(&figure, ctx, &attention, NULL, &err), PW_ERR_ARGUMENT);
    assert_null(figure);
}

/* The caller's arrays may go as soon as the call is back. */
static void values_are_copied(void **state)
{
    float values[6] = {1, 2, 3, 4, 5, 6};
    const pw_heat_map map = {NULL, values};
    const struct pwi_mark *mark;
    pw_heat_maps maps;
    pw_figure *figure;

    (void)state;
    pw_heat_maps_init(&maps);
    maps.maps = &map;
    maps.n_maps = 1;
    maps.n_rows = 2;
    maps.n_columns = 3;
    assert_int_equal(pw_plot_heat_maps(&figure, ctx, &maps, NULL, NULL), PW_OK);
    memset(values, 0, sizeof(values));
    mark = pwi_panel_mark(figure->first, PWI_MARK_MATRIX);
    /* Row 1 of the file is column 1 of the picture, its value 2 in row 2. */
    assert_int_equal(mark->matrix.n_x, 2);
    assert_true(mark->matrix.values[1 * mark->matrix.x_stride + 2 * mark->matrix.y_stride] ==
                6);
    assert_true(figure->colors.max == PW_PLOT_HEAT_RANGE);
    pw_figure_free(figure);
}

static void differences_are_first_minus_other(void **state)
{
    const float a[2] = {1, 2}, b[2] = {0.25f, -1}, c[2] = {5, 5};
    const pw_heat_map map[3] = {{"a", a}, {"b", b}, {"c", c}};
    pw_heat_maps maps;
    pw_figure *figure;

    (void)state;
    pw_heat_maps_init(&maps);
    maps.maps = map;
    maps.n_maps = 3;
    maps.n_rows = 1;
    maps.n_columns = 2;
    maps.shows_differences = true;
    assert_int_equal(pw_plot_heat_maps(&figure, ctx, &maps, NULL, NULL), PW_OK);
    assert_int_equal(figure->n_panels, 5);
    assert_string_equal(figure->last->title, "a \xE2\x88\x92 c");
    assert_true(pwi_panel_mark(figure->last, PWI_MARK_MATRIX)->matrix.values[0] == -4);
    assert_true(figure->colors.max == PW_PLOT_HEAT_RANGE_PANEL);
    pw_figure_free(figure);
}

static void notes_count(void **state)
{
    char note[PWI_NOTE_SIZE];
    pw_figure *figure;

    (void)state;
    assert_int_equal(make_heat_map(&figure, ctx, NULL, NULL), PW_OK);
    pwi_figure_note(figure, "grey", note);
    assert_non_null(strstr(note, " of 480 values beyond \xC2\xB1"
                                 "1 take the end colours"));
    assert_non_null(strstr(note, "1 of 480 values missing (grey)."));
    pw_figure_free(figure);
    assert_int_equal(make_attention(&figure, ctx, NULL, NULL), PW_OK);
    pwi_figure_note(figure, "grey", note);
    assert_string_equal(note, "");
    assert_true(pwi_figure_colors(figure).max == 0.5); /* the largest weight */
    pw_figure_free(figure);
}

/* What is missing may have a name; a caller whose options end before that field has none. */
static void missing_values_are_called_what_they_are(void **state)
{
    const float values[2] = {0.5f, NAN};
    const pw_matrix matrix = {values, 2, 1, 1, 2, false};
    char note[PWI_NOTE_SIZE];
    pw_figure_options options;
    pw_figure *figure;

    (void)state;
    pw_figure_options_init(&options);
    options.missing = "hidden";
    for (int is_older = 0; is_older < 2; is_older++) {
        if (is_older)
            options.struct_size = offsetof(pw_figure_options, missing);
        assert_int_equal(pw_figure_create(&figure, ctx, &options, NULL, NULL), PW_OK);
        assert_int_equal(pw_figure_add_panel(figure, NULL, NULL), PW_OK);
        assert_int_equal(pw_figure_add_matrix(figure, &matrix, NULL), PW_OK);
        pwi_figure_note(figure, "?", note);
        assert_string_equal(note, is_older ? "1 of 2 values missing (?)."
                                           : "1 of 2 values hidden (?).");
        pw_figure_free(figure);
    }
}

/* Every allocation of building and showing fails once. cairo's and pango's own memory is not
 * ours to fail. */
/* The legend is of the whole figure: names, not places, have colours. */
static void curves_of_a_name_share_a_colour(void **state)
{
    static const char *const names[] = {"norm", "eos", "norm", NULL, "bos"};
    static const size_t panels[] = {0, 1, 1, 1, 2}, wanted[] = {0, 1, 0, 2, 2};
    const double y[2] = {1, 2};
    const pw_panel_options panel = {.struct_size = sizeof(panel)};
    const struct pwi_panel *last;
    pw_figure *figure;

    (void)state;
    assert_int_equal(pw_figure_create(&figure, ctx, NULL, NULL, NULL), PW_OK);
    for (size_t i = 0; i < 5; i++) {
        const pw_curve curve = {names[i], NULL, y, NULL, NULL, 2};

        if (figure->n_panels == panels[i])
            assert_int_equal(pw_figure_add_panel(figure, &panel, NULL), PW_OK);
        assert_int_equal(pw_figure_add_curve(figure, &curve, NULL), PW_OK);
        last = figure->last;
        assert_int_equal(last->last->i_series, wanted[i]);
    }
    pw_figure_free(figure);
}

static void survives_without_memory(void **state)
{
    static const pw_picture_format formats[] = {PW_PICTURE_TEXT, PW_PICTURE_SVG, PW_PICTURE_PNG,
                                                PW_PICTURE_PDF};

    (void)state;
    for (size_t i = 0; i < N_FIGURE_KINDS * 4; i++) {
        const pw_picture_format format = formats[i % 4];
        pw_status status = PW_ERR_NO_MEMORY;

        if (format != PW_PICTURE_TEXT && (!pw_plot_can_draw() || i / 4 > 1))
            continue;
        for (size_t n = 1; status != PW_OK; n++) {
            struct failing failing = {.fail_at = 0};
            pw_figure_options title;
            pw_context_options options;
            pw_context *failing_ctx;
            pw_figure *figure = NULL;
            pw_picture *picture = NULL;

            pw_context_options_init(&options);
            pw_figure_options_init(&title);
            title.title = "title";
            options.allocator = failing_allocator(&failing);
            options.n_threads = 1;
            assert_int_equal(
                pwi_context_new(&failing_ctx, sizeof(struct pw_context), &options, NULL),
                PW_OK);
            failing.fail_at = failing.n_calls + n;
            status = figure_kinds[i / 4].make(&figure, failing_ctx, &title, NULL);
            if (status == PW_OK)
                status = pw_figure_render(&picture, figure, format, NULL, NULL);
            assert_true(status == PW_OK || status == PW_ERR_NO_MEMORY);
            assert_true((picture != NULL) == (status == PW_OK));
            pw_picture_free(picture);
            pw_figure_free(figure);
            pw_context_free(failing_ctx);
            assert_int_equal(failing.n_out, 0);
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(texts_are_clean),
    cmocka_unit_test(texts_have_a_limit),
    cmocka_unit_test(ranges_are_checked),
    cmocka_unit_test(marks_need_a_panel),
    cmocka_unit_test(sizes_are_checked),
    cmocka_unit_test(panels_and_marks_have_limits),
    cmocka_unit_test(kinds_refuse_nothing),
    cmocka_unit_test(values_are_copied),
    cmocka_unit_test(differences_are_first_minus_other),
    cmocka_unit_test(notes_count),
    cmocka_unit_test(missing_values_are_called_what_they_are),
    cmocka_unit_test(curves_of_a_name_share_a_colour),
    cmocka_unit_test(survives_without_memory),
};

PW_TEST_MAIN(tests, open_context, close_context)
