/* SPDX-License-Identifier: MIT */
/* `padwise report`, shared by its files: one page of what was measured. */
#ifndef TOOL_REPORT_H
#define TOOL_REPORT_H

#include "pads.h"
#include "plot_figures.h"

struct report {
    struct app *app;
    struct pads pads;
    const char **labels; /* [pads.n] */
    const char *credits; /* NULL: none are due */
    struct builder out;  /* the page */
    size_t n_pictures;
    bool has_builtin; /* an input comes from the untrained built-in model */
    bool has_unknown; /* of an input it is not known how it was made, or where its pads are */
};

/* ---- report_html.c: the page's parts. */
void html_open(struct report *report);
void html_close(struct report *report);

/* Text of strangers: at most so many columns, control and bidirectional characters as escapes,
 * markup as text. */
void html_text(struct builder *out, const char *bytes, size_t size, size_t width_max);
void html_string(struct builder *out, const char *text);

/* A table's begin with its caption and column titles (one starting with "<" is left-aligned),
 * cells, and end. */
void html_table(struct builder *out, const char *caption, const char *const *titles, size_t n);
void html_row(struct builder *out, bool is_dim);
void html_cell(struct builder *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void html_text_cell(struct builder *out, const char *bytes, size_t size);
void html_number(struct builder *out, int n_decimals, double value); /* NaN: "-" */
void html_range(struct builder *out, int n_decimals, double least, double greatest);
void html_row_end(struct builder *out);
void html_table_end(struct builder *out);

/* Draws the figure into the page and frees it. PNG for pictures of many cells, else SVG. */
int html_picture(struct report *report, pw_figure *figure, pw_picture_format format,
                 const char *alt, const char *caption);

/* ---- The sections. */
int report_input(struct report *report, size_t i);  /* report_inputs.c */
int report_tokens(struct report *report, size_t i); /* report_tokens.c */
int report_across(struct report *report);           /* report_across.c */
int report_origins(struct report *report);          /* report_origins.c */
void report_limits(struct report *report);

/* A view for a kind of picture: inputs [first, first + n). */
struct plot_set report_set(const struct report *report, size_t first, size_t n);

#endif
