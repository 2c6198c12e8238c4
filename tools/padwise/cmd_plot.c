/* SPDX-License-Identifier: MIT */
/* padwise plot: pictures of conditioning files and prompts. What a kind draws is
 * plot_figures.c's, plot_curves.c's and plot_attention.c's. */
#include <string.h>

#include "plot_figures.h"
#include "talk.h"

/* At most so many inputs: panels beyond are too small to read, and a figure has 64. */
#define INPUTS_MAX 16

static const struct kind {
    const char *name;
    int (*draw)(const struct plot_set *set, pw_figure **out);
    size_t least, most;
    bool has_range;
} kinds[] = {
    {"heat", plot_heat, 1, INPUTS_MAX, true},
    {"diff", plot_difference, 2, 3, true},
    {"norms", plot_norms, 1, INPUTS_MAX, false},
    {"similarity", plot_similarity, 1, INPUTS_MAX, false},
    {"curves", plot_curves, 1, INPUTS_MAX, false},
};

static const struct kind *find(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static int check_count(struct app *app, const struct kind *kind, size_t n)
{
    if (n < kind->least)
        return fail(app, PW_ERR_ARGUMENT, "", "%s needs %zu inputs, and there is %zu",
                    kind->name, kind->least, n);
    if (n > kind->most)
        return fail(app, PW_ERR_LIMIT, "", "%s draws at most %zu inputs, and there are %zu",
                    kind->name, kind->most, n);
    return DONE;
}

/* The name of a picture as a user gives it; the terminal where none is given. */
static const char *target(const struct app *app)
{
    const char *path = option_text(app, OPTION_OUTPUT);

    return path == NULL ? "-" : path;
}

/* A picture without its line of pads would look as if there were none. */
static void note_unknown(const struct pads *pads)
{
    size_t n_unknown = 0;

    for (size_t i = 0; i < pads->n; i++)
        n_unknown += pads->inputs[i].n_real == 0;
    if (pads->n == 1 && n_unknown == 1)
        note(pads->app, "where pads start is unknown (--n-real, --tokenizer)");
    else if (n_unknown > 0)
        note(pads->app,
             "where pads start is unknown in %zu of %zu inputs (--n-real, --tokenizer)",
             n_unknown, pads->n);
}

static int draw(struct pads *pads, const struct kind *kind)
{
    struct app *app = pads->app;
    struct plot_set set = {.app = app};
    pw_figure *figure = NULL;
    int status;

    TRY(pads_read(pads, app->arguments.words + 1, app->arguments.n_words - 1));
    TRY(check_count(app, kind, pads->n));
    set.inputs = pads->inputs;
    set.n = pads->n;
    set.title = option_text(app, OPTION_TITLE);
    TRY(option_real(app, OPTION_RANGE, &set.range));
    TRY(plot_labels(app, set.inputs, set.n, &set.labels));
    TRY(plot_credits(app, set.inputs, set.n, &set.footer));
    status = kind->draw(&set, &figure);
    if (status == DONE) {
        note_unknown(pads);
        status = plot_write(app, figure, target(app));
    }
    pw_figure_free(figure);
    return status;
}

static int draw_attention(struct app *app)
{
    pw_figure *figure = NULL;
    int status;

    if (app->arguments.n_words != 2)
        return fail_usage(app, "plot attention takes one file");
    status =
        plot_attention(app, app->arguments.words[1], option_text(app, OPTION_TITLE), &figure);
    if (status == DONE)
        status = plot_write(app, figure, target(app));
    pw_figure_free(figure);
    return status;
}

static int check_options(struct app *app, bool has_range)
{
    double range = 1;

    TRY(option_real(app, OPTION_RANGE, &range));
    if (option_given(app, OPTION_RANGE) && !has_range)
        return fail_usage(app, "--range is for plot heat, diff and attention");
    if (!(range > 0))
        return fail_usage(app, "--range 0: colours span from -X to X, so X is over 0");
    return plot_check(app, target(app));
}

static int run(struct pads *pads)
{
    struct app *app = pads->app;
    const char *name = app->arguments.n_words == 0 ? "" : app->arguments.words[0];
    const struct kind *kind = find(name);
    const bool is_attention = strcmp(name, "attention") == 0;

    if (kind == NULL && !is_attention)
        return fail_usage(app, "say what to draw (heat, diff, norms, similarity, curves or "
                               "attention), then files or prompts");
    TRY(check_options(app, is_attention || kind->has_range));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    return is_attention ? draw_attention(app) : draw(pads, kind);
}

int run_plot(struct app *app)
{
    struct pads pads = {.app = app};
    const int status = run(&pads);

    progress_stop(&app->progress);
    roles_close(&pads.roles);
    return status;
}
