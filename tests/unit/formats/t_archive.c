/* SPDX-License-Identifier: MIT */
/* gzip and zip: what other tools write is read, what lies about itself is refused, and what we
 * write is what we read. */
#include "format_check.h"

#include "formats/archive.h"
#include "zip_build.h"

static const pw_allocator *const memory = &pwi_malloc_allocator;

/* A gzip member of zlib's, appended. */
static void put_gzip(pwi_buf *buf, const void *bytes, size_t size)
{
    z_stream stream = {.zalloc = NULL};

    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    assert_true(pwi_buf_reserve(buf, size + 1000));
    stream.next_in = (unsigned char *)(uintptr_t)bytes;
    stream.avail_in = (unsigned)size;
    stream.next_out = (unsigned char *)buf->data + buf->size;
    stream.avail_out = (unsigned)(size + 1000);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    buf->size += stream.total_out;
    deflateEnd(&stream);
}

static pw_status gunzip(const pwi_buf *packed, size_t size_max, pwi_buf *out, pw_error *err)
{
    pwi_buf_init(out, memory);
    return pwi_gzip_read(memory, file_with(packed->data, packed->size), size_max, out, err);
}

/* Text that packs well, longer than the pieces of reader and inflater. */
static char *long_text(size_t size)
{
    char *text = pwi_alloc_array(memory, size, 1);

    assert_non_null(text);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + i % 23 + (i / 5000) % 3);
    return text;
}

static void gzip_members_follow_each_other(void **state)
{
    const size_t size = 300000;
    char *text = long_text(size);
    pwi_buf packed, out;

    (void)state;
    pwi_buf_init(&packed, memory);
    put_gzip(&packed, text, size);
    put_gzip(&packed, "", 0);
    put_gzip(&packed, "tail", 4);
    assert_int_equal(gunzip(&packed, size + 4, &out, NULL), PW_OK);
    assert_int_equal(out.size, size + 4);
    assert_memory_equal(out.data, text, size);
    assert_string_equal(out.data + size, "tail");
    pwi_buf_free(&out);
    pwi_buf_free(&packed);
    pwi_free_array(memory, text, size, 1);
}

static void gzip_respects_its_limit(void **state)
{
    const size_t size = 200000;
    char *text = long_text(size);
    pwi_buf packed, out;
    pw_error err;

    (void)state;
    pwi_buf_init(&packed, memory);
    put_gzip(&packed, text, size);
    assert_int_equal(gunzip(&packed, size - 1, &out, &err), PW_ERR_LIMIT);
    pwi_buf_free(&out);
    assert_int_equal(gunzip(&packed, 0, &out, &err), PW_ERR_LIMIT);
    assert_true(out.capacity < 1000);
    pwi_buf_free(&out);
    assert_int_equal(gunzip(&packed, size, &out, &err), PW_OK);
    assert_int_equal(out.size, size);
    pwi_buf_free(&out);
    pwi_buf_free(&packed);
    pwi_free_array(memory, text, size, 1);
}

static void bad_gzip_is_refused(void **state)
{
    pwi_buf packed, out;
    pw_error err;

    (void)state;
    pwi_buf_init(&packed, memory);
    put_gzip(&packed, "hello hello hello", 17);
    for (size_t cut = 0; packed.size > cut; cut++) {
        const pwi_buf beginning = {.data = packed.data, .size = cut};

        assert_int_equal(gunzip(&beginning, 100, &out, &err),
                         cut < 2 ? PW_ERR_FOREIGN : PW_ERR_TRUNCATED);
        pwi_buf_free(&out);
    }
    packed.data[packed.size - 8] ^= 1; /* the checksum */
    assert_int_equal(gunzip(&packed, 100, &out, &err), PW_ERR_FORMAT);
    pwi_buf_free(&out);
    packed.data[packed.size - 8] ^= 1;
    pwi_buf_text(&packed, "junk");
    assert_int_equal(gunzip(&packed, 100, &out, &err), PW_ERR_TRAILING);
    assert_int_equal(err.offset, packed.size - 4);
    pwi_buf_free(&out);
    pwi_buf_free(&packed);
    pwi_buf_init(&out, memory);
    assert_int_equal(pwi_gzip_read(memory, path_of("none"), 100, &out, &err), PW_ERR_NOT_FOUND);
}

