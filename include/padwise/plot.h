/* SPDX-License-Identifier: MIT */
/* Pictures of numbers: heat maps, bars by role, similarity and attention matrices, curves with
 * bands; as SVG, PNG, PDF, or small in a terminal. Nothing here knows of models: numbers and
 * texts go in (docs/plot.md).
 *
 * A figure is a row or grid of panels. A panel has two axes and marks; marks are matrices,
 * bars, curves and rules. The kinds further down build whole figures; what they build can be
 * built, or added to, by hand:
 *
 *     pw_plot_heat_maps(&figure, ctx, &maps, &options, &err);
 *     pw_figure_save(figure, "pads.svg", NULL, &err);
 *     pw_figure_free(figure);
 *
 * Texts are UTF-8; bytes that are not are shown as U+FFFD, control characters as blanks. NaN
 * and infinities are drawn as missing (grey), and a note under the picture counts them. The
 * same calls give the same bytes wherever fonts and libraries are the same. Files need cairo
 * and pango in the build (pw_plot_can_draw); the terminal form needs neither. */
#ifndef PADWISE_PLOT_H
#define PADWISE_PLOT_H

#include <stdbool.h>

#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Limits; over one: PW_ERR_LIMIT. */
#define PW_PLOT_PANELS_MAX  64
#define PW_PLOT_MARKS_MAX   64                  /* of one panel */
#define PW_PLOT_CELLS_MAX   ((size_t)1 << 24)   /* of one matrix */
#define PW_PLOT_POINTS_MAX  ((size_t)1 << 20)   /* of one curve, or bars of one mark */
#define PW_PLOT_LABELS_MAX  65536               /* of one axis */
#define PW_PLOT_TEXT_MAX    ((size_t)1 << 20)   /* bytes of one text */
#define PW_PLOT_WIDTH_MIN   240.0               /* units */
#define PW_PLOT_WIDTH_MAX   8000.0              /* units; also the height's */
#define PW_PLOT_PIXELS_MAX  ((uint64_t)1 << 26) /* of a PNG */
#define PW_PLOT_COLUMNS_MIN 20                  /* of a terminal */
#define PW_PLOT_COLUMNS_MAX 1000

/* ---- Colours ---- */

/** What a value's colour says. Both maps run evenly in perceived lightness (OKLab). */
typedef enum pw_color_map {
    PW_MAP_DIVERGING = 0, /* blue, white at the middle of the range, red */
    PW_MAP_SEQUENTIAL     /* white to dark */
} pw_color_map;

/** The scale that all matrices of a figure share, and its colour bar. */
typedef struct pw_color_scale {
    pw_color_map map;
    double min, max;   /* both 0: -1..1 (diverging); 0 to the largest value (sequential) */
    const char *label; /* beside the bar; NULL: none */
} pw_color_scale;

/** What stands at a position. */
typedef enum pw_plot_role {
    PW_PLOT_BOS = 0,
    PW_PLOT_WORD,
    PW_PLOT_EOS,
    PW_PLOT_PAD,
    PW_PLOT_UNKNOWN,
    PW_PLOT_N_ROLES
} pw_plot_role;

/** "bos", "word", "eos", "pad", "unknown"; "?" for a value that is none. Static storage. Since:
 * 0.1 */
PW_API const char *pw_plot_role_name(pw_plot_role role);

/* ---- A figure by hand ---- */

/** A figure owns copies of all it was given and keeps its context alive. One thread at a time
 * while it is built; after that any number of threads may render it. */
typedef struct pw_figure pw_figure;

typedef struct pw_figure_options {
    size_t struct_size;
    const char *title; /* wrapped to at most two lines, whole in an SVG's <title> */
    const char
        *description;    /* for those who do not see the picture: SVG's <desc> begins with it */
    const char *footer;  /* source and licence: "data: L. Wagner, CC BY 4.0, modified"; in as
                            many lines as it takes */
    int32_t n_columns;   /* panels side by side; 0: as many as are readable */
    const char *missing; /* what values are called that are not finite: "hidden"; NULL:
                            "missing" */
} pw_figure_options;

