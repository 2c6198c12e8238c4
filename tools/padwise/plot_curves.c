/* SPDX-License-Identifier: MIT */
/* Curves by position, and similarity matrices: of the rows of one input, or of several inputs
 * at the places where their meaning may sit (EOS, words, pads, all rows). */
#include <math.h>

#include "plot_figures.h"
#include "talk.h"

/* ---- Curves. */

struct curves {
    double *norm, *bos, *eos;
};

static int measure_curves(const struct plot_set *set, struct curves *curves, bool *has_roles)
{
    struct pool *pool = &set->app->pool;

    *has_roles = false;
    for (size_t i = 0; i < set->n; i++) {
        const pw_rows *rows = &set->inputs[i].rows;

        curves[i].norm = pool_array(pool, rows->n_rows, sizeof(double));
        curves[i].bos = pool_array(pool, rows->n_rows, sizeof(double));
        curves[i].eos = pool_array(pool, rows->n_rows, sizeof(double));
        if (curves[i].norm == NULL || curves[i].bos == NULL || curves[i].eos == NULL)
            return fail_memory(set->app);
        pw_rows_curves(curves[i].norm, curves[i].bos, curves[i].eos, NULL, rows);
        *has_roles = *has_roles || pw_rows_choose(rows, PW_ROW_EOS, NULL) > 0;
    }
    return DONE;
}

/* All inputs' pads start at the same position. */
static bool is_one_start(const struct plot_set *set)
{
    for (size_t i = 1; i < set->n; i++)
        if (set->inputs[i].n_real != set->inputs[0].n_real)
            return false;
    return true;
}

/* The foot of an axis of cosines: halves, so that pictures of many inputs have the same. */
static double lowest_cosine(const struct plot_set *set, const struct curves *curves)
{
    double least = 0;

    for (size_t i = 0; i < set->n; i++)
        for (size_t k = 0; k < set->inputs[i].rows.n_rows; k++)
            least = fmin(least, fmin(curves[i].bos[k], curves[i].eos[k]));
    return least < -0.5 ? -1 : -0.5;
}

/* lowest: the foot of an axis of cosines; 0: the data say it. */
static pw_status open_panel(const struct plot_set *set, pw_figure *figure, const char *y_label,
                            double lowest, pw_error *err)
{
    pw_panel_options panel;
    pw_status status;

    pw_panel_options_init(&panel);
    panel.x.label = "position";
    panel.y.label = y_label;
    panel.y.min = lowest;
    panel.y.max = lowest < 0 ? 1 : 0;
    status = pw_figure_add_panel(figure, &panel, err);
    if (status != PW_OK || !is_one_start(set))
        return status;
    return plot_pads_rule(figure, &set->inputs[0], false, err);
}

static pw_status add_curve(pw_figure *figure, const char *name, const double *y, size_t n,
                           pw_error *err)
{
    const pw_curve curve = {name, NULL, y, NULL, NULL, n};

    return pw_figure_add_curve(figure, &curve, err);
}

/* Curves of one name have one colour in all panels: the norm of a single input has a name of
 * its own beside the cosines'. */
static pw_status add_norms(const struct plot_set *set, const struct curves *curves,
                           const char *name_of_one, pw_figure *figure, pw_error *err)
{
    pw_status status = open_panel(set, figure, "L2 norm", 0, err);

    for (size_t i = 0; i < set->n && status == PW_OK; i++)
        status = add_curve(figure, set->n == 1 ? name_of_one : set->labels[i], curves[i].norm,
                           set->inputs[i].rows.n_rows, err);
    return status;
}

/* Of one input both cosines share a panel; of several each has its own, so that curves of one
 * colour are of one input. */
