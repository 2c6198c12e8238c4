/* SPDX-License-Identifier: MIT */
/* The grammar of edits: one pass over the bytes, no tree. What a statement means for a sequence
 * is edit_select.c's, what it computes edit_apply.c's. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "conditioning/edit.h"
#include "formats/json.h"

#define INTEGER_MAX UINT32_MAX

struct parser {
    pw_edits *edits;
    const char *text;
    size_t size, i;
    pwi_buf scratch; /* a source's text while it is read */
    pw_error *err;
};

/* ---- Bytes, words, numbers. */

static pw_status expected(const struct parser *parser, size_t at, const char *what)
{
    char quoted[PWI_QUOTE_SIZE];
    size_t size = 0;

    if (at >= parser->size)
        return pwi_fail_at(parser->err, PW_ERR_ARGUMENT, at,
                           "byte %zu of the edit: the text ends where %s is expected", at,
                           what);
    while (at + size < parser->size && size < 40 &&
           strchr(" \t\n;", parser->text[at + size]) == NULL)
        size++;
    return pwi_fail_at(parser->err, PW_ERR_ARGUMENT, at, "byte %zu of the edit: %s is not %s",
                       at, pwi_quote(quoted, parser->text + at, size == 0 ? 1 : size), what);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

static void skip_space(struct parser *parser)
{
    while (parser->i < parser->size && is_space(parser->text[parser->i]))
        parser->i++;
}

/* The byte behind blank space; NUL, which no text holds, at the end. */
static char peek(struct parser *parser)
{
    skip_space(parser);
    return parser->i < parser->size ? parser->text[parser->i] : '\0';
}

static bool take_byte(struct parser *parser, char c)
{
    if (peek(parser) != c)
        return false;
    parser->i++;
    return true;
}

static size_t word_size(const struct parser *parser)
{
    size_t size = 0;

    while (parser->i + size < parser->size && is_letter(parser->text[parser->i + size]))
        size++;
    return size;
}

/* Take the next word if it is this one. */
static bool take_word(struct parser *parser, const char *word)
{
    skip_space(parser);
    if (word_size(parser) != strlen(word) ||
        memcmp(parser->text + parser->i, word, strlen(word)) != 0)
        return false;
    parser->i += strlen(word);
    return true;
}

static pw_status need_word(struct parser *parser, const char *word)
{
    char what[32];

    if (take_word(parser, word))
        return PW_OK;
    snprintf(what, sizeof(what), "\"%s\"", word);
    return expected(parser, parser->i, what);
}

static pw_status need_integer(struct parser *parser, const char *what, uint32_t *value)
{
    uint64_t sum = 0;
    size_t begin;

    peek(parser);
    begin = parser->i;
    while (parser->i < parser->size && is_digit(parser->text[parser->i])) {
        sum = sum * 10 + (uint64_t)(parser->text[parser->i++] - '0');
        if (sum > INTEGER_MAX)
            return pwi_fail_at(parser->err, PW_ERR_LIMIT, begin,
                               "byte %zu of the edit: the number is over %lu", begin,
                               (unsigned long)INTEGER_MAX);
    }
    if (parser->i == begin)
        return expected(parser, begin, what);
    *value = (uint32_t)sum;
    return PW_OK;
}

static void skip_digits(struct parser *parser)
{
    while (parser->i < parser->size && is_digit(parser->text[parser->i]))
        parser->i++;
}

static bool skip_if(struct parser *parser, const char *bytes)
{
    const bool is_there = parser->i < parser->size && parser->text[parser->i] != '\0' &&
                          strchr(bytes, parser->text[parser->i]) != NULL;

    parser->i += is_there;
    return is_there;
}

/* A decimal in JSON's grammar. NaN and infinity have no spelling in it. */
static pw_status need_number(struct parser *parser, double *value)
{
    size_t begin, digits;

    peek(parser);
    begin = parser->i;
    skip_if(parser, "-");
    digits = parser->i;
    skip_digits(parser);
    if (parser->i == digits || (parser->text[digits] == '0' && parser->i > digits + 1))
        return expected(parser, begin, "a number such as 0.5 or -1e-3");
    if (parser->i + 1 < parser->size && parser->text[parser->i] == '.' &&
        is_digit(parser->text[parser->i + 1])) {
        parser->i++;
        skip_digits(parser);
    }
    if (skip_if(parser, "eE")) {
        skip_if(parser, "+-");
        digits = parser->i;
        skip_digits(parser);
        if (parser->i == digits)
            return expected(parser, begin, "a number such as 0.5 or -1e-3");
    }
    if (parser->i < parser->size &&
        (is_letter(parser->text[parser->i]) || parser->text[parser->i] == '.'))
        return expected(parser, begin, "a number such as 0.5 or -1e-3");
    *value = pwi_decimal_to_f64(parser->text + begin, parser->i - begin);
    if (!isfinite(*value))
        return pwi_fail_at(parser->err, PW_ERR_ARGUMENT, begin,
                           "byte %zu of the edit: the number is over the largest f64", begin);
    return PW_OK;
}

/* ---- Rows. */

#define ROWS_EXPECTED                                                                          \
    "rows (all, bos, eos, words, pads, 12, 12..20, first 3 of pads, last 5 of words, nearest " \
    "70% of pads to eos)"

static bool take_set(struct parser *parser, pw_edit_rows_kind *kind)
{
    static const struct {
        const char *name;
        pw_edit_rows_kind kind;
    } sets[] = {{"all", PW_EDIT_ROWS_ALL},
                {"bos", PW_EDIT_ROWS_BOS},
                {"eos", PW_EDIT_ROWS_EOS},
                {"words", PW_EDIT_ROWS_WORDS},
                {"pads", PW_EDIT_ROWS_PADS}};

    for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
        if (take_word(parser, sets[i].name)) {
            *kind = sets[i].kind;
            return true;
        }
    return false;
}

static pw_status need_set(struct parser *parser, pw_edit_rows *rows)
{
    PWI_TRY(need_word(parser, "of"));
    if (!take_set(parser, &rows->kind))
        return expected(parser, parser->i, "all, bos, eos, words or pads");
    return PW_OK;
}

static pw_status parse_range(struct parser *parser, pw_edit_rows *rows)
{
    const size_t begin = parser->i;
    uint32_t first = 0, last;

    rows->kind = PW_EDIT_ROWS_RANGE;
    PWI_TRY(need_integer(parser, "a row's number", &first));
    last = first;
    if (peek(parser) == '.') {
        if (parser->size - parser->i < 2 || parser->text[parser->i + 1] != '.')
            return expected(parser, parser->i, "\"..\" (rows are whole numbers)");
        parser->i += 2;
        PWI_TRY(need_integer(parser, "the number of the last row", &last));
    }
    if (last < first)
        return pwi_fail_at(
            parser->err, PW_ERR_ARGUMENT, begin,
            "byte %zu of the edit: rows %lu..%lu run backwards; the lower comes first", begin,
            (unsigned long)first, (unsigned long)last);
    rows->first = first;
    rows->last = last;
    return PW_OK;
}

static pw_status parse_nearest(struct parser *parser, pw_edit_rows *rows)
{
    size_t begin;

    rows->part = PW_EDIT_NEAREST;
    peek(parser);
    begin = parser->i;
    PWI_TRY(need_number(parser, &rows->percent));
    if (rows->percent < 0.0 || rows->percent > 100.0)
        return expected(parser, begin, "a percentage from 0 to 100");
    if (!take_byte(parser, '%'))
        return expected(parser, parser->i, "\"%\"");
    PWI_TRY(need_set(parser, rows));
    PWI_TRY(need_word(parser, "to"));
    return need_word(parser, "eos");
}

static pw_status parse_rows(struct parser *parser, pw_edit_rows *rows)
{
    uint32_t n = 0;

    if (is_digit(peek(parser)))
        return parse_range(parser, rows);
    if (take_set(parser, &rows->kind))
        return PW_OK;
    if (take_word(parser, "nearest"))
        return parse_nearest(parser, rows);
    if (take_word(parser, "first"))
        rows->part = PW_EDIT_FIRST;
    else if (take_word(parser, "last"))
        rows->part = PW_EDIT_LAST;
    else
        return expected(parser, parser->i, ROWS_EXPECTED);
    PWI_TRY(need_integer(parser, "a number of rows", &n));
    rows->n = n;
    return need_set(parser, rows);
}

/* ---- Sources. */

static pw_status keep_source(struct parser *parser, pw_edit *edit, pw_edit_source_kind kind)
{
    if (parser->scratch.failed)
        return pwi_fail_memory(parser->err);
    edit->source.kind = kind;
    edit->source.size = parser->scratch.size;
    edit->source.text =
        pwi_arena_string(&parser->edits->arena, parser->scratch.data, parser->scratch.size);
    return edit->source.text == NULL ? pwi_fail_memory(parser->err) : PW_OK;
}

static pw_status parse_quoted(struct parser *parser, pw_edit *edit)
{
    const size_t begin = parser->i;
    const char quote = parser->text[parser->i++];

    for (; parser->i < parser->size && parser->text[parser->i] != quote; parser->i++) {
        if (parser->text[parser->i] == '\\' && parser->i + 1 < parser->size)
            parser->i++;
        pwi_buf_byte(&parser->scratch, parser->text[parser->i]);
    }
    if (parser->i == parser->size)
        return pwi_fail_at(parser->err, PW_ERR_ARGUMENT, begin,
                           "byte %zu of the edit: the quoted prompt has no closing %c", begin,
                           quote);
    parser->i++;
    return keep_source(parser, edit, PW_EDIT_SOURCE_PROMPT);
}

static pw_status parse_source(struct parser *parser, pw_edit *edit)
{
    const char first = peek(parser);
    size_t begin = parser->i;

    pwi_buf_clear(&parser->scratch);
    pwi_buf_append(&parser->scratch, "", 0);
    if (first == '"' || first == '\'')
        return parse_quoted(parser, edit);
    for (; parser->i < parser->size; parser->i++) {
        const char c = parser->text[parser->i];

        if (is_space(c) || c == ';')
            break;
        if (c == '\\' && parser->i + 1 < parser->size)
            parser->i++;
        pwi_buf_byte(&parser->scratch, parser->text[parser->i]);
    }
    if (parser->scratch.size == 0 && !parser->scratch.failed)
        return expected(parser, begin, "a file or a prompt in quotes");
    return keep_source(parser, edit, PW_EDIT_SOURCE_FILE);
}

/* ---- Operations. */

static pw_status parse_x(struct parser *parser, pw_edit *edit)
{
    return need_number(parser, &edit->x);
}

static pw_status parse_noise(struct parser *parser, pw_edit *edit)
{
    size_t begin;

    peek(parser);
    begin = parser->i;
    PWI_TRY(need_number(parser, &edit->x));
    if (edit->x < 0.0)
        return expected(parser, begin, "a standard deviation (0 or more)");
    PWI_TRY(need_word(parser, "seed"));
    return need_integer(parser, "a seed from 0 to 4294967295", &edit->seed);
}

static pw_status parse_add(struct parser *parser, pw_edit *edit)
{
    if (!take_word(parser, "noise"))
        return parse_x(parser, edit);
    edit->operation = PW_EDIT_ADD_NOISE;
    return parse_noise(parser, edit);
}

static pw_status parse_from(struct parser *parser, pw_edit *edit)
{
    PWI_TRY(parse_source(parser, edit));
    if (!take_word(parser, "by") || take_word(parser, "position"))
        return PW_OK;
    edit->is_by_eos = take_word(parser, "eos");
    return edit->is_by_eos ? PW_OK : expected(parser, parser->i, "\"position\" or \"eos\"");
}

static pw_status parse_lerp(struct parser *parser, pw_edit *edit)
{
    PWI_TRY(need_number(parser, &edit->x));
    PWI_TRY(need_word(parser, "to"));
    return parse_source(parser, edit);
}

static pw_status parse_id(struct parser *parser, pw_edit *edit)
{
    const size_t begin = parser->i;
    uint32_t id = 0;

    PWI_TRY(need_integer(parser, "a token's id", &id));
    if (id > INT32_MAX)
        return expected(parser, begin, "a token's id");
    edit->id = (int32_t)id;
    return PW_OK;
}

static const struct {
    const char *name;
    pw_edit_operation operation;
    pw_edit_source_kind source;
    pw_status (*parse)(struct parser *parser, pw_edit *edit); /* NULL: nothing follows */
} operations[] = {
    {"zero", PW_EDIT_ZERO, PW_EDIT_SOURCE_NONE, NULL},
    {"mean", PW_EDIT_MEAN, PW_EDIT_SOURCE_NONE, NULL},
    {"constant", PW_EDIT_CONSTANT, PW_EDIT_SOURCE_NONE, parse_x},
    {"scale", PW_EDIT_SCALE, PW_EDIT_SOURCE_NONE, parse_x},
    {"add", PW_EDIT_ADD, PW_EDIT_SOURCE_NONE, parse_add},
    {"invert", PW_EDIT_INVERT, PW_EDIT_SOURCE_NONE, NULL},
    {"noise", PW_EDIT_NOISE, PW_EDIT_SOURCE_NONE, parse_noise},
    {"clean", PW_EDIT_CLEAN, PW_EDIT_SOURCE_CLEAN, NULL},
    {"clean-empty", PW_EDIT_CLEAN_EMPTY, PW_EDIT_SOURCE_CLEAN_EMPTY, NULL},
    {"eos", PW_EDIT_EOS, PW_EDIT_SOURCE_NONE, NULL},
    {"from", PW_EDIT_FROM, PW_EDIT_SOURCE_NONE, parse_from},
    {"swap", PW_EDIT_SWAP, PW_EDIT_SOURCE_NONE, parse_source},
    {"lerp", PW_EDIT_LERP, PW_EDIT_SOURCE_NONE, parse_lerp},
    {"damp", PW_EDIT_DAMP, PW_EDIT_SOURCE_NONE, NULL},
    {"id", PW_EDIT_ID, PW_EDIT_SOURCE_NONE, parse_id},
};

#define OPERATION_EXPECTED                                                                     \
    "an operation (zero, mean, constant X, scale X, add X, invert, noise SIGMA seed N, "       \
    "clean, clean-empty, eos, from SOURCE, swap SOURCE, lerp X to SOURCE, damp, id N)"

static pw_status parse_operation(struct parser *parser, pw_edit *edit)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
        if (!take_word(parser, operations[i].name))
            continue;
        edit->operation = operations[i].operation;
        edit->source = (pw_edit_source){operations[i].source, "", 0};
        return operations[i].parse == NULL ? PW_OK : operations[i].parse(parser, edit);
    }
    return expected(parser, parser->i, OPERATION_EXPECTED);
}

