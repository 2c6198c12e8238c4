/* SPDX-License-Identifier: MIT */
/* padwise diff: a prompt's rows under one mask rule beside another, row by row. All rules of a
 * window of prompts are encoded as one batch, so that memory does not grow with the prompts. */
#include <string.h>

#include "plot_out.h"
#include "scan.h"
#include "talk.h"

/* Prompts in a batch. */
#define WINDOW 16

#define PAIRS_MAX (PW_N_MASK_RULES * (PW_N_MASK_RULES - 1) / 2)

struct mask_pair {
    size_t a, b; /* numbers of masks */
    char name[32];
    pw_change real, pads; /* over all prompts */
};

struct diff {
    struct pads pads;
    struct scan_encoder encoder;
    struct scan_text *texts;
    size_t n_texts, n_tokens;
    pw_mask_rule masks[PW_N_MASK_RULES];
    size_t n_masks;
    struct mask_pair pairs[PAIRS_MAX];
    size_t n_pairs;
    struct scan_batch batch;  /* with room for a window */
    size_t n_window, i_first; /* prompts in it, the first of them */
    struct pool scratch;      /* of one prompt */
    pw_row_role *roles;       /* [n_tokens] of the prompt at hand */
    pw_pair *rows;            /* [n_pairs, n_tokens] of it */
    double *l2;               /* [n_pairs, n_tokens] of the first prompt, for the picture */
};

/* ---- --mask none,hf */

static int add_mask(struct diff *diff, const char *word, size_t size)
{
    struct app *app = diff->pads.app;
    const char *name = pool_copy(&app->pool, word, size);
    const int32_t rule = name == NULL ? -1 : pw_mask_rule_from_name(name);

    if (name == NULL)
        return fail_memory(app);
    if (rule < 0)
        return fail_usage(app, "--mask \"%s\" is none of: none, hf, lecture", name);
    for (size_t i = 0; i < diff->n_masks; i++)
        if (diff->masks[i] == (pw_mask_rule)rule)
            return fail_usage(app, "--mask names %s twice", name);
    diff->masks[diff->n_masks++] = (pw_mask_rule)rule;
    return DONE;
}

static int read_masks(struct diff *diff)
{
    const char *text = option_text(diff->pads.app, OPTION_MASKS);

    for (text = text == NULL ? "none,hf,lecture" : text;; text++) {
        const size_t size = strcspn(text, ",");

        TRY(add_mask(diff, text, size));
        text += size;
        if (*text == '\0')
            break;
    }
    if (diff->n_masks < 2)
        return fail_usage(diff->pads.app, "--mask takes two rules or more: none,hf");
    for (size_t a = 0; a < diff->n_masks; a++) {
        for (size_t b = a + 1; b < diff->n_masks; b++) {
            struct mask_pair *pair = &diff->pairs[diff->n_pairs++];

            *pair = (struct mask_pair){.a = a, .b = b};
            snprintf(pair->name, sizeof(pair->name), "%s-%s", pw_mask_rule_name(diff->masks[a]),
                     pw_mask_rule_name(diff->masks[b]));
            pw_pairs_change(&pair->real, NULL, NULL, 0, PW_N_ROW_ROLES);
            pair->pads = pair->real;
        }
    }
    return DONE;
}

/* ---- Encoding. */

static int check_texts(struct diff *diff)
{
    TRY(scan_length(&diff->encoder, &diff->n_tokens));
    for (size_t i = 0; i < diff->n_texts; i++)
        TRY(scan_need_pads(&diff->encoder, &diff->texts[i], diff->n_tokens));
    return DONE;
}

/* The prompts from `first` on, as many as the batch has room for. */
static int encode(struct diff *diff, size_t first)
{
    const size_t n_left = diff->n_texts - first;

    diff->i_first = first;
    diff->n_window = n_left < WINDOW ? n_left : WINDOW;
    diff->batch.n = diff->n_window * diff->n_masks;
    for (size_t i = 0; i < diff->batch.n; i++)
        scan_put(&diff->encoder, &diff->batch, i, &diff->texts[first + i / diff->n_masks],
                 diff->masks[i % diff->n_masks]);
    return scan_run(&diff->encoder, &diff->batch);
}

