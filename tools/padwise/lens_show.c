/* SPDX-License-Identifier: MIT */
/* Hidden states by layer, as tables and as JSON. */
#include <string.h>

#include "grid.h"
#include "json_out.h"
#include "lens.h"
#include "show.h"
#include "talk.h"

static void print_layers(const struct lens *lens, struct builder *out)
{
    static const struct column columns[] = {
        {"layer", true},   {"norm bos", true}, {"words", true}, {"eos", true}, {"pads", true},
        {"cos bos", true}, {"words", true},    {"eos", true},   {"pads", true}};
    const struct app *app = lens->inside.app;
    struct grid grid;

    grid_start(&grid, columns, sizeof(columns) / sizeof(*columns));
    for (int32_t layer = 0; layer <= lens->inside.info.n_layers; layer++) {
        grid_cell(&grid, "%d", (int)layer);
        for (size_t i = 0; i < INSIDE_ROLES; i++)
            grid_number(&grid, 3, lens->layers[layer].norm[i]);
        for (size_t i = 0; i < INSIDE_ROLES; i++)
            grid_number(&grid, 4, lens->layers[layer].cosine[i]);
    }
    grid_print(&grid, out, app->width_out, app->color_out);
}

static void print_rows(const struct lens *lens, struct builder *out)
{
    static const struct column columns[] = {
        {"pos", true}, {"token", false}, {"role", false}, {"norm", true}, {"cos final", true}};
    const struct inside *inside = &lens->inside;
    struct grid grid;

    grid_start(&grid, columns, sizeof(columns) / sizeof(*columns));
    for (size_t t = 0; t < inside->n_tokens; t++) {
        const float *row = lens_row(lens, lens->layer, t);

        grid_cell(&grid, "%zu", t);
        grid_text(&grid, inside->labels[t], strlen(inside->labels[t]));
        grid_cell(&grid, "%s", pw_row_role_name(inside->roles[t]));
        grid_number(&grid, 3, lens_norm(lens, row));
        grid_number(&grid, 4, lens_cosine(lens, row, lens_row(lens, inside->info.n_layers, t)));
        if (inside->roles[t] == PW_ROW_PAD)
            grid_dim(&grid);
    }
    grid_print(&grid, out, inside->app->width_out, inside->app->color_out);
}

static void print_steps(const struct lens *lens, struct builder *out)
{
    static const struct column columns[] = {
        {"layer", true}, {"step", false}, {"shape", false}, {"mean", true}, {"std", true}};
    const struct app *app = lens->inside.app;
    struct grid grid;

    builder_text(out, "\nEvery step's output, in the order in which they are computed.\n");
    grid_start(&grid, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < lens->n_steps; i++) {
        const struct lens_step *step = &lens->steps[i];

        if (step->layer > 0)
            grid_cell(&grid, "%d", (int)step->layer);
        else
            grid_cell(&grid, "%s", "");
        grid_cell(&grid, "%s", step->name);
        grid_cell(&grid, "[%zu,%zu]", step->n_rows, step->width);
        grid_cell(&grid, "%.6f", step->mean);
        grid_cell(&grid, "%.6f", step->std);
    }
    grid_print(&grid, out, app->width_out, app->color_out);
}

int lens_print(struct lens *lens)
{
    const char *norm = lens->is_normed ? ", final norm applied" : "";
    struct builder out = {0};
    bool stop;
    int status;

    inside_title(&lens->inside, &out);
    if (lens->is_all)
        builder_format(&out,
                       "\nBy layer%s: mean L2 norm of rows, and mean cosine of each row to "
                       "itself\nbehind the last block. Layer 0 is the embeddings.\n",
                       norm);
    else
        builder_format(&out,
                       "\nhidden_states.%d%s: each row's L2 norm, and its cosine to itself "
                       "behind the\nlast block.\n",
                       (int)lens->layer, norm);
    if (lens->is_all)
        print_layers(lens, &out);
    else
        print_rows(lens, &out);
    if (lens->n_steps > 0)
        print_steps(lens, &out);
    status = app_print(lens->inside.app, &out, &stop);
    builder_free(&out);
    return status;
}

/* ---- JSON. */

static void put_roles(struct json *json, const char *key, const double *values)
{
    json_key(json, key);
    json_open(json, '{');
    for (size_t i = 0; i < INSIDE_ROLES; i++)
        json_member_real(json, pw_row_role_name(inside_role(i)), values[i]);
    json_close(json, '}');
}

static void put_rows(const struct lens *lens, struct json *json)
{
    const struct inside *inside = &lens->inside;

    json_key(json, "rows");
    json_open(json, '[');
    for (size_t t = 0; t < inside->n_tokens; t++) {
        const float *row = lens_row(lens, lens->layer, t);

        json_open(json, '{');
        json_member_int(json, "position", (int64_t)t);
        json_member_text(json, "role", pw_row_role_name(inside->roles[t]));
        json_member_real(json, "norm", lens_norm(lens, row));
        json_member_real(json, "cosine_to_final",
                         lens_cosine(lens, row, lens_row(lens, inside->info.n_layers, t)));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_steps(const struct lens *lens, struct json *json)
{
    json_key(json, "trace");
    json_open(json, '[');
    for (size_t i = 0; i < lens->n_steps; i++) {
        const struct lens_step *step = &lens->steps[i];

        json_open(json, '{');
        json_key(json, "layer");
        if (step->layer < 0)
            json_null(json);
        else
            json_int(json, step->layer);
        json_member_text(json, "step", step->name);
        json_key(json, "shape");
        json_open(json, '[');
        json_int(json, (int64_t)step->n_rows);
        json_int(json, (int64_t)step->width);
        json_close(json, ']');
        json_member_real(json, "mean", step->mean);
        json_member_real(json, "std", step->std);
        json_close(json, '}');
    }
    json_close(json, ']');
}

int lens_print_json(struct lens *lens)
{
    const int32_t first = lens->is_all ? 0 : lens->layer,
                  last = lens->is_all ? lens->inside.info.n_layers : lens->layer;
    struct json json = {0};
    bool stop;
    int status;

    json_open(&json, '{');
    json_member_bool(&json, "final_norm", lens->is_normed);
    json_member_int(&json, "n_real", (int64_t)lens->inside.n_real);
    json_key(&json, "layers");
    json_open(&json, '[');
    for (int32_t layer = first; layer <= last; layer++) {
        json_open(&json, '{');
        json_member_int(&json, "layer", layer);
        put_roles(&json, "norm", lens->layers[layer].norm);
        put_roles(&json, "cosine_to_final", lens->layers[layer].cosine);
        if (!lens->is_all)
            put_rows(lens, &json);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    if (lens->n_steps > 0)
        put_steps(lens, &json);
    json_close(&json, '}');
    status = json_print(lens->inside.app, &json, &stop);
    builder_free(&json.text);
    return status;
}
