/* SPDX-License-Identifier: MIT */
/* What the page says of attention: a sentence from the numbers, shares by layer, the map of a
 * layer, tables; and the mean over prompts. */
#include <math.h>
#include <string.h>

#include "report.h"
#include "show.h"
#include "talk.h"

enum role_index {
    BOS,
    WORDS,
    EOS,
    PADS
};

static const char *const role_names[INSIDE_ROLES] = {"BOS", "words", "EOS", "pads"};

/* ---- Sentences. */

/* "nothing" is said of what is exactly 0, of nothing else. */
static void put_share(struct builder *out, double share)
{
    if (share <= 0)
        builder_text(out, "nothing");
    else if (share < 0.0005)
        builder_text(out, "under 0.1 %");
    else
        builder_format(out, "%.1f %%", 100 * share);
}

static bool is_there(const struct attention_view *view, size_t i_role)
{
    return view->by_role[i_role] != NULL;
}

/* "Pads give BOS 41.2 %, words 20.3 %, EOS 38.5 % and pads nothing of their attention" */
static void put_shares(struct builder *out, const struct attention_view *view, size_t i_query)
{
    static const char *const titles[INSIDE_ROLES] = {"BOS gives", "Words give", "EOS gives",
                                                     "Pads give"};
    size_t n = 0, n_put = 0;

    for (size_t i = 0; i < INSIDE_ROLES; i++)
        n += is_there(view, i);
    builder_text(out, titles[i_query]);
    for (size_t i = 0; i < INSIDE_ROLES; i++) {
        if (!is_there(view, i))
            continue;
        builder_format(out, "%s %s ",
                       n_put == 0       ? ""
                       : n_put + 1 == n ? " and"
                                        : ",",
                       role_names[i]);
        put_share(out, view->total[i_query].mass[i]);
        n_put++;
    }
    builder_text(out, i_query == PADS || i_query == WORDS ? " of their attention"
                                                          : " of its attention");
}

/* Where pads look at BOS least and most. */
static void put_layers(struct builder *out, const struct attention_view *view)
{
    const struct attn_mass *layers = view->by_role[PADS];
    size_t least = 0, most = 0;

    for (size_t i = 1; i < (size_t)view->n_layers; i++) {
        least = layers[i].mass[BOS] < layers[least].mass[BOS] ? i : least;
        most = layers[i].mass[BOS] > layers[most].mass[BOS] ? i : most;
    }
    if (least == most)
        return;
    builder_format(out,
                   "; BOS gets from them %.1f %% in layer %zu and %.1f %% in layer %zu, the "
                   "least and the most",
                   100 * layers[least].mass[BOS], least + 1, 100 * layers[most].mass[BOS],
                   most + 1);
}

/* What pads get, by whom; and why nothing, where it is nothing. */
static void put_pads_get(struct builder *out, const struct attention_view *view)
{
    const double from_pads = view->total[PADS].mass[PADS],
                 from_eos = view->total[EOS].mass[PADS];

    if (from_pads <= 0 && from_eos <= 0 && view->hides_pads)
        builder_text(out, " No row gives pads anything: the mask hides them.");
    else if (from_eos <= 0 && from_pads > 0)
        builder_text(out, " No mask hides the pads; they are seen by pads alone, since no row "
                          "sees what stands behind it.");
}

static void put_sentence(struct report *report, const struct attention_view *view)
{
    struct builder *out = &report->out;

    builder_text(out, "<p>");
    put_shares(out, view, is_there(view, PADS) ? PADS : EOS);
    builder_format(out, " (mean of %d layer%s", (int)view->n_layers,
                   view->n_layers == 1 ? "" : "s");
    builder_format(out, " and %zu head%s)", view->attn.n_heads,
                   view->attn.n_heads == 1 ? "" : "s");
    if (is_there(view, PADS)) {
        put_layers(out, view);
        builder_text(out, ". ");
        put_shares(out, view, EOS);
    }
    builder_text(out, ".");
    if (is_there(view, PADS))
        put_pads_get(out, view);
    else
        builder_text(out, " There are no pads here.");
    builder_text(out, "</p>\n");
}

/* What the numbers are of, where that is not all of the encoder or of the prompt. */
static void put_scope(struct builder *out, const struct attention_view *view)
{
    if (view->n_layers == view->n_blocks && view->n_chunks == 1 && !view->is_weighted)
        return;
    builder_text(out, "<p class=\"soft\">");
    if (view->n_layers < view->n_blocks)
        builder_format(out,
                       "The rows of this page are what block %d of %d leaves; later blocks "
                       "are not looked at. ",
                       (int)view->n_layers, (int)view->n_blocks);
    if (view->n_chunks > 1)
        builder_format(out,
                       "The prompt fills %zu chunks, and each is encoded by itself: this is "
                       "the first.",
                       view->n_chunks);
    if (view->is_weighted)
        builder_text(out, " The prompt's weights act on rows behind the encoder: this is the "
                          "attention of its text.");
    builder_text(out, "</p>\n");
}

