/* SPDX-License-Identifier: MIT */
/* Ids back to text, the byte alphabet, and size queries. */
#include "tiny_tokenizer.h"

static char folder[64];
static pw_context *ctx;
static pw_tokenizer *tokenizer;

static int make_tiny(void **state)
{
    const struct parts parts = {
        .added = "[{\"id\": 516, \"content\": \"<|startoftext|>\", \"special\": true}, "
                 "{\"id\": 517, \"content\": \"<|endoftext|>\", \"special\": true}, "
                 "{\"id\": 520, \"content\": \"<thing> \", \"normalized\": false}]"};

    (void)state;
    ctx = test_context();
    make_folder(folder);
    write_tiny_json(folder, &parts);
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

static void bytes_have_symbols_and_back(void **state)
{
    bool seen[256] = {false};

    (void)state;
    for (unsigned byte = 0; byte < 256; byte++)
        assert_int_equal(pwi_symbol_byte(pwi_byte_symbol((uint8_t)byte)), byte);
    for (unsigned i = 0; i < 256; i++) {
        assert_false(seen[pwi_byte_in_order(i)]);
        seen[pwi_byte_in_order(i)] = true;
    }
    assert_int_equal(pwi_byte_in_order(0), '!');
    assert_int_equal(pwi_byte_in_order(94), 0xA1);
    assert_int_equal(pwi_byte_in_order(188), 0);
    assert_int_equal(pwi_byte_in_order(255), 0xAD);
    assert_int_equal(pwi_byte_symbol(' '), 0x120);
    assert_int_equal(pwi_byte_symbol(0xAD), 0x143);
    assert_int_equal(pwi_symbol_byte(' '), -1);
    assert_int_equal(pwi_symbol_byte(0x144), -1);
    assert_int_equal(pwi_symbol_byte(0x10FFFF), -1);
}

static void check_token(int32_t id, bool plain, const char *expected)
{
    char text[64];

    assert_int_equal(pw_tokenizer_token_text(tokenizer, id, plain, text, sizeof(text)),
                     strlen(expected));
    assert_string_equal(text, expected);
}

static void token_texts(void **state)
{
    (void)state;
    check_token(513, false, "the</w>");
    check_token(513, true, "the ");
    check_token(512, true, "th");
    check_token(188 + 32, false, "\xC4\xA0"); /* the symbol of the space */
    check_token(188 + 32, true, " ");
    check_token(127, true, "\xC3"); /* half a character */
    check_token(TINY_BOS, false, "<|startoftext|>");
    check_token(TINY_BOS, true, "<|startoftext|>");
    check_token(520, true, "<thing> ");
    check_token(519, false, ""); /* a hole */
    check_token(521, false, "");
    check_token(-1, false, "");
    check_token(INT32_MAX, false, "");
}

static void check_decoded(const int32_t *ids, size_t n, const char *expected)
{
    char text[64];

    assert_int_equal(pw_tokenizer_decode(tokenizer, ids, n, NULL, 0), strlen(expected));
    assert_int_equal(pw_tokenizer_decode(tokenizer, ids, n, text, sizeof(text)),
                     strlen(expected));
    assert_string_equal(text, expected);
}

static void ids_become_text(void **state)
{
    const int32_t words[] = {TINY_BOS, 513, 515, 256, TINY_EOS, TINY_EOS};
    const int32_t bytes[] = {127, 358};
    const int32_t added[] = {513, 520, 514};
    const int32_t strange[] = {519, -7, 1000000, 320};

    (void)state;
    check_decoded(words, 6, "the cat !");
    check_decoded(bytes, 2, "\xC3\xA9");
    check_decoded(bytes, 1, "\xC3"); /* bytes that are not UTF-8 stay */
    check_decoded(added, 3, "the <thing> at");
    check_decoded(strange, 4, "a");
    check_decoded(words, 0, "");
}

static void small_buffers_are_not_overrun(void **state)
{
    const int32_t ids[] = {513, 515};
    char text[8] = "#######";

    (void)state;
    assert_int_equal(pw_tokenizer_decode(tokenizer, ids, 2, text, 4), 7);
    assert_memory_equal(text, "the\0###", 8);
    assert_int_equal(pw_tokenizer_token_text(tokenizer, 513, false, text, 1), 7);
    assert_memory_equal(text, "\0he\0###", 8);
    assert_int_equal(pw_tokenizer_token_text(tokenizer, 513, false, text, 0), 7);
    assert_memory_equal(text, "\0he\0###", 8);
}

/* decode(encode(x)) is x where cleaning changes nothing and words stand apart. */
static void encoding_and_decoding_is_lossless_for_plain_words(void **state)
{
    static const char *const texts[] = {"the cat", "a", "", "x y z",
                                        "\xC3\xA9\xF0\x9F\x90\xB1"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        pw_tokens tokens;

        assert_int_equal(
            pw_tokenizer_encode(tokenizer, texts[i], strlen(texts[i]), &tokens, NULL), PW_OK);
        if (i + 1 < sizeof(texts) / sizeof(texts[0]))
            check_decoded(tokens.ids, tokens.n_tokens, texts[i]);
        else /* letter and emoji are two words */
            check_decoded(tokens.ids, tokens.n_tokens, "\xC3\xA9 \xF0\x9F\x90\xB1");
        pw_tokens_free(&tokens);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(bytes_have_symbols_and_back),
    cmocka_unit_test(token_texts),
    cmocka_unit_test(ids_become_text),
    cmocka_unit_test(small_buffers_are_not_overrun),
    cmocka_unit_test(encoding_and_decoding_is_lossless_for_plain_words),
};

PW_TEST_MAIN(tests, make_tiny, remove_tiny)
