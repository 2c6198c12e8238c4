/* SPDX-License-Identifier: MIT */
/* What a figure's legend says. */
#include "plot/legend.h"

#include <string.h>

static bool is_there(const struct pwi_legend *legend, const struct pwi_legend_item *item)
{
    for (size_t i = 0; i < legend->n; i++) {
        const struct pwi_legend_item *other = &legend->item[i];

        if (other->kind == item->kind && other->i_series == item->i_series &&
            other->is_horizontal == item->is_horizontal && strcmp(other->text, item->text) == 0)
            return true;
    }
    return false;
}

static void add_item(struct pwi_legend *legend, struct pwi_legend_item item)
{
    if (item.text[0] != '\0' && legend->n < PWI_LEGEND_MAX && !is_there(legend, &item))
        legend->item[legend->n++] = item;
}

static bool has_role(const pw_figure *figure, pw_plot_role role)
{
    for (const struct pwi_panel *panel = figure->first; panel != NULL; panel = panel->next) {
        const struct pwi_mark *mark = pwi_panel_mark(panel, PWI_MARK_BARS);

        for (size_t i = 0; mark != NULL && i < mark->bars.n; i++)
            if (mark->bars.roles[i] == role)
                return true;
    }
    return false;
}

static void collect_roles(struct pwi_legend *legend, const pw_figure *figure)
{
    for (int i = 0; i < PW_PLOT_N_ROLES; i++) {
        const pw_plot_role role = (pw_plot_role)i;

        if (has_role(figure, role))
            add_item(legend, (struct pwi_legend_item){.kind = PWI_LEGEND_ROLE,
                                                      .text = pw_plot_role_name(role),
                                                      .role = role});
    }
}

static void collect_marks(struct pwi_legend *legend, const pw_figure *figure,
                          enum pwi_mark_kind kind)
{
    for (const struct pwi_panel *panel = figure->first; panel != NULL; panel = panel->next)
        for (const struct pwi_mark *mark = panel->first; mark != NULL; mark = mark->next) {
            if (mark->kind != kind)
                continue;
            if (kind == PWI_MARK_CURVE)
                add_item(legend, (struct pwi_legend_item){.kind = PWI_LEGEND_SERIES,
                                                          .text = mark->curve.name,
                                                          .i_series = mark->i_series});
            else
                add_item(legend,
                         (struct pwi_legend_item){.kind = PWI_LEGEND_RULE,
                                                  .text = mark->rule.name,
                                                  .is_horizontal = mark->rule.is_horizontal});
        }
}

void pwi_legend_collect(struct pwi_legend *legend, const pw_figure *figure)
{
    legend->n = 0;
    collect_roles(legend, figure);
    collect_marks(legend, figure, PWI_MARK_CURVE);
    collect_marks(legend, figure, PWI_MARK_RULE);
}
