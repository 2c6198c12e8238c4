/* SPDX-License-Identifier: MIT */
/* CLIP's word pattern, alternative by alternative, and the table of modes. */
#include "check.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "tokenizers/word_pattern.h"

/* The pieces, with a space between them; literals in square brackets. */
static void split(pwi_buf *out, const pwi_mode_row *row, const char *bytes)
{
    pwi_text text;
    pwi_piece piece;
    size_t at = 0;

    pwi_text_init(&text, &pwi_malloc_allocator);
    assert_int_equal(pwi_text_decode(&text, bytes, strlen(bytes), 0, NULL), PW_OK);
    while (pwi_piece_next(row, text.chars, text.n, &at, &piece)) {
        if (out->size > 0)
            pwi_buf_byte(out, ' ');
        pwi_buf_text(out, piece.literal == PWI_LITERAL_BOS   ? "[bos "
                          : piece.literal == PWI_LITERAL_EOS ? "[eos "
                                                             : "");
        pwi_buf_append(out, bytes + text.chars[piece.first].begin,
                       text.chars[piece.last - 1].end - text.chars[piece.first].begin);
        pwi_buf_text(out, piece.literal != PWI_LITERAL_NONE ? "]" : "");
    }
    pwi_text_free(&text);
}

static void check_split(pw_tokenizer_mode mode, const char *bytes, const char *expected)
{
    pwi_buf got;

    pwi_buf_init(&got, &pwi_malloc_allocator);
    pwi_buf_text(&got, "");
    split(&got, pwi_mode_find(mode), bytes);
    if (strcmp(got.data, expected) != 0)
        fail_msg("%s, \"%s\": expected %s, got %s", pw_tokenizer_mode_name(mode), bytes,
                 expected, got.data);
    pwi_buf_free(&got);
}

static void words_numbers_and_the_rest(void **state)
{
    (void)state;
    check_split(PW_TOKENIZER_HF_FAST, "a photo, 8k!", "a photo , 8 k !");
    check_split(PW_TOKENIZER_HF_FAST, "2024", "2 0 2 4");
    check_split(PW_TOKENIZER_HF_FAST, "  ", "");
    check_split(PW_TOKENIZER_HF_FAST, "", "");
    check_split(PW_TOKENIZER_HF_FAST,
                "a\xC2\xA0"
                "b",
                "a b"); /* no-break space */
    check_split(PW_TOKENIZER_HF_FAST,
                "e\xCC\x81"
                "a",
                "e \xCC\x81 a"); /* a mark is neither letter nor number */
    check_split(PW_TOKENIZER_HF_FAST, "x\xC2\xB2\xE2\x85\xA3", "x \xC2\xB2 \xE2\x85\xA3");
    check_split(PW_TOKENIZER_HF_FAST, "\x1C\x1F", "\x1C\x1F"); /* space to str.split only */
}

static void contractions(void **state)
{
    (void)state;
    check_split(PW_TOKENIZER_HF_FAST, "it's don't we're i've i'm we'll i'd",
                "it 's don 't we 're i 've i 'm we 'll i 'd");
    check_split(PW_TOKENIZER_HF_FAST, "'sam", "'s am");
    check_split(PW_TOKENIZER_HF_FAST, "!'s", "!' s"); /* swallowed by the run */
    check_split(PW_TOKENIZER_HF_FAST, "''s", "'' s");
    check_split(PW_TOKENIZER_HF_FAST, "'l 'r 'x '", "' l ' r ' x '");
}

/* Python compiles the pattern with IGNORECASE: U+017F is an "s", and U+0345, whose capital is a
 * letter, matches no alternative at all. */
static void ignorecase_shows_in_two_characters(void **state)
{
    (void)state;
    check_split(PW_TOKENIZER_HF_FAST, "'\xC5\xBF", "' \xC5\xBF");
    check_split(PW_TOKENIZER_OPENAI, "'\xC5\xBF", "'\xC5\xBF");
    check_split(PW_TOKENIZER_HF_FAST, "!\xCD\x85!", "!\xCD\x85!");
    check_split(PW_TOKENIZER_HF_SLOW, "!\xCD\x85!", "! !");
    check_split(PW_TOKENIZER_HF_SLOW, "\xCD\x85", "");
}

static void literals(void **state)
{
    (void)state;
    check_split(PW_TOKENIZER_OPENAI, "a<|startoftext|>b<|endoftext|>!",
                "a [bos <|startoftext|>] b [eos <|endoftext|>] !");
    check_split(PW_TOKENIZER_OPENAI, "!<|endoftext|>", "!<| endoftext |>"); /* as above */
    check_split(PW_TOKENIZER_OPEN_CLIP, "<start_of_text><end_of_text>",
                "[bos <start_of_text>] [eos <end_of_text>]");
    check_split(PW_TOKENIZER_OPEN_CLIP, "<|endoftext|>", "<| endoftext |>");
    check_split(PW_TOKENIZER_OPENAI, "<|endoftext|", "<| endoftext |");
    /* One word by IGNORECASE, but not the token. */
    check_split(PW_TOKENIZER_OPENAI, "<|\xC5\xBFtartoftext|>", "<|\xC5\xBFtartoftext|>");
}

static void modes_have_names(void **state)
{
    (void)state;
    for (int32_t i = 0; i < PW_N_TOKENIZER_MODES; i++) {
        const char *name = pw_tokenizer_mode_name((pw_tokenizer_mode)i);

        assert_int_equal(pw_tokenizer_mode_from_name(name), i);
    }
    assert_string_equal(pw_tokenizer_mode_name(PW_TOKENIZER_HF_SLOW_FTFY), "hf-slow-ftfy");
    assert_string_equal(pw_tokenizer_mode_name(PW_TOKENIZER_SPM), "spm");
    assert_string_equal(pw_tokenizer_mode_name((pw_tokenizer_mode)99), "?");
    assert_int_equal(pw_tokenizer_mode_from_name("hf_fast"), -1);
    assert_int_equal(pw_tokenizer_mode_from_name(NULL), -1);
    assert_null(pwi_mode_find(PW_TOKENIZER_SPM));
    assert_ptr_equal(pwi_mode_find(PW_TOKENIZER_DEFAULT), pwi_mode_find(PW_TOKENIZER_HF_FAST));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(words_numbers_and_the_rest),
    cmocka_unit_test(contractions),
    cmocka_unit_test(ignorecase_shows_in_two_characters),
    cmocka_unit_test(literals),
    cmocka_unit_test(modes_have_names),
};

PW_TEST_MAIN(tests, NULL, NULL)
