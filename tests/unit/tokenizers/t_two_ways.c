/* SPDX-License-Identifier: MIT */
/* The short way through a text (bytes, words looked up, many texts at once) against the
 * definition (character by character, every word merged): the same ids and offsets, or the same
 * failure, in every mode, with and without a cache, for any number of threads. */
#include "tiny_tokenizer.h"

#include "base/rng.h"
#include "tokenizers/encoder.h"

#define N_RANDOM 500
#define TEXT_MAX 2048
#define N_MODES  5

/* What stands at the borders between the two ways. */
static const char *const pieces[] = {
    "the",
    "cat",
    "The CAT",
    "a photo of",
    "beaver",
    "hyperrealistic",
    "sixteen-byte-wor",
    "abcdefghabcdefgh",
    "abcdefghabcdefghi",
    "ABCDEFGH",
    "abcdefghabcdefgHabcdefghabcdefghabcdefghabcdefghabcdefgh",
    " ",
    "  ",
    "\t",
    "\r\n",
    "\n",
    "\v",
    "\f",
    "\x1C",
    "\x1F",
    "\x01",
    "\x7F",
    "'s",
    "'S",
    "'t",
    "'re",
    "'VE",
    "'ll",
    "'l",
    "'",
    "''",
    "!'s",
    "!",
    "!!",
    ".",
    "...",
    "(((:1.2)))",
    "----------------",
    "-----------------",
    "0",
    "0.",
    "  0.",
    "... .",
    "ed'm",
    "4096",
    "8k",
    "&",
    "&amp;",
    "&amp;amp;",
    "&nbsp;",
    "&#65;",
    "<",
    "<|",
    "|>",
    "<|startoftext|>",
    "<|endoftext|>",
    "<|ENDOFTEXT|>",
    "<start_of_text>",
    "<cat-toy>",
    "sks",
    "asks",
    "caf\xC3\xA9",
    "\xC3\x89",
    "e\xCC\x81",
    "\xCC\x81",
    "\xCC\xA7\xCC\x81",
    "\xCC\x81\xCC\xA7",
    "\xCD\x85",
    "\xC4\xB0",
    "\xC5\xBF",
    "'\xC5\xBF",
    "\xCE\xA3",
    "\xCE\x91\xCE\xA3",
    "\xE2\x80\x99s",
    "\xE2\x80\x9C",
    "\xC2\xA0",
    "\xE3\x80\x80",
    "\xC2\x85",
    "\xE2\x80\xA8",
    "\xE2\x84\xAA",
    "\xEF\xBC\xA1",
    "\xEF\xBC\x86",
    "amp;",
    "\xEF\xAC\x83",
    "\xE4\xB8\xAD\xE6\x96\x87",
    "\xD0\x9C\xD0\xBE\xD1\x81\xD0\xBA\xD0\xB2\xD0\xB0",
    "\xF0\x9F\xA6\x81",
    "\xE2\x80\x8D",
    "\xEF\xBF\xBD",
    "\xE1\x85\xA1",
    "\xE0\xB0\xBE",
};

/* Bytes that are not UTF-8, rarely drawn. */
static const char *const broken[] = {"\xFF", "\xC3", "\xE2\x82", "\xC0\x80", "\xED\xA0\x80"};

struct random {
    uint64_t key, index;
};

static size_t draw(struct random *random, size_t n)
{
    return (size_t)(pwi_random_bits(random->key, random->index++) % n);
}

static size_t draw_piece(struct random *random, char out[64])
{
    const char *piece = pieces[draw(random, sizeof(pieces) / sizeof(*pieces))];
    const size_t kind = draw(random, 400);

    if (kind == 0)
        piece = broken[draw(random, sizeof(broken) / sizeof(*broken))];
    if (kind < 60) {
        out[0] = (char)draw(random, 128);
        return 1;
    }
    memcpy(out, piece, strlen(piece));
    return strlen(piece);
}

/* A text of at most TEXT_MAX bytes. */
static size_t draw_text(struct random *random, char *text)
{
    const size_t n = draw(random, 25);
    size_t size = 0;
    char piece[64];

    for (size_t i = 0; i < n; i++) {
        const size_t piece_size = draw_piece(random, piece);

        memcpy(text + size, piece, piece_size);
        size += piece_size;
        if (draw(random, 2) == 0)
            text[size++] = ' ';
    }
    return size;
}

