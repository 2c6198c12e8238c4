/* SPDX-License-Identifier: MIT */
/* padwise compare --rows: two conditionings, files or prompts, row by row. */
#include <math.h>
#include <string.h>

#include "credit.h"
#include "plot_figures.h"
#include "plot_out.h"
#include "scan.h"
#include "talk.h"

struct by_row {
    struct pads pads;
    size_t n;       /* rows that both have */
    pw_pair *pairs; /* [n] */
    pw_change all, real, in_pads;
    double rel_l2, rtol; /* over the rows that both have; against B */
    bool is_equal;
    struct grid grid;
};

static const struct pads_input *side(const struct by_row *by_row, size_t i)
{
    return &by_row->pads.inputs[i];
}

static int measure(struct by_row *by_row)
{
    struct app *app = by_row->pads.app;
    const pw_rows *a = &by_row->pads.rows[0], *b = &by_row->pads.rows[1];
    double squares = 0.0;
    pw_error err;

    by_row->n = a->n_rows < b->n_rows ? a->n_rows : b->n_rows;
    by_row->pairs = pool_array(&app->pool, by_row->n, sizeof(*by_row->pairs));
    if (by_row->pairs == NULL)
        return fail_memory(app);
    if (pw_rows_pairs(by_row->pairs, a, b, &err) != PW_OK)
        return fail_with(app, &err);
    pw_pairs_change(&by_row->all, by_row->pairs, a->roles, by_row->n, PW_N_ROW_ROLES);
    pw_pairs_change(&by_row->in_pads, by_row->pairs, a->roles, by_row->n, PW_ROW_PAD);
    scan_real(&by_row->real, by_row->pairs, a->roles, by_row->n);
    for (size_t i = 0; i < by_row->n; i++) {
        pw_row_stats stats;

        pw_row_measure(&stats, b->values + i * b->width, b->width);
        squares += stats.l2 * stats.l2;
    }
    by_row->rel_l2 = by_row->all.l2 == 0.0 ? 0.0 : by_row->all.l2 / sqrt(squares);
    by_row->is_equal =
        a->n_rows == b->n_rows && (by_row->all.n_bitwise == by_row->n ||
                                   (by_row->rtol > 0.0 && by_row->rel_l2 <= by_row->rtol));
    return DONE;
}

static void conclude(struct by_row *by_row)
{
    const size_t n_a = side(by_row, 0)->rows.n_rows, n_b = side(by_row, 1)->rows.n_rows;
    struct builder text = {0};

    if (n_a != n_b)
        builder_format(&text, "A has %zu rows and B has %zu; compared are the first %zu. ", n_a,
                       n_b, by_row->n);
    if (side(by_row, 0)->n_real == 0) {
        builder_text(&text, "Of rows whose roles are unknown, ");
        scan_say(&text, &by_row->all, "rows");
    } else {
        builder_text(&text, "By A's roles, ");
        scan_say(&text, &by_row->real, "rows of BOS, words and EOS");
        builder_text(&text, "; ");
        scan_say(&text, &by_row->in_pads, "pads");
    }
    builder_format(&text, ". n = 1 pair of %zu rows, relative L2 %.3g.", by_row->n,
                   by_row->rel_l2);
    scan_conclude(&by_row->pads, &text);
    builder_free(&text);
}

static int print_json(struct by_row *by_row)
{
    struct json *json = &by_row->pads.json;
    const char *credit = side(by_row, 0)->credit;

    TRY(credit_join(by_row->pads.app, &credit, side(by_row, 1)->credit));

    json_open(json, '{');
    json_member_text(json, "a", side(by_row, 0)->name);
    json_member_text(json, "b", side(by_row, 1)->name);
    json_member_int(json, "n_rows_a", (int64_t)side(by_row, 0)->rows.n_rows);
    json_member_int(json, "n_rows_b", (int64_t)side(by_row, 1)->rows.n_rows);
    json_key(json, "rows");
    json_open(json, '[');
    for (size_t i = 0; i < by_row->n; i++)
        scan_put_pair(json, i, side(by_row, 0)->rows.roles[i], &by_row->pairs[i]);
    json_close(json, ']');
    scan_put_change(json, "all", &by_row->all);
    scan_put_change(json, "real", &by_row->real);
    scan_put_change(json, "pads", &by_row->in_pads);
    json_member_real(json, "rel_l2", by_row->rel_l2);
    json_member_bool(json, "equal", by_row->is_equal);
    conclude(by_row);
    if (credit != NULL)
        json_member_text(json, "credit", credit);
    json_close(json, '}');
    return pads_print_json(&by_row->pads);
}

