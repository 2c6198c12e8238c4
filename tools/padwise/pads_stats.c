/* SPDX-License-Identifier: MIT */
/* padwise pads stats: the rows of each input, its groups, the pairs of its pads. What several
 * inputs have in common is pads_compare.c's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pads.h"
#include "talk.h"

#define N_FIRST 10

/* Of one input. */
struct stats {
    struct pads *pads;
    const struct pads_input *input;
    double *norm, *cos_bos, *cos_eos, *cos_before; /* [n_rows] */
    size_t *paired;                                /* rows whose pairs are measured */
    size_t n_paired;
    double *cosine; /* [n_paired, n_paired] */
    double *l2;
    struct pool scratch; /* of what is large and needed for this input alone */
};

static const float *row_at(const struct stats *stats, size_t position)
{
    return stats->input->rows.values + position * stats->input->rows.width;
}

/* The positions asked for; else the pads; else, where nobody knows which they are, all rows. */
static int choose_rows(struct stats *stats)
{
    const pw_rows *rows = &stats->input->rows;
    const bool is_known = stats->input->n_real > 0;

    TRY(pads_positions(stats->pads, rows->n_rows, &stats->paired, &stats->n_paired));
    if (stats->paired != NULL)
        return DONE;
    stats->paired = pool_array(&stats->pads->app->pool, rows->n_rows, sizeof(*stats->paired));
    if (stats->paired == NULL)
        return fail_memory(stats->pads->app);
    stats->n_paired =
        pw_rows_choose(rows, is_known ? PW_ROW_PAD : PW_ROW_UNKNOWN, stats->paired);
    return DONE;
}

static int choose_pairs(struct stats *stats)
{
    TRY(choose_rows(stats));
    if (stats->n_paired <= PW_LAB_INPUTS_MAX)
        return DONE;
    return fail(stats->pads->app, PW_ERR_LIMIT, stats->input->name,
                "has %zu rows to be compared in pairs, over the limit of %d: choose some with "
                "--positions",
                stats->n_paired, PW_LAB_INPUTS_MAX);
}

static int measure(struct stats *stats)
{
    struct app *app = stats->pads->app;
    const pw_rows *rows = &stats->input->rows;
    double *curves = pool_array(&stats->scratch, 4 * rows->n_rows, sizeof(*curves));
    size_t n;

    TRY(choose_pairs(stats));
    n = stats->n_paired;
    stats->cosine = pool_array(&stats->scratch, n * n + 1, sizeof(*stats->cosine));
    stats->l2 = pool_array(&stats->scratch, n * n + 1, sizeof(*stats->l2));
    if (curves == NULL || stats->cosine == NULL || stats->l2 == NULL)
        return fail_memory(app);
    stats->norm = curves;
    stats->cos_bos = curves + rows->n_rows;
    stats->cos_eos = curves + 2 * rows->n_rows;
    stats->cos_before = curves + 3 * rows->n_rows;
    pw_rows_curves(stats->norm, stats->cos_bos, stats->cos_eos, stats->cos_before, rows);
    for (size_t a = 0; a < n; a++) {
        for (size_t b = a; b < n; b++) {
            pw_pair pair;

            pw_row_compare(&pair, row_at(stats, stats->paired[a]),
                           row_at(stats, stats->paired[b]), rows->width);
            stats->cosine[a * n + b] = stats->cosine[b * n + a] = pair.cosine;
            stats->l2[a * n + b] = stats->l2[b * n + a] = pair.l2;
        }
    }
    return DONE;
}

/* ---- JSON. */

static void put_row(struct json *json, const struct stats *stats, size_t i)
{
    const pw_rows *rows = &stats->input->rows;
    const float *row = row_at(stats, i);
    const size_t n_first = rows->width < N_FIRST ? rows->width : N_FIRST;
    pw_row_stats of_row;

    pw_row_measure(&of_row, row, rows->width);
    json_open(json, '{');
    json_member_int(json, "position", (int64_t)i);
    json_member_text(json, "role", pw_row_role_name(rows->roles[i]));
    json_key(json, "first");
    json_open(json, '[');
    for (size_t k = 0; k < n_first; k++)
        json_real(json, row[k]);
    json_close(json, ']');
    json_member_real(json, "mean", of_row.mean);
    json_member_real(json, "std", of_row.std);
    json_member_real(json, "min", of_row.min);
    json_member_real(json, "max", of_row.max);
    json_member_real(json, "l2", of_row.l2);
    json_member_real(json, "cos_bos", stats->cos_bos[i]);
    json_member_real(json, "cos_eos", stats->cos_eos[i]);
    json_member_real(json, "cos_before", stats->cos_before[i]);
    json_close(json, '}');
}

