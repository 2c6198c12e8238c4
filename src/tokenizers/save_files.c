/* SPDX-License-Identifier: MIT */
/* Writing a tokenizer as the four files that transformers and tokenizers read. What is written
 * is the vocabulary and its special tokens; the mode is the reader's choice and is not. */
#include <string.h>

#include "base/file_write.h"
#include "formats/json.h"
#include "tokenizers/tokenizer.h"
#include "tokenizers/word_pattern.h"

/* The sections that every CLIP tokenizer has (encoders.md 2.3). */
#define NORMALIZER                                                                             \
    "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFC\"}, {\"type\": \"Replace\", " \
    "\"pattern\": {\"Regex\": \"\\\\s+\"}, \"content\": \" \"}, {\"type\": \"Lowercase\"}]}"
#define DECODER                                                                                \
    "{\"type\": \"ByteLevel\", \"add_prefix_space\": true, \"trim_offsets\": true, "           \
    "\"use_regex\": true}"

static void put_text(pwi_buf *buf, const pw_tokenizer *tokenizer, int32_t id)
{
    const pwi_vocab_text *entry = &tokenizer->texts[id];

    pwi_json_put_string(buf, entry->text, entry->size);
}

static void put_flag(pwi_buf *buf, const char *key, bool value)
{
    pwi_buf_format(buf, ", \"%s\": %s", key, value ? "true" : "false");
}

/* Token -> id in the order of ids. Added tokens that the vocabulary itself does not have stand
 * in the lists of added tokens only. */
static void put_vocab(pwi_buf *buf, const pw_tokenizer *tokenizer)
{
    const char *separator = "{";

    for (int32_t id = 0; id < tokenizer->n_vocab; id++) {
        if (tokenizer->texts[id].text == NULL || tokenizer->texts[id].is_extra)
            continue;
        pwi_buf_text(buf, separator);
        put_text(buf, tokenizer, id);
        pwi_buf_text(buf, ": ");
        pwi_json_put_i64(buf, id);
        separator = ", ";
    }
    pwi_buf_byte(buf, '}');
}

static void put_added_fields(pwi_buf *buf, const pwi_added_token *token)
{
    pwi_buf_text(buf, "\"content\": ");
    pwi_json_put_string(buf, token->text, token->size);
    put_flag(buf, "single_word", token->is_single_word);
    put_flag(buf, "lstrip", token->is_lstrip);
    put_flag(buf, "rstrip", token->is_rstrip);
    put_flag(buf, "normalized", token->is_normalized);
    put_flag(buf, "special", token->is_special);
}

/* The added token of an id, or NULL. */
static const pwi_added_token *added_of(const pw_tokenizer *tokenizer, int32_t id)
{
    for (size_t i = 0; i < tokenizer->n_added; i++)
        if (tokenizer->added[i].id == id)
            return &tokenizer->added[i];
    return NULL;
}

/* Added tokens in the order of ids, as tokenizers wants them, each put by `put`. */
static void put_added(pwi_buf *buf, const pw_tokenizer *tokenizer,
                      void (*put)(pwi_buf *buf, const pwi_added_token *token))
{
    const char *separator = "";

    for (int32_t id = 0; id < tokenizer->n_vocab; id++) {
        if (!tokenizer->texts[id].is_added)
            continue;
        pwi_buf_text(buf, separator);
        put(buf, added_of(tokenizer, id));
        separator = ",\n    ";
    }
}

static void put_list_item(pwi_buf *buf, const pwi_added_token *token)
{
    pwi_buf_format(buf, "{\"id\": %d, ", (int)token->id);
    put_added_fields(buf, token);
    pwi_buf_byte(buf, '}');
}

static void put_decoder_item(pwi_buf *buf, const pwi_added_token *token)
{
    pwi_buf_format(buf, "\"%d\": {", (int)token->id);
    put_added_fields(buf, token);
    pwi_buf_byte(buf, '}');
}

static void put_end(pwi_buf *buf, const pw_tokenizer *tokenizer, const char *key, int32_t id)
{
    pwi_buf_format(buf, "\"%s\": [", key);
    put_text(buf, tokenizer, id);
    pwi_buf_format(buf, ", %d]", (int)id);
}

