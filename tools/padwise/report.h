/* SPDX-License-Identifier: MIT */
/* `padwise report`, shared by its files: one page of what was measured. */
#ifndef TOOL_REPORT_H
#define TOOL_REPORT_H

#include "markup.h"
#include "attn.h"
#include "pads.h"
#include "plot_figures.h"

/* Attention of one encoder over one prompt: means over heads and queries. */
struct attention_view {
    size_t i_input;
    const char *encoder;   /* "clip_l"; NULL: it has no name */
    int32_t n_layers;      /* that the rows of the page went through */
    int32_t n_blocks;      /* that the encoder has */
    size_t n_chunks;       /* of the prompt; the first is looked at */
    bool is_weighted;      /* the dialect gave a token of that chunk another weight than 1 */
    bool hides_pads;       /* the mask that the rows were made with */
    struct attn attn;      /* its roles and labels; the weights are gone */
    struct attn_mass *all; /* [n_layers] of all queries */
    struct attn_mass *by_role[INSIDE_ROLES]; /* [n_layers]; NULL: no query has the role */
    struct attn_mass total[INSIDE_ROLES];    /* all layers */
    int32_t layer;                           /* that is drawn, from 1 */
    const float *map;                        /* [T, T], the mean of its heads */
};

struct token_list;
struct report_sources;
struct report_glyph;

struct report {
    struct app *app;
    struct pads pads;
    const char **labels; /* [pads.n] */
    const char *credits; /* NULL: none are due */
    struct builder out;  /* the page */
    size_t n_pictures;
    struct report_glyph *glyphs; /* [n_glyphs] letters that stand in the page */
    size_t n_glyphs, glyphs_capacity;
    struct attention_view *views; /* [n_views] by encoder, then by input */
    size_t n_views, views_capacity;
    struct token_list *tokens; /* [n_tokens] of prompts */
    size_t n_tokens, tokens_capacity;
    struct report_sources *sources; /* of variants; NULL: none was needed */
    bool has_builtin;               /* an input comes from the untrained built-in model */
    bool has_unknown; /* of an input it is not known how it was made, or where its pads are */
};

/* ---- report_html.c: the page's parts. */
void html_open(struct report *report);
void html_close(struct report *report);

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

/* report_svg.c: a picture's SVG into the page. */
void report_svg(struct report *report, const char *bytes, size_t size);

/* ---- Prompts, while their encoders are open: a pads_look. */
int report_look(void *user, size_t first, const pw_encoder *encoder,
                const pw_planned *planned); /* report_attention.c */
int report_keep_tokens(struct report *report, size_t first, const pw_encoder *encoder,
                       const pw_planned *planned); /* report_tokens.c */

/* ---- The sections. */
int report_input(struct report *report, size_t i);    /* report_inputs.c */
int report_tokens(struct report *report, size_t i);   /* report_tokens.c */
int report_variants(struct report *report, size_t i); /* report_variants.c */
void report_close_sources(struct report *report);
int report_attention(struct report *report, size_t i); /* report_layers.c */
int report_attention_across(struct report *report);
int report_map(struct report *report, const struct attention_view *view); /* report_map.c */
int report_across(struct report *report);                                 /* report_across.c */
int report_origins(struct report *report);                                /* report_origins.c */
void report_limits(struct report *report);

/* Cells of how far b is from a: L2, relative, cosine, greatest change; has_all: L2 of pads and
 * rows equal in every bit, too. Both have as many rows. report_distance.c */
void report_distance(struct builder *out, const pw_rows *a, const pw_rows *b, bool has_all);

/* A view for a kind of picture: inputs [first, first + n). */
struct plot_set report_set(const struct report *report, size_t first, size_t n);

#endif