static pw_status add_cosines(const struct plot_set *set, const struct curves *curves,
                             pw_figure *figure, pw_error *err)
{
    const double lowest = lowest_cosine(set, curves);
    pw_status status;

    if (set->n == 1) {
        const size_t n = set->inputs[0].rows.n_rows;

        status = open_panel(set, figure, "cosine", lowest, err);
        if (status == PW_OK)
            status = add_curve(figure, "to EOS", curves[0].eos, n, err);
        return status == PW_OK ? add_curve(figure, "to BOS", curves[0].bos, n, err) : status;
    }
    status = open_panel(set, figure, "cosine to EOS", lowest, err);
    for (size_t i = 0; i < set->n && status == PW_OK; i++)
        status =
            add_curve(figure, set->labels[i], curves[i].eos, set->inputs[i].rows.n_rows, err);
    if (status == PW_OK)
        status = open_panel(set, figure, "cosine to BOS", lowest, err);
    for (size_t i = 0; i < set->n && status == PW_OK; i++)
        status =
            add_curve(figure, set->labels[i], curves[i].bos, set->inputs[i].rows.n_rows, err);
    return status;
}

int plot_curves(const struct plot_set *set, pw_figure **out)
{
    struct curves *curves = pool_array(&set->app->pool, set->n, sizeof(*curves));
    bool has_roles;
    pw_status status;
    pw_error err;

    if (curves == NULL)
        return fail_memory(set->app);
    TRY(measure_curves(set, curves, &has_roles));
    TRY(plot_create(set, set->n == 1 ? set->labels[0] : "Rows by position",
                    has_roles ? "Curves by position: the L2 norm of the row, its cosine to the "
                                "EOS row and to the BOS row."
                              : "Curve by position: the L2 norm of the row. Roles are unknown, "
                                "so there is no cosine to EOS or BOS.",
                    NULL, set->n == 1 ? 0 : 1, out));
    status = add_norms(set, curves, has_roles ? "L2 norm" : NULL, *out, &err);
    if (status == PW_OK && has_roles)
        status = add_cosines(set, curves, *out, &err);
    return plot_finish(set, status, &err, out);
}

/* ---- Similarity. */

static int to_floats(struct app *app, const double *values, size_t n, float **out, bool *is_any)
{
    *is_any = false;
    *out = pool_array(&app->pool, n, sizeof(**out));
    if (*out == NULL)
        return fail_memory(app);
    for (size_t i = 0; i < n; i++) {
        (*out)[i] = (float)values[i];
        *is_any = *is_any || isfinite(values[i]);
    }
    return DONE;
}

/* What the rows are called, and in short the columns. */
struct names {
    const char **rows, **columns;
};

/* names NULL: positions. */
static pw_status add_matrix(pw_figure *figure, const char *title, const float *values, size_t n,
                            const struct names *names, pw_error *err)
{
    const pw_matrix matrix = {values, n, n, 1, n, names != NULL};
    pw_panel_options panel;
    pw_status status;

    pw_panel_options_init(&panel);
    panel.title = title;
    panel.is_square = true;
    panel.x.labels = names == NULL ? NULL : names->columns;
    panel.y.labels = names == NULL ? NULL : names->rows;
    panel.x.n_labels = panel.y.n_labels = names == NULL ? 0 : n;
    panel.x.label = panel.y.label = names == NULL ? "position" : NULL;
    status = pw_figure_add_panel(figure, &panel, err);
    return status == PW_OK ? pw_figure_add_matrix(figure, &matrix, err) : status;
}

static const pw_color_scale cosines = {PW_MAP_DIVERGING, -1, 1, "cosine"};

