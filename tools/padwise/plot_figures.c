/* SPDX-License-Identifier: MIT */
/* Figures of rows by position. A line before the first pad stands where all panels can have
 * one; several inputs share the scale, so that their panels can be compared. */
#include "plot_figures.h"

#include <math.h>
#include <string.h>

#include "credit.h"
#include "paths.h"
#include "show.h"
#include "talk.h"

#define LABEL_WIDTH 400  /* columns */
#define HEADROOM    1.04 /* of an axis over its greatest bar */

/* ---- Names. */

static bool has_prompt(const struct pads_input *input)
{
    return input->prompt.bytes != NULL && input->prompt.size > 0;
}

/* Variants of one prompt differ in a suffix, which a title that is cut does not show. */
static bool is_shared_prompt(const struct pads_input *inputs, size_t n, size_t i)
{
    const pw_text own = roles_cut_suffix(inputs[i].prompt);

    for (size_t k = 0; k < n; k++) {
        const pw_text other = roles_cut_suffix(inputs[k].prompt);

        if (k != i && has_prompt(&inputs[k]) && other.size == own.size &&
            memcmp(other.bytes, own.bytes, own.size) == 0)
            return true;
    }
    return false;
}

/* Long prompts are cut: a megabyte is no name. What could reorder a line is escaped. */
static char *label_of(struct pool *pool, const struct pads_input *inputs, size_t n, size_t i)
{
    const struct pads_input *input = &inputs[i];
    struct builder text = {0};
    char *label = NULL;

    if (input->path != NULL && (!has_prompt(input) || is_shared_prompt(inputs, n, i)))
        show_text(&text, path_name(input->name), strlen(path_name(input->name)), LABEL_WIDTH);
    if (text.size > 0 && has_prompt(input))
        builder_text(&text, ": ");
    if (has_prompt(input))
        show_text(&text, input->prompt.bytes, input->prompt.size, LABEL_WIDTH);
    if (text.size == 0)
        builder_text(&text, "(empty prompt)");
    if (!text.failed)
        label = pool_copy(pool, text.bytes, text.size);
    builder_free(&text);
    return label;
}

int plot_labels(struct app *app, const struct pads_input *inputs, size_t n,
                const char ***labels)
{
    *labels = pool_array(&app->pool, n, sizeof(**labels));
    if (*labels == NULL)
        return fail_memory(app);
    for (size_t i = 0; i < n; i++) {
        (*labels)[i] = label_of(&app->pool, inputs, n, i);
        if ((*labels)[i] == NULL)
            return fail_memory(app);
    }
    return DONE;
}

int plot_credits(struct app *app, const struct pads_input *inputs, size_t n,
                 const char **footer)
{
    const char *credit = NULL;

    *footer = NULL;
    for (size_t i = 0; i < n; i++)
        TRY(credit_join(app, &credit, inputs[i].credit));
    if (credit == NULL)
        return DONE;
    *footer = pool_format(&app->pool, "Data: %s", credit);
    return *footer == NULL ? fail_memory(app) : DONE;
}

/* ---- What figures share. */

int plot_create(const struct plot_set *set, const char *title, const char *description,
                const pw_color_scale *colors, int32_t n_columns, pw_figure **out)
{
    pw_figure_options options;
    pw_error err;

    pw_figure_options_init(&options);
    options.title = set->title != NULL ? set->title : title;
    options.description = description;
    options.footer = set->footer;
    options.n_columns = n_columns;
    return pw_figure_create(out, set->app->ctx, &options, colors, &err) == PW_OK
               ? DONE
               : fail_with(set->app, &err);
}

/* A figure is given away only when it is whole. */
int plot_finish(const struct plot_set *set, pw_status status, const pw_error *err,
                pw_figure **out)
{
    if (status == PW_OK)
        return DONE;
    pw_figure_free(*out);
    *out = NULL;
    return fail_with(set->app, err);
}

