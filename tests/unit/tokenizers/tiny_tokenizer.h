/* SPDX-License-Identifier: MIT */
/* Vocabularies of CLIP's form that are small enough to be written by a test: 512 byte symbols,
 * a few merges, start and end; and a folder to write their files into. */
#ifndef PWI_TESTS_TINY_TOKENIZER_H
#define PWI_TESTS_TINY_TOKENIZER_H

#include "check.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include <padwise/tokenizer.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "formats/json.h"
#include "test_context.h"
#include "tokenizers/byte_symbols.h"

/* "the</w>" is 513, "cat</w>" 515. */
#define TINY_MERGES "t h\nth e</w>\na t</w>\nc at</w>\n"
#define TINY_BOS    516
#define TINY_EOS    517
#define TINY_N      518

/* A new folder under /tmp; remove it with remove_folder. */
static inline void make_folder(char folder[64])
{
    snprintf(folder, 64, "/tmp/padwise-tokenizer-XXXXXX");
    assert_non_null(mkdtemp(folder));
}

static inline void remove_folder(const char *folder)
{
    DIR *files = opendir(folder);
    char path[512];

    for (struct dirent *entry = files == NULL ? NULL : readdir(files); entry != NULL;
         entry = readdir(files)) {
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    if (files != NULL)
        closedir(files);
    rmdir(folder);
}

static inline void write_bytes(const char *folder, const char *name, const void *bytes,
                               size_t size)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline void write_text(const char *folder, const char *name, const char *text)
{
    write_bytes(folder, name, text, strlen(text));
}

static inline void remove_file(const char *folder, const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(unlink(path), 0);
}

/* "symbol": id for the byte symbols; `skip` is a byte whose symbol is left out, or -1. */
static inline void put_byte_entries(pwi_buf *buf, int skip)
{
    for (unsigned i = 0; i < 512; i++) {
        const uint8_t byte = pwi_byte_in_order(i % 256);
        char text[8];
        size_t size = pwi_utf8_encode(pwi_byte_symbol(byte), text);

        if (byte == skip)
            continue;
        if (i >= 256) {
            memcpy(text + size, "</w>", 4);
            size += 4;
        }
        pwi_json_put_string(buf, text, size);
        pwi_buf_format(buf, ": %u, ", i);
    }
}

/* The parts of a tokenizer.json; NULL means what a good one has. */
struct parts {
    const char *added, *normalizer, *pre_tokenizer, *post_processor;
    const char *model; /* the fields in front of "vocab" */
    const char *vocab; /* entries behind the byte symbols */
    const char *merges;
    const char *tail; /* more top-level fields, behind a comma */
    int skip_byte;    /* 0: none (byte 0 itself is never the one) */
};

#define TINY_ADDED(bos_normalized, eos_normalized)                                             \
    "[{\"id\": 516, \"content\": \"<|startoftext|>\", \"single_word\": false, \"lstrip\": "    \
    "false, \"rstrip\": false, \"normalized\": " bos_normalized                                \
    ", \"special\": true}, {\"id\": 517, \"content\": \"<|endoftext|>\", \"single_word\": "    \
    "false, \"lstrip\": false, \"rstrip\": false, \"normalized\": " eos_normalized             \
    ", \"special\": true}]"
#define TINY_NORMALIZER                                                                        \
    "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFC\"}, {\"type\": \"Replace\", " \
    "\"pattern\": {\"Regex\": \"\\\\s+\"}, \"content\": \" \"}, {\"type\": \"Lowercase\"}]}"
#define TINY_PATTERN "'s|'t|'re|'ve|'m|'ll|'d|[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+"
#define TINY_PRE_TOKENIZER(literals)                                                           \
    "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Split\", \"pattern\": "         \
    "{\"Regex\": \"" literals TINY_PATTERN                                                     \
    "\"}, \"behavior\": \"Removed\", \"invert\": true}, {\"type\": \"ByteLevel\", "            \
    "\"add_prefix_space\": false, \"trim_offsets\": true}]}"
#define TINY_LITERALS "<\\\\|startoftext\\\\|>|<\\\\|endoftext\\\\|>|"
#define TINY_POST_PROCESSOR                                                                    \
    "{\"type\": \"RobertaProcessing\", \"sep\": [\"<|endoftext|>\", 517], \"cls\": "           \
    "[\"<|startoftext|>\", 516], \"trim_offsets\": false, \"add_prefix_space\": false}"
#define TINY_MODEL                                                                             \
    "\"type\": \"BPE\", \"dropout\": null, \"unk_token\": \"<|endoftext|>\", "                 \
    "\"continuing_subword_prefix\": \"\", \"end_of_word_suffix\": \"</w>\", \"fuse_unk\": "    \
    "false, "
#define TINY_VOCAB                                                                             \
    "\"th\": 512, \"the</w>\": 513, \"at</w>\": 514, \"cat</w>\": 515, \"<|startoftext|>\": "  \
    "516, \"<|endoftext|>\": 517"
#define TINY_MERGE_LIST "[\"t h\", \"th e</w>\", \"a t</w>\", \"c at</w>\"]"

static inline void put_tiny_json(pwi_buf *buf, const struct parts *parts)
{
#define PART(field, good) (parts->field != NULL ? parts->field : (good))
    pwi_buf_text(buf, "{\"version\": \"1.0\", \"truncation\": null, \"padding\": null, "
                      "\"added_tokens\": ");
    pwi_buf_text(buf, PART(added, TINY_ADDED("true", "false")));
    pwi_buf_text(buf, ", \"normalizer\": ");
    pwi_buf_text(buf, PART(normalizer, TINY_NORMALIZER));
    pwi_buf_text(buf, ", \"pre_tokenizer\": ");
    pwi_buf_text(buf, PART(pre_tokenizer, TINY_PRE_TOKENIZER(TINY_LITERALS)));
    pwi_buf_text(buf, ", \"post_processor\": ");
    pwi_buf_text(buf, PART(post_processor, TINY_POST_PROCESSOR));
    pwi_buf_text(buf, ", \"decoder\": {\"type\": \"ByteLevel\"}, \"model\": {");
    pwi_buf_text(buf, PART(model, TINY_MODEL));
    pwi_buf_text(buf, "\"vocab\": {");
    put_byte_entries(buf, parts->skip_byte == 0 ? -1 : parts->skip_byte);
    pwi_buf_text(buf, PART(vocab, TINY_VOCAB));
    pwi_buf_text(buf, "}, \"merges\": ");
    pwi_buf_text(buf, PART(merges, TINY_MERGE_LIST));
    pwi_buf_text(buf, "}");
    pwi_buf_text(buf, PART(tail, ""));
    pwi_buf_text(buf, "}");
    assert_false(buf->failed);
#undef PART
}

static inline void write_tiny_json(const char *folder, const struct parts *parts)
{
    pwi_buf buf;

    pwi_buf_init(&buf, &pwi_malloc_allocator);
    put_tiny_json(&buf, parts);
    write_bytes(folder, "tokenizer.json", buf.data, buf.size);
    pwi_buf_free(&buf);
}

static inline void write_tiny_vocab_json(const char *folder, const char *entries)
{
    pwi_buf buf;

    pwi_buf_init(&buf, &pwi_malloc_allocator);
    pwi_buf_byte(&buf, '{');
    put_byte_entries(&buf, -1);
    pwi_buf_text(&buf, entries);
    pwi_buf_byte(&buf, '}');
    write_bytes(folder, "vocab.json", buf.data, buf.size);
    pwi_buf_free(&buf);
}

/* Opens a path that must open. */
static inline pw_tokenizer *open_good(pw_context *ctx, const char *path, pw_tokenizer_mode mode,
                                      pw_pad_bang pad_bang)
{
    pw_tokenizer_options options;
    pw_tokenizer *tokenizer = NULL;
    pw_error err;

    pw_tokenizer_options_init(&options);
    options.mode = mode;
    options.pad_bang = pad_bang;
    if (pw_tokenizer_open(&tokenizer, ctx, path, &options, &err) != PW_OK)
        fail_msg("%s: %s: %s", pw_status_name(err.status), err.where, err.text);
    return tokenizer;
}

/* ids as "516 513 517", or with offsets as "516 513@0-3 517". */
static inline void describe_tokens(char *out, size_t capacity, const pw_tokens *tokens,
                                   bool with_offsets)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < tokens->n_tokens && used + 80 < capacity; i++) {
        used += (size_t)snprintf(out + used, capacity - used, "%s%d", i == 0 ? "" : " ",
                                 (int)tokens->ids[i]);
        if (with_offsets && tokens->begin[i] != PW_NO_OFFSET)
            used += (size_t)snprintf(out + used, capacity - used, "@%llu-%llu",
                                     (unsigned long long)tokens->begin[i],
                                     (unsigned long long)tokens->end[i]);
    }
}

