/* SPDX-License-Identifier: MIT */
/* tokenizer.json and vocab.json. Both are read in one pass; what depends on what stands further
 * on (merges on the vocabulary, added tokens on its ids) is kept until the end, so that keys
 * may come in any order. */
#include <inttypes.h>
#include <string.h>

#include "tokenizers/byte_symbols.h"
#include "tokenizers/tokenizer_sections.h"
#include "tokenizers/vocab_files.h"

struct reader {
    pwi_json json;
    pw_tokenizer *tokenizer;
    pwi_specials *specials;
    pwi_buf merges; /* as lines, for pwi_vocab_add_merges */
    size_t n_merges;
    bool has_normalizer, has_pre_tokenizer, has_post_processor, has_vocab, has_merges;
};

pw_status pwi_vocab_object_read(pw_tokenizer *tokenizer, pwi_json *json, pw_error *err)
{
    char *key = NULL;
    size_t size = 0;

    for (;;) {
        int64_t id;

        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        size = json->size;
        if (size > PW_TOKEN_BYTES_MAX)
            return PWI_FAIL(err, PW_ERR_LIMIT,
                            "a token of the vocabulary has %zu bytes; it may have %d", size,
                            PW_TOKEN_BYTES_MAX);
        key = pwi_arena_string(&tokenizer->arena, json->text, size);
        if (key == NULL)
            return pwi_fail_memory(err);
        PWI_TRY(pwi_json_next(json, err));
        PWI_TRY(pwi_json_i64(json, "an id of the vocabulary", &id, err));
        PWI_TRY(pwi_vocab_add_kept(tokenizer, key, size, id, err));
    }
}

/* "a b" or ["a", "b"], its first event just read; appended as a line. */
static pw_status read_merge(struct reader *reader, pw_error *err)
{
    pwi_json *json = &reader->json;

    if (json->event == PWI_JSON_ARRAY_BEGIN) {
        PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, "the left part of a merge", err));
        pwi_buf_append(&reader->merges, json->text, json->size);
        pwi_buf_byte(&reader->merges, ' ');
        PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, "the right part of a merge", err));
        pwi_buf_append(&reader->merges, json->text, json->size);
        PWI_TRY(pwi_json_expect(json, PWI_JSON_ARRAY_END, "a merge after two parts", err));
    } else if (json->event == PWI_JSON_STRING) {
        pwi_buf_append(&reader->merges, json->text, json->size);
    } else {
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "merge %zu must be a text \"left right\" or a pair, not %s",
                        reader->n_merges, pwi_json_event_name(json->event));
    }
    pwi_buf_byte(&reader->merges, '\n');
    return reader->merges.failed ? pwi_fail_memory(err) : PW_OK;
}

static bool has_line_end(const char *bytes, size_t size)
{
    return memchr(bytes, '\n', size) != NULL || memchr(bytes, '\r', size) != NULL;
}

static pw_status read_merges(struct reader *reader, pw_error *err)
{
    pwi_json *json = &reader->json;

    reader->has_merges = true;
    PWI_TRY(pwi_json_expect(json, PWI_JSON_ARRAY_BEGIN, "\"merges\"", err));
    for (;;) {
        const size_t begin = reader->merges.size;

        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_ARRAY_END)
            return PW_OK;
        if (++reader->n_merges > PW_VOCAB_MAX)
            return PWI_FAIL(err, PW_ERR_LIMIT, "there are more than %d merges", PW_VOCAB_MAX);
        PWI_TRY(read_merge(reader, err));
        /* In a line they would mean its end; neither is a byte symbol. */
        if (has_line_end(reader->merges.data + begin, reader->merges.size - begin - 1))
            return PWI_FAIL(err, PW_ERR_FIELD, "merge %zu holds a line end", reader->n_merges);
    }
}

static pw_status read_vocab(struct reader *reader, pw_error *err)
{
    reader->has_vocab = true;
    PWI_TRY(pwi_json_next(&reader->json, err));
    if (reader->json.event == PWI_JSON_ARRAY_BEGIN)
        return PWI_FAIL(err, PW_ERR_UNSUPPORTED,
                        "\"vocab\" is a list, as T5's Unigram tokenizers have it; only CLIP's "
                        "are read");
    if (reader->json.event != PWI_JSON_OBJECT_BEGIN)
        return PWI_FAIL(err, PW_ERR_FIELD, "\"vocab\" must be an object, not %s",
                        pwi_json_event_name(reader->json.event));
    return pwi_vocab_object_read(reader->tokenizer, &reader->json, err);
}

