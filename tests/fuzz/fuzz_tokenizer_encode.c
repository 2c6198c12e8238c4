/* SPDX-License-Identifier: MIT */
/* Arbitrary bytes as a prompt, in every mode (the first byte says which), with the built-in
 * vocabulary. A finding is a crash, or tokens that break a promise of tokenizer.h. */
#include <stdlib.h>
#include <string.h>

#include <padwise/tokenizer.h>

#include "base/context.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define N_MODES (PW_TOKENIZER_OPEN_CLIP - PW_TOKENIZER_HF_FAST + 1)

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* One tokenizer a mode, without and with "!" as the pad token. */
static void open_all(pw_tokenizer *tokenizers[2 * N_MODES])
{
    pw_context_options context_options;
    pw_context *ctx = NULL;

    pw_context_options_init(&context_options);
    context_options.n_threads = 1;
    require(pwi_context_new(&ctx, sizeof(struct pw_context), &context_options, NULL) == PW_OK);
    for (int i = 0; i < 2 * N_MODES; i++) {
        pw_tokenizer_options options;

        pw_tokenizer_options_init(&options);
        options.mode = (pw_tokenizer_mode)(PW_TOKENIZER_HF_FAST + i / 2);
        options.pad_bang = i % 2 == 0 ? PW_PAD_BANG_OFF : PW_PAD_BANG_ON;
        require(pw_tokenizer_open_builtin(&tokenizers[i], ctx, &options, NULL) == PW_OK);
    }
    pw_context_free(ctx);
}

static void check_tokens(const pw_tokens *tokens, const pw_tokenizer_info *info, size_t size)
{
    uint64_t begin = 0, end = 0;

    require(tokens->n_tokens >= 2 && tokens->n_real == tokens->n_tokens);
    require(tokens->ids[0] == info->bos_id);
    require(tokens->ids[tokens->n_tokens - 1] == info->eos_id);
    for (size_t i = 0; i < tokens->n_tokens; i++)
        require(tokens->ids[i] >= 0 && tokens->ids[i] < info->n_vocab);
    for (size_t i = 1; i + 1 < tokens->n_tokens; i++) {
        require(tokens->begin[i] <= tokens->end[i] && tokens->end[i] <= size);
        require(tokens->begin[i] >= begin && tokens->end[i] >= end);
        begin = tokens->begin[i];
        end = tokens->end[i];
    }
}

/* Decoding fills just what it asks for. */
static void check_decoding(const pw_tokenizer *tokenizer, const pw_tokens *tokens)
{
    const size_t size = pw_tokenizer_decode(tokenizer, tokens->ids, tokens->n_tokens, NULL, 0);
    char *text = malloc(size + 1);

    require(text != NULL);
    require(pw_tokenizer_decode(tokenizer, tokens->ids, tokens->n_tokens, text, size + 1) ==
            size);
    require(text[size] == '\0');
    free(text);
}

static void check_lengths(pw_tokens *tokens, const pw_tokenizer_info *info)
{
    uint8_t mask[77];

    require(pw_tokens_normalize(tokens, 77, info->pad_id, NULL) == PW_OK);
    require(tokens->n_tokens == 77 && tokens->ids[tokens->n_real - 1] == info->eos_id);
    pw_tokens_mask(tokens, PW_MASK_HF, info->pad_id, mask);
    require(mask[tokens->n_real - 1] == 1 &&
            (tokens->n_real == 77 || mask[tokens->n_real] == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static pw_tokenizer *tokenizers[2 * N_MODES];
    const pw_tokenizer *tokenizer;
    const char *text = (const char *)data + 1;
    pw_tokenizer_info info;
    pw_tokens tokens;
    pw_error err;
    pw_status status;

    if (tokenizers[0] == NULL)
        open_all(tokenizers);
    if (size == 0)
        return 0;
    size--;
    tokenizer = tokenizers[data[0] % (2 * N_MODES)];
    pw_tokenizer_get_info(tokenizer, &info);
    status = pw_tokenizer_encode(tokenizer, text, size, &tokens, &err);
    if (pwi_utf8_valid_prefix(text, size) < size) {
        require(status == PW_ERR_UTF8 && err.offset == pwi_utf8_valid_prefix(text, size));
        return 0;
    }
    require(status == PW_OK);
    check_tokens(&tokens, &info, size);
    check_decoding(tokenizer, &tokens);
    check_lengths(&tokens, &info);
    pw_tokens_free(&tokens);
    return 0;
}
