/* SPDX-License-Identifier: MIT */
/* How axes are written: their ticks, the labels of cells, and which panels of a grid share
 * them. */
#include "plot/layout_axes.h"

#include <math.h>
#include <string.h>

#define SMALLEST     6.5   /* letters of cell labels */
#define X_LABELS_MAX 110.0 /* length of labels that read upward */
#define Y_LABELS_MAX 0.32  /* of the picture's width */
#define TEXT_GAP     5.0   /* between the numbers of an axis */

const char *pwi_axis_text(const pw_axis *axis, size_t i)
{
    return i < axis->n_labels ? axis->labels[i] : "";
}

static size_t ticks_for(double length, double each)
{
    const double n = floor(length / each);

    return n < 2 ? 2 : n > 10 ? 10 : (size_t)n;
}

/* Layers and positions are whole: there is none at 0.5, where a tick would stand. */
static size_t whole_ticks(const struct pwi_panel_layout *panel)
{
    const double span = panel->x_max - panel->x_min;
    const bool is_few = panel->panel->x.scale == PW_SCALE_LINEAR && span >= 1 &&
                        span < (double)panel->x.n_wanted;

    return is_few && pwi_panel_x_is_whole(panel->panel) ? (size_t)span : panel->x.n_wanted;
}

void pwi_panel_ticks_x(const struct pwi_panel_layout *panel, struct pwi_ticks *ticks)
{
    const size_t n = pwi_panel_n_x(panel->panel);

    if (n > 0)
        pwi_ticks_cells(ticks, n, panel->x.n_wanted);
    else
        pwi_ticks_make(ticks, panel->panel->x.scale, panel->x_min, panel->x_max,
                       whole_ticks(panel));
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

/* Of the labels that are written: every so-manieth of n. */
static double widest_label(const pw_axis *axis, size_t n, size_t every, pwi_letters *letters,
                           double width)
{
    struct pwi_text_style text_style = pwi_style_tick();
    double widest = 0;

    text_style.width_max = width;
    for (size_t i = 0; i < n && i < axis->n_labels; i += every) {
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

/* Ticks whose texts stand apart. */
static bool are_apart(const struct pwi_ticks *ticks, const struct pwi_span *span, double widest)
{
    double last = -INFINITY;

    for (size_t i = 0; i < ticks->n; i++) {
        const double at = pwi_span_at(span, ticks->tick[i].at);

        if (ticks->tick[i].text[0] == '\0')
            continue;
        if (at - last < widest + TEXT_GAP)
            return false;
        last = at;
    }
    return true;
}

/* As many ticks as their texts leave room for. */
static void fit_x_ticks(struct pwi_panel_layout *panel, pwi_letters *letters)
{
    const struct pwi_span span = {panel->panel->x.scale, panel->x_min, panel->x_max, 0,
                                  panel->plot.width};
    struct pwi_ticks ticks;

    panel->x.n_wanted = ticks_for(panel->plot.width, 30);
    for (; panel->x.n_wanted > 2; panel->x.n_wanted--) {
        pwi_panel_ticks_x(panel, &ticks);
        if (are_apart(&ticks, &span, widest_tick(&ticks, letters)))
            return;
    }
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
    axis->extent = 1.2 * PWI_TICK_SIZE;
    if (from->n_labels == 0 || n == 0) {
        fit_x_ticks(panel, letters);
        return;
    }
    widest = widest_label(from, n, 1, letters, X_LABELS_MAX);
    if (widest + 5 <= cell)
        return;
    axis->is_vertical = true;
    fit_labels(axis, cell);
    axis->extent = widest * axis->size / PWI_TICK_SIZE;
}

/* The room of what is written, in letters of that size. */
static double y_extent(const struct pwi_panel_layout *panel, pwi_letters *letters, double width)
{
    const size_t n = pwi_panel_n_y(panel->panel);
    const pw_axis *from = &panel->panel->y;
    struct pwi_ticks ticks;

    if (from->n_labels > 0 && n > 0)
        return widest_label(from, n, panel->y.every, letters, Y_LABELS_MAX * width) *
               panel->y.size / PWI_TICK_SIZE;
    pwi_panel_ticks_y(panel, &ticks);
    return widest_tick(&ticks, letters);
}

bool pwi_axis_y_fit(struct pwi_panel_layout *panel, pwi_letters *letters, double width)
{
    const size_t n = pwi_panel_n_y(panel->panel);
    const double room = panel->y.extent;

    panel->y.n_wanted = ticks_for(panel->plot.height, n == 0 ? 30 : 34);
    if (n > 0)
        fit_labels(&panel->y, panel->plot.height / (double)n);
    panel->y.extent = y_extent(panel, letters, width);
    return panel->y.extent <= room;
}

/* A guess: the height that it depends on is not known yet. */
static void y_layout(struct pwi_panel_layout *panel, pwi_letters *letters, double width)
{
    panel->y.n_wanted = pwi_panel_n_y(panel->panel) > 0 ? 8 : 6;
    panel->y.size = PWI_TICK_SIZE;
    panel->y.every = 1;
    panel->y.extent = y_extent(panel, letters, width);
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