static inline void pw_figure_options_init(pw_figure_options *options)
{
    const pw_figure_options zero = {sizeof(pw_figure_options), 0, 0, 0, 0, 0};

    *options = zero;
}

/** @param options may be NULL.  @param colors may be NULL: diverging, -1..1.
 *  @return PW_OK; PW_ERR_ARGUMENT (a range that is empty or not finite); PW_ERR_LIMIT;
 * PW_ERR_NO_MEMORY.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_figure_create(pw_figure **out, pw_context *ctx,
                                               const pw_figure_options *options,
                                               const pw_color_scale *colors, pw_error *err);

/** NULL is fine.   Since: 0.1 */
PW_API void pw_figure_free(pw_figure *figure);

typedef enum pw_scale {
    PW_SCALE_LINEAR = 0,
    PW_SCALE_LOG /* values that are not positive are missing */
} pw_scale;

/** One axis of a panel. On a matrix or bars the axis counts cells from 0: cell i lies around i,
 * from i - 0.5 to i + 0.5. */
typedef struct pw_axis {
    const char *label;
    pw_scale scale;
    double min, max; /* both 0: from the data, to round numbers */
    const char *const
        *labels; /* [n_labels] of the cells 0, 1, ... in place of numbers, or NULL */
    size_t n_labels;
} pw_axis;

typedef struct pw_panel_options {
    size_t struct_size;
    const char *title;
    pw_axis x, y;
    bool is_square; /* matrices: cells as high as wide */
    double height;  /* of the plot itself, units; 0: by what is in it */
} pw_panel_options;

static inline void pw_panel_options_init(pw_panel_options *options)
{
    const pw_axis axis = {0, PW_SCALE_LINEAR, 0, 0, 0, 0};
    const pw_panel_options zero = {sizeof(pw_panel_options), 0, axis, axis, false, 0};

    *options = zero;
}

/** A new panel after the others; marks go into the newest. @param options may be NULL.
 *  @return PW_OK; PW_ERR_ARGUMENT; PW_ERR_LIMIT; PW_ERR_NO_MEMORY.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_figure_add_panel(pw_figure *figure,
                                                  const pw_panel_options *options,
                                                  pw_error *err);

/** Numbers as coloured cells, the cell (0, 0) at the top left. The value of column x and row y
 * is values[x * x_stride + y * y_stride]. */
typedef struct pw_matrix {
    const float *values;
    size_t n_x, n_y, x_stride, y_stride;
    bool shows_numbers; /* in the cells, where they fit */
} pw_matrix;

/** @return PW_OK; PW_ERR_ARGUMENT (no cells, or no panel yet); PW_ERR_LIMIT; PW_ERR_NO_MEMORY.
 *  Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_figure_add_matrix(pw_figure *figure, const pw_matrix *matrix,
                                                   pw_error *err);

/** A bar a position, from 0. */
typedef struct pw_bars {
    const double *heights;     /* [n] */
    const pw_plot_role *roles; /* [n], or NULL: all unknown */
    size_t n;
} pw_bars;

/** @return as pw_figure_add_matrix.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_figure_add_bars(pw_figure *figure, const pw_bars *bars,
                                                 pw_error *err);

/** A line through points; where y is missing it is interrupted. */
typedef struct pw_curve {
    const char *name;         /* in the legend; NULL: not there. One name has one colour */
    const double *x;          /* [n], or NULL: 0, 1, ... */
    const double *y;          /* [n] */
    const double *low, *high; /* [n] each, or both NULL: no band */
    size_t n;
} pw_curve;

/** @return as pw_figure_add_matrix.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_figure_add_curve(pw_figure *figure, const pw_curve *curve,
                                                  pw_error *err);

/** A straight line across the panel. */
typedef struct pw_rule {
    bool is_horizontal;
    double at;        /* on the axis it crosses; between cells: 15.5 */
    const char *name; /* in the legend; NULL: not there */
} pw_rule;

/** @return as pw_figure_add_matrix.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_figure_add_rule(pw_figure *figure, const pw_rule *rule,
                                                 pw_error *err);

/* ---- Kinds: whole figures ---- */