static pw_status check_order(const struct parser *parser, const pw_edit *edit, size_t begin)
{
    const pw_edits *edits = parser->edits;

    if (edit->operation != PW_EDIT_ID || edits->n == 0 ||
        edits->items[edits->n - 1].operation == PW_EDIT_ID)
        return PW_OK;
    return pwi_fail_at(parser->err, PW_ERR_ARGUMENT, begin,
                       "byte %zu of the edit: id acts before the encoder: put it before the "
                       "statements that act behind it",
                       begin);
}

static pw_status keep_statement(struct parser *parser, const pw_edit *edit)
{
    pw_edits *edits = parser->edits;

    if (edits->n == PW_EDITS_MAX)
        return PWI_FAIL(parser->err, PW_ERR_LIMIT, "the edit has more than %d statements",
                        PW_EDITS_MAX);
    if (edits->n == edits->capacity) {
        const size_t capacity = edits->capacity == 0 ? 4 : 2 * edits->capacity;
        pw_edit *grown = pwi_grow_array(&edits->ctx->allocator, edits->items, edits->n,
                                        capacity, sizeof(*grown));

        if (grown == NULL)
            return pwi_fail_memory(parser->err);
        edits->items = grown;
        edits->capacity = capacity;
    }
    edits->items[edits->n++] = *edit;
    return PW_OK;
}

