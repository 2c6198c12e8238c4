/* SPDX-License-Identifier: MIT */
/* What `padwise flux-check` says: which row reaches Flux, and how much of the difference of two
 * conditionings does. */
#include "flux_view.h"

#include <math.h>
#include <string.h>

#include "talk.h"

/* ---- Differences. */

struct sums {
    double ab, aa, bb, difference;
    struct flux_difference out;
};

static void add_row(struct sums *sums, const float *a, const float *b)
{
    for (size_t i = 0; i < FLUX_CLIP_WIDTH; i++) {
        const double d = (double)a[i] - (double)b[i];

        sums->ab += (double)a[i] * (double)b[i];
        sums->aa += (double)a[i] * (double)a[i];
        sums->bb += (double)b[i] * (double)b[i];
        sums->difference += d * d;
        sums->out.max_abs = fmax(sums->out.max_abs, fabs(d));
    }
    sums->out.n++;
    sums->out.n_differ += !flux_rows_same(a, b);
}

static struct flux_difference finish(struct sums *sums)
{
    const double cosine = sums->ab / sqrt(sums->aa * sums->bb);

    sums->out.rel_l2 = sums->difference == 0.0 ? 0.0 : sqrt(sums->difference / sums->aa);
    sums->out.cosine = fmin(cosine, 1.0);
    if (isnan(cosine))
        sums->out.cosine = NAN;
    return sums->out;
}

struct flux_difference flux_compare(const float *a, const float *b, size_t n_rows)
{
    struct sums sums = {.ab = 0.0};

    for (size_t i = 0; i < n_rows; i++)
        add_row(&sums, a + i * FLUX_CLIP_WIDTH, b + i * FLUX_CLIP_WIDTH);
    return finish(&sums);
}

struct flux_difference flux_compare_role(const struct flux_input *a, const struct flux_input *b,
                                         pw_row_role role)
{
    const size_t n_a = a->rows->rows.n_rows, n_b = b->rows->rows.n_rows;
    struct sums sums = {.ab = 0.0};

    for (size_t i = 0; i < n_a && i < n_b; i++)
        if (role == PW_N_ROW_ROLES || a->rows->rows.roles[i] == role)
            add_row(&sums, flux_row(a, i), flux_row(b, i));
    return finish(&sums);
}

/* ---- One input. */

static void put_reach(struct flux *flux, const struct flux_input *input)
{
    const size_t n_rows = input->rows->rows.n_rows;
    struct builder text = {0};

    if (input->has_eos)
        builder_format(
            &text,
            "Flux reads one row of CLIP: row %zu, the first EOS, as its pooled "
            "vector. The other %zu of %zu rows (%.1f %%) are not read. What stands before "
            "EOS acts through it, inside CLIP; what stands behind it does not even do that, "
            "because CLIP's attention is causal.",
            input->i_eos, n_rows - 1, n_rows, 100.0 * (double)(n_rows - 1) / (double)n_rows);
    else
        builder_format(
            &text,
            "Flux reads one row of CLIP, that of the first EOS, as its pooled vector, "
            "and none of the other %zu. Where EOS stands is not known here: give "
            "--n-real N or --tokenizer PATH.",
            n_rows - 1);
    if (text.failed)
        flux->pads.out.failed = true;
    else
        pads_paragraph(&flux->pads, text.bytes);
    builder_free(&text);
}

static void put_vector(struct grid *grid, const struct flux_input *input, const char *what,
                       const float *vector)
{
    const struct flux_difference same =
        input->has_eos ? flux_compare(flux_row(input, input->i_eos), vector, 1)
                       : (struct flux_difference){.rel_l2 = NAN, .cosine = NAN};
    pw_row_stats stats;

    pw_row_measure(&stats, vector, FLUX_CLIP_WIDTH);
    grid_text(grid, what, strlen(what));
    grid_number(grid, 3, stats.l2);
    grid_number(grid, 4, same.cosine);
    grid_number(grid, 4, same.rel_l2);
    grid_cell(grid, "%s", !input->has_eos ? "-" : same.n_differ == 0 ? "yes" : "no");
}

static void put_vectors(struct flux *flux, const struct flux_input *input)
{
    static const struct column columns[] = {{"vector", false},
                                            {"L2 norm", true},
                                            {"cos to EOS", true},
                                            {"rel. L2", true},
                                            {"every bit", false}};
    const struct app *app = flux->pads.app;
    const pw_row_role last = input->rows->rows.roles[input->i_last];
    struct grid grid;
    char what[96];

    grid_start(&grid, columns, sizeof(columns) / sizeof(*columns));
    if (input->has_eos) {
        snprintf(what, sizeof(what), "row %zu, the first EOS", input->i_eos);
        put_vector(&grid, input, what, flux_row(input, input->i_eos));
    }
    snprintf(what, sizeof(what), "row %zu, the last%s%s", input->i_last,
             last == PW_ROW_UNKNOWN ? "" : ": ",
             last == PW_ROW_UNKNOWN ? "" : pw_row_role_name(last));
    put_vector(&grid, input, what, flux_row(input, input->i_last));
    if (input->pooled != NULL)
        put_vector(&grid, input, input->pooled_name, input->pooled);
    grid_print(&grid, &flux->pads.out, app->width_out, app->color_out);
}

