/* SPDX-License-Identifier: MIT */
/* The token table of an input: what stands at each position, and the row that came of it. Ids
 * and weights of a prompt are those that its first encoder got; of a file those of the
 * manifest, else of the prompt as --tokenizer reads it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "find.h"
#include "prompt_line.h"
#include "report.h"
#include "talk.h"
#include "token_view.h"

/* Tokens beyond which their table scrolls. */
#define TALL 40

struct token {
    int32_t id;
    double weight;
    const char *text; /* NULL: not known */
};

struct token_list {
    size_t i_input;
    struct token *tokens; /* [n] */
    size_t n;             /* 0: not known */
    size_t n_cut;         /* tokens that did not fit, and are in no row */
    bool has_weights;
};

struct row_curves {
    double *norm, *bos, *eos; /* [n_rows] */
};

/* ---- Prompts: kept while their encoder is open. */

static int keep_chunks(struct report *report, const pw_tokenizer *tokenizer,
                       const pw_plan_output *output, struct token_list *out)
{
    struct pool *pool = &report->app->pool;
    size_t n = 0;

    for (size_t i = 0; i < output->n_chunks; i++)
        n += output->chunks[i].n_tokens;
    out->tokens = pool_array(pool, n, sizeof(*out->tokens));
    if (out->tokens == NULL)
        return fail_memory(report->app);
    for (size_t i = 0; i < output->n_chunks; i++) {
        const pw_chunk *chunk = &output->chunks[i];

        for (size_t k = 0; k < chunk->n_tokens; k++) {
            struct token *token = &out->tokens[out->n++];

            *token = (struct token){chunk->ids[k], chunk->weights[k],
                                    tokens_text(pool, tokenizer, chunk->ids[k])};
            out->has_weights = out->has_weights || token->weight != 1;
            if (token->text == NULL)
                return fail_memory(report->app);
        }
    }
    return DONE;
}

int report_keep_tokens(struct report *report, size_t first, const pw_encoder *encoder,
                       const pw_planned *planned)
{
    for (size_t i = 0; i < pw_plan_n_outputs(planned->plan); i++) {
        const pw_plan_output *output = pw_plan_output_at(planned->plan, i);
        const pw_planned_text *text = &planned->texts[output->i_prompt];
        struct token_list *lists =
            pool_grow(&report->app->pool, report->tokens, report->n_tokens,
                      &report->tokens_capacity, sizeof(*lists));

        if (lists == NULL)
            return fail_memory(report->app);
        report->tokens = lists;
        if (text->is_negative || output->i_condition > 0)
            continue;
        lists[report->n_tokens] =
            (struct token_list){.i_input = first + text->i_prompt, .n_cut = output->n_cut};
        TRY(keep_chunks(report, encoder->tokenizer, output, &lists[report->n_tokens++]));
    }
    return DONE;
}

/* Of chunks that blend into fewer rows, or are joined, no token is a row's. */
static bool find_kept(const struct report *report, size_t i_input, struct token_list *out)
{
    for (size_t i = 0; i < report->n_tokens; i++)
        if (report->tokens[i].i_input == i_input) {
            *out = report->tokens[i];
            if (report->pads.inputs[i_input].from != ROLES_FROM_MANIFEST)
                out->n = 0;
            return true;
        }
    return false;
}

/* ---- Files: ids and weights. */

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

/* One encoder's folder or file; of several, nobody said whose vocabulary is meant. */
static bool names_one_model(const struct app *app)
{
    const struct given *given = &app->arguments.given[OPTION_MODEL];

    return given->n == 1 && !is_pipeline(given->texts[0]);
}

/* The vocabulary that a file's ids are of, or NULL: another one would name other tokens. */
static int find_vocabulary(struct report *report, const struct pads_input *input,
                           const pw_tokenizer **tokenizer)
{
    struct roles_reader *reader = &report->pads.roles;
    const bool is_builtin =
        input->manifest != NULL && strstr(input->manifest, "\"builtin\":true") != NULL;
    const bool is_named =
        option_given(report->app, OPTION_TOKENIZER) || names_one_model(report->app);

    *tokenizer = NULL;
    if (!is_named && !is_builtin)
        return DONE;
    if (!reader->is_open)
        TRY(vocabulary_open(report->app, &reader->vocabulary));
    reader->is_open = true;
    *tokenizer = reader->vocabulary.found.tokenizer;
    return DONE;
}

static int name_tokens(struct report *report, const pw_tokenizer *tokenizer,
                       struct token_list *list)
{
    for (size_t i = 0; tokenizer != NULL && i < list->n; i++) {
        list->tokens[i].text = tokens_text(&report->app->pool, tokenizer, list->tokens[i].id);
        if (list->tokens[i].text == NULL)
            return fail_memory(report->app);
    }
    return DONE;
}

static int read_tokens(struct report *report, const struct pads_input *input,
                       struct token_list *out)
{
    const pw_tokenizer *tokenizer;