/* All of a member, and the middle of it. */
static void assert_content(const pwi_zip *zip, size_t i, const char *expected, size_t size)
{
    char *out = pwi_alloc_array(memory, size, 1);

    assert_int_equal(zip->members[i].size, size);
    assert_int_equal(pwi_zip_read(zip, memory, i, 0, out, size, NULL), PW_OK);
    assert_memory_equal(out, expected, size);
    assert_int_equal(pwi_zip_read(zip, memory, i, size / 2, out, size - size / 2, NULL), PW_OK);
    assert_memory_equal(out, expected + size / 2, size - size / 2);
    assert_int_equal(pwi_zip_read(zip, memory, i, size / 3, out, size / 3, NULL), PW_OK);
    assert_memory_equal(out, expected + size / 3, size / 3);
    assert_int_equal(pwi_zip_read(zip, memory, i, 1, out, size, NULL), PW_ERR_TRUNCATED);
    pwi_free_array(memory, out, size, 1);
}

static void archives_of_other_tools_are_read(void **state)
{
    const size_t size = 150000;
    char *text = long_text(size);
    const struct zip_part parts[] = {
        {.name = "a.txt", .bytes = "hello", .size = 5},
        {.name = "dir/b.txt", .bytes = text, .size = size, .deflate = true},
        {.name = "c", .bytes = text, .size = size, .zip64 = true},
        {.name = "d", .bytes = text, .size = size, .deflate = true, .zip64 = true},
    };
    const struct zip_ends ends[] = {
        {.comment = NULL}, {.comment = "a comment PK\x05\x06"}, {.zip64 = true}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        pwi_buf buf;
        pwi_zip zip;

        build_zip(&buf, parts, 4, &ends[i]);
        assert_int_equal(pwi_zip_open(&zip, memory, file_with(buf.data, buf.size), NULL),
                         PW_OK);
        assert_int_equal(zip.n_members, 4);
        assert_string_equal(zip.members[1].name, "dir/b.txt");
        assert_content(&zip, 0, "hello", 5);
        for (size_t k = 1; k < 4; k++)
            assert_content(&zip, k, text, size);
        pwi_zip_close(&zip);
        pwi_buf_free(&buf);
    }
    pwi_free_array(memory, text, size, 1);
}

/* Open the archive and read its first member. */
static pw_status open_and_read(const char *path, pw_error *err)
{
    pwi_zip zip;
    char out[64];
    pw_status status = pwi_zip_open(&zip, memory, path, err);

    if (status == PW_OK && zip.members[0].size <= sizeof(out))
        status = pwi_zip_read(&zip, memory, 0, 0, out, (size_t)zip.members[0].size, err);
    pwi_zip_close(&zip);
    return status;
}

