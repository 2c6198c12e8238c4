/* SPDX-License-Identifier: MIT */
/* --plot of `edit`: rows before and after and their difference, or the variants side by side.
 */
#include <string.h>

#include "edit_lab.h"
#include "paths.h"
#include "plot_figures.h"
#include "show.h"
#include "talk.h"

#define TITLE_WIDTH 400 /* columns: a megabyte of prompt is no title */

int edit_picture_check(struct app *app, const char *output)
{
    const char *path = option_text(app, OPTION_PLOT);

    if (path != NULL && strcmp(path, "-") == 0 && strcmp(output, "-") == 0)
        return fail_usage(app, "-o - and --plot - would both write to standard output");
    return plot_check(app, path);
}

/* Of several tensors and prompts the first is drawn. */
int edit_picture_take(struct edit_subject *subject, const pw_tensor_set *set, const char *label,
                      struct edit_picture *picture)
{
    struct app *app = subject->app;
    const struct edit_tensor *tensor = &subject->tensors[0];
    const pw_tensor rows = subject_rows(set, tensor, 0);
    const size_t n = tensor->n_rows * tensor->dim;
    struct pads_input *input = &picture->inputs[picture->n];
    float *values;
    pw_error err;

    if (option_text(app, OPTION_PLOT) == NULL)
        return DONE;
    values = pool_array(&app->pool, n, sizeof(*values));
    if (values == NULL)
        return fail_memory(app);
    if (pw_tensor_to_f32(&rows, values, n, &err) != PW_OK)
        return fail_with(app, &err);
    *input = (struct pads_input){.name = subject->given,
                                 .n_real = tensor->n_real,
                                 .from = tensor->roles_from,
                                 .rows = {.values = values,
                                          .n_rows = tensor->n_rows,
                                          .width = tensor->dim,
                                          .roles = tensor->roles}};
    picture->labels[picture->n++] = label;
    return DONE;
}

/* The prompt, else the file's name. */
static int find_title(struct edit_subject *subject, const char **title)
{
    struct app *app = subject->app;
    struct builder text = {0};
    const char *name = path_name(subject->given);
    pw_text prompt;

    TRY(roles_prompt(app, subject->set, 0, &prompt));
    if (prompt.bytes == NULL || prompt.size == 0)
        prompt = (pw_text){name, strlen(name)};
    show_text(&text, prompt.bytes, prompt.size, TITLE_WIDTH);
    *title = text.failed ? NULL : pool_copy(&app->pool, text.bytes, text.size);
    builder_free(&text);
    return *title == NULL ? fail_memory(app) : DONE;
}

/* What was done, and whose data it was done to. */
static int write_footer(struct app *app, const struct edit_picture *picture,
                        const char **footer)
{
    struct builder text = {0};

    if (picture->before != NULL)
        builder_format(&text, "Edited before: %s. ", picture->before);
    if (picture->edits != NULL)
        builder_format(&text, "Edits: %s. ", picture->edits);
    if (picture->credit != NULL)
        builder_format(&text, "Data: %s", picture->credit);
    if (text.size > 0 && text.bytes[text.size - 1] == ' ')
        text.size--;
    *footer =
        text.failed || text.size == 0 ? NULL : pool_copy(&app->pool, text.bytes, text.size);
    if (text.failed || (text.size > 0 && *footer == NULL)) {
        builder_free(&text);
        return fail_memory(app);
    }
    builder_free(&text);
    return DONE;
}

static void say_what_is_left_out(const struct edit_subject *subject)
{
    const struct edit_tensor *tensor = &subject->tensors[0];

    if (subject->n_tensors > 1)
        note(subject->app, "the picture shows %s; --tensor names another", tensor->name);
    if (tensor->n_prompts > 1)
        note(subject->app, "the picture shows the first of %zu prompts", tensor->n_prompts);
}

int edit_picture_draw(struct edit_subject *subject, struct edit_picture *picture,
                      bool has_difference)
{
    struct app *app = subject->app;
    const char *path = option_text(app, OPTION_PLOT);
    struct plot_set set = {.app = app,
                           .inputs = picture->inputs,
                           .n = picture->n,
                           .labels = picture->labels,
                           .range = PW_PLOT_HEAT_RANGE_PANEL};
    pw_figure *figure = NULL;
    int status;

    if (path == NULL)
        return DONE;
    say_what_is_left_out(subject);
    TRY(find_title(subject, &set.title));
    TRY(write_footer(app, picture, &set.footer));
    status = has_difference ? plot_difference(&set, &figure) : plot_heat(&set, &figure);
    if (status == DONE)
        status = plot_write(app, figure, path);
    pw_figure_free(figure);
    return status;
}