static int take_memory(struct diff *diff)
{
    struct pool *pool = &diff->pads.app->pool;
    const size_t n = diff->n_pairs * diff->n_tokens;
    const size_t n_window = diff->n_texts < WINDOW ? diff->n_texts : WINDOW;

    TRY(scan_start(&diff->encoder, &diff->batch, n_window * diff->n_masks, diff->n_tokens));
    diff->roles = pool_array(pool, diff->n_tokens, sizeof(*diff->roles));
    diff->rows = pool_array(pool, n, sizeof(*diff->rows));
    diff->l2 = pool_array(pool, n, sizeof(*diff->l2));
    return diff->roles == NULL || diff->rows == NULL || diff->l2 == NULL
               ? fail_memory(diff->pads.app)
               : DONE;
}

static int measure(struct diff *diff, size_t i_text)
{
    pw_error err;

    pw_row_roles_fill(diff->roles, diff->n_tokens, diff->texts[i_text].tokens.tokens.n_tokens);
    for (size_t k = 0; k < diff->n_pairs; k++) {
        struct mask_pair *pair = &diff->pairs[k];
        pw_pair *rows = diff->rows + k * diff->n_tokens;
        const size_t first = (i_text - diff->i_first) * diff->n_masks;
        const pw_rows a = scan_rows(&diff->encoder, &diff->batch, first + pair->a, diff->roles);
        const pw_rows b = scan_rows(&diff->encoder, &diff->batch, first + pair->b, diff->roles);
        pw_change change;

        if (pw_rows_pairs(rows, &a, &b, &err) != PW_OK)
            return fail_with(diff->pads.app, &err);
        scan_real(&change, rows, diff->roles, diff->n_tokens);
        pw_change_add(&pair->real, &change);
        pw_pairs_change(&change, rows, diff->roles, diff->n_tokens, PW_ROW_PAD);
        pw_change_add(&pair->pads, &change);
        for (size_t r = 0; i_text == 0 && r < diff->n_tokens; r++)
            diff->l2[k * diff->n_tokens + r] = rows[r].l2;
    }
    return DONE;
}

/* ---- Output. */

