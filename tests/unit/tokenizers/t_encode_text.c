/* SPDX-License-Identifier: MIT */
/* Text to ids and offsets: what is cut out, what cleaning does to offsets, what is refused. */
#include "tiny_tokenizer.h"

#include "text/text.h"

static char folder[64];
static pw_context *ctx;

static int make_tiny(void **state)
{
    (void)state;
    ctx = test_context();
    make_folder(folder);
    write_text(folder, "merges.txt", "#version: 0.2\n" TINY_MERGES);
    return ctx == NULL;
}

static int remove_tiny(void **state)
{
    (void)state;
    remove_folder(folder);
    pw_context_free(ctx);
    return 0;
}

static pw_tokenizer *tiny(pw_tokenizer_mode mode, pw_pad_bang pad_bang)
{
    return open_good(ctx, folder, mode, pad_bang);
}

static void ids_are_clips(void **state)
{
    pw_tokenizer *tokenizer = tiny(PW_TOKENIZER_DEFAULT, PW_PAD_BANG_OFF);

    (void)state;
    check_ids(tokenizer, "", "516 517");
    check_ids(tokenizer, " \n", "516 517");
    check_ids(tokenizer, "the cat", "516 513 515 517");
    check_ids(tokenizer, "THE  Cat", "516 513 515 517");
    check_ids(tokenizer, "a!", "516 320 256 517");
    check_ids(tokenizer, "theth", "516 512 68 83 327 517"); /* th e t h</w> */
    check_ids(tokenizer, "\xC3\xA9", "516 127 358 517");
    pw_tokenizer_free(tokenizer);
}

static void a_nul_is_a_character(void **state)
{
    pw_tokenizer *fast = tiny(PW_TOKENIZER_HF_FAST, PW_PAD_BANG_OFF);
    pw_tokenizer *slow = tiny(PW_TOKENIZER_HF_SLOW, PW_PAD_BANG_OFF);

    (void)state;
    check_bytes(fast, "a\0a", 3, true, "516 320@0-1 444@1-2 320@2-3 517");
    check_bytes(slow, "a\0a", 3, true,
                "516 64@0-1 320@2-3 517"); /* dropped, and nothing there */
    pw_tokenizer_free(fast);
    pw_tokenizer_free(slow);
}

static void offsets_are_bytes_of_the_text(void **state)
{
    pw_tokenizer *tokenizer = tiny(PW_TOKENIZER_HF_FAST, PW_PAD_BANG_OFF);

    (void)state;
    check_offsets(tokenizer, "  The   cat", "516 513@2-5 515@8-11 517");
    /* Lower-casing keeps sizes: bytes of one character are told apart. */
    check_offsets(tokenizer, "x\xC3\x89", "516 87@0-1 127@1-2 358@2-3 517");
    /* Composed from three bytes to two: each id has all three. */
    check_offsets(tokenizer, "e\xCC\x81", "516 127@0-3 358@0-3 517");
    /* The Kelvin sign becomes one byte and has its three. */
    check_offsets(tokenizer, "\xE2\x84\xAA", "516 330@0-3 517");
    pw_tokenizer_free(tokenizer);
}

static void offsets_through_ftfy_and_html(void **state)
{
    pw_tokenizer *tokenizer = tiny(PW_TOKENIZER_OPENAI, PW_PAD_BANG_OFF);

    (void)state;
    check_offsets(tokenizer, "the&amp;cat", "516 513@0-3 261@3-8 515@8-11 517");
    check_offsets(tokenizer,
                  "\xE2\x80\x9C"
                  "a\xE2\x80\x9D",
                  "516 257@0-3 320@3-4 257@4-7 517");            /* curly quotes */
    check_offsets(tokenizer, "\xEF\xBC\xA1", "516 320@0-3 517"); /* a wide "A" */
    pw_tokenizer_free(tokenizer);
}

