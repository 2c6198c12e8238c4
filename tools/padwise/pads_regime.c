/* SPDX-License-Identifier: MIT */
/* padwise pads regime: where pads stop to be copies of EOS, and what they become. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pads.h"
#include "talk.h"

#define N_COORDINATES 4

/* The norm counts as level where it spreads by less than this share of its mean. */
#define NORM_SPREAD 0.02

struct regime_view {
    struct pads *pads;
    const struct pads_input *input;
    double *norm, *cos_bos, *cos_eos, *cos_before; /* [n_rows] */
    pw_regime regimes[PW_REGIMES_MAX];
    size_t n_regimes;
    size_t *norm_starts, n_norm_starts; /* positions where the norm of pads changes */
    pw_coordinate coordinates[PW_REGIMES_MAX][N_COORDINATES];
    size_t n_coordinates;
    const char *why_none; /* NULL: it has regimes */
};

static int find_coordinates(struct regime_view *view, size_t i)
{
    struct app *app = view->pads->app;
    const pw_regime *regime = &view->regimes[i];
    const size_t n = regime->end - regime->begin;
    size_t *chosen = pool_array(&app->pool, n, sizeof(*chosen));
    pw_error err;

    if (chosen == NULL)
        return fail_memory(app);
    for (size_t k = 0; k < n; k++)
        chosen[k] = regime->begin + k;
    if (pw_rows_coordinates(view->coordinates[i], view->n_coordinates, app->ctx,
                            &view->input->rows, chosen, n, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}

/* Change points of the norm alone, as positions. */
static int find_norm_changes(struct regime_view *view)
{
    struct app *app = view->pads->app;
    const size_t begin = view->regimes[0].begin;
    const size_t n = view->regimes[view->n_regimes - 1].end - begin;
    const double *const curves[] = {view->norm + begin};
    double mean = 0.0;
    pw_error err;

    for (size_t i = 0; i < n; i++)
        mean += curves[0][i] / (double)n;
    view->norm_starts = pool_array(&app->pool, n, sizeof(*view->norm_starts));
    if (view->norm_starts == NULL)
        return fail_memory(app);
    if (pw_change_points(view->norm_starts, &view->n_norm_starts, app->ctx, curves, 1, n,
                         NORM_SPREAD * mean, &err) != PW_OK)
        return fail_with(app, &err);
    for (size_t i = 0; i < view->n_norm_starts; i++)
        view->norm_starts[i] += begin;
    return DONE;
}

/* The other inputs may have regimes all the same. */
static int leave_out(struct regime_view *view, const char *why)
{
    view->why_none = pool_copy(&view->pads->app->pool, why, strlen(why));
    view->n_regimes = 0;
    return view->why_none == NULL ? fail_memory(view->pads->app) : DONE;
}

static int measure(struct regime_view *view)
{
    struct app *app = view->pads->app;
    const pw_rows *rows = &view->input->rows;
    double *curves = pool_array(&app->pool, 4 * rows->n_rows, sizeof(*curves));
    pw_status status;
    pw_error err;

    if (curves == NULL)
        return fail_memory(app);
    view->norm = curves;
    view->cos_bos = curves + rows->n_rows;
    view->cos_eos = curves + 2 * rows->n_rows;
    view->cos_before = curves + 3 * rows->n_rows;
    pw_rows_curves(view->norm, view->cos_bos, view->cos_eos, view->cos_before, rows);
    status = pw_rows_regimes(view->regimes, &view->n_regimes, app->ctx, rows, &err);
    if (status == PW_ERR_NOT_FOUND && view->pads->n > 1)
        return leave_out(view, err.text);
    if (status != PW_OK) {
        snprintf(err.where, sizeof(err.where), "%s", view->input->name);
        return fail_with(app, &err);
    }
    view->n_coordinates = rows->width < N_COORDINATES ? rows->width : N_COORDINATES;
    for (size_t i = 0; i < view->n_regimes; i++)
        TRY(find_coordinates(view, i));
    return find_norm_changes(view);
}

/* ---- JSON. */

static void put_curve(struct json *json, const char *key, const double *values, size_t n)
{
    json_key(json, key);
    json_open(json, '[');
    for (size_t i = 0; i < n; i++) {
        if (isnan(values[i]))
            json_null(json);
        else
            json_real(json, values[i]);
    }
    json_close(json, ']');
}

static void put_coordinates(struct json *json, const struct regime_view *view, size_t i)
{
    json_key(json, "coordinates");
    json_open(json, '[');
    for (size_t k = 0; k < view->n_coordinates; k++) {
        const pw_coordinate *coordinate = &view->coordinates[i][k];

        json_open(json, '{');
        json_member_int(json, "index", (int64_t)coordinate->index);
        json_member_real(json, "share", coordinate->share);
        json_member_real(json, "mean", coordinate->mean);
        json_member_real(json, "bos", coordinate->bos);
        json_member_real(json, "eos", coordinate->eos);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_regimes(struct json *json, const struct regime_view *view)
{
    json_key(json, "regimes");
    json_open(json, '[');
    for (size_t i = 0; i < view->n_regimes; i++) {
        const pw_regime *regime = &view->regimes[i];

        json_open(json, '{');
        json_member_int(json, "first", (int64_t)regime->begin);
        json_member_int(json, "last", (int64_t)regime->end - 1);
        json_member_text(json, "kind", pw_regime_kind_name(regime->kind));
        json_member_real(json, "norm", regime->norm);
        json_member_real(json, "cos_bos", regime->cos_bos);
        json_member_real(json, "cos_eos", regime->cos_eos);
        json_member_real(json, "energy", regime->energy);
        put_coordinates(json, view, i);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static int print_json(const struct regime_view *view)
{
    struct json *json = &view->pads->json;
    const size_t n_rows = view->input->rows.n_rows;

    json_open(json, '{');
    pads_put_input(json, view->input);
    put_curve(json, "norm", view->norm, n_rows);
    put_curve(json, "cos_bos", view->cos_bos, n_rows);
    put_curve(json, "cos_eos", view->cos_eos, n_rows);
    put_curve(json, "cos_before", view->cos_before, n_rows);
    json_key(json, "change_points");
    json_open(json, '[');
    for (size_t i = 1; i < view->n_regimes; i++)
        json_int(json, (int64_t)view->regimes[i].begin);
    json_close(json, ']');
    json_key(json, "norm_change_points");
    json_open(json, '[');
    for (size_t i = 0; i < view->n_norm_starts; i++)
        json_int(json, (int64_t)view->norm_starts[i]);
    json_close(json, ']');
    put_regimes(json, view);
    if (view->why_none != NULL)
        json_member_text(json, "reason", view->why_none);
    json_close(json, '}');
    return pads_print_json(view->pads);
}

/* ---- Tables. */

static void add_regimes(const struct regime_view *view)
{
    static const struct column titles[] = {
        {"rows", false},   {"regime", false}, {"norm", true},         {"cos BOS", true},
        {"cos EOS", true}, {"energy", true},  {"dominated by", false}};
    struct app *app = view->pads->app;
    struct grid grid;

    grid_start(&grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t i = 0; i < view->n_regimes; i++) {
        const pw_regime *regime = &view->regimes[i];
        const pw_coordinate *top = view->coordinates[i];

        if (regime->end == regime->begin + 1)
            grid_cell(&grid, "%zu", regime->begin);
        else
            grid_cell(&grid, "%zu..%zu", regime->begin, regime->end - 1);
        grid_cell(&grid, "%s", pw_regime_kind_name(regime->kind));
        grid_number(&grid, 2, regime->norm);
        grid_number(&grid, 3, regime->cos_bos);
        grid_number(&grid, 3, regime->cos_eos);
        grid_cell(&grid, "%.1f %%", 100 * regime->energy);
        if (view->n_coordinates < 2)
            grid_cell(&grid, "%zu: %.0f %%", top[0].index, 100 * top[0].share);
        else
            grid_cell(&grid, "%zu: %.0f %%, %zu: %.0f %%", top[0].index, 100 * top[0].share,
                      top[1].index, 100 * top[1].share);
    }
    grid_print(&grid, &view->pads->out, app->width_out, app->color_out);
}

static void add_norm_changes(const struct regime_view *view)
{
    struct builder *out = &view->pads->out;

    builder_text(out, view->n_norm_starts == 0 ? "the norm of pads keeps its level"
                                               : "the norm of pads changes its level at row");
    for (size_t i = 0; i < view->n_norm_starts; i++)
        builder_format(out, "%s%zu", i == 0 ? " " : ", ", view->norm_starts[i]);
    builder_text(out, "\n");
}

static int print_table(const struct regime_view *view)
{
    pads_title(view->pads, view->input);
    if (view->why_none != NULL) {
        pads_paragraph(view->pads, view->why_none);
        return DONE;
    }
    add_regimes(view);
    add_norm_changes(view);
    return DONE;
}

/* ---- All inputs. */

struct summary {
    double *starts; /* [n inputs]: where BOS-like pads begin; NaN: nowhere */
    size_t n_uniform, n_without;
};

/* What becomes of the pads, from all inputs: where the first BOS-like regime begins. */
static void say_starts(struct builder *text, const struct pads *pads,
                       const struct summary *summary, const pw_estimate *estimate)
{
    if (estimate->n_values == 0)
        builder_format(text,
                       "No input has BOS-like pads; in %zu of %zu all pads keep one level.",
                       summary->n_uniform, pads->n);
    else if (isnan(estimate->low))
        builder_format(text,
                       "BOS-like pads begin in %zu of %zu inputs, at row %.0f to %.0f (%s).",
                       estimate->n_values, pads->n, estimate->min, estimate->max,
                       pads_why_no_interval(pads));
    else
        builder_format(
            text,
            "BOS-like pads begin in %zu of %zu inputs, at row %.1f on average (95 %% "
            "interval %.1f to %.1f, from %.0f to %.0f).",
            estimate->n_values, pads->n, estimate->mean, estimate->low, estimate->high,
            estimate->min, estimate->max);
    if (summary->n_without > 0)
        builder_format(text,
                       " %zu of %zu inputs %s no regimes: rows of zeros have no direction.",
                       summary->n_without, pads->n, summary->n_without == 1 ? "has" : "have");
}

static double bos_like_start(const struct regime_view *view)
{
    for (size_t i = 0; i < view->n_regimes; i++)
        if (view->regimes[i].kind == PW_REGIME_BOS_LIKE)
            return (double)view->regimes[i].begin;
    return NAN;
}

static int print_conclusion(struct pads *pads, const char *text)
{
    if (!pads->app->json) {
        builder_text(&pads->out, "\n");
        pads_paragraph(pads, text);
        pads_credits(pads);
        return pads_print(pads);
    }
    json_open(&pads->json, '{');
    json_member_int(&pads->json, "inputs", (int64_t)pads->n);
    json_member_text(&pads->json, "conclusion", text);
    json_close(&pads->json, '}');
    return pads_print_json(pads);
}

static int show_all(struct pads *pads, struct regime_view *view, struct summary *summary)
{
    for (size_t i = 0; i < pads->n && !pads->stop; i++) {
        *view = (struct regime_view){.pads = pads, .input = &pads->inputs[i]};
        TRY(measure(view));
        summary->starts[i] = bos_like_start(view);
        summary->n_uniform += view->n_regimes == 1;
        summary->n_without += view->why_none != NULL;
        TRY(pads->app->json ? print_json(view) : print_table(view));
    }
    if (summary->n_without == pads->n)
        return fail(pads->app, PW_ERR_NOT_FOUND, view->input->name, "%s", view->why_none);
    return DONE;
}

int pads_regime(struct pads *pads)
{
    struct pool *pool = &pads->app->pool;
    struct summary summary = {.starts = pool_array(pool, pads->n, sizeof(*summary.starts))};
    struct regime_view *view = pool_take(pool, sizeof(*view));
    struct builder text = {0};
    pw_estimate estimate;
    int status;

    if (summary.starts == NULL || view == NULL)
        return fail_memory(pads->app);
    TRY(pads_need_pads(pads));
    TRY(show_all(pads, view, &summary));
    TRY(pads_estimate(pads, &estimate, summary.starts, pads->n));
    if (pads->stop)
        return DONE;
    say_starts(&text, pads, &summary, &estimate);
    status = text.failed ? fail_memory(pads->app) : print_conclusion(pads, text.bytes);
    builder_free(&text);
    return status;
}
