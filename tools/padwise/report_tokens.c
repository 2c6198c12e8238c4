/* SPDX-License-Identifier: MIT */
/* The token table of an input: what stands at each position, and the row that came of it. Ids
 * and weights are those of the manifest, else of the prompt as --tokenizer reads it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prompt_line.h"
#include "report.h"
#include "talk.h"
#include "token_view.h"

struct token {
    int32_t id;
    double weight;
};

struct token_list {
    struct token *tokens; /* [n] */
    size_t n;             /* 0: not known */
    bool has_weights;
};

struct row_curves {
    double *norm, *bos, *eos; /* [n_rows] */
};

/* ---- Ids and weights. */

/* The list after a key of the chunks, from *at on; NULL after the last. */
static const char *find_list(const char *text, const char *key)
{
    const char *found = strstr(text, key);

    return found == NULL ? NULL : strchr(found, '[');
}

/* Numbers of a list into a field of each token, from `begin` on. Returns the end. */
static size_t read_list(const char *list, struct token_list *out, size_t begin, size_t capacity,
                        bool is_ids)
{
    size_t n = begin;

    while (list != NULL && (*list == '[' || *list == ',') && n < capacity) {
        char *end;
        const double value = strtod(list + 1, &end);

        if (end == list + 1)
            break;
        if (is_ids)
            out->tokens[n].id = value >= 0 && value <= INT32_MAX ? (int32_t)value : 0;
        else
            out->tokens[n].weight = value;
        out->has_weights = out->has_weights || (!is_ids && value != 1);
        n++;
        list = end + strspn(end, " \t\r\n");
    }
    return n;
}

/* Chunks one after the other: [{"ids":[...],"weights":[...],"n_tokens":7},...]. */
static void read_chunks(const char *chunks, struct token_list *out, size_t capacity)
{
    for (const char *at = chunks; (at = find_list(at, "\"ids\"")) != NULL; at++) {
        const size_t begin = out->n;

        out->n = read_list(at, out, begin, capacity, true);
        (void)read_list(find_list(at, "\"weights\""), out, begin, out->n, false);
    }
}

static int tokens_of_manifest(struct report *report, const struct pads_input *input,
                              struct token_list *out)
{
    struct prompt_line *lines;
    size_t n;

    if (input->manifest == NULL)
        return DONE;
    if (!prompt_lines_of_manifest(&lines, &n, &report->app->pool, input->manifest,
                                  strlen(input->manifest)))
        return fail_memory(report->app);
    if (input->i_prompt < n && lines[input->i_prompt].chunks.bytes != NULL)
        read_chunks(lines[input->i_prompt].chunks.bytes, out, input->rows.n_rows);
    if (out->n != input->rows.n_rows)
        out->n = 0; /* not a token a row: joined chunks, blends */
    return DONE;
}

static int tokens_of_prompt(struct report *report, const struct pads_input *input,
                            const pw_tokenizer *tokenizer, struct token_list *out)
{
    struct tokenized tokenized;

    if (input->prompt.bytes == NULL || input->n_real == 0)
        return DONE;
    TRY(tokens_make(report->app, tokenizer, roles_cut_suffix(input->prompt), input->name,
                    &tokenized));
    if (tokenized.tokens.n_tokens == input->n_real) {
        for (size_t i = 0; i < input->n_real; i++)
            out->tokens[i].id = tokenized.tokens.ids[i];
        out->n = input->n_real;
    }
    tokens_free(&tokenized);
    return DONE;
}

/* The vocabulary that the input's ids are of, or NULL: another one would name other tokens. */
static int find_vocabulary(struct report *report, const struct pads_input *input,
                           const pw_tokenizer **tokenizer)
{
    struct roles_reader *reader = &report->pads.roles;
    const bool is_builtin =
        input->manifest != NULL && strstr(input->manifest, "\"builtin\":true") != NULL;
    const bool is_named =
        option_given(report->app, OPTION_TOKENIZER) || option_given(report->app, OPTION_MODEL);

    *tokenizer = NULL;
    if (input->path != NULL && !is_named && !is_builtin)
        return DONE;
    if (!reader->is_open)
        TRY(vocabulary_open(report->app, &reader->vocabulary));
    reader->is_open = true;
    *tokenizer = reader->vocabulary.found.tokenizer;
    return DONE;
}

static int read_tokens(struct report *report, const struct pads_input *input,
                       const pw_tokenizer *tokenizer, struct token_list *out)
{
    *out = (struct token_list){0};
    out->tokens = pool_array(&report->app->pool, input->rows.n_rows, sizeof(*out->tokens));
    if (out->tokens == NULL)
        return fail_memory(report->app);
    for (size_t i = 0; i < input->rows.n_rows; i++)
        out->tokens[i].weight = 1;
    TRY(tokens_of_manifest(report, input, out));
    if (out->n == 0 && tokenizer != NULL)
        TRY(tokens_of_prompt(report, input, tokenizer, out));
    return DONE;
}

