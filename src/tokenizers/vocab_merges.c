/* SPDX-License-Identifier: MIT */
/* Merges of a tokenizer in the making: each names two tokens, and a third one that they become.
 * They come one by one (tokenizer.json) or as the lines of a merges.txt. */
#include <string.h>

#include "tokenizers/vocab.h"

/* What a merge takes in a merges.txt, about. */
#define LINE_SIZE 10

/* A merge as its line says it: the space stands at `middle`. */
struct line {
    const char *text;
    size_t size, middle;
    size_t number; /* for messages: which merge */
};

pw_status pwi_merging_init(pwi_merging *merging, pw_tokenizer *tokenizer, bool derive, size_t n,
                           pw_error *err)
{
    *merging = (pwi_merging){.tokenizer = tokenizer, .derive = derive, .product = -1};
    if (n > PW_VOCAB_MAX)
        n = PW_VOCAB_MAX;
    if (derive)
        PWI_TRY(pwi_vocab_reserve(tokenizer, (size_t)tokenizer->n_vocab + n, err));
    return pwi_merges_reserve(&tokenizer->merges, n) ? PW_OK : pwi_fail_memory(err);
}

/* The id of a merge's part or product. */
static pw_status find_part(const pw_tokenizer *tokenizer, const struct line *line,
                           const char *what, const char *text, size_t size, int32_t *id,
                           pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE], whole[PWI_QUOTE_SIZE];

    *id = pwi_vocab_find(tokenizer, text, size);
    if (*id < 0)
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "merge %zu is %s, but the vocabulary has no %s %s: vocabulary and "
                        "merges are not of one tokenizer",
                        line->number, pwi_quote(whole, line->text, line->size), what,
                        pwi_quote(quoted, text, size));
    return PW_OK;
}

/* The text of a merge's product, in the arena; NULL when memory is out. */
static const char *join(pw_tokenizer *tokenizer, const struct line *line)
{
    char *text = pwi_arena_alloc(&tokenizer->arena, line->size);

    if (text == NULL)
        return NULL;
    memcpy(text, line->text, line->middle);
    memcpy(text + line->middle, line->text + line->middle + 1, line->size - line->middle - 1);
    text[line->size - 1] = '\0';
    return text;
}

/* Whether a token is a merge's product. */
static bool is_product(const pwi_vocab_text *token, const struct line *line)
{
    const size_t middle = line->middle;

    return token->size + 1 == line->size && memcmp(token->text, line->text, middle) == 0 &&
           memcmp(token->text + middle, line->text + middle + 1, token->size - middle) == 0;
}

/* Nearly all vocabularies have the products in the order of the merges, so the id after the
 * last one is tried first. */
static pw_status find_product(pwi_merging *merging, const struct line *line, pw_error *err)
{
    pw_tokenizer *tokenizer = merging->tokenizer;
    const int32_t next = merging->product + 1;
    const char *text;

    if (next < tokenizer->n_vocab && is_product(&tokenizer->texts[next], line)) {
        merging->product = next;
        return PW_OK;
    }
    text = join(tokenizer, line);
    return text == NULL ? pwi_fail_memory(err)
                        : find_part(tokenizer, line, "product", text, line->size - 1,
                                    &merging->product, err);
}

/* A new token with the next id. */
static pw_status make_product(pwi_merging *merging, const struct line *line, pw_error *err)
{
    pw_tokenizer *tokenizer = merging->tokenizer;
    const char *text = join(tokenizer, line);
    char quoted[PWI_QUOTE_SIZE];

    if (text == NULL)
        return pwi_fail_memory(err);
    if (pwi_vocab_find(tokenizer, text, line->size - 1) >= 0)
        return PWI_FAIL(err, PW_ERR_DUPLICATE,
                        "merge %zu makes %s a second time: without a vocab.json its id is not "
                        "known",
                        line->number, pwi_quote(quoted, text, line->size - 1));
    merging->product = tokenizer->n_vocab;
    return pwi_vocab_add_kept(tokenizer, text, line->size - 1, merging->product, err);
}

