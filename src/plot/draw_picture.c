/* SPDX-License-Identifier: MIT */
/* From a figure to the bytes of an SVG, PNG or PDF. */
#include <math.h>

#include "plot/draw.h"
#include "plot/picture.h"

bool pw_plot_can_draw(void)
{
    return true;
}

/* cairo's image surfaces end at 32767 pixels a side. */
#define SIDE_MAX 32767.0

static pw_status check_pixels(const struct pwi_layout *layout, double scale, pw_error *err)
{
    const double width = layout->width * scale, height = layout->height * scale;

    if (width * height > (double)PW_PLOT_PIXELS_MAX || fmax(width, height) > SIDE_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "a picture of %.0f x %.0f pixels is larger than %.0f, or than %.0f a "
                        "side: choose a smaller width or scale",
                        width, height, (double)PW_PLOT_PIXELS_MAX, SIDE_MAX);
    return PW_OK;
}

static pw_status draw_on(const pw_figure *figure, pw_picture_format format,
                         const pw_picture_options *options, const struct pwi_layout *layout,
                         pwi_letters *letters, pwi_buf *bytes, pw_error *err)
{
    pwi_canvas *canvas;
    pw_status drawn, closed;

    if (format == PW_PICTURE_PNG)
        PWI_TRY(check_pixels(layout, options->scale, err));
    PWI_TRY(pwi_canvas_open(&canvas, figure, letters, format, layout->width, layout->height,
                            options->scale, bytes, err));
    drawn = pwi_draw_figure(canvas, figure, layout, letters, err);
    closed = pwi_canvas_close(canvas, drawn == PW_OK ? err : NULL);
    return drawn != PW_OK ? drawn : closed;
}

static pw_status lay_out_and_draw(const pw_figure *figure, pw_picture_format format,
                                  const pw_picture_options *options, pwi_letters *letters,
                                  pwi_buf *bytes, pw_error *err)
{
    struct pwi_layout *layout = PWI_NEW(&figure->ctx->allocator, struct pwi_layout);
    pw_status status;

    if (layout == NULL)
        return pwi_fail_memory(err);
    status = pwi_layout_make(layout, figure, letters, options->width, options->height, err);
    if (status == PW_OK)
        status = draw_on(figure, format, options, layout, letters, bytes, err);
    PWI_DELETE(&figure->ctx->allocator, layout);
    return status;
}

pw_status pwi_picture_draw(const pw_figure *figure, pw_picture_format format,
                           const pw_picture_options *options, bool is_blank, pwi_buf *bytes,
                           pw_error *err)
{
    pwi_letters *letters;
    pwi_buf drawn;
    pw_status status;

    PWI_TRY(pwi_letters_open(&letters, figure->ctx, options->font, is_blank, err));
    pwi_buf_init(&drawn, &figure->ctx->allocator);
    status = lay_out_and_draw(figure, format, options, letters,
                              format == PW_PICTURE_SVG ? &drawn : bytes, err);
    pwi_letters_close(letters);
    if (status == PW_OK && format == PW_PICTURE_SVG)
        status = pwi_svg_finish(figure, options->id_prefix, &drawn, bytes, err);
    pwi_buf_free(&drawn);
    return status;
}
