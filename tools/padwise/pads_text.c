/* SPDX-License-Identifier: MIT */
/* What the tables of `padwise pads` have in common. */
#include <math.h>
#include <string.h>

#include "credit.h"
#include "paint.h"
#include "pads_labels.h"
#include "show.h"

/* "a.json: "a beaver", 13 of 77 rows are no pads (its manifest)". */
void pads_title(struct pads *pads, const struct pads_input *input)
{
    const struct app *app = pads->app;
    struct builder *out = &pads->out;
    const bool is_prompt = input->prompt.bytes != NULL &&
                           strlen(input->name) == input->prompt.size &&
                           memcmp(input->name, input->prompt.bytes, input->prompt.size) == 0;

    if (out->size > 0)
        builder_text(out, "\n");
    if (app->color_out)
        builder_text(out, PAINT_BOLD);
    if (is_prompt)
        show_quoted(out, input->name, strlen(input->name), app->width_out);
    else
        show_text(out, input->name, strlen(input->name), app->width_out);
    if (app->color_out)
        builder_text(out, PAINT_NONE);
    builder_text(out, "\n");
    if (!is_prompt && input->prompt.bytes != NULL) {
        show_quoted(out, input->prompt.bytes, input->prompt.size, app->width_out);
        builder_text(out, "\n");
    }
    if (input->n_real == 0)
        builder_format(out,
                       "%zu rows of %zu; where pads start is unknown (--n-real, --tokenizer)\n",
                       input->rows.n_rows, input->rows.width);
    else
        builder_format(out, "%zu rows of %zu; %zu are no pads (%s)\n", input->rows.n_rows,
                       input->rows.width, input->n_real, roles_from_name(input->from));
}

/* Words of a text of our own, at most as wide as the output. */
void pads_paragraph(struct pads *pads, const char *text)
{
    const size_t width = pads->app->width_out;
    size_t column = 0;

    while (*text != '\0') {
        const size_t size = strcspn(text, " ");
        const size_t w = show_width(text, size);

        if (column > 0 && column + 1 + w > width) {
            builder_text(&pads->out, "\n");
            column = 0;
        } else if (column > 0) {
            builder_text(&pads->out, " ");
            column++;
        }
        show_text(&pads->out, text, size, SHOW_ALL);
        column += w;
        text += size + strspn(text + size, " ");
    }
    builder_text(&pads->out, "\n");
}

void pads_credits(struct pads *pads)
{
    const size_t n_all = pads->n + (pads->against != NULL);
    const char *credit = NULL;

    for (size_t i = 0; i < n_all; i++)
        if (credit_join(pads->app, &credit, pads->inputs[i].credit) != DONE) {
            pads->out.failed = true;
            return;
        }
    credit_put(pads->app, &pads->out, credit);
}

void pads_put_input(struct json *json, const struct pads_input *input)
{
    json_member_text(json, "input", input->name);
    if (input->prompt.bytes != NULL) {
        json_key(json, "prompt");
        json_bytes(json, input->prompt.bytes, input->prompt.size);
    }
    json_member_int(json, "n_rows", (int64_t)input->rows.n_rows);
    json_key(json, "n_real");
    if (input->n_real == 0)
        json_null(json);
    else
        json_int(json, (int64_t)input->n_real);
    json_member_text(json, "roles_from", roles_from_name(input->from));
    if (input->credit != NULL)
        json_member_text(json, "credit", input->credit);
}

void pads_put_inputs(struct pads *pads, const struct labels *labels)
{
    struct json *json = &pads->json;

    json_key(json, "inputs");
    json_open(json, '[');
    for (size_t i = 0; i < pads->n; i++) {
        json_open(json, '{');
        pads_put_input(json, &pads->inputs[i]);
        if (labels != NULL && labels->of_input != NULL)
            json_member_text(json, "label", labels->names[labels->of_input[i]]);
        json_close(json, '}');
    }
    json_close(json, ']');
}

void pads_put_estimate(struct json *json, const char *key, const pw_estimate *estimate)
{
    json_key(json, key);
    json_open(json, '{');
    json_member_real(json, "mean", estimate->mean);
    json_member_real(json, "low", estimate->low);
    json_member_real(json, "high", estimate->high);
    json_member_real(json, "min", estimate->min);
    json_member_real(json, "max", estimate->max);
    json_member_int(json, "n", (int64_t)estimate->n_values);
    json_member_int(json, "items", (int64_t)estimate->n_items);
    json_close(json, '}');
}

/* The interval of the mean, "-" where there is none. */
void pads_interval(struct grid *grid, const pw_estimate *estimate)
{
    if (isnan(estimate->low))
        grid_cell(grid, "-");
    else
        grid_cell(grid, "%.3f..%.3f", estimate->low, estimate->high);
}

void pads_range(struct grid *grid, const pw_estimate *estimate, int n_decimals)
{
    if (estimate->n_values == 0)
        grid_cell(grid, "-");
    else
        grid_cell(grid, "%.*f..%.*f", n_decimals, estimate->min, n_decimals, estimate->max);
}

int pads_print(struct pads *pads)
{
    int status;

    progress_stop(&pads->app->progress);
    status = app_print(pads->app, &pads->out, &pads->stop);
    builder_clear(&pads->out);
    return status;
}

int pads_print_json(struct pads *pads)
{
    progress_stop(&pads->app->progress);
    return json_print(pads->app, &pads->json, &pads->stop);
}
