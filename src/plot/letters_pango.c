/* SPDX-License-Identifier: MIT */
/* Letters by pango: any script that the machine's fonts have. What reaches pango is valid UTF-8
 * of bounded length (label.h) in a bounded size: no call here can make GLib abort for anything
 * but memory. */
#include <math.h>
#include <pango/pangocairo.h>

#include "plot/letters.h"
#include "plot/label.h"

struct pwi_letters {
    pw_context *ctx;
    PangoFontMap *map;
    PangoContext *context;
    PangoFontDescription *font;
    bool is_blank;
};

bool pwi_letters_is_blank(const pwi_letters *letters)
{
    return letters->is_blank;
}

/* The same widths at every scale, whatever the machine's wishes for its screen. */
static void set_font_options(PangoContext *context)
{
    cairo_font_options_t *options = cairo_font_options_create();

    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    pango_context_set_round_glyph_positions(context, FALSE);
    pango_context_set_language(context, pango_language_from_string("en"));
    pango_context_set_base_dir(context, PANGO_DIRECTION_LTR);
    cairo_font_options_destroy(options);
}

/* A font map of this picture's own: nothing is shared between threads or kept between calls. */
static pw_status open_fonts(pwi_letters *letters, const char *fonts, pw_error *err)
{
    PangoFont *font;

    letters->map = pango_cairo_font_map_new();
    letters->context = pango_font_map_create_context(letters->map);
    letters->font = pango_font_description_new();
    pango_font_description_set_family(letters->font, fonts);
    pango_font_description_set_absolute_size(letters->font, 10 * PANGO_SCALE);
    font = pango_font_map_load_font(letters->map, letters->context, letters->font);
    if (font == NULL)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "there are no fonts on this machine to write with: install one, for "
                        "example with apt-get install fonts-dejavu-core");
    g_object_unref(font);
    set_font_options(letters->context);
    return PW_OK;
}

pw_status pwi_letters_open(pwi_letters **out, pw_context *ctx, const char *fonts, bool is_blank,
                           pw_error *err)
{
    pwi_letters *letters = PWI_NEW(&ctx->allocator, pwi_letters);
    pw_status status = PW_OK;

    *out = NULL;
    if (letters == NULL)
        return pwi_fail_memory(err);
    letters->ctx = ctx;
    letters->is_blank = is_blank;
    if (!is_blank)
        status = open_fonts(letters, fonts, err);
    if (status != PW_OK) {
        pwi_letters_close(letters);
        return status;
    }
    *out = letters;
    return PW_OK;
}

void pwi_letters_close(pwi_letters *letters)
{
    if (letters == NULL)
        return;
    if (letters->font != NULL)
        pango_font_description_free(letters->font);
    if (letters->context != NULL)
        g_object_unref(letters->context);
    if (letters->map != NULL)
        g_object_unref(letters->map);
    PWI_DELETE(&letters->ctx->allocator, letters);
}

PangoLayout *pwi_letters_layout(pwi_letters *letters, const struct pwi_text_style *style,
                                const char *text)
{
    const size_t n_characters = style->n_lines > 0 ? PWI_SHOWN_MAX : PWI_SHOWN_WHOLE_MAX;
    PangoLayout *layout = pango_layout_new(letters->context);

    pango_font_description_set_absolute_size(letters->font, style->size * PANGO_SCALE);
    pango_font_description_set_weight(letters->font,
                                      style->is_bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout, letters->font);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_auto_dir(layout, TRUE);
    if (style->is_centered)
        pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER);
    if (style->width_max > 0) {
        pango_layout_set_width(layout, (int)(style->width_max * PANGO_SCALE));
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    }
    if (style->width_max > 0 && style->n_lines > 0) {
        pango_layout_set_height(layout, -style->n_lines);
        pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    }
    pango_layout_set_text(layout, text, (int)pwi_label_prefix(text, n_characters));
    return layout;
}

/* A letter of DejaVu Sans is about 0.6 of its size wide, a line 1.17 high. */
static void guess_size(const struct pwi_text_style *style, const char *text, double *width,
                       double *height)
{
    size_t n = 0;
    double n_lines = 1;

    for (const char *at = text; *at != '\0'; at++)
        n += ((unsigned char)*at & 0xC0) != 0x80;
    *width = 0.6 * style->size * (double)n;
    if (style->width_max > 0 && *width > style->width_max) {
        n_lines = style->n_lines > 0 ? style->n_lines : ceil(*width / style->width_max);
        *width = style->width_max;
    }
    *height = 1.17 * style->size * n_lines;
}

void pwi_letters_measure(pwi_letters *letters, const struct pwi_text_style *style,
                         const char *text, double *width, double *height)
{
    PangoLayout *layout;
    PangoRectangle box;

    if (letters->is_blank) {
        guess_size(style, text, width, height);
        return;
    }
    layout = pwi_letters_layout(letters, style, text);
    pango_layout_get_extents(layout, NULL, &box);
    *width = (double)box.width / PANGO_SCALE;
    *height = (double)box.height / PANGO_SCALE;
    g_object_unref(layout);
}
