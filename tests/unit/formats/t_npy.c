/* SPDX-License-Identifier: MIT */
/* npy: headers of other tools and our own, orders, sizes, what is refused and why. */
#include "format_check.h"

#include "formats/npy.h"

static pw_status parse(pwi_npy *npy, const char *text, pw_error *err)
{
    return pwi_npy_parse(npy, text, strlen(text), err);
}

/* "F32 77 768 fortran": what a header says. */
static void describe(const pwi_npy *npy, char text[64])
{
    size_t used = (size_t)snprintf(text, 64, "%s", pw_dtype_name(npy->tensor.dtype));

    for (int32_t i = 0; i < npy->tensor.rank; i++)
        used +=
            (size_t)snprintf(text + used, 64 - used, " %lld", (long long)npy->tensor.shape[i]);
    snprintf(text + used, 64 - used, "%s%s", npy->fortran_order ? " fortran" : "",
             npy->is_big_endian ? " big-endian" : "");
}

/* What numpy, and tools that write Python dicts by hand, put there. */
static void headers_are_understood(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (77, 768), }      \n",
         "F32 77 768"},
        {"{'descr': '>f8', 'fortran_order': True, 'shape': (2, 3, 4), }",
         "F64 2 3 4 fortran big-endian"},
        {"{'descr': '|b1', 'fortran_order': False, 'shape': (), }", "BOOL"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (5,), }", "U8 5"},
        {"{'shape':(0,3),'fortran_order':False,'descr':'<i8'}", "I64 0 3"},
        {"{\"descr\": \"<c8\", \"fortran_order\": False, \"shape\": (1,)}", "C64 1"},
        {"{'descr': '>i1', 'fortran_order': False, 'shape': (1,), }", "I8 1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pwi_npy npy;
        char text[64];

        assert_int_equal(parse(&npy, cases[i].text, NULL), PW_OK);
        describe(&npy, text);
        assert_string_equal(text, cases[i].expected);
    }
}

static void bad_headers_are_refused(void **state)
{
    static const struct {
        const char *text;
        pw_status status;
    } cases[] = {
        {"", PW_ERR_FORMAT},
        {"{", PW_ERR_FORMAT},
        {"{}", PW_ERR_FIELD},
        {"{,}", PW_ERR_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False}", PW_ERR_FIELD},
        {"{'descr': '<f4', 'shape': (1,)}", PW_ERR_FIELD},
        {"{'fortran_order': False, 'shape': (1,)}", PW_ERR_FIELD},
        {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}",
         PW_ERR_DUPLICATE},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}", PW_ERR_FIELD},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': ()} x", PW_ERR_FORMAT},
        {"{'descr': '<f4' 'fortran_order': False, 'shape': ()}", PW_ERR_FORMAT},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", PW_ERR_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3)}", PW_ERR_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': 3}", PW_ERR_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': [3]}", PW_ERR_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3 4)}", PW_ERR_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (,)}", PW_ERR_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", PW_ERR_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0x1,)}", PW_ERR_FORMAT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,)}",
         PW_ERR_OVERFLOW},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999,)}",
         PW_ERR_OVERFLOW},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
         PW_ERR_OVERFLOW},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4294967296, 4294967296)}",
         PW_ERR_OVERFLOW},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1)}",
         PW_ERR_LIMIT},
        {"{'descr': 'f4', 'fortran_order': False, 'shape': ()}", PW_ERR_DTYPE},
        {"{'descr': '|f4', 'fortran_order': False, 'shape': ()}", PW_ERR_DTYPE},
        {"{'descr': '<f16', 'fortran_order': False, 'shape': ()}", PW_ERR_DTYPE},
        {"{'descr': '', 'fortran_order': False, 'shape': ()}", PW_ERR_DTYPE},
        {"{'descr': '<f4\\x00', 'fortran_order': False, 'shape': ()}", PW_ERR_FORMAT},
        {"{'descr': '<f4", PW_ERR_FORMAT},
    };

    pwi_npy npy;
    pw_error err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&err, 0, sizeof(err));
        assert_int_equal(parse(&npy, cases[i].text, &err), cases[i].status);
        assert_true(strlen(err.text) > 20);
    }
}

