/* SPDX-License-Identifier: MIT */
/* The walkthrough as one page: no script, nothing from the net, light and dark, for paper. */
#include <string.h>

#include "markup.h"
#include "talk.h"
#include "walkthrough_view.h"

#define SENTENCES_SHOWN 8
#define ROWS_SHOWN      40
#define COLUMNS_SHOWN   40

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<title>Padding and masking, step by step</title>\n<style>\n"
    ":root { color-scheme: light dark; --paper: #fff; --ink: #1d2329; --soft: #5c6670;\n"
    "  --line: #d5dae0; --code: #eef1f4; --hidden: #eceef0; --mark: #1f5fa8; --rgb: 31, 95, "
    "168;\n"
    "  --strong: #fff; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  :root { --paper: #14181c; --ink: #e4e8ec; --soft: #9aa5b0; --line: #343c44;\n"
    "    --code: #232a31; --hidden: #20262c; --mark: #7db4f0; --rgb: 52, 106, 170;\n"
    "    --strong: #fff; }\n}\n"
    "body { background: var(--paper); color: var(--ink); margin: 2rem auto; max-width: 78rem;\n"
    "  padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; }\n"
    "h1 { font-size: 1.6rem; line-height: 1.2; }\n"
    "h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem; color: var(--mark); }\n"
    "p { margin: .4rem 0; max-width: 44rem; }\n"
    "p.slip { border-left: 3px solid var(--mark); padding-left: .7rem; }\n"
    "code { background: var(--code); padding: 0 .25em; border-radius: 3px; font-size: .9em; }\n"
    ".spread { display: flex; flex-wrap: wrap; gap: 0 2.5rem; }\n"
    ".scroll { overflow-x: auto; margin: .8rem 0; max-width: 100%; }\n"
    "table { border-collapse: collapse; font: 13px/1.3 ui-monospace, monospace; }\n"
    "caption { text-align: left; color: var(--soft); padding-bottom: .2rem; white-space: "
    "nowrap; }\n"
    "th, td { padding: .2rem .45rem; text-align: right; border: 1px solid var(--line);\n"
    "  white-space: nowrap; }\n"
    "th { font-weight: 600; color: var(--soft); }\n"
    "tbody th, .left td, .left th, thead th:first-child { text-align: left; }\n"
    "tbody th { max-width: 20rem; overflow: hidden; text-overflow: ellipsis; }\n"
    "td.hidden { background: var(--hidden); color: var(--soft); }\n"
    "td.pad, tr.pad th { color: var(--soft); font-style: italic; }\n"
    "td.strong { font-weight: 600; }\n"
    "td.shade { background: rgba(var(--rgb), var(--w)); }\n"
    "td.dark { color: var(--strong); }\n"
    "td.gap { color: var(--soft); }\n"
    "footer { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: .6rem;\n"
    "  color: var(--soft); font-size: .9rem; }\n"
    "@media print {\n"
    "  :root { --paper: #fff; --ink: #000; --soft: #444; --line: #bbb; --code: #f2f2f2;\n"
    "    --hidden: #eee; --mark: #1f5fa8; --rgb: 31, 95, 168; --strong: #fff; }\n"
    "  body { margin: 0; max-width: none; font-size: 11pt; }\n"
    "  table { font-size: 8.5pt; }\n"
    "  h2 { break-after: avoid; } table, p { break-inside: avoid; }\n"
    "  .scroll { overflow: visible; }\n"
    "  td { -webkit-print-color-adjust: exact; print-color-adjust: exact; }\n}\n"
    "</style>\n</head>\n<body>\n";

/* A paragraph; what stands between backticks is code. */
static void put_paragraph(struct builder *out, const char *text, size_t size)
{
    static const char slip[] = "Slip to avoid";
    const bool is_slip = size > strlen(slip) && strncmp(text, slip, strlen(slip)) == 0;
    bool is_code = false;

    builder_text(out, is_slip ? "<p class=\"slip\">" : "<p>");
    for (size_t i = 0; i < size;) {
        const char *tick = memchr(text + i, '`', size - i);
        const size_t n = tick == NULL ? size - i : (size_t)(tick - text) - i;

        html_text(out, text + i, n, SHOW_ALL);
        i += n + 1;
        if (tick != NULL) {
            builder_text(out, is_code ? "</code>" : "<code>");
            is_code = !is_code;
        }
    }
    builder_text(out, is_code ? "</code></p>\n" : "</p>\n");
}

static void put_prose(struct builder *out, const struct walk *walk, size_t step)
{
    struct builder prose = {0};

    walk_prose(walk, step, &prose);
    out->failed = out->failed || prose.failed;
    for (size_t i = 0; i < prose.size && !prose.failed;) {
        const size_t n = strcspn(prose.bytes + i, "\n");

        put_paragraph(out, prose.bytes + i, n);
        i += n + 1;
    }
    builder_free(&prose);
}

/* ---- Tables. */

