/* SPDX-License-Identifier: MIT */
/* Encoding when memory runs out, at each allocation in turn: a clear status, nothing left
 * behind; a batch of texts over threads, and opening with one text. */
#include "tiny_tokenizer.h"

#include <stdatomic.h>

#include "failing_allocator.h"

/* The allocator is called from workers too, so this one counts with atomics. */
struct counting {
    atomic_size_t n_calls, n_out;
    size_t fail_at;
};

static void *counting_alloc(void *ctx, size_t size, size_t align)
{
    struct counting *counting = ctx;
    void *p = NULL;

    if (atomic_fetch_add(&counting->n_calls, 1) + 1 == counting->fail_at ||
        posix_memalign(&p, align < sizeof(void *) ? sizeof(void *) : align, size) != 0)
        return NULL;
    atomic_fetch_add(&counting->n_out, 1);
    return p;
}

static void counting_free(void *ctx, void *p, size_t size, size_t align)
{
    struct counting *counting = ctx;

    (void)size, (void)align;
    atomic_fetch_sub(&counting->n_out, 1);
    free(p);
}

/* Enough texts for two workers and a cache: words that are longer than any scratch, and
 * characters that are not ASCII, among them. */
static size_t sweep_texts(const char *texts[], size_t sizes[], size_t n)
{
    static char long_word[4000], greek[] = "\xCE\x91\xCE\xA3 e\xCC\x81 <|endoftext|> the cat";
    size_t size = 0;

    memset(long_word, 'a', sizeof(long_word));
    for (size_t i = 0; i < n; i++) {
        texts[i] = i % 2 == 0 ? long_word : greek;
        sizes[i] = i % 2 == 0 ? sizeof(long_word) : sizeof(greek) - 1;
        size += sizes[i];
    }
    return size;
}

static void memory_may_run_out_in_a_batch(void **state)
{
    enum {
        N = 40
    };

    const char *texts[N];
    size_t sizes[N];

    (void)state;
    assert_true(sweep_texts(texts, sizes, N) > (size_t)64 << 10);
    for (int32_t n_threads = 1; n_threads <= 2; n_threads++) {
        struct counting counting = {.fail_at = 0};
        const pw_allocator allocator = {&counting, counting_alloc, counting_free};
        pw_context *ctx = context_of(n_threads, &allocator);
        pw_tokenizer *tokenizer = NULL;
        pw_tokens out[N];
        pw_status status = PW_ERR_NO_MEMORY;
        size_t n_failed = 0, n_before;

        assert_int_equal(pw_tokenizer_open_builtin(&tokenizer, ctx, NULL, NULL), PW_OK);
        n_before = counting.n_out;
        for (size_t n = 1; status != PW_OK; n++) {
            counting.n_calls = 0;
            counting.fail_at = n;
            status = pw_tokenizer_encode_batch(tokenizer, texts, sizes, N, out, NULL);
            if (status == PW_OK)
                break;
            assert_int_equal(status, PW_ERR_NO_MEMORY);
            assert_int_equal(counting.n_out, n_before);
            n_failed++;
        }
        assert_true(n_failed > N);
        for (size_t i = 0; i < N; i++)
            pw_tokens_free(&out[i]);
        assert_int_equal(counting.n_out, n_before);
        pw_tokenizer_free(tokenizer);
        pw_context_free(ctx);
        assert_int_equal(counting.n_out, 0);
    }
}

/* The same for opening and one call, where the table of words is made. */
static pw_status open_and_encode(const pw_allocator *allocator)
{
    pw_context_options options;
    pw_context *ctx = NULL;
    pw_tokenizer *tokenizer = NULL;
    pw_tokens tokens = {.ids = NULL};
    pw_status status;

    pw_context_options_init(&options);
    options.n_threads = 1;
    options.allocator = *allocator;
    status = pwi_context_new(&ctx, sizeof(struct pw_context), &options, NULL);
    if (status == PW_OK)
        status = pw_tokenizer_train(&tokenizer, ctx, &(const char *){"the cat that the cats"},
                                    &(size_t){21}, 1, 5, NULL);
    if (status == PW_OK)
        status = pw_tokenizer_encode(tokenizer, "the cat\xC3\xA9s that", 15, &tokens, NULL);
    pw_tokens_free(&tokens);
    pw_tokenizer_free(tokenizer);
    pw_context_free(ctx);
    return status;
}

static void memory_may_run_out_in_opening(void **state)
{
    pw_status status = PW_ERR_NO_MEMORY;
    size_t n;

    (void)state;
    for (n = 1; status != PW_OK; n++) {
        struct failing failing = {.fail_at = n};
        const pw_allocator allocator = failing_allocator(&failing);

        status = open_and_encode(&allocator);
        assert_true(status == PW_OK || status == PW_ERR_NO_MEMORY);
        assert_int_equal(failing.n_out, 0);
    }
    assert_true(n > 10);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(memory_may_run_out_in_a_batch),
    cmocka_unit_test(memory_may_run_out_in_opening),
};

PW_TEST_MAIN(tests, NULL, NULL)
