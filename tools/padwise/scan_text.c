/* SPDX-License-Identifier: MIT */
/* What the scans say of rows that changed: cells, JSON members, sentences, curves. "Equal in
 * every bit" is said of nothing else. */
#include <math.h>
#include <string.h>

#include "plot_out.h"
#include "scan.h"
#include "show.h"
#include "talk.h"

bool scan_shows(size_t i, size_t n_rows, size_t n_real)
{
    return i <= n_real || i % 10 == 0 || i + 3 >= n_rows;
}

void scan_title(struct pads *pads, const char *prompt)
{
    builder_text(&pads->out, pads->out.size > 0 ? "\n" : "");
    show_quoted(&pads->out, prompt, strlen(prompt), pads->app->width_out);
    builder_text(&pads->out, "\n");
}

void scan_note(struct pads *pads, const char *text)
{
    builder_text(&pads->out, "\n");
    pads_paragraph(pads, text);
    builder_text(&pads->out, "\n");
}

void scan_cosine(struct grid *grid, const pw_pair *pair)
{
    if (pair->is_bitwise)
        grid_cell(grid, "=");
    else
        grid_number(grid, 4, pair->cosine);
}

void scan_l2(struct grid *grid, const pw_pair *pair)
{
    if (pair->is_bitwise)
        grid_cell(grid, "=");
    else
        grid_cell(grid, "%.3g", pair->l2);
}

void scan_change(struct grid *grid, const pw_change *change)
{
    if (change->n == 0) {
        for (int i = 0; i < 3; i++)
            grid_cell(grid, "-");
        return;
    }
    grid_cell(grid, "%zu of %zu", change->n_bitwise, change->n);
    if (change->n_bitwise == change->n)
        grid_cell(grid, "=");
    else
        grid_number(grid, 4, change->cos_min);
    grid_cell(grid, "%.3g", change->l2_max);
}

void scan_say(struct builder *out, const pw_change *change, const char *rows)
{
    if (change->n == 0) {
        builder_format(out, "there are no %s", rows);
        return;
    }
    if (change->n_bitwise == change->n) {
        if (change->n == 1)
            builder_format(out, "1 of 1 %s is equal in every bit", rows);
        else
            builder_format(out, "all %zu %s are equal in every bit", change->n, rows);
        return;
    }
    builder_format(out, "%zu of %zu %s differ (first row %zu, ", change->n - change->n_bitwise,
                   change->n, rows, change->first);
    if (!isnan(change->cos_min))
        builder_format(out, "least cosine %.4f at row %zu, ", change->cos_min,
                       change->cos_min_at);
    builder_format(out, "L2 up to %.3g)", change->l2_max);
}

void scan_put_change(struct json *json, const char *key, const pw_change *change)
{
    json_key(json, key);
    json_open(json, '{');
    json_member_int(json, "n", (int64_t)change->n);
    json_member_int(json, "n_bitwise", (int64_t)change->n_bitwise);
    json_key(json, "first_row");
    if (change->first == PW_NO_ROW)
        json_null(json);
    else
        json_int(json, (int64_t)change->first);
    json_member_real(json, "cosine_min",
                     change->n > 0 && change->n_bitwise == change->n ? 1.0 : change->cos_min);
    json_member_real(json, "l2", change->l2);
    json_member_real(json, "l2_max", change->l2_max);
    json_close(json, '}');
}

void scan_put_pair(struct json *json, size_t position, pw_row_role role, const pw_pair *pair)
{
    json_open(json, '{');
    json_member_int(json, "position", (int64_t)position);
    json_member_text(json, "role", pw_row_role_name(role));
    json_member_real(json, "cosine", pair->cosine);
    json_member_real(json, "l2", pair->l2);
    json_member_bool(json, "bitwise", pair->is_bitwise);
    json_close(json, '}');
}

void scan_real(pw_change *out, const pw_pair *pairs, const pw_row_role *roles, size_t n)
{
    static const pw_row_role real[] = {PW_ROW_WORD, PW_ROW_EOS};
    pw_change part;

    pw_pairs_change(out, pairs, roles, n, PW_ROW_BOS);
    for (size_t i = 0; i < sizeof(real) / sizeof(*real); i++) {
        pw_pairs_change(&part, pairs, roles, n, real[i]);
        pw_change_add(out, &part);
    }
}

static bool is_flat(const struct scan_picture *picture)
{
    for (size_t k = 0; k < picture->n_curves; k++)
        for (size_t i = 0; i < picture->curves[k].n; i++)
            if (picture->curves[k].y[i] != 0.0)
                return false;
    return true;
}

int scan_draw(struct app *app, const struct scan_picture *picture)
{
    const char *path = option_text(app, OPTION_PLOT);
    pw_figure_options options;
    pw_curves given;
    pw_figure *figure;
    pw_error err;
    int status;

    if (path == NULL)
        return DONE;
    pw_figure_options_init(&options);
    options.title = picture->title;
    options.footer = picture->footer;
    pw_curves_init(&given);
    given.curves = picture->curves;
    given.n_curves = picture->n_curves;
    given.x_label = picture->x_label;
    given.y_label = picture->y_label;
    given.pads_start = picture->pads_start;
    given.y_max = is_flat(picture) ? 1.0 : 0.0; /* nothing has changed: lines along the axis */
    if (pw_plot_curves(&figure, app->ctx, &given, &options, &err) != PW_OK)
        return fail_with(app, &err);
    status = plot_write(app, figure, path);
    pw_figure_free(figure);
    return status;
}

void scan_conclude(struct pads *pads, struct builder *text)
{
    if (text->failed)
        pads->out.failed = pads->json.text.failed = true;
    else if (pads->app->json)
        json_member_text(&pads->json, "conclusion", text->bytes);
    else
        pads_paragraph(pads, text->bytes);
    builder_clear(text);
}
