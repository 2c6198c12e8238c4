/* SPDX-License-Identifier: MIT */
/* Pictures as files: the same bytes for the same figure, whole or not there, and nothing that a
 * caller can pass makes the drawing libraries fail. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "figures.h"
#include "plot/layout.h"
#include "plot_context.h"

static const pw_picture_format formats[] = {PW_PICTURE_SVG, PW_PICTURE_PNG, PW_PICTURE_PDF,
                                            PW_PICTURE_TEXT};

#define N_FORMATS 4

/* A machine without fonts draws nothing; its tests say so. */
static void need_fonts(void)
{
    pw_figure *figure;
    pw_picture *picture;
    pw_status status;

    assert_int_equal(make_bars(&figure, ctx, NULL, NULL), PW_OK);
    status = pw_figure_render(&picture, figure, PW_PICTURE_PNG, NULL, NULL);
    pw_picture_free(picture);
    pw_figure_free(figure);
    if (status == PW_ERR_UNSUPPORTED)
        PW_SKIP("no fonts on this machine");
    assert_int_equal(status, PW_OK);
}

static void endings_name_formats(void **state)
{
    (void)state;
    assert_int_equal(pw_picture_format_from_path("a.svg"), PW_PICTURE_SVG);
    assert_int_equal(pw_picture_format_from_path("x/y.z.PNG"), PW_PICTURE_PNG);
    assert_int_equal(pw_picture_format_from_path("a.Pdf"), PW_PICTURE_PDF);
    assert_int_equal(pw_picture_format_from_path("a.txt"), PW_PICTURE_TEXT);
    assert_int_equal(pw_picture_format_from_path("a.gif"), -1);
    assert_int_equal(pw_picture_format_from_path(".svg"), -1);
    assert_int_equal(pw_picture_format_from_path(""), -1);
}

static void options_are_checked(void **state)
{
    struct {
        double width, height, scale;
        int32_t n_columns;
        const char *font, *prefix;
    } bad[] = {{10, 0, 0, 0, NULL, NULL},       {1e9, 0, 0, 0, NULL, NULL},
               {NAN, 0, 0, 0, NULL, NULL},      {0, -1, 0, 0, NULL, NULL},
               {0, INFINITY, 0, 0, NULL, NULL}, {0, 0, 1e6, 0, NULL, NULL},
               {0, 0, -1, 0, NULL, NULL},       {0, 0, 0, 3, NULL, NULL},
               {0, 0, 0, 1000000, NULL, NULL},  {0, 0, 0, 0, "", NULL},
               {0, 0, 0, 0, "\xFF", NULL},      {0, 0, 0, 0, NULL, ""},
               {0, 0, 0, 0, NULL, "1"},         {0, 0, 0, 0, NULL, "a\"><script>"}};

    pw_figure *figure;
    pw_picture *picture;
    pw_error err;

    (void)state;
    assert_int_equal(make_bars(&figure, ctx, NULL, NULL), PW_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        pw_picture_options options;

        pw_picture_options_init(&options);
        options.width = bad[i].width;
        options.height = bad[i].height;
        options.scale = bad[i].scale;
        options.n_columns = bad[i].n_columns;
        options.font = bad[i].font;
        options.id_prefix = bad[i].prefix;
        assert_int_equal(pw_figure_render(&picture, figure, PW_PICTURE_PNG, &options, &err),
                         PW_ERR_ARGUMENT);
        assert_null(picture);
    }
    assert_int_equal(pw_figure_render(&picture, figure, (pw_picture_format)17, NULL, &err),
                     PW_ERR_ARGUMENT);
    pw_figure_free(figure);
    assert_int_equal(pw_figure_create(&figure, ctx, NULL, NULL, &err), PW_OK);
    assert_int_equal(pw_figure_render(&picture, figure, PW_PICTURE_SVG, NULL, &err),
                     PW_ERR_ARGUMENT); /* no panels */
    pw_figure_free(figure);
}

static void too_many_pixels_are_refused(void **state)
{
    pw_picture_options options;
    pw_figure *figure;
    pw_picture *picture;
    pw_error err;

    (void)state;
    need_fonts();
    assert_int_equal(make_heat_map(&figure, ctx, NULL, NULL), PW_OK);
    pw_picture_options_init(&options);
    options.width = 8000;
    options.scale = 16;
    assert_int_equal(pw_figure_render(&picture, figure, PW_PICTURE_PNG, &options, &err),
                     PW_ERR_LIMIT);
    pw_figure_free(figure);
}

