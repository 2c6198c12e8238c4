/* SPDX-License-Identifier: MIT */
/* A page that stands alone: no scripts, nothing from the net, pictures inside, light and dark,
 * for paper and for phones. */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "report.h"
#include "talk.h"

/* Bytes of a cell beyond which it may be broken anywhere; tokens are shorter. */
#define LONG_TEXT 24

static const char style[] =
    ":root { color-scheme: light dark; --paper: #fff; --ink: #1d2329; --soft: #5c6670;\n"
    "  --line: #d5dae0; --code: #eef1f4; --mark: #1f5fa8; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  :root { --paper: #14181c; --ink: #e4e8ec; --soft: #9aa5b0; --line: #343c44;\n"
    "    --code: #232a31; --mark: #7db4f0; }\n}\n"
    "* { box-sizing: border-box; }\n"
    "body { background: var(--paper); color: var(--ink); margin: 2rem auto; max-width: 60rem;\n"
    "  padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }\n"
    "h1 { font-size: 1.6rem; line-height: 1.2; }\n"
    "h2 { font-size: 1.25rem; line-height: 1.3; margin: 2.6rem 0 .5rem; color: var(--mark);\n"
    "  border-bottom: 1px solid var(--line); padding-bottom: .25rem; }\n"
    "h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }\n"
    "p, li { max-width: 44rem; margin: .4rem 0; }\n"
    "p.lead { font-size: 1.08rem; }\n"
    "p.soft, figcaption, .credit { color: var(--soft); font-size: .9rem; }\n"
    "ul { padding-left: 1.2rem; }\n"
    "code { background: var(--code); padding: 0 .25em; border-radius: 3px; font-size: .9em; }\n"
    "pre { background: var(--code); padding: .7rem; border-radius: 6px; font: 12px/1.4\n"
    "  ui-monospace, monospace; white-space: pre-wrap; }\n"
    "a { color: var(--mark); }\n"
    ".scroll { overflow-x: auto; margin: .6rem 0 1rem; max-width: 100%; }\n"
    "table { border-collapse: collapse; font-size: 14px; line-height: 1.35;\n"
    "  font-variant-numeric: tabular-nums; overflow-wrap: normal; }\n"
    "caption { text-align: left; color: var(--soft); padding-bottom: .25rem; font-size: "
    ".9rem;\n"
    "}\n"
    "th, td { padding: .22rem .6rem; text-align: right; white-space: nowrap;\n"
    "  border-bottom: 1px solid var(--line); }\n"
    "th { font-weight: 600; color: var(--soft); white-space: normal; vertical-align: bottom; "
    "}\n"
    "th.text, td.text { text-align: left; }\n"
    "td.long { white-space: normal; min-width: 9rem; overflow-wrap: anywhere; }\n"
    ".tall { max-height: 36rem; overflow-y: auto; border-bottom: 1px solid var(--line); }\n"
    "td.wraps { white-space: normal; }\n"
    "@media (max-width: 40rem) { table { font-size: 13px; } th, td { padding: .2rem .35rem; }\n"
    "  td.text, tr.dim td { white-space: normal; } }\n"
    "tr.dim td { color: var(--soft); font-style: italic; }\n"
    "figure { margin: .8rem 0 1.2rem; }\n"
    ".picture { background: #fff; border: 1px solid var(--line); border-radius: 6px;\n"
    "  padding: .3rem; overflow-x: auto; max-width: 41rem; }\n"
    ".picture svg, .picture img { display: block; width: 100%; min-width: 26rem; height: "
    "auto;\n"
    "}\n"
    "figcaption { margin-top: .3rem; max-width: 44rem; }\n"
    "footer { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: .6rem;\n"
    "  color: var(--soft); font-size: .9rem; }\n"
    "@page { margin: 16mm 14mm; }\n"
    "@media print {\n"
    "  :root { color-scheme: light; --paper: #fff; --ink: #000; --soft: #444; --line: #bbb;\n"
    "    --code: #f2f2f2; --mark: #1f5fa8; }\n"
    "  body { margin: 0; padding: 0; max-width: none; font-size: 10.5pt; }\n"
    "  nav p { display: none; } nav a { color: inherit; text-decoration: none; }\n"
    "  details::details-content { content-visibility: visible; display: block; }\n"
    "  table { font-size: 9pt; } pre { font-size: 7.5pt; }\n"
    "  h2, h3, caption { break-after: avoid; }\n"
    "  figure, tr, p, li { break-inside: avoid; }\n"
    "  .scroll, .picture { overflow: visible; } .scroll { break-inside: avoid; }\n"
    "  .tall { max-height: none; } .tall .scroll { break-inside: auto; }\n"
    "  .picture { max-width: 13cm; border: none; padding: 0; }\n"
    "  .picture svg, .picture img { min-width: 0; }\n"
    "  .picture, td { -webkit-print-color-adjust: exact; print-color-adjust: exact; }\n}\n";

/* ---- The page. */

