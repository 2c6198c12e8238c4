/* SPDX-License-Identifier: MIT */
/* Hostile tokenizer files (reliability.md 3.1, whose numbers the table gives; those about T5,
 * BERT and sentencepiece are not here): each is refused with its status or loaded, within 512
 * MB. */
#include "tiny_tokenizer.h"

#include "failing_allocator.h"

#define BYTES_MAX ((size_t)512 << 20)

static char folder[64];

static int make_test_folder(void **state)
{
    (void)state;
    make_folder(folder);
    return 0;
}

static int remove_test_folder(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

/* Opens the folder and encodes a word with what came of it. */
static void check_opening(const char *what, pw_status expected)
{
    struct failing counting = {.fail_at = 0};
    pw_context_options context_options;
    pw_tokenizer_options options;
    pw_context *ctx = NULL;
    pw_tokenizer *tokenizer;
    pw_tokens tokens;
    pw_error err = {.status = PW_OK};
    pw_status status;

    pw_context_options_init(&context_options);
    context_options.n_threads = 1;
    context_options.allocator = failing_allocator(&counting);
    assert_int_equal(pwi_context_new(&ctx, sizeof(struct pw_context), &context_options, NULL),
                     PW_OK);
    pw_tokenizer_options_init(&options);
    status = pw_tokenizer_open(&tokenizer, ctx, folder, &options, &err);
    if (status != expected)
        fail_msg("%s: %s instead of %s: %s", what, pw_status_name(status),
                 pw_status_name(expected), err.text);
    if (status == PW_OK) {
        assert_int_equal(pw_tokenizer_encode(tokenizer, "the cat", 7, &tokens, NULL), PW_OK);
        pw_tokens_free(&tokens);
    } else {
        assert_int_equal(strncmp(err.where, folder, strlen(folder)), 0);
        assert_true(strlen(err.text) > 10);
        assert_null(strchr(err.text, '\n'));
    }
    pw_tokenizer_free(tokenizer);
    pw_context_free(ctx);
    assert_int_equal(counting.n_out, 0);
    if (counting.bytes_peak > BYTES_MAX)
        fail_msg("%s: took %zu bytes", what, counting.bytes_peak);
}

struct bad {
    const char *what; /* with the number in reliability.md 3.1 */
    struct parts parts;
    pw_status expected;
};

#define SPECIALS "\"<|startoftext|>\": 516, \"<|endoftext|>\": 517"
#define REST     "\"at</w>\": 514, \"cat</w>\": 515, " SPECIALS
#define ONE_ADDED(content, flags)                                                              \
    "[{\"id\": 516, \"content\": \"<|startoftext|>\"}, {\"id\": 517, \"content\": "            \
    "\"<|endoftext|>\"}, {\"id\": 518, \"content\": " content flags "}]"
#define SPLIT(pattern)                                                                         \
    "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Split\", \"pattern\": "         \
    "{\"Regex\": \"" pattern "\"}, \"behavior\": \"Removed\", \"invert\": true}, {\"type\": "  \
    "\"ByteLevel\", \"add_prefix_space\": false}]}"
#define REPLACE(pattern)                                                                       \
    "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFC\"}, {\"type\": \"Replace\", " \
    "\"pattern\": {\"Regex\": \"" pattern "\"}, \"content\": \" \"}, {\"type\": "              \
    "\"Lowercase\"}]}"
#define TEMPLATE(end, table)                                                                   \
    "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": "             \
    "\"<|startoftext|>\"}}, {\"Sequence\": {\"id\": \"A\"}}" end                               \
    "], \"special_tokens\": {" table                                                           \
    "\"<|startoftext|>\": {\"ids\": [516]}, \"<|endoftext|>\": {\"ids\": [517]}}}"
#define TEMPLATE_END ", {\"SpecialToken\": {\"id\": \"<|endoftext|>\"}}"

static const struct bad bad[] = {
    {"0 the good one", {.added = NULL}, PW_OK},
    {"0 a good template", {.post_processor = TEMPLATE(TEMPLATE_END, "")}, PW_OK},
    {"1 merge whose product is in no key",
     {.merges = "[\"t h\", \"cat</w> cat</w>\"]"},
     PW_ERR_FIELD},
    {"3 template with a token without id",
     {.post_processor = TEMPLATE(", {\"SpecialToken\": {\"id\": \"[X]\"}}", "")},
     PW_ERR_FIELD},
    {"3 template with two ids",
     {.post_processor = TEMPLATE(TEMPLATE_END, "\"x\": {\"ids\": [1, 2]}, ")},
     PW_ERR_FIELD},
    {"3 template without an end", {.post_processor = TEMPLATE("", "")}, PW_ERR_UNSUPPORTED},
    {"3 template with more",
     {.post_processor = TEMPLATE(TEMPLATE_END TEMPLATE_END, "")},
     PW_ERR_UNSUPPORTED},
    {"7 id 2^31 - 1", {.vocab = TINY_VOCAB ", \"xx\": 2147483647"}, PW_ERR_LIMIT},
    {"9 a merge twice", {.merges = "[\"t h\", \"t h\"]"}, PW_ERR_DUPLICATE},
    {"9 a merge twice, as a pair", {.merges = "[\"t h\", [\"t\", \"h\"]]"}, PW_ERR_DUPLICATE},
    {"10 a byte without a symbol", {.skip_byte = 0x07}, PW_ERR_FIELD},
    {"10 \"!\" without a symbol", {.skip_byte = '!'}, PW_ERR_FIELD},
    {"11 two tokens with one id",
     {.vocab = "\"th\": 512, \"the</w>\": 512, " REST},
     PW_ERR_DUPLICATE},
    {"11 the id of a byte", {.vocab = "\"th\": 0, \"the</w>\": 513, " REST}, PW_ERR_DUPLICATE},
    {"12 one token with two ids",
     {.vocab = "\"th\": 512, \"th\": 518, \"the</w>\": 513, " REST},
     PW_ERR_DUPLICATE},
    {"13 ids with holes", {.vocab = TINY_VOCAB ", \"x y\": 999999"}, PW_OK},
    {"14 a negative id", {.vocab = TINY_VOCAB ", \"xx\": -1"}, PW_ERR_FIELD},
    {"14 a fraction as id", {.vocab = TINY_VOCAB ", \"xx\": 518.0"}, PW_ERR_FIELD},
    {"14 an exponent in an id", {.vocab = TINY_VOCAB ", \"xx\": 5e2"}, PW_ERR_FIELD},
    {"14 a text as id", {.vocab = TINY_VOCAB ", \"xx\": \"518\""}, PW_ERR_FIELD},
    {"14 null as id", {.vocab = TINY_VOCAB ", \"xx\": null"}, PW_ERR_FIELD},
    {"14 an id over 2^32", {.vocab = TINY_VOCAB ", \"xx\": 4294967814"}, PW_ERR_LIMIT},
    {"14 an id over 2^64",
     {.vocab = TINY_VOCAB ", \"xx\": 18446744073709552134"},
     PW_ERR_FIELD},
    {"14 an id at the limit", {.vocab = TINY_VOCAB ", \"xx\": 1000000"}, PW_ERR_LIMIT},
    {"15 a merge of missing tokens", {.merges = "[\"t h\", \"q qq\"]"}, PW_ERR_FIELD},
    {"15 a missing left part", {.merges = "[\"qq t\"]"}, PW_ERR_FIELD},
    {"16 a merge of one part", {.merges = "[\"th\"]"}, PW_ERR_FIELD},
    {"16 an empty merge", {.merges = "[\"t h\", \"\"]"}, PW_ERR_FIELD},
    {"16 an empty left part", {.merges = "[\" h\"]"}, PW_ERR_FIELD},
    {"16 an empty right part", {.merges = "[\"t \"]"}, PW_ERR_FIELD},
    {"16 three parts", {.merges = "[[\"t\", \"h\", \"e\"]]"}, PW_ERR_FIELD},
    {"16 one part in a list", {.merges = "[[\"t\"]]"}, PW_ERR_FIELD},
    {"16 an empty part in a list", {.merges = "[[\"t\", \"\"]]"}, PW_ERR_FIELD},
    {"16 a number", {.merges = "[5]"}, PW_ERR_FIELD},
    {"16 merges as an object", {.merges = "{}"}, PW_ERR_FIELD},
    {"17 a space inside a part", {.merges = "[\"t h e\"]"}, PW_ERR_FIELD},
    {"17 the same in a list", {.merges = "[[\"t h\", \"e</w>\"]]"}, PW_ERR_FIELD},
    {"17 a line end in a merge", {.merges = "[\"t h\\nth e</w>\"]"}, PW_ERR_FIELD},
    {"19 an added token without content", {.added = ONE_ADDED("\"\"", "")}, PW_ERR_FIELD},
    {"19 an added token of white space alone, cleaned away nowhere",
     {.added = ONE_ADDED("\" \\t \"", ", \"lstrip\": true, \"rstrip\": true")},
     PW_OK},
    {"19 an added token that lacks content", {.added = "[{\"id\": 516}]"}, PW_ERR_FIELD},
    {"19 a flag that is a number",
     {.added = ONE_ADDED("\"x\"", ", \"special\": 1")},
     PW_ERR_FIELD},
    {"19 a negative id", {.added = "[{\"id\": -3, \"content\": \"x\"}]"}, PW_ERR_FIELD},
    {"19 an id at the limit",
     {.added = "[{\"id\": 1000000, \"content\": \"x\"}]"},
     PW_ERR_LIMIT},
    {"19 another id than in the vocabulary",
     {.added = "[{\"id\": 515, \"content\": \"<|startoftext|>\"}]"},
     PW_ERR_MISMATCH},
    {"19 the id of another token",
     {.added = "[{\"id\": 3, \"content\": \"new\"}]"},
     PW_ERR_DUPLICATE},
    {"23 more components than CLIP has",
     {.normalizer = "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFC\"}, "
                    "{\"type\": \"NFC\"}]}"},
     PW_ERR_UNSUPPORTED},
    {"23 fewer",
     {.normalizer = "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFC\"}]}"},
     PW_ERR_UNSUPPORTED},
    {"24 another pattern to replace", {.normalizer = REPLACE(" {2,}")}, PW_ERR_UNSUPPORTED},
    {"24 a text to replace",
     {.normalizer = "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFC\"}, "
                    "{\"type\": \"Replace\", \"pattern\": {\"String\": \"\\\\s+\"}, "
                    "\"content\": \" \"}, {\"type\": \"Lowercase\"}]}"},
     PW_ERR_UNSUPPORTED},
    {"24 another normalizer",
     {.normalizer = "{\"type\": \"BertNormalizer\"}"},
     PW_ERR_UNSUPPORTED},
    {"24 no normalizer", {.normalizer = "null"}, PW_ERR_UNSUPPORTED},
    {"24 a normalizer of T5",
     {.normalizer = "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"AAAA\"}"},
     PW_ERR_UNSUPPORTED},
    {"25 nested quantifiers", {.pre_tokenizer = SPLIT("(a+)+$")}, PW_ERR_UNSUPPORTED},
    {"27 looking behind", {.pre_tokenizer = SPLIT("(?<=a)b")}, PW_ERR_UNSUPPORTED},
    {"28 an invalid pattern", {.pre_tokenizer = SPLIT("[")}, PW_ERR_UNSUPPORTED},
    {"29 a pattern that matches nothing", {.pre_tokenizer = SPLIT("")}, PW_ERR_UNSUPPORTED},
    {"29 CLIP's pattern and a bit more",
     {.pre_tokenizer = SPLIT(TINY_PATTERN "|")},
     PW_ERR_UNSUPPORTED},
    {"29 GPT-2's pre_tokenizer",
     {.pre_tokenizer = "{\"type\": \"ByteLevel\", \"add_prefix_space\": false}"},
     PW_ERR_UNSUPPORTED},
    {"29 a list of numbers",
     {.pre_tokenizer = "{\"type\": \"Sequence\", \"pretokenizers\": [1]}"},
     PW_ERR_FIELD},
    {"30 a Unigram model",
     {.model = "\"type\": \"Unigram\", \"unk_id\": 0, "},
     PW_ERR_UNSUPPORTED},
    {"30 an old Unigram model",
     {.model = "\"vocab\": [], \"x\": {}, \"y\": {"},
     PW_ERR_UNSUPPORTED},
    {"35 an unknown model", {.model = "\"type\": \"Magic\", "}, PW_ERR_UNSUPPORTED},
    {"35 a number as type", {.model = "\"type\": 5, "}, PW_ERR_UNSUPPORTED},
    {"35 no type, as in old files", {.model = ""}, PW_OK},
    {"35 dropout", {.model = "\"dropout\": 0.1, "}, PW_ERR_UNSUPPORTED},
    {"35 GPT-2's words", {.model = "\"end_of_word_suffix\": \"\", "}, PW_ERR_UNSUPPORTED},
    {"35 byte fallback", {.model = "\"byte_fallback\": true, "}, PW_ERR_UNSUPPORTED},
    {"36 type twice", {.model = "\"type\": \"BPE\", \"type\": \"BPE\", "}, PW_ERR_DUPLICATE},
    {"36 vocab twice", {.tail = ", \"model\": {}"}, PW_ERR_DUPLICATE},
    {"38 an end that the vocabulary numbers otherwise",
     {.post_processor = "{\"type\": \"RobertaProcessing\", \"sep\": [\"<|endoftext|>\", "
                        "49407], \"cls\": [\"<|startoftext|>\", 516]}"},
     PW_ERR_MISMATCH},
    {"38 an end that is not in the vocabulary",
     {.post_processor = "{\"type\": \"RobertaProcessing\", \"sep\": [\"</s>\", 517], "
                        "\"cls\": [\"<|startoftext|>\", 516]}"},
     PW_ERR_FIELD},
    {"38 an id out of range",
     {.post_processor = "{\"type\": \"RobertaProcessing\", \"sep\": [\"<|endoftext|>\", "
                        "9999999999], \"cls\": [\"<|startoftext|>\", 516]}"},
     PW_ERR_FIELD},
    {"38 an end without text",
     {.post_processor = "{\"type\": \"RobertaProcessing\", \"sep\": [\"\", 517], \"cls\": "
                        "[\"<|startoftext|>\", 516]}"},
     PW_ERR_FIELD},
    {"38 no ends", {.post_processor = "null"}, PW_ERR_UNSUPPORTED},
    {"38 another post_processor",
     {.post_processor = "{\"type\": \"BertProcessing\"}"},
     PW_ERR_UNSUPPORTED},
    {"37 39 40 truncation and padding are not read",
     {.tail = ", \"Truncation\": {\"max_length\": 0, \"stride\": 9}, \"Padding\": "
              "{\"pad_id\": 99999999, \"pad_to_multiple_of\": 0}"},
     PW_OK},
    {"46 a lone surrogate in a key", {.vocab = TINY_VOCAB ", \"\\ud800\": 518"}, PW_ERR_JSON},
    {"46 a lone surrogate in an added token",
     {.added = ONE_ADDED("\"\\udc00\"", "")},
     PW_ERR_JSON},
    {"45 a byte that is not UTF-8", {.vocab = TINY_VOCAB ", \"\xFF\": 518"}, PW_ERR_UTF8},
    {"47 a NUL in a key", {.vocab = TINY_VOCAB ", \"a\\u0000b\": 518"}, PW_ERR_FIELD},
    {"47 a NUL in an added token", {.added = ONE_ADDED("\"a\\u0000\"", "")}, PW_ERR_FIELD},
    {"47 a NUL in a merge", {.merges = "[\"t h\\u0000\"]"}, PW_ERR_FIELD},
    {"an empty key", {.vocab = TINY_VOCAB ", \"\": 518"}, PW_ERR_FIELD},
    {"no start in the vocabulary",
     {.added = "[]",
      .vocab = "\"th\": 512, \"the</w>\": 513, \"at</w>\": 514, \"cat</w>\": "
               "515, \"<|endoftext|>\": 517"},
     PW_ERR_FIELD},
    {"an unknown token that is empty", {.model = "\"unk_token\": \"\", "}, PW_ERR_FIELD},
    {"an unknown token that is not there", {.model = "\"unk_token\": \"[UNK]\", "}, PW_OK},
    {"something behind the end", {.tail = "} {"}, PW_ERR_JSON},
};

static void hostile_files_are_refused_or_loaded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        write_tiny_json(folder, &bad[i].parts);
        check_opening(bad[i].what, bad[i].expected);
    }
}

