/* SPDX-License-Identifier: MIT */
/* Tokens and merges of a tokenizer in the making. */
#include "tokenizers/vocab.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "tokenizers/byte_symbols.h"

pw_status pwi_tokenizer_new(pw_tokenizer **out, pw_context *ctx, pw_error *err)
{
    pw_tokenizer *tokenizer = PWI_NEW(&ctx->allocator, pw_tokenizer);

    *out = tokenizer;
    if (tokenizer == NULL)
        return pwi_fail_memory(err);
    tokenizer->ctx = pwi_context_keep(ctx);
    pwi_arena_init(&tokenizer->arena, &ctx->allocator);
    pwi_map_init(&tokenizer->by_text, &ctx->allocator);
    pwi_merges_init(&tokenizer->merges, &ctx->allocator);
    pwi_word_table_init(&tokenizer->words, &ctx->allocator);
    pwi_matcher_init(&tokenizer->raw_matcher, &ctx->allocator);
    pwi_matcher_init(&tokenizer->cleaned_matcher, &ctx->allocator);
    tokenizer->bos_id = tokenizer->eos_id = tokenizer->pad_id = tokenizer->unk_id = -1;
    return PW_OK;
}

void pw_tokenizer_free(pw_tokenizer *tokenizer)
{
    pw_context *ctx;

    if (tokenizer == NULL)
        return;
    ctx = tokenizer->ctx;
    pwi_matcher_free(&tokenizer->raw_matcher);
    pwi_matcher_free(&tokenizer->cleaned_matcher);
    pwi_free_array(&ctx->allocator, tokenizer->added, tokenizer->added_capacity,
                   sizeof(*tokenizer->added));
    pwi_free_array(&ctx->allocator, tokenizer->merge_lines, tokenizer->merge_lines_capacity,
                   sizeof(*tokenizer->merge_lines));
    pwi_word_table_free(&tokenizer->words);
    pwi_merges_free(&tokenizer->merges);
    pwi_map_free(&tokenizer->by_text);
    pwi_free_array(&ctx->allocator, tokenizer->texts, (size_t)tokenizer->texts_capacity,
                   sizeof(*tokenizer->texts));
    pwi_arena_free(&tokenizer->arena);
    PWI_DELETE(&ctx->allocator, tokenizer);
    pw_context_free(ctx);
}

/* Room for an id; new places are holes. Ids come in any order, and one that is far out costs at
 * most PW_VOCAB_MAX places. */
static bool reserve_texts(pw_tokenizer *tokenizer, int32_t id)
{
    int32_t capacity = tokenizer->texts_capacity == 0 ? 1024 : tokenizer->texts_capacity;
    pwi_vocab_text *texts;

    if (id < tokenizer->texts_capacity)
        return true;
    while (capacity <= id)
        capacity *= 2;
    texts = pwi_grow_array(&tokenizer->ctx->allocator, tokenizer->texts,
                           (size_t)tokenizer->texts_capacity, (size_t)capacity, sizeof(*texts));
    if (texts == NULL)
        return false;
    memset(texts + tokenizer->texts_capacity, 0,
           (size_t)(capacity - tokenizer->texts_capacity) * sizeof(*texts));
    tokenizer->texts = texts;
    tokenizer->texts_capacity = capacity;
    return true;
}

static pw_status check_token(const char *text, size_t size, int64_t id, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    if (size == 0)
        return PWI_FAIL(err, PW_ERR_FIELD, "the vocabulary has an empty token, id %" PRId64,
                        id);
    if (size > PW_TOKEN_BYTES_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "token %s has %zu bytes; a token may have %d",
                        pwi_quote(quoted, text, size), size, PW_TOKEN_BYTES_MAX);
    if (memchr(text, '\0', size) != NULL)
        return PWI_FAIL(err, PW_ERR_FIELD, "token %s holds a NUL",
                        pwi_quote(quoted, text, size));
    if (id < 0)
        return PWI_FAIL(err, PW_ERR_FIELD, "token %s has the negative id %" PRId64,
                        pwi_quote(quoted, text, size), id);
    if (id >= PW_VOCAB_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "token %s has the id %" PRId64 "; the largest is %d",
                        pwi_quote(quoted, text, size), id, PW_VOCAB_MAX - 1);
    return PW_OK;
}