/* Joined chunks have pads before later words. */
static size_t first_pad(const struct pads_input *input)
{
    size_t first = 0;

    while (first < input->rows.n_rows && input->rows.roles[first] != PW_ROW_PAD)
        first++;
    return first;
}

static pw_status add_pads_rule(pw_figure *figure, const struct pads_input *input,
                               bool is_horizontal, const char *name, pw_error *err)
{
    const pw_rule rule = {is_horizontal, (double)first_pad(input) - 0.5, name};

    if (input->n_real == 0 || input->n_real >= input->rows.n_rows)
        return PW_OK;
    return pw_figure_add_rule(figure, &rule, err);
}

pw_status plot_pads_rule(pw_figure *figure, const struct pads_input *input, bool is_horizontal,
                         pw_error *err)
{
    char name[64];

    snprintf(name, sizeof(name), "pads from %zu", first_pad(input));
    return add_pads_rule(figure, input, is_horizontal, is_horizontal ? NULL : name, err);
}

/* ---- Heat maps. */

/* is_one: the figure is of one input, whose pads a legend can place; starts of several would be
 * a row of equal samples there. */
static pw_status add_map(pw_figure *figure, const struct pads_input *input, const char *title,
                         const float *values, bool is_one, pw_error *err)
{
    const pw_matrix matrix = {
        values, input->rows.n_rows, input->rows.width, input->rows.width, 1, false};
    pw_panel_options panel;
    pw_status status;

    pw_panel_options_init(&panel);
    panel.title = title;
    panel.x.label = "position";
    panel.y.label = "dimension";
    status = pw_figure_add_panel(figure, &panel, err);
    if (status == PW_OK)
        status = pw_figure_add_matrix(figure, &matrix, err);
    if (status != PW_OK)
        return status;
    return is_one ? plot_pads_rule(figure, input, false, err)
                  : add_pads_rule(figure, input, false, "first pad", err);
}

static pw_color_scale heat_colors(const struct plot_set *set, size_t n_panels)
{
    const double usual = n_panels == 1 ? PW_PLOT_HEAT_RANGE : PW_PLOT_HEAT_RANGE_PANEL;
    const double range = set->range > 0 ? set->range : usual;
    const pw_color_scale colors = {PW_MAP_DIVERGING, -range, range, "value"};

    return colors;
}

int plot_heat(const struct plot_set *set, pw_figure **out)
{
    const pw_color_scale colors = heat_colors(set, set->n);
    const char *title = set->n == 1 ? set->labels[0] : "Values by position and dimension";
    pw_status status = PW_OK;
    pw_error err;

    TRY(plot_create(set, title,
                    "Heat map: positions along x, dimensions along y, colour by value; a green "
                    "line stands before the first pad.",
                    &colors, 0, out));
    for (size_t i = 0; i < set->n && status == PW_OK; i++)
        status = add_map(*out, &set->inputs[i], set->n == 1 ? NULL : set->labels[i],
                         set->inputs[i].rows.values, set->n == 1, &err);
    return plot_finish(set, status, &err, out);
}

static int subtract(struct app *app, const pw_rows *a, const pw_rows *b, float **out)
{
    const size_t n = a->n_rows * a->width;

    *out = pool_array(&app->pool, n, sizeof(**out));
    if (*out == NULL)
        return fail_memory(app);
    for (size_t i = 0; i < n; i++)
        (*out)[i] = a->values[i] - b->values[i];
    return DONE;
}

static char letter_of(size_t i)
{
    return (char)('A' + i);
}

/* Letters, since two prompts do not fit over one panel. */
static pw_status add_differences(const struct plot_set *set, float *const *differences,
                                 pw_figure *figure, pw_error *err)
{
    struct pool *pool = &set->app->pool;
    pw_status status = PW_OK;

    for (size_t i = 0; i < set->n && status == PW_OK; i++)
        status = add_map(figure, &set->inputs[i],
                         pool_format(pool, "%c: %s", letter_of(i), set->labels[i]),
                         set->inputs[i].rows.values, false, err);
    for (size_t i = 1; i < set->n && status == PW_OK; i++)
        status = add_map(figure, &set->inputs[i],
                         pool_format(pool, "%c \xE2\x88\x92 %c", letter_of(0), letter_of(i)),
                         differences[i], false, err);
    return status;
}

