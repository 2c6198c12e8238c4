/* SPDX-License-Identifier: MIT */
/* k-means: Lloyd's rounds from the starts of k-means++, the best of several.
 *
 * Sums run in one written order, ties go to the first, and draws are integers by counter, so
 * that a seed gives the same groups on every machine. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/context.h"
#include "base/error.h"
#include "base/rng.h"
#include "lab/lab_scan.h"

struct work {
    const double *vectors; /* [n, width] */
    size_t n, width, n_clusters;
    double *centres;  /* [n_clusters, width] */
    double *distance; /* [n], squared, to the nearest centre so far */
    size_t *group;    /* [n] */
    size_t *count;    /* [n_clusters] */
};

/* Four sums side by side: a fixed order that still has no single chain of additions. */
static double squared_distance(const double *a, const double *b, size_t width)
{
    double sum[4] = {0.0, 0.0, 0.0, 0.0};
    size_t i = 0;

    for (; i + 4 <= width; i += 4)
        for (size_t k = 0; k < 4; k++)
            sum[k] += (a[i + k] - b[i + k]) * (a[i + k] - b[i + k]);
    for (; i < width; i++)
        sum[0] += (a[i] - b[i]) * (a[i] - b[i]);
    return sum[0] + sum[1] + (sum[2] + sum[3]);
}

static const double *item(const struct work *work, size_t i)
{
    return work->vectors + i * work->width;
}

static double *centre(const struct work *work, size_t group)
{
    return work->centres + group * work->width;
}

static void set_centre(struct work *work, size_t group, size_t i)
{
    memcpy(centre(work, group), item(work, i), work->width * sizeof(*work->centres));
}

/* ---- The start: each next centre is an item, drawn by its squared distance to the nearest
 * centre so far. */

/* The item on which a share of the sum of all distances falls. */
static size_t find_share(const struct work *work, double share)
{
    double sum = 0.0, target = 0.0;
    size_t last = 0;

    for (size_t i = 0; i < work->n; i++)
        target += work->distance[i];
    target *= share;
    for (size_t i = 0; i < work->n; i++) {
        if (work->distance[i] == 0.0)
            continue;
        last = i;
        sum += work->distance[i];
        if (sum > target)
            break;
    }
    return last;
}

static void start(struct work *work, uint64_t key, uint64_t i_draw)
{
    set_centre(work, 0, (size_t)((pwi_random_bits(key, i_draw) >> 32) * work->n >> 32));
    for (size_t i = 0; i < work->n; i++)
        work->distance[i] = squared_distance(item(work, i), centre(work, 0), work->width);
    for (size_t c = 1; c < work->n_clusters; c++) {
        /* 53 bits make a double below 1 without rounding. */
        const double share = (double)(pwi_random_bits(key, i_draw + c) >> 11) * 0x1p-53;

        set_centre(work, c, find_share(work, share));
        for (size_t i = 0; i < work->n; i++)
            work->distance[i] =
                fmin(work->distance[i],
                     squared_distance(item(work, i), centre(work, c), work->width));
    }
}

/* ---- Rounds. */

/* Each item to its nearest centre. Whether one has changed. */
static bool assign(struct work *work)
{
    bool is_changed = false;

    for (size_t i = 0; i < work->n; i++) {
        size_t nearest = 0;
        double least = squared_distance(item(work, i), centre(work, 0), work->width);

        for (size_t c = 1; c < work->n_clusters; c++) {
            const double found = squared_distance(item(work, i), centre(work, c), work->width);

            if (found < least) {
                least = found;
                nearest = c;
            }
        }
        is_changed = is_changed || work->group[i] != nearest;
        work->group[i] = nearest;
    }
    return is_changed;
}

/* The mean of each group. One that has lost all its items keeps its centre: it may get some
 * again, and where it does not the start loses to others. */
static void move_centres(struct work *work)
{
    memset(work->count, 0, work->n_clusters * sizeof(*work->count));
    for (size_t i = 0; i < work->n; i++)
        work->count[work->group[i]]++;
    for (size_t c = 0; c < work->n_clusters; c++)
        if (work->count[c] > 0)
            memset(centre(work, c), 0, work->width * sizeof(*work->centres));
    for (size_t i = 0; i < work->n; i++) {
        double *sum = centre(work, work->group[i]);

        for (size_t k = 0; k < work->width; k++)
            sum[k] += item(work, i)[k];
    }
    for (size_t c = 0; c < work->n_clusters; c++)
        for (size_t k = 0; work->count[c] > 0 && k < work->width; k++)
            centre(work, c)[k] /= (double)work->count[c];
}

static void run(struct work *work, pw_kmeans *out)
{
    for (size_t i = 0; i < work->n; i++)
        work->group[i] = work->n_clusters;
    *out = (pw_kmeans){.n_rounds = 0};
    while (out->n_rounds < PW_KMEANS_ROUNDS && !out->is_settled) {
        out->is_settled = !assign(work);
        if (out->is_settled)
            break;
        out->n_rounds++;
        move_centres(work);
    }
    for (size_t i = 0; i < work->n; i++)
        out->inertia +=
            squared_distance(item(work, i), centre(work, work->group[i]), work->width);
}

/* Groups are numbered in the order in which their first items stand. Of a run's own numbers
 * nothing is left, so equal groups are equal labels. */
