/* SPDX-License-Identifier: MIT */
/* Vocabulary files of every kind: the first byte says which file the rest is, the others of its
 * folder are good ones. "@" in a JSON vocabulary stands for the entries of the 512 byte
 * symbols, so that inputs stay small. A finding is a crash, or a tokenizer that opened and
 * breaks its promises. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <padwise/tokenizer.h>

#include "base/buf.h"
#include "base/context.h"
#include "base/utf8.h"
#include "formats/json.h"
#include "tokenizers/byte_symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the first byte stands for: a file, and those that it needs beside it. */
static const struct kind {
    char key;
    const char *name;
    bool needs_merges, needs_vocab;
} kinds[] = {
    {'J', "tokenizer.json", false, false},
    {'V', "vocab.json", true, false},
    {'M', "merges.txt", false, false},
    {'N', "merges.txt", false, true},
    {'C', "tokenizer_config.json", true, false},
    {'S', "special_tokens_map.json", true, false},
    {'G', "bpe_simple_vocab_16e6.txt.gz", false, false},
    {'W', "vocabulary.whl", false, false},
};

enum {
    N_KINDS = sizeof(kinds) / sizeof(kinds[0])
};

static const char good_merges[] = "#version: 0.2\nt h\nth e</w>\na t</w>\nc at</w>\n";
static const char good_vocab[] = "{@, \"th\": 512, \"the</w>\": 513, \"at</w>\": 514, "
                                 "\"cat</w>\": 515, \"<|startoftext|>\": 516, "
                                 "\"<|endoftext|>\": 517}";

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void put_byte_entries(pwi_buf *buf)
{
    for (unsigned i = 0; i < 512; i++) {
        char text[8];
        size_t size = pwi_utf8_encode(pwi_byte_symbol(pwi_byte_in_order(i % 256)), text);

        memcpy(text + size, "</w>", 4);
        pwi_buf_text(buf, i == 0 ? "" : ", ");
        pwi_json_put_string(buf, text, i < 256 ? size : size + 4);
        pwi_buf_format(buf, ": %u", i);
    }
}

/* The folder that the files are written to, in memory where there is such a place. */
static char folder[64];

/* The bytes with the first "@" written out. */
static void write_file(const char *name, const char *bytes, size_t size)
{
    const char *at =
        size == 0 || strstr(name, ".json") == NULL ? NULL : memchr(bytes, '@', size);
    const size_t head = at == NULL ? size : (size_t)(at - bytes);
    char path[256];
    pwi_buf buf;
    FILE *file;

    pwi_buf_init(&buf, &pwi_malloc_allocator);
    pwi_buf_append(&buf, bytes, head);
    if (at != NULL) {
        put_byte_entries(&buf);
        pwi_buf_append(&buf, at + 1, size - head - 1);
    }
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "wb");
    require(!buf.failed && file != NULL);
    require(fwrite(buf.data, 1, buf.size, file) == buf.size);
    fclose(file);
    pwi_buf_free(&buf);
}

static void remove_files(void)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        char path[256];

        snprintf(path, sizeof(path), "%s/%s", folder, kinds[i].name);
        unlink(path);
    }
}

/* Ids are in the vocabulary, and every one has a text that fits the size asked for. */
static void check_encoding(const pw_tokenizer *tokenizer, const pw_tokenizer_info *info)
{
    static const char text[] =
        "The cat's <|endoftext|> <|EndOfText|>! \xC3\xA9\xF0\x9F\x90\xB1 7";
    char small[16];
    pw_tokens tokens;

    require(pw_tokenizer_encode(tokenizer, text, sizeof(text) - 1, &tokens, NULL) == PW_OK);
    require(tokens.n_tokens >= 2 && tokens.ids[0] == info->bos_id);
    for (size_t i = 0; i < tokens.n_tokens; i++) {
        require(tokens.ids[i] >= 0 && tokens.ids[i] < info->n_vocab);
        require(pw_tokenizer_token_text(tokenizer, tokens.ids[i], false, small, sizeof(small)) >
                0);
        require(memchr(small, '\0', sizeof(small)) != NULL);
    }
    pw_tokenizer_decode(tokenizer, tokens.ids, tokens.n_tokens, small, sizeof(small));
    pw_tokens_free(&tokens);
}

static void open_and_check(pw_context *ctx, const char *path, pw_tokenizer_mode mode)
{
    pw_tokenizer_options options;
    pw_tokenizer *tokenizer;
    pw_tokenizer_info info;
    pw_error err = {.status = PW_OK};
    pw_status status;

    pw_tokenizer_options_init(&options);
    options.mode = mode;
    status = pw_tokenizer_open(&tokenizer, ctx, path, &options, &err);
    require((status == PW_OK) == (tokenizer != NULL));
    if (status != PW_OK) {
        require(err.status == status && err.text[0] != '\0' && err.where[0] != '\0');
        return;
    }
    pw_tokenizer_get_info(tokenizer, &info);
    require(info.bos_id >= 0 && info.bos_id < info.n_vocab);
    require(info.eos_id >= 0 && info.eos_id < info.n_vocab);
    require(info.pad_id >= 0 && info.pad_id < info.n_vocab && info.max_length > 0);
    check_encoding(tokenizer, &info);
    pw_tokenizer_free(tokenizer);
}

static void remove_folder(void)
{
    rmdir(folder);
}

static pw_context *begin(void)
{
    pw_context_options options;
    pw_context *ctx = NULL;

    pw_context_options_init(&options);
    options.n_threads = 1;
    require(pwi_context_new(&ctx, sizeof(struct pw_context), &options, NULL) == PW_OK);
    snprintf(folder, sizeof(folder), "%s/padwise-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    require(mkdtemp(folder) != NULL && atexit(remove_folder) == 0);
    return ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static pw_context *ctx;
    const struct kind *kind = NULL;
    char path[256];

    if (ctx == NULL)
        ctx = begin();
    for (size_t i = 0; size > 0 && i < N_KINDS; i++)
        if (kinds[i].key == (char)data[0])
            kind = &kinds[i];
    if (kind == NULL)
        return size == 0 ? 0 : -1;
    if (kind->needs_merges)
        write_file("merges.txt", good_merges, sizeof(good_merges) - 1);
    if (kind->needs_vocab)
        write_file("vocab.json", good_vocab, sizeof(good_vocab) - 1);
    write_file(kind->name, (const char *)data + 1, size - 1);
    snprintf(path, sizeof(path), "%s%s%s", folder, kind->key == 'W' ? "/" : "",
             kind->key == 'W' ? kind->name : "");
    open_and_check(ctx, path, size % 2 == 0 ? PW_TOKENIZER_HF_FAST : PW_TOKENIZER_HF_SLOW);
    remove_files();
    return 0;
}