/* "left right" of each merge by rank, with `put`. Neither part has a space. */
static void put_merges(pwi_buf *buf, const pw_tokenizer *tokenizer,
                       void (*put)(pwi_buf *buf, const pwi_buf *merge, size_t rank))
{
    const size_t n = tokenizer->merges.n_used;
    pwi_merge_parts *parts = PWI_ARRAY(buf->allocator, pwi_merge_parts, n);
    pwi_buf merge;

    pwi_buf_init(&merge, buf->allocator);
    buf->failed |= parts == NULL;
    if (parts != NULL)
        pwi_merges_list(&tokenizer->merges, parts);
    for (size_t i = 0; i < n && !buf->failed; i++) {
        const pwi_vocab_text *left = &tokenizer->texts[parts[i].left];
        const pwi_vocab_text *right = &tokenizer->texts[parts[i].right];

        pwi_buf_clear(&merge);
        pwi_buf_append(&merge, left->text, left->size);
        pwi_buf_byte(&merge, ' ');
        pwi_buf_append(&merge, right->text, right->size);
        put(buf, &merge, i);
        buf->failed |= merge.failed;
    }
    pwi_buf_free(&merge);
    pwi_free_array(buf->allocator, parts, n, sizeof(*parts));
}

static void put_merge_item(pwi_buf *buf, const pwi_buf *merge, size_t rank)
{
    pwi_buf_text(buf, rank == 0 ? "" : ", ");
    pwi_json_put_string(buf, merge->data, merge->size);
}

static void put_merge_line(pwi_buf *buf, const pwi_buf *merge, size_t rank)
{
    (void)rank;
    pwi_buf_append(buf, merge->data, merge->size);
    pwi_buf_byte(buf, '\n');
}

static void put_model(pwi_buf *buf, const pw_tokenizer *tokenizer)
{
    pwi_buf_text(buf, "{\"type\": \"BPE\", \"dropout\": null, \"unk_token\": ");
    if (tokenizer->unk_id < 0)
        pwi_buf_text(buf, "null");
    else
        put_text(buf, tokenizer, tokenizer->unk_id);
    pwi_buf_text(buf,
                 ", \"continuing_subword_prefix\": \"\", \"end_of_word_suffix\": \"</w>\", "
                 "\"fuse_unk\": false, \"byte_fallback\": false, \"ignore_merges\": false,\n"
                 "    \"vocab\": ");
    put_vocab(buf, tokenizer);
    pwi_buf_text(buf, ",\n    \"merges\": ");
    pwi_buf_byte(buf, '[');
    put_merges(buf, tokenizer, put_merge_item);
    pwi_buf_text(buf, "]}");
}

static void put_pre_tokenizer(pwi_buf *buf, const pw_tokenizer *tokenizer)
{
    const char *pattern =
        tokenizer->has_literals ? PWI_LITERALS_REGEX PWI_WORD_REGEX : PWI_WORD_REGEX;

    pwi_buf_text(buf, "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"Split\", "
                      "\"pattern\": {\"Regex\": ");
    pwi_json_put_string(buf, pattern, strlen(pattern));
    pwi_buf_text(buf, "}, \"behavior\": \"Removed\", \"invert\": true}, {\"type\": "
                      "\"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, "
                      "\"use_regex\": true}]}");
}

static void put_tokenizer_json(pwi_buf *buf, const pw_tokenizer *tokenizer)
{
    pwi_buf_text(buf,
                 "{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n"
                 "  \"added_tokens\": [\n    ");
    put_added(buf, tokenizer, put_list_item);
    pwi_buf_text(buf, "\n  ],\n  \"normalizer\": " NORMALIZER ",\n  \"pre_tokenizer\": ");
    put_pre_tokenizer(buf, tokenizer);
    pwi_buf_text(buf, ",\n  \"post_processor\": {\"type\": \"RobertaProcessing\", ");
    put_end(buf, tokenizer, "sep", tokenizer->eos_id);
    pwi_buf_text(buf, ", ");
    put_end(buf, tokenizer, "cls", tokenizer->bos_id);
    pwi_buf_text(buf, ", \"trim_offsets\": false, \"add_prefix_space\": false},\n"
                      "  \"decoder\": " DECODER ",\n  \"model\": ");
    put_model(buf, tokenizer);
    pwi_buf_text(buf, "\n}\n");
}

