/* SPDX-License-Identifier: MIT */
/* A prompt to a conditioning file, in C.
 *
 *     cc encode.c $(pkg-config --cflags --libs padwise) -o encode && ./encode "a beaver"
 * out.safetensors
 */
#include <padwise/padwise.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    pw_context *ctx = NULL;
    pw_model *model = NULL;
    pw_tokenizer *tokenizer = NULL;
    pw_tensor_set *set = NULL;
    pw_error err;

    if (argc != 3) {
        fprintf(stderr, "usage: %s PROMPT FILE\n", argv[0]);
        return 2;
    }
    const pw_prompt_texts prompt = {.prompt = {argv[1], strlen(argv[1])}};
    int failed = pw_context_create(&ctx, NULL, &err) != PW_OK ||
                 pw_model_open_builtin(&model, ctx, NULL, &err) != PW_OK ||
                 pw_tokenizer_open_builtin(&tokenizer, ctx, NULL, &err) != PW_OK;

    if (!failed) {
        const pw_encoder encoder = {NULL, model, tokenizer};

        failed =
            pw_conditioning_encode(&set, ctx, &encoder, 1, &prompt, 1, NULL, &err) != PW_OK ||
            pw_tensor_set_save(set, ctx, argv[2], NULL, &err) != PW_OK;
    }
    if (failed)
        fprintf(stderr, "%s: %s\n", err.where, err.text);
    else
        printf("%zu tensors in %s\n", pw_tensor_set_n(set), argv[2]);
    pw_tensor_set_free(set);
    pw_tokenizer_free(tokenizer);
    pw_model_free(model);
    pw_context_free(ctx);
    return failed;
}
