/* SPDX-License-Identifier: MIT */
/* The part of `padwise pads stats` that takes several inputs: each position in all of them,
 * BOS, EOS, words and pads apart, and what follows from the numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "pads.h"
#include "progress.h"
#include "talk.h"

static const struct {
    const char *name;
    pw_place_kind kind;
} places[] = {
    {"bos", PW_PLACE_BOS},
    {"eos", PW_PLACE_EOS},
    {"mean of words", PW_PLACE_WORDS},
    {"mean of pads", PW_PLACE_PADS},
    {"mean of all", PW_PLACE_ALL},
};

#define N_PLACES (sizeof(places) / sizeof(*places))

/* One place in all inputs. */
struct across {
    struct pads *pads;
    size_t n, n_all;             /* inputs; and with that of --against, which is the last */
    double *all_cosine, *all_l2; /* [n_all, n_all] */
    double *cosine, *l2;         /* [n, n] */
    double *against_cosine, *against_l2;      /* [n] */
    pw_estimate cosine_estimate, l2_estimate; /* of pairs */
    pw_estimate against_estimate;             /* of cosines to that of --against */
    size_t *positions, n_positions;
    uint64_t n_measured; /* places, for the progress bar */
};

static int take_memory(struct across *across)
{
    struct pool *pool = &across->pads->app->pool;
    const size_t n = across->n, n_all = across->n_all;

    across->all_cosine = pool_array(pool, n_all * n_all, sizeof(double));
    across->all_l2 = pool_array(pool, n_all * n_all, sizeof(double));
    across->cosine = pool_array(pool, n * n, sizeof(double));
    across->l2 = pool_array(pool, n * n, sizeof(double));
    across->against_cosine = pool_array(pool, n, sizeof(double));
    across->against_l2 = pool_array(pool, n, sizeof(double));
    return across->all_cosine == NULL || across->all_l2 == NULL || across->cosine == NULL ||
                   across->l2 == NULL || across->against_cosine == NULL ||
                   across->against_l2 == NULL
               ? fail_memory(across->pads->app)
               : DONE;
}

/* Measure a place; then part the one of --against from the others. */
static int measure(struct across *across, const pw_place *place)
{
    struct pads *pads = across->pads;
    pw_context *ctx = pads->app->ctx;
    const size_t n = across->n, n_all = across->n_all;
    pw_error err;

    if (interrupted())
        return fail_interrupted(pads->app);
    progress_update(&pads->app->progress, ++across->n_measured, -1);
    if (pw_inputs_compare(across->all_cosine, across->all_l2, ctx, pads->rows, n_all, place,
                          &err) != PW_OK)
        return fail_with(pads->app, &err);
    for (size_t i = 0; i < n; i++) {
        memcpy(across->cosine + i * n, across->all_cosine + i * n_all, n * sizeof(double));
        memcpy(across->l2 + i * n, across->all_l2 + i * n_all, n * sizeof(double));
        across->against_cosine[i] = across->all_cosine[i * n_all + n_all - 1];
        across->against_l2[i] = across->all_l2[i * n_all + n_all - 1];
    }
    TRY(pads_estimate_pairs(pads, &across->cosine_estimate, across->cosine, n));
    TRY(pads_estimate_pairs(pads, &across->l2_estimate, across->l2, n));
    return pads_estimate(pads, &across->against_estimate, across->against_cosine, n);
}

static int measure_position(struct across *across, size_t position)
{
    const pw_place place = {.kind = PW_PLACE_POSITION, .position = position};

    return measure(across, &place);
}

static size_t rows_in_all(const struct across *across)
{
    size_t n_rows = across->pads->rows[0].n_rows;

    for (size_t i = 1; i < across->n_all; i++)
        if (across->pads->rows[i].n_rows < n_rows)
            n_rows = across->pads->rows[i].n_rows;
    return n_rows;
}

/* Those asked for; else all that every input has, of which a person is shown every tenth, the
 * first at which all have pads, and the last three. */
