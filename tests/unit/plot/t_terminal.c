/* SPDX-License-Identifier: MIT */
/* The terminal form: never wider than asked for, escapes only where colours were asked for, and
 * the numbers that it shows. */
#include "check.h"
#include "base/utf8.h"
#include "figures.h"
#include "plot/text_grid.h"
#include "plot_context.h"

/* Columns of a line without its escapes. */
static size_t line_columns(const char *line, size_t size)
{
    char plain[65536];
    size_t used = 0;

    for (size_t i = 0; i < size;) {
        if (line[i] == '\x1B') {
            while (line[i] != 'm')
                i++;
            i++;
        } else {
            plain[used++] = line[i++];
        }
    }
    plain[used] = '\0';
    return pwi_text_columns(plain);
}

static void check_text(const char *text, size_t size, size_t n_columns, bool is_plain)
{
    assert_int_equal(pwi_utf8_valid_prefix(text, size), size);
    assert_true(size > 0 && text[size - 1] == '\n');
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        const size_t n = (size_t)(end - text) - at;

        assert_true(line_columns(text + at, n) <= n_columns);
        assert_true(n == 0 || text[at + n - 1] != ' ');
        if (is_plain)
            assert_null(memchr(text + at, '\x1B', n));
        at += n + 1;
    }
}

static void lines_keep_their_width(void **state)
{
    static const pw_text_colors colors[] = {PW_TEXT_PLAIN, PW_TEXT_256, PW_TEXT_RGB};
    pw_figure_options words;

    (void)state;
    pw_figure_options_init(&words);
    words.title =
        "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E and a title that is longer than the "
        "narrowest of the terminals, and than most others are wide; it goes on and on";
    words.footer =
        "data: somebody, CC BY 4.0, modified, and more words than fit one line of it";
    for (size_t i = 0; i < N_FIGURE_KINDS; i++)
        for (int32_t n_columns = PW_PLOT_COLUMNS_MIN; n_columns < 200; n_columns += 13)
            for (size_t k = 0; k < 3; k++) {
                pw_picture_options options;
                pw_figure *figure;
                pw_picture *picture;
                const char *text;
                size_t size;

                pw_picture_options_init(&options);
                options.n_columns = n_columns;
                options.colors = colors[k];
                assert_int_equal(figure_kinds[i].make(&figure, ctx, &words, NULL), PW_OK);
                assert_int_equal(
                    pw_figure_render(&picture, figure, PW_PICTURE_TEXT, &options, NULL), PW_OK);
                text = pw_picture_bytes(picture, &size);
                check_text(text, size, (size_t)n_columns, colors[k] == PW_TEXT_PLAIN);
                pw_picture_free(picture);
                pw_figure_free(figure);
            }
}

static pw_picture *plain(pw_figure *figure)
{
    pw_picture *picture;

    assert_int_equal(pw_figure_render(&picture, figure, PW_PICTURE_TEXT, NULL, NULL), PW_OK);
    pw_figure_free(figure);
    return picture;
}

static void small_matrices_are_tables(void **state)
{
    const float values[4] = {1, -0.25f, -0.25f, 1};
    const char *const names[2] = {"one", "other"};
    pw_similarity similarity;
    pw_figure *figure;
    pw_picture *picture;
    size_t size;

    (void)state;
    pw_similarity_init(&similarity);
    similarity.values = values;
    similarity.labels = names;
    similarity.n = 2;
    assert_int_equal(pw_plot_similarity(&figure, ctx, &similarity, NULL, NULL), PW_OK);
    picture = plain(figure);
    assert_non_null(strstr(pw_picture_bytes(picture, &size),
                           "  one  1.00 \xE2\x88\x92"
                           "0.25\nother \xE2\x88\x92"
                           "0.25  1.00\n        one other\n"));
    pw_picture_free(picture);
}

/* Eight eighths a line of ten: half of the range is five full lines. */
static void bars_have_their_heights(void **state)
{
    const double heights[3] = {10, 5, 0};
    pw_role_bars bars;
    pw_figure *figure;
    pw_picture *picture;
    const char *text;
    size_t size, n_full = 0;

    (void)state;
    pw_role_bars_init(&bars);
    bars.heights = heights;
    bars.n = 3;
    assert_int_equal(pw_plot_role_bars(&figure, ctx, &bars, NULL, NULL), PW_OK);
    picture = plain(figure);
    text = pw_picture_bytes(picture, &size);
    for (const char *at = strstr(text, "\xE2\x96\x88"); at != NULL;
         at = strstr(at + 1, "\xE2\x96\x88"))
        n_full++;
    assert_int_equal(n_full, 2 * (10 + 5));   /* two columns a bar, a blank between */
    assert_non_null(strstr(text, "?  ?  ?")); /* roles unknown */
    pw_picture_free(picture);
}

static void rising_curves_rise(void **state)
{
    const double y[2] = {0, 1};
    const pw_curve curve = {"up", NULL, y, NULL, NULL, 2};
    pw_curves curves;
    pw_figure *figure;
    pw_picture *picture;
    const char *first, *last, *text;
    size_t size;

    (void)state;
    pw_curves_init(&curves);
    curves.curves = &curve;
    curves.n_curves = 1;
    assert_int_equal(pw_plot_curves(&figure, ctx, &curves, NULL, NULL), PW_OK);
    picture = plain(figure);
    text = strchr(pw_picture_bytes(picture, &size), '\n') + 1; /* past the legend */
    first = strchr(text, 'a');
    last = strrchr(text, 'a');
    assert_non_null(first);
    /* The top line's letters lie at the right, the bottom line's at the left. */
    assert_true(first - text > 60);
    while (last[-1] != '\n')
        last--;
    assert_true(strchr(last, 'a') - last < 15);
    pw_picture_free(picture);
}

static void wide_characters_take_two_columns(void **state)
{
    pwi_text_grid grid;
    pwi_buf out;

    (void)state;
    assert_int_equal(pwi_text_columns("a\xE6\x97\xA5"), 3);
    assert_int_equal(pwi_text_columns("e\xCC\x81"), 1);
    pwi_buf_init(&out, &ctx->allocator);
    assert_true(pwi_grid_open(&grid, &ctx->allocator, 6, 1));
    pwi_grid_text(&grid, 0, 0, "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E!", 6, NULL);
    pwi_grid_write(&grid, PW_TEXT_PLAIN, &out);
    assert_string_equal(out.data, "\xE6\x97\xA5\xE6\x9C\xAC\xE2\x80\xA6\n");
    pwi_grid_close(&grid);
    pwi_buf_free(&out);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(lines_keep_their_width),
    cmocka_unit_test(small_matrices_are_tables),
    cmocka_unit_test(bars_have_their_heights),
    cmocka_unit_test(rising_curves_rise),
    cmocka_unit_test(wide_characters_take_two_columns),
};

PW_TEST_MAIN(tests, open_context, close_context)
