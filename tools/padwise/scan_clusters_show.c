/* SPDX-License-Identifier: MIT */
/* The clusters of `pool-compare` as tables, JSON, sentences and panels. */
#include <math.h>
#include <string.h>

#include "plot_out.h"
#include "scan_clusters.h"
#include "talk.h"

/* ---- JSON. */

static void put_index(struct json *json, const char *key, const pw_index *index)
{
    json_key(json, key);
    json_open(json, '{');
    json_member_real(json, "value", index->value);
    json_member_real(json, "low", index->low);
    json_member_real(json, "high", index->high);
    json_close(json, '}');
}

static void put_partition(struct json *json, const struct partition *partition, size_t n)
{
    json_key(json, "clusters");
    if (!partition->is_there) {
        json_null(json);
        return;
    }
    json_open(json, '[');
    for (size_t i = 0; i < n; i++)
        json_uint(json, partition->labels[i]);
    json_close(json, ']');
    json_member_real(json, "inertia", partition->kmeans.inertia);
    put_index(json, "ari", &partition->agreement.ari);
    put_index(json, "nmi", &partition->agreement.nmi);
    json_member_int(json, "n", (int64_t)partition->agreement.n);
}

static void put_labels(struct json *json, const struct labels *labels, size_t n)
{
    json_key(json, "labels");
    if (labels->of_input == NULL) {
        json_null(json);
        return;
    }
    json_open(json, '[');
    for (size_t i = 0; i < n; i++)
        json_text(json, labels->names[labels->of_input[i]]);
    json_close(json, ']');
}

