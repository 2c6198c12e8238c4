/* SPDX-License-Identifier: MIT */
/* Tokenizer cases: a text, and the ids that each tool makes of it, one column a tool. A column
 * holds ids or the name of another column with the same ids. Every column of a case counts by
 * itself; columns of tokenizers that are not built count as skipped. */
#include "run_cases.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <padwise/tokenizer.h>

#define N_COLUMNS_MAX 64
#define NAME_SIZE     64

/* Which of our modes a column is compared with. ftfy's repair of mojibake is a heuristic that
 * we leave out (docs/tokenizers.md): its cases are skipped in the columns that had it on. */
struct tool {
    const char *column;
    pw_tokenizer_mode mode;
    bool pad_bang, has_mojibake_repair;
};

static const struct tool tools[] = {
    {"clip_hf_fast", PW_TOKENIZER_HF_FAST, false, false},
    {"clip_hf_fast_padbang", PW_TOKENIZER_HF_FAST, true, false},
    {"clip_hf_slow_basic", PW_TOKENIZER_HF_SLOW, false, false},
    {"clip_hf_slow_basic_padbang", PW_TOKENIZER_HF_SLOW, true, false},
    {"clip_hf_slow_ftfy", PW_TOKENIZER_HF_SLOW_FTFY, false, true},
    {"clip_openai", PW_TOKENIZER_OPENAI, false, true},
    {"clip_openai_noenc", PW_TOKENIZER_OPENAI, false, false},
    {"clip_open_clip", PW_TOKENIZER_OPEN_CLIP, false, true},
};

#define N_TOOLS (sizeof(tools) / sizeof(tools[0]))

struct column {
    char name[NAME_SIZE];
    char same_as[NAME_SIZE]; /* "": ids are given */
    int64_t *ids;
    size_t n_ids;
    bool is_broken; /* holds something else */
};

struct token_case {
    char category[NAME_SIZE];
    char id[24];
    char *text; /* NULL: none was given, or not as hex digits */
    size_t size;
    struct column columns[N_COLUMNS_MAX];
    size_t n_columns;
};

struct runner {
    pw_context *ctx;
    pw_tokenizer *tokenizers[N_TOOLS];
    struct tally *tally;
    size_t n_not_built;
};

static void copy_name(char name[NAME_SIZE], const pwi_json *json)
{
    snprintf(name, NAME_SIZE, "%.*s", (int)(json->size < NAME_SIZE ? json->size : NAME_SIZE),
             json->text);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The current STRING's bytes, written as hex digits; NULL if it is something else. */
static char *read_hex(const pwi_json *json, size_t *size)
{
    char *bytes = json->size % 2 == 0 ? malloc(json->size / 2 + 1) : NULL;

    *size = json->size / 2;
    for (size_t i = 0; bytes != NULL && i < *size; i++) {
        const int high = hex_digit(json->text[2 * i]), low = hex_digit(json->text[2 * i + 1]);

        if (high < 0 || low < 0) {
            free(bytes);
            return NULL;
        }
        bytes[i] = (char)(high << 4 | low);
    }
    return bytes;
}

/* An array of ids, its ARRAY_BEGIN just read. */
static pw_status read_ids(pwi_json *json, struct column *column, pw_error *err)
{
    size_t capacity = 0;

    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_ARRAY_END)
            return PW_OK;
        if (column->n_ids == capacity) {
            int64_t *grown;

            capacity = capacity == 0 ? 32 : capacity * 2;
            grown = realloc(column->ids, capacity * sizeof(*grown));
            if (grown == NULL)
                return pwi_fail_memory(err);
            column->ids = grown;
        }
        if (pwi_json_i64(json, column->name, &column->ids[column->n_ids], NULL) == PW_OK)
            column->n_ids++;
        else
            column->is_broken = true;
        PWI_TRY(pwi_json_skip(json, err)); /* an array among the ids */
    }
}

