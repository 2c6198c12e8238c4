/* SPDX-License-Identifier: MIT */
/* Each kind against its committed picture, pixel by pixel. Drawn without text, so that no font
 * has a say. PADWISE_UPDATE_PICTURES=1 writes the pictures anew: look at them before they are
 * committed. */
#include <cairo.h>
#include <stdlib.h>

#include "check.h"
#include "figures.h"
#include "plot/picture.h"
#include "plot/png.h"
#include "test_context.h"

/* Other versions of cairo and pixman round the edges of lines otherwise: a few pixels may be
 * wholly different, the mean hardly. */
#define FAR_PART_MAX 0.004
#define FAR          40
#define MEAN_MAX     0.6

struct distance {
    double mean, far_part; /* of 0..255; part of pixels that are FAR apart */
};

static void path_of(char path[512], const char *name)
{
    const char *source = getenv("PADWISE_SOURCE");

    snprintf(path, 512, "%s/tests/unit/plot/pictures/%s.png", source != NULL ? source : ".",
             name);
}

static struct distance compare(cairo_surface_t *a, cairo_surface_t *b)
{
    const int width = cairo_image_surface_get_width(a);
    const int height = cairo_image_surface_get_height(a);
    struct distance distance = {0, 0};

    assert_int_equal(cairo_image_surface_get_width(b), width);
    assert_int_equal(cairo_image_surface_get_height(b), height);
    for (int y = 0; y < height; y++) {
        const unsigned char *row_a =
            cairo_image_surface_get_data(a) + y * cairo_image_surface_get_stride(a);
        const unsigned char *row_b =
            cairo_image_surface_get_data(b) + y * cairo_image_surface_get_stride(b);

        for (int x = 0; x < width; x++) {
            int largest = 0;

            for (int i = 0; i < 3; i++) {
                const int difference = abs(row_a[4 * x + i] - row_b[4 * x + i]);

                distance.mean += difference / 3.0;
                largest = difference > largest ? difference : largest;
            }
            distance.far_part += largest > FAR;
        }
    }
    distance.mean /= (double)width * height;
    distance.far_part /= (double)width * height;
    return distance;
}

struct reader {
    const char *bytes;
    size_t size;
};

static cairo_status_t read_bytes(void *user, unsigned char *out, unsigned int size)
{
    struct reader *reader = user;

    if (reader->size < size)
        return CAIRO_STATUS_READ_ERROR;
    memcpy(out, reader->bytes, size);
    reader->bytes += size;
    reader->size -= size;
    return CAIRO_STATUS_SUCCESS;
}

static void write_picture(const char *path, const pwi_buf *bytes)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes->data, 1, bytes->size, file), bytes->size);
    assert_int_equal(fclose(file), 0);
}

/* cairo reads through libpng: our PNG is read by somebody else's decoder too. */
static cairo_surface_t *decoded(const pwi_buf *bytes)
{
    struct reader reader = {bytes->data, bytes->size};
    cairo_surface_t *surface = cairo_image_surface_create_from_png_stream(read_bytes, &reader);

    assert_int_equal(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
    return surface;
}

static void check_kind(pw_context *ctx, const struct figure_kind *kind)
{
    pw_picture_options options, complete;
    pw_figure_options words;
    pw_figure *figure;
    cairo_surface_t *drawn, *committed;
    struct distance distance;
    char path[512];
    pwi_buf bytes;

    pw_picture_options_init(&options);
    pw_figure_options_init(&words);
    words.title = "The title of this picture is drawn as blank room";
    options.width = 400;
    options.scale = 1;
    assert_int_equal(pwi_picture_options_complete(&complete, &options, NULL), PW_OK);
    assert_int_equal(kind->make(&figure, ctx, &words, NULL), PW_OK);
    pwi_buf_init(&bytes, &ctx->allocator);
    assert_int_equal(pwi_picture_draw(figure, PW_PICTURE_PNG, &complete, true, &bytes, NULL),
                     PW_OK);
    pw_figure_free(figure);
    path_of(path, kind->name);
    if (getenv("PADWISE_UPDATE_PICTURES") != NULL)
        write_picture(path, &bytes);
    drawn = decoded(&bytes);
    committed = cairo_image_surface_create_from_png(path);
    assert_int_equal(cairo_surface_status(committed), CAIRO_STATUS_SUCCESS);
    distance = compare(drawn, committed);
    if (distance.mean > MEAN_MAX || distance.far_part > FAR_PART_MAX)
        print_message("%s: mean distance %.3f, %.2f %% of pixels far off\n", kind->name,
                      distance.mean, 100 * distance.far_part);
    assert_true(distance.mean <= MEAN_MAX && distance.far_part <= FAR_PART_MAX);
    cairo_surface_destroy(drawn);
    cairo_surface_destroy(committed);
    pwi_buf_free(&bytes);
}

static void kinds_look_as_committed(void **state)
{
    pw_context *ctx = test_context();

    (void)state;
    for (size_t i = 0; i < N_FIGURE_KINDS; i++)
        check_kind(ctx, &figure_kinds[i]);
    pw_context_free(ctx);
}

/* The measure itself must tell one picture from another. */
static void other_pictures_are_far(void **state)
{
    char path[512];
    cairo_surface_t *a, *b;
    struct distance distance;

    (void)state;
    path_of(path, "curves");
    a = cairo_image_surface_create_from_png(path);
    path_of(path, "log");
    b = cairo_image_surface_create_from_png(path);
    distance = compare(a, b);
    assert_true(distance.mean > 2 * MEAN_MAX && distance.far_part > 2 * FAR_PART_MAX);
    cairo_surface_destroy(a);
    cairo_surface_destroy(b);
}

#define N_COLORS 256

/* Pixels of few colours come back from indexes as they were; of too many there is no palette.
 */
static void few_colors_are_kept(void **state)
{
    pw_context *ctx = test_context();
    pwi_color pixels[N_COLORS + 1];
    pwi_buf png;
    struct reader reader;
    cairo_surface_t *read;

    (void)state;
    assert_non_null(ctx);
    for (size_t i = 0; i <= N_COLORS; i++)
        pixels[i] =
            (pwi_color){(unsigned char)i, (unsigned char)(i * 7), (unsigned char)(i / 256)};
    pwi_buf_init(&png, &ctx->allocator);
    assert_false(pwi_png_write_few_colors(&png, ctx, pixels, N_COLORS + 1, 1));
    assert_true(pwi_png_write_few_colors(&png, ctx, pixels, 32, N_COLORS / 32));
    reader = (struct reader){png.data, png.size};
    read = cairo_image_surface_create_from_png_stream(read_bytes, &reader);
    assert_int_equal(cairo_surface_status(read), CAIRO_STATUS_SUCCESS);
    for (size_t i = 0; i < N_COLORS; i++) {
        const unsigned char *row = cairo_image_surface_get_data(read) +
                                   i / 32 * (size_t)cairo_image_surface_get_stride(read);
        uint32_t pixel;

        memcpy(&pixel, row + i % 32 * 4, 4);
        assert_int_equal(pixel & 0xFFFFFF, (uint32_t)pixels[i].red << 16 |
                                               (uint32_t)pixels[i].green << 8 | pixels[i].blue);
    }
    assert_true(png.data[25] == 3); /* the kind: a palette */
    cairo_surface_destroy(read);
    pwi_buf_free(&png);
    pw_context_free(ctx);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(kinds_look_as_committed),
    cmocka_unit_test(other_pictures_are_far),
    cmocka_unit_test(few_colors_are_kept),
};

PW_TEST_MAIN(tests, NULL, NULL)