/* Range of colours where none is given: one map by itself, several side by side. */
#define PW_PLOT_HEAT_RANGE       1.0
#define PW_PLOT_HEAT_RANGE_PANEL 0.5

/** One tensor for pw_plot_heat_maps: rows are positions, columns dimensions, as in files. */
typedef struct pw_heat_map {
    const char *title;   /* NULL: none */
    const float *values; /* [n_rows, n_columns] of pw_heat_maps */
} pw_heat_map;

typedef struct pw_heat_maps {
    size_t struct_size;
    const pw_heat_map *maps;
    size_t n_maps, n_rows, n_columns;
    bool shows_differences; /* for every map after the first one more panel: first - map */
    int64_t pads_start;     /* the first row that is a pad: a green line before it; -1: none */
    double range;           /* colours from -range to range; 0: the defaults above */
} pw_heat_maps;

static inline void pw_heat_maps_init(pw_heat_maps *maps)
{
    const pw_heat_maps zero = {sizeof(pw_heat_maps), 0, 0, 0, 0, false, -1, 0};

    *maps = zero;
}

/** Positions along x, dimensions along y, one panel a map, one colour bar.
 *  @param options may be NULL, here and below.
 *  @return here and below: PW_OK; PW_ERR_ARGUMENT (nothing to draw, NULL values, a range that
 * is not positive); PW_ERR_LIMIT; PW_ERR_NO_MEMORY; *out is NULL on failure.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_plot_heat_maps(pw_figure **out, pw_context *ctx,
                                                const pw_heat_maps *maps,
                                                const pw_figure_options *options,
                                                pw_error *err);

typedef struct pw_role_bars {
    size_t struct_size;
    const double *heights;     /* [n] */
    const pw_plot_role *roles; /* [n], or NULL */
    const char *const *labels; /* [n] under the bars, or NULL: positions */
    size_t n;
    const char *y_label; /* NULL: "L2 norm" */
} pw_role_bars;

static inline void pw_role_bars_init(pw_role_bars *bars)
{
    const pw_role_bars zero = {sizeof(pw_role_bars), 0, 0, 0, 0, 0};

    *bars = zero;
}

/** Bars by position, coloured by role, with a legend of the roles that occur.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_plot_role_bars(pw_figure **out, pw_context *ctx,
                                                const pw_role_bars *bars,
                                                const pw_figure_options *options,
                                                pw_error *err);

typedef struct pw_similarity {
    size_t struct_size;
    const float *values;       /* [n, n] */
    const char *const *labels; /* [n], or NULL: numbers */
    size_t n;
    const char *axis_label;       /* of both axes ("position"), or NULL */
    const pw_color_scale *colors; /* NULL: cosines, diverging, -1..1 */
} pw_similarity;

static inline void pw_similarity_init(pw_similarity *similarity)
{
    const pw_similarity zero = {sizeof(pw_similarity), 0, 0, 0, 0, 0};

    *similarity = zero;
}

/** A square matrix with names on both axes and numbers where they fit.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_plot_similarity(pw_figure **out, pw_context *ctx,
                                                 const pw_similarity *similarity,
                                                 const pw_figure_options *options,
                                                 pw_error *err);

typedef struct pw_curves {
    size_t struct_size;
    const pw_curve *curves;
    size_t n_curves;
    const char *x_label, *y_label;
    pw_scale y_scale;
    double y_min, y_max; /* both 0: from the data */
    int64_t pads_start;  /* a green line before this x; -1: none */
} pw_curves;

static inline void pw_curves_init(pw_curves *curves)
{
    const pw_curves zero = {sizeof(pw_curves), 0, 0, 0, 0, PW_SCALE_LINEAR, 0, 0, -1};

    *curves = zero;
}

/** Curves with their bands, told apart by colour and by dashes.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_plot_curves(pw_figure **out, pw_context *ctx,
                                             const pw_curves *curves,
                                             const pw_figure_options *options, pw_error *err);

/** Attention of one head: values[query * n_keys + key]. */
typedef struct pw_attention_map {
    const char *title; /* "layer 3, head 5" */
    const float *values;
} pw_attention_map;

