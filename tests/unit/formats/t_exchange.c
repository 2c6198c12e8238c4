/* SPDX-License-Identifier: MIT */
/* The exchange JSON: what becomes a tensor and what stays a field, what is refused and where,
 * and that a file written again says the same. */
#include "format_check.h"

#include "formats/exchange.h"

static pw_status load_text(pw_tensor_set **set, pw_context *ctx, const char *text,
                           pw_error *err)
{
    return load_bytes(set, ctx, text, strlen(text), err);
}

static pw_tensor_set *loaded(pw_context *ctx, const char *text)
{
    pw_tensor_set *set;
    pw_error err = {0};

    if (load_text(&set, ctx, text, &err) != PW_OK)
        fail_msg("%s", err.text);
    return set;
}

static void assert_saved(const pw_tensor_set *set, pw_context *ctx, pw_dtype float_dtype,
                         const char *expected)
{
    pw_save_options options = options_for(PW_FORMAT_JSON);
    pw_error err = {0};
    char *bytes;
    size_t size;

    options.float_dtype = float_dtype;
    if (save_bytes(set, ctx, &options, &bytes, &size, &err) != PW_OK)
        fail_msg("%s", err.text);
    assert_string_equal(bytes, expected);
    free_bytes(bytes, size);
}

static void lists_of_numbers_are_tensors(void **state)
{
    static const struct {
        const char *value; /* of the field "x" */
        int32_t rank;
        int64_t shape[3];
        pw_dtype dtype;
        double first, last;
    } cases[] = {
        {"[1.5]", 1, {1}, PW_F32, 1.5, 1.5},
        {"[[1,2,3],[4,5,6]]", 2, {2, 3}, PW_F32, 1, 6},
        {"[[[1],[2]],[[3],[4]],[[5],[6e0]]]", 3, {3, 2, 1}, PW_F32, 1, 6},
        {"[0.5, 0.1]", 1, {2}, PW_F64, 0.5, 0.1}, /* no f32 is 0.1 */
        {"[1e39, 1.5]", 1, {2}, PW_F64, 1e39, 1.5},
        {"[1e-46, 1.5]", 1, {2}, PW_F64, 1e-46, 1.5},
        {"[1.401298464324817e-45, 3.4028234663852886e+38]",
         1,
         {2},
         PW_F32,
         1.401298464324817e-45,
         3.4028234663852886e+38},
        {"[-0.0, 0]", 1, {2}, PW_F32, -0.0, 0},
        {"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]", 1, {17}, PW_F32, 1, 17},
    };

    pw_context *ctx = context_over(NULL, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        double values[32];
        const pw_tensor *tensor;
        pw_tensor_set *set;
        size_t n;

        snprintf(text, sizeof(text), " { \"x\" :%s}\n", cases[i].value);
        set = loaded(ctx, text);
        tensor = pw_tensor_set_find(set, "x");
        assert_non_null(tensor);
        assert_int_equal(tensor->rank, cases[i].rank);
        assert_memory_equal(tensor->shape, cases[i].shape,
                            (size_t)cases[i].rank * sizeof(int64_t));
        assert_int_equal(tensor->dtype, cases[i].dtype);
        assert_int_equal(pw_tensor_to_f64(tensor, values, 32, NULL), PW_OK);
        n = (size_t)pw_tensor_n_elements(tensor);
        assert_memory_equal(&values[0], &cases[i].first, sizeof(double));
        assert_memory_equal(&values[n - 1], &cases[i].last, sizeof(double));
        assert_int_equal(pw_tensor_set_n_metadata(set), 0);
        pw_tensor_set_free(set);
    }
    pw_context_free(ctx);
}