void clusters_put_json(struct json *json, const struct pads *pads,
                       const struct clusters *clusters)
{
    if (clusters->n == 0)
        return;
    json_key(json, "clusters");
    json_open(json, '{');
    json_member_int(json, "n_clusters", (int64_t)clusters->n);
    json_member_text(json, "against", clusters->wanted_name);
    put_labels(json, &clusters->labels, pads->n);
    json_key(json, "pools");
    json_open(json, '[');
    for (pw_pooling i = PW_POOLING_EOS; i < PW_N_POOLINGS; i++) {
        json_open(json, '{');
        json_member_text(json, "pool", pw_pooling_name(i));
        put_partition(json, &clusters->pools[i], pads->n);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_key(json, "lengths");
    json_open(json, '[');
    for (size_t i = 0; i < clusters->n_steps; i++) {
        json_open(json, '{');
        json_member_int(json, "n_rows", (int64_t)clusters->steps[i].n_rows);
        json_member_real(json, "share_pads", clusters->steps[i].share);
        put_partition(json, &clusters->steps[i].partition, pads->n);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

/* ---- Tables. */

static void put_cells(struct grid *grid, const struct partition *partition)
{
    const pw_index *indexes[] = {&partition->agreement.ari, &partition->agreement.nmi};

    for (size_t i = 0; i < 2; i++) {
        if (!partition->is_there) {
            grid_cell(grid, "-");
            grid_cell(grid, "-");
            continue;
        }
        grid_number(grid, 3, indexes[i]->value);
        if (isnan(indexes[i]->low))
            grid_cell(grid, "-");
        else
            grid_cell(grid, "%.3f..%.3f", indexes[i]->low, indexes[i]->high);
    }
}

static void put_pools(struct pads *pads, const struct clusters *clusters, struct grid *grid)
{
    static const struct column titles[] = {{"pooling", false},
                                           {"ARI", true},
                                           {"95 % interval", true},
                                           {"NMI", true},
                                           {"interval", true}};

    builder_format(&pads->out, "%zu clusters by k-means, against %s\n", clusters->n,
                   clusters->wanted_name);
    grid_start(grid, titles, sizeof(titles) / sizeof(*titles));
    for (pw_pooling i = PW_POOLING_EOS; i < PW_N_POOLINGS; i++) {
        grid_cell(grid, "%s", pw_pooling_name(i));
        put_cells(grid, &clusters->pools[i]);
    }
    grid_print(grid, &pads->out, pads->app->width_out, pads->app->color_out);
}

static void put_steps(struct pads *pads, const struct clusters *clusters, struct grid *grid)
{
    static const struct column titles[] = {{"rows", true}, {"pads", true},
                                           {"ARI", true},  {"95 % interval", true},
                                           {"NMI", true},  {"interval", true}};

    if (clusters->n_steps == 0)
        return;
    builder_text(&pads->out, "\nmean unmasked, over the first rows of each prompt\n");
    grid_start(grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t i = 0; i < clusters->n_steps; i++) {
        grid_cell(grid, "%zu", clusters->steps[i].n_rows);
        grid_cell(grid, "%.1f %%", 100.0 * clusters->steps[i].share);
        put_cells(grid, &clusters->steps[i].partition);
    }
    grid_print(grid, &pads->out, pads->app->width_out, pads->app->color_out);
}

void clusters_put_tables(struct pads *pads, const struct clusters *clusters, struct grid *grid)
{
    if (clusters->n == 0)
        return;
    put_pools(pads, clusters, grid);
    put_steps(pads, clusters, grid);
    scan_note(pads,
              "ARI: adjusted Rand index; NMI: normalized mutual information: 1 where both part "
              "the prompts alike, ARI 0 where they agree by chance; rows: so many of each "
              "prompt, none of whose words is cut off; pads: how many of them are; intervals "
              "by drawing prompts from clusters that stay as found.");
}

/* ---- Sentences. */

static void say_index(struct builder *text, const pw_index *index)
{
    builder_format(text, "%.3f", index->value);
    if (!isnan(index->low))
        builder_format(text, " (95 %% interval %.3f to %.3f)", index->low, index->high);
}

/* "mean masked agrees with the labels to an adjusted Rand index of 0.5 ...", then shorter. */
static void say_pool(struct builder *text, const struct clusters *clusters, pw_pooling pooling,
                     bool is_first)
{
    const struct partition *partition = &clusters->pools[pooling];

    builder_text(text, pw_pooling_name(pooling));
    if (!partition->is_there) {
        builder_text(text, " has no vector of some prompt");
        return;
    }
    if (is_first)
        builder_format(text, " agrees with %s to an adjusted Rand index of ",
                       clusters->wanted_name);
    else
        builder_text(text, " to one of ");
    say_index(text, &partition->agreement.ari);
}

static void say_steps(struct builder *text, const struct clusters *clusters)
{
    const struct cluster_step *first = &clusters->steps[0];
    const struct cluster_step *last = &clusters->steps[clusters->n_steps - 1];

    if (clusters->n_steps < 2 || !first->partition.is_there || !last->partition.is_there)
        return;
    builder_format(text,
                   "With %.1f %% pads that of the unmasked mean is %.3f, with %.1f %% it is "
                   "%.3f. ",
                   100.0 * first->share, first->partition.agreement.ari.value,
                   100.0 * last->share, last->partition.agreement.ari.value);
}

void clusters_say(struct builder *text, const struct clusters *clusters)
{
    const bool has_labels = clusters->labels.of_input != NULL;

    if (clusters->n == 0)
        return;
    builder_format(text, "Parted into %zu clusters, ", clusters->n);
    if (has_labels) {
        say_pool(text, clusters, PW_POOLING_MASKED, true);
        builder_text(text, ", ");
    }
    say_pool(text, clusters, PW_POOLING_UNMASKED,
             !has_labels || !clusters->pools[PW_POOLING_MASKED].is_there);
    builder_text(text, ". ");
    say_steps(text, clusters);
}

/* ---- Panels. */

static const pw_index *index_of(const struct partition *partition, bool is_ari)
{
    return is_ari ? &partition->agreement.ari : &partition->agreement.nmi;
}

static pw_status add_curve(pw_figure *figure, const struct clusters *clusters, bool is_ari,
                           pw_error *err)
{
    double x[CLUSTER_STEPS_MAX], y[CLUSTER_STEPS_MAX], low[CLUSTER_STEPS_MAX],
        high[CLUSTER_STEPS_MAX];
    pw_curve curve = {.name = "mean unmasked", .x = x, .y = y, .low = low, .high = high};

    for (size_t i = 0; i < clusters->n_steps; i++) {
        const struct cluster_step *step = &clusters->steps[i];
        const pw_index *index = index_of(&step->partition, is_ari);

        if (!step->partition.is_there)
            continue;
        x[curve.n] = 100.0 * step->share;
        y[curve.n] = index->value;
        low[curve.n] = index->low;
        high[curve.n++] = index->high;
    }
    return pw_figure_add_curve(figure, &curve, err);
}

/* The masked mean does not know of pads: the same at every share. */
static pw_status add_masked(pw_figure *figure, const struct clusters *clusters, bool is_ari,
                            pw_error *err)
{
    const struct partition *masked = &clusters->pools[PW_POOLING_MASKED];
    const pw_index *index = index_of(masked, is_ari);
    const double x[] = {100.0 * clusters->steps[0].share,
                        100.0 * clusters->steps[clusters->n_steps - 1].share};
    const double y[] = {index->value, index->value};
    const pw_curve curve = {.name = "mean masked", .x = x, .y = y, .n = 2};

    return masked->is_there ? pw_figure_add_curve(figure, &curve, err) : PW_OK;
}

/* 0, where no interval of the Rand index goes below it. */
static double least_shown(const struct clusters *clusters)
{
    double least = clusters->pools[PW_POOLING_MASKED].agreement.ari.value;

    for (size_t i = 0; i < clusters->n_steps; i++) {
        const pw_index *ari = &clusters->steps[i].partition.agreement.ari;

        least = fmin(least, fmin(ari->value, ari->low)); /* fmin leaves out NaN */
    }
    return fmin(0.0, floor(2.0 * least) / 2.0);
}

static pw_status add_panel(pw_figure *figure, const struct clusters *clusters, bool is_ari,
                           pw_error *err)
{
    pw_panel_options options;
    pw_status status;

    pw_panel_options_init(&options);
    options.title = is_ari ? "adjusted Rand index" : "normalized mutual information";
    options.x.label = "pads, % of the rows";
    options.y.label = is_ari ? "ARI" : "NMI";
    options.y.min = is_ari ? least_shown(clusters) : 0.0;
    options.y.max = 1.0;
    status = pw_figure_add_panel(figure, &options, err);
    if (status == PW_OK)
        status = add_masked(figure, clusters, is_ari, err);
    return status == PW_OK ? add_curve(figure, clusters, is_ari, err) : status;
}

int clusters_draw(struct app *app, pw_figure *figure, const struct clusters *clusters)
{
    pw_error err;

    if (clusters->n_steps == 0)
        return DONE;
    if (add_panel(figure, clusters, true, &err) != PW_OK ||
        add_panel(figure, clusters, false, &err) != PW_OK)
        return fail_with(app, &err);
    return DONE;
}
