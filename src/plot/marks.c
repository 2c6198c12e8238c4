/* SPDX-License-Identifier: MIT */
/* Marks: checked and copied into the newest panel of a figure. */
#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "plot/figure.h"
#include "plot/label.h"

static pw_status new_mark(pw_figure *figure, enum pwi_mark_kind kind, struct pwi_mark **out,
                          pw_error *err)
{
    struct pwi_panel *panel = figure->last;

    if (panel == NULL)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "the figure has no panel to draw in: pw_figure_add_panel first");
    if (panel->n_marks >= PW_PLOT_MARKS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "a panel holds at most %d marks", PW_PLOT_MARKS_MAX);
    *out = pwi_arena_alloc(&figure->arena, sizeof(**out));
    if (*out == NULL)
        return pwi_fail_memory(err);
    memset(*out, 0, sizeof(**out));
    (*out)->kind = kind;
    return PW_OK;
}

/* Only a whole mark becomes part of the figure. */
static void attach(pw_figure *figure, struct pwi_mark *mark)
{
    struct pwi_panel *panel = figure->last;

    if (panel->last != NULL)
        panel->last->next = mark;
    else
        panel->first = mark;
    panel->last = mark;
    panel->n_marks++;
}

static pw_status copy_doubles(pw_figure *figure, const double *from, size_t n,
                              const double **out, pw_error *err)
{
    double *copy;

    *out = NULL;
    if (from == NULL)
        return PW_OK;
    copy = pwi_arena_alloc(&figure->arena, n * sizeof(*copy));
    if (copy == NULL)
        return pwi_fail_memory(err);
    memcpy(copy, from, n * sizeof(*copy));
    *out = copy;
    return PW_OK;
}

static pw_status check_points(size_t n, const void *values, const char *what, pw_error *err)
{
    if (n == 0 || values == NULL)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "there is nothing to draw: %s without values",
                        what);
    if (n > PW_PLOT_POINTS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "%s of %zu values: %zu is the most", what, n,
                        PW_PLOT_POINTS_MAX);
    return PW_OK;
}

static pw_status check_cells(const pw_matrix *matrix, pw_error *err)
{
    size_t n, last_x, last_y;

    if (matrix->values == NULL || matrix->n_x == 0 || matrix->n_y == 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "a matrix of %zu x %zu values cannot be drawn",
                        matrix->n_x, matrix->n_y);
    if (!pwi_mul_size(matrix->n_x, matrix->n_y, &n) || n > PW_PLOT_CELLS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "a matrix of %zu x %zu values: %zu is the most",
                        matrix->n_x, matrix->n_y, PW_PLOT_CELLS_MAX);
    if (!pwi_mul_size(matrix->n_x - 1, matrix->x_stride, &last_x) ||
        !pwi_mul_size(matrix->n_y - 1, matrix->y_stride, &last_y) ||
        !pwi_add_size(last_x, last_y, &n))
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "the strides of a matrix overflow");
    return PW_OK;
}

/* The copy is dense, x fastest. */
static pw_status copy_cells(pw_figure *figure, const pw_matrix *from, pw_matrix *to,
                            pw_error *err)
{
    float *values = pwi_arena_alloc(&figure->arena, from->n_x * from->n_y * sizeof(*values));

    if (values == NULL)
        return pwi_fail_memory(err);
    *to = *from;
    to->values = values;
    to->x_stride = 1;
    to->y_stride = from->n_x;
    for (size_t x = 0; x < from->n_x; x++)
        for (size_t y = 0; y < from->n_y; y++)
            values[x + y * from->n_x] = from->values[x * from->x_stride + y * from->y_stride];
    return PW_OK;
}

pw_status pw_figure_add_matrix(pw_figure *figure, const pw_matrix *matrix, pw_error *err)
{
    struct pwi_mark *mark;

    PWI_TRY(check_cells(matrix, err));
    PWI_TRY(new_mark(figure, PWI_MARK_MATRIX, &mark, err));
    if (pwi_panel_n_x(figure->last) != 0)
        return PWI_FAIL(
            err, PW_ERR_ARGUMENT,
            "a panel holds one matrix or one set of bars: add a panel for the next");
    PWI_TRY(copy_cells(figure, matrix, &mark->matrix, err));
    attach(figure, mark);
    return PW_OK;
}