/* What comes back as metadata, value by value: as Python's json.dumps sets it. */
static void other_fields_are_kept_as_json(void **state)
{
    static const struct {
        const char *value, *kept;
    } cases[] = {
        {"\"text\"", "\"text\""},
        {"\"\\u00e9\\n\\u0000\\ud83d\\ude00 \\/\"", "\"\xC3\xA9\\n\\u0000\xF0\x9F\x98\x80 /\""},
        {"77", "77"},
        {"-1.50E+3", "-1.50E+3"}, /* the literal, not the number */
        {"12345678901234567890123", "12345678901234567890123"},
        {"null", "null"},
        {"true", "true"},
        {"{ \"a\" :[1,{\"b\":[ ]}] ,\"c\":{}}", "{\"a\": [1, {\"b\": []}], \"c\": {}}"},
        {"[]", "[]"},
        {"[[]]", "[[]]"},
        {"[3,4]", "[3, 4]"}, /* a short list of whole numbers */
        {"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]",
         "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]"},
        {"[\"a\",\"b\"]", "[\"a\", \"b\"]"},
        {"[1.5,\"b\"]", "[1.5, \"b\"]"},
        {"[0.5,null]", "[0.5, null]"},
        {"[[1,2],[3]]", "[[1, 2], [3]]"},
        {"[[1.5],2]", "[[1.5], 2]"},
        {"[1.5,[2]]", "[1.5, [2]]"},
        {"[[[[1.5]]]]", "[[[[1.5]]]]"},
        {"[1e999]", "[1e999]"},
    };

    pw_context *ctx = context_over(NULL, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256], again[256];
        pw_tensor_set *set;

        snprintf(text, sizeof(text), "{\"y\":%s,\"x\":[1.5]}", cases[i].value);
        set = loaded(ctx, text);
        assert_int_equal(pw_tensor_set_n(set), 1);
        assert_string_equal(pw_tensor_set_metadata(set, "y"), cases[i].kept);
        snprintf(again, sizeof(again), "{\"x\": [1.5], \"y\": %s}", cases[i].kept);
        assert_saved(set, ctx, PW_F32, again);
        pw_tensor_set_free(set);
    }
    pw_context_free(ctx);
}

static void bad_files_are_refused_with_their_place(void **state)
{
    static const struct {
        const char *text;
        pw_status status;
        uint32_t line, column; /* 0: not said */
    } cases[] = {
        {"{}", PW_ERR_FIELD, 0, 0},
        {"{\"a\": 1}", PW_ERR_FIELD, 0, 0},
        {"[[1, 2]]", PW_ERR_FIELD, 1, 1},
        {"{\"embedding\": []}", PW_ERR_FIELD, 1, 16},
        {"{\"embedding\": [[]]}", PW_ERR_FIELD, 1, 17},
        {"{\"embedding\": [[1, 2],\n [3]]}", PW_ERR_FIELD, 2, 4},
        {"{\"embedding\": [[1, 2],\n [3, 4, 5]]}", PW_ERR_FIELD, 2, 10},
        {"{\"embedding\": [[1, 2], 3]}", PW_ERR_FIELD, 1, 24},
        {"{\"embedding\": [1, [2]]}", PW_ERR_FIELD, 1, 19},
        {"{\"embedding\": [[[[1]]]]}", PW_ERR_DEPTH, 1, 18},
        {"{\"embedding\": [[1, null]]}", PW_ERR_FIELD, 1, 20},
        {"{\"embedding\": [[1, \"2\"]]}", PW_ERR_FIELD, 1, 20},
        {"{\"embedding\": [[1, NaN]]}", PW_ERR_JSON, 1, 20},
        {"{\"embedding\": [[1, 1e400]]}", PW_ERR_FIELD, 1, 20},
        {"{\"embedding\": [[1, 2,]]}", PW_ERR_JSON, 1, 22},
        {"{\"embedding\": [[1, 2]]", PW_ERR_JSON, 1, 23},
        {"{\"embedding\": [[1, 2]]} x", PW_ERR_JSON, 1, 25},
        {"{\"embedding\": [[1, 2]], \"embedding\": [[1, 2]]}", PW_ERR_DUPLICATE, 1, 25},
        {"{\"embedding\": [[1, 2]],\n \"shape\": [2, 1]}", PW_ERR_MISMATCH, 2, 11},
        {"{\"shape\": [1, 3],\n \"embedding\": [[1, 2]]}", PW_ERR_MISMATCH, 1, 11},
        {"{\"embedding\": [[1, 2]], \"shape\": \"1x2\"}", PW_ERR_FIELD, 1, 34},
        {"{\"embedding\": [[1, 2]], \"shape\": [1.0, 2]}", PW_ERR_FIELD, 1, 34},
        {"{\"embedding\": [[1, 2]], \"shape\": [-1, 2]}", PW_ERR_FIELD, 1, 34},
        {"{\"x\": [[1, 2]], \"shape\": [3, 2]}", PW_ERR_MISMATCH, 1, 26},
        {"{\"clip_l_sequence\": [[1, 2]], \"combined_pooled\": [1],\n"
         " \"shapes\": {\"clip_l\": [1, 3]}}",
         PW_ERR_MISMATCH, 2, 12},
        {"{\"combined_pooled\": [[1.5], 2]}", PW_ERR_FIELD, 1, 29},
        {"{\"\": [1.5]}", PW_ERR_FIELD, 0, 0},
        {"{\"a\\u0000\": [1.5]}", PW_ERR_FIELD, 0, 0},
        /* Nothing else is a tensor, so the reason for this list's not being one is told. */
        {"{\"vectors\": [[1.5],\n[2.5, 3.5]]}", PW_ERR_FIELD, 2, 10},
    };

    pw_context *ctx = context_over(NULL, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pw_error err = {0};
        pw_tensor_set *set;
        const pw_status status = load_text(&set, ctx, cases[i].text, &err);

        if (status != cases[i].status ||
            (cases[i].line > 0 && (err.line != cases[i].line || err.column != cases[i].column)))
            fail_msg("%s\ngave %s at %u:%u: %s", cases[i].text, pw_status_name(status),
                     err.line, err.column, err.text);
        pw_tensor_set_free(set);
    }
    pw_context_free(ctx);
}

