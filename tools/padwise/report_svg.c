/* SPDX-License-Identifier: MIT */
/* A picture as SVG inside the page, made small: letters are shapes, and each shape stands in
 * the page once, whatever number of pictures has it; coordinates end at a hundredth of a unit.
 * What is written in another way than cairo 1.16 does stays as it is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* The shape of a letter, and where the page has it. */
struct report_glyph {
    const char *shape;
    size_t size;
    const char *id;
};

/* The letters of one picture that stand under another's id. */
struct svg {
    struct report *report;
    const char *at, *end;

    struct renamed {
        const char *id; /* in the picture; terminated by a quote */
        size_t size;
        const char *known;
    } * renamed;

    size_t n_renamed, capacity;
};

static bool begins(const struct svg *svg, const char *text)
{
    const size_t n = strlen(text);

    return (size_t)(svg->end - svg->at) >= n && memcmp(svg->at, text, n) == 0;
}

static const char *find(const struct svg *svg, const char *text)
{
    const size_t n = strlen(text);

    for (const char *at = svg->at; at + n <= svg->end; at++)
        if (memcmp(at, text, n) == 0)
            return at;
    return NULL;
}

static void copy(struct svg *svg, size_t n)
{
    builder_add(&svg->report->out, svg->at, n);
    svg->at += n;
}

/* ---- Numbers. */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

#define DECIMALS 2

/* ".4615" of a number: what is behind the second digit is left out, and zeros at the end. */
static void put_fraction(struct svg *svg)
{
    size_t n = 1, kept;

    while (svg->at + n < svg->end && is_digit(svg->at[n]))
        n++;
    kept = n > DECIMALS + 1 ? DECIMALS + 1 : n;
    while (svg->at[kept - 1] == '0')
        kept--;
    kept = kept == 1 ? 0 : kept;
    builder_add(&svg->report->out, svg->at, kept);
    svg->at += n;
}

#define CLOSED "Z M "

/* A closed path that ends by a move to where it began, which draws nothing. */
static bool skip_last_move(struct svg *svg)
{
    const char *at = svg->at + strlen(CLOSED);

    if (!begins(svg, CLOSED))
        return false;
    while (at < svg->end && (is_digit(*at) || *at == '.' || *at == '-' || *at == ' '))
        at++;
    if (at == svg->end || *at != '"')
        return false;
    copy(svg, 1);
    svg->at = at;
    return true;
}

/* ---- Styles. */

/* What holds without being said. */
static const char *const defaults[] = {"fill-opacity:1;",        "fill-rule:nonzero;",
                                       "stroke-opacity:1;",      "stroke-linecap:butt;",
                                       "stroke-linejoin:miter;", "stroke-miterlimit:10;"};

static bool skip_default(struct svg *svg)
{
    for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults); i++)
        if (begins(svg, defaults[i])) {
            svg->at += strlen(defaults[i]);
            return true;
        }
    return false;
}

#define RGB "rgb("

/* "13.333333%," from *at on, as a byte; false: it is something else. An SVG ends in a tag, so
 * strtod ends inside it. */
static bool read_share(const char **at, char behind, unsigned *byte)
{
    char *end;
    const double percent = strtod(*at, &end);

    if (end == *at || end[0] != '%' || end[1] != behind || !(percent >= 0 && percent <= 100))
        return false;
    *byte = (unsigned)lround(2.55 * percent);
    *at = end + 2;
    return true;
}

/* rgb(13.333333%,13.333333%,13.333333%) is #222222. */
static void put_color(struct svg *svg)
{
    const char *at = svg->at + strlen(RGB);
    unsigned red, green, blue;

    if (!read_share(&at, ',', &red) || !read_share(&at, ',', &green) ||
        !read_share(&at, ')', &blue)) {
        copy(svg, 1);
        return;
    }
    builder_format(&svg->report->out, "#%02x%02x%02x", red, green, blue);
    svg->at = at;
}

/* ---- Letters. */

static const char *known_shape(const struct report *report, const char *shape, size_t size)
{
    for (size_t i = 0; i < report->n_glyphs; i++)
        if (report->glyphs[i].size == size && memcmp(report->glyphs[i].shape, shape, size) == 0)
            return report->glyphs[i].id;
    return NULL;
}

