/* SPDX-License-Identifier: MIT */
/* padwise cfg-delta: what classifier-free guidance amplifies, cond - uncond, by row and by
 * role; for several unconds of the same prompts. */
#include <math.h>
#include <string.h>

#include "plot_figures.h"
#include "plot_out.h"
#include "scan.h"
#include "talk.h"

enum uncond_kind {
    UNCOND_NEGATIVE,
    UNCOND_EMPTY,
    UNCOND_ZEROS,
    UNCOND_MATCHED, /* the first of these, with the prompt's rows where both have pads */
    N_UNCONDS
};

static const char *const uncond_names[N_UNCONDS] = {"negative", "empty", "zeros",
                                                    "pad-matched"};

struct uncond {
    enum uncond_kind kind;
    pw_rows rows;
    pw_delta delta;          /* of the prompt at hand */
    double cosine;           /* of it and the delta of the first uncond */
    double *l2;              /* [n_rows] */
    double *norms, *in_pads; /* [n_prompts] */
};

struct cfg {
    struct pads pads;
    const char *negative; /* NULL: not given */
    size_t n;             /* prompts; behind them negative and "" */
    struct uncond unconds[N_UNCONDS];
    size_t n_unconds;
    float *matched;
    struct grid grid;
};

/* ---- Inputs: the prompts, then --negative, then "" where all are prompts. */

static int read_inputs(struct cfg *cfg)
{
    struct app *app = cfg->pads.app;
    const struct arguments *arguments = &app->arguments;
    const char **words = pool_array(&app->pool, arguments->n_words + 2, sizeof(*words));
    size_t n = 0, n_unconds = 0;
    bool has_file = false;

    if (words == NULL)
        return fail_memory(app);
    for (; n < arguments->n_words; n++)
        words[n] = arguments->words[n];
    cfg->negative = option_text(app, OPTION_NEGATIVE);
    if (cfg->negative != NULL)
        words[n + n_unconds++] = cfg->negative;
    for (size_t i = 0; i < n + n_unconds; i++)
        has_file = has_file || pads_is_file(words[i]);
    if (!has_file && (cfg->negative == NULL || cfg->negative[0] != '\0'))
        words[n + n_unconds++] = "";
    if (n_unconds == 0)
        return fail_usage(app, "cfg-delta of files needs a file of the negative: -n FILE");
    TRY(pads_read(&cfg->pads, words, n + n_unconds));
    cfg->n = cfg->pads.n - n_unconds;
    if (cfg->negative != NULL && strcmp(cfg->pads.inputs[cfg->n].name, cfg->negative) != 0)
        return fail(app, PW_ERR_MISMATCH, cfg->negative,
                    "holds several prompts: the negative is one");
    return DONE;
}

static int check_inputs(struct cfg *cfg)
{
    struct pads prompts = cfg->pads;

    prompts.n = cfg->n;
    TRY(pads_need_pads(&prompts));
    for (size_t i = 0; i < cfg->pads.n; i++)
        if (cfg->pads.rows[i].n_rows != cfg->pads.rows[0].n_rows)
            return fail(cfg->pads.app, PW_ERR_MISMATCH, cfg->pads.inputs[i].name,
                        "has %zu rows and %s has %zu: guidance takes two conditionings of one "
                        "length",
                        cfg->pads.rows[i].n_rows, cfg->pads.inputs[0].name,
                        cfg->pads.rows[0].n_rows);
    return DONE;
}

static int add_uncond(struct cfg *cfg, enum uncond_kind kind, const pw_rows *rows)
{
    struct pool *pool = &cfg->pads.app->pool;
    struct uncond *uncond = &cfg->unconds[cfg->n_unconds++];

    *uncond = (struct uncond){.kind = kind, .rows = *rows};
    uncond->l2 = pool_array(pool, rows->n_rows, sizeof(*uncond->l2));
    uncond->norms = pool_array(pool, cfg->n, sizeof(*uncond->norms));
    uncond->in_pads = pool_array(pool, cfg->n, sizeof(*uncond->in_pads));
    return uncond->l2 == NULL || uncond->norms == NULL || uncond->in_pads == NULL
               ? fail_memory(cfg->pads.app)
               : DONE;
}

