/* SPDX-License-Identifier: MIT */
/* padwise pads svd: how many directions the pads of an input have. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pads.h"
#include "talk.h"

/* Singular values that a person is shown. */
#define N_SHOWN 6

struct svd_view {
    struct pads *pads;
    const struct pads_input *input;
    size_t *chosen, n_chosen;
    double *sigma;  /* [n_chosen] */
    double *energy; /* [n_chosen]: share of the first k + 1 */
    pw_rank rank;
    const char *why_none; /* NULL: it has directions */
};

/* --positions, else the pads. */
static int choose(struct svd_view *view)
{
    struct pads *pads = view->pads;
    const pw_rows *rows = &view->input->rows;

    TRY(pads_positions(pads, rows->n_rows, &view->chosen, &view->n_chosen));
    if (view->chosen != NULL)
        return DONE;
    view->chosen = pool_array(&pads->app->pool, rows->n_rows, sizeof(*view->chosen));
    if (view->chosen == NULL)
        return fail_memory(pads->app);
    view->n_chosen = pw_rows_choose(rows, PW_ROW_PAD, view->chosen);
    return DONE;
}

/* The other inputs may have directions all the same. */
static int leave_out(struct svd_view *view, const char *why)
{
    view->why_none = pool_copy(&view->pads->app->pool, why, strlen(why));
    view->rank = (pw_rank){.n_rows = view->n_chosen, .effective = NAN, .plane = NAN};
    return view->why_none == NULL ? fail_memory(view->pads->app) : DONE;
}

static int measure(struct svd_view *view)
{
    struct app *app = view->pads->app;
    double total = 0.0, sum = 0.0;
    pw_status status;
    pw_error err;

    TRY(choose(view));
    view->sigma = pool_array(&app->pool, view->n_chosen, sizeof(*view->sigma));
    view->energy = pool_array(&app->pool, view->n_chosen, sizeof(*view->energy));
    if (view->sigma == NULL || view->energy == NULL)
        return fail_memory(app);
    status = pw_rows_svd(&view->rank, view->sigma, app->ctx, &view->input->rows, view->chosen,
                         view->n_chosen, &err);
    if (status == PW_ERR_ARGUMENT && view->pads->n > 1 && view->n_chosen > 0)
        return leave_out(view, err.text);
    if (status != PW_OK) {
        snprintf(err.where, sizeof(err.where), "%s", view->input->name);
        return fail_with(app, &err);
    }
    for (size_t k = 0; k < view->n_chosen; k++)
        total += view->sigma[k] * view->sigma[k];
    for (size_t k = 0; k < view->n_chosen; k++) {
        sum += view->sigma[k] * view->sigma[k];
        view->energy[k] = sum / total;
    }
    return DONE;
}

static void put_values(struct json *json, const char *key, const double *values, size_t n)
{
    json_key(json, key);
    json_open(json, '[');
    for (size_t k = 0; k < n; k++)
        json_real(json, values[k]);
    json_close(json, ']');
}

static int print_json(const struct svd_view *view)
{
    struct json *json = &view->pads->json;

    json_open(json, '{');
    pads_put_input(json, view->input);
    json_member_int(json, "rows", (int64_t)view->n_chosen);
    json_member_int(json, "first", (int64_t)view->chosen[0]);
    json_member_int(json, "last", (int64_t)view->chosen[view->n_chosen - 1]);
    put_values(json, "singular_values", view->sigma, view->rank.n_values);
    put_values(json, "energy", view->energy, view->rank.n_values);
    json_member_int(json, "rank_90", (int64_t)view->rank.rank_90);
    json_member_int(json, "rank_99", (int64_t)view->rank.rank_99);
    json_member_real(json, "effective_rank", view->rank.effective);
    json_member_real(json, "plane_bos_eos", view->rank.plane);
    if (view->why_none != NULL)
        json_member_text(json, "reason", view->why_none);
    json_close(json, '}');
    return pads_print_json(view->pads);
}

static void add_values(const struct svd_view *view)
{
    static const struct column titles[] = {
        {"k", true}, {"singular value", true}, {"energy of the first k", true}};
    struct app *app = view->pads->app;
    struct grid grid;

    grid_start(&grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t k = 0; k < view->rank.n_values && k < N_SHOWN; k++) {
        grid_cell(&grid, "%zu", k + 1);
        grid_number(&grid, 2, view->sigma[k]);
        grid_number(&grid, 4, view->energy[k]);
    }
    grid_print(&grid, &view->pads->out, app->width_out, app->color_out);
}

