/* SPDX-License-Identifier: MIT */
/* pw_file for every format: what a file is by its first bytes, what a folder stands for,
 * formats by name, fingerprints. */
#include "safetensors_bytes.h"

#include "base/digest.h"
#include "formats/tensor_set.h"

static const char *text_file(const char *name, const char *text)
{
    const char *path = path_of(name);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    return path;
}

static pw_status opening_any(const char *path, int32_t expected, pw_error *err)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_file_options options = file_options(false);
    pw_file *file;
    pw_status status;

    options.expected_format = expected;
    status = pw_file_open(&file, ctx, path, &options, err);
    pw_file_free(file);
    pw_context_free(ctx);
    return status;
}

/* Foreign files: each message says what the file is and holds what helps. */
static const struct {
    const char *bytes;
    size_t size;
    pwi_file_kind kind;
    const char *words[2];
} foreign[] = {
    {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
     63,
     PWI_KIND_LFS_POINTER,
     {"Git LFS", "git lfs pull"}},
    {"<!DOCTYPE html><html><head>", 27, PWI_KIND_WEB_PAGE, {"web page", "download it again"}},
    {"\n <HTML>error</HTML>", 20, PWI_KIND_WEB_PAGE, {"web page", "download it again"}},
    {"PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\0\0"
     "archive/data.pkl",
     46,
     PWI_KIND_ZIP_PICKLE,
     {"PyTorch", "safetensors.torch"}},
    {"\x80\x02\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19.",
     15,
     PWI_KIND_PICKLE,
     {"pickle", "torch.load"}},
    {"GGUF\3\0\0\0\1\0\0\0\0\0\0\0", 16, PWI_KIND_GGUF, {"GGUF", "gguf.GGUFReader"}},
    {"\x1f\x8b\x08\0\0\0\0\0\0\3", 10, PWI_KIND_GZIP, {"gzip", "gunzip"}},
    {"{\"t\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}",
     57,
     PWI_KIND_BARE_HEADER,
     {"header", "8 bytes"}},
};

static void foreign_files_are_told_by_their_first_bytes(void **state)
{
    pw_error err;

    (void)state;
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        const char *path = file_with(foreign[i].bytes, foreign[i].size);

        assert_int_equal(pwi_file_kind_of((const unsigned char *)foreign[i].bytes,
                                          foreign[i].size, foreign[i].size),
                         foreign[i].kind);
        for (int32_t expected = -1; expected <= PW_FORMAT_SAFETENSORS; expected++) {
            assert_int_equal(opening_any(path, expected, &err), PW_ERR_FOREIGN);
            assert_non_null(strstr(err.text, foreign[i].words[0]));
            assert_non_null(strstr(err.text, foreign[i].words[1]));
            assert_string_equal(err.where, path);
        }
    }
}

/* Formats that have a reader of their own are foreign to the safetensors reader alone. */
static void our_other_formats_are_no_safetensors(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        pwi_file_kind kind;
    } cases[] = {
        {"\x93NUMPY\1\0v\0", 10, PWI_KIND_NPY},
        {"PK\3\4\x14\0\0\0\0\0\0\0\0\0", 14, PWI_KIND_ZIP},
        {"PK\5\6\0\0\0\0\0\0\0\0\0\0", 14, PWI_KIND_ZIP},
        {" {\"prompt\":\"\"}", 14, PWI_KIND_JSON},
        {"[1, 2, 3, 4]", 12, PWI_KIND_JSON},
        {"{\"metadata\":{},\"weight_map\" : {}}", 33, PWI_KIND_INDEX},
    };

    pw_error err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(pwi_file_kind_of((const unsigned char *)cases[i].bytes, cases[i].size,
                                          cases[i].size),
                         cases[i].kind);
        assert_int_equal(
            opening_any(file_with(cases[i].bytes, cases[i].size), PW_FORMAT_SAFETENSORS, &err),
            PW_ERR_FOREIGN);
    }
}

/* A header's length can begin with the bytes of any magic: with a brace behind it the file is
 * what it says, whole or cut. */