static inline void check_bytes(const pw_tokenizer *tokenizer, const char *text, size_t size,
                               bool with_offsets, const char *expected)
{
    pw_tokens tokens;
    pw_error err;
    char got[4096];

    if (pw_tokenizer_encode(tokenizer, text, size, &tokens, &err) != PW_OK)
        fail_msg("\"%s\": %s", text, err.text);
    describe_tokens(got, sizeof(got), &tokens, with_offsets);
    pw_tokens_free(&tokens);
    if (strcmp(got, expected) != 0)
        fail_msg("\"%s\": expected %s, got %s", text, expected, got);
}

static inline void check_ids(const pw_tokenizer *tokenizer, const char *text,
                             const char *expected)
{
    check_bytes(tokenizer, text, strlen(text), false, expected);
}

static inline void check_offsets(const pw_tokenizer *tokenizer, const char *text,
                                 const char *expected)
{
    check_bytes(tokenizer, text, strlen(text), true, expected);
}

/* The folder of CLIP's own vocabulary; false where there is none. */
static inline bool shared_clip(char *path, size_t capacity)
{
    const char *shared = getenv("PADWISE_SHARED");

    snprintf(path, capacity, "%s/data/tokenizers/clip", shared == NULL ? "" : shared);
    return shared != NULL && access(path, R_OK) == 0;
}

/* A context of so many threads; allocator NULL: malloc. */
static inline pw_context *context_of(int32_t n_threads, const pw_allocator *allocator)
{
    pw_context_options options;
    pw_context *ctx = NULL;

    pw_context_options_init(&options);
    options.n_threads = n_threads;
    if (allocator != NULL)
        options.allocator = *allocator;
    assert_int_equal(pwi_context_new(&ctx, sizeof(struct pw_context), &options, NULL), PW_OK);
    return ctx;
}

#endif
