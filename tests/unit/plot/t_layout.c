/* SPDX-License-Identifier: MIT */
/* The layout: nothing overlaps and nothing leaves the paper, for every kind and many widths. */
#include "check.h"
#include "figures.h"
#include "plot/layout.h"
#include "plot_context.h"

static struct pwi_layout layout;

static const char long_title[] =
    "a european robin, close-up portrait, bokeh, masterpiece, best quality, highly detailed, "
    "cinematic lighting, volumetric fog, sharp focus, studio photo, dramatic, intricate";

/* The layout of a kind; letters as the rule for tests has them. */
static pw_status lay_out(size_t i_kind, double width, double height, pw_error *err)
{
    pw_figure_options options;
    pw_figure *figure;
    pwi_letters *letters;
    pw_status status;

    pw_figure_options_init(&options);
    options.title = long_title;
    options.footer = long_title;
    assert_int_equal(figure_kinds[i_kind].make(&figure, ctx, &options, err), PW_OK);
    assert_int_equal(pwi_letters_open(&letters, ctx, "x", true, err), PW_OK);
    status = pwi_layout_make(&layout, figure, letters, width, height, err);
    pwi_letters_close(letters);
    pw_figure_free(figure);
    return status;
}

static bool apart(const struct pwi_rect *a, const struct pwi_rect *b)
{
    return a->x + a->width <= b->x || b->x + b->width <= a->x || a->y + a->height <= b->y ||
           b->y + b->height <= a->y;
}

static void check_inside(const struct pwi_rect *rect)
{
    assert_true(rect->width > 0 && rect->height > 0);
    assert_true(rect->x >= PWI_MARGIN && rect->x + rect->width <= layout.width);
    assert_true(rect->y >= PWI_MARGIN && rect->y + rect->height <= layout.height - 10);
}

static void check_layout(void)
{
    const double under_title = layout.title_top + 2 * 13;

    for (size_t i = 0; i < layout.n_panels; i++) {
        const struct pwi_rect *plot = &layout.panels[i].plot;

        check_inside(plot);
        assert_true(plot->y >= under_title);
        assert_true(plot->y + plot->height < layout.note_top);
        for (size_t k = 0; k < i; k++)
            assert_true(apart(plot, &layout.panels[k].plot));
        if (layout.has_bar)
            assert_true(apart(plot, &layout.bar));
        for (size_t k = 0; k < layout.legend.n; k++)
            assert_true(layout.legend.item[k].y + PWI_LEGEND_ROW <= plot->y);
    }
    if (layout.has_bar)
        check_inside(&layout.bar);
    assert_true(layout.note_top <= layout.footer_top && layout.footer_top < layout.height);
}

static void every_kind_at_many_widths(void **state)
{
    size_t n_done = 0;
    pw_error err;

    (void)state;
    for (size_t i = 0; i < N_FIGURE_KINDS; i++)
        for (double width = PW_PLOT_WIDTH_MIN; width <= 2000; width += 37) {
            const pw_status status = lay_out(i, width, 0, &err);

            assert_true(status == PW_OK || (status == PW_ERR_ARGUMENT && width < 300));
            if (status != PW_OK)
                continue;
            check_layout();
            n_done++;
        }
    assert_true(n_done > 300);
}

static void given_heights_are_kept_or_refused(void **state)
{
    pw_error err;

    (void)state;
    for (size_t i = 0; i < N_FIGURE_KINDS; i++) {
        assert_int_equal(lay_out(i, 600, 700, &err), PW_OK);
        assert_true(layout.height == 700);
        check_layout();
        assert_int_equal(lay_out(i, 600, 60, &err), PW_ERR_ARGUMENT);
        assert_non_null(strstr(err.text, "give at least"));
    }
}

/* The height that the refusal names is enough. */
static void the_named_height_is_enough(void **state)
{
    pw_error err;
    const char *number;
    double height = 0;

    (void)state;
    assert_int_equal(lay_out(2, 600, 60, &err), PW_ERR_ARGUMENT);
    number = strstr(err.text, "at least ") + strlen("at least ");
    for (; *number >= '0' && *number <= '9'; number++)
        height = 10 * height + (*number - '0');
    assert_int_equal(lay_out(2, 600, height, &err), PW_OK);
}

/* The left and the bottom panels write the axes that all share. */
static void shared_axes_are_written_once(void **state)
{
    pw_error err;

    (void)state;
    assert_int_equal(lay_out(1, 600, 0, &err), PW_OK);
    assert_int_equal(layout.n_columns, 3);
    assert_true(layout.panels[0].y.has_texts);
    assert_false(layout.panels[1].y.has_texts);
    assert_true(layout.panels[2].x.has_texts);
}

/* A dimension of 768 has half a unit: one pixel at the default scale. */
static void a_dimension_is_a_pixel(void **state)
{
    static float values[77 * 768];
    const pw_heat_map map = {NULL, values};
    pw_heat_maps maps;
    pw_figure *figure;
    pwi_letters *letters;

    (void)state;
    pw_heat_maps_init(&maps);
    maps.maps = &map;
    maps.n_maps = 1;
    maps.n_rows = 77;
    maps.n_columns = 768;
    assert_int_equal(pw_plot_heat_maps(&figure, ctx, &maps, NULL, NULL), PW_OK);
    assert_int_equal(pwi_letters_open(&letters, ctx, "x", true, NULL), PW_OK);
    assert_int_equal(pwi_layout_make(&layout, figure, letters, 600, 0, NULL), PW_OK);
    assert_true(layout.panels[0].plot.height == 384);
    assert_true(layout.panels[0].plot.width == 5.5 * 77);
    pwi_letters_close(letters);
    pw_figure_free(figure);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_kind_at_many_widths),
    cmocka_unit_test(given_heights_are_kept_or_refused),
    cmocka_unit_test(the_named_height_is_enough),
    cmocka_unit_test(shared_axes_are_written_once),
    cmocka_unit_test(a_dimension_is_a_pixel),
};

PW_TEST_MAIN(tests, open_context, close_context)