static void no_header_length_is_taken_for_a_magic(void **state)
{
    static const uint32_t lengths[] = {0x04034B50, 0x00088B1F, 0x0280, 0x227B, 0x3C};

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        unsigned char bytes[16] = {0};

        for (int k = 0; k < 4; k++)
            bytes[k] = (unsigned char)(lengths[i] >> (8 * k));
        memcpy(bytes + 8, "{\"a\":{", 6);
        assert_int_equal(pwi_file_kind_of(bytes, 14, (uint64_t)1 << 30), PWI_KIND_SAFETENSORS);
        assert_int_equal(pwi_file_kind_of(bytes, 14, 14), PWI_KIND_UNKNOWN);
        assert_int_equal(pwi_file_kind_of(bytes, 8, 8), PWI_KIND_UNKNOWN);
    }
}

static void paths_that_are_no_files_are_named_so(void **state)
{
    pw_error err;

    (void)state;
    assert_int_equal(opening_any(path_of("nothing"), -1, &err), PW_ERR_NOT_FOUND);
    assert_string_equal(err.where, path_of("nothing"));
    assert_int_equal(opening_any(format_folder, PW_FORMAT_SAFETENSORS, &err),
                     PW_ERR_NOT_REGULAR);
    assert_int_equal(opening_any("/dev/zero", -1, &err), PW_ERR_NOT_REGULAR);
    assert_int_equal(opening_any(text_file("in", ""), -1, &err), PW_ERR_TRUNCATED);
    assert_int_equal(opening_any(text_file("in", ""), 77, &err), PW_ERR_ARGUMENT);
}

/* Which file of the folder is opened. */
static const char *opened_in_folder(void)
{
    static char path[256];
    pw_context *ctx = context_over(NULL, NULL);
    pw_file *file = NULL;

    path[0] = '\0';
    if (pw_file_open(&file, ctx, format_folder, NULL, NULL) == PW_OK)
        snprintf(path, sizeof(path), "%s", pw_file_path(file) + strlen(format_folder) + 1);
    pw_file_free(file);
    pw_context_free(ctx);
    return path;
}

static void put_shard(const char *name, const char *tensor)
{
    char header[128];

    snprintf(header, sizeof(header), "{\"%s\":" F32_2x2 "}", tensor);
    safetensors_at(path_of(name), header, strlen(header), 16);
}

/* Files are added from the least preferred to the most preferred. */
static void a_folder_stands_for_its_model(void **state)
{
    (void)state;
    assert_string_equal(opened_in_folder(), "");
    put_shard("diffusion_pytorch_model.safetensors", "t");
    assert_string_equal(opened_in_folder(), "diffusion_pytorch_model.safetensors");
    put_shard("other.safetensors", "t");
    assert_string_equal(opened_in_folder(), "");
    text_file("unet.safetensors.index.json", "{\"weight_map\":{\"t\":\"other.safetensors\"}}");
    assert_string_equal(opened_in_folder(), "unet.safetensors.index.json");
    put_shard("model.fp16.safetensors", "t");
    assert_string_equal(opened_in_folder(), "model.fp16.safetensors");
    text_file("model.safetensors.index.json", "{\"weight_map\":{\"t\":\"other.safetensors\"}}");
    assert_string_equal(opened_in_folder(), "model.safetensors.index.json");
    put_shard("model.safetensors", "t");
    assert_string_equal(opened_in_folder(), "model.safetensors");
}

static void a_folder_without_one_says_what_it_has(void **state)
{
    pw_error err;

    (void)state;
    assert_int_equal(opening_any(format_folder, -1, &err), PW_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "no model.safetensors"));
    assert_string_equal(err.where, format_folder);
    text_file("unet.gguf", "GGUF");
    assert_int_equal(opening_any(format_folder, -1, &err), PW_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "\"unet.gguf\" is a GGUF file"));
    text_file("pytorch_model.bin", "PK");
    assert_int_equal(opening_any(format_folder, -1, &err), PW_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "\"pytorch_model.bin\" is a PyTorch checkpoint"));
    assert_non_null(strstr(err.text, "save_file"));
    put_shard("b.safetensors", "t");
    put_shard("a.safetensors", "t");
    assert_int_equal(opening_any(format_folder, -1, &err), PW_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "2 .safetensors files"));
    assert_non_null(strstr(err.text, "\"a.safetensors\""));
}