/* Every cut of a good file, and every file with one byte changed: no crash, no leak. */
static void damaged_files_are_refused_or_loaded(void **state)
{
    const struct parts parts = {.added = NULL};
    pw_context *ctx = test_context();
    char path[128];
    pwi_buf buf;

    (void)state;
    pwi_buf_init(&buf, &pwi_malloc_allocator);
    put_tiny_json(&buf, &parts);
    snprintf(path, sizeof(path), "%s/tokenizer.json", folder);
    for (size_t i = 0; i < buf.size; i += i < 1600 || i + 400 > buf.size ? 7 : 211) {
        pw_tokenizer *tokenizer;
        const char was = buf.data[i];

        write_bytes(folder, "tokenizer.json", buf.data, i);
        assert_int_not_equal(pw_tokenizer_open(&tokenizer, ctx, path, NULL, NULL), PW_OK);
        assert_null(tokenizer);
        buf.data[i] = (char)(was ^ 0x11);
        write_bytes(folder, "tokenizer.json", buf.data, buf.size);
        if (pw_tokenizer_open(&tokenizer, ctx, path, NULL, NULL) != PW_OK)
            assert_null(tokenizer);
        pw_tokenizer_free(tokenizer);
        buf.data[i] = was;
    }
    pwi_buf_free(&buf);
    pw_context_free(ctx);
}

