/* SPDX-License-Identifier: MIT */
/* The layout: from the edges inward for the width, from the top down for the height. */
#include "plot/layout.h"

#include <math.h>
#include <string.h>

#include "plot/layout_axes.h"

/* Widths and heights of plots where nobody asked for others, in units. 384 is half of 768: a
 * dimension of CLIP-L or BERT is half a unit, one pixel of a PNG at the default scale. */
#define HEAT_HEIGHT      384.0
#define HEAT_HEIGHT_ROWS 256.0 /* where maps stand in several rows */
#define BARS_HEIGHT      200.0
#define CURVES_HEIGHT    250.0
#define SQUARE_MAX       480.0 /* a square matrix: no higher */
#define CELL_MAX         60.0  /* nor its cells larger */
#define PLOT_MIN         30.0
#define PANEL_WANTED     160.0 /* a panel narrower than this is not set beside others by itself */

#define BAR_GAP   14.0
#define BAR_WIDTH 11.0
#define GAP       12.0

#define LABEL_ROOM 50.0 /* of axis labels beyond a plot that is alone */

static struct pwi_text_style style(double size, bool is_bold, pwi_color color, double width,
                                   int n_lines)
{
    return (struct pwi_text_style){.size = size,
                                   .is_bold = is_bold,
                                   .color = color,
                                   .width_max = width,
                                   .n_lines = n_lines};
}

struct pwi_text_style pwi_style_title(double width)
{
    return style(13.5, true, PWI_INK, width - 2 * PWI_MARGIN, 2);
}

struct pwi_text_style pwi_style_panel_title(double width)
{
    struct pwi_text_style title = style(PWI_LABEL_SIZE, true, PWI_INK, width, 2);

    title.is_centered = true;
    return title;
}

struct pwi_text_style pwi_style_label(double width)
{
    return style(PWI_LABEL_SIZE, false, PWI_INK, width, 1);
}

struct pwi_text_style pwi_style_tick(void)
{
    return style(PWI_TICK_SIZE, false, PWI_INK, 0, 1);
}

struct pwi_text_style pwi_style_note(double width)
{
    return style(9, false, PWI_FAINT, width - 2 * PWI_MARGIN, 3);
}

struct pwi_text_style pwi_style_footer(double width)
{
    struct pwi_text_style footer = pwi_style_note(width);

    footer.n_lines = 0; /* a licence holds as a whole or not at all */
    return footer;
}

static double height_of(pwi_letters *letters, struct pwi_text_style text_style,
                        const char *text)
{
    double width, height;

    if (text[0] == '\0')
        return 0;
    pwi_letters_measure(letters, &text_style, text, &width, &height);
    return height;
}

static double width_of(pwi_letters *letters, struct pwi_text_style text_style, const char *text)
{
    double width, height;

    pwi_letters_measure(letters, &text_style, text, &width, &height);
    return width;
}

/* ---- The grid ---- */

static void choose_grid(struct pwi_layout *layout, const pw_figure *figure)
{
    const size_t n = figure->n_panels;
    size_t most = (size_t)fmax(1, floor((layout->width - 2 * PWI_MARGIN) / PANEL_WANTED));

    if (figure->n_columns > 0) {
        layout->n_columns = (size_t)figure->n_columns < n ? (size_t)figure->n_columns : n;
    } else {
        most = most > 4 ? 4 : most;
        layout->n_rows = (n + most - 1) / most;
        layout->n_columns = (n + layout->n_rows - 1) / layout->n_rows;
    }
    PW_ASSERT(layout->n_columns > 0); /* a figure without panels is refused before */
    layout->n_rows = (n + layout->n_columns - 1) / layout->n_columns;
}

/* ---- Across ---- */

