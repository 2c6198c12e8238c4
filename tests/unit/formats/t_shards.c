/* SPDX-License-Identifier: MIT */
/* Sharded safetensors: the index and its shards read as one file, and every way in which they
 * may contradict each other. */
#include "safetensors_bytes.h"

/* An index of that weight_map, with what others write before it. */
static const char *index_with(const char *weight_map)
{
    const char *path = path_of("model.safetensors.index.json");
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    fprintf(file, "{\n  \"metadata\": {\n    \"total_size\": 8\n  },\n  \"weight_map\": %s}\n",
            weight_map);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* A shard with a byte for each letter; the metadata names the shard. */
static void shard_with(const char *name, const char *letters)
{
    char header[1024];
    size_t n =
        (size_t)snprintf(header, sizeof(header), "{\"__metadata__\":{\"of\":\"%s\"}", name);

    for (size_t i = 0; letters[i] != '\0'; i++)
        n += (size_t)snprintf(header + n, sizeof(header) - n,
                              ",\"%c\":{\"dtype\":\"U8\",\"shape\":[1],"
                              "\"data_offsets\":[%zu,%zu]}",
                              letters[i], i, i + 1);
    snprintf(header + n, sizeof(header) - n, "}");
    safetensors_at(path_of(name), header, strlen(header), strlen(letters));
}

static pw_status opening_index(const char *weight_map, bool strict, pw_error *err,
                               size_t *n_warnings)
{
    pw_context *ctx = context_over(NULL, n_warnings);
    pw_file_options options = file_options(strict);
    pw_file *file;
    pw_status status;

    options.expected_format = -1;
    status = pw_file_open(&file, ctx, index_with(weight_map), &options, err);
    if (status != PW_OK) {
        assert_true(strlen(err->text) > 20);
        assert_true(strlen(err->where) > 0);
    }
    pw_file_free(file);
    pw_context_free(ctx);
    return status;
}

#define BOTH_LISTED "{\"c\":\"2.safetensors\",\"b\":\"1.safetensors\",\"a\":\"1.safetensors\"}"

static void shards_read_as_one_file(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    const char *path = index_with(BOTH_LISTED);
    pw_file *file;
    unsigned char byte;

    (void)state;
    shard_with("1.safetensors", "ab");
    shard_with("2.safetensors", "c");
    assert_int_equal(pw_file_open(&file, ctx, path, NULL, NULL), PW_OK);
    assert_int_equal(pw_file_format(file), PW_FORMAT_SHARDED);
    assert_string_equal(pw_file_path(file), path);
    assert_int_equal(pw_file_n_tensors(file), 3);
    assert_string_equal(pw_file_tensor_name(file, 0), "a"); /* in the order of the shards */
    assert_string_equal(pw_file_tensor_name(file, 2), "c");
    assert_int_equal(pw_file_read(file, 1, &byte, 1, NULL), PW_OK);
    assert_int_equal(byte, 1);
    assert_int_equal(pw_file_read(file, 2, &byte, 1, NULL), PW_OK);
    assert_int_equal(byte, 0);
    assert_int_equal(pw_file_n_metadata(file), 1); /* the first shard speaks for all */
    assert_string_equal(pw_file_metadata_value(file, 0), "1.safetensors");
    pw_file_free(file);
    pw_context_free(ctx);
}

static void shard_names_stay_in_the_folder(void **state)
{
    static const char *const names[] = {"/etc/passwd",
                                        "/tmp/x.safetensors",
                                        "../x.safetensors",
                                        "sub/x.safetensors",
                                        "..\\\\x.safetensors",
                                        ".safetensors",
                                        "",
                                        "..",
                                        "x.bin",
                                        "a\\u0000.safetensors"};
    char weight_map[128];
    pw_error err;

    (void)state;
    shard_with("1.safetensors", "a");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(weight_map, sizeof(weight_map), "{\"a\":\"%s\"}", names[i]);
        assert_int_equal(opening_index(weight_map, false, &err, NULL), PW_ERR_INDEX);
        assert_non_null(strstr(err.text, "plain name"));
        assert_non_null(strstr(err.where, "index.json"));
    }
}

static void a_missing_shard_is_named(void **state)
{
    pw_error err;

    (void)state;
    shard_with("1.safetensors", "ab");
    assert_int_equal(opening_index(BOTH_LISTED, false, &err, NULL), PW_ERR_INDEX);
    assert_non_null(strstr(err.text, "\"2.safetensors\""));
    assert_non_null(strstr(err.where, "index.json"));
}

