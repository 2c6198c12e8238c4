/* SPDX-License-Identifier: MIT */
/* How axes are written: their ticks, the labels of cells, and which panels of a grid share
 * them. */
#include "plot/layout_axes.h"

#include <math.h>
#include <string.h>

#define SMALLEST     6.5   /* letters of cell labels */
#define X_LABELS_MAX 110.0 /* length of labels that read upward */
#define Y_LABELS_MAX 0.26  /* of the picture's width */

const char *pwi_axis_text(const pw_axis *axis, size_t i)
{
    return i < axis->n_labels ? axis->labels[i] : "";
}

static size_t ticks_for(double length, double each)
{
    const double n = floor(length / each);

    return n < 2 ? 2 : n > 10 ? 10 : (size_t)n;
}

void pwi_panel_ticks_x(const struct pwi_panel_layout *panel, struct pwi_ticks *ticks)
{
    const size_t n = pwi_panel_n_x(panel->panel);

    if (n > 0)
        pwi_ticks_cells(ticks, n, panel->x.n_wanted);
    else
        pwi_ticks_make(ticks, panel->panel->x.scale, panel->x_min, panel->x_max,
                       panel->x.n_wanted);
}

void pwi_panel_ticks_y(const struct pwi_panel_layout *panel, struct pwi_ticks *ticks)
{
    const size_t n = pwi_panel_n_y(panel->panel);

    if (n > 0)
        pwi_ticks_cells(ticks, n, panel->y.n_wanted);
    else
        pwi_ticks_make(ticks, panel->panel->y.scale, panel->y_min, panel->y_max,
                       panel->y.n_wanted);
}

static double widest_label(const pw_axis *axis, size_t n, pwi_letters *letters, double width)
{
    struct pwi_text_style text_style = pwi_style_tick();
    double widest = 0;

    text_style.width_max = width;
    for (size_t i = 0; i < n && i < axis->n_labels; i++) {
        double label_width, height;

        pwi_letters_measure(letters, &text_style, axis->labels[i], &label_width, &height);
        widest = fmax(widest, label_width);
    }
    return widest;
}

static double widest_tick(const struct pwi_ticks *ticks, pwi_letters *letters)
{
    const struct pwi_text_style text_style = pwi_style_tick();
    double widest = 0;

    for (size_t i = 0; i < ticks->n; i++) {
        double width, height;

        pwi_letters_measure(letters, &text_style, ticks->tick[i].text, &width, &height);
        widest = fmax(widest, width);
    }
    return widest;
}

/* Letters that fit cells of that size, and how many labels must be left out. */
static void fit_labels(struct pwi_axis_layout *axis, double cell)
{
    axis->size = fmin(PWI_TICK_SIZE, fmax(SMALLEST, 0.85 * cell));
    axis->every = (size_t)ceil(axis->size * 1.05 / fmax(cell, 1e-3));
}

void pwi_axis_x_layout(struct pwi_panel_layout *panel, pwi_letters *letters)
{
    const size_t n = pwi_panel_n_x(panel->panel);
    const pw_axis *from = &panel->panel->x;
    struct pwi_axis_layout *axis = &panel->x;
    const double cell = panel->plot.width / (double)(n > 0 ? n : 1);
    double widest;

    axis->size = PWI_TICK_SIZE;
    axis->every = 1;
    axis->n_wanted = ticks_for(panel->plot.width, 30);
    axis->extent = 1.2 * PWI_TICK_SIZE;
    if (from->n_labels == 0 || n == 0)
        return;
    widest = widest_label(from, n, letters, X_LABELS_MAX);
    if (widest + 5 <= cell)
        return;
    axis->is_vertical = true;
    fit_labels(axis, cell);
    axis->extent = widest * axis->size / PWI_TICK_SIZE;
}

void pwi_axis_y_fit(struct pwi_panel_layout *panel)
{
    const size_t n = pwi_panel_n_y(panel->panel);

    if (n == 0) {
        panel->y.n_wanted = ticks_for(panel->plot.height, 30);
        return;
    }
    panel->y.n_wanted = ticks_for(panel->plot.height, 34);
    fit_labels(&panel->y, panel->plot.height / (double)n);
    if (panel->panel->y.n_labels > 0)
        panel->y.extent *= panel->y.size / PWI_TICK_SIZE;
}

static void y_layout(struct pwi_panel_layout *panel, pwi_letters *letters, double width)
{
    struct pwi_ticks ticks;
    const pw_axis *from = &panel->panel->y;

    panel->y.n_wanted = pwi_panel_n_y(panel->panel) > 0 ? 8 : 6;
    if (from->n_labels > 0 && pwi_panel_n_y(panel->panel) > 0) {
        panel->y.extent =
            widest_label(from, pwi_panel_n_y(panel->panel), letters, Y_LABELS_MAX * width);
        return;
    }
    pwi_panel_ticks_y(panel, &ticks);
    panel->y.extent = widest_tick(&ticks, letters);
}

static bool same_labels(const pw_axis *a, const pw_axis *b)
{
    if (a->scale != b->scale || strcmp(a->label, b->label) != 0 || a->n_labels != b->n_labels)
        return false;
    for (size_t i = 0; i < a->n_labels; i++)
        if (strcmp(a->labels[i], b->labels[i]) != 0)
            return false;
    return true;
}

static bool same_x(const struct pwi_panel_layout *a, const struct pwi_panel_layout *b)
{
    return a->x_min == b->x_min && a->x_max == b->x_max &&
           pwi_panel_n_x(a->panel) == pwi_panel_n_x(b->panel) &&
           same_labels(&a->panel->x, &b->panel->x);
}

static bool same_y(const struct pwi_panel_layout *a, const struct pwi_panel_layout *b)
{
    return a->y_min == b->y_min && a->y_max == b->y_max &&
           pwi_panel_n_y(a->panel) == pwi_panel_n_y(b->panel) &&
           same_labels(&a->panel->y, &b->panel->y);
}

/* An axis that all panels have in common is written at the left and at the bottom only. */
static void share(struct pwi_layout *layout)
{
    bool all_x = true, all_y = true;

    PW_ASSERT(layout->n_columns > 0);
    for (size_t i = 1; i < layout->n_panels; i++) {
        all_x = all_x && same_x(&layout->panels[0], &layout->panels[i]);
        all_y = all_y && same_y(&layout->panels[0], &layout->panels[i]);
    }
    for (size_t i = 0; i < layout->n_panels; i++) {
        struct pwi_panel_layout *panel = &layout->panels[i];

        panel->x.has_texts = !all_x || i + layout->n_columns >= layout->n_panels;
        panel->y.has_texts = !all_y || i % layout->n_columns == 0;
        panel->x.has_label = panel->x.has_texts && panel->panel->x.label[0] != '\0';
        panel->y.has_label = panel->y.has_texts && panel->panel->y.label[0] != '\0';
    }
}

void pwi_axes_share(struct pwi_layout *layout, const pw_figure *figure, pwi_letters *letters)
{
    size_t i = 0;

    for (const struct pwi_panel *panel = figure->first; panel != NULL; panel = panel->next) {
        struct pwi_panel_layout *to = &layout->panels[i++];

        to->panel = panel;
        pwi_panel_range_x(panel, &to->x_min, &to->x_max);
        pwi_panel_range_y(panel, &to->y_min, &to->y_max);
        y_layout(to, letters, layout->width);
    }
    share(layout);
}