static pw_status parse_statement(struct parser *parser)
{
    pw_edit edit = {.id = -1};
    size_t begin;

    peek(parser);
    begin = parser->i;
    PWI_TRY(parse_rows(parser, &edit.rows));
    if (!take_byte(parser, ':'))
        return expected(parser, parser->i, "\":\" behind the rows");
    PWI_TRY(parse_operation(parser, &edit));
    if (peek(parser) != ';' && parser->i < parser->size)
        return expected(parser, parser->i, "\";\" or the end");
    PWI_TRY(check_order(parser, &edit, begin));
    return keep_statement(parser, &edit);
}

static pw_status parse_statements(struct parser *parser)
{
    do {
        PWI_TRY(parse_statement(parser));
    } while (take_byte(parser, ';') && peek(parser) != '\0');
    return PW_OK;
}

static pw_status check_bytes(const char *text, size_t size, pw_error *err)
{
    const size_t valid = pwi_utf8_valid_prefix(text, size);
    const char *nul = size == 0 ? NULL : memchr(text, '\0', size);

    if (size > PW_EDIT_TEXT_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "the edit has %zu bytes, over the limit of %u", size,
                        PW_EDIT_TEXT_MAX);
    if (valid < size)
        return pwi_fail_at(err, PW_ERR_UTF8, valid, "byte %zu of the edit: this is not UTF-8",
                           valid);
    if (nul != NULL)
        return pwi_fail_at(err, PW_ERR_ARGUMENT, (uint64_t)(nul - text),
                           "byte %zu of the edit: a NUL cannot stand in an edit",
                           (size_t)(nul - text));
    return PW_OK;
}

