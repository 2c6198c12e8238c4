/* SPDX-License-Identifier: MIT */
/* Reading safetensors: what is in a good file, what the strict reader refuses, limits, memory,
 * and messages. The 133 cases of the case file are tests/cases'. */
#include "safetensors_bytes.h"

static const char three[] =
    "{\"__metadata__\":{\"format\":\"pt\",\"b\":\"\\u00e9\"},"
    "\"last\":{\"dtype\":\"I64\",\"shape\":[1,2],\"data_offsets\":[20,36]},"
    "\"first\":{\"dtype\":\"F16\",\"shape\":[2,5],\"data_offsets\":[0,20]},"
    "\"empty\":{\"dtype\":\"BOOL\",\"shape\":[0,7],\"data_offsets\":[20,20]}}";

static void tensors_stand_in_the_order_of_their_bytes(void **state)
{
    const char *path = safetensors_with(three, 36);
    pw_context *ctx = context_over(NULL, NULL);
    pw_file *file;
    unsigned char bytes[20];

    (void)state;
    assert_int_equal(pw_file_open(&file, ctx, path, NULL, NULL), PW_OK);
    pw_context_free(ctx); /* the file keeps it alive */
    assert_int_equal(pw_file_format(file), PW_FORMAT_SAFETENSORS);
    assert_string_equal(pw_file_path(file), path);
    assert_int_equal(pw_file_size(file), 8 + strlen(three) + 36);
    assert_int_equal(pw_file_n_tensors(file), 3);
    assert_string_equal(pw_file_tensor_name(file, 0), "first");
    assert_string_equal(pw_file_tensor_name(file, 1), "empty");
    assert_string_equal(pw_file_tensor_name(file, 2), "last");
    assert_int_equal(pw_file_tensor(file, 0)->dtype, PW_F16);
    assert_int_equal(pw_file_tensor(file, 0)->rank, 2);
    assert_int_equal(pw_file_tensor(file, 0)->shape[1], 5);
    assert_int_equal(pw_file_tensor(file, 0)->size_bytes, 20);
    assert_null(pw_file_tensor(file, 0)->data);
    assert_int_equal(pw_file_find(file, "last"), 2);
    assert_int_equal(pw_file_find(file, "las"), -1);
    assert_int_equal(pw_file_read(file, 0, bytes, sizeof(bytes), NULL), PW_OK);
    for (int i = 0; i < 20; i++)
        assert_int_equal(bytes[i], i);
    assert_int_equal(pw_file_read(file, 2, bytes, sizeof(bytes), NULL), PW_OK);
    assert_int_equal(bytes[0], 20);
    assert_int_equal(pw_file_read(file, 1, NULL, 0, NULL), PW_OK);
    pw_file_free(file);
}

static void metadata_stands_in_its_order(void **state)
{
    const char *path = safetensors_with(three, 36);
    pw_context *ctx = context_over(NULL, NULL);
    pw_file *file;

    (void)state;
    assert_int_equal(pw_file_open(&file, ctx, path, NULL, NULL), PW_OK);
    assert_int_equal(pw_file_n_metadata(file), 2);
    assert_string_equal(pw_file_metadata_key(file, 0), "format");
    assert_string_equal(pw_file_metadata_value(file, 0), "pt");
    assert_string_equal(pw_file_metadata_value(file, 1), "\xc3\xa9");
    assert_string_equal(pw_file_metadata(file, "format"), "pt");
    assert_null(pw_file_metadata(file, "Format"));
    assert_null(pw_file_metadata_key(file, 2));
    assert_null(pw_file_metadata_value(file, 2));
    assert_null(pw_file_tensor_name(file, 3));
    assert_null(pw_file_tensor(file, 3));
    pw_file_free(file);
    pw_context_free(ctx);
}

static void reading_checks_its_arguments(void **state)
{
    const char *path = safetensors_with(three, 36);
    pw_context *ctx = context_over(NULL, NULL);
    char bytes[20] = "untouched";
    pw_file *file;
    pw_error err;

    (void)state;
    assert_int_equal(pw_file_open(&file, ctx, path, NULL, NULL), PW_OK);
    assert_int_equal(pw_file_read(file, 0, bytes, 19, &err), PW_ERR_CAPACITY);
    assert_string_equal(bytes, "untouched");
    assert_int_equal(pw_file_read(file, 3, bytes, 20, &err), PW_ERR_ARGUMENT);
    assert_int_equal(truncate(path, 30), 0);
    assert_int_equal(pw_file_read(file, 2, bytes, 20, &err), PW_ERR_TRUNCATED);
    assert_string_equal(err.where, path);
    pw_file_free(file);
    pw_file_free(NULL);
    pw_context_free(ctx);
}

