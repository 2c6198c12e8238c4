/* SPDX-License-Identifier: MIT */
/* The canvas on cairo's image, SVG and PDF surfaces, all to memory. */
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <math.h>
#include <pango/pangocairo.h>

#include "plot/letters.h"
#include "plot/png.h"

struct pwi_canvas {
    const pw_figure *figure;
    pwi_letters *letters;
    pw_picture_format format;
    double scale;
    pwi_buf *bytes;
    cairo_surface_t *surface;
    cairo_t *cairo;
    bool is_clipped;
};

static cairo_status_t append_bytes(void *user, const unsigned char *bytes, unsigned int size)
{
    pwi_buf *buf = user;

    pwi_buf_append(buf, bytes, size);
    return buf->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

static pw_status fail_cairo(cairo_status_t status, pw_error *err)
{
    if (status == CAIRO_STATUS_NO_MEMORY)
        return pwi_fail_memory(err);
    return PWI_FAIL(err, PW_ERR_UNSUPPORTED, "cairo cannot draw this picture: %s",
                    cairo_status_to_string(status));
}

#define QUARTER_TURN 1.57079632679489661923

/* A PDF unit is 1/72 inch, ours (CSS's) 1/96. */
#define PDF_UNIT      0.75
#define UNITS_A_METRE (96 / 0.0254)

static cairo_surface_t *make_surface(pwi_canvas *canvas, double width, double height)
{
    cairo_surface_t *surface;

    switch (canvas->format) {
    case PW_PICTURE_SVG:
        surface =
            cairo_svg_surface_create_for_stream(append_bytes, canvas->bytes, width, height);
        cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
        return surface;
    case PW_PICTURE_PDF:
        return cairo_pdf_surface_create_for_stream(append_bytes, canvas->bytes,
                                                   width * PDF_UNIT, height * PDF_UNIT);
    default:
        return cairo_image_surface_create(CAIRO_FORMAT_RGB24,
                                          (int)lround(width * canvas->scale),
                                          (int)lround(height * canvas->scale));
    }
}

/* The same figure gives the same bytes on any day. */
static void set_pdf_metadata(cairo_surface_t *surface, const pw_figure *figure)
{
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, figure->title);
    if (figure->description[0] != '\0')
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT,
                                       figure->description);
    if (figure->footer[0] != '\0')
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_KEYWORDS, figure->footer);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "padwise");
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                   "2000-01-01T00:00:00Z");
}

static void set_source(pwi_canvas *canvas, pwi_color color, double opacity)
{
    cairo_set_source_rgba(canvas->cairo, color.red / 255.0, color.green / 255.0,
                          color.blue / 255.0, opacity);
}

static void start(pwi_canvas *canvas)
{
    const double scale = canvas->format == PW_PICTURE_PNG   ? canvas->scale
                         : canvas->format == PW_PICTURE_PDF ? PDF_UNIT
                                                            : 1;

    if (canvas->format == PW_PICTURE_PDF)
        set_pdf_metadata(canvas->surface, canvas->figure);
    cairo_scale(canvas->cairo, scale, scale);
    set_source(canvas, PWI_PAPER, 1);
    cairo_paint(canvas->cairo);
}

pw_status pwi_canvas_open(pwi_canvas **out, const pw_figure *figure, pwi_letters *letters,
                          pw_picture_format format, double width, double height, double scale,
                          pwi_buf *bytes, pw_error *err)
{
    pwi_canvas *canvas = PWI_NEW(&figure->ctx->allocator, pwi_canvas);
    cairo_status_t status;

    *out = NULL;
    if (canvas == NULL)
        return pwi_fail_memory(err);
    *canvas = (pwi_canvas){.figure = figure,
                           .letters = letters,
                           .format = format,
                           .scale = format == PW_PICTURE_PNG ? scale : 0,
                           .bytes = bytes};
    canvas->surface = make_surface(canvas, width, height);
    canvas->cairo = cairo_create(canvas->surface);
    status = cairo_status(canvas->cairo);
    if (status != CAIRO_STATUS_SUCCESS) {
        cairo_destroy(canvas->cairo);
        cairo_surface_destroy(canvas->surface);
        PWI_DELETE(&figure->ctx->allocator, canvas);
        return fail_cairo(status, err);
    }
    start(canvas);
    *out = canvas;
    return PW_OK;
}

/* Cells beyond which deflate takes its time. 1200 x 1020 pixels of CLIP-L: level 2 is 4 %
 * smaller and 10 % slower, 6 takes twice the time for 20 %. Pictures of few cells are empty for
 * the most part: 6 takes a fifth to a third off them for 5 to 15 ms. */
#define MANY_CELLS 8192

