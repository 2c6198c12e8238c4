/* SPDX-License-Identifier: MIT */
/* The section that compares inputs: a conclusion from the numbers, places by pairs, matrices,
 * cosines by position, and how far each is from the first. */
#include <string.h>

#include "report.h"
#include "talk.h"

/* ---- The conclusion. */

static int put_conclusion(struct report *report)
{
    const char *text;

    TRY(pads_conclusion(&report->pads, &text));
    if (text == NULL)
        return DONE;
    builder_text(&report->out, "<p class=\"lead\">");
    html_string(&report->out, text);
    builder_text(&report->out, "</p>\n");
    return DONE;
}

/* ---- Places. */

static const struct {
    pw_place_kind kind;
    const char *name;
} places[] = {{PW_PLACE_BOS, "BOS row"},
              {PW_PLACE_EOS, "EOS row"},
              {PW_PLACE_WORDS, "mean of words"},
              {PW_PLACE_PADS, "mean of pads"},
              {PW_PLACE_ALL, "mean of all rows"}};

static int put_place(struct report *report, size_t i, double *cosine)
{
    const struct pads *pads = &report->pads;
    const pw_place place = {.kind = places[i].kind};
    struct builder *out = &report->out;
    pw_estimate estimate;
    pw_error err;

    if (pw_inputs_compare(cosine, NULL, report->app->ctx, pads->rows, pads->n, &place, &err) !=
            PW_OK ||
        pw_estimate_pairs(&estimate, report->app->ctx, cosine, pads->n, pads->seed, &err) !=
            PW_OK)
        return fail_with(report->app, &err);
    if (estimate.n_values == 0)
        return DONE;
    html_row(out, false);
    html_text_cell(out, places[i].name, strlen(places[i].name));
    html_cell(out, "%zu", estimate.n_values);
    html_number(out, 3, estimate.mean);
    /* Of variants of a prompt an interval would say something of other prompts. */
    if (pads->n_prompts < pads->n)
        html_cell(out, "-");
    else
        html_range(out, 3, estimate.low, estimate.high);
    html_range(out, 3, estimate.min, estimate.max);
    html_row_end(out);
    return DONE;
}

static int put_places(struct report *report)
{
    static const char *const titles[] = {"<place", "pairs", "mean cosine", "95 % interval",
                                         "least to greatest"};
    const size_t n = report->pads.n;
    double *cosine = pool_array(&report->app->pool, n * n, sizeof(*cosine));

    if (cosine == NULL)
        return fail_memory(report->app);
    html_table(&report->out, "Cosine between inputs", titles, 5);
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
        TRY(put_place(report, i, cosine));
    html_table_end(&report->out);
    return DONE;
}

/* ---- Pictures. */

static int put_positions(struct report *report)
{
    const struct plot_set set = report_set(report, 0, report->pads.n);
    pw_figure *figure;

    TRY(plot_across(&set, false, &figure));
    return html_picture(report, figure, PW_PICTURE_SVG, "",
                        "The mean over all pairs at each position; the band spans from the "
                        "least to the greatest pair.");
}

static int put_similarity(struct report *report)
{
    const struct plot_set set = report_set(report, 0, report->pads.n);
    pw_figure *figure;

    TRY(plot_similarity(&set, &figure));
    return html_picture(report, figure, PW_PICTURE_SVG, "",
                        "Cosine between each two inputs. Means over rows are of the rows of "
                        "that role.");
}

/* ---- Distances from the first: what an edit, or another prompt, changes. */

static void put_distance(struct report *report, size_t i)
{
    const pw_rows *rows = report->pads.rows;
    struct builder *out = &report->out;

    html_row(out, false);
    html_cell(out, "%zu", i + 1);
    html_text_cell(out, report->labels[i], strlen(report->labels[i]));
    if (rows[i].n_rows != rows[0].n_rows) {
        html_cell(out, "%zu rows, not %zu", rows[i].n_rows, rows[0].n_rows);
        html_row_end(out);
        return;
    }
    report_distance(out, &rows[0], &rows[i], true);
    html_row_end(out);
}

static void put_distances(struct report *report)
{
    static const char *const titles[] = {
        "input",  "<prompt or file", "L2",         "relative L2",
        "cosine", "greatest change", "L2 of pads", "rows equal in every bit"};

    html_table(
        &report->out,
        "Distance from input 1, all rows as one vector (variants of one prompt: what the "
        "edit changed)",
        titles, 8);
    for (size_t i = 1; i < report->pads.n; i++)
        put_distance(report, i);
    html_table_end(&report->out);
}

int report_across(struct report *report)
{
    if (report->pads.n < 2)
        return DONE;
    builder_text(&report->out, "<section id=\"between\">\n<h2>Between the inputs</h2>\n");
    TRY(put_conclusion(report));
    TRY(put_places(report));
    TRY(put_similarity(report));
    TRY(put_positions(report));
    put_distances(report);
    TRY(report_attention_across(report));
    if (report->credits != NULL) {
        builder_text(&report->out, "<p class=\"credit\">");
        html_string(&report->out, report->credits);
        builder_text(&report->out, "</p>\n");
    }
    builder_text(&report->out, "</section>\n");
    return DONE;
}