static void strict_and_default_differ_where_the_reference_is_lax(void **state)
{
    static const struct {
        const char *header;
        pw_status strict;
        size_t n_warnings; /* by default */
    } cases[] = {
        {"{\"t\":" F32_2x2 "}", PW_OK, 0},
        {" \n{\"t\":" F32_2x2 "}", PW_ERR_HEADER_START, 1},
        {"{\"t\":" F32_2x2 "}\n", PW_ERR_JSON, 0},
        {"{\"t\":" F32_2x2 "}    ", PW_OK, 0},
        {"{\"__metadata__\":null,\"t\":" F32_2x2 "}", PW_ERR_FIELD, 0},
        {"{\"t\":{\"x\":{\"y\":[1]},\"dtype\":\"F32\",\"shape\":[2,2],"
         "\"data_offsets\":[0,16],\"z\":0}}",
         PW_ERR_FIELD, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path = safetensors_with(cases[i].header, 16);
        size_t n_warnings = 0;
        pw_error err;

        assert_int_equal(opening(path, true, &err, NULL), cases[i].strict);
        assert_int_equal(opening(path, false, &err, &n_warnings), PW_OK);
        assert_int_equal(n_warnings, cases[i].n_warnings);
    }
}

/* Offsets count from the start of the file, and tensors are named. */
static void messages_say_which_and_where(void **state)
{
    static const struct {
        const char *header;
        pw_status status;
        uint64_t offset;
        const char *words[3];
    } cases[] = {
        {"{\"a\":" F32_2x2 ",\"\\u001b[1m\":" F32_2x2 "}",
         PW_ERR_OFFSET,
         PW_NO_OFFSET,
         {"\"\\u001b[1m\"", "\"a\"", "overlap"}},
        {"{\"t\":{\"dtype\":\"F31\"}}", PW_ERR_DTYPE, 22, {"\"t\"", "\"F31\"", "dtype"}},
        {"{\"t\":{\"shape\":[-1]}}", PW_ERR_FIELD, 23, {"\"t\"", "dimension", "-1"}},
        {"{\"t\":{\"shape\":[1],}}", PW_ERR_JSON, 26, {"\"t\"", "key", "}"}},
        {"{\"t\":{}}", PW_ERR_FIELD, 14, {"\"t\"", "dtype", "has no"}},
        {"{\"t\":[]}", PW_ERR_FIELD, 13, {"\"t\"", "object", "array"}},
        {"{\"t\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,16]}}",
         PW_ERR_SIZE,
         PW_NO_OFFSET,
         {"\"t\"", "12", "16"}},
        {"{\"t\":{\"dtype\":\"U8\",\"shape\":[15],\"data_offsets\":[0,15]}}",
         PW_ERR_TRAILING,
         8 + 55 + 15,
         {"1 byte", "last tensor", "belong"}},
        {"{\"t\":{\"dtype\":\"U8\",\"shape\":[17],\"data_offsets\":[0,17]}}",
         PW_ERR_TRUNCATED,
         8 + 55 + 16,
         {"\"t\"", "17", "fetch it again"}},
        {"{\"t\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[8,16]}}",
         PW_ERR_OFFSET,
         PW_NO_OFFSET,
         {"\"t\"", "8", "must at 0"}},
        {"{\"__metadata__\":{\"a\":1}}",
         PW_ERR_FIELD,
         29,
         {"__metadata__", "string", "number"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path = safetensors_with(cases[i].header, 16);
        pw_error err;

        assert_int_equal(opening(path, false, &err, NULL), cases[i].status);
        assert_int_equal(err.offset, cases[i].offset);
        assert_int_equal(err.line, 0);
        for (int k = 0; k < 3; k++)
            assert_non_null(strstr(err.text, cases[i].words[k]));
    }
}

static void a_short_download_is_named_so(void **state)
{
    static const char bytes[] = "\x00\x1a\x71\x18\x02\x00\x00\x00{\"t\"";
    pw_error err;

    (void)state;
    assert_int_equal(
        opening(file_with("\x10\x00\x00\x00\x00\x00\x00\x00{}", 10), false, &err, NULL),
        PW_ERR_TRUNCATED);
    assert_string_equal(err.text, "header says 16 bytes but the file has 10: the download is "
                                  "incomplete; fetch it again");
    assert_int_equal(opening(file_with(bytes, sizeof(bytes)), false, &err, NULL),
                     PW_ERR_HEADER_SIZE);
    assert_non_null(strstr(err.text, "9000000000"));
}

/* A header in one buffer, for large ones. */
static pw_status opening_built(const pwi_buf *header, size_t n_data, pw_error *err)
{
    return opening(safetensors_at(path_of("in"), header->data, header->size, n_data), false,
                   err, NULL);
}

static void put_empty_tensors(pwi_buf *header, size_t n)
{
    pwi_buf_clear(header);
    for (size_t i = 0; i < n; i++)
        pwi_buf_format(header,
                       "%s\"%zu\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}",
                       i == 0 ? "{" : ",", i);
    pwi_buf_byte(header, '}');
}

static void names_have_a_limit_and_no_nul(void **state)
{
    pwi_buf header;
    pw_error err;

    (void)state;
    pwi_buf_init(&header, &pwi_malloc_allocator);
    for (int n = 4096; n <= 4097; n++) {
        pwi_buf_clear(&header);
        pwi_buf_text(&header, "{\"");
        for (int i = 0; i < n; i++)
            pwi_buf_byte(&header, 'x');
        pwi_buf_text(&header, "\":" F32_2x2 "}");
        assert_int_equal(opening_built(&header, 16, &err), n == 4096 ? PW_OK : PW_ERR_LIMIT);
    }
    pwi_buf_free(&header);
    assert_int_equal(opening(safetensors_with("{\"\":" F32_2x2 "}", 16), true, &err, NULL),
                     PW_OK);
    assert_int_equal(
        opening(safetensors_with("{\"a\\u0000b\":" F32_2x2 "}", 16), true, &err, NULL),
        PW_ERR_FIELD);
    assert_non_null(strstr(err.text, "NUL"));
    assert_int_equal(opening(safetensors_with("{\"__metadata__\":{\"a\":\"x\\u0000\"}}", 0),
                             true, &err, NULL),
                     PW_ERR_FIELD);
}

static void ranks_have_a_limit(void **state)
{
    pw_error err;

    (void)state;
    assert_int_equal(opening(safetensors_with("{\"t\":{\"dtype\":\"U8\",\"shape\":"
                                              "[1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}",
                                              1),
                             true, &err, NULL),
                     PW_OK);
    assert_int_equal(opening(safetensors_with("{\"t\":{\"dtype\":\"U8\",\"shape\":"
                                              "[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}",
                                              1),
                             true, &err, NULL),
                     PW_ERR_LIMIT);
}

static void tensors_have_a_limit_that_hides_no_overlap(void **state)
{
    pwi_buf header;
    pw_error err;

    (void)state;
    pwi_buf_init(&header, &pwi_malloc_allocator);
    put_empty_tensors(&header, PW_FILE_TENSORS_MAX);
    assert_int_equal(opening_built(&header, 0, &err), PW_OK);
    put_empty_tensors(&header, PW_FILE_TENSORS_MAX + 1);
    assert_int_equal(opening_built(&header, 0, &err), PW_ERR_LIMIT);
    pwi_buf_clear(&header);
    for (size_t i = 0; i <= PW_FILE_TENSORS_MAX; i++)
        pwi_buf_format(&header,
                       "%s\"%zu\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}",
                       i == 0 ? "{" : ",", i);
    pwi_buf_byte(&header, '}');
    assert_int_equal(opening_built(&header, 1, &err), PW_ERR_OFFSET);
    pwi_buf_free(&header);
}

/* Short metadata and keys of unknown fields cost more memory than bytes of the file: they are
 * counted. */
static void small_things_cannot_fill_memory(void **state)
{
    static const char *const shapes[][3] = {
        {"{\"__metadata__\":{", "\"\"", "}}"},
        {"{\"t\":{\"x\":{", "0", "}}}"},
    };

    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct failing failing = {0};
        pwi_buf header;
        pw_context *ctx;
        pw_file *file;
        const char *path;

        pwi_buf_init(&header, &pwi_malloc_allocator);
        pwi_buf_text(&header, shapes[kind][0]);
        for (int i = 0; i < 200000; i++)
            pwi_buf_format(&header, "%s\"%x\":%s", i == 0 ? "" : ",", i, shapes[kind][1]);
        pwi_buf_text(&header, shapes[kind][2]);
        path = safetensors_at(path_of("in"), header.data, header.size, 0);
        ctx = context_over(&failing, NULL);
        assert_int_equal(pw_file_open(&file, ctx, path, NULL, NULL), PW_ERR_LIMIT);
        assert_true(failing.bytes_peak < header.size + ((size_t)64 << 20));
        pw_context_free(ctx);
        pwi_buf_free(&header);
    }
}

static void callers_of_older_headers_are_served(void **state)
{
    const char *path = safetensors_with(" {\"t\":" F32_2x2 "}", 16);
    pw_context *ctx = context_over(NULL, NULL);
    pw_file_options options = file_options(true);
    pw_file *file;

    (void)state;
    options.struct_size = offsetof(pw_file_options, expected_format);
    options.expected_format = PW_FORMAT_NPY; /* behind what the caller knows */
    assert_int_equal(pw_file_open(&file, ctx, path, &options, NULL), PW_ERR_HEADER_START);
    options.strict = false;
    assert_int_equal(pw_file_open(&file, ctx, path, &options, NULL), PW_OK);
    pw_file_free(file);
    pw_context_free(ctx);
}

static void loading_survives_every_failed_allocation(void **state)
{
    pwi_buf header;

    (void)state;
    sweep_allocations(load_path, safetensors_with(three, 36));
    pwi_buf_init(&header, &pwi_malloc_allocator);
    put_empty_tensors(&header, 200); /* so that tables grow */
    sweep_allocations(load_path, safetensors_at(path_of("in"), header.data, header.size, 0));
    pwi_buf_free(&header);
}

static bool stop(void *user, const pw_progress *progress)
{
    *(pw_progress *)user = *progress;
    return true;
}

static void loading_can_be_stopped(void **state)
{
    const char *path = safetensors_with(three, 36);
    pw_context *ctx = context_over(NULL, NULL);
    pw_progress seen = {NULL, 0, 0};
    pw_tensor_set *set;

    (void)state;
    ctx->progress = stop;
    ctx->progress_user = &seen;
    assert_int_equal(pw_tensor_set_load(&set, ctx, path, NULL, NULL), PW_ERR_CANCELLED);
    assert_null(set);
    assert_string_equal(seen.stage, "reading");
    assert_int_equal(seen.done, 20);
    assert_int_equal(seen.total, 36);
    pw_context_free(ctx);
}

static void a_loaded_set_is_the_file(void **state)
{
    const char *path = safetensors_with(three, 36);
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set;

    (void)state;
    assert_int_equal(pw_tensor_set_load(&set, ctx, path, NULL, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_n(set), 3);
    assert_string_equal(pw_tensor_set_name(set, 2), "last");
    assert_int_equal(((unsigned char *)pw_tensor_set_find(set, "last")->data)[15], 35);
    assert_string_equal(pw_tensor_set_metadata(set, "format"), "pt");
    pw_tensor_set_free(set);
    path = safetensors_with("{\"\":" F32_2x2 "}", 16);
    assert_int_equal(pw_tensor_set_load(&set, ctx, path, NULL, NULL), PW_OK);
    assert_non_null(pw_tensor_set_find(set, "")); /* a file may, a caller may not */
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(tensors_stand_in_the_order_of_their_bytes),
    cmocka_unit_test(metadata_stands_in_its_order),
    cmocka_unit_test(reading_checks_its_arguments),
    cmocka_unit_test(strict_and_default_differ_where_the_reference_is_lax),
    cmocka_unit_test(messages_say_which_and_where),
    cmocka_unit_test(a_short_download_is_named_so),
    cmocka_unit_test(names_have_a_limit_and_no_nul),
    cmocka_unit_test(ranks_have_a_limit),
    cmocka_unit_test(tensors_have_a_limit_that_hides_no_overlap),
    cmocka_unit_test(small_things_cannot_fill_memory),
    cmocka_unit_test(callers_of_older_headers_are_served),
    cmocka_unit_test(loading_survives_every_failed_allocation),
    cmocka_unit_test(loading_can_be_stopped),
    cmocka_unit_test(a_loaded_set_is_the_file),
};

PW_TEST_MAIN(tests, make_folder, remove_folder)
