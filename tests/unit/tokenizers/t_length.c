/* SPDX-License-Identifier: MIT */
/* The length rule and the masks. */
#include "tiny_tokenizer.h"

static char folder[64];
static pw_context *ctx;
static pw_tokenizer *tokenizer;

static int make_tiny(void **state)
{
    (void)state;
    ctx = test_context();
    make_folder(folder);
    write_text(folder, "merges.txt", "#version: 0.2\n" TINY_MERGES);
    tokenizer = open_good(ctx, folder, PW_TOKENIZER_DEFAULT, PW_PAD_BANG_AS_DECLARED);
    return 0;
}

static int remove_tiny(void **state)
{
    (void)state;
    pw_tokenizer_free(tokenizer);
    remove_folder(folder);
    pw_context_free(ctx);
    return 0;
}

/* "the " repeated: bos, n times 513, eos. */
static pw_tokens tokenized(size_t n)
{
    char text[512] = "";
    pw_tokens tokens;

    for (size_t i = 0; i < n; i++)
        memcpy(text + 4 * i, "the ", 4);
    assert_int_equal(pw_tokenizer_encode(tokenizer, text, 4 * n, &tokens, NULL), PW_OK);
    return tokens;
}

static void check(const pw_tokens *tokens, const char *ids, size_t n_real, size_t n_cut)
{
    char got[2048];

    describe_tokens(got, sizeof(got), tokens, true);
    assert_string_equal(got, ids);
    assert_int_equal(tokens->n_real, n_real);
    assert_int_equal(tokens->n_cut, n_cut);
}

static void short_texts_are_padded_on_the_right(void **state)
{
    pw_tokens tokens = tokenized(1);

    (void)state;
    check(&tokens, "516 513@0-3 517", 3, 0);
    assert_int_equal(pw_tokens_normalize(&tokens, 5, 9, NULL), PW_OK);
    check(&tokens, "516 513@0-3 517 9 9", 3, 0);
    pw_tokens_free(&tokens);
}

/* The end token must survive: the pooled vector is its row. */
static void cutting_keeps_the_end_token_last(void **state)
{
    pw_tokens tokens = tokenized(100);

    (void)state;
    assert_int_equal(pw_tokens_normalize(&tokens, 4, 0, NULL), PW_OK);
    check(&tokens, "516 513@0-3 513@4-7 517", 4, 98);
    pw_tokens_free(&tokens);
}

static void just_the_length_changes_nothing(void **state)
{
    pw_tokens tokens = tokenized(2);

    (void)state;
    assert_int_equal(pw_tokens_normalize(&tokens, 4, 0, NULL), PW_OK);
    check(&tokens, "516 513@0-3 513@4-7 517", 4, 0);
    pw_tokens_free(&tokens);
}

static void no_text_is_start_and_end(void **state)
{
    pw_tokens tokens = tokenized(0);

    (void)state;
    assert_int_equal(pw_tokens_normalize(&tokens, 2, 0, NULL), PW_OK);
    check(&tokens, "516 517", 2, 0);
    pw_tokens_free(&tokens);
}

/* Another length afterwards starts from the real tokens, not from pads. */
static void a_second_length_pads_anew(void **state)
{
    pw_tokens tokens = tokenized(1);

    (void)state;
    assert_int_equal(pw_tokens_normalize(&tokens, 6, 9, NULL), PW_OK);
    assert_int_equal(pw_tokens_normalize(&tokens, 4, 8, NULL), PW_OK);
    check(&tokens, "516 513@0-3 517 8", 3, 0);
    assert_int_equal(pw_tokens_normalize(&tokens, 2, 8, NULL), PW_OK);
    check(&tokens, "516 517", 2, 1);
    pw_tokens_free(&tokens);
}

static void lengths_without_room_are_refused(void **state)
{
    pw_tokens tokens = tokenized(1), none = {.ids = NULL};
    pw_error err;

    (void)state;
    assert_int_equal(pw_tokens_normalize(&tokens, 1, 0, &err), PW_ERR_ARGUMENT);
    check(&tokens, "516 513@0-3 517", 3, 0);
    assert_int_equal(pw_tokens_normalize(&none, 77, 0, &err), PW_ERR_ARGUMENT);
    assert_int_equal(pw_tokens_normalize(&tokens, SIZE_MAX, 0, &err), PW_ERR_LIMIT);
    check(&tokens, "516 513@0-3 517", 3, 0);
    pw_tokens_free(&tokens);
}

static void check_mask(const pw_tokens *tokens, pw_mask_rule rule, int32_t pad_id,
                       const char *expected)
{
    uint8_t mask[16];
    char got[17] = "";

    pw_tokens_mask(tokens, rule, pad_id, mask);
    for (size_t i = 0; i < tokens->n_tokens; i++)
        got[i] = (char)('0' + mask[i]);
    assert_string_equal(got, expected);
}

static void masks_follow_their_rules(void **state)
{
    pw_tokens tokens = tokenized(1);

    (void)state;
    assert_int_equal(pw_tokens_normalize(&tokens, 5, TINY_EOS, NULL), PW_OK);
    check_mask(&tokens, PW_MASK_HF, TINY_EOS, "11100"); /* the first eos is seen */
    check_mask(&tokens, PW_MASK_NONE, TINY_EOS, "11111");
    check_mask(&tokens, PW_MASK_LECTURE, TINY_EOS, "11000"); /* and here it is not */
    assert_int_equal(pw_tokens_normalize(&tokens, 5, 0, NULL), PW_OK);
    check_mask(&tokens, PW_MASK_LECTURE, 0, "11100");
    pw_tokens_free(&tokens);
}

static void mask_rules_have_names(void **state)
{
    (void)state;
    for (int32_t i = 0; i < PW_N_MASK_RULES; i++)
        assert_int_equal(pw_mask_rule_from_name(pw_mask_rule_name((pw_mask_rule)i)), i);
    assert_string_equal(pw_mask_rule_name(PW_MASK_LECTURE), "lecture");
    assert_int_equal(pw_mask_rule_from_name("HF"), -1);
    assert_int_equal(pw_mask_rule_from_name(NULL), -1);
    assert_string_equal(pw_mask_rule_name((pw_mask_rule)7), "?");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(short_texts_are_padded_on_the_right),
    cmocka_unit_test(cutting_keeps_the_end_token_last),
    cmocka_unit_test(just_the_length_changes_nothing),
    cmocka_unit_test(no_text_is_start_and_end),
    cmocka_unit_test(a_second_length_pads_anew),
    cmocka_unit_test(lengths_without_room_are_refused),
    cmocka_unit_test(masks_follow_their_rules),
    cmocka_unit_test(mask_rules_have_names),
};

PW_TEST_MAIN(tests, make_tiny, remove_tiny)
