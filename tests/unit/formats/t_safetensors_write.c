/* SPDX-License-Identifier: MIT */
/* Writing safetensors: the same set gives the same bytes, alignment, rounding, what is refused,
 * and an old file that stays. */
#include "safetensors_bytes.h"

#include <fcntl.h>

#include "formats/dtype.h"

/* A tensor of n elements in one row, its bytes 0, 1, 2, ... */
static void add_counted(pw_tensor_set *set, const char *name, pw_dtype dtype, int64_t n)
{
    const int64_t shape[] = {1, n};
    void *data;

    assert_int_equal(pw_tensor_set_add(set, name, dtype, 2, shape, &data, NULL), PW_OK);
    for (size_t i = 0; i < pw_tensor_set_find(set, name)->size_bytes; i++)
        ((unsigned char *)data)[i] = (unsigned char)i;
}

static pw_tensor_set *new_set(pw_context *ctx)
{
    pw_tensor_set *set = NULL;

    assert_int_equal(pw_tensor_set_create(&set, ctx, NULL), PW_OK);
    return set;
}

/* Two orders of the same set. */
static pw_tensor_set *conditioning(pw_context *ctx, bool reversed)
{
    static const struct {
        const char *name;
        pw_dtype dtype;
        int64_t n;
    } tensors[] = {
        {"attention_mask", PW_I64, 77}, {"flags", PW_BOOL, 3},   {"input_ids", PW_I64, 77},
        {"pooled", PW_F32, 768},        {"prompt", PW_F32, 160}, {"weights", PW_F32, 77},
    };

    const size_t n = sizeof(tensors) / sizeof(tensors[0]);
    pw_tensor_set *set = new_set(ctx);

    for (size_t i = 0; i < n; i++) {
        const size_t k = reversed ? n - 1 - i : i;

        add_counted(set, tensors[k].name, tensors[k].dtype, tensors[k].n);
    }
    assert_int_equal(pw_tensor_set_put_metadata(set, "format", "pt", NULL), PW_OK);
    assert_int_equal(pw_tensor_set_put_metadata(set, "a\"\n", "\xc3\xa9", NULL), PW_OK);
    return set;
}

static void the_same_set_gives_the_same_bytes(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    const pw_save_options options = options_for(PW_FORMAT_SAFETENSORS);
    char *bytes[2];
    size_t sizes[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        pw_tensor_set *set = conditioning(ctx, i == 1);

        assert_int_equal(save_bytes(set, ctx, &options, &bytes[i], &sizes[i], NULL), PW_OK);
        pw_tensor_set_free(set);
    }
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(bytes[0], bytes[1], sizes[0]);
    free_bytes(bytes[0], sizes[0]);
    free_bytes(bytes[1], sizes[1]);
    pw_context_free(ctx);
}

