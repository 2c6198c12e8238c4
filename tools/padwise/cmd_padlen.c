/* SPDX-License-Identifier: MIT */
/* padwise padlen-scan: whether rows change with the length that a prompt is padded to. Every
 * length is encoded by itself: nothing is shared that could make rows equal. */
#include <math.h>
#include <string.h>

#include "interrupt.h"
#include "plot_out.h"
#include "scan.h"
#include "talk.h"

struct padlen {
    struct pads pads;
    struct scan_encoder encoder;
    struct scan_text text;
    size_t first, last; /* lengths, both included; the last is what others are compared with */
    pw_mask_rule mask;
    struct scan_batch whole;
    pw_row_role *roles;           /* [last] */
    pw_pair *rows;                /* [last] */
    double *x, *real_l2, *pad_l2; /* [lengths], for the picture */
    struct grid grid;
    pw_change real, shared_pads; /* over all lengths */
    size_t n_lengths, n_pooled;  /* n_pooled: those whose pooled vector is equal in every bit */
};

static const char *prompt_name(const struct padlen *padlen)
{
    return padlen->pads.app->arguments.words[0];
}

/* "A..B"; without it from the prompt alone to the whole table. */
static int read_range(struct padlen *padlen)
{
    struct app *app = padlen->pads.app;
    const struct arguments *arguments = &app->arguments;
    const size_t n_real = padlen->text.tokens.tokens.n_tokens;
    int64_t first = (int64_t)n_real, last = (int64_t)padlen->encoder.n_positions;

    if (arguments->n_words == 2) {
        const char *text = arguments->words[1], *dots = strstr(text, "..");

        if (dots == NULL || !parse_integer(text, (size_t)(dots - text), &first) ||
            !parse_integer(dots + 2, strlen(dots + 2), &last) || first >= last)
            return fail_usage(app, "\"%s\" is no range of lengths such as 16..77", text);
    }
    if (last > (int64_t)padlen->encoder.n_positions)
        return fail(app, PW_ERR_ARGUMENT, "",
                    "length %lld is over the %zu positions of the encoder", (long long)last,
                    padlen->encoder.n_positions);
    if (last <= (int64_t)n_real)
        return fail(app, PW_ERR_NOT_FOUND, padlen->text.where,
                    "has no pads: its %zu tokens fill all %lld rows; give a shorter prompt",
                    n_real, (long long)last);
    if (first < (int64_t)n_real)
        return fail(app, PW_ERR_ARGUMENT, padlen->text.where,
                    "has %zu tokens, which length %lld would cut: begin at %zu", n_real,
                    (long long)first, n_real);
    padlen->first = (size_t)first;
    padlen->last = (size_t)last;
    return DONE;
}

static int take_memory(struct padlen *padlen)
{
    struct pool *pool = &padlen->pads.app->pool;
    const size_t n = padlen->last - padlen->first + 1;

    padlen->roles = pool_array(pool, padlen->last, sizeof(*padlen->roles));
    padlen->rows = pool_array(pool, padlen->last, sizeof(*padlen->rows));
    padlen->x = pool_array(pool, n, sizeof(*padlen->x));
    padlen->real_l2 = pool_array(pool, n, sizeof(*padlen->real_l2));
    padlen->pad_l2 = pool_array(pool, n, sizeof(*padlen->pad_l2));
    if (padlen->roles == NULL || padlen->rows == NULL || padlen->x == NULL ||
        padlen->real_l2 == NULL || padlen->pad_l2 == NULL)
        return fail_memory(padlen->pads.app);
    pw_row_roles_fill(padlen->roles, padlen->last, padlen->text.tokens.tokens.n_tokens);
    pw_pairs_change(&padlen->real, NULL, NULL, 0, PW_N_ROW_ROLES);
    padlen->shared_pads = padlen->real;
    return DONE;
}

static int encode(struct padlen *padlen, size_t n_tokens, struct scan_batch *batch)
{
    TRY(scan_start(&padlen->encoder, batch, 1, n_tokens));
    scan_put(&padlen->encoder, batch, 0, &padlen->text, padlen->mask);
    return scan_run(&padlen->encoder, batch);
}

