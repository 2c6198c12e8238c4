/* SPDX-License-Identifier: MIT */
/* padwise compare --rows: conditionings, files or prompts, row by row. The last one is what the
 * others are held against; two are shown with all their rows, several in a line each. */
#include <math.h>
#include <string.h>

#include "credit.h"
#include "plot_figures.h"
#include "plot_out.h"
#include "scan.h"
#include "talk.h"

/* One input with the last. */
struct held {
    const struct pads_input *a, *b;
    size_t n;       /* rows that both have */
    pw_pair *pairs; /* [n] */
    pw_change all, real, in_pads;
    double rel_l2; /* over the rows that both have; against B */
    bool is_equal;
};

struct by_row {
    struct pads pads;
    struct held *held; /* [n]: every input but the last */
    size_t n;
    double rtol;
    struct grid grid;
};

static double norm_of(const pw_rows *rows, size_t n)
{
    double squares = 0.0;

    for (size_t i = 0; i < n; i++) {
        pw_row_stats stats;

        pw_row_measure(&stats, rows->values + i * rows->width, rows->width);
        squares += stats.l2 * stats.l2;
    }
    return sqrt(squares);
}

static int measure(struct by_row *by_row, struct held *held)
{
    struct app *app = by_row->pads.app;
    const pw_rows *a = &held->a->rows, *b = &held->b->rows;
    pw_error err;

    held->n = a->n_rows < b->n_rows ? a->n_rows : b->n_rows;
    held->pairs = pool_array(&app->pool, held->n, sizeof(*held->pairs));
    if (held->pairs == NULL)
        return fail_memory(app);
    if (pw_rows_pairs(held->pairs, a, b, &err) != PW_OK)
        return fail_with(app, &err);
    pw_pairs_change(&held->all, held->pairs, a->roles, held->n, PW_N_ROW_ROLES);
    pw_pairs_change(&held->in_pads, held->pairs, a->roles, held->n, PW_ROW_PAD);
    scan_real(&held->real, held->pairs, a->roles, held->n);
    held->rel_l2 = held->all.l2 == 0.0 ? 0.0 : held->all.l2 / norm_of(b, held->n);
    held->is_equal =
        a->n_rows == b->n_rows && (held->all.n_bitwise == held->n ||
                                   (by_row->rtol > 0.0 && held->rel_l2 <= by_row->rtol));
    return DONE;
}

static int measure_all(struct by_row *by_row)
{
    struct pads *pads = &by_row->pads;

    by_row->n = pads->n - 1;
    by_row->held = pool_array(&pads->app->pool, by_row->n, sizeof(*by_row->held));
    if (by_row->held == NULL)
        return fail_memory(pads->app);
    for (size_t i = 0; i < by_row->n; i++) {
        by_row->held[i].a = &pads->inputs[i];
        by_row->held[i].b = &pads->inputs[by_row->n];
        TRY(measure(by_row, &by_row->held[i]));
    }
    return DONE;
}

static size_t count_equal(const struct by_row *by_row)
{
    size_t n = 0;

    for (size_t i = 0; i < by_row->n; i++)
        n += by_row->held[i].is_equal;
    return n;
}

static void conclude(struct by_row *by_row, const struct held *held)
{
    const size_t n_a = held->a->rows.n_rows, n_b = held->b->rows.n_rows;
    struct builder text = {0};

    if (n_a != n_b)
        builder_format(&text, "A has %zu rows and B has %zu; compared are the first %zu. ", n_a,
                       n_b, held->n);
    if (held->a->n_real == 0) {
        builder_text(&text, "Of rows whose roles are unknown, ");
        scan_say(&text, &held->all, "rows");
    } else {
        builder_text(&text, "By A's roles, ");
        scan_say(&text, &held->real, "rows of BOS, words and EOS");
        builder_text(&text, "; ");
        scan_say(&text, &held->in_pads, "pads");
    }
    builder_format(&text, ". n = 1 pair of %zu rows, relative L2 %.3g (to B).", held->n,
                   held->rel_l2);
    scan_conclude(&by_row->pads, &text);
    builder_free(&text);
}