static int print_json(struct diff *diff, const struct scan_text *text)
{
    struct json *json = &diff->pads.json;

    json_open(json, '{');
    json_member_text(json, "prompt", text->name);
    json_member_int(json, "n_rows", (int64_t)diff->n_tokens);
    json_member_int(json, "n_real", (int64_t)text->tokens.tokens.n_tokens);
    json_key(json, "pairs");
    json_open(json, '[');
    for (size_t k = 0; k < diff->n_pairs; k++) {
        const struct mask_pair *pair = &diff->pairs[k];
        const pw_pair *rows = diff->rows + k * diff->n_tokens;
        pw_change change;

        json_open(json, '{');
        json_member_text(json, "a", pw_mask_rule_name(diff->masks[pair->a]));
        json_member_text(json, "b", pw_mask_rule_name(diff->masks[pair->b]));
        scan_real(&change, rows, diff->roles, diff->n_tokens);
        scan_put_change(json, "real", &change);
        pw_pairs_change(&change, rows, diff->roles, diff->n_tokens, PW_ROW_PAD);
        scan_put_change(json, "pads", &change);
        json_key(json, "rows");
        json_open(json, '[');
        for (size_t i = 0; i < diff->n_tokens; i++)
            scan_put_pair(json, i, diff->roles[i], &rows[i]);
        json_close(json, ']');
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
    return pads_print_json(&diff->pads);
}

static int add_row(struct diff *diff, struct grid *grid, const struct scan_text *text, size_t i)
{
    struct app *app = diff->pads.app;
    const bool is_real = i < text->tokens.tokens.n_tokens;
    const char *token = "";

    if (is_real)
        token =
            tokens_text(&diff->scratch, diff->encoder.tokenizer, text->tokens.tokens.ids[i]);
    if (token == NULL)
        return fail_memory(app);
    grid_cell(grid, "%zu", i);
    grid_cell(grid, "%s", pw_row_role_name(diff->roles[i]));
    grid_text(grid, token, strlen(token));
    for (size_t k = 0; k < diff->n_pairs; k++) {
        scan_cosine(grid, &diff->rows[k * diff->n_tokens + i]);
        scan_l2(grid, &diff->rows[k * diff->n_tokens + i]);
    }
    if (!is_real)
        grid_dim(grid);
    return DONE;
}

static int print_table(struct diff *diff, const struct scan_text *text)
{
    struct app *app = diff->pads.app;
    struct builder *out = &diff->pads.out;
    struct column titles[3 + 2 * PAIRS_MAX] = {
        {"row", true}, {"role", false}, {"token", false}};
    struct grid grid;
    int status = DONE;

    for (size_t k = 0; k < diff->n_pairs; k++) {
        titles[3 + 2 * k] = (struct column){diff->pairs[k].name, true};
        titles[4 + 2 * k] = (struct column){"L2", true};
    }
    scan_title(&diff->pads, text->name);
    grid_start(&grid, titles, 3 + 2 * diff->n_pairs);
    for (size_t i = 0; i < diff->n_tokens && status == DONE; i++)
        if (scan_shows(i, diff->n_tokens, text->tokens.tokens.n_tokens))
            status = add_row(diff, &grid, text, i);
    grid_print(&grid, out, app->width_out, app->color_out);
    return status;
}

/* Written at once, with the blank line before the next. */
static int show_table(struct diff *diff, const struct scan_text *text, bool is_last)
{
    TRY(print_table(diff, text));
    builder_text(&diff->pads.out, is_last ? "" : "\n");
    return pads_print(&diff->pads);
}

static void conclude(struct diff *diff)
{
    struct builder text = {0};

    for (size_t k = 0; k < diff->n_pairs; k++) {
        const struct mask_pair *pair = &diff->pairs[k];

        builder_format(&text, "%s and %s: ", pw_mask_rule_name(diff->masks[pair->a]),
                       pw_mask_rule_name(diff->masks[pair->b]));
        scan_say(&text, &pair->real, "rows of BOS, words and EOS");
        builder_text(&text, "; ");
        scan_say(&text, &pair->pads, "pads");
        builder_text(&text, ". ");
    }
    builder_format(&text, "n = %zu prompt%s of %zu rows.", diff->n_texts,
                   diff->n_texts == 1 ? "" : "s", diff->n_tokens);
    scan_conclude(&diff->pads, &text);
    builder_free(&text);
}

static int draw(struct diff *diff)
{
    const int64_t pads_start = (int64_t)diff->texts[0].tokens.tokens.n_tokens;
    pw_curve curves[PAIRS_MAX];

    for (size_t k = 0; k < diff->n_pairs; k++)
        curves[k] = (pw_curve){.name = diff->pairs[k].name,
                               .y = diff->l2 + k * diff->n_tokens,
                               .n = diff->n_tokens};
    return scan_draw(diff->pads.app, &(struct scan_picture){.title = diff->texts[0].name,
                                                            .x_label = "position",
                                                            .y_label = "L2 between mask rules",
                                                            .curves = curves,
                                                            .n_curves = diff->n_pairs,
                                                            .pads_start = pads_start});
}

static int print_all(struct diff *diff)
{
    struct pads *pads = &diff->pads;

    for (size_t i = 0; i < diff->n_texts && !pads->stop; i++) {
        if (i % WINDOW == 0)
            TRY(encode(diff, i));
        TRY(measure(diff, i));
        TRY(pads->app->json ? print_json(diff, &diff->texts[i])
                            : show_table(diff, &diff->texts[i], i + 1 == diff->n_texts));
        pool_free(&diff->scratch);
    }
    if (pads->stop)
        return DONE;
    if (!pads->app->json) {
        scan_note(
            pads,
            "Cosine and L2 of the row under one rule and the other; =: equal in every bit.");
        conclude(diff);
        return pads_print(pads);
    }
    json_open(&pads->json, '{');
    json_member_int(&pads->json, "n", (int64_t)diff->n_texts);
    conclude(diff);
    json_close(&pads->json, '}');
    return pads_print_json(pads);
}

static int run(struct diff *diff)
{
    struct app *app = diff->pads.app;

    if (app->arguments.n_words == 0 && !option_given(app, OPTION_FROM))
        return fail_usage(app, "diff takes prompts (in quotes), or --from FILE");
    TRY(pads_need_prompts(app, app->arguments.n_words,
                          "--from FILE reads prompts; padwise compare --rows A B compares "
                          "files of two masks"));
    TRY(plot_check(app, option_text(app, OPTION_PLOT)));
    TRY(read_masks(diff));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(scan_open(&diff->encoder, app, false));
    TRY(scan_read(&diff->encoder, &diff->texts, &diff->n_texts));
    TRY(check_texts(diff));
    TRY(take_memory(diff));
    TRY(app_open_output(app));
    TRY(print_all(diff));
    return draw(diff);
}

int run_diff(struct app *app)
{
    struct diff diff = {.pads = {.app = app}};
    const int status = run(&diff);

    pool_free(&diff.scratch);
    scan_free(diff.texts, diff.n_texts);
    scan_close(&diff.encoder);
    builder_free(&diff.pads.json.text);
    builder_free(&diff.pads.out);
    return status;
}