static void put_groups(struct json *json, const struct stats *stats)
{
    json_key(json, "groups");
    json_open(json, '[');
    for (int role = 0; role < PW_N_ROW_ROLES; role++) {
        pw_group group;

        pw_rows_group(&group, &stats->input->rows, (pw_row_role)role);
        if (group.n == 0)
            continue;
        json_open(json, '{');
        json_member_text(json, "role", pw_row_role_name((pw_row_role)role));
        json_member_int(json, "n", (int64_t)group.n);
        json_member_real(json, "mean_norm", group.norm_mean);
        json_member_real(json, "min_norm", group.norm_min);
        json_member_real(json, "max_norm", group.norm_max);
        json_member_real(json, "energy", group.energy);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_pairs(struct json *json, const struct stats *stats)
{
    const size_t n = stats->n_paired;

    json_key(json, "pairs");
    json_open(json, '[');
    for (size_t a = 0; a < n; a++) {
        for (size_t b = a + 1; b < n; b++) {
            json_open(json, '{');
            json_member_int(json, "a", (int64_t)stats->paired[a]);
            json_member_int(json, "b", (int64_t)stats->paired[b]);
            json_member_real(json, "cosine", stats->cosine[a * n + b]);
            json_member_real(json, "l2", stats->l2[a * n + b]);
            json_close(json, '}');
        }
    }
    json_close(json, ']');
}

/* The spread of the pairs; of rows, so that the interval is over them. */
static int estimate(const struct stats *stats, pw_estimate *cosine, pw_estimate *l2)
{
    struct pads *pads = stats->pads;
    pw_error err;

    if (pw_estimate_pairs(cosine, pads->app->ctx, stats->cosine, stats->n_paired, pads->seed,
                          &err) == PW_OK &&
        pw_estimate_pairs(l2, pads->app->ctx, stats->l2, stats->n_paired, pads->seed, &err) ==
            PW_OK)
        return DONE;
    return fail_with(pads->app, &err);
}

static int print_json(const struct stats *stats)
{
    struct json *json = &stats->pads->json;
    pw_estimate cosine, l2;

    TRY(estimate(stats, &cosine, &l2));
    json_open(json, '{');
    pads_put_input(json, stats->input);
    json_key(json, "rows");
    json_open(json, '[');
    for (size_t i = 0; i < stats->input->rows.n_rows; i++)
        put_row(json, stats, i);
    json_close(json, ']');
    put_groups(json, stats);
    pads_put_estimate(json, "pairs_cosine", &cosine);
    pads_put_estimate(json, "pairs_l2", &l2);
    put_pairs(json, stats);
    json_close(json, '}');
    return pads_print_json(stats->pads);
}

/* ---- Tables. */

/* Rows that a person is shown who asked for none: the special ones, the first pad, every tenth,
 * the last two. */
static int choose_shown(const struct stats *stats, size_t **shown, size_t *n)
{
    const pw_rows *rows = &stats->input->rows;
    pw_row_role before = PW_N_ROW_ROLES;

    TRY(pads_positions(stats->pads, rows->n_rows, shown, n));
    if (*shown != NULL)
        return DONE;
    *shown = pool_array(&stats->pads->app->pool, rows->n_rows, sizeof(**shown));
    if (*shown == NULL)
        return fail_memory(stats->pads->app);
    for (size_t i = 0; i < rows->n_rows; i++) {
        if (rows->roles[i] != before || i % 10 == 0 || i + 2 >= rows->n_rows)
            (*shown)[(*n)++] = i;
        before = rows->roles[i];
    }
    return DONE;
}

static void add_rows(struct stats *stats, const size_t *shown, size_t n)
{
    static const struct column titles[] = {
        {"row", true},     {"role", false},     {"mean", true}, {"std", true},
        {"min", true},     {"max", true},       {"L2", true},   {"cos BOS", true},
        {"cos EOS", true}, {"cos before", true}};
    const pw_rows *rows = &stats->input->rows;
    struct app *app = stats->pads->app;
    struct grid grid;

    grid_start(&grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t k = 0; k < n; k++) {
        const size_t i = shown[k];
        pw_row_stats of_row;

        pw_row_measure(&of_row, row_at(stats, i), rows->width);
        grid_cell(&grid, "%zu", i);
        grid_cell(&grid, "%s", pw_row_role_name(rows->roles[i]));
        if (rows->roles[i] == PW_ROW_PAD)
            grid_dim(&grid);
        grid_number(&grid, 4, of_row.mean);
        grid_number(&grid, 3, of_row.std);
        grid_number(&grid, 2, of_row.min);
        grid_number(&grid, 2, of_row.max);
        grid_number(&grid, 2, of_row.l2);
        grid_number(&grid, 3, stats->cos_bos[i]);
        grid_number(&grid, 3, stats->cos_eos[i]);
        grid_number(&grid, 4, stats->cos_before[i]);
    }
    grid_print(&grid, &stats->pads->out, app->width_out, app->color_out);
}

/* Seven columns a number: as many decimals as fit. */
static void add_first_value(struct builder *out, double value)
{
    const double size = fabs(value);

    builder_format(out, " %6.*f", size < 10 ? 3 : size < 100 ? 2 : size < 1000 ? 1 : 0, value);
}

static void add_firsts(struct stats *stats, const size_t *shown, size_t n)
{
    struct builder *out = &stats->pads->out;
    const size_t width = stats->input->rows.width;

    builder_format(out, "\nthe first %d numbers of these rows\n", N_FIRST);
    for (size_t k = 0; k < n; k++) {
        builder_format(out, "%4zu ", shown[k]);
        for (size_t i = 0; i < N_FIRST && i < width; i++)
            add_first_value(out, row_at(stats, shown[k])[i]);
        builder_text(out, "\n");
    }
}

static void add_groups(struct stats *stats)
{
    static const struct column titles[] = {
        {"role", false}, {"rows", true},     {"mean norm", true},
        {"least", true}, {"greatest", true}, {"share of squared norm", true}};
    struct app *app = stats->pads->app;
    struct grid grid;

    grid_start(&grid, titles, sizeof(titles) / sizeof(*titles));
    for (int role = 0; role < PW_N_ROW_ROLES; role++) {
        pw_group group;

        pw_rows_group(&group, &stats->input->rows, (pw_row_role)role);
        if (group.n == 0)
            continue;
        grid_cell(&grid, "%s", pw_row_role_name((pw_row_role)role));
        grid_cell(&grid, "%zu", group.n);
        grid_number(&grid, 2, group.norm_mean);
        grid_number(&grid, 2, group.norm_min);
        grid_number(&grid, 2, group.norm_max);
        grid_cell(&grid, "%.1f %%", 100 * group.energy);
    }
    builder_text(&stats->pads->out, "\n");
    grid_print(&grid, &stats->pads->out, app->width_out, app->color_out);
}

static int add_pairs(struct stats *stats)
{
    struct builder *out = &stats->pads->out;
    pw_estimate cosine = {0}, l2 = {0};

    if (stats->n_paired < 2)
        return DONE;
    TRY(estimate(stats, &cosine, &l2));
    builder_format(out, "\npairs of %s (%zu rows, %zu pair%s): cosine %.3f",
                   option_given(stats->pads->app, OPTION_POSITIONS) ? "these rows"
                   : stats->input->n_real > 0                       ? "pads"
                                                                    : "rows",
                   stats->n_paired, cosine.n_values, cosine.n_values == 1 ? "" : "s",
                   cosine.mean);
    if (!isnan(cosine.low))
        builder_format(out, " (%.3f..%.3f)", cosine.low, cosine.high);
    builder_format(out, ",\nfrom %.3f to %.3f; L2 %.2f, from %.2f to %.2f\n", cosine.min,
                   cosine.max, l2.mean, l2.min, l2.max);
    return DONE;
}

static int print_tables(struct stats *stats)
{
    size_t *shown, n;

    pads_title(stats->pads, stats->input);
    TRY(choose_shown(stats, &shown, &n));
    add_rows(stats, shown, n);
    add_firsts(stats, shown, n);
    add_groups(stats);
    return add_pairs(stats);
}

int pads_stats(struct pads *pads)
{
    TRY(pads_refuse_full(pads));
    for (size_t i = 0; i < pads->n && !pads->stop; i++) {
        struct stats stats = {.pads = pads, .input = &pads->inputs[i]};
        int status = measure(&stats);

        if (status == DONE)
            status = pads->app->json ? print_json(&stats) : print_tables(&stats);
        pool_free(&stats.scratch);
        TRY(status);
    }
    if (!pads->stop && (pads->n > 1 || pads->against != NULL))
        TRY(pads_compare_inputs(pads));
    if (pads->app->json || pads->stop)
        return DONE;
    pads_credits(pads);
    return pads_print(pads);
}
