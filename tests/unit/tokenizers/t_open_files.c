/* SPDX-License-Identifier: MIT */
/* Opening and saving: which files are read, who has the last word about special tokens (the
 * expectations were printed by transformers 4.57.6), and running out of memory on the way. */
#include "tiny_tokenizer.h"

#include "failing_allocator.h"
#include "formats/archive.h"
#include "tokenizers/tokenizer.h"

static pw_context *ctx;
static char folder[64];

static int make_context(void **state)
{
    (void)state;
    ctx = test_context();
    return 0;
}

static int free_context(void **state)
{
    (void)state;
    pw_context_free(ctx);
    return 0;
}

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

static pw_tokenizer *opened(const char *name, pw_pad_bang pad_bang)
{
    char path[256];

    snprintf(path, sizeof(path), "%s%s%s", folder, name[0] == '\0' ? "" : "/", name);
    return open_good(ctx, path, PW_TOKENIZER_DEFAULT, pad_bang);
}

/* What a path opens to: start, end, pad, unknown, number of ids, maximum. */
static void check_info(const char *name, pw_pad_bang pad_bang, const char *expected)
{
    pw_tokenizer *tokenizer = opened(name, pad_bang);
    pw_tokenizer_info info;
    char got[256];

    pw_tokenizer_get_info(tokenizer, &info);
    snprintf(got, sizeof(got), "%d %d %d %d %d %d %s", (int)info.bos_id, (int)info.eos_id,
             (int)info.pad_id, (int)info.unk_id, (int)info.n_vocab, (int)info.max_length,
             info.pad_text);
    if (strcmp(got, expected) != 0)
        fail_msg("%s: expected %s, got %s", name, expected, got);
    assert_string_equal(info.kind, "clip");
    assert_false(info.is_builtin);
    pw_tokenizer_free(tokenizer);
}

#define GOOD_INFO "516 517 517 517 518 77 <|endoftext|>"

static void merges_alone(void **state)
{
    (void)state;
    write_text(folder, "merges.txt", "#version: 0.2\n" TINY_MERGES);
    check_info("", PW_PAD_BANG_AS_DECLARED, GOOD_INFO);
    check_info("merges.txt", PW_PAD_BANG_AS_DECLARED, GOOD_INFO);
}

static void merges_in_other_line_forms(void **state)
{
    (void)state;
    write_text(folder, "merges.txt", "t h\r\nth e</w>\r\na t</w>\r\nc at</w>\r\n\r\n");
    check_info("", PW_PAD_BANG_AS_DECLARED, GOOD_INFO);
    write_text(folder, "merges.txt", "#version: 0.2\nt h\nth e</w>\na t</w>\nc at</w>");
    check_info("", PW_PAD_BANG_AS_DECLARED, GOOD_INFO);
    write_text(folder, "merges.txt", "#version: 0.2\n");
    check_info("", PW_PAD_BANG_AS_DECLARED, "512 513 513 513 514 77 <|endoftext|>");
    write_text(folder, "other.name", TINY_MERGES);
    check_info("other.name", PW_PAD_BANG_AS_DECLARED, GOOD_INFO);
}

/* vocab.json gives other ids than merges alone would. */
static void vocab_json_gives_the_ids(void **state)
{
    (void)state;
    write_text(folder, "merges.txt", "#version: 0.2\nt h\nth e</w>\n");
    write_tiny_vocab_json(folder, "\"th\": 999, \"the</w>\": 998, \"<|startoftext|>\": 600, "
                                  "\"<|endoftext|>\": 601");
    check_info("", PW_PAD_BANG_AS_DECLARED, "600 601 601 601 1000 77 <|endoftext|>");
    check_info("vocab.json", PW_PAD_BANG_AS_DECLARED, "600 601 601 601 1000 77 <|endoftext|>");
    check_info("merges.txt", PW_PAD_BANG_AS_DECLARED, "600 601 601 601 1000 77 <|endoftext|>");
}