static void lying_members_are_refused(void **state)
{
    static const struct {
        struct zip_part part;
        pw_status status;
    } cases[] = {
        {{.crc_change = 1}, PW_ERR_FORMAT},
        {{.deflate = true, .crc_change = 1}, PW_ERR_FORMAT},
        {{.flags = 1}, PW_ERR_UNSUPPORTED},
        {{.method = 12}, PW_ERR_UNSUPPORTED},
        {{.method = 8}, PW_ERR_FORMAT}, /* it is stored */
        {{.local_name = "b"}, PW_ERR_FORMAT},
        {{.local_name = "ab"}, PW_ERR_FORMAT},
        {{.directory_name = "a\0b", .directory_name_size = 3}, PW_ERR_FORMAT},
        {{.size_change = 1}, PW_ERR_FORMAT}, /* stored, with two sizes */
        {{.deflate = true, .size_change = 1}, PW_ERR_SIZE},
        {{.deflate = true, .size_change = (uint32_t)-1}, PW_ERR_SIZE},
        {{.deflate = true, .packed_change = (uint32_t)-1}, PW_ERR_TRUNCATED},
        {{.deflate = true, .packed_change = 1}, PW_ERR_SIZE},
        {{.deflate = true, .packed_change = 1000}, PW_ERR_FORMAT},
        {{.deflate = true, .size_change = 1000000}, PW_ERR_FORMAT}, /* over deflate's ratio */
        {{.header_change = 1}, PW_ERR_FORMAT},
        {{.header_change = 1000}, PW_ERR_FORMAT},
        {{.zip64 = true, .extra_size = 16}, PW_ERR_FORMAT},
        {{.zip64 = true, .extra_size = 1}, PW_ERR_FORMAT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct zip_part part = cases[i].part;
        pw_error err = {0};
        pwi_buf buf;

        part.name = "a";
        part.bytes = "hello hello hello";
        part.size = 17;
        build_zip(&buf, &part, 1, NULL);
        assert_int_equal(open_and_read(file_with(buf.data, buf.size), &err), cases[i].status);
        assert_true(strlen(err.text) > 20);
        pwi_buf_free(&buf);
    }
}

static void lying_directories_are_refused(void **state)
{
    static const struct zip_part part = {.name = "a", .bytes = "hello", .size = 5};

    static const struct {
        struct zip_ends ends;
        pw_status status;
    } cases[] = {
        {{.n_members_change = 1}, PW_ERR_FORMAT},
        {{.n_members_change = 65000}, PW_ERR_FORMAT},
        {{.n_members_change = 65537, .zip64 = true}, PW_ERR_LIMIT},
        {{.size_change = 1}, PW_ERR_FORMAT},
        {{.size_change = (uint32_t)-1}, PW_ERR_FORMAT},
        {{.offset_change = 1}, PW_ERR_FORMAT},
        {{.offset_change = (uint32_t)-1}, PW_ERR_FORMAT},
        {{.offset_change = 1, .zip64 = true}, PW_ERR_FORMAT},
        {{.size_change = 1000, .zip64 = true}, PW_ERR_FORMAT},
        {{.volume = 1}, PW_ERR_UNSUPPORTED},
        {{.behind = "x"}, PW_ERR_TRUNCATED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pw_error err = {0};
        pwi_buf buf;

        build_zip(&buf, &part, 1, &cases[i].ends);
        assert_int_equal(open_and_read(file_with(buf.data, buf.size), &err), cases[i].status);
        pwi_buf_free(&buf);
    }
}

/* Members that share their bytes are how 10 MB unpack to petabytes. */
static void shared_bytes_are_refused(void **state)
{
    const size_t size = 1000;
    char *text = long_text(size);
    const struct zip_part parts[] = {
        {.name = "a", .bytes = text, .size = size},
        {.name = "a", .bytes = text, .size = size, .same_header = true},
    };
    pw_error err;
    pwi_buf buf;

    (void)state;
    build_zip(&buf, parts, 2, NULL);
    assert_int_equal(open_and_read(file_with(buf.data, buf.size), &err), PW_ERR_OFFSET);
    pwi_buf_free(&buf);
    pwi_free_array(memory, text, size, 1);
}

static void errors_name_the_member(void **state)
{
    const struct zip_part part = {.name = "x\n", .bytes = "hello", .size = 5, .crc_change = 1};
    pw_error err;
    pwi_buf buf;

    (void)state;
    build_zip(&buf, &part, 1, NULL);
    assert_int_equal(open_and_read(file_with(buf.data, buf.size), &err), PW_ERR_FORMAT);
    assert_memory_equal(err.text, "member \"x\\u000a\": ", 18);
    pwi_buf_free(&buf);
}

static void no_beginning_of_an_archive_opens(void **state)
{
    const struct zip_part part = {.name = "a", .bytes = "hello", .size = 5};
    pwi_buf buf;

    (void)state;
    build_zip(&buf, &part, 1, NULL);
    for (size_t cut = 0; cut < buf.size; cut++)
        assert_int_equal(open_and_read(file_with(buf.data, cut), NULL), PW_ERR_TRUNCATED);
    pwi_buf_free(&buf);
}

/* Damage anywhere must be noticed or change nothing that is read. */
static void flipped_bits_do_no_harm(void **state)
{
    const struct zip_part part = {
        .name = "a", .bytes = "hello hello hello", .size = 17, .deflate = true};
    pwi_buf buf;

    (void)state;
    build_zip(&buf, &part, 1, NULL);
    for (size_t i = 0; i < buf.size * 8; i++) {
        char out[17] = {0};
        pwi_zip zip;

        buf.data[i / 8] ^= (char)(1 << i % 8);
        if (pwi_zip_open(&zip, memory, file_with(buf.data, buf.size), NULL) == PW_OK &&
            zip.n_members == 1 && zip.members[0].size == 17 &&
            pwi_zip_read(&zip, memory, 0, 0, out, 17, NULL) == PW_OK)
            assert_memory_equal(out, "hello hello hello", 17);
        pwi_zip_close(&zip);
        buf.data[i / 8] ^= (char)(1 << i % 8);
    }
    pwi_buf_free(&buf);
}

/* An archive of n empty members with names of their own. */
static void write_members(const char *path, size_t n)
{
    pwi_zip_writer writer;
    pwi_output output;
    char name[24];

    assert_int_equal(pwi_output_open(&output, memory, path, 0, NULL), PW_OK);
    pwi_zip_writer_init(&writer, memory, &output);
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof(name), "%zu", i);
        assert_int_equal(pwi_zip_writer_add(&writer, name, name, strlen(name), NULL, 0, NULL),
                         PW_OK);
    }
    assert_int_equal(pwi_zip_writer_finish(&writer, NULL), PW_OK);
    assert_int_equal(pwi_output_commit(&output, NULL), PW_OK);
    pwi_zip_writer_free(&writer);
}