static double bar_extent(struct pwi_layout *layout, pwi_letters *letters)
{
    double widest = 0;

    if (!layout->has_bar)
        return 0;
    pwi_ticks_colors(&layout->bar_ticks, &layout->colors);
    for (size_t i = 0; i < layout->bar_ticks.n; i++)
        widest =
            fmax(widest, width_of(letters, pwi_style_tick(), layout->bar_ticks.tick[i].text));
    return BAR_GAP + BAR_WIDTH + PWI_TICK + 2 + widest +
           (layout->colors.label[0] != '\0' ? 4 + 1.2 * PWI_LABEL_SIZE : 0);
}

/* Room left of a panel for its ticks and label. */
static double gutter(const struct pwi_panel_layout *panel)
{
    return (panel->y.has_texts ? panel->y.extent + PWI_TICK + 3 : 0) +
           (panel->y.has_label ? 1.6 * PWI_LABEL_SIZE : 0);
}

static double column_gutter(const struct pwi_layout *layout, size_t column)
{
    double widest = 0;

    for (size_t i = column; i < layout->n_panels; i += layout->n_columns)
        widest = fmax(widest, gutter(&layout->panels[i]));
    return column == 0 ? widest : widest + GAP;
}

/* The width of every plot: what gutters and colour bar leave. */
static double plot_width(const struct pwi_layout *layout, double bar)
{
    double left = layout->width - 2 * PWI_MARGIN - bar;

    for (size_t column = 0; column < layout->n_columns; column++)
        left -= column_gutter(layout, column);
    /* The last tick's text reaches beyond the axis. */
    return (left - (bar > 0 ? 0 : 8)) / (double)layout->n_columns;
}

/* Cells of whole half units: edges fall on pixels. */
static double snapped(double size, size_t n_cells)
{
    const double cell = n_cells > 0 ? size / (double)n_cells : 0;

    return cell >= 3 ? floor(2 * cell) / 2 * (double)n_cells : floor(size);
}

/* ---- Down ---- */

static double wanted_height(const struct pwi_panel *panel, size_t n_rows)
{
    const size_t n_y = pwi_panel_n_y(panel);
    const double most = n_rows > 1 ? HEAT_HEIGHT_ROWS : HEAT_HEIGHT;

    if (panel->height > 0)
        return panel->height;
    if (panel->is_square)
        return SQUARE_MAX;
    if (n_y > 0)
        return fmin(fmax(1, floor(most / (double)n_y)), CELL_MAX) * fmin((double)n_y, most);
    return pwi_panel_n_x(panel) > 0 ? BARS_HEIGHT : CURVES_HEIGHT;
}

static void square_cells(struct pwi_panel_layout *panel, double height_max)
{
    const double n_x = (double)pwi_panel_n_x(panel->panel);
    const double n_y = (double)pwi_panel_n_y(panel->panel);
    double cell = fmin(fmin(panel->plot.width / n_x, height_max / n_y), CELL_MAX);

    if (cell >= 3)
        cell = floor(2 * cell) / 2;
    /* One row of a thousand: seen at all before square. */
    panel->plot.width = fmax(cell * n_x, PLOT_MIN);
    panel->plot.height = fmax(cell * n_y, PLOT_MIN);
}

/* The first guess of a panel's plot: its width given, its height as wanted. */
static void size_plot(struct pwi_panel_layout *panel, double width, double height)
{
    panel->plot.width = width;
    panel->plot.height = height;
    if (panel->panel->is_square && pwi_panel_n_y(panel->panel) > 0)
        square_cells(panel, height);
    else
        panel->plot.width = snapped(width, pwi_panel_n_x(panel->panel));
}

static double below(const struct pwi_panel_layout *panel)
{
    return (panel->x.has_texts ? PWI_TICK + 2 + panel->x.extent : 0) +
           (panel->x.has_label ? 1.4 * PWI_LABEL_SIZE : 0);
}

struct row_size {
    double above, plot, below;
};

static struct row_size row_size(const struct pwi_layout *layout, size_t row)
{
    struct row_size size = {0, 0, 0};