static pw_status copy_roles(pw_figure *figure, const pw_bars *bars, const pw_plot_role **out,
                            pw_error *err)
{
    pw_plot_role *roles = pwi_arena_alloc(&figure->arena, bars->n * sizeof(*roles));

    if (roles == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < bars->n; i++) {
        roles[i] = bars->roles != NULL ? bars->roles[i] : PW_PLOT_UNKNOWN;
        if ((unsigned)roles[i] >= PW_PLOT_N_ROLES)
            return PWI_FAIL(err, PW_ERR_ARGUMENT, "bar %zu has the role %d, which is none", i,
                            (int)roles[i]);
    }
    *out = roles;
    return PW_OK;
}

pw_status pw_figure_add_bars(pw_figure *figure, const pw_bars *bars, pw_error *err)
{
    struct pwi_mark *mark;

    PWI_TRY(check_points(bars->n, bars->heights, "bars", err));
    PWI_TRY(new_mark(figure, PWI_MARK_BARS, &mark, err));
    if (pwi_panel_n_x(figure->last) != 0)
        return PWI_FAIL(
            err, PW_ERR_ARGUMENT,
            "a panel holds one matrix or one set of bars: add a panel for the next");
    mark->bars.n = bars->n;
    PWI_TRY(copy_doubles(figure, bars->heights, bars->n, &mark->bars.heights, err));
    PWI_TRY(copy_roles(figure, bars, &mark->bars.roles, err));
    attach(figure, mark);
    return PW_OK;
}

/* A name has one colour in the whole figure, since the legend is of all panels. */
static size_t series_of(pw_figure *figure, const char *name)
{
    if (name[0] == '\0')
        return figure->last->n_curves;
    for (const struct pwi_panel *panel = figure->first; panel != NULL; panel = panel->next)
        for (const struct pwi_mark *mark = panel->first; mark != NULL; mark = mark->next)
            if (mark->kind == PWI_MARK_CURVE && strcmp(mark->curve.name, name) == 0)
                return mark->i_series;
    return figure->n_names++;
}

pw_status pw_figure_add_curve(pw_figure *figure, const pw_curve *curve, pw_error *err)
{
    struct pwi_mark *mark;

    PWI_TRY(check_points(curve->n, curve->y, "a curve", err));
    if ((curve->low == NULL) != (curve->high == NULL))
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "a band needs both its low and its high values");
    PWI_TRY(new_mark(figure, PWI_MARK_CURVE, &mark, err));
    mark->curve.n = curve->n;
    PWI_TRY(pwi_label_copy(&figure->arena, curve->name, &mark->curve.name, err));
    PWI_TRY(copy_doubles(figure, curve->x, curve->n, &mark->curve.x, err));
    PWI_TRY(copy_doubles(figure, curve->y, curve->n, &mark->curve.y, err));
    PWI_TRY(copy_doubles(figure, curve->low, curve->n, &mark->curve.low, err));
    PWI_TRY(copy_doubles(figure, curve->high, curve->n, &mark->curve.high, err));
    mark->i_series = series_of(figure, mark->curve.name);
    figure->last->n_curves++;
    attach(figure, mark);
    return PW_OK;
}

pw_status pw_figure_add_rule(pw_figure *figure, const pw_rule *rule, pw_error *err)
{
    struct pwi_mark *mark;

    if (!isfinite(rule->at))
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "a line cannot stand at %g", rule->at);
    PWI_TRY(new_mark(figure, PWI_MARK_RULE, &mark, err));
    mark->rule = *rule;
    PWI_TRY(pwi_label_copy(&figure->arena, rule->name, &mark->rule.name, err));
    attach(figure, mark);
    return PW_OK;
}