static int choose_positions(struct across *across)
{
    struct pads *pads = across->pads;
    const size_t n_rows = rows_in_all(across);
    size_t first_pad = 0;

    TRY(pads_positions(pads, n_rows, &across->positions, &across->n_positions));
    if (across->positions != NULL)
        return DONE;
    across->positions = pool_array(&pads->app->pool, n_rows, sizeof(*across->positions));
    if (across->positions == NULL)
        return fail_memory(pads->app);
    for (size_t i = 0; i < across->n; i++)
        first_pad = pads->inputs[i].n_real > first_pad ? pads->inputs[i].n_real : first_pad;
    for (size_t i = 0; i < n_rows; i++)
        if (pads->app->json || i % 10 == 0 || i == first_pad || i + 3 >= n_rows)
            across->positions[across->n_positions++] = i;
    return DONE;
}

/* ---- JSON. */

static void put_pairs(struct json *json, const struct across *across, size_t position)
{
    for (size_t a = 0; a < across->n; a++) {
        for (size_t b = a + 1; b < across->n; b++) {
            json_open(json, '{');
            json_member_int(json, "position", (int64_t)position);
            json_member_int(json, "a", (int64_t)a);
            json_member_int(json, "b", (int64_t)b);
            json_member_real(json, "cosine", across->cosine[a * across->n + b]);
            json_member_real(json, "l2", across->l2[a * across->n + b]);
            json_close(json, '}');
        }
    }
}

static int put_across(struct across *across)
{
    struct json *json = &across->pads->json;

    json_key(json, "across");
    json_open(json, '[');
    for (size_t k = 0; k < across->n_positions; k++) {
        TRY(measure_position(across, across->positions[k]));
        put_pairs(json, across, across->positions[k]);
    }
    json_close(json, ']');
    return DONE;
}

static int put_against(struct across *across)
{
    struct json *json = &across->pads->json;

    json_member_text(json, "against_input", across->pads->against->name);
    json_key(json, "against");
    json_open(json, '[');
    for (size_t k = 0; k < across->n_positions; k++) {
        TRY(measure_position(across, across->positions[k]));
        for (size_t a = 0; a < across->n; a++) {
            json_open(json, '{');
            json_member_int(json, "position", (int64_t)across->positions[k]);
            json_member_int(json, "a", (int64_t)a);
            json_member_real(json, "cosine", across->against_cosine[a]);
            json_member_real(json, "l2", across->against_l2[a]);
            json_close(json, '}');
        }
    }
    json_close(json, ']');
    return DONE;
}

static void put_estimates(struct json *json, const struct across *across)
{
    pads_put_estimate(json, "cosine", &across->cosine_estimate);
    pads_put_estimate(json, "l2", &across->l2_estimate);
    if (across->pads->against != NULL)
        pads_put_estimate(json, "against", &across->against_estimate);
}