/* A part made of `n` times `unit` between two texts. */
static char *repeated(const char *before, const char *unit, size_t n, const char *after)
{
    pwi_buf buf;

    pwi_buf_init(&buf, &pwi_malloc_allocator);
    pwi_buf_text(&buf, before);
    for (size_t i = 0; i < n; i++)
        pwi_buf_text(&buf, unit);
    pwi_buf_text(&buf, after);
    assert_false(buf.failed);
    return buf.data;
}

static void check_repeated(const char *what, size_t offset, char *text, pw_status expected)
{
    struct parts parts = {.added = NULL};

    memcpy((char *)&parts + offset, &text, sizeof(text));
    write_tiny_json(folder, &parts);
    check_opening(what, expected);
}

#define CHECK_REPEATED(what, field, before, unit, n, after, expected)                          \
    do {                                                                                       \
        char *repeated_text = repeated(before, unit, n, after);                                \
        pwi_buf freed = {&pwi_malloc_allocator, repeated_text, 0, 1, false};                   \
                                                                                               \
        check_repeated(what, offsetof(struct parts, field), repeated_text, expected);          \
        pwi_buf_free(&freed);                                                                  \
    } while (0)

static void deep_and_long_sections_are_refused(void **state)
{
    (void)state;
    CHECK_REPEATED("22 a Sequence in a Sequence, 10^4 deep", normalizer, "",
                   "{\"type\": \"Sequence\", \"normalizers\": [", 10000, "", PW_ERR_DEPTH);
    CHECK_REPEATED("22 the same under a key that is not read", tail, ", \"x\": ", "[", 10000,
                   "", PW_ERR_DEPTH);
    CHECK_REPEATED("23 a Sequence of 10^6", normalizer,
                   "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFC\"}",
                   ", {\"type\": \"NFC\"}", 1000000, "]}", PW_ERR_UNSUPPORTED);
    CHECK_REPEATED("26 a pattern of 10^6 alternatives", pre_tokenizer,
                   "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Split\", "
                   "\"pattern\": {\"Regex\": \"a",
                   "|a", 1000000, "\"}}]}", PW_ERR_UNSUPPORTED);
    CHECK_REPEATED("21 an added token longer than any prompt", added,
                   "[{\"id\": 518, \"content\": \"", "xyzw", 16384, "\"}]", PW_OK);
    CHECK_REPEATED("21 and one over the limit", added, "[{\"id\": 518, \"content\": \"", "xyzw",
                   16385, "\"}]", PW_ERR_LIMIT);
    CHECK_REPEATED("a key over the limit", vocab, TINY_VOCAB ", \"", "xyzw", 16385, "\": 518",
                   PW_ERR_LIMIT);
}

