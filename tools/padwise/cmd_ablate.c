/* SPDX-License-Identifier: MIT */
/* padwise ablate: a prompt without each of its words in turn, and what that does to the pooled
 * vector, to the mean, to every row that stays, and to what a U-Net's keys make of them. The
 * prompt and all that is left of it are encoded as one batch. */
#include <math.h>
#include <string.h>

#include "ablate.h"
#include "plot_out.h"
#include "talk.h"

/* ---- Words: what stands between ASCII blanks. */

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The word goes with the blanks behind it; the last one with those before it. */
static int cut_word(struct ablate *ablate, const struct scan_text *text,
                    struct ablation *ablation)
{
    const char *bytes = text->text.bytes;
    size_t begin = ablation->begin, end = ablation->end;
    char *rest;

    while (end < text->text.size && is_blank(bytes[end]))
        end++;
    while (end == text->text.size && begin > 0 && is_blank(bytes[begin - 1]))
        begin--;
    rest = pool_format(&ablate->scratch, "%.*s%.*s", (int)begin, bytes,
                       (int)(text->text.size - end), bytes + end);
    if (rest == NULL)
        return fail_memory(ablate->pads.app);
    ablation->text =
        (struct scan_text){.text = {rest, strlen(rest)}, .name = rest, .where = text->where};
    return scan_tokenize(&ablate->encoder, &ablation->text);
}

static int add_word(struct ablate *ablate, const struct scan_text *text, size_t begin,
                    size_t end)
{
    struct pool *pool = &ablate->scratch;
    struct ablation *words =
        pool_grow(pool, ablate->words, ablate->n_words, &ablate->capacity, sizeof(*words));
    struct ablation *added;

    if (words == NULL)
        return fail_memory(ablate->pads.app);
    ablate->words = words;
    added = &words[ablate->n_words++];
    *added = (struct ablation){.begin = begin, .end = end};
    added->word = pool_copy(pool, text->text.bytes + begin, end - begin);
    if (added->word == NULL)
        return fail_memory(ablate->pads.app);
    return cut_word(ablate, text, added);
}

static int find_words(struct ablate *ablate, const struct scan_text *text)
{
    const char *bytes = text->text.bytes;
    size_t i = 0;

    ablate->words = NULL;
    ablate->n_words = ablate->capacity = 0;
    if (ablate_n_real(text) > ablate->n_tokens)
        return fail(
            ablate->pads.app, PW_ERR_LIMIT, text->where,
            "has %zu tokens and the encoder %zu positions: words that are cut off would "
            "come back when another goes; give a shorter prompt",
            ablate_n_real(text), ablate->n_tokens);
    while (i < text->text.size) {
        size_t end = i;

        while (end < text->text.size && !is_blank(bytes[end]))
            end++;
        if (end > i)
            TRY(add_word(ablate, text, i, end));
        i = end + 1;
    }
    return ablate->n_words > 0 ? DONE
                               : fail(ablate->pads.app, PW_ERR_ARGUMENT, text->where,
                                      "has no words that could be left out");
}

/* ---- Measures. */

static int encode(struct ablate *ablate, const struct scan_text *text)
{
    struct pool *pool = &ablate->scratch;
    const size_t n = ablate->n_words * ablate_n_real(text);

    TRY(scan_start(&ablate->encoder, &ablate->batch, 1 + ablate->n_words, ablate->n_tokens));
    scan_put(&ablate->encoder, &ablate->batch, 0, text, ablate->mask);
    for (size_t i = 0; i < ablate->n_words; i++)
        scan_put(&ablate->encoder, &ablate->batch, 1 + i, &ablate->words[i].text, ablate->mask);
    ablate->roles = pool_array(pool, 2 * ablate->n_tokens, sizeof(*ablate->roles));
    ablate->rows = pool_array(pool, n, sizeof(*ablate->rows));
    ablate->is_there = pool_array(pool, n, sizeof(*ablate->is_there));
    ablate->mean = pool_array(pool, 2 * ablate->encoder.width, sizeof(*ablate->mean));
    if (ablate->roles == NULL || ablate->rows == NULL || ablate->is_there == NULL ||
        ablate->mean == NULL)
        return fail_memory(ablate->pads.app);
    ablate->other = ablate->mean + ablate->encoder.width;
    return scan_run(&ablate->encoder, &ablate->batch);
}

