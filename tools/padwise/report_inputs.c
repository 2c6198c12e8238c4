/* SPDX-License-Identifier: MIT */
/* The section of one input: its tokens, roles, regimes, and pictures. */
#include <math.h>
#include <string.h>

#include "paths.h"
#include "report.h"
#include "talk.h"

#define COORDINATES 2 /* that are named of each regime */

static void put_groups(struct report *report, const struct pads_input *input)
{
    static const pw_row_role roles[] = {PW_ROW_BOS, PW_ROW_WORD, PW_ROW_EOS, PW_ROW_PAD};
    static const char *const titles[] = {"<role", "rows", "mean norm", "norms",
                                         "share of squared norm"};
    struct builder *out = &report->out;

    html_table(out, "Rows by role", titles, 5);
    for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++) {
        const char *name = pw_row_role_name(roles[i]);
        pw_group group;

        pw_rows_group(&group, &input->rows, roles[i]);
        if (group.n == 0)
            continue;
        html_row(out, false);
        html_text_cell(out, name, strlen(name));
        html_cell(out, "%zu", group.n);
        html_number(out, 2, group.norm_mean);
        html_range(out, 2, group.norm_min, group.norm_max);
        html_cell(out, "%.1f %%", 100 * group.energy);
        html_row_end(out);
    }
    html_table_end(out);
}

/* ---- Regimes. */

static int put_coordinates(struct report *report, const struct pads_input *input,
                           const pw_regime *regime)
{
    const size_t n = regime->end - regime->begin;
    const size_t n_out = input->rows.width < COORDINATES ? input->rows.width : COORDINATES;
    size_t *chosen = pool_array(&report->app->pool, n, sizeof(*chosen));
    pw_coordinate top[COORDINATES];
    pw_error err;

    if (chosen == NULL)
        return fail_memory(report->app);
    for (size_t i = 0; i < n; i++)
        chosen[i] = regime->begin + i;
    if (pw_rows_coordinates(top, n_out, report->app->ctx, &input->rows, chosen, n, &err) !=
        PW_OK)
        return fail_with(report->app, &err);
    builder_text(&report->out, "<td class=\"text\">");
    for (size_t i = 0; i < n_out; i++)
        builder_format(&report->out, "%s%zu: %.0f %%", i == 0 ? "" : ", ", top[i].index,
                       100 * top[i].share);
    builder_text(&report->out, "</td>");
    return DONE;
}

static int put_regime(struct report *report, const struct pads_input *input,
                      const pw_regime *regime)
{
    struct builder *out = &report->out;
    const char *name = pw_regime_kind_name(regime->kind);

    html_row(out, false);
    if (regime->end == regime->begin + 1)
        html_cell(out, "%zu", regime->begin);
    else
        html_cell(out, "%zu to %zu", regime->begin, regime->end - 1);
    html_text_cell(out, name, strlen(name));
    html_number(out, 2, regime->norm);
    html_number(out, 3, regime->cos_eos);
    html_number(out, 3, regime->cos_bos);
    html_cell(out, "%.1f %%", 100 * regime->energy);
    TRY(put_coordinates(report, input, regime));
    html_row_end(out);
    return DONE;
}

static int put_regimes(struct report *report, const struct pads_input *input)
{
    static const char *const titles[] = {"rows",
                                         "<regime",
                                         "norm",
                                         "cos to EOS",
                                         "cos to BOS",
                                         "share of squared norm",
                                         "<greatest coordinates"};
    pw_regime regimes[PW_REGIMES_MAX];
    size_t n;
    pw_error err;
    const pw_status status = pw_rows_regimes(regimes, &n, report->app->ctx, &input->rows, &err);

    if (status == PW_ERR_NOT_FOUND) {
        builder_text(&report->out,
                     pw_rows_choose(&input->rows, PW_ROW_PAD, NULL) == 0
                         ? "<p>There are no pads here, and so no regimes.</p>\n"
                         : "<p>The pads, BOS or EOS are all zeros: there are no cosines to cut "
                           "regimes by.</p>\n");
        return DONE;
    }
    if (status != PW_OK)
        return fail_with(report->app, &err);
    html_table(&report->out,
               "Regimes of the pads, cut where their cosines to EOS and BOS change", titles, 7);
    for (size_t i = 0; i < n; i++)
        TRY(put_regime(report, input, &regimes[i]));
    html_table_end(&report->out);
    return DONE;
}

/* ---- Pictures. */

static int put_pictures(struct report *report, size_t i)
{
    struct plot_set set = report_set(report, i, 1);
    pw_figure *figure;

    TRY(plot_credits(report->app, set.inputs, 1, &set.footer));
    set.title = "Norm of each row";
    TRY(plot_norms(&set, &figure));
    TRY(html_picture(report, figure, PW_PICTURE_SVG, "",
                     "L2 norm of the row at each position, coloured by role."));
    if (report->pads.inputs[i].n_real > 0) {
        set.title = "Rows by position";
        TRY(plot_curves(&set, &figure));
        TRY(html_picture(report, figure, PW_PICTURE_SVG, "",
                         "Norm by position, and the cosine of each row to the EOS row and to "
                         "the BOS row."));
    }
    set.title = "Values";
    TRY(plot_heat(&set, &figure));
    return html_picture(report, figure, PW_PICTURE_SVG, "",
                        "Each number of the tensor as a colour; the range is fixed, so that "
                        "pages can be laid side by side, and values beyond it take the end "
                        "colour.");
}

static void put_heading(struct report *report, size_t i)
{
    const struct pads_input *input = &report->pads.inputs[i];
    struct builder *out = &report->out;

    builder_format(out, "<section id=\"input-%zu\">\n<h2>%zu. ", i + 1, i + 1);
    html_string(out, report->labels[i]);
    builder_text(out, "</h2>\n<p class=\"soft\">");
    if (input->path != NULL) {
        builder_text(out, "<code>");
        html_text(out, path_name(input->name), strlen(path_name(input->name)), 200);
        builder_text(out, "</code>, ");
    }
    builder_format(out, "%zu rows of %zu numbers", input->rows.n_rows, input->rows.width);
    if (input->n_real > 0)
        builder_format(out, "; %zu are BOS, words and EOS", input->n_real);
    if (input->n_real > 0 && (input->path != NULL || input->from == ROLES_FROM_OPTION))
        builder_format(out, " (known from %s)", roles_from_name(input->from));
    builder_text(out, ".</p>\n");
}

int report_input(struct report *report, size_t i)
{
    const struct pads_input *input = &report->pads.inputs[i];

    put_heading(report, i);
    TRY(report_tokens(report, i));
    if (input->n_real > 0) {
        put_groups(report, input);
        TRY(put_regimes(report, input));
        TRY(report_variants(report, i));
    }
    TRY(put_pictures(report, i));
    TRY(report_attention(report, i));
    if (input->credit != NULL) {
        builder_text(&report->out, "<p class=\"credit\">Data: ");
        html_string(&report->out, input->credit);
        builder_text(&report->out, "</p>\n");
    }
    builder_text(&report->out, "</section>\n");
    return DONE;
}
