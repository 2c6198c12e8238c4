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

/* Of a figure that the caller frees: the layout points into it. */
static pw_figure *lay_out_curve(const double *x, const double *y, size_t n, double width)
{
    const pw_curve curve = {NULL, x, y, NULL, NULL, n};
    pw_panel_options panel;
    pw_figure *figure;
    pwi_letters *letters;

    pw_panel_options_init(&panel);
    panel.x.label = "layer";
    panel.y.label = "L2 norm";
    assert_int_equal(pw_figure_create(&figure, ctx, NULL, NULL, NULL), PW_OK);
    assert_int_equal(pw_figure_add_panel(figure, &panel, NULL), PW_OK);
    assert_int_equal(pw_figure_add_curve(figure, &curve, NULL), PW_OK);
    assert_int_equal(pwi_letters_open(&letters, ctx, "x", true, NULL), PW_OK);
    assert_int_equal(pwi_layout_make(&layout, figure, letters, width, 0, NULL), PW_OK);
    pwi_letters_close(letters);
    return figure;
}

/* Characters of the longest text of the ticks. */
static size_t longest_tick(const struct pwi_ticks *ticks)
{
    size_t longest = 0;

    for (size_t i = 0; i < ticks->n; i++) {
        size_t n = 0;

        for (const char *at = ticks->tick[i].text; *at != '\0'; at++)
            n += ((unsigned char)*at & 0xC0) != 0x80;
        longest = n > longest ? n : longest;
    }
    return longest;
}

/* Between the label of y and the axis there is room for the ticks that are written: more of
 * them than were guessed have more decimals. */
static void a_label_stands_beside_its_ticks(void **state)
{
    static const double ranges[][2] = {{8.3, 8.35}, {-0.05, 0.01}, {0, 0.4},   {25, 45},
                                       {-1, 1},     {0, 1e6},      {0.1, 0.2}, {1e-7, 3e-7}};
    struct pwi_ticks ticks;

    (void)state;
    for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
        for (double width = 240; width < 1300; width += 120) {
            const struct pwi_panel_layout *panel = &layout.panels[0];

            pw_figure *figure = lay_out_curve(NULL, ranges[i], 2, width);

            pwi_panel_ticks_y(panel, &ticks);
            /* The letters of the rule are 0.6 of their size wide. */
            assert_true(panel->y.extent + 0.01 >=
                        0.6 * PWI_TICK_SIZE * (double)longest_tick(&ticks));
            assert_true(panel->plot.x - PWI_TICK - 7 - panel->y.extent - PWI_LABEL_SIZE >=
                        PWI_MARGIN - 3);
            pw_figure_free(figure);
        }
}

/* There is no layer 0.5; and numbers along x stand apart. */
static void ticks_of_x_can_be_read(void **state)
{
    static const double layers[] = {0, 1, 2, 3, 4}, values[] = {1, 2, 3, 4, 5};
    static const double large[] = {100000, 100001, 100002, 100003, 100004};
    pw_figure *figure = lay_out_curve(layers, values, 5, 600);
    struct pwi_ticks ticks;

    (void)state;
    pwi_panel_ticks_x(&layout.panels[0], &ticks);
    assert_int_equal(ticks.n, 5);
    for (size_t i = 0; i < ticks.n; i++)
        assert_int_equal(strlen(ticks.tick[i].text), 1);
    pw_figure_free(figure);
    figure = lay_out_curve(large, values, 5, 240);
    pwi_panel_ticks_x(&layout.panels[0], &ticks);
    assert_true((double)ticks.n * 0.6 * PWI_TICK_SIZE * (double)longest_tick(&ticks) <
                layout.panels[0].plot.width + 40);
    pw_figure_free(figure);
}

/* Sixteen credits of 110 letters: on paper to the last line. */
static void a_footer_is_never_cut(void **state)
{
    static const double widths[] = {240, 600};
    static char footer[16 * 110 + 1];
    pw_figure_options options;
    pw_figure *figure;
    pwi_letters *letters;

    (void)state;
    memset(footer, 'x', sizeof(footer) - 1);
    pw_figure_options_init(&options);
    options.footer = footer;
    assert_int_equal(figure_kinds[0].make(&figure, ctx, &options, NULL), PW_OK);
    assert_int_equal(pwi_letters_open(&letters, ctx, "x", true, NULL), PW_OK);
    for (size_t i = 0; i < 2; i++) {
        const struct pwi_text_style style = pwi_style_footer(widths[i]);
        const double n_lines = 0.6 * 9 * (sizeof(footer) - 1) / style.width_max;

        assert_int_equal(pwi_layout_make(&layout, figure, letters, widths[i], 0, NULL), PW_OK);
        assert_int_equal(style.n_lines, 0);
        assert_true(layout.footer_top + n_lines * 1.17 * 9 <= layout.height);
    }
    pwi_letters_close(letters);
    pw_figure_free(figure);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_label_stands_beside_its_ticks),
    cmocka_unit_test(ticks_of_x_can_be_read),
    cmocka_unit_test(a_footer_is_never_cut),
    cmocka_unit_test(every_kind_at_many_widths),
    cmocka_unit_test(given_heights_are_kept_or_refused),
    cmocka_unit_test(the_named_height_is_enough),
    cmocka_unit_test(shared_axes_are_written_once),
    cmocka_unit_test(a_dimension_is_a_pixel),
};

PW_TEST_MAIN(tests, open_context, close_context)