/* The forms of cli.md section 6, as Python writes them: the same bytes again. */
static void forms_are_written_as_they_were(void **state)
{
    static const char *const texts[] = {
        "{\"prompt\": \"a cat\", \"embedding\": [[0.1, -28.0], [1e-07, 0.30000001192092896]], "
        "\"shape\": [2, 2], \"max_length\": 77, \"prompt_set\": \"Short prompts\"}",
        "{\"prompt\": \"a cat\", \"embedding\": [[1.0]], \"shape\": [1, 1]}",
        "{\"prompt\": \"a\", \"embedding\": [[0.0], [1.5]], \"shape\": [2, 1], "
        "\"manipulation\": \"Zero Range\", \"cutoff_type\": \"last\", \"cutoff_tokens\": 50, "
        "\"zero_range\": {\"keep_start\": 0, \"keep_end\": 27}, \"original_base\": \"a\"}",
        "{\"prompt\": \"a\", \"clip_l_sequence\": [[1.0, 2.0]], \"clip_g_sequence\": [[3.0, "
        "4.0]], \"combined_pooled\": [5.0, 6.0], \"shapes\": {\"clip_l_sequence\": [1, 2], "
        "\"clip_g_sequence\": [1, 2], \"combined_pooled\": [2]}}",
        /* Some write the batch into the shape. */
        "{\"embedding\": [[1.0, 2.0]], \"shape\": [1, 1, 2]}",
        /* No manifest: not of `padwise encode`, and so not in need of another name. */
        "{\"prompt\": \"a\", \"prompt_embeds\": [[[1.0, 2.0]], [[3.0, 4.0]]], "
        "\"last_hidden_state\": [[[1.0]]]}",
        "{\"prompt\": null, \"embedding\": [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, "
        "8.0]]], \"shape\": [2, 2, 2]}",
    };
    pw_context *ctx = context_over(NULL, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        pw_tensor_set *set = loaded(ctx, texts[i]);

        assert_saved(set, ctx, PW_F32, texts[i]);
        pw_tensor_set_free(set);
    }
    pw_context_free(ctx);
}