/* Twice, with other pictures between: cairo counts surfaces, and a clock runs. */
static void same_figure_same_bytes(void **state)
{
    (void)state;
    need_fonts();
    for (size_t i = 0; i < N_FIGURE_KINDS; i++)
        for (size_t k = 0; k < N_FORMATS; k++) {
            pw_figure *figure[2];
            pw_picture *picture[2];
            size_t size[2];

            for (size_t n = 0; n < 2; n++) {
                assert_int_equal(figure_kinds[i].make(&figure[n], ctx, NULL, NULL), PW_OK);
                assert_int_equal(
                    pw_figure_render(&picture[n], figure[n], formats[k], NULL, NULL), PW_OK);
                (void)pw_picture_bytes(picture[n], &size[n]);
            }
            assert_int_equal(size[0], size[1]);
            assert_memory_equal(pw_picture_bytes(picture[0], &size[0]),
                                pw_picture_bytes(picture[1], &size[1]), size[0]);
            for (size_t n = 0; n < 2; n++) {
                pw_picture_free(picture[n]);
                pw_figure_free(figure[n]);
            }
        }
}

/* A PNG is deflated by all threads, and is the same file by any number of them. */
static void any_threads_same_bytes(void **state)
{
    pw_picture *picture[2];
    size_t size[2];

    (void)state;
    need_fonts();
    for (int i = 0; i < 2; i++) {
        pw_context_options options;
        pw_context *own;
        pw_figure *figure;

        pw_context_options_init(&options);
        options.n_threads = 1 + 2 * i;
        assert_int_equal(pwi_context_new(&own, sizeof(struct pw_context), &options, NULL),
                         PW_OK);
        assert_int_equal(make_heat_map(&figure, own, NULL, NULL), PW_OK);
        assert_int_equal(pw_figure_render(&picture[i], figure, PW_PICTURE_PNG, NULL, NULL),
                         PW_OK);
        (void)pw_picture_bytes(picture[i], &size[i]);
        pw_figure_free(figure);
        pw_context_free(own);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(pw_picture_bytes(picture[0], &size[0]),
                        pw_picture_bytes(picture[1], &size[1]), size[0]);
    pw_picture_free(picture[0]);
    pw_picture_free(picture[1]);
}

static char *rendered_svg(const char *title, const char *prefix)
{
    pw_figure_options options;
    pw_picture_options picture_options;
    pw_figure *figure;
    pw_picture *picture;
    const char *bytes;
    char *copy;
    size_t size;

    pw_figure_options_init(&options);
    pw_picture_options_init(&picture_options);
    options.title = title;
    options.footer = "data: CC BY 4.0";
    picture_options.id_prefix = prefix;
    assert_int_equal(make_differences(&figure, ctx, &options, NULL), PW_OK);
    assert_int_equal(pw_figure_render(&picture, figure, PW_PICTURE_SVG, &picture_options, NULL),
                     PW_OK);
    bytes = pw_picture_bytes(picture, &size);
    copy = malloc(size + 1);
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    pw_picture_free(picture);
    pw_figure_free(figure);
    return copy;
}

/* What search and screen readers see: the whole prompt, however little of it fits. */
static void svg_says_what_it_shows(void **state)
{
    char title[2000];
    char *svg;

    (void)state;
    need_fonts();
    memset(title, 'm', sizeof(title));
    memcpy(title, "<script> & ", 11);
    memcpy(title + sizeof(title) - 8, " the end", 8);
    title[sizeof(title) - 1] = '\0';
    svg = rendered_svg(title, NULL);
    assert_memory_equal(svg, "<svg ", 5); /* fit for a page as it is */
    assert_non_null(strstr(svg, "<title id=\"p-title\">&lt;script&gt; &amp; mmm"));
    assert_non_null(strstr(svg, "mmm the en</title>"));
    assert_non_null(strstr(svg, "normal \xE2\x88\x92 scaled\n"));
    assert_non_null(strstr(svg, "data: CC BY 4.0\n</desc>"));
    assert_null(strstr(svg, "<script"));
    free(svg);
}

/* All ids begin with the prefix, none comes twice, and what refers to one finds it. */
static void svg_ids_are_its_own(void **state)
{
    char *svg;
    size_t n_ids = 0, n_references = 0;

    (void)state;
    need_fonts();
    svg = rendered_svg("ids", "fig-3_");
    for (const char *at = strstr(svg, " id=\""); at != NULL; at = strstr(at + 1, " id=\"")) {
        char id[64] = {0};

        memcpy(id, at, strcspn(at + 5, "\"") + 6);
        assert_memory_equal(id, " id=\"fig-3_", 11);
        assert_null(strstr(at + 1, id));
        n_ids++;
    }
    for (const char *at = strstr(svg, "href=\"#"); at != NULL;
         at = strstr(at + 1, "href=\"#")) {
        char id[64] = " id=\"";

        memcpy(id + 5, at + 7, strcspn(at + 7, "\"") + 1);
        assert_non_null(strstr(svg, id));
        n_references++;
    }
    assert_true(n_ids > 10 && n_references > 50);
    free(svg);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;

    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what))
        n++;
    return n;
}