static void compare_means(struct ablate *ablate, const pw_rows *full, const pw_rows *rest,
                          pw_pair *out)
{
    double cosine[4], l2[4];

    pw_rows_pool(ablate->mean, full, PW_POOLING_MASKED);
    pw_rows_pool(ablate->other, rest, PW_POOLING_MASKED);
    pw_vectors_compare(cosine, l2, ablate->mean, 2, ablate->encoder.width);
    *out = (pw_pair){.cosine = cosine[1], .l2 = l2[1]};
    out->is_bitwise =
        memcmp(ablate->mean, ablate->other, ablate->encoder.width * sizeof(*ablate->mean)) == 0;
}

/* A part of rows, so that those behind the word stand beside their counterparts. */
static pw_rows part_of(const pw_rows *rows, size_t first, size_t n)
{
    const pw_rows part = {rows->values + first * rows->width, rows->roles + first, n,
                          rows->width};

    return part;
}

static int measure_word(struct ablate *ablate, const struct scan_text *text, size_t i)
{
    struct ablation *ablation = &ablate->words[i];
    const size_t n = ablate_n_real(text), n_rest = ablate_n_real(&ablation->text),
                 width = ablate->encoder.width;
    pw_row_role *roles = ablate->roles;
    pw_pair *pairs = ablate->rows + i * n;
    bool *is_there = ablate->is_there + i * n;
    pw_rows full, rest, a, b;
    pw_error err;

    pw_row_roles_fill(roles, ablate->n_tokens, n);
    pw_row_roles_fill(roles + ablate->n_tokens, ablate->n_tokens, n_rest);
    full = scan_rows(&ablate->encoder, &ablate->batch, 0, roles);
    rest = scan_rows(&ablate->encoder, &ablate->batch, 1 + i, roles + ablate->n_tokens);
    pw_ids_align(&ablation->n_before, &ablation->n_behind, text->tokens.tokens.ids, n,
                 ablation->text.tokens.tokens.ids, n_rest);
    a = part_of(&full, n - ablation->n_behind, ablation->n_behind);
    b = part_of(&rest, n_rest - ablation->n_behind, ablation->n_behind);
    full.n_rows = ablation->n_before;
    if (pw_rows_pairs(pairs, &full, &rest, &err) != PW_OK ||
        pw_rows_pairs(pairs + n - ablation->n_behind, &a, &b, &err) != PW_OK)
        return fail_with(ablate->pads.app, &err);
    for (size_t r = 0; r < n; r++)
        is_there[r] = r < ablation->n_before || r >= n - ablation->n_behind;
    pw_pairs_change(&ablation->before, pairs, roles, ablation->n_before, PW_N_ROW_ROLES);
    pw_pairs_change(&ablation->behind, pairs + n - ablation->n_behind, roles,
                    ablation->n_behind, PW_N_ROW_ROLES);
    pw_row_compare(&ablation->pooled, ablate->batch.pooled,
                   ablate->batch.pooled + (1 + i) * width, width);
    full.n_rows = ablate->n_tokens;
    compare_means(ablate, &full, &rest, &ablation->mean);
    return DONE;
}

/* ---- JSON. */

static void put_pair(struct json *json, const char *key, const pw_pair *pair)
{
    json_key(json, key);
    json_open(json, '{');
    json_member_real(json, "cosine", pair->cosine);
    json_member_real(json, "l2", pair->l2);
    json_member_bool(json, "bitwise", pair->is_bitwise);
    json_close(json, '}');
}

