/* SPDX-License-Identifier: MIT */
/* How alike inputs are along their rows: the cosine of all pairs by position, or by fifths of
 * the pads, as a curve of the mean with a band from the least pair to the greatest. */
#include <math.h>

#include "plot_figures.h"
#include "talk.h"

#define N_FIFTHS 5

struct across {
    double *x, *mean, *low, *high; /* [n] */
    size_t n;
};

static size_t fewest_rows(const struct plot_set *set)
{
    size_t n = set->inputs[0].rows.n_rows;

    for (size_t i = 1; i < set->n; i++)
        if (set->inputs[i].rows.n_rows < n)
            n = set->inputs[i].rows.n_rows;
    return n;
}

/* Mean and extent of the pairs above the diagonal; NaN among them is left out. */
static void sum_up(struct across *across, size_t at, const double *cosine, size_t n)
{
    double sum = 0, least = INFINITY, greatest = -INFINITY;
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++) {
            const double value = cosine[i * n + k];

            if (isnan(value))
                continue;
            sum += value;
            least = fmin(least, value);
            greatest = fmax(greatest, value);
            count++;
        }
    }
    across->mean[at] = count == 0 ? NAN : sum / (double)count;
    across->low[at] = count == 0 ? NAN : least;
    across->high[at] = count == 0 ? NAN : greatest;
}

static int make(const struct plot_set *set, bool is_by_fifth, struct across *across)
{
    struct pool *pool = &set->app->pool;

    across->n = is_by_fifth ? N_FIFTHS : fewest_rows(set);
    across->x = pool_array(pool, across->n, sizeof(double));
    across->mean = pool_array(pool, across->n, sizeof(double));
    across->low = pool_array(pool, across->n, sizeof(double));
    across->high = pool_array(pool, across->n, sizeof(double));
    return across->x == NULL || across->mean == NULL || across->low == NULL ||
                   across->high == NULL
               ? fail_memory(set->app)
               : DONE;
}

static int measure(const struct plot_set *set, bool is_by_fifth, struct across *across)
{
    double *cosine = pool_array(&set->app->pool, set->n * set->n, sizeof(*cosine));
    pw_rows *rows = pool_array(&set->app->pool, set->n, sizeof(*rows));
    pw_error err;

    if (cosine == NULL || rows == NULL)
        return fail_memory(set->app);
    for (size_t i = 0; i < set->n; i++)
        rows[i] = set->inputs[i].rows;
    for (size_t i = 0; i < across->n; i++) {
        const pw_place position = {.kind = PW_PLACE_POSITION, .position = i};
        const pw_place fifth = {.kind = PW_PLACE_PADS, .part = i, .n_parts = N_FIFTHS};

        across->x[i] = (double)(is_by_fifth ? i + 1 : i);
        if (pw_inputs_compare(cosine, NULL, set->app->ctx, rows, set->n,
                              is_by_fifth ? &fifth : &position, &err) != PW_OK)
            return fail_with(set->app, &err);
        sum_up(across, i, cosine, set->n);
    }
    return DONE;
}

/* What the curve is a mean of, then whose data it is. */
static int explain(struct plot_set *set)
{
    const size_t n_pairs = set->n * (set->n - 1) / 2;

    set->footer =
        pool_format(&set->app->pool, "Mean of the %zu pair%s of %zu inputs%s.%s%s", n_pairs,
                    n_pairs == 1 ? "" : "s", set->n,
                    n_pairs == 1 ? "" : "; band: from the least pair to the greatest",
                    set->footer == NULL ? "" : " ", set->footer == NULL ? "" : set->footer);
    return set->footer == NULL ? fail_memory(set->app) : DONE;
}

/* Cosines are drawn from 0 where none is below: half a picture would be empty. */
static double least_cosine(const struct across *across)
{
    for (size_t i = 0; i < across->n; i++)
        if (across->low[i] < 0)
            return -1;
    return 0;
}

int plot_across(const struct plot_set *inputs, bool is_by_fifth, pw_figure **out)
{
    struct plot_set explained = *inputs;
    const struct plot_set *set = &explained;
    struct across across;
    pw_panel_options panel;
    pw_curve curve;
    pw_status status;
    pw_error err;

    TRY(explain(&explained));
    TRY(make(set, is_by_fifth, &across));
    TRY(measure(set, is_by_fifth, &across));
    curve = (pw_curve){NULL, across.x, across.mean, across.low, across.high, across.n};
    pw_panel_options_init(&panel);
    panel.x.label = is_by_fifth ? "fifth of the pads, from EOS on" : "position";
    panel.y.label = "cosine between inputs";
    panel.y.min = least_cosine(&across);
    panel.y.max = 1;
    TRY(plot_create(
        set,
        is_by_fifth ? "Cosine between inputs by fifth of the pads"
                    : "Cosine between inputs by position",
        "Curve: the mean cosine of all pairs of inputs; band: from the least to the "
        "greatest pair.",
        NULL, 0, out));
    status = pw_figure_add_panel(*out, &panel, &err);
    if (status == PW_OK)
        status = pw_figure_add_curve(*out, &curve, &err);
    return plot_finish(set, status, &err, out);
}
