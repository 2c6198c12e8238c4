/* SPDX-License-Identifier: MIT */
/* Byte pair merging: the table of pairs, and the merge loop against its plain definition on
 * words on both sides of the length at which it changes its way. */
#include "check.h"

#include "base/rng.h"
#include "failing_allocator.h"
#include "tokenizers/bpe.h"

#define WORD_MAX 4000

/* Pairs of the symbols 0..5 and of products, in an order drawn from `seed`. */
static void draw_merges(pwi_merges *merges, uint64_t seed, int32_t n_merges)
{
    int32_t n_symbols = 6;
    uint64_t drawn = 0;

    pwi_merges_init(merges, &pwi_malloc_allocator);
    for (int32_t rank = 0; rank < n_merges; rank++) {
        const int32_t left = (int32_t)(pwi_random_bits(seed, drawn++) % (uint64_t)n_symbols);
        const int32_t right = (int32_t)(pwi_random_bits(seed, drawn++) % (uint64_t)n_symbols);
        bool added;

        assert_true(pwi_merges_add(merges, left, right, (uint32_t)rank, n_symbols, &added));
        n_symbols += added;
    }
}

/* The definition: the lowest rank of all pairs, the leftmost of these, again and again. */
static size_t merge_plainly(const pwi_merges *merges, pwi_symbol *symbols, size_t n)
{
    for (;;) {
        uint32_t best_rank = PWI_NO_RANK, rank;
        int32_t best_product = -1;
        size_t best = 0;

        for (size_t i = 0; i + 1 < n; i++) {
            const int32_t product =
                pwi_merges_find(merges, symbols[i].id, symbols[i + 1].id, &rank);

            if (rank < best_rank) {
                best_rank = rank;
                best_product = product;
                best = i;
            }
        }
        if (best_rank == PWI_NO_RANK)
            return n;
        symbols[best].id = best_product;
        symbols[best].size += symbols[best + 1].size;
        memmove(&symbols[best + 1], &symbols[best + 2], (n - best - 2) * sizeof(*symbols));
        n--;
    }
}

static void check_word(const pwi_merges *merges, pwi_bpe_scratch *scratch, uint64_t seed,
                       size_t n)
{
    static pwi_symbol expected[WORD_MAX], got[WORD_MAX];
    size_t n_got = n, n_expected;

    for (size_t i = 0; i < n; i++)
        expected[i] = got[i] =
            (pwi_symbol){(int32_t)(pwi_random_bits(seed, i) % (1 + seed % 6)), 1};
    n_expected = merge_plainly(merges, expected, n);
    assert_int_equal(pwi_bpe_merge(merges, scratch, got, &n_got, NULL), PW_OK);
    assert_int_equal(n_got, n_expected);
    for (size_t i = 0; i < n_got; i++) {
        assert_int_equal(got[i].id, expected[i].id);
        assert_int_equal(got[i].size, expected[i].size);
    }
}

static void equals_the_definition(void **state)
{
    pwi_bpe_scratch scratch;

    (void)state;
    pwi_bpe_scratch_init(&scratch, &pwi_malloc_allocator);
    for (uint64_t seed = 0; seed < 60; seed++) {
        pwi_merges merges;

        draw_merges(&merges, seed, 40);
        for (size_t n = 0; n < 110; n++)
            check_word(&merges, &scratch, seed * 1000 + n, n);
        check_word(&merges, &scratch, seed, 700);
        pwi_merges_free(&merges);
    }
    pwi_bpe_scratch_free(&scratch);
}

/* A million equal letters, each merge doubling a symbol: a chain of 20 merges over all of it.
 */
static void one_word_of_a_million(void **state)
{
    const size_t size = (size_t)1 << 20;
    pwi_symbol *symbols = malloc(size * sizeof(*symbols));
    pwi_merges merges;
    pwi_bpe_scratch scratch;
    size_t n = size;
    bool added;

    (void)state;
    assert_non_null(symbols);
    pwi_merges_init(&merges, &pwi_malloc_allocator);
    pwi_bpe_scratch_init(&scratch, &pwi_malloc_allocator);
    for (int32_t i = 0; i < 20; i++)
        assert_true(pwi_merges_add(&merges, i, i, (uint32_t)i, i + 1, &added));
    for (size_t i = 0; i < size; i++)
        symbols[i] = (pwi_symbol){0, 1};
    assert_int_equal(pwi_bpe_merge(&merges, &scratch, symbols, &n, NULL), PW_OK);
    assert_int_equal(n, 1);
    assert_int_equal(symbols[0].id, 20);
    assert_int_equal(symbols[0].size, size);
    pwi_bpe_scratch_free(&scratch);
    pwi_merges_free(&merges);
    free(symbols);
}

static void table_finds_what_was_added(void **state)
{
    pwi_merges merges;
    bool added;
    uint32_t rank;

    (void)state;
    pwi_merges_init(&merges, &pwi_malloc_allocator);
    assert_int_equal(pwi_merges_find(&merges, 1, 2, &rank), -1);
    for (int32_t i = 0; i < 5000; i++) {
        assert_true(pwi_merges_add(&merges, i % 71, i, (uint32_t)i, 2 * i, &added));
        assert_true(added);
    }
    for (int32_t i = 0; i < 5000; i++) {
        assert_int_equal(pwi_merges_find(&merges, i % 71, i, &rank), 2 * i);
        assert_int_equal(rank, i);
        assert_int_equal(pwi_merges_find(&merges, i % 71 + 1, i, &rank), -1);
        assert_int_equal(rank, PWI_NO_RANK);
    }
    pwi_merges_free(&merges);
}

static void a_pair_keeps_its_first_rank(void **state)
{
    pwi_merges merges;
    bool added;
    uint32_t rank;

    (void)state;
    pwi_merges_init(&merges, &pwi_malloc_allocator);
    assert_true(pwi_merges_add(&merges, 3, 4, 7, 100, &added));
    assert_true(pwi_merges_add(&merges, 3, 4, 2, 200, &added));
    assert_false(added);
    assert_int_equal(pwi_merges_find(&merges, 3, 4, &rank), 100);
    assert_int_equal(rank, 7);
    pwi_merges_free(&merges);
}

static void memory_that_runs_out_is_reported(void **state)
{
    struct failing failing = {.fail_at = 0};
    const pw_allocator allocator = failing_allocator(&failing);
    static pwi_symbol symbols[1000];
    pwi_bpe_scratch scratch;
    pwi_merges merges;
    pw_status status = PW_ERR_NO_MEMORY;

    (void)state;
    draw_merges(&merges, 5, 20);
    for (failing.fail_at = 1; status != PW_OK; failing.fail_at++) {
        size_t n = 1000;

        assert_int_equal(status, PW_ERR_NO_MEMORY);
        failing.n_calls = 0;
        pwi_bpe_scratch_init(&scratch, &allocator);
        status = pwi_bpe_merge(&merges, &scratch, symbols, &n, NULL);
        pwi_bpe_scratch_free(&scratch);
        assert_int_equal(failing.n_out, 0);
    }
    assert_true(failing.fail_at > 2);
    pwi_merges_free(&merges);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(equals_the_definition),
    cmocka_unit_test(one_word_of_a_million),
    cmocka_unit_test(table_finds_what_was_added),
    cmocka_unit_test(a_pair_keeps_its_first_rank),
    cmocka_unit_test(memory_that_runs_out_is_reported),
};

PW_TEST_MAIN(tests, NULL, NULL)
