/* SPDX-License-Identifier: MIT */
/* A walkthrough of embeddings in a JSON file. Fields may stand in any order and those that are
 * not known are passed over; what belongs together is checked at the end. */
#include <inttypes.h>
#include <string.h>

#include "formats/exchange.h"
#include "lab/walkthrough.h"

struct reading {
    pw_context *ctx;
    pwi_json json;
    pwi_arena arena; /* sentences and ids */
    bool has_ids;
    /* All are counted; more than the limits are not kept, and refused later by their count. */
    size_t n_ids, lengths[PW_WALKTHROUGH_SENTENCES_MAX];
    const int32_t *ids[PW_WALKTHROUGH_SENTENCES_MAX];
    size_t n_sentences, sizes[PW_WALKTHROUGH_SENTENCES_MAX];
    const char *sentences[PW_WALKTHROUGH_SENTENCES_MAX];
    int64_t pad_id; /* -1: the file has none */
    bool pads_left;
    pwi_exchange_array embeddings; /* rank 0: not there */
};

/* Fail at the current event. */
static pw_status fail_here(const struct reading *reading, const char *what, pw_error *err)
{
    return pwi_fail_at(err, PW_ERR_FIELD, reading->json.offset, "%s", what);
}

static pw_status read_whole(struct reading *reading, const char *what, int64_t *out,
                            pw_error *err)
{
    PWI_TRY(pwi_json_i64(&reading->json, what, out, err));
    if (*out < 0 || *out > INT32_MAX)
        return pwi_fail_at(err, PW_ERR_FIELD, reading->json.offset,
                           "%s %" PRId64 " is none: they are 0 to %d", what, *out, INT32_MAX);
    return PW_OK;
}

/* The ids of one sentence, whose list has been opened. */
static pw_status read_ids_of(struct reading *reading, pw_error *err)
{
    int32_t ids[PW_WALKTHROUGH_TOKENS_MAX];
    int32_t *copy;
    size_t n = 0, n_kept;

    for (;;) {
        int64_t id;

        PWI_TRY(pwi_json_next(&reading->json, err));
        if (reading->json.event == PWI_JSON_ARRAY_END)
            break;
        PWI_TRY(read_whole(reading, "an id", &id, err));
        if (n < PW_WALKTHROUGH_TOKENS_MAX)
            ids[n] = (int32_t)id;
        n++;
    }
    if (reading->n_ids >= PW_WALKTHROUGH_SENTENCES_MAX)
        return PW_OK;
    n_kept = n < PW_WALKTHROUGH_TOKENS_MAX ? n : PW_WALKTHROUGH_TOKENS_MAX;
    copy = pwi_arena_alloc(&reading->arena, (n_kept + 1) * sizeof(*copy));
    if (copy == NULL)
        return pwi_fail_memory(err);
    memcpy(copy, ids, n_kept * sizeof(*copy));
    reading->ids[reading->n_ids] = copy;
    reading->lengths[reading->n_ids] = n;
    return PW_OK;
}

static pw_status read_ids(struct reading *reading, pw_error *err)
{
    PWI_TRY(pwi_json_expect(&reading->json, PWI_JSON_ARRAY_BEGIN, "\"ids\"", err));
    reading->has_ids = true;
    for (;;) {
        PWI_TRY(pwi_json_next(&reading->json, err));
        if (reading->json.event == PWI_JSON_ARRAY_END)
            return PW_OK;
        if (reading->json.event != PWI_JSON_ARRAY_BEGIN)
            return fail_here(reading, "\"ids\" must hold a list of ids for each sentence", err);
        PWI_TRY(read_ids_of(reading, err));
        reading->n_ids++;
    }
}

static pw_status read_sentences(struct reading *reading, pw_error *err)
{
    PWI_TRY(pwi_json_next(&reading->json, err));
    if (reading->json.event == PWI_JSON_NULL)
        return PW_OK;
    if (reading->json.event != PWI_JSON_ARRAY_BEGIN)
        return fail_here(reading, "\"sentences\" must be a list of strings", err);
    for (;;) {
        PWI_TRY(pwi_json_next(&reading->json, err));
        if (reading->json.event == PWI_JSON_ARRAY_END)
            return PW_OK;
        if (reading->json.event != PWI_JSON_STRING)
            return fail_here(reading, "\"sentences\" must be a list of strings", err);
        if (reading->n_sentences < PW_WALKTHROUGH_SENTENCES_MAX) {
            const char *copy =
                pwi_arena_string(&reading->arena, reading->json.text, reading->json.size);

            if (copy == NULL)
                return pwi_fail_memory(err);
            reading->sentences[reading->n_sentences] = copy;
            reading->sizes[reading->n_sentences] = reading->json.size;
        }
        reading->n_sentences++;
    }
}