static void special_tokens_in_hf_fast(void **state)
{
    pw_tokenizer *tokenizer = tiny(PW_TOKENIZER_HF_FAST, PW_PAD_BANG_OFF);

    (void)state;
    /* From merges.txt both are matched after lower-casing, as transformers does it. */
    check_offsets(tokenizer, "a<|ENDOFTEXT|> b", "516 320@0-1 517@1-14 321@15-16 517");
    check_offsets(tokenizer, "<|StartOfText|>!", "516 516@0-15 256@15-16 517");
    pw_tokenizer_free(tokenizer);
}

/* The flags of a tokenizer.json, and the literals of its pattern: "<|ENDOFTEXT|>" of a token
 * that is matched in raw text stays text, but what stands beside it does not stick to it. */
static void special_tokens_of_a_tokenizer_json(void **state)
{
    const struct parts plain = {.pre_tokenizer = TINY_PRE_TOKENIZER("")};
    const struct parts with_literals = {.added = NULL};
    char other[64];
    pw_tokenizer *tokenizer;

    (void)state;
    make_folder(other);
    write_tiny_json(other, &with_literals);
    tokenizer = open_good(ctx, other, PW_TOKENIZER_HF_FAST, PW_PAD_BANG_AS_DECLARED);
    check_ids(tokenizer, "<|endoftext|>", "516 517 517");
    check_ids(tokenizer, "<|ENDOFTEXT|>!",
              "516 27 347 68 77 67 78 69 83 68 87 339 91 285 256 517");
    pw_tokenizer_free(tokenizer);
    write_tiny_json(other, &plain);
    tokenizer = open_good(ctx, other, PW_TOKENIZER_HF_FAST, PW_PAD_BANG_AS_DECLARED);
    check_ids(tokenizer, "<|ENDOFTEXT|>!",
              "516 27 347 68 77 67 78 69 83 68 87 339 91 29 256 517");
    pw_tokenizer_free(tokenizer);
    remove_folder(other);
}

static void special_tokens_in_the_other_modes(void **state)
{
    pw_tokenizer *slow = tiny(PW_TOKENIZER_HF_SLOW, PW_PAD_BANG_OFF);
    pw_tokenizer *openai = tiny(PW_TOKENIZER_OPENAI, PW_PAD_BANG_OFF);
    pw_tokenizer *open_clip = tiny(PW_TOKENIZER_OPEN_CLIP, PW_PAD_BANG_OFF);

    (void)state;
    check_ids(slow, "!<|endoftext|>", "516 256 517 517"); /* cut before anything else */
    check_ids(slow, "<|ENDOFTEXT|>", "516 517 517");      /* by the pattern */
    check_ids(openai, "<|ENDOFTEXT|>", "516 517 517");
    check_ids(openai, "!<|endoftext|>", "516 0 27 347 68 77 67 78 69 83 68 87 339 91 285 517");
    check_ids(open_clip, "<start_of_text><END_OF_TEXT>", "516 516 517 517");
    check_ids(open_clip, "<|endoftext|>", "516 27 347 68 77 67 78 69 83 68 87 339 91 285 517");
    pw_tokenizer_free(slow);
    pw_tokenizer_free(openai);
    pw_tokenizer_free(open_clip);
}

static void bang_is_a_special_token_where_asked_for(void **state)
{
    pw_tokenizer *plain = tiny(PW_TOKENIZER_HF_FAST, PW_PAD_BANG_OFF);
    pw_tokenizer *bang = tiny(PW_TOKENIZER_HF_FAST, PW_PAD_BANG_ON);
    pw_tokenizer *slow = tiny(PW_TOKENIZER_HF_SLOW, PW_PAD_BANG_ON);
    pw_tokenizer *openai = tiny(PW_TOKENIZER_OPENAI, PW_PAD_BANG_ON);

    (void)state;
    check_ids(plain, "! !!", "516 256 0 256 517");
    check_offsets(bang, "a! !!", "516 320@0-1 0@1-2 0@3-4 0@4-5 517");
    check_ids(slow, "a! !!", "516 320 0 0 0 517");
    check_ids(openai, "! !!", "516 256 0 256 517"); /* knows no added tokens */
    pw_tokenizer_free(plain);
    pw_tokenizer_free(bang);
    pw_tokenizer_free(slow);
    pw_tokenizer_free(openai);
}