void html_open(struct report *report)
{
    struct builder *out = &report->out;
    const size_t n = report->pads.n;

    builder_text(out,
                 "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<meta name=\"color-scheme\" content=\"light dark\">\n"
                 "<link rel=\"icon\" href=\"data:,\">\n<title>");
    html_text(out, report->labels[0], strlen(report->labels[0]), 60);
    if (n > 1)
        builder_format(out, " and %zu more", n - 1);
    builder_text(out, " - padwise report</title>\n<style>\n");
    builder_text(out, style);
    builder_text(out, "</style>\n</head>\n<body>\n");
}

void html_close(struct report *report)
{
    struct builder *out = &report->out;

    builder_format(out, "<footer>padwise %s report", pw_version());
    if (report->credits != NULL) {
        builder_text(out, ". ");
        html_string(out, report->credits);
    }
    builder_text(out, ".</footer>\n</body>\n</html>\n");
}

/* ---- Tables. */

void html_table(struct builder *out, const char *caption, const char *const *titles, size_t n)
{
    builder_text(out, "<div class=\"scroll\"><table>\n");
    if (caption != NULL) {
        builder_text(out, "<caption>");
        html_string(out, caption);
        builder_text(out, "</caption>\n");
    }
    builder_text(out, "<thead><tr>");
    for (size_t i = 0; i < n; i++) {
        const bool is_text = titles[i][0] == '<';

        builder_text(out, is_text ? "<th class=\"text\">" : "<th>");
        html_string(out, titles[i] + is_text);
        builder_text(out, "</th>");
    }
    builder_text(out, "</tr></thead>\n<tbody>\n");
}

void html_row(struct builder *out, bool is_dim)
{
    builder_text(out, is_dim ? "<tr class=\"dim\">" : "<tr>");
}

void html_row_end(struct builder *out)
{
    builder_text(out, "</tr>\n");
}

void html_table_end(struct builder *out)
{
    builder_text(out, "</tbody></table></div>\n");
}

void html_cell(struct builder *out, const char *format, ...)
{
    char text[160];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    builder_text(out, "<td>");
    html_string(out, text);
    builder_text(out, "</td>");
}

void html_text_cell(struct builder *out, const char *bytes, size_t size)
{
    builder_text(out, size > LONG_TEXT ? "<td class=\"text long\">" : "<td class=\"text\">");
    html_text(out, bytes, size, 200);
    builder_text(out, "</td>");
}

void html_number(struct builder *out, int n_decimals, double value)
{
    if (isnan(value))
        html_cell(out, "-");
    else
        html_cell(out, "%.*f", n_decimals, value);
}

void html_range(struct builder *out, int n_decimals, double least, double greatest)
{
    if (isnan(least) || isnan(greatest))
        html_cell(out, "-");
    else if (least == greatest)
        html_cell(out, "%.*f", n_decimals, least);
    else
        html_cell(out, "%.*f to %.*f", n_decimals, least, n_decimals, greatest);
}

/* ---- Pictures. */

static void put_base64(struct builder *out, const unsigned char *bytes, size_t size)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < size; i += 3) {
        const size_t n = size - i < 3 ? size - i : 3;
        const unsigned b = n > 1 ? bytes[i + 1] : 0, c = n > 2 ? bytes[i + 2] : 0;
        const unsigned word = (unsigned)bytes[i] << 16 | b << 8 | c;
        const char four[4] = {digits[word >> 18], digits[word >> 12 & 63],
                              n > 1 ? digits[word >> 6 & 63] : '=',
                              n > 2 ? digits[word & 63] : '='};

        builder_add(out, four, 4);
    }
}

static void put_picture(struct report *report, const pw_picture *picture,
                        pw_picture_format format, const char *alt, const char *caption)
{
    struct builder *out = &report->out;
    size_t size;
    const char *bytes = pw_picture_bytes(picture, &size);

    builder_text(out, "<figure>\n<div class=\"picture\">");
    if (format == PW_PICTURE_SVG) {
        report_svg(report, bytes, size);
    } else {
        builder_text(out, "<img alt=\"");
        html_string(out, alt);
        builder_text(out, "\" src=\"data:image/png;base64,");
        put_base64(out, (const unsigned char *)bytes, size);
        builder_text(out, "\">");
    }
    builder_text(out, "</div>\n<figcaption>");
    html_string(out, caption);
    builder_text(out, "</figcaption>\n</figure>\n");
}

int html_picture(struct report *report, pw_figure *figure, pw_picture_format format,
                 const char *alt, const char *caption)
{
    char prefix[32];
    pw_picture_options options;
    pw_picture *picture;
    pw_status status;
    pw_error err;

    /* Ids of all pictures stand in one page. */
    snprintf(prefix, sizeof(prefix), "f%zu-", ++report->n_pictures);
    pw_picture_options_init(&options);
    options.width = 640;
    options.id_prefix = prefix;
    status = pw_figure_render(&picture, figure, format, &options, &err);
    pw_figure_free(figure);
    if (status != PW_OK)
        return fail_with(report->app, &err);
    put_picture(report, picture, format, alt, caption);
    pw_picture_free(picture);
    return DONE;
}