/* The model's field `key` as it stands: `why` says what CLIP's is. */
static pw_status refuse(const pwi_json *json, const char *key, const char *why, pw_error *err)
{
    char quoted[PWI_QUOTE_SIZE];
    const bool has_text = json->event == PWI_JSON_STRING || json->event == PWI_JSON_NUMBER;

    return PWI_FAIL(err, PW_ERR_UNSUPPORTED, "\"%s\" of the model is %s, %s", key,
                    has_text ? pwi_quote(quoted, json->text, json->size)
                             : pwi_json_event_name(json->event),
                    why);
}

/* Fields of the model that change what merging does: only CLIP's values. */
static pw_status check_model_field(pwi_json *json, const char *key, const char *wanted,
                                   const char *why, pw_error *err)
{
    PWI_TRY(pwi_json_next(json, err));
    if (json->event == PWI_JSON_STRING && pwi_json_is(json, wanted))
        return PW_OK;
    return refuse(json, key, why, err);
}

/* A field that must be off: null, false, 0 or an empty text. */
static pw_status check_off(pwi_json *json, const char *key, pw_error *err)
{
    double value = 0;

    PWI_TRY(pwi_json_next(json, err));
    if (json->event == PWI_JSON_NULL || json->event == PWI_JSON_FALSE ||
        (json->event == PWI_JSON_STRING && json->size == 0))
        return PW_OK;
    if (json->event == PWI_JSON_NUMBER)
        PWI_TRY(pwi_json_f64(json, key, &value, err));
    if (json->event == PWI_JSON_NUMBER && value == 0)
        return PW_OK;
    return refuse(json, key, "which no CLIP tokenizer has", err);
}

static pw_status read_unk(struct reader *reader, pw_error *err)
{
    pwi_json *json = &reader->json;
    char *text;

    PWI_TRY(pwi_json_next(json, err));
    if (json->event == PWI_JSON_NULL)
        return PW_OK;
    if (json->event != PWI_JSON_STRING || json->size == 0 || json->size > PW_TOKEN_BYTES_MAX ||
        memchr(json->text, '\0', json->size) != NULL)
        return PWI_FAIL(err, PW_ERR_FIELD, "\"unk_token\" of the model is no token");
    text = pwi_arena_string(&reader->specials->arena, json->text, json->size);
    if (text == NULL)
        return pwi_fail_memory(err);
    pwi_specials_name(reader->specials, PWI_ROLE_UNK, text, json->size);
    return PW_OK;
}

/* The field of the model whose KEY was just read. Files from before "type" was written lack
 * it. */
static pw_status read_model_field(struct reader *reader, pw_error *err)
{
    static const char *const off[] = {"dropout", "continuing_subword_prefix", "byte_fallback",
                                      "ignore_merges"};
    pwi_json *json = &reader->json;

    for (size_t i = 0; i < sizeof(off) / sizeof(*off); i++)
        if (pwi_json_is(json, off[i]))
            return check_off(json, off[i], err);
    if (pwi_json_is(json, "type"))
        return check_model_field(json, "type", "BPE",
                                 "not BPE as CLIP's: other tokenizers are not read", err);
    if (pwi_json_is(json, "end_of_word_suffix"))
        return check_model_field(
            json, "end_of_word_suffix", PWI_WORD_END,
            "not " PWI_WORD_END " as CLIP's: other tokenizers are not read", err);
    if (pwi_json_is(json, "unk_token"))
        return read_unk(reader, err);
    if (pwi_json_is(json, "vocab"))
        return read_vocab(reader, err);
    if (pwi_json_is(json, "merges"))
        return read_merges(reader, err);
    return pwi_json_skip(json, err);
}

static pw_status read_model(struct reader *reader, pw_error *err)
{
    pwi_json *json = &reader->json;

    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "\"model\"", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        PWI_TRY(read_model_field(reader, err));
    }
}

static pw_status read_added_tokens(struct reader *reader, pw_error *err)
{
    pwi_json *json = &reader->json;
    pwi_added_token token;

    PWI_TRY(pwi_json_expect(json, PWI_JSON_ARRAY_BEGIN, "\"added_tokens\"", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_ARRAY_END)
            return PW_OK;
        PWI_TRY(pwi_added_token_read(json, &reader->specials->arena, "an added token", &token,
                                     err));
        PWI_TRY(pwi_specials_add(reader->specials, &token, err));
    }
}

