/* SPDX-License-Identifier: MIT */
/* Training a vocabulary: words as the tokenizer will see them, pairs against a slow and plain
 * definition, ties, limits, memory running out, and the built-in vocabulary that came of it. */
#include "check.h"

#include <stdlib.h>

#include <padwise/tokenizer.h>

#include "base/rng.h"
#include "failing_allocator.h"
#include "test_context.h"
#include "tokenizers/vocab_pairs.h"
#include "tokenizers/vocab_words.h"

#define WORDS_MAX   40
#define SYMBOLS_MAX 24

/* The plain definition: words as arrays, every pair counted anew for every merge. */
struct naive {
    int32_t ids[WORDS_MAX][SYMBOLS_MAX];
    size_t n[WORDS_MAX];
    uint64_t count[WORDS_MAX];
    size_t n_words;
};

static uint64_t naive_count(const struct naive *naive, int32_t left, int32_t right)
{
    uint64_t count = 0;

    for (size_t w = 0; w < naive->n_words; w++)
        for (size_t i = 0; i + 1 < naive->n[w]; i++)
            if (naive->ids[w][i] == left && naive->ids[w][i + 1] == right)
                count += naive->count[w];
    return count;
}

static void naive_best(const struct naive *naive, int32_t n_ids, int32_t *left, int32_t *right)
{
    uint64_t best = 0;

    *left = *right = -1;
    for (int32_t a = 0; a < n_ids; a++)
        for (int32_t b = 0; b < n_ids; b++) {
            const uint64_t count = naive_count(naive, a, b);

            if (count > best) {
                best = count;
                *left = a;
                *right = b;
            }
        }
}

static void naive_merge(struct naive *naive, int32_t left, int32_t right, int32_t product)
{
    for (size_t w = 0; w < naive->n_words; w++) {
        int32_t *ids = naive->ids[w];
        size_t n = 0;

        for (size_t i = 0; i < naive->n[w]; i++) {
            const bool meets = ids[i] == left && i + 1 < naive->n[w] && ids[i + 1] == right;

            ids[n++] = meets ? product : ids[i];
            i += meets;
        }
        naive->n[w] = n;
    }
}

/* Random words of few letters: runs like "aaa", where places of a pair overlap, are common. */
static void draw_words(struct naive *naive, uint64_t key, int32_t n_letters)
{
    uint64_t index = 0;

    naive->n_words = 1 + pwi_random_bits(key, index++) % WORDS_MAX;
    for (size_t w = 0; w < naive->n_words; w++) {
        naive->n[w] = 1 + pwi_random_bits(key, index++) % SYMBOLS_MAX;
        naive->count[w] = 1 + pwi_random_bits(key, index++) % 5;
        for (size_t i = 0; i < naive->n[w]; i++)
            naive->ids[w][i] = (int32_t)(pwi_random_bits(key, index++) % (uint64_t)n_letters);
    }
}

static void compare_with_naive(uint64_t seed, int32_t n_letters)
{
    static struct naive naive;
    pwi_pairs pairs;
    int32_t left, right, naive_left, naive_right, n_ids = n_letters;

    draw_words(&naive, pwi_random_key(seed, "words"), n_letters);
    pwi_pairs_init(&pairs, &pwi_malloc_allocator);
    for (size_t w = 0; w < naive.n_words; w++)
        assert_int_equal(
            pwi_pairs_add_word(&pairs, naive.ids[w], naive.n[w], naive.count[w], NULL), PW_OK);
    do {
        assert_int_equal(pwi_pairs_best(&pairs, &left, &right, NULL), PW_OK);
        naive_best(&naive, n_ids, &naive_left, &naive_right);
        if (left != naive_left || right != naive_right)
            fail_msg("seed %llu, symbol %d: %d+%d, not %d+%d", (unsigned long long)seed, n_ids,
                     left, right, naive_left, naive_right);
        if (left < 0)
            break;
        naive_merge(&naive, left, right, n_ids);
        assert_int_equal(pwi_pairs_merge_best(&pairs, n_ids, NULL), PW_OK);
        n_ids++;
    } while (n_ids < n_letters + 40);
    pwi_pairs_free(&pairs);
}

static void pairs_equal_the_plain_definition(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++)
        compare_with_naive(seed, 1 + (int32_t)(seed % 4));
}

/* A dropped pair must not come back when its count changes with the merges around it. */
static void dropped_pairs_stay_dropped(void **state)
{
    const int32_t word[] = {0, 1, 2, 0, 1};
    int32_t left, right;
    pwi_pairs pairs;

    (void)state;
    pwi_pairs_init(&pairs, &pwi_malloc_allocator);
    assert_int_equal(pwi_pairs_add_word(&pairs, word, 5, 1, NULL), PW_OK);
    assert_int_equal(pwi_pairs_best(&pairs, &left, &right, NULL), PW_OK);
    assert_int_equal(left, 0);
    assert_int_equal(right, 1);
    pwi_pairs_drop_best(&pairs);
    for (int32_t product = 3;; product++) {
        assert_int_equal(pwi_pairs_best(&pairs, &left, &right, NULL), PW_OK);
        if (left < 0)
            break;
        assert_false(left == 0 && right == 1);
        assert_int_equal(pwi_pairs_merge_best(&pairs, product, NULL), PW_OK);
    }
    pwi_pairs_free(&pairs);
}