static int put_summaries(struct across *across)
{
    struct json *json = &across->pads->json;

    json_key(json, "positions");
    json_open(json, '[');
    for (size_t k = 0; k < across->n_positions; k++) {
        TRY(measure_position(across, across->positions[k]));
        json_open(json, '{');
        json_member_int(json, "position", (int64_t)across->positions[k]);
        put_estimates(json, across);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_key(json, "groups");
    json_open(json, '[');
    for (size_t k = 0; k < N_PLACES; k++) {
        const pw_place place = {.kind = places[k].kind};

        TRY(measure(across, &place));
        json_open(json, '{');
        json_member_text(json, "group", places[k].name);
        put_estimates(json, across);
        json_close(json, '}');
    }
    json_close(json, ']');
    return DONE;
}

static int print_json(struct across *across, const char *conclusion)
{
    struct json *json = &across->pads->json;

    json_open(json, '{');
    TRY(put_across(across));
    if (across->pads->against != NULL)
        TRY(put_against(across));
    TRY(put_summaries(across));
    json_member_int(json, "inputs", (int64_t)across->n);
    json_member_int(json, "prompts", (int64_t)across->pads->n_prompts);
    json_member_text(json, "conclusion", conclusion);
    json_close(json, '}');
    return pads_print_json(across->pads);
}

/* ---- Tables. */

static void add_line(struct grid *grid, const struct across *across)
{
    grid_number(grid, 3, across->cosine_estimate.mean);
    pads_interval(grid, &across->cosine_estimate);
    pads_range(grid, &across->cosine_estimate, 3);
    pads_range(grid, &across->l2_estimate, 2);
    if (across->pads->against != NULL)
        pads_range(grid, &across->against_estimate, 3);
}

static int add_table(struct across *across, const char *title, bool is_by_position)
{
    struct app *app = across->pads->app;
    const struct column titles[] = {
        {title, is_by_position}, {"cosine", true}, {"95 % interval", true},
        {"least..most", true},   {"L2", true},     {"cos against", true}};
    const size_t n_lines = is_by_position ? across->n_positions : N_PLACES;
    struct grid grid;
    int status = DONE;

    grid_start(&grid, titles, across->pads->against != NULL ? 6 : 5);
    for (size_t k = 0; k < n_lines && status == DONE; k++) {
        if (is_by_position) {
            grid_cell(&grid, "%zu", across->positions[k]);
            status = measure_position(across, across->positions[k]);
        } else {
            const pw_place place = {.kind = places[k].kind};

            grid_cell(&grid, "%s", places[k].name);
            status = measure(across, &place);
        }
        add_line(&grid, across);
    }
    builder_text(&across->pads->out, "\n");
    grid_print(&grid, &across->pads->out, app->width_out, app->color_out);
    return status;
}

static int print_tables(struct across *across, const char *conclusion)
{
    struct pads *pads = across->pads;
    struct builder *out = &pads->out;

    builder_text(out, "\nacross the ");
    if (pads->n_prompts < pads->n)
        pads_say_prompts(pads, out, pads->n);
    else
        builder_format(out, "%zu inputs", across->n);
    builder_format(out, ", %zu pair%s; %s\n", across->n * (across->n - 1) / 2,
                   across->n == 2 ? "" : "s",
                   pads->n_prompts < pads->n ? "no intervals over prompts"
                                             : "intervals by drawing prompts");
    if (pads->against != NULL)
        builder_text(out, "against: each of them with the input of --against\n");
    TRY(add_table(across, "row", true));
    TRY(add_table(across, "group", false));
    builder_text(out, "\n");
    if (conclusion != NULL)
        pads_paragraph(pads, conclusion);
    return DONE;
}

int pads_conclusion(struct pads *pads, const char **conclusion)
{
    struct app *app = pads->app;
    pw_pads_across across;
    pw_error err;
    pw_status status;
    char *text;
    size_t size;

    *conclusion = NULL;
    if (pads->n < 2)
        return DONE;
    status = pw_pads_compare(&across, app->ctx, pads->rows, pads->n, pads->seed, &err);
    if (status == PW_ERR_NOT_FOUND)
        return DONE;
    if (status != PW_OK)
        return fail_with(app, &err);
    size = pw_pads_conclude(NULL, 0, &across, pads->n_prompts);
    text = pool_take(&app->pool, size + 1);
    if (text == NULL)
        return fail_memory(app);
    pw_pads_conclude(text, size + 1, &across, pads->n_prompts);
    *conclusion = text;
    return DONE;
}

int pads_compare_inputs(struct pads *pads)
{
    struct across across = {
        .pads = pads, .n = pads->n, .n_all = pads->n + (pads->against != NULL)};
    const char *conclusion;

    TRY(take_memory(&across));
    TRY(choose_positions(&across));
    TRY(pads_conclusion(pads, &conclusion));
    if (conclusion == NULL && across.n > 1)
        conclusion =
            "Nothing is concluded of pads: where they start is not known, or no position "
            "has a pad in two inputs.";
    progress_start(&pads->app->progress, "comparing", "rows");
    return pads->app->json ? print_json(&across, conclusion)
                           : print_tables(&across, conclusion);
}