static void final_sigma_is_pythons(void **state)
{
    pw_tokenizer *fast = tiny(PW_TOKENIZER_HF_FAST, PW_PAD_BANG_OFF);
    pw_tokenizer *slow = tiny(PW_TOKENIZER_HF_SLOW, PW_PAD_BANG_OFF);

    (void)state;
    check_ids(fast, "\xCE\x91\xCE\xA3", "516 138 109 139 481 517"); /* sigma: CF 83 */
    check_ids(slow, "\xCE\x91\xCE\xA3", "516 138 109 139 480 517"); /* final sigma: CF 82 */
    pw_tokenizer_free(fast);
    pw_tokenizer_free(slow);
}

static void invalid_utf8_is_refused_with_its_offset(void **state)
{
    pw_tokenizer *tokenizer = tiny(PW_TOKENIZER_HF_FAST, PW_PAD_BANG_OFF);
    pw_tokens tokens;
    pw_error err;

    (void)state;
    assert_int_equal(pw_tokenizer_encode(tokenizer, "caf\xE9!", 5, &tokens, &err), PW_ERR_UTF8);
    assert_int_equal(err.offset, 3);
    assert_null(tokens.ids);
    assert_int_equal(tokens.n_tokens, 0);
    pw_tokens_free(&tokens);
    pw_tokenizer_free(tokenizer);
}

static void text_over_the_limit_is_refused(void **state)
{
    pw_tokenizer *tokenizer = tiny(PW_TOKENIZER_HF_FAST, PW_PAD_BANG_OFF);
    pw_tokens tokens;
    pw_error err;

    (void)state;
    assert_int_equal(
        pw_tokenizer_encode(tokenizer, "", (size_t)PW_TEXT_BYTES_MAX + 1, &tokens, &err),
        PW_ERR_LIMIT);
    pw_tokenizer_free(tokenizer);
}

/* A quarter of a megabyte of one word, of marks (one NFC segment), and of special tokens. */
static void hostile_texts_are_bounded(void **state)
{
    static const char *const units[] = {"a", "th",        "\xCC\x81", "<|endoftext|>", "'",
                                        "<", "\xCE\xA3'", "&amp;",    "<|startoftext|"};
    const size_t size = (size_t)1 << 18;
    char *text = malloc(size);

    (void)state;
    assert_non_null(text);
    for (int mode = PW_TOKENIZER_HF_FAST; mode <= PW_TOKENIZER_OPEN_CLIP; mode++) {
        pw_tokenizer *tokenizer = tiny((pw_tokenizer_mode)mode, PW_PAD_BANG_ON);

        for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
            const size_t unit = strlen(units[u]);
            pw_tokens tokens;

            for (size_t i = 0; i + unit <= size; i += unit)
                memcpy(text + i, units[u], unit);
            assert_int_equal(
                pw_tokenizer_encode(tokenizer, text, size / unit * unit, &tokens, NULL), PW_OK);
            pw_tokens_free(&tokens);
        }
        pw_tokenizer_free(tokenizer);
    }
    free(text);
}

/* Whether bytes first .. last - 1 hold nothing that this mode could have made a token of. */
static bool is_dropped(const char *text, uint64_t first, uint64_t last, bool is_fast)
{
    while (first < last) {
        uint32_t code;
        const size_t size = pwi_utf8_decode(text + first, (size_t)(last - first), &code);

        if (size == 0 || (is_fast && !pwi_is_space(code)))
            return false;
        first += size;
    }
    return true;
}

/* Offsets never run backwards, and in hf-fast, which drops white space only, nothing else lies
 * between two tokens. */
static void check_tiling(const pw_tokenizer *tokenizer, const char *text, size_t size,
                         bool is_fast)
{
    pw_tokens tokens;
    uint64_t begin = 0, end = 0;

    assert_int_equal(pw_tokenizer_encode(tokenizer, text, size, &tokens, NULL), PW_OK);
    assert_int_equal(tokens.begin[0], PW_NO_OFFSET);
    assert_int_equal(tokens.end[tokens.n_tokens - 1], PW_NO_OFFSET);
    for (size_t i = 1; i + 1 < tokens.n_tokens; i++) {
        assert_true(tokens.begin[i] <= tokens.end[i]);
        assert_true(tokens.begin[i] >= begin && tokens.end[i] >= end);
        assert_true(tokens.end[i] <= size);
        if (tokens.begin[i] > end)
            assert_true(is_dropped(text, end, tokens.begin[i], is_fast));
        begin = tokens.begin[i];
        end = tokens.end[i];
    }
    assert_true(is_dropped(text, end, size, is_fast));
    pw_tokens_free(&tokens);
}