static void put_word(struct ablate *ablate, const struct scan_text *text, size_t i)
{
    const struct ablation *ablation = &ablate->words[i];
    const size_t n = ablate_n_real(text);
    struct json *json = &ablate->pads.json;

    json_open(json, '{');
    json_member_text(json, "word", ablation->word);
    json_member_int(json, "begin", (int64_t)ablation->begin);
    json_member_int(json, "end", (int64_t)ablation->end);
    json_member_text(json, "rest", ablation->text.name);
    json_member_int(json, "n_tokens", (int64_t)n - (int64_t)ablate_n_real(&ablation->text));
    put_pair(json, "pooled", &ablation->pooled);
    put_pair(json, "mean", &ablation->mean);
    scan_put_change(json, "before", &ablation->before);
    json_key(json, "rows");
    json_open(json, '[');
    for (size_t r = 0; r < n; r++)
        if (ablate->is_there[i * n + r])
            scan_put_pair(json, r, ablate->roles[r], &ablate->rows[i * n + r]);
    json_close(json, ']');
    ablate_kv_put_word(ablate, text, i);
    json_close(json, '}');
}

/* ---- Tables. */

static void add_word_row(struct ablate *ablate, const struct ablation *ablation, size_t n)
{
    struct grid *grid = &ablate->grid;

    grid_text(grid, ablation->word, strlen(ablation->word));
    grid_cell(grid, "%lld", (long long)n - (long long)ablate_n_real(&ablation->text));
    scan_cosine(grid, &ablation->pooled);
    scan_l2(grid, &ablation->pooled);
    scan_cosine(grid, &ablation->mean);
    scan_l2(grid, &ablation->mean);
    grid_cell(grid, "%zu of %zu", ablation->before.n_bitwise, ablation->before.n);
    grid_number(grid, 4, ablation->behind.cos_min);
}

static void print_words(struct ablate *ablate, const struct scan_text *text)
{
    static const struct column titles[] = {
        {"without", false}, {"tokens", true}, {"pooled", true},   {"L2", true},
        {"mean", true},     {"L2", true},     {"before =", true}, {"behind", true}};
    struct app *app = ablate->pads.app;

    scan_title(&ablate->pads, text->name);
    grid_start(&ablate->grid, titles, sizeof(titles) / sizeof(*titles));
    for (size_t i = 0; i < ablate->n_words; i++)
        add_word_row(ablate, &ablate->words[i], ablate_n_real(text));
    grid_print(&ablate->grid, &ablate->pads.out, app->width_out, app->color_out);
}

#define WORDS_SHOWN 8

/* Rows down, words along, as many as a line holds. */
static int print_rows(struct ablate *ablate, const struct scan_text *text)
{
    const size_t n = ablate_n_real(text);
    const size_t n_shown = ablate->n_words < WORDS_SHOWN ? ablate->n_words : WORDS_SHOWN;
    struct app *app = ablate->pads.app;
    struct column titles[2 + WORDS_SHOWN] = {{"row", true}, {"token", false}};

    for (size_t i = 0; i < n_shown; i++) {
        titles[2 + i].title = pool_format(&ablate->scratch, "%zu", i + 1);
        titles[2 + i].is_right = true;
        if (titles[2 + i].title == NULL)
            return fail_memory(app);
    }
    builder_format(&ablate->pads.out,
                   "\ncosine of each row that stays, without word 1 to %zu\n", n_shown);
    grid_start(&ablate->grid, titles, 2 + n_shown);
    for (size_t r = 0; r < n; r++) {
        const char *token = tokens_text(&ablate->scratch, ablate->encoder.tokenizer,
                                        text->tokens.tokens.ids[r]);

        if (token == NULL)
            return fail_memory(app);
        grid_cell(&ablate->grid, "%zu", r);
        grid_text(&ablate->grid, token, strlen(token));
        for (size_t i = 0; i < n_shown; i++)
            if (ablate->is_there[i * n + r])
                scan_cosine(&ablate->grid, &ablate->rows[i * n + r]);
            else
                grid_cell(&ablate->grid, "-");
    }
    grid_print(&ablate->grid, &ablate->pads.out, app->width_out, app->color_out);
    return DONE;
}

/* ---- The conclusion. */

struct extremes {
    size_t most, least;
    double cos_most, cos_least;
};

/* cos_most is NaN where no word has a cosine. */
static struct extremes find_extremes(const struct ablate *ablate, bool is_pooled)
{
    struct extremes found = {.cos_most = NAN, .cos_least = NAN};

