/* SPDX-License-Identifier: MIT */
/* padwise pads probe: whether pads tell prompts apart as the prompts' own rows do: the nearest
 * prompt by each place, and with --labels whether it has the same label and whether a linear
 * classifier finds the label. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pads.h"
#include "pads_labels.h"
#include "talk.h"

#define N_NEAR 5 /* "the first pads" */

/* A place that is probed, and what came out. */
struct probed {
    const char *name;
    pw_place place;
    size_t *nearest;    /* [n] */
    pw_estimate cosine; /* of pairs */
    pw_estimate agrees; /* 1 where the nearest prompt is the nearest by EOS, too */
    pw_estimate purity; /* 1 where the nearest prompt has the same label */
    pw_estimate linear; /* 1 where the classifier finds the label */
};

struct probe {
    struct pads *pads;
    struct labels labels;
    struct probed *places; /* [0] is EOS */
    size_t n_places;
    double *vectors; /* [n, width] */
    double *cosine;  /* [n, n] */
    double *hits;    /* [n] */
};

static int list_places(struct probe *probe)
{
    static const struct probed known[] = {
        {.name = "EOS", .place = {.kind = PW_PLACE_EOS}},
        {.name = "words", .place = {.kind = PW_PLACE_WORDS}},
        {.name = "first pad", .place = {.kind = PW_PLACE_PADS, .first = 1}},
        {.name = "first 5 pads", .place = {.kind = PW_PLACE_PADS, .first = N_NEAR}},
        {.name = "pads", .place = {.kind = PW_PLACE_PADS}},
        {.name = "last fifth", .place = {.kind = PW_PLACE_PADS, .part = 4, .n_parts = 5}},
    };
    const size_t n_known = sizeof(known) / sizeof(*known);
    struct pads *pads = probe->pads;
    struct pool *pool = &pads->app->pool;
    size_t n_rows = pads->rows[0].n_rows, *positions, n;

    for (size_t i = 1; i < pads->n; i++)
        n_rows = pads->rows[i].n_rows < n_rows ? pads->rows[i].n_rows : n_rows;
    TRY(pads_positions(pads, n_rows, &positions, &n));
    probe->places = pool_array(pool, n_known + n, sizeof(*probe->places));
    if (probe->places == NULL)
        return fail_memory(pads->app);
    memcpy(probe->places, known, sizeof(known));
    for (size_t i = 0; i < n; i++) {
        struct probed *probed = &probe->places[n_known + i];

        probed->place = (pw_place){.kind = PW_PLACE_POSITION, .position = positions[i]};
        probed->name = pool_format(pool, "row %zu", positions[i]);
        if (probed->name == NULL)
            return fail_memory(pads->app);
    }
    probe->n_places = n_known + n;
    return DONE;
}

static int take_memory(struct probe *probe)
{
    struct pads *pads = probe->pads;
    struct pool *pool = &pads->app->pool;

    probe->vectors = pool_array(pool, pads->n * pads->rows[0].width, sizeof(double));
    probe->cosine = pool_array(pool, pads->n * pads->n, sizeof(double));
    probe->hits = pool_array(pool, pads->n, sizeof(double));
    for (size_t i = 0; i < probe->n_places; i++) {
        probe->places[i].nearest = pool_array(pool, pads->n, sizeof(size_t));
        if (probe->places[i].nearest == NULL)
            return fail_memory(pads->app);
    }
    return probe->vectors == NULL || probe->cosine == NULL || probe->hits == NULL
               ? fail_memory(pads->app)
               : DONE;
}

/* The mean of the hits. */
static int estimate(struct probe *probe, pw_estimate *out)
{
    return pads_estimate(probe->pads, out, probe->hits, probe->pads->n);
}