static bool has_many_cells(const pw_figure *figure)
{
    size_t n = 0;

    for (const struct pwi_panel *panel = figure->first; panel != NULL; panel = panel->next) {
        const struct pwi_mark *mark = pwi_panel_mark(panel, PWI_MARK_MATRIX);

        n += mark != NULL ? mark->matrix.n_x * mark->matrix.n_y : 0;
    }
    return n > MANY_CELLS;
}

static pw_status write_png(pwi_canvas *canvas, pw_error *err)
{
    cairo_surface_t *surface = canvas->surface;
    const struct pwi_png_image image = {
        .level = has_many_cells(canvas->figure) ? 1 : 6,
        .rows = cairo_image_surface_get_data(surface),
        .stride = (size_t)cairo_image_surface_get_stride(surface),
        .width = (uint32_t)cairo_image_surface_get_width(surface),
        .height = (uint32_t)cairo_image_surface_get_height(surface),
        .pixels_per_metre = canvas->scale * UNITS_A_METRE,
        .title = canvas->figure->title,
        .description = canvas->figure->description,
        .source = canvas->figure->footer,
    };

    cairo_surface_flush(surface);
    return pwi_png_write(canvas->bytes, canvas->figure->ctx, &image, err);
}

pw_status pwi_canvas_close(pwi_canvas *canvas, pw_error *err)
{
    cairo_status_t drawn = cairo_status(canvas->cairo);
    pw_status status = PW_OK;

    cairo_destroy(canvas->cairo);
    if (drawn == CAIRO_STATUS_SUCCESS && canvas->format == PW_PICTURE_PNG)
        status = write_png(canvas, err);
    cairo_surface_finish(canvas->surface);
    if (drawn == CAIRO_STATUS_SUCCESS)
        drawn = cairo_surface_status(canvas->surface);
    cairo_surface_destroy(canvas->surface);
    if (canvas->bytes->failed)
        drawn = CAIRO_STATUS_NO_MEMORY;
    if (status == PW_OK && drawn != CAIRO_STATUS_SUCCESS)
        status = fail_cairo(drawn, err);
    PWI_DELETE(&canvas->figure->ctx->allocator, canvas);
    return status;
}

double pwi_canvas_scale(const pwi_canvas *canvas)
{
    return canvas->scale;
}

void pwi_canvas_fill(pwi_canvas *canvas, struct pwi_rect rect, pwi_color color)
{
    set_source(canvas, color, 1);
    cairo_rectangle(canvas->cairo, rect.x, rect.y, rect.width, rect.height);
    cairo_fill(canvas->cairo);
}

void pwi_canvas_frame(pwi_canvas *canvas, struct pwi_rect rect, double width, pwi_color color)
{
    set_source(canvas, color, 1);
    cairo_set_dash(canvas->cairo, NULL, 0, 0);
    cairo_set_line_width(canvas->cairo, width);
    cairo_set_line_join(canvas->cairo, CAIRO_LINE_JOIN_MITER);
    cairo_rectangle(canvas->cairo, rect.x, rect.y, rect.width, rect.height);
    cairo_stroke(canvas->cairo);
}

static void trace(pwi_canvas *canvas, const struct pwi_point *points, size_t n)
{
    cairo_new_path(canvas->cairo);
    for (size_t i = 0; i < n; i++)
        cairo_line_to(canvas->cairo, points[i].x, points[i].y);
}

void pwi_canvas_polygon(pwi_canvas *canvas, const struct pwi_point *points, size_t n,
                        pwi_color color, double opacity)
{
    trace(canvas, points, n);
    cairo_close_path(canvas->cairo);
    set_source(canvas, color, opacity);
    cairo_fill(canvas->cairo);
}

