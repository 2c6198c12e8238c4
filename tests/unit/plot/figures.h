/* SPDX-License-Identifier: MIT */
/* Figures for the tests of this room: one of each kind, from numbers made by integer sums, so
 * that they are the same everywhere. */
#ifndef PWI_TESTS_PLOT_FIGURES_H
#define PWI_TESTS_PLOT_FIGURES_H

#include <padwise/plot.h>

#define FIGURE_ROWS    12
#define FIGURE_COLUMNS 40

/* In -1..1, smooth enough to look at. */
static inline float figure_value(size_t row, size_t column)
{
    const int wave = (int)((row * 7 + column * 3) % 41) - 20;
    const int slope = (int)column - 20;

    return (float)(wave + slope) / 40.0f;
}

static inline void fill_values(float values[FIGURE_ROWS * FIGURE_COLUMNS], float factor)
{
    for (size_t row = 0; row < FIGURE_ROWS; row++)
        for (size_t column = 0; column < FIGURE_COLUMNS; column++)
            values[row * FIGURE_COLUMNS + column] = factor * figure_value(row, column);
}

static const char *const figure_tokens[FIGURE_ROWS] = {"<bos>", "a",     "beaver", "with",
                                                       "blue",  "teeth", "<eos>",  "<eos>",
                                                       "<eos>", "<eos>", "<eos>",  "<eos>"};

static inline pw_status make_heat_map(pw_figure **out, pw_context *ctx,
                                      const pw_figure_options *options, pw_error *err)
{
    float values[FIGURE_ROWS * FIGURE_COLUMNS];
    const pw_heat_map map = {NULL, values};
    pw_heat_maps maps;

    fill_values(values, 1.5f);
    values[5] = -__builtin_inff();
    pw_heat_maps_init(&maps);
    maps.maps = &map;
    maps.n_maps = 1;
    maps.n_rows = FIGURE_ROWS;
    maps.n_columns = FIGURE_COLUMNS;
    maps.pads_start = 7;
    return pw_plot_heat_maps(out, ctx, &maps, options, err);
}

static inline pw_status make_differences(pw_figure **out, pw_context *ctx,
                                         const pw_figure_options *options, pw_error *err)
{
    float a[FIGURE_ROWS * FIGURE_COLUMNS], b[FIGURE_ROWS * FIGURE_COLUMNS];
    const pw_heat_map map[2] = {{"normal", a}, {"scaled", b}};
    pw_heat_maps maps;

    fill_values(a, 1.0f);
    fill_values(b, 0.5f);
    pw_heat_maps_init(&maps);
    maps.maps = map;
    maps.n_maps = 2;
    maps.n_rows = FIGURE_ROWS;
    maps.n_columns = FIGURE_COLUMNS;
    maps.shows_differences = true;
    maps.pads_start = 7;
    return pw_plot_heat_maps(out, ctx, &maps, options, err);
}

static inline pw_status make_bars(pw_figure **out, pw_context *ctx,
                                  const pw_figure_options *options, pw_error *err)
{
    double heights[FIGURE_ROWS];
    pw_plot_role roles[FIGURE_ROWS];
    pw_role_bars bars;

    for (size_t i = 0; i < FIGURE_ROWS; i++) {
        heights[i] = 28 + (double)(i * i % 17);
        roles[i] = i == 0   ? PW_PLOT_BOS
                   : i < 6  ? PW_PLOT_WORD
                   : i == 6 ? PW_PLOT_EOS
                            : PW_PLOT_PAD;
    }
    roles[11] = PW_PLOT_UNKNOWN;
    heights[9] = __builtin_nan("");
    pw_role_bars_init(&bars);
    bars.heights = heights;
    bars.roles = roles;
    bars.labels = figure_tokens;
    bars.n = FIGURE_ROWS;
    return pw_plot_role_bars(out, ctx, &bars, options, err);
}