static int print_table(struct by_row *by_row)
{
    static const struct column titles[] = {
        {"row", true}, {"role A", false}, {"role B", false}, {"cosine", true},
        {"L2", true},  {"norm A", true},  {"norm B", true}};
    const pw_rows *a = &side(by_row, 0)->rows, *b = &side(by_row, 1)->rows;
    struct app *app = by_row->pads.app;
    struct grid *grid = &by_row->grid;

    pads_title(&by_row->pads, side(by_row, 0));
    pads_title(&by_row->pads, side(by_row, 1));
    builder_text(&by_row->pads.out, "\n");
    grid_start(grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t i = 0; i < by_row->n; i++) {
        pw_row_stats of_a, of_b;

        pw_row_measure(&of_a, a->values + i * a->width, a->width);
        pw_row_measure(&of_b, b->values + i * b->width, b->width);
        grid_cell(grid, "%zu", i);
        grid_cell(grid, "%s", pw_row_role_name(a->roles[i]));
        grid_cell(grid, "%s", pw_row_role_name(b->roles[i]));
        scan_cosine(grid, &by_row->pairs[i]);
        scan_l2(grid, &by_row->pairs[i]);
        grid_cell(grid, "%.3f", of_a.l2);
        grid_cell(grid, "%.3f", of_b.l2);
        if (by_row->pairs[i].is_bitwise)
            grid_dim(grid);
    }
    grid_print(grid, &by_row->pads.out, app->width_out, app->color_out);
    scan_note(&by_row->pads, "=: equal in every bit.");
    conclude(by_row);
    pads_credits(&by_row->pads);
    return pads_print(&by_row->pads);
}

static int draw(struct by_row *by_row)
{
    double *l2 = pool_array(&by_row->pads.app->pool, by_row->n, sizeof(*l2));
    const pw_curve curve = {.y = l2, .n = by_row->n};
    const size_t n_real = side(by_row, 0)->n_real;
    const char *title = pool_format(&by_row->pads.app->pool, "%s and %s", side(by_row, 0)->name,
                                    side(by_row, 1)->name);
    struct scan_picture picture = {.title = title,
                                   .x_label = "position",
                                   .y_label = "L2 of the difference",
                                   .curves = &curve,
                                   .n_curves = 1};

    if (l2 == NULL || title == NULL)
        return fail_memory(by_row->pads.app);
    for (size_t i = 0; i < by_row->n; i++)
        l2[i] = by_row->pairs[i].l2;
    picture.pads_start = n_real == 0 || n_real >= by_row->n ? -1 : (int64_t)n_real;
    TRY(plot_credits(by_row->pads.app, by_row->pads.inputs, by_row->pads.n, &picture.footer));
    return scan_draw(by_row->pads.app, &picture);
}

static int run(struct by_row *by_row)
{
    struct app *app = by_row->pads.app;
    const struct arguments *arguments = &app->arguments;

    if (arguments->n_words != 2)
        return fail_usage(app,
                          "compare --rows takes two files or prompts (in quotes), %zu given",
                          arguments->n_words);
    TRY(plot_check(app, option_text(app, OPTION_PLOT)));
    TRY(option_real(app, OPTION_RTOL, &by_row->rtol));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(pads_read(&by_row->pads, arguments->words, 2));
    if (by_row->pads.n != 2)
        return fail(app, PW_ERR_MISMATCH, "",
                    "the two hold %zu sequences of rows: compare --rows takes one of each",
                    by_row->pads.n);
    TRY(app_open_output(app));
    TRY(measure(by_row));
    TRY(app->json ? print_json(by_row) : print_table(by_row));
    TRY(draw(by_row));
    app->is_result = true;
    return by_row->is_equal ? DONE : FAILED;
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