static int measure_labels(struct probe *probe, struct probed *probed)
{
    struct pads *pads = probe->pads;
    const size_t *labels = probe->labels.of_input;
    pw_error err;

    for (size_t i = 0; i < pads->n; i++)
        probe->hits[i] =
            probed->nearest[i] == pads->n ? NAN : labels[probed->nearest[i]] == labels[i];
    TRY(estimate(probe, &probed->purity));
    if (pw_vectors_linear_probe(probe->hits, pads->app->ctx, probe->vectors, pads->n,
                                pads->rows[0].width, labels, probe->labels.n, &err) != PW_OK)
        return fail_with(pads->app, &err);
    return estimate(probe, &probed->linear);
}

/* False where an input has no such rows: the empty prompt has no words. */
static bool take_vectors(struct probe *probe, const struct probed *probed)
{
    struct pads *pads = probe->pads;

    for (size_t i = 0; i < pads->n; i++)
        if (!pw_rows_vector(probe->vectors + i * pads->rows[0].width, &pads->rows[i],
                            &probed->place))
            return false;
    return true;
}

static void leave_empty(const struct probe *probe, struct probed *probed)
{
    const pw_estimate nothing = {0, 0, NAN, NAN, NAN, NAN, NAN};

    probed->cosine = probed->agrees = probed->purity = probed->linear = nothing;
    for (size_t i = 0; i < probe->pads->n; i++)
        probed->nearest[i] = probe->pads->n;
}

/* Whether the nearest prompt is the one that EOS names. Of variants of one prompt the EOS rows
 * may be equal, so it is prompts that are told apart; of a single one there is no telling. */
static double agrees(const struct probe *probe, const struct probed *probed, size_t i)
{
    const struct pads *pads = probe->pads;
    const size_t a = probed->nearest[i], b = probe->places[0].nearest[i];

    if (pads->n_prompts == 1)
        return NAN;
    return a == pads->n || b == pads->n ? a == b : pads->prompt_of[a] == pads->prompt_of[b];
}

static int measure(struct probe *probe, struct probed *probed)
{
    struct pads *pads = probe->pads;

    if (!take_vectors(probe, probed)) {
        leave_empty(probe, probed);
        return DONE;
    }
    pw_vectors_compare(probe->cosine, NULL, probe->vectors, pads->n, pads->rows[0].width);
    TRY(pads_estimate_pairs(pads, &probed->cosine, probe->cosine, pads->n));
    pw_vectors_nearest(probed->nearest, probe->cosine, pads->n);
    for (size_t i = 0; i < pads->n; i++)
        probe->hits[i] = agrees(probe, probed, i);
    TRY(estimate(probe, &probed->agrees));
    return probe->labels.of_input == NULL ? DONE : measure_labels(probe, probed);
}

/* ---- JSON. */

static void put_place(struct json *json, const struct probe *probe, const struct probed *probed)
{
    json_open(json, '{');
    json_member_text(json, "place", probed->name);
    pads_put_estimate(json, "cosine", &probed->cosine);
    json_key(json, "nearest");
    json_open(json, '[');
    for (size_t i = 0; i < probe->pads->n; i++) {
        if (probed->nearest[i] == probe->pads->n)
            json_null(json);
        else
            json_int(json, (int64_t)probed->nearest[i]);
    }
    json_close(json, ']');
    pads_put_estimate(json, "agrees_with_eos", &probed->agrees);
    if (probe->labels.of_input != NULL) {
        pads_put_estimate(json, "purity", &probed->purity);
        pads_put_estimate(json, "linear", &probed->linear);
    }
    json_close(json, '}');
}

static int print_json(const struct probe *probe)
{
    struct pads *pads = probe->pads;
    struct json *json = &pads->json;

    json_open(json, '{');
    pads_put_inputs(pads, &probe->labels);
    if (probe->labels.of_input != NULL)
        json_member_real(json, "chance", probe->labels.chance);
    json_key(json, "places");
    json_open(json, '[');
    for (size_t i = 0; i < probe->n_places; i++)
        put_place(json, probe, &probe->places[i]);
    json_close(json, ']');
    json_close(json, '}');
    return pads_print_json(pads);
}

/* ---- Tables. */