typedef struct pw_attention {
    size_t struct_size;
    const pw_attention_map *maps;
    size_t n_maps, n_queries, n_keys;
    const char *const *queries, *const *keys; /* tokens, or NULL: positions */
    double max; /* of the colours; 0: the largest weight of all maps */
} pw_attention;

static inline void pw_attention_init(pw_attention *attention)
{
    const pw_attention zero = {sizeof(pw_attention), 0, 0, 0, 0, 0, 0, 0};

    *attention = zero;
}

/** Queries down, keys along, sequential colours, one panel a map.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_plot_attention(pw_figure **out, pw_context *ctx,
                                                const pw_attention *attention,
                                                const pw_figure_options *options,
                                                pw_error *err);

/* ---- Pictures ---- */

typedef enum pw_picture_format {
    PW_PICTURE_SVG = 0,
    PW_PICTURE_PNG,
    PW_PICTURE_PDF,
    PW_PICTURE_TEXT /* for a terminal: UTF-8 lines */
} pw_picture_format;

/** Colours of the terminal form. */
typedef enum pw_text_colors {
    PW_TEXT_PLAIN = 0, /* none: shades and letters */
    PW_TEXT_256,       /* the palette of 256 */
    PW_TEXT_RGB        /* 24 bits */
} pw_text_colors;

typedef struct pw_picture_options {
    size_t struct_size;
    double width;     /* units: CSS pixels in SVG, 3/4 point in PDF; 0: 600 */
    double height;    /* units; 0: what the figure needs. Less than it needs: PW_ERR_ARGUMENT */
    double scale;     /* PNG: pixels a unit; 0: 2 */
    const char *font; /* families, "DejaVu Sans, sans-serif"; NULL: these */
    const char
        *id_prefix;    /* SVG: letters before every id, for several in one page; NULL: "p" */
    int32_t n_columns; /* text: the terminal's; 0: 80 */
    pw_text_colors colors; /* text */
} pw_picture_options;

static inline void pw_picture_options_init(pw_picture_options *options)
{
    const pw_picture_options zero = {
        sizeof(pw_picture_options), 0, 0, 0, 0, 0, 0, PW_TEXT_PLAIN};

    *options = zero;
}

/** Whether SVG, PNG and PDF can be drawn: the build has libpadwise-draw, and it can be opened
 * (which this does). Threads: any.   Since: 0.1 */
PW_API bool pw_plot_can_draw(void);

/** The format of a path by its ending: .svg .png .pdf .txt in any case; -1: another.
 *  Since: 0.1 */
PW_API int32_t pw_picture_format_from_path(const char *path);

/** A rendered figure in memory. Immutable; keeps its context alive. */
typedef struct pw_picture pw_picture;

/** @param options may be NULL.
 *  @return PW_OK; PW_ERR_ARGUMENT (a figure without panels; a size that cannot be);
 * PW_ERR_LIMIT; PW_ERR_UNSUPPORTED (a build without cairo; no fonts on the machine);
 * PW_ERR_NO_MEMORY. pango aborts the process where memory is out inside it.
 *  Threads: any, also on one figure.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_figure_render(pw_picture **out, const pw_figure *figure,
                                               pw_picture_format format,
                                               const pw_picture_options *options,
                                               pw_error *err);

/** Its bytes, valid until it is freed.   Since: 0.1 */
PW_API const char *pw_picture_bytes(const pw_picture *picture, size_t *size);

/** Written whole or not at all; "-": standard output.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_picture_save(const pw_picture *picture, const char *path,
                                              pw_error *err);
PW_API void pw_picture_free(pw_picture *picture);

/** Render in the format of the path's ending and write.
 *  @return what the two return; PW_ERR_ARGUMENT for another ending.   Since: 0.1 */
PW_NODISCARD PW_API pw_status pw_figure_save(const pw_figure *figure, const char *path,
                                             const pw_picture_options *options, pw_error *err);

#ifdef __cplusplus
}
#endif

#endif