/* The bytes of a small file, so that no change of them goes unseen. */
static void the_bytes_are_those_of_the_format(void **state)
{
    static const char header[] =
        "{\"__metadata__\":{\"k\":\"v\"},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[1,16],\"data_offsets\":[0,64]},"
        "\"z\":{\"dtype\":\"I16\",\"shape\":[1,2],\"data_offsets\":[64,68]},"
        "\"a\":{\"dtype\":\"U8\",\"shape\":[1,1],\"data_offsets\":[68,69]}}";
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set = new_set(ctx);
    const pw_save_options options = options_for(PW_FORMAT_SAFETENSORS);
    const size_t n = sizeof(header) - 1, begin = (8 + n + 63) / 64 * 64;
    char *bytes;
    size_t size;

    (void)state;
    add_counted(set, "a", PW_U8, 1);
    add_counted(set, "b", PW_F32, 16);
    add_counted(set, "z", PW_I16, 2);
    assert_int_equal(pw_tensor_set_put_metadata(set, "k", "v", NULL), PW_OK);
    assert_int_equal(save_bytes(set, ctx, &options, &bytes, &size, NULL), PW_OK);
    assert_int_equal(size, begin + 69);
    assert_int_equal((unsigned char)bytes[0], begin - 8);
    assert_memory_equal(bytes + 1, "\0\0\0\0\0\0", 7);
    assert_memory_equal(bytes + 8, header, n);
    for (size_t i = 8 + n; i < begin; i++)
        assert_int_equal(bytes[i], ' ');
    assert_int_equal(bytes[begin + 63], 63);
    assert_int_equal(bytes[begin + 67], 3);
    assert_int_equal(bytes[begin + 68], 0);
    free_bytes(bytes, size);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

/* Sizes that are multiples of 64 come first and all begin at one; the rest begin at multiples
 * of their element's size. */
static void tensors_are_aligned_as_far_as_the_format_lets_them(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set = conditioning(ctx, false);
    const pw_save_options options = options_for(PW_FORMAT_SAFETENSORS);
    const pw_file_options strict = file_options(true);
    char *bytes;
    size_t size, begin, n_aligned = 0;
    pw_file *file;

    (void)state;
    assert_int_equal(save_bytes(set, ctx, &options, &bytes, &size, NULL), PW_OK);
    begin = 8 + (size_t)(unsigned char)bytes[0] + (size_t)(unsigned char)bytes[1] * 256;
    assert_int_equal(begin % 64, 0);
    assert_int_equal(pw_file_open(&file, ctx, path_of("out"), &strict, NULL), PW_OK);
    for (size_t i = 0; i < pw_file_n_tensors(file); i++) {
        const pw_tensor *tensor = pw_file_tensor(file, i);
        const pw_tensor *saved = pw_tensor_set_find(set, pw_file_tensor_name(file, i));

        assert_int_equal(begin % (pw_dtype_bits(tensor->dtype) / 8), 0);
        n_aligned += begin % 64 == 0;
        assert_memory_equal(bytes + begin, saved->data, saved->size_bytes);
        begin += tensor->size_bytes;
    }
    assert_int_equal(begin, size);
    assert_int_equal(n_aligned, 3); /* pooled, prompt, and the first of the others */
    assert_string_equal(pw_file_tensor_name(file, 2), "attention_mask");
    assert_string_equal(pw_file_tensor_name(file, 5), "flags");
    assert_string_equal(pw_file_metadata_key(file, 0), "format");
    assert_string_equal(pw_file_metadata_key(file, 1), "a\"\n");
    assert_string_equal(pw_file_metadata_value(file, 1), "\xc3\xa9");
    pw_file_free(file);
    free_bytes(bytes, size);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

static void no_tensors_are_a_file_too(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set = new_set(ctx);
    const pw_save_options options = options_for(PW_FORMAT_SAFETENSORS);
    char *bytes;
    size_t size;
    pw_error err;

    (void)state;
    assert_int_equal(save_bytes(set, ctx, &options, &bytes, &size, NULL), PW_OK);
    assert_int_equal(size, 64);
    assert_memory_equal(bytes, "\x38\0\0\0\0\0\0\0{}      ", 16);
    free_bytes(bytes, size);
    assert_int_equal(opening(path_of("out"), true, &err, NULL), PW_OK);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

/* 1 + 2^-11 + 2^-40 would lose its last bit in f32 and then be a tie in f16: 1.0, and wrong. */
static void floats_are_rounded_once_and_integers_stay(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set = new_set(ctx), *loaded;
    pw_save_options options = options_for(PW_FORMAT_SAFETENSORS);
    void *data;

    (void)state;
    options.float_dtype = PW_F16;
    assert_int_equal(pw_tensor_set_add(set, "f64", PW_F64, 0, NULL, &data, NULL), PW_OK);
    *(double *)data = 1.0 + 0x1p-11 + 0x1p-40;
    assert_int_equal(pw_tensor_set_add(set, "f32", PW_F32, 0, NULL, &data, NULL), PW_OK);
    *(float *)data = 70000.0f;
    assert_int_equal(pw_tensor_set_add(set, "bf16", PW_BF16, 0, NULL, &data, NULL), PW_OK);
    *(uint16_t *)data = pwi_f32_to_bf16(0.5f);
    add_counted(set, "i32", PW_I32, 3);
    assert_int_equal(pw_tensor_set_save(set, ctx, path_of("out"), &options, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_load(&loaded, ctx, path_of("out"), NULL, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_find(loaded, "f64")->dtype, PW_F16);
    assert_int_equal(*(uint16_t *)pw_tensor_set_find(loaded, "f64")->data, 0x3C01);
    assert_int_equal(*(uint16_t *)pw_tensor_set_find(loaded, "f32")->data, 0x7C00);
    assert_int_equal(*(uint16_t *)pw_tensor_set_find(loaded, "bf16")->data, 0x3800);
    assert_int_equal(pw_tensor_set_find(loaded, "i32")->dtype, PW_I32);
    pw_tensor_set_free(loaded);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

static pw_status saving_with(const char *name, const char *key, const char *value,
                             const pw_save_options *options, pw_error *err)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set = new_set(ctx);
    pw_status status;

    add_counted(set, name, PW_U8, 1);
    assert_int_equal(pw_tensor_set_put_metadata(set, key, value, NULL), PW_OK);
    status = pw_tensor_set_save(set, ctx, path_of("out"), options, err);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
    return status;
}

static void what_the_format_cannot_hold_is_refused(void **state)
{
    pw_save_options options = options_for(PW_FORMAT_SAFETENSORS);
    pw_error err;

    (void)state;
    assert_int_equal(saving_with("__metadata__", "k", "v", &options, &err), PW_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "__metadata__"));
    assert_int_equal(saving_with("\xff", "k", "v", &options, &err), PW_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "\\xff"));
    assert_int_equal(saving_with("a", "k", "\xff", &options, &err), PW_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "\"k\""));
    options.float_dtype = PW_I64;
    assert_int_equal(saving_with("a", "k", "v", &options, &err), PW_ERR_ARGUMENT);
    options = options_for(PW_FORMAT_SHARDED);
    assert_int_equal(saving_with("a", "k", "v", &options, &err), PW_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "only read"));
    options = options_for((pw_format)99);
    assert_int_equal(saving_with("a", "k", "v", &options, &err), PW_ERR_ARGUMENT);
}

static bool stop_at_once(void *user, const pw_progress *progress)
{
    (void)user, (void)progress;
    return true;
}

static size_t n_files(void)
{
    DIR *stream = opendir(format_folder);
    size_t n = 0;

    assert_non_null(stream);
    while (readdir(stream) != NULL)
        n++;
    closedir(stream);
    return n - 2;
}

/* "Whole or not at all": stopped half-way, the old file is there and nothing else is. */
static void a_stopped_save_leaves_the_old_file(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set = conditioning(ctx, false);
    const char *path = path_of("out");
    FILE *file = fopen(path, "wb");
    char *bytes;
    size_t size, n_before;

    (void)state;
    assert_non_null(file);
    fputs("old", file);
    fclose(file);
    n_before = n_files();
    ctx->progress = stop_at_once;
    assert_int_equal(pw_tensor_set_save(set, ctx, path, NULL, NULL), PW_ERR_CANCELLED);
    assert_int_equal(n_files(), n_before);
    assert_int_equal(pwi_read_whole(&pwi_malloc_allocator, path, 100, &bytes, &size, NULL),
                     PW_OK);
    assert_string_equal(bytes, "old");
    free_bytes(bytes, size);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set = new_set(ctx);
    pw_error err;

    (void)state;
    assert_int_equal(pw_tensor_set_save(set, ctx, path_of("nowhere/x.safetensors"), NULL, &err),
                     PW_ERR_IO);
    assert_non_null(strstr(err.where, "nowhere"));
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

/* "-" is standard output, which here is a file for a while. */
static void a_dash_is_standard_output(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set = conditioning(ctx, false);
    int saved, fd;
    pw_error err;

    (void)state;
    fflush(stdout);
    fd = open(path_of("in"), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    saved = dup(STDOUT_FILENO);
    assert_true(fd >= 0 && saved >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
    const pw_status status = pw_tensor_set_save(set, ctx, "-", NULL, NULL);

    assert_true(dup2(saved, STDOUT_FILENO) >= 0);
    close(saved);
    close(fd);
    assert_int_equal(status, PW_OK);
    assert_int_equal(opening(path_of("in"), true, &err, NULL), PW_OK);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

static pw_status save_all(pw_context *ctx, const void *path)
{
    pw_save_options options = options_for(PW_FORMAT_SAFETENSORS);
    pw_tensor_set *set = NULL;
    const int64_t shape[] = {8};
    pw_status status = pw_tensor_set_create(&set, ctx, NULL);
    char name[16];
    void *data;

    options.float_dtype = PW_F16; /* with a conversion */
    for (int i = 0; i < 40 && status == PW_OK; i++) {
        snprintf(name, sizeof(name), "%d", i);
        status = pw_tensor_set_add(set, name, PW_F32, 1, shape, &data, NULL);
    }
    if (status == PW_OK)
        status = pw_tensor_set_save(set, ctx, path, &options, NULL);
    pw_tensor_set_free(set);
    return status;
}

static void saving_survives_every_failed_allocation(void **state)
{
    (void)state;
    sweep_allocations(save_all, path_of("out"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_same_set_gives_the_same_bytes),
    cmocka_unit_test(the_bytes_are_those_of_the_format),
    cmocka_unit_test(tensors_are_aligned_as_far_as_the_format_lets_them),
    cmocka_unit_test(no_tensors_are_a_file_too),
    cmocka_unit_test(floats_are_rounded_once_and_integers_stay),
    cmocka_unit_test(what_the_format_cannot_hold_is_refused),
    cmocka_unit_test(a_stopped_save_leaves_the_old_file),
    cmocka_unit_test(a_folder_that_is_not_there_is_named),
    cmocka_unit_test(a_dash_is_standard_output),
    cmocka_unit_test(saving_survives_every_failed_allocation),
};

PW_TEST_MAIN(tests, make_folder, remove_folder)