static void put_length(struct padlen *padlen, size_t n_tokens, const pw_change *real,
                       const pw_change *pads, bool is_pooled)
{
    struct json *json = &padlen->pads.json;
    struct grid *grid = &padlen->grid;
    const size_t n_real = padlen->text.tokens.tokens.n_tokens;

    if (padlen->pads.app->json) {
        json_open(json, '{');
        json_member_int(json, "length", (int64_t)n_tokens);
        json_member_int(json, "n_pads", (int64_t)(n_tokens - n_real));
        scan_put_change(json, "real", real);
        scan_put_change(json, "pads", pads);
        json_member_bool(json, "pooled_bitwise", is_pooled);
        json_close(json, '}');
        return;
    }
    if (n_tokens >= padlen->first + 3 && n_tokens + 2 < padlen->last && n_tokens % 10 != 0)
        return;
    grid_cell(grid, "%zu", n_tokens);
    grid_cell(grid, "%zu", n_tokens - n_real);
    scan_change(grid, real);
    if (pads->n == 0)
        grid_cell(grid, "-");
    else
        grid_cell(grid, "%zu of %zu", pads->n_bitwise, pads->n);
    grid_cell(grid, "%s", is_pooled ? "=" : "differs");
}

/* One length beside the longest: rows that both have. */
static int measure(struct padlen *padlen, size_t n_tokens)
{
    struct app *app = padlen->pads.app;
    const pw_rows whole = scan_rows(&padlen->encoder, &padlen->whole, 0, padlen->roles);
    const size_t i = padlen->n_lengths++;
    struct scan_batch batch;
    pw_change real, pads;
    pw_rows rows;
    pw_error err;
    bool is_pooled;

    TRY(encode(padlen, n_tokens, &batch));
    rows = scan_rows(&padlen->encoder, &batch, 0, padlen->roles);
    if (pw_rows_pairs(padlen->rows, &rows, &whole, &err) != PW_OK)
        return fail_with(app, &err);
    scan_real(&real, padlen->rows, padlen->roles, n_tokens);
    pw_pairs_change(&pads, padlen->rows, padlen->roles, n_tokens, PW_ROW_PAD);
    is_pooled = memcmp(batch.pooled, padlen->whole.pooled,
                       padlen->encoder.width * sizeof(*batch.pooled)) == 0;
    pw_change_add(&padlen->real, &real);
    pw_change_add(&padlen->shared_pads, &pads);
    padlen->n_pooled += is_pooled;
    padlen->x[i] = (double)n_tokens;
    padlen->real_l2[i] = real.l2_max;
    padlen->pad_l2[i] = pads.n == 0 ? NAN : pads.l2_max;
    put_length(padlen, n_tokens, &real, &pads, is_pooled);
    return interrupted() ? fail_interrupted(app) : DONE;
}

static void conclude(struct padlen *padlen)
{
    struct builder text = {0};

    builder_format(&text, "Padded to %zu length%s, %zu to %zu, and compared with length %zu, ",
                   padlen->n_lengths, padlen->n_lengths == 1 ? "" : "s", padlen->first,
                   padlen->last - 1, padlen->last);
    scan_say(&text, &padlen->real, "rows of BOS, words and EOS");
    if (padlen->shared_pads.n > 0) {
        builder_text(&text, "; of pads that both lengths have, ");
        scan_say(&text, &padlen->shared_pads, "rows");
    }
    builder_format(&text,
                   ". The pooled vector is equal in every bit at %zu of %zu. n = 1 "
                   "prompt of %zu tokens, mask %s.",
                   padlen->n_pooled, padlen->n_lengths, padlen->text.tokens.tokens.n_tokens,
                   pw_mask_rule_name(padlen->mask));
    scan_conclude(&padlen->pads, &text);
    builder_free(&text);
}