    *out = (struct token_list){0};
    TRY(find_vocabulary(report, input, &tokenizer));
    out->tokens = pool_array(&report->app->pool, input->rows.n_rows, sizeof(*out->tokens));
    if (out->tokens == NULL)
        return fail_memory(report->app);
    for (size_t i = 0; i < input->rows.n_rows; i++)
        out->tokens[i].weight = 1;
    TRY(tokens_of_manifest(report, input, out));
    if (out->n == 0 && tokenizer != NULL)
        TRY(tokens_of_prompt(report, input, tokenizer, out));
    return name_tokens(report, tokenizer, out);
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

/* A column of strokes says nothing: ids and texts stand there where they are known. */
static bool has_texts(const struct token_list *list)
{
    return list->n > 0 && list->tokens[0].text != NULL;
}

static void put_id(struct builder *out, const struct token_list *list, size_t i)
{
    if (list->n == 0)
        return;
    if (i < list->n)
        html_cell(out, "%d", (int)list->tokens[i].id);
    else
        html_cell(out, "-");
}

static void put_token(struct report *report, const struct token_list *list, size_t i)
{
    struct builder *out = &report->out;
    const char *text = i < list->n ? list->tokens[i].text : NULL;

    put_id(out, list, i);
    if (has_texts(list))
        html_text_cell(out, text == NULL ? "-" : text, text == NULL ? 1 : strlen(text));
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
static void put_pads(struct report *report, const struct token_list *list,
                     const struct row_curves *curves, size_t begin, size_t end)
{
    struct builder *out = &report->out;

    html_row(out, true);
    if (end == begin + 1)
        html_cell(out, "%zu", begin);
    else
        html_cell(out, "%zu to %zu", begin, end - 1);
    put_id(out, list, begin);
    if (has_texts(list))
        html_text_cell(out, "-", 1);
    if (list->has_weights)
        html_cell(out, "1");
    html_text_cell(out, "pad", 3);
    put_extent(out, 2, curves->norm, begin, end);
    put_extent(out, 3, curves->eos, begin, end);
    put_extent(out, 3, curves->bos, begin, end);
    html_row_end(out);
}

/* Behind the pads that stand from i on; i: none do. */
static size_t end_of_pads(const pw_rows *rows, size_t i)
{
    while (i < rows->n_rows && rows->roles[i] == PW_ROW_PAD)
        i++;
    return i;
}

static void open_table(struct builder *out, const struct token_list *list)
{
    const char *titles[8] = {"position"};
    size_t n = 1;

    if (list->n > 0)
        titles[n++] = "id";
    if (has_texts(list))
        titles[n++] = "<token";
    if (list->has_weights)
        titles[n++] = "weight";
    titles[n++] = "<role";
    titles[n++] = "norm";
    titles[n++] = "cos to EOS";
    titles[n++] = "cos to BOS";
    html_table(out, list->n > 0 ? "Tokens and their rows" : "Rows by position", titles, n);
}

static void put_table(struct report *report, const struct pads_input *input,
                      const struct token_list *list, const struct row_curves *curves)
{
    struct builder *out = &report->out;
    const size_t n = input->rows.n_rows;
    const bool is_tall = input->n_real > TALL;

    if (is_tall)
        builder_text(out, "<div class=\"tall\">\n");
    open_table(out, list);
    for (size_t i = 0; i < n;) {
        const size_t end = end_of_pads(&input->rows, i);

        if (end > i) {
            put_pads(report, list, curves, i, end);
            i = end;
            continue;
        }
        html_row(out, false);
        html_cell(out, "%zu", i);
        put_token(report, list, i);
        put_row(report, input, curves, i++);
        html_row_end(out);
    }
    html_table_end(out);
    if (is_tall)
        builder_text(out, "</div>\n");
}

int report_tokens(struct report *report, size_t i)
{
    const struct pads_input *input = &report->pads.inputs[i];
    struct token_list list;
    struct row_curves curves;

    if (input->n_real == 0) {
        builder_text(&report->out,
                     "<p>Which rows are words and which are pads is not known: "
                     "<code>--n-real N</code> or <code>--tokenizer DIR</code> says it.</p>\n");
        return DONE;
    }
    if (!find_kept(report, i, &list))
        TRY(read_tokens(report, input, &list));
    TRY(measure(report, &input->rows, &curves));
    put_table(report, input, &list, &curves);
    if (list.n_cut > 0)
        builder_format(&report->out,
                       "<p>The prompt is longer than these rows: %zu token%s at its end %s cut "
                       "off, and nothing here shows them.</p>\n",
                       list.n_cut, list.n_cut == 1 ? "" : "s", list.n_cut == 1 ? "is" : "are");
    if (input->path != NULL && (list.n == 0 || list.tokens[0].text == NULL))
        builder_text(&report->out, "<p class=\"soft\">The tokens' texts need the vocabulary of "
                                   "the model: <code>--tokenizer DIR</code>.</p>\n");
    return DONE;
}