/* n added tokens that begin with the same 1,000 bytes. */
static char *sharing_tokens(size_t n)
{
    char prefix[1001];
    pwi_buf buf;

    memset(prefix, 'p', 1000);
    prefix[1000] = '\0';
    pwi_buf_init(&buf, &pwi_malloc_allocator);
    pwi_buf_byte(&buf, '[');
    for (size_t i = 0; i < n; i++)
        pwi_buf_format(&buf, "%s{\"id\": %zu, \"content\": \"%s%zu\"}", i == 0 ? "" : ", ",
                       518 + i, prefix, i);
    pwi_buf_byte(&buf, ']');
    assert_false(buf.failed);
    return buf.data;
}

static void many_added_tokens_are_bounded(void **state)
{
    static const struct {
        const char *what;
        size_t n;
        pw_status expected;
    } cases[] = {{"20 4,000 added tokens with a common prefix", 4000, PW_OK},
                 {"20 10^5 of them", 100000, PW_ERR_LIMIT}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char *text = sharing_tokens(cases[i].n);
        pwi_buf freed = {&pwi_malloc_allocator, text, 0, 1, false};

        check_repeated(cases[i].what, offsetof(struct parts, added), text, cases[i].expected);
        pwi_buf_free(&freed);
    }
}

static void more_added_tokens_than_the_limit(void **state)
{
    pwi_buf buf;

    (void)state;
    pwi_buf_init(&buf, &pwi_malloc_allocator);
    for (size_t n = PW_ADDED_TOKENS_MAX; n <= PW_ADDED_TOKENS_MAX + 1; n++) {
        pwi_buf_clear(&buf);
        for (size_t i = 0; i < n; i++)
            pwi_buf_format(&buf, "%s{\"id\": %zu, \"content\": \"_%zu\"}", i == 0 ? "[" : ", ",
                           518 + i, i);
        pwi_buf_byte(&buf, ']');
        check_repeated("added tokens up to the limit, and one more",
                       offsetof(struct parts, added), buf.data,
                       n == PW_ADDED_TOKENS_MAX ? PW_OK : PW_ERR_LIMIT);
    }
    pwi_buf_free(&buf);
}