/* ---- Shares by layer, as cells: a panel for each role of queries. */

struct shares {
    float *values; /* [queries, keys, layers] */
    const char **layers;
    const char *keys[INSIDE_ROLES];
    size_t n_keys;
};

static int take_shares(struct app *app, const struct attention_view *view,
                       struct shares *shares)
{
    const size_t n = (size_t)view->n_layers;

    *shares = (struct shares){0};
    shares->values = pool_array(&app->pool, INSIDE_ROLES * INSIDE_ROLES * n, sizeof(float));
    shares->layers = pool_array(&app->pool, n, sizeof(*shares->layers));
    if (shares->values == NULL || shares->layers == NULL)
        return fail_memory(app);
    for (size_t i = 0; i < n; i++) {
        shares->layers[i] = pool_format(&app->pool, "%zu", i + 1);
        if (shares->layers[i] == NULL)
            return fail_memory(app);
    }
    for (size_t i = 0; i < INSIDE_ROLES; i++)
        if (is_there(view, i))
            shares->keys[shares->n_keys++] = pool_format(&app->pool, "to %s", role_names[i]);
    return DONE;
}

static const float *shares_of(const struct shares *shares, const struct attention_view *view,
                              size_t i_query)
{
    const size_t n = (size_t)view->n_layers;
    float *values = shares->values + i_query * INSIDE_ROLES * n, *row = values;

    for (size_t i = 0; i < INSIDE_ROLES; i++) {
        if (!is_there(view, i))
            continue;
        for (size_t l = 0; l < n; l++)
            row[l] = (float)view->by_role[i_query][l].mass[i];
        row += n;
    }
    return values;
}

static pw_status add_shares(pw_figure *figure, const struct shares *shares,
                            const struct attention_view *view, size_t i_query, pw_error *err)
{
    static const char *const titles[INSIDE_ROLES] = {"queries: BOS", "queries: words",
                                                     "queries: EOS", "queries: pads"};
    const size_t n = (size_t)view->n_layers;
    const pw_matrix matrix = {
        shares_of(shares, view, i_query), n, shares->n_keys, 1, n, n <= 16};
    pw_panel_options panel;
    pw_status status;

    pw_panel_options_init(&panel);
    panel.title = titles[i_query];
    panel.x.label = "layer";
    panel.x.labels = shares->layers;
    panel.x.n_labels = n;
    panel.y.labels = shares->keys;
    panel.y.n_labels = shares->n_keys;
    panel.height = 24.0 * (double)shares->n_keys;
    status = pw_figure_add_panel(figure, &panel, err);
    return status != PW_OK ? status : pw_figure_add_matrix(figure, &matrix, err);
}

/* BOS sees itself alone, in every causal encoder: a panel of it would say nothing. */
static int put_shares_picture(struct report *report, const struct attention_view *view)
{
    static const pw_color_scale colors = {PW_MAP_SEQUENTIAL, 0, 1, "share of attention"};
    const struct plot_set set = {.app = report->app, .title = "Where attention goes, by layer"};
    struct shares shares;
    pw_status status = PW_OK;
    pw_figure *figure;
    pw_error err;

    TRY(take_shares(report->app, view, &shares));
    TRY(plot_create(&set, NULL,
                    "Cells: the share of attention that queries of a role give to keys of a "
                    "role, by layer.",
                    &colors, 1, &figure));
    for (size_t i = WORDS; i < INSIDE_ROLES && status == PW_OK; i++)
        if (is_there(view, i))
            status = add_shares(figure, &shares, view, i, &err);
    TRY(plot_finish(&set, status, &err, &figure));
    return html_picture(
        report, figure, PW_PICTURE_SVG, "",
        "What rows of a role (queries) give to rows of a role (keys): means over "
        "heads and queries. BOS sees itself alone.");
}

/* ---- Tables. */

static void put_mass(struct builder *out, const struct attn *attn, const struct attn_mass *mass)
{
    const size_t position = mass->sinks[0].position;
    const char *label = attn->inside.labels[position];

    for (size_t i = 0; i < INSIDE_ROLES; i++)
        html_number(out, 3, mass->mass[i]);
    html_number(out, 3, mass->entropy);
    builder_format(out, "<td class=\"text\">%zu ", position);
    html_text(out, label, strlen(label), 40);
    builder_format(out, ", %.2f</td>", mass->sinks[0].weight);
}

#define MASS_TITLES                                                                            \
    "to BOS", "to words", "to EOS", "to pads", "entropy (nats)", "<the key that gets most"

static void put_by_role(struct builder *out, const struct attention_view *view)
{
    static const char *const titles[] = {"<queries", MASS_TITLES};

    html_table(out, "Shares of attention by the query's role, means over layers and heads",
               titles, sizeof(titles) / sizeof(*titles));
    for (size_t i = 0; i < INSIDE_ROLES; i++) {
        if (!is_there(view, i))
            continue;
        html_row(out, false);
        html_text_cell(out, role_names[i], strlen(role_names[i]));
        put_mass(out, &view->attn, &view->total[i]);
        html_row_end(out);
    }
    html_table_end(out);
}