static uint64_t count_of(const pwi_words *words, const char *word)
{
    const uint32_t found = pwi_map_find(&words->by_bytes, word, strlen(word));

    return found == PWI_MAP_NONE ? 0 : words->words[found].count;
}

/* The trainer must see the words that the tokenizer will: else merges are learnt that no prompt
 * ever uses. */
static void words_are_the_tokenizers(void **state)
{
    const char text[] = "The  beaver's DAM,\tthe 42 dams!! We'll e\xcc\x81t\xc3\xa9 <b>";
    pwi_words words;

    (void)state;
    pwi_words_init(&words, &pwi_malloc_allocator);
    assert_int_equal(pwi_words_count(&words, text, strlen(text), NULL), PW_OK);
    assert_int_equal(count_of(&words, "the"), 2);
    assert_int_equal(count_of(&words, "beaver"), 1);
    assert_int_equal(count_of(&words, "'s"), 1);
    assert_int_equal(count_of(&words, "dam"), 1);
    assert_int_equal(count_of(&words, ","), 1);
    assert_int_equal(count_of(&words, "4"), 1);
    assert_int_equal(count_of(&words, "!!"), 1);
    assert_int_equal(count_of(&words, "'ll"), 1);
    assert_int_equal(count_of(&words, "\xc3\xa9t\xc3\xa9"), 1);
    assert_int_equal(count_of(&words, "<"), 1);
    assert_int_equal(words.n, 15);
    pwi_words_free(&words);
}

/* A text is cleaned in pieces cut at line feeds; no word may be lost, doubled or split there,
 * and an error's offset counts from the beginning of the text. */
static void pieces_count_like_the_whole(void **state)
{
    const char line[] = "one two\n";
    const size_t n_lines = 100000, size = n_lines * (sizeof(line) - 1);
    char *text = malloc(size + 1);
    pwi_words words;
    pw_error err;

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < n_lines; i++)
        memcpy(text + i * (sizeof(line) - 1), line, sizeof(line));
    pwi_words_init(&words, &pwi_malloc_allocator);
    assert_int_equal(pwi_words_count(&words, text, size, NULL), PW_OK);
    assert_int_equal(words.n, 2);
    assert_int_equal(count_of(&words, "one"), n_lines);
    assert_int_equal(count_of(&words, "two"), n_lines);
    text[size - 2] = (char)0xff;
    assert_int_equal(pwi_words_count(&words, text, size, &err), PW_ERR_UTF8);
    assert_int_equal(err.offset, size - 2);
    pwi_words_free(&words);
    free(text);
}

static pw_tokenizer *trained(pw_context *ctx, const char *text, int32_t n_merges)
{
    const size_t size = strlen(text);
    pw_tokenizer *tokenizer = NULL;
    pw_error err = {0};

    if (pw_tokenizer_train(&tokenizer, ctx, &text, &size, 1, n_merges, &err) != PW_OK)
        fail_msg("%s: %s", err.where, err.text);
    return tokenizer;
}

static void assert_token(const pw_tokenizer *tokenizer, int32_t id, const char *wanted)
{
    char text[64];

    pw_tokenizer_token_text(tokenizer, id, false, text, sizeof(text));
    assert_string_equal(text, wanted);
}

/* "ab ab cd cd": both pairs occur twice; "a" has the smaller id. */
static void ties_go_to_smaller_ids(void **state)
{
    pw_context *ctx = test_context();
    pw_tokenizer *tokenizer = trained(ctx, "cd ab cd ab", 2);

    (void)state;
    assert_token(tokenizer, 512, "ab</w>");
    assert_token(tokenizer, 513, "cd</w>");
    assert_token(tokenizer, 514, "<|startoftext|>");
    assert_token(tokenizer, 515, "<|endoftext|>");
    pw_tokenizer_free(tokenizer);
    pw_context_free(ctx);
}

/* What was learnt is used: the most frequent word becomes one token, and decodes to itself. */
static void training_makes_a_tokenizer(void **state)
{
    pw_context *ctx = test_context();
    pw_tokenizer *tokenizer = trained(ctx, "beaver beaver beaver tooth", 5);
    pw_tokens tokens;
    char text[32];

    (void)state;
    assert_int_equal(pw_tokenizer_encode(tokenizer, "Beaver", 6, &tokens, NULL), PW_OK);
    assert_int_equal(tokens.n_tokens, 3);
    assert_int_equal(tokens.ids[1], 512 + 4);
    pw_tokenizer_decode(tokenizer, tokens.ids, tokens.n_tokens, text, sizeof(text));
    assert_string_equal(text, "beaver");
    pw_tokens_free(&tokens);
    pw_tokenizer_free(tokenizer);
    pw_context_free(ctx);
}

