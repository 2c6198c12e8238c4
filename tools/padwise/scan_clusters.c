/* SPDX-License-Identifier: MIT */
/* Measuring the clusters of `pool-compare`: poolings of all rows, then the unmasked mean at
 * lengths from the longest prompt to all rows. */
#include "scan_clusters.h"

#include <math.h>

#include "talk.h"

/* ---- What is asked for. */

int clusters_read(struct pads *pads, struct clusters *clusters)
{
    struct app *app = pads->app;
    int64_t n = 0;

    TRY(option_integer(app, OPTION_CLUSTERS, 2, PW_LAB_INPUTS_MAX, &n));
    TRY(pads_read_labels(pads, &clusters->labels));
    if (clusters->labels.n == pads->n)
        return fail_usage(app, "--labels: each input has a label of its own, so that no two "
                               "belong together");
    clusters->n = n > 0 ? (size_t)n : clusters->labels.n;
    if (clusters->n > 0 && clusters->n >= pads->n)
        return fail_usage(app,
                          "%zu inputs in %zu clusters leave each by itself: give more inputs, "
                          "or fewer --clusters",
                          pads->n, clusters->n);
    return DONE;
}

/* ---- k-means. */

static int find_partition(struct pads *pads, const struct clusters *clusters,
                          const pw_rows *rows, pw_pooling pooling, struct partition *out)
{
    pw_status status;
    pw_error err;

    out->labels = pool_array(&pads->app->pool, pads->n, sizeof(*out->labels));
    if (out->labels == NULL)
        return fail_memory(pads->app);
    status = pw_inputs_cluster(out->labels, &out->kmeans, pads->app->ctx, rows, pads->n,
                               pooling, clusters->n, pads->seed, &err);
    if (status != PW_OK && status != PW_ERR_NOT_FOUND)
        return fail_with(pads->app, &err);
    out->is_there = status == PW_OK;
    return DONE;
}

static int compare(struct pads *pads, const struct clusters *clusters, struct partition *out)
{
    pw_error err;

    if (!out->is_there)
        return DONE;
    return pw_labels_agree(&out->agreement, pads->app->ctx, out->labels, clusters->wanted,
                           pads->n, pads->seed, &err) == PW_OK
               ? DONE
               : fail_with(pads->app, &err);
}

static int measure_pools(struct pads *pads, struct clusters *clusters)
{
    const struct partition *masked = &clusters->pools[PW_POOLING_MASKED];

    for (pw_pooling i = PW_POOLING_EOS; i < PW_N_POOLINGS; i++)
        TRY(find_partition(pads, clusters, pads->rows, i, &clusters->pools[i]));
    clusters->wanted = clusters->labels.of_input;
    clusters->wanted_name = "the labels";
    if (clusters->wanted == NULL) {
        if (!masked->is_there)
            return fail(
                pads->app, PW_ERR_NOT_FOUND, "",
                "an input's masked mean is all zeros, and there are no --labels: nothing "
                "is left to compare clusters with");
        clusters->wanted = masked->labels;
        clusters->wanted_name = "the clusters of mean masked";
    }
    for (pw_pooling i = PW_POOLING_EOS; i < PW_N_POOLINGS; i++)
        TRY(compare(pads, clusters, &clusters->pools[i]));
    return DONE;
}

/* ---- Lengths: the first rows of each prompt, so many that no word of any is cut off. */

static size_t rows_needed(const pw_rows *rows)
{
    size_t n = rows->n_rows;

    while (n > 0 && rows->roles[n - 1] == PW_ROW_PAD)
        n--;
    return n;
}

/* From the longest prompt without its pads to what the shortest input has. */
static void find_lengths(const struct pads *pads, size_t *least, size_t *most)
{
    *least = 1;
    *most = pads->rows[0].n_rows;
    for (size_t i = 0; i < pads->n; i++) {
        const size_t needed = rows_needed(&pads->rows[i]);

        *least = needed > *least ? needed : *least;
        *most = pads->rows[i].n_rows < *most ? pads->rows[i].n_rows : *most;
    }
}

static double share_of_pads(const pw_rows *rows, size_t n)
{
    size_t n_pads = 0, n_all = 0;

    for (size_t i = 0; i < n; i++) {
        n_pads += pw_rows_choose(&rows[i], PW_ROW_PAD, NULL);
        n_all += rows[i].n_rows;
    }
    return (double)n_pads / (double)n_all;
}

static int measure_step(struct pads *pads, struct clusters *clusters, pw_rows *cut,
                        size_t n_rows)
{
    struct cluster_step *step = &clusters->steps[clusters->n_steps++];

    for (size_t i = 0; i < pads->n; i++) {
        cut[i] = pads->rows[i];
        cut[i].n_rows = n_rows;
    }
    step->n_rows = n_rows;
    step->share = share_of_pads(cut, pads->n);
    TRY(find_partition(pads, clusters, cut, PW_POOLING_UNMASKED, &step->partition));
    return compare(pads, clusters, &step->partition);
}

static int measure_steps(struct pads *pads, struct clusters *clusters)
{
    pw_rows *cut = pool_array(&pads->app->pool, pads->n, sizeof(*cut));
    size_t least, most, n_steps;

    if (cut == NULL)
        return fail_memory(pads->app);
    find_lengths(pads, &least, &most);
    if (least > most)
        return DONE;
    n_steps = most - least < CLUSTER_STEPS_MAX ? most - least : CLUSTER_STEPS_MAX - 1;
    for (size_t i = 0; i <= n_steps; i++)
        TRY(measure_step(pads, clusters, cut,
                         n_steps == 0 ? most : least + (most - least) * i / n_steps));
    return DONE;
}

int clusters_measure(struct pads *pads, struct clusters *clusters)
{
    if (clusters->n == 0)
        return DONE;
    TRY(measure_pools(pads, clusters));
    return measure_steps(pads, clusters);
}