static bool keep_shape(struct report *report, const char *shape, size_t size, const char *id,
                       size_t id_size)
{
    struct pool *pool = &report->app->pool;
    struct report_glyph *glyphs = pool_grow(pool, report->glyphs, report->n_glyphs,
                                            &report->glyphs_capacity, sizeof(*glyphs));
    struct report_glyph *glyph;

    if (glyphs == NULL)
        return false;
    report->glyphs = glyphs;
    glyph = &glyphs[report->n_glyphs];
    *glyph =
        (struct report_glyph){pool_copy(pool, shape, size), size, pool_copy(pool, id, id_size)};
    report->n_glyphs += glyph->shape != NULL && glyph->id != NULL;
    return glyph->shape != NULL && glyph->id != NULL;
}

static bool rename_id(struct svg *svg, const char *id, size_t size, const char *known)
{
    struct renamed *renamed = pool_grow(&svg->report->app->pool, svg->renamed, svg->n_renamed,
                                        &svg->capacity, sizeof(*renamed));

    if (renamed == NULL)
        return false;
    svg->renamed = renamed;
    renamed[svg->n_renamed++] = (struct renamed){id, size, known};
    return true;
}

#define SYMBOL     "<symbol overflow=\"visible\" id=\""
#define SYMBOL_END "</symbol>\n"

/* A letter that the page has is left out. */
static void put_symbol(struct svg *svg)
{
    const char *id = svg->at + strlen(SYMBOL), *end = find(svg, SYMBOL_END);
    const char *quote = end == NULL ? NULL : memchr(id, '"', (size_t)(end - id));
    const char *known;
    size_t size, id_size;
    bool is_kept = true;

    if (quote == NULL) {
        copy(svg, 1);
        return;
    }
    size = (size_t)(end - quote);
    id_size = (size_t)(quote - id);
    known = known_shape(svg->report, quote, size);
    if (known != NULL) {
        is_kept = rename_id(svg, id, id_size, known);
        svg->at = end + strlen(SYMBOL_END);
    } else {
        is_kept = keep_shape(svg->report, quote, size, id, id_size);
        copy(svg, (size_t)(quote - svg->at));
    }
    svg->report->out.failed = svg->report->out.failed || !is_kept;
}

#define LINK "xlink:href=\"#"

static void put_link(struct svg *svg)
{
    const char *id = svg->at + strlen(LINK);

    copy(svg, strlen(LINK));
    for (size_t i = 0; i < svg->n_renamed; i++) {
        const struct renamed *renamed = &svg->renamed[i];

        if ((size_t)(svg->end - id) > renamed->size && id[renamed->size] == '"' &&
            memcmp(id, renamed->id, renamed->size) == 0) {
            builder_text(&svg->report->out, renamed->known);
            svg->at += renamed->size;
            return;
        }
    }
}

/* ---- The whole. */

/* The scale of an image is multiplied by its width: its digits count. */
static void put_matrix(struct svg *svg)
{
    const char *end = memchr(svg->at, ')', (size_t)(svg->end - svg->at));

    copy(svg, end == NULL ? 1 : (size_t)(end - svg->at));
}

static void put_next(struct svg *svg)
{
    if (begins(svg, SYMBOL))
        put_symbol(svg);
    else if (begins(svg, LINK))
        put_link(svg);
    else if (begins(svg, "matrix("))
        put_matrix(svg);
    else if (begins(svg, RGB))
        put_color(svg);
    else if (skip_default(svg) || skip_last_move(svg))
        return;
    else if (*svg->at == '.' && is_digit(svg->at[-1]))
        put_fraction(svg);
    else
        copy(svg, 1);
}

void report_svg(struct report *report, const char *bytes, size_t size)
{
    struct svg svg = {.report = report, .at = bytes, .end = bytes + size};
    const char *shapes = find(&svg, "<defs>");

    if (shapes != NULL)
        copy(&svg, (size_t)(shapes - svg.at)); /* with the title's numbers */
    while (shapes != NULL && svg.at < svg.end)
        put_next(&svg);
    copy(&svg, (size_t)(svg.end - svg.at));
}