/* From 65,535 members on, the count stands in a 64-bit end record. */
static void many_members_are_written_and_read(void **state)
{
    static const size_t counts[] = {0, 1, 65534, 65535, PWI_ZIP_MEMBERS_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        pwi_zip zip;
        char expected[24];
        const size_t last = counts[i] - 1;

        write_members(path_of("out"), counts[i]);
        assert_int_equal(pwi_zip_open(&zip, memory, path_of("out"), NULL), PW_OK);
        assert_int_equal(zip.n_members, counts[i]);
        if (counts[i] > 0) {
            snprintf(expected, sizeof(expected), "%zu", last);
            assert_string_equal(zip.members[last].name, expected);
            assert_content(&zip, last, expected, strlen(expected));
        }
        pwi_zip_close(&zip);
    }
}

static pw_status read_archive(pw_context *ctx, const void *path)
{
    pwi_zip zip;
    char out[17];
    pw_status status = pwi_zip_open(&zip, &ctx->allocator, path, NULL);

    if (status == PW_OK)
        status = pwi_zip_read(&zip, &ctx->allocator, 0, 3, out, 14, NULL);
    pwi_zip_close(&zip);
    return status;
}

static pw_status read_gzip(pw_context *ctx, const void *path)
{
    pwi_buf out;
    pw_status status;

    pwi_buf_init(&out, &ctx->allocator);
    status = pwi_gzip_read(&ctx->allocator, path, 100, &out, NULL);
    pwi_buf_free(&out);
    return status;
}

static void running_out_of_memory_leaves_nothing(void **state)
{
    const struct zip_part part = {
        .name = "a", .bytes = "hello hello hello", .size = 17, .deflate = true};
    const char *path;
    pwi_buf buf;

    (void)state;
    build_zip(&buf, &part, 1, NULL);
    path = file_with(buf.data, buf.size);
    sweep_allocations(read_archive, path);
    buf.size = 0;
    put_gzip(&buf, "hello", 5);
    path = file_with(buf.data, buf.size);
    sweep_allocations(read_gzip, path);
    pwi_buf_free(&buf);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(gzip_members_follow_each_other),
    cmocka_unit_test(gzip_respects_its_limit),
    cmocka_unit_test(bad_gzip_is_refused),
    cmocka_unit_test(archives_of_other_tools_are_read),
    cmocka_unit_test(lying_members_are_refused),
    cmocka_unit_test(lying_directories_are_refused),
    cmocka_unit_test(shared_bytes_are_refused),
    cmocka_unit_test(errors_name_the_member),
    cmocka_unit_test(no_beginning_of_an_archive_opens),
    cmocka_unit_test(flipped_bits_do_no_harm),
    cmocka_unit_test(many_members_are_written_and_read),
    cmocka_unit_test(running_out_of_memory_leaves_nothing),
};

PW_TEST_MAIN(tests, make_folder, remove_folder)