static void put_by_layer(struct builder *out, const struct attention_view *view)
{
    static const char *const titles[] = {"layer", MASS_TITLES};

    html_table(out, "Shares of attention by layer, means over heads and all queries", titles,
               sizeof(titles) / sizeof(*titles));
    for (size_t i = 0; i < (size_t)view->n_layers; i++) {
        html_row(out, false);
        html_cell(out, "%zu", i + 1);
        put_mass(out, &view->attn, &view->all[i]);
        html_row_end(out);
    }
    html_table_end(out);
}

/* ---- One input. */

static int put_view(struct report *report, const struct attention_view *view)
{
    struct builder *out = &report->out;

    builder_text(out, "<h3>Attention");
    if (view->encoder != NULL && view->encoder[0] != '\0') {
        builder_text(out, " in ");
        html_string(out, view->encoder);
    }
    builder_text(out, "</h3>\n");
    put_sentence(report, view);
    put_scope(out, view);
    put_by_role(out, view);
    TRY(put_shares_picture(report, view));
    put_by_layer(out, view);
    return report_map(report, view);
}

int report_attention(struct report *report, size_t i)
{
    size_t n = 0;

    for (size_t k = 0; k < report->n_views; k++) {
        if (report->views[k].i_input != i)
            continue;
        TRY(put_view(report, &report->views[k]));
        n++;
    }
    if (n == 0)
        builder_text(
            &report->out,
            report->pads.inputs[i].path != NULL
                ? "<p class=\"soft\">Attention is in no file: it takes the model and the "
                  "prompt, <code>padwise report -m DIR \"PROMPT\"</code>.</p>\n"
                : "<p class=\"soft\">These rows went through no block: there is no "
                  "attention to show.</p>\n");
    return DONE;
}

/* ---- Several prompts. */

static bool is_same_encoder(const char *a, const char *b)
{
    return (a == NULL && b == NULL) || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Views of the encoder of the first one; those of another follow it. */
static int put_mean(struct report *report, size_t first, size_t i_query, size_t i_key)
{
    struct builder *out = &report->out;
    double *shares = pool_array(&report->app->pool, report->n_views, sizeof(*shares));
    pw_estimate estimate;
    pw_error err;
    size_t n = 0;

    if (shares == NULL)
        return fail_memory(report->app);
    for (size_t i = first; i < report->n_views; i++) {
        const struct attention_view *view = &report->views[i];

        if (is_same_encoder(view->encoder, report->views[first].encoder) &&
            is_there(view, i_query) && is_there(view, i_key))
            shares[n++] = view->total[i_query].mass[i_key];
    }
    if (n < 2)
        return DONE;
    if (pw_estimate_mean(&estimate, report->app->ctx, shares, n, report->pads.seed, &err) !=
        PW_OK)
        return fail_with(report->app, &err);
    html_row(out, false);
    html_text_cell(out, role_names[i_query], strlen(role_names[i_query]));
    html_text_cell(out, role_names[i_key], strlen(role_names[i_key]));
    html_cell(out, "%zu", estimate.n_values);
    html_number(out, 3, estimate.mean);
    html_range(out, 3, estimate.low, estimate.high);
    html_range(out, 3, estimate.min, estimate.max);
    html_row_end(out);
    return DONE;
}

static int put_means(struct report *report, size_t first)
{
    static const char *const titles[] = {"<queries",   "<keys",         "prompts",
                                         "mean share", "95 % interval", "least to greatest"};
    const char *encoder = report->views[first].encoder;
    const char *caption =
        encoder == NULL || encoder[0] == '\0'
            ? "Attention over the prompts: shares, means over layers and heads"
            : pool_format(
                  &report->app->pool,
                  "Attention in %s over the prompts: shares, means over layers and heads",
                  encoder);

    if (caption == NULL)
        return fail_memory(report->app);
    html_table(&report->out, caption, titles, 6);
    for (size_t i_query = EOS; i_query <= PADS; i_query++)
        for (size_t i_key = 0; i_key < INSIDE_ROLES; i_key++)
            TRY(put_mean(report, first, i_query, i_key));
    html_table_end(&report->out);
    return DONE;
}

int report_attention_across(struct report *report)
{
    for (size_t i = 0; i < report->n_views; i++) {
        size_t n = 0, n_before = 0;

        for (size_t k = 0; k < report->n_views; k++) {
            const bool is_same =
                is_same_encoder(report->views[k].encoder, report->views[i].encoder);

            n += is_same;
            n_before += is_same && k < i;
        }
        if (n > 1 && n_before == 0)
            TRY(put_means(report, i));
    }
    return DONE;
}