    for (size_t i = row * layout->n_columns;
         i < layout->n_panels && i < (row + 1) * layout->n_columns; i++) {
        size.above = fmax(size.above, layout->panels[i].title_height);
        size.plot = fmax(size.plot, layout->panels[i].plot.height);
        size.below = fmax(size.below, below(&layout->panels[i]));
    }
    return size;
}

static double rows_height(const struct pwi_layout *layout)
{
    double height = GAP * (double)(layout->n_rows - 1);

    for (size_t row = 0; row < layout->n_rows; row++) {
        const struct row_size size = row_size(layout, row);

        height += size.above + size.plot + size.below;
    }
    return height;
}

static double legend_rows(struct pwi_layout *layout, pwi_letters *letters, double top)
{
    const double right = layout->width - PWI_MARGIN;
    double x = PWI_MARGIN, y = top;

    for (size_t i = 0; i < layout->legend.n; i++) {
        struct pwi_legend_item *item = &layout->legend.item[i];
        const struct pwi_text_style text_style =
            pwi_style_label(layout->width - 2 * PWI_MARGIN - PWI_LEGEND_SAMPLE);
        const double width = PWI_LEGEND_SAMPLE + width_of(letters, text_style, item->text);

        if (x > PWI_MARGIN && x + width > right) {
            x = PWI_MARGIN;
            y += PWI_LEGEND_ROW;
        }
        item->x = x;
        item->y = y;
        x += width + PWI_LEGEND_GAP;
    }
    return layout->legend.n > 0 ? y + PWI_LEGEND_ROW + 8 - top : 0;
}

/* Places for all panels, the block of them in the middle of what is left beside it. */
static void place_panels(struct pwi_layout *layout, double top, double bar)
{
    double widths[PW_PLOT_PANELS_MAX] = {0}, block = bar, left = PWI_MARGIN, y = top;

    for (size_t i = 0; i < layout->n_panels; i++)
        widths[i % layout->n_columns] =
            fmax(widths[i % layout->n_columns], layout->panels[i].plot.width);
    for (size_t column = 0; column < layout->n_columns; column++)
        block += column_gutter(layout, column) + widths[column];
    left += floor(fmax(0, layout->width - 2 * PWI_MARGIN - block) / 2);
    for (size_t row = 0; row < layout->n_rows; row++) {
        const struct row_size size = row_size(layout, row);
        double x = left;

        for (size_t column = 0; column < layout->n_columns; column++) {
            const size_t i = row * layout->n_columns + column;

            x = floor(x + column_gutter(layout, column) + 0.5);
            if (i < layout->n_panels) {
                layout->panels[i].plot.x = x;
                layout->panels[i].plot.y = floor(y + size.above + 0.5);
                layout->panels[i].label_room = layout->n_panels == 1 ? LABEL_ROOM : GAP;
            }
            x += widths[column];
        }
        y += size.above + size.plot + size.below + GAP;
        layout->bar.x = x + BAR_GAP;
    }
}

static void place_bar(struct pwi_layout *layout)
{
    const struct pwi_rect *first = &layout->panels[0].plot;
    const struct pwi_rect *last = &layout->panels[layout->n_panels - 1].plot;
    const double height = last->y + last->height - first->y;
    const double bar_height = fmin(height, HEAT_HEIGHT);

    layout->bar.y = first->y + floor((height - bar_height) / 2);
    layout->bar.width = BAR_WIDTH;
    layout->bar.height = bar_height;
}