/* 41: the count shows long before 50 million are read. */
static void more_tokens_than_the_limit(void **state)
{
    pwi_buf buf;

    (void)state;
    pwi_buf_init(&buf, &pwi_malloc_allocator);
    pwi_buf_text(&buf, TINY_VOCAB);
    for (unsigned i = TINY_N; i <= PW_VOCAB_MAX; i++)
        pwi_buf_format(&buf, ", \"_%u\": %u", i, i);
    check_repeated("41 a vocabulary over the limit", offsetof(struct parts, vocab), buf.data,
                   PW_ERR_LIMIT);
    pwi_buf_free(&buf);
}

/* 42: by its size where it is sparse, and by its content where it is not. */
static void files_of_nothing(void **state)
{
    char path[128], *spaces = malloc((size_t)20 << 20);

    (void)state;
    assert_non_null(spaces);
    memset(spaces, ' ', (size_t)20 << 20);
    write_bytes(folder, "tokenizer.json", spaces, (size_t)20 << 20);
    check_opening("42 a file of spaces", PW_ERR_JSON);
    snprintf(path, sizeof(path), "%s/tokenizer.json", folder);
    assert_int_equal(truncate(path, (off_t)4 << 30), 0);
    check_opening("42 a file of 4 GB", PW_ERR_LIMIT);
    write_bytes(folder, "tokenizer.json", spaces, 0);
    check_opening("an empty file", PW_ERR_JSON);
    remove_file(folder, "tokenizer.json");
    write_bytes(folder, "merges.txt", spaces, (size_t)20 << 20);
    check_opening("42 merges of spaces", PW_ERR_FIELD);
    free(spaces);
}