/* The person must learn what the array is: "objects" and not "bad dtype". */
static void what_is_no_number_is_named(void **state)
{
    static const struct {
        const char *descr, *word;
    } cases[] = {
        {"'|O'", "pickle"},  {"'<U5'", "text"},      {"'|S5'", "byte strings"},
        {"'|V8'", "record"}, {"'<M8[ns]'", "dates"}, {"[('x', '<f4')]", "structured"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[128];
        pwi_npy npy;
        pw_error err;

        snprintf(text, sizeof(text), "{'descr': %s, 'fortran_order': False, 'shape': (1,)}",
                 cases[i].descr);
        assert_int_equal(parse(&npy, text, &err), PW_ERR_DTYPE);
        assert_non_null(strstr(err.text, cases[i].word));
    }
}

/* Byte for byte what numpy 2.4 writes: the padding leaves room for the first dimension to grow
 * to 21 digits, and a header that ends on 64 without padding gets 64 blanks all the same. */
static void headers_are_numpys(void **state)
{
    static const struct {
        pw_dtype dtype;
        int32_t rank;
        int64_t shape[PW_RANK_MAX];
        const char *dict;
        size_t size; /* of all */
    } cases[] = {
        {PW_F32,
         2,
         {77, 768},
         "{'descr': '<f4', 'fortran_order': False, 'shape': (77, 768), }",
         128},
        {PW_U8, 0, {0}, "{'descr': '|u1', 'fortran_order': False, 'shape': (), }", 128},
        {PW_F16, 1, {77}, "{'descr': '<f2', 'fortran_order': False, 'shape': (77,), }", 128},
        {PW_F32,
         3,
         {77, INT64_C(100000000000000000), INT64_C(1000000000000000000)},
         "{'descr': '<f4', 'fortran_order': False, "
         "'shape': (77, 100000000000000000, 1000000000000000000), }",
         192},
    };

    pwi_buf buf;

    (void)state;
    pwi_buf_init(&buf, &pwi_malloc_allocator);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const size_t dict_size = strlen(cases[i].dict);

        pwi_buf_clear(&buf);
        pwi_npy_put_header(&buf, cases[i].dtype, cases[i].rank, cases[i].shape);
        assert_int_equal(buf.size, cases[i].size);
        assert_memory_equal(buf.data, "\x93NUMPY\x01\x00", 8);
        assert_int_equal((unsigned char)buf.data[8] | (unsigned char)buf.data[9] << 8,
                         buf.size - 10);
        assert_memory_equal(buf.data + 10, cases[i].dict, dict_size);
        for (size_t k = 10 + dict_size; k + 1 < buf.size; k++)
            assert_int_equal(buf.data[k], ' ');
        assert_int_equal(buf.data[buf.size - 1], '\n');
    }
    pwi_buf_free(&buf);
}

/* A whole file of a version, dict and data. */
static void put_file(pwi_buf *buf, unsigned version, const char *dict, const void *data,
                     size_t size)
{
    const size_t dict_size = strlen(dict);

    pwi_buf_init(buf, &pwi_malloc_allocator);
    pwi_buf_text(buf, "\x93NUMPY");
    pwi_buf_byte(buf, (char)version);
    pwi_buf_byte(buf, 0);
    for (int i = 0; i < (version == 1 ? 2 : 4); i++)
        pwi_buf_byte(buf, (char)(dict_size >> (8 * i)));
    pwi_buf_append(buf, dict, dict_size);
    pwi_buf_append(buf, data, size);
    assert_false(buf->failed);
}

/* The tensor of a file that must load. */
static pw_tensor_set *loaded(pw_context *ctx, unsigned version, const char *dict,
                             const void *data, size_t size, const pw_tensor **tensor)
{
    pw_tensor_set *set;
    pw_error err;
    pwi_buf buf;

    put_file(&buf, version, dict, data, size);
    assert_int_equal(load_bytes(&set, ctx, buf.data, buf.size, &err), PW_OK);
    pwi_buf_free(&buf);
    assert_int_equal(pw_tensor_set_n(set), 1);
    *tensor = pw_tensor_set_tensor(set, 0);
    return set;
}