static void show(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        print_message((uint8_t)text[i] >= 0x20 && (uint8_t)text[i] < 0x7F ? "%c" : "\\x%02X",
                      (unsigned)(uint8_t)text[i]);
    print_message("\n");
}

static bool is_same(const pw_tokens *a, const pw_tokens *b)
{
    return a->n_tokens == b->n_tokens && a->n_real == b->n_real && a->n_cut == b->n_cut &&
           memcmp(a->ids, b->ids, a->n_tokens * sizeof(*a->ids)) == 0 &&
           memcmp(a->begin, b->begin, a->n_tokens * sizeof(*a->begin)) == 0 &&
           memcmp(a->end, b->end, a->n_tokens * sizeof(*a->end)) == 0;
}

/* A tokenizer with three encoders: as defined, the short way, and that with a cache. */
struct ways {
    const pw_tokenizer *tokenizer;
    pwi_encoder encoders[3];
    pw_tokens tokens[3];
};

static void open_ways(struct ways *ways, const pw_tokenizer *tokenizer)
{
    ways->tokenizer = tokenizer;
    for (int i = 0; i < 3; i++) {
        pwi_encoder_init(&ways->encoders[i], tokenizer);
        pwi_tokens_init(&ways->tokens[i], tokenizer->ctx);
    }
    ways->encoders[0].by_definition = true;
    assert_int_equal(pwi_encoder_add_cache(&ways->encoders[2], NULL), PW_OK);
}

static void close_ways(struct ways *ways)
{
    for (int i = 0; i < 3; i++) {
        pwi_encoder_free(&ways->encoders[i]);
        pw_tokens_free(&ways->tokens[i]);
    }
}

static void check_text(struct ways *ways, const char *text, size_t size)
{
    pw_status status[3];
    pw_error err[3];

    for (int i = 0; i < 3; i++)
        status[i] = pwi_encoder_run(&ways->encoders[i], text, size, &ways->tokens[i], &err[i]);
    for (int i = 1; i < 3; i++) {
        const bool agrees = status[0] == status[i] &&
                            (status[0] == PW_OK ? is_same(&ways->tokens[0], &ways->tokens[i])
                                                : err[0].offset == err[i].offset);

        if (agrees)
            continue;
        show(text, size);
        fail_msg("mode %s: the two ways differ", pw_tokenizer_mode_name(ways->tokenizer->mode));
    }
}

static void check_random(const pw_tokenizer *tokenizer, uint64_t seed)
{
    struct random random = {pwi_random_key(seed, "two ways"), 0};
    struct ways ways;
    char text[TEXT_MAX];

    open_ways(&ways, tokenizer);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++)
        check_text(&ways, pieces[i], strlen(pieces[i]));
    for (int i = 0; i < N_RANDOM; i++)
        check_text(&ways, text, draw_text(&random, text));
    close_ways(&ways);
}

/* Single characters round a word, ASCII and the ones that cleaning turns into it. */
static void check_characters(const pw_tokenizer *tokenizer)
{
    static const char *const frames[][2] = {{"", ""}, {"a", "b"}, {" ", " "}, {"The ", "'s"}};
    struct ways ways;
    char text[64];

    open_ways(&ways, tokenizer);
    for (uint32_t code = 0; code < 0x3100; code++)
        for (size_t i = 0; i < sizeof(frames) / sizeof(*frames); i++) {
            size_t size = strlen(frames[i][0]);

            memcpy(text, frames[i][0], size);
            size += pwi_utf8_encode(code, text + size);
            memcpy(text + size, frames[i][1], strlen(frames[i][1]));
            check_text(&ways, text, size + strlen(frames[i][1]));
        }
    close_ways(&ways);
}

static void in_all_modes(const char *path, void (*check)(const pw_tokenizer *tokenizer))
{
    pw_context *ctx = context_of(1, NULL);

    for (int i = 0; i < N_MODES; i++)
        for (int bang = PW_PAD_BANG_ON; bang <= PW_PAD_BANG_OFF; bang++) {
            pw_tokenizer *tokenizer = open_good(
                ctx, path, (pw_tokenizer_mode)(PW_TOKENIZER_HF_FAST + i), (pw_pad_bang)bang);

            check(tokenizer);
            pw_tokenizer_free(tokenizer);
        }
    pw_context_free(ctx);
}

