/* SPDX-License-Identifier: MIT */
/* Norm and cosine by layer, a curve a role. */
#include "lens.h"
#include "plot_out.h"
#include "talk.h"

struct drawing {
    struct lens *lens;
    pw_figure *figure;
    double *ys; /* [n] of one curve */
    size_t n;   /* layers, the embeddings counted */
    pw_error err;
};

/* One panel: norms, or cosines. */
static pw_status add_panel(struct drawing *drawing, const char *title, const char *y_label,
                           bool is_norm)
{
    const struct lens *lens = drawing->lens;
    pw_panel_options options;
    pw_status status;

    pw_panel_options_init(&options);
    options.title = title;
    options.x.label = "layer";
    options.y.label = y_label;
    status = pw_figure_add_panel(drawing->figure, &options, &drawing->err);
    for (size_t i = 0; i < INSIDE_ROLES && status == PW_OK; i++) {
        const pw_curve curve = {
            .name = pw_row_role_name(inside_role(i)), .y = drawing->ys, .n = drawing->n};

        if (inside_n_rows(&lens->inside, i) == 0)
            continue;
        for (size_t layer = 0; layer < drawing->n; layer++)
            drawing->ys[layer] =
                is_norm ? lens->layers[layer].norm[i] : lens->layers[layer].cosine[i];
        status = pw_figure_add_curve(drawing->figure, &curve, &drawing->err);
    }
    return status;
}

static pw_status build(struct drawing *drawing)
{
    const struct inside *inside = &drawing->lens->inside;
    const char *norm = drawing->lens->is_normed ? "Norm, final norm applied" : "Norm";
    pw_figure_options options;
    pw_status status;

    pw_figure_options_init(&options);
    options.title = inside->prompt.size > 0 ? inside->prompt.bytes : "(empty prompt)";
    options.n_columns = 1;
    status =
        pw_figure_create(&drawing->figure, inside->app->ctx, &options, NULL, &drawing->err);
    if (status == PW_OK)
        status = add_panel(drawing, norm, "mean L2 norm", true);
    if (status == PW_OK)
        status = add_panel(drawing, "Cosine to the last layer", "mean cosine", false);
    return status;
}

int lens_draw(struct lens *lens)
{
    struct app *app = lens->inside.app;
    struct drawing drawing = {.lens = lens, .n = (size_t)lens->inside.info.n_layers + 1};
    int status;

    drawing.ys = pool_array(&app->pool, drawing.n, sizeof(*drawing.ys));
    if (drawing.ys == NULL)
        return fail_memory(app);
    status = build(&drawing) == PW_OK ? plot_write(app, drawing.figure, lens->plot)
                                      : fail_with(app, &drawing.err);
    pw_figure_free(drawing.figure);
    return status;
}