static pw_status read_embeddings(struct reading *reading, pw_error *err)
{
    pw_error irregular;

    PWI_TRY(pwi_json_expect(&reading->json, PWI_JSON_ARRAY_BEGIN, "\"embeddings\"", err));
    PWI_TRY(pwi_exchange_array_read(&reading->embeddings, &reading->ctx->allocator,
                                    &reading->json, "\"embeddings\"", &irregular, err));
    if (irregular.status != PW_OK) {
        if (err != NULL)
            *err = irregular;
        return irregular.status;
    }
    if (reading->embeddings.rank != 3)
        return fail_here(reading,
                         "\"embeddings\" must be lists of lists of lists: sentence, position, "
                         "dimension",
                         err);
    return PW_OK;
}

static pw_status read_side(struct reading *reading, pw_error *err)
{
    PWI_TRY(pwi_json_expect(&reading->json, PWI_JSON_STRING, "\"padding_side\"", err));
    if (!pwi_json_is(&reading->json, "left") && !pwi_json_is(&reading->json, "right"))
        return fail_here(reading, "\"padding_side\" is neither \"left\" nor \"right\"", err);
    reading->pads_left = pwi_json_is(&reading->json, "left");
    return PW_OK;
}

static pw_status read_field(struct reading *reading, pw_error *err)
{
    if (pwi_json_is(&reading->json, "ids"))
        return read_ids(reading, err);
    if (pwi_json_is(&reading->json, "sentences"))
        return read_sentences(reading, err);
    if (pwi_json_is(&reading->json, "embeddings"))
        return read_embeddings(reading, err);
    if (pwi_json_is(&reading->json, "padding_side"))
        return read_side(reading, err);
    if (pwi_json_is(&reading->json, "pad_id")) {
        PWI_TRY(pwi_json_next(&reading->json, err));
        return read_whole(reading, "\"pad_id\"", &reading->pad_id, err);
    }
    return pwi_json_skip(&reading->json, err);
}

static pw_status read_document(struct reading *reading, pw_error *err)
{
    PWI_TRY(pwi_json_expect(&reading->json, PWI_JSON_OBJECT_BEGIN, "the document", err));
    for (;;) {
        PWI_TRY(pwi_json_next(&reading->json, err));
        if (reading->json.event == PWI_JSON_OBJECT_END)
            return pwi_json_expect(&reading->json, PWI_JSON_END, "the document", err);
        PWI_TRY(read_field(reading, err));
    }
}

/* What the fields say of each other. */
static pw_status check(const struct reading *reading, pw_error *err)
{
    const int64_t *shape = reading->embeddings.shape;

    if (!reading->has_ids || reading->embeddings.rank == 0)
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "has no \"%s\": a walkthrough needs \"ids\" (a list for each sentence) "
                        "and \"embeddings\" ([sentence][position][dimension])",
                        reading->has_ids ? "embeddings" : "ids");
    if ((uint64_t)shape[0] != reading->n_ids)
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "\"ids\" has %zu sentences, but \"embeddings\" has %" PRId64,
                        reading->n_ids, shape[0]);
    if (reading->n_sentences != 0 && reading->n_sentences != reading->n_ids)
        return PWI_FAIL(err, PW_ERR_FIELD, "\"sentences\" has %zu, but \"ids\" has %zu",
                        reading->n_sentences, reading->n_ids);
    return PW_OK;
}

static pw_status keep_sentences(pw_walkthrough *walkthrough, const struct reading *reading,
                                pw_error *err)
{
    const size_t n = reading->n_sentences;
    const char **texts = pwi_walkthrough_take(walkthrough, n, sizeof(*texts));
    size_t *sizes = pwi_walkthrough_take(walkthrough, n, sizeof(*sizes));

    if (texts == NULL || sizes == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        texts[i] =
            pwi_arena_string(&walkthrough->arena, reading->sentences[i], reading->sizes[i]);
        if (texts[i] == NULL)
            return pwi_fail_memory(err);
        sizes[i] = reading->sizes[i];
    }
    walkthrough->numbers.sentences = texts;
    walkthrough->numbers.sentence_sizes = sizes;
    return PW_OK;
}