static void check_once(const pw_tokenizer *tokenizer)
{
    check_random(tokenizer, 1);
}

static void with_a_small_vocabulary(void **state)
{
    char folder[64];

    (void)state;
    make_folder(folder);
    write_text(folder, "merges.txt", "#version: 0.2\n" TINY_MERGES);
    in_all_modes(folder, check_once);
    in_all_modes(folder, check_characters);
    remove_folder(folder);
}

static void with_clips_vocabulary(void **state)
{
    char path[512];

    (void)state;
    if (!shared_clip(path, sizeof(path)))
        PW_SKIP("PADWISE_SHARED has no data/tokenizers/clip");
    in_all_modes(path, check_once);
}

/* Added tokens that begin inside words, hold white space, or take it along: none may be missed
 * where bytes would have done. */
#define ADDED(id, text, flags)                                                                 \
    ", {\"id\": " id ", \"content\": \"" text "\", " flags ", \"special\": true}"
#define FLAGS(word, left, right, normalized)                                                   \
    "\"single_word\": " word ", \"lstrip\": " left ", \"rstrip\": " right                      \
    ", \"normalized\": " normalized

static void with_added_tokens(void **state)
{
    static const char *const added[] = {
        ADDED("518", "<cat-toy>", FLAGS("false", "false", "false", "false")),
        ADDED("518", "<Cat-toy>", FLAGS("true", "false", "false", "true")),
        ADDED("518", "sks", FLAGS("false", "false", "false", "true")),
        ADDED("518", "sks", FLAGS("true", "false", "false", "false")),
        ADDED("518", "the cat", FLAGS("false", "false", "false", "true")),
        ADDED("518", ". ", FLAGS("false", "false", "false", "false")),
        ADDED("518", "0.", FLAGS("false", "true", "false", "false")),
        ADDED("518", "...", FLAGS("false", "false", "true", "true")),
        ADDED("518", "caf\xC3\xA9", FLAGS("false", "false", "false", "true")),
        ADDED("518", "\xE2\x84\xAA", FLAGS("false", "false", "false", "true")),
    };
    char folder[64], list[2048];
    const size_t size = sizeof(TINY_ADDED("true", "false")) - 2; /* without "]" */

    (void)state;
    make_folder(folder);
    for (size_t i = 0; i < sizeof(added) / sizeof(*added); i++) {
        const struct parts parts = {.added = list};

        snprintf(list, sizeof(list), "%.*s%s]", (int)size, TINY_ADDED("true", "false"),
                 added[i]);
        write_tiny_json(folder, &parts);
        in_all_modes(folder, check_once);
    }
    remove_folder(folder);
}

/* A table entry must be what merging gives, also where the list of merges never makes the token
 * whose text a word has: here "ab</w>" loses its "a" to "xa" or is never merged at all. */
static void with_tokens_that_merging_does_not_make(void **state)
{
    const struct parts parts = {
        .vocab = "\"ab</w>\": 512, \"xa\": 513, \"xab</w>\": 514, \"b!</w>\": 515, "
                 "\"<|startoftext|>\": 516, \"<|endoftext|>\": 517",
        .merges = "[\"x a\", \"a b</w>\"]"};
    char folder[64];
    pw_context *ctx = context_of(1, NULL);
    pw_tokenizer *tokenizer;

    (void)state;
    make_folder(folder);
    write_tiny_json(folder, &parts);
    tokenizer = open_good(ctx, folder, PW_TOKENIZER_HF_FAST, PW_PAD_BANG_OFF);
    check_ids(tokenizer, "ab", "516 512 517");
    check_ids(tokenizer, "xab xa", "516 513 321 87 320 517");
    pw_tokenizer_free(tokenizer);
    in_all_modes(folder, check_once);
    remove_folder(folder);
    pw_context_free(ctx);
}

#define N_BATCH 1500

/* Texts for a batch: drawn ones that are UTF-8. */
struct texts {
    char *bytes;
    const char *texts[N_BATCH];
    size_t sizes[N_BATCH];
};