/* A column, its KEY just read. */
static pw_status read_column(pwi_json *json, struct token_case *one, pw_error *err)
{
    struct column *column = &one->columns[one->n_columns];

    if (one->n_columns == N_COLUMNS_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "a case has more than %d columns", N_COLUMNS_MAX);
    memset(column, 0, sizeof(*column));
    one->n_columns++;
    copy_name(column->name, json);
    PWI_TRY(pwi_json_next(json, err));
    if (json->event == PWI_JSON_ARRAY_BEGIN)
        return read_ids(json, column, err);
    column->is_broken = json->event != PWI_JSON_STRING || json->size == 0;
    if (!column->is_broken)
        copy_name(column->same_as, json);
    return pwi_json_skip(json, err);
}

/* The case whose OBJECT_BEGIN was just read, to its end. utf8_hex is the text, byte for byte;
 * "text" is for people. */
static pw_status read_case(pwi_json *json, struct token_case *one, pw_error *err)
{
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        if (pwi_json_is(json, "cat")) {
            PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, "\"cat\"", err));
            copy_name(one->category, json);
        } else if (pwi_json_is(json, "utf8_hex")) {
            PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, "\"utf8_hex\"", err));
            one->text = read_hex(json, &one->size);
        } else if (strncmp(json->text, "clip_", 5) == 0 ||
                   strncmp(json->text, "bert_", 5) == 0 || strncmp(json->text, "t5_", 3) == 0) {
            PWI_TRY(read_column(json, one, err));
        } else {
            PWI_TRY(pwi_json_skip(json, err));
        }
    }
}

static void free_case(struct token_case *one)
{
    for (size_t i = 0; i < one->n_columns; i++)
        free(one->columns[i].ids);
    free(one->text);
}

/* The column that holds the ids, or NULL where the names lead nowhere or in a circle. */
static const struct column *resolve(const struct token_case *one, const struct column *column)
{
    for (size_t n_steps = 0; column != NULL && n_steps <= one->n_columns; n_steps++) {
        const struct column *next = NULL;

        if (column->same_as[0] == '\0')
            return column;
        for (size_t i = 0; i < one->n_columns && next == NULL; i++)
            if (strcmp(one->columns[i].name, column->same_as) == 0)
                next = &one->columns[i];
        column = next;
    }
    return NULL;
}

/* "49406 320 ... (12 ids)", around the first difference. */
static void describe(char out[160], const int64_t *ids, size_t n, size_t from)
{
    size_t used = 0;

    for (size_t i = from; i < n && i < from + 5; i++)
        used += (size_t)snprintf(out + used, 160 - used, "%" PRId64 " ", ids[i]);
    snprintf(out + used, 160 - used, "%s(%zu ids)", n > from + 5 ? "... " : "", n);
}

static void compare(struct runner *runner, const struct token_case *one,
                    const struct column *column, const struct column *expected,
                    const pw_tokens *tokens)
{
    int64_t *ids = calloc(tokens->n_tokens + 1, sizeof(*ids));
    char got_text[160], expected_text[160], quoted[PWI_QUOTE_SIZE];
    size_t i = 0;

    for (size_t k = 0; ids != NULL && k < tokens->n_tokens; k++)
        ids[k] = tokens->ids[k];
    while (ids != NULL && i < tokens->n_tokens && i < expected->n_ids &&
           ids[i] == expected->ids[i])
        i++;
    if (ids != NULL && i == tokens->n_tokens && i == expected->n_ids) {
        case_passed(runner->tally);
    } else if (ids != NULL) {
        describe(got_text, ids, tokens->n_tokens, i);
        describe(expected_text, expected->ids, expected->n_ids, i);
        case_failed(
            runner->tally, one->id, column->name, "%s (%s): from id %zu on expected %s, got %s",
            pwi_quote(quoted, one->text, one->size), one->category, i, expected_text, got_text);
    } else {
        case_failed(runner->tally, one->id, column->name, "no memory");
    }
    free(ids);
}

static void run_tool(struct runner *runner, const struct token_case *one,
                     const struct column *column, size_t i_tool)
{
    const struct column *expected = resolve(one, column);
    pw_tokens tokens;
    pw_error err;

    if (one->text == NULL || expected == NULL || expected->is_broken) {
        case_failed(runner->tally, one->id, column->name, "%s",
                    one->text == NULL ? "the case has no \"utf8_hex\" of hex digits"
                                      : "holds no ids, and no name of a column with ids");
        return;
    }
    if (pw_tokenizer_encode(runner->tokenizers[i_tool], one->text, one->size, &tokens, &err) !=
        PW_OK) {
        case_failed(runner->tally, one->id, column->name, "%s", err.text);
        return;
    }
    compare(runner, one, column, expected, &tokens);
    pw_tokens_free(&tokens);
}