static void formats_have_names_and_endings(void **state)
{
    (void)state;
    assert_string_equal(pw_format_name(PW_FORMAT_SAFETENSORS), "safetensors");
    assert_string_equal(pw_format_name(PW_FORMAT_SHARDED), "sharded safetensors");
    assert_string_equal(pw_format_name(PW_FORMAT_NPY), "npy");
    assert_string_equal(pw_format_name(PW_FORMAT_NPZ), "npz");
    assert_string_equal(pw_format_name(PW_FORMAT_JSON), "json");
    assert_string_equal(pw_format_name((pw_format)9), "?");
    assert_int_equal(pw_format_from_path("x.safetensors"), PW_FORMAT_SAFETENSORS);
    assert_int_equal(pw_format_from_path("m/model.safetensors.index.json"), PW_FORMAT_SHARDED);
    assert_int_equal(pw_format_from_path("x.npy"), PW_FORMAT_NPY);
    assert_int_equal(pw_format_from_path("x.npz"), PW_FORMAT_NPZ);
    assert_int_equal(pw_format_from_path("x.json"), PW_FORMAT_JSON);
    assert_int_equal(pw_format_from_path("x.png"), -1);
    assert_int_equal(pw_format_from_path(".json"), -1);
    assert_int_equal(pw_format_from_path("-"), -1);
}

/* Fingerprints. */

static void fingerprint_of(const char *path, bool full, char hex[PW_FINGERPRINT_HEX + 1])
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_file *file;

    assert_int_equal(pw_file_open(&file, ctx, path, NULL, NULL), PW_OK);
    assert_int_equal(pw_file_fingerprint(file, full, hex, NULL), PW_OK);
    pw_file_free(file);
    pw_context_free(ctx);
}

/* One U8 tensor of n bytes 0, 1, 2, ... */
static const char *bytes_file(size_t n)
{
    char header[128];

    snprintf(header, sizeof(header),
             "{\"t\":{\"dtype\":\"U8\",\"shape\":[%zu],"
             "\"data_offsets\":[0,%zu]}}",
             n, n);
    return safetensors_at(path_of("in"), header, strlen(header), n);
}

static void flip_byte(const char *path, long from_end)
{
    FILE *file = fopen(path, "r+b");
    int byte;

    assert_non_null(file);
    fseek(file, -from_end, SEEK_END);
    byte = getc(file);
    fseek(file, -from_end, SEEK_END);
    putc(byte ^ 1, file);
    assert_int_equal(fclose(file), 0);
}

/* The recipe of fingerprint.c by other means: all of the file in memory. */
static void recipe(const char *path, uint64_t data_size, char hex[PW_FINGERPRINT_HEX + 1])
{
    char *bytes;
    size_t size;
    pwi_digest digest;

    assert_int_equal(
        pwi_read_whole(&pwi_malloc_allocator, path, (size_t)1 << 30, &bytes, &size, NULL),
        PW_OK);
    pwi_digest_init(&digest);
    pwi_digest_add(&digest, bytes, size - data_size);
    for (int i = 0; i < 8; i++)
        pwi_digest_add(&digest, &(unsigned char){(unsigned char)(size >> (8 * i))}, 1);
    if (data_size <= 64 * 65536)
        pwi_digest_add(&digest, bytes + size - data_size, data_size);
    for (uint64_t i = 0; data_size > 64 * 65536 && i < 64; i++)
        pwi_digest_add(&digest, bytes + size - data_size + i * (data_size - 65536) / 63, 65536);
    pwi_digest_hex(&digest, hex);
    free_bytes(bytes, size);
}

static void fingerprints_follow_their_recipe(void **state)
{
    static const size_t sizes[] = {0, 1, 64 * 65536, 64 * 65536 + 1, 6000001};
    char hex[PW_FINGERPRINT_HEX + 1], expected[PW_FINGERPRINT_HEX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const char *path = bytes_file(sizes[i]);

        fingerprint_of(path, false, hex);
        recipe(path, sizes[i], expected);
        assert_string_equal(hex, expected);
        assert_int_equal(strlen(hex), PW_FINGERPRINT_HEX);
    }
}