static size_t number_groups(struct work *work, size_t *labels)
{
    size_t n_groups = 0;

    for (size_t c = 0; c < work->n_clusters; c++)
        work->count[c] = SIZE_MAX;
    for (size_t i = 0; i < work->n; i++) {
        if (work->count[work->group[i]] == SIZE_MAX)
            work->count[work->group[i]] = n_groups++;
        labels[i] = work->count[work->group[i]];
    }
    return n_groups;
}

static pw_status run_all(struct work *work, size_t *labels, pw_kmeans *out, pw_context *ctx,
                         uint64_t seed, pw_error *err)
{
    const uint64_t key = pwi_random_key(seed, "k-means");

    for (size_t r = 0; r < PW_KMEANS_STARTS; r++) {
        pw_kmeans found;

        PWI_TRY(pwi_progress(ctx, "clusters", r, PW_KMEANS_STARTS, err));
        start(work, key, (uint64_t)r * work->n_clusters);
        run(work, &found);
        if (r > 0 && !(found.inertia < out->inertia))
            continue;
        found.n_clusters = number_groups(work, labels);
        *out = found;
    }
    return PW_OK;
}

static pw_status check(const double *vectors, size_t n, size_t width, size_t n_clusters,
                       pw_error *err)
{
    if (n > PW_LAB_INPUTS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "%zu vectors are over the limit of %d", n,
                        PW_LAB_INPUTS_MAX);
    if (width > PW_LAB_WIDTH_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "vectors of %zu numbers are over the limit of %d",
                        width, PW_LAB_WIDTH_MAX);
    if (n_clusters == 0 || n_clusters > n)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "%zu vectors cannot be parted into %zu groups: give 1 to %zu", n,
                        n_clusters, n);
    for (size_t i = 0; i < n * width; i++)
        if (!isfinite(vectors[i]))
            return PWI_FAIL(err, PW_ERR_ARGUMENT,
                            "vector %zu holds a number that is not finite", i / width);
    return PW_OK;
}

pw_status pw_vectors_kmeans(size_t *labels, pw_kmeans *out, pw_context *ctx,
                            const double *vectors, size_t n, size_t width, size_t n_clusters,
                            uint64_t seed, pw_error *err)
{
    const pw_allocator *allocator = &ctx->allocator;
    struct work work = {vectors, n, width, n_clusters, NULL, NULL, NULL, NULL};
    const size_t n_centres = n_clusters * width;
    pw_status status;

    PWI_TRY(check(vectors, n, width, n_clusters, err));
    work.centres = PWI_ARRAY(allocator, double, n_centres);
    work.distance = PWI_ARRAY(allocator, double, n);
    work.group = PWI_ARRAY(allocator, size_t, n + n_clusters);
    if (work.centres == NULL || work.distance == NULL || work.group == NULL) {
        status = pwi_fail_memory(err);
    } else {
        work.count = work.group + n;
        status = run_all(&work, labels, out, ctx, seed, err);
    }
    pwi_free_array(allocator, work.group, n + n_clusters, sizeof(*work.group));
    pwi_free_array(allocator, work.distance, n, sizeof(*work.distance));
    pwi_free_array(allocator, work.centres, n_centres, sizeof(*work.centres));
    return status;
}

/* ---- Of inputs, by a pooling. */

static bool make_unit(double *vector, size_t width)
{
    double squares = 0.0;

    for (size_t k = 0; k < width; k++)
        squares += vector[k] * vector[k];
    if (squares == 0.0)
        return false;
    for (size_t k = 0; k < width; k++)
        vector[k] /= sqrt(squares);
    return true;
}

static pw_status pool_units(double *vectors, const pw_rows *inputs, size_t n_inputs,
                            pw_pooling pooling, pw_error *err)
{
    const size_t width = inputs[0].width;

    for (size_t i = 0; i < n_inputs; i++) {
        double *vector = vectors + i * width;

        if (!pw_rows_pool(vector, &inputs[i], pooling))
            return PWI_FAIL(err, PW_ERR_NOT_FOUND, "input %zu has no vector by %s", i,
                            pw_pooling_name(pooling));
        if (!make_unit(vector, width))
            return PWI_FAIL(err, PW_ERR_NOT_FOUND,
                            "the vector of input %zu by %s is all zeros and has no direction",
                            i, pw_pooling_name(pooling));
    }
    return PW_OK;
}

pw_status pw_inputs_cluster(size_t *labels, pw_kmeans *out, pw_context *ctx,
                            const pw_rows *inputs, size_t n_inputs, pw_pooling pooling,
                            size_t n_clusters, uint64_t seed, pw_error *err)
{
    pw_status status;
    double *vectors;
    size_t n_values;

    if (n_inputs == 0)
        return PWI_FAIL(err, PW_ERR_ARGUMENT, "there are no inputs to part into groups");
    PWI_TRY(pwi_inputs_check(inputs, n_inputs, err));
    if (!pwi_mul_size(n_inputs, inputs[0].width, &n_values))
        return pwi_fail_memory(err);
    vectors = PWI_ARRAY(&ctx->allocator, double, n_values);
    if (vectors == NULL)
        return pwi_fail_memory(err);
    status = pool_units(vectors, inputs, n_inputs, pooling, err);
    if (status == PW_OK)
        status = pw_vectors_kmeans(labels, out, ctx, vectors, n_inputs, inputs[0].width,
                                   n_clusters, seed, err);
    pwi_free_array(&ctx->allocator, vectors, n_values, sizeof(*vectors));
    return status;
}
