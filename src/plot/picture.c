/* SPDX-License-Identifier: MIT */
/* Pictures: options checked, a figure rendered to memory, memory to files. */
#include "plot/picture.h"

#include <ctype.h>
#include <string.h>

#include "base/file_write.h"
#include "base/utf8.h"

#define SCALE_MAX  16.0
#define FONT_MAX   256
#define PREFIX_MAX 32

struct pw_picture {
    pw_context *ctx;
    pwi_buf bytes;
};

static void take_options(pw_picture_options *complete, const pw_picture_options *options)
{
    pw_picture_options_init(complete);
    if (options != NULL)
        *complete = *options;
    if (complete->width == 0)
        complete->width = 600;
    if (complete->scale == 0)
        complete->scale = 2;
    if (complete->font == NULL)
        complete->font = "DejaVu Sans, sans-serif";
    if (complete->id_prefix == NULL)
        complete->id_prefix = "p";
    if (complete->n_columns == 0)
        complete->n_columns = 80;
}

/* An XML name of ASCII letters, digits, "-" and "_". */
static bool is_id(const char *text)
{
    const size_t n = strlen(text);

    if (n == 0 || n > PREFIX_MAX || !isalpha((unsigned char)text[0]))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
            return false;
    return true;
}

static bool is_font(const char *text)
{
    const size_t n = strlen(text);

    return n > 0 && n <= FONT_MAX && pwi_utf8_valid_prefix(text, n) == n;
}

pw_status pwi_picture_options_complete(pw_picture_options *complete,
                                       const pw_picture_options *options, pw_error *err)
{
    take_options(complete, options);
    if (!(complete->width >= PW_PLOT_WIDTH_MIN && complete->width <= PW_PLOT_WIDTH_MAX))
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "a picture cannot be %g units wide: %g to %g",
                        complete->width, PW_PLOT_WIDTH_MIN, PW_PLOT_WIDTH_MAX);
    if (!(complete->height >= 0 && complete->height <= PW_PLOT_WIDTH_MAX))
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "a picture cannot be %g units high: at most %g, 0 for what it needs",
                        complete->height, PW_PLOT_WIDTH_MAX);
    if (!(complete->scale >= 0.25 && complete->scale <= SCALE_MAX))
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "%g pixels a unit: 0.25 to %g are possible",
                        complete->scale, SCALE_MAX);
    if (complete->n_columns < PW_PLOT_COLUMNS_MIN || complete->n_columns > PW_PLOT_COLUMNS_MAX)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "%d columns of text: %d to %d are possible",
                        (int)complete->n_columns, PW_PLOT_COLUMNS_MIN, PW_PLOT_COLUMNS_MAX);
    if (!is_id(complete->id_prefix))
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "an id prefix is a letter and up to %d letters, digits, - and _",
                        PREFIX_MAX - 1);
    if (!is_font(complete->font))
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "the font is not a name of 1 to %d bytes of UTF-8", FONT_MAX);
    return PW_OK;
}

static pw_status render(const pw_figure *figure, pw_picture_format format,
                        const pw_picture_options *options, pwi_buf *bytes, pw_error *err)
{
    pw_picture_options complete;

    PWI_TRY(pwi_picture_options_complete(&complete, options, err));
    if (figure->n_panels == 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "the figure has no panels: there is nothing to draw");
    switch (format) {
    case PW_PICTURE_SVG:
    case PW_PICTURE_PNG:
    case PW_PICTURE_PDF:
        return pwi_picture_draw(figure, format, &complete, false, bytes, err);
    case PW_PICTURE_TEXT:
        return pwi_picture_write_text(figure, &complete, bytes, err);
    default:
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "there is no picture format %d", (int)format);
    }
}

pw_status pw_figure_render(pw_picture **out, const pw_figure *figure, pw_picture_format format,
                           const pw_picture_options *options, pw_error *err)
{
    pw_picture *picture;
    pw_status status;

    *out = NULL;
    picture = PWI_NEW(&figure->ctx->allocator, pw_picture);
    if (picture == NULL)
        return pwi_fail_memory(err);
    picture->ctx = pwi_context_keep(figure->ctx);
    pwi_buf_init(&picture->bytes, &figure->ctx->allocator);
    status = render(figure, format, options, &picture->bytes, err);
    if (status == PW_OK && picture->bytes.failed)
        status = pwi_fail_memory(err);
    if (status != PW_OK) {
        pw_picture_free(picture);
        return status;
    }
    *out = picture;
    return PW_OK;
}

void pw_picture_free(pw_picture *picture)
{
    pw_context *ctx;

    if (picture == NULL)
        return;
    ctx = picture->ctx;
    pwi_buf_free(&picture->bytes);
    PWI_DELETE(&ctx->allocator, picture);
    pw_context_free(ctx);
}

const char *pw_picture_bytes(const pw_picture *picture, size_t *size)
{
    *size = picture->bytes.size;
    return picture->bytes.data;
}

pw_status pw_picture_save(const pw_picture *picture, const char *path, pw_error *err)
{
    pwi_output output = PWI_OUTPUT_CLOSED;
    pw_status status =
        pwi_output_open(&output, &picture->ctx->allocator, path, picture->bytes.size, err);

    if (status == PW_OK)
        status = pwi_output_write(&output, picture->bytes.data, picture->bytes.size, err);
    if (status == PW_OK)
        status = pwi_output_commit(&output, err);
    pwi_output_discard(&output);
    return pwi_where(err, path, status);
}

static bool ends_with(const char *path, const char *ending)
{
    const size_t n = strlen(path), n_ending = strlen(ending);

    if (n <= n_ending)
        return false;
    for (size_t i = 0; i < n_ending; i++)
        if (tolower((unsigned char)path[n - n_ending + i]) != ending[i])
            return false;
    return true;
}

int32_t pw_picture_format_from_path(const char *path)
{
    static const char *const endings[] = {".svg", ".png", ".pdf", ".txt"};

    for (int32_t format = PW_PICTURE_SVG; format <= PW_PICTURE_TEXT; format++)
        if (ends_with(path, endings[format]))
            return format;
    return -1;
}

pw_status pw_figure_save(const pw_figure *figure, const char *path,
                         const pw_picture_options *options, pw_error *err)
{
    const int32_t format = pw_picture_format_from_path(path);
    pw_picture *picture;
    pw_status status;

    if (format < 0)
        return pwi_where(
            err, path,
            PWI_FAIL(err, PW_ERR_ARGUMENT,
                     "the ending says what to draw: name it .svg, .png, .pdf or .txt"));
    status = pwi_where(
        err, path, pw_figure_render(&picture, figure, (pw_picture_format)format, options, err));
    if (picture == NULL)
        return status;
    status = pw_picture_save(picture, path, err);
    pw_picture_free(picture);
    return status;
}
