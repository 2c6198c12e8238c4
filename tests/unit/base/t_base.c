/* SPDX-License-Identifier: MIT */
/* The floor that everything stands on: sizes, text, memory, errors, random numbers. */
#include "check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/checked.h"
#include "base/context.h"
#include "base/cpu.h"
#include "base/digest.h"
#include "base/hash.h"
#include "base/rng.h"
#include "base/threads.h"
#include "base/utf8.h"
#include "failing_allocator.h"

static void utf8_refuses_what_rfc_3629_refuses(void **state)
{
    static const char *const bad[] = {"\x80",
                                      "\xC0\xAF",
                                      "\xC1\x81",
                                      "\xE0\x80\x80",
                                      "\xED\xA0\x80",
                                      "\xED\xBF\xBF",
                                      "\xF0\x80\x80\x80",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xFF",
                                      "\xC3",
                                      "\xE2\x82",
                                      "\xF0\x9F\x98",
                                      "\xC3\x28"};
    uint32_t code;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        char text[16];

        snprintf(text, sizeof(text), "ab%s", bad[i]);
        assert_int_equal(pwi_utf8_decode(bad[i], strlen(bad[i]), &code), 0);
        assert_int_equal(pwi_utf8_valid_prefix(text, strlen(text)), 2);
    }
}

static void utf8_round_trips_every_scalar_value(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        char bytes[4];
        uint32_t back = 0;
        size_t size;

        if (code >= 0xD800 && code < 0xE000)
            continue;
        size = pwi_utf8_encode(code, bytes);
        assert_int_equal(pwi_utf8_decode(bytes, size, &back), size);
        assert_int_equal(back, code);
    }
}

static void sizes_that_do_not_fit_are_told(void **state)
{
    size_t size;

    (void)state;
    assert_false(pwi_mul_size(SIZE_MAX / 2 + 1, 2, &size));
    assert_false(pwi_add_size(SIZE_MAX, 1, &size));
    assert_true(pwi_mul_size(SIZE_MAX, 1, &size));
    assert_null(pwi_alloc_array(&pwi_malloc_allocator, SIZE_MAX / 4, 8));
}

/* zlib frees without saying how much; the allocator behind it is told the size it gave. */
static void blocks_that_remember_their_size_give_all_back(void **state)
{
    struct failing f = {0};
    pw_allocator allocator = failing_allocator(&f);
    char *p = pwi_alloc_remembering(&allocator, 7, 5);

    (void)state;
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % PWI_ALIGN, 0);
    assert_true(f.bytes_out >= 35 + sizeof(size_t));
    memset(p, 0xA5, 35);
    pwi_free_remembered(&allocator, p);
    pwi_free_remembered(&allocator, NULL);
    assert_int_equal(f.n_out, 0);
    assert_int_equal(f.bytes_out, 0);
    f.fail_at = f.n_calls + 1;
    assert_null(pwi_alloc_remembering(&allocator, 1, 1));
}

static void a_buffer_remembers_that_memory_was_out(void **state)
{
    struct failing f = {.fail_at = 2};
    const pw_allocator allocator = failing_allocator(&f);
    pwi_buf buf;

    (void)state;
    pwi_buf_init(&buf, &allocator);
    pwi_buf_text(&buf, "kept");
    for (int i = 0; i < 100; i++)
        pwi_buf_format(&buf, "%d ", i);
    assert_true(buf.failed);
    assert_memory_equal(buf.data, "kept", 4);
    pwi_buf_free(&buf);
    assert_int_equal(f.n_out, 0);
}

static void an_arena_gives_aligned_memory_of_any_size(void **state)
{
    struct failing f = {0};
    const pw_allocator allocator = failing_allocator(&f);
    pwi_arena arena;

    (void)state;
    pwi_arena_init(&arena, &allocator);
    for (size_t size = 0; size < 5000; size += 37) {
        char *p = pwi_arena_alloc(&arena, size);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % PWI_ALIGN, 0);
        memset(p, 0xAB, size);
    }
    assert_non_null(pwi_arena_alloc(&arena, (size_t)3 << 20));
    assert_null(pwi_arena_alloc(&arena, SIZE_MAX - 3));
    assert_string_equal(pwi_arena_string(&arena, "beaver!", 6), "beaver");
    pwi_arena_free(&arena);
    assert_int_equal(f.n_out, 0);
}