static inline pw_status make_similarity(pw_figure **out, pw_context *ctx,
                                        const pw_figure_options *options, pw_error *err)
{
    float values[FIGURE_ROWS * FIGURE_ROWS];
    pw_similarity similarity;

    for (size_t i = 0; i < FIGURE_ROWS; i++)
        for (size_t k = 0; k < FIGURE_ROWS; k++)
            values[i * FIGURE_ROWS + k] = 1.0f - (float)((i > k ? i - k : k - i) * 3) / 20.0f;
    values[30] = __builtin_nanf("");
    pw_similarity_init(&similarity);
    similarity.values = values;
    similarity.labels = figure_tokens;
    similarity.n = FIGURE_ROWS;
    return pw_plot_similarity(out, ctx, &similarity, options, err);
}

static inline pw_status make_curves(pw_figure **out, pw_context *ctx, pw_scale scale,
                                    const pw_figure_options *options, pw_error *err)
{
    double y[2][FIGURE_COLUMNS], low[FIGURE_COLUMNS], high[FIGURE_COLUMNS];
    const pw_curve curve[2] = {{"first", NULL, y[0], low, high, FIGURE_COLUMNS},
                               {"second", NULL, y[1], NULL, NULL, FIGURE_COLUMNS}};
    pw_curves curves;

    for (size_t i = 0; i < FIGURE_COLUMNS; i++) {
        y[0][i] = 20.0 / (double)(i + 1);
        y[1][i] = 1 + (double)(i % 9);
        low[i] = y[0][i] * 0.5 - 0.3;
        high[i] = y[0][i] * 1.5;
    }
    y[1][20] = __builtin_nan("");
    pw_curves_init(&curves);
    curves.curves = curve;
    curves.n_curves = 2;
    curves.x_label = "position";
    curves.y_label = "distance";
    curves.y_scale = scale;
    curves.pads_start = 7;
    return pw_plot_curves(out, ctx, &curves, options, err);
}

static inline pw_status make_linear(pw_figure **out, pw_context *ctx,
                                    const pw_figure_options *options, pw_error *err)
{
    return make_curves(out, ctx, PW_SCALE_LINEAR, options, err);
}

static inline pw_status make_log(pw_figure **out, pw_context *ctx,
                                 const pw_figure_options *options, pw_error *err)
{
    return make_curves(out, ctx, PW_SCALE_LOG, options, err);
}

static inline pw_status make_attention(pw_figure **out, pw_context *ctx,
                                       const pw_figure_options *options, pw_error *err)
{
    float values[2][FIGURE_ROWS * FIGURE_ROWS] = {{0}};
    const pw_attention_map maps[2] = {{"head 1", values[0]}, {"head 2", values[1]}};
    pw_attention attention;

    for (size_t map = 0; map < 2; map++)
        for (size_t query = 0; query < FIGURE_ROWS; query++)
            for (size_t key = 0; key <= query; key++)
                values[map][query * FIGURE_ROWS + key] =
                    (float)((query * (map + 2) + key * 5) % 8 + 1) /
                    (8.0f * (float)(query + 1));
    pw_attention_init(&attention);
    attention.maps = maps;
    attention.n_maps = 2;
    attention.n_queries = attention.n_keys = FIGURE_ROWS;
    attention.queries = attention.keys = figure_tokens;
    return pw_plot_attention(out, ctx, &attention, options, err);
}

struct figure_kind {
    const char *name;
    pw_status (*make)(pw_figure **out, pw_context *ctx, const pw_figure_options *options,
                      pw_error *err);
};

static const struct figure_kind figure_kinds[] = {
    {"heat_map", make_heat_map},     {"differences", make_differences}, {"bars", make_bars},
    {"similarity", make_similarity}, {"curves", make_linear},           {"log", make_log},
    {"attention", make_attention}};

#define N_FIGURE_KINDS (sizeof(figure_kinds) / sizeof(*figure_kinds))

#endif