static void a_tensor_in_two_shards_is_named(void **state)
{
    pw_error err;

    (void)state;
    shard_with("1.safetensors", "abc");
    shard_with("2.safetensors", "c");
    assert_int_equal(opening_index(BOTH_LISTED, false, &err, NULL), PW_ERR_INDEX);
    assert_non_null(strstr(err.text, "\"c\" is in two shards"));
}

static void a_tensor_in_none_or_another_shard_is_named(void **state)
{
    pw_error err;

    (void)state;
    shard_with("1.safetensors", "a");
    shard_with("2.safetensors", "c");
    assert_int_equal(opening_index(BOTH_LISTED, false, &err, NULL), PW_ERR_INDEX);
    assert_non_null(strstr(err.text, "tensor \"b\" is in shard \"1.safetensors\""));
    shard_with("1.safetensors", "ac");
    shard_with("2.safetensors", "b");
    assert_int_equal(opening_index(BOTH_LISTED, false, &err, NULL), PW_ERR_INDEX);
}

static void unlisted_tensors_are_a_warning_or_strictly_an_error(void **state)
{
    size_t n_warnings = 0;
    pw_error err;

    (void)state;
    shard_with("1.safetensors", "abx");
    shard_with("2.safetensors", "cy");
    assert_int_equal(opening_index(BOTH_LISTED, false, &err, &n_warnings), PW_OK);
    assert_int_equal(n_warnings, 1);
    assert_int_equal(opening_index(BOTH_LISTED, true, &err, NULL), PW_ERR_INDEX);
    assert_non_null(strstr(err.text, "2 tensors"));
    assert_non_null(strstr(err.text, "\"x\""));
}

static void a_broken_shard_is_the_one_that_is_named(void **state)
{
    pw_error err;

    (void)state;
    shard_with("1.safetensors", "ab");
    shard_with("2.safetensors", "c");
    assert_int_equal(truncate(path_of("2.safetensors"), 20), 0);
    assert_int_equal(opening_index(BOTH_LISTED, false, &err, NULL), PW_ERR_TRUNCATED);
    assert_non_null(strstr(err.where, "2.safetensors"));
}

static void an_index_of_another_form_is_refused(void **state)
{
    static const struct {
        const char *weight_map;
        pw_status status;
    } cases[] = {
        {"{}", PW_ERR_INDEX},
        {"[]", PW_ERR_INDEX},
        {"null", PW_ERR_INDEX},
        {"{\"a\":1}", PW_ERR_INDEX},
        {"{\"a\":null}", PW_ERR_INDEX},
        {"{\"a\":\"1.safetensors\",\"a\":\"1.safetensors\"}", PW_ERR_DUPLICATE},
        {"{\"a\":\"1.safetensors\"", PW_ERR_JSON},
        {"{\"a\":\"1.safetensors\"},\"weight_map\":{}", PW_ERR_DUPLICATE},
        {"{\"a\\u0000\":\"1.safetensors\"}", PW_ERR_INDEX},
    };

    pw_error err;

    (void)state;
    shard_with("1.safetensors", "a");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(opening_index(cases[i].weight_map, false, &err, NULL),
                         cases[i].status);
    assert_int_equal(opening_index("{\"a\":\"1.safetensors\"}", true, &err, NULL), PW_OK);
}

static void shards_have_a_limit(void **state)
{
    pwi_buf map;
    pw_error err;

    (void)state;
    pwi_buf_init(&map, &pwi_malloc_allocator);
    for (int i = 0; i <= PW_FILE_SHARDS_MAX; i++)
        pwi_buf_format(&map, "%c\"%d\":\"%d.safetensors\"", i == 0 ? '{' : ',', i, i);
    pwi_buf_byte(&map, '}');
    assert_int_equal(opening_index(map.data, false, &err, NULL), PW_ERR_LIMIT);
    pwi_buf_free(&map);
}

static void loading_survives_every_failed_allocation(void **state)
{
    (void)state;
    shard_with("1.safetensors", "abx");
    shard_with("2.safetensors", "c");
    sweep_allocations(load_path, index_with(BOTH_LISTED));
}

#define TEST(name) cmocka_unit_test_teardown(name, empty_folder)

static const struct CMUnitTest tests[] = {
    TEST(shards_read_as_one_file),
    TEST(shard_names_stay_in_the_folder),
    TEST(a_missing_shard_is_named),
    TEST(a_tensor_in_two_shards_is_named),
    TEST(a_tensor_in_none_or_another_shard_is_named),
    TEST(unlisted_tensors_are_a_warning_or_strictly_an_error),
    TEST(a_broken_shard_is_the_one_that_is_named),
    TEST(an_index_of_another_form_is_refused),
    TEST(shards_have_a_limit),
    TEST(loading_survives_every_failed_allocation),
};

PW_TEST_MAIN(tests, make_folder, remove_all)