/* Every row with every other. */
static int draw_rows(const struct plot_set *set, pw_figure **out)
{
    const struct pads_input *input = &set->inputs[0];
    const size_t n = input->rows.n_rows, n_values = n * input->rows.width;
    double *vectors = pool_array(&set->app->pool, n_values, sizeof(*vectors));
    double *cosine = pool_array(&set->app->pool, n * n, sizeof(*cosine));
    float *values;
    bool is_any;
    pw_status status;
    pw_error err;

    if (vectors == NULL || cosine == NULL)
        return fail_memory(set->app);
    for (size_t i = 0; i < n_values; i++)
        vectors[i] = input->rows.values[i];
    pw_vectors_compare(cosine, NULL, vectors, n, input->rows.width);
    TRY(to_floats(set->app, cosine, n * n, &values, &is_any));
    TRY(plot_create(set, set->labels[0],
                    "Matrix: the cosine of each row with each other one, by position.",
                    &cosines, 0, out));
    status = add_matrix(*out, NULL, values, n, NULL, &err);
    if (status == PW_OK)
        status = plot_pads_rule(*out, input, false, &err);
    if (status == PW_OK)
        status = plot_pads_rule(*out, input, true, &err);
    return plot_finish(set, status, &err, out);
}

static int compare_at(const struct plot_set *set, pw_place_kind kind, double *cosine)
{
    const pw_place place = {.kind = kind};
    pw_rows *rows = pool_array(&set->app->pool, set->n, sizeof(*rows));
    pw_error err;

    if (rows == NULL)
        return fail_memory(set->app);
    for (size_t i = 0; i < set->n; i++)
        rows[i] = set->inputs[i].rows;
    return pw_inputs_compare(cosine, NULL, set->app->ctx, rows, set->n, &place, &err) == PW_OK
               ? DONE
               : fail_with(set->app, &err);
}

struct place_values {
    float *values;
    bool is_any; /* false: no two inputs have such a row */
};

static const struct {
    pw_place_kind kind;
    const char *title;
} places[] = {{PW_PLACE_EOS, "EOS row"},
              {PW_PLACE_WORDS, "mean of words"},
              {PW_PLACE_PADS, "mean of pads"},
              {PW_PLACE_ALL, "mean of all rows"}};

#define N_PLACES (sizeof(places) / sizeof(*places))

static int measure_places(const struct plot_set *set, struct place_values *of)
{
    double *cosine = pool_array(&set->app->pool, set->n * set->n, sizeof(*cosine));

    if (cosine == NULL)
        return fail_memory(set->app);
    for (size_t k = 0; k < N_PLACES; k++) {
        TRY(compare_at(set, places[k].kind, cosine));
        TRY(to_floats(set->app, cosine, set->n * set->n, &of[k].values, &of[k].is_any));
    }
    return DONE;
}

/* Names that were cut to fit may be alike; numbers are not, and stand under the columns alone:
 * the names are read beside the rows. */
static int number_labels(const struct plot_set *set, struct names *names)
{
    struct pool *pool = &set->app->pool;

    names->rows = pool_array(pool, set->n, sizeof(*names->rows));
    names->columns = pool_array(pool, set->n, sizeof(*names->columns));
    if (names->rows == NULL || names->columns == NULL)
        return fail_memory(set->app);
    for (size_t i = 0; i < set->n; i++) {
        names->rows[i] = pool_format(pool, "%zu. %s", i + 1, set->labels[i]);
        names->columns[i] = pool_format(pool, "%zu", i + 1);
        if (names->rows[i] == NULL || names->columns[i] == NULL)
            return fail_memory(set->app);
    }
    return DONE;
}

static int draw_inputs(const struct plot_set *set, pw_figure **out)
{
    struct place_values of[N_PLACES] = {{0}};
    struct names names;
    pw_status status = PW_OK;
    pw_error err;

    TRY(measure_places(set, of));
    TRY(number_labels(set, &names));
    TRY(plot_create(set, "Cosine between inputs",
                    "Matrices: the cosine between each two inputs, of the EOS row, the mean of "
                    "the words, the mean of the pads and the mean of all rows.",
                    &cosines, 0, out));
    for (size_t k = 0; k < N_PLACES && status == PW_OK; k++)
        if (of[k].is_any)
            status = add_matrix(*out, places[k].title, of[k].values, set->n, &names, &err);
    return plot_finish(set, status, &err, out);
}

int plot_similarity(const struct plot_set *set, pw_figure **out)
{
    return set->n == 1 ? draw_rows(set, out) : draw_inputs(set, out);
}