static int make_unconds(struct cfg *cfg)
{
    const bool has_negative = cfg->negative != NULL && cfg->negative[0] != '\0';
    pw_rows rows = cfg->pads.rows[cfg->n];
    const size_t n_values = rows.n_rows * rows.width;

    TRY(add_uncond(cfg, has_negative ? UNCOND_NEGATIVE : UNCOND_EMPTY, &rows));
    if (cfg->n + 1 < cfg->pads.n)
        TRY(add_uncond(cfg, UNCOND_EMPTY, &cfg->pads.rows[cfg->n + 1]));
    rows.values = pool_array(&cfg->pads.app->pool, n_values, sizeof(float));
    if (rows.values == NULL)
        return fail_memory(cfg->pads.app);
    TRY(add_uncond(cfg, UNCOND_ZEROS, &rows));
    cfg->matched = pool_array(&cfg->pads.app->pool, n_values, sizeof(float));
    if (cfg->matched == NULL)
        return fail_memory(cfg->pads.app);
    rows.values = cfg->matched;
    return add_uncond(cfg, UNCOND_MATCHED, &rows);
}

/* ---- Measures. */

static int measure(struct cfg *cfg, size_t i_prompt)
{
    const pw_rows *cond = &cfg->pads.rows[i_prompt];
    pw_error err;

    pw_rows_match_pads(cfg->matched, cond, &cfg->unconds[0].rows);
    for (size_t k = 0; k < cfg->n_unconds; k++) {
        struct uncond *uncond = &cfg->unconds[k];

        if (pw_rows_delta(&uncond->delta, uncond->l2, cond, &uncond->rows, &err) != PW_OK ||
            pw_deltas_cosine(&uncond->cosine, cond, &uncond->rows, &cfg->unconds[0].rows,
                             &err) != PW_OK)
            return fail_with(cfg->pads.app, &err);
        uncond->norms[i_prompt] = uncond->delta.l2;
        uncond->in_pads[i_prompt] = uncond->delta.share[PW_ROW_PAD];
    }
    return DONE;
}

/* ---- JSON. */