static void fortran_order_is_turned(void **state)
{
    /* numpy: np.arange(24).reshape(2, 3, 4) in the order of its transpose. */
    uint8_t fortran[24], c_order[24];
    size_t n = 0;
    const pw_tensor *tensor;
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set;

    (void)state;
    for (int k = 0; k < 4; k++)
        for (int j = 0; j < 3; j++)
            for (int i = 0; i < 2; i++)
                fortran[n++] = (uint8_t)(i * 12 + j * 4 + k);
    for (n = 0; n < 24; n++)
        c_order[n] = (uint8_t)n;
    set = loaded(ctx, 1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4), }",
                 fortran, 24, &tensor);
    assert_memory_equal(tensor->data, c_order, 24);
    pw_tensor_set_free(set);
    /* One long dimension: the same in both orders. */
    set = loaded(ctx, 1, "{'descr': '|u1', 'fortran_order': True, 'shape': (1, 24, 1), }",
                 c_order, 24, &tensor);
    assert_memory_equal(tensor->data, c_order, 24);
    pw_tensor_set_free(set);
    set = loaded(ctx, 1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 0, 4), }",
                 c_order, 0, &tensor);
    assert_int_equal(tensor->size_bytes, 0);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

static void big_endian_is_swapped(void **state)
{
    static const uint8_t big[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

    static const struct {
        const char *dict;
        uint8_t first[8];
    } cases[] = {
        {"{'descr': '>u2', 'fortran_order': False, 'shape': (2, 4), }",
         {2, 1, 4, 3, 6, 5, 8, 7}},
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (4,), }", {4, 3, 2, 1, 8, 7, 6, 5}},
        {"{'descr': '>i8', 'fortran_order': False, 'shape': (2,), }", {8, 7, 6, 5, 4, 3, 2, 1}},
        /* A complex number is two floats. */
        {"{'descr': '>c8', 'fortran_order': False, 'shape': (2,), }", {4, 3, 2, 1, 8, 7, 6, 5}},
        /* Both at once: element [0, 1] of (2, 4) is the third of the file. */
        {"{'descr': '>u2', 'fortran_order': True, 'shape': (2, 4), }",
         {2, 1, 6, 5, 10, 9, 14, 13}},
    };

    pw_context *ctx = context_over(NULL, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const pw_tensor *tensor;
        pw_tensor_set *set = loaded(ctx, 1, cases[i].dict, big, 16, &tensor);

        assert_memory_equal(tensor->data, cases[i].first, 8);
        pw_tensor_set_free(set);
    }
    pw_context_free(ctx);
}

static void all_three_versions_are_read(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);

    (void)state;
    for (unsigned version = 1; version <= 3; version++) {
        const pw_tensor *tensor;
        pw_tensor_set *set =
            loaded(ctx, version, "{'descr': '|i1', 'fortran_order': False, 'shape': (3,), }\n",
                   "abc", 3, &tensor);

        assert_memory_equal(tensor->data, "abc", 3);
        assert_string_equal(pw_tensor_set_name(set, 0), "embedding");
        pw_tensor_set_free(set);
    }
    pw_context_free(ctx);
}