static pw_status keep_embeddings(pw_walkthrough *walkthrough,
                                 const pwi_exchange_array *embeddings, pw_error *err)
{
    double *values = pwi_walkthrough_take(walkthrough, embeddings->n, sizeof(*values));

    if (values == NULL)
        return pwi_fail_memory(err);
    for (size_t i = 0; i < embeddings->n; i++)
        values[i] = embeddings->f64 != NULL ? embeddings->f64[i] : (double)embeddings->f32[i];
    walkthrough->numbers.embeddings = values;
    return PW_OK;
}

static pw_status fill(pw_walkthrough *walkthrough, const struct reading *reading,
                      const pw_walkthrough_options *given, pw_error *err)
{
    pw_walkthrough_options options = pwi_walkthrough_options(given);
    const size_t n_columns = (size_t)reading->embeddings.shape[1];

    if (options.n_tokens != 0 && options.n_tokens != n_columns)
        return PWI_FAIL(err, PW_ERR_FIELD,
                        "\"embeddings\" has %zu positions a sentence; they cannot be brought "
                        "to %zu",
                        n_columns, options.n_tokens);
    options.n_tokens = n_columns;
    options.pads_left = options.pads_left || reading->pads_left;
    if (options.pad_id < 0)
        options.pad_id = (int32_t)reading->pad_id;
    PWI_TRY(pwi_walkthrough_lay_out(walkthrough, reading->ids, reading->lengths, NULL,
                                    (size_t)reading->embeddings.shape[2], &options, err));
    if (reading->n_sentences != 0)
        PWI_TRY(keep_sentences(walkthrough, reading, err));
    PWI_TRY(keep_embeddings(walkthrough, &reading->embeddings, err));
    return pwi_walkthrough_attend(walkthrough, err);
}

static pw_status read_bytes(pw_walkthrough **out, struct reading *reading, const char *bytes,
                            size_t size, const pw_walkthrough_options *options, pw_error *err)
{
    pw_status status;

    PWI_TRY(
        pwi_json_open_memory(&reading->json, &reading->ctx->allocator, bytes, size, NULL, err));
    status = read_document(reading, err);
    pwi_json_close(&reading->json);
    if (status == PW_OK)
        status = check(reading, err);
    if (status == PW_OK)
        status = pwi_walkthrough_start(out, reading->ctx, reading->n_ids, err);
    if (status == PW_OK)
        status = fill(*out, reading, options, err);
    /* The caller's argument is a path; what is wrong is what the file says. */
    if (status == PW_ERR_ARGUMENT)
        status = PW_ERR_FORMAT;
    if (status != PW_OK && err != NULL)
        err->status = status;
    return status;
}

static pw_status read_file(pw_walkthrough **out, struct reading *reading, const char *path,
                           const pw_walkthrough_options *options, pw_error *err)
{
    const pw_allocator *allocator = &reading->ctx->allocator;
    char *bytes;
    size_t size;
    pw_status status;

    PWI_TRY(pwi_read_whole(allocator, path, PW_WALKTHROUGH_FILE_MAX, &bytes, &size, err));
    pwi_arena_init(&reading->arena, allocator);
    reading->pad_id = -1;
    status = read_bytes(out, reading, bytes, size, options, err);
    pwi_exchange_array_free(&reading->embeddings);
    pwi_arena_free(&reading->arena);
    pwi_free_array(allocator, bytes, size + 1, 1);
    return status;
}

pw_status pw_walkthrough_read(pw_walkthrough **out, pw_context *ctx, const char *path,
                              const pw_walkthrough_options *options, pw_error *err)
{
    struct reading *reading = PWI_NEW(&ctx->allocator, struct reading);
    pw_status status;

    *out = NULL;
    if (reading == NULL)
        return pwi_fail_memory(err);
    reading->ctx = ctx;
    reading->embeddings.allocator = &ctx->allocator;
    status = read_file(out, reading, path, options, err);
    PWI_DELETE(&ctx->allocator, reading);
    if (status == PW_OK)
        return PW_OK;
    pw_walkthrough_free(*out);
    *out = NULL;
    return pwi_where(err, strcmp(path, "-") == 0 ? "standard input" : path, status);
}