static void put_cell(struct builder *out, const struct sheet *sheet, size_t row, size_t column)
{
    static const char *const classes[] = {"", " hidden", " strong", " pad"};
    struct cell cell = {.style = CELL_PLAIN, .shade = -1};

    sheet->put_cell(sheet, row, column, &cell);
    builder_format(out, "<td class=\"%s%s%s\"", cell.shade >= 0 ? "shade" : "",
                   cell.shade > 0.78 ? " dark" : "", classes[cell.style]);
    if (cell.shade >= 0)
        builder_format(out, " style=\"--w:%.3f\"", cell.shade);
    builder_text(out, ">");
    html_string(out, cell.text);
    builder_text(out, "</td>");
}

static void put_header(struct builder *out, const struct sheet *sheet,
                       const struct window *columns)
{
    builder_text(out, "<thead><tr><th>");
    html_string(out, sheet->corner);
    builder_text(out, "</th>");
    for (size_t c = 0; c < columns->n_shown; c++) {
        char buffer[24];

        builder_text(out, "<th>");
        if (c == columns->gap)
            builder_text(out, "...");
        else
            html_string(out, sheet->column_label(sheet, walk_window_at(columns, c), buffer));
        builder_text(out, "</th>");
    }
    builder_text(out, "</tr></thead>\n<tbody>\n");
}

static void put_row(struct builder *out, const struct sheet *sheet,
                    const struct window *columns, size_t row)
{
    const bool is_pad = sheet->is_dim != NULL && sheet->is_dim(sheet, row);

    builder_text(out, is_pad ? "<tr class=\"pad\"><th>" : "<tr><th>");
    if (sheet->is_dim == NULL && !sheet->is_left)
        builder_format(out, "%zu ", row);
    html_string(out, sheet->row_label(sheet, row));
    builder_text(out, "</th>");
    for (size_t c = 0; c < columns->n_shown; c++) {
        if (c == columns->gap)
            builder_text(out, "<td class=\"gap\">...</td>");
        else
            put_cell(out, sheet, row, walk_window_at(columns, c));
    }
    builder_text(out, "</tr>\n");
}

static void put_sheet(struct builder *out, const struct sheet *sheet)
{
    const struct window rows = walk_window(sheet->n_rows, ROWS_SHOWN);
    const struct window columns = walk_window(sheet->n_columns, COLUMNS_SHOWN);

    builder_format(out, "<div class=\"scroll\"><table%s>\n",
                   sheet->is_left ? " class=\"left\"" : "");
    if (sheet->caption[0] != '\0') {
        builder_text(out, "<caption>");
        html_string(out, sheet->caption);
        builder_text(out, "</caption>\n");
    }
    put_header(out, sheet, &columns);
    for (size_t r = 0; r < rows.n_shown; r++) {
        if (r == rows.gap)
            builder_format(out, "<tr><td class=\"gap\" colspan=\"%zu\">...</td></tr>\n",
                           columns.n_shown + 1);
        else
            put_row(out, sheet, &columns, walk_window_at(&rows, r));
    }
    builder_text(out, "</tbody></table></div>\n");
}

static void put_step(struct builder *out, const struct walk *walk, size_t step)
{
    const size_t n = walk_n_shown(walk, SENTENCES_SHOWN);
    struct spread spread;

    builder_format(out, "<section>\n<h2>%zu. %s</h2>\n", step + 1, walk_title(step));
    put_prose(out, walk, step);
    for (size_t i = 0; walk_spread(walk, step, i, n, &spread); i++) {
        builder_text(out, "<div class=\"spread\">\n");
        for (size_t k = 0; k < spread.n; k++)
            put_sheet(out, &spread.sheets[k]);
        builder_text(out, "</div>\n");
    }
    if (step >= 4 && n < walk->numbers.n_sentences)
        builder_format(out,
                       "<p>And %zu sentences more: <code>--json</code> has all numbers.</p>\n",
                       walk->numbers.n_sentences - n);
    builder_text(out, "</section>\n");
}

static void put_footer(struct builder *out, const struct walk *walk)
{
    builder_format(out, "<footer>padwise %s walkthrough. Embeddings: ", pw_version());
    html_string(out, walk->source);
    builder_format(out,
                   ", width %zu; pad id %d on the %s, mask rule %s. One head with Q = K = V = "
                   "embeddings, in double precision: no layer of any model was run.</footer>\n"
                   "</body>\n</html>\n",
                   walk->numbers.width, walk->numbers.pad_id,
                   walk->numbers.pads_left ? "left" : "right",
                   pw_mask_rule_name(walk->numbers.mask_rule));
}

int walk_html(struct walk *walk)
{
    struct builder out = {0};
    bool stop = false;
    int status = DONE;

    builder_text(&out, head);
    builder_text(&out, "<h1>Padding and masking, step by step</h1>\n");
    for (size_t step = walk->first_step; step < walk->end_step && status == DONE && !stop;
         step++) {
        put_step(&out, walk, step);
        status = app_print(walk->app, &out, &stop);
    }
    put_footer(&out, walk);
    if (status == DONE && !stop)
        status = app_print(walk->app, &out, &stop);
    builder_free(&out);
    return status;
}