static void put_vocab_json(pwi_buf *buf, const pw_tokenizer *tokenizer)
{
    put_vocab(buf, tokenizer);
    pwi_buf_byte(buf, '\n');
}

static void put_merges_txt(pwi_buf *buf, const pw_tokenizer *tokenizer)
{
    pwi_buf_text(buf, "#version: 0.2\n");
    put_merges(buf, tokenizer, put_merge_line);
}

static void put_role(pwi_buf *buf, const pw_tokenizer *tokenizer, const char *key, int32_t id)
{
    if (id < 0)
        return;
    pwi_buf_format(buf, "  \"%s\": ", key);
    put_text(buf, tokenizer, id);
    pwi_buf_text(buf, ",\n");
}

static void put_config_json(pwi_buf *buf, const pw_tokenizer *tokenizer)
{
    pwi_buf_text(buf, "{\n  \"add_prefix_space\": false,\n  \"added_tokens_decoder\": {\n    ");
    put_added(buf, tokenizer, put_decoder_item);
    pwi_buf_text(buf, "\n  },\n");
    put_role(buf, tokenizer, "bos_token", tokenizer->bos_id);
    put_role(buf, tokenizer, "eos_token", tokenizer->eos_id);
    put_role(buf, tokenizer, "pad_token", tokenizer->pad_id);
    put_role(buf, tokenizer, "unk_token", tokenizer->unk_id);
    pwi_buf_format(buf,
                   "  \"clean_up_tokenization_spaces\": true,\n  \"do_lower_case\": true,\n"
                   "  \"errors\": \"replace\",\n  \"model_max_length\": %d,\n"
                   "  \"tokenizer_class\": \"CLIPTokenizer\"\n}\n",
                   (int)tokenizer->max_length);
}

static pw_status write_file(const pw_allocator *allocator, const char *path, const pwi_buf *buf,
                            pw_error *err)
{
    pwi_output output = PWI_OUTPUT_CLOSED;
    pw_status status;

    PWI_TRY(pwi_output_open(&output, allocator, path, buf->size, err));
    status = pwi_output_write(&output, buf->data, buf->size, err);
    if (status == PW_OK)
        return pwi_output_commit(&output, err);
    pwi_output_discard(&output);
    return status;
}

/* buf and path are scratch. */
static pw_status save(const pw_tokenizer *tokenizer, const char *folder, pwi_buf *buf,
                      pwi_buf *path, pw_error *err)
{
    static const struct {
        const char *name;
        void (*put)(pwi_buf *buf, const pw_tokenizer *tokenizer);
    } files[] = {{"vocab.json", put_vocab_json},
                 {"merges.txt", put_merges_txt},
                 {"tokenizer.json", put_tokenizer_json},
                 {"tokenizer_config.json", put_config_json}};

    const pw_allocator *allocator = &tokenizer->ctx->allocator;

    PWI_TRY(pwi_make_folder(allocator, folder, err));
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        pwi_buf_clear(buf);
        pwi_buf_clear(path);
        files[i].put(buf, tokenizer);
        pwi_buf_format(path, "%s/%s", folder, files[i].name);
        if (buf->failed || path->failed)
            return pwi_fail_memory(err);
        PWI_TRY(write_file(allocator, path->data, buf, err));
    }
    return PW_OK;
}

pw_status pw_tokenizer_save(const pw_tokenizer *tokenizer, const char *folder, pw_error *err)
{
    pwi_buf buf, path;
    pw_status status;

    pwi_buf_init(&buf, &tokenizer->ctx->allocator);
    pwi_buf_init(&path, &tokenizer->ctx->allocator);
    status = save(tokenizer, folder, &buf, &path, err);
    pwi_buf_free(&path);
    pwi_buf_free(&buf);
    return pwi_where(err, folder, status);
}