static const struct {
    const char *what, *merges;
    pw_status expected;
} bad_merges[] = {
    {"1 15 a merge of missing tokens", "#version: 0.2\nt h\nth er\n", PW_ERR_FIELD},
    {"9 a merge twice", "t h\nt h\n", PW_ERR_DUPLICATE},
    {"9 a product twice", "t h\na t\nth a\nt ha\nh a\n", PW_ERR_FIELD},
    {"9 a product twice, by other parts", "t h\nh a\nth a\nt ha\n", PW_ERR_DUPLICATE},
    {"16 one part", "t h\nth\n", PW_ERR_FIELD},
    {"16 an empty line", "t h\n\nth e\n", PW_ERR_FIELD},
    {"17 three parts", "t h e\n", PW_ERR_FIELD},
    {"47 a NUL", "t h\nt \0\n", PW_ERR_FIELD},
    {"45 not UTF-8", "t \xFF\n", PW_ERR_FIELD},
    {"a web page", "<!DOCTYPE html>\n<html lang=\"en\">\n", PW_ERR_FIELD},
    {"BERT's vocab.txt", "[PAD]\n[unused0]\n", PW_ERR_FIELD},
};

static void hostile_merges_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_merges) / sizeof(bad_merges[0]); i++) {
        write_text(folder, "merges.txt", bad_merges[i].merges);
        check_opening(bad_merges[i].what, bad_merges[i].expected);
    }
}