static int print(struct padlen *padlen)
{
    struct pads *pads = &padlen->pads;

    if (pads->app->json) {
        json_close(&pads->json, ']');
        conclude(padlen);
        json_close(&pads->json, '}');
        return pads_print_json(pads);
    }
    scan_title(pads, prompt_name(padlen));
    grid_print(&padlen->grid, &pads->out, pads->app->width_out, pads->app->color_out);
    builder_text(&pads->out, "\n");
    conclude(padlen);
    return pads_print(pads);
}

/* Pads begin with the first length that has any. */
static int draw(struct padlen *padlen)
{
    const size_t n = padlen->n_lengths, skip = n > 0 && isnan(padlen->pad_l2[0]) ? 1 : 0;
    const pw_curve curves[] = {
        {.name = "BOS, words, EOS", .x = padlen->x, .y = padlen->real_l2, .n = n},
        {.name = "pads", .x = padlen->x + skip, .y = padlen->pad_l2 + skip, .n = n - skip}};
    const bool has_pads = n > skip;

    return scan_draw(padlen->pads.app, &(struct scan_picture){.title = prompt_name(padlen),
                                                              .x_label = "length",
                                                              .y_label = "greatest L2 of a row",
                                                              .curves = curves,
                                                              .n_curves = has_pads ? 2 : 1,
                                                              .pads_start = -1});
}

static int scan_all(struct padlen *padlen)
{
    static const struct column titles[] = {
        {"length", true}, {"pads", true},   {"real =", true}, {"cos min", true},
        {"L2 max", true}, {"pads =", true}, {"pooled", false}};
    struct progress *progress = &padlen->pads.app->progress;
    const size_t n_lengths = padlen->last - padlen->first;
    struct json *json = &padlen->pads.json;

    TRY(encode(padlen, padlen->last, &padlen->whole));
    grid_start(&padlen->grid, titles, sizeof(titles) / sizeof(*titles));
    json_open(json, '{');
    json_member_text(json, "prompt", prompt_name(padlen));
    json_member_int(json, "n_real", (int64_t)padlen->text.tokens.tokens.n_tokens);
    json_member_text(json, "mask", pw_mask_rule_name(padlen->mask));
    json_member_int(json, "reference", (int64_t)padlen->last);
    json_key(json, "lengths");
    json_open(json, '[');
    progress_start(progress, "padding", "lengths");
    for (size_t i = 0; i < n_lengths; i++) {
        progress_update(progress, i, (double)i / (double)n_lengths);
        TRY(measure(padlen, padlen->first + i));
    }
    progress_stop(progress);
    return DONE;
}

static int run(struct padlen *padlen)
{
    struct app *app = padlen->pads.app;
    const struct arguments *arguments = &app->arguments;

    if (arguments->n_words < 1 || arguments->n_words > 2)
        return fail_usage(app, "padlen-scan takes a prompt (in quotes) and, if wanted, lengths "
                               "such as 16..77");
    TRY(pads_need_prompts(app, 1, "padwise compare --rows A B compares files of two lengths"));
    TRY(plot_check(app, option_text(app, OPTION_PLOT)));
    TRY(tokens_read_mask(app, &padlen->mask));
    TRY(app_open_context(app, PW_LEVEL_HIGHEST));
    TRY(scan_open(&padlen->encoder, app, true));
    padlen->text.text = (pw_text){prompt_name(padlen), strlen(prompt_name(padlen))};
    padlen->text.where = "the prompt";
    TRY(scan_tokenize(&padlen->encoder, &padlen->text));
    TRY(read_range(padlen));
    TRY(take_memory(padlen));
    TRY(app_open_output(app));
    TRY(scan_all(padlen));
    TRY(print(padlen));
    return draw(padlen);
}

int run_padlen_scan(struct app *app)
{
    struct padlen padlen = {.pads = {.app = app}};
    const int status = run(&padlen);

    scan_free(&padlen.text, 1);
    scan_close(&padlen.encoder);
    pool_free(&padlen.grid.pool);
    builder_free(&padlen.pads.json.text);
    builder_free(&padlen.pads.out);
    return status;
}
