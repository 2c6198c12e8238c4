/* SPDX-License-Identifier: MIT */
/* What `padwise flux-check` says of many inputs: a line each against the first, and once what
 * follows from all of them. */
#include <math.h>
#include <string.h>

#include "flux_view.h"
#include "paths.h"
#include "talk.h"

/* Of all inputs but the first. */
struct tally {
    size_t n, n_unknown;           /* of which EOS is not known, or not the first's */
    size_t n_same;                 /* whose pooled row is the first's in every bit */
    double pooled_min, pooled_max; /* relative L2 of the other pooled rows */
    double rows_max;               /* of all rows, where the pooled row is the same */
    double last_max;               /* of the last row, likewise */
};

static struct flux_difference compare_pooled(const struct flux_input *first,
                                             const struct flux_input *other)
{
    return flux_compare(flux_row(first, first->i_eos), flux_row(other, other->i_eos), 1);
}

static struct tally count(const struct flux *flux)
{
    const struct flux_input *first = &flux->inputs[0];
    struct tally tally = {.n = flux->n - 1, .pooled_min = INFINITY};

    for (size_t i = 1; i < flux->n; i++) {
        const struct flux_input *other = &flux->inputs[i];
        struct flux_difference pooled;

        if (!first->has_eos || !other->has_eos) {
            tally.n_unknown++;
            continue;
        }
        pooled = compare_pooled(first, other);
        if (pooled.n_differ > 0) {
            tally.pooled_min = fmin(tally.pooled_min, pooled.rel_l2);
            tally.pooled_max = fmax(tally.pooled_max, pooled.rel_l2);
            continue;
        }
        tally.n_same++;
        tally.rows_max =
            fmax(tally.rows_max, flux_compare_role(first, other, PW_N_ROW_ROLES).rel_l2);
        tally.last_max = fmax(tally.last_max, flux_compare(flux_row(first, first->i_last),
                                                           flux_row(other, other->i_last), 1)
                                                  .rel_l2);
    }
    return tally;
}

/* ---- Lines. */

/* The folder that all inputs are in, as a number of bytes of their names. */
static size_t shared_folder(const struct flux *flux)
{
    const char *first = flux->inputs[0].rows->name;
    size_t size = (size_t)(path_name(first) - first);

    for (size_t i = 1; i < flux->n; i++)
        if (strncmp(flux->inputs[i].rows->name, first, size) != 0 ||
            path_name(flux->inputs[i].rows->name) != flux->inputs[i].rows->name + size)
            return 0;
    return size;
}

static void put_line(struct grid *grid, const struct flux_input *first,
                     const struct flux_input *input, const char *name)
{
    const bool is_known = first->has_eos && input->has_eos;
    struct flux_difference pooled = {.rel_l2 = NAN};
    pw_row_stats stats = {.l2 = NAN};

    if (input->has_eos)
        pw_row_measure(&stats, flux_row(input, input->i_eos), FLUX_CLIP_WIDTH);
    if (is_known)
        pooled = compare_pooled(first, input);
    grid_text(grid, name, strlen(name));
    if (input->has_eos)
        grid_cell(grid, "%zu", input->i_eos);
    else
        grid_cell(grid, "-");
    grid_number(grid, 3, stats.l2);
    grid_cell(grid, "%s", !is_known ? "-" : pooled.n_differ == 0 ? "yes" : "no");
    grid_number(grid, 4, pooled.rel_l2);
    grid_number(grid, 4, flux_compare_role(first, input, PW_N_ROW_ROLES).rel_l2);
}

static void put_lines(struct flux *flux)
{
    static const struct column columns[] = {{"input", false},  {"row", true},
                                            {"L2 norm", true}, {"as first", false},
                                            {"rel. L2", true}, {"all rows", true}};
    const struct app *app = flux->pads.app;
    const size_t skipped = shared_folder(flux);
    struct grid grid;

    grid_start(&grid, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < flux->n; i++)
        put_line(&grid, &flux->inputs[0], &flux->inputs[i],
                 flux->inputs[i].rows->name + skipped);
    grid_print(&grid, &flux->pads.out, app->width_out, app->color_out);
}

/* ---- What follows, from the numbers alone. */

static void conclude_same(struct builder *text, const struct tally *tally)
{
    if (tally->n_same == 0)
        return;
    if (tally->n_same == tally->n)
        builder_format(text,
                       "All %zu others have the first's pooled row in every bit: ", tally->n);
    else
        builder_format(text, "%zu of %zu others %s the first's pooled row in every bit: ",
                       tally->n_same, tally->n, tally->n_same == 1 ? "has" : "have");
    builder_format(text, "Flux is given the same vector by %s",
                   tally->n_same == 1 ? "it" : "them");
    if (tally->rows_max > 0.0)
        builder_format(text,
                       ", and no image of it can show that the other rows differ (by a "
                       "relative L2 of up to %.3g)",
                       tally->rows_max);
    builder_text(text, ". ");
    if (tally->last_max > 0.0)
        builder_format(text,
                       "Whoever pools the last row in place of EOS passes on a relative L2 of "
                       "up to %.3g, from a row that Flux does not read. ",
                       tally->last_max);
}

static void conclude(struct builder *text, const struct tally *tally)
{
    const size_t n_differ = tally->n - tally->n_same - tally->n_unknown;

    conclude_same(text, tally);
    if (n_differ > 0) {
        if (n_differ == tally->n)
            builder_format(text, "All %zu others have", n_differ);
        else
            builder_format(text, "%zu of %zu others %s", n_differ, tally->n,
                           n_differ == 1 ? "has" : "have");
        builder_format(text, " another pooled row, by a relative L2 of %.3g",
                       tally->pooled_min);
        if (n_differ > 1)
            builder_format(text, " to %.3g", tally->pooled_max);
        builder_text(text, ": that much reaches Flux, and nothing of the other rows does. ");
    }
    if (tally->n_unknown > 0)
        builder_format(text,
                       "Of %zu it is not known what Flux is given, since it is not known where "
                       "EOS stands: give --n-real N or --tokenizer PATH.",
                       tally->n_unknown);
}

static int put_paragraph(struct flux *flux, struct builder *text)
{
    if (text->failed)
        return fail_memory(flux->pads.app);
    while (text->size > 0 && text->bytes[text->size - 1] == ' ')
        text->bytes[--text->size] = '\0';
    pads_paragraph(&flux->pads, text->bytes);
    return DONE;
}

int flux_show_summary(struct flux *flux)
{
    const struct tally tally = count(flux);
    struct builder text = {0};
    int status;

    pads_paragraph(
        &flux->pads,
        "Flux reads one row of CLIP, that of the first EOS, as its pooled vector, and "
        "none of the others. What stands before EOS acts through it, inside CLIP; "
        "what stands behind it does not even do that, because CLIP's attention is "
        "causal.");
    builder_format(
        &text,
        "%zu inputs, each against the first, %s: the row that Flux takes, its norm, "
        "whether it is the first's in every bit, its relative L2 to the first's, and "
        "that of all rows.",
        flux->n, flux->inputs[0].rows->name);
    status = put_paragraph(flux, &text);
    put_lines(flux);
    builder_clear(&text);
    conclude(&text, &tally);
    if (status == DONE)
        status = put_paragraph(flux, &text);
    builder_free(&text);
    return status;
}