/* The checks are done, and there is a place for the id. */
static pw_status put_token(pw_tokenizer *tokenizer, const char *text, size_t size, int32_t id,
                           pw_error *err)
{
    pwi_vocab_text *place = &tokenizer->texts[id];
    char quoted[PWI_QUOTE_SIZE], other[PWI_QUOTE_SIZE];
    bool added;

    if (place->text != NULL)
        return PWI_FAIL(err, PW_ERR_DUPLICATE, "tokens %s and %s both have the id %" PRId32,
                        pwi_quote(other, place->text, place->size),
                        pwi_quote(quoted, text, size), id);
    if (!pwi_map_add(&tokenizer->by_text, text, size, (uint32_t)id, &added))
        return pwi_fail_memory(err);
    if (!added)
        return PWI_FAIL(err, PW_ERR_DUPLICATE,
                        "token %s is in the vocabulary twice, as %" PRId32 " and %" PRId32,
                        pwi_quote(quoted, text, size), pwi_vocab_find(tokenizer, text, size),
                        id);
    place->text = text;
    place->size = (uint32_t)size;
    if (id >= tokenizer->n_vocab)
        tokenizer->n_vocab = id + 1;
    return PW_OK;
}

pw_status pwi_vocab_add(pw_tokenizer *tokenizer, const char *text, size_t size, int64_t id,
                        pw_error *err)
{
    const char *kept;

    PWI_TRY(check_token(text, size, id, err));
    kept = pwi_arena_string(&tokenizer->arena, text, size);
    return kept == NULL ? pwi_fail_memory(err)
                        : pwi_vocab_add_kept(tokenizer, kept, size, id, err);
}

pw_status pwi_vocab_add_kept(pw_tokenizer *tokenizer, const char *text, size_t size, int64_t id,
                             pw_error *err)
{
    PWI_TRY(check_token(text, size, id, err));
    if (!reserve_texts(tokenizer, (int32_t)id))
        return pwi_fail_memory(err);
    return put_token(tokenizer, text, size, (int32_t)id, err);
}

int32_t pwi_vocab_find(const pw_tokenizer *tokenizer, const char *text, size_t size)
{
    const uint32_t id = pwi_map_find(&tokenizer->by_text, text, size);

    return id == PWI_MAP_NONE ? -1 : (int32_t)id;
}

pw_status pwi_vocab_add_bytes(pw_tokenizer *tokenizer, pw_error *err)
{
    for (unsigned i = 0; i < 256; i++) {
        char text[4 + PWI_WORD_END_SIZE];
        const size_t size = pwi_utf8_encode(pwi_byte_symbol(pwi_byte_in_order(i)), text);

        memcpy(text + size, PWI_WORD_END, PWI_WORD_END_SIZE);
        PWI_TRY(pwi_vocab_add(tokenizer, text, size, i, err));
        PWI_TRY(pwi_vocab_add(tokenizer, text, size + PWI_WORD_END_SIZE, 256 + i, err));
    }
    return PW_OK;
}

/* A merge as its line says it: the space stands at `middle`. */
struct line {
    const char *text;
    size_t size, middle;
    size_t number; /* for messages: which merge */
};

static bool reserve_lines(pw_tokenizer *tokenizer)
{
    const size_t capacity =
        tokenizer->merge_lines_capacity == 0 ? 1024 : tokenizer->merge_lines_capacity * 2;
    const char **lines;

    if (tokenizer->n_merges < tokenizer->merge_lines_capacity)
        return true;
    lines = pwi_grow_array(&tokenizer->ctx->allocator, tokenizer->merge_lines,
                           tokenizer->merge_lines_capacity, capacity, sizeof(*lines));
    if (lines == NULL)
        return false;
    tokenizer->merge_lines = lines;
    tokenizer->merge_lines_capacity = capacity;
    return true;
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

/* The product of a merge: found, or new with the next id. */
static pw_status product_of(pw_tokenizer *tokenizer, const struct line *line, bool derive,
                            pwi_buf *joined, int32_t *id, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];

    pwi_buf_clear(joined);
    pwi_buf_append(joined, line->text, line->middle);
    pwi_buf_append(joined, line->text + line->middle + 1, line->size - line->middle - 1);
    if (joined->failed)
        return pwi_fail_memory(err);
    if (!derive)
        return find_part(tokenizer, line, "product", joined->data, joined->size, id, err);
    if (pwi_vocab_find(tokenizer, joined->data, joined->size) >= 0)
        return PWI_FAIL(err, PW_ERR_DUPLICATE,
                        "merge %zu makes %s a second time: without a vocab.json its id is not "
                        "known",
                        line->number, pwi_quote(quoted, joined->data, joined->size));
    *id = tokenizer->n_vocab;
    return pwi_vocab_add(tokenizer, joined->data, joined->size, *id, err);
}