static pw_status fit_height(struct pwi_layout *layout, double rest, double height,
                            pw_error *err)
{
    const double spare = height - rest - rows_height(layout);

    if (height == 0)
        return PW_OK;
    for (size_t i = 0; i < layout->n_panels; i++) {
        struct pwi_panel_layout *panel = &layout->panels[i];
        const double wanted = panel->plot.height + spare / (double)layout->n_rows;

        if (wanted < PLOT_MIN)
            return PWI_FAIL(err, PW_ERR_ARGUMENT,
                            "a height of %g is too small for this figure: give at least %g, or "
                            "0 for what it needs",
                            height,
                            ceil(height - spare +
                                 (double)layout->n_rows * (PLOT_MIN - panel->plot.height)));
        if (!panel->panel->is_square)
            panel->plot.height = wanted;
        else if (wanted < panel->plot.height)
            square_cells(panel, wanted);
    }
    return PW_OK;
}

static pw_status size_panels(struct pwi_layout *layout, pwi_letters *letters, double bar,
                             pw_error *err)
{
    const double width = plot_width(layout, bar);

    if (width < PLOT_MIN)
        return PWI_FAIL(err, PW_ERR_ARGUMENT,
                        "%zu panels side by side do not fit a width of %g: make it wider, or "
                        "give fewer columns",
                        layout->n_columns, layout->width);
    for (size_t i = 0; i < layout->n_panels; i++) {
        struct pwi_panel_layout *panel = &layout->panels[i];

        size_plot(panel, width, wanted_height(panel->panel, layout->n_rows));
        pwi_axis_x_layout(panel, letters);
        panel->title_height =
            height_of(letters, pwi_style_panel_title(panel->plot.width), panel->panel->title);
        panel->title_height += panel->title_height > 0 ? 4 : 0;
    }
    return PW_OK;
}

#define FITS_MAX 4

/* The widths of plots are what the texts of y leave, which depend on heights: until both agree.
 * rest: the height of all but the panels; height: of the whole, 0: any. */
static pw_status fit_panels(struct pwi_layout *layout, pwi_letters *letters, double bar,
                            double rest, double height, pw_error *err)
{
    bool fits = false;

    for (int i = 0; i < FITS_MAX && !fits; i++) {
        fits = true;
        PWI_TRY(size_panels(layout, letters, bar, err));
        PWI_TRY(fit_height(layout, rest, height, err));
        for (size_t k = 0; k < layout->n_panels; k++)
            fits = pwi_axis_y_fit(&layout->panels[k], letters, layout->width) && fits;
    }
    return PW_OK;
}

pw_status pwi_layout_make(struct pwi_layout *layout, const pw_figure *figure,
                          pwi_letters *letters, double width, double height, pw_error *err)
{
    double bar, top, note, footer;

    memset(layout, 0, sizeof(*layout));
    layout->width = width;
    layout->n_panels = figure->n_panels;
    layout->colors = pwi_figure_colors(figure);
    layout->has_bar = pwi_figure_has(figure, PWI_MARK_MATRIX);
    pwi_legend_collect(&layout->legend, figure);
    pwi_figure_note(figure, "grey", layout->note);
    choose_grid(layout, figure);
    pwi_axes_share(layout, figure, letters);
    bar = bar_extent(layout, letters);
    layout->title_top = PWI_MARGIN - 2;
    top = layout->title_top + height_of(letters, pwi_style_title(width), figure->title);
    top += figure->title[0] != '\0' ? (layout->legend.n > 0 ? 6 : 11) : 0;
    top += legend_rows(layout, letters, top);
    top = fmax(top, PWI_MARGIN);
    note = height_of(letters, pwi_style_note(width), layout->note);
    footer = height_of(letters, pwi_style_footer(width), figure->footer);
    note += note > 0 ? 6 : 0;
    footer += footer > 0 ? 6 : 0;
    PWI_TRY(
        fit_panels(layout, letters, bar, top + note + footer + PWI_MARGIN - 4, height, err));
    place_panels(layout, top, bar);
    place_bar(layout);
    top += rows_height(layout);
    layout->note_top = top + 6;
    layout->footer_top = top + note + 6;
    layout->height =
        height > 0 ? height : ceil(top + note + footer + (note + footer > 0 ? 8 : 12));
    return PW_OK;
}