static void tokenizer_json_comes_first(void **state)
{
    const struct parts parts = {.added = NULL};

    (void)state;
    write_tiny_json(folder, &parts);
    write_text(folder, "merges.txt", "#version: 0.2\n");
    write_text(folder, "vocab.json", "this is not read");
    check_info("", PW_PAD_BANG_AS_DECLARED, GOOD_INFO);
    check_info("tokenizer.json", PW_PAD_BANG_AS_DECLARED, GOOD_INFO);
}

static void merges_as_pairs_and_keys_in_any_order(void **state)
{
    const struct parts pairs = {
        .merges = "[[\"t\", \"h\"], [\"th\", \"e</w>\"], [\"a\", \"t</w>\"], [\"c\", "
                  "\"at</w>\"]]"};
    const struct parts reversed = {
        .normalizer = "{\"normalizers\": [{\"type\": \"NFC\"}, {\"content\": \" \", "
                      "\"pattern\": {\"Regex\": \"\\\\s+\"}, \"type\": \"Replace\"}, "
                      "{\"type\": \"Lowercase\"}], \"type\": \"Sequence\"}",
        .model = "\"merges\": [\"t h\", \"th e</w>\", \"a t</w>\", \"c at</w>\"], ",
        .merges = "null, \"x\": [1, {\"y\": 2}]"};
    pwi_buf buf;
    char *copy, *at;
    pw_tokenizer *tokenizer;

    (void)state;
    write_tiny_json(folder, &pairs);
    tokenizer = opened("", PW_PAD_BANG_AS_DECLARED);
    check_ids(tokenizer, "the cat", "516 513 515 517");
    pw_tokenizer_free(tokenizer);
    /* "merges" in front of "vocab", no "type" (old files have none). */
    pwi_buf_init(&buf, &pwi_malloc_allocator);
    put_tiny_json(&buf, &reversed);
    copy = buf.data;
    at = strstr(copy, "\"merges\": null");
    assert_non_null(at);
    at[1] = 'M';
    write_text(folder, "tokenizer.json", copy);
    pwi_buf_free(&buf);
    tokenizer = opened("", PW_PAD_BANG_AS_DECLARED);
    check_ids(tokenizer, "the cat", "516 513 515 517");
    pw_tokenizer_free(tokenizer);
}

#define TEMPLATE                                                                               \
    "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": "             \
    "\"<|startoftext|>\", \"type_id\": 0}}, {\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}, " \
    "{\"SpecialToken\": {\"id\": \"<|endoftext|>\", \"type_id\": 0}}], \"pair\": [], "         \
    "\"special_tokens\": {\"<|endoftext|>\": {\"id\": \"<|endoftext|>\", \"ids\": [517], "     \
    "\"tokens\": [\"<|endoftext|>\"]}, \"<|startoftext|>\": {\"id\": \"<|startoftext|>\", "    \
    "\"ids\": [516], \"tokens\": [\"<|startoftext|>\"]}}}"

static void templates_name_the_ends_too(void **state)
{
    const struct parts parts = {.post_processor = TEMPLATE};

    (void)state;
    write_tiny_json(folder, &parts);
    check_info("", PW_PAD_BANG_AS_DECLARED, GOOD_INFO);
}

static void configuration_names_the_pad_token(void **state)
{
    const struct parts parts = {.added = NULL};

    (void)state;
    write_tiny_json(folder, &parts);
    write_text(folder, "tokenizer_config.json",
               "{\"pad_token\": \"!\", \"model_max_length\": 8192, \"unknown\": [{}]}");
    check_info("", PW_PAD_BANG_AS_DECLARED, "516 517 0 517 518 8192 !");
    write_text(folder, "tokenizer_config.json",
               "{\"pad_token\": {\"content\": \"!\", \"__type\": \"AddedToken\"}, "
               "\"model_max_length\": 1000000000000000019884624838656}");
    check_info("tokenizer.json", PW_PAD_BANG_AS_DECLARED, "516 517 0 517 518 2147483647 !");
    write_text(folder, "tokenizer_config.json",
               "{\"pad_token\": null, \"model_max_length\": 1e30}");
    check_info("", PW_PAD_BANG_AS_DECLARED, "516 517 517 517 518 2147483647 <|endoftext|>");
}

