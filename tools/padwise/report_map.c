/* SPDX-License-Identifier: MIT */
/* The map of one layer's attention: all rows by position, and beside it the rows that have
 * names, with the pads as one. */
#include "report.h"
#include "talk.h"

/* Names of more rows than these are not read in a column of 640 units. */
#define NAMED_MAX 18

struct named {
    float *values;       /* [n, n] */
    const char **labels; /* [n] */
    size_t n, n_real;    /* n: one more where there are pads */
};

/* What a row gives to the column: of pads as one, together. */
static double given_to(const struct attention_view *view, size_t query, size_t column,
                       size_t n_real)
{
    const size_t n = view->attn.inside.n_tokens;
    const float *row = view->map + query * n;
    double sum = 0;

    if (column < n_real)
        return (double)row[column];
    for (size_t t = n_real; t < n; t++)
        sum += (double)row[t];
    return sum;
}

/* What the line gives: of pads as one, on average. */
static double cell(const struct attention_view *view, size_t line, size_t column, size_t n_real)
{
    const size_t n = view->attn.inside.n_tokens;
    double sum = 0;

    if (line < n_real)
        return given_to(view, line, column, n_real);
    for (size_t t = n_real; t < n; t++)
        sum += given_to(view, t, column, n_real);
    return sum / (double)(n - n_real);
}

static int make_named(const struct attention_view *view, struct named *out)
{
    const struct inside *inside = &view->attn.inside;
    struct pool *pool = &inside->app->pool;
    const size_t n = inside->n_real + (inside->n_real < inside->n_tokens);

    *out = (struct named){.n = n, .n_real = inside->n_real};
    out->values = pool_array(pool, n * n, sizeof(*out->values));
    out->labels = pool_array(pool, n, sizeof(*out->labels));
    if (out->values == NULL || out->labels == NULL)
        return fail_memory(inside->app);
    for (size_t i = 0; i < n; i++) {
        out->labels[i] = i < inside->n_real ? inside->labels[i] : "[pads]";
        for (size_t k = 0; k < n; k++)
            out->values[i * n + k] = (float)cell(view, i, k, inside->n_real);
    }
    return DONE;
}

/* But for the line of BOS, which always gives all to itself: it would pale the others. */
static double greatest(const struct attention_view *view, const struct named *named)
{
    const size_t n = view->attn.inside.n_tokens;
    float most = 0;

    for (size_t i = n; i < n * n; i++)
        most = view->map[i] > most ? view->map[i] : most;
    for (size_t i = named->n; i < named->n * named->n; i++)
        most = named->values[i] > most ? named->values[i] : most;
    return most > 0 ? (double)most : 1.0;
}

static pw_status add_named(pw_figure *figure, const struct named *named, pw_error *err)
{
    const pw_matrix matrix = {named->values, named->n, named->n, 1, named->n, named->n <= 8};
    pw_panel_options panel;
    pw_status status;

    pw_panel_options_init(&panel);
    panel.title = named->n > named->n_real ? "pads as one" : "by token";
    panel.x.labels = panel.y.labels = named->labels;
    panel.x.n_labels = panel.y.n_labels = named->n;
    panel.x.label = "key";
    panel.y.label = "query";
    panel.is_square = true;
    status = pw_figure_add_panel(figure, &panel, err);
    return status != PW_OK ? status : pw_figure_add_matrix(figure, &matrix, err);
}

/* Lines before the first pad, on both axes. */
static pw_status add_rules(pw_figure *figure, const struct inside *inside, pw_error *err)
{
    const double at = (double)inside->n_real - 0.5;
    const pw_rule rules[] = {{false, at, "first pad"}, {true, at, NULL}};
    pw_status status = PW_OK;

    for (size_t i = 0; i < 2 && status == PW_OK && inside->n_real < inside->n_tokens; i++)
        status = pw_figure_add_rule(figure, &rules[i], err);
    return status;
}

static pw_status add_all(pw_figure *figure, const struct attention_view *view, pw_error *err)
{
    const struct inside *inside = &view->attn.inside;
    const size_t n = inside->n_tokens;
    const pw_matrix matrix = {view->map, n, n, 1, n, false};
    pw_panel_options panel;
    pw_status status;

    pw_panel_options_init(&panel);
    panel.title = "all rows, by position";
    panel.x.label = "key";
    panel.y.label = "query";
    panel.is_square = true;
    status = pw_figure_add_panel(figure, &panel, err);
    if (status == PW_OK)
        status = pw_figure_add_matrix(figure, &matrix, err);
    return status != PW_OK ? status : add_rules(figure, inside, err);
}

static bool is_shown(const struct named *named)
{
    return named->n <= NAMED_MAX;
}

static const char *caption_of(const struct attention_view *view, const struct named *named)
{
    return pool_format(
        &view->attn.inside.app->pool,
        "What the query of a line gives to the key of a column in layer %d%s. No row sees "
        "those "
        "behind it.%s",
        (int)view->layer,
        view->layer == view->n_layers ? ", the last that these rows went through" : "",
        is_shown(named) && named->n > named->n_real
            ? " Of pads as one, the line is their mean and the column what they get together."
            : "");
}

int report_map(struct report *report, const struct attention_view *view)
{
    pw_color_scale colors = {PW_MAP_SEQUENTIAL, 0, 0, "share of attention"};
    struct pool *pool = &report->app->pool;
    struct plot_set set = {.app = report->app};
    const char *caption;
    struct named named;
    pw_status status = PW_OK;
    pw_figure *figure;
    pw_error err;

    set.title = pool_format(pool, "Attention in layer %d, mean of %zu heads", (int)view->layer,
                            view->attn.n_heads);
    TRY(make_named(view, &named));
    caption = caption_of(view, &named);
    if (set.title == NULL || caption == NULL)
        return fail_memory(report->app);
    colors.max = greatest(view, &named);
    TRY(plot_create(&set, NULL,
                    "Maps of attention: queries down, keys along, colour by weight.", &colors,
                    0, &figure));
    if (is_shown(&named))
        status = add_named(figure, &named, &err);
    if (status == PW_OK)
        status = add_all(figure, view, &err);
    TRY(plot_finish(&set, status, &err, &figure));
    return html_picture(report, figure, PW_PICTURE_SVG, "", caption);
}