static void put_uncond(struct json *json, const struct uncond *uncond, const pw_rows *cond)
{
    json_open(json, '{');
    json_member_text(json, "uncond", uncond_names[uncond->kind]);
    json_member_real(json, "l2", uncond->delta.l2);
    json_key(json, "share");
    json_open(json, '{');
    for (int role = PW_ROW_BOS; role < PW_N_ROW_ROLES; role++)
        json_member_real(json, pw_row_role_name((pw_row_role)role), uncond->delta.share[role]);
    json_close(json, '}');
    json_member_int(json, "n_bitwise", (int64_t)uncond->delta.n_bitwise);
    json_member_real(json, "cosine_to_first", uncond->cosine);
    json_key(json, "rows");
    json_open(json, '[');
    for (size_t i = 0; i < cond->n_rows; i++) {
        json_open(json, '{');
        json_member_int(json, "position", (int64_t)i);
        json_member_text(json, "role", pw_row_role_name(cond->roles[i]));
        json_member_real(json, "l2", uncond->l2[i]);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

static const char *negative_credit(const struct cfg *cfg)
{
    return cfg->negative == NULL ? NULL : cfg->pads.inputs[cfg->n].credit;
}

static int print_json(struct cfg *cfg, size_t i_prompt)
{
    struct json *json = &cfg->pads.json;

    json_open(json, '{');
    pads_put_input(json, &cfg->pads.inputs[i_prompt]);
    json_member_text(json, "negative", cfg->negative);
    if (negative_credit(cfg) != NULL)
        json_member_text(json, "negative_credit", negative_credit(cfg));
    json_key(json, "unconds");
    json_open(json, '[');
    for (size_t k = 0; k < cfg->n_unconds; k++)
        put_uncond(json, &cfg->unconds[k], &cfg->pads.rows[i_prompt]);
    json_close(json, ']');
    json_close(json, '}');
    return pads_print_json(&cfg->pads);
}

/* ---- Tables. */

static void add_shares(struct cfg *cfg)
{
    static const struct column titles[] = {{"uncond", false}, {"L2", true},    {"BOS", true},
                                           {"words", true},   {"EOS", true},   {"pads", true},
                                           {"rows =", true},  {"cosine", true}};
    struct grid *grid = &cfg->grid;

    grid_start(grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t k = 0; k < cfg->n_unconds; k++) {
        const struct uncond *uncond = &cfg->unconds[k];
        static const pw_row_role roles[] = {PW_ROW_BOS, PW_ROW_WORD, PW_ROW_EOS, PW_ROW_PAD};

        grid_cell(grid, "%s", uncond_names[uncond->kind]);
        grid_cell(grid, "%.4g", uncond->delta.l2);
        for (size_t r = 0; r < 4; r++)
            if (isnan(uncond->delta.share[roles[r]]))
                grid_cell(grid, "-");
            else
                grid_cell(grid, "%.1f %%", 100.0 * uncond->delta.share[roles[r]]);
        grid_cell(grid, "%zu", uncond->delta.n_bitwise);
        grid_number(grid, 3, uncond->cosine);
    }
    grid_print(grid, &cfg->pads.out, cfg->pads.app->width_out, cfg->pads.app->color_out);
}

static void add_rows(struct cfg *cfg, const struct pads_input *input)
{
    struct column titles[2 + N_UNCONDS] = {{"row", true}, {"role", false}};
    struct grid *grid = &cfg->grid;

    for (size_t k = 0; k < cfg->n_unconds; k++)
        titles[2 + k] = (struct column){uncond_names[cfg->unconds[k].kind], true};
    grid_start(grid, titles, 2 + cfg->n_unconds);
    for (size_t i = 0; i < input->rows.n_rows; i++) {
        if (!scan_shows(i, input->rows.n_rows, input->n_real))
            continue;
        grid_cell(grid, "%zu", i);
        grid_cell(grid, "%s", pw_row_role_name(input->rows.roles[i]));
        for (size_t k = 0; k < cfg->n_unconds; k++)
            grid_cell(grid, "%.4g", cfg->unconds[k].l2[i]);
        if (i >= input->n_real)
            grid_dim(grid);
    }
    grid_print(grid, &cfg->pads.out, cfg->pads.app->width_out, cfg->pads.app->color_out);
}

static void print_tables(struct cfg *cfg, size_t i_prompt)
{
    const struct pads_input *input = &cfg->pads.inputs[i_prompt];

    pads_title(&cfg->pads, input);
    add_shares(cfg);
    builder_text(&cfg->pads.out, "\n|cond - uncond| by row\n");
    add_rows(cfg, input);
}

/* ---- Across prompts. */

static int estimate(struct cfg *cfg, const double *values, pw_estimate *out)
{
    return pads_estimate(&cfg->pads, out, values, cfg->n);
}

static void say_share(struct builder *text, const struct uncond *uncond,
                      const pw_estimate *in_pads)
{
    builder_format(text, "%s%s ", text->size == 0 ? "" : ", ", uncond_names[uncond->kind]);
    if (in_pads->n_values == 0)
        builder_text(text, "no difference at all");
    else
        builder_format(text, "%.1f %%", 100.0 * in_pads->mean);
    if (!isnan(in_pads->low))
        builder_format(text, " (%.1f to %.1f)", 100.0 * in_pads->low, 100.0 * in_pads->high);
}

static int conclude(struct cfg *cfg)
{
    struct json *json = &cfg->pads.json;
    struct builder shares = {0}, text = {0};
    int status = DONE;

    json_key(json, "across");
    json_open(json, '[');
    for (size_t k = 0; k < cfg->n_unconds && status == DONE; k++) {
        const struct uncond *uncond = &cfg->unconds[k];
        pw_estimate norms, in_pads;

        status = estimate(cfg, uncond->norms, &norms);
        if (status == DONE)
            status = estimate(cfg, uncond->in_pads, &in_pads);
        if (status != DONE)
            break;
        say_share(&shares, uncond, &in_pads);
        json_open(json, '{');
        json_member_text(json, "uncond", uncond_names[uncond->kind]);
        pads_put_estimate(json, "l2", &norms);
        pads_put_estimate(json, "share_pads", &in_pads);
        json_close(json, '}');
    }
    json_close(json, ']');
    builder_text(&text, "Share of the squared norm of cond - uncond that lies in the prompt's "
                        "pads: ");
    builder_append(&text, &shares);
    builder_text(&text, "; n = ");
    pads_say_prompts(&cfg->pads, &text, cfg->n);
    builder_text(&text, pads_n_prompts(&cfg->pads, cfg->n) < cfg->n ? ", without an interval."
                        : cfg->n < 3 ? ", too few for an interval."
                                     : ", mean and 95 % interval.");
    scan_conclude(&cfg->pads, &text);
    builder_free(&shares);
    builder_free(&text);
    return status;
}

static int draw(struct cfg *cfg)
{
    pw_curve curves[N_UNCONDS];
    const char *footer;

    TRY(plot_credits(cfg->pads.app, cfg->pads.inputs, cfg->pads.n, &footer));
    TRY(measure(cfg, 0));
    for (size_t k = 0; k < cfg->n_unconds; k++)
        curves[k] = (pw_curve){.name = uncond_names[cfg->unconds[k].kind],
                               .y = cfg->unconds[k].l2,
                               .n = cfg->pads.rows[0].n_rows};
    return scan_draw(cfg->pads.app,
                     &(struct scan_picture){.title = cfg->pads.inputs[0].name,
                                            .footer = footer,
                                            .x_label = "position",
                                            .y_label = "|cond - uncond|",
                                            .curves = curves,
                                            .n_curves = cfg->n_unconds,
                                            .pads_start = (int64_t)cfg->pads.inputs[0].n_real});
}

static int print_all(struct cfg *cfg)
{
    struct pads *pads = &cfg->pads;
    const bool is_json = pads->app->json;

    for (size_t i = 0; i < cfg->n; i++) {
        TRY(measure(cfg, i));
        if (is_json)
            TRY(print_json(cfg, i));
        else
            print_tables(cfg, i);
    }
    scan_note(
        pads,
        "uncond: what stands on the negative side; rows =: equal in every bit; cosine: of "
        "this difference and the first one's.");
    json_open(&pads->json, '{');
    TRY(conclude(cfg));
    json_close(&pads->json, '}');
    if (is_json)
        return pads_print_json(pads);
    pads_credits(pads);
    return pads_print(pads);
}

static int run(struct cfg *cfg)
{
    struct app *app = cfg->pads.app;

    if (app->arguments.n_words == 0)
        return fail_usage(app, "cfg-delta takes prompts or files, and -n with the negative");
    TRY(plot_check(app, option_text(app, OPTION_PLOT)));
    TRY(option_seed(app, &cfg->pads.seed));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(read_inputs(cfg));
    TRY(check_inputs(cfg));
    TRY(make_unconds(cfg));
    TRY(app_open_output(app));
    TRY(print_all(cfg));
    return draw(cfg);
}

int run_cfg_delta(struct app *app)
{
    struct cfg cfg = {.pads = {.app = app}};
    const int status = run(&cfg);

    progress_stop(&app->progress);
    roles_close(&cfg.pads.roles);
    pool_free(&cfg.grid.pool);
    builder_free(&cfg.pads.json.text);
    builder_free(&cfg.pads.out);
    return status;
}
