/* SPDX-License-Identifier: MIT */
/* Walkthroughs from files: the data set's numbers, hostile files, memory that runs out. */
#include "walkthrough_check.h"

#include <math.h>

#include "failing_allocator.h"

/* The path of a file of the shared data, or NULL. Overwritten by the next call. */
static const char *shared(const char *name)
{
    static char path[1024];
    const char *folder = getenv("PADWISE_SHARED");

    snprintf(path, sizeof(path), "%s/data/walkthrough/%s", folder == NULL ? "" : folder, name);
    return folder != NULL && access(path, R_OK) == 0 ? path : NULL;
}

static void compare(const pw_tensor_set *expected, const char *name, const double *values,
                    size_t n)
{
    const pw_tensor *tensor = pw_tensor_set_find(expected, name);
    double *wanted;

    if (tensor == NULL || (size_t)pw_tensor_n_elements(tensor) != n)
        fail_msg("expected.json has no %s of %zu numbers", name, n);
    wanted = malloc(n * sizeof(*wanted));
    assert_non_null(wanted);
    assert_int_equal(pw_tensor_to_f64(tensor, wanted, n, NULL), PW_OK);
    for (size_t i = 0; i < n; i++)
        if (!(fabs(values[i] - wanted[i]) <= 1e-6))
            fail_msg("%s[%zu] is %.9f, not %.9f", name, i, values[i], wanted[i]);
    free(wanted);
}

static void the_data_sets_numbers_come_out(void **state)
{
    pw_walkthrough_numbers numbers;
    pw_walkthrough *walkthrough;
    pw_tensor_set *expected;
    pw_error err = {0};
    const pw_walkthrough_pass *pass = &numbers.passes[PW_WALKTHROUGH_PADDING];

    if (shared("embeddings.json") == NULL)
        PW_SKIP("no shared data");
    assert_int_equal(
        pw_walkthrough_read(&walkthrough, *state, shared("embeddings.json"), NULL, &err),
        PW_OK);
    assert_int_equal(pw_tensor_set_load(&expected, *state, shared("expected.json"), NULL, &err),
                     PW_OK);
    pw_walkthrough_get(walkthrough, &numbers);
    compare(expected, "scores", numbers.scores, 3 * 4 * 4);
    compare(expected, "masked_scores", pass->masked_scores, 3 * 4 * 4);
    compare(expected, "weights", pass->weights, 3 * 4 * 4);
    compare(expected, "row_sums", pass->row_sums, 3 * 4);
    compare(expected, "context", pass->context, 3 * 4 * 4);
    assert_string_equal(numbers.sentences[2], "I love transformers models");
    pw_tensor_set_free(expected);
    pw_walkthrough_free(walkthrough);
}

/* ---- Files of our own. */

static char path[] = "/tmp/padwise-walkthrough-XXXXXX";

static int setup(void **state)
{
    const int fd = mkstemp(path);

    if (fd < 0)
        return 1;
    close(fd);
    return walkthrough_setup(state);
}

static int teardown(void **state)
{
    unlink(path);
    return walkthrough_teardown(state);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
}