int plot_difference(const struct plot_set *set, pw_figure **out)
{
    const pw_color_scale colors = heat_colors(set, 2);
    float **differences = pool_array(&set->app->pool, set->n, sizeof(*differences));
    pw_error err;

    if (differences == NULL)
        return fail_memory(set->app);
    for (size_t i = 1; i < set->n; i++) {
        if (set->inputs[i].rows.n_rows != set->inputs[0].rows.n_rows)
            return fail(set->app, PW_ERR_MISMATCH, set->inputs[i].name,
                        "has %zu rows, and %s has %zu: their difference has no meaning",
                        set->inputs[i].rows.n_rows, set->inputs[0].name,
                        set->inputs[0].rows.n_rows);
        TRY(subtract(set->app, &set->inputs[0].rows, &set->inputs[i].rows, &differences[i]));
    }
    TRY(plot_create(
        set, "Difference to the first",
        "Heat maps of the inputs, then of the first minus each other one: positions "
        "along x, dimensions along y.",
        &colors, 0, out));
    return plot_finish(set, add_differences(set, differences, *out, &err), &err, out);
}

/* ---- Norms. */

struct norms {
    double *values;
    pw_plot_role *roles;
};

static int measure_norms(const struct plot_set *set, struct norms *norms, double *greatest)
{
    for (size_t i = 0; i < set->n; i++) {
        const pw_rows *rows = &set->inputs[i].rows;

        norms[i].values = pool_array(&set->app->pool, rows->n_rows, sizeof(double));
        norms[i].roles = pool_array(&set->app->pool, rows->n_rows, sizeof(pw_plot_role));
        if (norms[i].values == NULL || norms[i].roles == NULL)
            return fail_memory(set->app);
        pw_rows_curves(norms[i].values, NULL, NULL, NULL, rows);
        for (size_t k = 0; k < rows->n_rows; k++) {
            norms[i].roles[k] = plot_role(rows->roles[k]);
            *greatest = fmax(*greatest, norms[i].values[k]);
        }
    }
    return DONE;
}

static pw_status add_norms(const struct plot_set *set, const struct norms *norms, size_t i,
                           double greatest, pw_figure *figure, pw_error *err)
{
    const pw_bars bars = {norms[i].values, norms[i].roles, set->inputs[i].rows.n_rows};
    pw_panel_options panel;
    pw_status status;

    pw_panel_options_init(&panel);
    panel.title = set->n == 1 ? NULL : set->labels[i];
    panel.x.label = "position";
    panel.y.label = "L2 norm";
    panel.y.max = set->n == 1 ? 0 : greatest * HEADROOM;
    status = pw_figure_add_panel(figure, &panel, err);
    return status != PW_OK ? status : pw_figure_add_bars(figure, &bars, err);
}

int plot_norms(const struct plot_set *set, pw_figure **out)
{
    struct norms *norms = pool_array(&set->app->pool, set->n, sizeof(*norms));
    pw_status status = PW_OK;
    double greatest = 0;
    pw_error err;

    if (norms == NULL)
        return fail_memory(set->app);
    TRY(measure_norms(set, norms, &greatest));
    TRY(plot_create(
        set, set->n == 1 ? set->labels[0] : "Norm of each row",
        "Bars: the L2 norm of the row at each position, coloured by role (BOS, word, "
        "EOS, pad).",
        NULL, 0, out));
    for (size_t i = 0; i < set->n && status == PW_OK; i++)
        status = add_norms(set, norms, i, greatest, *out, &err);
    return plot_finish(set, status, &err, out);
}
