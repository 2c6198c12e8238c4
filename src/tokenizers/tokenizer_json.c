/* SPDX-License-Identifier: MIT */
/* tokenizer.json and vocab.json. Keys may come in any order: added tokens are kept until all is
 * read, and merges that stand before the vocabulary are read afterwards. */
#include <inttypes.h>
#include <string.h>

#include "tokenizers/byte_symbols.h"
#include "tokenizers/tokenizer_sections.h"
#include "tokenizers/vocab_files.h"

/* What a token takes in these files, about; in tokenizer.json with its merge. */
#define TOKENIZER_BYTES 32
#define VOCAB_BYTES     20

struct reader {
    pwi_json json;
    pw_tokenizer *tokenizer;
    pwi_specials *specials;
    const pwi_input *input;
    pwi_buf pair;        /* of a merge that is given as one */
    uint64_t merges_key; /* where "merges" stands if it does so before "vocab"; else 0 */
    bool has_normalizer, has_pre_tokenizer, has_post_processor, has_vocab, has_merges;
};

/* The entry whose KEY was just read. The vocabulary knows which texts it has: the JSON reader
 * need not remember them too. */
static pw_status read_entry(pw_tokenizer *tokenizer, pwi_json *json, pw_error *err)
{
    const size_t size = json->size;
    const char *text;
    uint32_t *by_text;
    int64_t id;

    if (size > PW_TOKEN_BYTES_MAX)
        return PWI_FAIL(err, PW_ERR_LIMIT,
                        "a token of the vocabulary has %zu bytes; it may have %d", size,
                        PW_TOKEN_BYTES_MAX);
    text = pwi_arena_string(&tokenizer->arena, json->text, size);
    by_text = text == NULL ? NULL : pwi_map_value(&tokenizer->by_text, text, size);
    if (by_text == NULL)
        return pwi_fail_memory(err);
    if (*by_text != PWI_MAP_NONE)
        return pwi_json_repeated(json, err);
    PWI_TRY(pwi_json_next(json, err));
    PWI_TRY(pwi_json_i64(json, "an id of the vocabulary", &id, err));
    return pwi_vocab_add_found(tokenizer, text, size, id, by_text, err);
}

pw_status pwi_vocab_object_read(pw_tokenizer *tokenizer, pwi_json *json, pw_error *err)
{
    pwi_json_leave_keys(json);
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_OBJECT_END)
            return PW_OK;
        PWI_TRY(read_entry(tokenizer, json, err));
    }
}

/* The rest of ["a", "b"] into reader->pair, as "a b". */
static pw_status read_pair(struct reader *reader, pwi_json *json, pw_error *err)
{
    pwi_buf_clear(&reader->pair);
    PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, "the left part of a merge", err));
    pwi_buf_append(&reader->pair, json->text, json->size);
    pwi_buf_byte(&reader->pair, ' ');
    PWI_TRY(pwi_json_expect(json, PWI_JSON_STRING, "the right part of a merge", err));
    pwi_buf_append(&reader->pair, json->text, json->size);
    PWI_TRY(pwi_json_expect(json, PWI_JSON_ARRAY_END, "a merge after two parts", err));
    return reader->pair.failed ? pwi_fail_memory(err) : PW_OK;
}

/* In a merges.txt they would mean the merge's end; neither is a byte symbol. */
static pw_status refuse_line_end(const char *bytes, size_t size, size_t number, pw_error *err)
{
    if (memchr(bytes, '\n', size) == NULL && memchr(bytes, '\r', size) == NULL)
        return PW_OK;
    return PWI_FAIL(err, PW_ERR_FIELD, "merge %zu holds a line end", number);
}