static void a_map_keeps_the_first_of_equal_keys(void **state)
{
    static char keys[20000][8];
    pwi_map map;
    bool added;

    (void)state;
    pwi_map_init(&map, &pwi_malloc_allocator);
    for (uint32_t i = 0; i < 20000; i++) {
        snprintf(keys[i], sizeof(keys[i]), "%x", i);
        assert_true(pwi_map_add(&map, keys[i], strlen(keys[i]), i, &added));
        assert_true(added);
    }
    assert_true(pwi_map_add(&map, "4d2", 3, 7, &added));
    assert_false(added);
    assert_int_equal(pwi_map_find(&map, "4d2", 3), 0x4d2);
    assert_int_equal(pwi_map_find(&map, "zz", 2), PWI_MAP_NONE);
    assert_int_equal(pwi_map_find(&map, "", 0), PWI_MAP_NONE);
    pwi_map_free(&map);
}

/* Keys of all sizes, short and long ones, that differ in one byte only: a hash or a comparison
 * that overlooks a byte would take two for one. */
static void a_map_tells_keys_apart_by_every_byte(void **state)
{
    static char keys[40][40][41];
    pwi_map map;

    (void)state;
    pwi_map_init(&map, &pwi_malloc_allocator);
    assert_true(pwi_map_reserve(&map, 700));
    for (size_t size = 1; size < 40; size++)
        for (size_t i = 0; i < size; i++) {
            uint32_t *value;

            memset(keys[size][i], 'a', size);
            keys[size][i][i] = 'b';
            value = pwi_map_value(&map, keys[size][i], size);
            assert_non_null(value);
            assert_int_equal(*value, PWI_MAP_NONE);
            assert_int_equal(pwi_map_find(&map, keys[size][i], size), PWI_MAP_NONE);
            *value = (uint32_t)(size * 40 + i);
        }
    for (size_t size = 1; size < 40; size++)
        for (size_t i = 0; i < size; i++)
            assert_int_equal(pwi_map_find(&map, keys[size][i], size), size * 40 + i);
    pwi_map_free(&map);
}

static void quoting_escapes_what_drives_a_terminal(void **state)
{
    char out[PWI_QUOTE_SIZE], lots[400];

    (void)state;
    assert_string_equal(pwi_quote(out, "a\x1b]0;x\x07\"\\\xff\xc3\xa9", 12),
                        "\"a\\u001b]0;x\\u0007\\\"\\\\\\xff\xc3\xa9\"");
    memset(lots, '\x01', sizeof(lots));
    pwi_quote(out, lots, sizeof(lots));
    assert_true(strlen(out) < PWI_QUOTE_SIZE);
    assert_string_equal(out + strlen(out) - 4, "...\"");
}

static void errors_say_where_once(void **state)
{
    pw_error err;

    (void)state;
    assert_int_equal(pwi_where(&err, "inner", PWI_FAIL(&err, PW_ERR_FORMAT, "tensor %d", 3)),
                     PW_ERR_FORMAT);
    assert_int_equal(pwi_where(&err, "outer", PW_ERR_FORMAT), PW_ERR_FORMAT);
    assert_string_equal(err.where, "inner");
    assert_string_equal(err.text, "tensor 3");
    assert_int_equal(err.offset, PW_NO_OFFSET);
    assert_int_equal(PWI_FAIL(NULL, PW_ERR_IO, "nobody listens"), PW_ERR_IO);
    assert_string_equal(pw_status_name(PW_ERR_TRUNCATED), "PW_ERR_TRUNCATED");
    assert_string_equal(pw_status_name((pw_status)999), "PW_ERR_?");
}

/* Drawn by index: pinned, because a checkpoint made from a seed must be the same everywhere and
 * for ever. */
static void random_numbers_are_pinned(void **state)
{
    const uint64_t key = pwi_random_key(1, "text_projection.weight");
    double sum = 0.0, squares = 0.0;

    (void)state;
    assert_true(pwi_random_key(1, "a") != pwi_random_key(1, "b"));
    assert_true(pwi_random_key(1, "a") != pwi_random_key(2, "a"));
    assert_int_equal(pwi_random_bits(UINT64_C(0), 0),
                     UINT64_C(0xE220A8397B1DCDAF)); /* SplitMix64's first output for seed 0 */
    for (uint64_t i = 0; i < 200000; i++) {
        const double x = pwi_random_normal(key, i);

        sum += x;
        squares += x * x;
    }
    assert_true(sum / 200000 > -0.01 && sum / 200000 < 0.01);
    assert_true(squares / 200000 > 0.98 && squares / 200000 < 1.02);
}