/* The bar of colours is one shape, however many colours it has. */
static void svg_bar_is_one_gradient(void **state)
{
    char *svg;

    (void)state;
    need_fonts();
    svg = rendered_svg("bar", NULL);
    assert_int_equal(count(svg, "<linearGradient"), 1);
    assert_in_range(count(svg, "<stop "), 20, 64);
    assert_in_range(count(svg, "fill:rgb("), 3 * FIGURE_ROWS * FIGURE_COLUMNS,
                    3 * FIGURE_ROWS * FIGURE_COLUMNS + 100);
    free(svg);
}

/* All of a footer is set, at any width. */
static void footers_are_not_cut(void **state)
{
    static const double widths[] = {240, 600};
    char footer[2000];
    pwi_letters *letters;

    (void)state;
    need_fonts();
    memset(footer, 'm', sizeof(footer) - 1);
    footer[sizeof(footer) - 1] = '\0';
    assert_int_equal(pwi_letters_open(&letters, ctx, "DejaVu Sans, sans-serif", false, NULL),
                     PW_OK);
    for (size_t i = 0; i < 2; i++) {
        const struct pwi_text_style style = pwi_style_footer(widths[i]);
        const struct pwi_text_style note = pwi_style_note(widths[i]);
        double width, height, cut_height;

        pwi_letters_measure(letters, &style, footer, &width, &height);
        pwi_letters_measure(letters, &note, footer, &width, &cut_height);
        assert_true(height > 3 * cut_height);
    }
    pwi_letters_close(letters);
}