static const struct {
    const char *what, *config;
    pw_status expected;
} bad_configs[] = {
    {"no object", "[]", PW_ERR_FIELD},
    {"not JSON", "{\"pad_token\": }", PW_ERR_JSON},
    {"a pad token that is a number", "{\"pad_token\": 5}", PW_ERR_FIELD},
    {"an empty pad token", "{\"pad_token\": \"\"}", PW_ERR_FIELD},
    {"a pad token without content", "{\"pad_token\": {}}", PW_ERR_FIELD},
    {"a NUL in a token", "{\"pad_token\": \"a\\u0000b\"}", PW_ERR_FIELD},
    {"length 0", "{\"model_max_length\": 0}", PW_ERR_FIELD},
    {"length -1", "{\"model_max_length\": -1}", PW_ERR_FIELD},
    {"length 77.5", "{\"model_max_length\": 77.5}", PW_ERR_FIELD},
    {"length \"77\"", "{\"model_max_length\": \"77\"}", PW_ERR_FIELD},
    {"length 1e400", "{\"model_max_length\": 1e400}", PW_ERR_FIELD},
    {"length 77.0", "{\"model_max_length\": 77.0}", PW_OK},
    {"an id that is no number", "{\"added_tokens_decoder\": {\"x\": {\"content\": \"x\"}}}",
     PW_ERR_FIELD},
    {"a negative id", "{\"added_tokens_decoder\": {\"-1\": {\"content\": \"x\"}}}",
     PW_ERR_FIELD},
    {"no id", "{\"added_tokens_decoder\": {\"\": {\"content\": \"x\"}}}", PW_ERR_FIELD},
    {"an id over the limit",
     "{\"added_tokens_decoder\": {\"99999999999999999999999\": {\"content\": \"x\"}}}",
     PW_ERR_LIMIT},
    {"a token that has another id",
     "{\"added_tokens_decoder\": {\"7\": {\"content\": \"<|endoftext|>\"}}}", PW_ERR_MISMATCH},
    {"a text in place of a token", "{\"added_tokens_decoder\": {\"700\": \"x\"}}",
     PW_ERR_FIELD},
    {"a start that becomes the last token", "{\"bos_token\": \"<s>\"}", PW_OK},
};

static void hostile_configurations_are_refused(void **state)
{
    (void)state;
    write_text(folder, "merges.txt", TINY_MERGES);
    for (size_t i = 0; i < sizeof(bad_configs) / sizeof(bad_configs[0]); i++) {
        write_text(folder, "tokenizer_config.json", bad_configs[i].config);
        check_opening(bad_configs[i].what, bad_configs[i].expected);
    }
}

#define TEST(function)                                                                         \
    cmocka_unit_test_setup_teardown(function, make_test_folder, remove_test_folder)

static const struct CMUnitTest tests[] = {
    TEST(hostile_files_are_refused_or_loaded),
    TEST(damaged_files_are_refused_or_loaded),
    TEST(deep_and_long_sections_are_refused),
    TEST(many_added_tokens_are_bounded),
    TEST(more_added_tokens_than_the_limit),
    TEST(more_tokens_than_the_limit),
    TEST(files_of_nothing),
    TEST(hostile_merges_are_refused),
    TEST(hostile_configurations_are_refused),
};

PW_TEST_MAIN(tests, NULL, NULL)
