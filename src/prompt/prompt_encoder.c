/* SPDX-License-Identifier: MIT */
/* A tokenizer of ours as the tokenize callback. */
#include "prompt/prompt.h"

static pw_status tokenize(void *user, const char *text, size_t size, pw_token_sink *sink,
                          pw_error *err)
{
    pw_tokens tokens;

    PWI_TRY(pw_tokenizer_encode(user, text, size, &tokens, err));
    for (size_t i = 1; i + 1 < tokens.n_tokens; i++) /* between bos and eos */
        pw_token_sink_add(sink, tokens.ids[i], tokens.begin[i], tokens.end[i]);
    pw_tokens_free(&tokens);
    return PW_OK;
}

static size_t token_text(void *user, int32_t id, char *out, size_t capacity)
{
    return pw_tokenizer_token_text(user, id, false, out, capacity);
}

void pw_prompt_encoder_init(pw_prompt_encoder *encoder, const pw_tokenizer *tokenizer)
{
    pw_tokenizer_info info;

    pw_tokenizer_get_info(tokenizer, &info);
    *encoder = (pw_prompt_encoder){
        .struct_size = sizeof(*encoder),
        .tokenize = tokenize,
        .token_text = token_text,
        .user = (void *)(uintptr_t)tokenizer, /* only read */
        .start_id = info.bos_id,
        .end_id = info.eos_id,
        .pad_id = info.eos_id,
        .length_max = info.max_length > 0 ? (size_t)info.max_length : 77,
        .pad_to_max = true,
    };
}