static void too_little_text_is_refused(void **state)
{
    const char *text = "aaaa";
    const size_t size = 4;
    pw_context *ctx = test_context();
    pw_tokenizer *tokenizer;
    pw_error err;

    (void)state;
    assert_int_equal(pw_tokenizer_train(&tokenizer, ctx, &text, &size, 1, 9, &err),
                     PW_ERR_ARGUMENT);
    assert_null(tokenizer);
    assert_non_null(strstr(err.text, "only 3 pairs"));
    assert_int_equal(pw_tokenizer_train(&tokenizer, ctx, &text, &size, 1, -1, &err),
                     PW_ERR_ARGUMENT);
    assert_int_equal(pw_tokenizer_train(&tokenizer, ctx, &text, &size, 1, PW_VOCAB_MAX, &err),
                     PW_ERR_ARGUMENT);
    pw_context_free(ctx);
}

/* A token is at most PW_TOKEN_BYTES_MAX bytes: a run of one letter must not double past it. */
static void tokens_stay_under_their_limit(void **state)
{
    const size_t size = (size_t)1 << 18;
    char *text = malloc(size);
    const char *const texts[1] = {text};
    pw_context *ctx = test_context();
    pw_tokenizer *tokenizer;
    pw_tokenizer_info info;

    (void)state;
    assert_non_null(text);
    memset(text, 'a', size);
    assert_int_equal(pw_tokenizer_train(&tokenizer, ctx, texts, &size, 1, 20, NULL), PW_OK);
    pw_tokenizer_get_info(tokenizer, &info);
    for (int32_t id = 512; id < info.n_vocab; id++)
        assert_true(pw_tokenizer_token_text(tokenizer, id, false, NULL, 0) <=
                    PW_TOKEN_BYTES_MAX);
    pw_tokenizer_free(tokenizer);
    pw_context_free(ctx);
    free(text);
}

static void out_of_memory_is_said(void **state)
{
    const char *const texts[2] = {"the beaver and the other beavers", "gather there"};
    const size_t sizes[2] = {32, 12};
    struct failing f = {0};
    pw_status status;

    (void)state;
    for (f.fail_at = 1;; f.fail_at++) {
        pw_context_options options;
        pw_context *ctx = NULL;
        pw_tokenizer *tokenizer = NULL;

        pw_context_options_init(&options);
        options.n_threads = 1;
        options.allocator = failing_allocator(&f);
        f.n_calls = 0;
        status = pwi_context_new(&ctx, sizeof(struct pw_context), &options, NULL);
        if (status == PW_OK)
            status = pw_tokenizer_train(&tokenizer, ctx, texts, sizes, 2, 6, NULL);
        pw_tokenizer_free(tokenizer);
        pw_context_free(ctx);
        assert_int_equal(f.n_out, 0);
        if (status == PW_OK)
            break;
        assert_int_equal(status, PW_ERR_NO_MEMORY);
    }
    assert_true(f.fail_at > 10);
}

/* The committed vocabulary is whole: 8,000 merges, in CLIP's form, English words as tokens. */
static void builtin_vocabulary_is_there(void **state)
{
    const char prompt[] = "a beaver with blue teeth";
    pw_context *ctx = test_context();
    pw_tokenizer *tokenizer = NULL;
    pw_tokenizer_info info;
    pw_tokens tokens;
    char text[64];

    (void)state;
    assert_int_equal(pw_tokenizer_open_builtin(&tokenizer, ctx, NULL, NULL), PW_OK);
    pw_tokenizer_get_info(tokenizer, &info);
    assert_true(info.is_builtin);
    assert_int_equal(info.n_vocab, 512 + 8000 + 2);
    assert_int_equal(info.bos_id, info.n_vocab - 2);
    assert_int_equal(info.eos_id, info.n_vocab - 1);
    assert_int_equal(info.max_length, 77);
    assert_int_equal(pw_tokenizer_encode(tokenizer, prompt, strlen(prompt), &tokens, NULL),
                     PW_OK);
    assert_int_equal(tokens.n_tokens, 7);
    pw_tokenizer_decode(tokenizer, tokens.ids, tokens.n_tokens, text, sizeof(text));
    assert_string_equal(text, prompt);
    pw_tokens_free(&tokens);
    pw_tokenizer_free(tokenizer);
    pw_context_free(ctx);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(pairs_equal_the_plain_definition),
    cmocka_unit_test(dropped_pairs_stay_dropped),
    cmocka_unit_test(words_are_the_tokenizers),
    cmocka_unit_test(pieces_count_like_the_whole),
    cmocka_unit_test(ties_go_to_smaller_ids),
    cmocka_unit_test(training_makes_a_tokenizer),
    cmocka_unit_test(too_little_text_is_refused),
    cmocka_unit_test(tokens_stay_under_their_limit),
    cmocka_unit_test(out_of_memory_is_said),
    cmocka_unit_test(builtin_vocabulary_is_there),
};

PW_TEST_MAIN(tests, NULL, NULL)