static void draw_texts(struct texts *texts, uint64_t seed)
{
    struct random random = {pwi_random_key(seed, "batch"), 0};
    size_t used = 0;

    texts->bytes = malloc((size_t)N_BATCH * TEXT_MAX);
    assert_non_null(texts->bytes);
    for (size_t i = 0; i < N_BATCH;) {
        const size_t size = draw_text(&random, texts->bytes + used);

        if (pwi_utf8_valid_prefix(texts->bytes + used, size) != size)
            continue;
        texts->texts[i] = texts->bytes + used;
        texts->sizes[i++] = size;
        used += size;
    }
    texts->texts[7] = NULL;
}

static void check_batch(const pw_tokenizer *tokenizer, const struct texts *texts, size_t n)
{
    pw_tokens *out = malloc((n + 1) * sizeof(*out));
    pw_error err;

    assert_non_null(out);
    assert_int_equal(
        pw_tokenizer_encode_batch(tokenizer, texts->texts, texts->sizes, n, out, &err), PW_OK);
    for (size_t i = 0; i < n; i++) {
        const bool is_empty = texts->texts[i] == NULL;
        pw_tokens tokens;

        assert_int_equal(pw_tokenizer_encode(tokenizer, is_empty ? "" : texts->texts[i],
                                             is_empty ? 0 : texts->sizes[i], &tokens, NULL),
                         PW_OK);
        assert_true(is_same(&out[i], &tokens));
        pw_tokens_free(&tokens);
        pw_tokens_free(&out[i]);
    }
    free(out);
}

static void a_batch_is_its_single_calls(void **state)
{
    struct texts texts;
    char folder[64];

    (void)state;
    draw_texts(&texts, 3);
    make_folder(folder);
    write_text(folder, "merges.txt", "#version: 0.2\n" TINY_MERGES);
    for (int32_t n_threads = 1; n_threads <= 3; n_threads++) {
        pw_context *ctx = context_of(n_threads, NULL);

        for (int i = 0; i < N_MODES; i++) {
            pw_tokenizer *tokenizer = open_good(
                ctx, folder, (pw_tokenizer_mode)(PW_TOKENIZER_HF_FAST + i), PW_PAD_BANG_OFF);

            check_batch(tokenizer, &texts, N_BATCH);
            for (size_t n = 0; n < 10; n++)
                check_batch(tokenizer, &texts, n);
            pw_tokenizer_free(tokenizer);
        }
        pw_context_free(ctx);
    }
    remove_folder(folder);
    free(texts.bytes);
}

/* With two bad texts the first is named, whoever met it, and nothing is left to free. */
static void a_batch_fails_as_a_whole(void **state)
{
    struct texts texts;
    pw_tokens *out = malloc(N_BATCH * sizeof(*out));

    (void)state;
    assert_non_null(out);
    draw_texts(&texts, 4);
    texts.texts[901] = texts.texts[1400] = "caf\xE9!";
    texts.sizes[901] = texts.sizes[1400] = 5;
    for (int32_t n_threads = 1; n_threads <= 3; n_threads++) {
        pw_context *ctx = context_of(n_threads, NULL);
        pw_tokenizer *tokenizer = NULL;
        pw_error err;

        assert_int_equal(pw_tokenizer_open_builtin(&tokenizer, ctx, NULL, NULL), PW_OK);
        assert_int_equal(
            pw_tokenizer_encode_batch(tokenizer, texts.texts, texts.sizes, N_BATCH, out, &err),
            PW_ERR_UTF8);
        assert_int_equal(err.offset, 3);
        assert_string_equal(err.where, "prompt 902");
        for (size_t i = 0; i < N_BATCH; i++) {
            assert_null(out[i].ids);
            assert_null(out[i].ctx);
            assert_int_equal(out[i].n_tokens, 0);
        }
        pw_tokenizer_free(tokenizer);
        pw_context_free(ctx);
    }
    free(texts.bytes);
    free(out);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(with_a_small_vocabulary),
    cmocka_unit_test(with_clips_vocabulary),
    cmocka_unit_test(with_added_tokens),
    cmocka_unit_test(with_tokens_that_merging_does_not_make),
    cmocka_unit_test(a_batch_is_its_single_calls),
    cmocka_unit_test(a_batch_fails_as_a_whole),
};

PW_TEST_MAIN(tests, NULL, NULL)