static void add_share(struct grid *grid, const pw_estimate *estimate)
{
    if (estimate->n_values == 0)
        grid_cell(grid, "-");
    else if (isnan(estimate->low))
        grid_cell(grid, "%.2f", estimate->mean);
    else
        grid_cell(grid, "%.2f (%.2f..%.2f)", estimate->mean, estimate->low, estimate->high);
}

static void add_places(const struct probe *probe)
{
    static const struct column titles[] = {{"by", false},
                                           {"cosine", true},
                                           {"same as by EOS", true},
                                           {"same label", true},
                                           {"linear probe", true}};
    struct app *app = probe->pads->app;
    struct grid grid;

    grid_start(&grid, titles, probe->labels.of_input == NULL ? 3 : 5);
    for (size_t i = 0; i < probe->n_places; i++) {
        const struct probed *probed = &probe->places[i];

        grid_cell(&grid, "%s", probed->name);
        grid_number(&grid, 3, probed->cosine.mean);
        add_share(&grid, &probed->agrees);
        if (probe->labels.of_input == NULL)
            continue;
        add_share(&grid, &probed->purity);
        add_share(&grid, &probed->linear);
    }
    grid_print(&grid, &probe->pads->out, app->width_out, app->color_out);
}

static void add_nearest(const struct probe *probe)
{
    static const size_t shown[] = {0, 3, 4, 5};
    static const struct column titles[] = {{"input", true}, {"name", false},
                                           {"EOS", true},   {"5 pads", true},
                                           {"pads", true},  {"last fifth", true}};
    struct pads *pads = probe->pads;
    struct grid grid;

    builder_text(&pads->out, "\nthe nearest input by\n");
    grid_start(&grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t i = 0; i < pads->n; i++) {
        grid_cell(&grid, "%zu", i);
        grid_text(&grid, pads->inputs[i].name, strlen(pads->inputs[i].name));
        for (size_t k = 0; k < sizeof(shown) / sizeof(*shown); k++) {
            const size_t nearest = probe->places[shown[k]].nearest[i];

            if (nearest == pads->n)
                grid_cell(&grid, "-");
            else
                grid_cell(&grid, "%zu", nearest);
        }
    }
    grid_print(&grid, &pads->out, pads->app->width_out, pads->app->color_out);
}

static int print_tables(const struct probe *probe)
{
    struct pads *pads = probe->pads;
    struct builder *out = &pads->out;

    if (pads->n_prompts < pads->n) {
        pads_say_prompts(pads, out, pads->n);
        builder_text(out, "; means of these rows; cosine of pairs; shares of inputs\n");
    } else {
        builder_format(out,
                       "%zu inputs; means of these rows; cosine of pairs; shares of inputs "
                       "(95 %% interval)\n",
                       pads->n);
    }
    add_places(probe);
    if (probe->labels.of_input != NULL)
        builder_format(out, "%zu labels; always the most frequent one: %.2f\n", probe->labels.n,
                       probe->labels.chance);
    add_nearest(probe);
    if (pads->n_prompts == 1) {
        builder_text(out, "\n");
        pads_paragraph(pads, "Whether pads tell prompts apart takes other prompts; these are "
                             "variants of one, and have no interval over prompts.");
    }
    if (probe->labels.of_input == NULL) {
        builder_text(out, "\n");
        pads_paragraph(pads,
                       "--labels A,B,... adds the share whose nearest has the same label, "
                       "and a linear probe");
    }
    pads_credits(pads);
    return pads_print(pads);
}

int pads_probe(struct pads *pads)
{
    struct probe probe = {.pads = pads};

    TRY(pads_need_pads(pads));
    TRY(pads_need_inputs(pads, 3, "a nearest one is a choice only from three on"));
    TRY(pads_read_labels(pads, &probe.labels));
    TRY(list_places(&probe));
    TRY(take_memory(&probe));
    for (size_t i = 0; i < probe.n_places; i++)
        TRY(measure(&probe, &probe.places[i]));
    return pads->app->json ? print_json(&probe) : print_tables(&probe);
}