/* special_tokens_map.json is older: it wins where tokenizer_config.json has no list of added
 * tokens, and is not read where it has one. */
static void the_map_and_the_configuration(void **state)
{
    (void)state;
    write_text(folder, "merges.txt", TINY_MERGES);
    write_text(folder, "special_tokens_map.json", "{\"pad_token\": \"!\"}");
    write_text(folder, "tokenizer_config.json", "{\"pad_token\": \"<|endoftext|>\"}");
    check_info("", PW_PAD_BANG_AS_DECLARED, "516 517 0 517 518 77 !");
    write_text(folder, "tokenizer_config.json",
               "{\"added_tokens_decoder\": {}, \"pad_token\": \"<|endoftext|>\"}");
    check_info("", PW_PAD_BANG_AS_DECLARED, GOOD_INFO);
}

static void a_new_pad_token_gets_the_next_id(void **state)
{
    pw_tokenizer *tokenizer;

    (void)state;
    write_text(folder, "merges.txt", TINY_MERGES);
    write_text(folder, "tokenizer_config.json", "{\"pad_token\": \"<|pad|>\"}");
    check_info("", PW_PAD_BANG_AS_DECLARED, "516 517 518 517 519 77 <|pad|>");
    tokenizer = opened("", PW_PAD_BANG_AS_DECLARED);
    check_ids(tokenizer, "a<|pad|>", "516 320 518 517");
    pw_tokenizer_free(tokenizer);
}

#define DECODER(bos_normalized, eos_normalized)                                                \
    "\"added_tokens_decoder\": {\"516\": {\"content\": \"<|startoftext|>\", "                  \
    "\"normalized\": " bos_normalized                                                          \
    ", \"special\": true}, \"517\": {\"content\": \"<|endoftext|>\", "                         \
    "\"normalized\": " eos_normalized ", \"special\": true}}"

static void check_upper_case(const char *bos, const char *eos)
{
    pw_tokenizer *tokenizer = opened("", PW_PAD_BANG_AS_DECLARED);

    check_ids(tokenizer, "<|STARTOFTEXT|>", bos);
    check_ids(tokenizer, "<|ENDOFTEXT|>", eos);
    pw_tokenizer_free(tokenizer);
}

#define BOS_AS_TEXT "516 27 347 82 83 64 81 83 78 69 83 68 87 339 91 285 517"
#define EOS_AS_TEXT "516 27 347 68 77 67 78 69 83 68 87 339 91 285 517"
#define BOS_FOUND   "516 516 517"
#define EOS_FOUND   "516 517 517"

/* Whether "<|ENDOFTEXT|>" in a prompt is the end token: the flag "normalized" decides, and the
 * file that speaks first. */
static void flags_come_from_the_file_that_speaks_first(void **state)
{
    const struct parts parts = {.added = TINY_ADDED("true", "false")};

    (void)state;
    write_text(folder, "merges.txt", TINY_MERGES);
    check_upper_case(BOS_FOUND, EOS_FOUND);
    write_text(folder, "tokenizer_config.json", "{" DECODER("true", "false") "}");
    check_upper_case(BOS_FOUND, EOS_AS_TEXT);
    remove_file(folder, "tokenizer_config.json");
    write_text(folder, "special_tokens_map.json",
               "{\"bos_token\": {\"content\": \"<|startoftext|>\", \"normalized\": false}, "
               "\"eos_token\": {\"content\": \"<|endoftext|>\", \"normalized\": false}}");
    check_upper_case(BOS_AS_TEXT, EOS_AS_TEXT);
    write_tiny_json(folder, &parts);
    write_text(folder, "tokenizer_config.json", "{" DECODER("false", "true") "}");
    check_upper_case(BOS_FOUND, EOS_AS_TEXT);
}

static void check_bang(pw_pad_bang pad_bang, const char *expected)
{
    pw_tokenizer *tokenizer = opened("", pad_bang);

    check_ids(tokenizer, "a!", expected);
    pw_tokenizer_free(tokenizer);
}