/* "a b" or ["a", "b"], its first event just read. */
static pw_status read_merge(struct reader *reader, pwi_json *json, pwi_merging *merging,
                            pw_error *err)
{
    if (json->event == PWI_JSON_ARRAY_BEGIN) {
        PWI_TRY(read_pair(reader, json, err));
        PWI_TRY(refuse_line_end(reader->pair.data, reader->pair.size, merging->n + 1, err));
        return pwi_merging_add(merging, reader->pair.data, reader->pair.size, err);
    }
    if (json->event != PWI_JSON_STRING)
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "merge %zu must be a text \"left right\" or a pair, not %s",
                        merging->n + 1, pwi_json_event_name(json->event));
    if (json->has_escapes)
        PWI_TRY(refuse_line_end(json->text, json->size, merging->n + 1, err));
    return pwi_merging_add(merging, json->text, json->size, err);
}

/* The vocabulary is there. */
static pw_status read_merges(struct reader *reader, pwi_json *json, pw_error *err)
{
    pwi_merging merging;

    PWI_TRY(pwi_merging_init(&merging, reader->tokenizer, false,
                             (size_t)reader->input->size / TOKENIZER_BYTES, err));
    PWI_TRY(pwi_json_expect(json, PWI_JSON_ARRAY_BEGIN, "\"merges\"", err));
    for (;;) {
        PWI_TRY(pwi_json_next(json, err));
        if (json->event == PWI_JSON_ARRAY_END)
            return PW_OK;
        PWI_TRY(read_merge(reader, json, &merging, err));
    }
}

/* The status of a merge that is wrong; but a file that is broken further on is named as that: a
 * lost quote shows in a merge first. */
static pw_status wrong_unless_broken(pwi_json *json, pw_status wrong, pw_error *err)
{
    pw_error broken;

    while (json->event != PWI_JSON_END)
        if (pwi_json_next(json, &broken) != PW_OK) {
            if (err != NULL)
                *err = broken;
            return broken.status;
        }
    return wrong;
}

/* Merges that stand before the vocabulary are passed over, and read when all else is. */
static pw_status read_or_pass_merges(struct reader *reader, pw_error *err)
{
    pw_status status;

    reader->has_merges = true;
    if (!reader->has_vocab) {
        reader->merges_key = reader->json.offset;
        return pwi_json_skip(&reader->json, err);
    }
    status = read_merges(reader, &reader->json, err);
    return status == PW_OK ? PW_OK : wrong_unless_broken(&reader->json, status, err);
}

/* From the file's begin once more, so that errors say their line. */
static pw_status read_passed_merges(struct reader *reader, pw_error *err)
{
    pwi_json json;
    pw_status status;

    PWI_TRY(pwi_json_open_file(&json, &reader->tokenizer->ctx->allocator, reader->input, 0,
                               reader->input->size, NULL, err));
    do
        status = pwi_json_next(&json, err);
    while (status == PW_OK && json.offset < reader->merges_key);
    if (status == PW_OK)
        status = read_merges(reader, &json, err);
    pwi_json_close(&json);
    return status;
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
        return read_or_pass_merges(reader, err);
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
    return reader->merges_key > 0 ? read_passed_merges(reader, err) : PW_OK;
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
    pwi_input input = PWI_INPUT_CLOSED;
    struct reader reader = {.tokenizer = tokenizer, .specials = specials, .input = &input};
    pw_status status;

    pwi_buf_init(&reader.pair, allocator);
    status = open_json(&reader.json, &input, allocator, path, err);
    if (status == PW_OK)
        status = pwi_vocab_reserve(tokenizer, (size_t)input.size / TOKENIZER_BYTES, err);
    if (status == PW_OK)
        status = read_tokenizer(&reader, err);
    pwi_json_close(&reader.json);
    pwi_input_close(&input);
    pwi_buf_free(&reader.pair);
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
        status = pwi_vocab_reserve(tokenizer, (size_t)input.size / VOCAB_BYTES, err);
    if (status == PW_OK)
        status = read_vocab_file(tokenizer, &json, err);
    pwi_json_close(&json);
    pwi_input_close(&input);
    return pwi_where(err, path, status);
}