static pw_status parse_all(pw_edits *edits, const char *text, size_t size, pw_error *err)
{
    struct parser parser = {.edits = edits, .text = text, .size = size, .err = err};
    pw_status status;

    pwi_buf_init(&parser.scratch, &edits->ctx->allocator);
    status = parse_statements(&parser);
    pwi_buf_free(&parser.scratch);
    PWI_TRY(status);
    for (size_t i = 0; i < edits->n; i++) {
        pwi_buf_text(&edits->text, i > 0 ? "; " : "");
        pwi_edit_put(&edits->text, &edits->items[i]);
    }
    return edits->text.failed ? pwi_fail_memory(err) : PW_OK;
}

pw_status pw_edits_parse(pw_edits **out, pw_context *ctx, const char *text, size_t size,
                         pw_error *err)
{
    pw_edits *edits;
    pw_status status;

    *out = NULL;
    PWI_TRY(check_bytes(text, size, err));
    edits = PWI_NEW(&ctx->allocator, pw_edits);
    if (edits == NULL)
        return pwi_fail_memory(err);
    edits->ctx = pwi_context_keep(ctx);
    pwi_arena_init(&edits->arena, &ctx->allocator);
    pwi_buf_init(&edits->text, &ctx->allocator);
    status = parse_all(edits, text, size, err);
    if (status != PW_OK)
        pw_edits_free(edits);
    else
        *out = edits;
    return status;
}

void pw_edits_free(pw_edits *edits)
{
    pw_context *ctx;

    if (edits == NULL)
        return;
    ctx = edits->ctx;
    pwi_free_array(&ctx->allocator, edits->items, edits->capacity, sizeof(*edits->items));
    pwi_buf_free(&edits->text);
    pwi_arena_free(&edits->arena);
    PWI_DELETE(&ctx->allocator, edits);
    pw_context_free(ctx);
}

size_t pw_edits_n(const pw_edits *edits)
{
    return edits->n;
}

const pw_edit *pw_edits_at(const pw_edits *edits, size_t i)
{
    return i < edits->n ? &edits->items[i] : NULL;
}

const char *pw_edits_text(const pw_edits *edits)
{
    return edits->text.data;
}