#define BANG_CUT  "516 320 0 517"
#define BANG_KEPT "516 320 256 517"

/* Whether "!" in a prompt is the pad token: as the files declare it, unless the caller says
 * otherwise; and another pad token that is declared stays what it is. */
static void bang_is_cut_as_declared(void **state)
{
    const struct parts parts = {
        .added = "[{\"id\": 0, \"content\": \"!\", \"special\": true, \"normalized\": false}, "
                 "{\"id\": 516, \"content\": \"<|startoftext|>\"}, {\"id\": 517, \"content\": "
                 "\"<|endoftext|>\"}]"};

    (void)state;
    write_text(folder, "merges.txt", TINY_MERGES);
    check_bang(PW_PAD_BANG_AS_DECLARED, BANG_KEPT);
    check_bang(PW_PAD_BANG_ON, BANG_CUT);
    check_info("", PW_PAD_BANG_ON, "516 517 0 517 518 77 !");
    write_text(folder, "tokenizer_config.json", "{\"pad_token\": \"!\"}");
    check_bang(PW_PAD_BANG_AS_DECLARED, BANG_CUT);
    check_bang(PW_PAD_BANG_OFF, BANG_KEPT);
    check_info("", PW_PAD_BANG_OFF, "516 517 0 517 518 77 !");
    write_text(folder, "tokenizer_config.json", "{\"pad_token\": \"<|endoftext|>\"}");
    check_bang(PW_PAD_BANG_AS_DECLARED, BANG_KEPT);
    check_bang(PW_PAD_BANG_ON, BANG_CUT); /* asked for: another encoder's pad */
    check_info("", PW_PAD_BANG_ON, GOOD_INFO);
    /* An added token of tokenizer.json is cut out whatever the pad token is. */
    write_tiny_json(folder, &parts);
    check_bang(PW_PAD_BANG_AS_DECLARED, BANG_CUT);
    check_info("", PW_PAD_BANG_AS_DECLARED, GOOD_INFO);
    check_bang(PW_PAD_BANG_OFF, BANG_KEPT);
}

static void added_tokens_may_leave_holes(void **state)
{
    const struct parts parts = {
        .added = "[{\"id\": 516, \"content\": \"<|startoftext|>\"}, {\"id\": 517, \"content\": "
                 "\"<|endoftext|>\"}, {\"id\": 999999, \"content\": \"Far\", \"special\": "
                 "true, \"normalized\": true}]"};
    pw_tokenizer *tokenizer;

    (void)state;
    write_tiny_json(folder, &parts);
    tokenizer = opened("", PW_PAD_BANG_AS_DECLARED);
    check_ids(tokenizer, "faRa", "516 999999 320 517"); /* its text is cleaned as well */
    pw_tokenizer_free(tokenizer);
}

static void check_refused(const char *name, pw_tokenizer_mode mode, pw_status expected)
{
    pw_tokenizer_options options;
    pw_tokenizer *tokenizer = (pw_tokenizer *)&options;
    char path[256];
    pw_error err;

    snprintf(path, sizeof(path), "%s%s%s", folder, name[0] == '\0' ? "" : "/", name);
    pw_tokenizer_options_init(&options);
    options.mode = mode;
    assert_string_equal(
        pw_status_name(pw_tokenizer_open(&tokenizer, ctx, path, &options, &err)),
        pw_status_name(expected));
    assert_null(tokenizer);
    assert_int_equal(err.status, expected);
    assert_true(err.where[0] != '\0' && err.text[0] != '\0');
}