static void run_column(struct runner *runner, const struct token_case *one,
                       const struct column *column)
{
    size_t i_tool = 0;

    if (!case_is_wanted(runner->tally, one->id, column->name))
        return;
    while (i_tool < N_TOOLS && strcmp(tools[i_tool].column, column->name) != 0)
        i_tool++;
    if (i_tool == N_TOOLS) {
        runner->n_not_built++;
        runner->tally->n_skipped++;
    } else if (tools[i_tool].has_mojibake_repair && strcmp(one->category, "mojibake") == 0) {
        case_skipped(runner->tally, one->id, column->name,
                     "ftfy's mojibake repair is left out on purpose");
    } else {
        run_tool(runner, one, column, i_tool);
    }
}

/* With the vocabulary that the case file is for: the built-in one, or CLIP's of ../shared. */
static pw_status open_tokenizer(struct runner *runner, size_t i_tool, bool is_builtin,
                                pw_error *err)
{
    const char *shared = getenv("PADWISE_SHARED");
    pw_tokenizer_options options;
    char path[4096];

    pw_tokenizer_options_init(&options);
    options.mode = tools[i_tool].mode;
    options.pad_bang = tools[i_tool].pad_bang ? PW_PAD_BANG_ON : PW_PAD_BANG_OFF;
    if (is_builtin)
        return pw_tokenizer_open_builtin(&runner->tokenizers[i_tool], runner->ctx, &options,
                                         err);
    snprintf(path, sizeof(path), "%s/data/tokenizers/clip",
             shared != NULL ? shared : "../shared");
    return pw_tokenizer_open(&runner->tokenizers[i_tool], runner->ctx, path, &options, err);
}

static bool open_tokenizers(struct runner *runner, const char *vocabulary)
{
    const bool is_builtin = strcmp(vocabulary, "builtin") == 0;
    pw_error err;

    if (!is_builtin && vocabulary[0] != '\0') {
        case_failed(runner->tally, "-", "meta", "the vocabulary %s is not known", vocabulary);
        return false;
    }
    if (pw_context_create(&runner->ctx, NULL, &err) != PW_OK) {
        case_failed(runner->tally, "-", "context", "%s", err.text);
        return false;
    }
    for (size_t i = 0; i < N_TOOLS; i++) {
        if (open_tokenizer(runner, i, is_builtin, &err) != PW_OK) {
            case_failed(runner->tally, "-", tools[i].column, "%s: %s", err.where, err.text);
            return false;
        }
    }
    return true;
}

static void run_file(struct runner *runner, struct case_file *file, const char *path)
{
    for (size_t number = 1; case_file_next(file, path, runner->tally); number++) {
        struct token_case one = {.n_columns = 0};
        pw_error err;
        const pw_status status = read_case(&file->json, &one, &err);

        snprintf(one.id, sizeof(one.id), "%zu", number);
        if (status != PW_OK)
            case_failed(runner->tally, one.id, path, "cannot be read: %s", err.text);
        for (size_t i = 0; status == PW_OK && i < one.n_columns; i++)
            run_column(runner, &one, &one.columns[i]);
        free_case(&one);
        if (status != PW_OK)
            return; /* the reader stands inside the case */
    }
}

void run_cases_tokenizer(const char *path, struct tally *tally)
{
    struct runner runner = {.tally = tally};
    struct case_file file;

    if (case_file_open(&file, path, tally) &&
        (tally->list || open_tokenizers(&runner, file.vocabulary)))
        run_file(&runner, &file, path);
    case_file_close(&file);
    if (runner.n_not_built > 0)
        printf("skipped %zu columns of tokenizers that are not built yet (bert_*, t5_*)\n",
               runner.n_not_built);
    for (size_t i = 0; i < N_TOOLS; i++)
        pw_tokenizer_free(runner.tokenizers[i]);
    pw_context_free(runner.ctx);
}