static void the_last_byte_counts_and_the_gaps_do_not(void **state)
{
    char before[PW_FINGERPRINT_HEX + 1], after[PW_FINGERPRINT_HEX + 1];
    const char *path = bytes_file(6000001);

    (void)state;
    fingerprint_of(path, false, before);
    flip_byte(path, 1);
    fingerprint_of(path, false, after);
    assert_string_not_equal(before, after);
    flip_byte(path, 1);
    flip_byte(path, 65536 + 10); /* between the last block and the one before it */
    fingerprint_of(path, false, after);
    assert_string_equal(before, after);
    fingerprint_of(path, true, after);
    flip_byte(path, 65536 + 10);
    fingerprint_of(path, true, before);
    assert_string_not_equal(before, after);
}

static void the_full_digest_is_that_of_all_bytes(void **state)
{
    char hex[PW_FINGERPRINT_HEX + 1], expected[PW_FINGERPRINT_HEX + 1];
    const char *path = bytes_file(100000);
    char *bytes;
    size_t size;
    pwi_digest digest;

    (void)state;
    assert_int_equal(pwi_read_whole(&pwi_malloc_allocator, path, 1000000, &bytes, &size, NULL),
                     PW_OK);
    pwi_digest_init(&digest);
    pwi_digest_add(&digest, bytes, size);
    pwi_digest_hex(&digest, expected);
    free_bytes(bytes, size);
    fingerprint_of(path, true, hex);
    assert_string_equal(hex, expected);
}

static void shards_are_put_together_by_name(void **state)
{
    char one[PW_FINGERPRINT_HEX + 1], two[PW_FINGERPRINT_HEX + 1];
    char all[PW_FINGERPRINT_HEX + 1], expected[PW_FINGERPRINT_HEX + 1];
    const char *index;
    pwi_digest digest;

    (void)state;
    put_shard("1.safetensors", "a");
    put_shard("2.safetensors", "b");
    index = text_file("model.safetensors.index.json",
                      "{\"weight_map\":{\"b\":\"2.safetensors\",\"a\":\"1.safetensors\"}}");
    fingerprint_of(path_of("1.safetensors"), false, one);
    fingerprint_of(path_of("2.safetensors"), false, two);
    fingerprint_of(index, false, all);
    pwi_digest_init(&digest);
    pwi_digest_add(&digest, one, 64);
    pwi_digest_add(&digest, two, 64);
    pwi_digest_hex(&digest, expected);
    assert_string_equal(all, expected);
}

static bool stop(void *user, const pw_progress *progress)
{
    (void)user;
    return progress->done > 0 && progress->total > 0;
}

static void a_full_digest_can_be_stopped(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    char hex[PW_FINGERPRINT_HEX + 1] = "old";
    pw_file *file;

    (void)state;
    assert_int_equal(pw_file_open(&file, ctx, bytes_file(100000), NULL, NULL), PW_OK);
    ctx->progress = stop;
    assert_int_equal(pw_file_fingerprint(file, true, hex, NULL), PW_ERR_CANCELLED);
    assert_string_equal(hex, "");
    assert_int_equal(pw_file_fingerprint(file, false, hex, NULL), PW_OK);
    pw_file_free(file);
    pw_context_free(ctx);
}

#define TEST(name) cmocka_unit_test_teardown(name, empty_folder)

static const struct CMUnitTest tests[] = {
    TEST(foreign_files_are_told_by_their_first_bytes),
    TEST(our_other_formats_are_no_safetensors),
    TEST(no_header_length_is_taken_for_a_magic),
    TEST(paths_that_are_no_files_are_named_so),
    TEST(a_folder_stands_for_its_model),
    TEST(a_folder_without_one_says_what_it_has),
    TEST(formats_have_names_and_endings),
    TEST(fingerprints_follow_their_recipe),
    TEST(the_last_byte_counts_and_the_gaps_do_not),
    TEST(the_full_digest_is_that_of_all_bytes),
    TEST(shards_are_put_together_by_name),
    TEST(a_full_digest_can_be_stopped),
};

PW_TEST_MAIN(tests, make_folder, remove_all)