static int print_table(const struct svd_view *view)
{
    struct builder *out = &view->pads->out;

    pads_title(view->pads, view->input);
    builder_format(out, "%zu rows, %zu to %zu\n", view->n_chosen, view->chosen[0],
                   view->chosen[view->n_chosen - 1]);
    if (view->why_none != NULL) {
        pads_paragraph(view->pads, view->why_none);
        return DONE;
    }
    add_values(view);
    builder_format(out,
                   "rank for 90 %%: %zu, for 99 %%: %zu; effective rank %.2f (exp of the "
                   "entropy)\n",
                   view->rank.rank_90, view->rank.rank_99, view->rank.effective);
    if (!isnan(view->rank.plane))
        builder_format(out, "in the plane of BOS and EOS: %.1f %% of the squared norm\n",
                       100 * view->rank.plane);
    return DONE;
}

/* What the inputs have in common; values are [n_inputs]. */
struct summary {
    double *rank_1, *rank_2, *rank_99, *plane;
};

static void summarize(struct summary *summary, size_t i, const struct svd_view *view)
{
    const size_t second = view->n_chosen < 2 ? 0 : 1;

    const bool is_there = view->why_none == NULL;

    summary->rank_1[i] = is_there ? view->energy[0] : NAN;
    summary->rank_2[i] = is_there ? view->energy[second] : NAN;
    summary->rank_99[i] = is_there ? (double)view->rank.rank_99 : NAN;
    summary->plane[i] = view->rank.plane;
}

static int print_summary(struct pads *pads, const struct summary *summary)
{
    const struct {
        const char *key, *title;
        const double *values;
        int n_decimals;
    } lines[] = {{"rank_1", "energy of 1 direction", summary->rank_1, 4},
                 {"rank_2", "energy of 2 directions", summary->rank_2, 4},
                 {"plane_bos_eos", "in the plane of BOS and EOS", summary->plane, 4},
                 {"rank_99", "directions for 99 %", summary->rank_99, 0}};
    static const struct column titles[] = {{"of all inputs", false},
                                           {"mean", true},
                                           {"95 % interval", true},
                                           {"least..most", true}};
    struct app *app = pads->app;
    struct grid grid;

    grid_start(&grid, titles, sizeof(titles) / sizeof(*titles));
    json_open(&pads->json, '{');
    json_member_int(&pads->json, "inputs", (int64_t)pads->n);
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        pw_estimate estimate;
        const int status = pads_estimate(pads, &estimate, lines[i].values, pads->n);

        if (status != DONE) {
            pool_free(&grid.pool);
            return status;
        }
        pads_put_estimate(&pads->json, lines[i].key, &estimate);
        grid_cell(&grid, "%s", lines[i].title);
        grid_number(&grid, lines[i].n_decimals == 0 ? 1 : 4, estimate.mean);
        pads_interval(&grid, &estimate);
        pads_range(&grid, &estimate, lines[i].n_decimals);
    }
    json_close(&pads->json, '}');
    if (app->json) {
        pool_free(&grid.pool);
        return pads_print_json(pads);
    }
    builder_text(&pads->out, "\n");
    grid_print(&grid, &pads->out, app->width_out, app->color_out);
    return DONE;
}

int pads_svd(struct pads *pads)
{
    double *space = pool_array(&pads->app->pool, 4 * pads->n, sizeof(*space));
    struct summary summary;
    const char *why_none = NULL; /* of all so far */

    if (space == NULL)
        return fail_memory(pads->app);
    summary =
        (struct summary){space, space + pads->n, space + 2 * pads->n, space + 3 * pads->n};
    if (!option_given(pads->app, OPTION_POSITIONS))
        TRY(pads_need_pads(pads));
    for (size_t i = 0; i < pads->n && !pads->stop; i++) {
        struct svd_view view = {.pads = pads, .input = &pads->inputs[i]};

        TRY(measure(&view));
        summarize(&summary, i, &view);
        why_none = i == 0 || why_none != NULL ? view.why_none : NULL;
        TRY(pads->app->json ? print_json(&view) : print_table(&view));
    }
    if (why_none != NULL)
        return fail(pads->app, PW_ERR_NOT_FOUND, pads->inputs[0].name, "%s", why_none);
    if (pads->n > 1 && !pads->stop)
        TRY(print_summary(pads, &summary));
    if (pads->app->json || pads->stop)
        return DONE;
    pads_credits(pads);
    return pads_print(pads);
}