static pw_status add_merge(pw_tokenizer *tokenizer, const struct line *line, bool derive,
                           pwi_buf *joined, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];
    int32_t left, right, product = -1;
    const char *copy;
    bool added;

    PWI_TRY(find_part(tokenizer, line, "part", line->text, line->middle, &left, err));
    PWI_TRY(find_part(tokenizer, line, "part", line->text + line->middle + 1,
                      line->size - line->middle - 1, &right, err));
    PWI_TRY(product_of(tokenizer, line, derive, joined, &product, err));
    copy = pwi_arena_string(&tokenizer->arena, line->text, line->size);
    if (copy == NULL || !reserve_lines(tokenizer) ||
        !pwi_merges_add(&tokenizer->merges, left, right, (uint32_t)tokenizer->n_merges, product,
                        &added))
        return pwi_fail_memory(err);
    if (!added)
        return PWI_FAIL(err, PW_ERR_DUPLICATE,
                        "merge %zu, %s, stands in the list a second time", line->number,
                        pwi_quote(quoted, line->text, line->size));
    tokenizer->merge_lines[tokenizer->n_merges++] = copy;
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

/* The line at *at without its end, and *at behind it. */
static struct line next_line(const char *lines, size_t size, size_t *at)
{
    struct line line = {.text = lines + *at};
    const char *end = memchr(line.text, '\n', size - *at);

    line.size = end == NULL ? size - *at : (size_t)(end - line.text);
    *at += line.size + (end != NULL);
    if (line.size > 0 && line.text[line.size - 1] == '\r')
        line.size--;
    return line;
}

static bool contains(const struct line *line, const char *text)
{
    const size_t size = strlen(text);

    for (size_t i = 0; i + size <= line->size; i++)
        if (memcmp(line->text + i, text, size) == 0)
            return true;
    return false;
}

static pw_status add_merges(pw_tokenizer *tokenizer, const char *lines, size_t size,
                            bool derive, size_t n_max, pwi_buf *joined, pw_error *err)
{
    size_t number = 0;

    for (size_t at = 0; at < size && number < n_max;) {
        struct line line = next_line(lines, size, &at);

        line.number = ++number;
        if (number > PW_VOCAB_MAX)
            return PWI_FAIL(err, PW_ERR_LIMIT, "there are more than %d merges", PW_VOCAB_MAX);
        PWI_TRY(split_line(&line, err));
        PWI_TRY(add_merge(tokenizer, &line, derive, joined, err));
    }
    return PW_OK;
}

pw_status pwi_vocab_add_merges(pw_tokenizer *tokenizer, const char *lines, size_t size,
                               bool derive, size_t n_max, pw_error *err)
{
    pwi_buf joined;
    pw_status status;

    pwi_buf_init(&joined, &tokenizer->ctx->allocator);
    status = add_merges(tokenizer, lines, size, derive, n_max, &joined, err);
    pwi_buf_free(&joined);
    return status;
}

void pwi_merges_trim(const char **lines, size_t *size)
{
    size_t begin = 0;
    const struct line first = next_line(*lines, *size, &begin);

    if (contains(&first, "#version")) {
        *lines += begin;
        *size -= begin;
    }
    while (*size > 0 && ((*lines)[*size - 1] == '\n' || (*lines)[*size - 1] == '\r'))
        --*size;
}

/* Start and end token as the last ids, where merges.txt stands alone. */
static pw_status add_last(pw_tokenizer *tokenizer, const pwi_specials *specials, pw_error *err)
{
    for (int role = PWI_ROLE_BOS; role <= PWI_ROLE_EOS; role++) {
        const pwi_role_token named = pwi_specials_role(specials, (pwi_role)role);

        if (pwi_vocab_find(tokenizer, named.token.text, named.token.size) < 0)
            PWI_TRY(pwi_vocab_add(tokenizer, named.token.text, named.token.size,
                                  tokenizer->n_vocab, err));
    }
    return PW_OK;
}

static pw_status build(pw_tokenizer *tokenizer, const char *lines, size_t size, size_t n_max,
                       const pwi_specials *specials, const pw_tokenizer_options *options,
                       pw_error *err)
{
    pwi_merges_trim(&lines, &size);
    PWI_TRY(pwi_vocab_add_bytes(tokenizer, err));
    PWI_TRY(pwi_vocab_add_merges(tokenizer, lines, size, true, n_max, err));
    PWI_TRY(add_last(tokenizer, specials, err));
    return pwi_tokenizer_finish(tokenizer, specials, options, err);
}

pw_status pwi_tokenizer_from_merges(pw_tokenizer **out, pw_context *ctx, const char *lines,
                                    size_t size, size_t n_max, const pwi_specials *specials,
                                    const pw_tokenizer_options *options, pw_error *err)
{
    pwi_specials none;
    pw_status status;

    pwi_specials_init(&none, &ctx->allocator);
    status = pwi_tokenizer_new(out, ctx, err);
    if (status == PW_OK)
        status =
            build(*out, lines, size, n_max, specials != NULL ? specials : &none, options, err);
    if (status != PW_OK) {
        pw_tokenizer_free(*out);
        *out = NULL;
    }
    pwi_specials_free(&none);
    return status;
}