static uint32_t u32_at(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void png_has_its_size_and_words(void **state)
{
    pw_figure_options options;
    pw_picture_options picture_options;
    pw_figure *figure;
    pw_picture *picture;
    const char *bytes;
    size_t size;

    (void)state;
    need_fonts();
    pw_figure_options_init(&options);
    pw_picture_options_init(&picture_options);
    options.title = "a title";
    options.footer = "a source";
    picture_options.width = 400;
    picture_options.height = 300;
    picture_options.scale = 1.5;
    assert_int_equal(make_bars(&figure, ctx, &options, NULL), PW_OK);
    assert_int_equal(pw_figure_render(&picture, figure, PW_PICTURE_PNG, &picture_options, NULL),
                     PW_OK);
    bytes = pw_picture_bytes(picture, &size);
    assert_memory_equal(bytes + 12, "IHDR", 4);
    assert_int_equal(u32_at(bytes + 16), 600);
    assert_int_equal(u32_at(bytes + 20), 450);
    assert_memory_equal(bytes + 37, "pHYs", 4);
    assert_int_equal(u32_at(bytes + 41), 5669); /* 144 dots an inch */
    assert_memory_equal(bytes + 58, "iTXtTitle\0\0\0\0\0a title", 21);
    pw_picture_free(picture);
    pw_figure_free(figure);
}

static void pdf_has_no_date_of_its_own(void **state)
{
    pw_figure *figure;
    pw_picture *picture;
    const char *bytes;
    size_t size;
    bool found = false;

    (void)state;
    need_fonts();
    assert_int_equal(make_bars(&figure, ctx, NULL, NULL), PW_OK);
    assert_int_equal(pw_figure_render(&picture, figure, PW_PICTURE_PDF, NULL, NULL), PW_OK);
    bytes = pw_picture_bytes(picture, &size);
    assert_memory_equal(bytes, "%PDF-", 5);
    for (size_t i = 0; i + 23 < size; i++)
        /* cairo 1.16 leaves out the "D:". */
        found = found || memcmp(bytes + i, "/CreationDate (20000101", 23) == 0 ||
                memcmp(bytes + i, "/CreationDate (D:200001", 23) == 0;
    assert_true(found);
    pw_picture_free(picture);
    pw_figure_free(figure);
}

static void render_all(pw_figure *figure)
{
    for (size_t k = 0; k < N_FORMATS; k++) {
        pw_picture *picture;
        pw_error err;

        if (pw_figure_render(&picture, figure, formats[k], NULL, &err) != PW_OK)
            fail_msg("%s", err.text);
        pw_picture_free(picture);
    }
}

/* Names that upset text libraries: bytes that are no UTF-8, controls, a thousand marks on one
 * letter, right to left, no letters at all. */
static void any_names_can_be_drawn(void **state)
{
    static char marks[2 * 4000 + 2], words[100001];
    const char *names[8] = {"\xFF\xFE\x80",
                            "\x01\x1B[31m\n\r\t",
                            marks,
                            "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D (abc)",
                            "\xE2\x80\xAE\xE2\x80\xAE reversed",
                            "\xF0\x9F\xA6\xAB\xE2\x80\x8D\xF0\x9F\x94\xA5",
                            "",
                            words};
    float values[64];
    pw_figure_options options;
    pw_similarity similarity;
    pw_figure *figure;

    (void)state;
    need_fonts();
    marks[0] = 'a';
    for (size_t i = 0; i < 4000; i++)
        memcpy(marks + 1 + 2 * i, "\xCC\x81", 2);
    memset(words, 'W', sizeof(words) - 1);
    for (size_t i = 0; i < 64; i++)
        values[i] = (float)i / 64;
    pw_figure_options_init(&options);
    pw_similarity_init(&similarity);
    similarity.values = values;
    similarity.labels = names;
    similarity.n = 8;
    for (size_t i = 0; i < 8; i++) {
        options.title = options.footer = options.description = names[i];
        assert_int_equal(pw_plot_similarity(&figure, ctx, &similarity, &options, NULL), PW_OK);
        render_all(figure);
        pw_figure_free(figure);
    }
}

static void draw_curve(const double *x, const double *y, size_t n, pw_scale scale)
{
    const pw_curve curve = {"curve", x, y, y, y, n};
    pw_curves curves;
    pw_figure *figure;

    pw_curves_init(&curves);
    curves.curves = &curve;
    curves.n_curves = 1;
    curves.y_scale = scale;
    assert_int_equal(pw_plot_curves(&figure, ctx, &curves, NULL, NULL), PW_OK);
    render_all(figure);
    pw_figure_free(figure);
}

static void any_numbers_can_be_drawn(void **state)
{
    const double missing[3] = {NAN, INFINITY, -INFINITY}, one[1] = {3};
    const double huge[3] = {-1.7e308, 1.7e308, 0}, tiny[3] = {5e-324, 0, -5e-324};
    const double same[2] = {7, 7};

    (void)state;
    need_fonts();
    for (int i = 0; i < 2; i++) {
        const pw_scale scale = i == 0 ? PW_SCALE_LINEAR : PW_SCALE_LOG;

        draw_curve(NULL, missing, 3, scale);
        draw_curve(NULL, one, 1, scale);
        draw_curve(huge, huge, 3, scale);
        draw_curve(tiny, tiny, 3, scale);
        draw_curve(same, same, 2, scale);
        draw_curve(missing, same, 2, scale);
    }
}

static void draw_matrix(size_t n_x, size_t n_y, float value, bool is_square)
{
    float *values = calloc(n_x * n_y, sizeof(*values));
    const pw_matrix matrix = {values, n_x, n_y, 1, n_x, true};
    pw_panel_options panel;
    pw_figure *figure;

    for (size_t i = 0; i < n_x * n_y; i++)
        values[i] = value;
    pw_panel_options_init(&panel);
    panel.is_square = is_square;
    assert_int_equal(pw_figure_create(&figure, ctx, NULL, NULL, NULL), PW_OK);
    assert_int_equal(pw_figure_add_panel(figure, &panel, NULL), PW_OK);
    assert_int_equal(pw_figure_add_matrix(figure, &matrix, NULL), PW_OK);
    render_all(figure);
    pw_figure_free(figure);
    free(values);
}

static void any_shape_can_be_drawn(void **state)
{
    (void)state;
    need_fonts();
    for (int i = 0; i < 2; i++) {
        draw_matrix(1, 1, 0.5f, i == 1);
        draw_matrix(2, 1, NAN, i == 1);
        draw_matrix(1, 3000, 3e38f, i == 1);
        draw_matrix(5000, 2, -3e38f, i == 1);
        draw_matrix(300, 300, 1, i == 1);
    }
}

static void a_panel_alone_can_be_drawn(void **state)
{
    pw_figure *figure;

    (void)state;
    need_fonts();
    assert_int_equal(pw_figure_create(&figure, ctx, NULL, NULL, NULL), PW_OK);
    assert_int_equal(pw_figure_add_panel(figure, NULL, NULL), PW_OK);
    render_all(figure);
    pw_figure_free(figure);
}

static void files_are_whole_or_absent(void **state)
{
    char folder[] = "/tmp/padwise-plot-XXXXXX", path[64];
    pw_figure *figure;
    pw_error err;

    (void)state;
    need_fonts();
    assert_non_null(mkdtemp(folder));
    assert_int_equal(make_bars(&figure, ctx, NULL, NULL), PW_OK);
    snprintf(path, sizeof(path), "%s/a.svg", folder);
    assert_int_equal(pw_figure_save(figure, path, NULL, &err), PW_OK);
    assert_int_equal(access(path, R_OK), 0);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof(path), "%s/a.gif", folder);
    assert_int_equal(pw_figure_save(figure, path, NULL, &err), PW_ERR_ARGUMENT);
    assert_string_equal(err.where, path);
    snprintf(path, sizeof(path), "%s/none/a.png", folder);
    assert_int_not_equal(pw_figure_save(figure, path, NULL, &err), PW_OK);
    assert_string_equal(err.where, path);
    assert_int_equal(rmdir(folder), 0); /* nothing is left in it */
    pw_figure_free(figure);
}