int flux_show(struct flux *flux, const struct flux_input *input)
{
    if (flux->pads.app->json)
        return flux_show_json(flux, input);
    pads_title(&flux->pads, input->rows);
    put_reach(flux, input);
    put_vectors(flux, input);
    return DONE;
}

/* ---- Two inputs. */

static void put_line(struct grid *grid, const char *what, struct flux_difference difference)
{
    grid_cell(grid, "%s", what);
    grid_cell(grid, "%zu", difference.n);
    grid_cell(grid, "%zu", difference.n_differ);
    grid_number(grid, 4, difference.rel_l2);
    grid_number(grid, 4, difference.max_abs);
    grid_number(grid, 4, difference.cosine);
}

static void put_differences(struct flux *flux, const struct flux_input *a,
                            const struct flux_input *b)
{
    static const struct column columns[] = {{"rows", false},    {"n", true},
                                            {"differ", true},   {"rel. L2", true},
                                            {"greatest", true}, {"cosine", true}};
    static const pw_row_role roles[] = {PW_ROW_BOS, PW_ROW_WORD, PW_ROW_EOS, PW_ROW_PAD,
                                        PW_ROW_UNKNOWN};
    const struct app *app = flux->pads.app;
    struct grid grid;

    grid_start(&grid, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++) {
        const struct flux_difference difference = flux_compare_role(a, b, roles[i]);

        if (difference.n > 0)
            put_line(&grid, pw_row_role_name(roles[i]), difference);
    }
    put_line(&grid, "all", flux_compare_role(a, b, PW_N_ROW_ROLES));
    if (a->has_eos && b->has_eos)
        put_line(&grid, "pooled, of EOS",
                 flux_compare(flux_row(a, a->i_eos), flux_row(b, b->i_eos), 1));
    put_line(&grid, "pooled, of the last row",
             flux_compare(flux_row(a, a->i_last), flux_row(b, b->i_last), 1));
    grid_print(&grid, &flux->pads.out, app->width_out, app->color_out);
}

/* Said from the numbers alone. */
static void conclude(struct builder *text, const struct flux_input *a,
                     const struct flux_input *b)
{
    const struct flux_difference rows = flux_compare_role(a, b, PW_N_ROW_ROLES);
    const struct flux_difference last =
        flux_compare(flux_row(a, a->i_last), flux_row(b, b->i_last), 1);
    struct flux_difference eos;

    if (rows.n_differ == 0)
        builder_text(text, "The rows are equal in every bit. ");
    else
        builder_format(text, "%zu of %zu rows differ (relative L2 %.3g). ", rows.n_differ,
                       rows.n, rows.rel_l2);
    if (!a->has_eos || !b->has_eos) {
        builder_text(text, "Where EOS stands is not known, so neither is what Flux is given.");
        return;
    }
    eos = flux_compare(flux_row(a, a->i_eos), flux_row(b, b->i_eos), 1);
    if (eos.n_differ > 0)
        builder_format(text,
                       "The pooled row differs by a relative L2 of %.3g: that much reaches "
                       "Flux, and nothing of the other rows does.",
                       eos.rel_l2);
    else if (rows.n_differ > 0)
        builder_text(text,
                     "The pooled row is equal in every bit: Flux is given the same vector "
                     "by both, and no image of it can show the difference.");
    else
        builder_text(text, "Flux is given the same vector by both.");
    if (eos.n_differ == 0 && last.n_differ > 0)
        builder_format(text,
                       " Whoever pools the last row in place of EOS passes on a relative L2 of "
                       "%.3g, from a row that Flux does not read.",
                       last.rel_l2);
}

static int put_heading(struct flux *flux, const struct flux_input *first,
                       const struct flux_input *other)
{
    struct builder text = {0};
    int status = DONE;

    builder_format(&text, "Difference of %s from the first, %s, and relative to it:",
                   other->rows->name, first->rows->name);
    builder_text(&flux->pads.out, "\n");
    if (text.failed)
        status = fail_memory(flux->pads.app);
    else
        pads_paragraph(&flux->pads, text.bytes);
    builder_free(&text);
    return status;
}

int flux_show_pair(struct flux *flux, const struct flux_input *other)
{
    const struct flux_input *first = &flux->inputs[0];
    struct builder text = {0};
    int status = DONE;

    conclude(&text, first, other);
    if (text.failed) {
        builder_free(&text);
        return fail_memory(flux->pads.app);
    }
    if (flux->pads.app->json) {
        status = flux_show_pair_json(flux, other, text.bytes);
    } else {
        status = put_heading(flux, first, other);
        put_differences(flux, first, other);
        pads_paragraph(&flux->pads, text.bytes);
    }
    builder_free(&text);
    return status;
}
