/* SPDX-License-Identifier: MIT */
/* npz: sets with metadata there and back, archives of numpy's kind, what is refused and why. */
#include "format_check.h"

#include "formats/npy.h"
#include "zip_build.h"

#define METADATA "padwise.json"

/* A set of several dtypes, with metadata that needs escapes. */
static pw_tensor_set *sample_set(pw_context *ctx)
{
    static const int64_t shape[3] = {1, 2, 3};
    static const float values[6] = {0, 1, -2.5f, 3e38f, -0.0f, 1e-45f};
    static const uint16_t bf16[6] = {0x3F80, 0xC040, 0, 0x8000, 0x7F80, 0x0001};
    pw_tensor_set *set;
    void *data;

    assert_int_equal(pw_tensor_set_create(&set, ctx, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_add(set, "last_hidden_state", PW_F32, 3, shape, &data, NULL),
                     PW_OK);
    memcpy(data, values, sizeof(values));
    assert_int_equal(pw_tensor_set_add(set, "a/b \xC3\xA9", PW_BF16, 2, shape + 1, &data, NULL),
                     PW_OK);
    memcpy(data, bf16, sizeof(bf16));
    assert_int_equal(pw_tensor_set_add(set, "none", PW_I64, 2, (int64_t[]){0, 4}, &data, NULL),
                     PW_OK);
    assert_int_equal(pw_tensor_set_add(set, "scalar", PW_BOOL, 0, NULL, &data, NULL), PW_OK);
    *(uint8_t *)data = 1;
    assert_int_equal(pw_tensor_set_put_metadata(set, "padwise", "{\"a\": \"b\\\"\"}\n", NULL),
                     PW_OK);
    assert_int_equal(pw_tensor_set_put_metadata(set, "\xE2\x98\x83", "", NULL), PW_OK);
    return set;
}

static void sets_come_back(void **state)
{
    size_t n_warnings = 0;
    pw_context *ctx = context_over(NULL, &n_warnings);
    pw_tensor_set *set = sample_set(ctx), *back;
    pw_save_options options = options_for(PW_FORMAT_NPZ);
    float widened[6];

    (void)state;
    assert_int_equal(pw_tensor_set_save(set, ctx, path_of("out.npz"), &options, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_load(&back, ctx, path_of("out.npz"), NULL, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_n(back), 4);
    for (size_t i = 0; i < 4; i++) {
        const pw_tensor *a = pw_tensor_set_tensor(set, i), *b = pw_tensor_set_tensor(back, i);

        assert_string_equal(pw_tensor_set_name(set, i), pw_tensor_set_name(back, i));
        assert_int_equal(a->rank, b->rank);
        assert_memory_equal(a->shape, b->shape, (size_t)a->rank * sizeof(a->shape[0]));
        if (a->dtype == PW_BF16) {
            assert_int_equal(b->dtype, PW_F32);
            assert_int_equal(pw_tensor_to_f32(a, widened, 6, NULL), PW_OK);
            assert_memory_equal(b->data, widened, sizeof(widened));
        } else {
            assert_int_equal(a->dtype, b->dtype);
            assert_memory_equal(a->data, b->data, a->size_bytes);
        }
    }
    assert_int_equal(pw_tensor_set_n_metadata(back), 2);
    assert_string_equal(pw_tensor_set_metadata(back, "padwise"), "{\"a\": \"b\\\"\"}\n");
    assert_string_equal(pw_tensor_set_metadata(back, "\xE2\x98\x83"), "");
    pw_tensor_set_free(back);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

static void the_same_set_gives_the_same_bytes(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set = sample_set(ctx);
    pw_save_options options = options_for(PW_FORMAT_NPZ);
    char *bytes[2];
    size_t sizes[2];

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(save_bytes(set, ctx, &options, &bytes[i], &sizes[i], NULL), PW_OK);
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(bytes[0], bytes[1], sizes[0]);
    /* 1980-01-01, midnight: no time of the machine is in the file. */
    assert_memory_equal(bytes[0] + 10, "\x00\x00\x21\x00", 4);
    for (int i = 0; i < 2; i++)
        free_bytes(bytes[i], sizes[i]);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

/* The bytes of an npy file of n bytes 0, 1, 2, ... */
static void put_npy(pwi_buf *buf, int64_t n)
{
    pwi_buf_init(buf, &pwi_malloc_allocator);
    pwi_npy_put_header(buf, PW_U8, 1, &n);
    for (int64_t i = 0; i < n; i++)
        pwi_buf_byte(buf, (char)i);
}

static pw_status load_parts(pw_tensor_set **set, pw_context *ctx, const struct zip_part *parts,
                            size_t n_parts, pw_error *err)
{
    pwi_buf buf;
    pw_status status;

    build_zip(&buf, parts, n_parts, NULL);
    status = load_bytes(set, ctx, buf.data, buf.size, err);
    pwi_buf_free(&buf);
    return status;
}

/* numpy's savez_compressed deflates; its own members are all that it minds. */
static void compressed_archives_are_read(void **state)
{
    size_t n_warnings = 0;
    pw_context *ctx = context_over(NULL, &n_warnings);
    pw_tensor_set *set;
    pw_error err;
    pwi_buf npy;

    (void)state;
    put_npy(&npy, 200000);
    {
        const struct zip_part parts[] = {
            {.name = "big.npy", .bytes = npy.data, .size = npy.size, .deflate = true},
            {.name = "readme", .bytes = "x", .size = 1},
            {.name = METADATA, .bytes = "{\"k\": \"v\"}", .size = 10, .deflate = true},
        };

        assert_int_equal(load_parts(&set, ctx, parts, 3, &err), PW_OK);
    }
    assert_int_equal(n_warnings, 1);
    assert_int_equal(pw_tensor_set_n(set), 1);
    assert_string_equal(pw_tensor_set_name(set, 0), "big");
    assert_memory_equal(pw_tensor_set_tensor(set, 0)->data, npy.data + npy.size - 200000,
                        200000);
    assert_string_equal(pw_tensor_set_metadata(set, "k"), "v");
    pw_tensor_set_free(set);
    pwi_buf_free(&npy);
    pw_context_free(ctx);
}

static void bad_members_are_refused_by_name(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pwi_buf npy;

    (void)state;
    put_npy(&npy, 3);

    const struct {
        struct zip_part part;
        pw_status status;
    } cases[] = {
        {{.name = "x.npy", .bytes = npy.data, .size = npy.size - 1}, PW_ERR_TRUNCATED},
        {{.name = "x.npy", .bytes = npy.data, .size = 11}, PW_ERR_TRUNCATED},
        {{.name = "x.npy", .bytes = "", .size = 0}, PW_ERR_FOREIGN},
        {{.name = "x.npy", .bytes = "no array here", .size = 13}, PW_ERR_FOREIGN},
        {{.name = "x.npy", .bytes = npy.data, .size = npy.size, .crc_change = 1},
         PW_ERR_FORMAT},
        {{.name = "x.npy", .bytes = npy.data, .size = npy.size, .flags = 1},
         PW_ERR_UNSUPPORTED},
        {{.name = METADATA, .bytes = "{", .size = 1}, PW_ERR_JSON},
        {{.name = METADATA, .bytes = "[]", .size = 2}, PW_ERR_FIELD},
        {{.name = METADATA, .bytes = "{\"a\": 1}", .size = 8}, PW_ERR_FIELD},
        {{.name = METADATA, .bytes = "{\"a\": \"\\u0000\"}", .size = 15}, PW_ERR_FIELD},
        {{.name = METADATA, .bytes = "{\"\\u0000\": \"\"}", .size = 14}, PW_ERR_FIELD},
        {{.name = METADATA, .bytes = "{} x", .size = 4}, PW_ERR_JSON},
        {{.name = METADATA, .bytes = "{}", .size = 2, .crc_change = 1}, PW_ERR_FORMAT},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pw_tensor_set *set;
        pw_error err;

        assert_int_equal(load_parts(&set, ctx, &cases[i].part, 1, &err), cases[i].status);
        assert_memory_equal(err.text, "member \"", 8);
        assert_non_null(strstr(err.text, cases[i].part.name));
    }
    pwi_buf_free(&npy);
    pw_context_free(ctx);
}

static void names_must_be_utf8_and_unique(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set;
    pw_error err;
    pwi_buf npy;

    (void)state;
    put_npy(&npy, 3);
    const struct zip_part twice[] = {{.name = "x.npy", .bytes = npy.data, .size = npy.size},
                                     {.name = "x.npy", .bytes = npy.data, .size = npy.size}};
    const struct zip_part latin1 = {.name = "\xE9.npy", .bytes = npy.data, .size = npy.size};

    assert_int_equal(load_parts(&set, ctx, twice, 2, &err), PW_ERR_DUPLICATE);
    assert_int_equal(load_parts(&set, ctx, &latin1, 1, &err), PW_ERR_UTF8);
    pwi_buf_free(&npy);
    pw_context_free(ctx);
}

/* A zip of something else is not an empty npz; a PyTorch checkpoint is told what to do. */
static void other_archives_are_named(void **state)
{
    static const struct zip_part wheel = {.name = "pkg/__init__.py", .bytes = "x", .size = 1};
    static const struct zip_part torch[] = {{.name = "m/version", .bytes = "3", .size = 1},
                                            {.name = "m/data.pkl", .bytes = "x", .size = 1}};
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set;
    pw_error err;

    (void)state;
    assert_int_equal(load_parts(&set, ctx, &wheel, 1, &err), PW_ERR_FOREIGN);
    assert_int_equal(load_parts(&set, ctx, torch, 2, &err), PW_ERR_FOREIGN);
    assert_non_null(strstr(err.text, "torch.load"));
    /* np.savez() of nothing. */
    assert_int_equal(load_parts(&set, ctx, NULL, 0, &err), PW_OK);
    assert_int_equal(pw_tensor_set_n(set), 0);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

static void no_beginning_of_a_file_loads(void **state)
{
    pwi_buf npy, zip;

    (void)state;
    put_npy(&npy, 3);
    const struct zip_part part = {.name = "x.npy", .bytes = npy.data, .size = npy.size};

    build_zip(&zip, &part, 1, NULL);
    assert_no_cut_loads(zip.data, zip.size);
    pwi_buf_free(&zip);
    pwi_buf_free(&npy);
}

/* A member that says 1 GB must not make anything allocate it: it has 100 bytes. */
static void a_large_claim_costs_nothing(void **state)
{
    struct failing failing = {0};
    pw_context *ctx = context_over(&failing, NULL);
    const int64_t n = 1000000000;
    pw_tensor_set *set;
    pw_error err;
    pwi_buf npy;

    (void)state;
    pwi_buf_init(&npy, &pwi_malloc_allocator);
    pwi_npy_put_header(&npy, PW_U8, 1, &n);
    const struct zip_part part = {.name = "x.npy",
                                  .bytes = npy.data,
                                  .size = npy.size,
                                  .deflate = true,
                                  .size_change = (uint32_t)n};

    assert_int_equal(load_parts(&set, ctx, &part, 1, &err), PW_ERR_FORMAT);
    assert_true(failing.bytes_peak < 1000000);
    pwi_buf_free(&npy);
    pw_context_free(ctx);
}

static pw_status save_sample(pw_context *ctx, const void *data)
{
    const pw_tensor_set *set = data;
    const pw_save_options options = options_for(PW_FORMAT_NPZ);

    return pw_tensor_set_save(set, ctx, path_of("out.npz"), &options, NULL);
}

static void running_out_of_memory_leaves_nothing(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set = sample_set(ctx);
    pwi_buf npy, zip;

    (void)state;
    sweep_allocations(save_sample, set);
    put_npy(&npy, 3);
    const struct zip_part parts[] = {
        {.name = "x.npy", .bytes = npy.data, .size = npy.size, .deflate = true},
        {.name = METADATA, .bytes = "{\"k\": \"v\"}", .size = 10},
        {.name = "y.npy", .bytes = npy.data, .size = npy.size},
    };

    build_zip(&zip, parts, 3, NULL);
    sweep_allocations(load_path, file_with(zip.data, zip.size));
    pwi_buf_free(&zip);
    pwi_buf_free(&npy);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sets_come_back),
    cmocka_unit_test(the_same_set_gives_the_same_bytes),
    cmocka_unit_test(compressed_archives_are_read),
    cmocka_unit_test(bad_members_are_refused_by_name),
    cmocka_unit_test(names_must_be_utf8_and_unique),
    cmocka_unit_test(other_archives_are_named),
    cmocka_unit_test(no_beginning_of_a_file_loads),
    cmocka_unit_test(a_large_claim_costs_nothing),
    cmocka_unit_test(running_out_of_memory_leaves_nothing),
};

PW_TEST_MAIN(tests, make_folder, remove_folder)