static void what_is_not_there_is_named(void **state)
{
    (void)state;
    check_refused("nothing", PW_TOKENIZER_DEFAULT, PW_ERR_NOT_FOUND);
    check_refused("", PW_TOKENIZER_DEFAULT, PW_ERR_NOT_FOUND);
    write_text(folder, "vocab.json", "{}");
    check_refused("", PW_TOKENIZER_DEFAULT, PW_ERR_NOT_FOUND); /* merges.txt is missing */
    write_text(folder, "tokenizer.json",
               "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
    check_refused("tokenizer.json", PW_TOKENIZER_DEFAULT, PW_ERR_FOREIGN);
    write_text(folder, "broken.whl", "PK\x03\x04 and no more");
    check_refused("broken.whl", PW_TOKENIZER_DEFAULT, PW_ERR_TRUNCATED);
    write_text(folder, "broken.gz", "\x1F\x8B\x08 and no more");
    check_refused("broken.gz", PW_TOKENIZER_DEFAULT, PW_ERR_FORMAT);
}

static void modes_of_other_tokenizers_are_refused(void **state)
{
    (void)state;
    write_text(folder, "merges.txt", TINY_MERGES);
    check_refused("", PW_TOKENIZER_SPM, PW_ERR_UNSUPPORTED);
    check_refused("", (pw_tokenizer_mode)99, PW_ERR_ARGUMENT);
}

static void check_same(const char *a, const char *b, const char *text)
{
    pw_tokenizer *first = open_good(ctx, a, PW_TOKENIZER_DEFAULT, PW_PAD_BANG_AS_DECLARED);
    pw_tokenizer *second = open_good(ctx, b, PW_TOKENIZER_DEFAULT, PW_PAD_BANG_AS_DECLARED);
    pw_tokens tokens;
    char ids[4096];

    assert_int_equal(pw_tokenizer_encode(first, text, strlen(text), &tokens, NULL), PW_OK);
    describe_tokens(ids, sizeof(ids), &tokens, true);
    check_offsets(second, text, ids);
    pw_tokens_free(&tokens);
    pw_tokenizer_free(first);
    pw_tokenizer_free(second);
}

/* OpenAI's file as a member of a wheel, as open_clip installs it. */
static void write_wheel(const char *path, const char *gz)
{
    pwi_output output;
    pwi_zip_writer writer;
    char *bytes;
    size_t size;

    assert_int_equal(
        pwi_read_whole(&pwi_malloc_allocator, gz, (size_t)1 << 26, &bytes, &size, NULL), PW_OK);
    assert_int_equal(pwi_output_open(&output, &pwi_malloc_allocator, path, 0, NULL), PW_OK);
    pwi_zip_writer_init(&writer, &pwi_malloc_allocator, &output);
    assert_int_equal(pwi_zip_writer_add(&writer, "open_clip/__init__.py", "", 0, "x", 1, NULL),
                     PW_OK);
    assert_int_equal(pwi_zip_writer_add(&writer, "open_clip/bpe_simple_vocab_16e6.txt.gz",
                                        bytes, size, "", 0, NULL),
                     PW_OK);
    assert_int_equal(pwi_zip_writer_finish(&writer, NULL), PW_OK);
    pwi_zip_writer_free(&writer);
    assert_int_equal(pwi_output_commit(&output, NULL), PW_OK);
    pwi_free_array(&pwi_malloc_allocator, bytes, size + 1, 1);
}

static void all_forms_of_clips_vocabulary_agree(void **state)
{
    static const char text[] = "A photo of a cat, \xF0\x9F\x90\xB1 \xE4\xB8\xAD 1024x768 it's!";
    char clip[512], gz[600], merges[600], vocab[600], wheel[128];

    (void)state;
    if (!shared_clip(clip, sizeof(clip)))
        PW_SKIP("PADWISE_SHARED has no data/tokenizers/clip");
    snprintf(gz, sizeof(gz), "%s/bpe_simple_vocab_16e6.txt.gz", clip);
    snprintf(merges, sizeof(merges), "%s/merges.txt", clip);
    snprintf(vocab, sizeof(vocab), "%s/vocab.json", clip);
    snprintf(wheel, sizeof(wheel), "%s/open_clip.whl", folder);
    write_wheel(wheel, gz);
    check_same(clip, gz, text);
    check_same(clip, merges, text);
    check_same(clip, vocab, text);
    check_same(clip, wheel, text);
}

static void check_saved(const struct parts *parts, pw_pad_bang pad_bang, const char *text)
{
    pw_tokenizer *tokenizer, *again;
    char copy[64], ids[1024];
    pw_tokens tokens;

    write_tiny_json(folder, parts);
    tokenizer = opened("", pad_bang);
    make_folder(copy);
    assert_int_equal(pw_tokenizer_save(tokenizer, copy, NULL), PW_OK);
    assert_int_equal(pw_tokenizer_encode(tokenizer, text, strlen(text), &tokens, NULL), PW_OK);
    describe_tokens(ids, sizeof(ids), &tokens, true);
    again = open_good(ctx, copy, PW_TOKENIZER_DEFAULT, pad_bang);
    check_offsets(again, text, ids);
    assert_int_equal(again->n_vocab, tokenizer->n_vocab);
    assert_int_equal(again->pad_id, tokenizer->pad_id);
    assert_int_equal(again->merges.n_used, tokenizer->merges.n_used);
    assert_int_equal(again->n_added, tokenizer->n_added);
    for (int32_t id = 0; id < tokenizer->n_vocab; id++)
        assert_int_equal(again->texts[id].is_special, tokenizer->texts[id].is_special);
    pw_tokenizer_free(again);
    /* And without tokenizer.json. */
    remove_file(copy, "tokenizer.json");
    again = open_good(ctx, copy, PW_TOKENIZER_DEFAULT, pad_bang);
    assert_int_equal(again->n_vocab, tokenizer->n_vocab);
    check_ids(again, "the cat", "516 513 515 517");
    pw_tokenizer_free(again);
    pw_tokens_free(&tokens);
    pw_tokenizer_free(tokenizer);
    remove_folder(copy);
}

static void saved_files_open_to_the_same(void **state)
{
    const struct parts plain = {.pre_tokenizer = TINY_PRE_TOKENIZER("")};
    const struct parts added = {
        .added = "[{\"id\": 700, \"content\": \"Say \\\"hi\\\"\", \"lstrip\": true, "
                 "\"normalized\": true}, {\"id\": 516, \"content\": \"<|startoftext|>\", "
                 "\"special\": true, \"normalized\": false}, {\"id\": 517, \"content\": "
                 "\"<|endoftext|>\", \"special\": true, \"normalized\": true}]"};

    (void)state;
    check_saved(&plain, PW_PAD_BANG_AS_DECLARED, "The cat! <|ENDOFTEXT|>!");
    check_saved(&plain, PW_PAD_BANG_ON, "The cat! <|ENDOFTEXT|>!");
    check_saved(&added, PW_PAD_BANG_AS_DECLARED, "the  say \"HI\" cat<|EndOfText|>!");
}

static void saving_into_a_file_fails(void **state)
{
    char path[128];
    pw_tokenizer *tokenizer;
    pw_error err;

    (void)state;
    write_text(folder, "merges.txt", TINY_MERGES);
    tokenizer = opened("", PW_PAD_BANG_AS_DECLARED);
    snprintf(path, sizeof(path), "%s/merges.txt", folder);
    assert_int_equal(pw_tokenizer_save(tokenizer, path, &err), PW_ERR_IO);
    pw_tokenizer_free(tokenizer);
}

static void ids_of_a_tokenizer_outlive_its_context(void **state)
{
    pw_context *own = test_context();
    pw_tokenizer *tokenizer;
    pw_tokens tokens;

    (void)state;
    write_text(folder, "merges.txt", TINY_MERGES);
    tokenizer = open_good(own, folder, PW_TOKENIZER_DEFAULT, PW_PAD_BANG_AS_DECLARED);
    pw_context_free(own);
    assert_int_equal(pw_tokenizer_encode(tokenizer, "the", 3, &tokens, NULL), PW_OK);
    pw_tokenizer_free(tokenizer);
    assert_int_equal(pw_tokens_normalize(&tokens, 300, 0, NULL), PW_OK);
    pw_tokens_free(&tokens);
    pw_tokens_free(&tokens); /* harmless */
    pw_tokenizer_free(NULL);
}

/* Open, encode, cut, save: everything that allocates. */
static pw_status go_through(pw_context *own, const char *path, const char *copy)
{
    static const char text[] = "the <|ENDOFTEXT|> cat! <|endoftext|>";
    char *word = calloc(1, 5000);
    pw_tokenizer_options options;
    pw_tokenizer *tokenizer;
    pw_tokens tokens, longer;
    pw_status status;

    assert_non_null(word);
    memset(word, 'a', 4999);
    pw_tokenizer_options_init(&options);
    options.pad_bang = PW_PAD_BANG_ON;
    status = pw_tokenizer_open(&tokenizer, own, path, &options, NULL);
    if (status == PW_OK) {
        status = pw_tokenizer_encode(tokenizer, text, sizeof(text) - 1, &tokens, NULL);
        if (status == PW_OK)
            status = pw_tokens_normalize(&tokens, 200, 0, NULL);
        pw_tokens_free(&tokens);
        if (status == PW_OK) {
            status = pw_tokenizer_encode(tokenizer, word, 4999, &longer, NULL);
            pw_tokens_free(&longer);
        }
        if (status == PW_OK)
            status = pw_tokenizer_save(tokenizer, copy, NULL);
        pw_tokenizer_free(tokenizer);
    }
    free(word);
    return status;
}

static void sweep_allocations(const char *name)
{
    struct failing failing = {.fail_at = 0};
    pw_context_options options;
    pw_status status = PW_ERR_NO_MEMORY;
    char path[128], copy[64];

    make_folder(copy);
    snprintf(path, sizeof(path), "%s%s%s", folder, name[0] == '\0' ? "" : "/", name);
    pw_context_options_init(&options);
    options.n_threads = 1;
    options.allocator = failing_allocator(&failing);
    for (size_t n = 1; status != PW_OK; n++) {
        pw_context *own = NULL;

        assert_int_equal(status, PW_ERR_NO_MEMORY);
        failing.fail_at = 0;
        assert_int_equal(pwi_context_new(&own, sizeof(struct pw_context), &options, NULL),
                         PW_OK);
        failing.n_calls = 0;
        failing.fail_at = n;
        status = go_through(own, path, copy);
        pw_context_free(own);
        assert_int_equal(failing.n_out, 0);
    }
    assert_true(failing.n_calls > 50);
    remove_folder(copy);
}

static void memory_that_runs_out_is_reported(void **state)
{
    const struct parts parts = {.post_processor = TEMPLATE};

    (void)state;
    write_text(folder, "merges.txt", TINY_MERGES);
    sweep_allocations("merges.txt");
    write_text(folder, "special_tokens_map.json", "{\"pad_token\": \"!\"}");
    write_text(folder, "tokenizer_config.json", "{\"model_max_length\": 77}");
    write_tiny_vocab_json(folder, TINY_VOCAB);
    sweep_allocations("vocab.json");
    write_text(folder, "tokenizer_config.json",
               "{" DECODER("true", "true") ", \"pad_token\": \"<|pad|>\"}");
    write_tiny_json(folder, &parts);
    sweep_allocations("");
}

#define TEST(function)                                                                         \
    cmocka_unit_test_setup_teardown(function, make_test_folder, remove_test_folder)

static const struct CMUnitTest tests[] = {
    TEST(merges_alone),
    TEST(merges_in_other_line_forms),
    TEST(vocab_json_gives_the_ids),
    TEST(tokenizer_json_comes_first),
    TEST(merges_as_pairs_and_keys_in_any_order),
    TEST(templates_name_the_ends_too),
    TEST(configuration_names_the_pad_token),
    TEST(the_map_and_the_configuration),
    TEST(a_new_pad_token_gets_the_next_id),
    TEST(flags_come_from_the_file_that_speaks_first),
    TEST(bang_is_cut_as_declared),
    TEST(added_tokens_may_leave_holes),
    TEST(what_is_not_there_is_named),
    TEST(modes_of_other_tokenizers_are_refused),
    TEST(all_forms_of_clips_vocabulary_agree),
    TEST(saved_files_open_to_the_same),
    TEST(saving_into_a_file_fails),
    TEST(ids_of_a_tokenizer_outlive_its_context),
    TEST(memory_that_runs_out_is_reported),
};

PW_TEST_MAIN(tests, make_context, free_context)