static void put_json(struct by_row *by_row, const struct held *held)
{
    struct json *json = &by_row->pads.json;

    json_member_text(json, "a", held->a->name);
    json_member_text(json, "b", held->b->name);
    json_member_int(json, "n_rows_a", (int64_t)held->a->rows.n_rows);
    json_member_int(json, "n_rows_b", (int64_t)held->b->rows.n_rows);
    json_key(json, "rows");
    json_open(json, '[');
    for (size_t i = 0; i < held->n; i++)
        scan_put_pair(json, i, held->a->rows.roles[i], &held->pairs[i]);
    json_close(json, ']');
    scan_put_change(json, "all", &held->all);
    scan_put_change(json, "real", &held->real);
    scan_put_change(json, "pads", &held->in_pads);
    json_member_real(json, "rel_l2", held->rel_l2);
    json_member_bool(json, "equal", held->is_equal);
    conclude(by_row, held);
}

/* An object each, with the credit of its two. */
static int print_json(struct by_row *by_row)
{
    for (size_t i = 0; i < by_row->n && !by_row->pads.stop; i++) {
        const struct held *held = &by_row->held[i];
        const char *credit = held->a->credit;

        TRY(credit_join(by_row->pads.app, &credit, held->b->credit));
        json_open(&by_row->pads.json, '{');
        put_json(by_row, held);
        if (credit != NULL)
            json_member_text(&by_row->pads.json, "credit", credit);
        json_close(&by_row->pads.json, '}');
        TRY(pads_print_json(&by_row->pads));
    }
    return DONE;
}

/* ---- Several: a line each. */

/* "13/13"; "-" where A has no such rows. */
static void put_share(struct grid *grid, const pw_change *change)
{
    if (change->n == 0)
        grid_cell(grid, "-");
    else
        grid_cell(grid, "%zu/%zu", change->n_bitwise, change->n);
}

static void put_line(struct grid *grid, const struct held *held)
{
    grid_text(grid, held->a->name, strlen(held->a->name));
    grid_cell(grid, "%.4g", held->all.l2);
    grid_cell(grid, "%.3f", held->rel_l2);
    if (held->all.n_bitwise == held->all.n)
        grid_cell(grid, "=");
    else
        grid_number(grid, 3, held->all.cos_min);
    if (held->all.cos_min_at == PW_NO_ROW)
        grid_cell(grid, "-");
    else
        grid_cell(grid, "%zu", held->all.cos_min_at);
    if (held->a->n_real == 0) {
        put_share(grid, &held->all);
        grid_cell(grid, "-");
    } else {
        put_share(grid, &held->real);
        put_share(grid, &held->in_pads);
    }
    if (held->is_equal)
        grid_dim(grid);
}

static bool are_of_one_length(const struct by_row *by_row)
{
    for (size_t i = 0; i < by_row->n; i++)
        if (by_row->held[i].a->rows.n_rows != by_row->held[i].b->rows.n_rows)
            return false;
    return true;
}

static int print_summary(struct by_row *by_row)
{
    static const struct column titles[] = {{"A", false},  {"L2", true},  {"L2/B", true},
                                           {"cos", true}, {"row", true}, {"real", true},
                                           {"pads", true}};
    struct pads *pads = &by_row->pads;
    struct grid *grid = &by_row->grid;

    pads_title(pads, by_row->held[0].b);
    builder_text(&pads->out, "is B, which the others are held against\n\n");
    grid_start(grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t i = 0; i < by_row->n; i++)
        put_line(grid, &by_row->held[i]);
    grid_print(grid, &pads->out, pads->app->width_out, pads->app->color_out);
    scan_note(pads,
              "L2 of A - B, all rows; L2/B: relative to B's norm; cos: least of the rows that "
              "differ, and which; real, pads: rows of BOS, words and EOS, and pads, that are "
              "equal in every bit, by A's roles (unknown: all rows under real).");
    builder_format(
        &pads->out, "equal to B %s: %zu of %zu%s\n",
        by_row->rtol > 0.0 ? "within --rtol" : "in every bit", count_equal(by_row), by_row->n,
        are_of_one_length(by_row) ? "" : " (lengths differ: the rows that both have)");
    pads_credits(pads);
    return pads_print(pads);
}

/* ---- Two: all rows. */