static void refuse(pw_context *ctx, const char *text, pw_status status, const char *part)
{
    pw_walkthrough *walkthrough = (pw_walkthrough *)(uintptr_t)1;
    pw_error err = {0};

    write_file(text);
    assert_int_equal(pw_walkthrough_read(&walkthrough, ctx, path, NULL, &err), status);
    assert_null(walkthrough);
    assert_int_equal(err.status, status);
    assert_string_equal(err.where, path);
    if (strstr(err.text, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

#define IDS "\"ids\":[[1,2],[3]]"

static void bad_files_are_refused_by_name(void **state)
{
    static const struct {
        const char *text;
        pw_status status;
        const char *part;
    } bad[] = {
        {"", PW_ERR_JSON, ""},
        {"[]", PW_ERR_FIELD, "the document"},
        {"{}", PW_ERR_FIELD, "has no \"ids\""},
        {"{" IDS "}", PW_ERR_FIELD, "has no \"embeddings\""},
        {"{" IDS ",\"embeddings\":[[[1],[2]]]}", PW_ERR_FIELD, "\"ids\" has 2 sentences"},
        {"{" IDS ",\"embeddings\":[[[1],[2]],[[3]]]}", PW_ERR_FIELD, "ragged"},
        {"{" IDS ",\"embeddings\":[[[1],[2,2]],[[3],[4]]]}", PW_ERR_FIELD, "ragged"},
        {"{" IDS ",\"embeddings\":[[1,2],[3,4]]}", PW_ERR_FIELD, "lists of lists of lists"},
        {"{" IDS ",\"embeddings\":[[[1]],[[3]]]}", PW_ERR_FORMAT, "sentence 0 has 2 tokens"},
        {"{" IDS ",\"embeddings\":[[[1],[NaN]],[[3],[4]]]}", PW_ERR_JSON, ""},
        {"{" IDS ",\"embeddings\":[[[1],[null]],[[3],[4]]]}", PW_ERR_FIELD, "null"},
        {"{" IDS ",\"embeddings\":[[[1],[1e999]],[[3],[4]]]}", PW_ERR_FIELD, "embeddings"},
        {"{" IDS ",\"embeddings\":[[[1],[1e200]],[[3],[4]]]}", PW_ERR_FORMAT, "too large"},
        {"{\"ids\":[[1,-2],[3]],\"embeddings\":[[[1],[2]],[[3],[4]]]}", PW_ERR_FIELD, "-2"},
        {"{\"ids\":[[1,2.5],[3]],\"embeddings\":[[[1],[2]],[[3],[4]]]}", PW_ERR_FIELD, "an id"},
        {"{\"ids\":[1,2],\"embeddings\":[[[1],[2]],[[3],[4]]]}", PW_ERR_FIELD, "for each"},
        {"{\"ids\":[],\"embeddings\":[[[1],[2]]]}", PW_ERR_FIELD, "\"ids\" has 0"},
        {"{\"ids\":[],\"embeddings\":[]}", PW_ERR_FIELD, "empty list"},
        {"{\"ids\":[[],[]],\"embeddings\":[[[1]],[[2]]],\"pad_id\":-1}", PW_ERR_FIELD, "-1"},
        {"{" IDS ",\"sentences\":[\"a\"],\"embeddings\":[[[1],[2]],[[3],[4]]]}", PW_ERR_FIELD,
         "\"sentences\" has 1"},
        {"{" IDS ",\"sentences\":[1,2],\"embeddings\":[[[1],[2]],[[3],[4]]]}", PW_ERR_FIELD,
         "strings"},
        {"{" IDS ",\"padding_side\":\"up\"}", PW_ERR_FIELD, "neither"},
        {"{" IDS "," IDS "}", PW_ERR_DUPLICATE, "ids"},
        {"{" IDS ",\"embeddings\":[[[1],[2]],[[3],[4]]]} x", PW_ERR_JSON, ""},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        refuse(*state, bad[i].text, bad[i].status, bad[i].part);
}

static void ten_thousand_sentences_are_over_a_named_limit(void **state)
{
    static const char ids[] = "[1],", rows[] = "[[1]],";
    char *text = calloc(1, 10000 * (sizeof(ids) + sizeof(rows)) + 100);
    size_t n;

    assert_non_null(text);
    n = (size_t)sprintf(text, "{\"ids\":[");
    for (size_t i = 0; i < 10000; i++)
        n += (size_t)sprintf(text + n, "%s", ids);
    n += (size_t)sprintf(text + n - 1, "],\"embeddings\":[") - 1;
    for (size_t i = 0; i < 10000; i++)
        n += (size_t)sprintf(text + n, "%s", rows);
    sprintf(text + n - 1, "]}");
    refuse(*state, text, PW_ERR_LIMIT, "PW_WALKTHROUGH_SENTENCES_MAX");
    free(text);
}

static void unknown_fields_are_passed_over(void **state)
{
    pw_walkthrough_numbers numbers;
    pw_walkthrough *walkthrough;
    pw_error err = {0};

    write_file("{\"lengths\":[2,1],\"more\":{\"deep\":[[[]]]},\"padding_side\":\"left\","
               "\"embeddings\":[[[1],[2]],[[3],[4]]],\"pad_id\":9,\"sentences\":null," IDS "}");
    assert_int_equal(pw_walkthrough_read(&walkthrough, *state, path, NULL, &err), PW_OK);
    pw_walkthrough_get(walkthrough, &numbers);
    assert_true(numbers.pads_left);
    assert_int_equal(numbers.padded[2], 9);
    assert_int_equal(numbers.padded[3], 3);
    assert_null(numbers.sentences);
    pw_walkthrough_free(walkthrough);
}

/* Pads of a single token among embeddings that have more columns than any sentence. */
static void more_columns_than_tokens_are_pads(void **state)
{
    pw_walkthrough_numbers numbers;
    pw_walkthrough *walkthrough;
    pw_error err = {0};

    write_file("{\"ids\":[[5]],\"embeddings\":[[[1,2],[3,4],[5,6]]]}");
    assert_int_equal(pw_walkthrough_read(&walkthrough, *state, path, NULL, &err), PW_OK);
    pw_walkthrough_get(walkthrough, &numbers);
    assert_int_equal(numbers.n_tokens, 3);
    assert_int_equal(numbers.mask[0] + numbers.mask[1] + numbers.mask[2], 1);
    assert_true(numbers.passes[PW_WALKTHROUGH_PADDING].context[5] == 2.0);
    pw_walkthrough_free(walkthrough);
}

/* ---- Memory. */

static pw_status read_one(const pw_allocator *allocator)
{
    pw_context *ctx = walkthrough_context(allocator);
    pw_walkthrough *walkthrough = NULL;
    pw_status status = PW_ERR_NO_MEMORY;

    if (ctx != NULL)
        status = pw_walkthrough_read(&walkthrough, ctx, path, NULL, NULL);
    pw_walkthrough_free(walkthrough);
    pw_context_free(ctx);
    return status;
}

static pw_status encode_one(const pw_allocator *allocator)
{
    pw_context *ctx = walkthrough_context(allocator);
    const pw_text sentences[] = {{"a beaver", 8}, {"teeth", 5}};
    pw_walkthrough *walkthrough = NULL;
    pw_tokenizer *tokenizer = NULL;
    pw_model *model = NULL;
    pw_status status = PW_ERR_NO_MEMORY;

    if (ctx != NULL)
        status = pw_model_open_builtin(&model, ctx, NULL, NULL);
    if (status == PW_OK)
        status = pw_tokenizer_open_builtin(&tokenizer, ctx, NULL, NULL);
    if (status == PW_OK) {
        const pw_encoder encoder = {NULL, model, tokenizer};

        status = pw_walkthrough_encode(&walkthrough, ctx, &encoder, sentences, 2, NULL, NULL);
    }
    pw_walkthrough_free(walkthrough);
    pw_tokenizer_free(tokenizer);
    pw_model_free(model);
    pw_context_free(ctx);
    return status;
}

/* @param first  the allocation to begin with: those before it are other tests'. */
static void sweep(pw_status (*run)(const pw_allocator *), size_t first)
{
    pw_status status = PW_ERR_NO_MEMORY;

    for (size_t n = first; status != PW_OK; n++) {
        struct failing failing = {.fail_at = n};
        const pw_allocator allocator = failing_allocator(&failing);

        status = run(&allocator);
        assert_int_equal(failing.n_out, 0);
        assert_int_equal(failing.bytes_out, 0);
        if (status != PW_OK)
            assert_int_equal(status, PW_ERR_NO_MEMORY);
        else
            assert_true(n > first && failing.n_calls < n);
    }
}

/* The allocations that opening model and tokenizer takes. */
static size_t n_to_open(void)
{
    struct failing failing = {0};
    const pw_allocator allocator = failing_allocator(&failing);
    pw_context *ctx = walkthrough_context(&allocator);
    pw_tokenizer *tokenizer;
    pw_model *model;
    size_t n;

    assert_int_equal(pw_model_open_builtin(&model, ctx, NULL, NULL), PW_OK);
    assert_int_equal(pw_tokenizer_open_builtin(&tokenizer, ctx, NULL, NULL), PW_OK);
    n = failing.n_calls;
    pw_tokenizer_free(tokenizer);
    pw_model_free(model);
    pw_context_free(ctx);
    return n;
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    write_file("{\"sentences\":[\"a b\",\"c\"],\"embeddings\":[[[1],[2]],[[3],[0.1]]]," IDS
               "}");
    sweep(read_one, 1);
    sweep(encode_one, n_to_open() + 1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_data_sets_numbers_come_out),
    cmocka_unit_test(bad_files_are_refused_by_name),
    cmocka_unit_test(ten_thousand_sentences_are_over_a_named_limit),
    cmocka_unit_test(unknown_fields_are_passed_over),
    cmocka_unit_test(more_columns_than_tokens_are_pads),
    cmocka_unit_test(memory_may_run_out_anywhere),
};

PW_TEST_MAIN(tests, setup, teardown)