    for (size_t i = 0; i < ablate->n_words; i++) {
        const pw_pair *pair = is_pooled ? &ablate->words[i].pooled : &ablate->words[i].mean;

        if (isnan(pair->cosine))
            continue;
        if (!(found.cos_most <= pair->cosine)) {
            found.cos_most = pair->cosine;
            found.most = i;
        }
        if (!(found.cos_least >= pair->cosine)) {
            found.cos_least = pair->cosine;
            found.least = i;
        }
    }
    return found;
}

static void say_extremes(const struct ablate *ablate, struct builder *text, bool is_pooled)
{
    const struct extremes found = find_extremes(ablate, is_pooled);

    if (isnan(found.cos_most))
        return;
    builder_format(text, "The %s moves most without \"%s\" (cosine %.4f)",
                   is_pooled ? "pooled vector" : "mean of its rows",
                   ablate->words[found.most].word, found.cos_most);
    if (ablate->n_words > 1)
        builder_format(text, " and least without \"%s\" (%.4f)",
                       ablate->words[found.least].word, found.cos_least);
    builder_text(text, ". ");
}

static void conclude(struct ablate *ablate, const struct scan_text *prompt)
{
    struct builder text = {0};
    pw_change before;

    pw_pairs_change(&before, NULL, NULL, 0, PW_N_ROW_ROLES);
    for (size_t i = 0; i < ablate->n_words; i++)
        pw_change_add(&before, &ablate->words[i].before);
    say_extremes(ablate, &text, true);
    say_extremes(ablate, &text, false);
    builder_text(&text, "Before the word that is gone, ");
    scan_say(&text, &before, "rows");
    builder_text(&text, ". ");
    ablate_kv_say(ablate, &text);
    builder_format(&text, "n = %zu word%s of 1 prompt of %zu tokens.", ablate->n_words,
                   ablate->n_words == 1 ? "" : "s", ablate_n_real(prompt));
    scan_conclude(&ablate->pads, &text);
    builder_free(&text);
}

/* ---- The picture: words down, rows along. */

static int fill_picture(struct ablate *ablate, const struct scan_text *text, float *values,
                        const char **tokens, const char **words)
{
    const size_t n = ablate_n_real(text);

    for (size_t i = 0; i < ablate->n_words * n; i++)
        values[i] = ablate->is_there[i] ? (float)(1.0 - ablate->rows[i].cosine) : NAN;
    for (size_t i = 0; i < ablate->n_words; i++)
        words[i] = ablate->words[i].word;
    for (size_t r = 0; r < n; r++) {
        tokens[r] = tokens_text(&ablate->scratch, ablate->encoder.tokenizer,
                                text->tokens.tokens.ids[r]);
        if (tokens[r] == NULL)
            return fail_memory(ablate->pads.app);
    }
    return DONE;
}

static int draw(struct ablate *ablate, const struct scan_text *text)
{
    struct app *app = ablate->pads.app;
    const char *path = option_text(app, OPTION_PLOT);
    const size_t n = ablate_n_real(text);
    float *values = pool_array(&ablate->scratch, ablate->n_words * n, sizeof(*values));
    const char **tokens = pool_array(&ablate->scratch, n, sizeof(*tokens));
    const char **words = pool_array(&ablate->scratch, ablate->n_words, sizeof(*words));
    const pw_matrix matrix = {values, n, ablate->n_words, 1, n, false};
    const pw_color_scale colors = {PW_MAP_SEQUENTIAL, 0, 0, "1 - cosine"};
    pw_figure_options options;
    pw_panel_options panel;
    pw_figure *figure;
    pw_error err;
    int status;

    if (path == NULL)
        return DONE;
    if (values == NULL || tokens == NULL || words == NULL)
        return fail_memory(app);
    TRY(fill_picture(ablate, text, values, tokens, words));
    pw_figure_options_init(&options);
    options.title = text->name;
    options.n_columns = 1;
    pw_panel_options_init(&panel);
    panel.title = "1 - cosine of each row that stays";
    panel.x = (pw_axis){.label = "row", .labels = tokens, .n_labels = n};
    panel.y = (pw_axis){.label = "without", .labels = words, .n_labels = ablate->n_words};
    if (pw_figure_create(&figure, app->ctx, &options, &colors, &err) != PW_OK)
        return fail_with(app, &err);
    if (pw_figure_add_panel(figure, &panel, &err) != PW_OK ||
        pw_figure_add_matrix(figure, &matrix, &err) != PW_OK)
        status = fail_with(app, &err);
    else
        status = ablate_kv_draw(ablate, figure, words);
    if (status == DONE)
        status = plot_write(app, figure, path);
    pw_figure_free(figure);
    return status;
}