/* The section whose KEY was just read. Truncation and padding are the caller's business, and
 * the decoder does not change ids. */
static pw_status read_section(struct reader *reader, pw_error *err)
{
    pwi_json *json = &reader->json;

    if (pwi_json_is(json, "added_tokens"))
        return read_added_tokens(reader, err);
    if (pwi_json_is(json, "normalizer")) {
        reader->has_normalizer = true;
        return pwi_normalizer_read(json, err);
    }
    if (pwi_json_is(json, "pre_tokenizer")) {
        reader->has_pre_tokenizer = true;
        return pwi_pre_tokenizer_read(json, reader->specials, err);
    }
    if (pwi_json_is(json, "post_processor")) {
        reader->has_post_processor = true;
        return pwi_post_processor_read(json, reader->specials, err);
    }
    if (pwi_json_is(json, "model"))
        return read_model(reader, err);
    return pwi_json_skip(json, err);
}

static pw_status check_complete(const struct reader *reader, pw_error *err)
{
    const struct {
        bool is_there;
        const char *what;
    } needed[] = {{reader->has_vocab, "a \"model\" with a \"vocab\""},
                  {reader->has_merges, "\"merges\" in its \"model\""},
                  {reader->has_normalizer, "a \"normalizer\""},
                  {reader->has_pre_tokenizer, "a \"pre_tokenizer\""},
                  {reader->has_post_processor, "a \"post_processor\""}};

    for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
        if (!needed[i].is_there)
            return PWI_FAIL(err, PW_ERR_FIELD, "has not %s: it is no tokenizer.json of CLIP's",
                            needed[i].what);
    return PW_OK;
}

static pw_status read_tokenizer(struct reader *reader, pw_error *err)
{
    pwi_json *json = &reader->json;

    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "the file", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            break;
        PWI_TRY(read_section(reader, err));
    }
    PWI_TRY(pwi_json_next(json, err)); /* nothing follows */
    PWI_TRY(check_complete(reader, err));
    reader->specials->is_fast = true;
    return pwi_vocab_add_merges(reader->tokenizer, reader->merges.data, reader->merges.size,
                                false, PW_VOCAB_MAX, err);
}

/* Opens a JSON file of at most PWI_VOCAB_JSON_MAX bytes; the input stays open for it. */
static pw_status open_json(pwi_json *json, pwi_input *input, const pw_allocator *allocator,
                           const char *path, pw_error *err)
{
    PWI_TRY(pwi_input_open(input, path, err));
    if (input->size > PWI_VOCAB_JSON_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT, "has %" PRIu64 " bytes; a vocabulary may have %u",
                        input->size, PWI_VOCAB_JSON_MAX);
    return pwi_json_open_file(json, allocator, input, 0, input->size, NULL, err);
}

pw_status pwi_tokenizer_json_read(pw_tokenizer *tokenizer, pwi_specials *specials,
                                  const char *path, pw_error *err)
{
    const pw_allocator *allocator = &tokenizer->ctx->allocator;
    struct reader reader = {.tokenizer = tokenizer, .specials = specials};
    pwi_input input = PWI_INPUT_CLOSED;
    pw_status status;

    pwi_buf_init(&reader.merges, allocator);
    status = open_json(&reader.json, &input, allocator, path, err);
    if (status == PW_OK)
        status = read_tokenizer(&reader, err);
    pwi_json_close(&reader.json);
    pwi_input_close(&input);
    pwi_buf_free(&reader.merges);
    return pwi_where(err, path, status);
}

static pw_status read_vocab_file(pw_tokenizer *tokenizer, pwi_json *json, pw_error *err)
{
    PWI_TRY(pwi_json_expect(json, PWI_JSON_OBJECT_BEGIN, "the file", err));
    PWI_TRY(pwi_vocab_object_read(tokenizer, json, err));
    return pwi_json_next(json, err);
}

pw_status pwi_vocab_json_read(pw_tokenizer *tokenizer, const char *path, pw_error *err)
{
    pwi_json json = {.state = NULL};
    pwi_input input = PWI_INPUT_CLOSED;
    pw_status status;

    status = open_json(&json, &input, &tokenizer->ctx->allocator, path, err);
    if (status == PW_OK)
        status = read_vocab_file(tokenizer, &json, err);
    pwi_json_close(&json);
    pwi_input_close(&input);
    return pwi_where(err, path, status);
}
