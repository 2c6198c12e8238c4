/* SPDX-License-Identifier: MIT */
/* Where attention goes, as tables and as JSON. */
#include <string.h>

#include "attn.h"
#include "grid.h"
#include "json_out.h"
#include "show.h"
#include "talk.h"

static const char *const role_titles[INSIDE_ROLES] = {"to bos", "words", "eos", "pads"};

/* Columns that a third key needs. */
#define WIDTH_OF_THREE 96

/* Masses, entropy and sinks: the cells behind a row's name. */
static void put_mass(const struct attn *attn, struct grid *grid, const struct attn_mass *mass)
{
    const size_t fit = attn->inside.app->width_out < WIDTH_OF_THREE ? 2 : ATTN_SINKS;
    struct builder sinks = {0};

    for (size_t i = 0; i < INSIDE_ROLES; i++)
        grid_cell(grid, "%.3f", mass->mass[i]);
    grid_cell(grid, "%.3f", mass->entropy);
    for (size_t i = 0; i < mass->n_sinks && i < fit && mass->sinks[i].weight > 0.0; i++) {
        const size_t position = mass->sinks[i].position;
        const char *label = attn->inside.labels[position];

        builder_format(&sinks, "%s%zu ", i == 0 ? "" : ", ", position);
        show_text(&sinks, label, strlen(label), 10);
        builder_format(&sinks, " %.2f", mass->sinks[i].weight);
    }
    grid_built(grid, &sinks);
    builder_free(&sinks);
}

#define N_COLUMNS (INSIDE_ROLES + 3)

static void start_grid(struct grid *grid, struct column *columns, const char *title,
                       bool is_number)
{
    columns[0] = (struct column){title, is_number};
    for (size_t i = 0; i < INSIDE_ROLES; i++)
        columns[1 + i] = (struct column){role_titles[i], true};
    columns[1 + INSIDE_ROLES] = (struct column){"entropy", true};
    columns[2 + INSIDE_ROLES] = (struct column){"keys that get most", false};
    grid_start(grid, columns, N_COLUMNS);
}

/* A row a layer, or where one layer is shown, a row a head. */
static void print_parts(const struct attn *attn, struct builder *out)
{
    const bool by_head = attn->n_layers == 1;
    const struct app *app = attn->inside.app;
    struct column columns[N_COLUMNS];
    struct attn_mass mass;
    struct grid grid;

    start_grid(&grid, columns, by_head ? "head" : "layer", true);
    for (size_t i = 0; i < (by_head ? attn->n_heads : attn->n_layers); i++) {
        grid_cell(&grid, "%zu", by_head ? attn->first_head + i : (size_t)attn->first_layer + i);
        if (by_head)
            attn_measure(attn, attn_map(attn, 0, i), &mass);
        else
            attn_measure_layer(attn, i, &mass);
        put_mass(attn, &grid, &mass);
    }
    grid_print(&grid, out, app->width_out, app->color_out);
}

static void print_queries(const struct attn *attn, struct builder *out)
{
    static const char *const names[INSIDE_ROLES] = {"bos", "words", "eos", "pads"};
    const struct app *app = attn->inside.app;
    struct column columns[N_COLUMNS];
    struct attn_mass mass;
    struct grid grid;

    start_grid(&grid, columns, "queries", false);
    for (size_t i = 0; i < INSIDE_ROLES; i++) {
        if (!attn_measure_queries(attn, i, &mass))
            continue;
        grid_cell(&grid, "%s", names[i]);
        put_mass(attn, &grid, &mass);
    }
    grid_print(&grid, out, app->width_out, app->color_out);
}

static void name_part(const struct attn *attn, struct builder *out)
{
    builder_text(out, "\nShare of attention by the key's role: means over all queries");
    if (attn->n_layers == 1)
        builder_format(out, ", layer %d", (int)attn->first_layer);
    if (attn->n_heads == 1)
        builder_format(out, "%s head %zu", attn->n_layers == 1 ? "," : " of", attn->first_head);
    else if (attn->n_layers > 1)
        builder_text(out, " and heads");
    builder_text(out, ".\nEntropy in nats.\n");
}

int attn_print(struct attn *attn)
{
    struct builder out = {0};
    bool stop;
    int status;

    inside_title(&attn->inside, &out);
    name_part(attn, &out);
    print_parts(attn, &out);
    builder_text(&out, "\nThe same by the query's role.\n");
    print_queries(attn, &out);
    if (attn->inside.mask_rule != PW_MASK_NONE && attn->inside.n_real < attn->inside.n_tokens)
        builder_text(&out, "\nThis mask hides keys; --mask none shows what pipelines without a "
                           "mask do.\n");
    status = app_print(attn->inside.app, &out, &stop);
    builder_free(&out);
    return status;
}

/* ---- JSON. */

static void put_weights(struct json *json, const float *map, size_t n)
{
    char text[32];

    json_key(json, "weights");
    json_open(json, '[');
    for (size_t t = 0; t < n; t++) {
        json_open(json, '[');
        for (size_t s = 0; s < n; s++) {
            snprintf(text, sizeof(text), "%.9g", (double)map[t * n + s]);
            json_raw(json, text);
        }
        json_close(json, ']');
    }
    json_close(json, ']');
}

static void put_head(const struct attn *attn, struct json *json, size_t i_layer, size_t i_head)
{
    const float *map = attn_map(attn, i_layer, i_head);
    struct attn_mass mass;

    attn_measure(attn, map, &mass);
    json_open(json, '{');
    json_member_int(json, "head", (int64_t)(attn->first_head + i_head));
    json_key(json, "mass");
    json_open(json, '{');
    for (size_t i = 0; i < INSIDE_ROLES; i++)
        json_member_real(json, pw_row_role_name(inside_role(i)), mass.mass[i]);
    json_close(json, '}');
    json_member_real(json, "entropy", mass.entropy);
    if (option_given(attn->inside.app, OPTION_MATRIX))
        put_weights(json, map, attn->inside.n_tokens);
    json_close(json, '}');
}

int attn_print_json(struct attn *attn)
{
    struct json json = {0};
    bool stop;
    int status;

    json_open(&json, '{');
    json_key(&json, "layers");
    json_open(&json, '[');
    for (size_t i_layer = 0; i_layer < attn->n_layers; i_layer++) {
        json_open(&json, '{');
        json_member_int(&json, "layer", attn->first_layer + (int64_t)i_layer);
        json_key(&json, "heads");
        json_open(&json, '[');
        for (size_t i_head = 0; i_head < attn->n_heads; i_head++)
            put_head(attn, &json, i_layer, i_head);
        json_close(&json, ']');
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    status = json_print(attn->inside.app, &json, &stop);
    builder_free(&json.text);
    return status;
}