static void fields_are_put_in_the_usual_order(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set =
        loaded(ctx, "{\"z\": 1, \"prompt_set\": \"s\", \"max_length\": 2, \"shape\": [1, 1],"
                    "\"other\": [1.5], \"embedding\": [[1]], \"a\": 2, \"prompt\": \"p\"}");

    (void)state;
    assert_saved(set, ctx, PW_F32,
                 "{\"prompt\": \"p\", \"embedding\": [[1.0]], \"other\": [1.5], \"shape\": [1, "
                 "1], \"max_length\": 2, \"prompt_set\": \"s\", \"z\": 1, \"a\": 2}");
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

/* The workshop's files, byte for byte. */
static void real_files_are_written_as_they_were(void **state)
{
    static const char *const names[] = {"a_european_robin", "a_great_horned",
                                        "a_green-winged_macaw", "a_mute_swan",
                                        "short_prompts_max"};
    const char *shared = getenv("PADWISE_SHARED");
    pw_context *ctx;
    char path[1024];

    (void)state;
    snprintf(path, sizeof(path), "%s/data/clip-l-tensors", shared == NULL ? "" : shared);
    if (shared == NULL || access(path, R_OK) != 0)
        PW_SKIP("PADWISE_SHARED holds no data/clip-l-tensors");
    ctx = context_over(NULL, NULL);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *text;
        size_t size;
        pw_tensor_set *set;

        snprintf(path, sizeof(path), "%s/data/clip-l-tensors/%s.json", shared, names[i]);
        assert_int_equal(
            pwi_read_whole(&pwi_malloc_allocator, path, 10000000, &text, &size, NULL), PW_OK);
        assert_int_equal(pw_tensor_set_load(&set, ctx, path, NULL, NULL), PW_OK);
        assert_int_equal(pw_tensor_set_find(set, "embedding")->dtype, PW_F32);
        assert_saved(set, ctx, PW_F32, text);
        pw_tensor_set_free(set);
        free_bytes(text, size);
    }
    pw_context_free(ctx);
}

static pw_tensor_set *conditioning_set(pw_context *ctx, const char *name, int64_t n_prompts)
{
    const int64_t shape[3] = {n_prompts, 2, 3}, ids_shape[2] = {n_prompts, 2};
    pw_tensor_set *set;
    void *data;

    assert_int_equal(pw_tensor_set_create(&set, ctx, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_add(set, "input_ids", PW_I64, 2, ids_shape, &data, NULL),
                     PW_OK);
    assert_int_equal(pw_tensor_set_add(set, name, PW_F32, 3, shape, &data, NULL), PW_OK);
    for (int i = 0; i < 6; i++)
        ((float *)data)[i] = (float)i / 10;
    assert_int_equal(pw_tensor_set_put_metadata(set, "format", "pt", NULL), PW_OK);
    assert_int_equal(
        pw_tensor_set_put_metadata(set, "padwise",
                                   "{\"version\":1,\"model\":{\"prompts\":[]},\"prompts\":"
                                   "[{\"negative\":null,\"prompt\":\"a \\\"cat\\\"\"}]}",
                                   NULL),
        PW_OK);
    return set;
}

/* What `padwise encode` makes of one prompt goes out in the form that people read. */
static void a_conditioning_set_becomes_an_embedding(void **state)
{
    static const char *const names[] = {"last_hidden_state", "prompt_embeds"};
    size_t n_warnings = 0;
    pw_context *ctx = context_over(NULL, &n_warnings);

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        pw_tensor_set *set = conditioning_set(ctx, names[i], 1);

        assert_saved(set, ctx, PW_F32,
                     "{\"prompt\": \"a \\\"cat\\\"\", \"embedding\": [[0.0, "
                     "0.10000000149011612, 0.20000000298023224], [0.30000001192092896, "
                     "0.4000000059604645, 0.5]], \"shape\": [2, 3], \"max_length\": 2, "
                     "\"padwise\": {\"version\": 1, \"model\": {\"prompts\": []}, \"prompts\": "
                     "[{\"negative\": null, \"prompt\": \"a \\\"cat\\\"\"}]}}");
        assert_int_equal(n_warnings, i + 1); /* input_ids are left out */
        pw_tensor_set_free(set);
    }
    pw_context_free(ctx);
}