void pwi_canvas_line(pwi_canvas *canvas, const struct pwi_point *points, size_t n, double width,
                     pwi_color color, size_t i_dashes)
{
    static const double dashes[4][4] = {{1, 0}, {5, 2.5}, {1.6, 2}, {7, 2.2, 1.2, 2.2}};
    static const int n_dashes[4] = {0, 2, 2, 4};

    trace(canvas, points, n);
    set_source(canvas, color, 1);
    cairo_set_line_width(canvas->cairo, width);
    cairo_set_line_join(canvas->cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_set_dash(canvas->cairo, dashes[i_dashes % 4], n_dashes[i_dashes % 4], 0);
    cairo_stroke(canvas->cairo);
}

void pwi_canvas_clip(pwi_canvas *canvas, const struct pwi_rect *rect)
{
    if (canvas->is_clipped)
        cairo_restore(canvas->cairo);
    canvas->is_clipped = rect != NULL;
    if (rect == NULL)
        return;
    cairo_save(canvas->cairo);
    cairo_rectangle(canvas->cairo, rect->x, rect->y, rect->width, rect->height);
    cairo_clip(canvas->cairo);
}

static void put_pixels(cairo_surface_t *image, const pwi_color *pixels, size_t n_x, size_t n_y)
{
    unsigned char *rows = cairo_image_surface_get_data(image);
    const size_t stride = (size_t)cairo_image_surface_get_stride(image);

    for (size_t y = 0; y < n_y; y++) {
        uint32_t *row = (uint32_t *)(void *)(rows + y * stride);

        for (size_t x = 0; x < n_x; x++) {
            const pwi_color pixel = pixels[y * n_x + x];

            row[x] = (uint32_t)pixel.red << 16 | (uint32_t)pixel.green << 8 | pixel.blue;
        }
    }
    cairo_surface_mark_dirty(image);
}

static void free_png(void *closure)
{
    pwi_buf *png = closure;
    const pw_allocator *allocator = png->allocator;

    pwi_buf_free(png);
    PWI_DELETE(allocator, png);
}

/* The image as an SVG is to have it: cairo would write RGB, which is twice as large as indexes
 * of the map's colours. Without it (too many colours, no memory) cairo writes its own. */
static void attach_png(pwi_canvas *canvas, cairo_surface_t *image, const pwi_color *pixels,
                       size_t n_x, size_t n_y)
{
    const pw_context *ctx = canvas->figure->ctx;
    pwi_buf *png = PWI_NEW(&ctx->allocator, pwi_buf);

    if (png == NULL)
        return;
    pwi_buf_init(png, &ctx->allocator);
    if (!pwi_png_write_few_colors(png, ctx, pixels, n_x, n_y) ||
        cairo_surface_set_mime_data(image, CAIRO_MIME_TYPE_PNG,
                                    (const unsigned char *)png->data, png->size, free_png,
                                    png) != CAIRO_STATUS_SUCCESS)
        free_png(png);
}

void pwi_canvas_image(pwi_canvas *canvas, struct pwi_rect rect, const pwi_color *pixels,
                      size_t n_x, size_t n_y)
{
    cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)n_x, (int)n_y);

    if (cairo_surface_status(image) == CAIRO_STATUS_SUCCESS) {
        cairo_surface_flush(image);
        put_pixels(image, pixels, n_x, n_y);
        if (canvas->format == PW_PICTURE_SVG)
            attach_png(canvas, image, pixels, n_x, n_y);
    }
    cairo_save(canvas->cairo);
    cairo_translate(canvas->cairo, rect.x, rect.y);
    cairo_scale(canvas->cairo, rect.width / (double)n_x, rect.height / (double)n_y);
    /* A surface that could not be made hands its error to the canvas here. */
    cairo_set_source_surface(canvas->cairo, image, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(canvas->cairo), CAIRO_FILTER_NEAREST);
    cairo_rectangle(canvas->cairo, 0, 0, (double)n_x, (double)n_y);
    cairo_fill(canvas->cairo);
    cairo_restore(canvas->cairo);
    cairo_surface_destroy(image);
}

void pwi_canvas_gradient(pwi_canvas *canvas, struct pwi_rect rect, const pwi_color *colors,
                         size_t n)
{
    cairo_pattern_t *gradient =
        cairo_pattern_create_linear(rect.x, rect.y, rect.x, rect.y + rect.height);

    PW_ASSERT(n > 1);
    for (size_t i = 0; i < n; i++)
        cairo_pattern_add_color_stop_rgb(gradient, (double)i / (double)(n - 1),
                                         colors[i].red / 255.0, colors[i].green / 255.0,
                                         colors[i].blue / 255.0);
    /* A gradient that could not be made hands its error to the canvas here. */
    cairo_set_source(canvas->cairo, gradient);
    cairo_rectangle(canvas->cairo, rect.x, rect.y, rect.width, rect.height);
    cairo_fill(canvas->cairo);
    cairo_pattern_destroy(gradient);
}

void pwi_canvas_text(pwi_canvas *canvas, const struct pwi_text_style *style, const char *text,
                     double x, double y, double x_part, double y_part)
{
    PangoLayout *layout;
    PangoRectangle box;

    if (pwi_letters_is_blank(canvas->letters) || text[0] == '\0')
        return;
    layout = pwi_letters_layout(canvas->letters, style, text);
    pango_layout_get_extents(layout, NULL, &box);
    cairo_save(canvas->cairo);
    cairo_translate(canvas->cairo, x, y);
    if (style->is_vertical) {
        const double swapped = x_part;

        cairo_rotate(canvas->cairo, -QUARTER_TURN);
        x_part = 1 - y_part;
        y_part = swapped;
    }
    cairo_translate(canvas->cairo, -(box.x + x_part * box.width) / PANGO_SCALE,
                    -(box.y + y_part * box.height) / PANGO_SCALE);
    set_source(canvas, style->color, 1);
    pango_cairo_update_layout(canvas->cairo, layout);
    pango_cairo_show_layout(canvas->cairo, layout);
    cairo_restore(canvas->cairo);
    g_object_unref(layout);
}