/* ---- The table. */

static int measure(struct report *report, const pw_rows *rows, struct row_curves *curves)
{
    struct pool *pool = &report->app->pool;

    curves->norm = pool_array(pool, rows->n_rows, sizeof(double));
    curves->bos = pool_array(pool, rows->n_rows, sizeof(double));
    curves->eos = pool_array(pool, rows->n_rows, sizeof(double));
    if (curves->norm == NULL || curves->bos == NULL || curves->eos == NULL)
        return fail_memory(report->app);
    pw_rows_curves(curves->norm, curves->bos, curves->eos, NULL, rows);
    return DONE;
}

static void put_token(struct report *report, const pw_tokenizer *tokenizer,
                      const struct token_list *list, size_t i)
{
    struct builder *out = &report->out;
    const char *text;

    if (i >= list->n) {
        html_cell(out, "-");
        html_text_cell(out, "-", 1);
    } else {
        html_cell(out, "%d", (int)list->tokens[i].id);
        text = tokenizer == NULL
                   ? "-"
                   : tokens_text(&report->app->pool, tokenizer, list->tokens[i].id);
        out->failed = out->failed || text == NULL;
        html_text_cell(out, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
    }
    if (list->has_weights)
        html_cell(out, "%g", i < list->n ? list->tokens[i].weight : 1);
}

static void put_row(struct report *report, const struct pads_input *input,
                    const struct row_curves *curves, size_t i)
{
    struct builder *out = &report->out;
    const char *role = pw_row_role_name(input->rows.roles[i]);

    html_text_cell(out, role, strlen(role));
    html_number(out, 2, curves->norm[i]);
    html_number(out, 3, curves->eos[i]);
    html_number(out, 3, curves->bos[i]);
}

static void put_extent(struct builder *out, int n_decimals, const double *values, size_t begin,
                       size_t end)
{
    double least = values[begin], greatest = values[begin];

    for (size_t i = begin; i < end; i++) {
        least = fmin(least, values[i]);
        greatest = fmax(greatest, values[i]);
    }
    html_range(out, n_decimals, least, greatest);
}

/* Pads share a row: their regimes have a table of their own. */
static void put_pads(struct report *report, const struct pads_input *input,
                     const struct token_list *list, const struct row_curves *curves)
{
    struct builder *out = &report->out;
    const size_t begin = input->n_real, end = input->rows.n_rows;

    if (begin == 0 || begin >= end)
        return;
    html_row(out, true);
    html_cell(out, "%zu to %zu", begin, end - 1);
    if (list->n == end)
        html_cell(out, "%d", (int)list->tokens[begin].id);
    else
        html_cell(out, "-");
    html_text_cell(out, "-", 1);
    if (list->has_weights)
        html_cell(out, "1");
    html_text_cell(out, "pad", 3);
    put_extent(out, 2, curves->norm, begin, end);
    put_extent(out, 3, curves->eos, begin, end);
    put_extent(out, 3, curves->bos, begin, end);
    html_row_end(out);
}

static void put_table(struct report *report, const struct pads_input *input,
                      const pw_tokenizer *tokenizer, const struct token_list *list,
                      const struct row_curves *curves)
{
    static const char *const plain[] = {"position", "id",         "<token",    "<role",
                                        "norm",     "cos to EOS", "cos to BOS"};
    static const char *const weighted[] = {"position", "id",   "<token",     "weight",
                                           "<role",    "norm", "cos to EOS", "cos to BOS"};
    struct builder *out = &report->out;
    const size_t n = input->n_real == 0 ? 0 : input->n_real;

    if (list->has_weights)
        html_table(out, "Tokens and their rows", weighted, 8);
    else
        html_table(out, "Tokens and their rows", plain, 7);
    for (size_t i = 0; i < n; i++) {
        html_row(out, false);
        html_cell(out, "%zu", i);
        put_token(report, tokenizer, list, i);
        put_row(report, input, curves, i);
        html_row_end(out);
    }
    put_pads(report, input, list, curves);
    html_table_end(out);
}

int report_tokens(struct report *report, size_t i)
{
    const struct pads_input *input = &report->pads.inputs[i];
    const pw_tokenizer *tokenizer;
    struct token_list list;
    struct row_curves curves;

    if (input->n_real == 0) {
        builder_text(&report->out,
                     "<p>Which rows are words and which are pads is not known: "
                     "<code>--n-real N</code> or <code>--tokenizer DIR</code> says it.</p>\n");
        return DONE;
    }
    TRY(find_vocabulary(report, input, &tokenizer));
    TRY(read_tokens(report, input, tokenizer, &list));
    TRY(measure(report, &input->rows, &curves));
    put_table(report, input, tokenizer, &list, &curves);
    if (list.n == 0 || tokenizer == NULL)
        builder_text(&report->out, "<p class=\"soft\">The tokens' texts need the vocabulary of "
                                   "the model: <code>--tokenizer DIR</code>.</p>\n");
    return DONE;
}