static void floats_are_rounded_when_asked(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set = loaded(ctx, "{\"embedding\": [0.1, 1.00390625]}");

    (void)state;
    assert_saved(set, ctx, PW_F32, "{\"embedding\": [0.1, 1.00390625], \"shape\": [2]}");
    assert_saved(set, ctx, PW_F16,
                 "{\"embedding\": [0.0999755859375, 1.00390625], \"shape\": [2]}");
    assert_saved(set, ctx, PW_BF16, "{\"embedding\": [0.10009765625, 1.0], \"shape\": [2]}");
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

/* Fields that were true of the tensor before it was edited. */
static void shapes_follow_the_numbers(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set = loaded(ctx, "{\"clip_l_sequence\": [[1, 2]]}");

    (void)state;
    assert_int_equal(pw_tensor_set_put_metadata(set, "shapes", "{\"clip_l\": [77, 768]}", NULL),
                     PW_OK);
    assert_int_equal(pw_tensor_set_put_metadata(set, "shape", "[9]", NULL), PW_OK);
    assert_saved(set, ctx, PW_F32,
                 "{\"clip_l_sequence\": [[1.0, 2.0]], \"shape\": [1, 2], \"shapes\": "
                 "{\"clip_l_sequence\": [1, 2]}}");
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

/* Metadata of other formats is text, which JSON has in quotes. */
static void plain_text_becomes_a_string(void **state)
{
    static const struct {
        const char *value, *written;
    } cases[] = {
        {"a \"cat\"", "\"a \\\"cat\\\"\""},
        {"", "\"\""},
        {"{\"a\": ", "\"{\\\"a\\\": \""},
        {"1 2", "\"1 2\""},
        {"[1]", "[1]"},
        {" true ", "true"},
    };

    pw_context *ctx = context_over(NULL, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pw_tensor_set *set = loaded(ctx, "{\"x\": [1.5]}");
        char expected[128];

        assert_int_equal(pw_tensor_set_put_metadata(set, "k", cases[i].value, NULL), PW_OK);
        snprintf(expected, sizeof(expected), "{\"x\": [1.5], \"k\": %s}", cases[i].written);
        assert_saved(set, ctx, PW_F32, expected);
        pw_tensor_set_free(set);
    }
    pw_context_free(ctx);
}

/* As deep as the reader will take it back, and one deeper, which goes out as text. */
static void deep_fields_can_be_read_again(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    const size_t depths[] = {PW_JSON_DEPTH_MAX - 1, PW_JSON_DEPTH_MAX};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        pw_tensor_set *set = loaded(ctx, "{\"x\": [1.5]}"), *back;
        const pw_save_options options = options_for(PW_FORMAT_JSON);
        char value[2 * PW_JSON_DEPTH_MAX + 1] = {0};

        memset(value, '[', depths[i]);
        memset(value + depths[i], ']', depths[i]);
        assert_int_equal(pw_tensor_set_put_metadata(set, "k", value, NULL), PW_OK);
        assert_int_equal(pw_tensor_set_save(set, ctx, path_of("out.json"), &options, NULL),
                         PW_OK);
        assert_int_equal(pw_tensor_set_load(&back, ctx, path_of("out.json"), NULL, NULL),
                         PW_OK);
        assert_int_equal(pw_tensor_set_metadata(back, "k")[0], i == 0 ? '[' : '"');
        pw_tensor_set_free(back);
        pw_tensor_set_free(set);
    }
    pw_context_free(ctx);
}

static void assert_unsupported(pw_context *ctx, pw_tensor_set *set, const char *word)
{
    const pw_save_options options = options_for(PW_FORMAT_JSON);
    pw_error err = {0};

    assert_int_equal(pw_tensor_set_save(set, ctx, path_of("out.json"), &options, &err),
                     PW_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, word));
    assert_int_equal(access(path_of("out.json"), F_OK), -1);
    pw_tensor_set_free(set);
}