static void sha256_of_abc_is_the_standards(void **state)
{
    pwi_digest digest;
    char hex[PWI_DIGEST_HEX + 1];

    (void)state;
    pwi_digest_init(&digest);
    pwi_digest_add(&digest, "abc", 3);
    pwi_digest_hex(&digest, hex);
    assert_string_equal(hex,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

struct count {
    atomic_int seen[1000];
};

static void count_one(void *argument, size_t i)
{
    atomic_fetch_add(&((struct count *)argument)->seen[i], 1);
}

static void parallel_runs_each_task_once(void **state)
{
    static const int32_t n_threads[] = {1, 2, 7};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        pw_context_options options;
        pw_context *ctx = NULL;
        static struct count count;

        memset(&count, 0, sizeof(count));
        pw_context_options_init(&options);
        options.n_threads = n_threads[k];
        assert_int_equal(pwi_context_new(&ctx, sizeof(struct pw_context), &options, NULL),
                         PW_OK);
        assert_int_equal(pw_context_n_threads(ctx), n_threads[k]);
        pwi_parallel(ctx, count_one, &count, 1000);
        for (size_t i = 0; i < 1000; i++)
            assert_int_equal(atomic_load(&count.seen[i]), 1);
        pw_context_free(ctx);
    }
}

static bool always_stop(void *user, const pw_progress *progress)
{
    (void)user, (void)progress;
    return true;
}

static void a_context_checks_its_options(void **state)
{
    pw_context_options options;
    pw_context *ctx = (pw_context *)(uintptr_t)1;
    pw_error err;

    (void)state;
    pw_context_options_init(&options);
    options.n_threads = -1;
    assert_int_equal(pwi_context_new(&ctx, sizeof(struct pw_context), &options, &err),
                     PW_ERR_ARGUMENT);
    assert_null(ctx);
    options.n_threads = 1;
    options.allocator.alloc = failing_alloc;
    assert_int_equal(pwi_context_new(&ctx, sizeof(struct pw_context), &options, &err),
                     PW_ERR_ARGUMENT);
    pw_context_options_init(&options);
    options.n_threads = 1;
    options.cpu_max = PW_LEVEL_REF;
    options.progress = always_stop;
    assert_int_equal(pwi_context_new(&ctx, sizeof(struct pw_context), &options, &err), PW_OK);
    assert_int_equal(pw_context_level(ctx), PW_LEVEL_REF);
    assert_int_equal(pwi_progress(ctx, "reading", 1, 2, &err), PW_ERR_CANCELLED);
    pw_context_free(ctx);
    pw_context_free(NULL);
}

static void level_names_go_both_ways(void **state)
{
    (void)state;
    for (int32_t i = 0; i <= PW_LEVEL_HIGHEST; i++)
        assert_int_equal(pw_level_from_name(pw_level_name((pw_level)i)), i);
    assert_int_equal(pw_level_from_name("sse2"), -1);
    assert_true(pw_level_available(PW_LEVEL_REF));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(utf8_refuses_what_rfc_3629_refuses),
    cmocka_unit_test(utf8_round_trips_every_scalar_value),
    cmocka_unit_test(sizes_that_do_not_fit_are_told),
    cmocka_unit_test(blocks_that_remember_their_size_give_all_back),
    cmocka_unit_test(a_buffer_remembers_that_memory_was_out),
    cmocka_unit_test(an_arena_gives_aligned_memory_of_any_size),
    cmocka_unit_test(a_map_keeps_the_first_of_equal_keys),
    cmocka_unit_test(a_map_tells_keys_apart_by_every_byte),
    cmocka_unit_test(quoting_escapes_what_drives_a_terminal),
    cmocka_unit_test(errors_say_where_once),
    cmocka_unit_test(random_numbers_are_pinned),
    cmocka_unit_test(sha256_of_abc_is_the_standards),
    cmocka_unit_test(parallel_runs_each_task_once),
    cmocka_unit_test(a_context_checks_its_options),
    cmocka_unit_test(level_names_go_both_ways),
};

PW_TEST_MAIN(tests, NULL, NULL)