static pw_status add_line(pwi_merging *merging, const struct line *line, pw_error *err)
{
    pw_tokenizer *tokenizer = merging->tokenizer;
    char quoted[PWI_QUOTE_SIZE];
    int32_t left, right;
    bool added;

    PWI_TRY(find_part(tokenizer, line, "part", line->text, line->middle, &left, err));
    PWI_TRY(find_part(tokenizer, line, "part", line->text + line->middle + 1,
                      line->size - line->middle - 1, &right, err));
    PWI_TRY(merging->derive ? make_product(merging, line, err)
                            : find_product(merging, line, err));
    if (!pwi_merges_add(&tokenizer->merges, left, right, (uint32_t)tokenizer->merges.n_used,
                        merging->product, &added))
        return pwi_fail_memory(err);
    if (!added)
        return PWI_FAIL(err, PW_ERR_DUPLICATE,
                        "merge %zu, %s, stands in the list a second time", line->number,
                        pwi_quote(quoted, line->text, line->size));
    return PW_OK;
}

/* Just one space, with something on both sides. */
static pw_status split_line(struct line *line, pw_error *err)
{
    const char *space = memchr(line->text, ' ', line->size);
    char quoted[PWI_QUOTE_SIZE];

    line->middle = space == NULL ? 0 : (size_t)(space - line->text);
    if (line->middle == 0 || line->middle + 1 == line->size ||
        memchr(space + 1, ' ', line->size - line->middle - 1) != NULL)
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "merge %zu is %s; a merge is two symbols with one space between them",
                        line->number, pwi_quote(quoted, line->text, line->size));
    return PW_OK;
}

pw_status pwi_merging_add(pwi_merging *merging, const char *text, size_t size, pw_error *err)
{
    struct line line = {.text = text, .size = size, .number = ++merging->n};

    if (line.number > PW_VOCAB_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "there are more than %d merges", PW_VOCAB_MAX);
    PWI_TRY(split_line(&line, err));
    return add_line(merging, &line, err);
}

/* The line at *at, its size without its end, and *at behind it. */
static const char *next_line(const char *lines, size_t size, size_t *at, size_t *line_size)
{
    const char *line = lines + *at, *end = memchr(line, '\n', size - *at);

    *line_size = end == NULL ? size - *at : (size_t)(end - line);
    *at += *line_size + (end != NULL);
    if (*line_size > 0 && line[*line_size - 1] == '\r')
        --*line_size;
    return line;
}

pw_status pwi_vocab_add_merges(pw_tokenizer *tokenizer, const char *lines, size_t size,
                               bool derive, size_t n_max, pw_error *err)
{
    const size_t n_expected = size / LINE_SIZE;
    pwi_merging merging;

    PWI_TRY(pwi_merging_init(&merging, tokenizer, derive,
                             n_expected < n_max ? n_expected : n_max, err));
    for (size_t at = 0; at < size && merging.n < n_max;) {
        size_t line_size;
        const char *line = next_line(lines, size, &at, &line_size);

        PWI_TRY(pwi_merging_add(&merging, line, line_size, err));
    }
    return PW_OK;
}

static bool contains(const char *bytes, size_t size, const char *text)
{
    const size_t text_size = strlen(text);

    for (size_t i = 0; i + text_size <= size; i++)
        if (memcmp(bytes + i, text, text_size) == 0)
            return true;
    return false;
}

void pwi_merges_trim(const char **lines, size_t *size)
{
    size_t begin = 0, first_size;
    const char *first = next_line(*lines, *size, &begin, &first_size);

    if (contains(first, first_size, "#version")) {
        *lines += begin;
        *size -= begin;
    }
    while (*size > 0 && ((*lines)[*size - 1] == '\n' || (*lines)[*size - 1] == '\r'))
        --*size;
}