static size_t unhex(char *text, size_t size)
{
    for (size_t i = 0; i + 1 < size; i += 2) {
        unsigned value = 0;

        for (size_t k = 0; k < 2; k++) {
            const char c = text[i + k];

            value = value * 16 + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
        }
        text[i / 2] = (char)value;
    }
    return size / 2;
}

/* Every text of the case file, in every mode. */
static void offsets_tile_the_text(void **state)
{
    const char *shared = getenv("PADWISE_SHARED");
    pw_tokenizer *tokenizers[PW_TOKENIZER_OPEN_CLIP + 1] = {NULL};
    char path[512], clip[512], *bytes;
    size_t size, n_texts = 0;
    pwi_json json;

    (void)state;
    if (!shared_clip(clip, sizeof(clip)))
        PW_SKIP("PADWISE_SHARED has no data/tokenizers/clip");
    snprintf(path, sizeof(path), "%s/cases/tokenizer-cases.json", shared);
    if (pwi_read_whole(&pwi_malloc_allocator, path, (size_t)1 << 28, &bytes, &size, NULL) !=
        PW_OK)
        PW_SKIP("PADWISE_SHARED has no cases/tokenizer-cases.json");
    for (int mode = PW_TOKENIZER_HF_FAST; mode <= PW_TOKENIZER_OPEN_CLIP; mode++)
        tokenizers[mode] =
            open_good(ctx, clip, (pw_tokenizer_mode)mode, PW_PAD_BANG_AS_DECLARED);
    assert_int_equal(
        pwi_json_open_memory(&json, &pwi_malloc_allocator, bytes, size, NULL, NULL), PW_OK);
    for (;;) {
        assert_int_equal(pwi_json_next(&json, NULL), PW_OK);
        if (json.event == PWI_JSON_END)
            break;
        if (json.event == PWI_JSON_KEY && pwi_json_is(&json, "utf8_hex")) {
            char *text;
            size_t text_size;

            assert_int_equal(pwi_json_next(&json, NULL), PW_OK);
            text = strdup(json.text);
            assert_non_null(text);
            text_size = unhex(text, json.size);
            for (int mode = PW_TOKENIZER_HF_FAST; mode <= PW_TOKENIZER_OPEN_CLIP; mode++)
                check_tiling(tokenizers[mode], text, text_size, mode == PW_TOKENIZER_HF_FAST);
            free(text);
            n_texts++;
        }
    }
    assert_true(n_texts > 0);
    pwi_json_close(&json);
    pwi_free_array(&pwi_malloc_allocator, bytes, size + 1, 1);
    for (int mode = PW_TOKENIZER_HF_FAST; mode <= PW_TOKENIZER_OPEN_CLIP; mode++)
        pw_tokenizer_free(tokenizers[mode]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(ids_are_clips),
    cmocka_unit_test(a_nul_is_a_character),
    cmocka_unit_test(offsets_are_bytes_of_the_text),
    cmocka_unit_test(offsets_through_ftfy_and_html),
    cmocka_unit_test(special_tokens_in_hf_fast),
    cmocka_unit_test(special_tokens_of_a_tokenizer_json),
    cmocka_unit_test(special_tokens_in_the_other_modes),
    cmocka_unit_test(bang_is_a_special_token_where_asked_for),
    cmocka_unit_test(final_sigma_is_pythons),
    cmocka_unit_test(invalid_utf8_is_refused_with_its_offset),
    cmocka_unit_test(text_over_the_limit_is_refused),
    cmocka_unit_test(hostile_texts_are_bounded),
    cmocka_unit_test(offsets_tile_the_text),
};

PW_TEST_MAIN(tests, make_tiny, remove_tiny)