/* ---- A prompt. */

static int print_json(struct ablate *ablate, const struct scan_text *text)
{
    struct json *json = &ablate->pads.json;

    json_open(json, '{');
    json_member_text(json, "prompt", text->name);
    json_member_int(json, "n_real", (int64_t)ablate_n_real(text));
    json_member_text(json, "mask", pw_mask_rule_name(ablate->mask));
    ablate_kv_put_unet(ablate);
    json_key(json, "words");
    json_open(json, '[');
    for (size_t i = 0; i < ablate->n_words; i++)
        put_word(ablate, text, i);
    json_close(json, ']');
    conclude(ablate, text);
    json_close(json, '}');
    return pads_print_json(&ablate->pads);
}

static int print_tables(struct ablate *ablate, const struct scan_text *text)
{
    print_words(ablate, text);
    TRY(print_rows(ablate, text));
    scan_note(
        &ablate->pads,
        "pooled: cosine of the EOS row; mean: of BOS, words and EOS; before =: rows before "
        "the word that are equal in every bit; behind: least cosine of the rows behind it, "
        "which move up; -: the word itself.");
    ablate_kv_print(ablate);
    conclude(ablate, text);
    return pads_print(&ablate->pads);
}

static int run_text(struct ablate *ablate, const struct scan_text *text)
{
    TRY(encode(ablate, text));
    for (size_t i = 0; i < ablate->n_words; i++)
        TRY(measure_word(ablate, text, i));
    TRY(ablate_kv_measure(ablate, text));
    return ablate->pads.app->json ? print_json(ablate, text) : print_tables(ablate, text);
}

static int run(struct ablate *ablate)
{
    struct app *app = ablate->pads.app;
    pw_kv_options options;

    if (app->arguments.n_words == 0 && !option_given(app, OPTION_FROM))
        return fail_usage(app, "ablate takes prompts (in quotes), or --from FILE");
    TRY(pads_need_prompts(
        app, app->arguments.n_words,
        "--from FILE reads prompts; padwise edit FILE changes the rows that a "
        "file holds"));
    TRY(plot_check(app, option_text(app, OPTION_PLOT)));
    TRY(tokens_read_mask(app, &ablate->mask));
    TRY(ablate_kv_read_options(ablate, &options));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(ablate_kv_open(ablate, &options));
    TRY(scan_open(&ablate->encoder, app, false));
    ablate->encoder.pool = &ablate->scratch;
    TRY(scan_length(&ablate->encoder, &ablate->n_tokens));
    TRY(scan_read(&ablate->encoder, &ablate->texts, &ablate->n_texts));
    if (ablate->n_texts > 1 && option_given(app, OPTION_PLOT))
        return fail_usage(app, "--plot draws the words of one prompt, %zu given",
                          ablate->n_texts);
    TRY(app_open_output(app));
    for (size_t i = 0; i < ablate->n_texts && !ablate->pads.stop; i++) {
        int status = find_words(ablate, &ablate->texts[i]);

        if (status == DONE)
            status = run_text(ablate, &ablate->texts[i]);
        if (status == DONE)
            status = draw(ablate, &ablate->texts[i]);
        for (size_t k = 0; k < ablate->n_words; k++)
            scan_free(&ablate->words[k].text, 1);
        pool_free(&ablate->scratch);
        TRY(status);
    }
    return DONE;
}

int run_ablate(struct app *app)
{
    struct ablate ablate = {.pads = {.app = app}, .kv = {.pads = {.app = app}}};
    const int status = run(&ablate);

    scan_free(ablate.texts, ablate.n_texts);
    scan_close(&ablate.encoder);
    kv_close(&ablate.kv);
    pool_free(&ablate.grid.pool);
    builder_free(&ablate.pads.json.text);
    builder_free(&ablate.pads.out);
    return status;
}