static void sizes_must_match_exactly(void **state)
{
    static const char dict[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set;
    pw_error err;
    pwi_buf buf;

    (void)state;
    put_file(&buf, 1, dict, "12345678", 8);
    assert_no_cut_loads(buf.data, buf.size);
    pwi_buf_byte(&buf, 'x');
    assert_int_equal(load_bytes(&set, ctx, buf.data, buf.size, &err), PW_ERR_TRAILING);
    assert_int_equal(err.offset, buf.size - 1);
    assert_int_equal(load_bytes(&set, ctx, buf.data, buf.size - 2, &err), PW_ERR_TRUNCATED);
    buf.data[6] = 4;
    assert_int_equal(load_bytes(&set, ctx, buf.data, buf.size, &err), PW_ERR_UNSUPPORTED);
    buf.data[6] = 2;
    memcpy(buf.data + 8, "\x01\x00\x01\x00", 4); /* 65,537: one over PW_NPY_HEADER_MAX */
    assert_int_equal(load_bytes(&set, ctx, buf.data, buf.size, &err), PW_ERR_HEADER_SIZE);
    pwi_buf_free(&buf);
    pw_context_free(ctx);
}

/* A claim of 2^60 bytes in a small file must be refused before any of them is allocated. */
static void a_large_claim_costs_nothing(void **state)
{
    struct failing failing = {0};
    pw_context *ctx = context_over(&failing, NULL);
    pw_tensor_set *set;
    pw_error err;
    pwi_buf buf;

    (void)state;
    put_file(&buf, 1,
             "{'descr': '<f4', 'fortran_order': True, 'shape': (288230376151711744,), }", "",
             0);
    assert_int_equal(load_bytes(&set, ctx, buf.data, buf.size, &err), PW_ERR_TRUNCATED);
    assert_true(failing.bytes_peak < 100000);
    pwi_buf_free(&buf);
    pw_context_free(ctx);
}

static pw_tensor_set *set_of_one(pw_context *ctx, const char *name, pw_dtype dtype, int64_t n,
                                 const void *bytes)
{
    pw_tensor_set *set;
    void *data;

    assert_int_equal(pw_tensor_set_create(&set, ctx, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_add(set, name, dtype, 1, &n, &data, NULL), PW_OK);
    memcpy(data, bytes, pw_tensor_set_tensor(set, 0)->size_bytes);
    return set;
}

/* numpy has neither bf16 nor 8-bit floats. */
static void floats_that_numpy_lacks_are_widened(void **state)
{
    static const uint16_t bf16[2] = {0x3F80, 0xC040}; /* 1, -3 */
    static const uint8_t e4m3[2] = {0x38, 0xC4};      /* 1, -3 */
    static const float values[2] = {1.0f, -3.0f};

    const struct {
        pw_dtype dtype;
        const void *bytes;
    } cases[] = {{PW_BF16, bf16}, {PW_F8_E4M3, e4m3}};

    size_t n_warnings = 0;
    pw_context *ctx = context_over(NULL, &n_warnings);
    pw_save_options options = options_for(PW_FORMAT_NPY);

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        pw_tensor_set *set = set_of_one(ctx, "x", cases[i].dtype, 2, cases[i].bytes);
        char *bytes;
        size_t size;

        options.float_dtype = cases[i].dtype;
        assert_int_equal(save_bytes(set, ctx, &options, &bytes, &size, NULL), PW_OK);
        assert_int_equal(size, 128 + 8);
        assert_memory_equal(bytes + 128, values, 8);
        assert_non_null(strstr(bytes + 10, "'<f4'"));
        assert_int_equal(n_warnings, i + 1);
        free_bytes(bytes, size);
        pw_tensor_set_free(set);
    }
    pw_context_free(ctx);
}

static void what_cannot_be_widened_is_refused(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    pw_tensor_set *set = set_of_one(ctx, "scales", PW_F8_E8M0, 2, "\x7F\x80");
    const pw_save_options options = options_for(PW_FORMAT_NPY);
    pw_error err;

    (void)state;
    assert_int_equal(pw_tensor_set_save(set, ctx, path_of("out.npy"), &options, &err),
                     PW_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "\"scales\""));
    assert_int_equal(access(path_of("out.npy"), F_OK), -1);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

static void one_tensor_is_chosen(void **state)
{
    static const int64_t shape[1] = {1};
    pw_context *ctx = context_over(NULL, NULL);
    pw_save_options options = options_for(PW_FORMAT_NPY);
    pw_tensor_set *set, *back;
    pw_error err;
    void *data;

    (void)state;
    assert_int_equal(pw_tensor_set_create(&set, ctx, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_save(set, ctx, path_of("out.npy"), &options, &err),
                     PW_ERR_UNSUPPORTED);
    assert_int_equal(pw_tensor_set_add(set, "a", PW_U8, 1, shape, &data, NULL), PW_OK);
    assert_int_equal(pw_tensor_set_add(set, "b", PW_U8, 1, shape, &data, NULL), PW_OK);
    *(uint8_t *)data = 7;
    assert_int_equal(pw_tensor_set_save(set, ctx, path_of("out.npy"), &options, &err),
                     PW_ERR_UNSUPPORTED);
    options.only_tensor = "c";
    assert_int_equal(pw_tensor_set_save(set, ctx, path_of("out.npy"), &options, &err),
                     PW_ERR_NOT_FOUND);
    options.only_tensor = "b";
    assert_int_equal(pw_tensor_set_save(set, ctx, path_of("out.npy"), &options, &err), PW_OK);
    assert_int_equal(pw_tensor_set_load(&back, ctx, path_of("out.npy"), NULL, NULL), PW_OK);
    assert_int_equal(*(uint8_t *)pw_tensor_set_tensor(back, 0)->data, 7);
    pw_tensor_set_free(back);
    pw_tensor_set_free(set);
    pw_context_free(ctx);
}

/* A caller who asked for npy learns what the file is instead. */
static void another_format_is_named(void **state)
{
    pw_context *ctx = context_over(NULL, NULL);
    const char *path = file_with("PK\x05\x06", 4);
    pw_file_options options;
    pw_file *file;
    pw_error err;

    (void)state;
    pw_file_options_init(&options);
    options.expected_format = PW_FORMAT_NPY;
    assert_int_equal(pw_file_open(&file, ctx, path, &options, &err), PW_ERR_FOREIGN);
    assert_non_null(strstr(err.text, "npy"));
    pw_context_free(ctx);
}

static pw_status save_set(pw_context *ctx, const void *data)
{
    static const float values[3] = {1, 2, 3};
    const int64_t n = 3;
    const pw_save_options *options = data;
    pw_tensor_set *set = NULL;
    void *memory;
    pw_status status = pw_tensor_set_create(&set, ctx, NULL);

    if (status == PW_OK)
        status = pw_tensor_set_add(set, "x", PW_F32, 1, &n, &memory, NULL);
    if (status == PW_OK) {
        memcpy(memory, values, sizeof(values));
        status = pw_tensor_set_save(set, ctx, path_of("out.npy"), options, NULL);
    }
    pw_tensor_set_free(set);
    return status;
}

static void running_out_of_memory_leaves_nothing(void **state)
{
    pw_save_options options = options_for(PW_FORMAT_NPY);
    pwi_buf buf;
    const char *path;

    (void)state;
    put_file(&buf, 1, "{'descr': '<u2', 'fortran_order': True, 'shape': (2, 2), }", "12345678",
             8);
    path = file_with(buf.data, buf.size);
    sweep_allocations(load_path, path);
    pwi_buf_free(&buf);
    options.float_dtype = PW_BF16; /* rounded, then widened: all of the writer's allocations */
    sweep_allocations(save_set, &options);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(headers_are_understood),
    cmocka_unit_test(bad_headers_are_refused),
    cmocka_unit_test(what_is_no_number_is_named),
    cmocka_unit_test(headers_are_numpys),
    cmocka_unit_test(fortran_order_is_turned),
    cmocka_unit_test(big_endian_is_swapped),
    cmocka_unit_test(all_three_versions_are_read),
    cmocka_unit_test(sizes_must_match_exactly),
    cmocka_unit_test(a_large_claim_costs_nothing),
    cmocka_unit_test(floats_that_numpy_lacks_are_widened),
    cmocka_unit_test(what_cannot_be_widened_is_refused),
    cmocka_unit_test(one_tensor_is_chosen),
    cmocka_unit_test(another_format_is_named),
    cmocka_unit_test(running_out_of_memory_leaves_nothing),
};

PW_TEST_MAIN(tests, make_folder, remove_folder)