static int print_table(struct by_row *by_row)
{
    static const struct column titles[] = {
        {"row", true}, {"role A", false}, {"role B", false}, {"cosine", true},
        {"L2", true},  {"norm A", true},  {"norm B", true}};
    const struct held *held = &by_row->held[0];
    const pw_rows *a = &held->a->rows, *b = &held->b->rows;
    struct app *app = by_row->pads.app;
    struct grid *grid = &by_row->grid;

    pads_title(&by_row->pads, held->a);
    pads_title(&by_row->pads, held->b);
    builder_text(&by_row->pads.out, "\n");
    grid_start(grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t i = 0; i < held->n; i++) {
        pw_row_stats of_a, of_b;

        pw_row_measure(&of_a, a->values + i * a->width, a->width);
        pw_row_measure(&of_b, b->values + i * b->width, b->width);
        grid_cell(grid, "%zu", i);
        grid_cell(grid, "%s", pw_row_role_name(a->roles[i]));
        grid_cell(grid, "%s", pw_row_role_name(b->roles[i]));
        scan_cosine(grid, &held->pairs[i]);
        scan_l2(grid, &held->pairs[i]);
        grid_cell(grid, "%.3f", of_a.l2);
        grid_cell(grid, "%.3f", of_b.l2);
        if (held->pairs[i].is_bitwise)
            grid_dim(grid);
    }
    grid_print(grid, &by_row->pads.out, app->width_out, app->color_out);
    scan_note(&by_row->pads, "=: equal in every bit.");
    conclude(by_row, held);
    pads_credits(&by_row->pads);
    return pads_print(&by_row->pads);
}

/* ---- The picture: a curve an input. */

static int draw(struct by_row *by_row)
{
    struct pool *pool = &by_row->pads.app->pool;
    const struct held *first = &by_row->held[0];
    pw_curve *curves = pool_array(pool, by_row->n, sizeof(*curves));
    struct scan_picture picture = {.x_label = "position",
                                   .y_label = "L2 of the difference",
                                   .curves = curves,
                                   .n_curves = by_row->n,
                                   .pads_start = -1};

    picture.title = by_row->n == 1
                        ? pool_format(pool, "%s and %s", first->a->name, first->b->name)
                        : pool_format(pool, "against %s", first->b->name);
    if (curves == NULL || picture.title == NULL)
        return fail_memory(by_row->pads.app);
    for (size_t k = 0; k < by_row->n; k++) {
        const struct held *held = &by_row->held[k];
        double *l2 = pool_array(pool, held->n, sizeof(*l2));

        if (l2 == NULL)
            return fail_memory(by_row->pads.app);
        for (size_t i = 0; i < held->n; i++)
            l2[i] = held->pairs[i].l2;
        curves[k] =
            (pw_curve){.name = by_row->n == 1 ? NULL : held->a->name, .y = l2, .n = held->n};
    }
    if (first->a->n_real > 0 && first->a->n_real < first->n)
        picture.pads_start = (int64_t)first->a->n_real;
    TRY(plot_credits(by_row->pads.app, by_row->pads.inputs, by_row->pads.n, &picture.footer));
    return scan_draw(by_row->pads.app, &picture);
}

static int print(struct by_row *by_row)
{
    if (by_row->pads.app->json)
        return print_json(by_row);
    return by_row->n == 1 ? print_table(by_row) : print_summary(by_row);
}

static int run(struct by_row *by_row)
{
    struct app *app = by_row->pads.app;
    const struct arguments *arguments = &app->arguments;

    if (arguments->n_words < 2)
        return fail_usage(app,
                          "compare --rows takes two files or prompts (in quotes) or more, %zu "
                          "given",
                          arguments->n_words);
    TRY(plot_check(app, option_text(app, OPTION_PLOT)));
    TRY(option_real(app, OPTION_RTOL, &by_row->rtol));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(pads_read(&by_row->pads, arguments->words, arguments->n_words));
    if (by_row->pads.n != arguments->n_words)
        return fail(app, PW_ERR_MISMATCH, "",
                    "the %zu hold %zu sequences of rows: compare --rows takes one of each",
                    arguments->n_words, by_row->pads.n);
    TRY(app_open_output(app));
    TRY(measure_all(by_row));
    TRY(print(by_row));
    TRY(draw(by_row));
    app->is_result = true;
    return count_equal(by_row) == by_row->n ? DONE : FAILED;
}

int scan_compare(struct app *app)
{
    struct by_row by_row = {.pads = {.app = app}};
    const int status = run(&by_row);

    progress_stop(&app->progress);
    roles_close(&by_row.pads.roles);
    pool_free(&by_row.grid.pool);
    builder_free(&by_row.pads.json.text);
    builder_free(&by_row.pads.out);
    return status;
}