static pw_tensor_set *set_of(pw_context *ctx, pw_dtype dtype, int32_t rank,
                             const int64_t *shape, const void *bytes, size_t size)
{
    pw_tensor_set *set;
    void *data;

    assert_int_equal(pw_tensor_set_create(&set, ctx, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_add(set, "x", dtype, rank, shape, &data, NULL), PW_OK);
    if (size > 0)
        memcpy(data, bytes, size);
    return set;
}

static void what_json_cannot_hold_is_refused(void **state)
{
    static const int64_t ones[4] = {1, 1, 1, 1}, none[2] = {0, 3};
    static const int64_t wide = (INT64_C(1) << 53) + 1;
    static const uint32_t nan_bits = 0x7FC00000, infinity_bits = 0xFF800000;
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set;

    (void)state;
    unlink(path_of("out.json"));
    assert_unsupported(ctx, set_of(ctx, PW_F32, 1, ones, &nan_bits, 4), "NaN");
    assert_unsupported(ctx, set_of(ctx, PW_F32, 1, ones, &infinity_bits, 4), "infinity");
    assert_unsupported(ctx, set_of(ctx, PW_I64, 1, ones, &wide, 8), "2^53");
    assert_unsupported(ctx, set_of(ctx, PW_F32, 0, NULL, NULL, 0), "no dimensions");
    assert_unsupported(ctx, set_of(ctx, PW_F32, 4, ones, NULL, 0), "more than 3");
    assert_unsupported(ctx, set_of(ctx, PW_F32, 2, none, NULL, 0), "no elements");
    assert_unsupported(ctx, set_of(ctx, PW_C64, 1, ones, NULL, 0), "dtype");
    assert_unsupported(ctx, conditioning_set(ctx, "prompt_embeds", 2), "-o DIR/");
    set = set_of(ctx, PW_F32, 1, ones, NULL, 0);
    assert_int_equal(pw_tensor_set_put_metadata(set, "x", "1", NULL), PW_OK);
    assert_unsupported(ctx, set, "\"x\"");
    assert_int_equal(pw_tensor_set_create(&set, ctx, NULL), PW_OK);
    assert_unsupported(ctx, set, "at least one tensor");
    pw_context_free(ctx);
}

/* A file of n rows of 768 numbers with fields around, several windows long. */
static void put_rows(pwi_buf *buf, int n_rows)
{
    pwi_buf_init(buf, &pwi_malloc_allocator);
    pwi_buf_text(buf, "{\"prompt\": \"");
    for (int i = 0; i < 70000; i++) /* longer than the reader's window */
        pwi_buf_byte(buf, 'p');
    pwi_buf_text(buf, "\", \"embedding\": [");
    for (int row = 0; row < n_rows; row++) {
        pwi_buf_text(buf, row == 0 ? "[" : "], [");
        for (int i = 0; i < 768; i++) {
            pwi_buf_text(buf, i == 0 ? "" : ", ");
            pwi_json_put_f64(buf, (double)(float)(row * 768 + i) / 1024 - 17);
        }
    }
    pwi_buf_text(buf, "]], \"mixed\": [");
    for (int i = 0; i < 20000; i++)
        pwi_buf_text(buf, "1.5, ");
    pwi_buf_text(buf, "null], \"shape\": [");
    pwi_buf_format(buf, "%d, 768]}", n_rows);
    assert_false(buf->failed);
}

/* The file is streamed: of a row a megabyte long only the numbers are in memory. */
static void memory_follows_the_numbers(void **state)
{
    struct failing failing = {0};
    pw_context *ctx = context_over(&failing, NULL);
    const int n_rows = 400;
    const size_t numbers = (size_t)n_rows * 768 * sizeof(float);
    pw_tensor_set *set;
    pw_error err;
    pwi_buf buf;

    (void)state;
    put_rows(&buf, n_rows);
    assert_int_equal(load_bytes(&set, ctx, buf.data, buf.size, &err), PW_OK);
    assert_int_equal(pw_tensor_set_find(set, "embedding")->size_bytes, numbers);
    assert_int_equal(strlen(pw_tensor_set_metadata(set, "prompt")), 70002);
    assert_int_equal(strlen(pw_tensor_set_metadata(set, "mixed")), 1 + 20000 * 5 + 5);
    /* Growing by half: at worst 1.5 + 1 of the numbers while they grow, or 1.5 + 1 beside the
     * set's own; the fields a few times over. */
    assert_true(failing.bytes_peak < numbers * 5 / 2 + 1500000);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
    pwi_buf_free(&buf);
}

static void long_files_come_back(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_save_options options = options_for(PW_FORMAT_JSON);
    pw_tensor_set *set, *back;
    const pw_tensor *a, *b;
    pw_error err;
    pwi_buf buf;

    (void)state;
    put_rows(&buf, 77);
    assert_int_equal(load_bytes(&set, ctx, buf.data, buf.size, &err), PW_OK);
    assert_int_equal(pw_tensor_set_save(set, ctx, path_of("out.json"), &options, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_load(&back, ctx, path_of("out.json"), NULL, NULL), PW_OK);
    a = pw_tensor_set_find(set, "embedding");
    b = pw_tensor_set_find(back, "embedding");
    assert_int_equal(a->size_bytes, b->size_bytes);
    assert_memory_equal(a->data, b->data, a->size_bytes);
    for (int i = 0; i < 77 * 768; i++)
        assert_true(((const float *)a->data)[i] == (float)i / 1024 - 17);
    assert_string_equal(pw_tensor_set_metadata(set, "mixed"),
                        pw_tensor_set_metadata(back, "mixed"));
    pw_tensor_set_free(back);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
    pwi_buf_free(&buf);
}

static void no_beginning_of_a_file_loads(void **state)
{
    static const char text[] = "{\"embedding\": [[1.5, 2], [3, 4]], \"k\": [1, \"\xC3\xA9\"], "
                               "\"shape\": [2, 2]}";

    (void)state;
    assert_no_cut_loads(text, strlen(text));
}

static pw_status save_json(pw_context *ctx, const void *set)
{
    pw_save_options options = options_for(PW_FORMAT_JSON);

    options.float_dtype = PW_F16;
    return pw_tensor_set_save(set, ctx, path_of("out.json"), &options, NULL);
}

static void running_out_of_memory_leaves_nothing(void **state)
{
    static const char text[] =
        "{\"prompt\": \"p\", \"embedding\": [[1.5, 2], [3, 0.1]], \"k\": [1.5, \"a\"], "
        "\"x\": [1.5], \"shape\": [2, 2], \"y\": [1.5], \"z\": [1.5], \"v\": [1.5], "
        "\"shapes\": {\"embedding\": [2, 2]}, \"u\": {\"a\": [0]}}";
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set;

    (void)state;
    sweep_allocations(load_path, file_with(text, strlen(text)));
    set = loaded(ctx, text);
    sweep_allocations(save_json, set);
    pw_tensor_set_free(set);
    set = conditioning_set(ctx, "last_hidden_state", 1);
    sweep_allocations(save_json, set);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(lists_of_numbers_are_tensors),
    cmocka_unit_test(other_fields_are_kept_as_json),
    cmocka_unit_test(bad_files_are_refused_with_their_place),
    cmocka_unit_test(forms_are_written_as_they_were),
    cmocka_unit_test(fields_are_put_in_the_usual_order),
    cmocka_unit_test(real_files_are_written_as_they_were),
    cmocka_unit_test(a_conditioning_set_becomes_an_embedding),
    cmocka_unit_test(floats_are_rounded_when_asked),
    cmocka_unit_test(shapes_follow_the_numbers),
    cmocka_unit_test(plain_text_becomes_a_string),
    cmocka_unit_test(deep_fields_can_be_read_again),
    cmocka_unit_test(what_json_cannot_hold_is_refused),
    cmocka_unit_test(memory_follows_the_numbers),
    cmocka_unit_test(long_files_come_back),
    cmocka_unit_test(no_beginning_of_a_file_loads),
    cmocka_unit_test(running_out_of_memory_leaves_nothing),
};

PW_TEST_MAIN(tests, make_folder, remove_folder)