static void a_picture_outlives_its_makers(void **state)
{
    pw_context *own = test_context();
    pw_figure *figure;
    pw_picture *picture;
    size_t size;

    (void)state;
    assert_int_equal(make_bars(&figure, own, NULL, NULL), PW_OK);
    assert_int_equal(pw_figure_render(&picture, figure, PW_PICTURE_TEXT, NULL, NULL), PW_OK);
    pw_figure_free(figure);
    pw_context_free(own);
    assert_non_null(pw_picture_bytes(picture, &size));
    assert_true(size > 100);
    pw_picture_free(picture);
    pw_picture_free(NULL);
    pw_figure_free(NULL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(endings_name_formats),
    cmocka_unit_test(options_are_checked),
    cmocka_unit_test(too_many_pixels_are_refused),
    cmocka_unit_test(same_figure_same_bytes),
    cmocka_unit_test(any_threads_same_bytes),
    cmocka_unit_test(svg_says_what_it_shows),
    cmocka_unit_test(svg_ids_are_its_own),
    cmocka_unit_test(svg_bar_is_one_gradient),
    cmocka_unit_test(footers_are_not_cut),
    cmocka_unit_test(png_has_its_size_and_words),
    cmocka_unit_test(pdf_has_no_date_of_its_own),
    cmocka_unit_test(any_names_can_be_drawn),
    cmocka_unit_test(any_numbers_can_be_drawn),
    cmocka_unit_test(any_shape_can_be_drawn),
    cmocka_unit_test(a_panel_alone_can_be_drawn),
    cmocka_unit_test(files_are_whole_or_absent),
    cmocka_unit_test(a_picture_outlives_its_makers),
};

PW_TEST_MAIN(tests, open_context, close_context)
